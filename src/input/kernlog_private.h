/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of a kernel's log: its lines (kernlog.c), and who printed them (logcallers.c). */
#ifndef REWALK_INPUT_KERNLOG_PRIVATE_H
#define REWALK_INPUT_KERNLOG_PRIVATE_H

#include "opentrace.h"
#include "report.h"

#define MOST_CALLERS 16

struct rw_log_caller {
	uint64_t key;
	size_t used;		/* the line of it that was read last; 0: free */
	struct rw_report report;
	struct rw_open_trace open;
	bool foreign;		/* under the heading of another architecture */
	int64_t next_pid;	/* of the /proc/PID/stack that was announced; -1 */
	char next_comm[64];
};

struct rw_printed {
	rw_printed_fn emit;
	void *cookie;
	struct rw_log_caller callers[MOST_CALLERS];
	size_t line;
	size_t nr_held;
	size_t patches_line;	/* the last line of kpatch's list; 0 outside of it */
	struct rw_printed_log log;
};

/** The caller that lines with @key are of; the one that was silent for longest is given up. */
struct rw_error *rw_log_caller_of(struct rw_printed *printed, uint64_t key,
				  struct rw_log_caller **ret);

/** A trace of @kind begins in this line, and the one before it is over. */
struct rw_error *rw_log_open_trace(struct rw_printed *printed, struct rw_log_caller *caller,
				   enum rw_printed_kind kind, bool sure);

/** The trace is over: it comes out, waits for its offset, or was none. */
struct rw_error *rw_log_close_trace(struct rw_printed *printed, struct rw_log_caller *caller);

/** As rw_log_close_trace(), and nothing is waited for. */
struct rw_error *rw_log_finish_trace(struct rw_printed *printed, struct rw_log_caller *caller);

/** It was none. */
void rw_log_drop_trace(struct rw_printed *printed, struct rw_log_caller *caller);

/** Traces that wait for a line which will not come; in the order of their lines.  @all: of all. */
struct rw_error *rw_log_release(struct rw_printed *printed, bool all);

/** "Kernel Offset:" is of the panic that this machine ends with. */
struct rw_error *rw_log_take_offset(struct rw_printed *printed, uint64_t offset);

#endif
