/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hex dumps in the texts among the INPUTs. */
#ifndef REWALK_COMMAND_HEXDUMPS_H
#define REWALK_COMMAND_HEXDUMPS_H

#include "rewalk/hexdump.h"

#include "inputs.h"

/** A word that a dump has as a symbol, once it is known what that is. */
struct text_word {
	struct rw_place place;
	uint8_t bytes[8];
};

/** A text's hex dumps, as they are kept until the end. */
struct text_dump {
	struct rw_hexdump *dump;	/* owned */
	const char *name;		/* borrowed: of its file */
	struct text_word *words;	/* owned */
};

/** Physical memory out of a text: the file that a dump is made of. */
struct text_bank {
	struct rw_file file;	/* its bytes are those of the hex dump; its name is owned */
	uint64_t addr;
};

/** Does this file begin with a hex dump, for the most part? */
bool hexdumps_begin(const struct rw_file *file);

/**
 * Read the hex dumps of a text and add their virtual memory to the inputs.
 *
 * @param space, base  As for rw_hexdump_finish().
 * @param nr_ret       How many lines of the text belong to hex dumps.
 */
struct rw_error *hexdumps_add(const struct options *options, struct inputs *inputs,
			      const struct rw_file *file, enum rw_hexdump_space space,
			      uint64_t base, size_t *nr_ret);

/** Nothing is in the last text: the error that says so, with what may have been meant. */
struct rw_error *hexdumps_nothing(const struct inputs *inputs, bool at_address);

/**
 * All inputs are there: make banks of RAM of physical memory, if there is a dump that
 * they can be part of, or nothing else.
 */
struct rw_error *hexdumps_banks(const struct options *options, struct inputs *inputs);

/**
 * Put the values of symbols where dumps have these in place of words.  One that the kernel
 * does not have exactly once, or whose run-time address is not known, stays a hole.
 */
struct rw_error *hexdumps_resolve(const struct options *options, struct inputs *inputs,
				  const struct rw_kernel *kernel);

/**
 * As rw_memory_extent(), where the words that a dump has as symbols are no gap: the dump
 * does have their places.
 */
bool hexdumps_extent(const struct inputs *inputs, uint64_t addr, uint64_t *start_ret,
		     uint64_t *end_ret);

/** Is the byte at @addr in memory, or in such a word? */
bool hexdumps_cover(const struct inputs *inputs, uint64_t addr);

void hexdumps_deinit(struct inputs *inputs);

#endif
