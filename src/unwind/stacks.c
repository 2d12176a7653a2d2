// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which stacks a walk may use, and the two ways in which the generations keep
// track of where they have been: a set of stacks that were left (up to 6.0, and
// the RFC series), or ranges that are used up from below (6.1 on).
//
// A stack of unknown bounds may hold any address that is on no known stack.  Such
// an address is taken to be on it, once, and the fact is noted as missing.
//
// Source: arch/arm64/include/asm/stacktrace.h and asm/stacktrace/common.h of 5.10,
// 6.1, 6.12 and 7.2; arch/arm64/kernel/sdei.c of 5.10; RFC PATCH v8 2/4.

#include "model.h"

static enum rw_tri is_current(const struct unwind *w)
{
	switch (w->in->start) {
	case RW_START_BLOCKED:
		return RW_NO;
	case RW_START_CURRENT:
		return RW_YES;
	case RW_START_REGS:
		break;
	}
	return w->in->current;
}

/** May this walk use the stack, if it exists?  @by_ranges: as from 6.1 on. */
static enum rw_tri may_use(const struct unwind *w, enum rw_stack_type type, bool by_ranges)
{
	enum rw_tri current = is_current(w);
	enum rw_tri atomic = rw_tri_not(w->in->preemptible);

	switch (type) {
	case RW_STACK_TASK:
		return RW_YES;
	case RW_STACK_IRQ:
	case RW_STACK_OVERFLOW:
		return rw_tri_and(current, atomic);
	case RW_STACK_SDEI_NORMAL:
	case RW_STACK_SDEI_CRITICAL:
		// Up to 6.0 preemptible() is tested for all of the CPU's stacks at once.
		if (!by_ranges)
			current = rw_tri_and(current, atomic);
		return rw_tri_and(current, w->in->in_nmi);
	case RW_STACK_EFI:
		return rw_tri_and(current, w->in->in_efi);
	case RW_NR_STACKS:
		break;
	}
	return RW_NO;
}

/** Stacks are kernel memory: no unknown one holds an address of the lower half. */
static bool may_be_stack(uint64_t addr)
{
	return addr >> 63;
}

static bool inside(uint64_t low, uint64_t high, uint64_t addr, uint64_t size)
{
	uint64_t end;

	return low && addr >= low && !__builtin_add_overflow(addr, size, &end) && end <= high;
}

/* ---- stacks that were left ------------------------------------------------ */

/**
 * Those that kernels up to 6.0 know, in the order in which they look at them: where stacks
 * overlap, which bad pointers of a dump can say, the first one counts.  From 6.1 on the normal
 * SDEI stack comes before the critical one.
 */
static const enum rw_stack_type stacks_of_5_10[] = {
	RW_STACK_TASK, RW_STACK_IRQ, RW_STACK_OVERFLOW, RW_STACK_SDEI_CRITICAL,
	RW_STACK_SDEI_NORMAL,
};
enum { NR_STACKS_OF_5_10 = sizeof(stacks_of_5_10) / sizeof(stacks_of_5_10[0]) };

/**
 * The unknown stack that @fp is taken to be on: the one that the walk is on, while it
 * goes up, else one that it has not been on.  So no more of them are used up than any
 * answer would: when none is left, the order is broken for sure.
 */
static int8_t unknown_stack(const struct unwind *w, uint64_t fp)
{
	int8_t left = STACK_NONE;

	if (!may_be_stack(fp))
		return STACK_NONE;
	for (size_t i = 0; i < NR_STACKS_OF_5_10; i++) {
		int8_t type = stacks_of_5_10[i];

		if (w->in->stacks[type].exists != RW_UNKNOWN ||
		    may_use(w, type, false) == RW_NO)
			continue;
		if (w->prev_type == type && fp > w->prev_fp)
			return type;
		if (left == STACK_NONE || left == w->prev_type || w->stacks_done & 1u << left)
			left = type;
	}
	return left;
}

/**
 * The stack that holds @size bytes at @fp.  STACK_NONE: surely none.  If it may or may
 * not be on one, that is noted and the stack is given.
 */
static int8_t on_accessible_stack(struct unwind *w, uint64_t fp, uint64_t size)
{
	int8_t in_doubt = STACK_NONE;

	for (size_t i = 0; i < NR_STACKS_OF_5_10; i++) {
		enum rw_stack_type type = stacks_of_5_10[i];
		const struct rw_stack *stack = &w->in->stacks[type];
		enum rw_tri usable = may_use(w, type, false);

		if (stack->exists != RW_YES || usable == RW_NO ||
		    !inside(stack->low, stack->high, fp, size))
			continue;
		if (usable == RW_YES)
			return type;
		if (in_doubt == STACK_NONE)
			in_doubt = type;
	}
	if (in_doubt != STACK_NONE) {
		unwind_missing(w, RW_REASON_STACK_UNKNOWN, RW_DETAIL_CONTEXT, unwind_last(w), fp);
		return in_doubt;
	}
	int8_t unknown = unknown_stack(w, fp);
	if (unknown != STACK_NONE)
		unwind_missing(w, RW_REASON_STACK_UNKNOWN, RW_DETAIL_NONE, unwind_last(w), fp);
	return unknown;
}

bool unwind_check_record(struct unwind *w, uint64_t align_mask, uint64_t size)
{
	uint64_t fp = w->fp;

	if (fp & align_mask)
		return unwind_fail(w, RW_REASON_MISALIGNED_FP, fp);

	int8_t type = on_accessible_stack(w, fp, size);
	if (type == STACK_NONE)
		return unwind_fail(w, RW_REASON_OFF_STACK, fp);
	if (w->stacks_done & 1u << type)
		return unwind_fail(w, RW_REASON_STACK_ORDER, fp);

	w->floor = type == w->prev_type ? w->prev_fp + 16 : w->in->stacks[type].low;
	if (type == w->prev_type) {
		if (fp <= w->prev_fp)
			return unwind_fail(w, RW_REASON_STACK_ORDER, fp);
	} else if (w->prev_type != STACK_NONE) {
		w->stacks_done |= 1u << w->prev_type;
	}
	w->prev_fp = fp;
	w->prev_type = type;
	return true;
}

/* ---- ranges that are used up ---------------------------------------------- */

void unwind_setup_ranges(struct unwind *w)
{
	w->cur.type = STACK_NONE;
	for (int type = 0; type < RW_NR_STACKS; type++) {
		const struct rw_stack *stack = &w->in->stacks[type];
		enum rw_tri usable = may_use(w, type, true);
		bool use = usable != RW_NO && stack->exists != RW_NO;

		w->stacks[type] = (struct stack_range){
			.low = stack->low,
			.high = stack->high,
			.type = use ? type : STACK_NONE,
			.assumed = stack->exists == RW_UNKNOWN,
			.usable = usable,
		};
	}
}

struct stack_range *unwind_find_range(struct unwind *w, uint64_t addr, uint64_t size)
{
	struct stack_range *cur = &w->cur, *in_doubt = NULL, *unknown = NULL;

	if (cur->type != STACK_NONE && !cur->assumed && inside(cur->low, cur->high, addr, size))
		return cur;
	for (int type = 0; type < RW_NR_STACKS; type++) {
		struct stack_range *range = &w->stacks[type];

		if (range->type == STACK_NONE)
			continue;
		if (range->assumed) {
			if (!unknown && may_be_stack(addr))
				unknown = range;
		} else if (inside(range->low, range->high, addr, size)) {
			if (range->usable == RW_YES)
				return range;
			in_doubt = range;
		}
	}
	if (in_doubt) {
		unwind_missing(w, RW_REASON_STACK_UNKNOWN, RW_DETAIL_CONTEXT, unwind_last(w), addr);
		return in_doubt;
	}
	if (cur->type != STACK_NONE && cur->assumed && inside(cur->low, cur->high, addr, size))
		return cur;
	if (unknown)
		unwind_missing(w, RW_REASON_STACK_UNKNOWN, RW_DETAIL_NONE, unwind_last(w), addr);
	return unknown;
}

void unwind_consume_range(struct unwind *w, struct stack_range *range, uint64_t addr,
			  uint64_t size)
{
	if (range != &w->cur) {
		w->cur = *range;
		if (range->assumed)
			w->cur.high = UINT64_MAX;
		range->type = STACK_NONE;
	}
	w->cur.low = addr + size;
}

enum rw_reason_code unwind_off_range(const struct unwind *w, uint64_t addr)
{
	for (int type = 0; type < RW_NR_STACKS; type++) {
		const struct rw_stack *stack = &w->in->stacks[type];

		if (stack->exists == RW_YES && may_use(w, type, true) != RW_NO &&
		    addr >= stack->low && addr < stack->high)
			return RW_REASON_STACK_ORDER;
	}
	return RW_REASON_OFF_STACK;
}
