// SPDX-License-Identifier: GPL-2.0-or-later
//
// ELF files with debug information, through libelf.
//
// Debug sections may be compressed: as SHF_COMPRESSED, with a header of its own, or
// in the older way of GNU, with "ZLIB" in front and the name .zdebug_*.  Those of a module
// (ET_REL) have to be relocated: each entry of .rela.debug_* gives a word its value, that
// of a symbol plus an addend.
//
// Source of the relocations: ELF for the Arm 64-bit Architecture, 5.7.

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rewalk/bisect.h"
#include "rewalk/bytes.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/image.h"
#include "rewalk/input.h"
#include "rewalk/vector.h"

#include "debugfile.h"
#include "dwarf_reader.h"

struct symbol {
	const char *name;	/* borrowed from the file */
	uint64_t addr;
	uint16_t section;
	bool is_function;
};

struct rw_debug_file {
	char *path;
	int fd;
	Elf *elf;
	size_t names;		/* the section of the sections' names */
	bool linked;		/* sections have addresses */
	uint8_t build_id[RW_BUILD_ID_MAX];
	size_t build_id_size;
	struct rw_dwarf *dwarf;
	uint8_t *relocated[RW_NR_DWARF_SECTIONS];	/* owned */
	struct { struct symbol *data; size_t nr, capacity; } symbols;	/* by name */
	bool has_symbols;
};

/** The place of "info" in the reader's list, for .debug_info and .zdebug_info; -1: none. */
static int dwarf_section(const char *name)
{
	if (!strncmp(name, ".debug_", 7))
		name += 7;
	else if (!strncmp(name, ".zdebug_", 8))
		name += 8;
	else
		return -1;
	for (int i = 0; i < RW_NR_DWARF_SECTIONS; i++)
		if (!strcmp(name, rw_dwarf_section_names[i]))
			return i;
	return -1;
}

static const char *section_name(const struct rw_debug_file *file, Elf_Scn *scn, GElf_Shdr *shdr)
{
	const char *name = gelf_getshdr(scn, shdr) ?
			   elf_strptr(file->elf, file->names, shdr->sh_name) : NULL;

	return name ? name : "";
}

static void find_build_id(struct rw_debug_file *file)
{
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(file->elf, scn));) {
		GElf_Shdr shdr;
		GElf_Nhdr note;
		size_t off = 0, next, name, desc;
		Elf_Data *data = gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_NOTE ?
				 elf_getdata(scn, NULL) : NULL;

		while (data && (next = gelf_getnote(data, off, &note, &name, &desc))) {
			if (note.n_type == NT_GNU_BUILD_ID &&
			    note.n_namesz == sizeof(ELF_NOTE_GNU) && note.n_descsz &&
			    note.n_descsz <= RW_BUILD_ID_MAX &&
			    !memcmp((char *)data->d_buf + name, ELF_NOTE_GNU,
				    sizeof(ELF_NOTE_GNU))) {
				file->build_id_size = note.n_descsz;
				memcpy(file->build_id, (char *)data->d_buf + desc, note.n_descsz);
				return;
			}
			off = next;
		}
	}
}

static struct rw_error *open_elf(struct rw_debug_file *file, int fd)
{
	GElf_Ehdr ehdr;

	file->fd = fd < 0 ? open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) :
		   fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (file->fd < 0)
		return rw_error_os(errno, "cannot be opened");
	struct rw_error *err = fd < 0 ? rw_unpack_path(file->path, &file->fd) : NULL;
	if (err)
		return err;
	elf_version(EV_CURRENT);
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF || !gelf_getehdr(file->elf, &ehdr) ||
	    elf_getshdrstrndx(file->elf, &file->names))
		return rw_error_create(RW_ERROR_FORMAT, "not an ELF file with sections");
	// That it is of the right machine its build-id tells.
	if (ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return rw_error_create(RW_ERROR_FORMAT, "not a little-endian 64-bit ELF file");
	file->linked = ehdr.e_type != ET_REL;
	find_build_id(file);
	return NULL;
}

struct rw_error *rw_debug_file_open(const char *path, int fd, struct rw_debug_file **ret)
{
	struct rw_debug_file *file = calloc(1, sizeof(*file));

	if (!file)
		return &rw_enomem;
	file->fd = -1;
	file->path = strdup(path);
	struct rw_error *err = file->path ? open_elf(file, fd) : &rw_enomem;
	if (err) {
		rw_debug_file_close(file);
		return rw_error_prefix(err, "%s", path);
	}
	*ret = file;
	return NULL;
}

void rw_debug_file_close(struct rw_debug_file *file)
{
	if (!file)
		return;
	rw_dwarf_destroy(file->dwarf);
	for (int i = 0; i < RW_NR_DWARF_SECTIONS; i++)
		free(file->relocated[i]);
	free(file->symbols.data);
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file);
}

const char *rw_debug_file_path(const struct rw_debug_file *file)
{
	return file->path;
}

const uint8_t *rw_debug_file_build_id(const struct rw_debug_file *file, size_t *size_ret)
{
	*size_ret = file->build_id_size;
	return file->build_id_size ? file->build_id : NULL;
}

bool rw_debug_file_has_dwarf(const struct rw_debug_file *file)
{
	GElf_Shdr shdr;

	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(file->elf, scn));)
		if (dwarf_section(section_name(file, scn, &shdr)) == RW_DWARF_INFO &&
		    shdr.sh_type != SHT_NOBITS && shdr.sh_size)
			return true;
	return false;
}

/** The bytes of a debug section as the reader wants them. */
static struct rw_error *read_section(Elf_Scn *scn, const char *name, const GElf_Shdr *shdr,
				     struct rw_dwarf_bytes *ret)
{
	Elf_Data *data;

	// libelf unpacks in place, in its own memory.
	if (shdr->sh_flags & SHF_COMPRESSED) {
		if (elf_compress(scn, 0, 0) < 0)
			return rw_error_create(RW_ERROR_FORMAT, "section %s: cannot be unpacked: "
					       "%s", name, elf_errmsg(-1));
	} else if (name[1] == 'z' && elf_compress_gnu(scn, 0, 0) < 0) {
		return rw_error_create(RW_ERROR_FORMAT, "section %s: cannot be unpacked: %s", name,
				       elf_errmsg(-1));
	}
	data = elf_rawdata(scn, NULL);
	if (!data)
		return rw_error_create(RW_ERROR_FORMAT, "section %s: %s", name, elf_errmsg(-1));
	*ret = (struct rw_dwarf_bytes){ data->d_buf, data->d_buf ? data->d_size : 0 };
	return NULL;
}

/* ---- modules ---------------------------------------------------------------------- */

static uint64_t section_base(size_t index)
{
	return (uint64_t)index << 32;
}

/** The bytes of a section that is a table; false if it is damaged. */
static bool table(Elf *elf, size_t index, const uint8_t **ret, size_t *size_ret)
{
	Elf_Scn *scn = index ? elf_getscn(elf, index) : NULL;
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;

	if (!data || !data->d_buf)
		return false;
	*ret = data->d_buf;
	*size_ret = data->d_size;
	return true;
}

/** What symbols are relative to, by section: offsets in debug sections stay offsets. */
static uint64_t *section_bases(Elf *elf, size_t *nr_ret)
{
	uint64_t *bases = elf_getshdrnum(elf, nr_ret) ? NULL :
			  calloc(*nr_ret + 1, sizeof(bases[0]));

	for (Elf_Scn *scn = NULL; bases && (scn = elf_nextscn(elf, scn));) {
		GElf_Shdr shdr;

		if (gelf_getshdr(scn, &shdr) && shdr.sh_flags & SHF_ALLOC)
			bases[elf_ndxscn(scn)] = section_base(elf_ndxscn(scn));
	}
	return bases;
}

/** All that relocating one section needs. */
struct relocation {
	const uint8_t *relas, *symbols;
	size_t size, symbols_size;
	const uint64_t *bases;
	size_t nr_bases;
};

/** What a symbol of the table stands for. */
static bool symbol_value(const struct relocation *r, uint64_t index, uint64_t *ret)
{
	if (index >= r->symbols_size / sizeof(Elf64_Sym))
		return false;
	const uint8_t *symbol = r->symbols + index * sizeof(Elf64_Sym);
	uint16_t section = rw_get_le16(symbol + offsetof(Elf64_Sym, st_shndx));

	*ret = rw_get_le64(symbol + offsetof(Elf64_Sym, st_value));
	if (section < r->nr_bases)
		*ret += r->bases[section];
	return true;
}

static bool relocate_word(uint8_t *bytes, size_t size, const uint8_t *rela, uint64_t value)
{
	uint64_t off = rw_get_le64(rela), info = rw_get_le64(rela + 8);
	unsigned int width = 0;

	switch (ELF64_R_TYPE(info)) {
	case R_AARCH64_NONE:
		return true;
	case R_AARCH64_ABS64:
		width = 8;
		break;
	case R_AARCH64_ABS32:
		width = 4;
		break;
	}
	if (!width || !rw_fits(off, width, size))
		return false;
	value += rw_get_le64(rela + 16);
	for (unsigned int i = 0; i < width; i++)
		bytes[off + i] = (uint8_t)(value >> (8 * i));
	return true;
}

static bool relocate_all(uint8_t *bytes, size_t size, const struct relocation *r)
{
	for (size_t i = 0; i < r->size / sizeof(Elf64_Rela); i++) {
		const uint8_t *rela = r->relas + i * sizeof(Elf64_Rela);
		uint64_t value;

		if (!symbol_value(r, ELF64_R_SYM(rw_get_le64(rela + 8)), &value) ||
		    !relocate_word(bytes, size, rela, value))
			return false;
	}
	return true;
}

/** Relocate a copy of section @index, if there are relocations of it. */
static struct rw_error *relocate(struct rw_debug_file *file, size_t index,
				 enum rw_dwarf_section which, struct rw_dwarf_bytes *bytes)
{
	_cleanup_free_ uint64_t *bases = NULL;

	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(file->elf, scn));) {
		struct relocation r = { 0 };
		GElf_Shdr shdr;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_RELA || shdr.sh_info != index)
			continue;
		if (!bases)
			bases = section_bases(file->elf, &r.nr_bases);
		if (!file->relocated[which])
			file->relocated[which] = malloc(bytes->size ? bytes->size : 1);
		if (!bases || !file->relocated[which])
			return &rw_enomem;
		if (bytes->size && bytes->data != file->relocated[which])
			memcpy(file->relocated[which], bytes->data, bytes->size);
		bytes->data = file->relocated[which];
		r.bases = bases;
		if (elf_getshdrnum(file->elf, &r.nr_bases) ||
		    !table(file->elf, elf_ndxscn(scn), &r.relas, &r.size) ||
		    !table(file->elf, shdr.sh_link, &r.symbols, &r.symbols_size) ||
		    !relocate_all(file->relocated[which], bytes->size, &r))
			return rw_error_create(RW_ERROR_FORMAT, "section .debug_%s: its "
					       "relocations are damaged, or not those of arm64",
					       rw_dwarf_section_names[which]);
	}
	return NULL;
}

bool rw_debug_file_address(const struct rw_debug_file *file, const char *section,
			   uint64_t offset, uint64_t *ret)
{
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(file->elf, scn));) {
		GElf_Shdr shdr;

		if (strcmp(section_name(file, scn, &shdr), section) ||
		    !(shdr.sh_flags & SHF_ALLOC) || offset >= shdr.sh_size)
			continue;
		*ret = (file->linked ? shdr.sh_addr : section_base(elf_ndxscn(scn))) + offset;
		return true;
	}
	return false;
}

static int compare_symbols(const void *pa, const void *pb)
{
	const struct symbol *a = pa, *b = pb;
	int order = strcmp(a->name, b->name);

	if (order)
		return order;
	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static bool add_symbol(struct rw_debug_file *file, const GElf_Sym *from, const char *name)
{
	// The kernel does not see the assembler's own symbols.
	if (!name || !*name || *name == '$' || !strncmp(name, ".L", 2) || !from->st_shndx ||
	    from->st_shndx >= SHN_LORESERVE || GELF_ST_TYPE(from->st_info) > STT_FUNC)
		return true;
	struct symbol *symbol = rw_vector_push(&file->symbols);
	if (symbol)
		*symbol = (struct symbol){
			.name = name,
			.addr = from->st_value + (file->linked ? 0 : section_base(from->st_shndx)),
			.section = from->st_shndx,
			.is_function = GELF_ST_TYPE(from->st_info) == STT_FUNC,
		};
	return symbol;
}

/** The symbols by name, read at the first call. */
static void read_symbols(struct rw_debug_file *file)
{
	if (file->has_symbols)
		return;
	file->has_symbols = true;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(file->elf, scn));) {
		GElf_Shdr shdr;
		Elf_Data *data = gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB ?
				 elf_getdata(scn, NULL) : NULL;
		size_t nr = data ? data->d_size / sizeof(Elf64_Sym) : 0;

		for (size_t i = 1; i < nr && i < INT_MAX; i++) {
			GElf_Sym symbol;

			if (gelf_getsym(data, (int)i, &symbol) &&
			    !add_symbol(file, &symbol,
					elf_strptr(file->elf, shdr.sh_link, symbol.st_name)))
				break;
		}
	}
	if (file->symbols.nr)
		qsort(file->symbols.data, file->symbols.nr, sizeof(file->symbols.data[0]),
		      compare_symbols);
}

/** Bytes from @symbol to the next one of its section, or to the section's end. */
static uint64_t size_of(const struct rw_debug_file *file, const struct symbol *symbol)
{
	Elf_Scn *scn = elf_getscn(file->elf, symbol->section);
	GElf_Shdr shdr;

	if (!scn || !gelf_getshdr(scn, &shdr))
		return 0;
	uint64_t end = (file->linked ? shdr.sh_addr : section_base(symbol->section)) + shdr.sh_size;
	for (size_t i = 0; i < file->symbols.nr; i++) {
		const struct symbol *other = &file->symbols.data[i];

		if (other->section == symbol->section && other->addr > symbol->addr &&
		    other->addr < end)
			end = other->addr;
	}
	return end - symbol->addr;
}

bool rw_debug_file_symbol(struct rw_debug_file *file, const char *name, uint64_t size,
			  uint64_t *ret)
{
	const struct symbol *chosen = NULL;

	read_symbols(file);
	const struct symbol *symbols = file->symbols.data;
	size_t low = rw_bisect(i, file->symbols.nr, strcmp(symbols[i].name, name) < 0), end;
	for (end = low; end < file->symbols.nr && !strcmp(symbols[end].name, name); end++)
		;
	if (end == low + 1)
		chosen = &symbols[low];
	for (size_t i = low; !chosen && size && i < end; i++)
		if (size_of(file, &symbols[i]) == size)
			chosen = &symbols[i];
	if (chosen)
		*ret = chosen->addr;
	return chosen;
}

const char *rw_debug_file_function(struct rw_debug_file *file, uint64_t addr)
{
	const struct symbol *best = NULL;

	read_symbols(file);
	for (size_t i = 0; i < file->symbols.nr; i++) {
		const struct symbol *symbol = &file->symbols.data[i];

		// Sections lie further apart than any is large.
		if (symbol->is_function && symbol->addr <= addr &&
		    addr - symbol->addr < UINT32_MAX && (!best || symbol->addr > best->addr))
			best = symbol;
	}
	return best ? best->name : NULL;
}

/* ---- DWARF ------------------------------------------------------------------------ */

struct rw_error *rw_debug_file_dwarf(struct rw_debug_file *file, struct rw_dwarf **ret)
{
	struct rw_dwarf_bytes sections[RW_NR_DWARF_SECTIONS] = { 0 };
	struct rw_error *err = NULL;

	if (file->dwarf) {
		*ret = file->dwarf;
		return NULL;
	}
	for (Elf_Scn *scn = NULL; !err && (scn = elf_nextscn(file->elf, scn));) {
		GElf_Shdr shdr;
		const char *name = section_name(file, scn, &shdr);
		int section = dwarf_section(name);

		if (section >= 0 && shdr.sh_type != SHT_NOBITS)
			err = read_section(scn, name, &shdr, &sections[section]);
		if (section >= 0 && !err && !file->linked)
			err = relocate(file, elf_ndxscn(scn), section, &sections[section]);
	}
	if (!err) {
		file->dwarf = rw_dwarf_create(sections);
		err = file->dwarf ? NULL : &rw_enomem;
	}
	if (err)
		return rw_error_prefix(err, "%s", file->path);
	*ret = file->dwarf;
	return NULL;
}
