// SPDX-License-Identifier: GPL-2.0-or-later
//
// The facts of a kernel that its image and the user tell.

#include <inttypes.h>
#include <string.h>

#include "rewalk/error.h"

#include "machine.h"

static const char *const el1_entry_names[] = {
	// since 5.14
	"el1h_64_sync", "el1h_64_irq", "el1h_64_fiq", "el1h_64_error",
	// before
	"el1_sync", "el1_irq", "el1_error",
};

/** Symbols are complete: what has none does not exist. */
static struct rw_address address(uint64_t addr)
{
	return (struct rw_address){ addr, rw_tri(addr) };
}

/** The size of the initial task's stack, which is every task's. */
static uint64_t thread_size(const struct rw_image *image)
{
	static const char *const bounds[][2] = {
		{ "__start_init_stack", "__end_init_stack" },	// 6.12, 7.2
		{ "__start_init_task", "__end_init_task" },	// 6.1
	};

	for (size_t i = 0; i < 2; i++) {
		uint64_t start = link_addr(image, bounds[i][0]);
		uint64_t end = link_addr(image, bounds[i][1]);
		uint64_t size = end - start;

		if (start && end > start && size >= 4096 && size <= 1 << 20 && !(size & (size - 1)))
			return size;
	}
	return 0;
}

/** _PAGE_END(VA_BITS_MIN) is below the image: the leading ones of its address tell the bits. */
static unsigned int va_bits_min(uint64_t text, bool run_time)
{
	static const uint8_t sizes[] = { 48, 47, 42, 39, 36 };
	unsigned int ones = ~text ? __builtin_clzll(~text) : 64;
	unsigned int min = 65 - ones;

	// KASLR moves the image up by 1/4 to 3/4 of what there is: to one bit less, or to
	// none.  48 and 47 cannot be told apart then, and 48 leaves more open.
	for (size_t i = 0; run_time && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i] == min || sizes[i] == min + 1)
			return sizes[i];
	return min < 36 || min > 52 ? 48 : min;
}

static void va_bits(struct rw_kernel *kernel, uint8_t said)
{
	uint64_t text = link_addr(kernel->image, "_text") ?: link_addr(kernel->image, "_stext");
	unsigned int min = va_bits_min(text, rw_image_at_run_time(kernel->image));

	kernel->va_bits_min = min;
	// A kernel built for 52 bits has the addresses of one for 48 (16K pages: 47).
	kernel->va_bits_max = min == 48 || min == 47 ? 52 : min;
	if (said)
		kernel->va_bits = said;
	else if (kernel->va_bits_min == kernel->va_bits_max)
		kernel->va_bits = min;
}

/** The end of the assembly that begins at @start; where names are all there is, the next symbol. */
static bool code_end(const struct rw_image *image, uint64_t start, uint64_t *ret)
{
	struct rw_symbol named;
	size_t nr;
	const struct rw_range *ranges = rw_image_ranges(image, &nr);

	if (!rw_image_sym_code_known(image)) {
		if (!rw_image_symbolize(image, start, &named))
			return false;
		*ret = named.addr + named.size;
		return true;
	}
	for (size_t i = 0; i < nr; i++)
		if (ranges[i].kind == RW_RANGE_SYM_CODE && ranges[i].start == start) {
			*ret = ranges[i].end;
			return true;
		}
	return false;
}

/** Append the range of the assembly called @name, if there is such. */
static void add_code(const struct rw_kernel *kernel, const char *name, struct rw_text_range *list,
		     size_t *nr)
{
	uint64_t start = link_addr(kernel->image, name), end;

	if (start && code_end(kernel->image, start, &end))
		list[(*nr)++] = (struct rw_text_range){
			.start = start + kernel->slide,
			.end = end + kernel->slide,
		};
}

static void entry_code(struct rw_kernel *kernel)
{
	for (size_t i = 0; i < sizeof(el1_entry_names) / sizeof(el1_entry_names[0]); i++)
		add_code(kernel, el1_entry_names[i], kernel->el1_entry, &kernel->nr_el1_entry);
	// work_pending is a part of ret_to_user, but has a name of its own in kallsyms.
	add_code(kernel, "ret_from_fork", kernel->ret_from_fork, &kernel->nr_ret_from_fork);
	add_code(kernel, "ret_to_user", kernel->ret_from_fork, &kernel->nr_ret_from_fork);
	add_code(kernel, "work_pending", kernel->ret_from_fork, &kernel->nr_ret_from_fork);
	// With a part of it, "no" could not be said of the rest.
	if (kernel->nr_ret_from_fork < 2)
		kernel->nr_ret_from_fork = 0;
}

static struct rw_error *find_slide(struct rw_kernel *kernel, const struct rw_kernel_facts *facts,
				   uint64_t pc)
{
	const struct rw_image *image = kernel->image;

	if (facts->kaslr_known == RW_YES) {
		if (facts->kaslr & 0xfff)
			return rw_error_create(RW_ERROR_USAGE,
					       "--kaslr: 0x%" PRIx64 " is not a multiple of a "
					       "page; give run-time minus link address of _text",
					       facts->kaslr);
		if (facts->kaslr && rw_image_kind(image) == RW_IMAGE_KALLSYMS)
			return rw_error_create(RW_ERROR_USAGE,
					       "--kaslr: %s is a copy of /proc/kallsyms, which has "
					       "run-time addresses; leave it out",
					       rw_image_path(image));
		kernel->slide = facts->kaslr;
		kernel->slide_known = RW_YES;
		kernel->slide_from = "given";
		return NULL;
	}
	if (rw_image_kind(image) == RW_IMAGE_KALLSYMS) {
		kernel->slide_known = RW_YES;
		kernel->slide_from = "/proc/kallsyms has run-time addresses";
		return NULL;
	}
	uint64_t start = link_addr(image, "_stext"), end = link_addr(image, "_etext");
	if (pc >= start && pc < end) {
		kernel->slide_known = RW_YES;
		kernel->slide_from = "the pc lies in the text as linked";
	}
	return NULL;
}

struct rw_error *rw_kernel_init(const struct rw_image *image, const struct rw_kernel_facts *facts,
				uint64_t pc, struct rw_kernel *ret)
{
	struct rw_kernel kernel = {
		.image = image,
		.banner = rw_image_banner(image),
		.more_text = facts->text,
		.nr_more_text = facts->nr_text,
		.pauth_hw = facts->pauth_hw,
		.options_on = facts->options_on,
		.options_off = facts->options_off,
		.slide_from = "not given",
	};
	struct rw_error *err = find_slide(&kernel, facts, pc);

	if (err)
		return err;
	rw_image_build_id_text(image, kernel.build_id);
	va_bits(&kernel, facts->va_bits);
	kernel.thread_size = thread_size(image);
	kernel.ptrauth = rw_tri(link_addr(image, "ptrauth_prctl_reset_keys"));
	kernel.ptrauth_kernel = rw_tri_and(kernel.ptrauth, RW_UNKNOWN);
	kernel.return_to_handler = address(link_addr(image, "return_to_handler"));
	kernel.kretprobe_trampoline = address(link_addr(image, "__kretprobe_trampoline") ?:
					      link_addr(image, "kretprobe_trampoline"));
	if (kernel.slide_known == RW_YES) {
		uint64_t stext = link_addr(image, "_stext"), text = link_addr(image, "_text");

		kernel.stext = stext + kernel.slide;
		kernel.etext = link_addr(image, "_etext") + kernel.slide;
		kernel.text = (text ? text : stext) + kernel.slide;
		uint64_t end = link_addr(image, "_end");
		kernel.end = end ? end + kernel.slide : kernel.etext;
		uint64_t sinit = link_addr(image, "_sinittext");
		uint64_t einit = link_addr(image, "_einittext");
		if (sinit && einit > sinit) {
			kernel.sinittext = sinit + kernel.slide;
			kernel.einittext = einit + kernel.slide;
		}
		entry_code(&kernel);
		rw_kernel_find_special(&kernel);
	}
	err = rw_kernel_choose_model(&kernel);
	if (err)
		return err;
	*ret = kernel;
	return NULL;
}

/** A link address at run time. */
static struct rw_address placed(const struct rw_kernel *kernel, struct rw_address link)
{
	if (link.exists == RW_YES && kernel->slide_known != RW_YES)
		link.exists = RW_UNKNOWN;
	link.addr += kernel->slide;
	return link;
}

unsigned int rw_kernel_options(const struct rw_kernel *kernel, const struct rw_model *model)
{
	unsigned int own = model == kernel->auto_model ? kernel->auto_options : model->options;

	return (own | (kernel->options_on & model->variants)) &
	       ~(kernel->options_off & model->variants);
}

enum rw_option_from rw_kernel_option_from(const struct rw_kernel *kernel,
					  const struct rw_model *model,
					  enum rw_model_option option)
{
	if ((kernel->options_on | kernel->options_off) & model->variants & option)
		return RW_OPTION_GIVEN;
	return model == kernel->auto_model ? kernel->auto_from[__builtin_ctz(option)] :
	       RW_OPTION_BY_DEFAULT;
}

const char *rw_option_from_name(enum rw_option_from from)
{
	static const char *const names[] = {
		[RW_OPTION_BY_DEFAULT] = "default",
		[RW_OPTION_BY_RELEASE] = "release",
		[RW_OPTION_BY_CODE] = "code",
		[RW_OPTION_GIVEN] = "given",
	};

	return names[from];
}

void rw_kernel_unwind_input(const struct rw_kernel *kernel, const struct rw_model *model,
			    struct rw_unwind_input *in)
{
	in->is_text = rw_kernel_is_text;
	in->in_sym_code = rw_kernel_in_sym_code;
	in->in_special = rw_kernel_in_special;
	in->in_code_section = rw_kernel_in_code_section;
	in->in_el1_entry = rw_kernel_in_el1_entry;
	in->in_ret_from_fork = rw_kernel_in_ret_from_fork;
	in->kernel = kernel;
	in->layout = kernel->has_layout ? kernel->layout : model->layout;
	// The release alone tells no layout: vendors carry newer walkers in older numbers.
	in->layout_known = kernel->has_layout ? RW_YES : RW_UNKNOWN;
	in->options = rw_kernel_options(kernel, model);
	in->ptrauth = in->options & RW_OPTION_XPACLRI ? kernel->ptrauth_kernel : kernel->ptrauth;
	in->pauth_hw = kernel->pauth_hw;
	in->va_bits = kernel->va_bits;
	in->va_bits_min = kernel->va_bits_min;
	in->va_bits_max = kernel->va_bits_max;
	in->sym_code_ready = RW_YES;
	in->return_to_handler = placed(kernel, kernel->return_to_handler);
	in->kretprobe_trampoline = placed(kernel, kernel->kretprobe_trampoline);
}
