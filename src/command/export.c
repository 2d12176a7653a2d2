// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk export: chosen tasks in a small file that can be walked again anywhere.

#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/image.h"
#include "rewalk/replay.h"
#include "rewalk/vector.h"

#include "dump.h"
#include "raw.h"
#include "replay.h"
#include "writefile.h"

static const char doc[] =
	"Write a case file: what walks of the chosen tasks ask for, by any model, and nothing "
	"else. `rewalk trace' replays it without the dump and without the vmlinux.\v"
	"  rewalk export vmlinux vmcore -p 337 -o case.rwc\n"
	"  rewalk export vmlinux vmcore -a --redact -o case.rwc\n"
	"  rewalk export vmlinux stack.bin@ffff80000a5d8000 --regs regs.txt -o case.rwc\n"
	"  rewalk trace case.rwc\n\n"
	"Without --redact the case has the stacks from the first frame record up, and in them "
	"whatever the kernel left there. man rewalk-case tells the format.";

enum key {
	KEY_REDACT = 512,
};

static const struct argp_option own_options[] = {
	{ "output", 'o', "FILE", 0, "The case file to write; - is standard output", 0 },
	{ "redact", KEY_REDACT, NULL, 0, "Keep no word of a stack but frame records and what else "
	  "a walk reads", 0 },
	{ "quiet", 'q', NULL, 0, "No warnings of what a dump lacks", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'o':
		options->output = arg;
		return 0;
	case KEY_REDACT:
		options->redact = true;
		return 0;
	case 'q':
		options->verbose = -1;
		return 0;
	case ARGP_KEY_END:
		if (!options->output)
			argp_error(state, "no file to write given; say -o FILE");
		if (options->group)
			argp_error(state, "--group is for printing traces");
		break;
	}
	return options_parse(key, arg, state);
}

static const struct argp_child children[] = {
	{ &options_tasks, 0, "Tasks of a dump:", 1 },
	{ &options_registers, 0, "Registers and start:", 2 },
	{ &options_kernel, 0, "The kernel:", 3 },
	{ 0 },
};

static const struct argp argp = { own_options, parse, "VMLINUX [INPUT...]\nCASE", doc, children,
				  NULL, NULL };

/* ---- recording ------------------------------------------------------------------ */

struct run {
	struct rw_recorder *recorder;
	const struct rw_model *any;	/* a recorder fills in each model itself */
	const struct rw_model *model;	/* that was asked for; NULL: none, or all */
	struct rw_machine *machine;
	struct rw_replay *replay;
	const struct rw_case *c;	/* that is replayed */
	const struct inputs *inputs;	/* NULL: a case */
	const char *vmlinux;
};

static struct rw_error *record_task(void *cookie, const struct rw_task *task)
{
	struct run *run = cookie;
	struct rw_unwind_input in;
	enum rw_walkable walkable = rw_machine_unwind_input(run->machine, task, run->any, &in);

	return rw_recorder_walk(run->recorder, task, walkable, &in, run->machine);
}

static struct rw_error *record_again(void *cookie, size_t index, const struct rw_task *task)
{
	struct run *run = cookie;
	struct rw_unwind_input in;
	enum rw_walkable walkable = rw_replay_unwind_input(run->replay, index, run->any, &in);
	const struct rw_case_trace *trace = &run->c->traces.data[index];

	struct rw_error *err = rw_recorder_walk(run->recorder, task, walkable, &in, NULL);
	return err ? err : rw_recorder_lost(run->recorder, trace->lost.data, trace->lost.nr);
}

/** Of "FILE: what is lost" the second part: a name may tell more than was meant to be told. */
static const char *without_name(const char *text, const char *name)
{
	size_t size = name ? strlen(name) : 0;

	return size && !strncmp(text, name, size) && !strncmp(text + size, ": ", 2) ?
	       text + size + 2 : text;
}

static struct rw_error *add_lost(const struct run *run, struct rw_case *c,
				 const char *const *lost, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const char **last = rw_vector_push(&c->lost), *text = lost[i];

		for (size_t j = 0; c->redacted && run->inputs && j < run->inputs->nr_files; j++)
			text = without_name(text, run->inputs->files[j].name);
		if (c->redacted)
			text = without_name(text, run->vmlinux);
		if (!last || !rw_case_string(c, text, last))
			return &rw_enomem;
	}
	return NULL;
}

/* ---- writing -------------------------------------------------------------------- */

/** Nothing that is read is overwritten. */
static struct rw_error *check_output(const struct options *options, const struct inputs *inputs)
{
	struct rw_error *err = command_check_output(options->output, options->vmlinux);

	for (size_t i = 0; !err && i < inputs->nr_files; i++)
		err = command_check_output(options->output, inputs->files[i].name);
	return err;
}

/** What was written must be a case that can be read: else nobody has use for it. */
static struct rw_error *check(const char *name, const char *bytes, size_t size)
{
	const struct rw_file file = { .name = (char *)name, .bytes = (const uint8_t *)bytes,
				      .size = size, .fd = -1 };
	struct rw_case c = { 0 };
	struct rw_replay *replay = NULL;

	struct rw_error *err = rw_case_read(&file, &c);
	if (err && err->code == RW_ERROR_UNSUPPORTED) {
		// A build without a reader of cases.
		rw_error_destroy(err);
		return NULL;
	}
	if (!err)
		err = rw_replay_create(&c, name, &replay);
	rw_replay_destroy(replay);
	rw_case_deinit(&c);
	return err;
}

static struct rw_error *write_case(const struct options *options, const struct run *run,
				   const char *const *lost, size_t nr_lost, bool incomplete,
				   bool was_redacted)
{
	_cleanup_free_ char *bytes = NULL;
	struct rw_case *c;
	size_t size;

	struct rw_error *err = rw_recorder_case(run->recorder, &c);
	if (!err)
		err = add_lost(run, c, lost, nr_lost);
	if (err)
		return err;
	c->writer = "rewalk " REWALK_VERSION;
	c->redacted |= was_redacted;
	c->replay = options->model && strcmp(options->model, "auto") ? options->model : NULL;
	c->incomplete = incomplete;
	FILE *file = open_memstream(&bytes, &size);
	if (!file)
		return &rw_enomem;
	rw_case_write(file, c);
	if (fclose(file))
		return &rw_enomem;
	err = check(options->output, bytes, size);
	return err ? err : command_write_file(options->output, bytes, size, !c->redacted);
}

/* ---- the three sources ----------------------------------------------------------- */

static struct rw_error *export_dump(const struct options *options, const struct inputs *inputs,
				    const struct rw_image *image, struct run *run)
{
	struct dumped dumped = { 0 };
	bool incomplete = false;
	char **lost = NULL;
	size_t nr = 0;

	struct rw_error *err = dumped_check(options, inputs);
	if (!err)
		err = dumped_init(options, inputs, image, &dumped);
	if (!err)
		err = rw_recorder_create(rw_machine_kernel(dumped.machine), run->model,
					 options->redact, &run->recorder);
	run->machine = dumped.machine;
	if (!err)
		err = dumped_each(options, &dumped, inputs->source, record_task, run, &incomplete);
	if (!err) {
		// How often each was met depends on who walks.
		err = dumped_lost(&dumped, false, &lost, &nr);
		if (!err)
			err = write_case(options, run, (const char *const *)lost, nr,
					 incomplete, false);
		dumped_free_lost(lost, nr);
	}
	dumped_warn(options, &dumped);
	dumped_deinit(&dumped);
	return err;
}

static struct rw_error *export_raw(const struct options *options, struct inputs *inputs,
				   const struct rw_image *image, struct run *run)
{
	struct rw_kernel kernel;
	struct walk walk;

	struct rw_error *err = raw_kernel(options, inputs, image, &kernel);
	if (!err)
		err = rw_recorder_create(&kernel, run->model, options->redact, &run->recorder);
	if (err)
		return err;
	raw_walk(options, inputs, &kernel, &walk);
	err = rw_recorder_walk(run->recorder, NULL, walk.walkable, &walk.in, NULL);
	return err ? err : write_case(options, run, NULL, 0, false, false);
}

/** Of a case: fewer tasks, or a redacted one. */
static struct rw_error *export_case(const struct options *options, struct replayed_case *replayed,
				    struct run *run)
{
	struct options by_case = *options;

	if (!by_case.model)
		by_case.model = replayed->c.replay;
	run->replay = replayed->replay;
	run->c = &replayed->c;
	struct rw_error *err = rw_recorder_create(rw_replay_kernel(run->replay), NULL,
						  options->redact, &run->recorder);
	if (!err)
		err = replay_each(options, replayed, record_again, run);
	return err ? err : write_case(&by_case, run, replayed->c.lost.data,
				      replayed->c.lost.nr, replayed->c.incomplete,
				      replayed->c.redacted);
}

static struct rw_error *run_export(struct options *options, struct run *run)
{
	struct replayed_case replayed;
	struct inputs inputs = { 0 };
	struct rw_image *image = NULL;
	size_t nr;

	run->any = rw_models(&nr);
	run->vmlinux = options->vmlinux;
	if (options->model)
		run->model = rw_model_find(options->model);
	struct rw_error *err = command_check_model(options);
	if (err)
		return err;
	err = replay_open(options, &replayed);
	if (!err)
		err = check_output(options, &inputs);
	if (!err && replayed.replay) {
		err = export_case(options, &replayed, run);
	} else if (!err) {
		err = command_image(options, &image);
		if (!err)
			err = inputs_init(options, &inputs);
		if (!err)
			err = check_output(options, &inputs);
		run->inputs = &inputs;
		if (!err)
			err = inputs.nr_sources ? export_dump(options, &inputs, image, run) :
			      export_raw(options, &inputs, image, run);
	}
	// The recorder borrows from all the others.
	rw_recorder_destroy(run->recorder);
	run->inputs = NULL;
	inputs_deinit(&inputs);
	rw_image_close(image);
	replay_close(&replayed);
	return err;
}

int command_export(int argc, char **argv)
{
	struct options options;
	struct run run = { .recorder = NULL };
	int status = STATUS_OK;

	options_init(&options, &argp, TAKES_INPUTS);
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	struct rw_error *err = run_export(&options, &run);
	if (err)
		status = command_error(err);
	options_deinit(&options);
	return status;
}
