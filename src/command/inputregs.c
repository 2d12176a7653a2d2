// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers in the inputs, and which of them a walk starts from.

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "rewalk/error.h"

#include "hexdumps.h"
#include "inputs.h"

#define MOST_REGS 256

struct rw_error *inputs_add_regs(struct inputs *inputs, const struct rw_regs_block *block,
				 const char *name)
{
	if (inputs->nr_regs == MOST_REGS)
		return rw_error_create(RW_ERROR_UNSUPPORTED,
				       "%s: more than %d sets of registers; give fewer", name,
				       MOST_REGS);
	void *regs = realloc(inputs->regs, (inputs->nr_regs + 1) * sizeof(inputs->regs[0]));
	if (!regs)
		return &rw_enomem;
	inputs->regs = regs;
	inputs->regs[inputs->nr_regs++] = (struct found_regs){ *block, name };
	return NULL;
}

struct rw_error *inputs_add_regs_bytes(struct inputs *inputs, const struct rw_file *file)
{
	struct rw_regs_block block = { .cpu = -1, .format = "struct user_pt_regs" };
	struct rw_error *err = rw_regs_from_bytes(file->bytes, file->size, &block.regs);

	return err ? rw_error_prefix(err, "%s", file->name) :
	       inputs_add_regs(inputs, &block, file->name);
}

struct rw_error *inputs_add_regs_core(struct inputs *inputs, const struct rw_file *file,
				      struct rw_dump *dump)
{
	size_t nr;
	const struct rw_prstatus *notes = rw_dump_prstatus(dump, &nr);
	bool by_qemu = rw_dump_producer(dump) == RW_PRODUCER_QEMU;
	struct rw_error *err = NULL;

	if (!nr)
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: no registers in it (no NT_PRSTATUS note); give a text "
				       "that has them", file->name);
	for (size_t i = 0; !err && i < nr; i++) {
		const struct rw_regs_block block = {
			.regs = notes[i].regs,
			.cpu = by_qemu && notes[i].pid - 1 <= INT_MAX ?
			       (int)(notes[i].pid - 1) : -1,
			.format = "NT_PRSTATUS",
		};

		err = inputs_add_regs(inputs, &block, file->name);
	}
	return err;
}

/** Two sets are of one CPU: the same register must have one value. */
static struct rw_error *join(const struct found_regs *a, const struct found_regs *b,
			     struct rw_regs *into)
{
	const struct rw_regs *regs = &b->block.regs;

	for (int i = 0; i < RW_NR_REGS; i++) {
		uint64_t bit = UINT64_C(1) << i, value = rw_reg_get(regs, i);

		if (!(regs->known & bit))
			continue;
		if ((into->known & bit) && rw_reg_get(into, i) != value)
			return rw_error_create(RW_ERROR_MISMATCH,
					       "%s: %s is 0x%" PRIx64 ", but 0x%" PRIx64 " in %s; "
					       "give the registers of one moment", b->name,
					       rw_reg_name(i), value, rw_reg_get(into, i), a->name);
		rw_reg_set(into, i, value);
	}
	return NULL;
}

static bool fits(const struct inputs *inputs, const struct found_regs *found)
{
	const struct rw_regs *regs = &found->block.regs;

	return ((regs->known & RW_REG_FP) && hexdumps_cover(inputs, regs->x[29])) ||
	       ((regs->known & RW_REG_SP) && hexdumps_cover(inputs, regs->sp));
}

/** The same moment, said twice: what `bt` prints of a task, and then `bt -f`. */
static bool same_start(const struct found_regs *a, const struct found_regs *b)
{
	const struct rw_regs *x = &a->block.regs, *y = &b->block.regs;

	return (x->known & y->known & RW_REG_PC) && (x->known & y->known & RW_REG_FP) &&
	       x->pc == y->pc && x->x[29] == y->x[29];
}

static struct rw_error *both_fit(const struct found_regs *a, const struct found_regs *b)
{
	if (!b->block.line)
		return rw_error_create(RW_ERROR_USAGE,
				       "%s: the registers of several CPUs fit; choose one with "
				       "--cpu, or give --pc and --fp", b->name);
	return rw_error_create(RW_ERROR_USAGE,
			       "%s: registers in lines %zu and %zu both fit; choose one with "
			       "--cpu, or give --pc and --fp", b->name, a->block.line,
			       b->block.line);
}

/** Of several sets: the CPU that was asked for, else those whose stack is in the memory. */
static struct rw_error *choose_regs(const struct options *options, struct inputs *inputs)
{
	const struct found_regs *first = NULL;

	for (size_t i = 0; i < inputs->nr_regs; i++) {
		const struct found_regs *found = &inputs->regs[i];

		// What an exception saved on a stack, the walk meets there.
		if (found->block.inside)
			continue;
		if (options->cpu >= 0 ? found->block.cpu != options->cpu :
		    inputs->nr_regs > 1 && !fits(inputs, found))
			continue;
		if (first && first->name == found->name && !same_start(first, found))
			return both_fit(first, found);
		if (!first)
			first = found;
		if (found->block.function[0])
			inputs->function = found->block.function;
		struct rw_error *err = join(first, found, &inputs->start);
		if (err)
			return err;
	}
	if (!first && options->cpu >= 0 && inputs->nr_regs)
		return rw_error_create(RW_ERROR_USAGE, "--cpu %d: no registers of that CPU in %s",
				       options->cpu, inputs->regs[0].name);
	if (!first && inputs->nr_regs)
		return rw_error_create(RW_ERROR_USAGE,
				       "%s: %zu sets of registers, and none has its stack in the "
				       "memory given; choose one with --cpu", inputs->regs[0].name,
				       inputs->nr_regs);
	return NULL;
}

static void override_regs(const struct options *options, struct rw_regs *regs)
{
	if (options->has_pc) {
		regs->pc = options->pc;
		regs->known |= RW_REG_PC;
	}
	if (options->has_fp) {
		regs->x[29] = options->fp;
		regs->known |= RW_REG_FP;
	}
	if (options->has_sp) {
		regs->sp = options->sp;
		regs->known |= RW_REG_SP;
	}
	if (options->has_lr) {
		regs->x[30] = options->lr;
		regs->known |= RW_REG_LR;
	}
}

struct rw_error *inputs_choose(const struct options *options, struct inputs *inputs)
{
	struct rw_error *err = hexdumps_banks(options, inputs);

	if (!err && !inputs->nr_sources)
		err = choose_regs(options, inputs);
	override_regs(options, &inputs->start);
	if (!inputs->source)
		inputs->source = inputs->nr_files ? inputs->files[0].name : "command line";
	return err;
}
