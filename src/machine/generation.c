// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which generation of the unwinder an image has, by the shape of its types and by
// its symbols; never by its version, since vendors carry newer walkers in older
// numbers.  The newest shape is asked for first.
//
// Checked on Debian's 6.1, 6.12 and 7.2; the rows before 6.1 were not tried on an
// image of their release.

#include <stdio.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/types.h"

#include "machine.h"

enum {
	META, PT_REGS, STACKFRAME, RET_STACK, KUNWIND, UNWIND_STACKS, UNWIND_DONE, FRAME_KR,
	FRAME_DONE, FRAME_GRAPH, SECONDARY_STACK, KEYS_KERNEL,
	RFC_NEED, RFC_FRAME_RELIABLE, RFC_FRAME_FAILED, RFC_FRAME_TASK, RFC_FRAME_CONSUME,
	RFC_STATE_RELIABLE, NR_QUERIES,
};

static const struct rw_type_query questions[NR_QUERIES] = {
	[META] = { .type = "frame_record_meta" },
	[PT_REGS] = { .type = "pt_regs" },
	[STACKFRAME] = { .type = "pt_regs", .member = "stackframe" },
	[RET_STACK] = { .type = "task_struct", .member = "ret_stack" },
	[KUNWIND] = { .type = "kunwind_state" },
	[UNWIND_STACKS] = { .type = "unwind_state", .member = "nr_stacks" },
	[UNWIND_DONE] = { .type = "unwind_state", .member = "stacks_done" },
	[FRAME_KR] = { .type = "stackframe", .member = "kr_cur" },
	[FRAME_DONE] = { .type = "stackframe", .member = "stacks_done" },
	[FRAME_GRAPH] = { .type = "stackframe", .member = "graph" },
	[SECONDARY_STACK] = { .type = "secondary_data", .member = "stack" },
	[KEYS_KERNEL] = { .type = "thread_struct", .member = "keys_kernel" },
	[RFC_NEED] = { .type = "stackframe", .member = "need_reliable" },
	[RFC_FRAME_RELIABLE] = { .type = "stackframe", .member = "reliable" },
	[RFC_FRAME_FAILED] = { .type = "stackframe", .member = "failed" },
	[RFC_FRAME_TASK] = { .type = "stackframe", .member = "task" },
	[RFC_FRAME_CONSUME] = { .type = "stackframe", .member = "cookie" },
	[RFC_STATE_RELIABLE] = { .type = "unwind_state", .member = "reliable" },
};

/** "Linux version 6.12.107+…" */
struct release {
	unsigned int major, minor, patch;
};

static struct release release_of(const struct rw_kernel *kernel)
{
	const char *banner = kernel->banner;
	struct release r = { 0 };

	if (!banner ||
	    sscanf(banner, "Linux version %u.%u.%u", &r.major, &r.minor, &r.patch) < 2)
		return (struct release){ 0 };
	return r;
}

static void choose(struct rw_kernel *kernel, const char *model, const char *why)
{
	kernel->auto_model = rw_model_find(model);
	snprintf(kernel->auto_why, sizeof(kernel->auto_why), "%s", why);
}

/** An image with the table of the series: which of its versions has this shape? */
static void choose_rfc(struct rw_kernel *kernel, const struct rw_type_query *q)
{
	if (!q)
		choose(kernel, "rfc-v7", "sym_code_functions table; no types to tell the version "
		       "by");
	else if (q[RFC_NEED].found)
		choose(kernel, "rfc-v7", "sym_code_functions table, stackframe.need_reliable");
	else if (q[RFC_STATE_RELIABLE].found)
		choose(kernel, "rfc-v14", "sym_code_functions table, unwind_state.reliable");
	else if (q[RFC_FRAME_FAILED].found && q[RFC_FRAME_CONSUME].found)
		choose(kernel, "rfc-v12", "sym_code_functions table, stackframe.cookie");
	else if (q[RFC_FRAME_FAILED].found && q[FRAME_KR].found)
		choose(kernel, q[RFC_FRAME_TASK].found ? "rfc-v13" : "rfc-v11",
		       "sym_code_functions table, stackframe.failed and .kr_cur");
	else if (q[RFC_FRAME_FAILED].found)
		choose(kernel, "rfc-v9", "sym_code_functions table, stackframe.failed");
	else if (q[RFC_FRAME_RELIABLE].found)
		choose(kernel, "rfc-v4", "sym_code_functions table, stackframe.reliable");
	else if (q[SECONDARY_STACK].found)
		choose(kernel, "rfc-v6", "sym_code_functions table, no state for its outcome");
	else
		snprintf(kernel->auto_why, sizeof(kernel->auto_why),
			 "a sym_code_functions table, but none of the series' types");
}

/** Since 5.14 the final record ends a chain, since 6.13 it has a type. */
static void choose_linux(struct rw_kernel *kernel, const struct rw_type_query *q)
{
	uint64_t addr;

	if (q[META].found && rw_image_symbol(kernel->image, "arch_stack_walk_reliable", &addr))
		choose(kernel, "linux-6.17", "frame_record_meta, arch_stack_walk_reliable()");
	else if (q[META].found)
		choose(kernel, "linux-6.13", "frame_record_meta, no arch_stack_walk_reliable()");
	else if (q[RET_STACK].found && q[RET_STACK].is_pointer && !q[RET_STACK].to_struct)
		choose(kernel, "linux-6.11", "task_struct.ret_stack is an array of words");
	else if (q[KUNWIND].found)
		choose(kernel, "linux-6.8", "struct kunwind_state");
	else if (q[UNWIND_STACKS].found)
		choose(kernel, "linux-6.1", "unwind_state.nr_stacks, no kunwind_state");
	else if (q[UNWIND_DONE].found)
		choose(kernel, "linux-5.16", "unwind_state.stacks_done");
	else if (q[FRAME_KR].found || (q[FRAME_DONE].found && !q[FRAME_GRAPH].found &&
				       q[RET_STACK].found))
		choose(kernel, "linux-5.16", "stackframe.kr_cur");
	else if (q[FRAME_DONE].found)
		choose(kernel, q[SECONDARY_STACK].found ? "linux-5.10" : "linux-5.14",
		       q[SECONDARY_STACK].found ? "stackframe.stacks_done, secondary_data.stack" :
		       "stackframe.stacks_done, no secondary_data.stack");
	else
		snprintf(kernel->auto_why, sizeof(kernel->auto_why),
			 "none of the types of a known unwinder");
}

static void set_option(struct rw_kernel *kernel, enum rw_model_option option, bool on,
		       enum rw_option_from from)
{
	if (!kernel->auto_model || !(kernel->auto_model->variants & option))
		return;
	kernel->auto_options = (kernel->auto_options & ~option) | (on ? option : 0);
	kernel->auto_from[__builtin_ctz(option)] = from;
}

/** Which releases of its generation have what. */
static void options_by_release(struct rw_kernel *kernel, const struct release *r)
{
	unsigned int minor = r->minor, patch = r->patch;

	// In 6.17, and carried into these stable releases.
	if (r->major == 6 && minor >= 11)
		set_option(kernel, RW_OPTION_KRETPROBE_ZERO_CHECK,
			   (minor == 12 && patch >= 43) || (minor == 15 && patch >= 11) ||
			   (minor == 16 && patch >= 2) || minor >= 17, RW_OPTION_BY_RELEASE);
	if (r->major == 6)
		set_option(kernel, RW_OPTION_XPACLRI, minor >= 4, RW_OPTION_BY_RELEASE);
	if (r->major == 5)
		set_option(kernel, RW_OPTION_FP_ZERO_ENDS, minor == 12 && patch < 5,
			   RW_OPTION_BY_RELEASE);
}

/** The walker's own code says it best. */
static void options_by_code(struct rw_kernel *kernel)
{
	struct rw_walker_code code;

	if (!(kernel->auto_model->variants & (RW_OPTION_KRETPROBE_ZERO_CHECK | RW_OPTION_XPACLRI)))
		return;
	rw_kernel_read_walker(kernel->image, &code);
	if (code.kretprobe_zero_check != RW_UNKNOWN)
		set_option(kernel, RW_OPTION_KRETPROBE_ZERO_CHECK,
			   code.kretprobe_zero_check == RW_YES, RW_OPTION_BY_CODE);
	// A kernel that signs none of its own pointers strips none by the instruction.
	if (code.xpaclri == RW_YES || (code.xpaclri == RW_NO && kernel->ptrauth_kernel == RW_YES))
		set_option(kernel, RW_OPTION_XPACLRI, code.xpaclri == RW_YES, RW_OPTION_BY_CODE);
}

static void choose_options(struct rw_kernel *kernel)
{
	struct release release = release_of(kernel);

	if (!kernel->auto_model)
		return;
	kernel->auto_options = kernel->auto_model->options;
	options_by_release(kernel, &release);
	options_by_code(kernel);
}

/** Without types a symbol and the number must say the same. */
static void choose_without_types(struct rw_kernel *kernel, bool table)
{
	struct release release = release_of(kernel);
	uint64_t addr;

	snprintf(kernel->auto_why, sizeof(kernel->auto_why), "%s",
		 "the image has neither BTF nor DWARF");
	if (table)
		choose_rfc(kernel, NULL);
	else if (rw_image_symbol(kernel->image, "arch_stack_walk_reliable", &addr) &&
		 (release.major > 6 || (release.major == 6 && release.minor >= 17)))
		choose(kernel, "linux-6.17",
		       "arch_stack_walk_reliable() and the release; no types");
}

/** Without types the layout is that of the generation's own kernels. */
static void own_layout(struct rw_kernel *kernel)
{
	if (kernel->has_layout || !kernel->auto_model)
		return;
	kernel->has_layout = true;
	kernel->layout = kernel->auto_model->layout;
}

struct rw_error *rw_kernel_choose_model(struct rw_kernel *kernel)
{
	struct rw_types *types = NULL;
	struct rw_type_query q[NR_QUERIES];
	bool table = rw_image_has_sym_code_table(kernel->image);

	struct rw_error *err = rw_types_open(kernel->image, &types);
	if (err) {
		rw_error_destroy(err);
		choose_without_types(kernel, table);
		choose_options(kernel);
		own_layout(kernel);
		return NULL;
	}
	memcpy(q, questions, sizeof(q));
	err = rw_types_query(types, q, NR_QUERIES);
	if (!err) {
		kernel->types_origin = rw_types_origin(types);
		kernel->ptrauth_kernel = rw_tri_and(kernel->ptrauth, rw_tri(q[KEYS_KERNEL].found));
		if (table)
			choose_rfc(kernel, q);
		else
			choose_linux(kernel, q);
		choose_options(kernel);
		if (q[PT_REGS].found && q[STACKFRAME].found) {
			kernel->has_layout = true;
			kernel->layout = (struct rw_layout){
				.pt_regs_size = q[PT_REGS].size,
				.pt_regs_stackframe = q[STACKFRAME].offset,
				.frame_record_meta = q[META].found && q[STACKFRAME].is_struct,
				.zero_fp_ends = q[SECONDARY_STACK].found,
			};
		}
		own_layout(kernel);
	}
	rw_types_close(types);
	return err;
}
