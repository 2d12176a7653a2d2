// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an INPUT argument is: by its form (FILE@ADDR), else by the file's content.

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/input.h"

#define ELF_ET_CORE 4

static bool parse_address(const char *text, uint64_t *ret)
{
	const char *digits = text;
	uint64_t value = 0;

	if (!strncmp(digits, "0x", 2) || !strncmp(digits, "0X", 2))
		digits += 2;
	size_t nr = strspn(digits, "0123456789abcdefABCDEF");
	if (!nr || digits[nr] || nr > 16)
		return false;
	for (; *digits; digits++) {
		char c = *digits | 0x20;

		value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*ret = value;
	return true;
}

/** Digits first: this was meant as an address. */
static bool looks_like_address(const char *text)
{
	return text[0] >= '0' && text[0] <= '9' ? true : !strncasecmp(text, "ffff", 4);
}

struct rw_error *rw_input_arg_parse(const char *arg, struct rw_input_arg *ret)
{
	const char *at = strrchr(arg, '@');
	struct rw_input_arg parsed = { .form = RW_INPUT_CONTENT };
	size_t path_size = strlen(arg);

	if (at && at != arg && access(arg, F_OK)) {
		const char *what = at + 1;
		bool physical = !strncmp(what, "phys:", 5);

		if (physical)
			what += 5;
		if (!physical && !strcmp(what, "regs"))
			parsed.form = RW_INPUT_REGS;
		else if (parse_address(what, &parsed.addr))
			parsed.form = physical ? RW_INPUT_PHYSICAL : RW_INPUT_VIRTUAL;
		else if (physical || looks_like_address(what))
			return rw_error_create(RW_ERROR_USAGE,
					       "%s: '%s' is no address; give up to 16 hexadecimal "
					       "digits behind the @", arg, what);
		if (parsed.form != RW_INPUT_CONTENT)
			path_size = at - arg;
	}
	parsed.path = strndup(arg, path_size);
	if (!parsed.path)
		return &rw_enomem;
	*ret = parsed;
	return NULL;
}

/** Printable, but for a few stray bytes, as a log that went through a serial line. */
static bool is_text(const uint8_t *bytes, size_t size)
{
	size_t looked = size < 4096 ? size : 4096, strange = 0;

	for (size_t i = 0; i < looked; i++) {
		uint8_t c = bytes[i];

		if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b) || c == 0x7f)
			strange++;
	}
	return strange * 20 <= looked;
}

enum rw_content rw_content_recognise(const uint8_t *bytes, size_t size)
{
	if (!size)
		return RW_CONTENT_EMPTY;
	if (size >= 20 && !memcmp(bytes, "\177ELF", 4))
		return rw_get_le16(bytes + 16) == ELF_ET_CORE ? RW_CONTENT_ELF_CORE :
		       RW_CONTENT_ELF_OTHER;
	if (size >= 8 && (!memcmp(bytes, "KDUMP   ", 8) || !memcmp(bytes, "DISKDUMP", 8)))
		return RW_CONTENT_KDUMP;
	if (size >= 16 && !memcmp(bytes, "makedumpfile\0\0\0\0", 16))
		return RW_CONTENT_FLATTENED;
	if (size >= 4 && !memcmp(bytes, "EMiL", 4))
		return RW_CONTENT_LIME;
	if (size >= 0x3c && !memcmp(bytes + 0x38, "ARM\x64", 4))
		return RW_CONTENT_IMAGE;
	if ((size >= 2 && !memcmp(bytes, "\x1f\x8b", 2)) ||
	    (size >= 6 && !memcmp(bytes, "\xfd" "7zXZ\0", 6)) ||
	    (size >= 4 && !memcmp(bytes, "\x28\xb5\x2f\xfd", 4)))
		return RW_CONTENT_COMPRESSED;
	return is_text(bytes, size) ? RW_CONTENT_TEXT : RW_CONTENT_UNKNOWN;
}

const char *rw_content_name(enum rw_content content)
{
	static const char *const names[] = {
		[RW_CONTENT_UNKNOWN] = "binary data of no known format",
		[RW_CONTENT_EMPTY] = "an empty file",
		[RW_CONTENT_ELF_CORE] = "an ELF core",
		[RW_CONTENT_ELF_OTHER] = "an ELF file that is no core",
		[RW_CONTENT_KDUMP] = "a compressed kdump",
		[RW_CONTENT_FLATTENED] = "a flattened dump",
		[RW_CONTENT_LIME] = "a LiME dump",
		[RW_CONTENT_IMAGE] = "a bootable arm64 Image",
		[RW_CONTENT_COMPRESSED] = "a compressed file",
		[RW_CONTENT_CASE] = "a case file",
		[RW_CONTENT_TEXT] = "text",
	};

	return names[content];
}
