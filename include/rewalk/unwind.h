/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk: a model (one generation of the kernel's unwinder) replayed over the
 * facts of one task.  It reads memory through one function, hands entries to one
 * consumer, allocates nothing, looks up no symbol and prints nothing.
 *
 * Rules and layout are two things.  The layout (struct rw_layout) is the image's:
 * where records and struct pt_regs lie.  The rules are the model's: the order of
 * checks, what is consumed, what is reliable.  Every model runs on every layout.
 */
#ifndef REWALK_UNWIND_H
#define REWALK_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/tri.h"

struct unwind;	/* the state of one walk, private to the models */

/* ---- what the walk is told ------------------------------------------------ */

enum rw_stack_type {
	RW_STACK_TASK,
	RW_STACK_IRQ,
	RW_STACK_OVERFLOW,
	RW_STACK_SDEI_NORMAL,
	RW_STACK_SDEI_CRITICAL,
	RW_STACK_EFI,
	RW_NR_STACKS,
};

/** A stack, [@low, @high).  The bounds mean something only if @exists is RW_YES. */
struct rw_stack {
	uint64_t low, high;
	enum rw_tri exists;	/* RW_UNKNOWN: there may be one, its bounds are not known */
};

enum rw_start {
	RW_START_BLOCKED,	/* another task: thread.cpu_context */
	RW_START_CURRENT,	/* the current task, from the caller of the walker */
	RW_START_REGS,		/* from a struct pt_regs */
};

/** Where the things of a walk lie in this kernel's memory.  Offsets in bytes. */
struct rw_layout {
	uint32_t pt_regs_size;
	uint32_t pt_regs_stackframe;	/* offset of the frame record in struct pt_regs */
	bool frame_record_meta;		/* records of two zeros are followed by a type (6.13) */
	bool zero_fp_ends;		/* kernels before 5.14: the outermost record's fp is 0 */
};

enum rw_tracer_form {
	RW_TRACER_UNKNOWN,	/* the task's records are not in the input */
	RW_TRACER_NONE,		/* task->ret_stack is NULL; no instance is listed */
	RW_TRACER_PRESENT,
};

/** One entry of a task's function graph return stack. */
struct rw_fgraph_entry {
	uint64_t ret;
	uint64_t retp;
	bool known;		/* false: this entry's memory is missing */
	bool at_bottom;		/* it begins at word 0 of the shadow stack */
};

/**
 * A task's function graph records, oldest first.  From 6.11 on the entries are
 * those that can be reached from the top; if the chain of offsets is broken the
 * older ones do not exist for the kernel either.
 */
struct rw_fgraph {
	enum rw_tracer_form form;
	const struct rw_fgraph_entry *entries;
	size_t nr;
	bool incomplete;	/* older entries than entries[0] may exist, unread */
};

/** One kretprobe instance of a task. */
struct rw_kretprobe {
	uint64_t ret_addr;
	uint64_t fp;
};

/** A task's kretprobe instances, newest first. */
struct rw_kretprobes {
	enum rw_tracer_form form;
	const struct rw_kretprobe *instances;
	size_t nr;
	bool incomplete;	/* older instances than the last may exist, unread */
};

/** A kernel address that may be absent from this kernel or unknown. */
struct rw_address {
	uint64_t addr;
	enum rw_tri exists;
};

/**
 * Model options: behaviour that changed within a generation without a visible type.
 * A set of them is the sum of its bits.
 */
enum rw_model_option {
	/** An unmatched kretprobe fails the walk: 6.17, 6.16.2, 6.15.11, 6.12.43. */
	RW_OPTION_KRETPROBE_ZERO_CHECK = 1 << 0,
	/** Pointer authentication codes are removed by instruction, not by mask: 6.4. */
	RW_OPTION_XPACLRI = 1 << 1,
	/** A frame pointer of 0 ends the walk, not a record of two zeros: 5.12.0 to 5.12.4. */
	RW_OPTION_FP_ZERO_ENDS = 1 << 2,
};

enum { RW_NR_OPTIONS = 3 };

/** Everything a walk may ask for.  Borrowed for the walk; nothing is changed. */
struct rw_unwind_input {
	/**
	 * Read @nr 64-bit little-endian words, one after the other, from a kernel virtual
	 * address on.  False: the input does not have all of their bytes; what @ret holds
	 * means nothing then.  @memory may keep what will serve the next read.
	 */
	bool (*read)(void *memory, uint64_t addr, size_t nr, uint64_t *ret);
	void *memory;

	/** __kernel_text_address(), as far as it is known.  NULL: never known. */
	enum rw_tri (*is_text)(const void *kernel, uint64_t addr);
	/** In a range of the SYM_CODE table?  NULL: never known. */
	enum rw_tri (*in_sym_code)(const void *kernel, uint64_t addr);
	/** In a special function of rfc-v1/v2?  In a section of rfc-v3's?  NULL: never known. */
	enum rw_tri (*in_special)(const void *kernel, uint64_t addr);
	enum rw_tri (*in_code_section)(const void *kernel, uint64_t addr, bool *handler_ret);
	/**
	 * In the vector code of an exception taken in the kernel (el1h_64_irq, …)?  Without
	 * metadata records this is how a layout tells that the next record is that of a
	 * struct pt_regs.  NULL: never known.
	 */
	enum rw_tri (*in_el1_entry)(const void *kernel, uint64_t addr);
	/**
	 * In ret_from_fork(), where tasks begin, or behind it on their first way to user mode?
	 * Up to 5.13 they have a frame pointer of 0 there.  NULL: never known.
	 */
	enum rw_tri (*in_ret_from_fork)(const void *kernel, uint64_t addr);
	const void *kernel;

	struct rw_layout layout;
	/** RW_UNKNOWN: @layout is a guess, the kernel may have any that kernels have had. */
	enum rw_tri layout_known;
	struct rw_stack stacks[RW_NR_STACKS];

	enum rw_start start;
	uint64_t pc, fp;
	bool pc_is_lr;			/* RW_START_CURRENT: pc is a return address, as in x30 */
	bool need_reliable;		/* false: a plain arch_stack_walk(), which is not judged */
	uint64_t limit;			/* the consumer stops at this many entries; 0: never */

	enum rw_tri current;		/* RW_START_REGS only: is it the current task? */
	enum rw_tri preemptible, in_nmi, in_efi;	/* of the current task's CPU */

	enum rw_tri ptrauth;		/* built to remove pointer authentication codes */
	enum rw_tri pauth_hw;		/* the CPU authenticates pointers */
	uint8_t va_bits;		/* actual VA bits; 0: not known */
	uint8_t va_bits_min;		/* where va_bits is 0: between these two */
	uint8_t va_bits_max;

	enum rw_tri sym_code_ready;	/* the early initcall has set up the table */
	struct rw_address return_to_handler;	/* exists: CONFIG_FUNCTION_GRAPH_TRACER */
	struct rw_address kretprobe_trampoline;	/* exists: CONFIG_KRETPROBES */
	struct rw_fgraph fgraph;
	struct rw_kretprobes kretprobes;
	unsigned int options;		/* of enum rw_model_option */
};

/* ---- what it says --------------------------------------------------------- */

enum rw_source {
	RW_SOURCE_FRAME,	/* the return address of a frame record */
	RW_SOURCE_CALLER,	/* the start of a walk of current */
	RW_SOURCE_TASK,		/* the start of a walk of a blocked task */
	RW_SOURCE_REGS,		/* the pc of a struct pt_regs */
};

/** One entry, as the consumer gets it. */
struct rw_entry {
	uint64_t pc;
	uint64_t record;	/* address of the frame record or metadata record; 0 at the start */
	uint64_t fp;		/* the next record */
	enum rw_source source;
	int8_t stack;		/* enum rw_stack_type that @record lies on; -1 at the start */
	bool fgraph, kretprobe;	/* translated back */
	bool untranslated;	/* @pc is a trampoline: what it replaced is not known */
	bool bad;		/* a check of the model failed for this entry */
	bool beyond;		/* after the verdict was decided */
};

/** @return false to end the walk (a full buffer, a printer that had enough). */
typedef bool (*rw_consume_fn)(void *cookie, const struct rw_entry *entry);

/** Why a trace is not reliable. */
enum rw_reason_code {
	RW_REASON_NONE,
	RW_REASON_SYM_CODE,
	RW_REASON_NOT_TEXT,
	RW_REASON_MISALIGNED_FP,
	RW_REASON_OFF_STACK,
	RW_REASON_STACK_ORDER,
	RW_REASON_BAD_FINAL_RECORD,
	RW_REASON_EXCEPTION_BOUNDARY,
	RW_REASON_FGRAPH_LOST,
	RW_REASON_KRETPROBE_LOST,
	RW_REASON_BAD_RECORD_TYPE,
	RW_REASON_TASK_RUNNING,
	RW_REASON_ENTRY_LIMIT,
	/* facts that are missing */
	RW_REASON_MEMORY_MISSING,
	RW_REASON_REGISTERS_MISSING,
	RW_REASON_TEXT_UNKNOWN,
	RW_REASON_LAYOUT_UNKNOWN,
	RW_REASON_STACK_UNKNOWN,
	RW_REASON_PAC_UNKNOWN,
	RW_REASON_PRINTED_TRACE,
	RW_REASON_TASK_RUNNING_NO_REGISTERS,
};

/** What exactly is missing, where the code alone does not say it. */
enum rw_detail {
	RW_DETAIL_NONE,
	RW_DETAIL_FGRAPH,	/* the task's function graph return stack */
	RW_DETAIL_KRETPROBE,	/* the task's kretprobe instances */
	RW_DETAIL_CONTEXT,	/* whether current may use its CPU's stacks */
	RW_DETAIL_TRAMPOLINE,	/* the address of a trampoline */
	RW_DETAIL_EL1_ENTRY,	/* where the vector code of exceptions lies */
	RW_DETAIL_RET_FROM_FORK,	/* where ret_from_fork() lies */
	RW_DETAIL_SYM_CODE,	/* which kernel text is SYM_CODE */
	RW_DETAIL_LAYOUT,	/* where this kernel has its records */
};

struct rw_reason {
	enum rw_reason_code code;
	enum rw_detail detail;
	size_t frame;		/* the entry it is about, from 0 */
	uint64_t address;	/* the pc, fp or missing word it is about */
};

enum rw_verdict {
	RW_VERDICT_RELIABLE,
	RW_VERDICT_UNRELIABLE,
	RW_VERDICT_UNDETERMINED,
};

/** How the walk ended. */
enum rw_end {
	RW_END_FINAL,		/* at its proper end */
	RW_END_ERROR,		/* a step failed */
	RW_END_CONSUMER,	/* the consumer said stop */
	RW_END_NOT_STARTED,	/* this start is refused */
	RW_END_INCOMPLETE,	/* a missing fact: the kernel would have gone on, or failed */
};

#define RW_MAX_REASONS 8

/** The outcome of one walk. */
struct rw_unwind_result {
	enum rw_verdict verdict;
	enum rw_end end;
	/** Why: of the verdict's kind only, the deciding one first; none if reliable. */
	struct rw_reason reasons[RW_MAX_REASONS];
	size_t nr_reasons;
	size_t nr_entries;	/* handed to the consumer, beyond the verdict too */
	size_t consumed;	/* handed over by the kernel's deciding walk */
	bool decided;		/* unreliable for sure, at entry @decided_at */
	size_t decided_at;
	/** What the kernel's walk returns: 0 or -22; only if @has_returned. */
	bool has_returned;
	int returned;
	int flag;		/* the kernel's own reliability state: 1, 0, or -1 for none */
	uint64_t last_fp;	/* the record that would have been read next */
};

enum rw_promise {
	RW_PROMISE_RELIABLE_WALK,	/* that kernel has a reliable walk and this is its word */
	RW_PROMISE_COMPLETE_WALK,	/* it has none: reliable means "ended as it should" */
	RW_PROMISE_MARKED_FRAMES,	/* rfc-v1 … v6 mark frames and return nothing */
};

/** One unwinder generation. */
struct rw_model {
	const char *name;
	const char *releases;		/* what it stands for */
	const char *summary;		/* one line: what is particular to it */
	const char *defect;		/* a known defect that is replayed; NULL */
	const char *varies;		/* in what its kernels differ, and what tells it; NULL */
	enum rw_promise promise;
	bool prints_marks;		/* (T) (C) (P) (F) (K) in its printed traces */
	bool checks_text;		/* its verdict depends on __kernel_text_address() */
	struct rw_layout layout;	/* of the kernels it is from */
	unsigned int options;		/* as its first release has them */
	unsigned int variants;		/* those in which its kernels differ */
	void (*walk)(struct unwind *w);	/* the model's own file */
};

/** All models, oldest first within each family. */
const struct rw_model *rw_models(size_t *nr_ret);

/** The model called @name; NULL if there is none. */
const struct rw_model *rw_model_find(const char *name);

/**
 * Walk @in as @model would, and judge it.
 *
 * Each entry goes to @consume once, in order: those of the deciding walk, then, as
 * a plain walk would go on, those beyond the verdict (entry->beyond).  A missing
 * fact never ends in RW_VERDICT_RELIABLE: where an answer could have changed the
 * verdict, that is RW_VERDICT_UNDETERMINED and the fact is among the reasons.
 *
 * @param ret  Always written.
 */
void rw_unwind(const struct rw_model *model, const struct rw_unwind_input *in,
	       rw_consume_fn consume, void *cookie, struct rw_unwind_result *ret);

/** The final record's address, which is task_pt_regs(task)->stackframe; false if unknown. */
bool rw_final_record(const struct rw_unwind_input *in, uint64_t *ret);

/** "kretprobe_zero_check", "xpaclri", … */
const char *rw_option_name(enum rw_model_option option);
/** "sym-code", "memory-missing", … as in the JSON output. */
const char *rw_reason_name(enum rw_reason_code code);
/** "reliable", "unreliable", "undetermined". */
const char *rw_verdict_name(enum rw_verdict verdict);
/** "task", "irq", "sdei-normal", … */
const char *rw_stack_name(enum rw_stack_type type);
/** "reliable-walk", "complete-walk", "marked-frames". */
const char *rw_promise_name(enum rw_promise promise);
/** "blocked", "current", "from-regs". */
const char *rw_start_name(enum rw_start start);

#endif
