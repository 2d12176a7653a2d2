// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk trace of texts: each trace in them is judged and printed as it comes.
//
// The model and the output are chosen when the first trace is there: a text without
// any may still have registers or memory to walk, and then nothing may have been
// printed.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/judged.h"
#include "rewalk/machine.h"
#include "rewalk/vector.h"

#include "choose.h"
#include "printed.h"

#define PSTORE_LIMIT ((size_t)64 << 20)
#define HOLD_BACK ((size_t)1 << 20)	/* of a text without a trace so far */

void printer_init(struct printer *printer, const struct options *options,
		  const struct rw_image *image, bool with_memory)
{
	*printer = (struct printer){
		.options = options,
		.image = image,
		.passes = options->format == RW_FORMAT_KERNEL && !with_memory && !options->pids &&
			  !options->comm && options->cpu < 0 && !options->verdicts &&
			  !(options->model && !strcmp(options->model, "all")),
	};
}

void printer_deinit(struct printer *printer)
{
	free(printer->held.data);
	if (printer->walker == &printer->own)
		walker_deinit(&printer->own);
}

/** Names are places in the image, whatever its offset was when they were printed. */
static struct rw_error *start(struct printer *p)
{
	struct rw_kernel_facts facts;

	if (p->walker && p->has_kernel)
		return NULL;
	struct rw_error *err = command_facts(p->options, &facts);
	if (err)
		return err;
	facts.kaslr_known = RW_YES;
	facts.kaslr = 0;
	// What was given as further text is at run-time addresses.
	facts.text = NULL;
	facts.nr_text = 0;
	err = rw_kernel_init(p->image, &facts, 0, &p->kernel);
	p->has_kernel = !err;
	if (!err && !p->walker) {
		err = walker_init(p->options, &p->kernel, p->source, &p->own);
		p->walker = err ? NULL : &p->own;
	}
	return err;
}

static bool is_wanted(const struct options *o, const struct rw_printed_facts *facts)
{
	if (o->pids || o->comm)
		return (o->pids && facts->pid >= 0 && choose_has_pid(o, (uint32_t)facts->pid)) ||
		       (o->comm && choose_is_comm(o, facts->comm));
	return o->cpu < 0 || facts->cpu == o->cpu;
}

static void print_build_id(const struct rw_image *image)
{
	char id[RW_BUILD_ID_TEXT];

	rw_image_build_id_text(image, id);
	fputs(*id ? id : "unknown", stderr);
}

/** The wrong vmlinux: said once, before anything that it would make wrong. */
static void say_misfit(struct printer *p, const struct rw_judged *judged)
{
	const char *build_id = judged->trace->facts->build_id;
	char text[RW_SENTENCE_SIZE];

	if (!judged->misfit || p->misfit_said || p->options->verbose < 0)
		return;
	p->misfit_said = true;
	rw_judged_misfit(judged, text);
	fflush(stdout);
	fprintf(stderr, "rewalk: WARNING: %s is not the vmlinux of the kernel that printed %s: %s "
		"(build-ids: vmlinux ", rw_image_path(p->image), p->source, text);
	print_build_id(p->image);
	fprintf(stderr, ", log %s); give the vmlinux of that kernel\n",
		build_id[0] ? build_id : "unknown");
}

static struct rw_error *judge(struct printer *p, const struct rw_printed_trace *trace,
			      struct rw_judged *judged, bool *shown)
{
	struct walker *w = p->walker;
	struct rw_error *err = NULL;
	size_t done = 0;

	for (; !err && done < w->nr_models; done += !err) {
		err = rw_judged_init(&p->kernel, &w->models[done], p->source, w->why, 0, trace,
				     &judged[done]);
		if (err)
			break;
		rw_tally_add(&w->tally, &judged[done].result);
		if (w->by_model)
			rw_tally_add(&w->by_model[done], &judged[done].result);
		shown[done] = !w->options->verdicts ||
			      w->options->verdicts & 1u << judged[done].result.verdict;
	}
	for (size_t i = 0; err && i < done; i++)
		rw_judged_deinit(&judged[i]);
	return err;
}

static void print(struct printer *p, const struct rw_judged *judged, const bool *shown)
{
	struct walker *w = p->walker;
	bool any = false;

	say_misfit(p, &judged[0]);
	for (size_t i = 0; i < w->nr_models; i++)
		any |= shown[i];
	if (!any)
		return;
	// The text itself is the output, with the trace where it stands.
	if (p->passes)
		return;
	walker_separate(w);
	if (w->nr_models > 1)
		rw_output_judged_models(&w->out, judged, w->nr_models, shown);
	else
		rw_output_judged(&w->out, judged);
	// Who reads along shall not have to wait for more.
	if (p->live)
		fflush(w->out.file);
}

/** The task of the dump that the trace is of, if the text says enough. */
static const struct rw_task *task_of(const struct printer *p, const struct rw_printed_trace *trace)
{
	const struct rw_printed_facts *facts = trace->facts;
	size_t nr;
	const struct rw_task *tasks = rw_machine_tasks(p->machine, &nr);

	if (facts->pid < 0 || trace->kind == RW_PRINTED_STORED ||
	    trace->kind == RW_PRINTED_HYPERVISOR)
		return NULL;
	for (size_t i = 0; i < nr; i++)
		if (tasks[i].pid == facts->pid && (tasks[i].pid || facts->cpu == tasks[i].cpu) &&
		    (!facts->comm[0] || !strncmp(facts->comm, tasks[i].comm,
						 strlen(tasks[i].comm))))
			return &tasks[i];
	return NULL;
}

/** Print the trace with the replay of its task beside it, if there is such a one. */
static struct rw_error *print_beside(struct printer *p, struct rw_judged *judged, const bool *shown)
{
	const struct rw_task *task = p->machine && !p->other_boot && p->walker->nr_models == 1 ?
				     task_of(p, judged->trace) : NULL;
	const struct rw_kernel *kernel = p->machine ? rw_machine_kernel(p->machine) : NULL;
	struct rw_unwind_input in;
	struct rw_beside beside;
	struct rw_trace trace;

	if (!task || rw_machine_unwind_input(p->machine, task, judged->model, &in) != RW_WALK_YES) {
		print(p, judged, shown);
		return NULL;
	}
	rw_kernel_unwind_input(kernel, judged->model, &in);
	struct rw_error *err = rw_trace_init(kernel, judged->model, &in, p->source, p->walker->why,
					     &trace);
	if (err)
		return err;
	trace.task = task;
	if (judged->trace->kind == RW_PRINTED_PROC_STACK)
		rw_beside_proc_stack(&trace);
	rw_beside_init(judged, &trace, &beside);
	judged->beside = &beside;
	print(p, judged, shown);
	judged->beside = NULL;
	rw_trace_deinit(&trace);
	return NULL;
}

static struct rw_error *add(void *cookie, const struct rw_printed_trace *trace)
{
	struct printer *p = cookie;

	p->nr_traces++;
	if (!is_wanted(p->options, trace->facts))
		return NULL;
	struct rw_error *err = start(p);
	if (err)
		return err;
	_cleanup_free_ struct rw_judged *judged = calloc(p->walker->nr_models, sizeof(*judged));
	_cleanup_free_ bool *shown = calloc(p->walker->nr_models, sizeof(*shown));
	if (!judged || !shown)
		return &rw_enomem;
	err = judge(p, trace, judged, shown);
	if (err)
		return err;
	err = print_beside(p, judged, shown);
	for (size_t i = 0; i < p->walker->nr_models; i++)
		rw_judged_deinit(&judged[i]);
	return err;
}

/** Another kernel's log, by its own first line. */
static void say_banner(struct printer *p, const struct rw_printed_log *log)
{
	const char *banner = rw_image_banner(p->image);

	if (p->banner_said || !log->banner[0] || !banner || p->options->verbose < 0 ||
	    !strncmp(log->banner, banner, strlen(log->banner)))
		return;
	p->banner_said = true;
	fflush(stdout);
	fprintf(stderr, "rewalk: warning: %s is the log of another build: '%.80s', vmlinux "
		"'%.80s'\n", p->source, log->banner, banner);
}

/** Print what was held back of the text; from now on it goes straight out. */
static struct rw_error *release_text(struct printer *p, bool at_end)
{
	struct rw_error *err = start(p);

	if (err)
		return err;
	p->passing = true;
	for (size_t from = 0, size; from < p->held.nr; from += size) {
		const char *text = p->held.data + from, *nl = memchr(text, '\n', p->held.nr - from);

		size = nl ? (size_t)(nl + 1 - text) : p->held.nr - from;
		rw_output_log_line(&p->walker->out, p->image, &(struct rw_text_line){
					   .text = text, .size = size, .begins = true,
					   .ends = nl || at_end, .newline = nl });
	}
	free(p->held.data);
	p->held.data = NULL;
	p->held.nr = p->held.capacity = 0;
	return NULL;
}

/**
 * A line on its way through.  Until there is a trace it may turn out that the text is
 * registers or a hex dump, of which nothing is to be printed.
 */
static struct rw_error *pass(struct printer *p, const struct rw_text_line *line)
{
	if (p->passing) {
		rw_output_log_line(&p->walker->out, p->image, line);
		if (p->live)
			fflush(p->walker->out.file);
		return NULL;
	}
	for (size_t i = 0; i < line->size; i++) {
		char *c = rw_vector_push(&p->held);

		if (!c)
			return &rw_enomem;
		*c = line->text[i];
	}
	return p->nr_traces || p->held.nr > HOLD_BACK ? release_text(p, false) : NULL;
}

static struct rw_error *read_lines(struct printer *p, struct rw_text *text,
				   struct rw_printed *printed)
{
	struct rw_text_line line;
	struct rw_error *err = NULL;
	bool more = true;

	while (!err) {
		err = rw_text_next(text, &line, &more);
		if (err || !more)
			break;
		err = rw_printed_line(printed, &line);
		if (!err && p->passes)
			err = pass(p, &line);
		if (p->nr_traces)
			rw_text_is_log(text);
		if (rw_printed_log(printed)->banner[0])
			say_banner(p, rw_printed_log(printed));
	}
	if (!err)
		err = rw_printed_end(printed);
	return !err && p->passes && !p->passing && p->nr_traces ? release_text(p, true) : err;
}

static void add_log(struct rw_printed_log *all, const struct rw_printed_log *log)
{
	if (log->kaslr_known != RW_UNKNOWN) {
		all->kaslr_known = all->kaslr_known == RW_UNKNOWN ? log->kaslr_known :
				   all->kaslr_known == RW_YES && log->kaslr_known == RW_YES &&
				   all->kaslr == log->kaslr ? RW_YES : RW_NO;
		all->kaslr = log->kaslr;
	}
	all->nr_foreign += log->nr_foreign;
	if (!all->foreign_line)
		all->foreign_line = log->foreign_line;
}

/** @name is what people call the text. */
static struct rw_error *read_file(struct printer *p, struct rw_file *file, const char *name)
{
	struct rw_text *text = NULL;
	struct rw_printed *printed = rw_printed_create(add, p);

	if (!printed)
		return &rw_enomem;
	p->source = name;
	p->live = file->unread;
	struct rw_error *err = rw_text_open(file, INPUTS_PIPE_LIMIT, &text);
	if (!err)
		err = read_lines(p, text, printed);
	add_log(&p->log, rw_printed_log(printed));
	rw_text_close(text);
	rw_printed_destroy(printed);
	return err;
}

static struct rw_error *count(void *cookie, const struct rw_printed_trace *trace)
{
	(void)trace;
	++*(size_t *)cookie;
	return NULL;
}

struct rw_error *printer_count(struct inputs *inputs)
{
	struct rw_error *err = NULL;

	for (size_t i = 0; !err && i < inputs->nr_logs; i++) {
		struct log_input *log = &inputs->logs[i];
		struct rw_printed *printed = rw_printed_create(count, &log->nr_traces);
		struct rw_text *text = NULL;
		struct rw_text_line line;
		bool more = true;

		if (!printed)
			return &rw_enomem;
		err = rw_file_complete(log->file, INPUTS_PIPE_LIMIT);
		if (!err)
			err = rw_text_open(log->file, INPUTS_PIPE_LIMIT, &text);
		while (!err && more) {
			err = rw_text_next(text, &line, &more);
			if (!err && more)
				err = rw_printed_line(printed, &line);
		}
		if (!err)
			err = rw_printed_end(printed);
		log->kaslr_known = rw_printed_log(printed)->kaslr_known;
		log->kaslr = rw_printed_log(printed)->kaslr;
		// Its registers are those of the report, not of a raw stack.
		log->read |= log->nr_traces != 0;
		rw_text_close(text);
		rw_printed_destroy(printed);
	}
	return err;
}

void printer_beside(struct printer *p, struct rw_machine *machine, struct walker *walker)
{
	p->machine = machine;
	p->walker = walker;
	p->passes = false;
}

static bool is_pstore(const struct log_input *log)
{
	uint32_t count, part;

	return rw_pstore_header((const char *)log->file->bytes, log->file->size, &count, &part);
}

/** The records of all files of pstore, in the order of time, are one log. */
static struct rw_error *read_pstore(struct printer *p, struct inputs *inputs)
{
	_cleanup_free_ char *joined = NULL, *ordered = NULL;
	const char *name = NULL;
	size_t size = 0, before = p->nr_traces;
	struct rw_error *err = NULL;

	for (size_t i = 0; i < inputs->nr_logs; i++) {
		struct rw_file *file = inputs->logs[i].file;

		if (!is_pstore(&inputs->logs[i]))
			continue;
		err = rw_file_complete(file, PSTORE_LIMIT);
		if (err)
			return err;
		if (file->size > PSTORE_LIMIT || size > PSTORE_LIMIT)
			return rw_error_create(RW_ERROR_UNSUPPORTED, "%s: longer than any store of "
					       "records; give their files one by one", file->name);
		char *grown = realloc(joined, size + file->size + 1);
		if (!grown)
			return &rw_enomem;
		joined = grown;
		memcpy(joined + size, file->bytes, file->size);
		size += file->size;
		if (joined[size - 1] != '\n')
			joined[size++] = '\n';
		name = name ? name : file->name;
	}
	if (!name)
		return NULL;
	err = rw_pstore_order(joined, size, &ordered, &size);
	if (err)
		return err;
	struct rw_file whole = {
		.name = (char *)name,
		.bytes = (const uint8_t *)(ordered ? ordered : joined),
		.size = size,
		.fd = -1,
	};
	err = read_file(p, &whole, name);
	for (size_t i = 0; i < inputs->nr_logs; i++)
		if (is_pstore(&inputs->logs[i]))
			inputs->logs[i].nr_traces = p->nr_traces - before;
	return err;
}

/** The log of a panic with another KASLR offset: nothing in this dump is its replay. */
static bool is_other_boot(const struct printer *p, const struct log_input *log)
{
	const struct rw_kernel *kernel = p->machine ? rw_machine_kernel(p->machine) : NULL;

	// Names out of the dump stand at run-time addresses, and tell no offset.
	if (!kernel || kernel->slide_known != RW_YES || log->kaslr_known != RW_YES ||
	    rw_image_kind(p->image) != RW_IMAGE_VMLINUX || kernel->slide == log->kaslr)
		return false;
	if (p->options->verbose >= 0) {
		fflush(stdout);
		fprintf(stderr, "rewalk: warning: %s: its kernel's offset is 0x%" PRIx64 ", but "
			"0x%" PRIx64 " in the dump: it is the log of another boot, and is not laid "
			"beside it\n", rw_file_said(log->file), log->kaslr, kernel->slide);
	}
	return true;
}

struct rw_error *printer_read(struct printer *p, struct inputs *inputs)
{
	struct rw_error *err = read_pstore(p, inputs);

	for (size_t i = 0; !err && i < inputs->nr_logs; i++) {
		struct log_input *log = &inputs->logs[i];
		size_t before = p->nr_traces;

		if (is_pstore(log))
			continue;
		p->other_boot = is_other_boot(p, log);
		err = read_file(p, log->file, rw_file_said(log->file));
		log->nr_traces = p->nr_traces - before;
	}
	return err;
}

struct rw_error *printer_foreign(const struct printer *p, const struct inputs *inputs)
{
	if (p->nr_traces || !p->log.nr_foreign)
		return NULL;
	return rw_error_create(RW_ERROR_FORMAT,
			       "%s: line %zu: the traces in it are of another architecture "
			       "(arm64's begin with 'Call trace:'); give the log of an arm64 "
			       "kernel", rw_file_said(inputs->logs[0].file), p->log.foreign_line);
}

struct rw_error *printer_finish(struct printer *p, const struct inputs *inputs, int *status_ret)
{
	if (!p->walker)
		return rw_error_create(RW_ERROR_MISSING, "%s: none of its %zu traces is the one "
				       "asked for; `-a' shows all",
				       rw_file_said(inputs->logs[0].file), p->nr_traces);
	walker_finish(p->walker, NULL, 0);
	*status_ret = rw_tally_status(&p->walker->tally);
	return NULL;
}
