// SPDX-License-Identifier: GPL-2.0-or-later
//
// Return addresses that are not what they seem: replaced by a tracer, or signed.  What
// the tracers keep, and whether the CPU signs, may not be known.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chain.h"

static const char *const with_fgraph[] = {
	"rfc-v7", "rfc-v11", "rfc-v12", "linux-5.14", "linux-5.16", "linux-6.1", "linux-6.8",
	"linux-6.11", "linux-6.13", "linux-6.17",
};

static void test_ret_stack_unknown(void **unused)
{
	(void)unused;
	FOR_EACH(name, with_fgraph) {
		make_chain(name, 5);
		set_lr(2, RTH);
		w.in.fgraph.form = RW_TRACER_UNKNOWN;
		assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 2, RTH);
		assert_int_equal(t.result.reasons[0].detail, RW_DETAIL_FGRAPH);
		assert_int_equal(t.nr, 6);
		assert_true(t.e[2].untranslated);
		assert_int_equal(t.e[2].pc, RTH);
		assert_false(t.e[3].untranslated);
		set_fp(4, DATA);
		assert_because(name, UNRELIABLE, RW_REASON_OFF_STACK, 4, DATA);

		// No entry at all: the kernel would not look.
		make_chain(name, 5);
		set_lr(2, RTH);
		w.in.fgraph.form = RW_TRACER_NONE;
		assert_verdict(name, RELIABLE);
		// Entries, but none that fits.
		w.in.fgraph.form = RW_TRACER_PRESENT;
		assert_because(name, UNRELIABLE, RW_REASON_FGRAPH_LOST, 1, FIRST_RECORD + 64);
		// One that fits.
		w.fgraph[0] = (struct rw_fgraph_entry){ PC(2), FIRST_RECORD + 64, true, false };
		w.in.fgraph.nr = 1;
		assert_verdict(name, RELIABLE);
		assert_true(t.e[2].fgraph);
		assert_int_equal(t.e[2].pc, PC(2));
		// Its memory is missing.
		w.fgraph[0].known = false;
		assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 2, RTH);
	}
}

/** Where the trampoline is not known either, each return address may be it. */
static void test_trampoline_unknown(void **unused)
{
	(void)unused;
	FOR_EACH(name, with_fgraph) {
		make_chain(name, 5);
		w.in.return_to_handler.exists = RW_UNKNOWN;
		w.in.fgraph.form = RW_TRACER_UNKNOWN;
		assert_verdict(name, UNDETERMINED);
		assert_int_equal(t.result.reasons[0].code, RW_REASON_LAYOUT_UNKNOWN);
		assert_int_equal(t.result.reasons[0].detail, RW_DETAIL_TRAMPOLINE);
		// Said once, not for each frame.
		assert_int_equal(t.result.nr_reasons, 1);
		w.in.fgraph.form = RW_TRACER_NONE;
		assert_verdict(name, RELIABLE);
	}
}

static void test_kretprobes_unknown(void **unused)
{
	static const char *const names[] = { "linux-5.16", "linux-6.1", "linux-6.11", "linux-6.17",
					     "rfc-v11", "rfc-v14" };

	(void)unused;
	FOR_EACH(name, names) {
		make_chain(name, 5);
		set_lr(2, TRAMPOLINE);
		w.in.kretprobes.form = RW_TRACER_UNKNOWN;
		assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 2, TRAMPOLINE);
		assert_int_equal(t.result.reasons[0].detail, RW_DETAIL_KRETPROBE);
		assert_int_equal(t.nr, 6);

		w.in.kretprobes.form = RW_TRACER_PRESENT;
		w.kretprobes[0] = (struct rw_kretprobe){ PC(9), FIRST_RECORD + 96 };
		w.kretprobes[1] = (struct rw_kretprobe){ PC(2), FIRST_RECORD + 64 };
		w.in.kretprobes.nr = 2;
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.e[2].pc, PC(2));
		// The list breaks off before the instance that fits.
		w.in.kretprobes.nr = 1;
		w.in.kretprobes.incomplete = true;
		assert_because(name, UNDETERMINED, RW_REASON_MEMORY_MISSING, 2, TRAMPOLINE);
	}
}

static void test_pac_doubt(void **unused)
{
	static const char *const judging[] = { "rfc-v7", "rfc-v9", "rfc-v11", "rfc-v12" };
	const uint64_t signature = UINT64_C(0x5a) << 56 | UINT64_C(0x80) << 48;

	(void)unused;
	FOR_EACH(name, judging) {
		make_chain(name, 5);
		set_lr(2, (PC(2) & ~(UINT64_C(0xffff) << 48)) | signature);
		w.in.ptrauth = RW_YES;
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.e[2].pc, PC(2));
		w.in.ptrauth = RW_UNKNOWN;
		assert_because(name, UNDETERMINED, RW_REASON_PAC_UNKNOWN, 2, PC(2));
		// Stripped it is SYM_CODE, as it stands it is no text: bad in both cases.
		set_lr(4, (ENTRY_CODE & ~(UINT64_C(0xffff) << 48)) | signature);
		// (To rfc-v9 a doubt is a doubt of the way: it keeps to what it cannot say.)
		if (strcmp(name, "rfc-v9"))
			assert_because(name, UNRELIABLE, RW_REASON_SYM_CODE, 4, ENTRY_CODE);
		w.in.ptrauth = RW_NO;
		assert_verdict(name, UNRELIABLE);
		assert_int_equal(t.result.reasons[0].code, RW_REASON_NOT_TEXT);
	}
	// Nobody asks what a signed return address is here, unless it can be a trampoline.
	make_chain("linux-6.1", 5);
	set_lr(2, (PC(2) & ~(UINT64_C(0xffff) << 48)) | signature);
	w.in.ptrauth = RW_UNKNOWN;
	assert_verdict("linux-6.1", RELIABLE);
	set_lr(2, (RTH & ~(UINT64_C(0xffff) << 48)) | signature);
	w.in.fgraph.form = RW_TRACER_PRESENT;
	w.fgraph[0] = (struct rw_fgraph_entry){ PC(2), FIRST_RECORD + 64, true, false };
	w.in.fgraph.nr = 1;
	assert_verdict("linux-6.1", UNDETERMINED);
	w.in.ptrauth = RW_YES;
	assert_verdict("linux-6.1", RELIABLE);
}

/** What a signature hides of one return address says nothing of the next one. */
static void test_pac_doubt_ends(void **unused)
{
	static const char *const names[] = { "linux-5.16", "linux-6.1" };
	const uint64_t signature = UINT64_C(0x5a) << 56 | UINT64_C(0x80) << 48;

	(void)unused;
	FOR_EACH(name, names) {
		make_chain(name, 5);
		w.in.ptrauth = RW_UNKNOWN;
		set_lr(2, (PC(2) & ~(UINT64_C(0xffff) << 48)) | signature);
		set_lr(3, TRAMPOLINE);
		set_lr(4, RTH);
		w.in.kretprobes.form = w.in.fgraph.form = RW_TRACER_PRESENT;
		w.kretprobes[0] = (struct rw_kretprobe){ PC(3), FIRST_RECORD + 96 };
		w.fgraph[0] = (struct rw_fgraph_entry){ PC(4), FIRST_RECORD + 128, true, false };
		w.in.kretprobes.nr = w.in.fgraph.nr = 1;
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.e[3].pc, PC(3));
		assert_int_equal(t.e[4].pc, PC(4));

		// The trampoline itself is signed: whether it was looked up, and so where
		// the cursor is, is not known at the next one.
		set_lr(2, (TRAMPOLINE & ~(UINT64_C(0xffff) << 48)) | signature);
		w.kretprobes[1] = (struct rw_kretprobe){ PC(2), FIRST_RECORD + 64 };
		w.in.kretprobes.nr = 2;
		assert_verdict(name, UNDETERMINED);
		assert_true(t.e[2].untranslated);
		assert_true(t.e[3].untranslated);
		assert_int_equal(t.e[3].pc, TRAMPOLINE);
	}
}

/** The return-address macro strips by mask, so that a walk of current may start in doubt. */
static void test_caller_in_doubt(void **unused)
{
	(void)unused;
	make_chain("rfc-v7", 5);
	w.in.start = RW_START_CURRENT;
	w.in.pc_is_lr = true;
	w.in.va_bits = 0;
	w.in.va_bits_min = 48;
	w.in.va_bits_max = 52;
	w.in.pc = PC(0) & ~(UINT64_C(0xff) << 56);
	assert_verdict("rfc-v7", RELIABLE);
	w.in.pc = PC(0) & ~(UINT64_C(1) << 50);
	assert_because("rfc-v7", UNDETERMINED, RW_REASON_PAC_UNKNOWN, 0, PC(0));
	w.in.va_bits = 48;
	assert_verdict("rfc-v7", RELIABLE);
	w.in.va_bits = 52;
	assert_verdict("rfc-v7", UNRELIABLE);
}

/** The instruction removes nothing on a CPU without the feature; the mask always does. */
static void test_pac_hardware(void **unused)
{
	const uint64_t signed_rth = (RTH & ~(UINT64_C(0xff) << 56)) | UINT64_C(0x99) << 56;

	(void)unused;
	for (int hw = RW_UNKNOWN; hw <= RW_YES; hw++) {
		static const char *const names[] = { "linux-6.1", "linux-6.11" };

		FOR_EACH(name, names) {
			bool by_mask = !strcmp(name, "linux-6.1");

			make_chain(name, 5);
			w.in.ptrauth = RW_YES;
			w.in.pauth_hw = hw;
			set_lr(2, signed_rth);
			w.in.fgraph.form = RW_TRACER_PRESENT;
			assert_verdict(name, by_mask || hw == RW_YES ? UNRELIABLE :
				       hw == RW_NO ? RELIABLE : UNDETERMINED);
		}
	}
}

/** The bits above the address are where a code would be: 48 or 52 matters for bits 48 to 51. */
static void test_va_bits_unknown(void **unused)
{
	(void)unused;
	make_chain("rfc-v7", 5);
	w.in.ptrauth = RW_YES;
	w.in.va_bits = 0;
	w.in.va_bits_min = 48;
	w.in.va_bits_max = 52;
	assert_verdict("rfc-v7", RELIABLE);
	set_lr(2, PC(2) & ~(UINT64_C(0xff) << 56));
	assert_verdict("rfc-v7", RELIABLE);
	set_lr(2, PC(2) & ~(UINT64_C(1) << 50));
	assert_because("rfc-v7", UNDETERMINED, RW_REASON_PAC_UNKNOWN, 2, PC(2));
	w.in.va_bits_max = 48;
	assert_verdict("rfc-v7", RELIABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ret_stack_unknown),
		cmocka_unit_test(test_trampoline_unknown),
		cmocka_unit_test(test_kretprobes_unknown),
		cmocka_unit_test(test_pac_doubt),
		cmocka_unit_test(test_pac_doubt_ends),
		cmocka_unit_test(test_caller_in_doubt),
		cmocka_unit_test(test_pac_hardware),
		cmocka_unit_test(test_va_bits_unknown),
	};

	return cmocka_run_group_tests_name("unwind_returns", tests, NULL, NULL);
}
