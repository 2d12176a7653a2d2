// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk ranges: text ranges and SYM_CODE ranges of an image.

#include <inttypes.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/image.h"
#include "rewalk/printable.h"

#include "command.h"
#include "dump.h"
#include "inputs.h"

static const char doc[] =
	"Print the kernel text and the SYM_CODE ranges of a vmlinux, with name, section and "
	"origin; of a dump, those that its kernel tells.\v"
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

static void print_text(const struct rw_range *range)
{
	const char *origin = origin_name(range->origin);

	printf("%016" PRIx64 "-%016" PRIx64 "  %-9s  ", range->start, range->end,
	       kind_name(range->kind));
	// Without sections nothing is printed for them.
	if (*range->section) {
		size_t width = strlen(range->section);

		printf("%-7s  ", origin);
		rw_print_clean(stdout, range->section);
		printf("%*s", width < 12 ? (int)(12 - width) : 0, "");
	} else if (*range->name)
		printf("%-7s", origin);
	else
		fputs(origin, stdout);
	if (*range->name) {
		fputs("  ", stdout);
		rw_print_clean(stdout, range->name);
	}
	putchar('\n');
}

static void print(const struct options *options, const struct rw_image *image)
{
	size_t nr;
	const struct rw_range *ranges = rw_image_ranges(image, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (options->format == RW_FORMAT_JSON)
			print_json(&ranges[i]);
		else
			print_text(&ranges[i]);
	}
	fflush(stdout);
	if (!rw_image_sym_code_known(image) && options->verbose >= 0)
		fprintf(stderr, "rewalk: warning: %s: names do not tell which functions are "
				"SYM_CODE; the kernel's vmlinux does\n", rw_image_path(image));
}

/** Of a dump, the kernel that is in it. */
static struct rw_error *run(struct options *options, struct inputs *inputs,
			    struct rw_image **image)
{
	struct dumped dumped = { 0 };
	struct rw_error *err = command_image(options, image);

	if (!err && *image) {
		print(options, *image);
		return NULL;
	}
	if (!err)
		err = inputs_init(options, inputs);
	if (!err && !inputs->nr_sources)
		err = command_no_image(options);
	if (!err)
		err = dumped_init(options, inputs, NULL, &dumped);
	if (!err)
		print(options, rw_machine_kernel(dumped.machine)->image);
	dumped_deinit(&dumped);
	return err;
}

int command_ranges(int argc, char **argv)
{
	return command_run(&argp, TAKES_VMLINUX, run, argc, argv);
}
