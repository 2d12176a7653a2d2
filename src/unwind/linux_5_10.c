// SPDX-License-Identifier: GPL-2.0-or-later
//
// The walker of Linux 5.10 to 6.0: struct stackframe with its stacks_done.
//
// In the series of July 2022 for the hypervisor's stacks the overflow stack was tested
// first, and for any task.  Before 6.0 came out, commit 4e00532f3736 ("KVM: arm64: Make
// unwind()/on_accessible_stack() per-unwinder functions") took that back.
//
// Source: arch/arm64/kernel/stacktrace.c of 5.10; commit 33c222aeda14 ("arm64:
// stacktrace: Relax frame record alignment", in 5.14, with the final record);
// commits cd9bc2c92588 and 552e196d88e5 (in 5.16).  Laid out as unwind_frame().

#include "model.h"

/**
 * Tasks begin in ret_from_fork() with a frame pointer of 0, and keep it: kernel threads for good,
 * others on their first way to user mode.  0 is on no stack: the walk fails, and does so when
 * nothing went wrong.  "arm64: Implement stack trace termination record" (in 5.14) gave them the
 * final record.
 */
static bool ends_in_ret_from_fork(struct unwind *w)
{
	enum rw_tri in_it = RW_UNKNOWN;

	if (w->fp)
		return false;
	// What a trampoline stands for may lie there.  That it is not known was noted.
	if (w->untranslated ||
	    (w->fgraph_doubt && w->in->return_to_handler.exists == RW_UNKNOWN))
		return true;
	if (w->pac_doubt) {
		unwind_missing(w, RW_REASON_PAC_UNKNOWN, RW_DETAIL_NONE, unwind_last(w), w->pc);
		return true;
	}
	if (w->in->in_ret_from_fork)
		in_it = w->in->in_ret_from_fork(w->in->kernel, w->pc);
	if (in_it == RW_UNKNOWN)
		unwind_missing(w, RW_REASON_LAYOUT_UNKNOWN, RW_DETAIL_RET_FROM_FORK,
			       unwind_last(w), w->pc);
	return in_it != RW_NO;
}

static bool unwind_frame_5_10(struct unwind *w)
{
	// Commit 6106e1112cc6 ("arm64: remove EL0 exception frame record", in 5.12) made
	// a frame pointer of 0 the end; 8533d5bfad41 (in 5.13 and 5.12.5) took that back.
	bool fp_zero_ends = w->in->options & RW_OPTION_FP_ZERO_ENDS;

	if (fp_zero_ends ? !w->fp : ends_in_ret_from_fork(w)) {
		w->res->end = RW_END_FINAL;
		return false;
	}
	if (!unwind_check_record(w, 0xf, 1))
		return false;
	if (!unwind_next_record(w))
		return false;

	if (!unwind_recover_fgraph_index(w))
		return false;
	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);

	// 5.10 returns -EINVAL here, as for a broken chain: this is how its traces end
	// when nothing went wrong.  5.13 returns -ENOENT.
	if (!fp_zero_ends && !w->fp && !w->pc) {
		w->res->end = RW_END_FINAL;
		return false;
	}
	return true;
}

/** From 5.14 on the final record is known by its address, before anything is tested. */
static bool unwind_frame_5_14(struct unwind *w)
{
	if (unwind_ends_at_final(w))
		return false;
	if (!unwind_check_record(w, 0x7, 16))
		return false;
	if (!unwind_next_record(w))
		return false;

	if (!unwind_recover_fgraph_index(w))
		return false;
	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	return true;
}

static bool unwind_frame_5_16(struct unwind *w)
{
	if (unwind_ends_at_final(w))
		return false;
	if (!unwind_check_record(w, 0x7, 16))
		return false;
	if (!unwind_next_record(w))
		return false;

	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	return unwind_recover_fgraph_retp(w) &&
	       unwind_recover_kretprobe(w, w->in->options & RW_OPTION_KRETPROBE_ZERO_CHECK);
}

void rw_walk_linux_5_10(struct unwind *w)
{
	unwind_loop(w, unwind_frame_5_10);
}

void rw_walk_linux_5_14(struct unwind *w)
{
	unwind_loop(w, unwind_frame_5_14);
}

void rw_walk_linux_5_16(struct unwind *w)
{
	unwind_loop(w, unwind_frame_5_16);
}
