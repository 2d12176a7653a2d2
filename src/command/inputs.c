// SPDX-License-Identifier: GPL-2.0-or-later
//
// INPUT arguments: opened, recognised by form or content, and joined; their registers:
// inputregs.c.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/printed.h"

#include "hexdumps.h"
#include "inputs.h"
#include "printed.h"

/**
 * A text: registers and hex dumps, whatever else is in it.
 *
 * @param space, base  Where offset 0 of a dump of offsets stood.
 */
static struct rw_error *text(const struct options *options, struct inputs *inputs,
			     const struct rw_file *file, enum rw_hexdump_space space,
			     uint64_t base)
{
	struct rw_regs_blocks blocks = { 0 };
	size_t nr_rows = 0;

	struct rw_error *err = rw_regs_from_text((const char *)file->bytes, file->size, &blocks);
	if (err)
		err = rw_error_prefix(err, "%s", rw_file_said(file));
	for (size_t i = 0; !err && i < blocks.nr; i++)
		err = inputs_add_regs(inputs, &blocks.data[i], rw_file_said(file));
	if (!err)
		err = hexdumps_add(options, inputs, file, space, base, &nr_rows);
	const bool at_address = space != RW_HEXDUMP_OFFSET;
	if (!err && !nr_rows && (at_address || !blocks.nr))
		err = rw_error_prefix(hexdumps_nothing(inputs, at_address), "%s",
				      rw_file_said(file));
	free(blocks.data);
	return err;
}

/**
 * An ELF core: a dump, but its registers alone where these were asked for, or where there
 * is no memory in it.
 */
static struct rw_error *core(struct inputs *inputs, const struct rw_file *file, bool as_regs)
{
	const struct rw_dump_source source = { file, RW_DUMP_ELF, 0 };
	struct rw_dump *dump = NULL;
	uint64_t start, end;
	size_t nr, nr_lost;

	struct rw_error *err = rw_dump_create(&source, 1, &dump);
	if (err)
		return err;
	// One that was cut short before its memory is a dump all the same, and is told so.
	rw_dump_lost(dump, &nr_lost);
	bool may_have_memory = rw_dump_next_range(dump, 0, &start, &end) || nr_lost;
	rw_dump_prstatus(dump, &nr);
	if (as_regs || (!may_have_memory && nr))
		err = inputs_add_regs_core(inputs, file, dump);
	else
		err = inputs_add_dump(inputs, file, RW_DUMP_ELF, 0);
	rw_dump_destroy(dump);
	return err;
}

struct rw_error *inputs_add_dump(struct inputs *inputs, const struct rw_file *file,
				 enum rw_dump_format format, uint64_t base)
{
	void *sources = realloc(inputs->sources,
				(inputs->nr_sources + 1) * sizeof(inputs->sources[0]));

	if (!sources)
		return &rw_enomem;
	inputs->sources = sources;
	inputs->sources[inputs->nr_sources++] = (struct rw_dump_source){ file, format, base };
	if (!inputs->source)
		inputs->source = file->name;
	return NULL;
}

/** A file that says itself what it is. */
static struct rw_error *by_content(const struct options *options, struct inputs *inputs,
				   const struct rw_file *file, bool as_regs)
{
	enum rw_content content = rw_content_recognise(file->bytes, file->size);

	switch (content) {
	case RW_CONTENT_TEXT:
		return text(options, inputs, file, RW_HEXDUMP_OFFSET, 0);
	case RW_CONTENT_ELF_CORE:
		return core(inputs, file, as_regs);
	case RW_CONTENT_KDUMP:
		return inputs_add_dump(inputs, file, RW_DUMP_KDUMP, 0);
	case RW_CONTENT_FLATTENED:
		return inputs_add_dump(inputs, file, RW_DUMP_FLATTENED, 0);
	case RW_CONTENT_LIME:
		return inputs_add_dump(inputs, file, RW_DUMP_LIME, 0);
	case RW_CONTENT_EMPTY:
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: is empty; give a stack as FILE@ADDR, or registers",
				       file->name);
	case RW_CONTENT_CASE:
		return rw_error_create(RW_ERROR_USAGE,
				       "%s: is a case file, which only trace, info and export "
				       "take, and without a VMLINUX or other inputs", file->name);
	case RW_CONTENT_ELF_OTHER:
		return rw_error_create(RW_ERROR_USAGE,
				       "%s: is an ELF file, but no core; a vmlinux comes first, "
				       "before the dump or stack",
				       file->name);
	case RW_CONTENT_UNKNOWN:
		return rw_error_create(RW_ERROR_USAGE,
				       "%s: binary data of no known format; say where it stood as "
				       "%s@ADDR, or that it is a struct user_pt_regs as %s@regs",
				       file->name, file->name, file->name);
	default:
		return rw_error_create(RW_ERROR_UNSUPPORTED,
				       "%s: is %s, which this version does not read; give the "
				       "bytes of a stack as FILE@ADDR, and registers",
				       file->name, rw_content_name(content));
	}
}

/** Texts are read once all inputs are known to be there. */
static struct rw_error *add_log(struct inputs *inputs, struct rw_file *file)
{
	void *logs = realloc(inputs->logs, (inputs->nr_logs + 1) * sizeof(inputs->logs[0]));

	if (!logs)
		return &rw_enomem;
	inputs->logs = logs;
	inputs->logs[inputs->nr_logs++] = (struct log_input){ .file = file };
	return NULL;
}

static struct rw_error *add_input(const struct options *options, struct inputs *inputs,
				  const char *arg, bool as_regs)
{
	struct rw_input_arg parsed;
	struct rw_file *file = &inputs->files[inputs->nr_files];

	struct rw_error *err = rw_input_arg_parse(arg, &parsed);
	if (err)
		return err;
	_cleanup_free_ char *path = parsed.path;
	err = rw_file_begin(path, file);
	if (err)
		return err;
	inputs->nr_files++;
	// Memory may begin with anything, also as a packed file does.
	if (parsed.form != RW_INPUT_RAW)
		err = rw_file_unpack(file);
	if (!err && parsed.form == RW_INPUT_CONTENT && !as_regs &&
	    rw_content_recognise(file->bytes, file->size) == RW_CONTENT_TEXT)
		return add_log(inputs, file);
	if (!err)
		err = rw_file_complete(file, INPUTS_PIPE_LIMIT);
	if (err)
		return err;

	switch (parsed.form) {
	case RW_INPUT_VIRTUAL:
		if (rw_content_recognise(file->bytes, file->size) == RW_CONTENT_TEXT)
			return text(options, inputs, file, RW_HEXDUMP_VIRTUAL, parsed.addr);
		// fall through
	case RW_INPUT_RAW:
		if (!inputs->source)
			inputs->source = file->name;
		return rw_memory_add(&inputs->memory, parsed.addr, file->bytes, file->size,
				     file->name);
	case RW_INPUT_REGS:
		return inputs_add_regs_bytes(inputs, file);
	case RW_INPUT_PHYSICAL:
		// RAM may begin with text, and is not searched for dumps.
		if (hexdumps_begin(file))
			return text(options, inputs, file, RW_HEXDUMP_PHYSICAL, parsed.addr);
		return inputs_add_dump(inputs, file, RW_DUMP_BANK, parsed.addr);
	case RW_INPUT_CONTENT:
		break;
	}
	if (as_regs && rw_content_recognise(file->bytes, file->size) == RW_CONTENT_UNKNOWN)
		return inputs_add_regs_bytes(inputs, file);
	return by_content(options, inputs, file, as_regs);
}

struct rw_error *inputs_open(const struct options *options, struct inputs *ret)
{
	struct rw_error *err = NULL;

	*ret = (struct inputs){ .files = calloc(options->nr_inputs + 1, sizeof(ret->files[0])) };
	if (!ret->files)
		return &rw_enomem;
	for (size_t i = 0; !err && i < options->nr_inputs; i++)
		err = add_input(options, ret, options->inputs[i], false);
	if (!err && options->regs)
		err = add_input(options, ret, options->regs, true);
	return err;
}

/** Of a log, as much as it is looked through for memory: whole lines. */
static void cut_log(struct log_input *log)
{
	const uint8_t *newline;

	log->part = *log->file;
	if (!log->nr_traces || log->part.size <= RW_TEXT_LOG_KEEP)
		return;
	newline = memrchr(log->part.bytes, '\n', RW_TEXT_LOG_KEEP);
	log->part.size = newline ? (size_t)(newline + 1 - log->part.bytes) : 0;
}

static struct rw_error *read_log(const struct options *options, struct inputs *inputs,
				 struct log_input *log)
{
	if (log->read || log->file->dropped)
		return NULL;
	log->read = true;
	struct rw_error *err = rw_file_complete(log->file, INPUTS_PIPE_LIMIT);
	if (err)
		return err;
	cut_log(log);
	err = by_content(options, inputs, &log->part, false);
	// Traces may be all that there is, and whether there are any turns out later.
	if (err && err->code != RW_ERROR_NOMEM) {
		log->fault = err;
		err = NULL;
	}
	return err;
}

struct rw_error *inputs_read_logs(const struct options *options, struct inputs *inputs)
{
	struct rw_error *err = NULL;

	for (size_t i = 0; !err && i < inputs->nr_logs; i++)
		err = read_log(options, inputs, &inputs->logs[i]);
	return err;
}

struct rw_error *inputs_check_logs(const struct options *options, struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->nr_logs; i++) {
		struct log_input *log = &inputs->logs[i];
		struct rw_error *fault = log->fault;

		if (!fault)
			continue;
		log->fault = NULL;
		// A boot log beside a dump takes nothing from the dump.
		bool idle = inputs->nr_sources && fault->code == RW_ERROR_MISSING;
		if (!log->nr_traces && !idle)
			return fault;
		// What is damaged beside the traces matters where there is memory to walk.
		if (((fault->code != RW_ERROR_MISSING && inputs->memory.nr) ||
		     (idle && !log->nr_traces)) && options->verbose >= 0) {
			fflush(stdout);
			fprintf(stderr, "rewalk: warning: %s\n", fault->message);
		}
		rw_error_destroy(fault);
	}
	return NULL;
}

struct rw_error *inputs_init(const struct options *options, struct inputs *ret)
{
	struct rw_error *err = inputs_open(options, ret);

	// A log with traces is nothing to complain of.
	if (!err)
		err = printer_count(ret);
	if (!err)
		err = inputs_read_logs(options, ret);
	if (!err)
		err = inputs_check_logs(options, ret);
	return err ? err : inputs_choose(options, ret);
}

void inputs_deinit(struct inputs *inputs)
{
	rw_memory_deinit(&inputs->memory);
	hexdumps_deinit(inputs);
	for (size_t i = 0; i < inputs->nr_files; i++)
		rw_file_deinit(&inputs->files[i]);
	free(inputs->files);
	free(inputs->regs);
	free(inputs->sources);
	for (size_t i = 0; i < inputs->nr_logs; i++)
		rw_error_destroy(inputs->logs[i].fault);
	free(inputs->logs);
}
