// SPDX-License-Identifier: GPL-2.0-or-later
//
// A case as a kernel and its tasks.  The walk knows nothing of where its answers come
// from; here they are what somebody wrote down.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/memory.h"
#include "rewalk/replay.h"

#include "machine.h"

/** A trace, made ready for a walk; what is not here lies in the case. */
struct replayed {
	enum rw_walkable walkable;
	enum rw_start start;
	struct rw_stack stacks[RW_NR_STACKS];
	struct rw_memory memory;	/* owned; its bytes are the case's */
	struct rw_fgraph fgraph;
	struct rw_kretprobes kretprobes;
	struct rw_fgraph_entry *entries;	/* owned */
	struct rw_kretprobe *instances;		/* owned */
};

struct rw_replay {
	const struct rw_case *c;
	struct rw_kernel kernel;
	struct rw_text_range *more_text, *sym_code;	/* owned */
	struct replayed *traces;			/* owned */
	struct rw_task *tasks;				/* owned */
	size_t nr_tasks;
};

/* ---- words ------------------------------------------------------------------------ */

static const char *const walkable_names[] = {
	[RW_WALK_YES] = "yes",
	[RW_WALK_NO_STACK] = "no-stack",
	[RW_WALK_USER] = "user",
	[RW_WALK_NO_REGISTERS] = "no-registers",
	[RW_WALK_NO_CONTEXT] = "no-context",
};

static const char *const tracer_names[] = {
	[RW_TRACER_UNKNOWN] = "unknown",
	[RW_TRACER_NONE] = "none",
	[RW_TRACER_PRESENT] = "present",
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

const char *machine_walkable_name(enum rw_walkable walkable)
{
	return walkable_names[walkable];
}

const char *machine_tracer_name(enum rw_tracer_form form)
{
	return tracer_names[form];
}

/** The index of @word among @names. */
static struct rw_error *find_word(const char *const *names, size_t nr, const char *key,
				  const char *word, int *ret)
{
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(names[i], word)) {
			*ret = i;
			return NULL;
		}
	}
	return rw_error_create(RW_ERROR_FORMAT, "%s: is none of the words that it can be; export "
			       "the case again", key);
}

/* ---- the kernel ------------------------------------------------------------------- */

static bool symbolize(void *arg, uint64_t addr, struct rw_symbol *ret, const char **module_ret)
{
	const struct rw_case *c = ((const struct rw_replay *)arg)->c;
	size_t nr = rw_bisect(i, c->symbols.nr, c->symbols.data[i].addr <= addr);

	if (!nr)
		return false;
	const struct rw_case_symbol *symbol = &c->symbols.data[nr - 1];
	if (addr - symbol->addr >= symbol->size)
		return false;
	ret->addr = symbol->addr;
	ret->size = symbol->size;
	snprintf(ret->name, sizeof(ret->name), "%s", symbol->name);
	*module_ret = symbol->module;
	return true;
}

/** A list into an array of the kernel's own, which has room for @most. */
static struct rw_error *take_list(const struct rw_case_ranges *list, const char *key,
				  struct rw_text_range *to, size_t most, size_t *nr_ret)
{
	if (list->nr > most)
		return rw_error_create(RW_ERROR_FORMAT, "kernel.%s: has more than %zu ranges; "
				       "export the case again", key, most);
	for (size_t i = 0; i < list->nr; i++)
		to[i] = (struct rw_text_range){ list->data[i].start, list->data[i].end,
						list->data[i].name };
	*nr_ret = list->nr;
	return NULL;
}

/** A list of any length; *ret is NULL without memory only. */
static struct rw_text_range *copy_list(const struct rw_case_ranges *list, size_t *nr_ret)
{
	struct rw_text_range *ranges = calloc(list->nr + 1, sizeof(ranges[0]));

	if (ranges)
		rw_error_destroy(take_list(list, "", ranges, list->nr, nr_ret));
	return ranges;
}

static void set_facts(const struct rw_case_kernel *from, struct rw_kernel *to)
{
	to->banner = from->banner;
	if (from->build_id)
		snprintf(to->build_id, sizeof(to->build_id), "%s", from->build_id);
	to->slide_known = from->slide_known;
	to->slide = from->slide;
	to->slide_from = from->slide_from;
	to->text = from->text;
	to->stext = from->stext;
	to->etext = from->etext;
	to->end = from->end;
	to->sinittext = from->sinittext;
	to->einittext = from->einittext;
	to->not_text = from->not_text.data;
	to->nr_not_text = from->not_text.nr;
	to->thread_size = from->thread_size;
	to->va_bits = from->va_bits;
	to->va_bits_min = from->va_bits_min;
	to->va_bits_max = from->va_bits_max;
	to->ptrauth = from->ptrauth;
	to->ptrauth_kernel = from->ptrauth_kernel;
	to->pauth_hw = from->pauth_hw;
	to->return_to_handler = (struct rw_address){ from->return_to_handler.addr,
						     from->return_to_handler.exists };
	to->kretprobe_trampoline = (struct rw_address){ from->kretprobe_trampoline.addr,
							from->kretprobe_trampoline.exists };
	if (from->return_to_handler.exists == RW_YES && from->slide_known == RW_YES) {
		to->handler.start = from->return_to_handler.addr + from->slide;
		to->handler.end = to->handler.start + from->handler_size;
	}
	to->has_layout = from->has_layout;
	to->layout = (struct rw_layout){
		.pt_regs_size = from->pt_regs_size,
		.pt_regs_stackframe = from->pt_regs_stackframe,
		.frame_record_meta = from->frame_record_meta,
		.zero_fp_ends = from->zero_fp_ends,
	};
	snprintf(to->auto_why, sizeof(to->auto_why), "%s", from->model_why);
	to->types_origin = from->types;
}

/** The bit of an option, by its name. */
static struct rw_error *find_option(const char *key, const char *name, unsigned int *ret)
{
	const char *names[RW_NR_OPTIONS];
	int index = 0;

	for (int i = 0; i < RW_NR_OPTIONS; i++)
		names[i] = rw_option_name(1 << i);
	struct rw_error *err = find_word(names, NR(names), key, name, &index);
	if (!err)
		*ret = 1u << index;
	return err;
}

static struct rw_error *take_options(const struct rw_case *c, struct rw_kernel *to)
{
	const char *const froms[] = {
		[RW_OPTION_BY_DEFAULT] = rw_option_from_name(RW_OPTION_BY_DEFAULT),
		[RW_OPTION_BY_RELEASE] = rw_option_from_name(RW_OPTION_BY_RELEASE),
		[RW_OPTION_BY_CODE] = rw_option_from_name(RW_OPTION_BY_CODE),
		[RW_OPTION_GIVEN] = rw_option_from_name(RW_OPTION_GIVEN),
	};
	struct rw_error *err = NULL;
	unsigned int bit;
	int from = 0;

	if (to->auto_model)
		to->auto_options = to->auto_model->options;
	for (size_t i = 0; !err && i < c->kernel.options.nr; i++) {
		const struct rw_case_option *option = &c->kernel.options.data[i];

		err = find_option("kernel.options", option->name, &bit);
		if (!err)
			err = find_word(froms, NR(froms), "kernel.options", option->from, &from);
		if (err)
			return err;
		to->auto_options = (to->auto_options & ~bit) | (option->on ? bit : 0);
		to->auto_from[__builtin_ctz(bit)] = from;
	}
	for (size_t i = 0; !err && i < c->given.nr; i++) {
		const char *word = c->given.data[i];
		bool off = !strncmp(word, "no-", 3);

		err = find_option("given", off ? word + 3 : word, &bit);
		if (!err)
			*(off ? &to->options_off : &to->options_on) |= bit;
	}
	return err;
}

static struct rw_error *take_kernel(struct rw_replay *replay)
{
	const struct rw_case_kernel *from = &replay->c->kernel;
	struct rw_kernel *to = &replay->kernel;

	set_facts(from, to);
	to->symbolize = symbolize;
	to->symbolize_arg = replay;
	if (from->model) {
		to->auto_model = rw_model_find(from->model);
		if (!to->auto_model)
			return rw_error_create(RW_ERROR_UNSUPPORTED,
					       "kernel.model: '%s' is none that this rewalk knows; "
					       "replay the case with the one that wrote it, or a "
					       "newer one", from->model);
		if (!from->has_layout)
			return rw_error_create(RW_ERROR_FORMAT, "kernel.layout: is null, and a "
					       "kernel with a model has one; export the case "
					       "again");
	}
	if (from->slide_known == RW_YES && (!from->special.known || !from->code_section.known))
		return rw_error_create(RW_ERROR_FORMAT, "kernel.special or kernel.code_section: is "
				       "missing; export the case again");
	struct rw_error *err = take_options(replay->c, to);
	if (err)
		return err;
	replay->more_text = copy_list(&from->more_text, &to->nr_more_text);
	replay->sym_code = copy_list(&from->sym_code, &to->nr_sym_code);
	if (!replay->more_text || !replay->sym_code)
		return &rw_enomem;
	to->more_text = replay->more_text;
	if (from->sym_code.known)
		to->sym_code = replay->sym_code;
	err = take_list(&from->el1_entry, "el1_entry", to->el1_entry, NR(to->el1_entry),
			&to->nr_el1_entry);
	if (!err)
		err = take_list(&from->ret_from_fork, "ret_from_fork", to->ret_from_fork,
				NR(to->ret_from_fork), &to->nr_ret_from_fork);
	if (!err)
		err = take_list(&from->special, "special", to->special, NR(to->special),
				&to->nr_special);
	if (!err)
		err = take_list(&from->code_section, "code_section", to->code_section,
				NR(to->code_section), &to->nr_code_section);
	return err;
}

/* ---- a trace ----------------------------------------------------------------------- */

static struct rw_error *take_stacks(const struct rw_case_trace *from, struct replayed *to)
{
	for (size_t i = 0; i < from->stacks.nr; i++) {
		const struct rw_case_stack *stack = &from->stacks.data[i];
		int type = 0;

		while (type < RW_NR_STACKS && strcmp(rw_stack_name(type), stack->name))
			type++;
		if (type == RW_NR_STACKS)
			return rw_error_create(RW_ERROR_FORMAT, "stacks: has one of no known name; "
					       "export the case again");
		to->stacks[type] = (struct rw_stack){ stack->low, stack->high, stack->exists };
	}
	return NULL;
}

static struct rw_error *take_tracers(const struct rw_case_trace *from, struct replayed *to)
{
	int fgraph = RW_TRACER_UNKNOWN, kretprobes = RW_TRACER_UNKNOWN;
	struct rw_error *err = NULL;

	if (from->fgraph_form)
		err = find_word(tracer_names, NR(tracer_names), "fgraph.form", from->fgraph_form,
				&fgraph);
	if (!err && from->kretprobe_form)
		err = find_word(tracer_names, NR(tracer_names), "kretprobes.form",
				from->kretprobe_form, &kretprobes);
	if (err)
		return err;
	to->entries = calloc(from->fgraph.nr + 1, sizeof(to->entries[0]));
	to->instances = calloc(from->kretprobes.nr + 1, sizeof(to->instances[0]));
	if (!to->entries || !to->instances)
		return &rw_enomem;
	for (size_t i = 0; i < from->fgraph.nr; i++) {
		const struct rw_case_fgraph *entry = &from->fgraph.data[i];

		to->entries[i] = (struct rw_fgraph_entry){ entry->ret, entry->retp, entry->known,
							   entry->at_bottom };
	}
	for (size_t i = 0; i < from->kretprobes.nr; i++)
		to->instances[i] = (struct rw_kretprobe){ from->kretprobes.data[i].ret_addr,
							  from->kretprobes.data[i].fp };
	to->fgraph = (struct rw_fgraph){ fgraph, to->entries, from->fgraph.nr,
					 from->fgraph_incomplete };
	to->kretprobes = (struct rw_kretprobes){ kretprobes, to->instances, from->kretprobes.nr,
						 from->kretprobes_incomplete };
	return NULL;
}

/** The words, in ascending order: a file of any order could make this take very long. */
static struct rw_error *take_words(const struct rw_case_trace *from, const char *name,
				   struct rw_memory *memory)
{
	struct rw_error *err = NULL;

	for (size_t i = 0; !err && i < from->runs.nr; i++) {
		const struct rw_case_run *run = &from->runs.data[i];

		if (i && run->addr <= run[-1].addr)
			return rw_error_create(RW_ERROR_FORMAT, "words: are not in the order of "
					       "their addresses; export the case again");
		err = rw_memory_add(memory, run->addr,
				    (const uint8_t *)&from->words.data[run->first], 8 * run->nr,
				    name);
	}
	return err;
}

/** Traces are those of tasks, or the one of a raw stack. */
static struct rw_error *take_task(struct rw_replay *replay, const struct rw_case_trace *from)
{
	struct rw_task *to = &replay->tasks[replay->nr_tasks];

	if (!from->has_task)
		return replay->c->traces.nr == 1 ? NULL :
		       rw_error_create(RW_ERROR_FORMAT, "traces: a raw stack is not alone; export "
				       "each into a case of its own");
	*to = (struct rw_task){
		.address = from->address,
		.pid = from->pid,
		.tgid = from->tgid,
		.state = from->state,
		.cpu = from->cpu,
		.running = from->running,
		.panicked = from->panicked,
	};
	memcpy(to->comm, from->comm, sizeof(to->comm));
	replay->nr_tasks++;
	return NULL;
}

static struct rw_error *take_trace(const struct rw_case_trace *from, const char *name,
				   struct replayed *to)
{
	const char *const start_names[] = {
		[RW_START_BLOCKED] = rw_start_name(RW_START_BLOCKED),
		[RW_START_CURRENT] = rw_start_name(RW_START_CURRENT),
		[RW_START_REGS] = rw_start_name(RW_START_REGS),
	};
	int walkable = 0, start = 0;

	struct rw_error *err = find_word(walkable_names, NR(walkable_names), "walkable",
					 from->walkable, &walkable);
	if (!err)
		err = find_word(start_names, NR(start_names), "start", from->start, &start);
	if (err)
		return err;
	to->walkable = walkable;
	to->start = start;
	err = take_stacks(from, to);
	if (!err)
		err = take_tracers(from, to);
	return err ? err : take_words(from, name, &to->memory);
}

/* ---- the whole ---------------------------------------------------------------------- */

struct rw_error *rw_replay_create(const struct rw_case *c, const char *name,
				  struct rw_replay **ret)
{
	struct rw_replay *replay = calloc(1, sizeof(*replay));
	struct rw_error *err = NULL;

	if (!replay)
		return &rw_enomem;
	replay->c = c;
	replay->traces = calloc(c->traces.nr + 1, sizeof(replay->traces[0]));
	replay->tasks = calloc(c->traces.nr + 1, sizeof(replay->tasks[0]));
	if (!replay->traces || !replay->tasks)
		err = &rw_enomem;
	if (!err)
		err = take_kernel(replay);
	for (size_t i = 0; !err && i < c->traces.nr; i++)
		err = rw_error_prefix(take_trace(&c->traces.data[i], name, &replay->traces[i]),
				      "traces[%zu]", i);
	for (size_t i = 0; !err && i < c->traces.nr; i++)
		err = take_task(replay, &c->traces.data[i]);
	if (err) {
		rw_replay_destroy(replay);
		return rw_error_prefix(err, "%s", name);
	}
	*ret = replay;
	return NULL;
}

void rw_replay_destroy(struct rw_replay *replay)
{
	if (!replay)
		return;
	for (size_t i = 0; replay->traces && i < replay->c->traces.nr; i++) {
		rw_memory_deinit(&replay->traces[i].memory);
		free(replay->traces[i].entries);
		free(replay->traces[i].instances);
	}
	free(replay->traces);
	free(replay->tasks);
	free(replay->more_text);
	free(replay->sym_code);
	free(replay);
}

void rw_replay_options(struct rw_replay *replay, unsigned int on, unsigned int off)
{
	struct rw_kernel *kernel = &replay->kernel;

	kernel->options_on = (kernel->options_on & ~off) | on;
	kernel->options_off = (kernel->options_off & ~on) | off;
}

const struct rw_kernel *rw_replay_kernel(const struct rw_replay *replay)
{
	return &replay->kernel;
}

const struct rw_task *rw_replay_tasks(const struct rw_replay *replay, size_t *nr_ret)
{
	*nr_ret = replay->nr_tasks;
	return replay->tasks;
}

enum rw_walkable rw_replay_unwind_input(struct rw_replay *replay, size_t index,
					const struct rw_model *model,
					struct rw_unwind_input *ret)
{
	const struct rw_case_trace *from = &replay->c->traces.data[index];
	struct replayed *trace = &replay->traces[index];

	*ret = (struct rw_unwind_input){
		.read = rw_memory_read,
		.memory = &trace->memory,
		.start = trace->start,
		.pc = from->pc,
		.fp = from->fp,
		.pc_is_lr = from->pc_is_lr,
		.need_reliable = true,
		.current = from->current,
		.preemptible = from->preemptible,
		.in_nmi = from->in_nmi,
		.in_efi = from->in_efi,
		.fgraph = trace->fgraph,
		.kretprobes = trace->kretprobes,
	};
	memcpy(ret->stacks, trace->stacks, sizeof(ret->stacks));
	rw_kernel_unwind_input(&replay->kernel, model, ret);
	return trace->walkable;
}
