/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this room share: the mapped file, its sections, its symbol
 * table, and what is built from them at the first use.  An image of names only has
 * no file, no section and no .symtab: its names are there from the beginning.
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
	uint8_t rank;		/* of several, the symbol with the highest counts */
};

enum {
	RW_RANK_LOWEST = 1,	/* found by other means than its exact name */
	RW_RANK_LOCAL,
	RW_RANK_WEAK = 4,
	RW_RANK_GLOBAL = 6,	/* each of these with 1 added if it has a size */
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

enum {
	RW_KALLSYMS_GROUP = 256,	/* names between two markers */
	RW_KALLSYMS_TOKENS = 256,
};

/** How kallsyms writes an address down. */
enum rw_kallsyms_code {
	RW_KALLSYMS_BASE,	/* u32, from rw_kallsyms.base on */
	RW_KALLSYMS_PLACE,	/* s32, from its own place on */
	RW_KALLSYMS_ADDRESS,	/* u64 as it is */
};

/** The kernel's own symbol table; borrowed from the file, or from @owned. */
struct rw_kallsyms {
	size_t nr;
	enum rw_kallsyms_code code;
	const uint8_t *offsets;		/* [nr] */
	uint64_t offsets_addr;		/* where @offsets stands */
	uint64_t base;			/* added to what is not relative to its place */
	const uint8_t *names, *markers, *token_index;
	const char *tokens;
	size_t names_size, tokens_size;
	uint8_t *owned[5];		/* copies out of a dump; else NULL */
};

/** The same table made from .symtab or a list, for images without the kernel's. */
struct rw_ksymtab_entry {
	uint64_t addr;
	const char *name;	/* borrowed from .strtab, or the text of the list */
	uint32_t rank;		/* among those of one address; the lowest is named */
	char letter;		/* nm's; of a list only */
};

/** By address, then by rank; 0 for two that only their names or places can part. */
static inline int rw_ksymtab_compare(const struct rw_ksymtab_entry *a,
				     const struct rw_ksymtab_entry *b)
{
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (a->rank > b->rank) - (a->rank < b->rank);
}

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
	bool cut_llvm;			/* this kernel prints names without ".llvm.N" */
	struct rw_kallsyms kallsyms;	/* nr == 0: not there */
	struct rw_ksymtab ksymtab;
	struct rw_span text, init_text, image, init;
};

/** The symbols of that table by their names: number + 1 in an open hash table. */
struct rw_byname {
	uint32_t *slots;	/* owned; NULL until it is made */
	size_t nr_slots;	/* a power of two, more than there are symbols */
};

struct rw_types;

/**
 * What is made when it is first asked for.  It hangs on a pointer so that it can
 * be made through a const image; two threads must not do so at once.
 */
struct rw_image_lazy {
	bool relocs_made;
	struct rw_relocs *relocs;	/* owned */
	size_t nr_relocs;
	struct rw_names names;
	struct rw_byname byname;
	struct rw_types *opened;	/* see rw_types_open(); NULL: not yet */
};

struct rw_image {
	enum rw_image_kind kind;
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
	bool has_table, sym_code_added;

	const uint8_t *build_id;
	size_t build_id_size;
	char *banner;

	/* of names only */
	bool run_time;			/* see rw_image_at_run_time() */
	char *text;			/* owned: what the names of a list point into */
	const struct rw_image *more;	/* borrowed: asked for names that are not here */
	uint64_t more_slide;		/* its addresses minus ours */
	rw_image_read_fn *read;		/* its bytes as they run; NULL: none */
	void *read_arg;
	uint8_t *types;			/* owned: BTF */
	size_t types_size;
	uint8_t own_build_id[RW_BUILD_ID_MAX];

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

/** A new image of no names, to be closed with rw_image_close(); NULL without memory. */
struct rw_image *rw_image_create(enum rw_image_kind kind, const char *path);

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

/**
 * One more pass over the .symtab of a clang kernel: what link-time optimization has
 * called "name.llvm.N" is known by its name, where no symbol has just that name.
 */
struct rw_error *rw_image_scan_suffixed(struct rw_image *image);

/* ---- names_only.c ------------------------------------------------------- */

/** Fills image->named out of the kallsyms or the list of an image of names only. */
struct rw_error *rw_image_scan_names(struct rw_image *image);

/** As rw_image_symbol() for a name that nobody foresaw, of an image of names only. */
bool rw_image_search_names(const struct rw_image *image, const char *name, struct rw_named *ret);

/** As rw_image_symbol(), with the symbol's own size. */
const struct rw_named *rw_image_named(const struct rw_image *image, const char *name);

/* ---- ranges.c ----------------------------------------------------------- */

struct rw_error *rw_image_find_ranges(struct rw_image *image);

/* ---- namelist.c --------------------------------------------------------- */

/** Does a file that begins with @bytes hold a list of symbols, "ADDRESS LETTER NAME"? */
bool rw_image_is_name_list(const uint8_t *bytes, size_t size);

/** An image out of such a list. */
struct rw_error *rw_image_open_list(const char *path, struct rw_image **ret);

/* ---- buildid.c ---------------------------------------------------------- */

/** Fills image->build_id and image->banner, where there are such. */
struct rw_error *rw_image_identify(struct rw_image *image);

/* ---- kallsyms.c --------------------------------------------------------- */

/** False if the image has no such tables, or they make no sense. */
bool rw_kallsyms_init(const struct rw_image *image, struct rw_kallsyms *ret);

void rw_kallsyms_deinit(struct rw_kallsyms *kallsyms);

/** Is @tokens a table of 256 strings at these ascending offsets?  *size_ret: its bytes. */
bool rw_kallsyms_check_tokens(const uint8_t *index, const uint8_t *tokens, size_t room,
			      size_t *size_ret);

/**
 * The length in bytes of the name at @names, with what tells it; 0 if the @room left
 * does not hold it.
 */
size_t rw_kallsyms_name_size(const uint8_t *names, size_t room);

uint64_t rw_kallsyms_addr(const struct rw_kallsyms *kallsyms, size_t i);

/** The name of symbol @i without its type letter.  False if it is damaged. */
bool rw_kallsyms_name(const struct rw_kallsyms *kallsyms, size_t i,
		      char ret[RW_SYMBOL_NAME_SIZE]);

/**
 * The names one after the other: decode the one at *@pos (0: the first), which moves
 * to the next.
 *
 * @param size        Room at @ret; a longer name is cut short.
 * @param letter_ret  Its type letter, as nm has it.
 * @return False at the end, or if it is damaged.
 */
bool rw_kallsyms_next(const struct rw_kallsyms *kallsyms, uint64_t *pos, char *ret, size_t size,
		      char *letter_ret);

/* ---- ksymtab.c ---------------------------------------------------------- */

/**
 * Make the table that scripts/kallsyms would make from .symtab.
 *
 * @param all  As with CONFIG_KALLSYMS_ALL; else text and init text only.
 * @return False without memory; otherwise to be released with rw_ksymtab_deinit().
 */
bool rw_ksymtab_init(const struct rw_image *image, bool all, struct rw_ksymtab *ret);

void rw_ksymtab_deinit(struct rw_ksymtab *ksymtab);

/** Does scripts/kallsyms leave symbols of this name out? */
bool rw_ksymtab_leaves_out(const char *name);

/** The place of a name among those of one address.  @weak: nm's W. */
uint32_t rw_ksymtab_rank(const char *name, bool weak);

/* ---- symbolize.c -------------------------------------------------------- */

/** The table that names addresses, made at the first call; NULL without one. */
const struct rw_names *rw_image_names_of(const struct rw_image *image);

/** Its symbols, of whichever table there is; @i must be below their number. */
size_t rw_names_nr(const struct rw_names *names);
uint64_t rw_names_addr(const struct rw_names *names, size_t i);
bool rw_names_name(const struct rw_names *names, size_t i, char ret[RW_SYMBOL_NAME_SIZE]);

/* ---- byname.c ----------------------------------------------------------- */

void rw_byname_deinit(struct rw_byname *byname);

#endif
