// SPDX-License-Identifier: GPL-2.0-or-later
//
// The walker of Linux 6.1 to 6.12: what was read of a stack can never be read
// again, and a stack that was entered replaces the one before it for good.
//
// Source: unwind_next() and unwind_next_common() of 6.1.192 (asm/stacktrace/common.h);
// kunwind_next() of 6.8 and of 6.12.117 (arch/arm64/kernel/stacktrace.c).

#include "model.h"

/** unwind_next_frame_record(), after the test for the final record. */
static bool next_frame_record(struct unwind *w)
{
	uint64_t record = w->fp, fp, pc;

	if (record & 0x7)
		return unwind_fail(w, RW_REASON_MISALIGNED_FP, record);

	struct stack_range *range = unwind_find_range(w, record, 16);
	if (!range)
		return unwind_fail(w, unwind_off_range(w, record), record);
	w->floor = range->low;
	unwind_consume_range(w, range, record, 16);

	if (!unwind_read_record(w, record, &fp, &pc))
		return false;
	unwind_new_frame(w, record, w->cur.type);
	w->fp = fp;
	w->pc = pc;
	if (fp || pc)
		return true;
	switch (unwind_step_boundary(w, record, w->cur.type)) {
	case BOUNDARY_NONE:
		return true;
	case BOUNDARY_STOP:
		return false;
	case BOUNDARY_REGS:
		break;
	}
	// All of the struct pt_regs was used up, not only the record in it.
	w->cur.low = record - w->in->layout.pt_regs_stackframe + w->in->layout.pt_regs_size;
	return true;
}

static bool unwind_next_6_1(struct unwind *w)
{
	if (unwind_ends_at_final(w))
		return false;
	if (!next_frame_record(w))
		return false;

	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	return unwind_recover_fgraph_retp(w) &&
	       unwind_recover_kretprobe(w, w->in->options & RW_OPTION_KRETPROBE_ZERO_CHECK);
}

static bool unwind_recover_return_address_6_8(struct unwind *w)
{
	return unwind_recover_fgraph_retp(w) &&
	       unwind_recover_kretprobe(w, w->in->options & RW_OPTION_KRETPROBE_ZERO_CHECK);
}

/** From 6.11 on the graph's cursor is kept for the whole walk. */
static bool unwind_recover_return_address_6_11(struct unwind *w)
{
	return unwind_recover_fgraph_shadow(w) &&
	       unwind_recover_kretprobe(w, w->in->options & RW_OPTION_KRETPROBE_ZERO_CHECK);
}

static bool kunwind_next_6_8(struct unwind *w)
{
	if (unwind_ends_at_final(w))
		return false;
	if (!next_frame_record(w))
		return false;

	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	return unwind_recover_return_address_6_8(w);
}

static bool kunwind_next_6_11(struct unwind *w)
{
	if (unwind_ends_at_final(w))
		return false;
	if (!next_frame_record(w))
		return false;

	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	return unwind_recover_return_address_6_11(w);
}

void rw_walk_linux_6_1(struct unwind *w)
{
	if (!unwind_may_start(w))
		return;
	unwind_setup_ranges(w);
	unwind_loop(w, unwind_next_6_1);
}

/** do_kunwind(): from 6.8 on the pc that the walk starts from is translated, too. */
void rw_walk_linux_6_8(struct unwind *w)
{
	if (!unwind_may_start(w))
		return;
	unwind_setup_ranges(w);
	if (unwind_recover_return_address_6_8(w))
		unwind_loop(w, kunwind_next_6_8);
}

void rw_walk_linux_6_11(struct unwind *w)
{
	if (!unwind_may_start(w))
		return;
	unwind_setup_ranges(w);
	if (unwind_recover_return_address_6_11(w))
		unwind_loop(w, kunwind_next_6_11);
}
