/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decompressed pages, the last ones used, in at most 16 MiB.  A page is known by
 * where its compressed bytes lie, since all pages of zeros share them.
 */
#ifndef REWALK_INPUT_PAGECACHE_H
#define REWALK_INPUT_PAGECACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_pagecache {
	struct rw_pagecache_slot *slots;
	size_t nr_sets;
	size_t page_size;
	uint8_t *spare;		/* used when there is no memory for another page */
	uint64_t clock;
};

/** Which compressed page: the number of its file and its offset there. */
struct rw_pagecache_key {
	uint64_t off;
	uint32_t source;
};

/**
 * @param page_size  Largest page, in bytes; up to 1 MiB.
 * @param nr_pages   How many different pages there can be.
 * @return False: no memory; nothing is to be released then.
 */
bool rw_pagecache_init(struct rw_pagecache *cache, size_t page_size, uint64_t nr_pages);

/** A zeroed one is accepted. */
void rw_pagecache_deinit(struct rw_pagecache *cache);

/** The page, valid until the next rw_pagecache_take(); NULL if it is not here. */
const uint8_t *rw_pagecache_find(struct rw_pagecache *cache, struct rw_pagecache_key key);

/**
 * Room to decompress a page into; never NULL.  The page counts as not here until
 * rw_pagecache_keep().
 */
uint8_t *rw_pagecache_take(struct rw_pagecache *cache, struct rw_pagecache_key key);

/** The room that was taken last holds the page now. */
void rw_pagecache_keep(struct rw_pagecache *cache, struct rw_pagecache_key key,
		       const uint8_t *page);

#endif
