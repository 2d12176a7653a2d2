/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a kernel's report around its traces; see report.c. */
#ifndef REWALK_INPUT_REPORT_H
#define REWALK_INPUT_REPORT_H

#include "rewalk/printed.h"

struct rw_logline;

/** Whether a report has traces of many, and of whom: one of CPUs is of tasks, too. */
enum rw_report_list { RW_LIST_NONE, RW_LIST_TASKS, RW_LIST_CPUS };

/** A line that begins a report. */
struct rw_report_head {
	const char *word;
	enum rw_report_list list;
	bool anywhere;		/* @word need not stand at the beginning */
	bool fatal;
	bool is_part;		/* of a list whose own head says more */
};

/** The head that the line [@p, @end) is, or NULL. */
const struct rw_report_head *rw_report_head(const char *p, const char *end);

/** One report as far as it was read. */
struct rw_report {
	struct rw_printed_facts facts;
	bool used;		/* a trace of it came out */
	enum rw_report_list list;
	bool stored;		/* a stored trace of it came out */
	bool has_task;		/* a "task:" or "CPU:" line since the last trace */
	bool fatal;		/* an oops or a panic: "Kernel Offset:" may follow */
	bool in_modules;	/* the last line was "Modules linked in:" or more of it */
	char last[256];		/* the line before, if it was of no known form */
};

/** What a line is to the traces around it. */
enum rw_report_line {
	RW_REPORT_OTHER,
	RW_REPORT_HEAD,		/* begins a report */
	RW_REPORT_FACT,		/* is part of one, and no trace goes on behind it */
	RW_REPORT_TASK,		/* "task:…": a trace of that task follows */
	RW_REPORT_TRACE,	/* "Call trace:" */
	RW_REPORT_FOREIGN,	/* "Call Trace:", "Backtrace:": another architecture's */
	RW_REPORT_END,		/* "Code: …", "---[ end trace …" */
};

void rw_report_init(struct rw_report *report);

/** Read the message [@p, @end) of @line, and take its facts. */
enum rw_report_line rw_report_read(struct rw_report *report, const struct rw_logline *line,
				   const char *p, const char *end);

/** A trace begins: what was said of another one's task is not of this. */
void rw_report_trace_begins(struct rw_report *report);

/** A trace of the report came out. */
void rw_report_trace_done(struct rw_report *report);

/** Is the line before it one that stored traces stand under?  *sure_ret: a known one. */
bool rw_report_is_label(const char *line, bool *sure_ret);

/** Copy a part of a line; what a terminal would act on becomes '?'. */
void rw_report_copy(char *to, size_t room, const char *p, const char *end);

/** "Kernel Offset: 0x1200000 from 0xffff800008000000", "Kernel Offset: disabled". */
bool rw_report_offset(const char *p, const char *end, uint64_t *ret);

#endif
