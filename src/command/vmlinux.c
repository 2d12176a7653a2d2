// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands in the place of VMLINUX: that, or the first INPUT.

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/image.h"
#include "rewalk/input.h"

#include "inputs.h"

/** Does it say by its form, or its first bytes, that it is an INPUT? */
static struct rw_error *is_input(const char *arg, bool *ret)
{
	struct rw_input_arg parsed;
	uint8_t head[4096];

	*ret = false;
	struct rw_error *err = rw_input_arg_parse(arg, &parsed);
	if (err)
		return err;
	_cleanup_free_ char *path = parsed.path;
	if (parsed.form != RW_INPUT_CONTENT) {
		*ret = true;
		return NULL;
	}
	FILE *file = strcmp(path, "-") ? fopen(path, "rbe") : NULL;
	size_t size = 0;
	struct stat st;

	// A pipe can be read only once; whoever opens the file says what is wrong with it.
	if (file && !fstat(fileno(file), &st) && S_ISREG(st.st_mode))
		size = fread(head, 1, sizeof(head), file);
	if (file)
		fclose(file);
	switch (rw_content_recognise(head, size)) {
	case RW_CONTENT_ELF_CORE:
	case RW_CONTENT_KDUMP:
	case RW_CONTENT_FLATTENED:
	case RW_CONTENT_LIME:
	case RW_CONTENT_CASE:
		*ret = true;
		break;
	default:
		break;
	}
	return NULL;
}

struct rw_error *command_image(struct options *options, struct rw_image **ret)
{
	bool input;
	struct rw_error *err = rw_pipe_keep(options->vmlinux, INPUTS_PIPE_LIMIT, &options->vmlinux);

	if (!err)
		err = is_input(options->vmlinux, &input);
	if (err || !input)
		return err ? err : rw_image_open(options->vmlinux, ret);
	if (!options_add_input(options, options->vmlinux, 0))
		return &rw_enomem;
	options->vmlinux = NULL;
	return NULL;
}

struct rw_error *command_no_image(const struct options *options)
{
	return rw_error_create(RW_ERROR_USAGE, "%s: is no VMLINUX; give the kernel's vmlinux, or "
			       "its System.map, before it", options->inputs[0]);
}
