/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel image: what rewalk takes from an arm64 vmlinux.  All addresses are
 * link addresses, as in the file; whoever knows the KASLR offset adds it.  The
 * file is mapped and only the pages asked for are touched.
 *
 * Without a vmlinux an image has names only: out of System.map, a copy of
 * /proc/kallsyms, or a dumped kernel's own tables.  It has no bytes and no sections,
 * and it does not know which functions are SYM_CODE.
 *
 * Some tables are made when they are first needed, also through a const image:
 * two threads must not use one image at the same time.
 */
#ifndef REWALK_IMAGE_H
#define REWALK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_error;
struct rw_image;

/**
 * Open a vmlinux (any of its forms: with all debug sections, or stripped of them
 * but with its symbol table), or a list of symbols: System.map, or a copy of
 * /proc/kallsyms ("-": from standard input).
 *
 * @param ret  Owned by the caller, to be closed with rw_image_close(); untouched
 *             on failure.
 * @return NULL; RW_ERROR_OS; RW_ERROR_FORMAT for what is no ELF file and no list, no
 *         arm64 kernel, cut short or damaged, or has no symbol table, each with its
 *         remedy, or whose sym_code_functions table is damaged, and for a list
 *         without addresses; RW_ERROR_UNSUPPORTED for a big-endian kernel.
 */
struct rw_error *rw_image_open(const char *path, struct rw_image **ret);

/** Close an image.  NULL is accepted; everything borrowed from it is gone. */
void rw_image_close(struct rw_image *image);

/** The path as it was given to rw_image_open(). */
const char *rw_image_path(const struct rw_image *image);

/** To read the vmlinux by, unpacked where it was packed; borrowed.  -1: names only. */
int rw_image_fd(const struct rw_image *image);

/** Where an image's names come from. */
enum rw_image_kind {
	RW_IMAGE_VMLINUX,	/* all others have names only */
	RW_IMAGE_SYSTEM_MAP,	/* at link addresses, or a kallsyms copy that tells no module */
	RW_IMAGE_KALLSYMS,	/* a copy of /proc/kallsyms: at run-time addresses */
	RW_IMAGE_DUMP,		/* made by rw_image_create_dump() */
};

enum rw_image_kind rw_image_kind(const struct rw_image *image);

/** Are its addresses those of a kernel that runs, of which the KASLR offset is not known? */
bool rw_image_at_run_time(const struct rw_image *image);

/**
 * The address of a symbol, by its name: exact, else as link-time optimization by
 * clang changes it ("modules.llvm.1234").  The names in image_names.h are found
 * without a search; any other name costs one pass over .symtab.
 *
 * @return False if there is no such symbol (undefined and absolute ones do not
 *         count); *ret is untouched then.
 */
bool rw_image_symbol(const struct rw_image *image, const char *name, uint64_t *ret);

/**
 * Bytes of the image as they stand after relocation with offset 0: a word that
 * has an R_AARCH64_RELATIVE entry in an SHF_ALLOC .rela section reads as its
 * addend; RELR words and plain data read as they stand (image.md, 2.3).
 * Sections without bytes (.bss) read as zeros.
 *
 * @return False if a byte of [@addr, @addr + @size) is in no allocated section, or
 *         there is no memory, and for an image of names only; @buf may then be
 *         written in part.  Of a dump the bytes are those of its memory.
 */
bool rw_image_read(const struct rw_image *image, uint64_t addr, void *buf, size_t size);

/** The bytes of a section by name, borrowed; NULL if there is none or it has no bytes. */
const uint8_t *rw_image_section(const struct rw_image *image, const char *name, size_t *size_ret);

/** The name of the section that holds @addr, borrowed; NULL if none does. */
const char *rw_image_section_at(const struct rw_image *image, uint64_t addr);

/** The GNU build-id, borrowed; NULL if there is none. */
const uint8_t *rw_image_build_id(const struct rw_image *image, size_t *size_ret);

enum {
	RW_BUILD_ID_MAX = 64,	/* bytes; the kernel's own limit is 20 */
	RW_BUILD_ID_TEXT = 2 * RW_BUILD_ID_MAX + 1,
};

/** The GNU build-id in hexadecimal; "" if there is none. */
void rw_image_build_id_text(const struct rw_image *image, char ret[RW_BUILD_ID_TEXT]);

/** linux_banner without its newline, borrowed; NULL if there is none. */
const char *rw_image_banner(const struct rw_image *image);

/* ---- ranges ------------------------------------------------------------ */

enum rw_range_kind {
	RW_RANGE_TEXT,		/* [_stext, _etext) */
	RW_RANGE_INIT_TEXT,	/* [_sinittext, _einittext) */
	RW_RANGE_SYM_CODE,
};

enum rw_range_origin {
	RW_ORIGIN_TABLE,	/* the kernel's own sym_code_functions */
	RW_ORIGIN_DERIVED,	/* sized STT_NOTYPE symbols in executable sections */
	RW_ORIGIN_SYMBOLS,	/* a pair of bounding symbols */
};

/** [@start, @end) at link addresses.  Names are borrowed from the image. */
struct rw_range {
	uint64_t start, end;
	const char *name;	/* of a SYM_CODE function; "" if it has no symbol */
	const char *section;	/* "" if it lies in none, or the image has names only */
	enum rw_range_kind kind;
	enum rw_range_origin origin;
};

/**
 * All ranges, text first, then SYM_CODE sorted by (start, larger first, name);
 * overlapping ones are kept.  Computed when the image was opened.
 *
 * Source: RFC PATCH v8 3/4 and 4/4 (the table); image.md section 4 (the rule for
 * kernels without one).
 */
const struct rw_range *rw_image_ranges(const struct rw_image *image, size_t *nr_ret);

/**
 * The SYM_CODE ranges that the symbols give (RW_ORIGIN_DERIVED), sorted in the
 * same way, also where the image's table wins: the two differing is worth a word.
 */
const struct rw_range *rw_image_derived_ranges(const struct rw_image *image, size_t *nr_ret);

/** Does the image carry the table of the RFC series (however its entries read, or if at all)? */
bool rw_image_has_sym_code_table(const struct rw_image *image);

/**
 * Does the image tell which functions are SYM_CODE?  Names alone do not; with the
 * table of the RFC series, read out of a dump, they do.
 */
bool rw_image_sym_code_known(const struct rw_image *image);

/**
 * Is @addr inside a SYM_CODE range (half-open)?  A binary search.  False means
 * nothing where they are not known.
 */
bool rw_image_in_sym_code(const struct rw_image *image, uint64_t addr);

/* ---- names as the kernel prints them ------------------------------------ */

#define RW_SYMBOL_NAME_SIZE 512	/* KSYM_NAME_LEN */

/** What kallsyms says of an address: [addr, addr + size) is up to the next symbol. */
struct rw_symbol {
	uint64_t addr, size;
	char name[RW_SYMBOL_NAME_SIZE];
};

/**
 * The symbol that the kernel would print for @addr: from the kallsyms tables in
 * the image where it has them, else by their rules from .symtab (image.md 8.4,
 * 8.5, 9.1), as with CONFIG_KALLSYMS_ALL.  Of several symbols with one address the
 * kernel names the first of its table; it looks up return addresses as they are
 * for %pS, and one byte before for %pB, which is the caller's to do.
 *
 * @return False where the kernel would print the bare address, and without memory.
 */
bool rw_image_symbolize(const struct rw_image *image, uint64_t addr, struct rw_symbol *ret);

/** @size is up to the next symbol, as in struct rw_symbol. */
typedef void (*rw_image_found_fn)(void *arg, uint64_t addr, uint64_t size);

/**
 * Every place that the kernel's table calls @name, in no order: static functions of
 * different files may share one.  The table of names is made at the first call; each
 * call then costs a few comparisons.  A name that clang lengthened (".llvm.N") is found
 * by its beginning too.
 *
 * @return How often @found was called; 0 if there is no such name, or no memory.
 */
size_t rw_image_find(const struct rw_image *image, const char *name, rw_image_found_fn found,
		     void *arg);

/**
 * The address of the only symbol in .symtab that is called @name, of data too, which the
 * kernel's own table may lack.  One pass over .symtab.
 *
 * @return False if there is none, or two at different addresses, or no .symtab; *ret is
 *         untouched then.
 */
bool rw_image_only_symbol(const struct rw_image *image, const char *name, uint64_t *ret);

/* ---- out of a dump -------------------------------------------------------- */

/** Read @size bytes of a dumped kernel's memory at @va.  False: not all are there. */
typedef bool rw_image_read_fn(void *arg, uint64_t va, void *buf, size_t size);

/** Where a kernel's own table of symbols stands: the addresses of its variables. */
struct rw_kallsyms_place {
	uint64_t num_syms, names, token_table, token_index;
	uint64_t offsets;	/* kallsyms_offsets; 0: the addresses are not relative */
	uint64_t relative_base;	/* 0: each offset counts from its own place (since 7.0) */
	uint64_t addresses;	/* kallsyms_addresses, where there are no offsets */
};

/**
 * Look for that table in a kernel's memory, where nothing tells its place: as kernels of 4.20
 * to 6.0 have it.
 *
 * @param read, arg  Memory at the kernel's run-time addresses.
 * @param stext      Where to begin: the run-time address of _stext.
 * @return False if there is none, or no memory; *ret means nothing then.
 */
bool rw_kallsyms_find(rw_image_read_fn *read, void *arg, uint64_t stext,
		      struct rw_kallsyms_place *ret);

/**
 * An image that knows nothing yet; what follows adds to it.
 *
 * @param path  For messages and rw_image_path(): the dump's name.
 * @param ret   Owned by the caller, to be closed with rw_image_close().
 */
struct rw_error *rw_image_create_dump(const char *path, struct rw_image **ret);

/**
 * Add a kernel's own symbols, out of its memory.
 *
 * @return NULL; RW_ERROR_MISSING if a byte of them is not there; RW_ERROR_FORMAT for
 *         what is no such table; &rw_enomem.  The image has no names then.
 */
struct rw_error *rw_image_add_kallsyms(struct rw_image *image,
				       const struct rw_kallsyms_place *place,
				       rw_image_read_fn *read, void *arg);

/** Has it the kernel's own symbols, out of its memory? */
bool rw_image_has_kallsyms(const struct rw_image *image);

/**
 * Ask @names, which must outlive @image, for what @image has no name of.
 *
 * @param slide  What the addresses of @names are more than those of @image.
 */
void rw_image_add_names(struct rw_image *image, const struct rw_image *names, uint64_t slide);

/**
 * Are @names of the kernel that @image is of?  All symbols of the kernel's own table must
 * be at their addresses in them; without that table, those that were added.
 *
 * @param what_ret  If not: the symbol that is elsewhere.
 */
bool rw_image_agrees(const struct rw_image *image, const struct rw_image *names, uint64_t slide,
		     char what_ret[RW_SYMBOL_NAME_SIZE]);

/** Add a symbol found by other means; only names of image_names.h that are not there yet. */
void rw_image_add_symbol(struct rw_image *image, const char *name, uint64_t addr);

/** Add a build-id (@size 0: none) and a banner (NULL: none); both are copied. */
struct rw_error *rw_image_add_identity(struct rw_image *image, const uint8_t *build_id,
				       size_t size, const char *banner);

/** Let rw_image_read() read the kernel's memory by @read, at the image's addresses. */
void rw_image_add_bytes(struct rw_image *image, rw_image_read_fn *read, void *arg);

/** Add the bytes of the kernel's BTF, from malloc(); they are the image's afterwards. */
void rw_image_add_types(struct rw_image *image, uint8_t *btf, size_t size);

/** The BTF that was added, borrowed; NULL if none was. */
const uint8_t *rw_image_types(const struct rw_image *image, size_t *size_ret);

/**
 * Add the table of the RFC series: @nr pairs of start and end, in any order.
 *
 * @return NULL; RW_ERROR_FORMAT if one of them is no range of the image, and
 *         none is added then; &rw_enomem.
 */
struct rw_error *rw_image_add_sym_code(struct rw_image *image, const uint64_t *words, size_t nr);

/**
 * Take @slide off the addresses of a dumped kernel's own symbols, to make link addresses
 * of run-time ones; what is added afterwards is at link addresses.
 */
void rw_image_rebase(struct rw_image *image, uint64_t slide);

/**
 * All has been added: find the text ranges.
 *
 * @return NULL; RW_ERROR_FORMAT if there is no _stext or no _etext; &rw_enomem.
 */
struct rw_error *rw_image_complete(struct rw_image *image);

#endif
