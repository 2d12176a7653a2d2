// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stacks on their way through one model, or all of them, to the output.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/printable.h"

#include "walk.h"

static struct rw_error *choose_models(struct walker *w)
{
	if (w->options->model && !strcmp(w->options->model, "all")) {
		w->models = rw_models(&w->nr_models);
		w->why = "--model all";
		return w->options->group ?
		       rw_error_create(RW_ERROR_USAGE, "--group: identical stacks are those of one "
				       "model; choose one, or leave --group out") :
		       NULL;
	}
	w->nr_models = 1;
	return command_model(w->options, w->kernel, &w->models, &w->why);
}

static struct rw_lines *lines_of(const struct options *options, const struct rw_kernel *kernel)
{
	return options->lines ? rw_lines_create(kernel, options->modules, options->nr_modules) :
	       NULL;
}

struct rw_error *walker_init(const struct options *options, const struct rw_kernel *kernel,
			     const char *source, struct walker *ret)
{
	struct walker w = { .options = options, .kernel = kernel, .source = source };
	struct rw_error *err = choose_models(&w);

	if (err)
		return err;
	w.out = (struct rw_output){
		.file = stdout,
		.format = options->format,
		.color = command_color(options, stdout),
		.verbose = options->verbose > 0 ? options->verbose : 0,
		.names = rw_names_create(kernel),
		.lines = lines_of(options, kernel),
	};
	if (options->group && options->format == RW_FORMAT_TEXT)
		w.groups = rw_groups_create();
	if (w.nr_models > 1)
		w.by_model = calloc(w.nr_models, sizeof(w.by_model[0]));
	// Nothing may stand on standard output before this.
	pager_start(&w.pager, options->no_pager);
	*ret = w;
	if (!w.out.names || (options->lines && !w.out.lines) ||
	    (options->group && options->format == RW_FORMAT_TEXT && !w.groups) ||
	    (w.nr_models > 1 && !w.by_model)) {
		walker_deinit(ret);
		return &rw_enomem;
	}
	return NULL;
}

/** What there is to say of source lines, on standard error. */
static void say_notes(const struct walker *w)
{
	size_t nr = 0;
	const struct rw_lines_note *notes = w->out.lines ? rw_lines_notes(w->out.lines, &nr) :
					    NULL;

	for (size_t i = 0; i < nr; i++) {
		if (notes[i].warning ? w->options->verbose < 0 : w->options->verbose <= 0)
			continue;
		fputs(notes[i].warning ? "rewalk: warning: " : "rewalk: lines: ", stderr);
		rw_print_clean(stderr, notes[i].text);
		putc('\n', stderr);
	}
}

bool walker_use(struct walker *w, const struct rw_kernel *kernel, const char *source)
{
	struct rw_names *names = rw_names_create(kernel);
	struct rw_lines *lines = lines_of(w->options, kernel);

	if (!names || (w->options->lines && !lines)) {
		rw_names_destroy(names);
		rw_lines_destroy(lines);
		return false;
	}
	say_notes(w);
	rw_lines_destroy(w->out.lines);
	w->out.lines = lines;
	rw_names_destroy(w->out.names);
	w->out.names = names;
	w->kernel = kernel;
	w->source = source;
	return true;
}

void walker_deinit(struct walker *w)
{
	pager_stop(&w->pager);
	say_notes(w);
	rw_decoder_destroy(w->out.decoder);
	rw_lines_destroy(w->out.lines);
	rw_names_destroy(w->out.names);
	rw_groups_destroy(w->groups);
	free(w->by_model);
}

/** One model's trace; its verdict is that of the whole walk, whatever is printed of it. */
static struct rw_error *one(struct walker *w, const struct walk *walk, size_t model,
			    struct rw_trace *ret)
{
	struct rw_unwind_input in = walk->in;
	struct rw_trace trace;
	struct rw_error *err = NULL;

	rw_kernel_unwind_input(w->kernel, &w->models[model], &in);
	if (walk->walkable == RW_WALK_YES)
		err = rw_trace_init(w->kernel, &w->models[model], &in, w->source, w->why, &trace);
	else
		rw_trace_init_empty(w->kernel, &w->models[model], &in, w->source, w->why,
				    walk->walkable, &trace);
	if (err)
		return err;
	rw_tally_add(&w->tally, &trace.result);
	if (w->by_model)
		rw_tally_add(&w->by_model[model], &trace.result);
	if (w->options->limit && walk->walkable == RW_WALK_YES) {
		rw_trace_deinit(&trace);
		in.limit = w->options->limit;
		err = rw_trace_init(w->kernel, &w->models[model], &in, w->source, w->why, &trace);
		if (err)
			return err;
	}
	trace.task = walk->task;
	*ret = trace;
	return NULL;
}

/** Asked once all models have walked: the dump's answer holds until it is asked again. */
static void say_lost(const struct walk *walk, struct rw_trace *traces, size_t nr)
{
	size_t nr_lost = walk->nr_known_lost;
	const char *const *lost = walk->lost ? walk->lost(walk->machine, &nr_lost) :
				  walk->known_lost;

	for (size_t i = 0; i < nr; i++) {
		traces[i].lost = lost;
		traces[i].nr_lost = nr_lost;
	}
}

static bool is_shown(const struct walker *w, const struct rw_trace *trace)
{
	return !w->options->verdicts || w->options->verdicts & 1u << trace->result.verdict;
}

void walker_separate(struct walker *w)
{
	if (w->out.format == RW_FORMAT_TEXT && w->printed++)
		putc('\n', w->out.file);
}

/** A line for each model, then where they part. */
static void print_models(struct walker *w, const struct rw_trace *traces)
{
	bool any = false;

	for (size_t i = 0; i < w->nr_models; i++) {
		if (!is_shown(w, &traces[i]))
			continue;
		if (!any) {
			walker_separate(w);
			rw_output_models_heading(&w->out, &traces[i]);
		}
		rw_output_model_line(&w->out, &traces[i]);
		any = true;
	}
	if (any)
		rw_output_parting(&w->out, traces, w->nr_models);
}

static struct rw_error *print_one(struct walker *w, struct rw_trace *trace)
{
	if (!is_shown(w, trace))
		return NULL;
	if (w->groups)
		return rw_groups_add(w->groups, trace);
	walker_separate(w);
	rw_output_trace(&w->out, trace);
	return NULL;
}

struct rw_error *walker_add(struct walker *w, const struct walk *walk)
{
	struct rw_trace *traces = calloc(w->nr_models, sizeof(traces[0]));
	struct rw_error *err = traces ? NULL : &rw_enomem;
	size_t done = 0;

	for (; !err && done < w->nr_models; done += !err)
		err = one(w, walk, done, &traces[done]);
	say_lost(walk, traces, done);
	if (!err && w->nr_models > 1)
		print_models(w, traces);
	else if (!err)
		err = print_one(w, &traces[0]);
	for (size_t i = 0; i < done; i++)
		rw_trace_deinit(&traces[i]);
	free(traces);
	return err;
}

void walker_finish(struct walker *w, const char *const *lost, size_t nr_lost)
{
	const struct rw_summary summary = {
		.tally = &w->tally,
		.models = w->models,
		.by_model = w->by_model,
		.nr_models = w->by_model ? w->nr_models : 0,
		.lost = lost,
		.nr_lost = nr_lost,
	};

	if (w->groups)
		rw_output_groups(&w->out, w->groups);
	rw_output_run_summary(&w->out, &summary);
}
