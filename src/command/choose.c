// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which of many tasks were asked for.

#include "rewalk/error.h"

#include "choose.h"

bool choose_task(const struct options *o, const struct rw_task *task, bool any_panicked)
{
	// Of pids and a name either will do; a CPU must fit besides.
	if (o->cpu >= 0 && (int)task->cpu != o->cpu)
		return false;
	if (o->all_tasks)
		return true;
	if (o->pids || o->comm)
		return (o->pids && options_has_pid(o, task->pid)) ||
		       (o->comm && options_is_comm(o, task->comm));
	if (o->cpu >= 0)
		return task->running;
	return any_panicked ? task->panicked : task->running;
}

struct rw_error *choose_check(const struct options *options, const char *source,
			      const struct rw_task *tasks, size_t nr, bool all,
			      bool *incomplete_ret)
{
	const char *list = options->pids ? options->pids : "";

	*incomplete_ret = false;
	for (unsigned long pid; options_next_pid(&list, &pid);) {
		bool found = false;

		for (size_t i = 0; i < nr; i++)
			found |= tasks[i].pid == pid;
		if (!found && all)
			return rw_error_create(RW_ERROR_MISSING, "%s: no task with pid %lu; `-a' "
					       "shows all", source, pid);
		*incomplete_ret |= !found;
	}
	return NULL;
}
