// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is kernel text.  Modules, BPF images and probe slots lie outside the image;
// without the kernel's lists of them an address there may be text or not.
//
// Source: kernel/extable.c (__kernel_text_address), arch/arm64/include/asm/memory.h.

#include "rewalk/bisect.h"
#include "rewalk/kernel.h"

static bool in(uint64_t start, uint64_t end, uint64_t addr)
{
	return addr >= start && addr < end;
}

const struct rw_text_range *rw_kernel_more_text(const struct rw_kernel *kernel, uint64_t addr)
{
	const struct rw_text_range *ranges = kernel->more_text;
	size_t first = 0, end = kernel->nr_more_text;

	if (kernel->more_text_sorted) {
		first = rw_bisect(i, end, ranges[i].end <= addr);
		end = first < end ? first + 1 : end;
	}
	for (size_t i = first; i < end; i++)
		if (in(ranges[i].start, ranges[i].end, addr))
			return &ranges[i];
	return NULL;
}

bool rw_text_range_init(enum rw_text_kind kind, uint64_t start, uint64_t end, bool end_inside,
			struct rw_text_range *ret)
{
	if (!start || start >= end)
		return false;
	*ret = (struct rw_text_range){
		.start = start,
		.end = kind == RW_TEXT_BPF && end_inside ? end + 1 : end,
	};
	return true;
}

enum rw_tri rw_kernel_is_text(const void *ctx, uint64_t addr)
{
	const struct rw_kernel *kernel = ctx;

	// Most of what is asked for is in the image: that comes first.
	if (kernel->slide_known == RW_YES &&
	    (in(kernel->stext, kernel->etext, addr) ||
	     in(kernel->sinittext, kernel->einittext, addr) || rw_kernel_more_text(kernel, addr)))
		return RW_YES;
	// The lower half is the user's; the linear map, which begins the upper half,
	// is never executable.
	uint64_t linear_map_end = -(UINT64_C(1) << (kernel->va_bits_min - 1));
	if (addr < linear_map_end)
		return RW_NO;
	if (kernel->slide_known != RW_YES)
		return RW_UNKNOWN;
	if (kernel->text_complete || in(kernel->text, kernel->end, addr))
		return RW_NO;
	for (size_t i = 0; i < kernel->nr_not_text; i++)
		if (kernel->not_text[i] == addr)
			return RW_NO;
	return RW_UNKNOWN;
}

enum rw_tri rw_kernel_in_sym_code(const void *ctx, uint64_t addr)
{
	const struct rw_kernel *kernel = ctx;

	if (kernel->slide_known != RW_YES ||
	    (kernel->image ? !rw_image_sym_code_known(kernel->image) : !kernel->sym_code))
		return RW_UNKNOWN;
	if (kernel->image)
		return rw_tri(rw_image_in_sym_code(kernel->image, addr - kernel->slide));
	for (size_t i = 0; i < kernel->nr_sym_code; i++)
		if (in(kernel->sym_code[i].start, kernel->sym_code[i].end, addr))
			return RW_YES;
	return RW_NO;
}

/** An empty list is one that is not known. */
static enum rw_tri in_list(const struct rw_text_range *list, size_t nr, uint64_t addr)
{
	if (!nr)
		return RW_UNKNOWN;
	for (size_t i = 0; i < nr; i++)
		if (in(list[i].start, list[i].end, addr))
			return RW_YES;
	return RW_NO;
}

enum rw_tri rw_kernel_in_el1_entry(const void *ctx, uint64_t addr)
{
	const struct rw_kernel *kernel = ctx;

	return in_list(kernel->el1_entry, kernel->nr_el1_entry, addr);
}

enum rw_tri rw_kernel_in_ret_from_fork(const void *ctx, uint64_t addr)
{
	const struct rw_kernel *kernel = ctx;

	return in_list(kernel->ret_from_fork, kernel->nr_ret_from_fork, addr);
}

bool rw_kernel_symbolize(const struct rw_kernel *kernel, uint64_t addr, struct rw_symbol *ret,
			 const char **module_ret)
{
	const char *module = NULL;
	bool found = kernel->image && kernel->slide_known == RW_YES &&
		     rw_image_symbolize(kernel->image, addr - kernel->slide, ret);

	if (found)
		ret->addr += kernel->slide;
	else if (kernel->symbolize)
		found = kernel->symbolize(kernel->symbolize_arg, addr, ret, &module);
	if (module_ret)
		*module_ret = module;
	return found;
}
