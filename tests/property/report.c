// SPDX-License-Identifier: GPL-2.0-or-later
//
// When a property does not hold: from the plan all is taken away that does not matter,
// and the rest is printed.

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "report.h"

/** Try one simpler plan; keep it if it fails as well. */
static bool simpler(struct plan *p, const struct plan *candidate, property_fn *holds,
		    const struct rw_model *model, unsigned int n)
{
	char why[256];

	if (!memcmp(candidate, p, sizeof(*p)) || holds(candidate, model, n, why, sizeof(why)))
		return false;
	*p = *candidate;
	return true;
}

static void shrink(struct plan *p, property_fn *holds, const struct rw_model *model,
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
		bool known = scene_read(s, s->chain[i], &word);

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

void report(const char *property, struct plan p, property_fn *holds,
	    const struct rw_model *model, unsigned int n)
{
	static struct walk walk;
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
	print_scene(kept_scene(&p));
	scene_walk(kept_scene(&p), model, true, &walk);
	print_walk(&walk);
	const char *what;
	const struct scene *less = holds == holds_less ? kept_reduced(&p, n, &what) : NULL;
	if (less) {
		print_error("  without: %s\n", what);
		scene_walk(less, model, true, &walk);
		print_walk(&walk);
	}
}
