// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's own symbol table, as scripts/kallsyms lays it out in .rodata.
//
//   kallsyms_num_syms     u32        number of symbols n
//   kallsyms_offsets      u32[n]     addresses, ascending, in one of two codes:
//                                    up to 6.x  kallsyms_relative_base + (u32)offset
//                                    since 7.0  address of the offset + (s32)offset
//   kallsyms_addresses    u64[n]     instead, if they are not relative
//   kallsyms_names        u8[]       n names back to back: a length, then so many
//                                    token numbers; a length byte with bit 7 set
//                                    has seven more bits in the next byte (6.1)
//   kallsyms_markers      u32[]      where names 0, 256, 512 ... begin
//   kallsyms_token_index  u16[256]   where each token begins
//   kallsyms_token_table  char[]     256 strings
//
// The tokens of a name put together are its type letter (as in nm) and the name.
// Nothing tells how long the tables are: each is held against the end of its
// section.  A vmlinux that has kallsyms_addresses, whose words may be nothing but
// relocations, is left to ksymtab.c; in a dump they stand as they are (dumped.c).
//
// Source: image.md 8.1, checked there on three kernels.

#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"

#include "image_private.h"

static const uint8_t *table(const struct rw_image *image, const char *name, size_t *room_ret)
{
	const struct rw_named *symbol = rw_image_named(image, name);

	return symbol ? rw_image_rest(image, symbol->addr, room_ret) : NULL;
}

bool rw_kallsyms_check_tokens(const uint8_t *index, const uint8_t *tokens, size_t room,
			      size_t *size_ret)
{
	uint16_t last = 0;

	for (size_t i = 0; i < RW_KALLSYMS_TOKENS; i++) {
		uint16_t off = rw_get_le16(index + i * sizeof(off));

		if (off < last || off >= room)
			return false;
		last = off;
	}
	const uint8_t *end = memchr(tokens + last, 0, room - last);
	if (!end)
		return false;
	*size_ret = (size_t)(end + 1 - tokens);
	return true;
}

/** The tokens: their beginnings ascend, and the last one ends. */
static bool find_tokens(const struct rw_image *image, struct rw_kallsyms *ret)
{
	size_t index_room, room;
	const uint8_t *index = table(image, "kallsyms_token_index", &index_room);
	const uint8_t *tokens = table(image, "kallsyms_token_table", &room);

	if (!index || !tokens || index_room < RW_KALLSYMS_TOKENS * sizeof(uint16_t) ||
	    !rw_kallsyms_check_tokens(index, tokens, room, &ret->tokens_size))
		return false;
	ret->token_index = index;
	ret->tokens = (const char *)tokens;
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
	ret->code = base ? RW_KALLSYMS_BASE : RW_KALLSYMS_PLACE;
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
	    room / sizeof(uint32_t) < (kallsyms.nr + RW_KALLSYMS_GROUP - 1) / RW_KALLSYMS_GROUP ||
	    rw_get_le32(kallsyms.markers) != 0 ||
	    !find_tokens(image, &kallsyms) || !find_addresses(image, &kallsyms))
		return false;
	*ret = kallsyms;
	return true;
}

void rw_kallsyms_deinit(struct rw_kallsyms *kallsyms)
{
	for (size_t i = 0; i < sizeof(kallsyms->owned) / sizeof(kallsyms->owned[0]); i++)
		free(kallsyms->owned[i]);
	*kallsyms = (struct rw_kallsyms){ 0 };
}

uint64_t rw_kallsyms_addr(const struct rw_kallsyms *kallsyms, size_t i)
{
	if (kallsyms->code == RW_KALLSYMS_ADDRESS)
		return kallsyms->base + rw_get_le64(kallsyms->offsets + i * sizeof(uint64_t));

	uint32_t offset = rw_get_le32(kallsyms->offsets + i * sizeof(offset));

	if (kallsyms->code == RW_KALLSYMS_BASE)
		return kallsyms->base + offset;
	return kallsyms->offsets_addr + i * sizeof(offset) + (uint64_t)(int64_t)(int32_t)offset;
}

size_t rw_kallsyms_name_size(const uint8_t *names, size_t room)
{
	size_t head = 1, len;

	if (!room)
		return 0;
	len = names[0];
	if (len & 0x80) {
		if (room < 2)
			return 0;
		len = (len & 0x7f) | (size_t)names[1] << 7;
		head = 2;
	}
	return len <= room - head ? head + len : 0;
}

/** Put the tokens of one name together, the type letter apart; a long one is cut. */
static bool decode(const struct rw_kallsyms *kallsyms, const uint8_t *name, size_t name_size,
		   char *ret, size_t size, char *letter_ret)
{
	size_t nr = 0;
	bool letter = true;	// the type comes first

	for (size_t i = name[0] & 0x80 ? 2 : 1; i < name_size && nr < size - 1; i++) {
		// Where it begins and that it ends was checked before.
		const char *s = kallsyms->tokens +
				rw_get_le16(kallsyms->token_index + name[i] * sizeof(uint16_t));

		if (letter && *s) {
			*letter_ret = *s++;
			letter = false;
		}
		while (*s && nr < size - 1)
			ret[nr++] = *s++;
	}
	ret[nr] = '\0';
	return nr != 0;
}

bool rw_kallsyms_next(const struct rw_kallsyms *kallsyms, uint64_t *pos, char *ret, size_t size,
		      char *letter_ret)
{
	if (*pos >= kallsyms->names_size)
		return false;
	const uint8_t *name = kallsyms->names + *pos;
	size_t name_size = rw_kallsyms_name_size(name, kallsyms->names_size - *pos);

	*pos += name_size;
	return name_size && decode(kallsyms, name, name_size, ret, size, letter_ret);
}

bool rw_kallsyms_name(const struct rw_kallsyms *kallsyms, size_t i,
		      char ret[RW_SYMBOL_NAME_SIZE])
{
	uint64_t pos = rw_get_le32(kallsyms->markers + i / RW_KALLSYMS_GROUP * sizeof(uint32_t));
	char letter;

	for (size_t skip = i % RW_KALLSYMS_GROUP; skip; skip--) {
		size_t size = pos < kallsyms->names_size ?
			      rw_kallsyms_name_size(kallsyms->names + pos,
						    kallsyms->names_size - pos) : 0;

		if (!size)
			return false;
		pos += size;
	}
	return rw_kallsyms_next(kallsyms, &pos, ret, RW_SYMBOL_NAME_SIZE, &letter);
}
