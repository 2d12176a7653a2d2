/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traces printed in texts, on their way to the output. */
#ifndef REWALK_COMMAND_PRINTED_H
#define REWALK_COMMAND_PRINTED_H

#include "rewalk/printed.h"

#include "inputs.h"
#include "walk.h"

struct printer {
	const struct options *options;	/* borrowed, as is the next */
	const struct rw_image *image;
	struct rw_kernel kernel;	/* at link addresses */
	struct walker own, *walker;	/* which, once there is one; else NULL */
	bool has_kernel;
	struct rw_machine *machine;	/* borrowed: a dump of the same crash; NULL */
	const char *source;		/* of the text that is being read */
	size_t nr_traces;
	struct rw_printed_log log;	/* of all texts together */
	bool misfit_said, banner_said;
	bool other_boot;		/* the text at hand is not of the dump's boot */
	bool live;			/* the text comes out of a pipe */
	bool passes;			/* --format kernel: the texts are printed as they are */
	bool passing;			/* they are being printed */
	struct {
		char *data;
		size_t nr, capacity;
	} held;				/* until it is known that there is a trace */
};

/** @with_memory: there is a stack to walk as well, and the texts are only for that. */
void printer_init(struct printer *printer, const struct options *options,
		  const struct rw_image *image, bool with_memory);
void printer_deinit(struct printer *printer);

/**
 * For texts beside a dump: each trace is compared with the task's in @machine, and goes
 * to @walker, which is the dump's.  Both are borrowed.
 */
void printer_beside(struct printer *printer, struct rw_machine *machine, struct walker *walker);

/** Count the traces of all texts, which are read whole; nothing is printed. */
struct rw_error *printer_count(struct inputs *inputs);

/** Read all texts of the inputs and print their traces as they come. */
struct rw_error *printer_read(struct printer *printer, struct inputs *inputs);

/** If all that there is are traces of another architecture: an error; else NULL. */
struct rw_error *printer_foreign(const struct printer *printer, const struct inputs *inputs);

/** Print the counts; *status_ret is the exit status. */
struct rw_error *printer_finish(struct printer *printer, const struct inputs *inputs,
				int *status_ret);

#endif
