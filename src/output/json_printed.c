// SPDX-License-Identifier: GPL-2.0-or-later
//
// Printed traces as JSON: the members of a trace, and what the text says besides.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "output_private.h"

static void known_number(struct rw_json *json, const char *key, int64_t value)
{
	if (value < 0)
		rw_json_null(json, key);
	else
		rw_json_number(json, key, (uint64_t)value);
}

static void known_string(struct rw_json *json, const char *key, const char *value)
{
	rw_json_string(json, key, value[0] ? value : NULL);
}

static void task(struct rw_json *json, const struct rw_printed_facts *facts)
{
	if (facts->pid < 0 && !facts->comm[0]) {
		rw_json_null(json, "task");
		return;
	}
	rw_json_open(json, "task", '{');
	known_number(json, "pid", facts->pid);
	known_number(json, "tgid", facts->tgid);
	known_string(json, "comm", facts->comm);
	rw_json_string(json, "state", facts->state ? (char[]){ facts->state, '\0' } : NULL);
	known_number(json, "cpu", facts->cpu);
	rw_json_bool(json, "running", facts->running);
	rw_json_null(json, "address");
	rw_json_close(json, '}');
}

static void stacks(struct rw_json *json, const struct rw_printed_facts *facts)
{
	static const enum rw_stack_type types[] = {
		[RW_PRINTED_TASK_STACK] = RW_STACK_TASK,
		[RW_PRINTED_IRQ_STACK] = RW_STACK_IRQ,
		[RW_PRINTED_OVERFLOW_STACK] = RW_STACK_OVERFLOW,
	};

	rw_json_open(json, "stacks", '[');
	for (int i = 0; i < RW_PRINTED_NR_STACKS; i++)
		if (facts->stacks[i].high)
			rw_json_stack(json, types[i], facts->stacks[i].low, facts->stacks[i].high);
	rw_json_close(json, ']');
}

static void check(struct rw_json *json, const char *name, enum rw_tri result, const char *text)
{
	rw_json_open(json, NULL, '{');
	rw_json_string(json, "check", name);
	rw_json_tri(json, "result", result);
	rw_json_string(json, "text", text);
	rw_json_close(json, '}');
}

/** The function, its offset and size, and at the last entry the end of the chain. */
static void checks(struct rw_json *json, const struct rw_judged *judged, size_t n)
{
	const struct rw_judged_frame *f = &judged->frames[n];
	char text[160];

	rw_json_open(json, "checks", '[');
	if (f->entry->name)
		check(json, "function", f->exists,
		      f->exists == RW_YES ? "this vmlinux has it" : f->exists == RW_NO ?
		      "this vmlinux has no function of that name" :
		      "it is in no vmlinux, or its line is damaged");
	if (f->entry->has_offset) {
		if (f->image_size)
			snprintf(text, sizeof(text), "that function has 0x%" PRIx64 " bytes here",
				 f->image_size);
		else if (f->fits == RW_YES)
			snprintf(text, sizeof(text), "%zu of that name and size", f->nr_places);
		else
			snprintf(text, sizeof(text), "%s", f->fits == RW_NO ?
				 "no function of that name has that size here" :
				 "there is nothing to compare it with");
		check(json, "size", f->fits, text);
	}
	if (n + 1 == judged->nr) {
		enum rw_tri end = rw_judged_is_complete(judged);

		check(json, "end", end, end == RW_YES ? "a complete chain ends here" :
		      end == RW_NO ? "no complete chain ends here" : "the text is cut off here");
	}
	rw_json_close(json, ']');
}

static void frame(struct rw_output *out, struct rw_json *json, const struct rw_judged *judged,
		  size_t n)
{
	const struct rw_judged_frame *f = &judged->frames[n];
	const struct rw_printed_entry *e = f->entry;
	uint64_t pc;

	rw_json_open(json, NULL, '{');
	rw_json_number(json, "n", n);
	if (rw_judged_pc(judged, n, &pc))
		rw_json_address(json, "pc", pc);
	else
		rw_json_null(json, "pc");
	rw_json_string(json, "printed", e->text);
	rw_json_string(json, "symbol", e->name);
	rw_json_offset(json, e->has_offset, e->offset, e->size);
	rw_json_string(json, "module", e->module);
	rw_json_null(json, "record");
	rw_json_null(json, "stack");
	rw_json_marks(json, e->marks);
	rw_json_sym_code(json, f->sym_code);
	rw_json_tri(json, "text", f->text);
	rw_json_bool(json, "translated", true);
	rw_json_bool(json, "beyond", f->beyond);
	rw_output_lines_json(json, rw_output_judged_lines(out, judged, n));
	checks(json, judged, n);
	rw_json_number(json, "log_line", e->line);
	rw_json_close(json, '}');
}

static void registers(struct rw_json *json, const struct rw_regs *regs)
{
	if (!regs->known) {
		rw_json_null(json, "registers");
		return;
	}
	rw_json_open(json, "registers", '{');
	for (int i = 0; i < RW_NR_REGS; i++)
		if (regs->known & UINT64_C(1) << i)
			rw_json_address(json, rw_reg_name(i), rw_reg_get(regs, i));
	rw_json_close(json, '}');
}

static void report(struct rw_json *json, const struct rw_judged *judged)
{
	const struct rw_printed_trace *trace = judged->trace;
	const struct rw_printed_facts *facts = trace->facts;

	rw_json_open(json, "report", '{');
	rw_json_string(json, "kind", rw_printed_kind_name(trace->kind));
	rw_json_number(json, "line", trace->line);
	rw_json_number(json, "last_line", trace->last_line);
	known_string(json, "head", facts->report);
	known_string(json, "label", facts->label);
	rw_json_tri(json, "complete", rw_judged_is_complete(judged));
	rw_json_bool(json, "cut", trace->cut);
	rw_json_bool(json, "interrupted", trace->interrupted);
	rw_json_bool(json, "mixed", trace->mixed);
	rw_json_tri(json, "fits", judged->fits);
	known_string(json, "kernel", facts->release);
	known_string(json, "build_id", facts->build_id);
	known_string(json, "taint", facts->taint);
	known_string(json, "hardware", facts->hardware);
	known_string(json, "workqueue", facts->workqueue);
	known_string(json, "modules", facts->modules);
	known_string(json, "pc", facts->pc_name);
	known_string(json, "lr", facts->lr_name);
	registers(json, &facts->regs);
	if (trace->kaslr_known == RW_YES)
		rw_json_address(json, "kaslr", trace->kaslr);
	else
		rw_json_null(json, "kaslr");
	rw_json_close(json, '}');
}

static void reasons(struct rw_json *json, const struct rw_judged *judged)
{
	rw_json_open(json, "reasons", '[');
	for (size_t i = 0; i < judged->result.nr_reasons; i++) {
		const struct rw_reason *reason = &judged->result.reasons[i];
		char text[RW_SENTENCE_SIZE];
		uint64_t pc = 0;

		rw_judged_sentence(judged, reason, text);
		if (reason->frame < judged->nr)
			rw_judged_pc(judged, reason->frame, &pc);
		rw_json_reason(json, reason, pc, text);
	}
	rw_json_close(json, ']');
}

static void beside(struct rw_output *out, struct rw_json *json, const struct rw_beside *b)
{
	if (!b) {
		rw_json_null(json, "beside");
		return;
	}
	rw_json_open(json, "beside", '{');
	rw_json_address(json, "address", b->trace->task->address);
	rw_json_string(json, "verdict", rw_verdict_name(b->trace->result.verdict));
	rw_json_number(json, "same", b->nr_same);
	rw_json_number(json, "printed_only", b->nr_printed);
	rw_json_open(json, "dump_only", '[');
	for (size_t i = 0; i < b->nr_replayed; i++)
		rw_json_string(json, NULL, rw_names_find(out->names,
							 b->trace->frames[i].entry.pc)->printed);
	rw_json_close(json, ']');
	rw_json_close(json, '}');
}

void rw_output_judged_json(struct rw_output *out, const struct rw_judged *judged)
{
	const struct rw_unwind_result *result = &judged->result;
	struct rw_json json = { .file = out->file };

	rw_json_open(&json, NULL, '{');
	rw_json_string(&json, "type", "trace");
	rw_json_number(&json, "schema", RW_JSON_SCHEMA);
	rw_json_string(&json, "source", judged->source);
	task(&json, judged->trace->facts);
	rw_json_string(&json, "model", judged->model->name);
	rw_json_string(&json, "promise", rw_promise_name(judged->model->promise));
	rw_json_string(&json, "model_why", judged->model_why);
	rw_json_model_options(&json, judged->kernel, judged->model, judged->options);
	rw_json_string(&json, "start", judged->has_start ? rw_start_name(judged->start) : NULL);
	stacks(&json, judged->trace->facts);
	rw_json_open(&json, "frames", '[');
	for (size_t i = 0; i < judged->nr; i++)
		frame(out, &json, judged, i);
	rw_json_close(&json, ']');
	rw_json_string(&json, "verdict", rw_verdict_name(result->verdict));
	reasons(&json, judged);
	rw_json_decided(&json, result);
	rw_json_null(&json, "kernel_returns");
	rw_json_number(&json, "consumed", result->consumed);
	rw_json_open(&json, "lost", '[');
	rw_json_close(&json, ']');
	report(&json, judged);
	beside(out, &json, judged->beside);
	rw_json_close(&json, '}');
	rw_json_end_line(&json);
}
