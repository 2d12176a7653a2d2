// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a plan to a scene: a stack that is right but for one fault at most, what tracers
// replaced in it, and what a walk may ask of it.

#include <string.h>

#include "chance.h"
#include "scene.h"

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

const char *const layout_models[NR_LAYOUTS] = { "linux-5.10", "linux-6.1", "linux-6.17" };

/* ---- the callbacks of a walk ----------------------------------------------- */

bool scene_read(const struct scene *s, uint64_t addr, uint64_t *ret)
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
		if (!scene_read(memory, addr + 8 * i, &ret[i]))
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

void scene_walk(const struct scene *s, const struct rw_model *model, bool need_reliable,
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

void scene_build(const struct plan *p, struct scene *s)
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
