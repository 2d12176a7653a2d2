// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every command does: say an error, choose colours, learn the kernel.

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rewalk/error.h"
#include "rewalk/printable.h"

#include "inputs.h"

int command_error(struct rw_error *err)
{
	fflush(stdout);
	fputs("rewalk: ", stderr);
	rw_print_clean(stderr, err->message);
	putc('\n', stderr);
	rw_error_destroy(err);
	return STATUS_ERROR;
}

int command_run(const struct argp *argp, enum takes takes,
		struct rw_error *(*run)(struct options *options, struct inputs *inputs,
					struct rw_image **image), int argc, char **argv)
{
	struct options options;
	struct inputs inputs = { 0 };
	struct rw_image *image = NULL;
	int status = STATUS_OK;

	options_init(&options, argp, takes);
	argp_parse(argp, argc, argv, 0, NULL, &options);
	struct rw_error *err = run(&options, &inputs, &image);
	if (err)
		status = command_error(err);
	inputs_deinit(&inputs);
	rw_image_close(image);
	options_deinit(&options);
	return status;
}

bool command_color(const struct options *options, FILE *file)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	return !(no_color && *no_color) && term && strcmp(term, "dumb") && isatty(fileno(file));
}

struct rw_error *command_facts(const struct options *options, struct rw_kernel_facts *ret)
{
	struct rw_kernel_facts facts = {
		.kaslr_known = options->kaslr_known,
		.kaslr = options->kaslr,
		.va_bits = options->va_bits,
		.pauth_hw = RW_UNKNOWN,
		.text = options->text,
		.nr_text = options->nr_text,
		.options_on = options->options_on,
		.options_off = options->options_off,
	};

	if (options->has_pac_mask)
		facts.pauth_hw = rw_tri(options->pac_mask);
	// The mask is of the bits above the virtual address.
	if (options->has_pac_mask && options->pac_mask) {
		unsigned int bits = __builtin_ctzll(options->pac_mask);

		if (bits < 36 || bits > 52)
			return rw_error_create(RW_ERROR_USAGE,
					       "--pac-mask: its lowest bit is %u; give "
					       "KERNELPACMASK, which begins at the virtual address "
					       "bits, 36 to 52", bits);
		if (facts.va_bits && facts.va_bits != bits)
			return rw_error_create(RW_ERROR_USAGE,
					       "--pac-mask: its lowest bit is %u, but --va-bits is "
					       "%u; a mask begins at the virtual address bits",
					       bits, facts.va_bits);
		facts.va_bits = bits;
	}
	*ret = facts;
	return NULL;
}

struct rw_error *command_kernel(const struct options *options, const struct rw_image *image,
				uint64_t pc, struct rw_kernel *ret)
{
	struct rw_kernel_facts facts;
	struct rw_error *err = command_facts(options, &facts);

	return err ? err : rw_kernel_init(image, &facts, pc, ret);
}

/** A model has the options in which its kernels differ, and no others. */
static struct rw_error *check_variants(const struct options *options,
				       const struct rw_model *model)
{
	unsigned int wrong = (options->options_on | options->options_off) & ~model->variants;

	return wrong ? rw_error_create(RW_ERROR_USAGE,
				       "--model: %s has no option '%s'; `rewalk models' lists them",
				       model->name, rw_option_name(wrong & -wrong)) :
	       NULL;
}

static struct rw_error *no_such_model(const char *name)
{
	return rw_error_create(RW_ERROR_USAGE,
			       "--model: there is no model '%s'; `rewalk models' lists them", name);
}

struct rw_error *command_check_model(const struct options *options)
{
	const char *name = options->model;

	return !name || !strcmp(name, "auto") || !strcmp(name, "all") || rw_model_find(name) ?
	       NULL : no_such_model(name);
}

struct rw_error *command_model(const struct options *options,
			       const struct rw_kernel *kernel, const struct rw_model **ret,
				     const char **why_ret)
{
	if (options->model && strcmp(options->model, "auto")) {
		*ret = rw_model_find(options->model);
		*why_ret = "given";
		return *ret ? check_variants(options, *ret) : no_such_model(options->model);
	}
	*ret = kernel->auto_model;
	*why_ret = kernel->auto_why;
	return *ret ? check_variants(options, *ret) :
	       rw_error_create(RW_ERROR_MISSING,
			       "%s: its unwinder is not recognised (%s); choose one with --model",
			       kernel->image ? rw_image_path(kernel->image) : "the case's kernel",
			       kernel->auto_why);
}

void command_version(FILE *file, struct argp_state *state)
{
	(void)state;
	fprintf(file, "rewalk %s\n", REWALK_VERSION);
	fprintf(file, "types: "
#ifdef HAVE_LIBBPF
		"BTF (libbpf), "
#else
		"no BTF (built without libbpf: -Dbtf=enabled), "
#endif
		"DWARF (libdw)\n");
	fprintf(file, "packed files: "
#ifdef HAVE_LIBARCHIVE
		"gzip, xz, zstd (libarchive)\n");
#else
		"none (built without libarchive: -Darchive=enabled)\n");
#endif
	fprintf(file, "debuginfod: "
#ifdef HAVE_DEBUGINFOD
		"asked if DEBUGINFOD_URLS is set\n");
#else
		"not asked (built without libdebuginfod: -Ddebuginfod=enabled)\n");
#endif
	fprintf(file, "case files: "
#ifdef HAVE_JANSSON
		"read and written\n");
#else
		"written, not read (built without libjansson: -Djansson=enabled)\n");
#endif
}
