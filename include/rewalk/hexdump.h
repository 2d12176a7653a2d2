/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hex dumps: memory that a tool printed, out of a text that may hold several, of
 * several tools, with anything else in between.  What is not there is a hole.
 */
#ifndef REWALK_HEXDUMP_H
#define REWALK_HEXDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_error;
struct rw_hexdump;

/** Where in a text the bytes from @addr on stand, up to the next place. */
struct rw_place {
	uint64_t addr;
	size_t line;		/* from 1 */
};

/** What the addresses of a dump are. */
enum rw_hexdump_space {
	RW_HEXDUMP_VIRTUAL,
	RW_HEXDUMP_PHYSICAL,
	RW_HEXDUMP_OFFSET,	/* in a file: xxd, hexdump, od */
};

/** Memory without a gap, out of one dump or several that join. */
struct rw_hexdump_span {
	enum rw_hexdump_space space;
	uint64_t addr;
	const uint8_t *bytes;
	size_t size;
	const struct rw_place *places;	/* by address; the first is that of @addr */
	size_t nr_places;
	const char *tool;	/* static: of its first byte */
};

/**
 * A word that was printed as a symbol, or as something that tells even less; its 8
 * bytes are a hole in the spans.
 */
struct rw_hexdump_name {
	uint64_t addr;
	const char *name;	/* NULL: nothing tells the word */
	uint64_t off;		/* behind the symbol */
	size_t line;
};

/** What was taken for a dump, and what had to be decided for it. */
struct rw_hexdump_note {
	size_t line, last_line;
	const char *tool;	/* static */
	const char *words;	/* static: "bytes in memory order", "little-endian values" */
	const char *why;	/* static: what told it, NULL if the format does */
};

/** @ret is owned by the caller, for rw_hexdump_destroy(). @return NULL or &rw_enomem. */
struct rw_error *rw_hexdump_create(struct rw_hexdump **ret);

/** NULL is accepted. */
void rw_hexdump_destroy(struct rw_hexdump *dump);

/**
 * Read the next line of the text, without its newline.  Prompts, and the prefixes
 * of loggers and mails, may stand before it.
 *
 * @param number  Its number, from 1, for messages.
 * @return NULL; RW_ERROR_FORMAT for a row that goes on from the one before it, and has a
 *         word that is none; &rw_enomem.
 */
struct rw_error *rw_hexdump_line(struct rw_hexdump *dump, const char *text, size_t size,
				 size_t number);

/**
 * End the text and join what was found.  Nothing can be read afterwards.
 *
 * @param base   Where offset 0 of dumps with offsets stood, in @space; they are left
 *               out where @space is RW_HEXDUMP_OFFSET (see rw_hexdump_baseless()).
 * @return NULL; RW_ERROR_MISMATCH for two rows that disagree about a byte, with the
 *         lines of both; RW_ERROR_FORMAT where it cannot be told how offsets are to
 *         be read, or rows that repeat stand for too much; RW_ERROR_USAGE if the
 *         addresses wrap, or a base was given and a dump has addresses of its own;
 *         &rw_enomem.
 */
struct rw_error *rw_hexdump_finish(struct rw_hexdump *dump, enum rw_hexdump_space space,
				   uint64_t base);

/** Everything below is borrowed from @dump, and there after rw_hexdump_finish(). */

/** Virtual ones first, each by address. */
const struct rw_hexdump_span *rw_hexdump_spans(const struct rw_hexdump *dump, size_t *nr_ret);

/** By address; of one that was printed twice, both. */
const struct rw_hexdump_name *rw_hexdump_names(const struct rw_hexdump *dump, size_t *nr_ret);

const struct rw_hexdump_note *rw_hexdump_notes(const struct rw_hexdump *dump, size_t *nr_ret);

/**
 * The first line of a dump that was left out for lack of a base; 0 if there is none.
 * One in lines that a logger wrote does not count.
 */
size_t rw_hexdump_baseless(const struct rw_hexdump *dump);

/** How many lines were rows of dumps, or belonged to them. */
size_t rw_hexdump_nr_rows(const struct rw_hexdump *dump);

/** Where nothing was found: what a line is that may have been meant, or NULL. */
const char *rw_hexdump_hint(const struct rw_hexdump *dump, size_t *line_ret);

#endif
