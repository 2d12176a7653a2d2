// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every room needs: text on its way to a terminal, JSON.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rewalk/json.h"
#include "rewalk/printable.h"

static const struct {
	const char *text, *clean, *json;
} texts[] = {
	{ "", "", "\"\"" },
	{ "schedule+0x60/0x100 [ext4]", "schedule+0x60/0x100 [ext4]",
	  "\"schedule+0x60/0x100 [ext4]\"" },
	{ "a\033[31mb", "a?[31mb", "\"a\\u001b[31mb\"" },
	{ "\001\n\t\r\x7f", "?????", "\"\\u0001\\u000a\\u0009\\u000d\\u007f\"" },
	{ "gr\xc3\xbc\xc3\x9f \xe2\x86\x92", "gr\xc3\xbc\xc3\x9f \xe2\x86\x92",
	  "\"gr\xc3\xbc\xc3\x9f \xe2\x86\x92\"" },
	// CSI in one byte, and as U+009B; the last characters of that block and the first after.
	{ "\x9b" "31m", "?31m", "\"\\ufffd31m\"" },
	{ "\xc2\x9b" "31m\xc2\x9f\xc2\xa0", "?31m?\xc2\xa0", "\"\\u009b31m\\u009f\xc2\xa0\"" },
	// Cut short, overlong, a surrogate.
	{ "x\xe2\x86", "x??", "\"x\\ufffd\\ufffd\"" },
	{ "\xc0\x9b", "??", "\"\\ufffd\\ufffd\"" },
	{ "\xed\xa0\x80", "???", "\"\\ufffd\\ufffd\\ufffd\"" },
};

static void assert_printed(FILE *file, char **bytes, const char *want)
{
	fclose(file);
	assert_string_equal(*bytes, want);
	free(*bytes);
}

static void test_clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *bytes;
		size_t size;
		FILE *file = open_memstream(&bytes, &size);

		rw_print_clean(file, texts[i].text);
		assert_printed(file, &bytes, texts[i].clean);

		file = open_memstream(&bytes, &size);
		struct rw_json json = { .file = file };
		rw_json_string(&json, NULL, texts[i].text);
		assert_printed(file, &bytes, texts[i].json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
