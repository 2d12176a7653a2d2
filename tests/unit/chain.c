// SPDX-License-Identifier: GPL-2.0-or-later
//
// A chain of frame records that a walk takes from its first to its final one: see chain.h.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain.h"

struct world w;
struct trace t;

const char *const all_checking[7] = {
	"rfc-v4", "rfc-v6", "rfc-v7", "rfc-v9", "rfc-v11", "rfc-v12", "rfc-v14",
};
const char *const walkers_5_14[11] = {
	"rfc-v7", "rfc-v9", "rfc-v11", "rfc-v12", "rfc-v14", "rfc-v16", "linux-5.14", "linux-5.16",
	"linux-6.1", "linux-6.8", "linux-6.11",
};

const struct rw_model *model_named(const char *name)
{
	const struct rw_model *found = rw_model_find(name);

	assert_non_null(found);
	return found;
}

uint64_t final_record(void)
{
	uint64_t ret;

	assert_true(rw_final_record(&w.in, &ret));
	return ret;
}

void put_record(uint64_t addr, uint64_t fp, uint64_t lr)
{
	world_put(&w, addr, fp);
	world_put(&w, addr + 8, lr);
}

void put_final(void)
{
	put_record(final_record(), 0, 0);
	if (w.in.layout.frame_record_meta)
		world_put(&w, final_record() + 16, 1);
}

void make_chain(const char *name, unsigned int nr)
{
	world_init(&w);
	w.in.layout = model_named(name)->layout;
	w.in.options = model_named(name)->options;
	w.in.stacks[RW_STACK_TASK] = (struct rw_stack){ TASK_LOW, TASK_HIGH, RW_YES };
	w.in.stacks[RW_STACK_IRQ] = (struct rw_stack){ IRQ_LOW, IRQ_HIGH, RW_YES };
	w.in.return_to_handler = (struct rw_address){ RTH, RW_YES };
	w.in.kretprobe_trampoline = (struct rw_address){ TRAMPOLINE, RW_YES };
	w.in.start = RW_START_BLOCKED;
	w.in.pc = PC(0);
	w.in.fp = nr ? FIRST_RECORD : final_record();
	for (unsigned int i = 1; i <= nr; i++)
		put_record(FIRST_RECORD + 32 * (i - 1),
			   i == nr ? final_record() : FIRST_RECORD + 32 * i, PC(i));
	put_final();
	ranges_add(&w.text, TEXT, TEXT_END);
	ranges_add(&w.text, ENTRY_CODE, ENTRY_CODE_END);
	ranges_add(&w.text, RTH - 0x10, RTH + 0x10);
	ranges_add(&w.text, TRAMPOLINE - 0x10, TRAMPOLINE + 0x10);
	ranges_add(&w.text_unknown, MODULE, MODULE + 0x100000);
	ranges_add(&w.sym_code, ENTRY_CODE, ENTRY_CODE_END);
}

void set_lr(unsigned int n, uint64_t lr)
{
	world_put(&w, FIRST_RECORD + 32 * (n - 1) + 8, lr);
}

void set_fp(unsigned int n, uint64_t fp)
{
	world_put(&w, FIRST_RECORD + 32 * (n - 1), fp);
}

void remove_word(uint64_t addr)
{
	for (size_t i = 0; i < w.nr_words; i++)
		if (w.addr[i] == addr)
			w.addr[i] = 1;
}

static const struct rw_unwind_result *walk(const char *name)
{
	world_walk(&w, model_named(name), &t);
	assert_int_equal(t.nr, t.result.nr_entries);
	return &t.result;
}

void assert_verdict(const char *name, enum rw_verdict verdict)
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

void assert_because(const char *name, enum rw_verdict verdict, enum rw_reason_code code,
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

void assert_beyond(size_t consumed, size_t nr)
{
	assert_int_equal(t.nr, nr);
	assert_int_equal(t.result.consumed, consumed);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(t.e[i].beyond, i >= consumed);
}
