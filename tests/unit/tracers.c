// SPDX-License-Identifier: GPL-2.0-or-later
//
// A task's function graph records and kretprobe instances out of a made-up machine: how
// many are found, in which order, and whether older ones may exist.
//
// On a shadow stack each entry is a struct ftrace_ret_stack of four words and a word
// behind it whose low ten bits lead back to it.  The array before it, and the instances,
// are laid out as in 6.1.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "machine/machine_private.h"
#include "rewalk/error.h"

#include "mkmachine.h"

enum { FRAME = 4, WORDS = FRAME + 1, TASK = 3 };

#define SHADOW	mk_linear(0x300000)

static void put_entries(const struct mk_machine *m, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t at = SHADOW + 8 * WORDS * i;

		mk_poke(m, at, 0x1000 + i, 8);		// ret
		mk_poke(m, at + 24, 0x2000 + i, 8);	// retp
		mk_poke(m, at + 8 * FRAME, 0xabc00000 | FRAME, 8);
	}
	mk_poke(m, mk_task(m, TASK) + MK_TASK_RET_STACK, SHADOW, 8);
	mk_poke(m, mk_task(m, TASK) + MK_TASK_CURR_RET, nr * WORDS, 4);
}

static const struct rw_task *open_it(struct mk_machine *m, struct mk_opened *o)
{
	size_t nr;

	mk_open(m, o);
	if (o->err)
		fail_msg("%s", o->err->message);
	const struct rw_task *tasks = rw_machine_tasks(o->machine, &nr);
	for (size_t i = 0; i < nr; i++)
		if (tasks[i].address == mk_task(m, TASK))
			return &tasks[i];
	fail_msg("no task %d", TASK);
	return NULL;
}

/** What is read of it; @no_tables: the page size is not known. */
static struct rw_fgraph read_it(struct mk_machine *m, struct mk_opened *o, bool no_tables)
{
	const struct rw_task *task = open_it(m, o);
	struct rw_unwind_input in;

	if (no_tables) {
		struct rw_space *space = &o->machine->space;

		space->has_tables = false;
		rw_linear_map_init(&space->linear, 12, 48, MK_RAM);
		space->has_linear = true;
	}
	memset(&in, 0, sizeof(in));
	machine_read_tracers(o->machine, task, &in);
	return in.fgraph;
}

static void expect(unsigned int entries, int curr, bool no_tables, enum rw_tracer_form form,
		   size_t nr, bool incomplete)
{
	struct mk_machine m;
	struct mk_opened o;

	mk_machine_init(&m, 1, 5);
	put_entries(&m, entries);
	if (curr)
		mk_poke(&m, mk_task(&m, TASK) + MK_TASK_CURR_RET, (uint32_t)curr, 4);
	struct rw_fgraph fgraph = read_it(&m, &o, no_tables);
	assert_int_equal(fgraph.form, form);
	assert_int_equal(fgraph.nr, nr);
	assert_int_equal(fgraph.incomplete, incomplete);
	for (size_t i = 0; i < fgraph.nr; i++) {
		assert_true(fgraph.entries[i].known);
		assert_int_equal(fgraph.entries[i].ret, 0x1000 + i);
		assert_int_equal(fgraph.entries[i].retp, 0x2000 + i);
		assert_int_equal(fgraph.entries[i].at_bottom, !i);
	}
	mk_close(&o);
	mk_machine_deinit(&m);
}

static void test_sizes(void **unused)
{
	(void)unused;
	expect(1, 0, false, RW_TRACER_PRESENT, 1, false);
	expect(100, 0, false, RW_TRACER_PRESENT, 100, false);
	// Words beyond a page of 4 KiB are none of a shadow stack's.
	expect(104, 0, false, RW_TRACER_UNKNOWN, 0, false);
	expect(1, 513, false, RW_TRACER_UNKNOWN, 0, false);
	// It may be one of 64 KiB.
	expect(104, 0, true, RW_TRACER_PRESENT, 104, false);
	expect(1638, 0, true, RW_TRACER_PRESENT, 1638, false);
	expect(1, 8193, true, RW_TRACER_UNKNOWN, 0, false);
	// Nothing in use, and less than nothing.
	expect(0, 0, false, RW_TRACER_PRESENT, 0, false);
	expect(1, -5, false, RW_TRACER_PRESENT, 0, false);
}

static void test_broken(void **unused)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)unused;
	// An offset of 0, and one that leads below the stack, end it for the kernel, too.
	for (unsigned int offset = 0; offset < 0x400; offset += 0x3ff) {
		mk_machine_init(&m, 1, 5);
		put_entries(&m, 10);
		mk_poke(&m, SHADOW + 8 * (WORDS * 7 - 1), offset, 8);
		struct rw_fgraph fgraph = read_it(&m, &o, false);
		assert_int_equal(fgraph.nr, 3);
		assert_false(fgraph.incomplete);
		assert_int_equal(fgraph.entries[0].ret, 0x1007);
		assert_false(fgraph.entries[0].at_bottom);
		mk_close(&o);
		mk_machine_deinit(&m);
	}
	// It is not in the dump.
	mk_machine_init(&m, 1, 5);
	put_entries(&m, 10);
	mk_poke(&m, mk_task(&m, TASK) + MK_TASK_RET_STACK, mk_linear(0x40000000), 8);
	struct rw_fgraph fgraph = read_it(&m, &o, false);
	assert_int_equal(fgraph.form, RW_TRACER_PRESENT);
	assert_int_equal(fgraph.nr, 0);
	assert_true(fgraph.incomplete);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** As many entries as fit are kept; that there are more is said. */
static void test_many(void **unused)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)unused;
	mk_machine_init(&m, 1, 5);
	// Each word leads to the one before it: a frame of one word.
	for (unsigned int i = 0; i < 8192; i++)
		mk_poke(&m, SHADOW + 8 * i, 1, 8);
	mk_poke(&m, mk_task(&m, TASK) + MK_TASK_RET_STACK, SHADOW, 8);
	mk_poke(&m, mk_task(&m, TASK) + MK_TASK_CURR_RET, 8192, 4);
	struct rw_fgraph fgraph = read_it(&m, &o, true);
	assert_int_equal(fgraph.nr, MAX_FGRAPH);
	assert_true(fgraph.incomplete);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/* ---- the array, up to 6.10 ----------------------------------------------------------- */

/** ret, func, calltime, fp, retp. */
enum { ARRAY_RET = 0, ARRAY_FP = 24, ARRAY_RETP = 32, ARRAY_SIZE = 40 };

#define ARRAY	mk_linear(0x310000)

/**
 * What is read of an array of @entries, curr_ret_stack being the index of the newest.
 * @by_retp: as since 5.16; before that arm64 had no such member.
 */
static struct rw_fgraph read_array(struct mk_machine *m, struct mk_opened *o, uint64_t base,
				   unsigned int entries, int32_t curr, bool by_retp)
{
	struct rw_unwind_input in;

	mk_machine_init(m, 1, 5);
	for (unsigned int i = 0; i < entries; i++) {
		uint64_t at = ARRAY + (uint64_t)i * ARRAY_SIZE;

		mk_poke(m, at + ARRAY_RET, 0x1000 + i, 8);
		mk_poke(m, at + ARRAY_FP, 0x3000 + i, 8);
		mk_poke(m, at + ARRAY_RETP, 0x2000 + i, 8);
	}
	mk_poke(m, mk_task(m, TASK) + MK_TASK_RET_STACK, base, 8);
	mk_poke(m, mk_task(m, TASK) + MK_TASK_CURR_RET, (uint32_t)curr, 4);
	const struct rw_task *task = open_it(m, o);
	struct offsets *offsets = &o->machine->o;
	offsets->ret_stack_is_words = false;
	offsets->ret_ret = (struct member){ ARRAY_RET, 8 };
	offsets->ret_fp = (struct member){ ARRAY_FP, 8 };
	offsets->ret_retp = (struct member){ ARRAY_RETP, by_retp ? 8 : 0 };
	offsets->ret_size = (struct member){ 0, ARRAY_SIZE };
	memset(&in, 0, sizeof(in));
	machine_read_tracers(o->machine, task, &in);
	return in.fgraph;
}

static void expect_array(int32_t curr, bool by_retp, enum rw_tracer_form form, size_t nr)
{
	struct mk_machine m;
	struct mk_opened o;
	struct rw_fgraph fgraph = read_array(&m, &o, ARRAY, MAX_FGRAPH + 1, curr, by_retp);

	assert_int_equal(fgraph.form, form);
	assert_int_equal(fgraph.nr, nr);
	assert_false(fgraph.incomplete);
	// Oldest first, the one at index 0 being the oldest.
	for (size_t i = 0; i < nr; i++) {
		assert_true(fgraph.entries[i].known);
		assert_int_equal(fgraph.entries[i].ret, 0x1000 + i);
		assert_int_equal(fgraph.entries[i].retp, (by_retp ? 0x2000 : 0x3000) + i);
		assert_int_equal(fgraph.entries[i].at_bottom, !i);
	}
	mk_close(&o);
	mk_machine_deinit(&m);
}

static void test_array(void **unused)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)unused;
	expect_array(-1, true, RW_TRACER_PRESENT, 0);
	expect_array(0, true, RW_TRACER_PRESENT, 1);
	expect_array(4, true, RW_TRACER_PRESENT, 5);
	expect_array(4, false, RW_TRACER_PRESENT, 5);
	expect_array(MAX_FGRAPH - 1, true, RW_TRACER_PRESENT, MAX_FGRAPH);
	expect_array(MAX_FGRAPH, true, RW_TRACER_UNKNOWN, 0);
	expect_array(INT32_MIN, true, RW_TRACER_PRESENT, 0);
	expect_array(INT32_MAX, true, RW_TRACER_UNKNOWN, 0);

	// Entries that are not in the dump are there, and not known.
	struct rw_fgraph fgraph = read_array(&m, &o, mk_linear(0x40000000), 0, 1, true);
	assert_int_equal(fgraph.form, RW_TRACER_PRESENT);
	assert_int_equal(fgraph.nr, 2);
	assert_false(fgraph.entries[0].known);
	assert_false(fgraph.entries[1].known);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** Without a return stack nothing is translated; where that is not known, it may be. */
static void test_none(void **unused)
{
	struct mk_machine m;
	struct mk_opened o;
	struct rw_unwind_input in;

	(void)unused;
	struct rw_fgraph fgraph = read_array(&m, &o, 0, 1, 0, true);
	assert_int_equal(fgraph.form, RW_TRACER_NONE);
	assert_int_equal(fgraph.nr, 0);
	mk_close(&o);
	mk_machine_deinit(&m);

	mk_machine_init(&m, 1, 5);
	put_entries(&m, 1);
	struct rw_task task = *open_it(&m, &o);
	task.address = mk_linear(0x40000000);
	memset(&in, 0, sizeof(in));
	machine_read_tracers(o.machine, &task, &in);
	assert_int_equal(in.fgraph.form, RW_TRACER_UNKNOWN);
	assert_int_equal(in.kretprobes.form, RW_TRACER_UNKNOWN);
	// How much of it is in use is not in the dump.
	task.address = mk_task(&m, TASK);
	o.machine->o.task_curr_ret_stack.offset = 0x40000000;
	machine_read_tracers(o.machine, &task, &in);
	assert_int_equal(in.fgraph.form, RW_TRACER_UNKNOWN);
	// A kernel without the tracer.
	o.machine->o.task_ret_stack.size = 0;
	machine_read_tracers(o.machine, &task, &in);
	assert_int_equal(in.fgraph.form, RW_TRACER_NONE);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/* ---- kretprobe instances --------------------------------------------------------------- */

/** Of 6.1: an rcu_head of two words, then llist, rph, ret_addr, fp. */
enum { KRI_LLIST = 16, KRI_RET_ADDR = 32, KRI_FP = 40, KRI_SIZE = 64 };

#define INSTANCE(i)	(mk_linear(0x310000) + (uint64_t)(i) * KRI_SIZE)

static void put_instance(const struct mk_machine *m, unsigned int i, uint64_t ret_addr,
			 uint64_t next)
{
	mk_poke(m, INSTANCE(i) + KRI_LLIST, next, 8);
	mk_poke(m, INSTANCE(i) + KRI_RET_ADDR, ret_addr, 8);
	mk_poke(m, INSTANCE(i) + KRI_FP, 0x2000 + i, 8);
}

static struct rw_kretprobes read_instances(struct mk_machine *m, struct mk_opened *o)
{
	const struct rw_task *task = open_it(m, o);
	struct rw_unwind_input in;

	o->machine->o.kri_llist.offset = KRI_LLIST;
	o->machine->o.kri_ret_addr = (struct member){ KRI_RET_ADDR, 8 };
	o->machine->o.kri_fp = (struct member){ KRI_FP, 8 };
	memset(&in, 0, sizeof(in));
	machine_read_tracers(o->machine, task, &in);
	return in.kretprobes;
}

/** @last: what the last of them leads to. */
static void expect_instances(unsigned int instances, uint64_t last, size_t nr, bool incomplete)
{
	static const uint64_t ret_addr[] = { 0x1000, 0x1111, 0, 0x1111, 0x1004 };
	struct mk_machine m;
	struct mk_opened o;

	mk_machine_init(&m, 1, 5);
	for (unsigned int i = 0; i < instances; i++)
		put_instance(&m, i, ret_addr[i % 5],
			     i + 1 < instances ? INSTANCE(i + 1) + KRI_LLIST : last);
	if (instances)
		mk_poke(&m, mk_task(&m, TASK) + MK_TASK_KRETPROBES, INSTANCE(0) + KRI_LLIST, 8);
	struct rw_kretprobes probes = read_instances(&m, &o);
	assert_int_equal(probes.form, RW_TRACER_PRESENT);
	assert_int_equal(probes.nr, nr);
	assert_int_equal(probes.incomplete, incomplete);
	// In the list's order, newest first; those of the trampoline and of 0, too.
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(probes.instances[i].ret_addr, ret_addr[i % instances % 5]);
		assert_int_equal(probes.instances[i].fp, 0x2000 + i % instances);
	}
	mk_close(&o);
	mk_machine_deinit(&m);
}

static void test_instances(void **unused)
{
	enum { MOST = MK_STACK_SIZE / 16 };	// each has a frame record on the stack

	(void)unused;
	expect_instances(0, 0, 0, false);
	expect_instances(1, 0, 1, false);
	expect_instances(5, 0, 5, false);
	expect_instances(MOST, 0, MOST, false);
	expect_instances(MOST + 1, 0, MOST, true);
	// Round and round.
	expect_instances(1, INSTANCE(0) + KRI_LLIST, MOST, true);
	expect_instances(4, INSTANCE(0) + KRI_LLIST, MOST, true);
	// The next one is not in the dump.
	expect_instances(2, mk_linear(0x40000000), 2, true);
	expect_instances(2, 1, 2, true);
}

/** Without the member: a kernel before 5.11, or one without kretprobes. */
static void test_no_instances(void **unused)
{
	static const struct {
		enum rw_tri trampoline;
		enum rw_tracer_form form;
	} rows[] = {
		{ RW_NO, RW_TRACER_NONE },
		{ RW_YES, RW_TRACER_UNKNOWN },
		{ RW_UNKNOWN, RW_TRACER_UNKNOWN },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mk_machine m;
		struct mk_opened o;
		struct rw_unwind_input in;

		mk_machine_init(&m, 1, 5);
		const struct rw_task *task = open_it(&m, &o);
		o.machine->o.task_kretprobes.size = 0;
		o.machine->kernel.kretprobe_trampoline.exists = rows[i].trampoline;
		memset(&in, 0, sizeof(in));
		machine_read_tracers(o.machine, task, &in);
		assert_int_equal(in.kretprobes.form, rows[i].form);
		assert_int_equal(in.kretprobes.nr, 0);
		mk_close(&o);
		mk_machine_deinit(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_no_instances),
	};

	if (!mk_machine_can())
		return 77;
	return cmocka_run_group_tests_name("tracers' records", tests, NULL, NULL);
}
