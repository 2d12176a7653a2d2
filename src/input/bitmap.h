/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bitmaps of a compressed dump: one bit per page, the lowest bit first. */
#ifndef REWALK_INPUT_BITMAP_H
#define REWALK_INPUT_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

struct rw_stream;

struct rw_bitmap {
	const uint8_t *bits;
	uint8_t *copy;		/* owned, if the bits could not be used in place */
	uint64_t nr;		/* bits that are there */
	uint64_t *ranks;	/* owned: set bits in front of every 1024th */
};

/**
 * The bitmap at @off with room for @nr bits, or as much of it as the file has.
 *
 * @return False: no memory.  To be released with rw_bitmap_deinit() also then.
 */
bool rw_bitmap_init(struct rw_bitmap *ret, const struct rw_stream *stream, uint64_t off,
		    uint64_t nr);

void rw_bitmap_deinit(struct rw_bitmap *map);

/** Prepare rw_bitmap_rank().  False: no memory. */
bool rw_bitmap_index(struct rw_bitmap *map);

/** Bits behind the end are not set. */
bool rw_bitmap_test(const struct rw_bitmap *map, uint64_t bit);

/** How many bits in front of @bit are set. */
uint64_t rw_bitmap_rank(const struct rw_bitmap *map, uint64_t bit);

/** The first bit at or behind @from that is @set; map->nr if there is none. */
uint64_t rw_bitmap_next(const struct rw_bitmap *map, uint64_t from, bool set);

#endif
