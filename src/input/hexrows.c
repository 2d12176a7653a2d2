// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of hex dumps: which dump one belongs to, its words, and where it stands.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/hex.h"
#include "rewalk/vector.h"

#include "hexdump_private.h"

// The end of the users' half, and of physical memory.
#define LOW_END (UINT64_C(1) << 52)

enum { GDB_GIANT = 8 };

static enum rw_hexdump_space space_of(const struct rw_hexdump *dump, const struct rw_hexline *line)
{
	if (line->addr >= RW_KERNEL_HALF)
		return RW_HEXDUMP_VIRTUAL;
	switch (line->format) {
	case RW_HEXLINE_XXD:
	case RW_HEXLINE_CANONICAL:
	case RW_HEXLINE_WORDS:
		return RW_HEXDUMP_OFFSET;
	case RW_HEXLINE_GDB:
		return RW_HEXDUMP_VIRTUAL;
	default:
		return dump->command == RW_HEXDUMP_COMMAND_VIRTUAL ? RW_HEXDUMP_VIRTUAL :
							  RW_HEXDUMP_PHYSICAL;
	}
}

/** Does this row belong to the dump that is open? */
static bool continues(const struct rw_hexdump *dump, const struct rw_hexline *line, bool stamped)
{
	const struct rw_hexrows *rows = &dump->rows;

	if (!rows->nr || rows->format != line->format || dump->stamped != stamped ||
	    dump->space != space_of(dump, line))
		return false;
	// xxd: the last word of a file may be short, and alone in its row.
	bool same_width = rows->width == line->width ||
			  (line->format == RW_HEXLINE_XXD && line->nr == 1 &&
			   line->width < rows->width);
	return same_width && line->addr > rows->data[rows->nr - 1].addr;
}

bool rw_hexdump_is_next(const struct rw_hexdump *dump, uint64_t addr, size_t number)
{
	return dump->rows.nr && number == dump->last_line + 1 &&
	       rw_hexrows_is_next(&dump->rows, addr);
}

/**
 * gdb's format a prints as many digits as there are, two words in a row: a row of it
 * can look like one of bytes.
 */
static void fit_gdb(const struct rw_hexdump *dump, struct rw_hexline *line, size_t number)
{
	if (line->format != RW_HEXLINE_GDB || line->width == GDB_GIANT)
		return;
	bool inside = dump->rows.nr && dump->rows.format == RW_HEXLINE_GDB &&
		      rw_hexdump_is_next(dump, line->addr, number);

	if (inside && dump->rows.varied)
		line->width = GDB_GIANT;
	else if (line->nr == 2 && !(inside && dump->rows.width == line->width))
		line->nr = 1;	/* of the second one the place is not certain */
}

/** The digits of a word as bytes, the first digits first; in front of too few, zeros. */
static void decode(const struct rw_hexword *word, size_t width, uint8_t *to)
{
	size_t missing = 2 * width > word->size ? 2 * width - word->size : 0;

	memset(to, 0, width);
	for (size_t i = 0; i < word->size && missing + i < 2 * width; i++) {
		size_t at = missing + i;

		to[at / 2] |= (uint8_t)((rw_hex_digit(word->text[i]) & 0xf) << (at % 2 ? 0 : 4));
	}
}

static struct rw_error *add_row(struct rw_hexdump *dump, struct rw_hexrow row)
{
	struct rw_hexrow *place;

	if (!row.size)
		return NULL;
	place = rw_vector_push(&dump->rows);
	if (!place)
		return &rw_enomem;
	*place = row;
	dump->rows.repeat = false;
	return NULL;
}

static struct rw_error *add_name(struct rw_hexdump *dump, const struct rw_hexword *word,
				 uint64_t addr, size_t number)
{
	struct rw_hexdump_name *name = rw_vector_push(&dump->names);

	if (!name)
		return &rw_enomem;
	char *text = word->kind == RW_HEXWORD_NAME ? strndup(word->text, word->size) : NULL;
	if (!text && word->kind == RW_HEXWORD_NAME) {
		dump->names.nr--;
		return &rw_enomem;
	}
	*name = (struct rw_hexdump_name){ addr, text, word->off, number };
	return NULL;
}

/** The words of a row; a name ends it, and behind it another begins. */
static struct rw_error *read_words(struct rw_hexdump *dump, struct rw_hexline *line,
				   size_t number)
{
	const bool repeat = dump->rows.repeat;
	struct rw_hexword word;
	struct rw_hexrow row = { line->addr, dump->pieces.nr_bytes, 0, 0, number, repeat };
	uint64_t addr = line->addr;
	struct rw_error *err = NULL;

	for (size_t i = 0; !err && i < line->nr && rw_hexline_next(line, &word); i++) {
		// xxd prints the last word of a row, or of a file, as short as it is.
		size_t width = line->format == RW_HEXLINE_XXD ? word.size / 2 : line->width;

		if (word.kind == RW_HEXWORD_DIGITS || word.kind == RW_HEXWORD_VALUE) {
			uint8_t *to = rw_hexpieces_grow(&dump->pieces, width);

			if (!to)
				return &rw_enomem;
			decode(&word, width, to);
			row.size += width;
		} else {
			err = add_row(dump, row);
			row = (struct rw_hexrow){ addr + width, dump->pieces.nr_bytes, 0, 0, number,
						  false };
			if (!err && dump->space == RW_HEXDUMP_VIRTUAL)
				err = add_name(dump, &word, addr, number);
		}
		addr += width;
	}
	return err ? err : add_row(dump, row);
}

/** Take back what a row had added: it is none. */
static void take_back(struct rw_hexdump *dump, size_t nr_rows, size_t nr_bytes,
		      struct rw_hexevidence evidence)
{
	dump->rows.nr = nr_rows;
	dump->rows.evidence = evidence;
	dump->pieces.nr_bytes = nr_bytes;
}

struct rw_error *rw_hexdump_row(struct rw_hexdump *dump, struct rw_hexline *line, bool stamped,
				size_t number)
{
	if (line->addr >= LOW_END && line->addr < RW_KERNEL_HALF)
		return NULL;	// no address of arm64: damaged
	fit_gdb(dump, line, number);
	if (!continues(dump, line, stamped)) {
		struct rw_error *err = rw_hexdump_close(dump);

		if (err)
			return err;
		dump->rows.format = line->format;
		dump->rows.width = line->width;
		dump->rows.varied = false;
		dump->stamped = stamped;
		dump->space = space_of(dump, line);
	}
	size_t nr_rows = dump->rows.nr, nr_bytes = dump->pieces.nr_bytes;
	struct rw_hexevidence evidence = dump->rows.evidence;
	bool repeat = dump->rows.repeat;

	struct rw_error *err = read_words(dump, line, number);
	if (err)
		return err;
	if (line->has_printable && dump->rows.nr > nr_rows &&
	    !rw_hexrows_compare(&dump->rows, dump->pieces.bytes, line)) {
		take_back(dump, nr_rows, nr_bytes, evidence);
		dump->rows.repeat = repeat;
		rw_hexdump_note_hint(dump, number, "words that its printable column is too short "
				     "or too long for");
		return NULL;
	}
	if (line->has_printable && line->column)
		dump->column = line->column;
	dump->rows.varied |= line->varied;
	dump->last_line = number;
	dump->nr_lines++;
	return NULL;
}
