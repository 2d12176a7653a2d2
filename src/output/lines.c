// SPDX-License-Identifier: GPL-2.0-or-later
//
// Source lines of a frame, in each format.  All of it comes from debug information and
// may hold any byte.

#include <inttypes.h>
#include <string.h>

#include "rewalk/output.h"
#include "rewalk/printable.h"

#include "output_private.h"

struct rw_line_list rw_output_find_lines(struct rw_output *out, const struct rw_trace *trace,
					 size_t n, const struct rw_name *name)
{
	uint64_t offset = name->symbol ? name->offset : 1;

	return out->lines ? rw_lines_find(out->lines, trace->frames[n].entry.pc,
					  rw_pc_kind(trace, n, offset)) :
	       (struct rw_line_list){ 0 };
}

/** "file:line"; a line that is not known is "?", as addr2line has it. */
static void print_place(FILE *file, const struct rw_line *line)
{
	rw_print_clean(file, line->file ? line->file : "??");
	if (line->line)
		fprintf(file, ":%" PRIu32, line->line);
	else
		fputs(":?", file);
}

/**
 * A call that does not return may be the last instruction of a function: the address behind
 * it is another function's, and the kernel prints that one's name.
 */
static bool is_elsewhere(const struct rw_line *line, const char *name, uint64_t offset)
{
	return !line->inlined && line->function && name && !offset &&
	       strcmp(line->function, name) != 0;
}

void rw_output_lines_text(FILE *file, struct rw_line_list lines, const char *name, uint64_t offset)
{
	for (size_t i = 0; i < lines.nr; i++) {
		const struct rw_line *line = &lines.data[i];

		fputs("    ", file);
		if (line->inlined) {
			fputs("(inlined) ", file);
			rw_print_clean(file, line->function ? line->function : "?");
			putc(' ', file);
		}
		fputs("at ", file);
		print_place(file, line);
		if (is_elsewhere(line, name, offset)) {
			fputs(" in ", file);
			rw_print_clean(file, line->function);
		}
		putc('\n', file);
	}
}

void rw_output_lines_kernel(FILE *file, struct rw_line_list lines, const char *name,
			    uint64_t offset)
{
	for (size_t i = 0; i < lines.nr; i++) {
		const struct rw_line *line = &lines.data[i];

		if (i)
			fputs(", ", file);
		print_place(file, line);
		if (line->inlined || is_elsewhere(line, name, offset)) {
			fputs(" in ", file);
			rw_print_clean(file, line->function ? line->function : "?");
		}
	}
}

void rw_output_lines_json(struct rw_json *json, struct rw_line_list lines)
{
	rw_json_open(json, "lines", '[');
	for (size_t i = 0; i < lines.nr; i++) {
		const struct rw_line *line = &lines.data[i];

		rw_json_open(json, NULL, '{');
		rw_json_string(json, "function", line->function);
		rw_json_string(json, "file", line->file);
		if (line->line)
			rw_json_number(json, "line", line->line);
		else
			rw_json_null(json, "line");
		rw_json_bool(json, "inlined", line->inlined);
		rw_json_close(json, '}');
	}
	rw_json_close(json, ']');
}
