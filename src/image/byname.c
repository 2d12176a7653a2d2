// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names to addresses, by the table that the kernel names addresses from.
//
// A printed trace has names, and there may be a hundred thousand of them. So the
// names of the table are hashed once, into an open table of the symbols' numbers.
//
// A kernel built by clang with link-time optimization may cut what that adds to names
// of static functions (".llvm.123") when it prints them; such a name is found without
// it as well.
//
// Source: kernel/kallsyms.c (cleanup_symbol_name, 5.13 to 6.10).

#include <stdlib.h>
#include <string.h>

#include "image_private.h"
#include "name_index.h"

/** The length of @name without what clang added to it. */
static size_t plain_length(const char *name)
{
	const char *suffix = strstr(name, ".llvm.");

	return suffix && suffix > name && rw_is_llvm_suffix(suffix) ? (size_t)(suffix - name) :
								      strlen(name);
}

static uint32_t hash_of(const char *name, size_t size)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static void insert(struct rw_byname *byname, const char *name, size_t symbol)
{
	size_t slot = hash_of(name, plain_length(name)) & (byname->nr_slots - 1);

	while (byname->slots[slot])
		slot = (slot + 1) & (byname->nr_slots - 1);
	byname->slots[slot] = (uint32_t)symbol + 1;
}

static bool make(const struct rw_names *names, struct rw_byname *byname)
{
	size_t nr = rw_names_nr(names), nr_slots = 1024;
	uint64_t pos = 0;

	while (nr_slots < 2 * nr && nr_slots < (size_t)1 << 31)
		nr_slots *= 2;
	if (nr >= nr_slots)
		return false;
	byname->slots = calloc(nr_slots, sizeof(byname->slots[0]));
	if (!byname->slots)
		return false;
	byname->nr_slots = nr_slots;
	for (size_t i = 0; i < nr; i++) {
		char name[RW_SYMBOL_NAME_SIZE], letter;

		if (!names->kallsyms.nr)
			insert(byname, names->ksymtab.entries[i].name, i);
		else if (rw_kallsyms_next(&names->kallsyms, &pos, name, sizeof(name), &letter))
			insert(byname, name, i);
		else
			break;	// a damaged table: what comes before it can be found
	}
	return true;
}

void rw_byname_deinit(struct rw_byname *byname)
{
	free(byname->slots);
	*byname = (struct rw_byname){ 0 };
}

/** What was found in the list beside a dump, at the dump's addresses. */
struct moved {
	rw_image_found_fn found;
	void *arg;
	uint64_t slide;
};

static void found_moved(void *arg, uint64_t addr, uint64_t size)
{
	const struct moved *moved = arg;

	moved->found(moved->arg, addr - moved->slide, size);
}

size_t rw_image_find(const struct rw_image *image, const char *name, rw_image_found_fn found,
		     void *arg)
{
	struct rw_byname *byname = &image->lazy->byname;
	size_t size = strlen(name), nr = 0;

	if (image->more && !rw_names_nr(&image->lazy->names)) {
		struct moved moved = { found, arg, image->more_slide };

		return rw_image_find(image->more, name, found_moved, &moved);
	}
	const struct rw_names *names = rw_image_names_of(image);
	if (!names || !rw_names_nr(names) || (!byname->slots && !make(names, byname)))
		return 0;
	size_t slot = hash_of(name, plain_length(name)) & (byname->nr_slots - 1);
	for (; byname->slots[slot]; slot = (slot + 1) & (byname->nr_slots - 1)) {
		char other[RW_SYMBOL_NAME_SIZE];
		size_t symbol = byname->slots[slot] - 1;
		struct rw_symbol whole;

		if (!rw_names_name(names, symbol, other) || strncmp(other, name, size) ||
		    (other[size] && !rw_is_llvm_suffix(other + size)))
			continue;
		uint64_t addr = rw_names_addr(names, symbol);
		// Of several names of one place the kernel prints one; any may be asked for.
		if (!rw_image_symbolize(image, addr, &whole))
			continue;
		found(arg, addr, whole.size);
		nr++;
	}
	return nr;
}
