/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which stretch of one address space (physical memory; the file inside a
 * flattened stream) lies where in another (a file).
 */
#ifndef REWALK_INPUT_EXTENTS_H
#define REWALK_INPUT_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** [@start, @end), never empty; the byte at @start lies at @to. */
struct rw_extent {
	uint64_t start, end;
	uint64_t to;
	uint32_t source;	/* the caller's number of a file */
	uint32_t status;	/* an enum rw_dump_status: there, or why not */
};

struct rw_extents {
	struct rw_extent *data;	/* freed by the owner of the list */
	size_t nr, capacity;
};

/** Append one; an empty one is left out.  @start + @size must not wrap.  False: no memory. */
bool rw_extents_add(struct rw_extents *list, uint64_t start, uint64_t size, uint64_t to,
		    uint32_t source, uint32_t status);

/**
 * Sort the list and make it disjoint: where two overlap, the one that was added
 * later stays and the other is cut.  At most twice as many are left.
 *
 * @return False if there is no memory; the list is as it was.
 */
bool rw_extents_settle(struct rw_extents *list);

/** In a settled list: index of the first extent that ends behind @at; list->nr if none does. */
size_t rw_extents_first(const struct rw_extents *list, uint64_t at);

/** In a settled list: the extent that contains @at; NULL if none does. */
const struct rw_extent *rw_extents_find(const struct rw_extents *list, uint64_t at);

#endif
