/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Little-endian words out of byte buffers, whatever their alignment, and sums
 * that cannot wrap.
 */
#ifndef REWALK_BYTES_H
#define REWALK_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t rw_get_le64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline uint32_t rw_get_le32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint16_t rw_get_le16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

/** Does [@off, @off + @len) lie within [0, @size)?  Nothing wraps. */
static inline bool rw_fits(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

#endif
