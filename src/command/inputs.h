/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The INPUT arguments of a command, joined into one picture. */
#ifndef REWALK_COMMAND_INPUTS_H
#define REWALK_COMMAND_INPUTS_H

#include "rewalk/dump.h"
#include "rewalk/input.h"
#include "rewalk/memory.h"

#include "command.h"

/** A set of registers and the input that it stands in. */
struct found_regs {
	struct rw_regs_block block;
	const char *name;	/* borrowed */
};

struct text_dump;
struct text_bank;

struct inputs {
	struct rw_file *files;	/* owned */
	size_t nr_files;
	struct rw_memory memory;
	struct found_regs *regs;
	size_t nr_regs;

	struct rw_dump_source *sources;	/* owned: the files of a dump */
	size_t nr_sources;

	struct text_dump *texts;	/* owned; see hexdumps.h */
	size_t nr_texts;
	struct text_bank **banks;	/* owned */
	size_t nr_banks;

	/* chosen: what the walk starts from */
	struct rw_regs start;
	const char *source;	/* for the heading: the raw stack, else the registers */
};

/**
 * Open all inputs of @options, recognise them, and choose the registers to start
 * from (the command line's override those found).
 *
 * @param ret  To be released with inputs_deinit(), on failure too.
 */
struct rw_error *inputs_init(const struct options *options, struct inputs *ret);

/** Add a file of a dump, whose bytes and name are borrowed. */
struct rw_error *inputs_add_dump(struct inputs *inputs, const struct rw_file *file,
				 enum rw_dump_format format, uint64_t base);

void inputs_deinit(struct inputs *inputs);

#endif
