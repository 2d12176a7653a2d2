// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text from outside on its way to a terminal.

#include <string.h>

#include "rewalk/printable.h"

size_t rw_utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t nr = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 :
		    s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < nr; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	// Overlong forms, surrogates, and what lies beyond U+10FFFF.
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return nr;
}

/** U+0000 to U+001F, U+007F to U+009F. */
static int is_control(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

void rw_print_clean(FILE *file, const char *text)
{
	while (*text) {
		const char *end = text;
		size_t nr = 0;

		while (*end && (nr = rw_utf8_length(end)) && !is_control(end))
			end += nr;
		fwrite(text, 1, (size_t)(end - text), file);
		if (!*end)
			return;
		putc('?', file);
		text = end + (nr ? nr : 1);
	}
}
