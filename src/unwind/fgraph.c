// SPDX-License-Identifier: GPL-2.0-or-later
//
// Return addresses that the function graph tracer has replaced by
// return_to_handler, translated back in the three ways of the generations.
//
// Source: ftrace_graph_get_ret_stack() as of 5.10, ftrace_graph_ret_addr() of 6.1
// (kernel/trace/fgraph.c), the same with its cursor in 6.12 and 7.2.

#include "model.h"

enum rw_tri unwind_fgraph_applies(struct unwind *w, uint64_t pc)
{
	const struct rw_unwind_input *in = w->in;

	if (in->return_to_handler.exists == RW_NO)
		return RW_NO;
	if (in->return_to_handler.exists == RW_UNKNOWN)
		return in->fgraph.form == RW_TRACER_NONE ? RW_NO : RW_UNKNOWN;
	if (pc != in->return_to_handler.addr || in->fgraph.form == RW_TRACER_NONE)
		return RW_NO;
	return in->fgraph.form == RW_TRACER_UNKNOWN ? RW_UNKNOWN : RW_YES;
}

const struct rw_fgraph_entry *unwind_fgraph_entry(const struct unwind *w, size_t index)
{
	const struct rw_fgraph *fgraph = &w->in->fgraph;

	return index < fgraph->nr ? &fgraph->entries[fgraph->nr - 1 - index] : NULL;
}

/** What was replaced is not in the input: the walk goes on with the trampoline's address. */
static bool not_known(struct unwind *w)
{
	bool no_address = w->in->return_to_handler.exists == RW_UNKNOWN;

	if (no_address && w->fgraph_doubt)
		return true;
	unwind_missing(w, no_address ? RW_REASON_LAYOUT_UNKNOWN : RW_REASON_MEMORY_MISSING,
		       no_address ? RW_DETAIL_TRAMPOLINE : RW_DETAIL_FGRAPH,
		       w->res->nr_entries, w->pc);
	w->fgraph_doubt = true;
	w->untranslated = !no_address;
	return true;
}

static bool found(struct unwind *w, const struct rw_fgraph_entry *entry)
{
	w->pc = entry->ret;
	w->fgraph = true;
	return true;
}

bool unwind_recover_fgraph_index(struct unwind *w)
{
	bool doubt = false;
	uint64_t stripped = unwind_strip(w, w->pc, &doubt);
	enum rw_tri applies = unwind_fgraph_applies(w, stripped);

	if (applies == RW_NO)
		return true;
	if (applies == RW_UNKNOWN || doubt || w->fgraph_doubt) {
		w->pc = stripped;
		return not_known(w);
	}

	const struct rw_fgraph_entry *entry = unwind_fgraph_entry(w, w->graph++);
	if (!entry && !w->in->fgraph.incomplete)
		return unwind_fail(w, RW_REASON_FGRAPH_LOST, w->fp);
	if (!entry || !entry->known)
		return not_known(w);
	return found(w, entry);
}

bool unwind_recover_fgraph_retp(struct unwind *w)
{
	const struct rw_fgraph *fgraph = &w->in->fgraph;
	enum rw_tri applies = unwind_fgraph_applies(w, w->pc);

	if (applies == RW_NO)
		return true;
	if (applies == RW_UNKNOWN || w->pac_doubt || fgraph->incomplete)
		return not_known(w);
	for (size_t i = 0; i < fgraph->nr; i++) {
		const struct rw_fgraph_entry *entry = &fgraph->entries[i];

		if (!entry->known)
			return not_known(w);
		if (entry->retp != w->fp)
			continue;
		if (entry->ret == w->in->return_to_handler.addr)
			break;
		return found(w, entry);
	}
	return unwind_fail(w, RW_REASON_FGRAPH_LOST, w->fp);
}

bool unwind_recover_fgraph_shadow(struct unwind *w)
{
	const struct rw_fgraph *fgraph = &w->in->fgraph;
	enum rw_tri applies = unwind_fgraph_applies(w, w->pc);

	if (applies == RW_NO)
		return true;
	if (applies == RW_UNKNOWN || w->pac_doubt || w->fgraph_doubt)
		return not_known(w);

	// The cursor, w->graph, is one more than the number of older entries that are
	// left.  The kernel keeps a word index, where 0 means "from the top": a match at
	// the very bottom makes its next search begin anew.
	for (size_t i = w->graph ? w->graph - 1 : fgraph->nr; i > 0; i--) {
		const struct rw_fgraph_entry *entry = &fgraph->entries[i - 1];

		if (!entry->known)
			return not_known(w);
		if (entry->retp != w->fp || entry->ret == w->in->return_to_handler.addr)
			continue;
		w->graph = entry->at_bottom ? 0 : i;
		return found(w, entry);
	}
	if (fgraph->incomplete)
		return not_known(w);
	return unwind_fail(w, RW_REASON_FGRAPH_LOST, w->fp);
}
