// SPDX-License-Identifier: GPL-2.0-or-later
//
// A printed trace beside the replay of the same task's stack in a dump of the same crash.
//
// The kernel printed it a moment before the dump was made, or from deeper inside: what
// the two have in common is the outer part. So they are compared from their ends, by
// name, offset and size, which are what was printed.

#include <string.h>

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
