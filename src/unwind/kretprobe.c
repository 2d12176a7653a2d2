// SPDX-License-Identifier: GPL-2.0-or-later
//
// Return addresses that a kretprobe has replaced by its trampoline.  The task's
// instances are looked through once per walk, newest first: the cursor stays at
// the last instance that was compared, whether it matched or not.
//
// Source: kretprobe_find_ret_addr() in kernel/kprobes.c, since 5.16.

#include "model.h"

static bool not_known(struct unwind *w)
{
	bool no_address = w->in->kretprobe_trampoline.exists == RW_UNKNOWN;

	if (no_address && w->kretprobe_doubt)
		return true;
	unwind_missing(w, no_address ? RW_REASON_LAYOUT_UNKNOWN : RW_REASON_MEMORY_MISSING,
		       no_address ? RW_DETAIL_TRAMPOLINE : RW_DETAIL_KRETPROBE,
		       w->res->nr_entries, w->pc);
	w->kretprobe_doubt = true;
	w->untranslated = !no_address;
	return true;
}

bool unwind_recover_kretprobe(struct unwind *w, bool zero_check)
{
	const struct rw_unwind_input *in = w->in;
	const struct rw_kretprobes *list = &in->kretprobes;

	if (in->kretprobe_trampoline.exists == RW_NO || w->untranslated)
		return true;
	if (in->kretprobe_trampoline.exists == RW_UNKNOWN)
		return list->form == RW_TRACER_NONE ? true : not_known(w);
	if (w->pc != in->kretprobe_trampoline.addr)
		return true;
	if (list->form == RW_TRACER_UNKNOWN || w->pac_doubt || w->kretprobe_doubt)
		return not_known(w);

	bool ended = false;

	w->kretprobe = true;
	for (size_t i = w->kr_next; i < list->nr; i++) {
		const struct rw_kretprobe *instance = &list->instances[i];

		if (instance->ret_addr == in->kretprobe_trampoline.addr)
			continue;
		w->kr_next = i + 1;
		// The kernel takes an address of 0 for the end of the list.
		ended = !instance->ret_addr;
		if (ended)
			break;
		if (instance->fp == w->fp) {
			w->pc = instance->ret_addr;
			return true;
		}
	}
	if (list->incomplete && !ended)
		return not_known(w);
	if (zero_check)
		return unwind_fail(w, RW_REASON_KRETPROBE_LOST, w->fp);
	w->pc = 0;
	return true;
}
