/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one line of text says of registers; see regline.c for the formats. */
#ifndef REWALK_INPUT_REGLINE_H
#define REWALK_INPUT_REGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_logline;

enum rw_regline_format {
	RW_REGLINE_KERNEL,
	RW_REGLINE_QEMU,
	RW_REGLINE_GDB,
	RW_REGLINE_CRASH,
	RW_REGLINE_OPENOCD,
	RW_REGLINE_NR_FORMATS,
};

/** The registers that are not called by their number (see rw_reg_name()). */
enum {
	RW_REGLINE_FP = 29,
	RW_REGLINE_LR = 30,
	RW_REGLINE_SP = 31,
	RW_REGLINE_PC = 32,
	RW_REGLINE_PSTATE = 33,
};

/** A line of registers, while it is read. */
struct rw_regline {
	enum rw_regline_format format;
	const char *p, *end;
	bool terminated;
	bool narrow;		/* crash: 8 digits, for the frame of a 32-bit process */
};

enum rw_regvalue {
	RW_REGVALUE_NUMBER,
	RW_REGVALUE_SYMBOL,	/* pc or lr by name: no address */
	RW_REGVALUE_CUT,	/* the text ends within the number */
	RW_REGVALUE_SHORT,	/* fewer digits than the format prints */
	RW_REGVALUE_LONG,	/* more than 16 digits */
	RW_REGVALUE_JUNK,	/* begins as a number and goes on as something else */
	RW_REGVALUE_WORD,	/* nothing like a number */
};

/** A register and what stands behind its name. */
struct rw_regpair {
	int reg;
	enum rw_regvalue kind;
	uint64_t value;		/* RW_REGVALUE_NUMBER */
	size_t nr_digits;
	const char *word;	/* the value as it stands there, for messages */
	size_t word_size;
};

/**
 * Begin to read @line.  The formats of tools are looked for only in lines that
 * no logger wrote.
 *
 * @return False if it is no line of registers; @ret is untouched then.
 */
bool rw_regline_init(const struct rw_logline *line, struct rw_regline *ret);

/**
 * Read the next register of the line.  Words between registers are skipped.
 *
 * @return False at the end of the line.
 */
bool rw_regline_next(struct rw_regline *line, struct rw_regpair *ret);

/**
 * gdb's "p/x $pc": the register whose value the next line has.
 *
 * @return False if it is no such line; *reg_ret is untouched then.
 */
bool rw_regline_print(const struct rw_logline *line, int *reg_ret);

/** The answer to that: "$1 = 0xffff800008002da8".  False: it is none, or no number. */
bool rw_regline_answer(const struct rw_logline *line, uint64_t *ret);

struct rw_regframe {
	uint64_t fp, pc;
	const char *name;	/* of the function; not ended by a NUL */
	size_t name_size;
};

/**
 * The first frame of a task in crash's `bt`, " #0 [FP] name at ADDR": the address is
 * that of the call, 4 below the pc.
 *
 * Source: crash 9.0.2 arm64.c (arm64_print_stackframe_entry).
 */
bool rw_regline_frame(const struct rw_logline *line, struct rw_regframe *ret);

#endif
