/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of memory, as rows of hex dumps give them, and their joining into spans. */
#ifndef REWALK_INPUT_HEXPIECES_H
#define REWALK_INPUT_HEXPIECES_H

#include "rewalk/hexdump.h"

struct rw_hexpiece {
	enum rw_hexdump_space space;
	uint64_t addr, size;
	size_t off;		/* of its bytes in rw_hexpieces.bytes */
	size_t pattern;		/* how many there are; a larger size repeats them */
	size_t line;
	const char *tool;
};

struct rw_hexpieces {
	struct rw_hexpiece *data;
	size_t nr, capacity;
	uint8_t *bytes;
	size_t nr_bytes, bytes_capacity;
};

/** All spans that the pieces join to. */
struct rw_hexspans {
	struct rw_hexdump_span *data;
	size_t nr, capacity;
	uint8_t *bytes;		/* owned: of all of them */
	struct {
		struct rw_place *data;
		size_t nr, capacity;
	} places;
};

/** Room for @size more bytes, at the end; NULL without memory. */
uint8_t *rw_hexpieces_grow(struct rw_hexpieces *pieces, size_t size);

/**
 * Join the pieces, which are sorted by this.
 *
 * @param ret  To be released with rw_hexspans_deinit(), on failure too.
 * @return NULL; RW_ERROR_MISMATCH for two that disagree; RW_ERROR_FORMAT if they
 *         are more than a text can mean; &rw_enomem.
 */
struct rw_error *rw_hexpieces_join(struct rw_hexpieces *pieces, struct rw_hexspans *ret);

void rw_hexpieces_deinit(struct rw_hexpieces *pieces);
void rw_hexspans_deinit(struct rw_hexspans *spans);

#endif
