/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What callers inside the kernel make of a walk: the consumers that stand between
 * arch_stack_walk() and what a person sees.
 */
#ifndef REWALK_CONSUMERS_H
#define REWALK_CONSUMERS_H

#include "rewalk/unwind.h"

/** [@low, @high): text of the scheduler, which stack_trace_save_tsk() leaves out. */
struct rw_sched_text {
	uint64_t low, high;
};

/**
 * stack_trace_save_tsk(): /proc/PID/stack (64 entries) and much else.  Scheduler text
 * is left out wherever it stands, then the store's size is tested, then entries are
 * skipped.
 *
 * Source: kernel/stacktrace.c, stack_trace_consume_entry_nosched().
 */
struct rw_save {
	const struct rw_sched_text *sched;
	size_t nr_sched;
	uint64_t *store;
	size_t size, skip;
	size_t len;		/* entries stored */
};

/** A rw_consume_fn for a struct rw_save. */
bool rw_save_consume(void *save, const struct rw_entry *entry);

/**
 * dump_backtrace() with registers, 5.10 to 5.16: it walks from current's own frame and
 * prints nothing until the walk's fp is that of the registers; there it prints their pc
 * instead of the entry, and from then on everything.
 *
 * Source: arch/arm64/kernel/stacktrace.c of 5.10.
 */
struct rw_dump_regs {
	uint64_t regs_fp, regs_pc;
	rw_consume_fn print;
	void *cookie;
	bool met;
};

/** A rw_consume_fn for a struct rw_dump_regs. */
bool rw_dump_regs_consume(void *dump, const struct rw_entry *entry);

#endif
