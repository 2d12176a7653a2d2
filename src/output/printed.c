// SPDX-License-Identifier: GPL-2.0-or-later
//
// Printed traces for people.

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "rewalk/output.h"

#include "output_private.h"

#define MOST_ROWS 24	/* of entries that differ */

/** What the text says of whom the trace is. */
static void say_task(struct rw_output *out, const struct rw_printed_facts *facts)
{
	const char *gap = "";

	if (facts->pid >= 0) {
		fprintf(out->file, "%" PRId64, facts->pid);
		gap = " ";
	}
	if (facts->comm[0]) {
		fprintf(out->file, "%s%s", gap, facts->comm);
		gap = "  ";
	}
	if (facts->state)
		fprintf(out->file, "%s%c", *gap ? "  " : "", facts->state);
	if (facts->running)
		fprintf(out->file, "%s", facts->state ? ", running" :
			*gap ? "  running" : "running");
	if (facts->cpu >= 0)
		fprintf(out->file, "%scpu %" PRId64, *gap ? "  " : "", facts->cpu);
}

static void say(struct rw_output *out, const char *what, const char *value)
{
	if (value[0])
		fprintf(out->file, "  %s: %s\n", what, value);
}

static void say_facts(struct rw_output *out, const struct rw_judged *judged)
{
	static const char *const stacks[] = {
		[RW_PRINTED_TASK_STACK] = "task",
		[RW_PRINTED_IRQ_STACK] = "irq",
		[RW_PRINTED_OVERFLOW_STACK] = "overflow",
	};
	const struct rw_printed_facts *facts = judged->trace->facts;

	say(out, "kernel", facts->release);
	say(out, "build-id", facts->build_id);
	say(out, "taint", facts->taint);
	say(out, "hardware", facts->hardware);
	say(out, "workqueue", facts->workqueue);
	say(out, "modules", facts->modules);
	say(out, "pc", facts->pc_name);
	say(out, "lr", facts->lr_name);
	if (facts->regs.known & RW_REG_SP)
		fprintf(out->file, "  sp: %016" PRIx64 "\n", facts->regs.sp);
	if (facts->regs.known & RW_REG_FP)
		fprintf(out->file, "  x29: %016" PRIx64 "\n", facts->regs.x[29]);
	for (int i = 0; i < RW_PRINTED_NR_STACKS; i++)
		if (facts->stacks[i].high)
			fprintf(out->file, "  %s stack: %016" PRIx64 "-%016" PRIx64 "\n", stacks[i],
				facts->stacks[i].low, facts->stacks[i].high);
	if (judged->trace->kaslr_known == RW_YES)
		fprintf(out->file, "  KASLR offset: %" PRIx64 "\n", judged->trace->kaslr);
	fprintf(out->file, "  model: %s (%s)\n", judged->model->name, judged->model_why);
}

/** "1 init  running  cpu 0  linux-6.17  (console.txt, line 283)" */
static void heading(struct rw_output *out, const struct rw_judged *judged, bool with_model)
{
	const struct rw_printed_facts *facts = judged->trace->facts;
	bool who = facts->pid >= 0 || facts->comm[0] || facts->cpu >= 0;

	say_task(out, facts);
	fprintf(out->file, "%s%s%s(%s, line %zu)\n", who ? "  " : "",
		with_model ? judged->model->name : "", with_model ? "  " : "", judged->source,
		judged->trace->line);
	if (facts->label[0])
		fprintf(out->file, "  %s\n", facts->label);
	else if (facts->report[0] && (out->verbose || strncasecmp(facts->report, "sysrq", 5) != 0))
		fprintf(out->file, "  %s\n", facts->report);
	if (judged->trace->kind == RW_PRINTED_HYPERVISOR)
		fputs("  the hypervisor's stack\n", out->file);
	if (out->verbose)
		say_facts(out, judged);
}

static void words(struct rw_output *out, const struct rw_judged *judged, size_t n)
{
	const struct rw_judged_frame *f = &judged->frames[n];
	bool checked = judged->model->checks_text && n + 1 < judged->nr &&
		       judged->trace->kind != RW_PRINTED_STORED &&
		       judged->trace->kind != RW_PRINTED_HYPERVISOR;
	const char *gap = "   ";

	if (f->sym_code == RW_YES && checked) {
		fprintf(out->file, "%sSYM_CODE", gap);
		gap = ", ";
	}
	if (f->text == RW_NO && checked) {
		fprintf(out->file, "%snot text", gap);
		gap = ", ";
	}
	if (f->from_regs && !strchr(f->entry->marks, 'P')) {
		fprintf(out->file, "%sexception", gap);
		gap = ", ";
	}
	if (f->exists == RW_NO) {
		fprintf(out->file, "%snot in this vmlinux", gap);
		gap = ", ";
	} else if (f->fits == RW_NO && f->image_size && f->image_size != f->entry->size) {
		fprintf(out->file, "%s0x%" PRIx64 " bytes in this vmlinux", gap, f->image_size);
		gap = ", ";
	} else if (f->fits == RW_NO) {
		fprintf(out->file, "%sdoes not fit this vmlinux", gap);
		gap = ", ";
	}
	if (f->nr_places > 1)
		fprintf(out->file, "%s%zu functions of that name and size", gap, f->nr_places);
}

/** Text out of an input: what a terminal would act on is not in it but for UTF-8. */
static void safe(struct rw_output *out, const char *text)
{
	for (; *text; text++)
		putc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out->file);
}

static void frame(struct rw_output *out, const struct rw_judged *judged, size_t n)
{
	const struct rw_printed_entry *e = judged->frames[n].entry;
	uint64_t pc;

	fprintf(out->file, "  #%-*zu  ", judged->nr > 10 ? 2 : 1, n);
	if (rw_judged_pc(judged, n, &pc))
		fprintf(out->file, "%016" PRIx64 "  ", pc);
	else
		fprintf(out->file, "%16s  ", "?");
	safe(out, e->text);
	if (e->marks[0])
		fprintf(out->file, " (%s)", e->marks);
	words(out, judged, n);
	putc('\n', out->file);
	struct rw_line_list lines = rw_output_judged_lines(out, judged, n);
	rw_output_lines_text(out->file, lines, e->name, e->has_offset ? e->offset : 1);
	if (e->decoded && !lines.nr) {
		fputs("    at ", out->file);
		safe(out, e->decoded);
		putc('\n', out->file);
	}
}

static void verdict(struct rw_output *out, const struct rw_judged *judged)
{
	const struct rw_reason *reason = &judged->result.reasons[0];
	char text[RW_SENTENCE_SIZE];

	rw_judged_sentence(judged, reason, text);
	fprintf(out->file, "%s%s%s: %s", rw_output_color(out, judged->result.verdict),
		rw_verdict_name(judged->result.verdict), rw_output_plain(out),
		rw_reason_name(reason->code));
	if (judged->result.verdict == RW_VERDICT_UNRELIABLE)
		fprintf(out->file, " at #%zu", reason->frame);
	fprintf(out->file, ": %s\n", text);
}

/** One side of a row; @n counts from the entry that both have in common outwards. */
static void side(struct rw_output *out, const char *text, size_t n, bool left)
{
	char number[24];

	snprintf(number, sizeof(number), "#%zu", n);
	fprintf(out->file, left ? "    %-4s %-44.44s" : "  %-4s %s", number, text);
}

/** The replay of the task in the dump: what is the same, and where the two part. */
static void beside(struct rw_output *out, const struct rw_judged *judged)
{
	const struct rw_beside *b = judged->beside;
	size_t rows = b->nr_printed > b->nr_replayed ? b->nr_printed : b->nr_replayed;

	fprintf(out->file, "in the dump: %s%s%s, ", rw_output_color(out, b->trace->result.verdict),
		rw_verdict_name(b->trace->result.verdict), rw_output_plain(out));
	if (!rows) {
		fprintf(out->file, "the same %zu entries\n", b->nr_same);
		return;
	}
	fprintf(out->file, "the last %zu entries are the same; before them, printed and in the "
		"dump:\n", b->nr_same);
	// The innermost ones are left out of a long row of them.
	for (size_t i = rows > MOST_ROWS ? rows - MOST_ROWS : 0; i < rows; i++) {
		size_t back = rows - i;

		if (back <= b->nr_printed)
			side(out, judged->frames[b->nr_printed - back].entry->text,
			     b->nr_printed - back, true);
		else
			fprintf(out->file, "%53s", "");
		if (back <= b->nr_replayed) {
			size_t n = b->nr_replayed - back;

			side(out, rw_names_find(out->names, b->trace->frames[n].entry.pc)->printed,
			     n, false);
		}
		putc('\n', out->file);
	}
}

static void judged_text(struct rw_output *out, const struct rw_judged *judged)
{
	bool beyond = false;

	heading(out, judged, true);
	for (size_t i = 0; i < judged->nr; i++) {
		if (judged->frames[i].beyond && !beyond) {
			fputs("  --- the verdict was decided here; a plain walk goes on ---\n",
			      out->file);
			beyond = true;
		}
		frame(out, judged, i);
	}
	verdict(out, judged);
	if (judged->beside)
		beside(out, judged);
}

/** As the kernel printed it, without what stood before and in between. */
static void judged_kernel(struct rw_output *out, const struct rw_judged *judged)
{
	fputs("Call trace:\n", out->file);
	for (size_t i = 0; i < judged->nr; i++) {
		const struct rw_printed_entry *e = judged->frames[i].entry;

		putc(' ', out->file);
		safe(out, e->text);
		if (e->marks[0])
			fprintf(out->file, " (%s)", e->marks);
		struct rw_line_list lines = rw_output_judged_lines(out, judged, i);
		if (lines.nr) {
			fputs(" (", out->file);
			rw_output_lines_kernel(out->file, lines, e->name,
					       e->has_offset ? e->offset : 1);
			putc(')', out->file);
		}
		putc('\n', out->file);
	}
}

void rw_output_judged(struct rw_output *out, const struct rw_judged *judged)
{
	switch (out->format) {
	case RW_FORMAT_TEXT:
		judged_text(out, judged);
		break;
	case RW_FORMAT_KERNEL:
		judged_kernel(out, judged);
		break;
	case RW_FORMAT_JSON:
		rw_output_judged_json(out, judged);
		break;
	}
}

void rw_output_judged_models(struct rw_output *out, const struct rw_judged *judged, size_t nr,
			     const bool *shown)
{
	bool any = false;

	for (size_t i = 0; i < nr; i++) {
		const struct rw_unwind_result *result = &judged[i].result;

		if (!shown[i])
			continue;
		if (out->format != RW_FORMAT_TEXT) {
			rw_output_judged(out, &judged[i]);
			continue;
		}
		if (!any)
			heading(out, &judged[i], false);
		any = true;
		fprintf(out->file, "%-12s %s%-13s%s %s", judged[i].model->name,
			rw_output_color(out, result->verdict), rw_verdict_name(result->verdict),
			rw_output_plain(out), rw_reason_name(result->reasons[0].code));
		if (result->verdict == RW_VERDICT_UNRELIABLE)
			fprintf(out->file, " at #%zu", result->reasons[0].frame);
		putc('\n', out->file);
	}
}
