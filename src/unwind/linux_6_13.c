// SPDX-License-Identifier: GPL-2.0-or-later
//
// The walker of Linux 6.13 on: records of two zeros carry a type, so that the
// final record and the boundaries of exceptions are told by the stack itself.
// From 6.17 on the walk returns, and there is arch_stack_walk_reliable().
//
// Source: arch/arm64/kernel/stacktrace.c after commits 32ed1205682e (6.13),
// beecfd6a88a6 and 805f13e403cd (6.17), and of 7.2.13.  Laid out as kunwind_next().

#include "model.h"

/** kunwind_next_frame_record_meta() for type PT_REGS: kunwind_next_regs_pc(). */
static bool kunwind_next_regs_pc(struct unwind *w, uint64_t record)
{
	const struct rw_layout *layout = &w->in->layout;
	uint64_t regs = record - layout->pt_regs_stackframe, pc, fp;

	struct stack_range *range = unwind_find_range(w, regs, layout->pt_regs_size);
	if (!range)
		return unwind_fail(w, unwind_off_range(w, regs), regs);
	unwind_consume_range(w, range, regs, layout->pt_regs_size);

	if (!unwind_read(w, regs + PT_REGS_PC, &pc) || !unwind_read(w, regs + PT_REGS_FP, &fp))
		return false;
	unwind_new_frame(w, record, w->cur.type);
	w->pc = pc;
	w->fp = fp;
	w->source = RW_SOURCE_REGS;
	return true;
}

static bool kunwind_next_frame_record_meta(struct unwind *w, uint64_t record)
{
	uint64_t type;

	if (!unwind_find_range(w, record, 24))
		return unwind_fail(w, unwind_off_range(w, record), record);
	if (!unwind_read(w, record + 16, &type))
		return false;

	switch (type) {
	case FRAME_META_TYPE_FINAL:
		return !unwind_ends_at_final(w) &&
		       unwind_fail(w, RW_REASON_BAD_FINAL_RECORD, record);
	case FRAME_META_TYPE_PT_REGS:
		return kunwind_next_regs_pc(w, record);
	}
	return unwind_fail(w, RW_REASON_BAD_RECORD_TYPE, record);
}

/**
 * A layout without metadata tells an exception by the vector code that the last entry
 * lies in: the record is then that of the struct pt_regs, and its lr was interrupted.
 * Where that entry is in doubt, so is the boundary.
 */
static bool was_interrupted(struct unwind *w, uint64_t left, bool in_doubt)
{
	const struct rw_unwind_input *in = w->in;
	enum rw_tri entry = RW_UNKNOWN;

	if (in->layout.frame_record_meta)
		return false;
	if (in->in_el1_entry)
		entry = in->in_el1_entry(in->kernel, left);
	// The plain walk does not care; the reliable one stops at a boundary.
	if (w->model->promise == RW_PROMISE_RELIABLE_WALK) {
		if (entry == RW_UNKNOWN)
			unwind_missing(w, RW_REASON_LAYOUT_UNKNOWN, RW_DETAIL_EL1_ENTRY,
				       unwind_last(w), 0);
		else if (entry == RW_YES && in_doubt)
			unwind_missing(w, RW_REASON_PAC_UNKNOWN, RW_DETAIL_NONE, unwind_last(w),
				       left);
	}
	return entry == RW_YES && !in_doubt;
}

static bool kunwind_next_frame_record(struct unwind *w)
{
	uint64_t record = w->fp, left = w->pc, fp, pc;
	bool in_doubt = w->pac_doubt;

	if (record & 0x7)
		return unwind_fail(w, RW_REASON_MISALIGNED_FP, record);

	struct stack_range *range = unwind_find_range(w, record, 16);
	if (!range)
		return unwind_fail(w, unwind_off_range(w, record), record);

	if (!unwind_read_record(w, record, &fp, &pc))
		return false;
	if (!fp && !pc) {
		if (w->in->layout.frame_record_meta)
			return kunwind_next_frame_record_meta(w, record);
		return unwind_fail(w, RW_REASON_BAD_FINAL_RECORD, record);
	}

	unwind_consume_range(w, range, record, 16);
	unwind_new_frame(w, record, w->cur.type);
	w->fp = fp;
	w->pc = pc;
	if (was_interrupted(w, left, in_doubt))
		w->source = RW_SOURCE_REGS;
	return true;
}

static bool kunwind_recover_return_address(struct unwind *w)
{
	return unwind_recover_fgraph_shadow(w) &&
	       unwind_recover_kretprobe(w, w->in->options & RW_OPTION_KRETPROBE_ZERO_CHECK);
}

static bool kunwind_next(struct unwind *w)
{
	// In a layout without metadata the final record has no type to be read.
	if (!w->in->layout.frame_record_meta && unwind_ends_at_final(w))
		return false;
	if (!kunwind_next_frame_record(w))
		return false;

	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	return kunwind_recover_return_address(w);
}

/**
 * arch_reliable_kunwind_consume_entry(): an interrupted function may not have made its
 * record yet, so the reliable walk stops before it.  The plain walk goes on.
 */
static void refuse_regs(struct unwind *w)
{
	if (w->source != RW_SOURCE_REGS || w->beyond)
		return;
	unwind_decide(w, RW_REASON_EXCEPTION_BOUNDARY, w->res->nr_entries, w->pc);
	w->beyond = true;
}

static void walk(struct unwind *w, bool reliable)
{
	if (!unwind_may_start(w))
		return;
	unwind_setup_ranges(w);
	if (!kunwind_recover_return_address(w))
		return;
	do {
		if (reliable)
			refuse_regs(w);
		if (!unwind_consume(w)) {
			unwind_decide(w, RW_REASON_ENTRY_LIMIT, unwind_last(w), w->pc);
			return;
		}
	} while (kunwind_next(w));
}

void rw_walk_linux_6_13(struct unwind *w)
{
	walk(w, false);
}

void rw_walk_linux_6_17(struct unwind *w)
{
	walk(w, w->in->need_reliable);
}
