/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks recorded and walked again.  A recorder asks every model about a stack and keeps
 * what they asked for; a replay gives a walk the same answers without an image and
 * without a dump.  What was not asked for is not known to it.
 */
#ifndef REWALK_REPLAY_H
#define REWALK_REPLAY_H

#include "rewalk/case.h"
#include "rewalk/machine.h"

struct rw_error;
struct rw_recorder;
struct rw_replay;

/* ---- recording ------------------------------------------------------------------ */

/**
 * Begin a case of @kernel, which must outlive the recorder.
 *
 * @param model   Whose walks tell what was lost; NULL: the kernel's own.
 * @param redact  Keep no word of a stack but those that a model reads; else stacks are
 *                kept from the lowest of these upwards.
 * @param ret     Owned by the caller, for rw_recorder_destroy(); untouched on failure.
 * @return NULL or &rw_enomem.
 */
struct rw_error *rw_recorder_create(const struct rw_kernel *kernel,
				    const struct rw_model *model, bool redact,
				    struct rw_recorder **ret);

/** NULL is accepted. */
void rw_recorder_destroy(struct rw_recorder *recorder);

/**
 * Record a walk by all models.
 *
 * @param task     NULL: a raw stack.
 * @param in       As rw_machine_unwind_input() fills it in; what belongs to a model is
 *                 filled in for each.
 * @param machine  The task's, which knows what was lost; NULL: nothing was.
 * @return NULL or &rw_enomem.
 */
struct rw_error *rw_recorder_walk(struct rw_recorder *recorder, const struct rw_task *task,
				  enum rw_walkable walkable, const struct rw_unwind_input *in,
				  struct rw_machine *machine);

/** Add what was lost to the last trace. */
struct rw_error *rw_recorder_lost(struct rw_recorder *recorder, const char *const *lost,
				  size_t nr);

/**
 * The case so far: the facts of the kernel, as far as the walks asked for them.  The
 * caller may fill in writer, replay, lost and incomplete.
 *
 * @param ret  Borrowed from the recorder until its next use.
 * @return NULL or &rw_enomem.
 */
struct rw_error *rw_recorder_case(struct rw_recorder *recorder, struct rw_case **ret);

/* ---- replaying ------------------------------------------------------------------ */

/**
 * Take a case for what it says.
 *
 * @param name  Of its file, for messages.  It and @c must outlive @ret.
 * @param ret   Owned by the caller, for rw_replay_destroy(); untouched on failure.
 * @return NULL; RW_ERROR_FORMAT for a word that means nothing, too many ranges, or words
 *         that overlap and differ; RW_ERROR_UNSUPPORTED for a model that this version
 *         does not know; &rw_enomem.
 */
struct rw_error *rw_replay_create(const struct rw_case *c, const char *name,
				  struct rw_replay **ret);

/** NULL is accepted. */
void rw_replay_destroy(struct rw_replay *replay);

/** Set options of models, of enum rw_model_option, over those that the case was given. */
void rw_replay_options(struct rw_replay *replay, unsigned int on, unsigned int off);

/** It has no image, and names for what was on the stacks only. */
const struct rw_kernel *rw_replay_kernel(const struct rw_replay *replay);

/** The tasks, one for each trace of the case; none: the only trace is of a raw stack. */
const struct rw_task *rw_replay_tasks(const struct rw_replay *replay, size_t *nr_ret);

/** Fill in the walk of the trace at @index, as rw_machine_unwind_input() does. */
enum rw_walkable rw_replay_unwind_input(struct rw_replay *replay, size_t index,
					const struct rw_model *model,
					struct rw_unwind_input *ret);

#endif
