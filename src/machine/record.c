// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recording what walks ask for.  All models are asked, so that a replay by any of them
// gives the same answer; each word that one of them reads, each address whose text or
// name is asked for, is noted on its way through.  What is known before is copied in
// recordfacts.c.

#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/error.h"
#include "rewalk/replay.h"
#include "rewalk/vector.h"

#include "machine.h"

struct word {
	uint64_t addr, value;
};

struct rw_recorder {
	/* first, and a copy: a walk's questions that need no note find their kernel here */
	struct rw_kernel kernel;
	const struct rw_model *model;
	bool redact;
	struct rw_case c;
	bool *text_used;	/* for each of kernel.more_text */
	bool no_memory;

	/* of the walk that is recorded */
	const struct rw_unwind_input *in;
	struct { struct word *data; size_t nr, capacity; } words;
};

struct rw_error *rw_recorder_create(const struct rw_kernel *kernel,
				    const struct rw_model *model, bool redact,
				    struct rw_recorder **ret)
{
	struct rw_recorder *r = calloc(1, sizeof(*r));
	size_t nr;

	if (!r)
		return &rw_enomem;
	r->kernel = *kernel;
	r->model = model ? model : kernel->auto_model ? kernel->auto_model : rw_models(&nr);
	r->redact = r->c.redacted = redact;
	r->text_used = calloc(kernel->nr_more_text + 1, sizeof(r->text_used[0]));
	if (!r->text_used || !machine_record_kernel(&r->c, kernel)) {
		rw_recorder_destroy(r);
		return &rw_enomem;
	}
	*ret = r;
	return NULL;
}

void rw_recorder_destroy(struct rw_recorder *r)
{
	if (!r)
		return;
	rw_case_deinit(&r->c);
	free(r->text_used);
	free(r->words.data);
	free(r);
}

/* ---- notes ---------------------------------------------------------------------- */

static void note_word(struct rw_recorder *r, uint64_t addr, uint64_t value)
{
	struct word *last = rw_vector_push(&r->words);

	if (last)
		*last = (struct word){ addr, value };
	else
		r->no_memory = true;
}

/** That @addr is text because of a range, or that it is none although it could be. */
static void note_text(struct rw_recorder *r, uint64_t addr)
{
	const struct rw_kernel *kernel = &r->kernel;
	const struct rw_text_range *range = rw_kernel_more_text(kernel, addr);

	if (range) {
		r->text_used[range - kernel->more_text] = true;
		return;
	}
	// Where the rest of the kernel's text lies is not in the case.
	struct rw_kernel without = *kernel;
	without.text_complete = false;
	without.nr_not_text = 0;
	if (rw_kernel_is_text(kernel, addr) != RW_NO ||
	    rw_kernel_is_text(&without, addr) == RW_NO)
		return;
	for (size_t i = 0; i < r->c.kernel.not_text.nr; i++)
		if (r->c.kernel.not_text.data[i] == addr)
			return;
	uint64_t *last = rw_vector_push(&r->c.kernel.not_text);
	if (last)
		*last = addr;
	else
		r->no_memory = true;
}

static void note_symbol(struct rw_recorder *r, uint64_t addr)
{
	struct rw_case *c = &r->c;
	size_t at = rw_bisect(i, c->symbols.nr, c->symbols.data[i].addr <= addr);
	struct rw_symbol symbol;
	const char *module;

	if (at && addr - c->symbols.data[at - 1].addr < c->symbols.data[at - 1].size)
		return;
	if (!rw_kernel_symbolize(&r->kernel, addr, &symbol, &module))
		return;
	struct rw_case_symbol new = { .addr = symbol.addr, .size = symbol.size };
	struct rw_case_symbol *last = rw_vector_push(&c->symbols);
	if (!last || !rw_case_string(c, symbol.name, &new.name) ||
	    !rw_case_string(c, module, &new.module)) {
		c->symbols.nr -= !!last;
		r->no_memory = true;
		return;
	}
	memmove(&c->symbols.data[at + 1], &c->symbols.data[at],
		(c->symbols.nr - 1 - at) * sizeof(c->symbols.data[0]));
	c->symbols.data[at] = new;
}

/* ---- a walk that is watched ----------------------------------------------------- */

static bool watch_read(void *memory, uint64_t addr, size_t nr, uint64_t *ret)
{
	struct rw_recorder *r = memory;

	if (!r->in->read(r->in->memory, addr, nr, ret))
		return false;
	for (size_t i = 0; i < nr; i++)
		note_word(r, addr + 8 * (uint64_t)i, ret[i]);
	return true;
}

static enum rw_tri watch_text(const void *kernel, uint64_t addr)
{
	struct rw_recorder *r = (struct rw_recorder *)kernel;

	note_text(r, addr);
	return rw_kernel_is_text(&r->kernel, addr);
}

/** What is printed of an entry is its name, and whether it is text. */
static bool watch_entry(void *cookie, const struct rw_entry *entry)
{
	struct rw_recorder *r = cookie;

	note_text(r, entry->pc);
	note_symbol(r, entry->pc);
	return !r->no_memory;
}

static void walk_by(struct rw_recorder *r, const struct rw_model *model)
{
	struct rw_unwind_input in = *r->in;
	struct rw_unwind_result result;

	rw_kernel_unwind_input(&r->kernel, model, &in);
	in.read = watch_read;
	in.memory = r;
	in.is_text = watch_text;
	rw_unwind(model, &in, watch_entry, r, &result);
	for (size_t n = 0; n < result.nr_reasons; n++)
		note_symbol(r, result.reasons[n].address);
}

/** By all models, with each set of the options that they have. */
static void walk_all(struct rw_recorder *r)
{
	unsigned int on = r->kernel.options_on, off = r->kernel.options_off;
	size_t nr;
	const struct rw_model *models = rw_models(&nr);

	for (size_t i = 0; i < nr; i++) {
		unsigned int set = models[i].variants;

		do {
			r->kernel.options_on = set;
			r->kernel.options_off = ~set;
			walk_by(r, &models[i]);
			set = (set - 1) & models[i].variants;
		} while (set != models[i].variants && !r->no_memory);
	}
	r->kernel.options_on = on;
	r->kernel.options_off = off;
}

/** The rest of each stack that a model read, from the lowest word of it on. */
static void add_stacks(struct rw_recorder *r)
{
	size_t nr = r->words.nr;

	for (int type = 0; type < RW_NR_STACKS; type++) {
		const struct rw_stack *stack = &r->in->stacks[type];
		uint64_t low = stack->high, value;

		if (stack->exists != RW_YES)
			continue;
		for (size_t i = 0; i < nr; i++)
			if (r->words.data[i].addr >= stack->low && r->words.data[i].addr < low)
				low = r->words.data[i].addr;
		for (; low < stack->high && stack->high - low >= 8 && !r->no_memory; low += 8)
			if (r->in->read(r->in->memory, low, 1, &value))
				note_word(r, low, value);
	}
}

static int by_addr(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void take_words(struct rw_recorder *r, struct rw_case_trace *trace)
{
	if (r->words.nr)
		qsort(r->words.data, r->words.nr, sizeof(r->words.data[0]), by_addr);
	for (size_t i = 0; i < r->words.nr && !r->no_memory; i++) {
		const struct word *word = &r->words.data[i];

		if (i && word->addr == word[-1].addr)
			continue;
		r->no_memory = !rw_case_word(trace, word->addr, word->value);
	}
}

/* ---- a trace -------------------------------------------------------------------- */

struct rw_error *rw_recorder_lost(struct rw_recorder *r, const char *const *lost, size_t nr)
{
	struct rw_case_trace *trace = &r->c.traces.data[r->c.traces.nr - 1];

	for (size_t i = 0; i < nr; i++) {
		const char **last = rw_vector_push(&trace->lost);

		if (!last || !rw_case_string(&r->c, lost[i], last))
			return &rw_enomem;
	}
	return NULL;
}

/** What was lost on the way of one walk, before the others ask for more. */
static struct rw_error *record_lost(struct rw_recorder *r, enum rw_walkable walkable,
				    struct rw_machine *machine)
{
	size_t nr;

	if (walkable == RW_WALK_YES)
		walk_by(r, r->model);
	if (!machine)
		return NULL;
	const char *const *lost = rw_machine_task_lost(machine, &nr);
	return rw_recorder_lost(r, lost, nr);
}

struct rw_error *rw_recorder_walk(struct rw_recorder *r, const struct rw_task *task,
				  enum rw_walkable walkable, const struct rw_unwind_input *in,
				  struct rw_machine *machine)
{
	struct rw_case_trace *trace = rw_vector_push(&r->c.traces);

	if (!trace)
		return &rw_enomem;
	*trace = (struct rw_case_trace){ 0 };
	if (task)
		machine_record_task(task, trace);
	if (!rw_case_string(&r->c, machine_walkable_name(walkable), &trace->walkable) ||
	    !machine_record_input(&r->c, in, trace))
		return &rw_enomem;
	r->in = in;
	r->words.nr = 0;
	struct rw_error *err = record_lost(r, walkable, machine);
	if (err)
		return err;
	if (walkable == RW_WALK_YES) {
		walk_all(r);
		if (!r->redact)
			add_stacks(r);
		take_words(r, trace);
	}
	return r->no_memory ? &rw_enomem : NULL;
}

struct rw_error *rw_recorder_case(struct rw_recorder *r, struct rw_case **ret)
{
	struct rw_case_ranges *list = &r->c.kernel.more_text;

	// In their own order: of two that overlap the first one counts.
	list->nr = 0;
	for (size_t i = 0; i < r->kernel.nr_more_text; i++) {
		const struct rw_text_range *range = &r->kernel.more_text[i];

		if (!r->text_used[i])
			continue;
		if (!machine_record_range(list, range->start, range->end) ||
		    !rw_case_string(&r->c, range->name, &list->data[list->nr - 1].name))
			return &rw_enomem;
	}
	*ret = &r->c;
	return NULL;
}
