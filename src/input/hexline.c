// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line of a hex dump, as the tools print it.
//
//   00000010: 0000 0000 2800 000c 0080 ffff  ....(.......      xxd, also with -e, -g, -c, -o
//   00000000  28 00 00 0c 00 80 ff ff  58 2a …  |(.......X*…|   hexdump -C
//   0000000 0028 0c00 8000 ffff 2a58 0800 8000 ffff            hexdump, od -x
//   0000000    0028    0c00    8000    ffff                    hexdump -x
//   000000 ffff80000c000028 ffff800008002a58  >(.......X*…<    od -A x -t x8z
//   ffff80000c003f00: 0x0000000000000000 0x0000000000000000    QEMU's x and xp
//   0xffff80000c003d30 <stack+48>:\t0x0c003d60\t0xffff8000     gdb's x
//   0xffff80000c003d40:\t0x0\tffff800008002ab4 <schedule+68>   the same, format a
//   0xffff80000c003d30: ffff80000c003d60 ffff800008002ab4      OpenOCD's md
//   ffff80000c003d30:  ffff80000c003d60 ffff800008002ab4   `=… crash's rd
//   ffff80000c003d30:  ffff80000c003d60 schedule+68            crash's rd -s and bt -r
//       ffff80000c003d30: ffff80000c003d60 ffff800008002ab4    crash's bt -f, bt -F
//
// So the punctuation tells the tool.  What is no dump but similar is left alone:
// instructions ("0xffff800008002a58:  9100a3e0  add x0"), the shadow bytes of
// KASAN ("ffff0000036fca00: fc fc 00"), which have no printable column.
//
// Source: xxd 2022-01-14, util-linux 2.38, coreutils 9.1, QEMU 7.2, gdb 13.1, run on
// one stack; OpenOCD target.c (target_handle_md_output); crash 9.0.2 memory.c
// (display_memory), arm64.c (arm64_display_full_frame), symbols.c (value_to_symstr).

#include <string.h>

#include "rewalk/hex.h"

#include "hexline.h"
#include "scan.h"

enum {
	FEWEST_DIGITS = 6,	/* of an address: od -A x */
	MOST_OFFSET_DIGITS = 12,	/* of an offset in a file; more are a word */
	CRASH_INDENT = 4,	/* of bt -f */
	CRASH_GAP = 3,		/* blanks before the printable column */
};

const char *rw_hexline_tool(enum rw_hexline_format format)
{
	static const char *const names[] = {
		[RW_HEXLINE_XXD] = "xxd",
		[RW_HEXLINE_CANONICAL] = "hexdump -C",
		[RW_HEXLINE_WORDS] = "od or hexdump",
		[RW_HEXLINE_QEMU] = "QEMU",
		[RW_HEXLINE_GDB] = "gdb",
		[RW_HEXLINE_OPENOCD] = "OpenOCD",
		[RW_HEXLINE_CRASH] = "crash",
	};

	return names[format];
}

/** Of all of the line behind the blanks in front of it. */
struct cursor {
	const char *start, *p, *end;
};

static enum rw_hexline_kind broken(struct rw_hexline *line, const char *p, const char *end)
{
	line->bad = p;
	line->bad_size = rw_skip_word(p, end) - p;
	return RW_HEXLINE_BROKEN;
}

/**
 * Take words of one width, up to more than @most blanks or the first that is none.
 *
 * @param even  The blanks between words must be the same number everywhere.
 * @return Behind the last word, or NULL if the first one is none.
 */
static const char *take_words(struct rw_hexline *line, const char *p, const char *end,
			      bool prefixed, size_t most, bool even)
{
	const char *behind = NULL;
	size_t blanks = 0;

	line->p = p;
	while (p < end) {
		if (prefixed && !rw_hex_has_0x(p, end))
			break;
		p += prefixed ? 2 : 0;
		size_t nr = rw_hex_count(p, end);
		const char *word_end = p + nr;

		if (!nr || nr % 2 || (word_end < end && !rw_is_blank(*word_end)) ||
		    (line->nr && nr != 2 * line->width))
			break;
		line->width = nr / 2;
		line->nr++;
		behind = word_end;
		p = rw_skip_blanks(word_end, end);
		size_t gap = p - word_end;
		if (p == end || gap > most)
			break;
		if (even && line->nr > 1 && gap != blanks)
			break;
		blanks = gap;
	}
	if (behind)
		line->end = behind;
	return behind;
}

static bool is_word_width(size_t width)
{
	return width == 1 || width == 2 || width == 4 || width == 8;
}

static void set_printable(struct rw_hexline *line, const struct cursor *c, const char *p,
			  const char *end)
{
	line->has_printable = true;
	line->printable = p;
	line->nr_printable = end - p;
	line->column = p - c->start;
}

/** Does a line without a printable column have one of blanks, that was cut off? */
static bool is_all_blanks(const struct rw_hexline *line)
{
	for (const char *p = line->p; p < line->end; p += 2) {
		p = rw_skip_blanks(p, line->end);
		if (line->end - p < 2 || p[0] != '2' || p[1] != '0')
			return false;
	}
	return true;
}

/** xxd, a row like the one before it: the printable column begins at @column. */
static bool take_xxd_at(struct rw_hexline *line, const struct cursor *c, size_t column)
{
	const char *p = rw_skip_blanks(c->p, c->end);

	if ((size_t)(c->end - c->start) < column)
		return false;
	const char *stop = c->start + column;
	for (line->p = p; p < stop; p = rw_skip_blanks(p, stop)) {
		size_t nr = rw_hex_count(p, stop);

		if (!nr || nr % 2 || (p + nr < stop && !rw_is_blank(p[nr])))
			return false;
		if (line->nr && nr > 2 * line->width)
			return false;
		if (!line->nr)
			line->width = nr / 2;
		line->nr++;
		p += nr;
		line->end = p;
	}
	if (!line->nr || stop - line->end < 2)
		return false;
	set_printable(line, c, stop, c->end);
	return true;
}

static enum rw_hexline_kind take_xxd(struct rw_hexline *line, const struct cursor *c,
				     size_t column)
{
	struct rw_hexline fresh = *line;

	if (column && take_xxd_at(line, c, column))
		return RW_HEXLINE_ROW;
	*line = fresh;
	if (c->end - c->p < 2 || rw_is_blank(c->p[1]))
		return RW_HEXLINE_NONE;
	const char *behind = take_words(line, c->p + 1, c->end, false, 1, false);
	if (!behind)
		return broken(line, c->p + 1, c->end);
	// The last word of each row is short where -c is no multiple of -g.
	const char *p = rw_skip_blanks(behind, c->end);
	size_t nr = rw_hex_count(p, c->end);
	if (p - behind == 1 && nr && nr % 2 == 0 && nr < 2 * line->width &&
	    c->end - p > (ptrdiff_t)nr + 1 && rw_is_blank(p[nr]) && rw_is_blank(p[nr + 1])) {
		line->nr++;
		behind = p + nr;
		line->end = behind;
	}
	p = rw_skip_blanks(behind, c->end);
	if (p - behind >= 2 || (c->end - behind >= 2 && p == c->end)) {
		set_printable(line, c, behind + 2, c->end);
		return RW_HEXLINE_ROW;
	}
	if (p < c->end)
		return broken(line, p, c->end);
	if (!is_all_blanks(line))
		return RW_HEXLINE_NONE;
	set_printable(line, c, c->end, c->end);
	line->column = 0;
	return RW_HEXLINE_ROW;
}

/** "|…|" or ">…<" behind the words, or nothing. */
static bool take_framed(struct rw_hexline *line, const struct cursor *c, const char *p, char open,
			char close)
{
	const char *end = c->end;

	while (end > p && rw_is_blank(end[-1]))
		end--;
	p = rw_skip_blanks(p, end);
	if (p == end)
		return true;
	if (end - p < 2 || *p != open || end[-1] != close)
		return false;
	set_printable(line, c, p + 1, end - 1);
	line->framed = true;
	return true;
}

static enum rw_hexline_kind take_canonical(struct rw_hexline *line, const struct cursor *c)
{
	const char *words = rw_skip_blanks(c->p, c->end);
	const char *behind = take_words(line, words, c->end, false, 2, false);

	line->format = RW_HEXLINE_CANONICAL;
	if (!behind || line->width != 1)
		return broken(line, words, c->end);
	if (!take_framed(line, c, behind, '|', '|'))
		return broken(line, rw_skip_blanks(behind, c->end), c->end);
	return RW_HEXLINE_ROW;
}

/** od without -t x: 3, 6, 11 or 22 octal digits; hexdump -d: 5 decimal ones. */
static bool is_other_base(const char *p, const char *end)
{
	size_t nr = 0, width = 0;

	for (; p < end; p = rw_skip_blanks(p, end), nr++) {
		size_t digits = rw_hex_count(p, end);

		if ((nr && digits != width) || (p + digits < end && !rw_is_blank(p[digits])))
			return false;
		for (size_t i = 0; i < digits; i++)
			if (p[i] > '9')
				return false;
		width = digits;
		p += digits;
	}
	return nr > 1 && (width == 3 || width == 5 || width == 6 || width == 11 || width == 22);
}

static enum rw_hexline_kind take_offset_words(struct rw_hexline *line, const struct cursor *c)
{
	const char *words = rw_skip_blanks(c->p, c->end);
	const char *behind = take_words(line, words, c->end, false, SIZE_MAX, true);

	line->format = RW_HEXLINE_WORDS;
	if (is_other_base(words, c->end))
		return RW_HEXLINE_NO_HEX;
	if (!behind || !is_word_width(line->width))
		return broken(line, words, c->end);
	if (!take_framed(line, c, behind, '>', '<'))
		return broken(line, rw_skip_blanks(behind, c->end), c->end);
	return RW_HEXLINE_ROW;
}

/** Words that go to the end of the line, with or without 0x. */
static enum rw_hexline_kind take_plain(struct rw_hexline *line, const struct cursor *c,
				       enum rw_hexline_format format, bool prefixed)
{
	const char *words = rw_skip_blanks(c->p, c->end);
	const char *behind = take_words(line, words, c->end, prefixed, 1, false);

	line->format = format;
	if (!behind || !is_word_width(line->width))
		return broken(line, words, c->end);
	const char *rest = rw_skip_blanks(behind, c->end);
	return rest == c->end ? RW_HEXLINE_ROW : broken(line, rest, c->end);
}

/** gdb: values of any length in format a, names in <> behind them. */
static enum rw_hexline_kind take_gdb(struct rw_hexline *line, const struct cursor *c)
{
	const char *p = rw_skip_blanks(c->p, c->end);
	bool same = true;

	line->format = RW_HEXLINE_GDB;
	line->p = p;
	while (p < c->end) {
		if (!rw_hex_has_0x(p, c->end))
			return broken(line, p, c->end);
		size_t nr = rw_hex_count(p + 2, c->end);
		const char *word_end = p + 2 + nr;

		if (!nr || nr > RW_HEX_DIGITS || (word_end < c->end && !rw_is_blank(*word_end)))
			return broken(line, p, c->end);
		same = same && (!line->nr || nr == 2 * line->width) && nr % 2 == 0;
		line->width = nr / 2;
		line->nr++;
		line->end = word_end;
		p = rw_skip_blanks(word_end, c->end);
		if (p < c->end && *p == '<') {
			const char *close = memchr(p, '>', c->end - p);

			if (!close)
				return broken(line, p, c->end);
			line->end = close + 1;
			same = false;
			p = rw_skip_blanks(close + 1, c->end);
		}
	}
	line->varied = !same || !is_word_width(line->width);
	if (line->varied)
		line->width = 8;
	return RW_HEXLINE_ROW;
}

static enum rw_hexline_kind take_crash(struct rw_hexline *line, const struct cursor *c,
				       bool may_name)
{
	const char *p = rw_skip_blanks(c->p, c->end);
	bool named = false;

	line->format = RW_HEXLINE_CRASH;
	line->p = p;
	while (p < c->end) {
		const char *word_end = rw_hexline_crash_word(p, c->end);

		if (!word_end)
			return broken(line, p, c->end);
		size_t digits = rw_hex_count(p, word_end);
		bool is_number = p + digits == word_end && is_word_width(digits / 2) &&
				 digits % 2 == 0 && (!line->nr || digits == 2 * line->width);

		if (!is_number && (!may_name || (line->nr && line->width != 8)))
			return broken(line, p, c->end);
		named |= !is_number;
		line->width = is_number ? digits / 2 : 8;
		line->nr++;
		line->end = word_end;
		p = rw_skip_blanks(word_end, c->end);
		// A printable column is only there where no names are.
		if (!named && p - word_end >= CRASH_GAP && p < c->end) {
			set_printable(line, c, word_end + CRASH_GAP, c->end);
			break;
		}
		if (line->nr * line->width > 16)
			return broken(line, word_end, c->end);
	}
	return line->nr ? RW_HEXLINE_ROW : RW_HEXLINE_NONE;
}

/** crash's row: a short last one has its printable column where the others have it. */
static enum rw_hexline_kind take_crash_row(struct rw_hexline *line, const struct cursor *c,
					   size_t column)
{
	enum rw_hexline_kind kind = take_crash(line, c, true);

	if (kind == RW_HEXLINE_ROW && line->has_printable && column > line->column &&
	    (size_t)(c->end - c->start) >= column)
		set_printable(line, c, c->start + column, c->end);
	return kind;
}

/** Words and nothing else: od -A n, xxd -p. */
static bool is_bare(const char *p, const char *end)
{
	size_t nr = 0, width = 0;

	for (; p < end; p = rw_skip_blanks(p, end), nr++) {
		size_t digits = rw_hex_count(p, end);

		if (digits < 2 || digits % 2 || (nr && digits != width) ||
		    (p + digits < end && !rw_is_blank(p[digits])))
			return false;
		width = digits;
		p += digits;
	}
	return nr * width >= 32;
}

/** An address with a colon behind it, without 0x. */
static enum rw_hexline_kind take_colon(struct rw_hexline *line, const struct cursor *c,
				       size_t nr_digits, size_t indent, size_t column)
{
	const char *words = rw_skip_blanks(c->p, c->end);
	size_t blanks = words - c->p;

	if (words == c->end || *c->p != ' ')
		return RW_HEXLINE_NONE;
	if (rw_hex_has_0x(words, c->end))
		return take_plain(line, c, RW_HEXLINE_QEMU, true);
	if (blanks == 2 && (nr_digits == RW_HEX_DIGITS || indent))
		return take_crash_row(line, c, column);
	if (nr_digits == RW_HEX_DIGITS && blanks == 1) {
		struct rw_hexline fresh = *line;
		enum rw_hexline_kind kind = take_crash(line, c, indent >= CRASH_INDENT);

		if (kind == RW_HEXLINE_ROW && line->width == 8 && !line->has_printable)
			return kind;
		*line = fresh;
	}
	line->format = RW_HEXLINE_XXD;
	return nr_digits >= 8 ? take_xxd(line, c, column) : RW_HEXLINE_NONE;
}

static enum rw_hexline_kind take_prefixed(struct rw_hexline *line, struct cursor *c)
{
	const char *p = rw_skip_blanks(c->p, c->end);

	if (p > c->p && p < c->end && *p == '<') {
		const char *close = memchr(p, '>', c->end - p);

		if (!close || close + 1 == c->end || close[1] != ':')
			return RW_HEXLINE_NONE;
		c->p = close + 1;
	}
	if (c->p == c->end || *c->p != ':')
		return RW_HEXLINE_NONE;
	line->colon = true;
	c->p++;
	p = rw_skip_blanks(c->p, c->end);
	if (p == c->p || p == c->end)
		return RW_HEXLINE_NONE;
	if (rw_hex_has_0x(p, c->end) || *c->p == '\t')
		return take_gdb(line, c);
	return p - c->p == 1 ? take_plain(line, c, RW_HEXLINE_OPENOCD, false) : RW_HEXLINE_NONE;
}

enum rw_hexline_kind rw_hexline_parse(const char *text, size_t size, size_t column,
				      struct rw_hexline *ret)
{
	const char *end = text + size, *p = rw_skip_blanks(text, end);
	struct cursor c = { .start = p, .end = end };
	struct rw_hexline line = { .prefixed = rw_hex_has_0x(p, end) };
	enum rw_hexline_kind kind = RW_HEXLINE_NONE;

	if (p == end)
		return RW_HEXLINE_NONE;
	const char *digits = line.prefixed ? p + 2 : p;
	size_t nr = rw_hex_parse(digits, end, &line.addr);
	c.p = digits + nr;
	bool is_address = nr >= FEWEST_DIGITS && nr <= RW_HEX_DIGITS;

	if (*p == '*' && rw_skip_blanks(p + 1, end) == end)
		kind = RW_HEXLINE_REPEAT;
	else if (is_address && line.prefixed)
		kind = take_prefixed(&line, &c);
	else if (is_address && rw_skip_blanks(c.p, end) == end)
		kind = RW_HEXLINE_END;
	else if (is_address && *c.p == ':') {
		line.colon = true;
		c.p++;
		kind = take_colon(&line, &c, nr, p - text, column);
	} else if (is_address && *c.p == ' ' && nr <= MOST_OFFSET_DIGITS && nr >= 8 &&
		   end - c.p > 4 && c.p[1] == ' ' && c.p[2] != ' ' &&
		   rw_hex_count(c.p + 2, end) == 2)
		kind = take_canonical(&line, &c);
	else if (is_address && *c.p == ' ' && nr == RW_HEX_DIGITS && end - c.p > 4 &&
		 c.p[1] == ' ' && rw_hex_count(c.p + 2, end) == 2) {
		// An address of its own: only with the printable column is it surely one.
		kind = take_canonical(&line, &c);
		if (!line.has_printable)
			kind = RW_HEXLINE_NONE;
	} else if (is_address && *c.p == ' ' && nr <= MOST_OFFSET_DIGITS)
		kind = take_offset_words(&line, &c);
	if ((kind == RW_HEXLINE_NONE || kind == RW_HEXLINE_BROKEN) && is_bare(p, end))
		kind = RW_HEXLINE_BARE;
	if (kind != RW_HEXLINE_NONE)
		*ret = line;
	return kind;
}
