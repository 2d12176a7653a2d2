// SPDX-License-Identifier: GPL-2.0-or-later
//
// rfc-v1 to rfc-v6: the walker of 5.12 with marks.  The walk is never stopped and
// nothing is returned; what could not be relied on is marked.  Chains end at fp 0.
//
// Source: the series' patches to unwind_frame() in arch/arm64/kernel/stacktrace.c,
// 2021-03-30 to 2021-06-30, on 5.12-rc4 (v1, v2) and 5.12-rc8 (v3 to v6).

#include "model.h"

/** Mark the frame that will be consumed next. */
static void mark(struct unwind *w, enum rw_reason_code code)
{
	w->bad = true;
	w->res->flag = 0;
	unwind_decide(w, code, w->res->nr_entries, w->pc);
}

/** __kernel_text_address(pc); an unknown answer is noted and taken for a yes. */
static bool is_kernel_text(struct unwind *w)
{
	if (w->untranslated)
		return true;
	if (w->pac_doubt)
		unwind_missing(w, RW_REASON_PAC_UNKNOWN, RW_DETAIL_NONE, w->res->nr_entries,
			       w->pc);
	switch (unwind_is_text(w, w->pc)) {
	case RW_NO:
		return false;
	case RW_UNKNOWN:
		unwind_missing(w, RW_REASON_TEXT_UNKNOWN, RW_DETAIL_NONE, w->res->nr_entries,
			       w->pc);
		break;
	case RW_YES:
		break;
	}
	return true;
}

/** The SYM_CODE table; an unknown answer is noted and taken for a no. */
static bool in_sym_code(struct unwind *w)
{
	enum rw_tri in = unwind_in_sym_code(w, w->pc);

	// Where it is not known to be text, that is the fact to ask for.
	if (in == RW_UNKNOWN && unwind_is_text(w, w->pc) == RW_YES)
		unwind_missing(w, RW_REASON_TEXT_UNKNOWN, RW_DETAIL_SYM_CODE, w->res->nr_entries,
			       w->pc);
	return in == RW_YES;
}

/** A list of code that cannot be derived from this image: unknown counts as no, noted. */
static bool in_list(struct unwind *w, enum rw_tri in)
{
	if (in == RW_UNKNOWN)
		unwind_missing(w, RW_REASON_LAYOUT_UNKNOWN, RW_DETAIL_NONE, w->res->nr_entries,
			       w->pc);
	return in == RW_YES;
}

/** What all six begin with; *end is set where the walk has come to its proper end. */
static bool read_record(struct unwind *w)
{
	if (!w->fp) {
		w->res->end = RW_END_FINAL;
		return false;
	}
	return unwind_check_record(w, 0xf, 1) && unwind_next_record(w);
}

/* ---- v1, v2: a flag that stays down, special functions ---------------------- */

static enum rw_tri is_special(const struct unwind *w)
{
	return w->in->in_special ? w->in->in_special(w->in->kernel, w->pc) : RW_UNKNOWN;
}

static void check_v1(struct unwind *w)
{
	if (!w->res->flag)
		return;
	if (!is_kernel_text(w))
		mark(w, RW_REASON_NOT_TEXT);
	else if (!w->untranslated && in_list(w, is_special(w)))
		mark(w, RW_REASON_SYM_CODE);
}

static bool recover_and_check_v1(struct unwind *w)
{
	if (!unwind_recover_fgraph_index(w))
		return false;
	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	check_v1(w);
	return true;
}

static bool unwind_frame_v1(struct unwind *w)
{
	return read_record(w) && recover_and_check_v1(w);
}

void rw_walk_rfc_v1(struct unwind *w)
{
	w->res->flag = 1;
	// The walk of current starts at the walker itself there, and its caller is the
	// first frame that a step reaches.
	if (w->in->start == RW_START_CURRENT && !recover_and_check_v1(w))
		return;
	unwind_loop(w, unwind_frame_v1);
}

/* ---- v3: sections, and the trampoline found by its range -------------------- */

static bool unwind_frame_v3(struct unwind *w)
{
	const struct rw_unwind_input *in = w->in;
	bool handler = false;

	w->res->flag = 1;
	if (!read_record(w))
		return false;
	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	if (!is_kernel_text(w)) {
		mark(w, RW_REASON_NOT_TEXT);
		return true;
	}
	enum rw_tri in_section = RW_UNKNOWN;
	if (in->in_code_section)
		in_section = in->in_code_section(in->kernel, w->pc, &handler);
	// It may have been the trampoline, which would have used up an entry.
	if (in_section == RW_UNKNOWN)
		w->fgraph_doubt = true;
	bool hit = in_list(w, in_section);

	if (hit && handler && in->return_to_handler.exists != RW_NO &&
	    in->fgraph.form != RW_TRACER_NONE) {
		const struct rw_fgraph_entry *entry = unwind_fgraph_entry(w, w->graph);

		if (in->return_to_handler.exists == RW_UNKNOWN || w->fgraph_doubt ||
		    in->fgraph.form == RW_TRACER_UNKNOWN || (entry && !entry->known) ||
		    (!entry && in->fgraph.incomplete)) {
			unwind_missing(w, RW_REASON_MEMORY_MISSING, RW_DETAIL_FGRAPH,
				       w->res->nr_entries, w->pc);
			w->fgraph_doubt = true;
			w->untranslated = true;
		} else if (!entry || entry->retp != w->fp) {
			mark(w, RW_REASON_FGRAPH_LOST);
		} else {
			w->graph++;
			w->fgraph = true;
			w->pc = unwind_strip(w, entry->ret, &w->pac_doubt);
		}
		return true;
	}
	if (hit && w->fp)
		mark(w, RW_REASON_SYM_CODE);
	return true;
}

void rw_walk_rfc_v3(struct unwind *w)
{
	w->res->flag = 1;
	unwind_loop(w, unwind_frame_v3);
}

/* ---- v4, v5, v6: the SYM_CODE table ----------------------------------------- */

static void check_v4(struct unwind *w)
{
	if (!is_kernel_text(w))
		mark(w, RW_REASON_NOT_TEXT);
	else if (w->fp && !w->untranslated && in_sym_code(w))
		mark(w, RW_REASON_SYM_CODE);
}

static bool unwind_frame_v4(struct unwind *w)
{
	w->res->flag = 1;
	if (!read_record(w) || !unwind_recover_fgraph_index(w)) {
		if (w->res->end == RW_END_ERROR)
			w->res->flag = 0;
		return false;
	}
	w->pc = unwind_strip(w, w->pc, &w->pac_doubt);
	check_v4(w);
	return true;
}

void rw_walk_rfc_v4(struct unwind *w)
{
	w->res->flag = 1;
	unwind_loop(w, unwind_frame_v4);
}

/** As v4, but return codes instead of a flag, and the first frame is checked as well. */
void rw_walk_rfc_v6(struct unwind *w)
{
	check_v4(w);
	unwind_loop(w, unwind_frame_v4);
	w->res->flag = -1;
}
