/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks made at random: from a plan, a few numbers, to what a walk reads. */
#ifndef REWALK_PROPERTY_SCENE_H
#define REWALK_PROPERTY_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/unwind.h"

enum {
	STACK_SIZE = 4096, NR_WORDS = STACK_SIZE / 8,
	MAX_FRAMES = 20, MAX_ENTRIES = 8192, MAX_MODELS = 64,
	NR_TEXT = 4,
};

enum fault {
	FAULT_NONE,
	FAULT_MISALIGNED, FAULT_OFF_STACK, FAULT_BACK, FAULT_ZERO, FAULT_JUNK, FAULT_FAKE_FINAL,
	FAULT_BAD_TYPE, FAULT_OTHER_STACK, FAULT_FINAL_EARLY,
	FAULT_LR_DATA, FAULT_LR_ASM, FAULT_LR_ZERO, FAULT_LR_HANDLER, FAULT_LR_TRAMPOLINE,
	NR_FAULTS,
};

/** Signed by a kernel that removes it, or by one that does not, which is a fault. */
enum pac { PAC_NONE, PAC_REMOVED, PAC_NOT_BUILT, PAC_NO_HARDWARE, PAC_TOO_WIDE, NR_PAC };

/** Bit n of a mask is about frame n; frame 0 is the start. */
struct plan {
	uint64_t seed;		/* of what the fields below do not say */
	uint64_t shift;		/* all addresses are moved by this, a multiple of 64 KiB */
	uint8_t layout;		/* into layout_models */
	uint8_t va_bits;
	uint8_t frames, start;
	uint8_t other, other_frames;	/* the chain begins on this stack; 0: on the task's */
	uint8_t exception_at;	/* record n is that of a struct pt_regs; 0: none */
	uint8_t fault, fault_at;
	uint8_t zero_end;	/* the last record's fp is 0, as before 5.14; 2: in ret_from_fork */
	uint8_t pac;		/* return addresses are signed: enum pac */
	uint8_t context;	/* bits: what current's CPU does, beside what other needs */
	uint8_t limit;
	uint8_t no_vectors;	/* in_el1_entry is not there */
	uint32_t fgraph, kretprobe, assembly, data, module, init;
};

struct range {
	uint64_t start, end;
	enum rw_tri is;
};

struct words {
	uint64_t low;
	uint64_t word[NR_WORDS];
	bool known[NR_WORDS];
};

/** A plan carried out: what the callbacks of the walk look at. */
struct scene {
	struct words stacks[RW_NR_STACKS];
	struct range text[NR_TEXT];
	bool lists_unknown;
	bool table_unknown, assembly_unknown;	/* which code is in the SYM_CODE table */
	bool slide_unknown;	/* no address of the image is known */
	bool needs_image;	/* a trampoline is not known, though the rest of the image is */
	uint64_t base;
	struct rw_fgraph_entry fgraph[MAX_FRAMES + 1];
	struct rw_kretprobe kretprobes[MAX_FRAMES + 1];
	uint64_t chain[2 * MAX_FRAMES + 8];	/* addresses of the words that a walk reads */
	size_t nr_chain;
	struct rw_unwind_input in;
};

struct walk {
	struct rw_entry e[MAX_ENTRIES];
	size_t nr;
	struct rw_unwind_result result;
};

/** The models whose layouts there are. */
#define NR_LAYOUTS 3
extern const char *const layout_models[NR_LAYOUTS];

/** Draw the plan of @seed (plan.c). */
void plan_draw(struct plan *p, uint64_t seed);

/** Carry the plan out. */
void scene_build(const struct plan *p, struct scene *s);

/** A word of it.  False: it is missing; @ret is untouched then. */
bool scene_read(const struct scene *s, uint64_t addr, uint64_t *ret);

/** Walk it by @model. */
void scene_walk(const struct scene *s, const struct rw_model *model, bool need_reliable,
		struct walk *ret);

#endif
