// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk info: what was recognised in an image and its inputs, and what is missing.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/image.h"
#include "rewalk/machine.h"
#include "rewalk/printable.h"

#include "command.h"
#include "dump.h"
#include "replay.h"

static const char doc[] =
	"Say what was recognised in VMLINUX and the INPUTs: which model and why, text and "
	"SYM_CODE, stacks, registers, and what is missing.\v"
	"  rewalk info vmlinux\n"
	"  rewalk info vmlinux stack.bin@ffff80000a5d8000 --regs regs.txt\n"
	"  rewalk info case.rwc";

static const struct argp_child children[] = {
	{ &options_registers, 0, "Registers and start:", 1 },
	{ &options_kernel, 0, "The kernel:", 2 },
	{ &options_format, 0, "Output:", 3 },
	{ &options_tasks, 0, "Tasks of a dump:", 0 },
	{ 0 },
};

static const struct argp argp = { NULL, options_parse, "VMLINUX [INPUT...]\nCASE", doc, children,
				  NULL, NULL };

/** One line of text, or one member of the JSON object. */
struct report {
	bool as_json;
	struct rw_json json;
};

static void print_line(const char *key, const char *value)
{
	printf("%-27s ", key);
	rw_print_clean(stdout, value);
	putchar('\n');
}

static void say(struct report *r, const char *key, const char *value)
{
	if (r->as_json)
		rw_json_string(&r->json, key, value);
	else if (value)
		print_line(key, value);
}

static void say_number(struct report *r, const char *key, uint64_t value)
{
	if (r->as_json)
		rw_json_number(&r->json, key, value);
	else
		printf("%-27s %" PRIu64 "\n", key, value);
}

static void say_identity(struct report *r, const struct rw_kernel *kernel)
{
	say(r, "banner", kernel->banner);
	say(r, "build_id", *kernel->build_id ? kernel->build_id : NULL);
}

/** The file that was given (NULL: none), and what is known of the kernel by it and the dump. */
static void say_image(struct report *r, const struct rw_image *given,
		      const struct rw_kernel *kernel)
{
	static const char *const names[] = {
		[RW_IMAGE_VMLINUX] = "vmlinux",
		[RW_IMAGE_SYSTEM_MAP] = "a list of symbols (System.map)",
		[RW_IMAGE_KALLSYMS] = "a copy of /proc/kallsyms",
		[RW_IMAGE_DUMP] = "the dump's own kallsyms",
	};
	const struct rw_image *image = kernel->image;
	bool own = rw_image_kind(image) == RW_IMAGE_DUMP;
	char text[160];

	say(r, "vmlinux", given ? rw_image_path(given) : NULL);
	snprintf(text, sizeof(text), "%s%s%s",
		 own && !rw_image_has_kallsyms(image) ? "" : names[rw_image_kind(image)],
		 own && given && rw_image_has_kallsyms(image) ? ", " : "",
		 own && given ? names[rw_image_kind(given)] : "");
	say(r, "names", text);
	say_identity(r, kernel);
}

static void say_ranges(struct report *r, const struct rw_image *image)
{
	size_t nr, codes = 0;
	const struct rw_range *ranges = rw_image_ranges(image, &nr);
	char text[64];

	for (size_t i = 0; i < nr; i++) {
		if (ranges[i].kind == RW_RANGE_SYM_CODE) {
			codes++;
			continue;
		}
		snprintf(text, sizeof(text), "0x%" PRIx64 "-0x%" PRIx64, ranges[i].start,
			 ranges[i].end);
		say(r, ranges[i].kind == RW_RANGE_TEXT ? "text" : "init_text", text);
	}
	if (rw_image_sym_code_known(image))
		say_number(r, "sym_code", codes);
	else
		say(r, "sym_code", NULL);
	say(r, "sym_code_from",
	    !rw_image_sym_code_known(image) ? "not known: names do not tell, a vmlinux does" :
	    rw_image_has_sym_code_table(image) ? "table" :
	    "derived from symbols without type and with a size");
}

/** The options of the kernel's own model, and what tells each. */
static void say_options(struct report *r, const struct rw_kernel *kernel)
{
	const struct rw_model *model = kernel->auto_model;

	for (unsigned int bit = 1; bit < 1 << RW_NR_OPTIONS; bit <<= 1) {
		const char *value = rw_kernel_options(kernel, model) & bit ? "on" : "off";
		const char *from = rw_option_from_name(rw_kernel_option_from(kernel, model, bit));
		char key[64], text[64];

		if (!(model->variants & bit))
			continue;
		snprintf(key, sizeof(key), "option_%s", rw_option_name(bit));
		snprintf(text, sizeof(text), "%s (%s)", value, from);
		say(r, key, r->as_json ? value : text);
		snprintf(key, sizeof(key), "option_%s_from", rw_option_name(bit));
		if (r->as_json)
			say(r, key, from);
	}
}

/** Whether return addresses are stripped, as the kernel's own model has it. */
static const char *pac(const struct rw_kernel *kernel)
{
	bool by_instruction = kernel->auto_model &&
			      rw_kernel_options(kernel, kernel->auto_model) & RW_OPTION_XPACLRI;

	switch (by_instruction ? kernel->ptrauth_kernel : kernel->ptrauth) {
	case RW_YES:
		return "removed from return addresses";
	case RW_NO:
		return "not built in";
	case RW_UNKNOWN:
		break;
	}
	return "not known";
}

static void say_kernel(struct report *r, const struct rw_kernel *kernel)
{
	char text[64];

	say(r, "model", kernel->auto_model ? kernel->auto_model->name : NULL);
	say(r, "model_why", kernel->auto_why);
	if (kernel->auto_model) {
		say(r, "promise", rw_promise_name(kernel->auto_model->promise));
		say_options(r, kernel);
	}
	say(r, "types", kernel->types_origin);
	if (kernel->thread_size)
		say_number(r, "thread_size", kernel->thread_size);
	if (kernel->has_layout) {
		say_number(r, "pt_regs_size", kernel->layout.pt_regs_size);
		say_number(r, "pt_regs_stackframe", kernel->layout.pt_regs_stackframe);
		say(r, "metadata_records", kernel->layout.frame_record_meta ? "yes" : "no");
	}
	if (kernel->va_bits) {
		say_number(r, "va_bits", kernel->va_bits);
	} else {
		say_number(r, "va_bits_min", kernel->va_bits_min);
		say_number(r, "va_bits_max", kernel->va_bits_max);
	}
	say(r, "pac", pac(kernel));
	if (kernel->slide_known == RW_YES) {
		snprintf(text, sizeof(text), "0x%" PRIx64, kernel->slide);
		say(r, "kaslr", text);
		say(r, "kaslr_from", kernel->slide_from);
	}
}

static void say_inputs(struct report *r, const struct inputs *inputs)
{
	char text[512];

	for (size_t i = 0; i < inputs->memory.nr; i++) {
		const struct rw_span *span = &inputs->memory.data[i];

		snprintf(text, sizeof(text), "0x%" PRIx64 "-0x%" PRIx64 " %s", span->start,
			 span->end, span->name);
		say(r, "memory", text);
	}
	for (size_t i = 0; i < inputs->nr_regs; i++) {
		const struct found_regs *regs = &inputs->regs[i];

		snprintf(text, sizeof(text), "%s (%s, line %zu, %s pc, %s fp)", regs->name,
			 regs->block.format, regs->block.line,
			 regs->block.regs.known & RW_REG_PC ? "has" : "no",
			 regs->block.regs.known & RW_REG_FP ? "has" : "no");
		say(r, "registers", text);
	}
}

static void say_missing(struct report *r, const struct options *options,
			const struct rw_kernel *kernel, const struct inputs *inputs)
{
	if (!kernel->auto_model)
		say(r, "missing", "the unwinder's generation: choose one with --model");
	if (!options->nr_inputs)
		return;
	if (kernel->slide_known != RW_YES)
		say(r, "missing", "the KASLR offset: give it with --kaslr");
	if (!kernel->va_bits && kernel->ptrauth == RW_YES)
		say(r, "missing", "the virtual address bits in use: give them with --va-bits");
	if (!(inputs->start.known & RW_REG_PC) || !(inputs->start.known & RW_REG_FP))
		say(r, "missing", "pc or fp: give --pc and --fp, or --regs FILE");
	if (!options->has_stacks && !kernel->thread_size)
		say(r, "missing", "the size of a task's stack: give --stack task=ADDR+SIZE");
}

static void say_fact(void *cookie, const char *key, const char *value)
{
	say(cookie, key, value);
}

static void say_lost(struct report *r, const char *const *lost, size_t nr)
{
	if (r->as_json)
		rw_json_open(&r->json, "lost", '[');
	for (size_t i = 0; i < nr; i++)
		say(r, r->as_json ? NULL : "lost", lost[i]);
	if (r->as_json)
		rw_json_close(&r->json, ']');
}

/** What a dump says of its machine. */
static void say_dump(struct report *r, const struct dumped *dumped, char *const *lost, size_t nr)
{
	rw_machine_describe(dumped->machine, say_fact, r);
	say_lost(r, (const char *const *)lost, nr);
}

static void begin(struct report *r)
{
	if (!r->as_json)
		return;
	rw_json_open(&r->json, NULL, '{');
	rw_json_string(&r->json, "type", "info");
	rw_json_number(&r->json, "schema", RW_JSON_SCHEMA);
}

static void end(struct report *r)
{
	if (!r->as_json)
		return;
	rw_json_close(&r->json, '}');
	rw_json_end_line(&r->json);
}

/** A case has no image: what is there is what walks asked for. */
static void print_case(struct report *r, const struct replayed_case *replayed)
{
	const struct rw_case *c = &replayed->c;
	const struct rw_kernel *kernel = rw_replay_kernel(replayed->replay);

	begin(r);
	say(r, "case", replayed->file.name);
	say(r, "writer", c->writer);
	say(r, "redacted", c->redacted ? "yes" : "no");
	say_number(r, "traces", c->traces.nr);
	say_identity(r, kernel);
	say_kernel(r, kernel);
	say_lost(r, c->lost.data, c->lost.nr);
	end(r);
}

/** Everything is known now: nothing stands on standard output before. */
static void print(struct report *r, const struct options *options, const struct inputs *inputs,
		  const struct rw_image *image, const struct rw_kernel *kernel,
		  const struct dumped *dumped, char *const *lost, size_t nr_lost)
{
	begin(r);
	say_image(r, image, kernel);
	if (dumped->machine)
		say_dump(r, dumped, lost, nr_lost);
	say_kernel(r, kernel);
	say_ranges(r, kernel->image);
	end(r);
	if (r->as_json)
		return;
	say_inputs(r, inputs);
	if (!dumped->machine)
		say_missing(r, options, kernel, inputs);
}

static struct rw_error *run(struct options *options, struct inputs *inputs,
			    struct rw_image **image)
{
	struct report r = { options->format == RW_FORMAT_JSON, { .file = stdout } };
	struct dumped dumped = { 0 };
	struct rw_kernel kernel = { .image = NULL };
	char **lost = NULL;
	size_t nr_lost = 0;

	struct replayed_case replayed;
	struct rw_error *err = replay_open(options, &replayed);
	bool is_case = replayed.replay;
	if (is_case)
		print_case(&r, &replayed);
	replay_close(&replayed);
	if (err || is_case)
		return err;
	err = command_image(options, image);
	if (!err)
		err = inputs_init(options, inputs);
	if (!err)
		err = command_check_model(options);
	if (!err && inputs->nr_sources)
		err = dumped_init(options, inputs, *image, &dumped);
	else if (!err && !*image)
		err = command_no_image(options);
	else if (!err)
		err = command_kernel(options, *image, inputs->start.pc, &kernel);
	if (!err && dumped.machine)
		err = dumped_lost(&dumped, true, &lost, &nr_lost);
	if (!err)
		print(&r, options, inputs, *image,
		      dumped.machine ? rw_machine_kernel(dumped.machine) : &kernel, &dumped, lost,
		      nr_lost);
	else
		dumped_warn(options, &dumped);
	dumped_free_lost(lost, nr_lost);
	dumped_deinit(&dumped);
	return err;
}

int command_info(int argc, char **argv)
{
	return command_run(&argp, TAKES_INPUTS, run, argc, argv);
}
