// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing a case file: JSON in lines that a person can compare, in an order that does
// not depend on anything but the facts.  What is not known is left out.
//
// The format: man/rewalk-case.5.

#include <endian.h>
#include <inttypes.h>

#include "rewalk/case.h"
#include "rewalk/json.h"

enum { RANGES_A_LINE = 6, WORDS_A_LINE = 4 };

static void tri(struct rw_json *json, const char *key, enum rw_tri value)
{
	if (value != RW_UNKNOWN)
		rw_json_string(json, key, value == RW_YES ? "yes" : "no");
}

/** Ranges of the image, as "OFFSET+SIZE OFFSET+SIZE …", offsets from _text. */
static void image_ranges(struct rw_json *json, const char *key, const struct rw_case_kernel *kernel,
			 const struct rw_case_ranges *ranges)
{
	if (!ranges->known)
		return;
	rw_json_break(json);
	rw_json_open(json, key, '[');
	for (size_t i = 0; i < ranges->nr;) {
		char line[RANGES_A_LINE * 40];
		size_t size = 0;

		for (size_t n = 0; n < RANGES_A_LINE && i < ranges->nr; n++, i++)
			size += snprintf(line + size, sizeof(line) - size, "%s%" PRIx64 "+%" PRIx64,
					 n ? " " : "", ranges->data[i].start - kernel->text,
					 ranges->data[i].end - ranges->data[i].start);
		rw_json_break(json);
		rw_json_string(json, NULL, line);
	}
	rw_json_close(json, ']');
}

static void more_text(struct rw_json *json, const struct rw_case_kernel *kernel)
{
	rw_json_break(json);
	rw_json_open(json, "more_text", '[');
	for (size_t i = 0; i < kernel->more_text.nr; i++) {
		const struct rw_case_range *range = &kernel->more_text.data[i];

		rw_json_break(json);
		rw_json_open(json, NULL, '[');
		rw_json_address(json, NULL, range->start);
		rw_json_address(json, NULL, range->end);
		if (range->name)
			rw_json_bytes(json, NULL, range->name);
		rw_json_close(json, ']');
	}
	rw_json_close(json, ']');
	rw_json_open(json, "not_text", '[');
	for (size_t i = 0; i < kernel->not_text.nr; i++)
		rw_json_address(json, NULL, kernel->not_text.data[i]);
	rw_json_close(json, ']');
}

static void layout(struct rw_json *json, const struct rw_case_kernel *kernel)
{
	rw_json_break(json);
	if (!kernel->has_layout) {
		rw_json_null(json, "layout");
		return;
	}
	rw_json_open(json, "layout", '{');
	rw_json_number(json, "pt_regs_size", kernel->pt_regs_size);
	rw_json_number(json, "pt_regs_stackframe", kernel->pt_regs_stackframe);
	rw_json_bool(json, "frame_record_meta", kernel->frame_record_meta);
	rw_json_bool(json, "zero_fp_ends", kernel->zero_fp_ends);
	rw_json_close(json, '}');
}

/** Where the kernel lies. */
static void place(struct rw_json *json, const struct rw_case_kernel *kernel)
{
	rw_json_break(json);
	if (kernel->slide_known != RW_YES) {
		rw_json_null(json, "slide");
		rw_json_bytes(json, "slide_from", kernel->slide_from);
		return;
	}
	rw_json_address(json, "slide", kernel->slide);
	rw_json_bytes(json, "slide_from", kernel->slide_from);
	rw_json_break(json);
	rw_json_address(json, "text", kernel->text);
	rw_json_address(json, "stext", kernel->stext);
	rw_json_address(json, "etext", kernel->etext);
	rw_json_address(json, "end", kernel->end);
	rw_json_address(json, "sinittext", kernel->sinittext);
	rw_json_address(json, "einittext", kernel->einittext);
}

static void trampoline(struct rw_json *json, const char *key, const struct rw_case_address *address,
		       const uint64_t *size)
{
	if (address->exists == RW_UNKNOWN)
		return;
	rw_json_open(json, key, '[');
	if (address->exists == RW_YES)
		rw_json_address(json, NULL, address->addr);
	if (address->exists == RW_YES && size)
		rw_json_number(json, NULL, *size);
	rw_json_close(json, ']');
}

static void kernel_facts(struct rw_json *json, const struct rw_case_kernel *kernel)
{
	rw_json_break(json);
	rw_json_open(json, "kernel", '{');
	rw_json_bytes(json, "banner", kernel->banner);
	rw_json_break(json);
	rw_json_bytes(json, "build_id", kernel->build_id);
	rw_json_break(json);
	rw_json_bytes(json, "model", kernel->model);
	rw_json_bytes(json, "model_why", kernel->model_why);
	rw_json_open(json, "options", '[');
	for (size_t i = 0; i < kernel->options.nr; i++) {
		rw_json_open(json, NULL, '[');
		rw_json_bytes(json, NULL, kernel->options.data[i].name);
		rw_json_bool(json, NULL, kernel->options.data[i].on);
		rw_json_bytes(json, NULL, kernel->options.data[i].from);
		rw_json_close(json, ']');
	}
	rw_json_close(json, ']');
	rw_json_bytes(json, "types", kernel->types);
	place(json, kernel);
	rw_json_break(json);
	rw_json_number(json, "thread_size", kernel->thread_size);
	rw_json_number(json, "va_bits", kernel->va_bits);
	rw_json_number(json, "va_bits_min", kernel->va_bits_min);
	rw_json_number(json, "va_bits_max", kernel->va_bits_max);
	tri(json, "ptrauth", kernel->ptrauth);
	tri(json, "ptrauth_kernel", kernel->ptrauth_kernel);
	tri(json, "pauth_hw", kernel->pauth_hw);
	layout(json, kernel);
	rw_json_break(json);
	trampoline(json, "return_to_handler", &kernel->return_to_handler, &kernel->handler_size);
	trampoline(json, "kretprobe_trampoline", &kernel->kretprobe_trampoline, NULL);
	image_ranges(json, "sym_code", kernel, &kernel->sym_code);
	image_ranges(json, "el1_entry", kernel, &kernel->el1_entry);
	image_ranges(json, "ret_from_fork", kernel, &kernel->ret_from_fork);
	image_ranges(json, "special", kernel, &kernel->special);
	image_ranges(json, "code_section", kernel, &kernel->code_section);
	more_text(json, kernel);
	rw_json_close(json, '}');
}

static void symbols(struct rw_json *json, const struct rw_case *c)
{
	rw_json_break(json);
	rw_json_open(json, "symbols", '[');
	for (size_t i = 0; i < c->symbols.nr; i++) {
		const struct rw_case_symbol *symbol = &c->symbols.data[i];

		rw_json_break(json);
		rw_json_open(json, NULL, '[');
		rw_json_address(json, NULL, symbol->addr);
		rw_json_number(json, NULL, symbol->size);
		rw_json_bytes(json, NULL, symbol->name);
		if (symbol->module)
			rw_json_bytes(json, NULL, symbol->module);
		rw_json_close(json, ']');
	}
	rw_json_close(json, ']');
}

static void task(struct rw_json *json, const struct rw_case_trace *trace)
{
	if (!trace->has_task) {
		rw_json_null(json, "task");
		return;
	}
	rw_json_open(json, "task", '{');
	rw_json_number(json, "pid", trace->pid);
	rw_json_number(json, "tgid", trace->tgid);
	rw_json_bytes(json, "comm", trace->comm);
	rw_json_bytes(json, "state", (char[]){ trace->state, '\0' });
	rw_json_number(json, "cpu", trace->cpu);
	rw_json_bool(json, "running", trace->running);
	rw_json_bool(json, "panicked", trace->panicked);
	rw_json_address(json, "address", trace->address);
	rw_json_close(json, '}');
}

static void stacks(struct rw_json *json, const struct rw_case_trace *trace)
{
	rw_json_break(json);
	rw_json_open(json, "stacks", '{');
	for (size_t i = 0; i < trace->stacks.nr; i++) {
		const struct rw_case_stack *stack = &trace->stacks.data[i];

		if (stack->exists == RW_UNKNOWN)
			continue;
		rw_json_open(json, stack->name, '[');
		if (stack->exists == RW_YES) {
			rw_json_address(json, NULL, stack->low);
			rw_json_address(json, NULL, stack->high);
		}
		rw_json_close(json, ']');
	}
	rw_json_close(json, '}');
}

static void fgraph(struct rw_json *json, const struct rw_case_trace *trace)
{
	if (!trace->fgraph_form)
		return;
	rw_json_break(json);
	rw_json_open(json, "fgraph", '{');
	rw_json_bytes(json, "form", trace->fgraph_form);
	rw_json_bool(json, "incomplete", trace->fgraph_incomplete);
	rw_json_open(json, "entries", '[');
	for (size_t i = 0; i < trace->fgraph.nr; i++) {
		const struct rw_case_fgraph *entry = &trace->fgraph.data[i];

		rw_json_break(json);
		rw_json_open(json, NULL, '[');
		rw_json_bool(json, NULL, entry->at_bottom);
		if (entry->known) {
			rw_json_address(json, NULL, entry->ret);
			rw_json_address(json, NULL, entry->retp);
		}
		rw_json_close(json, ']');
	}
	rw_json_close(json, ']');
	rw_json_close(json, '}');
}

static void kretprobes(struct rw_json *json, const struct rw_case_trace *trace)
{
	if (!trace->kretprobe_form)
		return;
	rw_json_break(json);
	rw_json_open(json, "kretprobes", '{');
	rw_json_bytes(json, "form", trace->kretprobe_form);
	rw_json_bool(json, "incomplete", trace->kretprobes_incomplete);
	rw_json_open(json, "instances", '[');
	for (size_t i = 0; i < trace->kretprobes.nr; i++) {
		rw_json_break(json);
		rw_json_open(json, NULL, '[');
		rw_json_address(json, NULL, trace->kretprobes.data[i].ret_addr);
		rw_json_address(json, NULL, trace->kretprobes.data[i].fp);
		rw_json_close(json, ']');
	}
	rw_json_close(json, ']');
	rw_json_close(json, '}');
}

static void words(struct rw_json *json, const struct rw_case_trace *trace)
{
	rw_json_break(json);
	rw_json_open(json, "words", '[');
	for (size_t i = 0; i < trace->runs.nr; i++) {
		const struct rw_case_run *run = &trace->runs.data[i];

		for (size_t n = 0; n < run->nr;) {
			char line[WORDS_A_LINE * 17 + 1];
			uint64_t addr = run->addr + 8 * (uint64_t)n;
			size_t size = 0;

			for (size_t k = 0; k < WORDS_A_LINE && n < run->nr; k++, n++)
				size += snprintf(line + size, sizeof(line) - size, "%s%" PRIx64,
						 k ? " " : "",
						 le64toh(trace->words.data[run->first + n]));
			rw_json_break(json);
			rw_json_open(json, NULL, '[');
			rw_json_address(json, NULL, addr);
			rw_json_string(json, NULL, line);
			rw_json_close(json, ']');
		}
	}
	rw_json_close(json, ']');
}

/** What was lost, a line each. */
static void lost(struct rw_json *json, const char *const *texts, size_t nr)
{
	rw_json_break(json);
	rw_json_open(json, "lost", '[');
	for (size_t i = 0; i < nr; i++) {
		rw_json_break(json);
		rw_json_bytes(json, NULL, texts[i]);
	}
	rw_json_close(json, ']');
}

static void one_trace(struct rw_json *json, const struct rw_case_trace *trace)
{
	rw_json_break(json);
	rw_json_open(json, NULL, '{');
	task(json, trace);
	rw_json_break(json);
	rw_json_bytes(json, "walkable", trace->walkable);
	rw_json_bytes(json, "start", trace->start);
	rw_json_address(json, "pc", trace->pc);
	rw_json_address(json, "fp", trace->fp);
	rw_json_bool(json, "pc_is_lr", trace->pc_is_lr);
	tri(json, "current", trace->current);
	tri(json, "preemptible", trace->preemptible);
	tri(json, "in_nmi", trace->in_nmi);
	tri(json, "in_efi", trace->in_efi);
	stacks(json, trace);
	fgraph(json, trace);
	kretprobes(json, trace);
	lost(json, trace->lost.data, trace->lost.nr);
	words(json, trace);
	rw_json_close(json, '}');
}

void rw_case_write(FILE *file, const struct rw_case *c)
{
	struct rw_json json = { .file = file };

	rw_json_open(&json, NULL, '{');
	rw_json_string(&json, "type", "case");
	rw_json_number(&json, "version", RW_CASE_VERSION);
	rw_json_bytes(&json, "writer", c->writer);
	rw_json_bool(&json, "redacted", c->redacted);
	rw_json_bytes(&json, "replay", c->replay);
	rw_json_open(&json, "given", '[');
	for (size_t i = 0; i < c->given.nr; i++)
		rw_json_bytes(&json, NULL, c->given.data[i]);
	rw_json_close(&json, ']');
	kernel_facts(&json, &c->kernel);
	symbols(&json, c);
	lost(&json, c->lost.data, c->lost.nr);
	rw_json_bool(&json, "incomplete", c->incomplete);
	rw_json_break(&json);
	rw_json_open(&json, "traces", '[');
	for (size_t i = 0; i < c->traces.nr; i++)
		one_trace(&json, &c->traces.data[i]);
	rw_json_close(&json, ']');
	rw_json_close(&json, '}');
	rw_json_end_line(&json);
}
