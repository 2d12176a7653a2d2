/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of many tasks were asked for. */
#ifndef REWALK_COMMAND_CHOOSE_H
#define REWALK_COMMAND_CHOOSE_H

#include "rewalk/machine.h"

#include "command.h"

/** Is @pid in the list of -p, which was given? */
bool choose_has_pid(const struct options *options, uint32_t pid);

/** Is @comm the name of -c, which was given?  As far as a task_struct has room for it. */
bool choose_is_comm(const struct options *options, const char *comm);

/** What was asked for; else the task that panicked, else those on CPUs. */
bool choose_task(const struct options *options, const struct rw_task *task, bool any_panicked);

/**
 * Is there a task for each pid that was asked for?
 *
 * @param all             @tasks are all that there are.
 * @param incomplete_ret  One is missing, and there may be more tasks.
 * @return NULL; RW_ERROR_MISSING for one that there is not.
 */
struct rw_error *choose_check(const struct options *options, const char *source,
			      const struct rw_task *tasks, size_t nr, bool all,
			      bool *incomplete_ret);

#endif
