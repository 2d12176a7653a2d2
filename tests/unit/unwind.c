// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the vectors cannot say, since for a kernel nothing is unknown: how a model
// goes on where a fact is missing, and when that decides.  Also the outcomes around
// the walk: reasons, the entries beyond the verdict, a full buffer.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vectors.h"

#define TASK_LOW	UINT64_C(0xffff800010000000)
#define TASK_HIGH	(TASK_LOW + 0x4000)
#define IRQ_LOW		UINT64_C(0xffff800011000000)
#define IRQ_HIGH	(IRQ_LOW + 0x4000)
#define FIRST_RECORD	(TASK_LOW + 0x3000)
#define TEXT		UINT64_C(0xffff800008100000)
#define TEXT_END	UINT64_C(0xffff800008200000)
#define ENTRY_CODE	UINT64_C(0xffff800008011000)	/* SYM_CODE, el1 vectors */
#define ENTRY_CODE_END	UINT64_C(0xffff800008012000)
#define DATA		UINT64_C(0xffff800009000000)	/* no text */
#define MODULE		UINT64_C(0xffff800001000000)	/* text or not: unknown */
#define RTH		UINT64_C(0xffff80000802d19c)
#define TRAMPOLINE	UINT64_C(0xffff800008038284)
#define PC(n)		(TEXT + 0x100 * (n) + 0x10)

static struct world w;
static struct trace t;

static const struct rw_model *model(const char *name)
{
	const struct rw_model *found = rw_model_find(name);

	assert_non_null(found);
	return found;
}

static uint64_t final_record(void)
{
	uint64_t ret;

	assert_true(rw_final_record(&w.in, &ret));
	return ret;
}

static void record(uint64_t addr, uint64_t fp, uint64_t lr)
{
	world_put(&w, addr, fp);
	world_put(&w, addr + 8, lr);
}

static void final(void)
{
	record(final_record(), 0, 0);
	if (w.in.layout.frame_record_meta)
		world_put(&w, final_record() + 16, 1);
}

/**
 * A blocked task in the layout of model @name: PC(0) to PC(@nr), each record 32 bytes
 * above the last one, to the final record.
 */
static void make_chain(const char *name, unsigned int nr)
{
	world_init(&w);
	w.in.layout = model(name)->layout;
	w.in.options = model(name)->options;
	w.in.stacks[RW_STACK_TASK] = (struct rw_stack){ TASK_LOW, TASK_HIGH, RW_YES };
	w.in.stacks[RW_STACK_IRQ] = (struct rw_stack){ IRQ_LOW, IRQ_HIGH, RW_YES };
	w.in.return_to_handler = (struct rw_address){ RTH, RW_YES };
	w.in.kretprobe_trampoline = (struct rw_address){ TRAMPOLINE, RW_YES };
	w.in.start = RW_START_BLOCKED;
	w.in.pc = PC(0);
	w.in.fp = nr ? FIRST_RECORD : final_record();
	for (unsigned int i = 1; i <= nr; i++)
		record(FIRST_RECORD + 32 * (i - 1),
		       i == nr ? final_record() : FIRST_RECORD + 32 * i, PC(i));
	final();
	ranges_add(&w.text, TEXT, TEXT_END);
	ranges_add(&w.text, ENTRY_CODE, ENTRY_CODE_END);
	ranges_add(&w.text, RTH - 0x10, RTH + 0x10);
	ranges_add(&w.text, TRAMPOLINE - 0x10, TRAMPOLINE + 0x10);
	ranges_add(&w.text_unknown, MODULE, MODULE + 0x100000);
	ranges_add(&w.sym_code, ENTRY_CODE, ENTRY_CODE_END);
}

/** The words put last are found first. */
static void set_lr(unsigned int n, uint64_t lr)
{
	world_put(&w, FIRST_RECORD + 32 * (n - 1) + 8, lr);
}

static void set_fp(unsigned int n, uint64_t fp)
{
	world_put(&w, FIRST_RECORD + 32 * (n - 1), fp);
}

static void remove_word(uint64_t addr)
{
	for (size_t i = 0; i < w.nr_words; i++)
		if (w.addr[i] == addr)
			w.addr[i] = 1;
}

static const struct rw_unwind_result *walk(const char *name)
{
	world_walk(&w, model(name), &t);
	assert_int_equal(t.nr, t.result.nr_entries);
	return &t.result;
}

static void assert_verdict(const char *name, enum rw_verdict verdict)
{
	const struct rw_unwind_result *r = walk(name);

	if (r->verdict != verdict)
		fail_msg("%s: %s, not %s (%s)", name, rw_verdict_name(r->verdict),
			 rw_verdict_name(verdict),
			 r->nr_reasons ? rw_reason_name(r->reasons[0].code) : "no reason");
	if (verdict == RW_VERDICT_RELIABLE)
		assert_int_equal(r->nr_reasons, 0);
	if (verdict == RW_VERDICT_UNRELIABLE)
		assert_int_equal(r->nr_reasons, 1);
	assert_int_equal(r->decided, verdict == RW_VERDICT_UNRELIABLE);
	if (verdict == RW_VERDICT_UNDETERMINED)
		assert_false(r->has_returned);
}

static void assert_because(const char *name, enum rw_verdict verdict, enum rw_reason_code code,
			   size_t frame, uint64_t address)
{
	assert_verdict(name, verdict);
	const struct rw_reason *reason = &t.result.reasons[0];
	if (reason->code != code || reason->frame != frame || reason->address != address)
		fail_msg("%s: %s at #%zu, %llx; not %s at #%zu, %llx", name,
			 rw_reason_name(reason->code), reason->frame,
			 (unsigned long long)reason->address, rw_reason_name(code), frame,
			 (unsigned long long)address);
}

#define UNDETERMINED	RW_VERDICT_UNDETERMINED
#define UNRELIABLE	RW_VERDICT_UNRELIABLE
#define RELIABLE	RW_VERDICT_RELIABLE

static const char *const all_checking[] = {
	"rfc-v4", "rfc-v6", "rfc-v7", "rfc-v9", "rfc-v11", "rfc-v12", "rfc-v14",
};
static const char *const walkers_5_14[] = {
	"rfc-v7", "rfc-v9", "rfc-v11", "rfc-v12", "rfc-v14", "rfc-v16", "linux-5.14", "linux-5.16",
	"linux-6.1", "linux-6.8", "linux-6.11",
};

#define FOR_EACH(name, list)						\
	for (size_t name##_i = 0; name##_i < sizeof(list) / sizeof((list)[0]); name##_i++) \
		for (const char *name = (list)[name##_i]; name; name = NULL)

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

/* ---- text that is not known ------------------------------------------------ */

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
	rw_unwind(model("rfc-v7"), &w.in, ignore, &nr, &r);
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
		rw_unwind(model(name), &w.in, ignore, &nr, &r);
		assert_int_equal(r.verdict, UNDETERMINED);
		assert_int_equal(nr, 7);
	}
}

/* ---- memory ---------------------------------------------------------------- */

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

/* ---- stacks ---------------------------------------------------------------- */

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
			record(irq, irq + 32, PC(20));
			record(irq + 32, irq + 64, PC(21));
			record(irq + 64, FIRST_RECORD, PC(22));
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
		record(IRQ_LOW + 0x100, FIRST_RECORD, PC(20));
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
			record(top, FIRST_RECORD, PC(20));
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
			record(top, FIRST_RECORD, PC(20));
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
		record(efi + 0x100, FIRST_RECORD, PC(20));
		assert_because(name, UNRELIABLE, RW_REASON_OFF_STACK, 0, efi + 0x100);
	}
	FOR_EACH(other, with) {
		make_chain(other, 3);
		w.in.stacks[RW_STACK_EFI] = stack;
		w.in.in_efi = RW_YES;
		w.in.start = RW_START_CURRENT;
		w.in.fp = efi + 0x100;
		record(efi + 0x100, FIRST_RECORD, PC(20));
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
		record(UINT64_C(0x7ffff7e01000), FIRST_RECORD + 96, PC(9));
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

/* ---- tracers --------------------------------------------------------------- */

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

/* ---- pointer authentication ------------------------------------------------ */

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

/* ---- reasons, entries beyond, limits --------------------------------------- */

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

static void assert_beyond(size_t consumed, size_t nr)
{
	assert_int_equal(t.nr, nr);
	assert_int_equal(t.result.consumed, consumed);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(t.e[i].beyond, i >= consumed);
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

/* ---- rfc-v9 ---------------------------------------------------------------------------- */

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

/* ---- one generation's rules on another's layout ---------------------------- */

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
		record(stackframe, 0, 0);
		world_put(&w, stackframe + 16, 2);
	} else {
		record(stackframe, next, PC(30));
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
		w.in.layout = model("linux-6.13")->layout;
		uint64_t regs = put_exception(next);
		uint64_t stackframe = regs + w.in.layout.pt_regs_stackframe;
		record(next, final_record(), PC(31));
		// The entry code is SYM_CODE: not what is tested here.
		w.in.sym_code_ready = RW_NO;
		final();

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
		w.in.layout = model("linux-6.13")->layout;
		final();
		put_exception_at(left, next);
		record(next, final_record(), PC(31));
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.nr, 6);
		// Directly above the struct pt_regs the chain may go on, in it it may not.
		next = left + w.in.layout.pt_regs_size;
		put_exception_at(left, next);
		record(next, final_record(), PC(31));
		assert_verdict(name, RELIABLE);
		assert_int_equal(t.nr, 6);
		put_exception_at(left, next - 8);
		assert_because(name, UNRELIABLE, RW_REASON_STACK_ORDER, 4, next - 8);
		assert_int_equal(t.nr, 5);

		// It begins in record 3.
		make_chain(name, 4);
		w.in.layout = model("linux-6.13")->layout;
		final();
		next = FIRST_RECORD + 0x800;
		put_exception_at(left - 8, next);
		record(next, final_record(), PC(31));
		assert_because(name, UNRELIABLE, RW_REASON_STACK_ORDER, 3, left - 8);
		assert_int_equal(t.nr, 4);
	}
}

/** @regs alone on the irq stack of current: from there to the task's stack. */
static void put_irq_exception(uint64_t regs)
{
	uint64_t stackframe = regs + w.in.layout.pt_regs_stackframe;

	final();
	record(FIRST_RECORD, final_record(), PC(2));
	world_put(&w, regs + REGS_PC, PC(30));
	world_put(&w, regs + REGS_FP, FIRST_RECORD);
	record(stackframe, 0, 0);
	world_put(&w, stackframe + 16, 2);
	w.in.start = RW_START_CURRENT;
	w.in.fp = stackframe;
}

static void test_regs_at_the_ends(void **unused)
{
	(void)unused;
	FOR_EACH(name, going_over) {
		struct rw_layout layout = model("linux-6.13")->layout;
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
		w.in.layout = model("linux-6.13")->layout;
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
			record(FIRST_RECORD + 0x800, final_record(), PC(31));
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
	record(next, final_record(), PC(31));
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
	record(FIRST_RECORD + 64, 0, 0);
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
	record(next, final_record(), PC(31));
	w.in.in_el1_entry = in_el1_entry;
	w.in.options = model("linux-6.17")->options;
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
	w.in.layout = model("linux-6.17")->layout;
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

/* ---- options and layouts ---------------------------------------------------- */

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
	// Later ones have the final record there.
	make_chain("linux-5.14", 4);
	set_fp(4, 0);
	ranges_add(&w.ret_from_fork, PC(4), PC(4) + 4);
	assert_because("linux-5.14", UNRELIABLE, RW_REASON_OFF_STACK, 4, 0);
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
	w.in.layout = model("linux-6.17")->layout;
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
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_text_unknown),
		cmocka_unit_test(test_text_unknown_then_failed),
		cmocka_unit_test(test_sym_code_unknown),
		cmocka_unit_test(test_no_code_callbacks),
		cmocka_unit_test(test_no_text_callback),
		cmocka_unit_test(test_memory_missing),
		cmocka_unit_test(test_task_stack_unknown),
		cmocka_unit_test(test_two_stacks_unknown),
		cmocka_unit_test(test_context_unknown),
		cmocka_unit_test(test_stack_end),
		cmocka_unit_test(test_efi_stack),
		cmocka_unit_test(test_user_address),
		cmocka_unit_test(test_returned_from_regs),
		cmocka_unit_test(test_start_unknown),
		cmocka_unit_test(test_ret_stack_unknown),
		cmocka_unit_test(test_trampoline_unknown),
		cmocka_unit_test(test_kretprobes_unknown),
		cmocka_unit_test(test_pac_doubt),
		cmocka_unit_test(test_pac_doubt_ends),
		cmocka_unit_test(test_caller_in_doubt),
		cmocka_unit_test(test_pac_hardware),
		cmocka_unit_test(test_va_bits_unknown),
		cmocka_unit_test(test_reasons_capped),
		cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_v9_doubt),
		cmocka_unit_test(test_metadata_under_old_rules),
		cmocka_unit_test(test_regs_and_what_was_read),
		cmocka_unit_test(test_regs_at_the_ends),
		cmocka_unit_test(test_type_off_the_stack),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_old_layout_under_6_17),
		cmocka_unit_test(test_interrupted_in_doubt),
		cmocka_unit_test(test_final_record),
		cmocka_unit_test(test_models_table),
		cmocka_unit_test(test_fp_zero_ends),
		cmocka_unit_test(test_ret_from_fork),
		cmocka_unit_test(test_layout_unknown),
	};

	return cmocka_run_group_tests_name("unwind", tests, NULL, NULL);
}
