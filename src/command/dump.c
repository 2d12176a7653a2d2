// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk trace of a dump: the tasks that were asked for, each walked and judged.

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rewalk/error.h"
#include "rewalk/printable.h"

#include "dump.h"
#include "walk.h"

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
	// Of pids and a name either will do; a CPU must fit besides.
	if (o->cpu >= 0 && (int)task->cpu != o->cpu)
		return false;
	if (o->all_tasks)
		return true;
	if (o->pids || o->comm)
		return (o->pids && in_pid_list(o->pids, task->pid)) ||
		       (o->comm && !strcmp(o->comm, task->comm));
	if (o->cpu >= 0)
		return task->running;
	return any_panicked ? task->panicked : task->running;
}

struct rw_error *dumped_lost(const struct dumped *dumped, char ***ret, size_t *nr_ret)
{
	size_t nr_files, nr_lists, nr = 0;
	const struct rw_dump_loss *files = rw_dump_lost(dumped->dump, &nr_files);
	const char *const *lists = rw_machine_lost(dumped->machine, &nr_lists);
	char **lost = calloc(nr_files + nr_lists + 1, sizeof(lost[0]));
	bool done = lost;

	for (size_t i = 0; done && i < nr_files; i++) {
		if (files[i].count)
			done = asprintf(&lost[nr], "%s (met by %" PRIu64 " read%s)", files[i].text,
					files[i].count, files[i].count == 1 ? "" : "s") >= 0;
		else
			done = (lost[nr] = strdup(files[i].text));
		nr += done;
	}
	for (size_t i = 0; done && i < nr_lists; i++)
		nr += done = (lost[nr] = strdup(lists[i]));
	if (done) {
		*ret = lost;
		*nr_ret = nr;
		return NULL;
	}
	while (nr)
		free(lost[--nr]);
	free(lost);
	return &rw_enomem;
}

/** What the dump lacks, said once each, on standard error. */
static void warn(const struct options *options, const struct dumped *dumped)
{
	char **lost;
	size_t nr;

	if (options->verbose < 0 || dumped_lost(dumped, &lost, &nr))
		return;
	fflush(stdout);
	for (size_t i = 0; i < nr; i++) {
		fputs("rewalk: warning: ", stderr);
		rw_print_clean(stderr, lost[i]);
		putc('\n', stderr);
		free(lost[i]);
	}
	free(lost);
}

static struct rw_error *one(struct walker *walker, struct rw_machine *machine,
			    const struct rw_task *task)
{
	struct walk walk = { .task = task, .lost = rw_machine_task_lost, .machine = machine };

	walk.walkable = rw_machine_unwind_input(machine, task, &walker->models[0], &walk.in);
	return walker_add(walker, &walk);
}

/** A pid that no task has is an error, as far as all tasks are known. */
static struct rw_error *check_pids(struct walker *walker, const struct rw_machine *machine)
{
	size_t nr;
	const struct rw_task *tasks = rw_machine_tasks(machine, &nr);

	for (const char *list = walker->options->pids; list && *list;) {
		char *end;
		unsigned long pid = strtoul(list, &end, 10);
		bool found = end == list;

		for (size_t i = 0; i < nr; i++)
			found |= tasks[i].pid == pid;
		if (!found && rw_machine_all_tasks(machine))
			return rw_error_create(RW_ERROR_MISSING, "%s: no task with pid %lu; `-a' shows "
					       "all", walker->source, pid);
		walker->tally.incomplete |= !found;
		list = *end ? end + 1 : end;
	}
	return NULL;
}

/** The end of a run; what was lost is known now. */
static struct rw_error *finish(struct walker *walker, const struct dumped *dumped)
{
	char **lost;
	size_t nr;

	struct rw_error *err = dumped_lost(dumped, &lost, &nr);
	if (err)
		return err;
	walker_finish(walker, (const char *const *)lost, nr);
	for (size_t i = 0; i < nr; i++)
		free(lost[i]);
	free(lost);
	return NULL;
}

static struct rw_error *walk_all(struct walker *walker, const struct dumped *dumped)
{
	struct rw_machine *machine = dumped->machine;
	const struct options *options = walker->options;
	size_t nr;
	const struct rw_task *tasks = rw_machine_tasks(machine, &nr);
	bool any_panicked = false;

	for (size_t i = 0; i < nr; i++)
		any_panicked |= tasks[i].panicked;
	struct rw_error *err = check_pids(walker, machine);
	if (!err && options->cpu >= 0 && (unsigned int)options->cpu >= rw_machine_nr_cpus(machine))
		err = rw_error_create(RW_ERROR_MISSING, "%s: no CPU %d: the machine has %u; choose one "
				      "from 0 on", walker->source, options->cpu,
				      rw_machine_nr_cpus(machine));
	if (err)
		return err;
	struct rw_progress progress;
	rw_progress_init(&progress, options->verbose < 0);
	for (size_t i = 0; !err && !interrupted && i < nr; i++) {
		if (wanted(options, &tasks[i], any_panicked))
			err = one(walker, machine, &tasks[i]);
		rw_progress_show(&progress, i, nr);
	}
	rw_progress_end(&progress);
	if (err)
		return err;
	bool all = rw_machine_all_tasks(machine);
	if (!walker->tally.traces && !interrupted)
		return rw_error_create(RW_ERROR_MISSING,
				       all ? "%s: none of its %zu tasks is the one asked for; `-a' "
					     "shows all" :
				       "%s: its list of tasks is broken off after %zu, and none of them "
				       "is the one asked for; copy the dump again", walker->source, nr);
	walker->tally.incomplete |= !all && !options->pids && (options->cpu < 0 ||
							       options->all_tasks || options->comm);
	return finish(walker, dumped);
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

struct rw_error *dumped_init(const struct options *options, const struct inputs *inputs,
			     const struct rw_image *image, struct dumped *ret)
{
	struct rw_kernel_facts facts;
	struct rw_error *err = command_facts(options, &facts);

	*ret = (struct dumped){ 0 };
	if (!err)
		err = rw_dump_create(inputs->sources, inputs->nr_sources, &ret->dump);
	if (!err)
		err = rw_machine_create(image, ret->dump, &facts, options->force, &ret->machine);
	return err;
}

void dumped_deinit(struct dumped *dumped)
{
	rw_machine_destroy(dumped->machine);
	rw_dump_destroy(dumped->dump);
}

struct rw_error *dump_trace(const struct options *options, const struct inputs *inputs,
			    const struct rw_image *image, int *status_ret)
{
	struct dumped dumped = { 0 };
	struct walker walker;
	struct rw_error *err = check_options(options, inputs);

	if (!err)
		err = dumped_init(options, inputs, image, &dumped);
	if (!err)
		err = walker_init(options, rw_machine_kernel(dumped.machine), inputs->source,
				  &walker);
	if (!err) {
		struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };

		sigaction(SIGINT, &action, NULL);
		err = walk_all(&walker, &dumped);
		*status_ret = interrupted ? 130 : rw_tally_status(&walker.tally);
		if (!err && interrupted)
			fprintf(stderr, "rewalk: interrupted after %zu traces\n",
				walker.tally.traces);
		walker_deinit(&walker);
	}
	if (dumped.machine)
		warn(options, &dumped);
	dumped_deinit(&dumped);
	return err;
}
