/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the models share: the state of one walk, and the steps that several
 * generations make in the same way.  A model file has the order of its checks;
 * what stands here has no opinion on order.
 */
#ifndef REWALK_UNWIND_MODEL_H
#define REWALK_UNWIND_MODEL_H

#include "rewalk/unwind.h"

/* enum frame_record_meta types, since Linux 6.13 */
#define FRAME_META_TYPE_FINAL	1
#define FRAME_META_TYPE_PT_REGS	2

/* struct pt_regs: the same in every generation that is replayed */
#define PT_REGS_FP	232
#define PT_REGS_PC	256

#define STACK_NONE	(-1)

/** What is left of a stack in the generations that consume ranges (6.1 on). */
struct stack_range {
	uint64_t low, high;
	int8_t type;		/* STACK_NONE: unusable */
	bool assumed;		/* its bounds are not known: they were assumed at first use */
	enum rw_tri usable;
};

struct unwind {
	const struct rw_model *model;
	const struct rw_unwind_input *in;
	rw_consume_fn consume;
	void *cookie;
	struct rw_unwind_result *res;

	uint64_t final;		/* the final record's address, if it is known */
	bool has_final;

	/* the frame that will be consumed next */
	uint64_t pc, fp, record;
	enum rw_source source;
	int8_t stack;
	bool fgraph, kretprobe, untranslated, bad;
	bool pac_doubt;		/* pc would differ if PAC were (or were not) removed */

	/* generations with stacks_done: up to 6.0, and the series */
	unsigned int stacks_done;	/* bit n: enum rw_stack_type n was left */
	uint64_t prev_fp;
	int8_t prev_type;
	uint64_t floor;			/* nothing below it can be read any more */

	/* generations that consume ranges */
	struct stack_range cur;
	struct stack_range stacks[RW_NR_STACKS];

	/* tracers */
	size_t graph;			/* entries used, or the cursor: see fgraph.c */
	size_t kr_next;			/* the instance after the cursor */
	bool fgraph_doubt, kretprobe_doubt;	/* an earlier lookup could not be made */

	/* the judgement */
	bool beyond;			/* the deciding walk is over */
	bool ignore_failed;		/* a failed step does not count against the trace */
	bool doubtful;			/* what follows holds in one of several branches only */
	struct rw_reason decision;
	struct rw_reason missing[RW_MAX_REASONS];
	size_t nr_missing;
};

/* models.c */

/** What kernels have had, as far as a walk can tell one from the other. */
enum { UNWIND_NR_LAYOUTS = 2 };
extern const struct rw_layout unwind_layouts[UNWIND_NR_LAYOUTS];

/* walk.c */

/** Hand the current frame to the consumer.  False: it said stop, or its limit is reached. */
bool unwind_consume(struct unwind *w);

/** The verdict is unreliable, for a reason found at entry @frame.  The first one stands. */
void unwind_decide(struct unwind *w, enum rw_reason_code code, size_t frame, uint64_t address);

/** A step failed: as unwind_decide() at the entry consumed last, and the walk ends. */
bool unwind_fail(struct unwind *w, enum rw_reason_code code, uint64_t address);

/** A fact is missing that matters for entry @frame. */
void unwind_missing(struct unwind *w, enum rw_reason_code code, enum rw_detail detail,
		    size_t frame, uint64_t address);

/** Read a word; false: it is missing, which is noted, and the walk cannot go on. */
bool unwind_read(struct unwind *w, uint64_t addr, uint64_t *ret);

/** Read the two words of the frame record at @record, as unwind_read() would. */
bool unwind_read_record(struct unwind *w, uint64_t record, uint64_t *fp_ret, uint64_t *pc_ret);

/** The index of the entry consumed last; 0 if there is none. */
size_t unwind_last(const struct unwind *w);

/** Set pc, fp and source from the input's start. */
void unwind_start(struct unwind *w);

/** Begin a new frame whose record is at @record on @stack. */
void unwind_new_frame(struct unwind *w, uint64_t record, int8_t stack);

enum rw_tri unwind_is_text(struct unwind *w, uint64_t pc);
/** Would the kernel find @pc in its table? */
enum rw_tri unwind_in_sym_code(const struct unwind *w, uint64_t pc);

/** fp == the final record's address; unknown where the task stack is and it could be. */
enum rw_tri unwind_at_final(const struct unwind *w, uint64_t fp);

/** fp is the final record, by its address: the walk has come to its proper end. */
bool unwind_ends_at_final(struct unwind *w);

/** May this walk start?  From 6.1 on a struct pt_regs is only taken of the current task. */
bool unwind_may_start(struct unwind *w);

/** consume, next, until either says stop; a full buffer counts against the trace. */
void unwind_loop(struct unwind *w, bool (*next)(struct unwind *w));

/**
 * Read the record at fp, which was checked, and make it the current frame; go over an
 * exception boundary if the layout has one there that the model has no rule for.
 */
bool unwind_next_record(struct unwind *w);

/* stacks.c: who may use which stack, and the two ways to keep track of them */

/**
 * The tests that every step of the generations with stacks_done makes before it reads:
 * alignment, accessibility of @size bytes, stack not left before, strictly upwards.
 */
bool unwind_check_record(struct unwind *w, uint64_t align_mask, uint64_t size);

/** Set up the ranges of the generations that consume them. */
void unwind_setup_ranges(struct unwind *w);
/** The range that holds [@addr, @addr + @size): &w->cur, one of w->stacks, or NULL. */
struct stack_range *unwind_find_range(struct unwind *w, uint64_t addr, uint64_t size);
/** Nothing below @addr + @size can be read again; a range that is entered replaces the old one. */
void unwind_consume_range(struct unwind *w, struct stack_range *range, uint64_t addr,
			  uint64_t size);
/** What failed when no range holds @addr: was it on a usable stack at the beginning? */
enum rw_reason_code unwind_off_range(const struct unwind *w, uint64_t addr);

/* pac.c */

/** @pc without its pointer authentication code, as far as this kernel removes it. */
uint64_t unwind_strip(const struct unwind *w, uint64_t pc, bool *doubt_ret);

/** @pc as the kernel's own return-address macro hands it to a walk of current. */
uint64_t unwind_strip_caller(const struct unwind *w, uint64_t pc, bool *doubt_ret);

/* fgraph.c, kretprobe.c: false if the walk must stop there, which is noted */

/** 5.10 … 5.15 and rfc-v1 … v10: the n-th return_to_handler takes the n-th newest entry. */
bool unwind_recover_fgraph_index(struct unwind *w);
/** 5.16 … 6.10 and rfc-v11 on: the oldest entry whose retp is fp. */
bool unwind_recover_fgraph_retp(struct unwind *w);
/** 6.11 on: newest first, with a cursor that never goes back. */
bool unwind_recover_fgraph_shadow(struct unwind *w);
/** Does return_to_handler stand in the place of a return address that can be looked up? */
enum rw_tri unwind_fgraph_applies(struct unwind *w, uint64_t pc);
/** The entry that is @index places below the newest; NULL if it does not exist. */
const struct rw_fgraph_entry *unwind_fgraph_entry(const struct unwind *w, size_t index);

/** 5.16 on and rfc-v11 on; @zero_check: an instance that is not found fails the walk. */
bool unwind_recover_kretprobe(struct unwind *w, bool zero_check);

/* metadata.c: exception boundaries that the layout brings, for rules that know none */

enum unwind_boundary {
	BOUNDARY_NONE,		/* an ordinary record */
	BOUNDARY_REGS,		/* pc and fp come from the struct pt_regs around the record */
	BOUNDARY_STOP,		/* its memory is missing, or it does not fit: noted */
};

/**
 * The record of two zeros at @fp in a layout with metadata records, for a model that has
 * no rule for it: if it is that of a struct pt_regs, step to the interrupted frame.
 */
enum unwind_boundary unwind_step_boundary(struct unwind *w, uint64_t fp, int8_t stack);

/* the models, one function per file and shape */
void rw_walk_linux_5_10(struct unwind *w);
void rw_walk_linux_5_14(struct unwind *w);
void rw_walk_linux_5_16(struct unwind *w);
void rw_walk_linux_6_1(struct unwind *w);
void rw_walk_linux_6_8(struct unwind *w);
void rw_walk_linux_6_11(struct unwind *w);
void rw_walk_linux_6_13(struct unwind *w);
void rw_walk_linux_6_17(struct unwind *w);
void rw_walk_rfc_v1(struct unwind *w);
void rw_walk_rfc_v3(struct unwind *w);
void rw_walk_rfc_v4(struct unwind *w);
void rw_walk_rfc_v6(struct unwind *w);
void rw_walk_rfc_v7(struct unwind *w);
void rw_walk_rfc_v9(struct unwind *w);
void rw_walk_rfc_v11(struct unwind *w);
void rw_walk_rfc_v12(struct unwind *w);
void rw_walk_rfc_v14(struct unwind *w);
void rw_walk_rfc_v16(struct unwind *w);

#endif
