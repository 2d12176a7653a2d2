// SPDX-License-Identifier: GPL-2.0-or-later
//
// The stage 1 walk from TTBR1, as the CPU does it, over a dump.
//
// A table has one page of 8-byte descriptors, the root perhaps more or fewer.
// Each level takes page_shift - 3 bits of the address; the levels end at 3, and
// as many stand in front of it as the address has bits for:
//
//	bit 0 clear		nothing is mapped
//	bits 1:0 = 3		level 3: a page; else the next table
//	bits 1:0 = 1		a block, at the levels that have them
//
// Where bits 51:48 of an address stand depends on the page size and, with 4K and
// 16K pages, on TCR_EL1.DS, which no dump has.  The kernel sets it if and only
// if it runs with 52 bits of virtual address; without it bits 9:8 mean
// something else, and an LPA2 reading gives addresses of 0xc000000000000 and up.
//
// Source: Arm ARM D8.3; arch/arm64/include/asm/pgtable-hwdef.h and head.S,
// map_kernel.c; dumps.md 2.3, 2.4, the numbers of 2.7.  Not checked on real 16K
// and 64K kernels.

#include <inttypes.h>
#include <stddef.h>

#include "rewalk/error.h"
#include "rewalk/pagetable.h"

enum {
	DESCRIPTOR_SIZE = 8,
	LAST_LEVEL = 3,
	PA_BITS = 52,
	CACHE_PAGE_SHIFT = 12,
};

static const struct {
	uint8_t page_shift, va_bits;
} configurations[] = {
	{ 12, 39 }, { 12, 48 }, { 12, 52 },
	{ 14, 36 }, { 14, 47 }, { 14, 48 }, { 14, 52 },
	{ 16, 42 }, { 16, 48 }, { 16, 52 },
};

// VA_BITS_MIN: what a 52-bit kernel does on a CPU that cannot do 52.
static unsigned int least_va_bits(unsigned int page_shift, unsigned int va_bits)
{
	if (va_bits < 52)
		return va_bits;
	return page_shift == 14 ? 47 : 48;
}

static bool possible(unsigned int page_shift, unsigned int va_bits, unsigned int actual)
{
	for (size_t i = 0; i < sizeof(configurations) / sizeof(configurations[0]); i++) {
		if (configurations[i].page_shift == page_shift &&
		    configurations[i].va_bits == va_bits)
			return actual == va_bits || actual == least_va_bits(page_shift, va_bits);
	}
	return false;
}

static enum rw_pagetable_format choose_format(unsigned int page_shift, unsigned int actual)
{
	if (page_shift == 16)
		return RW_PAGETABLE_LPA;
	return actual == 52 ? RW_PAGETABLE_LPA2 : RW_PAGETABLE_PLAIN;
}

struct rw_error *rw_pagetable_init(struct rw_pagetable *ret, unsigned int page_shift,
				   unsigned int va_bits, unsigned int actual, uint64_t root,
				   rw_pagetable_read_fn *read, void *arg)
{
	if (!possible(page_shift, va_bits, actual))
		return rw_error_create(RW_ERROR_UNSUPPORTED,
				       "no arm64 kernel has pages of 2^%u bytes with %u bits "
				       "of virtual address, %u in use",
				       page_shift, va_bits, actual);
	if (root >> PA_BITS || root % 64)
		return rw_error_create(RW_ERROR_FORMAT,
				       "no page table can be at physical 0x%" PRIx64, root);
	// With 64K pages a 52-bit kernel keeps its root of 1024 entries; an older CPU
	// is given the last 64 of them, which is where its addresses lead anyway.
	unsigned int walk_bits = page_shift == 16 ? va_bits : actual;
	unsigned int step = page_shift - 3;
	unsigned int levels = (walk_bits - page_shift + step - 1) / step;

	*ret = (struct rw_pagetable){
		.root = root,
		.page_shift = page_shift,
		.va_bits = actual,
		.walk_bits = walk_bits,
		.first_level = LAST_LEVEL + 1 - (int)levels,
		.format = choose_format(page_shift, actual),
		.read = read,
		.arg = arg,
	};
	return NULL;
}

static uint64_t bits(uint64_t value, unsigned int high, unsigned int low)
{
	return value >> low & ((UINT64_C(1) << (high - low + 1)) - 1);
}

static uint64_t decode(const struct rw_pagetable *pt, uint64_t descriptor)
{
	unsigned int low = pt->page_shift;

	switch (pt->format) {
	case RW_PAGETABLE_LPA:
		return bits(descriptor, 47, low) << low | bits(descriptor, 15, 12) << 48;
	case RW_PAGETABLE_LPA2:
		return bits(descriptor, 49, low) << low | bits(descriptor, 9, 8) << 50;
	default:
		return bits(descriptor, 47, low) << low;
	}
}

// Blocks begin at level 2; at level 1 with 4K pages, or where addresses have 52
// bits; at level 0 with 4K pages and LPA2.
static bool block_allowed(const struct rw_pagetable *pt, int level)
{
	if (level == 2)
		return true;
	if (level == 1)
		return pt->page_shift == 12 || pt->format != RW_PAGETABLE_PLAIN;
	return level == 0 && pt->page_shift == 12 && pt->format == RW_PAGETABLE_LPA2;
}

static void unmapped(struct rw_translation *ret, enum rw_va_fault fault)
{
	ret->status = RW_VA_UNMAPPED;
	ret->fault = fault;
}

static void mapped(struct rw_translation *ret, uint64_t pa, uint64_t va, unsigned int shift)
{
	uint64_t size = UINT64_C(1) << shift;

	ret->status = RW_VA_MAPPED;
	ret->pa = (pa & ~(size - 1)) | (va & (size - 1));
	ret->size = size;
}

void rw_pagetable_translate(const struct rw_pagetable *pt, uint64_t va,
			    struct rw_translation *ret)
{
	unsigned int step = pt->page_shift - 3;
	uint64_t table = pt->root;

	*ret = (struct rw_translation){ .level = pt->first_level };
	// Indices alias: a NULL pointer would lead to the first page of RAM.
	if (~va >> pt->va_bits)
		return unmapped(ret, RW_VA_NOT_CANONICAL);
	for (int level = pt->first_level; level <= LAST_LEVEL; level++) {
		unsigned int shift = pt->page_shift + step * (LAST_LEVEL - level);
		unsigned int width = pt->walk_bits - shift < step ? pt->walk_bits - shift : step;
		uint64_t index = va >> shift & ((UINT64_C(1) << width) - 1);
		uint64_t at = table + index * DESCRIPTOR_SIZE, descriptor;

		ret->level = level;
		if (!pt->read(pt->arg, at, &descriptor)) {
			ret->pa = at;
			return;
		}
		ret->descriptor = descriptor;
		if (!(descriptor & 1))
			return unmapped(ret, RW_VA_INVALID);
		table = decode(pt, descriptor);
		if (level == LAST_LEVEL && !(descriptor & 2))
			return unmapped(ret, RW_VA_RESERVED);
		if (level == LAST_LEVEL)
			return mapped(ret, table, va, shift);
		if (descriptor & 2)
			continue;
		if (!block_allowed(pt, level))
			return unmapped(ret, RW_VA_RESERVED);
		return mapped(ret, table, va, shift);
	}
}

bool rw_pagetable_find_actual(unsigned int page_shift, unsigned int va_bits, uint64_t root,
			      uint64_t va, uint64_t pa, rw_pagetable_read_fn *read, void *arg,
			      unsigned int *ret)
{
	unsigned int candidates[2] = { va_bits, least_va_bits(page_shift, va_bits) };
	unsigned int fitting = 0;

	for (int i = 0; i < 2; i++) {
		struct rw_translation translation;
		struct rw_pagetable pt;

		if (i && candidates[0] == candidates[1])
			break;
		struct rw_error *err = rw_pagetable_init(&pt, page_shift, va_bits, candidates[i],
							 root, read, arg);
		if (err) {
			rw_error_destroy(err);
			continue;
		}
		rw_pagetable_translate(&pt, va, &translation);
		if (translation.status != RW_VA_MAPPED || translation.pa != pa)
			continue;
		if (fitting)
			return false;
		fitting = candidates[i];
	}
	if (fitting)
		*ret = fitting;
	return fitting;
}

void rw_pagetable_translate_cached(const struct rw_pagetable *pt,
				   struct rw_translation_cache *cache, uint64_t va,
				   struct rw_translation *ret)
{
	uint64_t page = va >> CACHE_PAGE_SHIFT;
	uint64_t off = va & ((UINT64_C(1) << CACHE_PAGE_SHIFT) - 1);
	__auto_type entry = &cache->entries[page % RW_TRANSLATION_CACHE_SIZE];

	if (entry->tag == page + 1) {
		*ret = entry->translation;
		ret->pa += off;
		return;
	}
	rw_pagetable_translate(pt, va, ret);
	if (ret->status != RW_VA_MAPPED)
		return;
	entry->tag = page + 1;
	entry->translation = *ret;
	entry->translation.pa -= off;
}

void rw_linear_map_init(struct rw_linear_map *ret, unsigned int page_shift,
			unsigned int va_bits, uint64_t memstart_addr)
{
	*ret = (struct rw_linear_map){
		.start = ~UINT64_C(0) << va_bits,
		.end = ~UINT64_C(0) << (least_va_bits(page_shift, va_bits) - 1),
		.memstart_addr = memstart_addr,
	};
}

bool rw_linear_map_pa(const struct rw_linear_map *map, uint64_t va, uint64_t *ret)
{
	if (va < map->start || va >= map->end)
		return false;
	*ret = va - map->start + map->memstart_addr;
	return true;
}

bool rw_kimage_map_pa(const struct rw_kimage_map *map, uint64_t va, uint64_t *ret)
{
	if (va < map->start || va >= map->end)
		return false;
	*ret = va - map->kimage_voffset;
	return true;
}
