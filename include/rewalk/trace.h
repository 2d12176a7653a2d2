/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace: one walk with all that is said about it.  This is what the output
 * prints, whatever the input was.
 */
#ifndef REWALK_TRACE_H
#define REWALK_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "rewalk/machine.h"
#include "rewalk/unwind.h"

struct rw_error;

/** One entry, and what the kernel's text and table say of its pc. */
struct rw_frame {
	struct rw_entry entry;
	enum rw_tri text, sym_code;
};

struct rw_trace {
	const char *source;		/* borrowed: the input, for people */
	const struct rw_task *task;	/* borrowed; NULL: a raw stack */
	const struct rw_kernel *kernel;	/* borrowed */
	const struct rw_model *model;
	const char *model_why;		/* borrowed */
	struct rw_unwind_input input;	/* as it was walked; its memory is borrowed */
	const char *const *lost;	/* borrowed: what the dump lacks, in words */
	size_t nr_lost;
	struct rw_frame *frames;	/* owned */
	size_t nr, capacity;
	struct rw_unwind_result result;
};

/**
 * Walk @input by @model and keep the entries.
 *
 * @param ret  To be released with rw_trace_deinit(); untouched on failure.
 * @return NULL or &rw_enomem.
 */
struct rw_error *rw_trace_init(const struct rw_kernel *kernel, const struct rw_model *model,
			       const struct rw_unwind_input *input, const char *source,
			       const char *model_why, struct rw_trace *ret);

/**
 * The trace of a task that cannot be walked: without entries.
 *
 * @param walkable  RW_WALK_NO_STACK: reliable, as stack_trace_save_tsk_reliable() says
 *                  (kernel/stacktrace.c: it returns 0 before any walk); RW_WALK_USER:
 *                  unreliable (it runs); the others: undetermined.
 */
void rw_trace_init_empty(const struct rw_kernel *kernel, const struct rw_model *model,
			 const struct rw_unwind_input *input, const char *source,
			 const char *model_why, enum rw_walkable walkable, struct rw_trace *ret);

void rw_trace_deinit(struct rw_trace *trace);

/** Is this the frame whose record is the final one, at the walk's proper end? */
bool rw_trace_is_last(const struct rw_trace *trace, size_t frame);

#define RW_SENTENCE_SIZE 1024

/**
 * Say why, in one sentence that a kernel developer would say, with the remedy where
 * a fact is missing.
 */
void rw_trace_sentence(const struct rw_trace *trace, const struct rw_reason *reason,
		       char ret[RW_SENTENCE_SIZE]);

/** Counts over traces: for the table at the end, and for the exit status. */
struct rw_tally {
	size_t traces;
	size_t verdicts[RW_VERDICT_UNDETERMINED + 1];
	size_t reasons[RW_REASON_TASK_RUNNING_NO_REGISTERS + 1];
	bool incomplete;	/* there may be traces that were never seen */
	bool interrupted;	/* by the user: there are such */
};

void rw_tally_add(struct rw_tally *tally, const struct rw_unwind_result *result);

/** 0 all reliable, 1 one unreliable, 3 none unreliable and one undetermined, or unseen. */
int rw_tally_status(const struct rw_tally *tally);

#endif
