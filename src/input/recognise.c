// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an INPUT argument is: by its form, else by the first bytes of the file.
//
//   at 0     7f 45 4c 46           ELF; e_type = 4 (ET_CORE) at 0x10
//            "KDUMP   ", "DISKDUMP" compressed kdump
//            "makedumpfile" 4×00   makedumpfile's flattened stream
//            45 4d 69 4c, version 1 LiME (0x4c694d45, two little-endian words)
//            "MZ" 00 00 "zimg"     an EFI zboot image: a compressed arm64 Image
//            1f 8b 08              gzip
//            fd "7zXZ" 00          xz
//            28 b5 2f fd           zstd
//            {"type":"case",…      a case file (JSON)
//   at 0x38  41 52 4d 64           a bootable arm64 Image
//
// What has none of these is text if nearly all of it is printable.
//
// Source: ELF; makedumpfile (diskdump_mod.h, makedumpfile.h); LiME's format
// description; Documentation/arch/arm64/booting.rst; drivers/firmware/efi/libstub/
// zboot-header.S.

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/hex.h"
#include "rewalk/input.h"


#define LOOK_AT 4096	/* bytes: what callers have at least of a longer file */

static bool starts(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool parse_addr(const char *text, uint64_t *ret)
{
	const char *end = text + strlen(text), *digits = rw_hex_skip_0x(text, end);
	uint64_t value;
	size_t nr = rw_hex_parse(digits, end, &value);

	if (!nr || nr > RW_HEX_DIGITS || digits + nr != end)
		return false;
	*ret = value;
	return true;
}

/**
 * Was this meant as an address?  "0x…" was, so was what begins with 8 digits or as
 * addresses of the kernel do.  "host" and "2024.bin" are parts of a name.
 */
static bool is_like_addr(const char *text)
{
	const char *end = text + strlen(text);

	return rw_hex_skip_0x(text, end) != text || !strncasecmp(text, "ffff", 4) ||
	       rw_hex_count(text, end) >= 8;
}

static struct rw_error *bad_addr(const char *arg, const char *addr)
{
	const char *end = addr + strlen(addr), *digits = rw_hex_skip_0x(addr, end);
	size_t nr = rw_hex_count(digits, end);

	if (!*digits)
		return rw_error_create(RW_ERROR_USAGE,
				       "%s: there is no address behind the '@'; give one in "
				       "hexadecimal", arg);
	if (!digits[nr])
		return rw_error_create(RW_ERROR_USAGE,
				       "%s: '%s' has %zu digits, which is more than 64 bits; give "
				       "up to %d", arg, addr, nr, RW_HEX_DIGITS);
	return rw_error_create(RW_ERROR_USAGE,
			       "%s: '%s' is no hexadecimal address, and no file has the whole "
			       "as its name; correct one of them", arg, addr);
}

/** Take the part behind the last '@' for what it says.  RW_INPUT_CONTENT: nothing. */
static struct rw_error *parse_form(const char *arg, const char *what, struct rw_input_arg *ret)
{
	static const char physical[] = "phys:", raw[] = "raw:";

	if (!strcmp(what, "regs")) {
		ret->form = RW_INPUT_REGS;
	} else if (starts(what, physical)) {
		if (!parse_addr(what + strlen(physical), &ret->addr))
			return bad_addr(arg, what + strlen(physical));
		ret->form = RW_INPUT_PHYSICAL;
	} else if (starts(what, raw)) {
		if (!parse_addr(what + strlen(raw), &ret->addr))
			return bad_addr(arg, what + strlen(raw));
		ret->form = RW_INPUT_RAW;
	} else if (parse_addr(what, &ret->addr)) {
		ret->form = RW_INPUT_VIRTUAL;
	} else if (is_like_addr(what)) {
		return bad_addr(arg, what);
	}
	return NULL;
}

struct rw_error *rw_input_arg_parse(const char *arg, struct rw_input_arg *ret)
{
	struct rw_input_arg parsed = { .form = RW_INPUT_CONTENT };
	const char *at = strrchr(arg, '@');

	if (at && access(arg, F_OK)) {
		struct rw_error *err = parse_form(arg, at + 1, &parsed);

		if (err)
			return err;
	}
	size_t size = parsed.form == RW_INPUT_CONTENT ? strlen(arg) : (size_t)(at - arg);
	if (!size)
		return rw_error_create(RW_ERROR_USAGE,
				       "'%s': there is no name of a file in it; give FILE, or "
				       "FILE@ADDR", arg);
	parsed.path = strndup(arg, size);
	if (!parsed.path)
		return &rw_enomem;
	*ret = parsed;
	return NULL;
}

/** Do the bytes at @off begin with @size ones of @magic? */
static bool has(const uint8_t *bytes, size_t nr, size_t off, const void *magic, size_t size)
{
	return rw_fits(off, size, nr) && !memcmp(bytes + off, magic, size);
}

static bool is_elf_core(const uint8_t *bytes, size_t size)
{
	const size_t type_off = offsetof(Elf64_Ehdr, e_type);

	if (!rw_fits(type_off, 2, size))
		return false;
	uint16_t type = rw_get_le16(bytes + type_off);
	return (bytes[EI_DATA] == ELFDATA2MSB ? __builtin_bswap16(type) : type) == ET_CORE;
}

/** {"type":"case", with or without blanks in between. */
static bool is_case(const uint8_t *bytes, size_t size)
{
	static const char *const tokens[] = { "{", "\"type\"", ":", "\"case\"" };
	size_t off = 0;

	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		while (off < size && off < LOOK_AT && bytes[off] && strchr(" \t\r\n", bytes[off]))
			off++;
		if (!has(bytes, size, off, tokens[i], strlen(tokens[i])))
			return false;
		off += strlen(tokens[i]);
	}
	return true;
}

/** Printable, but for a few bytes that a serial line lost; any 8-bit encoding. */
static bool is_text(const uint8_t *bytes, size_t size)
{
	size_t nr = size < LOOK_AT ? size : LOOK_AT;
	size_t nr_control = 0, nr_high = 0;

	for (size_t i = 0; i < nr; i++) {
		uint8_t c = bytes[i];

		if ((c < ' ' && !(c >= '\a' && c <= '\r') && c != '\033') || c == 0x7f)
			nr_control++;
		else if (c >= 0x80)
			nr_high++;
	}
	// Memory has zeros, and kernel pointers have ff bytes: both are far above this.
	return nr_control <= nr / 50 && nr_high <= nr / 4;
}

enum rw_content rw_content_recognise(const uint8_t *bytes, size_t size)
{
	static const struct {
		size_t off, size;
		const char *magic;
		enum rw_content content;
	} table[] = {
		{ 0, 8, "KDUMP   ", RW_CONTENT_KDUMP },
		{ 0, 8, "DISKDUMP", RW_CONTENT_KDUMP },
		{ 0, 16, "makedumpfile\0\0\0\0", RW_CONTENT_FLATTENED },
		{ 0, 8, "EMiL\1\0\0\0", RW_CONTENT_LIME },
		{ 0, 8, "MZ\0\0zimg", RW_CONTENT_IMAGE },
		{ 0, 3, "\x1f\x8b\x08", RW_CONTENT_COMPRESSED },
		{ 0, 6, "\xfd" "7zXZ\0", RW_CONTENT_COMPRESSED },
		{ 0, 4, "\x28\xb5\x2f\xfd", RW_CONTENT_COMPRESSED },
		{ 0x38, 4, "ARM\x64", RW_CONTENT_IMAGE },
	};

	if (!size)
		return RW_CONTENT_EMPTY;
	if (has(bytes, size, 0, ELFMAG, SELFMAG))
		return is_elf_core(bytes, size) ? RW_CONTENT_ELF_CORE : RW_CONTENT_ELF_OTHER;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (has(bytes, size, table[i].off, table[i].magic, table[i].size))
			return table[i].content;
	if (!is_text(bytes, size))
		return RW_CONTENT_UNKNOWN;
	return is_case(bytes, size) ? RW_CONTENT_CASE : RW_CONTENT_TEXT;
}

const char *rw_content_name(enum rw_content content)
{
	switch (content) {
	case RW_CONTENT_UNKNOWN:
		break;
	case RW_CONTENT_EMPTY:
		return "an empty file";
	case RW_CONTENT_ELF_CORE:
		return "an ELF core";
	case RW_CONTENT_ELF_OTHER:
		return "an ELF file that is no core";
	case RW_CONTENT_KDUMP:
		return "a compressed kdump";
	case RW_CONTENT_FLATTENED:
		return "a flattened dump of makedumpfile";
	case RW_CONTENT_LIME:
		return "a LiME dump";
	case RW_CONTENT_IMAGE:
		return "a bootable arm64 Image";
	case RW_CONTENT_COMPRESSED:
		return "a compressed file";
	case RW_CONTENT_CASE:
		return "a case file";
	case RW_CONTENT_TEXT:
		return "text";
	}
	return "binary data of no known format";
}
