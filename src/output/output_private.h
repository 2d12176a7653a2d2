/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef OUTPUT_PRIVATE_H
#define OUTPUT_PRIVATE_H

#include "rewalk/output.h"

/** What turns a verdict's colour on, and off again; "" where there are none. */
const char *rw_output_color(const struct rw_output *out, enum rw_verdict verdict);
const char *rw_output_plain(const struct rw_output *out);

/* ---- json_members.c: what both kinds of traces have ------------------------- */

/** "yes", "no" or "unknown". */
void rw_json_tri(struct rw_json *json, const char *key, enum rw_tri value);
/** "offset" and "size" of a frame's symbol; null of one without a symbol. */
void rw_json_offset(struct rw_json *json, bool known, uint64_t offset, uint64_t size);
/** "marks": one string for each letter. */
void rw_json_marks(struct rw_json *json, const char *marks);
/** "sym_code": null if it is not known. */
void rw_json_sym_code(struct rw_json *json, enum rw_tri value);
/** An element of "stacks". */
void rw_json_stack(struct rw_json *json, enum rw_stack_type type, uint64_t low, uint64_t high);
/** An element of "reasons". */
void rw_json_reason(struct rw_json *json, const struct rw_reason *reason, uint64_t addr,
		    const char *text);
/** "decided_at". */
void rw_json_decided(struct rw_json *json, const struct rw_unwind_result *result);
/** "model_options". */
void rw_json_model_options(struct rw_json *json, const struct rw_kernel *kernel,
			   const struct rw_model *model, unsigned int options);

/* ---- the others --------------------------------------------------------------- */

void rw_output_judged_json(struct rw_output *out, const struct rw_judged *judged);

/** The calls at frame @n; none if they are not wanted or not known. */
struct rw_line_list rw_output_find_lines(struct rw_output *out, const struct rw_trace *trace,
					 size_t n, const struct rw_name *name);
struct rw_line_list rw_output_judged_lines(struct rw_output *out, const struct rw_judged *judged,
					   size_t n);

/** Lines below a frame, of the address @name+@offset. */
void rw_output_lines_text(FILE *file, struct rw_line_list lines, const char *name, uint64_t offset);
/** The same on one line, to be put in parentheses. */
void rw_output_lines_kernel(FILE *file, struct rw_line_list lines, const char *name,
			    uint64_t offset);
void rw_output_lines_json(struct rw_json *json, struct rw_line_list lines);

#endif
