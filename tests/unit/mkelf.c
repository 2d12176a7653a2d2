// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes ELF64 files: header, sections one after the other (aligned to 8), the
// section headers at the end, as linkers do.

#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mkelf.h"

/** A growing buffer.  Tests may end without memory. */
struct buffer {
	uint8_t *bytes;
	size_t size;
};

static size_t append(struct buffer *buffer, const void *bytes, size_t size)
{
	size_t off = buffer->size;

	buffer->bytes = realloc(buffer->bytes, off + size + 1);
	if (!buffer->bytes)
		abort();
	if (bytes)
		memcpy(buffer->bytes + off, bytes, size);
	else
		memset(buffer->bytes + off, 0, size);
	buffer->size += size;
	return off;
}

static size_t append_name(struct buffer *names, const char *name)
{
	return append(names, name, strlen(name) + 1);
}

static void align(struct buffer *buffer, size_t to)
{
	append(buffer, NULL, -buffer->size % to);
}

static uint16_t section_index(const struct mk_elf *elf, const char *name)
{
	if (!name)
		return SHN_UNDEF;
	for (uint16_t i = 0; elf->sections[i].name; i++) {
		if (!strcmp(elf->sections[i].name, name))
			return (uint16_t)(i + 1);
	}
	return SHN_ABS;
}

static struct buffer symbol_table(const struct mk_elf *elf, struct buffer *names)
{
	struct buffer table = { 0 };

	append(&table, NULL, sizeof(Elf64_Sym));
	append_name(names, "");
	for (const struct mk_symbol *s = elf->symbols; s && s->name; s++) {
		Elf64_Sym symbol = {
			.st_name = (uint32_t)append_name(names, s->name),
			.st_info = ELF64_ST_INFO(s->bind, s->type),
			.st_shndx = section_index(elf, s->section),
			.st_value = s->addr,
			.st_size = s->size,
		};

		append(&table, &symbol, sizeof(symbol));
	}
	return table;
}

static void add_section(struct buffer *file, struct buffer *headers, struct buffer *names,
			const struct mk_section *section, uint32_t link, uint64_t entry_size)
{
	align(file, 8);
	Elf64_Shdr header = {
		.sh_name = (uint32_t)append_name(names, section->name),
		.sh_type = section->type,
		.sh_flags = section->flags,
		.sh_addr = section->addr,
		.sh_offset = file->size,
		.sh_size = section->size,
		.sh_link = link,
		.sh_addralign = 1,
		.sh_entsize = entry_size,
	};

	if (section->type != SHT_NOBITS)
		append(file, section->bytes, section->size);
	append(headers, &header, sizeof(header));
}

uint8_t *mk_elf(const struct mk_elf *elf, size_t *size_ret)
{
	struct buffer file = { 0 }, headers = { 0 }, section_names = { 0 }, symbol_names = { 0 };
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
			     elf->elf_class ? elf->elf_class : ELFCLASS64,
			     elf->data ? elf->data : ELFDATA2LSB, EV_CURRENT },
		.e_type = elf->type ? elf->type : ET_DYN,
		.e_machine = elf->machine ? elf->machine : EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
	};
	uint16_t nr = 1;

	append(&file, NULL, sizeof(header));
	append(&headers, NULL, sizeof(Elf64_Shdr));
	append_name(&section_names, "");
	for (const struct mk_section *s = elf->sections; s->name; s++, nr++)
		add_section(&file, &headers, &section_names, s, 0,
			    s->type == SHT_RELA ? sizeof(Elf64_Rela) : 0);
	if (elf->symbols) {
		struct buffer table = symbol_table(elf, &symbol_names);
		const struct mk_section symtab = { ".symtab", SHT_SYMTAB, 0, 0,
						   table.bytes, table.size };
		const struct mk_section strtab = { ".strtab", SHT_STRTAB, 0, 0,
						   symbol_names.bytes, symbol_names.size };

		add_section(&file, &headers, &section_names, &symtab, nr + 1u, sizeof(Elf64_Sym));
		add_section(&file, &headers, &section_names, &strtab, 0, 0);
		nr += 2;
		free(table.bytes);
	}
	// The names have to hold their own section's name before they are written.
	struct buffer rest = { 0 };
	append(&rest, section_names.bytes, section_names.size);
	append_name(&rest, ".shstrtab");
	const struct mk_section shstrtab = { ".shstrtab", SHT_STRTAB, 0, 0,
					     rest.bytes, rest.size };
	add_section(&file, &headers, &section_names, &shstrtab, 0, 0);
	header.e_shstrndx = nr++;
	header.e_shnum = nr;

	align(&file, 8);
	header.e_shoff = file.size;
	append(&file, headers.bytes, headers.size);
	memcpy(file.bytes, &header, sizeof(header));
	free(headers.bytes);
	free(section_names.bytes);
	free(symbol_names.bytes);
	free(rest.bytes);
	*size_ret = file.size;
	return file.bytes;
}

char *mk_file(const void *bytes, size_t size)
{
	const char *dir = getenv("TMPDIR");
	char *path;

	if (asprintf(&path, "%s/rewalk-test-XXXXXX", dir ? dir : "/tmp") < 0)
		abort();
	int fd = mkstemp(path);
	if (fd < 0 || (size && write(fd, bytes, size) != (ssize_t)size) || close(fd)) {
		perror(path);
		abort();
	}
	return path;
}

static void append_offsets(struct buffer *out, const struct mk_kallsym *symbols, uint64_t addr,
			   uint64_t base, struct mk_kallsyms *ret)
{
	align(out, 8);
	ret->offsets = addr + out->size;
	for (; symbols->name; symbols++) {
		uint32_t offset = (uint32_t)(symbols->addr - (base ? base : addr + out->size));

		append(out, &offset, sizeof(offset));
	}
	align(out, 8);
	ret->base = addr + append(out, &base, sizeof(base));
}

static void lay_out(const struct mk_kallsym *symbols, uint64_t addr, uint64_t base, bool as_5_10,
		    struct mk_kallsyms *ret)
{
	struct buffer out = { 0 }, markers = { 0 };
	uint16_t index[256];
	uint32_t nr = 0;

	while (symbols[nr].name)
		nr++;
	if (as_5_10)
		append_offsets(&out, symbols, addr, base, ret);
	ret->num_syms = addr + append(&out, &nr, sizeof(nr));
	if (as_5_10)
		align(&out, 8);
	ret->names = addr + out.size;
	size_t names = out.size;
	for (uint32_t i = 0; i < nr; i++) {
		size_t len = strlen(symbols[i].name);
		uint32_t marker = (uint32_t)(out.size - names);
		uint8_t length[2] = { (uint8_t)len };

		if (i % 256 == 0)
			append(&markers, &marker, sizeof(marker));
		if (len > 0x7f) {
			length[0] = (uint8_t)(0x80 | (len & 0x7f));
			length[1] = (uint8_t)(len >> 7);
		}
		append(&out, length, len > 0x7f ? 2 : 1);
		append(&out, symbols[i].name, len);
	}
	align(&out, 8);
	ret->markers = addr + append(&out, markers.bytes, markers.size);
	align(&out, 8);
	ret->token_table = addr + out.size;
	size_t tokens = out.size;
	for (unsigned int c = 0; c < 256; c++) {
		const char token[2] = { (char)c, 0 };

		index[c] = (uint16_t)(out.size - tokens);
		append_name(&out, token);
	}
	align(&out, 8);
	ret->token_index = addr + append(&out, index, sizeof(index));
	if (!as_5_10)
		append_offsets(&out, symbols, addr, base, ret);
	if (out.size > sizeof(ret->bytes))
		abort();
	memcpy(ret->bytes, out.bytes, out.size);
	ret->size = out.size;
	free(out.bytes);
	free(markers.bytes);
}

void mk_kallsyms(const struct mk_kallsym *symbols, uint64_t addr, uint64_t base,
		 struct mk_kallsyms *ret)
{
	lay_out(symbols, addr, base, false, ret);
}

void mk_kallsyms_5_10(const struct mk_kallsym *symbols, uint64_t addr, uint64_t base,
		      struct mk_kallsyms *ret)
{
	lay_out(symbols, addr, base, true, ret);
}
