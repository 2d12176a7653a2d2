// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keeping the entries of a walk, and counting verdicts.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/trace.h"
#include "rewalk/vector.h"

struct collector {
	struct rw_trace *trace;
	bool no_memory;
};

static bool collect(void *cookie, const struct rw_entry *entry)
{
	struct collector *c = cookie;
	struct rw_trace *t = c->trace;

	if (!rw_vector_reserve((void **)&t->frames, &t->capacity, t->nr, sizeof(t->frames[0]))) {
		c->no_memory = true;
		return false;
	}
	t->frames[t->nr++] = (struct rw_frame){
		.entry = *entry,
		.text = rw_kernel_is_text(t->kernel, entry->pc),
		.sym_code = rw_kernel_in_sym_code(t->kernel, entry->pc),
	};
	return true;
}

struct rw_error *rw_trace_init(const struct rw_kernel *kernel, const struct rw_model *model,
			       const struct rw_unwind_input *input, const char *source,
			       const char *model_why, struct rw_trace *ret)
{
	struct rw_trace trace = {
		.source = source,
		.kernel = kernel,
		.model = model,
		.model_why = model_why,
		.input = *input,
	};
	struct collector c = { .trace = &trace };

	rw_unwind(model, input, collect, &c, &trace.result);
	if (c.no_memory) {
		rw_trace_deinit(&trace);
		return &rw_enomem;
	}
	*ret = trace;
	return NULL;
}

void rw_trace_init_empty(const struct rw_kernel *kernel, const struct rw_model *model,
			 const struct rw_unwind_input *input, const char *source,
			 const char *model_why, enum rw_walkable walkable, struct rw_trace *ret)
{
	struct rw_unwind_result *result = &ret->result;

	*ret = (struct rw_trace){
		.source = source,
		.kernel = kernel,
		.model = model,
		.model_why = model_why,
		.input = *input,
		.result = { .end = RW_END_FINAL, .flag = -1, .verdict = RW_VERDICT_RELIABLE },
	};
	if (walkable == RW_WALK_NO_STACK) {
		// stack_trace_save_tsk_reliable() does not even start to walk.
		result->has_returned = model->promise == RW_PROMISE_RELIABLE_WALK &&
				       input->need_reliable;
		return;
	}
	result->end = RW_END_NOT_STARTED;
	result->nr_reasons = 1;
	if (walkable == RW_WALK_USER) {
		result->verdict = RW_VERDICT_UNRELIABLE;
		result->decided = true;
		result->reasons[0].code = RW_REASON_TASK_RUNNING;
	} else {
		result->verdict = RW_VERDICT_UNDETERMINED;
		result->reasons[0].code = walkable == RW_WALK_NO_CONTEXT ?
					  RW_REASON_REGISTERS_MISSING :
					  RW_REASON_TASK_RUNNING_NO_REGISTERS;
	}
}

void rw_trace_deinit(struct rw_trace *trace)
{
	free(trace->frames);
	trace->frames = NULL;
	trace->nr = trace->capacity = 0;
}

bool rw_trace_is_last(const struct rw_trace *trace, size_t frame)
{
	return trace->result.end == RW_END_FINAL && frame + 1 == trace->nr;
}

void rw_tally_add(struct rw_tally *tally, const struct rw_unwind_result *result)
{
	tally->traces++;
	tally->verdicts[result->verdict]++;
	if (result->nr_reasons)
		tally->reasons[result->reasons[0].code]++;
}

int rw_tally_status(const struct rw_tally *tally)
{
	if (tally->verdicts[RW_VERDICT_UNRELIABLE])
		return 1;
	return tally->verdicts[RW_VERDICT_UNDETERMINED] || tally->incomplete ? 3 : 0;
}
