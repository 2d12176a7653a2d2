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
#include "rewalk/judged.h"
#include "rewalk/json.h"
#include "rewalk/trace.h"

struct rw_error;

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
	struct rw_lines *lines;	/* NULL: source lines are not wanted */
	struct rw_decoder *decoder;	/* of lines of texts; NULL until it is needed */
};

/** What a decoder keeps of the lines that it has seen.  NULL is accepted. */
void rw_decoder_destroy(struct rw_decoder *decoder);

/** Print one trace.  JSON is flushed. */
void rw_output_trace(struct rw_output *out, const struct rw_trace *trace);

/** Print one trace out of a text. */
void rw_output_judged(struct rw_output *out, const struct rw_judged *judged);

/** One printed trace by @nr models, on a line each: those of which @shown is true. */
void rw_output_judged_models(struct rw_output *out, const struct rw_judged *judged, size_t nr,
			     const bool *shown);

/**
 * A line of a text that is printed as it is (--format kernel), byte for byte; a long one
 * comes in pieces.  With out->lines, source lines are added behind each "name+0xoff/0xsize"
 * of a line that is not longer than a piece, wherever it stands: " (file:line)", or for
 * inlined calls " (file:line in FUNCTION, file:line)", the innermost first.  Of several
 * functions of that name and size all are said, with "or" between them.
 */
void rw_output_log_line(struct rw_output *out, const struct rw_image *image,
			const struct rw_text_line *line);

/** The end of a run: the last JSON object, or a table after more than one trace. */
void rw_output_summary(struct rw_output *out, const struct rw_tally *tally);

/** All that is said at the end of a run; everything is borrowed. */
struct rw_summary {
	const struct rw_tally *tally;
	const struct rw_model *models;		/* of `--model all` */
	const struct rw_tally *by_model;	/* of each of them */
	size_t nr_models;			/* 0: one model */
	const char *const *lost;		/* JSON: what the input lacks, once each */
	size_t nr_lost;
};

/** As rw_output_summary(), with more. */
void rw_output_run_summary(struct rw_output *out, const struct rw_summary *summary);

/** Whose stack the lines below are of; nothing for a raw stack, of which there is one. */
void rw_output_models_heading(struct rw_output *out, const struct rw_trace *trace);

/** One model's answer on a line, for `--model all`: name, verdict, reason, end. */
void rw_output_model_line(struct rw_output *out, const struct rw_trace *trace);

/** Identical stacks, collected. */
struct rw_groups;

/** @return NULL without memory; to be freed with rw_groups_destroy(). */
struct rw_groups *rw_groups_create(void);
void rw_groups_destroy(struct rw_groups *groups);
/** Add a trace of a task: its frames are taken over where they are new. */
struct rw_error *rw_groups_add(struct rw_groups *groups, struct rw_trace *trace);
/** Print each stack once, under the tasks that have it. */
void rw_output_groups(struct rw_output *out, const struct rw_groups *groups);

/** A task's name without bytes that a terminal would act on. */
const char *rw_output_comm(const struct rw_task *task, char buf[17]);

/** Print the entries and the verdict of a trace, without its heading. */
void rw_output_frames(struct rw_output *out, const struct rw_trace *trace);

/**
 * What the traces of one stack by several models have in common, and where they part:
 * the entries from the first that is not the same for all.
 */
void rw_output_parting(struct rw_output *out, const struct rw_trace *traces, size_t nr);

/** Progress of a long run, on standard error. */
struct rw_progress {
	bool on, shown;
	double next;		/* when to print again, in seconds */
};

/** Shown only on a terminal that does not show the output itself, past half a second. */
void rw_progress_init(struct rw_progress *progress, bool quiet);
void rw_progress_show(struct rw_progress *progress, size_t done, size_t total);
/** Wipe the line. */
void rw_progress_end(struct rw_progress *progress);

/* private to the room */
void rw_output_trace_text(struct rw_output *out, const struct rw_trace *trace);
void rw_output_trace_json(struct rw_output *out, const struct rw_trace *trace);
void rw_output_trace_kernel(struct rw_output *out, const struct rw_trace *trace);

/** The letters that this model's kernel prints behind an entry: "", "T", "PF", … */
void rw_output_marks(const struct rw_trace *trace, const struct rw_frame *frame, char ret[8]);

#endif
