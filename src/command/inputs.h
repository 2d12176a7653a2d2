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

/** A text: traces are looked for as it is read, registers and memory when it was. */
struct log_input {
	struct rw_file *file;	/* borrowed from the inputs */
	struct rw_file part;	/* as much of it as registers and memory are looked for in */
	size_t nr_traces;	/* that were found in it */
	bool read;		/* for registers and memory */
	enum rw_tri kaslr_known;	/* beside a dump: what the text as a whole says */
	uint64_t kaslr;
	struct rw_error *fault;	/* of that reading; owned */
};

/** What is read at most of a pipe that is no log. */
#define INPUTS_PIPE_LIMIT ((size_t)1 << 30)

struct inputs {
	struct rw_file *files;	/* owned */
	size_t nr_files;
	struct rw_memory memory;
	struct found_regs *regs;
	size_t nr_regs;

	struct rw_dump_source *sources;	/* owned: the files of a dump */
	size_t nr_sources;

	struct log_input *logs;	/* owned: the texts */
	size_t nr_logs;

	struct text_dump *texts;	/* owned; see hexdumps.h */
	size_t nr_texts;
	struct text_bank **banks;	/* owned */
	size_t nr_banks;

	/* chosen: what the walk starts from */
	struct rw_regs start;
	const char *function;	/* that start.pc - 4 is in; NULL: not said */
	const char *source;	/* for the heading: the raw stack, else the registers */
};

/**
 * Open all inputs of @options, recognise them, and choose the registers to start
 * from (the command line's override those found).
 *
 * @param ret  To be released with inputs_deinit(), on failure too.
 */
struct rw_error *inputs_init(const struct options *options, struct inputs *ret);

/** The same in steps, for who reads traces out of the texts in between. */
struct rw_error *inputs_open(const struct options *options, struct inputs *ret);
/** Look for registers and memory in the texts. */
struct rw_error *inputs_read_logs(const struct options *options, struct inputs *inputs);
/** What was wrong with them: an error, unless there are traces in the same text. */
struct rw_error *inputs_check_logs(const struct options *options, struct inputs *inputs);

/* ---- inputregs.c ----------------------------------------------------------------- */

/** Add a set of registers that stands in the input @name, which is borrowed. */
struct rw_error *inputs_add_regs(struct inputs *inputs, const struct rw_regs_block *block,
				 const char *name);
/** The bytes of a struct user_pt_regs. */
struct rw_error *inputs_add_regs_bytes(struct inputs *inputs, const struct rw_file *file);
/** The registers of each CPU, of the notes of an ELF core. */
struct rw_error *inputs_add_regs_core(struct inputs *inputs, const struct rw_file *file,
				      struct rw_dump *dump);
/** Choose the registers that a walk starts from. */
struct rw_error *inputs_choose(const struct options *options, struct inputs *inputs);

/* ---- the others ------------------------------------------------------------------ */

/** Add a file of a dump, whose bytes and name are borrowed. */
struct rw_error *inputs_add_dump(struct inputs *inputs, const struct rw_file *file,
				 enum rw_dump_format format, uint64_t base);

void inputs_deinit(struct inputs *inputs);

#endif
