// SPDX-License-Identifier: GPL-2.0-or-later
//
// The symbol table of a dumped kernel, read out of its memory (kallsyms.c has its
// format).  Nothing in memory tells how long the names are: they are walked from
// the first to the last, which also gives the markers anew.
//
// The memory may be damaged, or no kernel's at all: what is read is held against
// what the table must be, and is bounded by what a kernel can have.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"

#include "image_private.h"

enum {
	PAGE = 4096,
	LEAST_SYMBOLS = 4,
	MOST_SYMBOLS = 1 << 22,		/* Debian's 7.2 has 210,000 */
	MOST_TOKENS = RW_SYMBOL_NAME_SIZE + 1,	/* of one name: each has a character */
	MOST_NAMES = 1 << 25,		/* bytes */
	MOST_TOKEN = RW_SYMBOL_NAME_SIZE,
};

static const char remedy[] = "give the kernel's vmlinux or its System.map";

/** Memory, and the table that is read out of it. */
struct reading {
	const struct rw_kallsyms_place *place;
	rw_image_read_fn *read;
	void *arg;
	struct rw_kallsyms *ret;
};

static struct rw_error *missing(const char *what, uint64_t addr)
{
	return rw_error_create(RW_ERROR_MISSING, "%s: 0x%" PRIx64 " is not in the dump; %s", what,
			       addr, remedy);
}

static struct rw_error *damaged(const char *what)
{
	return rw_error_create(RW_ERROR_FORMAT, "%s: no table of symbols, or a damaged one; %s",
			       what, remedy);
}

static struct rw_error *read_offsets(const struct reading *r)
{
	const struct rw_kallsyms_place *place = r->place;
	uint64_t addr = place->offsets ? place->offsets : place->addresses;
	size_t size = r->ret->nr * (place->offsets ? sizeof(uint32_t) : sizeof(uint64_t));
	uint8_t word[8];

	r->ret->owned[0] = malloc(size);
	if (!r->ret->owned[0])
		return &rw_enomem;
	if (!r->read(r->arg, addr, r->ret->owned[0], size))
		return missing("kallsyms_offsets", addr);
	r->ret->offsets = r->ret->owned[0];
	r->ret->offsets_addr = addr;
	r->ret->code = !place->offsets ? RW_KALLSYMS_ADDRESS :
		       place->relative_base ? RW_KALLSYMS_BASE : RW_KALLSYMS_PLACE;
	if (r->ret->code == RW_KALLSYMS_BASE) {
		if (!r->read(r->arg, place->relative_base, word, sizeof(word)))
			return missing("kallsyms_relative_base", place->relative_base);
		r->ret->base = rw_get_le64(word);
	}
	for (size_t i = 1; i < r->ret->nr; i++)
		if (rw_kallsyms_addr(r->ret, i) < rw_kallsyms_addr(r->ret, i - 1))
			return damaged("kallsyms_offsets");
	return NULL;
}

/** The table ends with a string: its bytes are read one by one. */
static struct rw_error *read_tokens(const struct reading *r)
{
	const size_t index_size = RW_KALLSYMS_TOKENS * sizeof(uint16_t);
	uint8_t *index = r->ret->owned[1] = malloc(index_size);
	uint8_t *tokens = r->ret->owned[2] = calloc(1, UINT16_MAX + 1 + MOST_TOKEN);

	if (!index || !tokens)
		return &rw_enomem;
	if (!r->read(r->arg, r->place->token_index, index, index_size))
		return missing("kallsyms_token_index", r->place->token_index);
	size_t size = rw_get_le16(index + index_size - sizeof(uint16_t));
	if (!r->read(r->arg, r->place->token_table, tokens, size))
		return missing("kallsyms_token_table", r->place->token_table);
	for (size_t end = size + MOST_TOKEN; size < end; size++) {
		if (!r->read(r->arg, r->place->token_table + size, tokens + size, 1))
			return missing("kallsyms_token_table", r->place->token_table + size);
		if (!tokens[size])
			break;
	}
	if (!rw_kallsyms_check_tokens(index, tokens, size + 1, &r->ret->tokens_size))
		return damaged("kallsyms_token_table");
	r->ret->token_index = index;
	r->ret->tokens = (const char *)tokens;
	return NULL;
}

/** The names up to the last one, and where each group of them begins. */
static struct rw_error *read_names(const struct reading *r)
{
	size_t nr_markers = (r->ret->nr + RW_KALLSYMS_GROUP - 1) / RW_KALLSYMS_GROUP;
	uint32_t *markers = calloc(nr_markers, sizeof(*markers));
	size_t room = 0, have = 0, pos = 0;

	r->ret->owned[3] = (uint8_t *)markers;
	if (!markers)
		return &rw_enomem;
	for (size_t i = 0; i < r->ret->nr;) {
		size_t size = rw_kallsyms_name_size(r->ret->owned[4] ? r->ret->owned[4] + pos :
						    NULL, have - pos);

		if (size) {
			if (size > MOST_TOKENS + 2)
				return damaged("kallsyms_names");
			if (i % RW_KALLSYMS_GROUP == 0)
				markers[i / RW_KALLSYMS_GROUP] = htole32((uint32_t)pos);
			pos += size;
			i++;
			continue;
		}
		// To the end of a page, so that nothing behind the names is asked for.
		uint64_t at = r->place->names + have;
		size_t more = PAGE - at % PAGE;
		if (have + more > MOST_NAMES)
			return damaged("kallsyms_names");
		if (have + more > room) {
			room = (have + more) * 2;
			uint8_t *grown = realloc(r->ret->owned[4], room);
			if (!grown)
				return &rw_enomem;
			r->ret->owned[4] = grown;
		}
		if (!r->read(r->arg, at, r->ret->owned[4] + have, more))
			return missing("kallsyms_names", at);
		have += more;
	}
	r->ret->markers = (const uint8_t *)markers;
	r->ret->names = r->ret->owned[4];
	r->ret->names_size = pos;
	return NULL;
}

static struct rw_error *read_tables(const struct reading *r)
{
	uint8_t word[4];

	if (!r->read(r->arg, r->place->num_syms, word, sizeof(word)))
		return missing("kallsyms_num_syms", r->place->num_syms);
	r->ret->nr = rw_get_le32(word);
	if (r->ret->nr < LEAST_SYMBOLS || r->ret->nr > MOST_SYMBOLS)
		return damaged("kallsyms_num_syms");
	struct rw_error *err = read_tokens(r);
	if (!err)
		err = read_offsets(r);
	return err ? err : read_names(r);
}

struct rw_error *rw_image_create_dump(const char *path, struct rw_image **ret)
{
	struct rw_image *image = rw_image_create(RW_IMAGE_DUMP, path);

	if (!image)
		return &rw_enomem;
	*ret = image;
	return NULL;
}

struct rw_error *rw_image_add_kallsyms(struct rw_image *image,
				       const struct rw_kallsyms_place *place,
				       rw_image_read_fn *read, void *arg)
{
	struct rw_kallsyms kallsyms = { 0 };
	const struct reading r = { place, read, arg, &kallsyms };

	struct rw_error *err = read_tables(&r);
	if (err) {
		rw_kallsyms_deinit(&kallsyms);
		return err;
	}
	rw_kallsyms_deinit(&image->lazy->names.kallsyms);
	image->lazy->names.kallsyms = kallsyms;
	image->run_time = true;
	image->lazy->names.made = false;
	return rw_image_scan_names(image);
}
