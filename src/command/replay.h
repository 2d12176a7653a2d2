/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A case file in place of a VMLINUX and its INPUTs. */
#ifndef REWALK_COMMAND_REPLAY_H
#define REWALK_COMMAND_REPLAY_H

#include "rewalk/input.h"
#include "rewalk/replay.h"

#include "command.h"

/** A case, opened. */
struct replayed_case {
	struct rw_file file;
	struct rw_case c;
	struct rw_replay *replay;	/* owned; NULL: what was given is no case */
};

/**
 * If what stands in the place of VMLINUX is a case file, open it.  A pipe there is kept, so that
 * it can be read again if it is something else.
 *
 * @param ret  To be released with replay_close(), on failure too; ret->replay is NULL if
 *             it is something else, or cannot be read at all.
 * @return NULL; RW_ERROR_USAGE for options and INPUTs that have no meaning for a case;
 *         as rw_case_read() and rw_replay_create().
 */
struct rw_error *replay_open(struct options *options, struct replayed_case *ret);
void replay_close(struct replayed_case *replayed);

/** Walk the traces of a case that were asked for; *status_ret is the exit status. */
struct rw_error *replay_trace(const struct options *options, struct replayed_case *replayed,
			      int *status_ret);

/**
 * Call @each for the traces of a case that were asked for.
 *
 * @return NULL; RW_ERROR_MISSING if none was asked for, or one that there is not; what
 *         @each returns.
 */
struct rw_error *replay_each(const struct options *options, const struct replayed_case *replayed,
			     struct rw_error *(*each)(void *cookie, size_t index,
						      const struct rw_task *task),
			     void *cookie);

#endif
