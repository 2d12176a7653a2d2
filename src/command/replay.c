// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk trace of a case file: what was recorded is walked again.

#include <string.h>
#include <sys/stat.h>

#include "rewalk/error.h"

#include "choose.h"
#include "inputs.h"
#include "replay.h"
#include "walk.h"

/** A case has its own registers, stacks and facts. */
static struct rw_error *check_options(const struct options *o)
{
	const char *what = o->nr_inputs ? "an INPUT" : o->has_pc ? "--pc" : o->has_fp ? "--fp" :
			   o->has_sp ? "--sp" : o->has_lr ? "--lr" : o->regs ? "--regs" :
			   o->has_start ? "--blocked, --current or --from-regs" :
			   o->has_stacks ? "--stack" : o->nr_text ? "--text" :
			   o->kaslr_known == RW_YES ? "--kaslr" : o->va_bits ? "--va-bits" :
			   o->has_pac_mask ? "--pac-mask" : o->force ? "--force" : NULL;

	return what ? rw_error_create(RW_ERROR_USAGE, "%s: %s has no meaning for a case file, "
				      "which has all that a walk asks for; leave it out",
				      o->vmlinux, what) :
	       NULL;
}

struct rw_error *replay_open(struct options *options, struct replayed_case *ret)
{
	uint8_t head[4096];
	struct stat st;

	*ret = (struct replayed_case){ .replay = NULL };
	struct rw_error *err = rw_pipe_keep(options->vmlinux, INPUTS_PIPE_LIMIT, &options->vmlinux);
	if (err)
		return err;
	// What is still no file can be read only once, and may be something else.
	if (stat(options->vmlinux, &st) || !S_ISREG(st.st_mode))
		return NULL;
	err = rw_file_init(options->vmlinux, RW_CASE_MAX_SIZE, &ret->file);
	if (err) {
		// Whoever wants a VMLINUX of that name has more to say of it.
		rw_error_destroy(err);
		return NULL;
	}
	size_t size = rw_file_peek(&ret->file, head, sizeof(head));
	if (rw_content_recognise(head, size) != RW_CONTENT_CASE)
		return NULL;
	err = check_options(options);
	if (!err)
		err = rw_file_unpack(&ret->file);
	if (!err)
		err = rw_case_read(&ret->file, &ret->c);
	if (!err)
		err = rw_replay_create(&ret->c, ret->file.name, &ret->replay);
	if (!err)
		rw_replay_options(ret->replay, options->options_on, options->options_off);
	return err;
}

void replay_close(struct replayed_case *replayed)
{
	rw_replay_destroy(replayed->replay);
	rw_case_deinit(&replayed->c);
	rw_file_deinit(&replayed->file);
}

struct rw_error *replay_each(const struct options *options, const struct replayed_case *replayed,
			     struct rw_error *(*each)(void *cookie, size_t index,
						      const struct rw_task *task),
			     void *cookie)
{
	size_t nr, done = 0;
	const struct rw_task *tasks = rw_replay_tasks(replayed->replay, &nr);
	bool choose = options->pids || options->comm || options->cpu >= 0;
	bool incomplete;

	if (!nr) {
		if (choose || options->all_tasks || options->group)
			return rw_error_create(RW_ERROR_USAGE, "%s: -a, -p, -c, --cpu and --group "
					       "choose among tasks, and this is the case of a raw "
					       "stack; leave them out", replayed->file.name);
		return each(cookie, 0, NULL);
	}
	struct rw_error *err = choose_check(options, replayed->file.name, tasks, nr, true,
					    &incomplete);
	for (size_t i = 0; !err && i < nr; i++) {
		// Whoever made the case has chosen: without a word all of them are meant.
		if (choose && !choose_task(options, &tasks[i], false))
			continue;
		err = each(cookie, i, &tasks[i]);
		done++;
	}
	if (!err && !done)
		err = rw_error_create(RW_ERROR_MISSING, "%s: none of its %zu tasks is the one "
				      "asked for; `-a' shows all", replayed->file.name, nr);
	return err;
}

struct run {
	struct walker *walker;
	struct replayed_case *replayed;
};

static struct rw_error *one(void *cookie, size_t index, const struct rw_task *task)
{
	struct run *run = cookie;
	const struct rw_case_trace *trace = &run->replayed->c.traces.data[index];
	struct walk walk = {
		.task = task,
		.known_lost = trace->lost.data,
		.nr_known_lost = trace->lost.nr,
	};

	walk.walkable = rw_replay_unwind_input(run->replayed->replay, index,
					       &run->walker->models[0], &walk.in);
	return walker_add(run->walker, &walk);
}

struct rw_error *replay_trace(const struct options *options, struct replayed_case *replayed,
			      int *status_ret)
{
	struct options by_case = *options;
	struct walker walker;
	struct run run = { &walker, replayed };

	if (!by_case.model)
		by_case.model = replayed->c.replay;
	struct rw_error *err = walker_init(&by_case, rw_replay_kernel(replayed->replay),
					   replayed->file.name, &walker);
	if (err)
		return err;
	walker.tally.incomplete = replayed->c.incomplete;
	err = replay_each(&by_case, replayed, one, &run);
	if (!err) {
		walker_finish(&walker, replayed->c.lost.data, replayed->c.lost.nr);
		*status_ret = rw_tally_status(&walker.tally);
	}
	walker_deinit(&walker);
	return err;
}
