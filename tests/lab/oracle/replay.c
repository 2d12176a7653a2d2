// SPDX-License-Identifier: GPL-2.0-or-later
//
// replay MODEL [OPTION...] FILE...: the project's walk of each case in the files.
// replay MODEL --layout: where the model has the records.
//
// Options: zero-check, no-ptrauth.

#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "rewalk/consumers.h"
#include "rewalk/unwind.h"

static struct lab_case c;
static struct lab_answer answer;

static bool read_words(void *memory, uint64_t addr, size_t nr, uint64_t *ret)
{
	for (size_t i = 0; i < nr; i++)
		if (!lab_case_word(memory, addr + 8 * i, &ret[i]))
			return false;
	return true;
}

static enum rw_tri in_ret_from_fork(const void *kernel, uint64_t pc)
{
	return rw_tri(lab_case_in_ret_from_fork(kernel, pc));
}

static bool collect(void *cookie, const struct rw_entry *entry)
{
	static const char *const source[] = {
		[RW_SOURCE_FRAME] = "", [RW_SOURCE_CALLER] = "C",
		[RW_SOURCE_TASK] = "T", [RW_SOURCE_REGS] = "P",
	};

	(void)cookie;
	answer.entries[answer.nr_entries].pc = entry->pc;
	answer.entries[answer.nr_entries].fp = entry->fp;
	char *marks = answer.entries[answer.nr_entries++].marks;
	snprintf(marks, sizeof(answer.entries[0].marks), "%s%s%s",
		 answer.marked ? source[entry->source] : "",
		 answer.marked && entry->fgraph ? "F" : "",
		 answer.marked && entry->kretprobe ? "K" : "");
	return true;
}

struct options {
	const struct rw_model *model;
	bool zero_check, no_ptrauth;
};

static void replay(const struct options *options)
{
	static const enum rw_start starts[] = {
		[LAB_START_BLOCKED] = RW_START_BLOCKED,
		[LAB_START_CURRENT] = RW_START_CURRENT,
		[LAB_START_REGS] = RW_START_REGS,
	};
	static const enum rw_stack_type stacks[] = {
		[LAB_STACK_TASK] = RW_STACK_TASK,
		[LAB_STACK_IRQ] = RW_STACK_IRQ,
		[LAB_STACK_OVERFLOW] = RW_STACK_OVERFLOW,
		[LAB_STACK_SDEI_NORMAL] = RW_STACK_SDEI_NORMAL,
		[LAB_STACK_SDEI_CRITICAL] = RW_STACK_SDEI_CRITICAL,
		[LAB_STACK_EFI] = RW_STACK_EFI,
	};
	static const enum lab_end ends[] = {
		[RW_END_FINAL] = LAB_END_FINAL,
		[RW_END_ERROR] = LAB_END_ERROR,
		[RW_END_CONSUMER] = LAB_END_CONSUMER,
		[RW_END_NOT_STARTED] = LAB_END_NOT_STARTED,
		[RW_END_INCOMPLETE] = LAB_END_INCOMPLETE,
	};
	struct rw_fgraph_entry entries[LAB_MAX_TRACED];
	struct rw_kretprobe instances[LAB_MAX_TRACED];

	for (size_t i = 0; i < c.nr_fgraph; i++)
		entries[i] = (struct rw_fgraph_entry){
			.ret = c.fgraph[i].ret,
			.retp = c.fgraph[i].retp,
			.known = true,
			.at_bottom = !i && !c.ret_stack_floor,
		};
	for (size_t i = 0; i < c.nr_kretprobes; i++)
		instances[i] = (struct rw_kretprobe){ c.kretprobes[i].ret, c.kretprobes[i].fp };

	struct rw_unwind_input in = {
		.read = read_words,
		.memory = &c,
		.in_ret_from_fork = in_ret_from_fork,
		.kernel = &c,
		.layout = options->model->layout,
		.layout_known = RW_YES,
		.start = starts[c.start],
		.pc = c.pc,
		.fp = c.fp,
		.pc_is_lr = c.start == LAB_START_CURRENT,
		.need_reliable = true,
		// a walk without an end ends here, even if nothing of it is printed
		.limit = c.limit ? c.limit : LAB_MAX_ENTRIES,
		.current = rw_tri(!c.other),
		.preemptible = rw_tri(c.preemptible),
		.in_nmi = rw_tri(c.nmi),
		.in_efi = rw_tri(c.efi),
		.ptrauth = rw_tri(!options->no_ptrauth),
		.pauth_hw = rw_tri(c.pac),
		.va_bits = c.va_bits,
		.return_to_handler = { c.return_to_handler, RW_YES },
		.kretprobe_trampoline = { c.kretprobe_trampoline, RW_YES },
		.fgraph = {
			.form = c.has_ret_stack ? RW_TRACER_PRESENT : RW_TRACER_NONE,
			.entries = entries,
			.nr = c.nr_fgraph,
		},
		.kretprobes = {
			.form = c.nr_kretprobes ? RW_TRACER_PRESENT : RW_TRACER_NONE,
			.instances = instances,
			.nr = c.nr_kretprobes,
		},
		.options = options->model->options,
	};
	if (options->zero_check)
		in.options |= RW_OPTION_KRETPROBE_ZERO_CHECK;
	for (int i = 0; i < LAB_NR_STACKS; i++)
		in.stacks[stacks[i]] = (struct rw_stack){
			.low = c.stacks[i].low,
			.high = c.stacks[i].low + c.stacks[i].size,
			.exists = rw_tri(c.stacks[i].size),
		};

	struct rw_dump_regs dump = { .regs_fp = c.dump_fp, .regs_pc = c.dump_pc, .print = collect };
	struct rw_unwind_result result;

	answer.nr_entries = 0;
	answer.marked = options->model->prints_marks;
	rw_unwind(options->model, &in, c.has_dump ? rw_dump_regs_consume : collect, &dump, &result);
	answer.consumed = c.has_dump ? answer.nr_entries : result.consumed;
	answer.end = ends[result.end];
	answer.verdict = rw_verdict_name(result.verdict);
	answer.has_returned = result.has_returned;
	answer.returned = result.returned;
	// Of several missing words, the last is the one that ended the walk.
	answer.missing = 0;
	for (size_t i = 0; i < result.nr_reasons; i++)
		if (result.reasons[i].code == RW_REASON_MEMORY_MISSING)
			answer.missing = result.reasons[i].address;
}

static void all_cases(const struct options *options, const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		exit(2);
	}
	while (lab_case_read(file, path, &c)) {
		replay(options);
		lab_answer_print(&c, &answer);
	}
	fclose(file);
}

int main(int argc, char **argv)
{
	struct options options = { .model = argc > 2 ? rw_model_find(argv[1]) : NULL };

	if (!options.model) {
		fprintf(stderr, "replay: no such model\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		const struct rw_layout *layout = &options.model->layout;

		if (!strcmp(argv[i], "--layout"))
			printf("%u %u %s\n", layout->pt_regs_size, layout->pt_regs_stackframe,
			       layout->frame_record_meta ? "meta" :
			       layout->zero_fp_ends ? "zeros" : "plain");
		else if (!strcmp(argv[i], "zero-check"))
			options.zero_check = true;
		else if (!strcmp(argv[i], "no-ptrauth"))
			options.no_ptrauth = true;
		else
			all_cases(&options, argv[i]);
	}
	return 0;
}
