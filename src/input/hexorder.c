// SPDX-License-Identifier: GPL-2.0-or-later
//
// What no row of a hex dump says, and all of them together do.
//
// The base of its addresses: od prints offsets in octal, with -A d and -A x in
// decimal and hexadecimal, hexdump in hexadecimal in the same seven digits, and xxd -d
// in decimal.  Rows follow each other without a gap in one of them only.
//
// The order of its bytes: xxd prints bytes in the order of memory, with -e words as
// little-endian values; od and hexdump print values, od --endian=big the others.  The
// column of printable characters is always in the order of memory, so it tells.
// Where it tells nothing, the order in which more words are addresses of a kernel is
// the right one: the stack of a kernel is full of them, and nearly all are of frame
// records and instructions, so multiples of four.

#include <string.h>

#include "rewalk/bytes.h"

#include "hexorder.h"

enum { HEX = 16, DECIMAL = 10, OCTAL = 8 };

/** Read hexadecimal digits again as ones of another base.  False: they are none. */
static bool in_base(uint64_t digits, unsigned int base, uint64_t *ret)
{
	uint64_t value = 0;

	if (base == HEX) {
		*ret = digits;
		return true;
	}
	for (int shift = 60; shift >= 0; shift -= 4) {
		unsigned int digit = digits >> shift & 0xf;

		if (digit >= base)
			return false;
		value = value * base + digit;
	}
	*ret = value;
	return true;
}

static const unsigned int *bases_of(enum rw_hexline_format format)
{
	static const unsigned int all[] = { HEX, DECIMAL, OCTAL, 0 };
	static const unsigned int xxd[] = { HEX, DECIMAL, 0 };
	static const unsigned int one[] = { HEX, 0 };

	return format == RW_HEXLINE_WORDS ? all : format == RW_HEXLINE_XXD ? xxd : one;
}

bool rw_hexrows_is_next(const struct rw_hexrows *rows, uint64_t addr)
{
	const struct rw_hexrow *last = &rows->data[rows->nr - 1];
	uint64_t this, before;

	for (const unsigned int *base = bases_of(rows->format); *base; base++)
		if (in_base(addr, *base, &this) && in_base(last->addr, *base, &before) &&
		    (this == before + last->size || (rows->repeat && this > before)))
			return true;
	return false;
}

/** How many of the rows follow the one before them in this base?  -1: they are not in it. */
static ptrdiff_t score(const struct rw_hexrows *rows, unsigned int base)
{
	uint64_t addr, end = 0;
	ptrdiff_t nr = 0;

	for (size_t i = 0; i < rows->nr; i++) {
		const struct rw_hexrow *row = &rows->data[i];

		if (!in_base(row->addr, base, &addr))
			return -1;
		if (i && row->repeat)
			nr += addr > end && (addr - end) % row[-1].size == 0;
		else if (i)
			nr += addr == end;
		end = addr + row->size;
	}
	if (rows->has_end) {
		uint64_t last;

		if (!in_base(rows->end, base, &last))
			return -1;
		// Less than a word of the last row is filled up.
		nr += rows->repeat ? last > end : last <= end && end - last < rows->width;
	}
	return nr;
}

bool rw_hexrows_are_dump(const struct rw_hexrows *rows)
{
	if (rows->format != RW_HEXLINE_WORDS)
		return true;
	for (const unsigned int *base = bases_of(rows->format); *base; base++)
		if (score(rows, *base) > 0)
			return true;
	return false;
}

static bool same_addresses(const struct rw_hexrows *rows, unsigned int a, unsigned int b)
{
	uint64_t x = 0, y = 0;

	for (size_t i = 0; i <= rows->nr; i++) {
		if (i == rows->nr && !rows->has_end)
			break;
		uint64_t digits = i < rows->nr ? rows->data[i].addr : rows->end;

		if (!in_base(digits, a, &x) || !in_base(digits, b, &y) || x != y)
			return false;
	}
	return true;
}

bool rw_hexrows_settle_addresses(struct rw_hexrows *rows)
{
	const unsigned int *bases = bases_of(rows->format);
	unsigned int best = bases[0];
	ptrdiff_t most = score(rows, best);
	bool tie = false;

	for (bases++; *bases; bases++) {
		ptrdiff_t nr = score(rows, *bases);

		if (nr > most) {
			best = *bases;
			most = nr;
			tie = false;
		} else if (nr == most && !same_addresses(rows, best, *bases)) {
			tie = true;
		}
	}
	// Without a word to the contrary xxd's are hexadecimal.
	if (tie && rows->format != RW_HEXLINE_XXD)
		return false;
	if (tie)
		best = HEX;
	for (size_t i = 0; i < rows->nr; i++)
		in_base(rows->data[i].addr, best, &rows->data[i].addr);
	in_base(rows->end, best, &rows->end);
	return true;
}

/** Where the byte that is the @i-th in memory stands, if words are values. */
static size_t value_place(const struct rw_hexrow *row, size_t width, size_t i)
{
	size_t start = i - i % width;
	size_t size = row->size - start < width ? row->size - start : width;

	return start + (size - 1 - (i - start));
}

/** What a printable column has for a byte. */
static uint8_t shown_as(uint8_t byte)
{
	return byte >= ' ' && byte <= '~' ? byte : '.';
}

bool rw_hexrows_compare(struct rw_hexrows *rows, const uint8_t *bytes,
			const struct rw_hexline *line)
{
	struct rw_hexrow *row = &rows->data[rows->nr - 1];
	const uint8_t *at = bytes + row->off;

	if (line->nr_printable > row->size)
		return false;
	// od fills the last word of a file up with zeros.
	row->real = line->framed ? line->nr_printable : row->size;
	if (row->size - row->real >= rows->width && row->size != row->real)
		return false;
	for (size_t i = 0; i < row->real; i++) {
		uint8_t memory = at[i], value = at[value_place(row, rows->width, i)];

		// Blanks at the end of a line get lost.
		if (i >= line->nr_printable) {
			if (memory != ' ' && value != ' ')
				return false;
			continue;
		}
		uint8_t c = (uint8_t)line->printable[i];
		rows->evidence.against_memory += c != shown_as(memory);
		rows->evidence.against_values += c != shown_as(value);
	}
	return true;
}

/** How many words of 8 bytes are addresses of a kernel? */
static size_t count_addresses(const struct rw_hexrows *rows, const uint8_t *bytes, bool values)
{
	size_t nr = 0;

	for (size_t i = 0; i < rows->nr; i++) {
		const struct rw_hexrow *row = &rows->data[i];

		for (size_t j = (size_t)(-row->addr & 7); j + 8 <= row->size; j += 8) {
			uint8_t word[8];

			for (size_t k = 0; k < 8; k++) {
				size_t at = values ? value_place(row, rows->width, j + k) : j + k;

				word[k] = bytes[row->off + at];
			}
			uint64_t value = rw_get_le64(word);
			nr += value >= RW_KERNEL_HALF && value % 4 == 0;
		}
	}
	return nr;
}

static bool are_values(const struct rw_hexrows *rows, const uint8_t *bytes, const char **why_ret)
{
	const struct rw_hexevidence *e = &rows->evidence;

	*why_ret = NULL;
	if (rows->format != RW_HEXLINE_XXD && rows->format != RW_HEXLINE_WORDS)
		return true;
	*why_ret = "by the printable characters";
	if (e->against_values / 2 > e->against_memory ||
	    (!e->against_memory && e->against_values))
		return false;
	if (e->against_memory / 2 > e->against_values ||
	    (!e->against_values && e->against_memory))
		return true;
	size_t memory = count_addresses(rows, bytes, false);
	size_t values = count_addresses(rows, bytes, true);
	*why_ret = "by the kernel addresses in them";
	if (memory != values)
		return values > memory;
	*why_ret = "as this tool prints without further options";
	return rows->format == RW_HEXLINE_WORDS;
}

void rw_hexrows_settle_order(struct rw_hexrows *rows, uint8_t *bytes, const char **words_ret,
			     const char **why_ret)
{
	bool values = false;

	*why_ret = NULL;
	if (rows->width > 1)
		values = are_values(rows, bytes, why_ret);
	*words_ret = values ? "little-endian values" : "bytes in the order of memory";
	if (!values)
		return;
	for (size_t i = 0; i < rows->nr; i++) {
		const struct rw_hexrow *row = &rows->data[i];
		uint8_t *at = bytes + row->off;

		for (size_t start = 0; start < row->size; start += rows->width) {
			size_t size = row->size - start < rows->width ? row->size - start :
									rows->width;

			for (size_t low = start, high = start + size - 1; low < high;
			     low++, high--) {
				uint8_t byte = at[low];

				at[low] = at[high];
				at[high] = byte;
			}
		}
	}
}
