/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual memory of a dumped kernel: physical memory seen through the maps of
 * its kernel image, its linear map, and its page tables.
 */
#ifndef REWALK_SPACE_H
#define REWALK_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/dump.h"
#include "rewalk/pagetable.h"

enum { RW_SPACE_PAGES = 32, RW_SPACE_PAGE = 4096 };

/** One 4 KiB of virtual memory, kept. */
struct rw_space_page {
	uint64_t tag;		/* va / 4096 + 1; 0: empty */
	uint8_t bytes[RW_SPACE_PAGE];
};

struct rw_space {
	struct rw_dump *dump;	/* borrowed */
	struct rw_kimage_map kimage;
	struct rw_linear_map linear;
	bool has_linear, has_tables;
	bool tagged;		/* pointers may have a tag of KASAN in bits 63 to 56 */
	struct rw_pagetable tables;
	struct rw_translation_cache cache;
	struct rw_space_page pages[RW_SPACE_PAGES];
	unsigned int missing;	/* bit n: a read failed for enum rw_dump_status n; to be cleared */
};

/** The physical address of @va.  False: not mapped, or a table is missing. */
bool rw_space_translate(struct rw_space *space, uint64_t va, uint64_t *ret);

/** Read @size bytes at @va.  False: a byte is missing; @buf may be partly written. */
bool rw_space_read(struct rw_space *space, uint64_t va, void *buf, size_t size);

/** Read an unsigned little-endian integer of 1, 2, 4 or 8 bytes, as its type says. */
bool rw_space_read_uint(struct rw_space *space, uint64_t va, unsigned int size, uint64_t *ret);

/**
 * Read @nr words that follow each other; the form is that of struct rw_unwind_input,
 * @memory a struct rw_space, whose pages are kept: a walk stays on a few of them.
 */
bool rw_space_read_words(void *memory, uint64_t addr, size_t nr, uint64_t *ret);

#endif
