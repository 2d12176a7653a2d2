// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bitmaps of compressed dumps, used where they lie in the file.  The place of a
// page's descriptor is its rank, the number of set bits in front of its own:
// counted from the last multiple of 1024, where the number is known.

#include <stdlib.h>

#include "bitmap.h"
#include "rewalk/bytes.h"
#include "stream.h"

enum { BITS_PER_RANK = 1024 };

bool rw_bitmap_init(struct rw_bitmap *ret, const struct rw_stream *stream, uint64_t off,
		    uint64_t nr)
{
	size_t len;
	const uint8_t *bytes = rw_stream_span(stream, off, &len);
	uint64_t wanted = nr / 8 + !!(nr % 8);

	*ret = (struct rw_bitmap){ 0 };
	if (bytes && (len >= wanted || !stream->flattened)) {
		ret->bits = bytes;
	} else {
		// No more than the file really has, whatever the header says.
		if (wanted > stream->file->size)
			wanted = stream->file->size;
		ret->copy = malloc(wanted ? wanted : 1);
		if (!ret->copy)
			return false;
		len = rw_stream_read_sparse(stream, off, ret->copy, wanted);
		ret->bits = ret->copy;
	}
	ret->nr = len >= wanted && wanted * 8 >= nr ? nr : (uint64_t)len * 8;
	return true;
}

void rw_bitmap_deinit(struct rw_bitmap *map)
{
	free(map->copy);
	free(map->ranks);
	*map = (struct rw_bitmap){ 0 };
}

// The 64 bits from @bit on, which is a multiple of 64; 0 behind the end.
static uint64_t word(const struct rw_bitmap *map, uint64_t bit)
{
	uint64_t left = map->nr - bit, value = 0;

	if (left >= 64)
		return rw_get_le64(map->bits + bit / 8);
	for (uint64_t i = 0; i < left; i++)
		value |= (uint64_t)(map->bits[(bit + i) / 8] >> (i % 8) & 1) << i;
	return value;
}

bool rw_bitmap_index(struct rw_bitmap *map)
{
	uint64_t rank = 0;

	map->ranks = calloc(map->nr / BITS_PER_RANK + 1, sizeof(*map->ranks));
	if (!map->ranks)
		return false;
	for (uint64_t bit = 0; bit < map->nr; bit += 64) {
		if (bit % BITS_PER_RANK == 0)
			map->ranks[bit / BITS_PER_RANK] = rank;
		rank += __builtin_popcountll(word(map, bit));
	}
	if (map->nr % BITS_PER_RANK == 0)
		map->ranks[map->nr / BITS_PER_RANK] = rank;
	return true;
}

bool rw_bitmap_test(const struct rw_bitmap *map, uint64_t bit)
{
	return bit < map->nr && map->bits[bit / 8] >> (bit % 8) & 1;
}

uint64_t rw_bitmap_rank(const struct rw_bitmap *map, uint64_t bit)
{
	if (bit > map->nr)
		bit = map->nr;
	uint64_t at = bit / BITS_PER_RANK * BITS_PER_RANK;
	uint64_t rank = map->ranks[bit / BITS_PER_RANK];
	for (; at + 64 <= bit; at += 64)
		rank += __builtin_popcountll(word(map, at));
	if (at < bit)
		rank += __builtin_popcountll(word(map, at) &
					     ((UINT64_C(1) << (bit - at)) - 1));
	return rank;
}

uint64_t rw_bitmap_next(const struct rw_bitmap *map, uint64_t from, bool set)
{
	for (uint64_t at = from & ~UINT64_C(63); at < map->nr; at += 64) {
		uint64_t bits = set ? word(map, at) : ~word(map, at);

		if (at < from)
			bits &= ~UINT64_C(0) << (from - at);
		if (!bits)
			continue;
		uint64_t found = at + __builtin_ctzll(bits);
		return found < map->nr ? found : map->nr;
	}
	return map->nr;
}
