// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's own symbol table, as scripts/kallsyms lays it out in .rodata.
//
//   kallsyms_num_syms     u32        number of symbols n
//   kallsyms_offsets      u32[n]     addresses, ascending, in one of two codes:
//                                    up to 6.x  kallsyms_relative_base + (u32)offset
//                                    since 7.0  address of the offset + (s32)offset
//   kallsyms_names        u8[]       n names back to back: a length, then so many
//                                    token numbers; a length byte with bit 7 set
//                                    has seven more bits in the next byte (6.1)
//   kallsyms_markers      u32[]      where names 0, 256, 512 ... begin
//   kallsyms_token_index  u16[256]   where each token begins
//   kallsyms_token_table  char[]     256 strings
//
// The tokens of a name put together are its type letter (as in nm) and the name.
// Nothing tells how long the tables are: each is held against the end of its
// section.  Kernels that still have kallsyms_addresses are left to ksymtab.c.
//
// Source: image.md 8.1, checked there on three kernels.

#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"

#include "image_private.h"

enum {
	GROUP = 256,		/* names between two markers */
	NR_TOKENS = 256,
};

static const uint8_t *table(const struct rw_image *image, const char *name, size_t *room_ret)
{
	const struct rw_named *symbol = rw_image_named(image, name);

	return symbol ? rw_image_rest(image, symbol->addr, room_ret) : NULL;
}

/** The tokens: their beginnings ascend, and the last one ends. */
static bool find_tokens(const struct rw_image *image, struct rw_kallsyms *ret)
{
	size_t index_room, room;
	const uint8_t *index = table(image, "kallsyms_token_index", &index_room);
	const uint8_t *tokens = table(image, "kallsyms_token_table", &room);
	uint16_t last = 0;

	if (!index || !tokens || index_room < NR_TOKENS * sizeof(uint16_t))
		return false;
	for (size_t i = 0; i < NR_TOKENS; i++) {
		uint16_t off = rw_get_le16(index + i * sizeof(off));

		if (off < last || off >= room)
			return false;
		last = off;
	}
	const uint8_t *end = memchr(tokens + last, 0, room - last);
	if (!end)
		return false;
	ret->token_index = index;
	ret->tokens = (const char *)tokens;
	ret->tokens_size = (size_t)(end + 1 - tokens);
	return true;
}

static bool find_addresses(const struct rw_image *image, struct rw_kallsyms *ret)
{
	const struct rw_named *offsets = rw_image_named(image, "kallsyms_offsets");
	const struct rw_named *base = rw_image_named(image, "kallsyms_relative_base");
	uint8_t word[8];
	size_t room;

	if (!offsets)
		return false;
	ret->offsets = rw_image_rest(image, offsets->addr, &room);
	ret->offsets_addr = offsets->addr;
	if (!ret->offsets || room / sizeof(uint32_t) < ret->nr)
		return false;
	ret->place_relative = !base;
	if (!base)
		return true;
	if (!rw_image_read(image, base->addr, word, sizeof(word)))
		return false;
	ret->base = rw_get_le64(word);
	return true;
}

bool rw_kallsyms_init(const struct rw_image *image, struct rw_kallsyms *ret)
{
	struct rw_kallsyms kallsyms = { 0 };
	size_t room;
	const uint8_t *nr = table(image, "kallsyms_num_syms", &room);

	if (!nr || room < sizeof(uint32_t))
		return false;
	kallsyms.nr = rw_get_le32(nr);
	kallsyms.names = table(image, "kallsyms_names", &kallsyms.names_size);
	kallsyms.markers = table(image, "kallsyms_markers", &room);
	if (!kallsyms.nr || !kallsyms.names || !kallsyms.markers ||
	    kallsyms.names_size < kallsyms.nr ||
	    room / sizeof(uint32_t) < (kallsyms.nr + GROUP - 1) / GROUP ||
	    rw_get_le32(kallsyms.markers) != 0 ||
	    !find_tokens(image, &kallsyms) || !find_addresses(image, &kallsyms))
		return false;
	*ret = kallsyms;
	return true;
}

uint64_t rw_kallsyms_addr(const struct rw_kallsyms *kallsyms, size_t i)
{
	uint32_t offset = rw_get_le32(kallsyms->offsets + i * sizeof(offset));

	if (!kallsyms->place_relative)
		return kallsyms->base + offset;
	return kallsyms->offsets_addr + i * sizeof(offset) + (uint64_t)(int64_t)(int32_t)offset;
}

/** The number of tokens of the name at *@pos, which moves to the first of them. */
static bool name_length(const struct rw_kallsyms *kallsyms, uint64_t *pos, uint32_t *ret)
{
	if (!rw_fits(*pos, 1, kallsyms->names_size))
		return false;
	uint32_t len = kallsyms->names[(*pos)++];
	if (len & 0x80) {
		if (!rw_fits(*pos, 1, kallsyms->names_size))
			return false;
		len = (len & 0x7f) | (uint32_t)kallsyms->names[(*pos)++] << 7;
	}
	if (!rw_fits(*pos, len, kallsyms->names_size))
		return false;
	*ret = len;
	return true;
}

bool rw_kallsyms_name(const struct rw_kallsyms *kallsyms, size_t i,
		      char ret[RW_SYMBOL_NAME_SIZE])
{
	uint64_t pos = rw_get_le32(kallsyms->markers + i / GROUP * sizeof(uint32_t));
	uint32_t len;

	for (size_t skip = i % GROUP; skip; skip--) {
		if (!name_length(kallsyms, &pos, &len))
			return false;
		pos += len;
	}
	if (!name_length(kallsyms, &pos, &len))
		return false;

	size_t nr = 0;
	bool letter = true;	// the type comes first
	for (uint32_t token = 0; token < len; token++) {
		size_t number = kallsyms->names[pos + token];
		// Where it begins and that it ends was checked in find_tokens().
		const char *s = kallsyms->tokens +
				rw_get_le16(kallsyms->token_index + number * sizeof(uint16_t));

		for (; *s && nr < RW_SYMBOL_NAME_SIZE - 1; s++) {
			if (!letter)
				ret[nr++] = *s;
			letter = false;
		}
	}
	ret[nr] = '\0';
	return nr != 0;
}
