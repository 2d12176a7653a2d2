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

/** Bytes at [@start, @end), borrowed, and whose they are. */
struct rw_span {
	uint64_t start, end;
	const uint8_t *bytes;
	const char *name;	/* borrowed: the input, for messages */
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

void rw_memory_deinit(struct rw_memory *memory);

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
