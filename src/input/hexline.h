/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of a hex dump: an address and words; see hexline.c for the formats. */
#ifndef REWALK_INPUT_HEXLINE_H
#define REWALK_INPUT_HEXLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rw_hexline_format {
	RW_HEXLINE_XXD,
	RW_HEXLINE_CANONICAL,	/* hexdump -C */
	RW_HEXLINE_WORDS,	/* od -t x…, hexdump */
	RW_HEXLINE_QEMU,
	RW_HEXLINE_GDB,
	RW_HEXLINE_OPENOCD,
	RW_HEXLINE_CRASH,
};

enum rw_hexline_kind {
	RW_HEXLINE_NONE,	/* other text */
	RW_HEXLINE_ROW,		/* an address and words */
	RW_HEXLINE_REPEAT,	/* "*": rows like the one before */
	RW_HEXLINE_END,		/* an address alone: where a dump of od or hexdump ends */
	RW_HEXLINE_BROKEN,	/* begins as a row, but a word is none */
	RW_HEXLINE_BARE,	/* words without an address: od -A n, xxd -p */
	RW_HEXLINE_NO_HEX,	/* a row whose words are octal, decimal or binary */
};

struct rw_hexline {
	enum rw_hexline_format format;	/* of a row */
	uint64_t addr;			/* its digits read as hexadecimal ones */
	bool prefixed, colon;		/* 0x before it, ':' behind it */
	size_t width;			/* bytes of a word */
	size_t nr;			/* words, names included */
	bool varied;			/* gdb: not all of a number's zeros are printed */

	/* The column of printable characters, and where it begins behind the address. */
	bool has_printable, framed;
	const char *printable;
	size_t nr_printable;
	size_t column;

	const char *p, *end;		/* of the words; while they are read */
	const char *bad;		/* RW_HEXLINE_BROKEN: the word that is none */
	size_t bad_size;
};

enum rw_hexword_kind {
	RW_HEXWORD_DIGITS,	/* hexadecimal, two for each byte */
	RW_HEXWORD_VALUE,	/* the same of a number without its zeros in front */
	RW_HEXWORD_NAME,	/* crash: a symbol in place of the number */
	RW_HEXWORD_LOST,	/* crash: something in place of it that does not tell it */
};

struct rw_hexword {
	enum rw_hexword_kind kind;
	const char *text;	/* the digits, or the name without its offset */
	size_t size;
	uint64_t off;		/* RW_HEXWORD_NAME */
};

/**
 * Take a line apart, without the prefixes of loggers and prompts.
 *
 * @param column  Where the printable column of the row before began, else 0: a
 *                short last row of xxd is told from it.
 * @param ret     Set for all but RW_HEXLINE_NONE.
 */
enum rw_hexline_kind rw_hexline_parse(const char *text, size_t size, size_t column,
				      struct rw_hexline *ret);

/** The next word of a row, in the order of the text.  False: no more. */
bool rw_hexline_next(struct rw_hexline *line, struct rw_hexword *ret);

/** The end of what crash prints at @p for a word; NULL if that is nothing of it. */
const char *rw_hexline_crash_word(const char *p, const char *end);

/** "xxd", "hexdump -C": for messages. */
const char *rw_hexline_tool(enum rw_hexline_format format);

#endif
