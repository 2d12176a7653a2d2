// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of generations.  A new one is a row here, a file beside this one, and
// its vectors.

#include <string.h>

#include "model.h"

/* where the record of a struct pt_regs lies, by the kernels that a model is from */
#define LAYOUT_5_10	{ 336, 304, false, true }
#define LAYOUT_5_14	{ 336, 304, false, false }
#define LAYOUT_6_13	{ 320, 296, true, false }

#define ZERO_CHECK	RW_OPTION_KRETPROBE_ZERO_CHECK
#define XPACLRI		RW_OPTION_XPACLRI
#define FP_ZERO_ENDS	RW_OPTION_FP_ZERO_ENDS

#define RFC_MARKS(n, date, what, fn)						\
	{									\
		.name = "rfc-v" #n, .releases = "v" #n ", " date " (5.12)",	\
		.summary = what, .promise = RW_PROMISE_MARKED_FRAMES,		\
		.checks_text = true, .layout = LAYOUT_5_10, .walk = fn,		\
	}
#define RFC_WALK(n, date, what, fn)						\
	{									\
		.name = "rfc-v" #n, .releases = "v" #n ", " date,			\
		.summary = what, .promise = RW_PROMISE_RELIABLE_WALK,		\
		.checks_text = true, .layout = LAYOUT_5_14, .walk = fn,		\
	}
#define RFC_FLAG_ONLY(n)							\
	{									\
		.name = "rfc-v" #n, .releases = "v" #n ", 2021-10-14 (5.14)",	\
		.summary = "frames checked as they are entered; walks on after a failed check",	\
		.defect = "returns only the flag: refuses practically every complete trace "	\
			  "(the last frame is not exempt) and accepts a walk cut short",	\
		.promise = RW_PROMISE_RELIABLE_WALK, .checks_text = true,	\
		.layout = LAYOUT_5_14, .walk = rw_walk_rfc_v9,			\
	}
#define COMPLETE_WALK .promise = RW_PROMISE_COMPLETE_WALK

static const struct rw_model models[] = {
	RFC_MARKS(1, "2021-03-30", "marks what is in a special function or no text",
		  rw_walk_rfc_v1),
	RFC_MARKS(2, "2021-04-05", "as v1 with another ftrace entry in its list", rw_walk_rfc_v1),
	RFC_MARKS(3, "2021-05-03", "marks what is in listed sections or no text", rw_walk_rfc_v3),
	RFC_MARKS(4, "2021-05-15", "marks what is in the SYM_CODE table or no text",
		  rw_walk_rfc_v4),
	RFC_MARKS(5, "2021-05-26", "as v4", rw_walk_rfc_v4),
	RFC_MARKS(6, "2021-06-30", "as v4, and the first frame is checked", rw_walk_rfc_v6),
	RFC_WALK(7, "2021-08-12 (5.14)", "one loop; stops after the entry that fails a check",
		 rw_walk_rfc_v7),
	RFC_WALK(8, "2021-08-12 (5.14)", "as v7", rw_walk_rfc_v7),
	RFC_FLAG_ONLY(9),
	RFC_FLAG_ONLY(10),
	RFC_WALK(11, "2021-11-23 (5.16)", "last frame exempt; kretprobes translated",
		 rw_walk_rfc_v11),
	RFC_WALK(12, "2022-01-03 (5.16)", "as v11", rw_walk_rfc_v12),
	RFC_WALK(13, "2022-01-17 (5.17)", "as v11", rw_walk_rfc_v12),
	RFC_WALK(14, "2022-04-13 (5.18)", "as v11; no walk from another task's pt_regs",
		 rw_walk_rfc_v14),
	RFC_WALK(15, "2022-06-17 (5.19)", "as v14", rw_walk_rfc_v14),
	{
		.name = "rfc-v16", .releases = "v16, 2022-07-07 (5.19)",
		.summary = "the loop alone: all reliability work is gone", COMPLETE_WALK,
		.layout = LAYOUT_5_14, .walk = rw_walk_rfc_v16,
	},
	{
		.name = "linux-5.10", .releases = "5.10 - 5.13",
		.summary = "stacks_done; 16-byte alignment; ends at a record of two zeros",
		COMPLETE_WALK, .layout = LAYOUT_5_10, .variants = FP_ZERO_ENDS,
		.varies = "fp_zero_ends in 5.12.0 to 5.12.4: only the release tells it",
		.walk = rw_walk_linux_5_10,
	},
	{
		.name = "linux-5.14", .releases = "5.14, 5.15",
		.summary = "ends at the final record, by its address", COMPLETE_WALK,
		.layout = LAYOUT_5_14, .walk = rw_walk_linux_5_14,
	},
	{
		.name = "linux-5.16", .releases = "5.16 - 6.0",
		.summary = "graph entries found by frame pointer; kretprobes translated",
		COMPLETE_WALK, .layout = LAYOUT_5_14, .variants = ZERO_CHECK,
		.varies = "trees with the hypervisor's unwinder as it was posted let any task use "
			  "the overflow stack: not told, not replayed",
		.walk = rw_walk_linux_5_16,
	},
	{
		.name = "linux-6.1", .releases = "6.1 - 6.7",
		.summary = "stacks used up from below; EFI stack", COMPLETE_WALK,
		.layout = LAYOUT_5_14, .variants = ZERO_CHECK | XPACLRI,
		.varies = "6.1.0 has no EFI stack (told by efi_rt_stack_top); xpaclri from 6.4 on",
		.walk = rw_walk_linux_6_1,
	},
	{
		.name = "linux-6.8", .releases = "6.8 - 6.10",
		.summary = "the first pc is translated; PAC removed by instruction", COMPLETE_WALK,
		.layout = LAYOUT_5_14, .options = XPACLRI, .variants = ZERO_CHECK,
		.walk = rw_walk_linux_6_8,
	},
	{
		.name = "linux-6.11", .releases = "6.11, 6.12",
		.summary = "graph entries on a shadow stack, with a cursor", COMPLETE_WALK,
		.layout = LAYOUT_5_14, .options = XPACLRI, .variants = ZERO_CHECK,
		.varies = "kretprobe_zero_check from 6.12.43 on", .walk = rw_walk_linux_6_11,
	},
	{
		.name = "linux-6.13", .releases = "6.13 - 6.16",
		.summary = "metadata records: exception boundaries, a typed final record",
		COMPLETE_WALK, .prints_marks = true, .layout = LAYOUT_6_13,
		.options = XPACLRI, .variants = ZERO_CHECK,
		.varies = "kretprobe_zero_check from 6.15.11 and 6.16.2 on",
		.walk = rw_walk_linux_6_13,
	},
	{
		.name = "linux-6.17", .releases = "6.17 - 7.2",
		.summary = "arch_stack_walk_reliable(): refuses exception boundaries",
		.promise = RW_PROMISE_RELIABLE_WALK, .prints_marks = true, .layout = LAYOUT_6_13,
		.options = ZERO_CHECK | XPACLRI, .variants = ZERO_CHECK, .walk = rw_walk_linux_6_17,
	},
};

const struct rw_layout unwind_layouts[UNWIND_NR_LAYOUTS] = { LAYOUT_5_14, LAYOUT_6_13 };

const struct rw_model *rw_models(size_t *nr_ret)
{
	*nr_ret = sizeof(models) / sizeof(models[0]);
	return models;
}

const struct rw_model *rw_model_find(const char *name)
{
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (!strcmp(models[i].name, name))
			return &models[i];
	return NULL;
}
