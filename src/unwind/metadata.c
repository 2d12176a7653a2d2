// SPDX-License-Identifier: GPL-2.0-or-later
//
// Since Linux kernel commit c2c6b27b5aa1 ("arm64: stacktrace: unwind exception
// boundaries") (in v6.13), a record of two zeros is followed by its type.  A model
// from before that has no rule for such a record; put to such a stack, it goes
// over an exception boundary as the layout's own walk does.

#include "model.h"

enum unwind_boundary unwind_step_boundary(struct unwind *w, uint64_t fp, int8_t stack)
{
	const struct rw_layout *layout = &w->in->layout;
	const struct rw_stack *bounds = &w->in->stacks[stack];
	uint64_t type, pc, next;

	if (!layout->frame_record_meta)
		return BOUNDARY_NONE;
	if (bounds->exists == RW_YES && bounds->high - fp < 24)
		return BOUNDARY_NONE;
	if (!unwind_read(w, fp + 16, &type))
		return BOUNDARY_STOP;
	if (type != FRAME_META_TYPE_PT_REGS)
		return BOUNDARY_NONE;

	uint64_t regs = fp - layout->pt_regs_stackframe;
	if (bounds->exists == RW_YES &&
	    (regs < bounds->low || regs > fp || bounds->high - regs < layout->pt_regs_size)) {
		unwind_fail(w, RW_REASON_OFF_STACK, regs);
		return BOUNDARY_STOP;
	}
	// All of the struct pt_regs must lie above what was read, and is used up with it.
	if (bounds->exists == RW_YES && regs < w->floor) {
		unwind_fail(w, RW_REASON_STACK_ORDER, regs);
		return BOUNDARY_STOP;
	}
	w->prev_fp = regs + layout->pt_regs_size - 1;
	if (!unwind_read(w, regs + PT_REGS_PC, &pc) || !unwind_read(w, regs + PT_REGS_FP, &next))
		return BOUNDARY_STOP;
	w->pc = pc;
	w->fp = next;
	w->source = RW_SOURCE_REGS;
	return BOUNDARY_REGS;
}
