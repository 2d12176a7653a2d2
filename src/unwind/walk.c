// SPDX-License-Identifier: GPL-2.0-or-later
//
// The frame around every model: entries to the consumer, the first reason why
// the trace is not reliable, the facts that were missing, and the judgement.
//
// A model that meets a missing fact notes it and goes on in the branch that is
// best for the trace.  If that branch still ends unreliable, so does every other
// (unwind.doubtful says where that is not so); if not, the missing facts decide.

#include <string.h>

#include "model.h"

#define EINVAL_RETURNED (-22)

size_t unwind_last(const struct unwind *w)
{
	return w->res->nr_entries ? w->res->nr_entries - 1 : 0;
}

void unwind_decide(struct unwind *w, enum rw_reason_code code, size_t frame, uint64_t address)
{
	if (w->res->decided)
		return;
	w->res->decided = true;
	w->res->decided_at = frame;
	w->decision = (struct rw_reason){ .code = code, .frame = frame, .address = address };
}

bool unwind_fail(struct unwind *w, enum rw_reason_code code, uint64_t address)
{
	if (!w->ignore_failed)
		unwind_decide(w, code, unwind_last(w), address);
	w->res->end = RW_END_ERROR;
	return false;
}

void unwind_missing(struct unwind *w, enum rw_reason_code code, enum rw_detail detail,
		    size_t frame, uint64_t address)
{
	// Where a walk that fails here would count as reliable, what is found later on
	// does not hold in every branch.
	if (w->ignore_failed && code != RW_REASON_TEXT_UNKNOWN &&
	    code != RW_REASON_PAC_UNKNOWN && !w->res->decided)
		w->doubtful = true;
	for (size_t i = 0; i < w->nr_missing; i++) {
		const struct rw_reason *known = &w->missing[i];

		// Bounds, or the bits of an address, are missing once, not at every frame.
		if (known->code == code && known->detail == detail &&
		    (known->address == address || code == RW_REASON_STACK_UNKNOWN ||
		     code == RW_REASON_PAC_UNKNOWN))
			return;
	}
	if (w->nr_missing == RW_MAX_REASONS)
		return;
	w->missing[w->nr_missing++] = (struct rw_reason){
		.code = code,
		.detail = detail,
		.frame = frame,
		.address = address,
	};
}

bool unwind_read(struct unwind *w, uint64_t addr, uint64_t *ret)
{
	if (w->in->read(w->in->memory, addr, 1, ret))
		return true;
	unwind_missing(w, RW_REASON_MEMORY_MISSING, RW_DETAIL_NONE, unwind_last(w), addr);
	w->res->end = RW_END_INCOMPLETE;
	return false;
}

bool unwind_read_record(struct unwind *w, uint64_t record, uint64_t *fp_ret, uint64_t *pc_ret)
{
	uint64_t words[2];

	if (!w->in->read(w->in->memory, record, 2, words))
		// One of them may be there: the other one is missing then.
		return unwind_read(w, record, fp_ret) && unwind_read(w, record + 8, pc_ret);
	*fp_ret = words[0];
	*pc_ret = words[1];
	return true;
}

bool unwind_consume(struct unwind *w)
{
	const struct rw_entry entry = {
		.pc = w->pc,
		.record = w->record,
		.fp = w->fp,
		.source = w->source,
		.stack = w->stack,
		.fgraph = w->fgraph,
		.kretprobe = w->kretprobe,
		.untranslated = w->untranslated,
		.bad = w->bad,
		.beyond = w->beyond,
	};
	bool more = w->consume(w->cookie, &entry);

	w->res->nr_entries++;
	if (!w->beyond)
		w->res->consumed++;
	if (w->in->limit && w->res->nr_entries >= w->in->limit)
		more = false;
	if (!more)
		w->res->end = RW_END_CONSUMER;
	return more;
}

void unwind_new_frame(struct unwind *w, uint64_t record, int8_t stack)
{
	w->record = record;
	w->stack = stack;
	w->source = RW_SOURCE_FRAME;
	w->fgraph = false;
	w->kretprobe = false;
	w->untranslated = false;
	w->pac_doubt = false;
	w->bad = false;
}

void unwind_start(struct unwind *w)
{
	static const enum rw_source source[] = {
		[RW_START_BLOCKED] = RW_SOURCE_TASK,
		[RW_START_CURRENT] = RW_SOURCE_CALLER,
		[RW_START_REGS] = RW_SOURCE_REGS,
	};

	unwind_new_frame(w, 0, STACK_NONE);
	w->source = source[w->in->start];
	w->fp = w->in->fp;
	w->pc = w->in->pc;
	// The kernel's own return-address macro strips the address before the walk sees
	// it; the walk itself never strips the pc that it starts from.
	if (w->in->start == RW_START_CURRENT && w->in->pc_is_lr)
		w->pc = unwind_strip_caller(w, w->pc, &w->pac_doubt);
}

enum rw_tri unwind_is_text(struct unwind *w, uint64_t pc)
{
	return w->in->is_text ? w->in->is_text(w->in->kernel, pc) : RW_UNKNOWN;
}

enum rw_tri unwind_in_sym_code(const struct unwind *w, uint64_t pc)
{
	enum rw_tri listed = RW_UNKNOWN;

	if (w->in->in_sym_code)
		listed = w->in->in_sym_code(w->in->kernel, pc);
	return rw_tri_and(w->in->sym_code_ready, listed);
}

bool rw_final_record(const struct rw_unwind_input *in, uint64_t *ret)
{
	const struct rw_stack *task = &in->stacks[RW_STACK_TASK];

	if (task->exists != RW_YES || task->high - task->low < in->layout.pt_regs_size)
		return false;
	*ret = task->high - in->layout.pt_regs_size + in->layout.pt_regs_stackframe;
	return true;
}

enum rw_tri unwind_at_final(const struct unwind *w, uint64_t fp)
{
	const struct rw_layout *layout = &w->in->layout;

	if (w->has_final)
		return rw_tri(fp == w->final);
	if (w->in->stacks[RW_STACK_TASK].exists == RW_YES)
		return RW_NO;
	// Stacks end at a multiple of a page, whatever their size.
	uint64_t final = -(uint64_t)layout->pt_regs_size + layout->pt_regs_stackframe;
	return ((fp ^ final) & 0xfff) ? RW_NO : RW_UNKNOWN;
}

bool unwind_ends_at_final(struct unwind *w)
{
	switch (unwind_at_final(w, w->fp)) {
	case RW_NO:
		return false;
	case RW_UNKNOWN:
		unwind_missing(w, RW_REASON_STACK_UNKNOWN, RW_DETAIL_NONE, unwind_last(w), w->fp);
		break;
	case RW_YES:
		break;
	}
	w->res->end = RW_END_FINAL;
	return true;
}

bool unwind_may_start(struct unwind *w)
{
	if (w->in->start != RW_START_REGS || w->in->current == RW_YES)
		return true;
	if (w->in->current == RW_UNKNOWN) {
		unwind_missing(w, RW_REASON_STACK_UNKNOWN, RW_DETAIL_CONTEXT, 0, w->pc);
		return true;
	}
	unwind_decide(w, RW_REASON_TASK_RUNNING, 0, w->pc);
	w->res->end = RW_END_NOT_STARTED;
	return false;
}

void unwind_loop(struct unwind *w, bool (*next)(struct unwind *w))
{
	do {
		if (!unwind_consume(w)) {
			unwind_decide(w, RW_REASON_ENTRY_LIMIT, unwind_last(w), w->pc);
			return;
		}
	} while (next(w));
}

bool unwind_next_record(struct unwind *w)
{
	uint64_t record = w->fp, fp, pc;
	int8_t stack = w->prev_type;

	if (!unwind_read_record(w, record, &fp, &pc))
		return false;
	unwind_new_frame(w, record, stack);
	w->fp = fp;
	w->pc = pc;
	return fp || pc || unwind_step_boundary(w, record, stack) != BOUNDARY_STOP;
}

static void judge(struct unwind *w)
{
	struct rw_unwind_result *res = w->res;

	if (res->decided && !w->doubtful) {
		res->verdict = RW_VERDICT_UNRELIABLE;
		res->reasons[res->nr_reasons++] = w->decision;
	} else if (w->nr_missing) {
		res->verdict = RW_VERDICT_UNDETERMINED;
		memcpy(res->reasons, w->missing, w->nr_missing * sizeof(w->missing[0]));
		res->nr_reasons = w->nr_missing;
	} else {
		res->verdict = RW_VERDICT_RELIABLE;
	}
	if (res->verdict == RW_VERDICT_UNDETERMINED)
		res->decided = false;
	// The series' reliable walk has no form that starts at registers: that verdict is
	// "as if".  The walk of 6.17 returns for them, too.
	bool returns = w->in->start != RW_START_REGS || !w->model->checks_text;
	if (w->model->promise == RW_PROMISE_RELIABLE_WALK && w->in->need_reliable && returns &&
	    res->verdict != RW_VERDICT_UNDETERMINED) {
		res->has_returned = true;
		res->returned = res->verdict == RW_VERDICT_RELIABLE ? 0 : EINVAL_RETURNED;
	}
	res->last_fp = w->fp;
}

static void unwind_once(const struct rw_model *model, const struct rw_unwind_input *in,
			rw_consume_fn consume, void *cookie, struct rw_unwind_result *ret)
{
	struct unwind w = {
		.model = model,
		.in = in,
		.consume = consume,
		.cookie = cookie,
		.res = ret,
		.prev_type = STACK_NONE,
	};

	*ret = (struct rw_unwind_result){ .end = RW_END_ERROR, .flag = -1 };
	w.has_final = rw_final_record(in, &w.final);
	unwind_start(&w);
	model->walk(&w);
	judge(&w);
}

static bool ignore(void *cookie, const struct rw_entry *entry)
{
	(void)cookie;
	(void)entry;
	return true;
}

/** Is this walk unreliable whatever the kernel's layout is? */
static bool unreliable_in_all(const struct rw_model *model, const struct rw_unwind_input *in)
{
	for (int i = 0; i < UNWIND_NR_LAYOUTS; i++) {
		struct rw_unwind_input other = *in;
		struct rw_unwind_result result;

		other.layout = unwind_layouts[i];
		unwind_once(model, &other, ignore, NULL, &result);
		if (result.verdict != RW_VERDICT_UNRELIABLE)
			return false;
	}
	return true;
}

void rw_unwind(const struct rw_model *model, const struct rw_unwind_input *in,
	       rw_consume_fn consume, void *cookie, struct rw_unwind_result *ret)
{
	unwind_once(model, in, consume, cookie, ret);
	if (in->layout_known == RW_YES || ret->verdict == RW_VERDICT_UNDETERMINED ||
	    (ret->verdict == RW_VERDICT_UNRELIABLE && unreliable_in_all(model, in)))
		return;
	ret->verdict = RW_VERDICT_UNDETERMINED;
	ret->decided = false;
	ret->has_returned = false;
	ret->reasons[0] = (struct rw_reason){
		.code = RW_REASON_LAYOUT_UNKNOWN,
		.detail = RW_DETAIL_LAYOUT,
		.frame = ret->nr_entries ? ret->nr_entries - 1 : 0,
		.address = ret->last_fp,
	};
	ret->nr_reasons = 1;
}
