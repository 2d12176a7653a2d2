// SPDX-License-Identifier: GPL-2.0-or-later
//
// Traces for people.

#include <inttypes.h>

#include "rewalk/output.h"
#include "rewalk/printable.h"

#include "output_private.h"

const char *rw_output_color(const struct rw_output *out, enum rw_verdict verdict)
{
	static const char *const codes[] = {
		[RW_VERDICT_RELIABLE] = "\033[32m",
		[RW_VERDICT_UNRELIABLE] = "\033[31m",
		[RW_VERDICT_UNDETERMINED] = "\033[33m",
	};

	return out->color ? codes[verdict] : "";
}

const char *rw_output_plain(const struct rw_output *out)
{
	return out->color ? "\033[0m" : "";
}

static void words(struct rw_output *out, const struct rw_trace *trace, size_t n)
{
	const struct rw_frame *f = &trace->frames[n];
	bool judged = trace->model->checks_text && !rw_trace_is_last(trace, n);
	const char *gap = "   ";

	if (f->sym_code == RW_YES && judged) {
		fprintf(out->file, "%sSYM_CODE", gap);
		gap = ", ";
	}
	if (f->text != RW_YES && judged) {
		fprintf(out->file, "%s%s", gap, f->text == RW_NO ? "not text" : "text unknown");
		gap = ", ";
	}
	if (f->entry.source == RW_SOURCE_REGS && !trace->model->prints_marks) {
		fprintf(out->file, "%sexception", gap);
		gap = ", ";
	}
	if (f->entry.untranslated)
		fprintf(out->file, "%sreplaced return address", gap);
}

static void frame(struct rw_output *out, const struct rw_trace *trace, size_t n)
{
	const struct rw_frame *f = &trace->frames[n];
	const struct rw_name *name = rw_names_find(out->names, f->entry.pc);
	char marks[8];

	fprintf(out->file, "  #%-*zu  %016" PRIx64 "  ", trace->nr > 10 ? 2 : 1, n, f->entry.pc);
	rw_print_clean(out->file, name->printed);
	if (name->module && !name->symbol) {
		fputs(" [", out->file);
		rw_print_clean(out->file, name->module);
		putc(']', out->file);
	}
	rw_output_marks(trace, f, marks);
	if (*marks)
		fprintf(out->file, " (%s)", marks);
	words(out, trace, n);
	if (out->verbose && f->entry.stack >= 0)
		fprintf(out->file, "   record %016" PRIx64 " on the %s stack", f->entry.record,
			rw_stack_name(f->entry.stack));
	putc('\n', out->file);
	rw_output_lines_text(out->file, rw_output_find_lines(out, trace, n, name), name->symbol,
			     name->offset);
}

const char *rw_output_comm(const struct rw_task *task, char buf[17])
{
	size_t i = 0;

	// A task names itself: what it says must not reach the terminal as it is.
	for (; i < 16 && task->comm[i]; i++)
		buf[i] = task->comm[i] >= 0x20 && task->comm[i] < 0x7f ? task->comm[i] : '?';
	buf[i] = '\0';
	return buf;
}

static void say_task(struct rw_output *out, const struct rw_task *task)
{
	char comm[17];

	fprintf(out->file, "%u %s  %c%s  cpu %u", task->pid, rw_output_comm(task, comm),
		task->state, task->panicked ? ", panicked" : task->running ? ", running" : "",
		task->cpu);
}

static void heading(struct rw_output *out, const struct rw_trace *trace)
{
	const struct rw_unwind_input *in = &trace->input;

	if (trace->task)
		say_task(out, trace->task);
	else
		fputs(trace->source, out->file);
	fprintf(out->file, "  %s\n", trace->model->name);
	if (!out->verbose)
		return;
	fprintf(out->file, "  model: %s (", trace->model->name);
	rw_print_clean(out->file, trace->model_why);
	fputs(")\n", out->file);
	for (unsigned int bit = 1; bit < 1 << RW_NR_OPTIONS; bit <<= 1)
		if (trace->model->variants & bit)
			fprintf(out->file, "  option: %s %s (%s)\n", rw_option_name(bit),
				in->options & bit ? "on" : "off",
				rw_option_from_name(rw_kernel_option_from(trace->kernel,
									  trace->model, bit)));
	fprintf(out->file, "  promise: %s%s\n", rw_promise_name(trace->model->promise),
		trace->model->promise == RW_PROMISE_COMPLETE_WALK ?
		" (this kernel has no reliable walk of its own)" : "");
	fprintf(out->file, "  start: %s, pc %016" PRIx64 ", fp %016" PRIx64 "\n",
		rw_start_name(in->start), in->pc, in->fp);
	for (int i = 0; i < RW_NR_STACKS; i++)
		if (in->stacks[i].exists == RW_YES)
			fprintf(out->file, "  %s stack: %016" PRIx64 "-%016" PRIx64 "\n",
				rw_stack_name(i), in->stacks[i].low, in->stacks[i].high);
}

/** What a reliable trace came to. */
static const char *end_of(const struct rw_trace *trace)
{
	if (trace->result.end != RW_END_FINAL)
		return "cut short, which this version accepts";
	// Tasks that begin in the kernel, up to 5.13.
	if (!trace->frames[trace->nr - 1].entry.fp)
		return "ended at a frame pointer of 0, where the task begins";
	return "ended at the final record";
}

static void verdict(struct rw_output *out, const struct rw_trace *trace)
{
	const struct rw_unwind_result *result = &trace->result;

	fprintf(out->file, "%s%s%s: ", rw_output_color(out, result->verdict),
		rw_verdict_name(result->verdict), rw_output_plain(out));
	if (result->verdict == RW_VERDICT_RELIABLE) {
		if (!trace->nr) {
			fputs("no stack: the task has exited\n", out->file);
			return;
		}
		fprintf(out->file, "%zu frame%s, %s\n", result->consumed,
			result->consumed == 1 ? "" : "s", end_of(trace));
		return;
	}
	for (size_t i = 0; i < result->nr_reasons; i++) {
		const struct rw_reason *reason = &result->reasons[i];
		char text[RW_SENTENCE_SIZE];

		// The rest is a detail, unless it was asked for.
		if (i && !out->verbose) {
			fprintf(out->file, " (and %zu more)", result->nr_reasons - i);
			break;
		}
		rw_trace_sentence(trace, reason, text);
		fprintf(out->file, "%s%s", i ? "\n  " : "", rw_reason_name(reason->code));
		if (trace->nr)
			fprintf(out->file, " at #%zu", reason->frame);
		fputs(": ", out->file);
		rw_print_clean(out->file, text);
	}
	putc('\n', out->file);
}

void rw_output_frames(struct rw_output *out, const struct rw_trace *trace)
{
	bool beyond = false;

	for (size_t i = 0; i < trace->nr; i++) {
		if (trace->frames[i].entry.beyond && !beyond) {
			fputs("  --- the verdict was decided here; a plain walk goes on ---\n",
			      out->file);
			beyond = true;
		}
		frame(out, trace, i);
	}
	verdict(out, trace);
}

void rw_output_trace_text(struct rw_output *out, const struct rw_trace *trace)
{
	heading(out, trace);
	rw_output_frames(out, trace);
}

void rw_output_models_heading(struct rw_output *out, const struct rw_trace *trace)
{
	if (out->format != RW_FORMAT_TEXT || !trace->task)
		return;
	say_task(out, trace->task);
	putc('\n', out->file);
}

void rw_output_model_line(struct rw_output *out, const struct rw_trace *trace)
{
	const struct rw_unwind_result *result = &trace->result;

	if (out->format != RW_FORMAT_TEXT) {
		rw_output_trace(out, trace);
		return;
	}
	fprintf(out->file, "%-12s %s%-13s%s", trace->model->name,
		rw_output_color(out, result->verdict), rw_verdict_name(result->verdict),
		rw_output_plain(out));
	if (result->nr_reasons)
		fprintf(out->file, " %s at #%zu", rw_reason_name(result->reasons[0].code),
			result->reasons[0].frame);
	else
		fprintf(out->file, " %zu frames", result->consumed);
	putc('\n', out->file);
}

static bool same_entry(const struct rw_trace *a, const struct rw_trace *b, size_t n)
{
	if (n >= a->nr || n >= b->nr)
		return n >= a->nr && n >= b->nr;
	return a->frames[n].entry.pc == b->frames[n].entry.pc;
}

static bool same_from(const struct rw_trace *a, const struct rw_trace *b, size_t n)
{
	for (; n < a->nr || n < b->nr; n++)
		if (!same_entry(a, b, n))
			return false;
	return true;
}

void rw_output_parting(struct rw_output *out, const struct rw_trace *traces, size_t nr)
{
	size_t part = 0, longest = 0;
	bool all = true;

	if (out->format != RW_FORMAT_TEXT)
		return;
	for (size_t i = 0; i < nr; i++)
		longest = traces[i].nr > longest ? traces[i].nr : longest;
	if (!longest)
		return;
	for (; all && part < longest; part += all)
		for (size_t i = 1; i < nr; i++)
			all &= same_entry(&traces[0], &traces[i], part);
	if (all) {
		fprintf(out->file, "\nall of them walk the same %zu entries\n", longest);
		return;
	}
	fprintf(out->file, "\nthey part at #%zu:\n", part);
	for (size_t i = 0; i < nr; i++) {
		bool said = false;

		for (size_t j = 0; j < i; j++)
			said |= same_from(&traces[i], &traces[j], part);
		if (said)
			continue;
		fputs(traces[i].model->name, out->file);
		for (size_t j = i + 1; j < nr; j++)
			if (same_from(&traces[i], &traces[j], part))
				fprintf(out->file, ", %s", traces[j].model->name);
		putc('\n', out->file);
		if (part >= traces[i].nr)
			fputs("  (no further entry)\n", out->file);
		for (size_t n = part; n < traces[i].nr && n < part + 4; n++)
			frame(out, &traces[i], n);
	}
}
