// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sets of compressed dumps: makedumpfile --split writes one range of pages to
// each file.  All have the same header and bitmaps.  A part may be empty, if
// there were fewer pages than parts.
//
// The time in the header is 0 in each part of a lab dump (makedumpfile 1.7), so
// it is compared, but proves nothing.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diskdump.h"
#include "losses.h"
#include "rewalk/error.h"

static int compare(const void *a, const void *b)
{
	const struct rw_diskdump *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static struct rw_error *check_same(const struct rw_diskdump *a, const struct rw_diskdump *b)
{
	const char *what = NULL;

	if (memcmp(&a->utsname, &b->utsname, sizeof(a->utsname)))
		what = "the kernels' names differ";
	else if (memcmp(a->written_at, b->written_at, sizeof(a->written_at)))
		what = "they were written at different times";
	else if (a->shift != b->shift || a->nr_pfns != b->nr_pfns)
		what = "the machines' memory differs in size";
	else if (!a->split || !b->split)
		what = "one of them is whole";
	if (!what)
		return NULL;
	return rw_error_create(RW_ERROR_MISMATCH, "%s and %s: not parts of one dump: %s", a->name,
			       b->name, what);
}

static bool lost_part(struct rw_losses *losses, const struct rw_diskdump *dd, uint64_t first,
		      uint64_t end)
{
	return rw_losses_add(losses,
			     "%s: a file of the split set is missing: "
			     "the one with the memory from 0x%" PRIx64 " to 0x%" PRIx64,
			     dd->name, first << dd->shift, end << dd->shift);
}

struct rw_error *rw_diskdump_join(struct rw_diskdump *set, size_t nr, struct rw_losses *losses)
{
	const struct rw_diskdump *last = set;
	uint64_t end = 0;

	qsort(set, nr, sizeof(*set), compare);
	for (size_t i = 0; i < nr; i++) {
		struct rw_error *err = i ? check_same(&set[i - 1], &set[i]) : NULL;

		if (err)
			return err;
		if (set[i].first < end && set[i].first < set[i].end)
			return rw_error_create(RW_ERROR_MISMATCH,
					       "%s and %s: both have the page at 0x%" PRIx64
					       "; give one of them", last->name, set[i].name,
					       set[i].first << set[i].shift);
		if (set[i].first > end && !lost_part(losses, &set[i], end, set[i].first))
			return &rw_enomem;
		if (set[i].end > end) {
			end = set[i].end;
			last = &set[i];
		}
	}
	if (nr && end < set->nr_pfns && !lost_part(losses, set, end, set->nr_pfns))
		return &rw_enomem;
	return NULL;
}

struct rw_diskdump *rw_diskdump_find(struct rw_diskdump *set, size_t nr, uint64_t pfn)
{
	for (size_t i = 0; i < nr; i++) {
		if (pfn >= set[i].first && pfn < set[i].end)
			return &set[i];
	}
	return NULL;
}

enum rw_dump_status rw_diskdump_absence(const struct rw_diskdump *set, size_t nr, uint64_t pfn)
{
	if (!nr || pfn >= set->nr_pfns)
		return RW_DUMP_NO_RAM;
	for (size_t i = 0; i < nr; i++) {
		const struct rw_diskdump *dd = &set[i];

		if (pfn >= dd->dumped.nr)
			continue;
		if (rw_bitmap_test(&dd->dumped, pfn))
			return RW_DUMP_NO_FILE;
		if (dd->ram.bits && pfn < dd->ram.nr && !rw_bitmap_test(&dd->ram, pfn))
			return RW_DUMP_NO_RAM;
		return RW_DUMP_EXCLUDED;
	}
	return RW_DUMP_NO_FILE;
}
