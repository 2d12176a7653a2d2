// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words of a row, one after the other, and what crash prints in place of one:
//
//   ffff80000c003d60                    the word
//   init_task  schedule+68              a symbol (bt -r, bt -F, rd -s), with an offset
//   [task_struct]                       an object of a slab (bt -F): the word is lost
//   [ffff000002621040:task_struct]      the same with the word (bt -FF)
//   (scene)  (scene module)+24          something in a module that has no symbol

#include <string.h>

#include "rewalk/hex.h"

#include "hexline.h"
#include "scan.h"

static bool is_name_char(char c)
{
	return rw_is_alnum(c) || c == '_' || c == '.' || c == '$';
}

const char *rw_hexline_crash_word(const char *p, const char *end)
{
	if (p < end && (*p == '[' || *p == '(')) {
		const char *close = memchr(p, *p == '[' ? ']' : ')', end - p);

		if (!close)
			return NULL;
		p = close + 1;
	} else {
		const char *start = p;

		while (p < end && is_name_char(*p))
			p++;
		if (p == start)
			return NULL;
	}
	if (p < end && *p == '+')
		for (p++; p < end && is_name_char(*p); p++)
			;
	return p == end || rw_is_blank(*p) ? p : NULL;
}

static bool read_offset(const char *p, const char *end, uint64_t *ret)
{
	if (rw_hex_has_0x(p, end))
		return rw_hex_parse_0x(p, end, ret) == end;
	size_t nr = rw_decimal_parse(p, end, 10, ret);
	return nr && p + nr == end;
}

/** What crash prints in place of a number: a name, or "[ffff0000036fca00:task_struct]". */
static void take_name(const char *p, const char *end, struct rw_hexword *ret)
{
	uint64_t value;

	*ret = (struct rw_hexword){ .kind = RW_HEXWORD_LOST };
	if (*p == '[' && rw_hex_parse(p + 1, end, &value) == RW_HEX_DIGITS &&
	    end - p > RW_HEX_DIGITS + 1 && p[RW_HEX_DIGITS + 1] == ':')
		*ret = (struct rw_hexword){ RW_HEXWORD_DIGITS, p + 1, RW_HEX_DIGITS, 0 };
	if (*p == '[' || *p == '(')
		return;
	const char *plus = memchr(p, '+', end - p);
	uint64_t off = 0;
	if (plus && !read_offset(plus + 1, end, &off))
		return;
	*ret = (struct rw_hexword){ RW_HEXWORD_NAME, p, (plus ? plus : end) - p, off };
}

bool rw_hexline_next(struct rw_hexline *line, struct rw_hexword *ret)
{
	const char *p = rw_skip_blanks(line->p, line->end);

	if (line->format == RW_HEXLINE_GDB && p < line->end && *p == '<') {
		const char *close = memchr(p, '>', line->end - p);

		p = close ? rw_skip_blanks(close + 1, line->end) : line->end;
	}
	if (p == line->end)
		return false;
	const char *word_end = line->format == RW_HEXLINE_CRASH ?
			       rw_hexline_crash_word(p, line->end) : rw_skip_word(p, line->end);
	if (!word_end)
		return false;
	line->p = word_end;
	if (rw_hex_has_0x(p, word_end))
		p += 2;
	size_t size = word_end - p;
	if (line->format == RW_HEXLINE_CRASH &&
	    !(rw_hex_count(p, word_end) == size && size == 2 * line->width))
		take_name(p, word_end, ret);
	else
		*ret = (struct rw_hexword){
			.kind = size == 2 * line->width || line->format == RW_HEXLINE_XXD ?
				RW_HEXWORD_DIGITS : RW_HEXWORD_VALUE,
			.text = p,
			.size = size,
		};
	return true;
}
