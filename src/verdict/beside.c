// SPDX-License-Identifier: GPL-2.0-or-later
//
// A printed trace beside the replay of the same task's stack in a dump of the same crash.
//
// The kernel printed it a moment before the dump was made, or from deeper inside: what
// the two have in common is the outer part. So they are compared from their ends, by
// name, offset and size, which are what was printed.

#include <string.h>

#include "rewalk/consumers.h"
#include "rewalk/image.h"
#include "rewalk/judged.h"

static bool same(const struct rw_printed_entry *e, const struct rw_trace *trace, uint64_t pc)
{
	struct rw_symbol symbol;
	const char *module = NULL;

	if (!rw_kernel_symbolize(trace->kernel, pc, &symbol, &module))
		return !e->name && e->address == pc;
	if (!e->name || strcmp(e->name, symbol.name) != 0 || !e->module != !module)
		return false;
	if (module && strcmp(module, e->module) != 0)
		return false;
	return !e->has_offset || (e->offset == pc - symbol.addr && e->size == symbol.size);
}

/** Text that stack_trace_save_tsk() leaves out: in_sched_functions(), kernel/sched/core.c. */
static size_t sched_text(const struct rw_kernel *kernel, struct rw_sched_text ret[2])
{
	static const char *const names[][2] = {
		{ "__sched_text_start", "__sched_text_end" },
		{ "__lock_text_start", "__lock_text_end" },
	};
	size_t nr = 0;

	for (size_t i = 0; i < 2; i++)
		if (rw_image_symbol(kernel->image, names[i][0], &ret[nr].low) &&
		    rw_image_symbol(kernel->image, names[i][1], &ret[nr].high)) {
			ret[nr].low += kernel->slide;
			ret[nr++].high += kernel->slide;
		}
	return nr;
}

void rw_beside_proc_stack(struct rw_trace *trace)
{
	struct rw_sched_text sched[2];
	uint64_t store[RW_PROC_STACK_ENTRIES];
	struct rw_save save = {
		.sched = sched,
		.nr_sched = trace->kernel->image ? sched_text(trace->kernel, sched) : 0,
		.store = store,
		.size = RW_PROC_STACK_ENTRIES,
	};
	size_t nr = 0;
	bool more = true;

	for (size_t i = 0; more && i < trace->nr; i++) {
		size_t len = save.len;

		more = rw_save_consume(&save, &trace->frames[i].entry);
		if (save.len > len)
			trace->frames[nr++] = trace->frames[i];
	}
	trace->nr = nr;
}

void rw_beside_init(const struct rw_judged *judged, const struct rw_trace *trace,
		    struct rw_beside *ret)
{
	size_t nr = 0;

	while (nr < judged->nr && nr < trace->nr &&
	       same(judged->frames[judged->nr - 1 - nr].entry, trace,
		    trace->frames[trace->nr - 1 - nr].entry.pc))
		nr++;
	*ret = (struct rw_beside){
		.trace = trace,
		.nr_same = nr,
		.nr_printed = judged->nr - nr,
		.nr_replayed = trace->nr - nr,
	};
}
