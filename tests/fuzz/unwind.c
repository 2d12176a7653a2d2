// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any task, walked by every model: a walk ends, and what is said of it is consistent.
//
// The input is a head of HEAD_SIZE bytes, below, and then two bytes for each word of the
// stacks, from the task stack's lowest up:
//
//	0tt ooooooooooooo	tt: a small number, stack, text, signed text; o: where
//	1.. .............	the word is missing
//
// Words behind the end of the input are missing.  So a flipped bit is another chain, and
// not another address that leads nowhere.

#include <stdlib.h>
#include <string.h>

#include "rewalk/unwind.h"

enum {
	HEAD_SIZE = 32,
	STACK_WORDS = 128, STACK_SIZE = STACK_WORDS * 8,
	MAX_TRACED = 4,
	MOST_ENTRIES = 1 + 2 * RW_NR_STACKS * RW_NR_STACKS * STACK_WORDS,
};

#define BASE		UINT64_C(0xffff800010000000)
#define TEXT		UINT64_C(0xffff800008100000)
#define HANDLER		(TEXT + 0x100)
#define TRAMPOLINE	(TEXT + 0x108)

struct task {
	uint64_t word[RW_NR_STACKS * STACK_WORDS];
	bool known[RW_NR_STACKS * STACK_WORDS];
	uint8_t text, sym_code;		/* by the third of the 8 KiB of code */
	struct rw_fgraph_entry fgraph[MAX_TRACED];
	struct rw_kretprobe kretprobes[MAX_TRACED];
	struct rw_unwind_input in;
};

struct seen {
	size_t nr, beyond;
	bool bad_order, bad_stack;
};

static bool read_words(void *memory, uint64_t addr, size_t nr, uint64_t *ret)
{
	const struct task *task = memory;

	for (size_t i = 0; i < nr; i++, addr += 8) {
		uint64_t off = addr - BASE;

		if (off % 8 || off >= sizeof(task->word) || !task->known[off / 8])
			return false;
		ret[i] = task->word[off / 8];
	}
	return true;
}

static unsigned int part_of(uint64_t addr)
{
	return (addr - TEXT) >> 11 & 3;
}

static enum rw_tri is_text(const void *kernel, uint64_t addr)
{
	const struct task *task = kernel;

	return addr - TEXT < 0x2000 ? (task->text >> 2 * part_of(addr) & 3) % 3 : RW_NO;
}

static enum rw_tri in_sym_code(const void *kernel, uint64_t addr)
{
	const struct task *task = kernel;

	if (task->sym_code & 0x40 && part_of(addr) == 3)
		return RW_UNKNOWN;
	return rw_tri(addr - TEXT < 0x2000 && task->sym_code >> part_of(addr) & 1);
}

static enum rw_tri in_el1_entry(const void *kernel, uint64_t addr)
{
	return in_sym_code(kernel, addr);
}

static enum rw_tri in_special(const void *kernel, uint64_t addr)
{
	const struct task *task = kernel;

	return task->sym_code & 0x80 ? RW_UNKNOWN : in_sym_code(kernel, addr);
}

static enum rw_tri in_code_section(const void *kernel, uint64_t addr, bool *handler_ret)
{
	*handler_ret = addr == HANDLER;
	return in_special(kernel, addr);
}

static bool consume(void *cookie, const struct rw_entry *entry)
{
	struct seen *seen = cookie;

	seen->bad_order |= seen->beyond && !entry->beyond;
	seen->bad_stack |= entry->stack < -1 || entry->stack >= RW_NR_STACKS ||
			   (entry->stack < 0) != !seen->nr;
	seen->beyond += entry->beyond;
	// The walk must end by itself: this is only that a failure does not hang.
	return seen->nr++ < 2 * MOST_ENTRIES;
}

static uint64_t decode(unsigned int code)
{
	uint64_t off = code & 0x1fff;

	switch (code >> 13 & 3) {
	case 0:
		return off;
	case 1:
		// Aligned in most cases: 5.10 wants 16 bytes, the others 8.
		return BASE + ((off & 7) == 7 ? off : off & ~UINT64_C(7));
	case 2:
		return TEXT + off;
	default:
		return (TEXT + off) & ~(UINT64_C(0x7f) << 48);
	}
}

static enum rw_tri tri(uint8_t byte)
{
	return byte % 3;
}

static void read_head(struct task *task, const uint8_t *h)
{
	static const struct rw_layout layouts[] = {
		{ 336, 304, false, true }, { 336, 304, false, false }, { 320, 296, true, false },
	};
	struct rw_unwind_input *in = &task->in;

	in->layout = layouts[h[0] % 3];
	in->layout_known = h[0] & 0x80 ? RW_UNKNOWN : RW_YES;
	in->start = h[1] % 3;
	in->current = tri(h[2]);
	in->preemptible = tri(h[2] >> 2);
	in->in_nmi = tri(h[2] >> 4);
	in->in_efi = tri(h[2] >> 6);
	in->ptrauth = tri(h[3]);
	in->pauth_hw = tri(h[3] >> 2);
	in->va_bits = h[3] & 0x10 ? 48 : h[3] & 0x20 ? 52 : 0;
	in->va_bits_min = 48;
	in->va_bits_max = 52;
	in->need_reliable = !(h[3] & 0x40);
	in->sym_code_ready = h[3] & 0x80 ? tri(h[7]) : RW_YES;
	in->limit = h[4];
	task->text = h[5];
	task->sym_code = h[6];
	in->return_to_handler = (struct rw_address){ HANDLER, tri(h[7] >> 2) };
	in->kretprobe_trampoline = (struct rw_address){ TRAMPOLINE, tri(h[7] >> 4) };
	in->fgraph.form = (enum rw_tracer_form)(h[8] % 3);
	in->fgraph.incomplete = h[8] & 8;
	in->fgraph.nr = in->fgraph.form == RW_TRACER_PRESENT ? h[8] >> 4 & 3 : 0;
	in->kretprobes.form = (enum rw_tracer_form)(h[9] % 3);
	in->kretprobes.incomplete = h[9] & 8;
	in->kretprobes.nr = in->kretprobes.form == RW_TRACER_PRESENT ? h[9] >> 4 & 3 : 0;
	in->pc = decode(h[10] << 8 | h[11]);
	in->fp = decode(h[12] << 8 | h[13]);
	for (unsigned int i = 0; i < RW_NR_STACKS; i++)
		in->stacks[i] = (struct rw_stack){
			BASE + i * STACK_SIZE, BASE + (i + 1) * STACK_SIZE, tri(h[14 + i]),
		};
	for (unsigned int i = 0; i < MAX_TRACED; i++) {
		task->fgraph[i] = (struct rw_fgraph_entry){
			.ret = TEXT + 8 * h[20 + i], .retp = BASE + 8 * (h[24 + i] & 0x7f),
			.known = !(h[24 + i] & 0x80), .at_bottom = !i,
		};
		task->kretprobes[i] = (struct rw_kretprobe){
			TEXT + 8 * h[28 + i], BASE + 8 * (h[24 + i] & 0x7f),
		};
	}
}

static void check(const struct task *task, const struct seen *seen,
		  const struct rw_unwind_result *r)
{
	bool unreliable = r->verdict == RW_VERDICT_UNRELIABLE;

	if (seen->nr > MOST_ENTRIES || seen->nr != r->nr_entries || seen->bad_order ||
	    seen->bad_stack || r->consumed + seen->beyond != seen->nr)
		abort();
	if (task->in.limit && seen->nr > task->in.limit)
		abort();
	if (r->decided != unreliable || (r->decided && r->decided_at > seen->nr))
		abort();
	if (r->nr_reasons > RW_MAX_REASONS || !r->nr_reasons != (r->verdict == RW_VERDICT_RELIABLE))
		abort();
	for (size_t i = 0; i < r->nr_reasons; i++)
		if ((r->reasons[i].code >= RW_REASON_MEMORY_MISSING) == unreliable ||
		    r->reasons[i].code == RW_REASON_NONE || r->reasons[i].frame > seen->nr)
			abort();
	if (r->has_returned && (r->verdict == RW_VERDICT_UNDETERMINED ||
				r->returned != (unreliable ? -22 : 0)))
		abort();
	if (r->verdict == RW_VERDICT_RELIABLE && r->end == RW_END_INCOMPLETE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct task task;
	size_t nr;
	const struct rw_model *models = rw_models(&nr);

	if (size < HEAD_SIZE)
		return 0;
	memset(&task, 0, sizeof(task));
	read_head(&task, bytes);
	for (size_t i = 0; i < sizeof(task.word) / 8 && HEAD_SIZE + 2 * i + 1 < size; i++) {
		unsigned int code = bytes[HEAD_SIZE + 2 * i] << 8 | bytes[HEAD_SIZE + 2 * i + 1];

		task.word[i] = decode(code);
		task.known[i] = !(code & 0x8000);
	}
	struct rw_unwind_input *in = &task.in;
	in->read = read_words;
	in->is_text = is_text;
	in->in_sym_code = in_sym_code;
	in->in_special = in_special;
	in->in_code_section = in_code_section;
	in->in_el1_entry = in_el1_entry;
	in->memory = &task;
	in->kernel = &task;
	in->fgraph.entries = task.fgraph;
	in->kretprobes.instances = task.kretprobes;
	for (size_t i = 0; i < nr; i++) {
		struct rw_unwind_result result;
		struct seen seen = { 0 };

		in->options = models[i].options;
		rw_unwind(&models[i], in, consume, &seen, &result);
		check(&task, &seen, &result);
	}
	return 0;
}
