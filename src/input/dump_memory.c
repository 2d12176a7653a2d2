// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading the physical memory of a dump: from an extent that has the bytes, else
// from a compressed page, else the reason why neither has them.

#include <string.h>

#include "dump_private.h"

static const uint8_t *extent_span(const struct rw_dump *dump, const struct rw_extent *e,
				  uint64_t pa, size_t *len_ret)
{
	size_t len;
	const uint8_t *bytes = rw_stream_span(&dump->streams[e->source],
					      e->to + (pa - e->start), &len);

	*len_ret = rw_at_most(e->end - pa, len ? len : UINT64_MAX);
	return bytes;
}

static enum rw_dump_status page_span(struct rw_dump *dump, uint64_t pa, const uint8_t **ret,
				     size_t *len_ret)
{
	unsigned int shift = dump->set->shift;
	uint64_t pfn = pa >> shift, off = pa & ((UINT64_C(1) << shift) - 1);
	struct rw_diskdump *dd = rw_diskdump_find(dump->set, dump->nr_set, pfn);
	const uint8_t *page;

	*len_ret = (UINT64_C(1) << shift) - off;
	if (!dd)
		return rw_diskdump_absence(dump->set, dump->nr_set, pfn);
	enum rw_dump_status status = rw_diskdump_page(dd, &dump->reader, &dump->losses, pfn, &page);
	if (status == RW_DUMP_OK)
		*ret = page + off;
	return status;
}

enum rw_dump_status rw_dump_span(struct rw_dump *dump, uint64_t pa, const uint8_t **ret,
				 size_t *len_ret)
{
	size_t i = rw_extents_first(&dump->ram, pa);
	const struct rw_extent *e = i < dump->ram.nr ? &dump->ram.data[i] : NULL;
	uint64_t next = e ? e->start : UINT64_MAX;

	if (e && e->start <= pa) {
		if (e->status == RW_DUMP_OK) {
			const uint8_t *bytes = extent_span(dump, e, pa, len_ret);

			if (!bytes)
				return RW_DUMP_TRUNCATED;
			*ret = bytes;
			return RW_DUMP_OK;
		}
		*len_ret = rw_at_most(e->end - pa, UINT64_MAX);
		next = e->end;
		if (!dump->nr_set)
			return e->status;
	}
	if (!dump->nr_set) {
		*len_ret = pa < next ? rw_at_most(next - pa, UINT64_MAX) : 1;
		return RW_DUMP_NO_RAM;
	}
	enum rw_dump_status status = page_span(dump, pa, ret, len_ret);
	if (next > pa)
		*len_ret = rw_at_most(*len_ret, next - pa);
	if (status == RW_DUMP_NO_RAM && e && e->start <= pa)
		return e->status;
	return status;
}

enum rw_dump_status rw_dump_read(struct rw_dump *dump, uint64_t pa, void *buf, size_t size,
				 uint64_t *missing_ret)
{
	uint8_t *to = buf;

	for (size_t done = 0, len = 0; done < size; done += len) {
		const uint8_t *bytes = NULL;
		uint64_t at;
		enum rw_dump_status status = RW_DUMP_NO_RAM;

		if (!__builtin_add_overflow(pa, done, &at))
			status = rw_dump_span(dump, at, &bytes, &len);
		if (status != RW_DUMP_OK) {
			if (missing_ret)
				*missing_ret = at;
			return status;
		}
		len = rw_at_most(len, size - done);
		memcpy(to + done, bytes, len);
	}
	return RW_DUMP_OK;
}

uint64_t rw_dump_memory_size(const struct rw_dump *dump)
{
	uint64_t size = 0;

	// Extents do not overlap, so their sum cannot wrap.
	for (size_t i = 0; i < dump->ram.nr; i++)
		if (dump->ram.data[i].status == RW_DUMP_OK)
			size += dump->ram.data[i].end - dump->ram.data[i].start;
	for (size_t i = 0; i < dump->nr_set; i++) {
		uint64_t pages;

		// Each page has a descriptor in the file, but a page's size is a claim.
		if (__builtin_mul_overflow(dump->set[i].nr_pages, UINT64_C(1) << dump->set[i].shift,
					   &pages) ||
		    __builtin_add_overflow(size, pages, &size))
			return UINT64_MAX;
	}
	return size;
}

static bool next_extent_range(const struct rw_dump *dump, uint64_t from, uint64_t *start_ret,
			      uint64_t *end_ret)
{
	bool found = false;
	uint64_t at = from;

	for (size_t i = rw_extents_first(&dump->ram, from); i < dump->ram.nr;) {
		const struct rw_extent *e = &dump->ram.data[i];
		size_t len = 0;

		if (found && at < e->start)
			break;
		if (at < e->start)
			at = e->start;
		bool there = e->status == RW_DUMP_OK && extent_span(dump, e, at, &len);
		if (found && !there)
			break;
		if (there && !found)
			*start_ret = at;
		found = there;
		at = e->status == RW_DUMP_OK ? at + len : e->end;
		i += at >= e->end;
	}
	if (found)
		*end_ret = at;
	return found;
}

static bool next_page_range(const struct rw_dump *dump, uint64_t from, uint64_t *start_ret,
			    uint64_t *end_ret)
{
	unsigned int shift = dump->nr_set ? dump->set->shift : 0;
	uint64_t at = from >> shift;
	bool found = false;

	for (size_t i = 0; i < dump->nr_set; i++) {
		const struct rw_diskdump *dd = &dump->set[i];
		uint64_t limit = dd->end < dd->dumped.nr ? dd->end : dd->dumped.nr;

		if (limit <= at || dd->first == dd->end)
			continue;
		if (found && at < dd->first)
			break;
		uint64_t pfn = rw_bitmap_next(&dd->dumped, at > dd->first ? at : dd->first, true);
		if (found && pfn != at)
			break;
		if (pfn >= limit)
			continue;
		if (!found)
			*start_ret = pfn << shift > from ? pfn << shift : from;
		found = true;
		at = rw_bitmap_next(&dd->dumped, pfn, false);
		if (at < limit)
			break;
		at = limit;
	}
	if (found)
		*end_ret = at << shift;
	return found;
}

bool rw_dump_next_range(const struct rw_dump *dump, uint64_t from, uint64_t *start_ret,
			uint64_t *end_ret)
{
	uint64_t starts[2], ends[2];
	bool extent = next_extent_range(dump, from, &starts[0], &ends[0]);
	bool page = next_page_range(dump, from, &starts[1], &ends[1]);

	if (!extent && !page)
		return false;
	int first = !extent || (page && starts[1] < starts[0]);
	*start_ret = starts[first];
	*end_ret = ends[first];
	return true;
}

const char *rw_dump_status_text(enum rw_dump_status status)
{
	switch (status) {
	case RW_DUMP_OK:
		return "in the dump";
	case RW_DUMP_NO_RAM:
		return "no memory of the dump";
	case RW_DUMP_EXCLUDED:
		return "left out when the dump was written";
	case RW_DUMP_TRUNCATED:
		return "behind the end of a truncated file";
	case RW_DUMP_NO_FILE:
		return "in a file of the split set that was not given";
	case RW_DUMP_DAMAGED:
		return "in a damaged page";
	case RW_DUMP_NO_CODEC:
		return "in a page compressed in a way that this build cannot read";
	}
	return "not known";
}
