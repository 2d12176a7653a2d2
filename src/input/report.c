// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a kernel's report says besides its traces: which report it is, whose trace
// follows, on which CPU, which kernel, modules, machine, registers.
//
//   Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008
//   Internal error: Oops: 0000000096000044 [#1] SMP
//   Modules linked in: scene(OE) qemu_fw_cfg
//   CPU: 0 UID: 0 PID: 1 Comm: init Tainted: G           OE       7.2.13+deb14-arm64 #1
//   Hardware name: linux,dummy-virt (DT)
//   Workqueue: events sleeping_work [scene]
//   pstate: 60402009 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)
//   pc : scene_oops+0x8/0x18 [scene]
//   task:kworker/0:1     state:D stack:0     pid:12    tgid:12    ppid:2      flags:0x…
//   kworker/0:1     D    0    12      2 0x00000028                       (before 5.9)
//   Task stack:     [0xffff80000a5d8000..0xffff80000a5dc000]
//
// Source: lib/dump_stack.c, arch/arm64/kernel/{process,traps,stacktrace}.c,
// kernel/sched/core.c (sched_show_task), kernel/panic.c, of 4.9 to 7.2.

#include <string.h>

#include "rewalk/hex.h"

#include "logline.h"
#include "regline.h"
#include "report.h"
#include "scan.h"

#define MOST_LOOKED_AT 512	/* characters of a line */

/** A decimal number behind blanks; -1 if there is none, or it is absurd. */
static int64_t decimal(const char *p, const char *end)
{
	uint64_t n;

	if (!rw_decimal_parse(rw_skip_blanks(p, end), end, SIZE_MAX, &n) || n > INT32_MAX)
		return -1;
	return (int64_t)n;
}

/** Behind blanks and the digits after them. */
static const char *behind_number(const char *p, const char *end)
{
	return rw_skip_digits(rw_skip_blanks(p, end), end);
}

static int64_t decimal_behind(const char *p, const char *end, const char *word)
{
	const char *at = rw_find_early(p, end, MOST_LOOKED_AT, word);

	return at ? decimal(at + strlen(word), end) : -1;
}

void rw_report_copy(char *to, size_t room, const char *p, const char *end)
{
	size_t nr = 0;

	for (; p < end && nr + 1 < room; p++)
		to[nr++] = ((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f ? '?' :
			   *p == '\t' ? ' ' : *p;
	while (nr && to[nr - 1] == ' ')
		nr--;
	to[nr] = '\0';
}

#define COPY(field, p, end) rw_report_copy(field, sizeof(field), p, end)

void rw_report_init(struct rw_report *report)
{
	memset(report, 0, sizeof(*report));
	report->facts.pid = report->facts.tgid = report->facts.ppid = report->facts.cpu = -1;
}

/** Forget what is said of one task or CPU, and keep what is said of all. */
static void reset_task(struct rw_report *report)
{
	const struct rw_report old = *report;
	struct rw_printed_facts *facts = &report->facts;

	rw_report_init(report);
	report->used = old.used;
	report->list = old.list;
	report->fatal = old.fatal;
	memcpy(report->last, old.last, sizeof(report->last));
	memcpy(facts->report, old.facts.report, sizeof(facts->report));
	memcpy(facts->modules, old.facts.modules, sizeof(facts->modules));
	memcpy(facts->hardware, old.facts.hardware, sizeof(facts->hardware));
	memcpy(facts->release, old.facts.release, sizeof(facts->release));
	memcpy(facts->build_id, old.facts.build_id, sizeof(facts->build_id));
}

/** A task or CPU of which a trace may follow: the next of a list, or a report's own. */
static void begin_task(struct rw_report *report, enum rw_report_list list)
{
	if (report->used && report->list < list) {
		char last[sizeof(report->last)];

		memcpy(last, report->last, sizeof(last));
		rw_report_init(report);
		memcpy(report->last, last, sizeof(last));
	} else if (report->used || report->list) {
		reset_task(report);
	}
	report->has_task = true;
}

/* ---- the first line of a report ---------------------------------------------- */

/** Lines that only part one report from the next. */
static bool is_ruler(const char *p, const char *end)
{
	return rw_begins(p, end, "------------[ cut here ]------------") ||
	       rw_begins(p, end, "==================");
}

static bool read_head(struct rw_report *report, const char *p, const char *end)
{
	const struct rw_report_head *head = rw_report_head(p, end);

	if (!head && !is_ruler(p, end))
		return false;
	if (head && head->is_part && report->list)
		return true;
	// "Internal error: Oops" after "Unable to handle kernel …" is the same report, and
	// so is the panic after "Insufficient stack space …" and its registers.
	if (report->used || report->stored || report->list || !head ||
	    (report->has_task && !(report->fatal && head->fatal)))
		rw_report_init(report);
	if (!head)
		return true;
	if (!report->facts.report[0])
		COPY(report->facts.report, p, end);
	report->list = head->list;
	report->fatal |= head->fatal;
	return true;
}

/* ---- who, where, which kernel -------------------------------------------------- */

/** "G           OE       7.2.13+deb14-arm64 #1 …": letters, then the release. */
static const char *behind_taint(const char *p, const char *end)
{
	for (;;) {
		const char *word = rw_skip_blanks(p, end);
		bool letters = true;

		for (p = word; p < end && *p != ' '; p++)
			letters &= rw_is_upper(*p);
		if (p == word || !letters)
			return word;
	}
}

/** A build-id stands at the end of the line, behind the version. */
static void read_build_id(struct rw_printed_facts *facts, const char *p, const char *end)
{
	uint64_t ignored;

	while (end > p && end[-1] == ' ')
		end--;
	if (end - p < 41 || end[-41] != ' ' || rw_hex_parse(end - 40, end, &ignored) != 40)
		return;
	COPY(facts->build_id, end - 40, end);
}

/** "CPU: 2 UID: 0 PID: 171 Comm: insmod Tainted: G …": @p is behind "CPU: ". */
static bool read_cpu(struct rw_report *report, const char *p, const char *end)
{
	static const char *const taints[] = { " Not tainted ", " Tainted: " };
	struct rw_printed_facts *facts = &report->facts;
	const char *comm = rw_find_early(p, end, MOST_LOOKED_AT, " Comm: ");
	int64_t cpu = decimal(p, end), pid = decimal_behind(p, end, " PID: ");

	if (cpu < 0 || pid < 0 || !comm)
		return false;
	begin_task(report, RW_LIST_CPUS);
	// A report without a head: the line above it is what it is about.
	if (!facts->report[0])
		memcpy(facts->report, report->last, sizeof(facts->report));
	facts->cpu = cpu;
	facts->pid = pid;
	facts->running = true;
	comm += strlen(" Comm: ");
	const char *comm_end = end;
	for (int i = 0; i < 2; i++) {
		const char *taint = rw_find_early(comm, end, MOST_LOOKED_AT, taints[i]);

		if (!taint)
			continue;
		const char *release = i ? behind_taint(taint + strlen(taints[i]), end) :
				      taint + strlen(taints[i]);

		comm_end = taint;
		COPY(facts->taint, taint + 1, i ? release : release - 1);
		COPY(facts->release, rw_skip_blanks(release, end), end);
		read_build_id(facts, release, end);
		break;
	}
	const char *kdump = rw_find_early(comm, comm_end, MOST_LOOKED_AT, " Kdump: loaded");
	COPY(facts->comm, comm, kdump ? kdump : comm_end);
	return true;
}

/** "task:foo             state:D stack:0     pid:123   …": @p is behind "task:". */
static bool read_task(struct rw_report *report, const char *p, const char *end)
{
	struct rw_printed_facts *facts = &report->facts;
	const char *state = rw_find_early(p, end, MOST_LOOKED_AT, " state:");

	if (!state)
		return false;
	begin_task(report, RW_LIST_TASKS);
	COPY(facts->comm, p, state);
	state += strlen(" state:");
	facts->state = state < end ? *state : '\0';
	facts->running = rw_begins(state, end, "R  running task");
	facts->pid = decimal_behind(state, end, " pid:");
	facts->tgid = decimal_behind(state, end, " tgid:");
	facts->ppid = decimal_behind(state, end, " ppid:");
	return true;
}

/** "kworker/0:1     D    0    12      2 0x00000028", before 5.9. */
static bool read_old_task(struct rw_report *report, const char *p, const char *end)
{
	struct rw_printed_facts *facts = &report->facts;
	const char *flags = end - 8;
	uint64_t ignored;

	if (end - p < 40 || !rw_begins(flags - 3, end, " 0x") ||
	    rw_hex_parse(flags, end, &ignored) != 8)
		return false;
	const char *state = p + 15;	// comm is padded to that
	if (*state != ' ' || !state[1] || !strchr("RSDTtXZPKWI", state[1]) || state[2] != ' ')
		return false;

	begin_task(report, RW_LIST_TASKS);
	COPY(facts->comm, p, state);
	facts->state = state[1];
	facts->running = rw_begins(state + 1, end, "R  running task");
	const char *number = state + 2;
	while (number < end && !rw_is_digit(*number))
		number++;
	number = behind_number(number, end);	// free stack
	facts->pid = decimal(number, end);
	facts->ppid = decimal(behind_number(number, end), end);
	return true;
}

void rw_report_trace_begins(struct rw_report *report)
{
	// A second trace, and nothing says of whom, or that it is of the same report.
	if (report->used && !report->has_task && report->list)
		reset_task(report);
	else if (report->used && !report->has_task)
		rw_report_init(report);
	report->facts.label[0] = '\0';
	report->last[0] = '\0';
}

void rw_report_trace_done(struct rw_report *report)
{
	report->used = true;
	report->has_task = false;
}

/* ---- registers, stacks, modules ----------------------------------------------- */

static void read_symbol(char to[256], const struct rw_regpair *pair)
{
	rw_report_copy(to, 256, pair->word, pair->word + pair->word_size);
}

static bool read_registers(struct rw_report *report, const struct rw_logline *line)
{
	struct rw_printed_facts *facts = &report->facts;
	struct rw_regline regline;
	struct rw_regpair pair;
	bool any = false;

	if (!rw_regline_init(line, &regline) || regline.format != RW_REGLINE_KERNEL)
		return false;
	while (rw_regline_next(&regline, &pair)) {
		if (pair.kind == RW_REGVALUE_NUMBER) {
			rw_reg_set(&facts->regs, pair.reg, pair.value);
			any = true;
		} else if (pair.kind == RW_REGVALUE_SYMBOL) {
			if (pair.reg == RW_REGLINE_PC)
				read_symbol(facts->pc_name, &pair);
			else if (pair.reg == RW_REGLINE_LR)
				read_symbol(facts->lr_name, &pair);
			any = true;
		}
	}
	return any;
}

/** "Task stack:     [0xffff80000a5d8000..0xffff80000a5dc000]" */
static bool read_stack(struct rw_printed_facts *facts, const char *p, const char *end)
{
	static const char *const names[] = {
		[RW_PRINTED_TASK_STACK] = "Task stack:",
		[RW_PRINTED_IRQ_STACK] = "IRQ stack:",
		[RW_PRINTED_OVERFLOW_STACK] = "Overflow stack:",
	};

	for (int i = 0; i < RW_PRINTED_NR_STACKS; i++) {
		struct rw_printed_stack stack;

		if (!rw_begins(p, end, names[i]))
			continue;
		p = rw_skip_blanks(p + strlen(names[i]), end);
		p = rw_begins(p, end, "[") ? rw_hex_parse_0x(p + 1, end, &stack.low) : NULL;
		if (!p || !rw_begins(p, end, ".."))
			return true;
		if (rw_hex_parse_0x(p + 2, end, &stack.high) && stack.high > stack.low)
			facts->stacks[i] = stack;
		return true;
	}
	return false;
}

/** Another record of a list of modules that was too long for one. */
static bool is_more_modules(const char *p, const char *end)
{
	bool any = false;

	for (; p < end; p++) {
		if (!(rw_is_alnum(*p) || strchr("_ ()+-", *p)))
			return false;
		any = true;
	}
	return any;
}

static void add_modules(struct rw_printed_facts *facts, const char *p, const char *end)
{
	size_t nr = strlen(facts->modules);

	if (nr && nr + 1 < sizeof(facts->modules))
		facts->modules[nr++] = ' ';
	rw_report_copy(facts->modules + nr, sizeof(facts->modules) - nr, p, end);
}

static bool read_modules(struct rw_report *report, const char *p, const char *end)
{
	static const char key[] = "Modules linked in:";

	if (rw_begins(p, end, key)) {
		if (report->used && !report->list)
			rw_report_init(report);
		report->facts.modules[0] = '\0';
		add_modules(&report->facts, rw_skip_blanks(p + strlen(key), end), end);
		report->in_modules = true;
		return true;
	}
	if (!report->in_modules || !is_more_modules(p, end)) {
		report->in_modules = false;
		return false;
	}
	add_modules(&report->facts, p, end);
	return true;
}

static bool read_value(const char *p, const char *end, const char *key, char *to, size_t room)
{
	if (!rw_begins(p, end, key))
		return false;
	rw_report_copy(to, room, rw_skip_blanks(p + strlen(key), end), end);
	return true;
}

bool rw_report_offset(const char *p, const char *end, uint64_t *ret)
{
	static const char key[] = "Kernel Offset: ";
	uint64_t offset;

	if (!rw_begins(p, end, key))
		return false;
	p += strlen(key);
	if (rw_begins(p, end, "disabled")) {
		*ret = 0;
		return true;
	}
	if (!rw_hex_parse_0x(p, end, &offset) || offset & 0xfff)
		return false;
	*ret = offset;
	return true;
}

bool rw_report_is_label(const char *line, bool *sure_ret)
{
	static const char *const sure[] = {
		"Allocated by task", "Freed by task", "allocated by task", "freed by task",
		"Last potentially related work creation", "Second to last potentially",
		"backtrace (crc ", "backtrace:", "page last allocated via", "page last free",
		"page_owner ", "-> #",
	};
	const char *end = line + strlen(line);

	*sure_ret = false;
	for (size_t i = 0; i < sizeof(sure) / sizeof(sure[0]); i++)
		*sure_ret |= rw_begins(line, end, sure[i]);
	return *sure_ret || (end > line && end[-1] == ':') ||
	       rw_begins(line, end, "Allocated in ") || rw_begins(line, end, "Freed in ") ||
	       rw_begins(line, end, "INFO: Allocated in ") ||
	       rw_begins(line, end, "INFO: Freed in ");
}

/** Lines that belong to a report and end a trace, without a fact that is kept. */
static bool is_part(const char *p, const char *end)
{
	static const char *const words[] = {
		"Mem abort info:", "ESR = ", "Data abort info:", "user pgtable:",
		"swapper pgtable:",
		"Tainted: [", "pstate:", "pc :", "lr :", "sp :", "x29:", "pmr", "SMP: stopping",
		"PHYS_OFFSET:", "CPU features:", "Memory Limit:", "The buggy address",
		"Memory state around", "Showing all locks", "INFO: lockdep is turned off",
		"irq event stamp:", "Preemption disabled at:", "hardirqs last",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (rw_begins(p, end, words[i]))
			return true;
	return false;
}

enum rw_report_line rw_report_read(struct rw_report *report, const struct rw_logline *line,
				   const char *p, const char *end)
{
	struct rw_printed_facts *facts = &report->facts;
	enum rw_report_line kind = RW_REPORT_OTHER;

	if (rw_equals(p, end, "Call trace:"))
		return RW_REPORT_TRACE;
	if (rw_begins(p, end, "Call Trace:") || rw_equals(p, end, "Backtrace:") ||
	    rw_equals(p, end, "Backtrace: "))
		return RW_REPORT_FOREIGN;
	if (rw_begins(p, end, "---[ end ") || rw_begins(p, end, "Code: "))
		return RW_REPORT_END;
	if (read_modules(report, p, end))
		kind = RW_REPORT_FACT;
	else if (rw_begins(p, end, "task:") && read_task(report, p + strlen("task:"), end))
		kind = RW_REPORT_TASK;
	else if (read_old_task(report, p, end))
		kind = RW_REPORT_TASK;
	else if (rw_begins(p, end, "CPU: ") && read_cpu(report, p + strlen("CPU: "), end))
		kind = RW_REPORT_FACT;
	else if (read_head(report, p, end))
		kind = RW_REPORT_HEAD;
	else if (read_value(p, end, "Hardware name:", facts->hardware, sizeof(facts->hardware)) ||
		 read_value(p, end, "Workqueue:", facts->workqueue, sizeof(facts->workqueue)) ||
		 read_value(p, end, "Stopper:", facts->workqueue, sizeof(facts->workqueue)) ||
		 read_stack(facts, p, end) || read_registers(report, line) || is_part(p, end))
		kind = RW_REPORT_FACT;
	if (kind == RW_REPORT_OTHER)
		COPY(report->last, p, end);
	else
		report->last[0] = '\0';
	return kind;
}
