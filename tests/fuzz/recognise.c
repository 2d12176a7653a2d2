// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any beginning of a file, and any INPUT argument.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/input.h"

/** What a file is, is told from its first 4096 bytes; more of it changes nothing. */
static void check_content(const uint8_t *bytes, size_t size)
{
	enum rw_content content = rw_content_recognise(bytes, size);

	if ((content == RW_CONTENT_EMPTY) != !size || !rw_content_name(content))
		abort();
	if (size > 4096 && rw_content_recognise(bytes, 4096) != content)
		abort();
}

static void check_arg(const char *arg)
{
	struct rw_input_arg parsed = { .path = NULL };
	struct rw_error *err = rw_input_arg_parse(arg, &parsed);

	if (err) {
		// Untouched on failure, and the user is told which argument it was.
		if (err->code != RW_ERROR_USAGE || parsed.path || !strstr(err->message, arg))
			abort();
		rw_error_destroy(err);
		return;
	}
	size_t size = strlen(parsed.path);
	if (strncmp(arg, parsed.path, size))
		abort();
	if (parsed.form == RW_INPUT_CONTENT ? arg[size] != '\0' || parsed.addr :
	    arg[size] != '@' || !size)
		abort();
	if (parsed.form == RW_INPUT_REGS && strcmp(arg + size, "@regs"))
		abort();
	free(parsed.path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *arg = malloc(size + 1);

	if (!arg)
		return 0;
	memcpy(arg, bytes, size);
	arg[size] = '\0';
	check_content(bytes, size);
	check_arg(arg);
	free(arg);
	return 0;
}
