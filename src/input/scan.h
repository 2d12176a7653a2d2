/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps through a text [p, end), which may hold any byte and ends in no NUL.
 *
 * There are two kinds of blanks.  What tools print has blanks and tabs; in logs a NUL
 * counts as one, too, since serial lines and ring buffers leave NULs between what they
 * hold.
 */
#ifndef REWALK_INPUT_SCAN_H
#define REWALK_INPUT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- words ---------------------------------------------------------------------- */

static inline bool rw_begins(const char *p, const char *end, const char *word)
{
	size_t size = strlen(word);

	return (size_t)(end - p) >= size && !memcmp(p, word, size);
}

static inline bool rw_equals(const char *p, const char *end, const char *word)
{
	return (size_t)(end - p) == strlen(word) && rw_begins(p, end, word);
}

/** Where @word stands within the first @most characters, or NULL. */
static inline const char *rw_find_early(const char *p, const char *end, size_t most,
					const char *word)
{
	size_t size = (size_t)(end - p) < most ? (size_t)(end - p) : most;

	return size ? memmem(p, size, word, strlen(word)) : NULL;
}

/** Where @word stands, or NULL; a text of @limit characters or more is not looked at. */
static inline const char *rw_find_in_short(const char *p, const char *end, size_t limit,
					   const char *word)
{
	return (size_t)(end - p) < limit ? rw_find_early(p, end, limit, word) : NULL;
}

enum { RW_QUOTED_SIZE = 24 };

/** The text as messages quote it: its beginning, with '?' for what is not printable. */
static inline const char *rw_quote(const char *p, size_t size, char buf[RW_QUOTED_SIZE])
{
	size_t nr = size < 20 ? size : 20;

	for (size_t i = 0; i < nr; i++)
		buf[i] = p[i] >= ' ' && p[i] <= '~' ? p[i] : '?';
	strcpy(buf + nr, nr < size ? "..." : "");
	return buf;
}

/* ---- blanks --------------------------------------------------------------------- */

static inline bool rw_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline const char *rw_skip_blanks(const char *p, const char *end)
{
	while (p < end && rw_is_blank(*p))
		p++;
	return p;
}

/** Behind the characters from @p on that are no blanks. */
static inline const char *rw_skip_word(const char *p, const char *end)
{
	while (p < end && !rw_is_blank(*p))
		p++;
	return p;
}

/** In a log: a NUL is one, too. */
static inline bool rw_is_log_blank(char c)
{
	return rw_is_blank(c) || !c;
}

static inline const char *rw_skip_log_blanks(const char *p, const char *end)
{
	while (p < end && rw_is_log_blank(*p))
		p++;
	return p;
}

static inline const char *rw_skip_log_word(const char *p, const char *end)
{
	while (p < end && !rw_is_log_blank(*p))
		p++;
	return p;
}

/** The end of [@p, @end) without the blanks that it has there. */
static inline const char *rw_trim_log_blanks(const char *p, const char *end)
{
	while (end > p && rw_is_log_blank(end[-1]))
		end--;
	return end;
}

/* ---- letters and digits, in ASCII whatever the locale ---------------------------- */

static inline bool rw_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool rw_is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static inline bool rw_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool rw_is_alnum(char c)
{
	return rw_is_lower(c) || rw_is_upper(c) || rw_is_digit(c);
}

static inline const char *rw_skip_digits(const char *p, const char *end)
{
	while (p < end && rw_is_digit(*p))
		p++;
	return p;
}

/**
 * Read the decimal digits from @p on, as far as they go, but at most @most of them.
 *
 * @param ret  The number; UINT64_MAX for one of more than 64 bits.
 * @return How many digits were read, 0 for none.
 */
static inline size_t rw_decimal_parse(const char *p, const char *end, size_t most,
				      uint64_t *ret)
{
	size_t nr = 0;

	*ret = 0;
	for (; p + nr < end && nr < most && rw_is_digit(p[nr]); nr++)
		if (__builtin_mul_overflow(*ret, 10, ret) ||
		    __builtin_add_overflow(*ret, (uint64_t)(p[nr] - '0'), ret))
			*ret = UINT64_MAX;
	return nr;
}

#endif
