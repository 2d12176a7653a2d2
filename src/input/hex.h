/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hexadecimal numbers out of text that need not end in a NUL. */
#ifndef REWALK_INPUT_HEX_H
#define REWALK_INPUT_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RW_HEX_DIGITS 16	/* of a 64-bit number */

/** The value of one digit, or -1. */
static inline int rw_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/**
 * Read the digits from @p on, as far as they go.
 *
 * @param ret  The number; meaningless if there are more than RW_HEX_DIGITS digits.
 * @return How many digits there are, 0 for none.
 */
static inline size_t rw_hex_parse(const char *p, const char *end, uint64_t *ret)
{
	const char *start = p;

	*ret = 0;
	for (; p < end && rw_hex_digit(*p) >= 0; p++)
		*ret = *ret << 4 | (uint64_t)rw_hex_digit(*p);
	return p - start;
}

/** How many digits there are from @p on. */
static inline size_t rw_hex_count(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && rw_hex_digit(*p) >= 0)
		p++;
	return p - start;
}

/** Does a number with 0x begin here? */
static inline bool rw_hex_has_0x(const char *p, const char *end)
{
	return end - p > 2 && p[0] == '0' && p[1] == 'x';
}

#endif
