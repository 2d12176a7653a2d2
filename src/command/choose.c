// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which of many tasks were asked for.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"

#include "choose.h"

bool choose_is_comm(const struct options *options, const char *comm)
{
	enum { TASK_COMM_LEN = 16 };	// with the NUL

	return !strncmp(options->comm, comm, TASK_COMM_LEN - 1);
}

/** The next number of a list of -p, which *list is moved behind.  False: there is none. */
static bool next_pid(const char **list, unsigned long *ret)
{
	while (**list) {
		const char *word = *list;
		char *end;

		*ret = strtoul(word, &end, 10);
		*list = *end ? end + 1 : end;
		if (end != word)
			return true;
	}
	return false;
}

bool choose_has_pid(const struct options *options, uint32_t pid)
{
	const char *list = options->pids;

	for (unsigned long one; next_pid(&list, &one);)
		if (one == pid)
			return true;
	return false;
}

bool choose_task(const struct options *o, const struct rw_task *task, bool any_panicked)
{
	// Of pids and a name either will do; a CPU must fit besides.
	if (o->cpu >= 0 && (int)task->cpu != o->cpu)
		return false;
	if (o->all_tasks)
		return true;
	if (o->pids || o->comm)
		return (o->pids && choose_has_pid(o, task->pid)) ||
		       (o->comm && choose_is_comm(o, task->comm));
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
	for (unsigned long pid; next_pid(&list, &pid);) {
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
