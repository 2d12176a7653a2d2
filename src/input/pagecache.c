// SPDX-License-Identifier: GPL-2.0-or-later
//
// A set-associative cache of pages: a page may be in any of the eight slots of
// its set, and pushes out the one of these that was used longest ago.  Pages
// are allocated when first needed.

#include <stdlib.h>

#include "pagecache.h"
#include "rewalk/cleanup.h"

enum {
	NR_WAYS = 8,
	CACHE_SIZE = 16 << 20,
};

struct rw_pagecache_slot {
	uint8_t *page;
	struct rw_pagecache_key key;
	uint64_t used;		/* the clock; 0: holds nothing */
};

bool rw_pagecache_init(struct rw_pagecache *cache, size_t page_size, uint64_t nr_pages)
{
	uint64_t nr_slots = CACHE_SIZE / page_size;

	// One slot is the spare page.
	if (nr_slots > nr_pages)
		nr_slots = nr_pages + NR_WAYS;
	size_t nr_sets = nr_slots > NR_WAYS ? nr_slots / NR_WAYS : 1;
	_cleanup_free_ struct rw_pagecache_slot *slots =
		calloc(nr_sets, NR_WAYS * sizeof(*slots));
	_cleanup_free_ uint8_t *spare = malloc(page_size);
	if (!slots || !spare)
		return false;
	*cache = (struct rw_pagecache){
		.slots = rw_steal(slots),
		.nr_sets = nr_sets,
		.page_size = page_size,
		.spare = rw_steal(spare),
	};
	return true;
}

void rw_pagecache_deinit(struct rw_pagecache *cache)
{
	for (size_t i = 0; i < cache->nr_sets * NR_WAYS; i++)
		free(cache->slots[i].page);
	free(cache->slots);
	free(cache->spare);
	*cache = (struct rw_pagecache){ 0 };
}

static struct rw_pagecache_slot *find_set(const struct rw_pagecache *cache,
					  struct rw_pagecache_key key)
{
	uint64_t hash = (key.off ^ ((uint64_t)key.source << 48)) * UINT64_C(0x9e3779b97f4a7c15);

	return &cache->slots[(hash >> 32) % cache->nr_sets * NR_WAYS];
}

const uint8_t *rw_pagecache_find(struct rw_pagecache *cache, struct rw_pagecache_key key)
{
	struct rw_pagecache_slot *set = find_set(cache, key);

	for (size_t i = 0; i < NR_WAYS; i++) {
		if (set[i].used && set[i].key.off == key.off &&
		    set[i].key.source == key.source) {
			set[i].used = ++cache->clock;
			return set[i].page;
		}
	}
	return NULL;
}

uint8_t *rw_pagecache_take(struct rw_pagecache *cache, struct rw_pagecache_key key)
{
	struct rw_pagecache_slot *set = find_set(cache, key);
	struct rw_pagecache_slot *oldest = set;

	for (size_t i = 1; i < NR_WAYS; i++) {
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	oldest->used = 0;
	if (!oldest->page)
		oldest->page = malloc(cache->page_size);
	return oldest->page ? oldest->page : cache->spare;
}

void rw_pagecache_keep(struct rw_pagecache *cache, struct rw_pagecache_key key,
		       const uint8_t *page)
{
	struct rw_pagecache_slot *set = find_set(cache, key);

	for (size_t i = 0; i < NR_WAYS; i++) {
		if (set[i].page == page) {
			set[i].key = key;
			set[i].used = ++cache->clock;
		}
	}
}
