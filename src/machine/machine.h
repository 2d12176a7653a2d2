/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef REWALK_MACHINE_PRIVATE_H
#define REWALK_MACHINE_PRIVATE_H

#include "rewalk/case.h"
#include "rewalk/image.h"
#include "rewalk/machine.h"

/** Fill in the model, its options and the layout, as far as the image's types tell them. */
struct rw_error *rw_kernel_choose_model(struct rw_kernel *kernel);

/** What the machine code of the walker tells; unknown where it cannot be told from it. */
struct rw_walker_code {
	enum rw_tri kretprobe_zero_check;	/* an unmatched kretprobe fails the walk */
	enum rw_tri xpaclri;			/* the step strips by that instruction */
};
void rw_kernel_read_walker(const struct rw_image *image, struct rw_walker_code *ret);

/** Fill in what rfc-v1 to rfc-v3 distrust; the slide is known. */
void rw_kernel_find_special(struct rw_kernel *kernel);

/** The address that the symbol @name has in the image; 0 if there is none. */
static inline uint64_t link_addr(const struct rw_image *image, const char *name)
{
	uint64_t addr = 0;

	rw_image_symbol(image, name, &addr);
	return addr;
}

/* ---- recordfacts.c: into a case; false without memory --------------------------- */

bool machine_record_kernel(struct rw_case *c, const struct rw_kernel *kernel);
void machine_record_task(const struct rw_task *task, struct rw_case_trace *trace);
bool machine_record_input(struct rw_case *c, const struct rw_unwind_input *in,
			  struct rw_case_trace *trace);
/** Add [@start, @end), without a name. */
bool machine_record_range(struct rw_case_ranges *list, uint64_t start, uint64_t end);

/* ---- replay.c ------------------------------------------------------------------- */

/** The words of a case for how a task can be walked, and for what is known of a tracer. */
const char *machine_walkable_name(enum rw_walkable walkable);
const char *machine_tracer_name(enum rw_tracer_form form);

#endif
