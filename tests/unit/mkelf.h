/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small ELF files for tests, made from tables that one can read.
 */
#ifndef MKELF_H
#define MKELF_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

/** A section; its bytes are borrowed.  @size counts for SHT_NOBITS without bytes. */
struct mk_section {
	const char *name;
	uint32_t type;
	uint64_t flags;
	uint64_t addr;
	const void *bytes;
	size_t size;
};

/** A symbol; @section by its name, "ABS", or NULL for an undefined one. */
struct mk_symbol {
	const char *name;
	uint64_t addr, size;
	uint8_t type, bind;
	const char *section;
};

/**
 * A file.  All zero but sections and symbols gives a little-endian 64-bit arm64
 * ET_DYN.  Lists end with an entry without a name.  Section 1 is the first of
 * the list; .symtab, .strtab and .shstrtab come last.
 */
struct mk_elf {
	const struct mk_section *sections;
	const struct mk_symbol *symbols;	/* NULL: no symbol table */
	uint8_t elf_class, data;
	uint16_t machine, type;
};

/** The file's bytes, owned by the caller. */
uint8_t *mk_elf(const struct mk_elf *elf, size_t *size_ret);

/** Bytes in a new temporary file; its path, owned by the caller, who unlinks it. */
char *mk_file(const void *bytes, size_t size);

/** One symbol of a kernel's own table: its type letter and name, as nm has them. */
struct mk_kallsym {
	uint64_t addr;
	const char *name;	/* "Tschedule" */
};

/** The tables that scripts/kallsyms makes, all in one section. */
struct mk_kallsyms {
	uint8_t bytes[8192];
	size_t size;
	uint64_t num_syms, names, markers, token_table, token_index, offsets, base; /* addresses */
};

/**
 * Lay out tables at @addr.  @base is what the offsets count from; 0: from their
 * own place.  The tokens are the characters themselves.
 */
void mk_kallsyms(const struct mk_kallsym *symbols, uint64_t addr, uint64_t base,
		 struct mk_kallsyms *ret);

/** The same in the order of 4.20 to 6.3: the offsets come first. */
void mk_kallsyms_5_10(const struct mk_kallsym *symbols, uint64_t addr, uint64_t base,
		      struct mk_kallsyms *ret);

#endif
