/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where code comes from, out of the DWARF of one file: the function at an address,
 * the calls that were inlined there, files and lines.  Nothing else of DWARF is read.
 *
 * libdw is not used for it: to reach one unit it reads the header of every unit in
 * front of it, and of a unit it keeps every row of the line table.  Measured on a 6.1
 * vmlinux and the 258 addresses of a whole dump: 13 to 29 ms for the headers, 107 ms for
 * the rows, 150 ms for the scopes, where the rest of the run takes 26 ms.  Here a unit is
 * found by .debug_aranges alone, its functions are listed and its line program is run
 * once, and of that every 64th row is kept.
 */
#ifndef REWALK_ANNOTATE_DWARF_READER_H
#define REWALK_ANNOTATE_DWARF_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rw_dwarf_section {
	RW_DWARF_INFO,
	RW_DWARF_ABBREV,
	RW_DWARF_ARANGES,
	RW_DWARF_LINE,
	RW_DWARF_STR,
	RW_DWARF_LINE_STR,
	RW_DWARF_RANGES,
	RW_DWARF_RNGLISTS,
	RW_DWARF_ADDR,
	RW_DWARF_STR_OFFSETS,
	RW_NR_DWARF_SECTIONS,
};

/** The names without ".debug_", in the order of the enum. */
extern const char *const rw_dwarf_section_names[RW_NR_DWARF_SECTIONS];

struct rw_dwarf_bytes {
	const uint8_t *data;	/* NULL where @size is 0 */
	size_t size;
};

struct rw_dwarf;

/**
 * Read the DWARF in @sections, decompressed and relocated, versions 2 to 5, little-endian.
 * Nothing is looked at before the first question.
 *
 * @param sections  The bytes are borrowed until rw_dwarf_destroy().
 * @return NULL without memory.
 */
struct rw_dwarf *rw_dwarf_create(const struct rw_dwarf_bytes sections[RW_NR_DWARF_SECTIONS]);

/** NULL is accepted; all strings that came from it are gone. */
void rw_dwarf_destroy(struct rw_dwarf *dwarf);

/** The most calls that are told of one address; those further out are left away. */
#define RW_DWARF_MAX_CALLS 64

/** One call at an address.  Strings are borrowed. */
struct rw_dwarf_call {
	const char *function;	/* its linkage name where it has one; NULL: not told */
	const char *file;	/* absolute, or relative to the unit's directory; NULL: not told */
	uint32_t line;		/* 0: not told */
	bool inlined;		/* into the next one */
};

/**
 * What is at @addr, the innermost call first; the last one is the function itself.
 *
 * The first call's file and line are those of the line table's last row at or below
 * @addr in its sequence; each other's are where the one before it was inlined.
 *
 * @return The number of calls; 0 where neither a function nor a row covers @addr, or what
 *         would tell is damaged.
 */
size_t rw_dwarf_find(struct rw_dwarf *dwarf, uint64_t addr,
		     struct rw_dwarf_call ret[RW_DWARF_MAX_CALLS]);

/** The first damage that was met, in words; NULL: none so far.  Borrowed. */
const char *rw_dwarf_damage(const struct rw_dwarf *dwarf);

#endif
