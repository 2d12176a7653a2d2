// SPDX-License-Identifier: GPL-2.0-or-later
//
// A vmlinux as an ELF file: opened through libelf, which maps it, and checked
// once, so that the rest of this room may take a section's bytes as they come.
//
// An arm64 kernel is ELF64, EM_AARCH64, ET_EXEC or (relocatable, the usual case)
// ET_DYN.  The section header table stands at the end of the file: a file that
// was cut short has lost it.  Sections that are not looked at (.debug_*) are not
// checked here; libdw does that.

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rewalk/bisect.h"
#include "rewalk/bytes.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/input.h"
#include "rewalk/types.h"

#include "image_private.h"

static const char get_again[] = "copy or unpack the file again";

/** The file header, before libelf sees it: libelf's own words help nobody. */
static struct rw_error *check_header(const uint8_t *head, size_t head_size, uint64_t file_size)
{
	if (head_size < SELFMAG || memcmp(head, ELFMAG, SELFMAG))
		return rw_image_refuse(head, head_size);
	if (head_size > EI_CLASS && head[EI_CLASS] != ELFCLASS64)
		return rw_error_create(RW_ERROR_FORMAT,
				       "ELF header: a 32-bit file, not an arm64 kernel; "
				       "give the vmlinux of an arm64 kernel");
	if (head_size > EI_DATA && head[EI_DATA] == ELFDATA2MSB)
		return rw_error_create(RW_ERROR_UNSUPPORTED,
				       "ELF header: a big-endian kernel; only little-endian "
				       "arm64 kernels can be read");
	if (head_size < sizeof(Elf64_Ehdr))
		return rw_error_create(RW_ERROR_FORMAT,
				       "ELF header: cut short after %zu bytes; %s",
				       head_size, get_again);
	if (head[EI_DATA] != ELFDATA2LSB)
		return rw_error_create(RW_ERROR_FORMAT, "ELF header: byte order %u is none; %s",
				       head[EI_DATA], get_again);

	uint16_t machine = rw_get_le16(head + offsetof(Elf64_Ehdr, e_machine));
	if (machine != EM_AARCH64)
		return rw_error_create(RW_ERROR_FORMAT,
				       "ELF header: machine %u is not arm64 (%u); "
				       "give the vmlinux of an arm64 kernel",
				       machine, EM_AARCH64);

	uint16_t type = rw_get_le16(head + offsetof(Elf64_Ehdr, e_type));
	if (type == ET_REL)
		return rw_error_create(RW_ERROR_FORMAT,
				       "ELF header: a module or an object file (ET_REL); "
				       "give the linked vmlinux");
	if (type == ET_CORE)
		return rw_error_create(RW_ERROR_FORMAT,
				       "ELF header: a memory dump (ET_CORE); give the vmlinux "
				       "first, then the dump");
	if (type != ET_EXEC && type != ET_DYN)
		return rw_error_create(RW_ERROR_FORMAT, "ELF header: file type %u is no kernel; "
				       "give the linked vmlinux", type);

	uint64_t off = rw_get_le64(head + offsetof(Elf64_Ehdr, e_shoff));
	uint16_t nr = rw_get_le16(head + offsetof(Elf64_Ehdr, e_shnum));
	uint16_t entry_size = rw_get_le16(head + offsetof(Elf64_Ehdr, e_shentsize));
	if (!off)
		return rw_error_create(RW_ERROR_FORMAT,
				       "ELF header: no section headers; give a vmlinux that "
				       "was not stripped of them");
	if (entry_size != sizeof(Elf64_Shdr))
		return rw_error_create(RW_ERROR_FORMAT,
				       "ELF header: section headers of %u bytes, not %zu; %s",
				       entry_size, sizeof(Elf64_Shdr), get_again);
	// No sections (0) means that section 0 holds their number.
	uint64_t size = (uint64_t)(nr ? nr : 1) * sizeof(Elf64_Shdr);
	if (!rw_fits(off, size, file_size))
		return rw_error_create(RW_ERROR_FORMAT,
				       "section headers: they stand at 0x%" PRIx64 " to 0x%" PRIx64
				       ", but the file is cut short at 0x%" PRIx64 "; %s",
				       off, off + size, file_size, get_again);
	return NULL;
}

static struct rw_error *open_file(struct rw_image *image)
{
	uint8_t head[sizeof(Elf64_Ehdr)];
	struct stat st;

	image->fd = open(image->path, O_RDONLY | O_CLOEXEC);
	if (image->fd < 0 || fstat(image->fd, &st) < 0)
		return rw_error_os(errno, "cannot be opened");
	if (!S_ISREG(st.st_mode))
		return rw_error_create(RW_ERROR_FORMAT,
				       "not a regular file; give a vmlinux on disk");
	struct rw_error *err = rw_unpack_path(image->path, &image->fd);
	if (err)
		return err;
	if (fstat(image->fd, &st) < 0)
		return rw_error_os(errno, "cannot be examined");
	ssize_t got = pread(image->fd, head, sizeof(head), 0);
	if (got < 0)
		return rw_error_os(errno, "cannot be read");
	err = check_header(head, (size_t)got, (uint64_t)st.st_size);
	if (err)
		return err;

	elf_version(EV_CURRENT);
	image->elf = elf_begin(image->fd, ELF_C_READ_MMAP, NULL);
	if (image->elf)
		image->bytes = (const uint8_t *)elf_rawfile(image->elf, &image->size);
	if (!image->bytes)
		return rw_error_create(RW_ERROR_FORMAT, "ELF header: %s; %s",
				       elf_errmsg(-1), get_again);
	// The file may have changed since: what is mapped decides.
	if (image->size < sizeof(head))
		return check_header(image->bytes, image->size, image->size);
	return check_header(image->bytes, sizeof(head), image->size);
}

static struct rw_error *damaged_section(const struct rw_image *image,
					const struct rw_section *section)
{
	return rw_error_create(RW_ERROR_FORMAT,
			       "section %s: 0x%" PRIx64 " bytes at 0x%" PRIx64
			       ", but the file is cut short at 0x%zx; %s",
			       section->name, section->size, section->off, image->size, get_again);
}

/** Does the file hold all bytes that @section claims to have in it? */
static bool section_fits(const struct rw_image *image, const struct rw_section *section)
{
	return section->type == SHT_NOBITS ||
	       rw_fits(section->off, section->size, image->size);
}

static int compare_addr(const void *pa, const void *pb, void *arg)
{
	const struct rw_section *a = &((struct rw_section *)arg)[*(const uint32_t *)pa];
	const struct rw_section *b = &((struct rw_section *)arg)[*(const uint32_t *)pb];

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static struct rw_error *read_sections(struct rw_image *image)
{
	size_t nr, names;

	if (elf_getshdrnum(image->elf, &nr) < 0 || elf_getshdrstrndx(image->elf, &names) < 0)
		return rw_error_create(RW_ERROR_FORMAT, "section headers: %s; %s",
				       elf_errmsg(-1), get_again);
	// libelf does not hold section 0's idea of their number against the file.
	uint64_t off = rw_get_le64(image->bytes + offsetof(Elf64_Ehdr, e_shoff));
	if (nr > image->size / sizeof(Elf64_Shdr) ||
	    !rw_fits(off, nr * sizeof(Elf64_Shdr), image->size))
		return rw_error_create(RW_ERROR_FORMAT, "section headers: %zu at 0x%" PRIx64
				       ", but the file is cut short at 0x%zx; %s",
				       nr, off, image->size, get_again);
	image->sections = calloc(nr ? nr : 1, sizeof(*image->sections));
	image->by_addr = calloc(nr ? nr : 1, sizeof(*image->by_addr));
	if (!image->sections || !image->by_addr)
		return &rw_enomem;
	image->nr_sections = nr;

	for (size_t i = 0; i < nr; i++) {
		Elf_Scn *scn = elf_getscn(image->elf, i);
		const Elf64_Shdr *header = scn ? elf64_getshdr(scn) : NULL;
		struct rw_section *section = &image->sections[i];
		uint64_t end;

		if (!header)
			return rw_error_create(RW_ERROR_FORMAT, "section header %zu: %s; %s",
					       i, elf_errmsg(-1), get_again);
		const char *name = elf_strptr(image->elf, names, header->sh_name);
		*section = (struct rw_section){
			.name = name ? name : "",
			.type = header->sh_type,
			.link = header->sh_link,
			.flags = header->sh_flags,
			.addr = header->sh_addr,
			.off = header->sh_offset,
			.size = header->sh_size,
		};
		if (i == 0 || !(section->flags & SHF_ALLOC) || !section->size)
			continue;
		if (!section_fits(image, section))
			return damaged_section(image, section);
		if (__builtin_add_overflow(section->addr, section->size, &end))
			return rw_error_create(RW_ERROR_FORMAT, "section %s: 0x%" PRIx64
					       " bytes at address 0x%" PRIx64 " do not exist; %s",
					       section->name, section->size, section->addr,
					       get_again);
		image->by_addr[image->nr_by_addr++] = (uint32_t)i;
	}
	qsort_r(image->by_addr, image->nr_by_addr, sizeof(*image->by_addr), compare_addr,
		image->sections);
	return NULL;
}

static struct rw_error *find_symbol_table(struct rw_image *image)
{
	const struct rw_section *symtab = NULL;

	for (size_t i = 1; i < image->nr_sections && !symtab; i++) {
		if (image->sections[i].type == SHT_SYMTAB)
			symtab = &image->sections[i];
	}
	if (!symtab || symtab->size < sizeof(Elf64_Sym))
		return rw_error_create(RW_ERROR_FORMAT,
				       "sections: no symbol table, the file is stripped; give the "
				       "vmlinux from the kernel's debug package (Debian: "
				       "linux-image-...-dbg)");
	if (!section_fits(image, symtab))
		return damaged_section(image, symtab);
	const struct rw_section *strtab = symtab->link < image->nr_sections ?
					  &image->sections[symtab->link] : NULL;
	if (!strtab || strtab->type != SHT_STRTAB || !strtab->size)
		return rw_error_create(RW_ERROR_FORMAT, "section %s: its names' section %u "
				       "is none; %s", symtab->name, symtab->link, get_again);
	if (!section_fits(image, strtab))
		return damaged_section(image, strtab);
	if (image->bytes[strtab->off + strtab->size - 1])
		return rw_error_create(RW_ERROR_FORMAT, "section %s: its last name has no end; %s",
				       strtab->name, get_again);
	image->symbols = image->bytes + symtab->off;
	image->nr_symbols = symtab->size / sizeof(Elf64_Sym);
	image->strings = (const char *)image->bytes + strtab->off;
	image->strings_size = strtab->size;
	return NULL;
}

static struct rw_error *check_kernel(const struct rw_image *image)
{
	const struct rw_named *stext = rw_image_named(image, "_stext");

	if (!stext || !rw_image_named(image, "_etext"))
		return rw_error_create(RW_ERROR_FORMAT,
				       "symbol table: no %s, this is not a kernel; "
				       "give the vmlinux of an arm64 kernel",
				       stext ? "_etext" : "_stext");
	const struct rw_section *text = rw_image_section_of(image, stext->addr);
	if (text && text->type == SHT_NOBITS)
		return rw_error_create(RW_ERROR_FORMAT,
				       "section %s: the kernel's own bytes were split off; join "
				       "this file and the stripped vmlinux again (eu-unstrip)",
				       text->name);
	return NULL;
}

static struct rw_error *open_image(struct rw_image *image)
{
	struct rw_error *err = open_file(image);

	if (!err)
		err = read_sections(image);
	if (!err)
		err = find_symbol_table(image);
	if (!err)
		err = rw_image_scan_symbols(image);
	if (!err)
		err = check_kernel(image);
	if (!err)
		err = rw_image_find_ranges(image);
	if (!err)
		err = rw_image_identify(image);
	// A kernel without a banner may be clang's as well.
	if (!err && (!image->banner || strstr(image->banner, "clang")))
		err = rw_image_scan_suffixed(image);
	return err;
}

/**
 * Is this a list of symbols?  A pipe can be read only once: it is taken for one, since
 * an ELF file has to be mapped.
 */
static bool is_list(const char *path)
{
	uint8_t head[256];
	struct stat st;

	if (!strcmp(path, "-"))
		return true;
	if (stat(path, &st))
		return false;
	if (!S_ISREG(st.st_mode))
		return S_ISFIFO(st.st_mode);
	struct rw_file file;
	struct rw_error *err = rw_file_init(path, 0, &file);

	if (err) {
		rw_error_destroy(err);
		return false;
	}
	size_t got = rw_file_peek(&file, head, sizeof(head));
	rw_file_deinit(&file);
	return got && rw_image_is_name_list(head, got);
}

struct rw_error *rw_image_open(const char *path, struct rw_image **ret)
{
	if (is_list(path))
		return rw_image_open_list(path, ret);

	struct rw_image *image = rw_image_create(RW_IMAGE_VMLINUX, path);
	struct rw_error *err = image ? open_image(image) : &rw_enomem;
	if (err) {
		rw_image_close(image);
		return rw_error_prefix(err, "%s", path);
	}
	*ret = image;
	return NULL;
}

void rw_image_close(struct rw_image *image)
{
	if (!image)
		return;
	if (image->lazy) {
		rw_relocs_deinit(image->lazy);
		rw_ksymtab_deinit(&image->lazy->names.ksymtab);
		rw_kallsyms_deinit(&image->lazy->names.kallsyms);
		rw_byname_deinit(&image->lazy->byname);
		rw_types_close(image->lazy->opened);
	}
	free(image->lazy);
	free(image->types);
	free(image->text);
	free(image->banner);
	free(image->sym_code);
	free(image->ranges);
	free(image->derived);
	free(image->named);
	free(image->by_addr);
	free(image->sections);
	elf_end(image->elf);
	if (image->fd >= 0)
		close(image->fd);
	free(image->path);
	free(image);
}

int rw_image_fd(const struct rw_image *image)
{
	return image->fd;
}

const char *rw_image_path(const struct rw_image *image)
{
	return image->path;
}

const struct rw_section *rw_image_section_of(const struct rw_image *image, uint64_t addr)
{
	// The last section that begins at or below @addr.
	size_t nr = rw_bisect(i, image->nr_by_addr,
			      image->sections[image->by_addr[i]].addr <= addr);

	if (!nr)
		return NULL;
	const struct rw_section *section = &image->sections[image->by_addr[nr - 1]];
	return addr - section->addr < section->size ? section : NULL;
}

const struct rw_section *rw_image_section_named(const struct rw_image *image, const char *name)
{
	for (size_t i = 1; i < image->nr_sections; i++) {
		if (!strcmp(image->sections[i].name, name))
			return &image->sections[i];
	}
	return NULL;
}

const uint8_t *rw_image_rest(const struct rw_image *image, uint64_t addr, size_t *size_ret)
{
	const struct rw_section *section = rw_image_section_of(image, addr);

	if (!section || section->type == SHT_NOBITS)
		return NULL;
	uint64_t skip = addr - section->addr;
	*size_ret = section->size - skip;
	return image->bytes + section->off + skip;
}

const uint8_t *rw_image_section(const struct rw_image *image, const char *name, size_t *size_ret)
{
	const struct rw_section *section = rw_image_section_named(image, name);

	if (!section || section->type == SHT_NOBITS || !section->size ||
	    !section_fits(image, section))
		return NULL;
	*size_ret = section->size;
	return image->bytes + section->off;
}

const char *rw_image_section_at(const struct rw_image *image, uint64_t addr)
{
	const struct rw_section *section = rw_image_section_of(image, addr);

	return section ? section->name : NULL;
}
