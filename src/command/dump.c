// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk trace of a dump: the tasks that were asked for, each walked and judged.

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rewalk/error.h"

#include "dump.h"
#include "pager.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static bool in_pid_list(const char *list, uint32_t pid)
{
	while (*list) {
		char *end;
		unsigned long one = strtoul(list, &end, 10);

		if (end != list && one == pid)
			return true;
		list = *end ? end + 1 : end;
	}
	return false;
}

/** What was asked for; else the task that panicked, else those on CPUs. */
static bool wanted(const struct options *o, const struct rw_task *task, bool any_panicked)
{
	if (o->all_tasks)
		return true;
	if (o->pids || o->comm)
		return (o->pids && in_pid_list(o->pids, task->pid)) ||
		       (o->comm && !strcmp(o->comm, task->comm));
	if (o->cpu >= 0)
		return task->running && (int)task->cpu == o->cpu;
	return any_panicked ? task->panicked : task->running;
}

struct run {
	const struct options *options;
	struct rw_machine *machine;
	const struct rw_model *model;
	const char *why, *source;
	struct rw_output out;
	struct rw_tally tally;
	size_t printed;
	struct rw_groups *groups;	/* NULL: each trace on its own */
};

static struct rw_error *one(struct run *run, const struct rw_task *task)
{
	const struct rw_kernel *kernel = rw_machine_kernel(run->machine);
	struct rw_unwind_input in;
	struct rw_trace trace;
	enum rw_walkable walkable = rw_machine_unwind_input(run->machine, task, run->model, &in);
	struct rw_error *err = NULL;

	if (walkable == RW_WALK_YES)
		err = rw_trace_init(kernel, run->model, &in, run->source, run->why, &trace);
	else
		rw_trace_init_empty(kernel, run->model, &in, run->source, run->why, walkable,
				    &trace);
	if (err)
		return err;
	rw_tally_add(&run->tally, &trace.result);
	if (run->options->limit && walkable == RW_WALK_YES) {
		rw_trace_deinit(&trace);
		in.limit = run->options->limit;
		err = rw_trace_init(kernel, run->model, &in, run->source, run->why, &trace);
		if (err)
			return err;
	}
	trace.task = task;
	trace.lost = rw_machine_lost(run->machine, &trace.nr_lost);
	if (!run->options->verdicts || run->options->verdicts & 1u << trace.result.verdict) {
		if (run->groups) {
			err = rw_groups_add(run->groups, &trace);
		} else {
			if (run->out.format == RW_FORMAT_TEXT && run->printed++)
				putc('\n', run->out.file);
			rw_output_trace(&run->out, &trace);
		}
	}
	rw_trace_deinit(&trace);
	return err;
}

/** What the dump lacks, said once each, on standard error. */
static void warn(const struct options *options, struct rw_dump *dump,
		 const struct rw_machine *machine)
{
	size_t nr;

	if (options->verbose < 0)
		return;
	fflush(stdout);
	const struct rw_dump_loss *losses = rw_dump_lost(dump, &nr);
	for (size_t i = 0; i < nr; i++)
		fprintf(stderr, "rewalk: warning: %s\n", losses[i].text);
	const char *const *lost = rw_machine_lost(machine, &nr);
	for (size_t i = 0; i < nr; i++)
		fprintf(stderr, "rewalk: warning: %s\n", lost[i]);
}

static struct rw_error *walk_all(struct run *run, int *status_ret)
{
	size_t nr;
	const struct rw_task *tasks = rw_machine_tasks(run->machine, &nr);
	bool any_panicked = false;
	struct rw_error *err = NULL;

	for (size_t i = 0; i < nr; i++)
		any_panicked |= tasks[i].panicked;
	for (const char *list = run->options->pids; list && *list;) {
		char *end;
		unsigned long pid = strtoul(list, &end, 10);
		bool found = end == list;

		for (size_t i = 0; i < nr; i++)
			found |= tasks[i].pid == pid;
		if (!found && rw_machine_all_tasks(run->machine))
			return rw_error_create(RW_ERROR_MISSING, "%s: no task with pid %lu; `-a' shows "
					       "all", run->source, pid);
		run->tally.incomplete |= !found;
		list = *end ? end + 1 : end;
	}
	struct rw_progress progress;
	rw_progress_init(&progress, run->options->verbose < 0);
	for (size_t i = 0; !err && !interrupted && i < nr; i++) {
		if (wanted(run->options, &tasks[i], any_panicked))
			err = one(run, &tasks[i]);
		rw_progress_show(&progress, i, nr);
	}
	rw_progress_end(&progress);
	if (err)
		return err;
	bool all = rw_machine_all_tasks(run->machine);
	if (!run->tally.traces && !interrupted)
		return rw_error_create(RW_ERROR_MISSING,
				       all ? "%s: none of its %zu tasks is the one asked for; `-a' "
					     "shows all" :
				       "%s: its list of tasks is broken off after %zu, and none of them "
				       "is the one asked for; copy the dump again", run->source, nr);
	run->tally.incomplete |= !all && !run->options->pids && run->options->cpu < 0;
	if (run->groups)
		rw_output_groups(&run->out, run->groups);
	rw_output_summary(&run->out, &run->tally);
	*status_ret = interrupted ? 130 : rw_tally_status(&run->tally);
	if (interrupted)
		fprintf(stderr, "rewalk: interrupted after %zu traces\n", run->tally.traces);
	return NULL;
}

/** The tasks of a dump have their own registers and stacks. */
static struct rw_error *check_options(const struct options *o, const struct inputs *inputs)
{
	const char *what = o->has_pc ? "--pc" : o->has_fp ? "--fp" : o->has_sp ? "--sp" :
			   o->has_lr ? "--lr" : o->regs || inputs->nr_regs ? "registers" :
			   o->has_start ? "--blocked, --current or --from-regs" :
			   o->has_stacks ? "--stack" : inputs->memory.nr ? "FILE@ADDR" : NULL;

	return what ? rw_error_create(RW_ERROR_USAGE, "%s: %s has no meaning for the tasks of a dump, "
				      "which have their own; leave it out", inputs->source, what) :
	       NULL;
}

struct rw_error *dump_trace(const struct options *options, const struct inputs *inputs,
			    const struct rw_image *image, int *status_ret)
{
	struct rw_kernel_facts facts;
	struct run run = { .options = options, .source = inputs->source };
	struct rw_dump *dump = NULL;

	if (options->model && !strcmp(options->model, "all"))
		return rw_error_create(RW_ERROR_UNSUPPORTED, "--model all is for one raw stack; choose "
				       "one model for the tasks of a dump");
	struct rw_error *err = check_options(options, inputs);
	if (!err)
		err = command_facts(options, &facts);
	if (err)
		return err;
	err = rw_dump_create(inputs->sources, inputs->nr_sources, &dump);
	if (!err)
		err = rw_machine_create(image, dump, &facts, options->force, &run.machine);
	if (!err)
		err = command_model(options, rw_machine_kernel(run.machine), &run.model, &run.why);
	if (!err) {
		struct pager pager;
		struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };

		run.out = (struct rw_output){
			.file = stdout,
			.format = options->format,
			.color = command_color(options, stdout),
			.verbose = options->verbose > 0 ? options->verbose : 0,
			.names = rw_names_create(rw_machine_kernel(run.machine)),
		};
		if (options->group && options->format == RW_FORMAT_TEXT)
			run.groups = rw_groups_create();
		sigaction(SIGINT, &action, NULL);
		pager_start(&pager, options->no_pager);
		err = run.out.names ? walk_all(&run, status_ret) : &rw_enomem;
		pager_stop(&pager);
		rw_names_destroy(run.out.names);
		rw_groups_destroy(run.groups);
	}
	if (run.machine)
		warn(options, dump, run.machine);
	rw_machine_destroy(run.machine);
	rw_dump_destroy(dump);
	return err;
}
