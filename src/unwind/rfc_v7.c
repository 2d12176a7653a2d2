// SPDX-License-Identifier: GPL-2.0-or-later
//
// rfc-v7 and rfc-v8 (the same patches): one loop of start, consume, next, failed,
// and arch_stack_walk_reliable().  An entry is consumed before it is checked; the
// last frame, whose record is the final one, is exempt from both checks.
//
// Source: RFC PATCH v8 2/4 to 4/4 on 5.14-rc5, arch/arm64/kernel/stacktrace.c.

#include "model.h"

/** unwind_next() */
static bool unwind_next(struct unwind *w)
{
	if (!unwind_check_record(w, 0x7, 16))
		return false;
	if (!unwind_next_record(w))
		return false;

	if (!unwind_recover_fgraph_index(w))
		return false;
	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	return true;
}

/** unwind_is_reliable(), for the entry that was consumed last. */
static bool unwind_is_reliable(struct unwind *w)
{
	size_t frame = unwind_last(w);

	// What the trampoline stands for is not known, and was noted.
	if (w->untranslated)
		return true;

	enum rw_tri text = unwind_is_text(w, w->pc);
	if (text == RW_NO) {
		unwind_decide(w, RW_REASON_NOT_TEXT, frame, w->pc);
		return false;
	}
	enum rw_tri code = unwind_in_sym_code(w, w->pc);
	if (code == RW_YES) {
		unwind_decide(w, RW_REASON_SYM_CODE, frame, w->pc);
		return false;
	}
	if (text == RW_UNKNOWN)
		unwind_missing(w, RW_REASON_TEXT_UNKNOWN, RW_DETAIL_NONE, frame, w->pc);
	else if (code == RW_UNKNOWN)
		unwind_missing(w, RW_REASON_TEXT_UNKNOWN, RW_DETAIL_SYM_CODE, frame, w->pc);
	if (w->pac_doubt)
		unwind_missing(w, RW_REASON_PAC_UNKNOWN, RW_DETAIL_NONE, frame, w->pc);
	return true;
}

/** unwind(): the kernel's reliable walk ends at a failed check, a plain one goes on. */
void rw_walk_rfc_v7(struct unwind *w)
{
	do {
		if (!unwind_consume(w)) {
			unwind_decide(w, RW_REASON_ENTRY_LIMIT, unwind_last(w), w->pc);
			return;
		}
		if (unwind_ends_at_final(w))
			return;
		if (w->in->need_reliable && !w->beyond && !unwind_is_reliable(w))
			w->beyond = true;
	} while (unwind_next(w));
}
