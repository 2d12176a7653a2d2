/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task made of a few words, for the tests of the models: what the vector files
 * and the property tests walk.
 */
#ifndef REWALK_TESTS_VECTORS_H
#define REWALK_TESTS_VECTORS_H

#include "rewalk/unwind.h"

#define MAX_WORDS	4096
#define MAX_RANGES	32
#define MAX_TRACED	32
#define MAX_TRACE	8192

struct range {
	uint64_t start, end;
};

struct ranges {
	struct range r[MAX_RANGES];
	size_t nr;
};

/** Memory is the words that are listed: reading another one fails. */
struct world {
	uint64_t addr[MAX_WORDS], word[MAX_WORDS];
	size_t nr_words;
	struct ranges text, text_unknown, sym_code, sym_code_unknown, special, section;
	struct ranges ret_from_fork;	/* none: not known */
	struct rw_fgraph_entry fgraph[MAX_TRACED];
	struct rw_kretprobe kretprobes[MAX_TRACED];
	struct rw_unwind_input in;
};

struct trace {
	struct rw_entry e[MAX_TRACE];
	size_t nr;
	struct rw_unwind_result result;
};

/** Everything known, nothing there: no stacks, no tracers, pointer authentication off. */
void world_init(struct world *world);
void world_put(struct world *world, uint64_t addr, uint64_t word);
void ranges_add(struct ranges *ranges, uint64_t start, uint64_t end);
/** Walk the world; its callbacks are set up here, so that it may have been copied. */
void world_walk(struct world *world, const struct rw_model *model, struct trace *ret);

#endif
