// SPDX-License-Identifier: GPL-2.0-or-later
//
// The outcomes of a walk, whatever is walked: verdict and reasons, the entries beyond
// the verdict, a full buffer; what one version makes of a walk that fails; the table of
// the models.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chain.h"

/** The chain that all others are changed from. */
static void test_plain(void **unused)
{
	(void)unused;
	size_t nr;
	const struct rw_model *models = rw_models(&nr);
	for (size_t i = 0; i < nr; i++) {
		make_chain(models[i].name, 5);
		if (w.in.layout.zero_fp_ends && !strncmp(models[i].name, "rfc", 3)) {
			// These end at a frame pointer of 0, and refuse a return address of it.
			set_fp(5, 0);
		}
		assert_verdict(models[i].name, RELIABLE);
		assert_int_equal(t.result.end, RW_END_FINAL);
		assert_int_equal(t.e[5].pc, PC(5));
		assert_int_equal(t.e[0].stack, -1);
		assert_int_equal(t.e[0].record, 0);
		assert_int_equal(t.e[5].stack, RW_STACK_TASK);
	}
}

static void test_reasons_capped(void **unused)
{
	(void)unused;
	make_chain("rfc-v11", 20);
	for (unsigned int i = 2; i < 14; i++)
		set_lr(i, MODULE + 16 * i);
	assert_because("rfc-v11", UNDETERMINED, RW_REASON_TEXT_UNKNOWN, 2, MODULE + 32);
	assert_int_equal(t.result.nr_reasons, RW_MAX_REASONS);
	for (size_t i = 0; i < RW_MAX_REASONS; i++)
		assert_int_equal(t.result.reasons[i].frame, i + 2);
	assert_int_equal(t.nr, 21);
	// What there is no room for is not forgotten: still surely bad, still not surely good.
	set_lr(15, DATA);
	assert_because("rfc-v11", UNRELIABLE, RW_REASON_NOT_TEXT, 15, DATA);
	// The same fact twice is one reason.
	make_chain("rfc-v11", 20);
	for (unsigned int i = 2; i < 14; i++)
		set_lr(i, MODULE);
	assert_verdict("rfc-v11", UNDETERMINED);
	assert_int_equal(t.result.nr_reasons, 1);
}

static void test_beyond(void **unused)
{
	(void)unused;
	// The entry that fails its check was consumed; the others are for the reader.
	make_chain("rfc-v7", 6);
	set_lr(2, ENTRY_CODE);
	assert_because("rfc-v7", UNRELIABLE, RW_REASON_SYM_CODE, 2, ENTRY_CODE);
	assert_beyond(3, 7);
	assert_true(t.result.has_returned);
	assert_int_equal(t.result.returned, -22);
	// A second bad frame, or a failed step, changes nothing of the verdict.
	set_lr(4, DATA);
	set_fp(5, DATA);
	assert_because("rfc-v7", UNRELIABLE, RW_REASON_SYM_CODE, 2, ENTRY_CODE);
	assert_beyond(3, 6);
	// A plain walk is not judged and has nothing beyond.
	make_chain("rfc-v7", 6);
	set_lr(2, ENTRY_CODE);
	w.in.need_reliable = false;
	assert_verdict("rfc-v7", RELIABLE);
	assert_beyond(7, 7);
	assert_false(t.result.has_returned);
	// Memory that is missing beyond the verdict does not matter.
	make_chain("rfc-v7", 6);
	set_lr(2, ENTRY_CODE);
	remove_word(FIRST_RECORD + 32 * 3);
	assert_because("rfc-v7", UNRELIABLE, RW_REASON_SYM_CODE, 2, ENTRY_CODE);
	assert_beyond(3, 4);
}

static void test_limit(void **unused)
{
	static const char *const names[] = {
		"rfc-v1", "rfc-v4", "rfc-v6", "rfc-v7", "rfc-v11", "rfc-v14", "rfc-v16",
		"linux-5.10", "linux-5.14", "linux-6.1", "linux-6.8", "linux-6.11", "linux-6.13",
		"linux-6.17",
	};

	(void)unused;
	FOR_EACH(name, names) {
		make_chain(name, 5);
		if (w.in.layout.zero_fp_ends && !strncmp(name, "rfc", 3))
			set_fp(5, 0);
		for (uint64_t limit = 1; limit <= 6; limit++) {
			// The last entry that fits fills the buffer: the kernel's consumer
			// says stop then, whether more would have come or not.
			w.in.limit = limit;
			assert_because(name, UNRELIABLE, RW_REASON_ENTRY_LIMIT, limit - 1,
				       PC(limit - 1));
			assert_int_equal(t.nr, limit);
			assert_int_equal(t.result.end, RW_END_CONSUMER);
		}
		w.in.limit = 7;
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.nr, 6);
	}
	// rfc-v9 returns its flag, so a walk cut short is as good as a whole one.
	make_chain("rfc-v9", 5);
	w.in.limit = 3;
	assert_verdict("rfc-v9", RELIABLE);
	assert_int_equal(t.nr, 3);
}

/**
 * In rfc-v9 a walk that fails is as good as one that ends: after a fact is missing that
 * the way depends on, a bad frame holds in one branch only.
 */
static void test_v9_doubt(void **unused)
{
	static const char *const names[] = { "rfc-v9", "rfc-v10" };

	(void)unused;
	FOR_EACH(name, names) {
		// Failing is accepted …
		make_chain(name, 6);
		set_fp(3, DATA);
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.result.end, RW_END_ERROR);
		// … and whether it fails is what is not known here.
		make_chain(name, 6);
		w.in.stacks[RW_STACK_TASK].exists = RW_UNKNOWN;
		set_lr(4, DATA);
		assert_because(name, UNDETERMINED, RW_REASON_STACK_UNKNOWN, 0, FIRST_RECORD);
		// A graph entry that is missing: the walk might have failed there.
		make_chain(name, 6);
		set_lr(2, RTH);
		set_lr(4, DATA);
		w.in.fgraph.form = RW_TRACER_UNKNOWN;
		assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 2, RTH);
		// A word: it ends there, as far as can be seen.
		make_chain(name, 6);
		remove_word(FIRST_RECORD + 64);
		assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 2, FIRST_RECORD + 64);

		// Text does not change the way: the later frame is met in every case.
		make_chain(name, 6);
		set_lr(2, MODULE);
		set_lr(4, DATA);
		assert_because(name, UNRELIABLE, RW_REASON_NOT_TEXT, 4, DATA);
		// The flag does not rise again, whatever is missing after that.
		make_chain(name, 6);
		set_lr(2, DATA);
		remove_word(FIRST_RECORD + 32 * 3);
		assert_because(name, UNRELIABLE, RW_REASON_NOT_TEXT, 2, DATA);
		// From v11 on a failed walk is one, so that both branches agree.
		make_chain("rfc-v11", 6);
		w.in.stacks[RW_STACK_TASK].exists = RW_UNKNOWN;
		set_lr(4, DATA);
		assert_because("rfc-v11", UNRELIABLE, RW_REASON_NOT_TEXT, 4, DATA);
	}
}

/**
 * 5.12.0 to 5.12.4: 6106e1112cc6 made an fp of 0 the end, and a record of two zeros an
 * ordinary one ("one entry too late, with a spurious 0", says 8533d5bfad41).
 */
static void test_fp_zero_ends(void **unused)
{
	const char *name = "linux-5.10";

	(void)unused;
	// A chain that ends at an fp of 0: {0, lr}.
	make_chain(name, 4);
	set_fp(4, 0);
	ranges_add(&w.ret_from_fork, PC(3), PC(3) + 4);
	assert_because(name, UNRELIABLE, RW_REASON_OFF_STACK, 4, 0);
	w.in.options |= RW_OPTION_FP_ZERO_ENDS;
	assert_verdict(name, RELIABLE);
	assert_int_equal(t.result.end, RW_END_FINAL);
	assert_int_equal(t.nr, 5);
	// It is the first test: nothing is read, nor the start's fp looked at.
	w.in.fp = 0;
	assert_verdict(name, RELIABLE);
	assert_int_equal(t.nr, 1);

	// A record of two zeros: the end, or an entry 0 and then the end.
	make_chain(name, 4);
	assert_verdict(name, RELIABLE);
	assert_int_equal(t.nr, 5);
	w.in.options |= RW_OPTION_FP_ZERO_ENDS;
	assert_verdict(name, RELIABLE);
	assert_int_equal(t.nr, 6);
	assert_int_equal(t.e[5].pc, 0);
}

/** Kernel threads of 5.10 end so, with the caller's pc in ret_from_fork(). */
static void test_ret_from_fork(void **unused)
{
	const char *name = "linux-5.10";

	(void)unused;
	make_chain(name, 4);
	set_fp(4, 0);
	assert_verdict(name, UNDETERMINED);
	assert_int_equal(t.result.reasons[0].code, RW_REASON_LAYOUT_UNKNOWN);
	assert_int_equal(t.result.reasons[0].detail, RW_DETAIL_RET_FROM_FORK);
	assert_int_equal(t.result.reasons[0].address, PC(4));
	ranges_add(&w.ret_from_fork, PC(4), PC(4) + 4);
	assert_verdict(name, RELIABLE);
	assert_int_equal(t.result.end, RW_END_FINAL);
	assert_int_equal(t.nr, 5);
	// Only where the chain ends there.
	set_fp(4, 8);
	assert_because(name, UNRELIABLE, RW_REASON_MISALIGNED_FP, 4, 8);
	// A task that has not run yet.
	w.in.fp = 0;
	w.in.pc = PC(4);
	assert_verdict(name, RELIABLE);
	assert_int_equal(t.nr, 1);
	// A trampoline that stands for something unknown may stand for it; another one may not.
	for (int at = 2; at <= 4; at += 2) {
		make_chain(name, 4);
		set_fp(4, 0);
		set_lr(at, RTH);
		w.in.return_to_handler = (struct rw_address){ RTH, RW_YES };
		w.in.fgraph.form = RW_TRACER_UNKNOWN;
		ranges_add(&w.ret_from_fork, PC(3), PC(3) + 4);
		if (at == 4)
			assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 4, RTH);
		else
			assert_because(name, UNRELIABLE, RW_REASON_OFF_STACK, 4, 0);
	}
	// Later ones have the final record there.
	make_chain("linux-5.14", 4);
	set_fp(4, 0);
	ranges_add(&w.ret_from_fork, PC(4), PC(4) + 4);
	assert_because("linux-5.14", UNRELIABLE, RW_REASON_OFF_STACK, 4, 0);
}

static void test_models_table(void **unused)
{
	size_t nr;
	const struct rw_model *models = rw_models(&nr);

	(void)unused;
	assert_true(nr >= 24);
	for (size_t i = 0; i < nr; i++) {
		assert_ptr_equal(rw_model_find(models[i].name), &models[i]);
		assert_non_null(models[i].releases);
		assert_non_null(models[i].summary);
		assert_non_null(models[i].walk);
	}
	assert_null(rw_model_find("linux-2.4"));
	assert_null(rw_model_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_reasons_capped),
		cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_v9_doubt),
		cmocka_unit_test(test_fp_zero_ends),
		cmocka_unit_test(test_ret_from_fork),
		cmocka_unit_test(test_models_table),
	};

	return cmocka_run_group_tests_name("unwind", tests, NULL, NULL);
}
