// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lists of extents, and how overlapping ones are settled.
//
// Settling is a merge sort over the runs that are in order already, where the
// later run of each pair wins.  A file written from its beginning to its end is
// one run and costs one pass; a million records in any order cost n log n.

#include <stdlib.h>

#include "extents.h"
#include "rewalk/bisect.h"
#include "rewalk/cleanup.h"
#include "rewalk/vector.h"

bool rw_extents_add(struct rw_extents *list, uint64_t start, uint64_t size, uint64_t to,
		    uint32_t source, uint32_t status)
{
	if (!size)
		return true;
	struct rw_extent *e = rw_vector_push(list);
	if (!e)
		return false;
	*e = (struct rw_extent){
		.start = start,
		.end = start + size,
		.to = to,
		.source = source,
		.status = status,
	};
	return true;
}

static void cut_front(struct rw_extent *e, uint64_t start)
{
	e->to += start - e->start;
	e->start = start;
}

// Lay @b over @a; both are in order and disjoint.  @out has room for as many
// pieces as there are ends in both.
static size_t overlay(const struct rw_extent *a, size_t nr_a, const struct rw_extent *b,
		      size_t nr_b, struct rw_extent *out)
{
	size_t nr = 0, j = 0;

	for (size_t i = 0; i < nr_a; i++) {
		struct rw_extent rest = a[i];
		bool covered = false;

		while (j < nr_b && b[j].start < rest.end) {
			if (b[j].end <= rest.start) {
				out[nr++] = b[j++];
				continue;
			}
			if (rest.start < b[j].start) {
				out[nr] = rest;
				out[nr++].end = b[j].start;
			}
			covered = rest.end <= b[j].end;
			if (covered)
				break;
			cut_front(&rest, b[j].end);
		}
		if (!covered)
			out[nr++] = rest;
	}
	while (j < nr_b)
		out[nr++] = b[j++];
	return nr;
}

// The number of runs that are in order and disjoint; the end of each as an
// index goes to @ends unless that is NULL.
static size_t find_runs(const struct rw_extents *list, size_t *ends)
{
	size_t nr = 0;

	for (size_t i = 0; i < list->nr; i++) {
		if (i + 1 < list->nr && list->data[i].end <= list->data[i + 1].start)
			continue;
		if (ends)
			ends[nr] = i + 1;
		nr++;
	}
	return nr;
}

bool rw_extents_settle(struct rw_extents *list)
{
	size_t nr_runs = find_runs(list, NULL);
	size_t room;

	if (nr_runs <= 1)
		return true;
	if (__builtin_mul_overflow(list->nr, 2, &room))
		return false;
	_cleanup_free_ size_t *ends = calloc(nr_runs, sizeof(*ends));
	_cleanup_free_ struct rw_extent *from = calloc(room, sizeof(*from));
	_cleanup_free_ struct rw_extent *to = calloc(room, sizeof(*to));
	if (!ends || !from || !to)
		return false;
	find_runs(list, ends);
	for (size_t i = 0; i < list->nr; i++)
		from[i] = list->data[i];
	while (nr_runs > 1) {
		size_t nr = 0, begin = 0, merged = 0;

		for (size_t i = 0; i < nr_runs; i += 2) {
			size_t middle = ends[i];
			size_t end = i + 1 < nr_runs ? ends[i + 1] : middle;

			nr += overlay(from + begin, middle - begin, from + middle,
				      end - middle, to + nr);
			begin = end;
			ends[merged++] = nr;
		}
		nr_runs = merged;
		struct rw_extent *swap = from;
		from = to;
		to = swap;
	}
	free(list->data);
	list->data = rw_steal(from);
	list->nr = ends[0];
	list->capacity = room;
	return true;
}

size_t rw_extents_first(const struct rw_extents *list, uint64_t at)
{
	return rw_bisect(i, list->nr, list->data[i].end <= at);
}

const struct rw_extent *rw_extents_find(const struct rw_extents *list, uint64_t at)
{
	size_t i = rw_extents_first(list, at);

	return i < list->nr && list->data[i].start <= at ? &list->data[i] : NULL;
}
