/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A case file: the facts that walks of a few tasks ask for, and nothing else, so that
 * they can be walked again without the dump and without the vmlinux.  Here it is plain
 * data; what it means is for the room that knows kernels (replay.h).
 *
 * The format: man/rewalk-case.5.
 */
#ifndef REWALK_CASE_H
#define REWALK_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rewalk/tri.h"

struct rw_error;
struct rw_file;

#define RW_CASE_VERSION 1

/** Most of what is read: so that a walk of what somebody made up ends in a while. */
#define RW_CASE_MAX_SIZE	((size_t)32 << 20)	/* bytes of a file */
#define RW_CASE_MAX_RANGES	4096			/* in each list, tracers' records too */
#define RW_CASE_MAX_WORDS	65536			/* of one trace */

/** [@start, @end).  Strings here and below belong to the case. */
struct rw_case_range {
	uint64_t start, end;
	const char *name;	/* NULL: it has none */
};

/** A list of ranges; where it is not known, it is empty. */
struct rw_case_ranges {
	bool known;
	struct rw_case_range *data;
	size_t nr, capacity;
};

/** A function: what the kernel prints for the addresses [@addr, @addr + @size). */
struct rw_case_symbol {
	uint64_t addr, size;
	const char *name;
	const char *module;	/* NULL: of the image, or not known */
};

/** An address of the image, as linked. */
struct rw_case_address {
	uint64_t addr;
	enum rw_tri exists;
};

/** An option of the kernel's own model. */
struct rw_case_option {
	const char *name;
	bool on;
	const char *from;		/* what told it */
};

struct rw_case_kernel {
	const char *banner, *build_id;	/* NULL: not known */
	const char *model;		/* its own unwinder; NULL: not recognised */
	const char *model_why;
	struct { struct rw_case_option *data; size_t nr, capacity; } options;
	const char *types;		/* NULL: it had none */

	enum rw_tri slide_known;
	uint64_t slide;
	const char *slide_from;
	/* at run-time addresses; 0 if the slide is not known */
	uint64_t text, stext, etext, end, sinittext, einittext;

	uint64_t thread_size;		/* 0: not known */
	uint8_t va_bits, va_bits_min, va_bits_max;
	enum rw_tri ptrauth, ptrauth_kernel, pauth_hw;
	bool has_layout;
	uint32_t pt_regs_size, pt_regs_stackframe;
	bool frame_record_meta, zero_fp_ends;

	struct rw_case_address return_to_handler, kretprobe_trampoline;
	uint64_t handler_size;		/* of return_to_handler() */

	/* at run-time addresses: SYM_CODE, the vectors, the lists of rfc-v1 to v3 */
	struct rw_case_ranges sym_code, el1_entry, ret_from_fork, special, code_section;
	struct rw_case_ranges more_text;	/* outside the image, where it was met */
	struct { uint64_t *data; size_t nr, capacity; } not_text;
};

/** Words that follow each other: @nr of trace->words from @first on. */
struct rw_case_run {
	uint64_t addr;
	size_t first, nr;
};

struct rw_case_stack {
	const char *name;
	enum rw_tri exists;
	uint64_t low, high;
};

struct rw_case_fgraph {
	uint64_t ret, retp;
	bool known, at_bottom;
};

struct rw_case_kretprobe {
	uint64_t ret_addr, fp;
};

struct rw_case_trace {
	bool has_task;
	uint32_t pid, tgid, cpu;
	char comm[17];
	char state;
	bool running, panicked;
	uint64_t address;

	const char *walkable, *start;
	uint64_t pc, fp;
	bool pc_is_lr;
	enum rw_tri current, preemptible, in_nmi, in_efi;
	struct { struct rw_case_stack *data; size_t nr, capacity; } stacks;

	const char *fgraph_form, *kretprobe_form;
	bool fgraph_incomplete, kretprobes_incomplete;
	struct { struct rw_case_fgraph *data; size_t nr, capacity; } fgraph;
	struct { struct rw_case_kretprobe *data; size_t nr, capacity; } kretprobes;

	/* what the dump lacked of what a walk by the case's model asked for, in words */
	struct { const char **data; size_t nr, capacity; } lost;

	struct { struct rw_case_run *data; size_t nr, capacity; } runs;
	/* little-endian, as in memory */
	struct { uint64_t *data; size_t nr, capacity; } words;
};

struct rw_case {
	const char *writer;		/* "rewalk 0.1.0" */
	bool redacted;
	const char *replay;		/* the model if none is asked for; NULL: its own */
	/* options of models that were given: "xpaclri", "no-xpaclri" */
	struct { const char **data; size_t nr, capacity; } given;
	struct rw_case_kernel kernel;
	/* by address */
	struct { struct rw_case_symbol *data; size_t nr, capacity; } symbols;
	struct { const char **data; size_t nr, capacity; } lost;
	bool incomplete;		/* tasks that were asked for may be missing */
	struct { struct rw_case_trace *data; size_t nr, capacity; } traces;

	/* what the pointers above point to */
	struct { char **data; size_t nr, capacity; } strings;
};

/**
 * Take over a string.
 *
 * @param ret  Gets a copy of @text that lives as long as the case; NULL for NULL.
 * @return False without memory.
 */
bool rw_case_string(struct rw_case *c, const char *text, const char **ret);

/** Add a word that was read; words that follow each other become one run. */
bool rw_case_word(struct rw_case_trace *trace, uint64_t addr, uint64_t word);

void rw_case_deinit(struct rw_case *c);

/**
 * Read a case file.
 *
 * The file may say anything: every number is checked for its range, every name for its
 * length, and what must be there is there.  That its facts are true nobody can tell.
 *
 * @param ret  To be released with rw_case_deinit(); untouched on failure.
 * @return NULL; RW_ERROR_FORMAT, naming the place, for what is no case file;
 *         RW_ERROR_UNSUPPORTED for another version, or in a build without jansson;
 *         &rw_enomem.
 */
struct rw_error *rw_case_read(const struct rw_file *file, struct rw_case *ret);

/** Write a case.  Errors of @file are left for ferror(). */
void rw_case_write(FILE *file, const struct rw_case *c);

#endif
