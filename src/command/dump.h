/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traces of the tasks of a dump. */
#ifndef REWALK_COMMAND_DUMP_H
#define REWALK_COMMAND_DUMP_H

#include "inputs.h"

struct rw_machine;
struct rw_task;

/** A dump, and the machine that it is of. */
struct dumped {
	struct rw_dump *dump;		/* owned */
	struct rw_machine *machine;	/* owned; NULL if the dump cannot be used */
};

/**
 * Open the dump among @inputs and learn its machine.
 *
 * @param ret  To be released with dumped_deinit(), on failure too.
 * @return NULL; RW_ERROR_USAGE for facts that cannot be; as rw_dump_create() and
 *         rw_machine_create().
 */
struct rw_error *dumped_init(const struct options *options, const struct inputs *inputs,
			     const struct rw_image *image, struct dumped *ret);
void dumped_deinit(struct dumped *dumped);

/**
 * What the files and the kernel's lists lack, each said once, as far as it is known now.
 *
 * @param counted  Say how many reads met it.
 * @param ret      For dumped_free_lost().
 * @return NULL or &rw_enomem.
 */
struct rw_error *dumped_lost(const struct dumped *dumped, bool counted, char ***ret,
			     size_t *nr_ret);
void dumped_free_lost(char **lost, size_t nr);

/** The tasks of a dump have their own registers and stacks: none may be given. */
struct rw_error *dumped_check(const struct options *options, const struct inputs *inputs);

/** Say what the dump lacks, once each, on standard error. */
void dumped_warn(const struct options *options, const struct dumped *dumped);

/**
 * Call @each for the tasks that were asked for, until an interrupt (SIGINT) is seen.
 *
 * @param source          The dump, for messages.
 * @param incomplete_ret  There may be more of them than were found.
 * @return NULL; RW_ERROR_MISSING if none was asked for, or one that there is not; what
 *         @each returns.
 */
struct rw_error *dumped_each(const struct options *options, const struct dumped *dumped,
			     const char *source,
			     struct rw_error *(*each)(void *cookie, const struct rw_task *task),
			     void *cookie, bool *incomplete_ret);

/** Walk the tasks of a dump that were asked for; *status_ret is the exit status. */
struct rw_error *dump_trace(const struct options *options, struct inputs *inputs,
			    const struct rw_image *image, int *status_ret);

#endif
