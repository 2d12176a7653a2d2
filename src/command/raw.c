// SPDX-License-Identifier: GPL-2.0-or-later
//
// A raw stack and its registers as a walk: where it starts, and which stacks it may use.

#include <string.h>

#include "rewalk/error.h"
#include "rewalk/image.h"

#include "hexdumps.h"
#include "raw.h"

/**
 * Is [@start, @end) a task's stack?  The kernel leaves a record of two zeros at the final
 * record's place of every one; another stack of that size has something else there.
 */
static bool is_task_stack(const struct rw_kernel *kernel, struct inputs *inputs, uint64_t start,
			  uint64_t end)
{
	const struct rw_layout *layout = &kernel->layout;
	uint64_t words[2], final;

	if (!kernel->has_layout || !kernel->thread_size || end - start != kernel->thread_size ||
	    end - start < layout->pt_regs_size)
		return false;
	final = end - layout->pt_regs_size + layout->pt_regs_stackframe;
	return rw_memory_read(&inputs->memory, final, 2, words) && !words[0] && !words[1];
}

/** The bounds of the stacks: given, else the task's from the file, or files, that hold fp. */
static void find_stacks(const struct options *options, struct inputs *inputs,
			const struct rw_kernel *kernel, struct rw_unwind_input *in)
{
	const struct rw_span *span = rw_memory_find(&inputs->memory, in->fp);
	struct rw_stack *task = &in->stacks[RW_STACK_TASK];

	memcpy(in->stacks, options->stacks, sizeof(in->stacks));
	// What was said of the stacks is taken to be all there is to say.
	for (int i = 0; options->has_stacks && i < RW_NR_STACKS; i++)
		if (i != RW_STACK_TASK && in->stacks[i].exists == RW_UNKNOWN)
			in->stacks[i].exists = RW_NO;
	if (task->exists != RW_UNKNOWN || !span)
		return;
	uint64_t start = span->start, end = span->end;
	// Dumps of a part each may join to the whole of it.
	if (!is_task_stack(kernel, inputs, start, end) &&
	    !(hexdumps_extent(inputs, in->fp, &start, &end) &&
	      is_task_stack(kernel, inputs, start, end)))
		return;
	*task = (struct rw_stack){ start, end, RW_YES };
}

/** May the current task use its CPU's stacks?  One that is given is there to be used. */
static void find_context(const struct options *options, struct rw_unwind_input *in)
{
	enum rw_tri may = options->has_stacks ? RW_YES : RW_UNKNOWN;

	in->current = RW_YES;
	in->preemptible = rw_tri_not(may);
	in->in_nmi = may;
	in->in_efi = may;
}

/** A walk of current begins at the walker's caller: its lr will do for a pc. */
static bool starts_at_lr(const struct options *options, const struct inputs *inputs)
{
	return options->has_start && options->start == RW_START_CURRENT &&
	       !(inputs->start.known & RW_REG_PC) && (inputs->start.known & RW_REG_LR);
}

static struct rw_error *check_registers(const struct options *options,
					const struct inputs *inputs)
{
	uint64_t known = inputs->start.known;

	if (starts_at_lr(options, inputs))
		known |= RW_REG_PC;
	if ((known & RW_REG_PC) && (known & RW_REG_FP))
		return NULL;
	return rw_error_create(RW_ERROR_MISSING,
			       "%s: no %s to start from; give %s", inputs->source,
			       known & RW_REG_PC ? "fp (x29)" : known & RW_REG_FP ? "pc" :
			       "pc and fp (x29)",
			       known & RW_REG_PC ? "--fp, or a --regs FILE that has it" :
			       known & RW_REG_FP ? "--pc, or a --regs FILE that has it" :
			       "--pc and --fp, or --regs FILE");
}

/** What the kernel's slide is a multiple of, whoever loads the image (SEGMENT_ALIGN). */
#define SLIDE_ALIGN (UINT64_C(64) << 10)

struct range {
	uint64_t addr, size;
	size_t nr;
};

static void count_place(void *arg, uint64_t addr, uint64_t size)
{
	struct range *range = arg;

	*range = (struct range){ addr, size, range->nr + 1 };
}

/**
 * The KASLR offset, from a call whose function is named: functions are smaller than what
 * the offset is a multiple of, so there is at most one that fits.
 */
static bool find_slide(const struct options *options, const struct inputs *inputs,
		       const struct rw_image *image, uint64_t *ret)
{
	struct range range = { 0 };

	if (options->kaslr_known != RW_UNKNOWN || options->has_pc || !inputs->function ||
	    rw_image_kind(image) == RW_IMAGE_KALLSYMS)
		return false;
	rw_image_find(image, inputs->function, count_place, &range);
	uint64_t off = inputs->start.pc - 4 - range.addr;
	if (range.nr != 1 || off % SLIDE_ALIGN >= range.size || range.size > SLIDE_ALIGN)
		return false;
	*ret = off - off % SLIDE_ALIGN;
	return true;
}

struct rw_error *raw_kernel(const struct options *options, struct inputs *inputs,
			    const struct rw_image *image, struct rw_kernel *ret)
{
	struct rw_error *err;

	if (options->all_tasks || options->pids || options->comm || options->group)
		return rw_error_create(RW_ERROR_USAGE, "-a, -p, -c and --group choose among the "
				       "tasks of a dump, and none was given; leave them out, or "
				       "give a vmcore");
	err = image ? check_registers(options, inputs) : command_no_image(options);
	struct options known = *options;
	if (!err && find_slide(options, inputs, image, &known.kaslr))
		known.kaslr_known = RW_YES;
	if (!err)
		err = command_kernel(&known, image, inputs->start.pc, ret);
	// Only now is it known where the symbols lie that dumps have in place of words.
	return err ? err : hexdumps_resolve(options, inputs, ret);
}

void raw_walk(const struct options *options, struct inputs *inputs,
	      const struct rw_kernel *kernel, struct walk *ret)
{
	*ret = (struct walk){
		.walkable = RW_WALK_YES,
		.in = {
			.read = rw_memory_read,
			.memory = &inputs->memory,
			.start = options->has_start ? options->start : RW_START_BLOCKED,
			.pc = starts_at_lr(options, inputs) ? inputs->start.x[30] :
			      inputs->start.pc,
			.pc_is_lr = starts_at_lr(options, inputs),
			.fp = inputs->start.x[29],
			.need_reliable = true,
		},
	};
	find_stacks(options, inputs, kernel, &ret->in);
	find_context(options, &ret->in);
}
