// SPDX-License-Identifier: GPL-2.0-or-later
//
// Taking facts away: bounds of stacks, text ranges, words of memory, what tracers keep,
// lists of code, the layout, the state of the CPU.
//
// The registers that a walk starts from are asked for before there is one: without pc or
// fp it is refused by the command (tests/cli/cases/bad-registers-*), and undetermined for
// a task (tests/unit/machine.c).

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "chance.h"
#include "less.h"

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

bool scene_reduce(const struct plan *p, const struct scene *full, unsigned int n, bool but_last,
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
