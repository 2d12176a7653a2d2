// SPDX-License-Identifier: GPL-2.0-or-later
//
// A trace as the kernel prints it.
//
// Source: dump_backtrace() in arch/arm64/kernel/stacktrace.c; marks since 6.13.

#include "rewalk/output.h"
#include "rewalk/printable.h"

#include "output_private.h"

void rw_output_marks(const struct rw_trace *trace, const struct rw_frame *frame, char ret[8])
{
	static const char letter[] = {
		[RW_SOURCE_FRAME] = '\0',
		[RW_SOURCE_CALLER] = 'C',
		[RW_SOURCE_TASK] = 'T',
		[RW_SOURCE_REGS] = 'P',
	};
	char *p = ret;

	if (trace->model->prints_marks) {
		if (letter[frame->entry.source])
			*p++ = letter[frame->entry.source];
		if (frame->entry.fgraph)
			*p++ = 'F';
		if (frame->entry.kretprobe)
			*p++ = 'K';
	}
	*p = '\0';
}

void rw_output_trace_kernel(struct rw_output *out, const struct rw_trace *trace)
{
	fputs("Call trace:\n", out->file);
	for (size_t i = 0; i < trace->nr; i++) {
		const struct rw_frame *frame = &trace->frames[i];
		const struct rw_name *name = rw_names_find(out->names, frame->entry.pc);
		char marks[8];

		rw_output_marks(trace, frame, marks);
		putc(' ', out->file);
		rw_print_clean(out->file, name->printed);
		if (*marks)
			fprintf(out->file, " (%s)", marks);
		struct rw_line_list lines = rw_output_find_lines(out, trace, i, name);
		if (lines.nr) {
			fputs(" (", out->file);
			rw_output_lines_kernel(out->file, lines, name->symbol, name->offset);
			putc(')', out->file);
		}
		putc('\n', out->file);
	}
}
