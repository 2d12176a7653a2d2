// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes the seeds of the fuzz targets for image and BTF anew:
//
//   make_seeds tests/fuzz/corpus

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>
#endif

#include "../unit/mkelf.h"
#include "../unit/mktypes.h"

#define TEXT MK_TYPES_TEXT
#define TABLE (TEXT + 0x10000)
#define RODATA (TEXT + 0x20000)
#define RELA (TEXT + 0x30000)
#define MEMORY UINT64_C(0xffff800080000000)	/* where kallsyms.c begins */

enum {
	MAX = 32,
	CODE = SHF_ALLOC | SHF_EXECINSTR,
};

static void write_seed(const char *dir, const char *name, const void *bytes, size_t size)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) {
		perror(path);
		exit(1);
	}
}

/** A kernel with these sections and symbols besides its text. */
static void write_kernel(const char *dir, const char *name, const struct mk_section *more,
			 const struct mk_symbol *labels)
{
	static const uint8_t zeros[MK_TYPES_TEXT_SIZE];
	struct mk_section sections[MAX] = {
		{ ".text", SHT_PROGBITS, CODE, TEXT, zeros, sizeof(zeros) },
		{ ".bss", SHT_NOBITS, SHF_ALLOC, TEXT + 0x1000, NULL, 0x100 },
	};
	struct mk_symbol symbols[MAX] = {
		{ "_stext", TEXT, 0, STT_NOTYPE, STB_GLOBAL, ".text" },
		{ "_etext", TEXT + sizeof(zeros), 0, STT_NOTYPE, STB_GLOBAL, ".text" },
		{ "_end", TEXT + 0x1100, 0, STT_NOTYPE, STB_GLOBAL, ".bss" },
		{ "__schedule", TEXT + 0x20, 8, STT_FUNC, STB_LOCAL, ".text" },
		{ "vectors", TEXT + 0x40, 0x20, STT_NOTYPE, STB_LOCAL, ".text" },
		{ "el1h_64_irq", TEXT + 0x48, 8, STT_NOTYPE, STB_LOCAL, ".text" },
	};
	size_t nr = 2, nr_symbols = 6, size;

	for (; more && more->name; more++)
		sections[nr++] = *more;
	for (; labels && labels->name; labels++)
		symbols[nr_symbols++] = *labels;
	const struct mk_elf elf = { .sections = sections, .symbols = symbols };
	uint8_t *bytes = mk_elf(&elf, &size);
	write_seed(dir, name, bytes, size);
	free(bytes);
}

static void write_table(const char *dir)
{
	const uint64_t words[] = { TEXT + 0x40, TEXT + 0x60, 0, 0 };
	const Elf64_Rela rela[] = {
		{ TABLE + 16, ELF64_R_INFO(0, R_AARCH64_RELATIVE), (int64_t)(TEXT + 0x48) },
		{ TABLE + 24, ELF64_R_INFO(0, R_AARCH64_RELATIVE), (int64_t)(TEXT + 0x50) },
		{ 0, 0, 0 },
	};
	const struct mk_section sections[] = {
		{ ".symcode", SHT_PROGBITS, SHF_ALLOC, TABLE, words, sizeof(words) },
		{ ".rela.dyn", SHT_RELA, SHF_ALLOC, RELA, rela, sizeof(rela) },
		{ .name = NULL },
	};

	write_kernel(dir, "table", sections, NULL);
}

static void write_names(const char *dir, const char *name, uint64_t base)
{
	static const struct mk_kallsym names[] = {
		{ TEXT - 0x10, "T_text" }, { TEXT, "T_stext" }, { TEXT + 0x20, "t__schedule" },
		{ TEXT + 0x40, "tvectors" }, { TEXT + 0x1100, "B_end" }, { 0, NULL },
	};
	static const char banner[] = "Linux version 6.1.0\n";
	static const char notes[] = "\4\0\0\0\4\0\0\0\3\0\0\0GNU\0abcd";
	struct mk_kallsyms tables;

	mk_kallsyms(names, RODATA, base, &tables);
	const struct mk_section sections[] = {
		{ ".rodata", SHT_PROGBITS, SHF_ALLOC, RODATA, tables.bytes, tables.size },
		{ ".notes", SHT_NOTE, SHF_ALLOC, TABLE, notes, sizeof(notes) - 1 },
		{ ".banner", SHT_PROGBITS, SHF_ALLOC, RELA, banner, sizeof(banner) },
		{ .name = NULL },
	};
	const struct mk_symbol labels[] = {
		{ "linux_banner", RELA, 0, STT_OBJECT, STB_GLOBAL, ".banner" },
		{ "kallsyms_num_syms", tables.num_syms, 0, 0, STB_GLOBAL, ".rodata" },
		{ "kallsyms_names", tables.names, 0, 0, STB_GLOBAL, ".rodata" },
		{ "kallsyms_markers", tables.markers, 0, 0, STB_GLOBAL, ".rodata" },
		{ "kallsyms_token_table", tables.token_table, 0, 0, STB_GLOBAL, ".rodata" },
		{ "kallsyms_token_index", tables.token_index, 0, 0, STB_GLOBAL, ".rodata" },
		{ "kallsyms_offsets", tables.offsets, 0, 0, STB_GLOBAL, ".rodata" },
		{ base ? "kallsyms_relative_base" : NULL, tables.base, 0, 0, STB_GLOBAL,
		  ".rodata" },
		{ .name = NULL },
	};

	write_kernel(dir, name, sections, labels);
}

static void write_dwarf(const char *dir)
{
	struct mk_dwarf info;

	mk_dwarf(&info);
	const struct mk_section sections[] = {
		{ ".debug_info", SHT_PROGBITS, 0, 0, info.bytes, info.size },
		{ ".debug_abbrev", SHT_PROGBITS, 0, 0, mk_abbrevs, mk_abbrevs_size },
		{ .name = NULL },
	};

	write_kernel(dir, "dwarf", sections, NULL);
}

/** Memory with the tables, behind where they are: see kallsyms.c. */
static void write_tables(const char *dir, const char *name, uint64_t base)
{
	static const struct mk_kallsym names[] = {
		{ MEMORY, "T_text" }, { MEMORY + 0x10, "T_stext" }, { MEMORY + 0x18, "tvectors" },
		{ MEMORY + 0x20, "tmodules.llvm.17" }, { MEMORY + 0x40, "T_etext" },
		{ MEMORY + 0x1100, "B_end" }, { 0, NULL },
	};
	struct mk_kallsyms tables;
	uint8_t bytes[16384] = { 0 };

	mk_kallsyms(names, MEMORY + 0x100, base, &tables);
	const uint64_t places[] = {
		tables.num_syms, tables.names, tables.token_table, tables.token_index,
		tables.offsets, base ? tables.base : MEMORY, MEMORY,
	};
	for (size_t i = 0; i < 7; i++) {
		bytes[2 * i] = (uint8_t)(places[i] - MEMORY);
		bytes[2 * i + 1] = (uint8_t)((places[i] - MEMORY) >> 8);
	}
	memcpy(bytes + 14 + 0x100, tables.bytes, tables.size);
	write_seed(dir, name, bytes, 14 + 0x2000);
}

static void write_list(const char *dir, const char *name, const char *text)
{
	write_seed(dir, name, text, strlen(text));
}

int main(int argc, char **argv)
{
	char dir[2048];

	if (argc != 2) {
		fprintf(stderr, "usage: make_seeds DIRECTORY\n");
		return 2;
	}
	snprintf(dir, sizeof(dir), "%s/image", argv[1]);
	write_kernel(dir, "derived", NULL, NULL);
	write_table(dir);
	write_names(dir, "kallsyms-base", TEXT - 0x10);
	write_names(dir, "kallsyms-place", 0);
	write_dwarf(dir);
	write_seed(dir, "boot-image", "MZ\0\0zimg", 8);
	snprintf(dir, sizeof(dir), "%s/kallsyms", argv[1]);
	write_tables(dir, "base", MEMORY);
	write_tables(dir, "place", 0);
	snprintf(dir, sizeof(dir), "%s/names", argv[1]);
	write_list(dir, "System.map",
		   "0000000000000000 A _kernel_flags_le_hi32\nffff800080000000 T _text\n"
		   "ffff800080010000 T _stext\nffff800080010000 W memcpy\n"
		   "ffff800080010000 t __memcpy\nffff800080010040 t x.llvm.7\n"
		   "ffff800080020000 T _etext\nffff800080030000 B _end\n");
	write_list(dir, "kallsyms",
		   "ffffaa2013210000 T _stext\nffffaa2013220000 T _etext\n"
		   "ffffaa2014200000 T _sinittext\nffffaa2014201000 T _einittext\n"
		   "ffffaa1fe63e3000 t scene_sleep\t[scene]\n");
	write_list(dir, "no-privilege", "0000000000000000 T _stext\n0000000000000000 T _etext\n");
	write_list(dir, "debian", "ffffffffffffffff B The real System.map is in the package\n");
	snprintf(dir, sizeof(dir), "%s/image", argv[1]);
#ifdef HAVE_LIBBPF
	struct btf *btf = mk_btf();
	uint32_t size;
	const void *bytes = btf__raw_data(btf, &size);
	const struct mk_section sections[] = {
		{ ".BTF", SHT_PROGBITS, SHF_ALLOC, TABLE, bytes, size },
		{ .name = NULL },
	};

	write_kernel(dir, "btf", sections, NULL);
	snprintf(dir, sizeof(dir), "%s/btf", argv[1]);
	write_seed(dir, "types", bytes, size);
	btf__free(btf);
#endif
	return 0;
}
