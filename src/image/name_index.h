/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of image_names.h, found quickly among hundreds of thousands of others:
 * the first eight bytes of a name are loaded as one word and looked up in a small
 * hash table of the same words of the names we want.  One in thirty or so gets past
 * that and is compared in full.
 */
#ifndef IMAGE_NAME_INDEX_H
#define IMAGE_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "rewalk/bytes.h"

enum {
	RW_NAME_HASH_BITS = 12,
	RW_NAME_PREFIX = 8,	/* bytes of a name that decide whether to look closer */
};

/** The wanted names by their first eight bytes; -1 ends a chain. */
struct rw_name_index {
	int16_t first[1 << RW_NAME_HASH_BITS];
	int16_t *next;
};

/** NULL without memory. */
struct rw_name_index *rw_name_index_create(void);

/** For __attribute__((cleanup)); a NULL is accepted. */
void rw_name_index_destroy(struct rw_name_index **index);

/** The place in rw_image_names of @name, of those in the chain that begins with @i; or -1. */
int rw_name_index_in_chain(const struct rw_name_index *index, int i, const char *name);

/**
 * The place in rw_image_names of what link-time optimization has called @name, which
 * is "that.llvm.N"; -1: none of them, or no such name.
 */
int rw_name_index_find_suffixed(const struct rw_name_index *index, const char *name);

/** Is @s the rest of such a name, ".llvm.N"? */
bool rw_is_llvm_suffix(const char *s);

/** The first eight bytes of a string, zeros after its end; @room bytes may be read. */
static inline uint64_t rw_name_prefix(const char *s, size_t room)
{
	static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	uint64_t word;

	if (room >= sizeof(word)) {
		word = rw_get_le64(s);
	} else {
		uint8_t bytes[sizeof(word)] = { 0 };

		memcpy(bytes, s, room);
		word = rw_get_le64(bytes);
	}
	// The lowest top bit is that of the first zero byte.
	uint64_t zeros = (word - ones) & ~word & tops;
	return zeros ? word & (((zeros & -zeros) >> 7) - 1) : word;
}

static inline size_t rw_name_hash(uint64_t prefix)
{
	return prefix * 0x9e3779b97f4a7c15 >> (64 - RW_NAME_HASH_BITS);
}

/** Where the chain of names begins that may be @name; -1: it is none of them. */
static inline int rw_name_index_chain(const struct rw_name_index *index, const char *name,
				      size_t room)
{
	return index->first[rw_name_hash(rw_name_prefix(name, room))];
}

#endif
