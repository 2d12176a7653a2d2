// SPDX-License-Identifier: GPL-2.0-or-later
//
// v9 to v16 of the series: the walk is no longer stopped by a failed check.  A
// frame is checked when it is entered, which clears a flag that stays cleared, and
// the whole stack is consumed.
//
// Source: the series' patches to arch/arm64/kernel/stacktrace.c, 2021-10-14 (v9) to
// 2022-07-07 (v16).

#include "model.h"

/** unwind_check_reliability(): both tests are made, whatever the first one says. */
static void check_reliability(struct unwind *w, bool exempt_last)
{
	size_t frame = w->res->nr_entries;

	if (w->untranslated)
		return;
	if (exempt_last) {
		enum rw_tri final = unwind_at_final(w, w->fp);

		if (final == RW_UNKNOWN)
			unwind_missing(w, RW_REASON_STACK_UNKNOWN, RW_DETAIL_NONE, frame, w->fp);
		if (final != RW_NO)
			return;
	}

	enum rw_tri text = unwind_is_text(w, w->pc);
	enum rw_tri code = unwind_in_sym_code(w, w->pc);
	if (text == RW_NO || code == RW_YES) {
		w->bad = true;
		w->res->flag = 0;
		unwind_decide(w, text == RW_NO ? RW_REASON_NOT_TEXT : RW_REASON_SYM_CODE, frame,
			      w->pc);
		return;
	}
	if (text == RW_UNKNOWN)
		unwind_missing(w, RW_REASON_TEXT_UNKNOWN, RW_DETAIL_NONE, frame, w->pc);
	else if (code == RW_UNKNOWN)
		unwind_missing(w, RW_REASON_TEXT_UNKNOWN, RW_DETAIL_SYM_CODE, frame, w->pc);
	if (w->pac_doubt)
		unwind_missing(w, RW_REASON_PAC_UNKNOWN, RW_DETAIL_NONE, frame, w->pc);
}

static bool consume(struct unwind *w)
{
	if (unwind_consume(w))
		return true;
	if (!w->ignore_failed)
		unwind_decide(w, RW_REASON_ENTRY_LIMIT, unwind_last(w), w->pc);
	return false;
}

/* ---- v9, v10: only the flag is returned, and the last frame is not exempt ---- */

static bool unwind_next_v9(struct unwind *w)
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

void rw_walk_rfc_v9(struct unwind *w)
{
	w->ignore_failed = true;
	w->res->flag = 1;
	check_reliability(w, false);
	while (consume(w) && !unwind_ends_at_final(w) && unwind_next_v9(w))
		check_reliability(w, false);
}

/* ---- v11 to v15: failed counts again, the last frame is exempt --------------- */

static bool unwind_next_v11(struct unwind *w)
{
	if (!unwind_check_record(w, 0x7, 16))
		return false;
	if (!unwind_next_record(w))
		return false;

	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	return unwind_recover_fgraph_retp(w) && unwind_recover_kretprobe(w, false);
}

void rw_walk_rfc_v11(struct unwind *w)
{
	w->res->flag = 1;
	check_reliability(w, true);
	while (consume(w) && !unwind_ends_at_final(w) && unwind_next_v11(w))
		check_reliability(w, true);
}

/** As v11, but the check is also made after a step that failed: the flag shows it. */
void rw_walk_rfc_v12(struct unwind *w)
{
	bool more = true;

	w->res->flag = 1;
	check_reliability(w, true);
	while (more && consume(w) && !unwind_ends_at_final(w)) {
		more = unwind_next_v11(w);
		// A step that the dump cut short is none that the kernel saw fail.
		if (w->res->end != RW_END_INCOMPLETE)
			check_reliability(w, true);
	}
}

/** From v14 on a struct pt_regs is only taken of the current task. */
void rw_walk_rfc_v14(struct unwind *w)
{
	if (unwind_may_start(w))
		rw_walk_rfc_v12(w);
}

/* ---- v16: no reliability at all ---------------------------------------------- */

static bool unwind_next_v16(struct unwind *w)
{
	return !unwind_ends_at_final(w) && unwind_next_v11(w);
}

void rw_walk_rfc_v16(struct unwind *w)
{
	if (unwind_may_start(w))
		unwind_loop(w, unwind_next_v16);
}
