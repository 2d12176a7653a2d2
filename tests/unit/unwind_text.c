// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where it is not known whether an address is text, or SYM_CODE: how a model goes on,
// and when that decides.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain.h"

static void test_text_unknown(void **unused)
{
	(void)unused;
	FOR_EACH(name, all_checking) {
		make_chain(name, 6);
		if (w.in.layout.zero_fp_ends)
			set_fp(6, 0);
		set_lr(2, MODULE + 0x40);
		assert_because(name, UNDETERMINED, RW_REASON_TEXT_UNKNOWN, 2, MODULE + 0x40);
		// The walk went on to its end, as it would if it was text.
		assert_int_equal(t.result.end, RW_END_FINAL);
		assert_true(t.nr >= 7);

		// Whatever the module is, what comes later is bad for sure.
		set_lr(4, ENTRY_CODE + 0x10);
		assert_because(name, UNRELIABLE, RW_REASON_SYM_CODE, 4, ENTRY_CODE + 0x10);
		assert_int_equal(t.result.decided_at, 4);
		set_lr(4, DATA);
		assert_because(name, UNRELIABLE, RW_REASON_NOT_TEXT, 4, DATA);
	}
	// Those that never ask for text do not depend on it.
	static const char *const others[] = { "linux-5.14", "linux-6.1", "linux-6.11", "rfc-v16" };
	FOR_EACH(other, others) {
		make_chain(other, 6);
		set_lr(2, MODULE + 0x40);
		assert_verdict(other, RELIABLE);
	}
}

/** A failed step decides for the versions to which it is a failure. */
static void test_text_unknown_then_failed(void **unused)
{
	static const char *const names[] = { "rfc-v7", "rfc-v11", "rfc-v12", "rfc-v14" };

	(void)unused;
	FOR_EACH(name, names) {
		make_chain(name, 6);
		set_lr(2, MODULE);
		set_fp(4, FIRST_RECORD + 4);
		assert_because(name, UNRELIABLE, RW_REASON_MISALIGNED_FP, 4, FIRST_RECORD + 4);
	}
	// rfc-v9 returns its flag alone: what failed does not count, what is unknown does.
	make_chain("rfc-v9", 6);
	set_lr(2, MODULE);
	set_fp(4, FIRST_RECORD + 4);
	assert_because("rfc-v9", UNDETERMINED, RW_REASON_TEXT_UNKNOWN, 2, MODULE);
}

static bool ignore(void *cookie, const struct rw_entry *entry)
{
	(void)entry;
	return ++*(size_t *)cookie < 100;
}

/** Without a callback nothing is known to be text. */
static void test_no_text_callback(void **unused)
{
	struct rw_unwind_result r;
	size_t nr = 0;

	(void)unused;
	make_chain("rfc-v7", 3);
	assert_verdict("rfc-v7", RELIABLE);
	w.in.is_text = NULL;
	rw_unwind(model_named("rfc-v7"), &w.in, ignore, &nr, &r);
	assert_int_equal(r.verdict, UNDETERMINED);
	assert_int_equal(r.reasons[0].code, RW_REASON_TEXT_UNKNOWN);
	assert_int_equal(nr, 4);
}

/** Text for sure, but SYM_CODE or not: of one range, or without any table. */
static void test_sym_code_unknown(void **unused)
{
	(void)unused;
	FOR_EACH(name, all_checking) {
		make_chain(name, 6);
		if (w.in.layout.zero_fp_ends)
			set_fp(6, 0);
		assert_verdict(name, RELIABLE);
		ranges_add(&w.sym_code_unknown, PC(2), PC(2) + 4);
		assert_because(name, UNDETERMINED, RW_REASON_TEXT_UNKNOWN, 2, PC(2));
		assert_int_equal(t.result.reasons[0].detail, RW_DETAIL_SYM_CODE);
		assert_int_equal(t.result.nr_reasons, 1);
		assert_int_equal(t.result.end, RW_END_FINAL);

		// It was not set up yet: then nothing is in it.
		w.in.sym_code_ready = RW_NO;
		assert_verdict(name, RELIABLE);
		// That itself is not known: what is in no table does not depend on it.
		w.in.sym_code_ready = RW_UNKNOWN;
		assert_because(name, UNDETERMINED, RW_REASON_TEXT_UNKNOWN, 2, PC(2));
		set_lr(4, ENTRY_CODE + 0x10);
		assert_verdict(name, UNDETERMINED);

		// Refused for sure, whatever that range is.
		w.in.sym_code_ready = RW_YES;
		assert_because(name, UNRELIABLE, RW_REASON_SYM_CODE, 4, ENTRY_CODE + 0x10);
		set_lr(4, DATA);
		assert_because(name, UNRELIABLE, RW_REASON_NOT_TEXT, 4, DATA);
	}
	// An address that is not known to be text is missing as that.
	make_chain("rfc-v7", 6);
	set_lr(2, MODULE);
	ranges_add(&w.sym_code_unknown, MODULE, MODULE + 4);
	assert_because("rfc-v7", UNDETERMINED, RW_REASON_TEXT_UNKNOWN, 2, MODULE);
	assert_int_equal(t.result.nr_reasons, 1);
	assert_int_equal(t.result.reasons[0].detail, RW_DETAIL_NONE);
	make_chain("linux-6.1", 6);
	ranges_add(&w.sym_code_unknown, 0, UINT64_MAX);
	assert_verdict("linux-6.1", RELIABLE);
}

/** Without a callback nothing is known of the table, or of the lists of v1 to v3. */
static void test_no_code_callbacks(void **unused)
{
	static const char *const names[] = { "rfc-v1", "rfc-v3", "rfc-v4", "rfc-v7", "rfc-v9",
					     "rfc-v14" };

	(void)unused;
	FOR_EACH(name, names) {
		struct rw_unwind_result r;
		size_t nr = 0;

		make_chain(name, 6);
		if (w.in.layout.zero_fp_ends)
			set_fp(6, 0);
		assert_verdict(name, RELIABLE);
		w.in.in_sym_code = NULL;
		w.in.in_special = NULL;
		w.in.in_code_section = NULL;
		rw_unwind(model_named(name), &w.in, ignore, &nr, &r);
		assert_int_equal(r.verdict, UNDETERMINED);
		assert_int_equal(nr, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_unknown),
		cmocka_unit_test(test_text_unknown_then_failed),
		cmocka_unit_test(test_no_text_callback),
		cmocka_unit_test(test_sym_code_unknown),
		cmocka_unit_test(test_no_code_callbacks),
	};

	return cmocka_run_group_tests_name("unwind_text", tests, NULL, NULL);
}
