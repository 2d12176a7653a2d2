/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks on their way through one model, or all of them, to the output. */
#ifndef REWALK_COMMAND_WALK_H
#define REWALK_COMMAND_WALK_H

#include "command.h"
#include "pager.h"

struct walker {
	const struct options *options;	/* borrowed, as are the next two */
	const struct rw_kernel *kernel;
	const char *source;
	const struct rw_model *models;	/* those to walk by */
	size_t nr_models;
	const char *why;
	struct rw_output out;
	struct pager pager;
	struct rw_groups *groups;	/* NULL: each trace on its own */
	struct rw_tally tally;
	struct rw_tally *by_model;	/* of each of @models; NULL if there is one */
	size_t printed;
};

/**
 * Choose the model and the output, and start the pager.
 *
 * @param ret  To be released with walker_deinit(); untouched on failure.
 * @return NULL; RW_ERROR_USAGE or RW_ERROR_MISSING where there is no such model, or
 *         no kernel to tell it by; &rw_enomem.
 */
struct rw_error *walker_init(const struct options *options, const struct rw_kernel *kernel,
			     const char *source, struct walker *ret);
void walker_deinit(struct walker *walker);

/** Go on with another picture of the same kernel.  False: no memory, nothing changed. */
bool walker_use(struct walker *walker, const struct rw_kernel *kernel, const char *source);

/** An empty line between the traces of a text output. */
void walker_separate(struct walker *walker);

/** A stack to walk, or why it cannot be walked. */
struct walk {
	const struct rw_task *task;	/* NULL: a raw stack */
	enum rw_walkable walkable;
	struct rw_unwind_input in;	/* what belongs to a model is filled in for each */
	/** What the dump lacks, asked when the walk is done.  NULL: what is known of it. */
	const char *const *(*lost)(struct rw_machine *machine, size_t *nr_ret);
	struct rw_machine *machine;
	const char *const *known_lost;
	size_t nr_known_lost;
};

/** Walk one stack by each of the models, count the verdicts, print what is wanted. */
struct rw_error *walker_add(struct walker *walker, const struct walk *walk);

/** Print what was kept until the end, the counts, and in JSON what was lost in all. */
void walker_finish(struct walker *walker, const char *const *lost, size_t nr_lost);

#endif
