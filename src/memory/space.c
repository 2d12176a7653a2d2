// SPDX-License-Identifier: GPL-2.0-or-later
//
// Virtual reads of a dump, by the kernel's own page tables.  The image and the linear
// map are plain arithmetic, too, which serves where a table is missing from the dump
// or a kernel that watches its memory has unmapped a page.
//
// Source: mm/kasan, arch/arm64/include/asm/memory.h (tags); not tried on such a kernel.

#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/space.h"

bool rw_space_translate(struct rw_space *space, uint64_t va, uint64_t *ret)
{
	struct rw_translation t;

	// kasan_reset_tag(): bit 55 tells the kernel's half, as TBI1 has it.
	if (space->tagged && va >> 55 & 1)
		va |= UINT64_C(0xff) << 56;
	if (space->has_tables) {
		rw_pagetable_translate_cached(&space->tables, &space->cache, va, &t);
		if (t.status == RW_VA_MAPPED) {
			*ret = t.pa;
			return true;
		}
		// Parts of the image are unmapped, and their addresses used by others.
		if (t.status == RW_VA_UNMAPPED && va >= space->kimage.start &&
		    va < space->kimage.end)
			return false;
	}
	return rw_kimage_map_pa(&space->kimage, va, ret) ||
	       (space->has_linear && rw_linear_map_pa(&space->linear, va, ret));
}

/** As rw_space_read(); *why_ret: why the dump does not have it, RW_DUMP_OK if not mapped. */
static bool read_or_why(struct rw_space *space, uint64_t va, void *buf, size_t size,
			enum rw_dump_status *why_ret)
{
	uint8_t *to = buf;

	*why_ret = RW_DUMP_OK;

	while (size) {
		size_t part = RW_SPACE_PAGE - (va & (RW_SPACE_PAGE - 1));
		uint64_t pa;

		if (part > size)
			part = size;
		if (!rw_space_translate(space, va, &pa))
			return false;
		*why_ret = rw_dump_read(space->dump, pa, to, part, NULL);
		if (*why_ret != RW_DUMP_OK)
			return false;
		to += part;
		va += part;
		size -= part;
	}
	return true;
}

bool rw_space_read(struct rw_space *space, uint64_t va, void *buf, size_t size)
{
	enum rw_dump_status why;
	bool done = read_or_why(space, va, buf, size, &why);

	if (!done && why != RW_DUMP_OK)
		space->missing |= 1u << why;
	return done;
}

bool rw_space_read_uint(struct rw_space *space, uint64_t va, unsigned int size, uint64_t *ret)
{
	uint8_t bytes[8] = { 0 };

	if (size > sizeof(bytes) || !rw_space_read(space, va, bytes, size))
		return false;
	*ret = rw_get_le64(bytes);
	return true;
}

/** The words alone, without keeping their page. */
static bool read_words(struct rw_space *space, uint64_t addr, size_t nr, uint64_t *ret)
{
	for (size_t i = 0; i < nr; i++)
		if (!rw_space_read_uint(space, addr + 8 * i, 8, &ret[i]))
			return false;
	return true;
}

bool rw_space_read_words(void *memory, uint64_t addr, size_t nr, uint64_t *ret)
{
	struct rw_space *space = memory;
	uint64_t number = addr / RW_SPACE_PAGE, off = addr % RW_SPACE_PAGE;
	struct rw_space_page *page = &space->pages[number % RW_SPACE_PAGES];

	if ((RW_SPACE_PAGE - off) / 8 < nr)
		return read_words(space, addr, nr, ret);
	if (page->tag != number + 1) {
		enum rw_dump_status why;

		page->tag = 0;
		// A page may be there in part only: the words alone may still be.
		if (!read_or_why(space, addr - off, page->bytes, RW_SPACE_PAGE, &why))
			return read_words(space, addr, nr, ret);
		page->tag = number + 1;
	}
	for (size_t i = 0; i < nr; i++)
		ret[i] = rw_get_le64(page->bytes + off + 8 * i);
	return true;
}
