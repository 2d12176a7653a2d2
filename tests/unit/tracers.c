// SPDX-License-Identifier: GPL-2.0-or-later
//
// A task's function graph records, off the shadow stack of a made-up machine: how many
// are found, in which order, and whether older ones may exist.
//
// Each entry is a struct ftrace_ret_stack of four words and a word behind it whose low
// ten bits lead back to it.

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

/** What is read of it; @no_tables: the page size is not known. */
static struct rw_fgraph read_it(struct mk_machine *m, struct mk_opened *o, bool no_tables)
{
	struct rw_unwind_input in;
	size_t nr;

	mk_open(m, o);
	if (o->err)
		fail_msg("%s", o->err->message);
	const struct rw_task *tasks = rw_machine_tasks(o->machine, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (tasks[i].address != mk_task(m, TASK))
			continue;
		if (no_tables) {
			struct rw_space *space = &o->machine->space;

			space->has_tables = false;
			rw_linear_map_init(&space->linear, 12, 48, MK_RAM);
			space->has_linear = true;
		}
		memset(&in, 0, sizeof(in));
		machine_read_tracers(o->machine, &tasks[i], &in);
		return in.fgraph;
	}
	fail_msg("no task %d", TASK);
	return (struct rw_fgraph){ 0 };
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_many),
	};

	if (!mk_machine_can())
		return 77;
	return cmocka_run_group_tests_name("tracers' records", tests, NULL, NULL);
}
