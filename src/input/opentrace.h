/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trace while its lines are read; see opentrace.c. */
#ifndef REWALK_INPUT_OPENTRACE_H
#define REWALK_INPUT_OPENTRACE_H

#include "logentry.h"
#include "rewalk/printed.h"

struct rw_error;

enum rw_trace_stage {
	RW_STAGE_NONE,
	RW_STAGE_OPEN,
	RW_STAGE_HELD,	/* complete, and waits for the offset */
};

/** An entry that is being kept: its strings are offsets, since @strings may move. */
struct rw_kept_entry {
	struct rw_printed_entry entry;
	size_t text, name, module, build_id, decoded;	/* RW_NO_STRING: none */
};

#define RW_NO_STRING SIZE_MAX

/** A trace that is being read. */
struct rw_open_trace {
	enum rw_trace_stage stage;
	struct rw_printed_trace trace;
	struct rw_printed_facts facts;
	bool sure;		/* a trace even if only one entry comes */
	size_t strangers;	/* lines since the last entry */
	size_t until;		/* RW_STAGE_HELD: the line that it waits for at most */
	bool fatal;		/* of an oops or a panic */
	struct {
		struct rw_kept_entry *data;
		size_t nr, capacity;
	} kept;
	struct {
		struct rw_printed_entry *data;
		size_t nr, capacity;
	} entries;
	struct {
		char *data;
		size_t nr, capacity;
	} strings;
};

/** Begin a trace in line @line.  Its facts are for the caller to set. */
void rw_open_trace_begin(struct rw_open_trace *open, enum rw_printed_kind kind, size_t line);

/** Add an entry.  Beyond RW_PRINTED_MOST_ENTRIES the trace is cut. */
struct rw_error *rw_open_trace_add(struct rw_open_trace *open, const struct rw_logentry *entry,
				   size_t line);

/** Does a complete chain end with the last entry? */
bool rw_open_trace_is_complete(const struct rw_open_trace *open);

/** Hand the trace to @emit, and forget it. */
struct rw_error *rw_open_trace_emit(struct rw_open_trace *open, rw_printed_fn emit, void *cookie);

/** Forget the trace; its memory is kept for the next. */
void rw_open_trace_reset(struct rw_open_trace *open);

/** Free its memory. */
void rw_open_trace_deinit(struct rw_open_trace *open);

#endif
