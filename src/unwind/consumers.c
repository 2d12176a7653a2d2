// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's own consumers of a walk.

#include "rewalk/consumers.h"

bool rw_save_consume(void *cookie, const struct rw_entry *entry)
{
	struct rw_save *save = cookie;

	for (size_t i = 0; i < save->nr_sched; i++)
		if (entry->pc >= save->sched[i].low && entry->pc < save->sched[i].high)
			return true;
	if (save->len >= save->size)
		return false;
	if (save->skip) {
		save->skip--;
		return true;
	}
	save->store[save->len++] = entry->pc;
	return save->len < save->size;
}

bool rw_dump_regs_consume(void *cookie, const struct rw_entry *entry)
{
	struct rw_dump_regs *dump = cookie;
	struct rw_entry printed = *entry;

	if (!dump->met) {
		// The entry's fp is where the walk stands before its next step.
		if (entry->fp != dump->regs_fp)
			return true;
		dump->met = true;
		printed.pc = dump->regs_pc;
		printed.source = RW_SOURCE_REGS;
	}
	return dump->print(dump->cookie, &printed);
}
