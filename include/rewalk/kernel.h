/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel that a stack comes from: its image at its run-time addresses, what is
 * kernel text and what is not, the layout of its stacks, and the generation of its
 * unwinder.  Each fact is known, absent or unknown.
 */
#ifndef REWALK_KERNEL_H
#define REWALK_KERNEL_H

#include "rewalk/image.h"
#include "rewalk/tri.h"
#include "rewalk/unwind.h"

struct rw_error;

/** Kernel text outside the image, [@start, @end) at run-time addresses. */
struct rw_text_range {
	uint64_t start, end;
	const char *name;	/* borrowed; NULL if it has none */
};

/** What the user says of the kernel; the rest is taken from the image. */
struct rw_kernel_facts {
	enum rw_tri kaslr_known;
	uint64_t kaslr;
	uint8_t va_bits;		/* 0: not said */
	enum rw_tri pauth_hw;
	const struct rw_text_range *text;
	size_t nr_text;
	unsigned int options_on, options_off;	/* of enum rw_model_option */
};

/** What an option of a model is taken from. */
enum rw_option_from {
	RW_OPTION_BY_DEFAULT,	/* as the model's first release has it */
	RW_OPTION_BY_RELEASE,	/* the number in the banner */
	RW_OPTION_BY_CODE,	/* the machine code of this kernel's walker */
	RW_OPTION_GIVEN,	/* the user said it */
};

/** Where an address lies in a module's file.  Borrowed as long as the kernel. */
struct rw_module_place {
	const char *module;		/* its name */
	const uint8_t *build_id;	/* NULL: not known */
	size_t build_id_size;
	const char *section;		/* NULL: the kernel's list of sections cannot be read */
	uint64_t offset;		/* in @section, of the file that was loaded */
};

struct rw_kernel {
	const struct rw_image *image;	/* NULL: of a case, which has the answers that it gave */
	const char *banner;		/* borrowed; NULL: not known */
	char build_id[RW_BUILD_ID_TEXT];	/* "": not known */
	enum rw_tri slide_known;
	uint64_t slide;			/* run-time minus link address */
	const char *slide_from;		/* static: how it was found */

	/* at run-time addresses; zero if the slide is not known */
	uint64_t text, stext, etext, sinittext, einittext, end;
	struct rw_text_range el1_entry[8];
	size_t nr_el1_entry;
	struct rw_text_range ret_from_fork[3];	/* and what it goes on with */
	size_t nr_ret_from_fork;	/* 0: where it lies is not known */
	const struct rw_text_range *more_text;	/* borrowed */
	size_t nr_more_text;
	bool more_text_sorted;		/* by address, and without overlaps */
	bool text_complete;		/* @more_text is all: from the kernel's own lists */
	const uint64_t *not_text;	/* borrowed: no text for sure, where that is not so */
	size_t nr_not_text;
	const struct rw_text_range *sym_code;	/* without an image; NULL: not known */
	size_t nr_sym_code;

	/* names of addresses outside the image; NULL: none are known */
	bool (*symbolize)(void *arg, uint64_t addr, struct rw_symbol *ret, const char **module_ret);
	/* where an address lies in a module; false: in none.  NULL: not known of any */
	bool (*find_place)(void *arg, uint64_t addr, struct rw_module_place *ret);
	void *symbolize_arg;		/* of both */

	/* what rfc-v1 to rfc-v3 list, as far as this image has it */
	struct rw_text_range special[24], code_section[8], handler;
	size_t nr_special, nr_code_section;

	uint64_t thread_size;		/* 0: the image does not tell */
	uint8_t va_bits, va_bits_min, va_bits_max;
	enum rw_tri ptrauth;		/* CONFIG_ARM64_PTR_AUTH: for user space */
	enum rw_tri ptrauth_kernel;	/* CONFIG_ARM64_PTR_AUTH_KERNEL: its own addresses, too */
	enum rw_tri pauth_hw;
	struct rw_address return_to_handler, kretprobe_trampoline;	/* link addresses */

	bool has_layout;		/* else a model's own is used */
	struct rw_layout layout;
	const struct rw_model *auto_model;	/* NULL: not recognised */
	unsigned int auto_options;
	enum rw_option_from auto_from[RW_NR_OPTIONS];	/* by bit number */
	unsigned int options_on, options_off;	/* as the user said */
	char auto_why[160];
	const char *types_origin;	/* static; NULL: no types */
};

/**
 * Learn a kernel from its image and from what was said.
 *
 * Without @facts->kaslr the offset is taken to be 0 if @pc (of a register that
 * holds a kernel text address) lies in the text of the image as linked, else it
 * stays unknown.
 *
 * Source of the choice of a model: spec models-kernel.md, "auto".
 *
 * @param image  Must outlive @ret, as must what @facts points to.
 * @return NULL; RW_ERROR_USAGE for a KASLR offset that cannot be one; &rw_enomem.
 */
struct rw_error *rw_kernel_init(const struct rw_image *image, const struct rw_kernel_facts *facts,
				uint64_t pc, struct rw_kernel *ret);

/**
 * __kernel_text_address() of @addr: yes in core and init text and in the further
 * text that was given; no where no module, BPF image or probe slot can lie; else
 * unknown.  The form is that of struct rw_unwind_input.
 *
 * Source: kernel/extable.c; models-kernel.md section 11.
 */
enum rw_tri rw_kernel_is_text(const void *kernel, uint64_t addr);

/** The kinds of text outside the image, as the kernel's lists have them. */
enum rw_text_kind {
	RW_TEXT_MODULE,		/* [base, base + size), half-open */
	RW_TEXT_BPF,		/* a bpf_ksym, whose end is inside since 6.7 and in updated LTS */
	RW_TEXT_KPROBE_SLOT,	/* a page of instruction slots */
	RW_TEXT_FTRACE,		/* a trampoline of an ftrace_ops; none if its size is 0 */
};

/**
 * The half-open range of one element of a list.
 *
 * @param end_inside  RW_TEXT_BPF: the kernel's own test includes the end.
 * @return False if it is no text: empty, or at address 0.
 *
 * Source: kernel/extable.c, kernel/bpf/core.c; models-kernel.md section 11.
 */
bool rw_text_range_init(enum rw_text_kind kind, uint64_t start, uint64_t end, bool end_inside,
			struct rw_text_range *ret);

/** In a SYM_CODE range of the image?  Unknown while its place is not known. */
enum rw_tri rw_kernel_in_sym_code(const void *kernel, uint64_t addr);

/** In the vector code of an exception taken in the kernel?  Unknown without its symbols. */
enum rw_tri rw_kernel_in_el1_entry(const void *kernel, uint64_t addr);

/** In ret_from_fork(), or in ret_to_user, which follows it?  Unknown without symbols. */
enum rw_tri rw_kernel_in_ret_from_fork(const void *kernel, uint64_t addr);

/**
 * In a special function of rfc-v1 and v2?  In the sections of rfc-v3, and if so, in
 * return_to_handler?  Their lists are of 5.12; the names of later kernels stand in for
 * those, and for rfc-v3's .code.text its SYM_CODE functions.
 */
enum rw_tri rw_kernel_in_special(const void *kernel, uint64_t addr);
enum rw_tri rw_kernel_in_code_section(const void *kernel, uint64_t addr, bool *handler_ret);

/** The further text that holds @addr, or NULL. */
const struct rw_text_range *rw_kernel_more_text(const struct rw_kernel *kernel, uint64_t addr);

/**
 * As rw_image_symbolize(), for a run-time address.
 *
 * @param module_ret  NULL, or gets the module's name, borrowed; NULL for the image.
 */
bool rw_kernel_symbolize(const struct rw_kernel *kernel, uint64_t addr, struct rw_symbol *ret,
			 const char **module_ret);

/** The options of @model for this kernel, of enum rw_model_option. */
unsigned int rw_kernel_options(const struct rw_kernel *kernel, const struct rw_model *model);

/** What @option of @model is taken from for this kernel. */
enum rw_option_from rw_kernel_option_from(const struct rw_kernel *kernel,
					  const struct rw_model *model,
					  enum rw_model_option option);

/** "default", "release", "code", "given". */
const char *rw_option_from_name(enum rw_option_from from);

/**
 * Fill in what @model is told of this kernel: text, layout, addresses, options.
 * Stacks, start, memory and a task's records stay as they are.
 */
void rw_kernel_unwind_input(const struct rw_kernel *kernel, const struct rw_model *model,
			    struct rw_unwind_input *in);

#endif
