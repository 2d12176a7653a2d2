// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk trace: walk stacks, print frames and verdicts.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/image.h"

#include "command.h"
#include "dump.h"
#include "inputs.h"
#include "walk.h"

static const char doc[] =
	"Walk an arm64 kernel stack as that kernel would, print every frame, and say whether "
	"the trace would have counted as reliable.\v"
	"The task that panicked, or every task of a dump:\n"
	"  rewalk vmlinux vmcore\n"
	"  rewalk trace -a --group vmlinux vmcore\n"
	"The same without a vmlinux, or with names instead of it:\n"
	"  rewalk -a vmcore\n"
	"  rewalk -a System.map vmcore\n"
	"A raw stack with its registers:\n"
	"  rewalk vmlinux stack.bin@ffff80000a5d8000 --regs regs.txt\n\n"
	"INPUT is a vmcore (ELF, makedumpfile, QEMU; split sets as several files), "
	"FILE@phys:ADDR (a bank of RAM), FILE@ADDR (raw bytes at a virtual address, or a hex "
	"dump whose offset 0 stood there), FILE@regs (a struct user_pt_regs), or a text with "
	"registers and hex dumps of xxd, hexdump, od, QEMU, gdb, crash or OpenOCD. Without --stack the task stack is the file "
	"that holds fp, if it is as large as this kernel's stacks.\n\n"
	"Exit status: 0 reliable, 1 unreliable, 2 a usage or input error, 3 undetermined "
	"(a missing fact decides: the output names it).";

static const struct argp_child children[] = {
	{ &options_tasks, 0, "Tasks of a dump:", 0 },
	{ &options_registers, 0, "Registers and start:", 1 },
	{ &options_kernel, 0, "The kernel:", 2 },
	{ &options_output, 0, "Output:", 3 },
	{ &options_format, 0, "Format:", 4 },
	{ 0 },
};

static const struct argp argp = { NULL, options_parse, "VMLINUX [INPUT...]", doc, children, NULL, NULL };

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
	    !(rw_memory_extent(&inputs->memory, in->fp, &start, &end) &&
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

static struct rw_error *walk(struct walker *walker, struct inputs *inputs)
{
	const struct options *options = walker->options;
	struct walk walk = {
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

	find_stacks(options, inputs, walker->kernel, &walk.in);
	find_context(options, &walk.in);
	struct rw_error *err = walker_add(walker, &walk);
	if (!err)
		walker_finish(walker, NULL, 0);
	return err;
}

static struct rw_error *run(struct options *options, struct inputs *inputs,
			    struct rw_image **image, int *status_ret)
{
	struct rw_kernel kernel;
	struct walker walker;

	struct rw_error *err = command_image(options, image);
	if (!err)
		err = inputs_init(options, inputs);
	if (!err && inputs->nr_sources)
		return dump_trace(options, inputs, *image, status_ret);
	if (!err && (options->all_tasks || options->pids || options->comm || options->group))
		err = rw_error_create(RW_ERROR_USAGE, "-a, -p, -c and --group choose among the tasks of "
				      "a dump, and none was given; leave them out, or give a vmcore");
	if (!err && !*image)
		err = command_no_image(options);
	if (!err)
		err = check_registers(options, inputs);
	if (!err)
		err = command_kernel(options, *image, inputs->start.pc, &kernel);
	if (!err)
		err = walker_init(options, &kernel, inputs->source, &walker);
	if (err)
		return err;
	err = walk(&walker, inputs);
	if (!err)
		*status_ret = rw_tally_status(&walker.tally);
	walker_deinit(&walker);
	return err;
}

int command_trace(int argc, char **argv)
{
	struct options options;
	struct inputs inputs = { 0 };
	struct rw_image *image = NULL;
	int status = STATUS_OK;

	options_init(&options, &argp, TAKES_INPUTS);
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	struct rw_error *err = run(&options, &inputs, &image, &status);
	if (err)
		status = command_error(err);
	inputs_deinit(&inputs);
	rw_image_close(image);
	options_deinit(&options);
	return status;
}
