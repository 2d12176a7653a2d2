/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Printed traces held against a kernel image and a model.  A text has no memory to
 * walk: what it shows may prove a trace unreliable, and never proves the contrary.
 */
#ifndef REWALK_JUDGED_H
#define REWALK_JUDGED_H

#include "rewalk/kernel.h"
#include "rewalk/printed.h"
#include "rewalk/trace.h"

struct rw_error;

#define RW_JUDGED_PLACES 4

/** A printed entry, and what the image says of it. */
struct rw_judged_frame {
	const struct rw_printed_entry *entry;	/* borrowed */
	enum rw_tri exists;	/* the function is in the image; unknown for modules' and BPF's */
	enum rw_tri fits;	/* one of that name has the printed size, and the offset is in it */
	/**
	 * Where the pc may be, at link addresses: one for each function of that name and
	 * size.  More than RW_JUDGED_PLACES are counted, but not kept.
	 */
	uint64_t places[RW_JUDGED_PLACES];
	size_t nr_places;
	uint64_t image_size;	/* of the function in this image where it does not fit; 0 */
	enum rw_tri text, sym_code;	/* of all places */
	enum rw_tri el1_entry;
	bool from_regs;		/* the pc of a struct pt_regs, by its mark or by the entry before */
	bool beyond;		/* after the entry that decided */
};

/** A printed trace beside a replay of the same task. */
struct rw_beside {
	const struct rw_trace *trace;	/* borrowed: the replay */
	size_t nr_same;			/* entries that both end with */
	size_t nr_printed, nr_replayed;	/* those before them: where the two part */
};

struct rw_judged {
	const struct rw_printed_trace *trace;	/* borrowed */
	const char *source;			/* borrowed */
	const struct rw_kernel *kernel;		/* borrowed; its addresses are link addresses */
	const struct rw_model *model;
	const char *model_why;
	unsigned int options;		/* of the model, as in struct rw_unwind_input */
	bool has_start;			/* false: the text does not tell */
	enum rw_start start;
	struct rw_judged_frame *frames;	/* owned */
	size_t nr;
	enum rw_tri fits;		/* yes: some entries fit, and none does not */
	bool misfit;			/* fits is no: another kernel's image */
	size_t misfit_frame;		/* the first that does not fit; @nr: by the build-id */
	struct rw_unwind_result result;	/* never RW_VERDICT_RELIABLE */
	const struct rw_beside *beside;	/* borrowed; NULL: there is no dump, or no such task */
};

/**
 * Judge @trace by @model.
 *
 * The chain is replayed by the model twice, once as if the rest of the stack were the
 * best for the trace, once with all of it unknown: only what is unreliable in both
 * is.  A trace that does not fit the image, whose lines were mixed with others', or
 * which is no walk of a task's stack (stored, a hypervisor's) is undetermined.
 *
 * @param kernel  At link addresses: its slide is 0 and known.
 * @param limit   As in struct rw_unwind_input.
 * @param ret     To be released with rw_judged_deinit(); untouched on failure.
 */
struct rw_error *rw_judged_init(const struct rw_kernel *kernel, const struct rw_model *model,
				const char *source, const char *model_why, uint64_t limit,
				const struct rw_printed_trace *trace, struct rw_judged *ret);
void rw_judged_deinit(struct rw_judged *judged);

/**
 * The pc of a frame: as printed, else the link address of its only place, plus the
 * KASLR offset where the text gave one.
 *
 * @return False if neither the text nor the name fixes one.
 */
bool rw_judged_pc(const struct rw_judged *judged, size_t frame, uint64_t *ret);

/** As rw_trace_sentence(). */
void rw_judged_sentence(const struct rw_judged *judged, const struct rw_reason *reason,
			char ret[RW_SENTENCE_SIZE]);

/** What does not fit, in one sentence; only if judged->misfit. */
void rw_judged_misfit(const struct rw_judged *judged, char ret[RW_SENTENCE_SIZE]);

/**
 * Leave in @trace only the entries that /proc/PID/stack shows of it: none of the scheduler's,
 * RW_PROC_STACK_ENTRIES at most.  Its verdict stays that of the whole walk.
 *
 * Source: kernel/stacktrace.c, stack_trace_save_tsk(), 5.2 to 7.2.
 */
void rw_beside_proc_stack(struct rw_trace *trace);

/** Compare, from the outermost entry inwards, by what was printed. */
void rw_beside_init(const struct rw_judged *judged, const struct rw_trace *trace,
		    struct rw_beside *ret);

/** Does the chain end where a complete one ends?  Unknown where the text was cut. */
enum rw_tri rw_judged_is_complete(const struct rw_judged *judged);

#endif
