// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hex dumps in a text, line by line (hexline.c), into pieces of memory (hexpieces.c).
//
// A dump is rows of one tool with one width of words and rising addresses.  Two
// things are told only by all of its rows, so they are decided when it ends:
//
// - how its addresses are to be read (hexorder.c): od prints octal, decimal or
//   hexadecimal offsets and does not say which;
// - whether its words are bytes in the order of memory or little-endian values:
//   xxd -g8 and xxd -e -g8 look alike.
//
// Addresses in the kernel's half are virtual.  Lower ones are offsets in a file where
// the tool is xxd, hexdump or od, and physical where it is QEMU, crash or OpenOCD,
// unless the command that stands before them says otherwise.
//
// "*" stands for rows like the one before it; a row that is missing is a hole.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/vector.h"

#include "hexdump_private.h"
#include "hexline.h"
#include "logline.h"
#include "scan.h"

#define MOST_COMMAND 4096	/* characters of a line that is one */

struct rw_error *rw_hexdump_create(struct rw_hexdump **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? NULL : &rw_enomem;
}

void rw_hexdump_destroy(struct rw_hexdump *dump)
{
	if (!dump)
		return;
	for (size_t i = 0; i < dump->names.nr; i++)
		free((char *)dump->names.data[i].name);
	free(dump->names.data);
	free(dump->notes.data);
	free(dump->rows.data);
	rw_hexpieces_deinit(&dump->pieces);
	rw_hexspans_deinit(&dump->spans);
	free(dump);
}

void rw_hexdump_note_hint(struct rw_hexdump *dump, size_t line, const char *text)
{
	if (dump->hint)
		return;
	dump->hint = text;
	dump->hint_line = line;
}

/* ---- the end of a dump --------------------------------------------------------- */

static struct rw_error *add_piece(struct rw_hexdump *dump, uint64_t addr, uint64_t size,
				  const struct rw_hexrow *row)
{
	struct rw_hexpiece *piece = rw_vector_push(&dump->pieces);

	if (!piece)
		return &rw_enomem;
	*piece = (struct rw_hexpiece){
		.space = dump->space,
		.addr = addr,
		.size = size,
		.off = row->off,
		.pattern = row->size,
		.line = row->line,
		.tool = rw_hexline_tool(dump->rows.format),
	};
	return NULL;
}

/** The rows, and what a '*' stands for between them, once their addresses are clear. */
static struct rw_error *add_pieces(struct rw_hexdump *dump)
{
	struct rw_hexrows *rows = &dump->rows;
	struct rw_error *err = NULL;

	for (size_t i = 0; !err && i < rows->nr; i++) {
		const struct rw_hexrow *row = &rows->data[i];
		const struct rw_hexrow *before = i ? row - 1 : NULL;

		if (row->repeat && before) {
			uint64_t end = before->addr + before->size;

			if (before->size && row->addr > end &&
			    (row->addr - end) % before->size == 0)
				err = add_piece(dump, end, row->addr - end, before);
		}
		if (!err && row->size)
			err = add_piece(dump, row->addr, row->size, row);
	}
	if (!err && rows->has_end && rows->repeat) {
		const struct rw_hexrow *last = &rows->data[rows->nr - 1];

		if (rows->end > last->addr + last->size)
			err = add_piece(dump, last->addr + last->size,
					rows->end - last->addr - last->size, last);
	}
	return err;
}

/**
 * od and hexdump fill their last word up with zeros, which the line behind it tells.
 * Where that line is missing, a row that is short may end in a word that is none.
 */
static void trim_last(struct rw_hexrows *rows)
{
	struct rw_hexrow *last = &rows->data[rows->nr - 1];

	if (rows->repeat)
		return;
	if (last->real && last->real < last->size) {
		last->size = last->real;
	} else if (rows->has_end) {
		if (rows->end > last->addr && rows->end < last->addr + last->size)
			last->size = (size_t)(rows->end - last->addr);
	} else if (rows->format == RW_HEXLINE_WORDS && rows->width > 1 && rows->nr > 1 &&
		   last->size < rows->data[0].size) {
		last->size -= rows->width;
	}
}

static struct rw_error *take_rows(struct rw_hexdump *dump)
{
	struct rw_hexrows *rows = &dump->rows;
	const struct rw_hexrow *first = &rows->data[0];

	if (!rw_hexrows_are_dump(rows)) {
		rw_hexdump_note_hint(dump, first->line,
		     "a row whose address no other one continues (od -A n prints none)");
		return NULL;
	}
	if (!rw_hexrows_settle_addresses(rows)) {
		if (!dump->undecided && !dump->stamped)
			dump->undecided = first->line;
		return NULL;
	}
	struct rw_hexdump_note *note = rw_vector_push(&dump->notes);
	if (!note)
		return &rw_enomem;
	*note = (struct rw_hexdump_note){
		.line = first->line,
		.last_line = dump->last_line,
		.tool = rw_hexline_tool(rows->format),
	};
	rw_hexrows_settle_order(rows, dump->pieces.bytes, &note->words, &note->why);
	trim_last(rows);
	if (dump->space == RW_HEXDUMP_OFFSET) {
		if (!dump->baseless && !dump->stamped)
			dump->baseless = first->line;
	} else if (!dump->addressed) {
		dump->addressed = first->line;
	}
	return add_pieces(dump);
}

struct rw_error *rw_hexdump_close(struct rw_hexdump *dump)
{
	struct rw_error *err = dump->rows.nr ? take_rows(dump) : NULL;

	dump->rows.nr = 0;
	dump->rows.repeat = false;
	dump->rows.has_end = false;
	dump->rows.evidence = (struct rw_hexevidence){ 0 };
	dump->column = 0;
	return err;
}

/* ---- lines ------------------------------------------------------------------------ */

static enum rw_hexdump_command command_of(bool is_physical)
{
	return is_physical ? RW_HEXDUMP_COMMAND_PHYSICAL : RW_HEXDUMP_COMMAND_VIRTUAL;
}

/** A command that says what the addresses behind it are. */
static void read_command(struct rw_hexdump *dump, const struct rw_logline *line)
{
	const char *p = line->text, *end = p + line->size;

	if (!line->size || (*p != 'x' && *p != 'r' && *p != 'm'))
		return;
	// QEMU's line editor prints the command again with each key.
	if (rw_begins(p, end, "xp") || rw_begins(p, end, "x/") || rw_begins(p, end, "x "))
		dump->command = command_of(rw_begins(p, end, "xp/"));
	else if (rw_begins(p, end, "x\033"))
		dump->command = command_of(rw_find_early(p, end, MOST_COMMAND, "xp/"));
	else if (rw_begins(p, end, "rd "))
		dump->command = command_of(rw_find_early(p, end, MOST_COMMAND, " -p"));
	else if (rw_begins(p, end, "mdb ") || rw_begins(p, end, "mdh ") ||
		 rw_begins(p, end, "mdw ") || rw_begins(p, end, "mdd "))
		dump->command = rw_find_early(p, end, MOST_COMMAND, " phys ") ?
				RW_HEXDUMP_COMMAND_PHYSICAL : RW_HEXDUMP_COMMAND_NONE;
}

/** A row that goes on from the one before it, with something in it that is no word. */
static struct rw_error *broken_row(const struct rw_hexline *line, size_t number)
{
	// The debugger's own way to say that there is a hole.
	static const char *const said[] = { "Cannot", "<error:", "??" };
	char quoted[RW_QUOTED_SIZE];

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (rw_begins(line->bad, line->bad + line->bad_size, said[i]))
			return NULL;
	if (!line->bad_size)
		return NULL;
	return rw_error_create(RW_ERROR_FORMAT,
			       "line %zu: '%s' is no word of this hex dump; correct it, or remove "
			       "the line, which leaves a hole", number,
			       rw_quote(line->bad, line->bad_size, quoted));
}

/** Do its dumps have '*' for rows that are the same? */
static bool has_repeats(enum rw_hexline_format format)
{
	return format == RW_HEXLINE_XXD || format == RW_HEXLINE_WORDS ||
	       format == RW_HEXLINE_CANONICAL;
}

static struct rw_error *read_end(struct rw_hexdump *dump, const struct rw_hexline *line,
				 size_t number)
{
	struct rw_hexrows *rows = &dump->rows;

	if (!rows->nr || number != dump->last_line + 1 || rows->format == RW_HEXLINE_XXD ||
	    !has_repeats(rows->format))
		return NULL;
	rows->has_end = true;
	rows->end = line->addr;
	dump->last_line = number;
	dump->nr_lines++;
	return rw_hexdump_close(dump);
}

struct rw_error *rw_hexdump_line(struct rw_hexdump *dump, const char *text, size_t size,
				 size_t number)
{
	struct rw_loglines lines;
	struct rw_logline line;
	struct rw_hexline hex;

	rw_loglines_init(&lines, text, size);
	if (!rw_logline_next(&lines, &line))
		return NULL;
	switch (rw_hexline_parse(line.text, line.size, dump->column, &hex)) {
	case RW_HEXLINE_NONE:
		read_command(dump, &line);
		return NULL;
	case RW_HEXLINE_ROW:
		return rw_hexdump_row(dump, &hex, line.stamped, number);
	case RW_HEXLINE_REPEAT:
		if (dump->rows.nr && number == dump->last_line + 1 &&
		    has_repeats(dump->rows.format)) {
			dump->rows.repeat = true;
			dump->last_line = number;
			dump->nr_lines++;
		}
		return NULL;
	case RW_HEXLINE_END:
		return read_end(dump, &hex, number);
	case RW_HEXLINE_BROKEN:
		return rw_hexdump_is_next(dump, hex.addr, number) &&
		       dump->rows.format == hex.format ? broken_row(&hex, number) : NULL;
	case RW_HEXLINE_BARE:
		rw_hexdump_note_hint(dump, number, "words without an address (od -A n, xxd -p)");
		return NULL;
	case RW_HEXLINE_NO_HEX:
		rw_hexdump_note_hint(dump, number, "words that are octal or decimal (od and "
				     "hexdump without -x)");
		return NULL;
	}
	return NULL;
}

/* ---- the end of the text ----------------------------------------------------------- */

static struct rw_error *rebase(struct rw_hexdump *dump, enum rw_hexdump_space space, uint64_t base)
{
	size_t nr = 0;

	if (space != RW_HEXDUMP_OFFSET && dump->undecided)
		return rw_error_create(RW_ERROR_FORMAT,
				       "line %zu: the offsets of this dump can be octal, decimal "
				       "or hexadecimal; give more of its rows, or dump it again "
				       "with od -v -A x, or xxd", dump->undecided);
	if (space != RW_HEXDUMP_OFFSET && dump->addressed)
		return rw_error_create(RW_ERROR_USAGE,
				       "line %zu: this dump has addresses of its own; leave out "
				       "the one behind the '@'", dump->addressed);
	for (size_t i = 0; i < dump->pieces.nr; i++) {
		struct rw_hexpiece piece = dump->pieces.data[i];

		if (piece.space == RW_HEXDUMP_OFFSET) {
			if (space == RW_HEXDUMP_OFFSET)
				continue;
			piece.space = space;
			if (__builtin_add_overflow(piece.addr, base, &piece.addr))
				return rw_error_create(RW_ERROR_USAGE,
						       "line %zu: its offset does not fit behind "
						       "0x%" PRIx64 "; correct that address",
						       piece.line, base);
		}
		dump->pieces.data[nr++] = piece;
	}
	dump->pieces.nr = nr;
	return NULL;
}

static int compare_names(const void *pa, const void *pb)
{
	const struct rw_hexdump_name *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

struct rw_error *rw_hexdump_finish(struct rw_hexdump *dump, enum rw_hexdump_space space,
				   uint64_t base)
{
	struct rw_error *err = rw_hexdump_close(dump);

	if (!err)
		err = rebase(dump, space, base);
	if (!err)
		err = rw_hexpieces_join(&dump->pieces, &dump->spans);
	rw_hexpieces_deinit(&dump->pieces);
	if (dump->names.nr)
		qsort(dump->names.data, dump->names.nr, sizeof(dump->names.data[0]),
		      compare_names);
	return err;
}

const struct rw_hexdump_span *rw_hexdump_spans(const struct rw_hexdump *dump, size_t *nr_ret)
{
	*nr_ret = dump->spans.nr;
	return dump->spans.data;
}

const struct rw_hexdump_name *rw_hexdump_names(const struct rw_hexdump *dump, size_t *nr_ret)
{
	*nr_ret = dump->names.nr;
	return dump->names.data;
}

const struct rw_hexdump_note *rw_hexdump_notes(const struct rw_hexdump *dump, size_t *nr_ret)
{
	*nr_ret = dump->notes.nr;
	return dump->notes.data;
}

size_t rw_hexdump_baseless(const struct rw_hexdump *dump)
{
	return dump->baseless ? dump->baseless : dump->undecided;
}

size_t rw_hexdump_nr_rows(const struct rw_hexdump *dump)
{
	return dump->nr_lines;
}

const char *rw_hexdump_hint(const struct rw_hexdump *dump, size_t *line_ret)
{
	*line_ret = dump->hint_line;
	return dump->hint;
}
