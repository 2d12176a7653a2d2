/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hexadecimal numbers and bytes, out of text that need not end in a NUL. */
#ifndef REWALK_HEX_H
#define REWALK_HEX_H

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

/** Behind the 0x, or 0X, that a person may write before a number; @p if there is none. */
static inline const char *rw_hex_skip_0x(const char *p, const char *end)
{
	return end - p >= 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') ? p + 2 : p;
}

/**
 * Read a number of 64 bits with 0x.
 *
 * @return Behind its digits, or NULL if there is none, or it has too many; @ret is
 *         meaningless then.
 */
static inline const char *rw_hex_parse_0x(const char *p, const char *end, uint64_t *ret)
{
	size_t nr = rw_hex_has_0x(p, end) ? rw_hex_parse(p + 2, end, ret) : 0;

	return nr && nr <= RW_HEX_DIGITS ? p + 2 + nr : NULL;
}

/**
 * Read bytes of two digits each, as far as they go, but at most @most of them.
 *
 * @return How many bytes there are.
 */
static inline size_t rw_hex_bytes(const char *p, const char *end, uint8_t *ret, size_t most)
{
	size_t nr = 0;

	for (; nr < most && end - p >= 2; p += 2) {
		int high = rw_hex_digit(p[0]), low = rw_hex_digit(p[1]);

		if (high < 0 || low < 0)
			break;
		ret[nr++] = (uint8_t)(high << 4 | low);
	}
	return nr;
}

/** Write @size bytes as two digits each, and a NUL, into @ret of 2 * @size + 1. */
static inline void rw_hex_print(const uint8_t *bytes, size_t size, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*ret++ = digits[bytes[i] >> 4];
		*ret++ = digits[bytes[i] & 0xf];
	}
	*ret = '\0';
}

#endif
