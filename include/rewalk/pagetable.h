/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From kernel virtual to physical addresses: the walk of the kernel's own page
 * tables, and the two maps that are plain arithmetic.
 */
#ifndef REWALK_PAGETABLE_H
#define REWALK_PAGETABLE_H

#include <stdbool.h>
#include <stdint.h>

struct rw_error;

/** Read the little-endian 64-bit word at @pa.  False: the dump does not have it. */
typedef bool rw_pagetable_read_fn(void *arg, uint64_t pa, uint64_t *ret);

/** How a descriptor holds bits 51 to 48 of an address. */
enum rw_pagetable_format {
	RW_PAGETABLE_PLAIN,	/* not at all: bits 9:8 are the shareability */
	RW_PAGETABLE_LPA,	/* 64K pages: in bits 15:12; 0 without the feature */
	RW_PAGETABLE_LPA2,	/* 4K, 16K with 52 bits: 49:48 in place, 51:50 in bits 9:8 */
};

/** What a walk needs; made by rw_pagetable_init(), read by anybody. */
struct rw_pagetable {
	uint64_t root;			/* physical */
	uint8_t page_shift;
	uint8_t va_bits;		/* actual: bits 63 to here are ones */
	uint8_t walk_bits;		/* that the root's size is made for */
	int8_t first_level;		/* -1 to 2 */
	enum rw_pagetable_format format;
	rw_pagetable_read_fn *read;
	void *arg;
};

/**
 * Describe the tables that swapper_pg_dir is the root of.
 *
 * @param page_shift  12, 14 or 16.
 * @param va_bits     CONFIG_ARM64_VA_BITS: VMCOREINFO's NUMBER(VA_BITS).
 * @param actual      What the CPU does: 64 - T1SZ.  Differs from @va_bits only
 *                    for a 52-bit kernel on an older CPU: 48, with 16K pages 47.
 * @param root        Physical address of swapper_pg_dir.
 * @param read, arg   Called for each level of each walk.
 * @param ret         Untouched on failure.
 * @return NULL; RW_ERROR_UNSUPPORTED for page and address sizes that no arm64
 *         kernel has together, RW_ERROR_FORMAT for a root that is no table.
 *
 * Source: arch/arm64/Kconfig, arch/arm64/include/asm/pgtable-hwdef.h.
 */
struct rw_error *rw_pagetable_init(struct rw_pagetable *ret, unsigned int page_shift,
				   unsigned int va_bits, unsigned int actual, uint64_t root,
				   rw_pagetable_read_fn *read, void *arg);

enum rw_va_status {
	RW_VA_UNKNOWN = 0,	/* a table is not in the dump */
	RW_VA_UNMAPPED,
	RW_VA_MAPPED,
};

enum rw_va_fault {
	RW_VA_NO_FAULT,
	RW_VA_NOT_CANONICAL,	/* no kernel address of this kernel; no table was read */
	RW_VA_INVALID,		/* bit 0 of the descriptor is clear */
	RW_VA_RESERVED,		/* a page or a block where there can be none: a damaged table */
};

struct rw_translation {
	enum rw_va_status status;
	enum rw_va_fault fault;	/* RW_VA_UNMAPPED: why */
	int level;		/* where the walk ended, -1 to 3 */
	uint64_t pa;		/* mapped: of the byte asked for; unknown: of the descriptor */
	uint64_t size;		/* mapped: bytes that the descriptor maps, aligned to that */
	uint64_t descriptor;	/* the last one read; 0 if none was */
};

/**
 * Walk the tables for @va.
 *
 * Parts of the linear map may be unmapped in a kernel that watches its memory
 * (debug_pagealloc, KFENCE): the bytes are in the dump all the same, see
 * rw_linear_map_pa().
 */
void rw_pagetable_translate(const struct rw_pagetable *pt, uint64_t va,
			    struct rw_translation *ret);

/**
 * Which @actual of rw_pagetable_init() makes @va translate to @pa, where
 * VMCOREINFO does not say: try with the address of _text.
 *
 * @return False if none does, or both do: with 64K pages the walk is the same.
 */
bool rw_pagetable_find_actual(unsigned int page_shift, unsigned int va_bits, uint64_t root,
			      uint64_t va, uint64_t pa, rw_pagetable_read_fn *read, void *arg,
			      unsigned int *ret);

enum { RW_TRANSLATION_CACHE_SIZE = 512 };

/**
 * Translations already made, one place for each 4 KiB of address space.  A
 * zeroed one is empty; one belongs to one rw_pagetable.
 */
struct rw_translation_cache {
	struct {
		uint64_t tag;	/* va / 4096 + 1 */
		struct rw_translation translation;	/* of the first byte */
	} entries[RW_TRANSLATION_CACHE_SIZE];
};

/** As rw_pagetable_translate(); remembers what is mapped. */
void rw_pagetable_translate_cached(const struct rw_pagetable *pt,
				   struct rw_translation_cache *cache, uint64_t va,
				   struct rw_translation *ret);

/**
 * The linear map: all RAM at va = pa - memstart_addr + PAGE_OFFSET, modulo 2^64.
 *
 * Source: arch/arm64/include/asm/memory.h, __lm_to_phys(), since 5.10.
 */
struct rw_linear_map {
	uint64_t start, end;	/* PAGE_OFFSET, PAGE_END; with KASAN the map ends before it */
	uint64_t memstart_addr;	/* the variable; may be "negative" */
};

/** @va_bits is the configured number, also where the CPU does less. */
void rw_linear_map_init(struct rw_linear_map *ret, unsigned int page_shift,
			unsigned int va_bits, uint64_t memstart_addr);

/** False: @va is not in the map; *ret is untouched then. */
bool rw_linear_map_pa(const struct rw_linear_map *map, uint64_t va, uint64_t *ret);

/**
 * The kernel image: va = pa + kimage_voffset, modulo 2^64.
 *
 * Source: arch/arm64/include/asm/memory.h, __kimg_to_phys().
 */
struct rw_kimage_map {
	uint64_t start, end;	/* _text, _end as the kernel runs */
	uint64_t kimage_voffset;
};

/** False: @va is not in the image; *ret is untouched then. */
bool rw_kimage_map_pa(const struct rw_kimage_map *map, uint64_t va, uint64_t *ret);

#endif
