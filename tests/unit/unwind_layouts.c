// SPDX-License-Identifier: GPL-2.0-or-later
//
// One generation's rules on another's layout: exceptions and final records as each kernel
// leaves them, walked by all; and a layout that is not known.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chain.h"

static enum rw_tri in_el1_entry(const void *kernel, uint64_t addr)
{
	(void)kernel;
	return rw_tri(addr >= ENTRY_CODE && addr < ENTRY_CODE_END);
}

#define REGS_FP	232
#define REGS_PC	256

/**
 * An exception behind frame 2 of the chain: frame 3 is the entry code, whose record leads
 * to that of the struct pt_regs at @regs; frame 4 is the interrupted PC(30), whose record
 * is @next.
 */
static uint64_t put_exception_at(uint64_t regs, uint64_t next)
{
	const struct rw_layout *layout = &w.in.layout;
	uint64_t stackframe = regs + layout->pt_regs_stackframe;

	set_fp(3, stackframe);
	set_lr(3, ENTRY_CODE + 0x20);
	world_put(&w, regs + REGS_PC, PC(30));
	world_put(&w, regs + REGS_FP, next);
	if (layout->frame_record_meta) {
		put_record(stackframe, 0, 0);
		world_put(&w, stackframe + 16, 2);
	} else {
		put_record(stackframe, next, PC(30));
	}
	return regs;
}

static uint64_t put_exception(uint64_t next)
{
	return put_exception_at(FIRST_RECORD + 0x400, next);
}

static void test_metadata_under_old_rules(void **unused)
{
	uint64_t next = FIRST_RECORD + 0x800;

	(void)unused;
	FOR_EACH(name, walkers_5_14) {
		make_chain(name, 4);
		w.in.layout = model_named("linux-6.13")->layout;
		uint64_t regs = put_exception(next);
		uint64_t stackframe = regs + w.in.layout.pt_regs_stackframe;
		put_record(next, final_record(), PC(31));
		// The entry code is SYM_CODE: not what is tested here.
		w.in.sym_code_ready = RW_NO;
		put_final();

		assert_verdict(name, RELIABLE);
		assert_int_equal(t.nr, 6);
		assert_int_equal(t.e[4].pc, PC(30));
		assert_int_equal(t.e[4].source, RW_SOURCE_REGS);
		assert_int_equal(t.e[4].record, stackframe);
		assert_int_equal(t.e[5].pc, PC(31));
		assert_int_equal(t.e[5].source, RW_SOURCE_FRAME);

		// What the type is is not known: nobody can say what comes then.
		remove_word(stackframe + 16);
		assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 3, stackframe + 16);
		world_put(&w, stackframe + 16, 2);
		remove_word(regs + REGS_FP);
		assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 3, regs + REGS_FP);
		world_put(&w, regs + REGS_FP, next);

		// A struct pt_regs that would begin below the stack.
		w.in.stacks[RW_STACK_TASK].low = regs + 8;
		w.in.fp = stackframe;
		assert_verdict(name, strcmp(name, "rfc-v9") ? UNRELIABLE : RELIABLE);
		if (strcmp(name, "rfc-v9"))
			assert_because(name, UNRELIABLE, RW_REASON_OFF_STACK, 0, regs);
	}
}

/* As 6.13 has it: all of a struct pt_regs must lie in what is left of the stack. */
static const char *const going_over[] = {
	"linux-5.14", "linux-5.16", "linux-6.1", "linux-6.8", "linux-6.11", "linux-6.13",
};

static void test_regs_and_what_was_read(void **unused)
{
	(void)unused;
	FOR_EACH(name, going_over) {
		// Record 3 is read up to here.
		uint64_t left = FIRST_RECORD + 64 + 16, next = FIRST_RECORD + 0x800;

		make_chain(name, 4);
		w.in.layout = model_named("linux-6.13")->layout;
		put_final();
		put_exception_at(left, next);
		put_record(next, final_record(), PC(31));
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.nr, 6);
		// Directly above the struct pt_regs the chain may go on, in it it may not.
		next = left + w.in.layout.pt_regs_size;
		put_exception_at(left, next);
		put_record(next, final_record(), PC(31));
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.nr, 6);
		put_exception_at(left, next - 8);
		assert_because(name, UNRELIABLE, RW_REASON_STACK_ORDER, 4, next - 8);
		assert_int_equal(t.nr, 5);

		// It begins in record 3.
		make_chain(name, 4);
		w.in.layout = model_named("linux-6.13")->layout;
		put_final();
		next = FIRST_RECORD + 0x800;
		put_exception_at(left - 8, next);
		put_record(next, final_record(), PC(31));
		assert_because(name, UNRELIABLE, RW_REASON_STACK_ORDER, 3, left - 8);
		assert_int_equal(t.nr, 4);
	}
}

/** @regs alone on the irq stack of current: from there to the task's stack. */
static void put_irq_exception(uint64_t regs)
{
	uint64_t stackframe = regs + w.in.layout.pt_regs_stackframe;

	put_final();
	put_record(FIRST_RECORD, final_record(), PC(2));
	world_put(&w, regs + REGS_PC, PC(30));
	world_put(&w, regs + REGS_FP, FIRST_RECORD);
	put_record(stackframe, 0, 0);
	world_put(&w, stackframe + 16, 2);
	w.in.start = RW_START_CURRENT;
	w.in.fp = stackframe;
}

static void test_regs_at_the_ends(void **unused)
{
	(void)unused;
	FOR_EACH(name, going_over) {
		struct rw_layout layout = model_named("linux-6.13")->layout;
		uint64_t regs = IRQ_HIGH - layout.pt_regs_size;

		make_chain(name, 1);
		w.in.layout = layout;
		put_irq_exception(regs);
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.nr, 3);
		assert_int_equal(t.e[1].pc, PC(30));
		assert_int_equal(t.e[1].stack, RW_STACK_IRQ);
		// From its lowest byte on.
		w.in.stacks[RW_STACK_IRQ].low = regs;
		assert_verdict(name, RELIABLE);

		// The record and its type are on the stack, the end of a larger struct is not.
		make_chain(name, 1);
		w.in.layout = layout;
		w.in.layout.pt_regs_size += 16;
		put_irq_exception(regs);
		assert_verdict(name, UNRELIABLE);
		assert_int_equal(t.nr, 1);
		assert_int_equal(t.result.reasons[0].address, regs);

		// One half of it is on each of two stacks without a gap between them.
		make_chain(name, 1);
		w.in.layout = layout;
		regs = IRQ_LOW - 0x100;
		put_irq_exception(regs);
		w.in.stacks[RW_STACK_SDEI_NORMAL] = (struct rw_stack){ IRQ_LOW - 0x4000, IRQ_LOW,
								       RW_YES };
		w.in.in_nmi = RW_YES;
		assert_verdict(name, UNRELIABLE);
		assert_int_equal(t.nr, 1);
	}
}

/** Two zeros whose type is not on the stack are an ordinary record to models before 6.13. */
static void test_type_off_the_stack(void **unused)
{
	static const char *const names[] = { "linux-5.14", "linux-5.16", "linux-6.1", "linux-6.8",
					     "linux-6.11" };

	(void)unused;
	FOR_EACH(name, names) {
		make_chain(name, 1);
		w.in.layout = model_named("linux-6.13")->layout;
		put_irq_exception(IRQ_HIGH - 16 - w.in.layout.pt_regs_stackframe);
		assert_because(name, UNRELIABLE, RW_REASON_OFF_STACK, 1, 0);
		assert_int_equal(t.nr, 2);
		assert_int_equal(t.e[1].pc, 0);
		// With one zero a record is an ordinary one, whatever comes behind it.
		put_irq_exception(IRQ_HIGH - 0x200);
		world_put(&w, w.in.fp + 8, PC(9));
		assert_because(name, UNRELIABLE, RW_REASON_OFF_STACK, 1, 0);
		assert_int_equal(t.nr, 2);
		assert_int_equal(t.e[1].pc, PC(9));
		assert_int_equal(t.e[1].source, RW_SOURCE_FRAME);
	}
	make_chain("linux-6.13", 1);
	put_irq_exception(IRQ_HIGH - 16 - w.in.layout.pt_regs_stackframe);
	assert_verdict("linux-6.13", UNRELIABLE);
	assert_int_equal(t.nr, 1);
}

/** 6.13 knows two types, and no other one. */
static void test_types(void **unused)
{
	static const char *const names[] = { "linux-6.13", "linux-6.17" };
	static const uint64_t types[] = { 0, 3, 4, UINT64_C(1) << 32 | 2 };

	(void)unused;
	FOR_EACH(name, names) {
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			make_chain(name, 4);
			uint64_t regs = put_exception(FIRST_RECORD + 0x800);
			uint64_t stackframe = regs + w.in.layout.pt_regs_stackframe;
			put_record(FIRST_RECORD + 0x800, final_record(), PC(31));
			world_put(&w, stackframe + 16, types[i]);
			assert_because(name, UNRELIABLE, RW_REASON_BAD_RECORD_TYPE, 3, stackframe);
			assert_int_equal(t.nr, 4);
		}
	}
}

/** The walker of 6.17 refuses what was interrupted, in a layout that does not mark it, too. */
static void test_old_layout_under_6_17(void **unused)
{
	uint64_t next = FIRST_RECORD + 0x800;

	(void)unused;
	make_chain("linux-6.1", 4);
	put_exception(next);
	put_record(next, final_record(), PC(31));
	w.in.in_el1_entry = in_el1_entry;
	assert_verdict("linux-6.1", RELIABLE);
	assert_int_equal(t.nr, 6);

	assert_because("linux-6.17", UNRELIABLE, RW_REASON_EXCEPTION_BOUNDARY, 4, PC(30));
	assert_beyond(4, 6);
	assert_int_equal(t.result.decided_at, 4);
	assert_int_equal(t.e[4].source, RW_SOURCE_REGS);
	assert_int_equal(t.e[5].source, RW_SOURCE_FRAME);
	assert_int_equal(t.result.returned, -22);
	// The plain walk of 6.13 goes over it.
	assert_verdict("linux-6.13", RELIABLE);
	assert_int_equal(t.e[4].source, RW_SOURCE_REGS);

	// The final record has no type there: its address says it.
	make_chain("linux-6.1", 4);
	w.in.in_el1_entry = in_el1_entry;
	assert_verdict("linux-6.17", RELIABLE);
	assert_int_equal(t.result.end, RW_END_FINAL);
	assert_int_equal(t.result.returned, 0);
	// Two zeros elsewhere are no record of any kind.
	put_record(FIRST_RECORD + 64, 0, 0);
	assert_because("linux-6.17", UNRELIABLE, RW_REASON_BAD_FINAL_RECORD, 2,
		       FIRST_RECORD + 64);
}

/** A signed address that is in the vectors only if its signature is taken off. */
static void test_interrupted_in_doubt(void **unused)
{
	uint64_t next = FIRST_RECORD + 0x800;

	(void)unused;
	make_chain("linux-6.1", 4);
	put_exception(next);
	put_record(next, final_record(), PC(31));
	w.in.in_el1_entry = in_el1_entry;
	w.in.options = model_named("linux-6.17")->options;
	w.in.ptrauth = w.in.pauth_hw = RW_YES;
	set_lr(3, (ENTRY_CODE + 0x20) & ~(UINT64_C(0x2a) << 56));
	assert_verdict("linux-6.17", UNRELIABLE);
	w.in.pauth_hw = RW_NO;
	assert_verdict("linux-6.17", RELIABLE);
	w.in.pauth_hw = RW_UNKNOWN;
	assert_because("linux-6.17", UNDETERMINED, RW_REASON_PAC_UNKNOWN, 3, ENTRY_CODE + 0x20);
	assert_int_equal(t.nr, 6);
}

static void test_final_record(void **unused)
{
	uint64_t addr = 77;

	(void)unused;
	make_chain("linux-6.1", 1);
	assert_true(rw_final_record(&w.in, &addr));
	assert_int_equal(addr, TASK_HIGH - 336 + 304);
	w.in.layout = model_named("linux-6.17")->layout;
	assert_true(rw_final_record(&w.in, &addr));
	assert_int_equal(addr, TASK_HIGH - 24);
	w.in.stacks[RW_STACK_TASK].low = TASK_HIGH - 319;
	assert_false(rw_final_record(&w.in, &addr));
	w.in.stacks[RW_STACK_TASK] = (struct rw_stack){ TASK_LOW, TASK_HIGH, RW_UNKNOWN };
	assert_false(rw_final_record(&w.in, &addr));
	w.in.stacks[RW_STACK_TASK].exists = RW_NO;
	assert_false(rw_final_record(&w.in, &addr));
	assert_int_equal(addr, TASK_HIGH - 24);
}

/** The layout is a guess: what holds in each that kernels have had is certain, no more. */
static void test_layout_unknown(void **unused)
{
	static const char *const names[] = { "linux-5.10", "linux-5.16", "linux-6.1", "linux-6.11",
					     "linux-6.17", "rfc-v7", "rfc-v9", "rfc-v14" };

	(void)unused;
	FOR_EACH(name, names) {
		make_chain(name, 5);
		assert_verdict(name, RELIABLE);
		w.in.layout_known = RW_UNKNOWN;
		assert_verdict(name, UNDETERMINED);
		assert_int_equal(t.result.reasons[0].code, RW_REASON_LAYOUT_UNKNOWN);
		assert_int_equal(t.result.reasons[0].detail, RW_DETAIL_LAYOUT);
		assert_int_equal(t.result.nr_reasons, 1);
		assert_int_equal(t.nr, 6);
		assert_int_equal(t.e[5].pc, PC(5));

		// Off the stack before anything that layouts differ in.
		set_fp(3, DATA);
		assert_verdict(name, strcmp(name, "rfc-v9") ? UNRELIABLE : UNDETERMINED);
	}
	// It would have ended at the final record of the other layout.
	make_chain("linux-6.1", 5);
	world_put(&w, final_record() + 16, 0);
	w.in.layout = model_named("linux-6.17")->layout;
	assert_because("linux-6.1", UNRELIABLE, RW_REASON_OFF_STACK, 6, 0);
	w.in.layout_known = RW_UNKNOWN;
	assert_because("linux-6.1", UNDETERMINED, RW_REASON_LAYOUT_UNKNOWN, 6, 0);
	assert_false(t.result.decided);
	// Another fact that is missing is named as that.
	make_chain("linux-6.1", 5);
	w.in.layout_known = RW_UNKNOWN;
	remove_word(FIRST_RECORD + 32);
	assert_because("linux-6.1", UNDETERMINED, RW_REASON_MEMORY_MISSING, 1, FIRST_RECORD + 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metadata_under_old_rules),
		cmocka_unit_test(test_regs_and_what_was_read),
		cmocka_unit_test(test_regs_at_the_ends),
		cmocka_unit_test(test_type_off_the_stack),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_old_layout_under_6_17),
		cmocka_unit_test(test_interrupted_in_doubt),
		cmocka_unit_test(test_final_record),
		cmocka_unit_test(test_layout_unknown),
	};

	return cmocka_run_group_tests_name("unwind_layouts", tests, NULL, NULL);
}
