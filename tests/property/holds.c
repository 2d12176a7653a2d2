// SPDX-License-Identifier: GPL-2.0-or-later
//
// The properties: see holds.h.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "holds.h"
#include "less.h"

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

const struct scene *kept_scene(const struct plan *p)
{
	if (!kept.valid || memcmp(&kept.plan, p, sizeof(*p))) {
		memset(kept.walked, false, sizeof(kept.walked));
		kept.plan = *p;
		kept.valid = true;
		kept.reduced_by = UINT32_MAX;
		scene_build(p, &kept.scene);
	}
	return &kept.scene;
}

const struct scene *kept_reduced(const struct plan *p, unsigned int n, const char **what_ret)
{
	const struct scene *full = kept_scene(p);

	if (kept.reduced_by != n) {
		kept.has_reduced = scene_reduce(p, full, n, false, &kept.reduced, kept.what,
						sizeof(kept.what));
		kept.reduced_by = n;
	}
	if (what_ret)
		*what_ret = kept.what;
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
	scene_walk(kept_scene(p), model, true, &walk_a);
	kept.verdict[i] = walk_a.result.verdict;
	kept.entries[i] = sum_of(&walk_a);
	kept.walked[i] = true;
}

bool holds_consistent(const struct plan *p, const struct rw_model *model, unsigned int n,
		      char *why, size_t size)
{
	scene_walk(kept_scene(p), model, n == 0, &walk_a);
	return consistent(kept_scene(p), &walk_a, why, size);
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

bool holds_less(const struct plan *p, const struct rw_model *model, unsigned int n,
		char *why, size_t size)
{
	const struct scene *less = kept_reduced(p, n, NULL);
	size_t nr, i = model - rw_models(&nr);

	if (!less)
		return true;
	walk_full(p, model);
	scene_walk(less, model, true, &walk_b);
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
	if (!scene_reduce(p, kept_scene(p), n, true, &more, what, sizeof(what)))
		return true;
	scene_walk(&more, model, true, &walk_a);
	return compare(less, walk_a.result.verdict, without, why, size);
}

/** @b is where @a is, plus @shift, unless both are something that is not moved. */
static bool moved(uint64_t a, uint64_t b, uint64_t shift)
{
	return a == b ? a < 4096 : b - a == shift;
}

bool holds_shifted(const struct plan *p, const struct rw_model *model, unsigned int n,
		   char *why, size_t size)
{
	static struct scene there;
	uint64_t shift = (n + 1) * UINT64_C(0x210000);
	struct plan elsewhere = *p;

	elsewhere.shift += shift;
	scene_build(&elsewhere, &there);
	scene_walk(kept_scene(p), model, true, &walk_a);
	scene_walk(&there, model, true, &walk_b);
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

bool holds_plain(const struct plan *p, const struct rw_model *model, unsigned int n,
		 char *why, size_t size)
{
	const struct rw_model *plain = rw_model_find("linux-6.13");

	(void)n;
	if (strcmp(model->name, "linux-6.17"))
		return true;
	scene_walk(kept_scene(p), model, true, &walk_a);
	if (walk_a.result.verdict != RW_VERDICT_RELIABLE)
		return true;
	scene_walk(kept_scene(p), plain, false, &walk_b);
	if (walk_b.result.verdict != RW_VERDICT_RELIABLE)
		return PROBLEM("linux-6.13: %s", rw_verdict_name(walk_b.result.verdict));
	if (walk_a.nr != walk_b.nr)
		return PROBLEM("%zu and %zu entries", walk_a.nr, walk_b.nr);
	for (size_t i = 0; i < walk_a.nr; i++)
		if (walk_a.e[i].pc != walk_b.e[i].pc || walk_a.e[i].record != walk_b.e[i].record)
			return PROBLEM("entry %zu differs", i);
	return true;
}
