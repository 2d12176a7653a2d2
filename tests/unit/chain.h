/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chain of frame records from a first to a final one, which the tests of the walk
 * change in one place each.  What the vectors cannot say, since for a kernel nothing is
 * unknown: how a model goes on where a fact is missing, and when that decides.
 */
#ifndef REWALK_TESTS_CHAIN_H
#define REWALK_TESTS_CHAIN_H

#include "vectors.h"

#define TASK_LOW	UINT64_C(0xffff800010000000)
#define TASK_HIGH	(TASK_LOW + 0x4000)
#define IRQ_LOW		UINT64_C(0xffff800011000000)
#define IRQ_HIGH	(IRQ_LOW + 0x4000)
#define FIRST_RECORD	(TASK_LOW + 0x3000)
#define TEXT		UINT64_C(0xffff800008100000)
#define TEXT_END	UINT64_C(0xffff800008200000)
#define ENTRY_CODE	UINT64_C(0xffff800008011000)	/* SYM_CODE, el1 vectors */
#define ENTRY_CODE_END	UINT64_C(0xffff800008012000)
#define DATA		UINT64_C(0xffff800009000000)	/* no text */
#define MODULE		UINT64_C(0xffff800001000000)	/* text or not: unknown */
#define RTH		UINT64_C(0xffff80000802d19c)
#define TRAMPOLINE	UINT64_C(0xffff800008038284)
#define PC(n)		(TEXT + 0x100 * (n) + 0x10)

#define UNDETERMINED	RW_VERDICT_UNDETERMINED
#define UNRELIABLE	RW_VERDICT_UNRELIABLE
#define RELIABLE	RW_VERDICT_RELIABLE

/** What is walked, and the last walk. */
extern struct world w;
extern struct trace t;

/** The models that check text, and the walkers that end at the final record by its address. */
extern const char *const all_checking[7];
extern const char *const walkers_5_14[11];

#define FOR_EACH(name, list)						\
	for (size_t name##_i = 0; name##_i < sizeof(list) / sizeof((list)[0]); name##_i++) \
		for (const char *name = (list)[name##_i]; name; name = NULL)

/** Fails the test if there is none. */
const struct rw_model *model_named(const char *name);

/**
 * A blocked task in the layout of model @name: PC(0) to PC(@nr), each record 32 bytes
 * above the last one, to the final record.
 */
void make_chain(const char *name, unsigned int nr);

/** The address of the final record in the layout of the world, and that record. */
uint64_t final_record(void);
void put_final(void);

void put_record(uint64_t addr, uint64_t fp, uint64_t lr);

/** Change record @n, from 1: the words put last are found first. */
void set_lr(unsigned int n, uint64_t lr);
void set_fp(unsigned int n, uint64_t fp);

/** The word is missing from here on. */
void remove_word(uint64_t addr);

/** Walk by model @name: the verdict, and what goes with it. */
void assert_verdict(const char *name, enum rw_verdict verdict);
/** The same, and the first reason. */
void assert_because(const char *name, enum rw_verdict verdict, enum rw_reason_code code,
		    size_t frame, uint64_t address);
/** Of the last walk: @nr entries, of which those behind @consumed are beyond the verdict. */
void assert_beyond(size_t consumed, size_t nr);

#endif
