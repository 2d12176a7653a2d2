// SPDX-License-Identifier: GPL-2.0-or-later
//
// How fast a walk is: chains of 12 frames out of memory, on one core.
//
//	walk [MILLISECONDS [VMLINUX]]	for each model, default 200
//
// The stacks are many and lie in spans as the files of a user do, so that a walk pays
// for finding its words.  With VMLINUX that image answers what is text and SYM_CODE, and
// return addresses are its own; else two comparisons do.  The figures are the middle ones
// of eleven runs in CPU time, and the least and the most; they are for comparing two
// builds on one machine, not for comparing machines.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rewalk/error.h"
#include "rewalk/kernel.h"
#include "rewalk/memory.h"
#include "rewalk/unwind.h"

enum { NR_STACKS = 256, STACK_SIZE = 16384, NR_FRAMES = 12, NR_RUNS = 11 };

#define STACKS	UINT64_C(0xffff800010000000)	/* each followed by a hole of its size */
#define TEXT	UINT64_C(0xffff800008100000)

static uint8_t bytes[NR_STACKS][STACK_SIZE];
static struct rw_kernel kernel;
static bool has_kernel;		/* VMLINUX was given */

static uint64_t low_of(unsigned int n)
{
	return STACKS + (uint64_t)n * 2 * STACK_SIZE;
}

static void put(unsigned int n, uint64_t addr, uint64_t word)
{
	for (int i = 0; i < 8; i++)
		bytes[n][addr - low_of(n) + i] = word >> 8 * i;
}

static enum rw_tri is_text(const void *unused, uint64_t addr)
{
	(void)unused;
	return rw_tri(addr - TEXT < 0x1000000);
}

static enum rw_tri in_sym_code(const void *unused, uint64_t addr)
{
	(void)unused;
	return rw_tri(addr - TEXT < 0x1000);
}

static enum rw_tri in_special(const void *unused, uint64_t addr)
{
	return in_sym_code(unused, addr);
}

static enum rw_tri in_code_section(const void *unused, uint64_t addr, bool *handler_ret)
{
	*handler_ret = false;
	return in_sym_code(unused, addr);
}

/** A return address that no model refuses: frame @i of stack @n. */
static uint64_t return_address(unsigned int n, unsigned int i)
{
	uint64_t addr = TEXT + 0x2000 + 0x140 * i + 4 * n;

	if (!has_kernel)
		return addr;
	addr = kernel.stext + (n * NR_FRAMES + i) * UINT64_C(0x3ed4) %
	       (kernel.etext - kernel.stext);
	bool handler;
	while (rw_kernel_in_code_section(&kernel, addr, &handler) != RW_NO ||
	       rw_kernel_in_special(&kernel, addr) != RW_NO)
		addr += 4;
	return addr;
}

static bool consume(void *cookie, const struct rw_entry *entry)
{
	*(uint64_t *)cookie ^= entry->pc;
	return true;
}

/** NR_FRAMES entries: the start, and a record for each of the others. */
static void make_stack(unsigned int n, const struct rw_model *model)
{
	const struct rw_layout *layout = &model->layout;
	uint64_t high = low_of(n) + STACK_SIZE, addr = low_of(n) + 0x3000 + n % 16 * 16;
	uint64_t final = high - layout->pt_regs_size + layout->pt_regs_stackframe;

	memset(bytes[n], 0, STACK_SIZE);
	for (int i = 1; i < NR_FRAMES; i++) {
		uint64_t next = i == NR_FRAMES - 1 ? final : addr + 32 + (i + n) % 5 * 16;

		// The first six versions of the series end at a frame pointer of 0.
		if (next == final && model->promise == RW_PROMISE_MARKED_FRAMES)
			next = 0;
		put(n, addr, next);
		put(n, addr + 8, return_address(n, i));
		addr = next;
	}
	if (layout->frame_record_meta)
		put(n, final + 16, 1);
}

static struct rw_unwind_input input_of(unsigned int n, const struct rw_model *model,
				       struct rw_memory *memory)
{
	struct rw_unwind_input in = {
		.read = rw_memory_read,
		.memory = memory,
		.is_text = is_text,
		.in_sym_code = in_sym_code,
		.in_special = in_special,
		.in_code_section = in_code_section,
		.start = RW_START_BLOCKED,
		.pc = return_address(n, 0),
		.fp = low_of(n) + 0x3000 + n % 16 * 16,
		.need_reliable = true,
		.current = RW_NO, .preemptible = RW_NO, .in_nmi = RW_NO, .in_efi = RW_NO,
		.ptrauth = RW_YES, .pauth_hw = RW_YES, .va_bits = 48,
		.sym_code_ready = RW_YES,
		.return_to_handler = { TEXT + 0x100, RW_YES },
		.kretprobe_trampoline = { TEXT + 0x200, RW_YES },
		.fgraph.form = RW_TRACER_NONE,
		.kretprobes.form = RW_TRACER_NONE,
	};

	if (has_kernel)
		rw_kernel_unwind_input(&kernel, model, &in);
	in.layout = model->layout;
	in.layout_known = RW_YES;
	in.options = model->options;
	for (int i = 0; i < RW_NR_STACKS; i++)
		in.stacks[i].exists = RW_NO;
	in.stacks[RW_STACK_TASK] = (struct rw_stack){ low_of(n), low_of(n) + STACK_SIZE, RW_YES };
	return in;
}

/** Time on a core: what else the machine does is not counted. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/** Nanoseconds for each walk.  False: a walk was not what it was made to be. */
static bool run(const struct rw_model *model, const struct rw_unwind_input *in, double seconds,
		double *ret)
{
	double start = now(), spent;
	uint64_t walks = 0, sum = 0;

	do {
		for (unsigned int n = 0; n < NR_STACKS; n++) {
			struct rw_unwind_result result;

			rw_unwind(model, &in[n], consume, &sum, &result);
			if (result.verdict != RW_VERDICT_RELIABLE || result.nr_entries != NR_FRAMES)
				return false;
		}
		walks += NR_STACKS;
		spent = now() - start;
	} while (spent < seconds);
	// Used, so that no compiler leaves the walks out.
	if (sum == 1)
		putchar(' ');
	*ret = spent * 1e9 / walks;
	return true;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool bench(const struct rw_model *model, double seconds)
{
	static struct rw_unwind_input in[NR_STACKS];
	struct rw_memory memory = { 0 };
	double ns[NR_RUNS];
	bool good = true;

	for (unsigned int n = 0; n < NR_STACKS; n++) {
		make_stack(n, model);
		struct rw_error *err = rw_memory_add(&memory, low_of(n), bytes[n], STACK_SIZE,
						     "stack");
		if (err) {
			fprintf(stderr, "%s\n", err->message);
			rw_error_destroy(err);
			rw_memory_deinit(&memory);
			return false;
		}
	}
	for (unsigned int n = 0; n < NR_STACKS; n++)
		in[n] = input_of(n, model, &memory);
	for (int i = 0; i < NR_RUNS && good; i++)
		good = run(model, in, seconds / NR_RUNS, &ns[i]);
	rw_memory_deinit(&memory);
	if (!good) {
		fprintf(stderr, "%s: a walk is not reliable, or not of %d frames\n", model->name,
			NR_FRAMES);
		return false;
	}
	qsort(ns, NR_RUNS, sizeof(ns[0]), by_value);
	double median = ns[NR_RUNS / 2];
	printf("%-11s %9.0f walks/s %7.1f ns/frame  (%.1f to %.1f)\n", model->name, 1e9 / median,
	       median / NR_FRAMES, ns[0] / NR_FRAMES, ns[NR_RUNS - 1] / NR_FRAMES);
	return true;
}

/** The facts of an image that nobody moved. */
static bool load(const char *path, struct rw_image **ret)
{
	const struct rw_kernel_facts facts = { .kaslr_known = RW_YES, .va_bits = 48,
					       .pauth_hw = RW_YES };
	struct rw_error *err = rw_image_open(path, ret);

	if (!err)
		err = rw_kernel_init(*ret, &facts, 0, &kernel);
	has_kernel = !err;
	if (err)
		fprintf(stderr, "%s\n", err->message);
	rw_error_destroy(err);
	return has_kernel;
}

int main(int argc, char **argv)
{
	double seconds = (argc > 1 ? atof(argv[1]) : 200) / 1000;
	struct rw_image *image = NULL;
	bool good = argc < 3 || load(argv[2], &image);
	size_t nr;
	const struct rw_model *models = rw_models(&nr);

	printf("walks of %d frames over %d stacks of %d bytes\n", NR_FRAMES, NR_STACKS, STACK_SIZE);
	for (size_t i = 0; good && i < nr; i++)
		good = bench(&models[i], seconds);
	rw_image_close(image);
	return !good;
}
