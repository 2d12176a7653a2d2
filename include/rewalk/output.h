/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Printing traces: text for people, JSON Lines for programs, and the kernel's own
 * form.
 */
#ifndef REWALK_OUTPUT_H
#define REWALK_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "rewalk/annotate.h"
#include "rewalk/trace.h"

/** The number that says what the members of the JSON output mean. */
#define RW_JSON_SCHEMA 1

enum rw_format {
	RW_FORMAT_TEXT,
	RW_FORMAT_KERNEL,
	RW_FORMAT_JSON,
};

struct rw_output {
	FILE *file;
	enum rw_format format;
	bool color;
	int verbose;
	struct rw_names *names;
};

/** Print one trace.  JSON is flushed. */
void rw_output_trace(struct rw_output *out, const struct rw_trace *trace);

/** The end of a run: the last JSON object, or a table after more than one trace. */
void rw_output_summary(struct rw_output *out, const struct rw_tally *tally);

/** One model's answer on a line, for `--model all`: name, verdict, reason, end. */
void rw_output_model_line(struct rw_output *out, const struct rw_trace *trace);

/* ---- JSON ----------------------------------------------------------------- */

/**
 * A writer of one JSON object at a time, of constant size.  Keys are written as
 * they are; strings are escaped, and bytes that are no UTF-8 become U+FFFD.
 */
struct rw_json {
	FILE *file;
	bool more;	/* a comma is due */
};

void rw_json_open(struct rw_json *json, const char *key, char bracket);
void rw_json_close(struct rw_json *json, char bracket);
void rw_json_string(struct rw_json *json, const char *key, const char *value);
void rw_json_number(struct rw_json *json, const char *key, uint64_t value);
void rw_json_signed(struct rw_json *json, const char *key, int64_t value);
void rw_json_bool(struct rw_json *json, const char *key, bool value);
void rw_json_null(struct rw_json *json, const char *key);
/** "0x…", lower case, without padding. */
void rw_json_address(struct rw_json *json, const char *key, uint64_t value);
/** End the line and flush it. */
void rw_json_end_line(struct rw_json *json);

/* private to the room: one per format */
void rw_output_trace_text(struct rw_output *out, const struct rw_trace *trace);
void rw_output_trace_json(struct rw_output *out, const struct rw_trace *trace);
void rw_output_trace_kernel(struct rw_output *out, const struct rw_trace *trace);

/** The letters that this model's kernel prints behind an entry: "", "T", "PF", … */
void rw_output_marks(const struct rw_trace *trace, const struct rw_frame *frame, char ret[8]);

#endif
