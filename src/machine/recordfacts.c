// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is known before a walk, copied into a case: of the kernel, of a task, of the input
// of its walk.  The way back is in replay.c.

#include <stdio.h>
#include <string.h>

#include "rewalk/replay.h"
#include "rewalk/vector.h"

#include "machine.h"

/* ---- the kernel ----------------------------------------------------------------- */

bool machine_record_range(struct rw_case_ranges *list, uint64_t start, uint64_t end)
{
	struct rw_case_range *last = rw_vector_push(list);

	if (!last)
		return false;
	*last = (struct rw_case_range){ .start = start, .end = end };
	return true;
}

static bool add_ranges(struct rw_case_ranges *list, const struct rw_text_range *ranges, size_t nr)
{
	list->known = true;
	for (size_t i = 0; i < nr; i++)
		if (!machine_record_range(list, ranges[i].start, ranges[i].end))
			return false;
	return true;
}

/** All SYM_CODE, each byte once: that a function is not among it is known, too. */
static bool add_sym_code(const struct rw_kernel *kernel, struct rw_case_ranges *list)
{
	size_t nr;

	if (rw_kernel_in_sym_code(kernel, kernel->stext) == RW_UNKNOWN)
		return true;
	if (!kernel->image)
		return add_ranges(list, kernel->sym_code, kernel->nr_sym_code);
	const struct rw_range *ranges = rw_image_ranges(kernel->image, &nr);
	list->known = true;
	for (size_t i = 0; i < nr; i++) {
		uint64_t start = ranges[i].start + kernel->slide;
		uint64_t end = ranges[i].end + kernel->slide;
		struct rw_case_range *last = list->nr ? &list->data[list->nr - 1] : NULL;

		if (ranges[i].kind != RW_RANGE_SYM_CODE)
			continue;
		if (last && start <= last->end)
			last->end = end > last->end ? end : last->end;
		else if (!machine_record_range(list, start, end))
			return false;
	}
	return true;
}

static bool record_lists(const struct rw_kernel *kernel, struct rw_case_kernel *ret)
{
	if (!add_sym_code(kernel, &ret->sym_code))
		return false;
	if (kernel->nr_el1_entry &&
	    !add_ranges(&ret->el1_entry, kernel->el1_entry, kernel->nr_el1_entry))
		return false;
	if (kernel->nr_ret_from_fork &&
	    !add_ranges(&ret->ret_from_fork, kernel->ret_from_fork, kernel->nr_ret_from_fork))
		return false;
	return kernel->slide_known != RW_YES ||
	       (add_ranges(&ret->special, kernel->special, kernel->nr_special) &&
		add_ranges(&ret->code_section, kernel->code_section, kernel->nr_code_section));
}

/** The options of the kernel's own model, and those that the user gave for any. */
static bool record_options(struct rw_case *c, const struct rw_kernel *kernel)
{
	for (unsigned int bit = 1; bit < 1 << RW_NR_OPTIONS; bit <<= 1) {
		unsigned int given = (kernel->options_on | kernel->options_off) & bit;
		const struct rw_model *model = kernel->auto_model;
		enum rw_option_from from = kernel->auto_from[__builtin_ctz(bit)];
		const char *name = rw_option_name(bit), **word;
		char off[64];

		if (model && model->variants & bit) {
			struct rw_case_option *option = rw_vector_push(&c->kernel.options);

			if (!option)
				return false;
			option->on = kernel->auto_options & bit;
			if (!rw_case_string(c, name, &option->name) ||
			    !rw_case_string(c, rw_option_from_name(from), &option->from))
				return false;
		}
		if (!given)
			continue;
		snprintf(off, sizeof(off), "no-%s", name);
		word = rw_vector_push(&c->given);
		if (!word || !rw_case_string(c, kernel->options_on & bit ? name : off, word))
			return false;
	}
	return true;
}

bool machine_record_kernel(struct rw_case *c, const struct rw_kernel *kernel)
{
	struct rw_case_kernel *ret = &c->kernel;

	ret->slide_known = kernel->slide_known;
	ret->slide = kernel->slide;
	ret->text = kernel->text;
	ret->stext = kernel->stext;
	ret->etext = kernel->etext;
	ret->end = kernel->end;
	ret->sinittext = kernel->sinittext;
	ret->einittext = kernel->einittext;
	ret->thread_size = kernel->thread_size;
	ret->va_bits = kernel->va_bits;
	ret->va_bits_min = kernel->va_bits_min;
	ret->va_bits_max = kernel->va_bits_max;
	ret->ptrauth = kernel->ptrauth;
	ret->ptrauth_kernel = kernel->ptrauth_kernel;
	ret->pauth_hw = kernel->pauth_hw;
	ret->has_layout = kernel->has_layout;
	ret->pt_regs_size = kernel->layout.pt_regs_size;
	ret->pt_regs_stackframe = kernel->layout.pt_regs_stackframe;
	ret->frame_record_meta = kernel->layout.frame_record_meta;
	ret->zero_fp_ends = kernel->layout.zero_fp_ends;
	ret->return_to_handler = (struct rw_case_address){ kernel->return_to_handler.addr,
							   kernel->return_to_handler.exists };
	ret->handler_size = kernel->handler.end - kernel->handler.start;
	ret->kretprobe_trampoline = (struct rw_case_address){ kernel->kretprobe_trampoline.addr,
							      kernel->kretprobe_trampoline.exists };
	return rw_case_string(c, kernel->banner, &ret->banner) &&
	       rw_case_string(c, *kernel->build_id ? kernel->build_id : NULL, &ret->build_id) &&
	       rw_case_string(c, kernel->auto_model ? kernel->auto_model->name : NULL,
			      &ret->model) &&
	       rw_case_string(c, kernel->auto_why, &ret->model_why) &&
	       rw_case_string(c, kernel->types_origin, &ret->types) &&
	       rw_case_string(c, kernel->slide_from, &ret->slide_from) &&
	       record_lists(kernel, ret) && record_options(c, kernel);
}

/* ---- a walk --------------------------------------------------------------------- */

static bool record_tracers(struct rw_case *c, const struct rw_unwind_input *in,
			   struct rw_case_trace *trace)
{
	trace->fgraph_incomplete = in->fgraph.incomplete;
	trace->kretprobes_incomplete = in->kretprobes.incomplete;
	for (size_t i = 0; i < in->fgraph.nr; i++) {
		const struct rw_fgraph_entry *entry = &in->fgraph.entries[i];
		struct rw_case_fgraph *last = rw_vector_push(&trace->fgraph);

		if (!last)
			return false;
		*last = (struct rw_case_fgraph){ entry->ret, entry->retp, entry->known,
						 entry->at_bottom };
	}
	for (size_t i = 0; i < in->kretprobes.nr; i++) {
		const struct rw_kretprobe *instance = &in->kretprobes.instances[i];
		struct rw_case_kretprobe *last = rw_vector_push(&trace->kretprobes);

		if (!last)
			return false;
		*last = (struct rw_case_kretprobe){ instance->ret_addr, instance->fp };
	}
	return rw_case_string(c, machine_tracer_name(in->fgraph.form), &trace->fgraph_form) &&
	       rw_case_string(c, machine_tracer_name(in->kretprobes.form), &trace->kretprobe_form);
}

bool machine_record_input(struct rw_case *c, const struct rw_unwind_input *in,
			  struct rw_case_trace *trace)
{
	trace->pc = in->pc;
	trace->fp = in->fp;
	trace->pc_is_lr = in->pc_is_lr;
	trace->current = in->current;
	trace->preemptible = in->preemptible;
	trace->in_nmi = in->in_nmi;
	trace->in_efi = in->in_efi;
	for (int type = 0; type < RW_NR_STACKS; type++) {
		const struct rw_stack *stack = &in->stacks[type];
		struct rw_case_stack *last = rw_vector_push(&trace->stacks);

		if (!last)
			return false;
		*last = (struct rw_case_stack){ NULL, stack->exists, stack->low, stack->high };
		if (!rw_case_string(c, rw_stack_name(type), &last->name))
			return false;
	}
	return rw_case_string(c, rw_start_name(in->start), &trace->start) &&
	       record_tracers(c, in, trace);
}

void machine_record_task(const struct rw_task *task, struct rw_case_trace *trace)
{
	trace->has_task = true;
	trace->pid = task->pid;
	trace->tgid = task->tgid;
	trace->cpu = task->cpu;
	memcpy(trace->comm, task->comm, sizeof(trace->comm));
	trace->state = task->state;
	trace->running = task->running;
	trace->panicked = task->panicked;
	trace->address = task->address;
}
