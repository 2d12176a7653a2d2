/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this room share: the mapped file, its sections, its symbol
 * table, and what is built from them at the first use.
 */
#ifndef IMAGE_PRIVATE_H
#define IMAGE_PRIVATE_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/image.h"

/** One section header.  That [off, off + size) lies in the file was checked. */
struct rw_section {
	const char *name;	/* borrowed from the file; "" if it has none */
	uint32_t type, link;
	uint64_t flags, addr, off, size;
};

/** A name of image_names.h in this image; rank 0 if it has no such symbol. */
struct rw_named {
	uint64_t addr, size;
	uint8_t rank;
};

/** An R_AARCH64_RELATIVE relocation: the word at @place has the value @addend. */
struct rw_relative {
	uint64_t place, addend;
};

/** The RELATIVE entries of one section, sorted by place. */
struct rw_relocs {
	const uint8_t *rela;		/* Elf64_Rela in the file, or … */
	struct rw_relative *sorted;	/* … owned, where the file's are not in order */
	size_t nr;
};

/** The kernel's own symbol table in the image; everything borrowed from the file. */
struct rw_kallsyms {
	size_t nr;
	const uint8_t *offsets;		/* s32 or u32 [nr] */
	uint64_t offsets_addr;		/* where @offsets stands */
	bool place_relative;		/* offsets count from their own place … */
	uint64_t base;			/* … or from here */
	const uint8_t *names, *markers, *token_index;
	const char *tokens;
	size_t names_size, tokens_size;
};

/** The same table made from .symtab, for images without the kernel's. */
struct rw_ksymtab_entry {
	uint64_t addr;
	const char *name;	/* borrowed from .strtab */
	uint32_t rank;		/* among those of one address; the lowest is named */
};

struct rw_ksymtab {
	size_t nr;
	struct rw_ksymtab_entry *entries;	/* owned */
};

/** [start, end); empty if one of its symbols is missing. */
struct rw_span {
	uint64_t start, end;
};

/** Which table names an address, and the bounds that the kernel asks first. */
struct rw_names {
	bool made;
	bool all;			/* CONFIG_KALLSYMS_ALL */
	struct rw_kallsyms kallsyms;	/* nr == 0: not there */
	struct rw_ksymtab ksymtab;
	struct rw_span text, init_text, image, init;
};

/**
 * What is made when it is first asked for.  It hangs on a pointer so that it can
 * be made through a const image; two threads must not do so at once.
 */
struct rw_image_lazy {
	bool relocs_made;
	struct rw_relocs *relocs;	/* owned */
	size_t nr_relocs;
	struct rw_names names;
};

struct rw_image {
	char *path;
	int fd;
	Elf *elf;
	const uint8_t *bytes;		/* the whole file, mapped by libelf */
	size_t size;

	struct rw_section *sections;	/* by their index in the file */
	size_t nr_sections;
	uint32_t *by_addr;		/* indices of the allocated ones, by address */
	size_t nr_by_addr;

	const uint8_t *symbols;		/* .symtab */
	size_t nr_symbols;
	const char *strings;		/* .strtab; its last byte is NUL */
	size_t strings_size;

	struct rw_named *named;		/* one for each of rw_image_names */

	struct rw_range *derived;	/* image.md 4.2, sorted */
	size_t nr_derived;
	struct rw_range *ranges;
	size_t nr_ranges;
	struct rw_span *sym_code;	/* merged, sorted */
	size_t nr_sym_code;
	bool has_table;

	const uint8_t *build_id;
	size_t build_id_size;
	char *banner;

	struct rw_image_lazy *lazy;
};

/* ---- elf.c -------------------------------------------------------------- */

/** The allocated section that holds @addr, or NULL. */
const struct rw_section *rw_image_section_of(const struct rw_image *image, uint64_t addr);

/** The section with this name, or NULL. */
const struct rw_section *rw_image_section_named(const struct rw_image *image, const char *name);

/**
 * The bytes of the file from @addr to the end of its section, as they stand
 * there (not relocated); NULL if no section has bytes there.
 */
const uint8_t *rw_image_rest(const struct rw_image *image, uint64_t addr, size_t *size_ret);

/* ---- refuse.c ----------------------------------------------------------- */

/** The error for a file that begins with @head and is no ELF file. */
struct rw_error *rw_image_refuse(const uint8_t *head, size_t size);

/* ---- relocate.c --------------------------------------------------------- */

void rw_relocs_deinit(struct rw_image_lazy *lazy);

/* ---- symbols.c ---------------------------------------------------------- */

/** One entry of .symtab, in host byte order. */
struct rw_elf_symbol {
	const char *name;
	uint8_t type, bind;
	uint16_t section;
	uint64_t addr, size;
};

/**
 * Entry @i of .symtab.
 *
 * @return False for entries that stand for no place in the image: undefined and
 *         absolute ones, sections, files, and those whose name is out of bounds.
 */
bool rw_image_elf_symbol(const struct rw_image *image, size_t i, struct rw_elf_symbol *ret);

/** The one pass over .symtab: fills image->named and image->derived. */
struct rw_error *rw_image_scan_symbols(struct rw_image *image);

/** As rw_image_symbol(), with the symbol's own size. */
const struct rw_named *rw_image_named(const struct rw_image *image, const char *name);

/* ---- ranges.c ----------------------------------------------------------- */

struct rw_error *rw_image_find_ranges(struct rw_image *image);

/* ---- buildid.c ---------------------------------------------------------- */

/** Fills image->build_id and image->banner, where there are such. */
struct rw_error *rw_image_identify(struct rw_image *image);

/* ---- kallsyms.c --------------------------------------------------------- */

/** False if the image has no such tables, or they make no sense. */
bool rw_kallsyms_init(const struct rw_image *image, struct rw_kallsyms *ret);

uint64_t rw_kallsyms_addr(const struct rw_kallsyms *kallsyms, size_t i);

/** The name of symbol @i without its type letter.  False if it is damaged. */
bool rw_kallsyms_name(const struct rw_kallsyms *kallsyms, size_t i,
		      char ret[RW_SYMBOL_NAME_SIZE]);

/* ---- ksymtab.c ---------------------------------------------------------- */

/**
 * Make the table that scripts/kallsyms would make from .symtab.
 *
 * @param all  As with CONFIG_KALLSYMS_ALL; else text and init text only.
 * @return False without memory; otherwise to be released with rw_ksymtab_deinit().
 */
bool rw_ksymtab_init(const struct rw_image *image, bool all, struct rw_ksymtab *ret);

void rw_ksymtab_deinit(struct rw_ksymtab *ksymtab);

#endif
