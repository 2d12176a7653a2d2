// SPDX-License-Identifier: GPL-2.0-or-later
//
// What must hold for every walk, tried on stacks made at random.
//
//	unwind [SEED [CASES]]		or REWALK_SEED, REWALK_CASES in the environment
//
// A case is a plan: a few numbers from which the stack of a task is built that is right
// but for one fault at most.  Random words alone would fail at the first record and say
// nothing of a walk.  From a plan that breaks a property, all that does not matter is
// taken away before it is printed; the same seed brings it back.
//
// The properties, for every model on every layout:
//   bounded      no more entries than the words of the stacks that the walk may use
//   consistent   verdict, reasons and what the kernel returns do not contradict
//   less         a missing fact makes no trace reliable that was not (the promise of
//                rw_unwind()), nor one unreliable that was reliable
//   shifted      the same stack elsewhere in memory gives the same walk there
//   plain        what linux-6.17 accepts, the plain walk of linux-6.13 accepts as well
//
// Facts that are taken away: bounds of stacks, text ranges, words of memory, what tracers
// keep, lists of code, the layout, the state of the CPU.  The registers that a walk starts
// from are asked for before there is one: without pc or fp it is refused by the command
// (tests/cli/cases/bad-registers-*), and undetermined for a task (tests/unit/machine.c).

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rewalk/unwind.h"

enum {
	STACK_SIZE = 4096, NR_WORDS = STACK_SIZE / 8,
	MAX_FRAMES = 20, MAX_ENTRIES = 8192, MAX_MODELS = 64,
	NR_TEXT = 4,
};

/* where things are, from the base of a plan */
#define STACKS_AT	UINT64_C(0x10000000)
#define CORE_AT		UINT64_C(0x08000000)
#define CORE_SIZE	0x10000
#define INIT_AT		UINT64_C(0x08100000)
#define MODULE_AT	UINT64_C(0x01000000)
#define BPF_AT		UINT64_C(0x01800000)
#define DATA_AT		UINT64_C(0x09000000)	/* no text, no stack */
#define HANDLER		(CORE_AT + 0x400)	/* return_to_handler, a function of 64 bytes */
#define TRAMPOLINE	(CORE_AT + 0x480)
#define ENTRY_AT	(CORE_AT + 0x1000)	/* exception vectors: SYM_CODE, 4 KiB */
#define ASM_AT		(CORE_AT + 0x3000)	/* other SYM_CODE */
#define FORK_AT		(CORE_AT + 0x3f00)	/* ret_from_fork, 64 bytes of it */
#define ORDINARY_AT	(CORE_AT + 0x4000)	/* C functions, to the end of the core */
#define REGS_FP		232
#define REGS_PC		256

enum fault {
	FAULT_NONE,
	FAULT_MISALIGNED, FAULT_OFF_STACK, FAULT_BACK, FAULT_ZERO, FAULT_JUNK, FAULT_FAKE_FINAL,
	FAULT_BAD_TYPE, FAULT_OTHER_STACK, FAULT_FINAL_EARLY,
	FAULT_LR_DATA, FAULT_LR_ASM, FAULT_LR_ZERO, FAULT_LR_HANDLER, FAULT_LR_TRAMPOLINE,
	NR_FAULTS,
};

/** Signed by a kernel that removes it, or by one that does not, which is a fault. */
enum pac { PAC_NONE, PAC_REMOVED, PAC_NOT_BUILT, PAC_NO_HARDWARE, PAC_TOO_WIDE, NR_PAC };

/** Bit n of a mask is about frame n; frame 0 is the start. */
struct plan {
	uint64_t seed;		/* of what the fields below do not say */
	uint64_t shift;		/* all addresses are moved by this, a multiple of 64 KiB */
	uint8_t layout;		/* into layout_models */
	uint8_t va_bits;
	uint8_t frames, start;
	uint8_t other, other_frames;	/* the chain begins on this stack; 0: on the task's */
	uint8_t exception_at;	/* record n is that of a struct pt_regs; 0: none */
	uint8_t fault, fault_at;
	uint8_t zero_end;	/* the last record's fp is 0, as before 5.14; 2: in ret_from_fork */
	uint8_t pac;		/* return addresses are signed: enum pac */
	uint8_t context;	/* bits: what current's CPU does, beside what other needs */
	uint8_t limit;
	uint8_t no_vectors;	/* in_el1_entry is not there */
	uint32_t fgraph, kretprobe, assembly, data, module, init;
};

struct range {
	uint64_t start, end;
	enum rw_tri is;
};

struct words {
	uint64_t low;
	uint64_t word[NR_WORDS];
	bool known[NR_WORDS];
};

/** A plan carried out: what the callbacks of the walk look at. */
struct scene {
	struct words stacks[RW_NR_STACKS];
	struct range text[NR_TEXT];
	bool lists_unknown;
	bool table_unknown, assembly_unknown;	/* which code is in the SYM_CODE table */
	bool slide_unknown;	/* no address of the image is known */
	bool needs_image;	/* a trampoline is not known, though the rest of the image is */
	uint64_t base;
	struct rw_fgraph_entry fgraph[MAX_FRAMES + 1];
	struct rw_kretprobe kretprobes[MAX_FRAMES + 1];
	uint64_t chain[2 * MAX_FRAMES + 8];	/* addresses of the words that a walk reads */
	size_t nr_chain;
	struct rw_unwind_input in;
};

struct walk {
	struct rw_entry e[MAX_ENTRIES];
	size_t nr;
	struct rw_unwind_result result;
};

static const char *const layout_models[] = { "linux-5.10", "linux-6.1", "linux-6.17" };

/* ---- chance ---------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static uint64_t below(uint64_t *state, uint64_t end)
{
	return (next_random(state) >> 16) % end;
}

static bool chance(uint64_t *state, unsigned int percent)
{
	return below(state, 100) < percent;
}

/** A state that differs much for seeds that differ little, and is never 0. */
static uint64_t state_of(uint64_t seed)
{
	seed = (seed + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
	seed = (seed ^ seed >> 27) * UINT64_C(0x94d049bb133111eb);
	return (seed ^ seed >> 31) | 1;
}

/* ---- the callbacks of a walk ----------------------------------------------- */

static bool read_word(const struct scene *s, uint64_t addr, uint64_t *ret)
{
	for (int i = 0; i < RW_NR_STACKS; i++) {
		uint64_t off = addr - s->stacks[i].low;

		// Fault injection makes no odd addresses that a model would read.
		if (off >= STACK_SIZE || off % 8)
			continue;
		if (!s->stacks[i].known[off / 8])
			return false;
		*ret = s->stacks[i].word[off / 8];
		return true;
	}
	return false;
}

static bool read_words(void *memory, uint64_t addr, size_t nr, uint64_t *ret)
{
	for (size_t i = 0; i < nr; i++)
		if (!read_word(memory, addr + 8 * i, &ret[i]))
			return false;
	return true;
}

static enum rw_tri is_text(const void *kernel, uint64_t addr)
{
	const struct scene *s = kernel;

	for (int i = 0; i < NR_TEXT; i++)
		if (addr >= s->text[i].start && addr < s->text[i].end)
			return s->text[i].is;
	return RW_NO;
}

static bool within(uint64_t addr, uint64_t start, uint64_t size)
{
	return addr - start < size;
}

static enum rw_tri in_sym_code(const void *kernel, uint64_t addr)
{
	const struct scene *s = kernel;
	uint64_t off = addr - s->base;

	if (s->table_unknown || (s->assembly_unknown && within(off, ASM_AT, 0x1000)))
		return RW_UNKNOWN;
	return rw_tri(within(off, ENTRY_AT, 0x1000) || within(off, ASM_AT, 0x1000) ||
		      within(off, HANDLER, 64));
}

static enum rw_tri in_el1_entry(const void *kernel, uint64_t addr)
{
	return rw_tri(within(addr - ((const struct scene *)kernel)->base, ENTRY_AT, 0x1000));
}

static enum rw_tri in_ret_from_fork(const void *kernel, uint64_t addr)
{
	return rw_tri(within(addr - ((const struct scene *)kernel)->base, FORK_AT, 64));
}

static enum rw_tri in_special(const void *kernel, uint64_t addr)
{
	const struct scene *s = kernel;

	return s->lists_unknown ? RW_UNKNOWN : in_sym_code(kernel, addr);
}

static enum rw_tri in_code_section(const void *kernel, uint64_t addr, bool *handler_ret)
{
	const struct scene *s = kernel;

	if (s->lists_unknown)
		return RW_UNKNOWN;
	*handler_ret = within(addr - s->base, HANDLER, 64);
	return in_sym_code(kernel, addr);
}

static bool collect(void *cookie, const struct rw_entry *entry)
{
	struct walk *walk = cookie;

	if (walk->nr == MAX_ENTRIES)
		return false;
	walk->e[walk->nr++] = *entry;
	return true;
}

static void run(const struct scene *s, const struct rw_model *model, bool need_reliable,
		struct walk *ret)
{
	struct rw_unwind_input in = s->in;

	in.memory = (struct scene *)s;
	in.kernel = s;
	in.fgraph.entries = s->fgraph;
	in.kretprobes.instances = s->kretprobes;
	in.options = model->options;
	in.need_reliable = need_reliable;
	ret->nr = 0;
	rw_unwind(model, &in, collect, ret, &ret->result);
}

/* ---- from a plan to a scene ------------------------------------------------ */

static uint64_t *word_at(struct scene *s, uint64_t addr)
{
	static uint64_t nowhere;

	for (int i = 0; i < RW_NR_STACKS; i++) {
		uint64_t off = addr - s->stacks[i].low;

		if (off < STACK_SIZE)
			return &s->stacks[i].word[off / 8];
	}
	return &nowhere;
}

static void note(struct scene *s, uint64_t addr)
{
	if (s->nr_chain < sizeof(s->chain) / sizeof(s->chain[0]))
		s->chain[s->nr_chain++] = addr;
}

/** What lies on a stack between the records: numbers, addresses of the stack, old returns. */
static void fill(struct scene *s, uint64_t *state)
{
	for (int i = 0; i < RW_NR_STACKS; i++) {
		for (int n = 0; n < NR_WORDS; n++) {
			uint64_t r = next_random(state);
			uint64_t *word = &s->stacks[i].word[n];

			switch (r >> 60 & 3) {
			case 0:
				*word = 0;
				break;
			case 1:
				*word = r & 0xff;
				break;
			case 2:
				*word = s->stacks[i].low + (r & 0xff8);
				break;
			case 3:
				*word = s->base + CORE_AT + (r & 0xfffc);
				break;
			}
		}
	}
}

/** The pc of frame @n. */
static uint64_t choose_pc(const struct plan *p, const struct scene *s, unsigned int n,
			  uint64_t *state)
{
	uint64_t r = below(state, 0x3ff) * 4 + 4;

	if (p->exception_at == n + 1)
		return s->base + ENTRY_AT + r;
	if (p->zero_end == 2 && n == p->frames)
		return s->base + FORK_AT + r % 64;
	if (p->data >> n & 1)
		return s->base + DATA_AT + r;
	if (p->assembly >> n & 1)
		return s->base + ASM_AT + r;
	if (p->module >> n & 1)
		return s->base + MODULE_AT + r;
	if (p->init >> n & 1)
		return s->base + INIT_AT + r;
	return s->base + ORDINARY_AT + below(state, 0x2f00) * 4;
}

static uint64_t sign(const struct plan *p, uint64_t pc, uint64_t code)
{
	unsigned int va_bits = p->pac == PAC_TOO_WIDE && p->va_bits > 48 ? 48 : p->va_bits;
	uint64_t mask = (~UINT64_C(0) << va_bits) & ~(UINT64_C(1) << 55);

	return p->pac ? (pc & ~mask) | (code & mask) : pc;
}

static void make_input(const struct plan *p, struct scene *s)
{
	struct rw_unwind_input *in = &s->in;
	unsigned int context = p->context;

	in->read = read_words;
	in->is_text = is_text;
	in->in_sym_code = in_sym_code;
	in->in_special = in_special;
	in->in_code_section = in_code_section;
	in->in_el1_entry = p->no_vectors ? NULL : in_el1_entry;
	in->in_ret_from_fork = in_ret_from_fork;
	in->layout = rw_model_find(layout_models[p->layout])->layout;
	in->layout_known = RW_YES;
	in->start = p->start;
	in->current = rw_tri(!(context & 1));
	in->preemptible = rw_tri(context & 2 && p->other != RW_STACK_IRQ &&
				 p->other != RW_STACK_OVERFLOW);
	in->in_nmi = rw_tri(context & 4 || p->other == RW_STACK_SDEI_NORMAL ||
			    p->other == RW_STACK_SDEI_CRITICAL);
	in->in_efi = rw_tri(context & 8 || p->other == RW_STACK_EFI);
	in->ptrauth = rw_tri(p->pac ? p->pac != PAC_NOT_BUILT : context & 16);
	in->pauth_hw = rw_tri(p->pac ? p->pac != PAC_NO_HARDWARE : context & 32);
	in->va_bits = p->va_bits;
	in->sym_code_ready = rw_tri(!(context & 64) || p->assembly);
	in->return_to_handler = (struct rw_address){ s->base + HANDLER, RW_YES };
	in->kretprobe_trampoline = (struct rw_address){ s->base + TRAMPOLINE, RW_YES };
	in->limit = p->limit;
	for (int i = 0; i < RW_NR_STACKS; i++)
		in->stacks[i] = (struct rw_stack){ s->stacks[i].low, s->stacks[i].low + STACK_SIZE,
						   RW_YES };
}

/** The chain: records, what they return to, and the fault. */
struct chain {
	uint64_t record[MAX_FRAMES + 2];	/* [n] for frame n, from 1; then the final one */
	uint64_t fp_at[MAX_FRAMES + 2];		/* where the pointer to the next one stands */
	uint64_t lr_at[MAX_FRAMES + 2];
	uint64_t pc[MAX_FRAMES + 2];
};

static void put_records(const struct plan *p, struct scene *s, struct chain *c, uint64_t *state)
{
	const struct rw_layout *layout = &s->in.layout;
	int stack = p->other_frames ? p->other : RW_STACK_TASK;
	uint64_t at = s->stacks[stack].low + below(state, 40) * 16;
	uint64_t *link = &s->in.fp;

	for (unsigned int n = 1; n <= p->frames; n++) {
		if (stack != RW_STACK_TASK && n > p->other_frames) {
			stack = RW_STACK_TASK;
			at = s->stacks[stack].low + below(state, 40) * 16;
		}
		uint64_t record = at + below(state, 4) * 16, code = next_random(state);
		uint64_t lr = sign(p, c->pc[n], code);

		at = record + 16;
		c->lr_at[n] = record + 8;
		c->fp_at[n] = record;
		if (p->exception_at == n) {
			uint64_t regs = record;

			record = regs + layout->pt_regs_stackframe;
			at = regs + layout->pt_regs_size;
			c->fp_at[n] = record;
			c->lr_at[n] = record + 8;
			if (layout->frame_record_meta) {
				*word_at(s, record) = *word_at(s, record + 8) = 0;
				*word_at(s, record + 16) = 2;
				note(s, record);
				note(s, record + 8);
				note(s, record + 16);
				c->fp_at[n] = regs + REGS_FP;
				c->lr_at[n] = regs + REGS_PC;
			}
			lr = c->pc[n];
		}
		*link = record;
		c->record[n] = record;
		*word_at(s, c->lr_at[n]) = lr;
		link = word_at(s, c->fp_at[n]);
		note(s, c->fp_at[n]);
		note(s, c->lr_at[n]);
	}
	uint64_t final = s->stacks[RW_STACK_TASK].low + STACK_SIZE - layout->pt_regs_size +
			 layout->pt_regs_stackframe;
	c->record[p->frames + 1] = final;
	*link = p->zero_end ? 0 : final;
	*word_at(s, final) = *word_at(s, final + 8) = 0;
	note(s, final);
	note(s, final + 8);
	if (layout->frame_record_meta) {
		*word_at(s, final + 16) = 1;
		note(s, final + 16);
	}
}

/** Return addresses replaced by the tracers, with the records of what was replaced. */
static void put_tracers(const struct plan *p, struct scene *s, struct chain *c, uint64_t *state)
{
	struct rw_unwind_input *in = &s->in;
	bool first = true;

	in->fgraph.form = p->fgraph ? RW_TRACER_PRESENT : RW_TRACER_NONE;
	in->kretprobes.form = p->kretprobe ? RW_TRACER_PRESENT : RW_TRACER_NONE;
	// The oldest function is the last frame.
	for (unsigned int n = p->frames; n > 0; n--) {
		if (!(p->fgraph >> n & 1) || n == p->exception_at)
			continue;
		s->fgraph[in->fgraph.nr++] = (struct rw_fgraph_entry){
			.ret = p->kretprobe >> n & 1 ? s->base + TRAMPOLINE : c->pc[n],
			.retp = n == p->frames && p->zero_end ? 0 : c->record[n + 1],
			.known = true, .at_bottom = first,
		};
		first = false;
		*word_at(s, c->lr_at[n]) = sign(p, s->base + HANDLER, next_random(state));
	}
	for (unsigned int n = 1; n <= p->frames; n++) {
		if (!(p->kretprobe >> n & 1) || n == p->exception_at)
			continue;
		s->kretprobes[in->kretprobes.nr++] = (struct rw_kretprobe){
			.ret_addr = c->pc[n],
			.fp = n == p->frames && p->zero_end ? 0 : c->record[n + 1],
		};
		if (!(p->fgraph >> n & 1))
			*word_at(s, c->lr_at[n]) = sign(p, s->base + TRAMPOLINE,
							next_random(state));
	}
}

static void put_fault(const struct plan *p, struct scene *s, const struct chain *c,
		      uint64_t *state)
{
	unsigned int n = p->fault_at;
	uint64_t *fp = n ? word_at(s, c->fp_at[n]) : &s->in.fp;
	uint64_t *lr = n ? word_at(s, c->lr_at[n]) : &s->in.pc;
	const struct words *task = &s->stacks[RW_STACK_TASK];
	uint64_t fake = task->low + 0xc00 + below(state, 8) * 16;

	switch ((enum fault)p->fault) {
	case FAULT_NONE:
	case NR_FAULTS:
		break;
	case FAULT_MISALIGNED:
		*fp |= 4;
		break;
	case FAULT_OFF_STACK:
		*fp = s->base + DATA_AT + below(state, 64) * 16;
		break;
	case FAULT_BACK:
		*fp = c->record[n ? 1 + below(state, n) : 1];
		break;
	case FAULT_ZERO:
		*fp = 0;
		break;
	case FAULT_JUNK:
		*fp = task->low + below(state, NR_WORDS) * 8;
		break;
	case FAULT_FAKE_FINAL:
	case FAULT_BAD_TYPE:
		*fp = fake;
		*word_at(s, fake) = *word_at(s, fake + 8) = 0;
		*word_at(s, fake + 16) = p->fault == FAULT_BAD_TYPE ? 7 : 1;
		note(s, fake + 16);
		break;
	case FAULT_OTHER_STACK:
		*fp = s->stacks[1 + below(state, RW_NR_STACKS - 1)].low + below(state, 64) * 16;
		break;
	case FAULT_FINAL_EARLY:
		*fp = c->record[p->frames + 1];
		break;
	case FAULT_LR_DATA:
		*lr = s->base + DATA_AT + 0x40;
		break;
	case FAULT_LR_ASM:
		*lr = s->base + ASM_AT + 0x40;
		break;
	case FAULT_LR_ZERO:
		*lr = 0;
		break;
	case FAULT_LR_HANDLER:
		*lr = s->base + HANDLER;
		s->in.fgraph.form = RW_TRACER_PRESENT;
		break;
	case FAULT_LR_TRAMPOLINE:
		*lr = s->base + TRAMPOLINE;
		s->in.kretprobes.form = RW_TRACER_PRESENT;
		break;
	}
}

static void build(const struct plan *p, struct scene *s)
{
	uint64_t state = state_of(p->seed);
	struct chain c = { 0 };

	memset(s, 0, sizeof(*s));
	s->base = (p->va_bits == 39 ? UINT64_C(0xffffffc000000000) :
		   UINT64_C(0xffff800000000000)) + p->shift;
	// Which stack lies above which is a matter of chance, in the kernel as well.
	unsigned int turn = below(&state, RW_NR_STACKS), sense = below(&state, 2);
	for (unsigned int i = 0; i < RW_NR_STACKS; i++) {
		unsigned int place = (i + turn) % RW_NR_STACKS;

		s->stacks[i].low = s->base + STACKS_AT +
				   UINT64_C(0x10000) * (sense ? RW_NR_STACKS - place : place + 1);
		memset(s->stacks[i].known, true, sizeof(s->stacks[i].known));
	}
	s->text[0] = (struct range){ s->base + CORE_AT, s->base + CORE_AT + CORE_SIZE, RW_YES };
	s->text[1] = (struct range){ s->base + INIT_AT, s->base + INIT_AT + 0x1000, RW_YES };
	s->text[2] = (struct range){ s->base + MODULE_AT, s->base + MODULE_AT + 0x1000, RW_YES };
	s->text[3] = (struct range){ s->base + BPF_AT, s->base + BPF_AT + 0x1000, RW_YES };
	make_input(p, s);
	fill(s, &state);
	for (unsigned int n = 0; n <= p->frames; n++)
		c.pc[n] = choose_pc(p, s, n, &state);
	s->in.pc = c.pc[0];
	put_records(p, s, &c, &state);
	put_tracers(p, s, &c, &state);
	put_fault(p, s, &c, &state);
}

/* ---- plans ----------------------------------------------------------------- */

static uint32_t some_bits(uint64_t *state, unsigned int nr)
{
	uint32_t mask = 0;

	for (uint64_t i = 1 + below(state, 3); i; i--)
		mask |= UINT32_C(1) << (1 + below(state, nr));
	return mask;
}

static void draw_fault(struct plan *p, uint64_t *state)
{
	// These stop a walk of every generation; the others are for some of them.
	static const uint8_t hard[] = { FAULT_MISALIGNED, FAULT_OFF_STACK, FAULT_BACK, FAULT_ZERO };

	if (chance(state, 80))
		p->fault = hard[below(state, sizeof(hard))];
	else
		p->fault = 1 + below(state, NR_FAULTS - 1);
	p->fault_at = chance(state, 85) ? 3 + below(state, p->frames - 2) :
		      below(state, p->frames + 1);
}

static void draw(struct plan *p, uint64_t seed)
{
	uint64_t state = state_of(seed);
	static const uint8_t va_bits[] = { 48, 48, 48, 39, 52 };

	*p = (struct plan){ .seed = seed };
	p->layout = below(&state, 3);
	p->va_bits = va_bits[below(&state, sizeof(va_bits))];
	p->frames = 4 + below(&state, MAX_FRAMES - 7);
	p->start = chance(&state, 60) ? RW_START_BLOCKED : 1 + below(&state, 2);
	if (p->start != RW_START_BLOCKED && chance(&state, 60)) {
		p->other = chance(&state, 60) ? RW_STACK_IRQ : 1 + below(&state, RW_NR_STACKS - 1);
		p->other_frames = 1 + below(&state, 3);
	}
	if (chance(&state, 8))
		p->exception_at = 1 + below(&state, p->frames);
	p->zero_end = p->layout || chance(&state, 50) ? 0 : 1 + chance(&state, 50);
	if (chance(&state, 15))
		p->pac = chance(&state, 70) ? PAC_REMOVED : 1 + below(&state, NR_PAC - 1);
	p->no_vectors = chance(&state, 10);
	if (chance(&state, 10))
		p->context = below(&state, 128);
	if (chance(&state, 20))
		p->fgraph = some_bits(&state, p->frames);
	if (chance(&state, 15))
		p->kretprobe = some_bits(&state, p->frames);
	if (chance(&state, 5))
		p->assembly = some_bits(&state, p->frames);
	if (chance(&state, 3))
		p->data = some_bits(&state, p->frames);
	if (chance(&state, 30))
		p->module = some_bits(&state, p->frames);
	if (chance(&state, 10))
		p->init = some_bits(&state, p->frames);
	if (chance(&state, 4))
		p->limit = 1 + below(&state, p->frames + 2);
	if (chance(&state, 48))
		draw_fault(p, &state);
	// A task that has not run yet: its fp is the final record's address.
	else if (chance(&state, 3))
		p->frames = p->other_frames = p->exception_at = p->zero_end = p->fgraph =
			p->kretprobe = 0;
}

/* ---- taking facts away ----------------------------------------------------- */

enum {
	LESS_STACK,
	LESS_TEXT = LESS_STACK + RW_NR_STACKS,
	LESS_ALL_TEXT = LESS_TEXT + NR_TEXT,
	LESS_FGRAPH, LESS_FGRAPH_OLDER, LESS_FGRAPH_ENTRY, LESS_KRETPROBES, LESS_KRETPROBES_OLDER,
	LESS_HANDLER, LESS_TRAMPOLINE, LESS_SLIDE,
	LESS_PREEMPTIBLE, LESS_IN_NMI, LESS_IN_EFI, LESS_CURRENT,
	LESS_VA_BITS, LESS_PTRAUTH, LESS_PAUTH_HW, LESS_LISTS,
	LESS_TABLE, LESS_ASSEMBLY, LESS_READY, LESS_VECTORS, LESS_FORK,
	LESS_LAYOUT,
	LESS_WORD,
	LESS_TOP = LESS_WORD + 8, LESS_BOTTOM, LESS_BYTES, LESS_ALL_STACKS,
	NR_SINGLE,
	LESS_SEVERAL = NR_SINGLE,
	NR_LESS = LESS_SEVERAL + 6,
};

static void take_words(struct scene *s, int stack, unsigned int from, unsigned int to)
{
	memset(s->stacks[stack].known + from, false, to - from);
}

/** Take fact @n away; false: it was not there, or makes no difference.  @what: in words. */
static bool take(struct scene *s, unsigned int n, uint64_t *state, char *what, size_t size)
{
	struct rw_unwind_input *in = &s->in;
	size_t drop;

	if (n < LESS_TEXT) {
		struct rw_stack *stack = &in->stacks[n - LESS_STACK];

		snprintf(what, size, "bounds of the %s stack", rw_stack_name(n - LESS_STACK));
		if (stack->exists == RW_UNKNOWN)
			return false;
		*stack = (struct rw_stack){ .exists = RW_UNKNOWN };
		return true;
	}
	if (n < LESS_ALL_TEXT) {
		snprintf(what, size, "text range %u", n - LESS_TEXT);
		s->text[n - LESS_TEXT].is = RW_UNKNOWN;
		return true;
	}
	if (n >= LESS_WORD && n < LESS_TOP) {
		uint64_t addr = s->chain[below(state, s->nr_chain)];

		snprintf(what, size, "word at 0x%" PRIx64, addr);
		for (int i = 0; i < RW_NR_STACKS; i++)
			if (addr - s->stacks[i].low < STACK_SIZE)
				s->stacks[i].known[(addr - s->stacks[i].low) / 8] = false;
		return true;
	}
	switch (n) {
	case LESS_ALL_TEXT:
		snprintf(what, size, "all text");
		in->is_text = NULL;
		return true;
	case LESS_FGRAPH:
		snprintf(what, size, "ret_stack");
		in->fgraph = (struct rw_fgraph){ .form = RW_TRACER_UNKNOWN };
		return true;
	case LESS_FGRAPH_OLDER:
		if (in->fgraph.form != RW_TRACER_PRESENT)
			return false;
		drop = below(state, in->fgraph.nr + 1);
		snprintf(what, size, "oldest %zu of %zu graph entries", drop, in->fgraph.nr);
		in->fgraph.nr -= drop;
		memmove(s->fgraph, s->fgraph + drop, in->fgraph.nr * sizeof(s->fgraph[0]));
		in->fgraph.incomplete = true;
		return true;
	case LESS_FGRAPH_ENTRY:
		if (!in->fgraph.nr)
			return false;
		drop = below(state, in->fgraph.nr);
		snprintf(what, size, "graph entry %zu", drop);
		s->fgraph[drop].ret = s->fgraph[drop].retp = 0;
		s->fgraph[drop].known = false;
		return true;
	case LESS_KRETPROBES:
		snprintf(what, size, "kretprobe instances");
		in->kretprobes = (struct rw_kretprobes){ .form = RW_TRACER_UNKNOWN };
		return true;
	case LESS_KRETPROBES_OLDER:
		if (in->kretprobes.form != RW_TRACER_PRESENT)
			return false;
		drop = below(state, in->kretprobes.nr + 1);
		snprintf(what, size, "oldest %zu of %zu kretprobe instances", drop,
			 in->kretprobes.nr);
		in->kretprobes.nr -= drop;
		in->kretprobes.incomplete = true;
		return true;
	case LESS_HANDLER:
		snprintf(what, size, "address of return_to_handler");
		in->return_to_handler = (struct rw_address){ 0, RW_UNKNOWN };
		s->needs_image = true;
		return true;
	case LESS_TRAMPOLINE:
		snprintf(what, size, "address of the kretprobe trampoline");
		in->kretprobe_trampoline = (struct rw_address){ 0, RW_UNKNOWN };
		s->needs_image = true;
		return true;
	case LESS_SLIDE:
		snprintf(what, size, "all addresses of the image");
		in->is_text = NULL;
		in->in_ret_from_fork = NULL;
		s->slide_unknown = s->lists_unknown = s->table_unknown = true;
		in->return_to_handler = (struct rw_address){ 0, RW_UNKNOWN };
		in->kretprobe_trampoline = (struct rw_address){ 0, RW_UNKNOWN };
		return true;
	case LESS_PREEMPTIBLE:
		snprintf(what, size, "preemptible");
		in->preemptible = RW_UNKNOWN;
		return true;
	case LESS_IN_NMI:
		snprintf(what, size, "in_nmi");
		in->in_nmi = RW_UNKNOWN;
		return true;
	case LESS_IN_EFI:
		snprintf(what, size, "in_efi");
		in->in_efi = RW_UNKNOWN;
		return true;
	case LESS_CURRENT:
		snprintf(what, size, "current");
		in->current = RW_UNKNOWN;
		return true;
	case LESS_VA_BITS:
		snprintf(what, size, "va_bits (%u)", in->va_bits);
		if (!in->va_bits)
			return false;
		// What the address of the image tells: 48 can be one built for 52.
		in->va_bits_min = in->va_bits == 39 ? 39 : 48;
		in->va_bits_max = in->va_bits == 39 ? 39 : 52;
		in->va_bits = 0;
		return true;
	case LESS_PTRAUTH:
		snprintf(what, size, "ptrauth");
		in->ptrauth = RW_UNKNOWN;
		return true;
	case LESS_PAUTH_HW:
		snprintf(what, size, "pauth_hw");
		in->pauth_hw = RW_UNKNOWN;
		return true;
	case LESS_LISTS:
		snprintf(what, size, "lists of special code");
		s->lists_unknown = true;
		return true;
	case LESS_TABLE:
		snprintf(what, size, "the SYM_CODE table");
		in->in_sym_code = NULL;
		s->table_unknown = true;
		return true;
	case LESS_ASSEMBLY:
		snprintf(what, size, "some ranges of SYM_CODE");
		s->assembly_unknown = true;
		return true;
	case LESS_READY:
		snprintf(what, size, "whether the SYM_CODE table was set up");
		in->sym_code_ready = RW_UNKNOWN;
		return true;
	case LESS_VECTORS:
		snprintf(what, size, "vector code");
		in->in_el1_entry = NULL;
		return true;
	case LESS_FORK:
		snprintf(what, size, "where ret_from_fork is");
		in->in_ret_from_fork = NULL;
		return true;
	case LESS_LAYOUT:
		snprintf(what, size, "layout");
		in->layout_known = RW_UNKNOWN;
		return true;
	case LESS_TOP:
		drop = below(state, NR_WORDS);
		snprintf(what, size, "task stack from +0x%zx up", drop * 8);
		take_words(s, RW_STACK_TASK, drop, NR_WORDS);
		return true;
	case LESS_BOTTOM:
		drop = below(state, NR_WORDS);
		snprintf(what, size, "task stack below +0x%zx", drop * 8);
		take_words(s, RW_STACK_TASK, 0, drop);
		return true;
	case LESS_BYTES:
		drop = below(state, RW_NR_STACKS);
		snprintf(what, size, "bytes of the %s stack", rw_stack_name(drop));
		take_words(s, drop, 0, NR_WORDS);
		return true;
	case LESS_ALL_STACKS:
		snprintf(what, size, "bounds of all stacks");
		for (int i = 0; i < RW_NR_STACKS; i++)
			in->stacks[i] = (struct rw_stack){ .exists = RW_UNKNOWN };
		return true;
	}
	return false;
}

/**
 * The scene of @p with less in it, by variant @n: one fact, or several, from LESS_SEVERAL
 * on.  @but_last: of several, the last one is left.
 */
static bool reduce(const struct plan *p, const struct scene *full, unsigned int n, bool but_last,
		   struct scene *ret, char *what, size_t size)
{
	uint64_t state = state_of(p->seed * 131 + n);

	*ret = *full;
	if (n < LESS_SEVERAL)
		return take(ret, n, &state, what, size);
	size_t used = 0;
	for (uint64_t i = 2 + below(&state, 3) - but_last; i; i--) {
		char one[64] = "";

		if (take(ret, below(&state, NR_SINGLE), &state, one, sizeof(one)) && used < size)
			used += snprintf(what + used, size - used, "%s%s", used ? "; " : "", one);
	}
	return used;
}

/* ---- the properties -------------------------------------------------------- */

/** What is kept of one plan, so that its walks with all facts are made once. */
static struct {
	bool valid;
	struct plan plan;
	struct scene scene;
	unsigned int reduced_by;
	bool has_reduced;
	struct scene reduced;
	char what[256];
	bool walked[MAX_MODELS];
	enum rw_verdict verdict[MAX_MODELS];
	uint64_t entries[MAX_MODELS];	/* sum_of() */
} kept;

static struct walk walk_a, walk_b;

static const struct scene *scene_of(const struct plan *p)
{
	if (!kept.valid || memcmp(&kept.plan, p, sizeof(*p))) {
		memset(kept.walked, false, sizeof(kept.walked));
		kept.plan = *p;
		kept.valid = true;
		kept.reduced_by = UINT32_MAX;
		build(p, &kept.scene);
	}
	return &kept.scene;
}

static const struct scene *reduced_of(const struct plan *p, unsigned int n)
{
	const struct scene *full = scene_of(p);

	if (kept.reduced_by != n) {
		kept.has_reduced = reduce(p, full, n, false, &kept.reduced, kept.what,
					  sizeof(kept.what));
		kept.reduced_by = n;
	}
	return kept.has_reduced ? &kept.reduced : NULL;
}

/** Entries as a number, without what may be a signature: that one is shown is a guess. */
static uint64_t sum_of(const struct walk *walk)
{
	uint64_t sum = walk->nr;

	for (size_t i = 0; i < walk->nr; i++)
		sum = (sum ^ walk->e[i].record ^ walk->e[i].pc << (64 - 39)) *
		      UINT64_C(0x100000001b3);
	return sum;
}

static bool usable(const struct rw_unwind_input *in, int type)
{
	return in->stacks[type].exists != RW_NO &&
	       (type == RW_STACK_TASK || in->start != RW_START_BLOCKED);
}

/**
 * A record is 16 bytes, each read once: what a stack of known bounds has in words is more
 * than enough.  One that is not known may be any memory there is, once.
 */
static size_t most_entries(const struct scene *s)
{
	size_t ret = 1;

	for (int i = 0; i < RW_NR_STACKS; i++)
		if (usable(&s->in, i))
			ret += s->in.stacks[i].exists == RW_YES ? NR_WORDS :
			       NR_WORDS * RW_NR_STACKS;
	return ret;
}

#define PROBLEM(...) (snprintf(why, size, __VA_ARGS__), false)

static bool consistent(const struct scene *s, const struct walk *walk, char *why, size_t size)
{
	const struct rw_unwind_result *r = &walk->result;
	bool unreliable = r->verdict == RW_VERDICT_UNRELIABLE;

	if (walk->nr > most_entries(s))
		return PROBLEM("%zu entries", walk->nr);
	if (r->nr_entries != walk->nr || r->consumed > walk->nr)
		return PROBLEM("%zu entries, %zu counted, %zu consumed", walk->nr, r->nr_entries,
			       r->consumed);
	if (r->decided != unreliable || (r->decided && r->decided_at > walk->nr))
		return PROBLEM("decided %d at %zu", r->decided, r->decided_at);
	if (r->nr_reasons > RW_MAX_REASONS || !r->nr_reasons != (r->verdict == RW_VERDICT_RELIABLE))
		return PROBLEM("%zu reasons", r->nr_reasons);
	for (size_t i = 0; i < r->nr_reasons; i++) {
		bool missing = r->reasons[i].code >= RW_REASON_MEMORY_MISSING;

		if (missing == unreliable || r->reasons[i].code == RW_REASON_NONE)
			return PROBLEM("reason %s", rw_reason_name(r->reasons[i].code));
		if (r->reasons[i].frame > walk->nr)
			return PROBLEM("a reason at frame %zu", r->reasons[i].frame);
	}
	if (r->has_returned && (r->verdict == RW_VERDICT_UNDETERMINED ||
				r->returned != (unreliable ? -22 : 0)))
		return PROBLEM("it returns %d", r->returned);
	if (r->end == RW_END_INCOMPLETE && r->verdict == RW_VERDICT_RELIABLE)
		return PROBLEM("incomplete, but reliable");
	for (size_t i = 0; i < walk->nr; i++) {
		const struct rw_entry *e = &walk->e[i];

		if (e->beyond != (i >= r->consumed))
			return PROBLEM("entry %zu of %zu is beyond: %d", i, r->consumed, e->beyond);
		if (e->stack < -1 || e->stack >= RW_NR_STACKS || (e->stack < 0) != (i == 0))
			return PROBLEM("entry %zu is on stack %d", i, e->stack);
		if (i && s->in.stacks[e->stack].exists == RW_YES &&
		    e->record - s->in.stacks[e->stack].low > STACK_SIZE - 8)
			return PROBLEM("record %zu is not on its stack", i);
	}
	return true;
}

static void walk_full(const struct plan *p, const struct rw_model *model)
{
	size_t nr, i = model - rw_models(&nr);

	if (kept.walked[i])
		return;
	run(scene_of(p), model, true, &walk_a);
	kept.verdict[i] = walk_a.result.verdict;
	kept.entries[i] = sum_of(&walk_a);
	kept.walked[i] = true;
}

static bool holds_consistent(const struct plan *p, const struct rw_model *model, unsigned int n,
			     char *why, size_t size)
{
	run(scene_of(p), model, n == 0, &walk_a);
	return consistent(scene_of(p), &walk_a, why, size);
}

/** From verdict @with to verdict @without there is less by a fact or more. */
static bool compare(const struct scene *less, enum rw_verdict with, enum rw_verdict without,
		    char *why, size_t size)
{
	if (with != RW_VERDICT_RELIABLE && without == RW_VERDICT_RELIABLE)
		return PROBLEM("%s with it, reliable without", rw_verdict_name(with));
	// An image that is placed but for a trampoline does not come up: what stands at the
	// trampoline would be judged as any other code.
	if (less->needs_image && !less->slide_unknown)
		return true;
	if (with == RW_VERDICT_RELIABLE && without == RW_VERDICT_UNRELIABLE)
		return PROBLEM("reliable with it, unreliable without (%s at #%zu)",
			       rw_reason_name(walk_b.result.reasons[0].code),
			       walk_b.result.reasons[0].frame);
	return true;
}

/** The promise of rw_unwind(), in both directions, and bounds where little is known. */
static bool holds_less(const struct plan *p, const struct rw_model *model, unsigned int n,
		       char *why, size_t size)
{
	const struct scene *less = reduced_of(p, n);
	size_t nr, i = model - rw_models(&nr);

	if (!less)
		return true;
	walk_full(p, model);
	run(less, model, true, &walk_b);
	enum rw_verdict without = walk_b.result.verdict;

	if (!consistent(less, &walk_b, why, size) ||
	    !compare(less, kept.verdict[i], without, why, size))
		return false;
	if (without == RW_VERDICT_RELIABLE && sum_of(&walk_b) != kept.entries[i])
		return PROBLEM("reliable with other entries");
	if (n < LESS_SEVERAL)
		return true;

	// From what was undetermined already.
	static struct scene more;
	char what[256];
	if (!reduce(p, scene_of(p), n, true, &more, what, sizeof(what)))
		return true;
	run(&more, model, true, &walk_a);
	return compare(less, walk_a.result.verdict, without, why, size);
}

/** @b is where @a is, plus @shift, unless both are something that is not moved. */
static bool moved(uint64_t a, uint64_t b, uint64_t shift)
{
	return a == b ? a < 4096 : b - a == shift;
}

static bool holds_shifted(const struct plan *p, const struct rw_model *model, unsigned int n,
			  char *why, size_t size)
{
	static struct scene there;
	uint64_t shift = (n + 1) * UINT64_C(0x210000);
	struct plan elsewhere = *p;

	elsewhere.shift += shift;
	build(&elsewhere, &there);
	run(scene_of(p), model, true, &walk_a);
	run(&there, model, true, &walk_b);
	const struct rw_unwind_result *a = &walk_a.result, *b = &walk_b.result;

	if (walk_a.nr != walk_b.nr || a->verdict != b->verdict || a->end != b->end ||
	    a->consumed != b->consumed || a->nr_reasons != b->nr_reasons || a->flag != b->flag)
		return PROBLEM("%s, %zu entries; elsewhere %s, %zu", rw_verdict_name(a->verdict),
			       walk_a.nr, rw_verdict_name(b->verdict), walk_b.nr);
	for (size_t i = 0; i < walk_a.nr; i++) {
		const struct rw_entry *x = &walk_a.e[i], *y = &walk_b.e[i];

		if (x->source != y->source || x->stack != y->stack || x->fgraph != y->fgraph ||
		    x->kretprobe != y->kretprobe || x->bad != y->bad || x->beyond != y->beyond ||
		    x->untranslated != y->untranslated)
			return PROBLEM("entry %zu is another one", i);
		// A signed address is not moved as a number: only what it is without.
		if (!p->pac && !moved(x->pc, y->pc, shift))
			return PROBLEM("pc %zu: 0x%" PRIx64 ", 0x%" PRIx64, i, x->pc, y->pc);
		if (!moved(x->record, y->record, shift) || !moved(x->fp, y->fp, shift))
			return PROBLEM("record %zu: 0x%" PRIx64 ", 0x%" PRIx64, i, x->record,
				       y->record);
	}
	for (size_t i = 0; i < a->nr_reasons; i++)
		if (a->reasons[i].code != b->reasons[i].code ||
		    a->reasons[i].frame != b->reasons[i].frame)
			return PROBLEM("reason %zu is another one", i);
	return true;
}

static bool holds_plain(const struct plan *p, const struct rw_model *model, unsigned int n,
			char *why, size_t size)
{
	const struct rw_model *plain = rw_model_find("linux-6.13");

	(void)n;
	if (strcmp(model->name, "linux-6.17"))
		return true;
	run(scene_of(p), model, true, &walk_a);
	if (walk_a.result.verdict != RW_VERDICT_RELIABLE)
		return true;
	run(scene_of(p), plain, false, &walk_b);
	if (walk_b.result.verdict != RW_VERDICT_RELIABLE)
		return PROBLEM("linux-6.13: %s", rw_verdict_name(walk_b.result.verdict));
	if (walk_a.nr != walk_b.nr)
		return PROBLEM("%zu and %zu entries", walk_a.nr, walk_b.nr);
	for (size_t i = 0; i < walk_a.nr; i++)
		if (walk_a.e[i].pc != walk_b.e[i].pc || walk_a.e[i].record != walk_b.e[i].record)
			return PROBLEM("entry %zu differs", i);
	return true;
}

/* ---- when a property fails ------------------------------------------------- */

typedef bool (*property_fn)(const struct plan *p, const struct rw_model *model, unsigned int n,
			    char *why, size_t size);

/** Try one simpler plan; keep it if it fails as well. */
static bool simpler(struct plan *p, const struct plan *candidate, property_fn holds,
		    const struct rw_model *model, unsigned int n)
{
	char why[256];

	if (!memcmp(candidate, p, sizeof(*p)) || holds(candidate, model, n, why, sizeof(why)))
		return false;
	*p = *candidate;
	return true;
}

static void shrink(struct plan *p, property_fn holds, const struct rw_model *model,
		   unsigned int n)
{
	bool more = true;

	while (more) {
		more = false;
#define TRY(change) do {							\
		struct plan c_ = *p;						\
		c_.change;							\
		more |= simpler(p, &c_, holds, model, n);			\
	} while (0)
		TRY(fgraph &= c_.fgraph - 1);
		TRY(fgraph = 0);
		TRY(kretprobe &= c_.kretprobe - 1);
		TRY(kretprobe = 0);
		TRY(assembly = 0);
		TRY(data = 0);
		TRY(module = 0);
		TRY(init = 0);
		TRY(limit = 0);
		TRY(context = 0);
		TRY(no_vectors = 0);
		TRY(pac = 0);
		TRY(zero_end = 0);
		TRY(fault = 0);
		TRY(exception_at = 0);
		TRY(other_frames -= !!c_.other_frames);
		TRY(other = c_.other_frames ? c_.other : 0);
		TRY(va_bits = 48);
		TRY(shift = 0);
		if (p->frames > 1 && p->fault_at < p->frames && p->exception_at < p->frames)
			TRY(frames--);
#undef TRY
	}
}

static void print_walk(const struct walk *walk)
{
	const struct rw_unwind_result *r = &walk->result;

	for (size_t i = 0; i < walk->nr && i < 40; i++) {
		const struct rw_entry *e = &walk->e[i];

		print_error("    #%zu pc %016" PRIx64 " record %016" PRIx64 " fp %016" PRIx64
			    " on %d%s%s%s%s\n", i, e->pc, e->record, e->fp, e->stack,
			    e->source == RW_SOURCE_REGS ? " regs" : "", e->fgraph ? " F" : "",
			    e->untranslated ? " untranslated" : "", e->beyond ? " beyond" : "");
	}
	print_error("    %s, end %d", rw_verdict_name(r->verdict), r->end);
	for (size_t i = 0; i < r->nr_reasons; i++)
		print_error("; %s at #%zu 0x%" PRIx64, rw_reason_name(r->reasons[i].code),
			    r->reasons[i].frame, r->reasons[i].address);
	print_error("\n");
}

static void print_scene(const struct scene *s)
{
	const struct rw_unwind_input *in = &s->in;

	print_error("    start %s, pc %016" PRIx64 ", fp %016" PRIx64 ", base %016" PRIx64 "\n",
		    rw_start_name(in->start), in->pc, in->fp, s->base);
	print_error("    current %d preemptible %d in_nmi %d in_efi %d (0 is unknown, 1 no)\n",
		    in->current, in->preemptible, in->in_nmi, in->in_efi);
	print_error("    va_bits %u (%u-%u) ptrauth %d pauth_hw %d limit %" PRIu64
		    " table ready %d\n", in->va_bits, in->va_bits_min, in->va_bits_max, in->ptrauth,
		    in->pauth_hw, in->limit, in->sym_code_ready);
	for (int i = 0; i < RW_NR_STACKS; i++)
		print_error("    %s stack %016" PRIx64 "-%016" PRIx64 " exists %d\n",
			    rw_stack_name(i), s->stacks[i].low, s->stacks[i].low + STACK_SIZE,
			    in->stacks[i].exists);
	for (size_t i = 0; i < s->nr_chain; i++) {
		uint64_t word = 0;
		bool known = read_word(s, s->chain[i], &word);

		print_error("    %016" PRIx64 ": %016" PRIx64 "%s\n", s->chain[i], word,
			    known ? "" : " (missing)");
	}
	print_error("    graph form %d incomplete %d\n", in->fgraph.form, in->fgraph.incomplete);
	for (size_t i = 0; i < in->fgraph.nr; i++)
		print_error("      ret %016" PRIx64 " retp %016" PRIx64 "%s\n", s->fgraph[i].ret,
			    s->fgraph[i].retp, s->fgraph[i].known ? "" : " (missing)");
	print_error("    kretprobes form %d incomplete %d\n", in->kretprobes.form,
		    in->kretprobes.incomplete);
	for (size_t i = 0; i < in->kretprobes.nr; i++)
		print_error("      ret %016" PRIx64 " fp %016" PRIx64 "\n",
			    s->kretprobes[i].ret_addr, s->kretprobes[i].fp);
}

static void report(const char *property, struct plan p, property_fn holds,
		   const struct rw_model *model, unsigned int n)
{
	char why[256] = "";

	shrink(&p, holds, model, n);
	holds(&p, model, n, why, sizeof(why));
	print_error("%s does not hold for %s in the layout of %s, seed %" PRIu64
		    ", variant %u: %s\n", property, model->name, layout_models[p.layout], p.seed, n,
		    why);
	print_error("  frames %u start %u other %u*%u exception %u fault %u at %u zero_end %u\n",
		    p.frames, p.start, p.other, p.other_frames, p.exception_at, p.fault,
		    p.fault_at, p.zero_end);
	print_error("  pac %u fgraph %x kretprobe %x assembly %x data %x module %x context %x\n",
		    p.pac, p.fgraph, p.kretprobe, p.assembly, p.data, p.module, p.context);
	print_scene(scene_of(&p));
	run(scene_of(&p), model, true, &walk_a);
	print_walk(&walk_a);
	if (holds == holds_less && reduced_of(&p, n)) {
		print_error("  without: %s\n", kept.what);
		run(reduced_of(&p, n), model, true, &walk_b);
		print_walk(&walk_b);
	}
}

/* ---- the tests ------------------------------------------------------------- */

static uint64_t first_seed = 20221122, nr_cases = 2500;

/** Try the property on all cases; report one failure for each model. */
static void try_all(const char *name, property_fn holds, unsigned int variants)
{
	size_t nr, checked = 0, failed = 0;
	const struct rw_model *models = rw_models(&nr);
	bool reported[MAX_MODELS] = { false };

	assert_true(nr <= MAX_MODELS);
	for (uint64_t i = 0; i < nr_cases; i++) {
		struct plan p;

		draw(&p, first_seed + i);
		for (unsigned int n = 0; n < variants; n++) {
			for (size_t m = 0; m < nr; m++) {
				char why[256];

				checked++;
				if (reported[m] || holds(&p, &models[m], n, why, sizeof(why)))
					continue;
				report(name, p, holds, &models[m], n);
				reported[m] = true;
				failed++;
			}
		}
	}
	print_message("%s: %zu checked, seeds %" PRIu64 " to %" PRIu64 "\n", name, checked,
		      first_seed, first_seed + nr_cases - 1);
	assert_int_equal(failed, 0);
}

/** Are the cases of use?  Both kinds must be there in numbers. */
static void test_distribution(void **unused)
{
	static const char *const judged[] = { "linux-6.1", "linux-6.17", "rfc-v7" };
	size_t nr, all = 0, accepted = 0, late = 0;
	const struct rw_model *models = rw_models(&nr);

	(void)unused;
	for (size_t m = 0; m < nr; m++) {
		size_t count = 0, verdicts[3] = { 0 }, later = 0;

		for (uint64_t i = 0; i < nr_cases; i++) {
			struct plan p;

			draw(&p, first_seed + i);
			// A model's own layout only: what its kernels can bring about.
			if (memcmp(&rw_model_find(layout_models[p.layout])->layout,
				   &models[m].layout, sizeof(models[m].layout)))
				continue;
			run(scene_of(&p), &models[m], true, &walk_a);
			count++;
			verdicts[walk_a.result.verdict]++;
			later += walk_a.result.decided && walk_a.result.decided_at >= 3;
		}
		print_message("%-11s %5zu cases in its layout: %3zu%% reliable, %3zu%% unreliable "
			      "(%3zu%% after the third frame), %zu undetermined\n", models[m].name,
			      count, verdicts[0] * 100 / count, verdicts[1] * 100 / count,
			      later * 100 / count, verdicts[2]);
		// All facts are known in a whole scene.
		assert_int_equal(verdicts[RW_VERDICT_UNDETERMINED], 0);
		for (size_t j = 0; j < 3; j++) {
			if (strcmp(models[m].name, judged[j]))
				continue;
			all += count;
			accepted += verdicts[RW_VERDICT_RELIABLE];
			late += later;
		}
	}
	print_message("linux-6.1, linux-6.17, rfc-v7: %zu%% reliable, %zu%% fail after the third "
		      "frame\n", accepted * 100 / all, late * 100 / all);
	assert_true(accepted * 100 >= all * 30);
	assert_true(late * 100 >= all * 30);
}

static void test_consistent(void **unused)
{
	(void)unused;
	try_all("bounded and consistent", holds_consistent, 2);
}

static void test_less(void **unused)
{
	(void)unused;
	try_all("less", holds_less, NR_LESS);
}

static void test_shifted(void **unused)
{
	(void)unused;
	try_all("shifted", holds_shifted, 1);
}

static void test_plain(void **unused)
{
	(void)unused;
	try_all("plain", holds_plain, 1);
}

static void number(const char *text, uint64_t *ret)
{
	if (text && *text)
		*ret = strtoull(text, NULL, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distribution),
		cmocka_unit_test(test_consistent),
		cmocka_unit_test(test_less),
		cmocka_unit_test(test_shifted),
		cmocka_unit_test(test_plain),
	};

	number(getenv("REWALK_SEED"), &first_seed);
	number(getenv("REWALK_CASES"), &nr_cases);
	number(argc > 1 ? argv[1] : NULL, &first_seed);
	number(argc > 2 ? argv[2] : NULL, &nr_cases);
	return cmocka_run_group_tests_name("properties of the walk", tests, NULL, NULL);
}
