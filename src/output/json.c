// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON Lines: one object per trace, written as it goes.

#include <inttypes.h>
#include <string.h>

#include "rewalk/output.h"

#include "output_private.h"

static void frame(struct rw_output *out, struct rw_json *json, const struct rw_trace *trace,
		  size_t n)
{
	const struct rw_frame *f = &trace->frames[n];
	const struct rw_name *name = rw_names_find(out->names, f->entry.pc);
	char marks[8];

	rw_json_open(json, NULL, '{');
	rw_json_number(json, "n", n);
	rw_json_address(json, "pc", f->entry.pc);
	rw_json_string(json, "printed", name->printed);
	rw_json_string(json, "symbol", name->symbol);
	rw_json_offset(json, name->symbol, name->offset, name->size);
	rw_json_string(json, "module", name->module);
	if (f->entry.stack >= 0) {
		rw_json_address(json, "record", f->entry.record);
		rw_json_string(json, "stack", rw_stack_name(f->entry.stack));
	} else {
		rw_json_null(json, "record");
		rw_json_null(json, "stack");
	}
	rw_output_marks(trace, f, marks);
	rw_json_marks(json, marks);
	rw_json_sym_code(json, f->sym_code);
	rw_json_tri(json, "text", f->text);
	rw_json_bool(json, "translated", !f->entry.untranslated);
	rw_json_bool(json, "beyond", f->entry.beyond);
	rw_output_lines_json(json, rw_output_find_lines(out, trace, n, name));
	rw_json_open(json, "checks", '[');
	rw_json_close(json, ']');
	rw_json_close(json, '}');
}

static void task(struct rw_json *json, const struct rw_task *task)
{
	if (!task) {
		rw_json_null(json, "task");
		return;
	}
	rw_json_open(json, "task", '{');
	rw_json_number(json, "pid", task->pid);
	rw_json_number(json, "tgid", task->tgid);
	rw_json_string(json, "comm", task->comm);
	rw_json_string(json, "state", (char[]){ task->state, '\0' });
	rw_json_number(json, "cpu", task->cpu);
	rw_json_bool(json, "running", task->running);
	rw_json_address(json, "address", task->address);
	rw_json_close(json, '}');
}

static void stacks(struct rw_json *json, const struct rw_unwind_input *in)
{
	rw_json_open(json, "stacks", '[');
	for (int i = 0; i < RW_NR_STACKS; i++)
		if (in->stacks[i].exists == RW_YES)
			rw_json_stack(json, i, in->stacks[i].low, in->stacks[i].high);
	rw_json_close(json, ']');
}

static void reasons(struct rw_json *json, const struct rw_trace *trace)
{
	rw_json_open(json, "reasons", '[');
	for (size_t i = 0; i < trace->result.nr_reasons; i++) {
		const struct rw_reason *reason = &trace->result.reasons[i];
		char text[RW_SENTENCE_SIZE];

		rw_trace_sentence(trace, reason, text);
		rw_json_reason(json, reason, reason->address, text);
	}
	rw_json_close(json, ']');
}

void rw_output_trace_json(struct rw_output *out, const struct rw_trace *trace)
{
	const struct rw_unwind_result *result = &trace->result;
	struct rw_json json = { .file = out->file };

	rw_json_open(&json, NULL, '{');
	rw_json_string(&json, "type", "trace");
	rw_json_number(&json, "schema", RW_JSON_SCHEMA);
	rw_json_string(&json, "source", trace->source);
	task(&json, trace->task);
	rw_json_string(&json, "model", trace->model->name);
	rw_json_string(&json, "promise", rw_promise_name(trace->model->promise));
	rw_json_string(&json, "model_why", trace->model_why);
	rw_json_model_options(&json, trace->kernel, trace->model, trace->input.options);
	rw_json_string(&json, "start", rw_start_name(trace->input.start));
	stacks(&json, &trace->input);
	rw_json_open(&json, "frames", '[');
	for (size_t i = 0; i < trace->nr; i++)
		frame(out, &json, trace, i);
	rw_json_close(&json, ']');
	rw_json_string(&json, "verdict", rw_verdict_name(result->verdict));
	reasons(&json, trace);
	rw_json_decided(&json, result);
	if (result->has_returned)
		rw_json_signed(&json, "kernel_returns", result->returned);
	else
		rw_json_null(&json, "kernel_returns");
	rw_json_number(&json, "consumed", result->consumed);
	rw_json_open(&json, "lost", '[');
	for (size_t i = 0; i < trace->nr_lost; i++)
		rw_json_string(&json, NULL, trace->lost[i]);
	rw_json_close(&json, ']');
	rw_json_close(&json, '}');
	rw_json_end_line(&json);
}
