// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who printed the lines of a log, and the trace that each has open: when it comes out,
// waits for the offset that an oops ends with, or is given up.

#include <string.h>

#include "rewalk/error.h"

#include "kernlog_private.h"

#define HOLD_LINES 64		/* how far behind an oops its "Kernel Offset:" is waited for */
#define IDLE_LINES 512		/* no entry for so many lines: none will come */
#define IDLE_COMPLETE 32	/* the same where a complete chain ends */

/* ---- traces --------------------------------------------------------------------- */

void rw_log_drop_trace(struct rw_printed *printed, struct rw_log_caller *caller)
{
	printed->nr_held -= caller->open.stage == RW_STAGE_HELD;
	rw_open_trace_reset(&caller->open);
}

static struct rw_error *emit(struct rw_printed *printed, struct rw_log_caller *caller)
{
	printed->log.nr_traces++;
	printed->nr_held -= caller->open.stage == RW_STAGE_HELD;
	return rw_open_trace_emit(&caller->open, printed->emit, printed->cookie);
}

struct rw_error *rw_log_close_trace(struct rw_printed *printed, struct rw_log_caller *caller)
{
	struct rw_open_trace *open = &caller->open;

	if (open->stage != RW_STAGE_OPEN)
		return NULL;
	if (!open->sure && open->kept.nr < 2) {
		rw_log_drop_trace(printed, caller);
		return NULL;
	}
	// Not of the log as a whole: this one's report is complete, but for this.
	if (open->trace.kind == RW_PRINTED_CALL_TRACE && open->fatal) {
		open->stage = RW_STAGE_HELD;
		open->until = printed->line + HOLD_LINES;
		printed->nr_held++;
		return NULL;
	}
	return emit(printed, caller);
}

struct rw_error *rw_log_finish_trace(struct rw_printed *printed, struct rw_log_caller *caller)
{
	struct rw_error *err = rw_log_close_trace(printed, caller);

	if (!err && caller->open.stage == RW_STAGE_HELD)
		err = emit(printed, caller);
	return err;
}

struct rw_error *rw_log_open_trace(struct rw_printed *printed, struct rw_log_caller *caller,
				   enum rw_printed_kind kind, bool sure)
{
	struct rw_error *err = rw_log_finish_trace(printed, caller);
	struct rw_open_trace *open = &caller->open;

	if (err)
		return err;
	rw_open_trace_begin(open, kind, printed->line);
	open->sure = sure;
	open->fatal = false;
	open->facts = (struct rw_printed_facts){ .pid = -1, .tgid = -1, .ppid = -1, .cpu = -1 };
	// Only what follows a report's lines on a task or CPU is of that one.
	if (kind == RW_PRINTED_CALL_TRACE) {
		rw_report_trace_begins(&caller->report);
		open->facts = caller->report.facts;
		open->fatal = caller->report.fatal;
		rw_report_trace_done(&caller->report);
	} else if (kind == RW_PRINTED_STORED || kind == RW_PRINTED_HYPERVISOR) {
		memcpy(open->facts.report, caller->report.facts.report,
		       sizeof(open->facts.report));
	}
	return NULL;
}

/* ---- who printed the line -------------------------------------------------------- */

struct rw_error *rw_log_caller_of(struct rw_printed *printed, uint64_t key,
				  struct rw_log_caller **ret)
{
	struct rw_log_caller *oldest = &printed->callers[0];

	for (size_t i = 0; i < MOST_CALLERS; i++) {
		struct rw_log_caller *caller = &printed->callers[i];

		if (caller->used && caller->key == key) {
			caller->used = printed->line;
			*ret = caller;
			return NULL;
		}
		if (caller->used < oldest->used)
			oldest = caller;
	}
	struct rw_error *err = oldest->used ? rw_log_finish_trace(printed, oldest) : NULL;
	if (err)
		return err;
	rw_report_init(&oldest->report);
	oldest->key = key;
	oldest->used = printed->line;
	oldest->foreign = false;
	oldest->next_pid = -1;
	oldest->next_comm[0] = '\0';
	*ret = oldest;
	return NULL;
}

/** Has nothing come for so long that the trace must be over? */
static bool is_stale(const struct rw_printed *printed, const struct rw_open_trace *open)
{
	size_t idle = printed->line - open->trace.last_line;

	return open->stage == RW_STAGE_OPEN &&
	       idle > (rw_open_trace_is_complete(open) ? IDLE_COMPLETE : IDLE_LINES);
}

/** Is it time for this trace, which has no line to end it? */
static bool is_due(const struct rw_printed *printed, const struct rw_open_trace *open, bool all)
{
	if (open->stage == RW_STAGE_NONE || all)
		return open->stage != RW_STAGE_NONE;
	return open->stage == RW_STAGE_HELD ? printed->line >= open->until :
					      is_stale(printed, open);
}

struct rw_error *rw_log_release(struct rw_printed *printed, bool all)
{
	for (;;) {
		struct rw_log_caller *first = NULL;

		for (size_t i = 0; i < MOST_CALLERS; i++) {
			struct rw_log_caller *caller = &printed->callers[i];

			if (is_due(printed, &caller->open, all) &&
			    (!first || caller->open.trace.line < first->open.trace.line))
				first = caller;
		}
		if (!first)
			return NULL;
		struct rw_error *err = rw_log_finish_trace(printed, first);
		if (err)
			return err;
	}
}

struct rw_error *rw_log_take_offset(struct rw_printed *printed, uint64_t offset)
{
	struct rw_printed_log *log = &printed->log;
	struct rw_error *err = NULL;

	log->kaslr_known = log->kaslr_known == RW_UNKNOWN ||
			   (log->kaslr_known == RW_YES && log->kaslr == offset) ? RW_YES : RW_NO;
	log->kaslr = offset;
	for (size_t i = 0; i < MOST_CALLERS; i++) {
		struct rw_open_trace *open = &printed->callers[i].open;

		if (open->stage == RW_STAGE_NONE)
			continue;
		open->trace.kaslr_known = RW_YES;
		open->trace.kaslr = offset;
	}
	for (size_t i = 0; !err && printed->nr_held && i < MOST_CALLERS; i++)
		if (printed->callers[i].open.stage == RW_STAGE_HELD)
			err = emit(printed, &printed->callers[i]);
	return err;
}
