// SPDX-License-Identifier: GPL-2.0-or-later
//
// The lists of rfc-v1 to rfc-v3: code that is distrusted by name or by section.
//
// Their names are those of 5.12.  In a later image the entry points have others, and
// there is no .code.text: what was moved there is SYM_CODE today.
//
// Source: the series' patches of 2021-03-30, 2021-04-05 and 2021-05-03.

#include <string.h>

#include "machine.h"

static const char *const special_names[] = {
	"el1_sync", "el1_irq", "el1_error",
	"el1t_64_sync", "el1t_64_irq", "el1t_64_fiq", "el1t_64_error",
	"el1h_64_sync", "el1h_64_irq", "el1h_64_fiq", "el1h_64_error",
	"ftrace_graph_caller", "return_to_handler", "kretprobe_trampoline",
	"__kretprobe_trampoline",
};

static const char *const section_bounds[][2] = {
	{ "__entry_text_start", "__entry_text_end" },
	{ "__idmap_text_start", "__idmap_text_end" },
	{ "__hyp_idmap_text_start", "__hyp_idmap_text_end" },
	{ "__hyp_text_start", "__hyp_text_end" },
	{ "__hibernate_exit_text_start", "__hibernate_exit_text_end" },
	{ "__entry_tramp_text_start", "__entry_tramp_text_end" },
};

/** A function's range is what kallsyms says: from the symbol to the next one. */
static bool range_of(const struct rw_kernel *kernel, uint64_t link, struct rw_text_range *ret)
{
	struct rw_symbol symbol;

	if (!rw_image_symbolize(kernel->image, link, &symbol))
		return false;
	*ret = (struct rw_text_range){
		.start = link + kernel->slide,
		.end = symbol.addr + symbol.size + kernel->slide,
	};
	return true;
}

static void add_special(struct rw_kernel *kernel, uint64_t link)
{
	if (kernel->nr_special < sizeof(kernel->special) / sizeof(kernel->special[0]) &&
	    range_of(kernel, link, &kernel->special[kernel->nr_special]))
		kernel->nr_special++;
}

void rw_kernel_find_special(struct rw_kernel *kernel)
{
	uint64_t start, end;

	if (kernel->return_to_handler.exists == RW_YES)
		range_of(kernel, kernel->return_to_handler.addr, &kernel->handler);
	for (size_t i = 0; i < sizeof(special_names) / sizeof(special_names[0]); i++)
		if (rw_image_symbol(kernel->image, special_names[i], &start))
			add_special(kernel, start);
	// The return address of the patched tracer call, and no more.
	if (rw_image_symbol(kernel->image, "ftrace_call", &start))
		kernel->special[kernel->nr_special++] = (struct rw_text_range){
			.start = start + 4 + kernel->slide,
			.end = start + 8 + kernel->slide,
		};
	for (size_t i = 0; i < sizeof(section_bounds) / sizeof(section_bounds[0]); i++)
		if (rw_image_symbol(kernel->image, section_bounds[i][0], &start) &&
		    rw_image_symbol(kernel->image, section_bounds[i][1], &end) && end > start)
			kernel->code_section[kernel->nr_code_section++] = (struct rw_text_range){
				.start = start + kernel->slide,
				.end = end + kernel->slide,
			};
}

static bool in(const struct rw_text_range *ranges, size_t nr, uint64_t addr)
{
	for (size_t i = 0; i < nr; i++)
		if (addr >= ranges[i].start && addr < ranges[i].end)
			return true;
	return false;
}

enum rw_tri rw_kernel_in_special(const void *ctx, uint64_t addr)
{
	const struct rw_kernel *kernel = ctx;

	if (kernel->slide_known != RW_YES)
		return RW_UNKNOWN;
	return rw_tri(in(kernel->special, kernel->nr_special, addr));
}

enum rw_tri rw_kernel_in_code_section(const void *ctx, uint64_t addr, bool *handler_ret)
{
	const struct rw_kernel *kernel = ctx;

	if (kernel->slide_known != RW_YES)
		return RW_UNKNOWN;
	*handler_ret = in(&kernel->handler, 1, addr);
	if (*handler_ret || in(kernel->code_section, kernel->nr_code_section, addr))
		return RW_YES;
	return rw_kernel_in_sym_code(kernel, addr);
}
