// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk ranges: text ranges and SYM_CODE ranges of an image.

#include <inttypes.h>

#include "rewalk/error.h"
#include "rewalk/image.h"

#include "command.h"

static const char doc[] =
	"Print the kernel text and the SYM_CODE ranges of a vmlinux, with name, section and "
	"origin.\v"
	"Origins: table (the kernel's own sym_code_functions), derived (symbols without type "
	"and with a size in executable sections: what the table would hold), symbols (a pair "
	"of bounds). Addresses are link addresses.\n\n"
	"  rewalk ranges vmlinux\n"
	"  rewalk ranges --json vmlinux | jq -r 'select(.kind == \"sym-code\").name'";

static const struct argp_child children[] = {
	{ &options_format, 0, NULL, 3 },
	{ 0 },
};

static const struct argp argp = { NULL, options_parse, "VMLINUX", doc, children, NULL, NULL };

static const char *kind_name(enum rw_range_kind kind)
{
	static const char *const names[] = {
		[RW_RANGE_TEXT] = "text",
		[RW_RANGE_INIT_TEXT] = "init-text",
		[RW_RANGE_SYM_CODE] = "sym-code",
	};

	return names[kind];
}

static const char *origin_name(enum rw_range_origin origin)
{
	static const char *const names[] = {
		[RW_ORIGIN_TABLE] = "table",
		[RW_ORIGIN_DERIVED] = "derived",
		[RW_ORIGIN_SYMBOLS] = "symbols",
	};

	return names[origin];
}

static void print_json(const struct rw_range *range)
{
	struct rw_json json = { .file = stdout };

	rw_json_open(&json, NULL, '{');
	rw_json_string(&json, "type", "range");
	rw_json_string(&json, "kind", kind_name(range->kind));
	rw_json_address(&json, "start", range->start);
	rw_json_address(&json, "end", range->end);
	rw_json_string(&json, "name", range->name);
	rw_json_string(&json, "section", range->section);
	rw_json_string(&json, "origin", origin_name(range->origin));
	rw_json_close(&json, '}');
	rw_json_end_line(&json);
}

int command_ranges(int argc, char **argv)
{
	struct options options;
	struct rw_image *image = NULL;
	size_t nr;

	options_init(&options, &argp, TAKES_VMLINUX);
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	struct rw_error *err = rw_image_open(options.vmlinux, &image);
	if (err) {
		options_deinit(&options);
		return command_error(err);
	}
	const struct rw_range *ranges = rw_image_ranges(image, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (options.format == RW_FORMAT_JSON)
			print_json(&ranges[i]);
		else
			printf("%016" PRIx64 "-%016" PRIx64 "  %-9s  %-7s  %-12s%s%s\n",
			       ranges[i].start, ranges[i].end, kind_name(ranges[i].kind),
			       origin_name(ranges[i].origin), ranges[i].section,
			       *ranges[i].name ? "  " : "", ranges[i].name);
	}
	rw_image_close(image);
	options_deinit(&options);
	return STATUS_OK;
}
