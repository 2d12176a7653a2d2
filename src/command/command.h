/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands: each takes its arguments to an exit status. */
#ifndef REWALK_COMMAND_H
#define REWALK_COMMAND_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "rewalk/kernel.h"
#include "rewalk/output.h"

struct inputs;
struct rw_error;

/** Exit statuses, as in the man page. */
#define STATUS_OK		0
#define STATUS_UNRELIABLE	1
#define STATUS_ERROR		2
#define STATUS_UNDETERMINED	3
#define STATUS_INTERRUPTED	130

#define MAX_TEXT	4096

/** The arguments that a command takes besides its options. */
enum takes {
	TAKES_NOTHING,
	TAKES_VMLINUX,		/* and only that */
	TAKES_INPUTS,		/* VMLINUX [INPUT...] */
};

/** What the commands' options say; each command offers the ones that fit. */
struct options {
	const struct argp *argp;	/* the command's own */
	enum takes takes;

	/* VMLINUX and the INPUTs */
	const char *vmlinux;			/* NULL: none, after command_image() */
	const char **inputs;
	size_t nr_inputs;

	/* which tasks of a dump */
	bool all_tasks, group, force;
	const char *pids, *comm;

	/* registers and start */
	bool has_pc, has_fp, has_sp, has_lr;
	uint64_t pc, fp, sp, lr;
	const char *regs;
	int cpu;			/* -1: not said */
	bool has_start;
	enum rw_start start;

	/* the kernel */
	const char *model;		/* NULL: auto */
	unsigned int options_on, options_off;	/* of the model: enum rw_model_option */
	enum rw_tri kaslr_known;
	uint64_t kaslr;
	uint8_t va_bits;
	bool has_pac_mask;
	uint64_t pac_mask;
	struct rw_stack stacks[RW_NR_STACKS];
	bool has_stacks;
	struct rw_text_range *text;	/* owned */
	char **text_names;		/* owned: what text[i].name points to */
	size_t nr_text;

	/* the output */
	enum rw_format format;
	unsigned int verdicts;		/* bit n: enum rw_verdict n is shown; 0: all */
	uint64_t limit;
	int verbose;			/* -1: quiet */
	enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
	bool no_pager;
	bool lines;			/* source lines are printed */
	const char **modules;		/* owned: folders of debug files */
	size_t nr_modules;

	/* export */
	const char *output;		/* "-": standard output */
	bool redact;
};

/** @argp is the command's, whose parser is options_parse(), or calls it. */
void options_init(struct options *options, const struct argp *argp, enum takes takes);
void options_deinit(struct options *options);

/** The parser of a command's argp: arguments, and what must hold at their end. */
error_t options_parse(int key, char *arg, struct argp_state *state);

/** Make @arg the INPUT number @at, before those that are there.  False without memory. */
bool options_add_input(struct options *options, const char *arg, size_t at);

/* argp children; their input is the struct options */
extern const struct argp options_registers;
extern const struct argp options_tasks;
extern const struct argp options_kernel;
extern const struct argp options_format;
extern const struct argp options_output;

/**
 * Print the one line of an error, which is destroyed.
 *
 * @return STATUS_ERROR, to be returned.
 */
int command_error(struct rw_error *err);

/**
 * A command all of whose work @run does, with what its arguments say.
 *
 * @param run  What it opens through its parameters is closed behind it.
 * @return The exit status.
 */
int command_run(const struct argp *argp, enum takes takes,
		struct rw_error *(*run)(struct options *options, struct inputs *inputs,
					struct rw_image **image), int argc, char **argv);

/** Is this stream written in colours? */
bool command_color(const struct options *options, FILE *file);

/**
 * What the options say of the kernel; the text is borrowed from @options.
 *
 * @return NULL; RW_ERROR_USAGE for a --pac-mask that is none.
 */
struct rw_error *command_facts(const struct options *options, struct rw_kernel_facts *ret);

/**
 * Open VMLINUX.  What is an input by its form or its content, a dump for one, is no
 * VMLINUX: it becomes the first INPUT, and there is none.
 *
 * @param ret  Owned by the caller; NULL if there is no VMLINUX.
 */
struct rw_error *command_image(struct options *options, struct rw_image **ret);

/** The error of a command that has no use for its inputs without a VMLINUX. */
struct rw_error *command_no_image(const struct options *options);

/** The kernel that the options tell, once the registers are known. */
struct rw_error *command_kernel(const struct options *options, const struct rw_image *image,
				uint64_t pc, struct rw_kernel *ret);

/** The model that was asked for, else the kernel's own; @why_ret is borrowed from @kernel. */
struct rw_error *command_model(const struct options *options, const struct rw_kernel *kernel,
			       const struct rw_model **ret, const char **why_ret);

/** Is the model that was asked for "auto", "all" or a model's name? */
struct rw_error *command_check_model(const struct options *options);

/** "rewalk 0.1 (with …, without …)" */
void command_version(FILE *file, struct argp_state *state);

int command_trace(int argc, char **argv);
int command_ranges(int argc, char **argv);
int command_info(int argc, char **argv);
int command_models(int argc, char **argv);
int command_export(int argc, char **argv);

#endif
