// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a file is that was given as VMLINUX and is no ELF file, and where its
// vmlinux is found.
//
// A bootable arm64 Image has "ARM\x64" at 0x38 (Documentation/arch/arm64/
// booting.rst), an EFI zboot image "MZ", two zero bytes and "zimg"
// (drivers/firmware/efi/libstub/zboot-header.S).  The rest are the magic numbers
// of the compressions that a kernel can be packed with and that are not unpacked here.

#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/input.h"

#include "image_private.h"

static const char where_it_is[] =
	"give the vmlinux of the same build "
	"(Debian: package linux-image-...-dbg, /usr/lib/debug/boot/vmlinux-...)";

struct magic {
	uint8_t off, size;
	char bytes[7];
	const char *what;
};

static const struct magic boot_images[] = {
	{ 4, 4, "zimg", "an EFI zboot image (\"zimg\" at 0x4)" },
	{ 0x38, 4, "ARM\x64", "a bootable arm64 Image (\"ARM\\x64\" at 0x38)" },
};

static const struct magic packed[] = {
	{ 0, 3, "BZh", "bzip2" },
	{ 0, 4, "\x02\x21\x4c\x18", "lz4" },
	{ 0, 4, "\x04\x22\x4d\x18", "lz4" },
	{ 0, 4, "\x89LZO", "lzop" },
};

static const char *find(const struct magic *magics, size_t nr, const uint8_t *head, size_t size)
{
	for (size_t i = 0; i < nr; i++) {
		const struct magic *magic = &magics[i];

		if (rw_fits(magic->off, magic->size, size) &&
		    !memcmp(head + magic->off, magic->bytes, magic->size))
			return magic->what;
	}
	return NULL;
}

struct rw_error *rw_image_refuse(const uint8_t *head, size_t size)
{
	const char *what = find(boot_images, sizeof(boot_images) / sizeof(boot_images[0]),
				head, size);

	if (what)
		return rw_error_create(RW_ERROR_FORMAT,
				       "beginning: %s, which has no symbols; %s",
				       what, where_it_is);
	what = find(packed, sizeof(packed) / sizeof(packed[0]), head, size);
	if (what)
		return rw_error_create(RW_ERROR_FORMAT,
				       "beginning: compressed with %s; a packed vmlinux has to be "
				       "unpacked first, and for a packed boot image %s",
				       what, where_it_is);
	if (size && rw_content_recognise(head, size) == RW_CONTENT_TEXT)
		return rw_error_create(RW_ERROR_FORMAT,
				       "beginning: a text, but no list of symbols; a log or a hex dump "
				       "comes behind the kernel's vmlinux, its System.map, or its "
				       "vmcore");
	return rw_error_create(RW_ERROR_FORMAT, "beginning: %s; %s",
			       size ? "not an ELF file" : "the file is empty", where_it_is);
}
