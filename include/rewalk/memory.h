/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's virtual memory, as far as the inputs have it: spans of bytes, and
 * holes, which stay holes.
 */
#ifndef REWALK_MEMORY_H
#define REWALK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_error;
struct rw_place;

/** Bytes at [@start, @end), borrowed, and whose they are. */
struct rw_span {
	uint64_t start, end;
	const uint8_t *bytes;
	const char *name;	/* borrowed: the input, for messages */
	const struct rw_place *places;	/* borrowed: its lines, if it is a text; else NULL */
	size_t nr_places;
};

struct rw_memory {
	struct rw_span *data;	/* sorted by start; they do not overlap */
	size_t nr, capacity;
	size_t last;		/* the span of the last read, as an index: a hint */
};

/**
 * Add @size bytes that stand at @addr.  Bytes and name are borrowed until
 * rw_memory_deinit().
 *
 * @return NULL; RW_ERROR_USAGE if there are none or the addresses wrap;
 *         RW_ERROR_MISMATCH, naming both inputs and the first address, if another
 *         input has other bytes there; &rw_enomem.
 */
struct rw_error *rw_memory_add(struct rw_memory *memory, uint64_t addr, const uint8_t *bytes,
			       size_t size, const char *name);

/**
 * The same of bytes that stand in a text.
 *
 * @param places  By address, the first one at or below @addr: the message says which
 *                line of each input it is about.  Borrowed as the bytes are.
 */
struct rw_error *rw_memory_add_text(struct rw_memory *memory, uint64_t addr, const uint8_t *bytes,
				    size_t size, const char *name, const struct rw_place *places,
				    size_t nr_places);

void rw_memory_deinit(struct rw_memory *memory);

/** All of memory around @addr that is there without a gap.  False: @addr is not there. */
bool rw_memory_extent(const struct rw_memory *memory, uint64_t addr, uint64_t *start_ret,
		      uint64_t *end_ret);

/** The span that holds @addr, or NULL. */
const struct rw_span *rw_memory_find(const struct rw_memory *memory, uint64_t addr);

/**
 * Read @nr little-endian words that follow each other; one may reach from one span into
 * the next.
 *
 * @param memory  A struct rw_memory: the form is that of struct rw_unwind_input.
 * @return False if a byte of them is missing; *ret means nothing then.
 */
bool rw_memory_read(void *memory, uint64_t addr, size_t nr, uint64_t *ret);

#endif
