// SPDX-License-Identifier: GPL-2.0-or-later
//
// The stacks that a walk may use, and where it may start: their bounds, the state of the
// CPU that opens them to a task, their words, any of which may not be known.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chain.h"

static void test_memory_missing(void **unused)
{
	(void)unused;
	FOR_EACH(name, walkers_5_14) {
		for (int half = 0; half < 16; half += 8) {
			make_chain(name, 5);
			remove_word(FIRST_RECORD + 64 + half);
			assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 2,
				       FIRST_RECORD + 64 + half);
			assert_int_equal(t.nr, 3);
			assert_int_equal(t.result.end, RW_END_INCOMPLETE);
		}
		// Nobody reads the final record before 6.13: its address says it.
		make_chain(name, 5);
		remove_word(final_record());
		remove_word(final_record() + 8);
		assert_verdict(name, RELIABLE);
	}
	make_chain("linux-6.17", 5);
	remove_word(final_record() + 16);
	assert_because("linux-6.17", UNDETERMINED, RW_REASON_MEMORY_MISSING, 5,
		       final_record() + 16);
}

static void test_task_stack_unknown(void **unused)
{
	(void)unused;
	FOR_EACH(name, walkers_5_14) {
		make_chain(name, 5);
		w.in.stacks[RW_STACK_TASK] = (struct rw_stack){ .exists = RW_UNKNOWN };
		assert_because(name, UNDETERMINED, RW_REASON_STACK_UNKNOWN, 0, FIRST_RECORD);
		// Walked to what would be the end: the page says that it can be.
		assert_int_equal(t.nr, 6);
		assert_int_equal(t.result.end, RW_END_FINAL);

		// Misaligned it is on any stack.  (rfc-v9 accepts walks that fail.)
		set_fp(4, FIRST_RECORD + 4);
		assert_verdict(name, strcmp(name, "rfc-v9") ? UNRELIABLE : UNDETERMINED);
	}
	// A task that has not run: no record is read, and still it may not be the final one.
	FOR_EACH(other, walkers_5_14) {
		make_chain(other, 0);
		assert_verdict(other, RELIABLE);
		w.in.stacks[RW_STACK_TASK].exists = RW_UNKNOWN;
		assert_because(other, UNDETERMINED, RW_REASON_STACK_UNKNOWN, 0, w.in.fp);
		assert_int_equal(t.nr, 1);
	}
	static const char *const meta[] = { "linux-6.13", "linux-6.17" };
	FOR_EACH(newer, meta) {
		make_chain(newer, 5);
		w.in.stacks[RW_STACK_TASK] = (struct rw_stack){ .exists = RW_UNKNOWN };
		assert_because(newer, UNDETERMINED, RW_REASON_STACK_UNKNOWN, 0, FIRST_RECORD);
		assert_int_equal(t.nr, 6);
	}
}

/**
 * From one stack of unknown bounds to another, as from the irq stack to the task's: all
 * steps are possible, so none may count as a failure.
 */
static void test_two_stacks_unknown(void **unused)
{
	(void)unused;
	FOR_EACH(name, walkers_5_14) {
		for (int above = 0; above < 2; above++) {
			uint64_t irq = above ? TASK_HIGH + 0x1000 : TASK_LOW - 0x8000;

			make_chain(name, 4);
			w.in.start = RW_START_CURRENT;
			w.in.fp = irq;
			put_record(irq, irq + 32, PC(20));
			put_record(irq + 32, irq + 64, PC(21));
			put_record(irq + 64, FIRST_RECORD, PC(22));
			w.in.stacks[RW_STACK_IRQ] = (struct rw_stack){ irq & ~UINT64_C(0xfff),
								       irq + 0x1000, RW_YES };
			assert_verdict(name, RELIABLE);
			assert_int_equal(t.nr, 8);
			w.in.stacks[RW_STACK_IRQ].exists = RW_UNKNOWN;
			w.in.stacks[RW_STACK_TASK].exists = RW_UNKNOWN;
			assert_verdict(name, UNDETERMINED);
			assert_int_equal(t.nr, 8);
		}
	}
}

/** A known stack that current may use or not, by the state of its CPU. */
static void test_context_unknown(void **unused)
{
	(void)unused;
	FOR_EACH(name, walkers_5_14) {
		make_chain(name, 3);
		w.in.start = RW_START_CURRENT;
		w.in.fp = IRQ_LOW + 0x100;
		put_record(IRQ_LOW + 0x100, FIRST_RECORD, PC(20));
		assert_verdict(name, RELIABLE);
		w.in.preemptible = RW_UNKNOWN;
		assert_because(name, UNDETERMINED, RW_REASON_STACK_UNKNOWN, 0, IRQ_LOW + 0x100);
		assert_int_equal(t.result.reasons[0].detail, RW_DETAIL_CONTEXT);
		assert_int_equal(t.nr, 5);
		w.in.preemptible = RW_YES;
		assert_verdict(name, strcmp(name, "rfc-v9") ? UNRELIABLE : RELIABLE);
		// Another task never uses them, whatever its CPU does.
		w.in.start = RW_START_BLOCKED;
		w.in.preemptible = RW_UNKNOWN;
		assert_verdict(name, strcmp(name, "rfc-v9") ? UNRELIABLE : RELIABLE);
	}
}

/** A record at the upper end of a stack: all of it, or its address alone before 5.14. */
static void test_stack_end(void **unused)
{
	static const char *const by_address[] = { "linux-5.10", "rfc-v1", "rfc-v4", "rfc-v6" };
	static const char *const whole[] = { "linux-5.14", "linux-5.16", "linux-6.1", "linux-6.8",
					     "linux-6.11", "linux-6.13", "linux-6.17", "rfc-v7",
					     "rfc-v11", "rfc-v14" };
	const uint64_t top = IRQ_HIGH - 16;

	(void)unused;
	FOR_EACH(name, by_address) {
		for (unsigned int size = 0; size <= 16; size++) {
			make_chain(name, 3);
			if (strcmp(name, "linux-5.10"))
				set_fp(3, 0);
			w.in.start = RW_START_CURRENT;
			w.in.fp = top;
			put_record(top, FIRST_RECORD, PC(20));
			w.in.stacks[RW_STACK_IRQ].high = top + size;
			assert_verdict(name, size ? RELIABLE : UNRELIABLE);
			assert_int_equal(t.nr, size ? 5 : 1);
		}
	}
	FOR_EACH(other, whole) {
		for (unsigned int size = 0; size <= 16; size++) {
			make_chain(other, 3);
			w.in.start = RW_START_CURRENT;
			w.in.fp = top;
			put_record(top, FIRST_RECORD, PC(20));
			w.in.stacks[RW_STACK_IRQ].high = top + size;
			assert_verdict(other, size == 16 ? RELIABLE : UNRELIABLE);
			assert_int_equal(t.nr, size == 16 ? 5 : 1);
		}
	}
}

/** The EFI stack is one since 6.1, for a current task that is in EFI. */
static void test_efi_stack(void **unused)
{
	static const char *const without[] = { "linux-5.10", "linux-5.14", "linux-5.16" };
	static const char *const with[] = { "linux-6.1", "linux-6.8", "linux-6.11", "linux-6.13" };
	const uint64_t efi = IRQ_HIGH + 0x10000;
	struct rw_stack stack = { efi, efi + 0x4000, RW_YES };

	(void)unused;
	FOR_EACH(name, without) {
		make_chain(name, 3);
		w.in.stacks[RW_STACK_EFI] = stack;
		w.in.in_efi = RW_YES;
		w.in.start = RW_START_CURRENT;
		w.in.fp = efi + 0x100;
		put_record(efi + 0x100, FIRST_RECORD, PC(20));
		assert_because(name, UNRELIABLE, RW_REASON_OFF_STACK, 0, efi + 0x100);
	}
	FOR_EACH(other, with) {
		make_chain(other, 3);
		w.in.stacks[RW_STACK_EFI] = stack;
		w.in.in_efi = RW_YES;
		w.in.start = RW_START_CURRENT;
		w.in.fp = efi + 0x100;
		put_record(efi + 0x100, FIRST_RECORD, PC(20));
		assert_verdict(other, RELIABLE);
		assert_int_equal(t.nr, 5);
		w.in.in_efi = RW_NO;
		assert_because(other, UNRELIABLE, RW_REASON_OFF_STACK, 0, efi + 0x100);
	}
}

/** A user's address is on no kernel stack, known or not. */
static void test_user_address(void **unused)
{
	(void)unused;
	FOR_EACH(name, walkers_5_14) {
		// There it is no failure.
		if (!strcmp(name, "rfc-v9"))
			continue;
		make_chain(name, 5);
		w.in.stacks[RW_STACK_TASK] = (struct rw_stack){ .exists = RW_UNKNOWN };
		set_fp(3, UINT64_C(0x7ffff7e01000));
		put_record(UINT64_C(0x7ffff7e01000), FIRST_RECORD + 96, PC(9));
		assert_because(name, UNRELIABLE, RW_REASON_OFF_STACK, 3, UINT64_C(0x7ffff7e01000));
		assert_int_equal(t.nr, 4);
	}
}

/** The series' reliable walk has no form that starts from registers; that of 6.17 has. */
static void test_returned_from_regs(void **unused)
{
	static const char *const series[] = { "rfc-v7", "rfc-v9", "rfc-v11", "rfc-v14" };

	(void)unused;
	FOR_EACH(name, series) {
		make_chain(name, 3);
		assert_verdict(name, RELIABLE);
		assert_true(t.result.has_returned);
		w.in.start = RW_START_REGS;
		assert_verdict(name, RELIABLE);
		assert_false(t.result.has_returned);
	}
	make_chain("linux-6.17", 3);
	w.in.start = RW_START_REGS;
	assert_because("linux-6.17", UNRELIABLE, RW_REASON_EXCEPTION_BOUNDARY, 0, PC(0));
	assert_true(t.result.has_returned);
	assert_int_equal(t.result.returned, -22);
}

/** Since 6.1 (and rfc-v14) registers are a start for the current task alone. */
static void test_start_unknown(void **unused)
{
	static const char *const strict[] = { "linux-6.1", "linux-6.8", "linux-6.11", "rfc-v14",
					      "rfc-v16" };

	(void)unused;
	FOR_EACH(name, strict) {
		make_chain(name, 3);
		w.in.start = RW_START_REGS;
		w.in.current = RW_YES;
		assert_verdict(name, RELIABLE);
		w.in.current = RW_UNKNOWN;
		assert_because(name, UNDETERMINED, RW_REASON_STACK_UNKNOWN, 0, PC(0));
		assert_int_equal(t.nr, 4);
		w.in.current = RW_NO;
		assert_because(name, UNRELIABLE, RW_REASON_TASK_RUNNING, 0, PC(0));
		assert_int_equal(t.nr, 0);
		assert_int_equal(t.result.end, RW_END_NOT_STARTED);
	}
	make_chain("linux-5.16", 3);
	w.in.start = RW_START_REGS;
	w.in.current = RW_UNKNOWN;
	assert_verdict("linux-5.16", RELIABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_missing),
		cmocka_unit_test(test_task_stack_unknown),
		cmocka_unit_test(test_two_stacks_unknown),
		cmocka_unit_test(test_context_unknown),
		cmocka_unit_test(test_stack_end),
		cmocka_unit_test(test_efi_stack),
		cmocka_unit_test(test_user_address),
		cmocka_unit_test(test_returned_from_regs),
		cmocka_unit_test(test_start_unknown),
	};

	return cmocka_run_group_tests_name("unwind_stacks", tests, NULL, NULL);
}
