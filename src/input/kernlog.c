// SPDX-License-Identifier: GPL-2.0-or-later
//
// Traces out of the lines of a kernel's log.
//
// Lines may be of several CPUs at once. Where they say who printed them (the field
// "[  T123]" of CONFIG_PRINTK_CALLER), each of these has a report and an open trace
// of its own; the others share one. A trace begins at its heading, or where two
// entries stand without one, and ends where its report goes on with something else.
// A line of somebody else in between is borne for a while.
//
// What is kept is bounded: a number of reports, in each one trace of a bounded number
// of entries.
//
// Source: the forms are those of 4.4 to 7.2, see logentry.c, report.c, procstack.c.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"

#include "kernlog_private.h"
#include "logline.h"
#include "procstack.h"
#include "scan.h"

#define MOST_STRANGERS 12	/* lines of others between two entries of a trace */
#define LONGEST_LINE ((size_t)8 << 10)

/** "kvm [367]: …", which the hypervisor's lines begin with.  @return Behind it, or NULL. */
static const char *behind_kvm(const char *p, const char *end)
{
	if (!rw_begins(p, end, "kvm ["))
		return NULL;
	p = rw_skip_digits(p + strlen("kvm ["), end);
	return rw_begins(p, end, "]: ") ? p + strlen("]: ") : NULL;
}

/** "Exception stack(0x… to 0x…)" and its "be20: …" lines, inside of traces before 4.14. */
static bool is_exception_stack(const char *p, const char *end)
{
	if (rw_begins(p, end, "Exception stack("))
		return true;
	for (int i = 0; i < 4; i++, p++)
		if (p == end || !strchr("0123456789abcdef", *p) || !*p)
			return false;
	return rw_begins(p, end, ": ");
}

static struct rw_error *hypervisor_line(struct rw_printed *printed, struct rw_log_caller *caller,
					const char *p, const char *end, bool *taken_ret)
{
	struct rw_open_trace *open = &caller->open;
	struct rw_logentry e;
	bool in_trace = open->stage == RW_STAGE_OPEN && open->trace.kind == RW_PRINTED_HYPERVISOR;

	*taken_ret = true;
	if (rw_find_in_short(p, end, 256, "nVHE call trace:") && !rw_begins(p, end, "---["))
		return rw_log_open_trace(printed, caller, RW_PRINTED_HYPERVISOR, true);
	if (in_trace && rw_logentry_parse(p, end, false, &e))
		return rw_open_trace_add(&caller->open, &e, printed->line);
	*taken_ret = false;
	return in_trace ? rw_log_close_trace(printed, caller) : NULL;
}

/** The patches of `kpatch list`, one on a line. */
static bool patches_line(struct rw_printed *printed, const char *p, const char *end)
{
	char *list = printed->log.livepatches;
	size_t room = sizeof(printed->log.livepatches), nr = strlen(list);

	if (rw_begins(p, end, "Loaded patch modules:")) {
		printed->patches_line = printed->line;
		return true;
	}
	if (!printed->patches_line || printed->line != printed->patches_line + 1 || p == end) {
		printed->patches_line = 0;
		return false;
	}
	printed->patches_line = printed->line;
	if (nr + 4 < room) {
		if (nr) {
			memcpy(list + nr, ", ", 3);
			nr += 2;
		}
		rw_report_copy(list + nr, room - nr, p, end);
	}
	return true;
}

static struct rw_error *proc_heading(struct rw_printed *printed, struct rw_log_caller *caller,
				     int64_t pid, const char *comm)
{
	struct rw_error *err = rw_log_open_trace(printed, caller, RW_PRINTED_PROC_STACK, true);

	if (err)
		return err;
	struct rw_printed_facts *facts = &caller->open.facts;
	facts->pid = pid;
	memcpy(facts->comm, comm, sizeof(facts->comm));
	caller->next_pid = -1;
	caller->next_comm[0] = '\0';
	return NULL;
}

/** An entry of /proc/PID/stack; the next one's stack begins without a heading, too. */
static struct rw_error *proc_entry(struct rw_printed *printed, struct rw_log_caller *caller,
				   int64_t pid, const char *p, const char *end)
{
	struct rw_open_trace *open = &caller->open;
	struct rw_error *err = NULL;
	struct rw_logentry e;

	if (!rw_logentry_parse(p, end, true, &e))
		return NULL;
	// Up to 4.18 this stands at the end of each.
	if (!e.name.size && e.address == UINT64_MAX)
		return NULL;
	bool goes_on = open->stage == RW_STAGE_OPEN && open->trace.kind == RW_PRINTED_PROC_STACK &&
		       (pid < 0 || open->facts.pid == pid) && !rw_open_trace_is_complete(open) &&
		       !open->strangers;
	if (!goes_on) {
		char comm[sizeof(caller->next_comm)];

		memcpy(comm, caller->next_comm, sizeof(comm));
		err = proc_heading(printed, caller, pid < 0 ? caller->next_pid : pid, comm);
	}
	return err ? err : rw_open_trace_add(&caller->open, &e, printed->line);
}

/** The task that a stored trace is of: "Allocated by task 77:". */
static void label_trace(struct rw_open_trace *open, const char *label)
{
	const char *task = strstr(label, "by task "), *end = label + strlen(label);
	uint64_t pid;

	rw_report_copy(open->facts.label, sizeof(open->facts.label), label, end);
	open->facts.pid = open->facts.cpu = -1;
	open->facts.comm[0] = '\0';
	if (!task)
		return;
	if (rw_decimal_parse(task + strlen("by task "), end, 9, &pid))
		open->facts.pid = (int64_t)pid;
}

/** An entry where no trace is open. */
static struct rw_error *loose_entry(struct rw_printed *printed, struct rw_log_caller *caller,
				    const struct rw_logentry *e)
{
	bool sure, stored = rw_report_is_label(caller->report.last, &sure);
	char label[sizeof(caller->report.last)];

	// Another line with such a word in it; or a tool's output, where a heading is.
	if (e->damaged || e->inlined || !(e->has_offset || e->has_address))
		return NULL;
	// A bare address is no evidence of a trace.
	if (!e->name.size && !stored)
		return NULL;
	memcpy(label, caller->report.last, sizeof(label));
	enum rw_printed_kind kind = stored ? RW_PRINTED_STORED : RW_PRINTED_UNHEADED;
	struct rw_error *err = rw_log_open_trace(printed, caller, kind, sure);
	if (err)
		return err;
	if (stored)
		label_trace(&caller->open, label);
	caller->report.stored |= stored;
	return rw_open_trace_add(&caller->open, e, printed->line);
}

static struct rw_error *entry_line(struct rw_printed *printed, struct rw_log_caller *caller,
				   const struct rw_logentry *e)
{
	struct rw_open_trace *open = &caller->open;

	if (caller->foreign)
		return NULL;
	// What nothing announced must look like an entry and nothing else.
	if (open->stage == RW_STAGE_OPEN && !open->sure && e->damaged)
		return rw_log_close_trace(printed, caller);
	if (open->stage == RW_STAGE_OPEN && open->trace.kind != RW_PRINTED_HYPERVISOR)
		return e->inlined ? NULL : rw_open_trace_add(&caller->open, e, printed->line);
	struct rw_error *err = rw_log_finish_trace(printed, caller);
	return err ? err : loose_entry(printed, caller, e);
}

/** "schedule from schedule_timeout+0x20/0x134": the entries of 32-bit ARM. */
static bool is_arm32_entry(const char *p, const char *end)
{
	return rw_find_in_short(p, end, 512, " from ");
}

static void begin_foreign(struct rw_printed *printed, struct rw_log_caller *caller, size_t line)
{
	caller->foreign = true;
	if (!printed->log.nr_foreign++)
		printed->log.foreign_line = line;
}

/** A line of no known form, while a trace is open: does the trace go on behind it? */
static struct rw_error *stranger(struct rw_printed *printed, struct rw_log_caller *caller,
				 const char *p, const char *end)
{
	struct rw_open_trace *open = &caller->open;
	bool tolerant = open->trace.kind == RW_PRINTED_CALL_TRACE, sure;

	if (tolerant && is_exception_stack(p, end))
		return NULL;
	if (tolerant && !open->kept.nr && is_arm32_entry(p, end)) {
		begin_foreign(printed, caller, open->trace.line);
		rw_log_drop_trace(printed, caller);
		return NULL;
	}
	open->strangers++;
	if (!tolerant || rw_open_trace_is_complete(open) || open->strangers > MOST_STRANGERS ||
	    rw_report_is_label(caller->report.last, &sure))
		return rw_log_close_trace(printed, caller);
	return NULL;
}

/** A line of the report, or of somebody else. */
static struct rw_error *other_line(struct rw_printed *printed, struct rw_log_caller *caller,
				   const struct rw_logline *line, const char *p, const char *end)
{
	enum rw_report_line kind = rw_report_read(&caller->report, line, p, end);

	if (kind == RW_REPORT_OTHER)
		return caller->open.stage == RW_STAGE_OPEN ? stranger(printed, caller, p, end) :
							     NULL;
	caller->foreign = false;
	if (kind == RW_REPORT_TRACE)
		return rw_log_open_trace(printed, caller, RW_PRINTED_CALL_TRACE, true);
	if (kind == RW_REPORT_FOREIGN)
		begin_foreign(printed, caller, printed->line);
	return rw_log_close_trace(printed, caller);
}

static struct rw_error *read_message(struct rw_printed *printed, struct rw_log_caller *caller,
				     struct rw_logline *line, const char *end, bool cut)
{
	struct rw_open_trace *open = &caller->open;
	const char *p = line->text, *entry_at, *kvm;
	struct rw_logentry e;
	uint64_t offset;
	int64_t pid;
	char comm[64];

	p = rw_skip_log_blanks(p, end);
	end = rw_trim_log_blanks(p, end);
	line->text = p;
	line->size = end - p;

	if (rw_report_offset(p, end, &offset))
		return rw_log_take_offset(printed, offset);
	if (rw_begins(p, end, "Linux version "))
		rw_report_copy(printed->log.banner, sizeof(printed->log.banner), p, end);
	if (patches_line(printed, p, end))
		return rw_log_finish_trace(printed, caller);
	kvm = behind_kvm(p, end);
	if (kvm) {
		bool taken;
		struct rw_error *err = hypervisor_line(printed, caller, kvm, end, &taken);

		if (err || taken)
			return err;
		p = kvm;
	}
	switch (line->stamped ? RW_PROCSTACK_OTHER :
		rw_procstack_read(caller->report.last, p, end, &pid, comm, &entry_at)) {
	case RW_PROCSTACK_ENTRY:
		return cut ? NULL : proc_entry(printed, caller, pid, entry_at, end);
	case RW_PROCSTACK_HEADING:
		return proc_heading(printed, caller, pid, comm);
	case RW_PROCSTACK_PROMPT:
		caller->next_pid = pid;
		return rw_log_finish_trace(printed, caller);
	case RW_PROCSTACK_OTHER:
		break;
	}
	if (!cut && rw_logentry_parse(p, end, open->stage == RW_STAGE_OPEN, &e)) {
		// The last line of a text may lack some of its digits.
		e.damaged |= !line->terminated;
		return entry_line(printed, caller, &e);
	}
	return other_line(printed, caller, line, p, end);
}

struct rw_error *rw_printed_line(struct rw_printed *printed, const struct rw_text_line *raw)
{
	struct rw_logline line;
	struct rw_log_caller *caller;

	if (!raw->begins)
		return NULL;
	printed->line = raw->number;
	struct rw_error *err = printed->line % 16 ? NULL : rw_log_release(printed, false);
	if (err)
		return err;

	const char *text = raw->text;
	size_t size = raw->size - raw->newline;
	if (raw->number == 1 && rw_begins(text, text + size, "\xef\xbb\xbf")) {
		text += 3;
		size -= 3;
	}
	bool cut = size > LONGEST_LINE || !raw->ends;
	if (size > LONGEST_LINE)
		size = LONGEST_LINE;
	rw_logline_parse(text, text + size, &line);
	line.number = raw->number;
	line.terminated = raw->newline;
	err = rw_log_caller_of(printed, line.caller, &caller);
	return err ? err : read_message(printed, caller, &line, line.text + line.size, cut);
}

struct rw_error *rw_printed_end(struct rw_printed *printed)
{
	for (size_t i = 0; i < MOST_CALLERS; i++) {
		struct rw_open_trace *open = &printed->callers[i].open;

		if (open->stage == RW_STAGE_OPEN && !rw_open_trace_is_complete(open))
			open->trace.cut = true;
	}
	struct rw_error *err = rw_log_release(printed, true);
	for (size_t i = 0; i < MOST_CALLERS; i++)
		printed->callers[i].used = 0;
	printed->line = 0;
	return err;
}

const struct rw_printed_log *rw_printed_log(const struct rw_printed *printed)
{
	return &printed->log;
}

struct rw_printed *rw_printed_create(rw_printed_fn emit, void *cookie)
{
	struct rw_printed *printed = calloc(1, sizeof(*printed));

	if (!printed)
		return NULL;
	printed->emit = emit;
	printed->cookie = cookie;
	return printed;
}

void rw_printed_destroy(struct rw_printed *printed)
{
	if (!printed)
		return;
	for (size_t i = 0; i < MOST_CALLERS; i++) {
		rw_open_trace_deinit(&printed->callers[i].open);
	}
	free(printed);
}
