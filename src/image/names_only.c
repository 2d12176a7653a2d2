// SPDX-License-Identifier: GPL-2.0-or-later
//
// An image without a file of the kernel: names and addresses, out of a list
// (namelist.c) or a dumped kernel's own tables (dumped.c), and what else a dump
// tells of its kernel.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"

#include "image_names.h"
#include "image_private.h"
#include "name_index.h"

struct rw_image *rw_image_create(enum rw_image_kind kind, const char *path)
{
	struct rw_image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->kind = kind;
	image->fd = -1;
	image->path = strdup(path);
	image->lazy = calloc(1, sizeof(*image->lazy));
	image->named = calloc(rw_nr_image_names, sizeof(*image->named));
	if (image->path && image->lazy && image->named)
		return image;
	rw_image_close(image);
	return NULL;
}

enum rw_image_kind rw_image_kind(const struct rw_image *image)
{
	return image->kind;
}

bool rw_image_at_run_time(const struct rw_image *image)
{
	return image->run_time;
}

bool rw_image_has_kallsyms(const struct rw_image *image)
{
	return image->kind == RW_IMAGE_DUMP && image->lazy->names.kallsyms.nr;
}

/** By nm's letter: a capital is a global symbol's. */
static uint8_t rank_of(char letter)
{
	return letter == 'W' || letter == 'V' ? RW_RANK_WEAK :
	       letter >= 'A' && letter <= 'Z' ? RW_RANK_GLOBAL : RW_RANK_LOCAL;
}

static void keep_better(struct rw_named *named, uint64_t addr, uint8_t rank)
{
	if (rank > named->rank)
		*named = (struct rw_named){ addr, 0, rank };
}

static void note(struct rw_image *image, const struct rw_name_index *index, const char *name,
		 uint64_t addr, uint8_t rank)
{
	int i = rw_name_index_in_chain(index, rw_name_index_chain(index, name, strlen(name) + 1),
				       name);

	if (i < 0) {
		i = rw_name_index_find_suffixed(index, name);
		rank = RW_RANK_LOWEST;
	}
	if (i >= 0)
		keep_better(&image->named[i], addr, rank);
}

/** Names of symbols have neither blanks nor control characters. */
static bool is_name(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

struct rw_error *rw_image_scan_names(struct rw_image *image)
{
	__attribute__((__cleanup__(rw_name_index_destroy)))
	struct rw_name_index *index = rw_name_index_create();
	const struct rw_kallsyms *kallsyms = &image->lazy->names.kallsyms;
	const struct rw_ksymtab *list = &image->lazy->names.ksymtab;
	char name[RW_SYMBOL_NAME_SIZE], letter = '?';
	uint64_t pos = 0;

	if (!index)
		return &rw_enomem;
	for (size_t i = 0; i < list->nr; i++)
		note(image, index, list->entries[i].name, list->entries[i].addr,
		     rank_of(list->entries[i].letter));
	for (size_t i = 0; i < kallsyms->nr; i++) {
		if (!rw_kallsyms_next(kallsyms, &pos, name, sizeof(name), &letter) ||
		    !is_name(name))
			return rw_error_create(RW_ERROR_FORMAT, "kallsyms_names: name %zu of %zu "
					       "is damaged; give the kernel's vmlinux or its "
					       "System.map", i, kallsyms->nr);
		note(image, index, name, rw_kallsyms_addr(kallsyms, i), rank_of(letter));
	}
	return NULL;
}

bool rw_image_search_names(const struct rw_image *image, const char *wanted, struct rw_named *ret)
{
	const struct rw_kallsyms *kallsyms = &image->lazy->names.kallsyms;
	const struct rw_ksymtab *list = &image->lazy->names.ksymtab;
	size_t len = strlen(wanted);
	char name[RW_SYMBOL_NAME_SIZE], letter = '?';
	uint64_t pos = 0;

	*ret = (struct rw_named){ 0 };
	for (size_t i = 0; i < list->nr; i++) {
		const struct rw_ksymtab_entry *entry = &list->entries[i];

		if (strncmp(entry->name, wanted, len))
			continue;
		if (!entry->name[len])
			keep_better(ret, entry->addr, rank_of(entry->letter));
		else if (rw_is_llvm_suffix(entry->name + len))
			keep_better(ret, entry->addr, RW_RANK_LOWEST);
	}
	for (size_t i = 0; i < kallsyms->nr; i++) {
		if (!rw_kallsyms_next(kallsyms, &pos, name, sizeof(name), &letter))
			break;
		if (strncmp(name, wanted, len))
			continue;
		if (!name[len])
			keep_better(ret, rw_kallsyms_addr(kallsyms, i), rank_of(letter));
		else if (rw_is_llvm_suffix(name + len))
			keep_better(ret, rw_kallsyms_addr(kallsyms, i), RW_RANK_LOWEST);
	}
	if (!ret->rank && image->more && rw_image_search_names(image->more, wanted, ret))
		ret->addr -= image->more_slide;
	return ret->rank != 0;
}

/** Is one of the list's symbols at @addr? */
static bool has_symbol_at(const struct rw_ksymtab *list, size_t *at, uint64_t addr)
{
	// Both tables are in order: the search goes on from the one before.
	while (*at < list->nr && list->entries[*at].addr < addr)
		++*at;
	return *at < list->nr && list->entries[*at].addr == addr;
}

bool rw_image_agrees(const struct rw_image *image, const struct rw_image *names, uint64_t slide,
		     char what_ret[RW_SYMBOL_NAME_SIZE])
{
	const struct rw_kallsyms *kallsyms = &image->lazy->names.kallsyms;
	const struct rw_ksymtab *list = &names->lazy->names.ksymtab;
	size_t at = 0;

	for (size_t i = 0; i < kallsyms->nr; i++)
		if (!has_symbol_at(list, &at, rw_kallsyms_addr(kallsyms, i) + slide))
			return !rw_kallsyms_name(kallsyms, i, what_ret);
	for (size_t i = 0; !kallsyms->nr && i < rw_nr_image_names; i++) {
		if (!image->named[i].rank || !names->named[i].rank ||
		    image->named[i].addr + slide == names->named[i].addr)
			continue;
		snprintf(what_ret, RW_SYMBOL_NAME_SIZE, "%s", rw_image_names[i]);
		return false;
	}
	return true;
}

void rw_image_add_symbol(struct rw_image *image, const char *name, uint64_t addr)
{
	for (size_t i = 0; i < rw_nr_image_names; i++)
		if (!strcmp(rw_image_names[i], name) && !image->named[i].rank)
			image->named[i] = (struct rw_named){ addr, 0, RW_RANK_LOWEST };
}

void rw_image_add_names(struct rw_image *image, const struct rw_image *names, uint64_t slide)
{
	image->more = names;
	image->more_slide = slide;
	if (!image->lazy->names.kallsyms.nr)
		image->run_time = names->run_time && !slide;
	for (size_t i = 0; i < rw_nr_image_names; i++)
		if (names->named[i].rank)
			keep_better(&image->named[i], names->named[i].addr - slide,
				    RW_RANK_LOWEST);
}

struct rw_error *rw_image_add_identity(struct rw_image *image, const uint8_t *build_id,
				       size_t size, const char *banner)
{
	if (size && size <= sizeof(image->own_build_id)) {
		memcpy(image->own_build_id, build_id, size);
		image->build_id = image->own_build_id;
		image->build_id_size = size;
	}
	if (!banner)
		return NULL;
	free(image->banner);
	image->banner = strdup(banner);
	return image->banner ? NULL : &rw_enomem;
}

void rw_image_add_bytes(struct rw_image *image, rw_image_read_fn *read, void *arg)
{
	image->read = read;
	image->read_arg = arg;
}

void rw_image_add_types(struct rw_image *image, uint8_t *btf, size_t size)
{
	free(image->types);
	image->types = btf;
	image->types_size = size;
}

const uint8_t *rw_image_types(const struct rw_image *image, size_t *size_ret)
{
	if (image->types)
		*size_ret = image->types_size;
	return image->types;
}

void rw_image_rebase(struct rw_image *image, uint64_t slide)
{
	struct rw_names *names = &image->lazy->names;

	for (size_t i = 0; i < rw_nr_image_names; i++)
		if (image->named[i].rank)
			image->named[i].addr -= slide;
	names->kallsyms.base -= slide;
	names->kallsyms.offsets_addr -= slide;
	names->made = false;
	image->run_time = false;
}
