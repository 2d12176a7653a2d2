// SPDX-License-Identifier: GPL-2.0-or-later
//
// ELF files with debug information, through libelf.
//
// Debug sections may be compressed: as SHF_COMPRESSED, with a header of its own, or
// in the older way of GNU, with "ZLIB" in front and the name .zdebug_*.

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rewalk/error.h"

#include "debugfile.h"
#include "dwarf_reader.h"

enum { BUILD_ID_MAX = 64 };

struct rw_debug_file {
	char *path;
	int fd;
	Elf *elf;
	size_t names;		/* the section of the sections' names */
	uint8_t build_id[BUILD_ID_MAX];
	size_t build_id_size;
	struct rw_dwarf *dwarf;
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
			    note.n_descsz <= BUILD_ID_MAX &&
			    !memcmp((char *)data->d_buf + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU))) {
				file->build_id_size = note.n_descsz;
				memcpy(file->build_id, (char *)data->d_buf + desc, note.n_descsz);
				return;
			}
			off = next;
		}
	}
}

static struct rw_error *open_elf(struct rw_debug_file *file)
{
	GElf_Ehdr ehdr;

	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0)
		return rw_error_os(errno, "cannot be opened");
	elf_version(EV_CURRENT);
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF || !gelf_getehdr(file->elf, &ehdr) ||
	    elf_getshdrstrndx(file->elf, &file->names))
		return rw_error_create(RW_ERROR_FORMAT, "not an ELF file with sections");
	// That it is of the right machine its build-id tells.
	if (ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return rw_error_create(RW_ERROR_FORMAT, "not a little-endian 64-bit ELF file");
	find_build_id(file);
	return NULL;
}

struct rw_error *rw_debug_file_open(const char *path, struct rw_debug_file **ret)
{
	struct rw_debug_file *file = calloc(1, sizeof(*file));

	if (!file)
		return &rw_enomem;
	file->fd = -1;
	file->path = strdup(path);
	struct rw_error *err = file->path ? open_elf(file) : &rw_enomem;
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
			return rw_error_create(RW_ERROR_FORMAT, "section %s: cannot be unpacked: %s",
					       name, elf_errmsg(-1));
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
