/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of one hex dump, and what only all of them tell; see hexorder.c. */
#ifndef REWALK_INPUT_HEXORDER_H
#define REWALK_INPUT_HEXORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hexline.h"

/** Virtual addresses of the kernel have their top 12 bits set, or more of them. */
#define RW_KERNEL_HALF (UINT64_C(0xfff) << 52)

struct rw_hexrow {
	uint64_t addr;		/* its digits read as hexadecimal ones, until they are settled */
	size_t off;		/* of its bytes, as the digits stand */
	size_t size;
	size_t real;		/* how many of these the printable column says there are */
	size_t line;
	bool repeat;		/* a '*' stands before it */
};

/** Characters of the printable column that do not fit, for both orders of bytes. */
struct rw_hexevidence {
	size_t against_memory, against_values;
};

struct rw_hexrows {
	struct rw_hexrow *data;
	size_t nr, capacity;
	enum rw_hexline_format format;
	size_t width;		/* of a word; the last of a row may be shorter */
	bool varied;		/* gdb: it is of format a */
	bool repeat;		/* a '*' stands behind the last row */
	bool has_end;		/* od, hexdump: the address behind the last byte */
	uint64_t end;
	struct rw_hexevidence evidence;
};

/**
 * Compare the last row with its printable column, for what that tells of the order.
 *
 * @param bytes  Of all rows, as their digits stand.
 * @param line   The row itself; it has a printable column.
 * @return False if the column has another number of characters: it is no such row.
 */
bool rw_hexrows_compare(struct rw_hexrows *rows, const uint8_t *bytes,
			const struct rw_hexline *line);

/** Can @addr follow the last row, in one of the bases that its addresses may have? */
bool rw_hexrows_is_next(const struct rw_hexrows *rows, uint64_t addr);

/** One line that looks like a row of od is no dump yet. */
bool rw_hexrows_are_dump(const struct rw_hexrows *rows);

/** Turn all addresses into numbers.  False: their base cannot be told; nothing is changed. */
bool rw_hexrows_settle_addresses(struct rw_hexrows *rows);

/**
 * Bring the bytes into the order of memory; the addresses are settled.
 *
 * @param words_ret, why_ret  For struct rw_hexdump_note.
 */
void rw_hexrows_settle_order(struct rw_hexrows *rows, uint8_t *bytes, const char **words_ret,
			     const char **why_ret);

#endif
