/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stack to be walked, as text, and what was seen of its walk, as JSON: what the
 * kernel's walk (oracle.c) and this project's (replay.c) have in common.
 *
 * A file holds any number of cases.  Each line is a word and its values; numbers
 * are hexadecimal, except those marked N:
 *
 *	case NAME			begins one
 *	start blocked|current|regs
 *	pc A, fp A			where the walk starts; pc of current: as in x30
 *	va-bits N, pac N		pac: 1 if the CPU authenticates pointers
 *	context WORD...			preemptible, nmi, efi; other: not the current task
 *	limit N				the consumer stops at this many entries
 *	dump PC FP			what is printed where these registers are given, up to 5.16
 *	stack NAME LOW SIZE		task, irq, overflow, sdei-normal, sdei-critical, efi
 *	memory ADDR NR			this many words are there, all of them zero
 *	words ADDR WORD...		their values
 *	return-to-handler A, kretprobe-trampoline A
 *	ret-from-fork A SIZE		where tasks begin
 *	ret-stack N			the task has one; N words lie below its entries
 *	fgraph RET RETP N		an entry, oldest first; with N words of data
 *	kretprobe RET FP		an instance, newest first
 *	did WORD			what was done to it, for the reader
 *	end				ends it
 */
#ifndef LAB_CASE_H
#define LAB_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum lab_stack_type {
	LAB_STACK_TASK,
	LAB_STACK_IRQ,
	LAB_STACK_OVERFLOW,
	LAB_STACK_SDEI_NORMAL,
	LAB_STACK_SDEI_CRITICAL,
	LAB_STACK_EFI,
	LAB_NR_STACKS,
};

enum lab_start {
	LAB_START_BLOCKED,
	LAB_START_CURRENT,
	LAB_START_REGS,
};

#define LAB_MAX_SPANS	64
#define LAB_MAX_WORDS	65536
#define LAB_MAX_TRACED	32
#define LAB_MAX_ENTRIES	8192

struct lab_span {
	uint64_t addr;
	size_t nr;
	uint64_t *words;
};

struct lab_case {
	char name[64];
	enum lab_start start;
	uint64_t pc, fp;
	unsigned int va_bits;
	bool pac, preemptible, nmi, efi, other;
	uint64_t limit;
	bool has_dump;
	uint64_t dump_pc, dump_fp;
	struct {
		uint64_t low, size;	/* size 0: there is none */
	} stacks[LAB_NR_STACKS];
	uint64_t return_to_handler, kretprobe_trampoline;
	uint64_t ret_from_fork, ret_from_fork_size;
	bool has_ret_stack;
	unsigned int ret_stack_floor;
	struct {
		uint64_t ret, retp;
		unsigned int data;
	} fgraph[LAB_MAX_TRACED];
	struct {
		uint64_t ret, fp;
	} kretprobes[LAB_MAX_TRACED];
	size_t nr_fgraph, nr_kretprobes;
	struct lab_span spans[LAB_MAX_SPANS];
	size_t nr_spans, nr_words;
	uint64_t words[LAB_MAX_WORDS];
};

/** Read the next case.  False at the end of the file; exits if it cannot be understood. */
bool lab_case_read(FILE *file, const char *path, struct lab_case *ret);
/** The word at @addr.  False: the case does not have it. */
bool lab_case_word(const struct lab_case *c, uint64_t addr, uint64_t *ret);
bool lab_case_in_ret_from_fork(const struct lab_case *c, uint64_t pc);

enum lab_end {
	LAB_END_FINAL,		/* where a walk should end */
	LAB_END_ERROR,
	LAB_END_CONSUMER,	/* the consumer said stop */
	LAB_END_NOT_STARTED,
	LAB_END_INCOMPLETE,	/* memory is missing */
};

/** What was seen.  Where one side cannot know something, it is left out. */
struct lab_answer {
	struct {
		uint64_t pc, fp;
		char marks[4];
	} entries[LAB_MAX_ENTRIES];
	size_t nr_entries;	/* of the whole walk */
	size_t consumed;	/* of the walk that decides */
	bool marked;		/* the marks mean something */
	enum lab_end end;
	uint64_t missing;	/* the address, if the verdict is undetermined */
	const char *verdict;
	bool has_returned;
	int returned;
};

/** Print one line of JSON. */
void lab_answer_print(const struct lab_case *c, const struct lab_answer *answer);

#endif
