// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk trace: walk stacks, print frames and verdicts.

#include "rewalk/error.h"
#include "rewalk/image.h"

#include "command.h"
#include "dump.h"
#include "inputs.h"
#include "printed.h"
#include "raw.h"
#include "replay.h"
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
	"  rewalk vmlinux stack.bin@ffff80000a5d8000 --regs regs.txt\n"
	"The traces that a kernel printed:\n"
	"  dmesg | rewalk vmlinux -\n"
	"What `rewalk export' wrote, without a vmlinux:\n"
	"  rewalk case.rwc\n\n"
	"INPUT is a vmcore (ELF, makedumpfile, QEMU; split sets as several files), "
	"FILE@phys:ADDR (a bank of RAM), FILE@ADDR (raw bytes at a virtual address, or a hex "
	"dump whose offset 0 stood there), FILE@regs (a struct user_pt_regs), or a text with "
	"printed traces (a kernel's log, /proc/PID/stack), with registers, and hex dumps of xxd, "
	"hexdump, od, QEMU, gdb, crash or OpenOCD. Without --stack the task stack is the file "
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

static const struct argp argp = { NULL, options_parse, "VMLINUX [INPUT...]\nCASE", doc, children,
				  NULL, NULL };

/** The raw stack of the inputs, whatever texts were read before. */
static struct rw_error *walk_raw(const struct options *options, struct inputs *inputs,
				 const struct rw_image *image, struct printer *printer,
				 int *status_ret)
{
	struct rw_kernel kernel;
	struct walker own = { 0 }, *walker = printer->walker ? printer->walker : &own;
	struct walk walk;
	struct rw_error *err = raw_kernel(options, inputs, image, &kernel);

	if (!err && printer->walker)
		err = walker_use(walker, &kernel, inputs->source) ? NULL : &rw_enomem;
	else if (!err)
		err = walker_init(options, &kernel, inputs->source, walker);
	if (err)
		return err;
	raw_walk(options, inputs, &kernel, &walk);
	err = walker_add(walker, &walk);
	if (!err) {
		walker_finish(walker, NULL, 0);
		*status_ret = rw_tally_status(&walker->tally);
	}
	if (!printer->walker)
		walker_deinit(walker);
	return err;
}

/** Is there, besides printed traces, a stack to be walked? */
static bool is_walk_meant(const struct options *options, const struct inputs *inputs)
{
	return inputs->memory.nr || options->has_pc || options->has_fp || options->regs;
}

static struct rw_error *run(struct options *options, struct inputs *inputs,
			    struct rw_image **image, struct printer *printer, int *status_ret)
{
	struct replayed_case replayed;
	struct rw_error *err = replay_open(options, &replayed);

	if (!err && replayed.replay)
		err = replay_trace(options, &replayed, status_ret);
	bool is_case = replayed.replay;
	replay_close(&replayed);
	if (err || is_case)
		return err;
	err = command_image(options, image);
	if (!err)
		err = inputs_open(options, inputs);
	// With memory to walk, what is wrong with it is said before anything is printed.
	bool walk_first = !err && (inputs->nr_sources || is_walk_meant(options, inputs));
	printer_init(printer, options, *image, walk_first);
	if (!err && inputs->nr_sources)
		err = printer_count(inputs);
	if (!err && walk_first)
		err = inputs_read_logs(options, inputs);
	if (walk_first && !err)
		err = inputs_choose(options, inputs);
	if (!err && inputs->nr_sources) {
		err = inputs_check_logs(options, inputs);
		return err ? err : dump_trace(options, inputs, *image, status_ret);
	}
	if (!err && !*image && inputs->nr_logs)
		err = command_no_image(options);
	if (!err)
		err = printer_read(printer, inputs);
	if (!err && !walk_first)
		err = printer_foreign(printer, inputs);
	if (!err && !walk_first)
		err = inputs_read_logs(options, inputs);
	if (!err)
		err = inputs_check_logs(options, inputs);
	if (err)
		return err;
	bool only_traces = printer->nr_traces && !is_walk_meant(options, inputs);
	if (!walk_first && !only_traces)
		err = inputs_choose(options, inputs);
	if (!err && inputs->nr_sources)
		return dump_trace(options, inputs, *image, status_ret);
	if (err)
		return err;
	if (only_traces)
		return printer_finish(printer, inputs, status_ret);
	// What the kernel printed of itself, if it did not boot twice with different ones.
	if (options->kaslr_known == RW_UNKNOWN && printer->log.kaslr_known == RW_YES) {
		options->kaslr_known = RW_YES;
		options->kaslr = printer->log.kaslr;
	}
	return walk_raw(options, inputs, *image, printer, status_ret);
}

int command_trace(int argc, char **argv)
{
	struct options options;
	struct inputs inputs = { 0 };
	struct printer printer = { 0 };
	struct rw_image *image = NULL;
	int status = STATUS_OK;

	options_init(&options, &argp, TAKES_INPUTS);
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	struct rw_error *err = run(&options, &inputs, &image, &printer, &status);
	if (err)
		status = command_error(err);
	printer_deinit(&printer);
	inputs_deinit(&inputs);
	rw_image_close(image);
	options_deinit(&options);
	return status;
}
