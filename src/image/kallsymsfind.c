// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a kernel's own table of symbols lies in its memory, if nothing tells.
//
// Up to 6.0 its parts follow each other, each at a multiple of 8:
//
//	offsets  relative_base  num_syms  names  markers  token_table  token_index
//
// The last one is 256 ascending numbers, of which the first is 0.  Behind it nothing has to
// be looked at; before it each part is told by the next one, and all by each other.
//
// Source: scripts/kallsyms.c, write_src(), 4.20 to 6.0; checked on Debian's 5.10.

#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"

#include "image_private.h"

enum {
	PAGE = 4096,
	STEP = 1 << 20,			/* bytes read at once; some of them must be there */
	MOST_IMAGE = 1 << 26,		/* bytes from _stext on; Debian's 5.10 has them at 15 MB */
	MOST_BELOW = 1 << 24,		/* _text is not further below _stext than that */
	INDEX_SIZE = RW_KALLSYMS_TOKENS * 2,
	MOST_TOKEN = RW_SYMBOL_NAME_SIZE,
	/* that are looked at, in vain too; in more, no kernel's memory has its table */
	MOST_TABLES = 1 << 12,
	MOST_NAMES = 1 << 24,
};

/** Memory from @start on, pages that are missing as zeros; and how much was looked at. */
struct memory {
	uint8_t *bytes;
	size_t size;
	uint64_t start;
	unsigned int tables, names;
};

static size_t align8(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static bool is_index(const uint8_t *index)
{
	unsigned int last = rw_get_le16(index);

	if (last)
		return false;
	for (size_t i = 1; i < RW_KALLSYMS_TOKENS; i++) {
		unsigned int off = rw_get_le16(index + 2 * i);

		// An empty token has its end.
		if (off <= last || off - last > MOST_TOKEN)
			return false;
		last = off;
	}
	return true;
}

/** The table before the @index: it ends there, but for the bytes up to a multiple of 8. */
static bool find_tokens(struct memory *m, size_t index, size_t *ret)
{
	size_t last = rw_get_le16(m->bytes + index + INDEX_SIZE - 2), size;

	for (size_t room = align8(last + 1); room <= align8(last + MOST_TOKEN) && room <= index;
	     room += 8) {
		if (m->tables++ > MOST_TABLES)
			return false;
		*ret = index - room;
		if (rw_kallsyms_check_tokens(m->bytes + index, m->bytes + *ret, room, &size) &&
		    align8(size) == room)
			return true;
	}
	return false;
}

/** The markers before @end: ascending from 0; their number may leave 4 bytes of zeros behind. */
static bool find_markers(const struct memory *m, size_t end, size_t *ret, size_t *nr_ret)
{
	size_t at = end, nr = 1;

	if (end < 8)
		return false;
	at -= rw_get_le32(m->bytes + end - 4) ? 4 : 8;
	for (uint32_t above = rw_get_le32(m->bytes + at); above; nr++) {
		if (at < 4)
			return false;
		at -= 4;
		uint32_t marker = rw_get_le32(m->bytes + at);
		if (marker >= above)
			return false;
		above = marker;
	}
	*ret = at;
	*nr_ret = nr;
	return at % 8 == 0;
}

/** Are there @nr names from @names to @markers, with what these say? */
static bool are_names(struct memory *m, size_t names, size_t markers, size_t nr)
{
	size_t at = names;

	for (size_t i = 0; i < nr && m->names++ < MOST_NAMES; i++) {
		size_t size = rw_kallsyms_name_size(m->bytes + at, markers - at);
		const uint8_t *marker = m->bytes + markers + i / RW_KALLSYMS_GROUP * 4;

		if (!size || (i % RW_KALLSYMS_GROUP == 0 && rw_get_le32(marker) != at - names))
			return false;
		at += size;
	}
	return m->names < MOST_NAMES && align8(at) == markers;
}

/** The names before the markers: their number stands before them, and a number of markers fits. */
static bool find_names(struct memory *m, size_t markers, size_t nr_markers, size_t *ret,
		       size_t *nr_ret)
{
	size_t last = rw_get_le32(m->bytes + markers + 4 * (nr_markers - 1));
	size_t most = (size_t)RW_KALLSYMS_GROUP * (MOST_TOKEN + 2);

	for (size_t size = align8(last + 1); size <= align8(last + most); size += 8) {
		if (size + 8 > markers)
			return false;
		size_t names = markers - size, nr = rw_get_le64(m->bytes + names - 8);

		if (!nr || (nr - 1) / RW_KALLSYMS_GROUP + 1 != nr_markers)
			continue;
		if (!are_names(m, names, markers, nr))
			continue;
		*ret = names;
		*nr_ret = nr;
		return true;
	}
	return false;
}

/** All of it, before the token_index at @index. */
static bool find_before(struct memory *m, size_t index, struct rw_kallsyms_place *ret)
{
	size_t tokens, markers, nr_markers, names, nr;

	if (!find_tokens(m, index, &tokens) || !find_markers(m, tokens, &markers, &nr_markers) ||
	    !find_names(m, markers, nr_markers, &names, &nr))
		return false;
	size_t offsets_size = align8(nr * 4);
	if (names < 16 || offsets_size > names - 16)
		return false;
	uint64_t base = rw_get_le64(m->bytes + names - 16);
	if (base > m->start || m->start - base > MOST_BELOW)
		return false;
	*ret = (struct rw_kallsyms_place){
		.num_syms = m->start + names - 8,
		.names = m->start + names,
		.token_table = m->start + tokens,
		.token_index = m->start + index,
		.offsets = m->start + names - 16 - offsets_size,
		.relative_base = m->start + names - 16,
	};
	return true;
}

/** Another @STEP of memory behind what there is; false if all is missing, or no room is left. */
static bool read_more(struct memory *m, rw_image_read_fn *read, void *arg)
{
	uint8_t *grown = m->size < MOST_IMAGE ? realloc(m->bytes, m->size + STEP) : NULL;
	bool any = false;

	if (!grown)
		return false;
	m->bytes = grown;
	for (size_t end = m->size + STEP; m->size < end; m->size += PAGE) {
		if (read(arg, m->start + m->size, m->bytes + m->size, PAGE))
			any = true;
		else
			memset(m->bytes + m->size, 0, PAGE);
	}
	return any;
}

bool rw_kallsyms_find(rw_image_read_fn *read, void *arg, uint64_t stext,
		      struct rw_kallsyms_place *ret)
{
	struct memory m = { .start = stext };
	bool found = false;

	if (stext % 8)
		return false;
	for (size_t at = 0; !found && read_more(&m, read, arg);)
		for (; !found && at + INDEX_SIZE <= m.size; at += 8)
			found = is_index(m.bytes + at) && find_before(&m, at, ret);
	free(m.bytes);
	return found;
}
