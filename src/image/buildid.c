// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which kernel this is.
//
// The build-id stands in a note: name size, description size and type (u32
// each), then name and description, each padded to four bytes.  Its name is
// "GNU", its type 3.  The kernel's notes are in the section .notes, but any note
// section is looked at.  The banner is the text "Linux version ...\n" at the
// symbol linux_banner.

#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/hex.h"

#include "image_private.h"

enum {
	NOTE_HEADER = 12,
	BANNER_MAX = 1024,
};

static uint64_t padded(uint32_t size)
{
	return ((uint64_t)size + 3) & ~(uint64_t)3;
}

static bool find_build_id(const uint8_t *notes, size_t size, struct rw_image *image)
{
	uint64_t off = 0;

	while (rw_fits(off, NOTE_HEADER, size)) {
		uint32_t name_size = rw_get_le32(notes + off);
		uint32_t desc_size = rw_get_le32(notes + off + 4);
		uint32_t type = rw_get_le32(notes + off + 8);
		uint64_t name = off + NOTE_HEADER, desc = name + padded(name_size);

		if (!rw_fits(name, padded(name_size), size) || !rw_fits(desc, desc_size, size))
			return false;
		if (type == NT_GNU_BUILD_ID && name_size == sizeof(ELF_NOTE_GNU) &&
		    !memcmp(notes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) &&
		    desc_size && desc_size <= RW_BUILD_ID_MAX) {
			image->build_id = notes + desc;
			image->build_id_size = desc_size;
			return true;
		}
		off = desc + padded(desc_size);
	}
	return false;
}

static struct rw_error *find_banner(struct rw_image *image)
{
	const struct rw_named *symbol = rw_image_named(image, "linux_banner");
	size_t room = 0;
	const uint8_t *text = symbol ? rw_image_rest(image, symbol->addr, &room) : NULL;

	if (!text)
		return NULL;
	size_t len = 0;
	while (len < room && len < BANNER_MAX && text[len] && text[len] != '\n')
		len++;
	if (!len)
		return NULL;
	image->banner = strndup((const char *)text, len);
	return image->banner ? NULL : &rw_enomem;
}

struct rw_error *rw_image_identify(struct rw_image *image)
{
	for (size_t i = 1; i < image->nr_sections; i++) {
		const struct rw_section *section = &image->sections[i];

		if (section->type == SHT_NOTE &&
		    rw_fits(section->off, section->size, image->size) &&
		    find_build_id(image->bytes + section->off, section->size, image))
			break;
	}
	return find_banner(image);
}

const uint8_t *rw_image_build_id(const struct rw_image *image, size_t *size_ret)
{
	if (image->build_id)
		*size_ret = image->build_id_size;
	return image->build_id;
}

void rw_image_build_id_text(const struct rw_image *image, char ret[RW_BUILD_ID_TEXT])
{
	rw_hex_print(image->build_id, image->build_id ? image->build_id_size : 0, ret);
}

const char *rw_image_banner(const struct rw_image *image)
{
	return image->banner;
}
