// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine room on a made-up dump: its tasks, and whose registers are whose.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/trace.h"

#include "mkmachine.h"

enum { EL0 = 0, EL1H = 5, EL3H = 13 };

static const struct rw_task *find(const struct mk_opened *o, uint64_t address)
{
	size_t nr;
	const struct rw_task *tasks = rw_machine_tasks(o->machine, &nr);

	for (size_t i = 0; i < nr; i++)
		if (tasks[i].address == address)
			return &tasks[i];
	fail_msg("no task at 0x%llx", (unsigned long long)address);
	return NULL;
}

static void open_it(const struct mk_machine *m, struct mk_opened *o)
{
	mk_open(m, o);
	if (o->err)
		fail_msg("%s", o->err->message);
	assert_non_null(o->machine);
}

static void assert_lost(const struct mk_opened *o, const char *part)
{
	size_t nr;
	const char *const *lost = rw_machine_lost(o->machine, &nr);

	for (size_t i = 0; i < nr; i++)
		if (strstr(lost[i], part))
			return;
	fail_msg("nothing lost says: %s", part);
}

static enum rw_verdict judge(const struct mk_opened *o, const struct rw_task *task,
			     size_t *nr_ret)
{
	const struct rw_kernel *kernel = rw_machine_kernel(o->machine);
	struct rw_unwind_input in;
	struct rw_trace trace;

	enum rw_walkable walkable = rw_machine_unwind_input(o->machine, task, kernel->auto_model,
							    &in);
	if (walkable == RW_WALK_YES)
		assert_null(rw_trace_init(kernel, kernel->auto_model, &in, "test", "", &trace));
	else
		rw_trace_init_empty(kernel, kernel->auto_model, &in, "test", "", walkable, &trace);
	enum rw_verdict verdict = trace.result.verdict;
	*nr_ret = trace.nr;
	rw_trace_deinit(&trace);
	return verdict;
}

/** All is well: every sleeping task is reliable, and the idle ones run without registers. */
static void test_tasks(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	size_t nr, frames;

	(void)state;
	mk_machine_init(&m, 2, 6);
	open_it(&m, &o);
	assert_string_equal(rw_machine_kernel(o.machine)->auto_model->name, "linux-6.17");
	const struct rw_task *tasks = rw_machine_tasks(o.machine, &nr);
	assert_int_equal(nr, 6);
	assert_true(rw_machine_all_tasks(o.machine));
	rw_machine_lost(o.machine, &nr);
	assert_int_equal(nr, 0);
	for (size_t i = 0; i < 6; i++) {
		// The idle ones come last.
		bool idle = i >= 4;

		assert_int_equal(tasks[i].address, mk_task(&m, idle ? i - 4 : i + 2));
		assert_int_equal(tasks[i].running, idle);
		assert_int_equal(tasks[i].state, idle ? 'R' : 'S');
		assert_int_equal(judge(&o, &tasks[i], &frames),
				 idle ? RW_VERDICT_UNDETERMINED : RW_VERDICT_RELIABLE);
		assert_int_equal(frames, idle ? 0 : 4);
	}
	assert_string_equal(tasks[0].comm, "task2");
	mk_close(&o);
	mk_machine_deinit(&m);
}

/* ---- registers ------------------------------------------------------------------------- */

static void keep_regs(void *cookie, const char *key, const char *value)
{
	if (!strcmp(key, "cpu_registers"))
		snprintf(cookie, 128, "%s", value);
}

static void assert_regs(const struct mk_machine *m, const struct mk_opened *o, unsigned int task,
			enum rw_walkable walkable, uint64_t pc)
{
	const struct rw_kernel *kernel = rw_machine_kernel(o->machine);
	struct rw_unwind_input in;

	assert_int_equal(rw_machine_unwind_input(o->machine, find(o, mk_task(m, task)),
						 kernel->auto_model, &in), walkable);
	if (walkable == RW_WALK_YES)
		assert_int_equal(in.pc, pc);
}

/** A note of a kernel function on a task's stack. */
#define ON_STACK(m, task, pc) \
	(pc), mk_stack(m, task) + 0x3f00, mk_stack(m, task) + 0x3f00, EL1H

/**
 * Four CPUs; the second did not answer and left no note.  With the buffers in memory the
 * registers are the right CPUs' though the file's notes have moved up.
 */
static void test_crash_notes(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	static const unsigned int saved[] = { 0, 2, 3 };

	(void)state;
	mk_machine_init(&m, 4, 10);
	for (unsigned int c = 0; c < 4; c++)
		mk_run(&m, c == 2 ? 2 : 4 + c, c);	// CPU 2 is idle
	for (size_t i = 0; i < 3; i++) {
		unsigned int c = saved[i], t = c == 2 ? 2 : 4 + c;
		uint32_t pid = c == 2 ? 0 : 104 + c;

		mk_crash_note(&m, c, pid, ON_STACK(&m, t, mk_pc("schedule") + 4 * c));
		mk_note_of(&m, pid, ON_STACK(&m, t, mk_pc("schedule") + 4 * c));
	}
	open_it(&m, &o);
	assert_regs(&m, &o, 4, RW_WALK_YES, mk_pc("schedule"));
	assert_regs(&m, &o, 5, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 2, RW_WALK_YES, mk_pc("schedule") + 8);
	assert_regs(&m, &o, 7, RW_WALK_YES, mk_pc("schedule") + 12);
	char text[128];
	rw_machine_describe(o.machine, keep_regs, text);
	assert_string_equal(text, "3 crash_notes, 1 unknown");
	mk_close(&o);

	// A CPU that says that it saved nothing gets none of the file's, whatever fits.
	mk_note_of(&m, 105, ON_STACK(&m, 5, mk_pc("kthread")));
	open_it(&m, &o);
	assert_regs(&m, &o, 5, RW_WALK_NO_REGISTERS, 0);
	assert_lost(&o, "the registers of 1 CPU are of none that can be told");
	mk_close(&o);

	// One whose buffer is damaged can have them.
	mk_poke(&m, mk_cpu_variable("runqueues", 1) + 0x200, 5, 4);
	open_it(&m, &o);
	assert_lost(&o, "CPU 1: what it left in crash_notes is damaged");
	assert_regs(&m, &o, 5, RW_WALK_YES, mk_pc("kthread"));
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** Buffers that are not filled: a stack, or a pid in user mode, tells whose a note is. */
static void test_notes_only(void **state)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 4, 10);
	mk_run(&m, 5, 1);
	mk_run(&m, 6, 2);
	// CPU 0 has no note; two idle CPUs are told by their stacks, one is in user mode.
	mk_note_of(&m, 0, ON_STACK(&m, 3, mk_pc("idle_loop")));
	mk_note_of(&m, 105, ON_STACK(&m, 5, mk_pc("schedule")));
	mk_note_of(&m, 106, 0x400000, 0x7ffff000, 0x7ffff000, EL0);
	open_it(&m, &o);
	assert_regs(&m, &o, 0, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 5, RW_WALK_YES, mk_pc("schedule"));
	assert_regs(&m, &o, 6, RW_WALK_USER, 0);
	assert_regs(&m, &o, 3, RW_WALK_YES, mk_pc("idle_loop"));
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** An interrupt's stack is its CPU's. */
static void test_irq_stack(void **state)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 2, 6);
	uint64_t irq = mk_linear(0x1f0000) - MK_STACK_SIZE;
	mk_note_of(&m, 0, mk_pc("schedule"), irq + 0x3f00, irq + 0x3f00, EL1H);
	open_it(&m, &o);
	assert_regs(&m, &o, 0, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 1, RW_WALK_YES, mk_pc("schedule"));
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** Registers that are nobody's: a pid that no CPU runs, a foreign stack, firmware. */
static void test_wrong_notes(void **state)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 2, 6);
	mk_run(&m, 3, 1);
	mk_note_of(&m, 104, ON_STACK(&m, 3, mk_pc("schedule")));	// not task 3's pid
	mk_note_of(&m, 0, ON_STACK(&m, 5, mk_pc("schedule")));		// a sleeping task's stack
	mk_note_of(&m, 0, 0x400000, 0, 0, EL0);				// nobody's pid
	mk_note_of(&m, 0, 0x400000, mk_stack(&m, 0) + 0x3f00, mk_stack(&m, 0) + 0x3f00, EL3H);
	open_it(&m, &o);
	assert_regs(&m, &o, 0, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 3, RW_WALK_NO_REGISTERS, 0);
	assert_lost(&o, "the registers of 4 CPUs are of none that can be told");
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** QEMU's notes have the CPU's number; still a stack must be the task's own. */
static void test_qemu(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	size_t frames;

	(void)state;
	mk_machine_init(&m, 3, 8);
	mk_run(&m, 4, 0);
	// In the middle of a switch: the run queue has the next task, the stack is the last's.
	mk_poke(&m, mk_task(&m, 5) + MK_TASK_ON_CPU, 1, 4);
	mk_poke(&m, mk_task(&m, 5) + MK_TASK_CPU, 1, 4);
	mk_run(&m, 6, 1);
	mk_note_of(&m, 1, 0x400000, 0, 0x7ffff000, EL0);
	mk_note_of(&m, 2, ON_STACK(&m, 5, mk_pc("schedule")));
	mk_note_of(&m, 3, 0, 0, 0, EL1H);
	mk_note(&m.notes, "CORE", 2, "", 0);
	open_it(&m, &o);
	assert_regs(&m, &o, 4, RW_WALK_USER, 0);
	assert_regs(&m, &o, 5, RW_WALK_YES, mk_pc("schedule"));
	assert_regs(&m, &o, 6, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 2, RW_WALK_NO_REGISTERS, 0);
	assert_int_equal(judge(&o, find(&o, mk_task(&m, 6)), &frames), RW_VERDICT_UNDETERMINED);
	mk_close(&o);

	// A crash kernel was loaded: what the CPU saved goes before where it is now.
	mk_crash_note(&m, 0, 104, ON_STACK(&m, 4, mk_pc("kthread")));
	open_it(&m, &o);
	assert_regs(&m, &o, 4, RW_WALK_YES, mk_pc("kthread"));
	mk_close(&o);
	mk_machine_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_crash_notes),
		cmocka_unit_test(test_notes_only),
		cmocka_unit_test(test_irq_stack),
		cmocka_unit_test(test_wrong_notes),
		cmocka_unit_test(test_qemu),
	};

	return mk_machine_can() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
