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

#include "choose.h"
#include "dump.h"
#include "printed.h"
#include "walk.h"

static volatile sig_atomic_t interrupted, walking;

/** Once while tasks are walked: what was done is printed.  Before, or twice: the end. */
static void on_interrupt(int signal)
{
	static const char text[] = "rewalk: interrupted before the first trace\n";

	(void)signal;
	if (walking && !interrupted) {
		interrupted = 1;
		return;
	}
	if (!walking && write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(STATUS_ERROR);
	_exit(STATUS_INTERRUPTED);
}

void dumped_free_lost(char **lost, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		free(lost[i]);
	free(lost);
}

struct rw_error *dumped_lost(const struct dumped *dumped, bool counted, char ***ret,
			     size_t *nr_ret)
{
	size_t nr_files, nr_lists = 0, nr = 0;
	const struct rw_dump_loss *files = rw_dump_lost(dumped->dump, &nr_files);
	const char *const *lists = dumped->machine ?
				   rw_machine_lost(dumped->machine, &nr_lists) : NULL;
	char **lost = calloc(nr_files + nr_lists + 1, sizeof(lost[0]));
	bool done = lost;

	for (size_t i = 0; done && i < nr_files; i++) {
		if (files[i].count && counted)
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
	dumped_free_lost(lost, nr);
	return &rw_enomem;
}

/** Registers in other inputs, as those of the CPUs that they name. */
static struct rw_error *give_regs(const struct inputs *inputs, struct rw_machine *machine)
{
	struct rw_error *err = NULL;

	for (size_t i = 0; !err && i < inputs->nr_regs; i++) {
		const struct found_regs *found = &inputs->regs[i];

		err = found->block.cpu < 0 ?
		      rw_error_create(RW_ERROR_USAGE, "%s: line %zu: registers beside a dump must "
				      "name their CPU, as QEMU's `info registers -a' does; leave "
				      "them out", found->name, found->block.line) :
		      rw_machine_set_regs(machine, (unsigned int)found->block.cpu,
					  &found->block.regs, found->name);
	}
	return err;
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
	return err ? err : give_regs(inputs, ret->machine);
}

void dumped_deinit(struct dumped *dumped)
{
	rw_machine_destroy(dumped->machine);
	rw_dump_destroy(dumped->dump);
}

void dumped_warn(const struct options *options, const struct dumped *dumped)
{
	char **lost;
	size_t nr;

	// What a file lacks may be why no machine was found in it.
	if (options->verbose < 0 || !dumped->dump || dumped_lost(dumped, true, &lost, &nr))
		return;
	fflush(stdout);
	for (size_t i = 0; i < nr; i++) {
		fputs("rewalk: warning: ", stderr);
		rw_print_clean(stderr, lost[i]);
		putc('\n', stderr);
	}
	dumped_free_lost(lost, nr);
}

struct rw_error *dumped_check(const struct options *o, const struct inputs *inputs)
{
	const char *what = o->has_pc ? "--pc" : o->has_fp ? "--fp" : o->has_sp ? "--sp" :
			   o->has_lr ? "--lr" :
			   o->has_start ? "--blocked, --current or --from-regs" :
			   o->has_stacks ? "--stack" : inputs->memory.nr ? "FILE@ADDR" : NULL;

	return what ? rw_error_create(RW_ERROR_USAGE, "%s: %s has no meaning for the tasks of a "
				      "dump, which have their own; leave it out", inputs->source,
				      what) :
	       NULL;
}

struct rw_error *dumped_each(const struct options *options, const struct dumped *dumped,
			     const char *source,
			     struct rw_error *(*each)(void *cookie, const struct rw_task *task),
			     void *cookie, bool *incomplete_ret)
{
	size_t nr, done = 0;
	const struct rw_task *tasks = rw_machine_tasks(dumped->machine, &nr);
	bool all = rw_machine_all_tasks(dumped->machine), any_panicked = false;

	for (size_t i = 0; i < nr; i++)
		any_panicked |= tasks[i].panicked;
	struct rw_error *err = choose_check(options, source, tasks, nr, all, incomplete_ret);
	unsigned int nr_cpus = rw_machine_nr_cpus(dumped->machine);
	if (!err && options->cpu >= 0 && (unsigned int)options->cpu >= nr_cpus)
		err = rw_error_create(RW_ERROR_MISSING, "%s: no CPU %d: the machine has %u; choose "
				      "one from 0 on", source, options->cpu, nr_cpus);
	if (err)
		return err;
	struct rw_progress progress;
	rw_progress_init(&progress, options->verbose < 0);
	for (size_t i = 0; !err && !interrupted && i < nr; i++) {
		if (choose_task(options, &tasks[i], any_panicked)) {
			err = each(cookie, &tasks[i]);
			done++;
		}
		rw_progress_show(&progress, i, nr);
	}
	rw_progress_end(&progress);
	if (!err && !done && !interrupted)
		err = rw_error_create(RW_ERROR_MISSING,
				      all ? "%s: none of its %zu tasks is the one asked for; `-a' "
					    "shows all" :
				      "%s: its list of tasks is broken off after %zu, and none of "
				      "them is the one asked for; copy the dump again", source, nr);
	*incomplete_ret |= !all && !options->pids &&
			   (options->cpu < 0 || options->all_tasks || options->comm);
	return err;
}

/** One walk of a task of a dump, and where it goes. */
struct run {
	struct walker *walker;
	struct rw_machine *machine;
};

static struct rw_error *one(void *cookie, const struct rw_task *task)
{
	struct run *run = cookie;
	struct walk walk = { .task = task, .lost = rw_machine_task_lost, .machine = run->machine };

	walk.walkable = rw_machine_unwind_input(run->machine, task, &run->walker->models[0],
						&walk.in);
	return walker_add(run->walker, &walk);
}

/** The end of a run; what was lost is known now. */
static struct rw_error *finish(struct walker *walker, const struct dumped *dumped)
{
	char **lost;
	size_t nr;

	struct rw_error *err = dumped_lost(dumped, true, &lost, &nr);
	if (err)
		return err;
	walker_finish(walker, (const char *const *)lost, nr);
	dumped_free_lost(lost, nr);
	return NULL;
}

/** The traces of texts of the same crash, each beside the replay of its task. */
static struct rw_error *print_logs(const struct options *options, struct inputs *inputs,
				   struct rw_machine *machine, struct walker *walker)
{
	const struct rw_image *image = rw_machine_kernel(machine)->image;
	struct printer printer;

	if (!image)
		return NULL;
	printer_init(&printer, options, image, true);
	printer_beside(&printer, machine, walker);
	struct rw_error *err = printer_read(&printer, inputs);
	printer_deinit(&printer);
	return err;
}

struct rw_error *dump_trace(const struct options *options, struct inputs *inputs,
			    const struct rw_image *image, int *status_ret)
{
	struct dumped dumped = { 0 };
	struct walker walker;
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };

	sigaction(SIGINT, &action, NULL);
	struct rw_error *err = dumped_check(options, inputs);

	if (!err)
		err = dumped_init(options, inputs, image, &dumped);
	if (!err)
		err = walker_init(options, rw_machine_kernel(dumped.machine), inputs->source,
				  &walker);
	if (!err) {
		struct run run = { &walker, dumped.machine };

		walking = 1;
		err = print_logs(options, inputs, dumped.machine, &walker);
		if (!err)
			err = dumped_each(options, &dumped, inputs->source, one, &run,
				  &walker.tally.incomplete);
		walker.tally.interrupted = interrupted;
		if (!err)
			err = finish(&walker, &dumped);
		*status_ret = interrupted ? STATUS_INTERRUPTED : rw_tally_status(&walker.tally);
		if (!err && interrupted)
			fprintf(stderr, "rewalk: interrupted after %zu traces\n",
				walker.tally.traces);
		walker_deinit(&walker);
	}
	dumped_warn(options, &dumped);
	dumped_deinit(&dumped);
	return err;
}
