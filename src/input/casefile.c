// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading a case file.  Whoever sends one may have written anything into it: what is
// read here is of the right kind and in its range, and no more is known of it.
//
// Strings are bytes: each of their characters is the byte of its number, 1 to 255.
// Addresses are strings, "0x…".  A member that may be missing is a fact that is not
// known then; any other one that is missing is an error.
//
// The format: man/rewalk-case.5.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/case.h"
#include "rewalk/error.h"
#include "rewalk/hex.h"
#include "rewalk/input.h"
#include "rewalk/vector.h"


#ifdef HAVE_JANSSON

#include "casevalue.h"

/** A list of strings: any struct with data, nr and capacity. */
#define case_get_strings(r, object, key, list)						\
	get_strings(r, object, key, &(list)->data, &(list)->nr, &(list)->capacity)

static bool get_strings(struct case_reader *r, const json_t *object, const char *key,
			const char ***data, size_t *nr, size_t *capacity)
{
	const json_t *list, *value;
	size_t i;

	if (!case_get_array(r, object, key, &list))
		return false;
	json_array_foreach(list, i, value) {
		const char *text;

		if (!case_take_bytes(r, key, value, MOST_STRING, &text))
			return false;
		if (!text)
			return case_fail(r, key, "has an element that is null");
		if (!rw_vector_reserve((void **)data, capacity, *nr, sizeof(**data)))
			return case_no_memory(r);
		(*data)[(*nr)++] = text;
	}
	return true;
}

/* ---- the kernel --------------------------------------------------------------- */

static bool take_range(struct case_reader *r, const char *key, uint64_t text, const char **at,
		       struct rw_case_range *ret)
{
	const char *s = *at, *end = s + strlen(s);
	uint64_t start, size;

	size_t nr = rw_hex_parse(s, end, &start);
	if (!nr || nr > RW_HEX_DIGITS || s[nr] != '+')
		return case_fail(r, key, "is no list of OFFSET+SIZE");
	s += nr + 1;
	nr = rw_hex_parse(s, end, &size);
	if (!nr || nr > RW_HEX_DIGITS || (s[nr] && s[nr] != ' '))
		return case_fail(r, key, "is no list of OFFSET+SIZE");
	start += text;
	if (!size || start + size < start)
		return case_fail(r, key, "has a range that is empty or wraps");
	*ret = (struct rw_case_range){ .start = start, .end = start + size };
	*at = s + nr + (s[nr] == ' ');
	return true;
}

/** Ranges of the image; not known if they are missing. */
static bool get_image_ranges(struct case_reader *r, const json_t *object, const char *key,
			     struct rw_case_ranges *ret)
{
	const json_t *lines = json_object_get(object, key), *value;
	size_t i;

	if (!lines)
		return true;
	if (!case_get_array(r, object, key, &lines))
		return false;
	ret->known = true;
	json_array_foreach(lines, i, value) {
		const char *text = json_string_value(value);

		if (!text || !*text)
			return case_fail(r, key, "is no list of OFFSET+SIZE");
		while (*text) {
			struct rw_case_range range;

			if (!take_range(r, key, r->c.kernel.text, &text, &range))
				return false;
			if (ret->nr == RW_CASE_MAX_RANGES)
				return case_too_many(r, key, RW_CASE_MAX_RANGES);
			struct rw_case_range *last = rw_vector_push(ret);
			if (!last)
				return case_no_memory(r);
			*last = range;
		}
	}
	return true;
}

static bool get_more_text(struct case_reader *r, const json_t *object,
			  struct rw_case_kernel *kernel)
{
	const json_t *list, *value;
	size_t i;

	if (!case_get_array(r, object, "more_text", &list))
		return false;
	if (json_array_size(list) > RW_CASE_MAX_RANGES)
		return case_too_many(r, "more_text", RW_CASE_MAX_RANGES);
	json_array_foreach(list, i, value) {
		struct rw_case_range range = { .name = NULL };

		if (!case_take_address(r, "more_text", json_array_get(value, 0), &range.start) ||
		    !case_take_address(r, "more_text", json_array_get(value, 1), &range.end))
			return false;
		if (range.start >= range.end || json_array_size(value) > 3)
			return case_fail(r, "more_text", "has one that is no START, END[, NAME]");
		if (json_array_size(value) == 3 &&
		    !case_take_bytes(r, "more_text", json_array_get(value, 2), MOST_NAME,
				     &range.name))
			return false;
		struct rw_case_range *last = rw_vector_push(&kernel->more_text);
		if (!last)
			return case_no_memory(r);
		*last = range;
	}
	if (!case_get_array(r, object, "not_text", &list))
		return false;
	if (json_array_size(list) > RW_CASE_MAX_RANGES)
		return case_too_many(r, "not_text", RW_CASE_MAX_RANGES);
	json_array_foreach(list, i, value) {
		uint64_t *last = rw_vector_push(&kernel->not_text);

		if (!last)
			return case_no_memory(r);
		if (!case_take_address(r, "not_text", value, last))
			return false;
	}
	return true;
}

static bool get_layout(struct case_reader *r, const json_t *object, struct rw_case_kernel *kernel)
{
	const json_t *layout = json_object_get(object, "layout");
	uint64_t size, off;

	if (json_is_null(layout))
		return true;
	kernel->has_layout = true;
	if (!case_get_object(r, object, "layout", &layout) ||
	    !case_get_number(r, layout, "pt_regs_size", 4096, &size) ||
	    !case_get_number(r, layout, "pt_regs_stackframe", 4096, &off) ||
	    !case_get_bool(r, layout, "frame_record_meta", &kernel->frame_record_meta) ||
	    !case_get_bool(r, layout, "zero_fp_ends", &kernel->zero_fp_ends))
		return false;
	if (off + (kernel->frame_record_meta ? 24 : 16) > size)
		return case_fail(r, "layout", "has a frame record that is not inside of pt_regs");
	kernel->pt_regs_size = size;
	kernel->pt_regs_stackframe = off;
	return true;
}

/** Where the kernel lies; null: not known. */
static bool get_place(struct case_reader *r, const json_t *object, struct rw_case_kernel *kernel)
{
	if (!case_get_word(r, object, "slide_from", &kernel->slide_from))
		return false;
	kernel->slide_known = rw_tri(!json_is_null(json_object_get(object, "slide")));
	if (kernel->slide_known != RW_YES) {
		kernel->slide_known = RW_UNKNOWN;
		return true;
	}
	if (!case_get_address(r, object, "slide", &kernel->slide) ||
	    !case_get_address(r, object, "text", &kernel->text) ||
	    !case_get_address(r, object, "stext", &kernel->stext) ||
	    !case_get_address(r, object, "etext", &kernel->etext) ||
	    !case_get_address(r, object, "end", &kernel->end) ||
	    !case_get_address(r, object, "sinittext", &kernel->sinittext) ||
	    !case_get_address(r, object, "einittext", &kernel->einittext))
		return false;
	if (kernel->text > kernel->end || kernel->stext > kernel->etext)
		return case_fail(r, "text", "does not lie before its end");
	return true;
}

/** [address, size] or [address], [] if it is not built in; not known if it is missing. */
static bool get_trampoline(struct case_reader *r, const json_t *object, const char *key,
			   struct rw_case_address *ret, uint64_t *size_ret)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return true;
	if (!case_is_list(r, key, value, size_ret ? 2 : 1))
		return false;
	ret->exists = rw_tri(json_array_size(value));
	return ret->exists == RW_NO ||
	       (case_take_address(r, key, json_array_get(value, 0), &ret->addr) &&
		(!size_ret ||
		 case_take_number(r, key, json_array_get(value, 1), UINT32_MAX, size_ret)));
}

static bool get_va_bits(struct case_reader *r, const json_t *object, struct rw_case_kernel *kernel)
{
	uint64_t bits, min, max;

	if (!case_get_number(r, object, "va_bits", 52, &bits) ||
	    !case_get_number(r, object, "va_bits_min", 52, &min) ||
	    !case_get_number(r, object, "va_bits_max", 52, &max))
		return false;
	if (min < 36 || max < min || (bits && bits < 36))
		return case_fail(r, "va_bits", "and its bounds are no numbers from 36 to 52");
	kernel->va_bits = bits;
	kernel->va_bits_min = min;
	kernel->va_bits_max = max;
	return true;
}

static bool get_options(struct case_reader *r, const json_t *object, struct rw_case_kernel *kernel)
{
	const json_t *list, *value;
	size_t i;

	if (!case_get_array(r, object, "options", &list))
		return false;
	json_array_foreach(list, i, value) {
		struct rw_case_option option;

		if (json_array_size(value) != 3 || !json_is_boolean(json_array_get(value, 1)))
			return case_fail(r, "options", "has one that is no NAME, ON, FROM");
		option.on = json_is_true(json_array_get(value, 1));
		if (!case_take_bytes(r, "options", json_array_get(value, 0), MOST_NAME,
				     &option.name) ||
		    !case_take_bytes(r, "options", json_array_get(value, 2), MOST_NAME,
				     &option.from))
			return false;
		if (!option.name || !option.from)
			return case_fail(r, "options", "has one that is no NAME, ON, FROM");
		struct rw_case_option *last = rw_vector_push(&kernel->options);
		if (!last)
			return case_no_memory(r);
		*last = option;
	}
	return true;
}

static bool get_kernel(struct case_reader *r, const json_t *root)
{
	struct rw_case_kernel *kernel = &r->c.kernel;
	const json_t *object;

	if (!case_get_object(r, root, "kernel", &object))
		return false;
	snprintf(r->where, sizeof(r->where), "kernel");
	return case_get_bytes(r, object, "banner", &kernel->banner) &&
	       case_get_bytes(r, object, "build_id", &kernel->build_id) &&
	       case_get_bytes(r, object, "model", &kernel->model) &&
	       case_get_word(r, object, "model_why", &kernel->model_why) &&
	       get_options(r, object, kernel) &&
	       case_get_bytes(r, object, "types", &kernel->types) &&
	       get_place(r, object, kernel) &&
	       case_get_number(r, object, "thread_size", 1 << 20, &kernel->thread_size) &&
	       get_va_bits(r, object, kernel) &&
	       case_get_tri(r, object, "ptrauth", &kernel->ptrauth) &&
	       case_get_tri(r, object, "ptrauth_kernel", &kernel->ptrauth_kernel) &&
	       case_get_tri(r, object, "pauth_hw", &kernel->pauth_hw) &&
	       get_layout(r, object, kernel) &&
	       get_trampoline(r, object, "return_to_handler", &kernel->return_to_handler,
			      &kernel->handler_size) &&
	       get_trampoline(r, object, "kretprobe_trampoline", &kernel->kretprobe_trampoline,
			      NULL) &&
	       get_image_ranges(r, object, "sym_code", &kernel->sym_code) &&
	       get_image_ranges(r, object, "el1_entry", &kernel->el1_entry) &&
	       get_image_ranges(r, object, "ret_from_fork", &kernel->ret_from_fork) &&
	       get_image_ranges(r, object, "special", &kernel->special) &&
	       get_image_ranges(r, object, "code_section", &kernel->code_section) &&
	       get_more_text(r, object, kernel);
}

static bool get_symbols(struct case_reader *r, const json_t *root)
{
	const json_t *list, *value;
	uint64_t end = 0;
	size_t i;

	if (!case_get_array(r, root, "symbols", &list))
		return false;
	json_array_foreach(list, i, value) {
		struct rw_case_symbol symbol = { .module = NULL };
		size_t nr = json_array_size(value);

		snprintf(r->where, sizeof(r->where), "symbols[%zu]", i);
		if (nr != 3 && nr != 4)
			return case_fail(r, "", "is no ADDRESS, SIZE, NAME[, MODULE]");
		if (!case_take_address(r, "", json_array_get(value, 0), &symbol.addr) ||
		    !case_take_number(r, "", json_array_get(value, 1), INT64_MAX, &symbol.size) ||
		    !case_take_bytes(r, "", json_array_get(value, 2), MOST_NAME, &symbol.name) ||
		    (nr == 4 &&
		     !case_take_bytes(r, "", json_array_get(value, 3), MOST_NAME, &symbol.module)))
			return false;
		if (!symbol.name || symbol.addr < end || symbol.addr + symbol.size < symbol.addr)
			return case_fail(r, "", "has no name, wraps, or begins below the last "
						"one's end");
		end = symbol.addr + symbol.size;
		struct rw_case_symbol *last = rw_vector_push(&r->c.symbols);
		if (!last)
			return case_no_memory(r);
		*last = symbol;
	}
	return true;
}

/* ---- a trace ------------------------------------------------------------------ */

static bool get_task(struct case_reader *r, const json_t *object, struct rw_case_trace *trace)
{
	const json_t *task = json_object_get(object, "task");
	const char *comm, *state;
	uint64_t pid, tgid, cpu;

	if (json_is_null(task))
		return true;
	trace->has_task = true;
	if (!case_get_object(r, object, "task", &task) ||
	    !case_get_number(r, task, "pid", UINT32_MAX, &pid) ||
	    !case_get_number(r, task, "tgid", UINT32_MAX, &tgid) ||
	    !case_take_bytes(r, "comm", json_object_get(task, "comm"), sizeof(trace->comm) - 1,
			     &comm) ||
	    !case_get_word(r, task, "state", &state) ||
	    !case_get_number(r, task, "cpu", UINT32_MAX, &cpu) ||
	    !case_get_bool(r, task, "running", &trace->running) ||
	    !case_get_bool(r, task, "panicked", &trace->panicked) ||
	    !case_get_address(r, task, "address", &trace->address))
		return false;
	if (!comm || strlen(state) != 1 || !strchr("?ABCDEFGHIJKLMNOPQRSTUVWXYZt", *state))
		return case_fail(r, "task", "has no name, or its state is no letter");
	strcpy(trace->comm, comm);
	trace->state = *state;
	trace->pid = pid;
	trace->tgid = tgid;
	trace->cpu = cpu;
	return true;
}

/** Bounds; [] of a stack that does not exist; not known if it is missing. */
static bool get_stacks(struct case_reader *r, const json_t *object, struct rw_case_trace *trace)
{
	const json_t *stacks;
	const char *key;
	json_t *value;

	if (!case_get_object(r, object, "stacks", &stacks))
		return false;
	json_object_foreach((json_t *)stacks, key, value) {
		struct rw_case_stack stack = { .exists = RW_NO };

		if (!*key || key[strspn(key, "abcdefghijklmnopqrstuvwxyz-")])
			return case_fail(r, "stacks", "has one of no known name");
		if (!case_is_list(r, "stacks", value, 2))
			return false;
		if (json_array_size(value)) {
			stack.exists = RW_YES;
			if (!case_take_address(r, "stacks", json_array_get(value, 0), &stack.low) ||
			    !case_take_address(r, "stacks", json_array_get(value, 1), &stack.high))
				return false;
			if (stack.low >= stack.high)
				return case_fail(r, "stacks", "has one that does not end above its "
							 "beginning");
		}
		struct rw_case_stack *last = rw_vector_push(&trace->stacks);
		if (!last || !rw_case_string(&r->c, key, &stack.name))
			return case_no_memory(r);
		*last = stack;
	}
	return true;
}

static bool get_fgraph(struct case_reader *r, const json_t *object, struct rw_case_trace *trace)
{
	const json_t *fgraph = json_object_get(object, "fgraph"), *list, *value;
	size_t i;

	if (!fgraph)
		return true;
	if (!case_get_object(r, object, "fgraph", &fgraph) ||
	    !case_get_word(r, fgraph, "form", &trace->fgraph_form) ||
	    !case_get_bool(r, fgraph, "incomplete", &trace->fgraph_incomplete) ||
	    !case_get_array(r, fgraph, "entries", &list))
		return false;
	if (json_array_size(list) > RW_CASE_MAX_RANGES)
		return case_too_many(r, "fgraph", RW_CASE_MAX_RANGES);
	json_array_foreach(list, i, value) {
		struct rw_case_fgraph entry = { .known = json_array_size(value) == 3 };

		if (json_array_size(value) != 1 && json_array_size(value) != 3)
			return case_fail(r, "fgraph", "has one that is no AT_BOTTOM[, RET, RETP]");
		if (!json_is_boolean(json_array_get(value, 0)))
			return case_fail(r, "fgraph", "has one that is no AT_BOTTOM[, RET, RETP]");
		entry.at_bottom = json_is_true(json_array_get(value, 0));
		if (entry.known &&
		    (!case_take_address(r, "fgraph", json_array_get(value, 1), &entry.ret) ||
		     !case_take_address(r, "fgraph", json_array_get(value, 2), &entry.retp)))
			return false;
		struct rw_case_fgraph *last = rw_vector_push(&trace->fgraph);
		if (!last)
			return case_no_memory(r);
		*last = entry;
	}
	return true;
}

static bool get_kretprobes(struct case_reader *r, const json_t *object, struct rw_case_trace *trace)
{
	const json_t *kretprobes = json_object_get(object, "kretprobes"), *list, *value;
	size_t i;

	if (!kretprobes)
		return true;
	if (!case_get_object(r, object, "kretprobes", &kretprobes) ||
	    !case_get_word(r, kretprobes, "form", &trace->kretprobe_form) ||
	    !case_get_bool(r, kretprobes, "incomplete", &trace->kretprobes_incomplete) ||
	    !case_get_array(r, kretprobes, "instances", &list))
		return false;
	if (json_array_size(list) > RW_CASE_MAX_RANGES)
		return case_too_many(r, "kretprobes", RW_CASE_MAX_RANGES);
	json_array_foreach(list, i, value) {
		struct rw_case_kretprobe *last = rw_vector_push(&trace->kretprobes);

		if (!last)
			return case_no_memory(r);
		if (!case_take_address(r, "kretprobes", json_array_get(value, 0),
				       &last->ret_addr) ||
		    !case_take_address(r, "kretprobes", json_array_get(value, 1), &last->fp))
			return false;
	}
	return true;
}

/** ["0x…", "word word …"]: the words of a line follow each other. */
static bool take_words(struct case_reader *r, const json_t *value, struct rw_case_trace *trace)
{
	const char *text = json_string_value(json_array_get(value, 1)), *end;
	uint64_t addr, word;

	if (!case_take_address(r, "words", json_array_get(value, 0), &addr))
		return false;
	if (!text || !*text)
		return case_fail(r, "words", "has a line without words");
	end = text + strlen(text);
	while (text < end) {
		size_t nr = rw_hex_parse(text, end, &word);

		if (!nr || nr > RW_HEX_DIGITS || (text[nr] && (text[nr] != ' ' || !text[nr + 1])))
			return case_fail(r, "words", "at 0x%" PRIx64 " is no word", addr);
		if (trace->words.nr == RW_CASE_MAX_WORDS)
			return case_too_many(r, "words", RW_CASE_MAX_WORDS);
		if (addr > UINT64_MAX - 8)
			return case_fail(r, "words", "at 0x%" PRIx64 " wraps", addr);
		if (!rw_case_word(trace, addr, word))
			return case_no_memory(r);
		addr += 8;
		text += nr + (text[nr] == ' ');
	}
	return true;
}

static bool get_trace(struct case_reader *r, const json_t *object, struct rw_case_trace *trace)
{
	const json_t *list, *value;
	size_t i;

	if (!get_task(r, object, trace) ||
	    !case_get_word(r, object, "walkable", &trace->walkable) ||
	    !case_get_word(r, object, "start", &trace->start) ||
	    !case_get_address(r, object, "pc", &trace->pc) ||
	    !case_get_address(r, object, "fp", &trace->fp) ||
	    !case_get_bool(r, object, "pc_is_lr", &trace->pc_is_lr) ||
	    !case_get_tri(r, object, "current", &trace->current) ||
	    !case_get_tri(r, object, "preemptible", &trace->preemptible) ||
	    !case_get_tri(r, object, "in_nmi", &trace->in_nmi) ||
	    !case_get_tri(r, object, "in_efi", &trace->in_efi) ||
	    !get_stacks(r, object, trace) || !get_fgraph(r, object, trace) ||
	    !get_kretprobes(r, object, trace) ||
	    !case_get_strings(r, object, "lost", &trace->lost) ||
	    !case_get_array(r, object, "words", &list))
		return false;
	json_array_foreach(list, i, value)
		if (!take_words(r, value, trace))
			return false;
	return true;
}

static bool get_traces(struct case_reader *r, const json_t *root)
{
	const json_t *list, *value;
	size_t i;

	if (!case_get_array(r, root, "traces", &list))
		return false;
	if (!json_array_size(list))
		return case_fail(r, "traces", "is empty");
	json_array_foreach(list, i, value) {
		struct rw_case_trace *trace = rw_vector_push(&r->c.traces);

		if (!trace)
			return case_no_memory(r);
		*trace = (struct rw_case_trace){ 0 };
		snprintf(r->where, sizeof(r->where), "traces[%zu]", i);
		if (!get_trace(r, value, trace))
			return false;
	}
	return true;
}

/** Another version may have facts that this one would overlook. */
static bool check_version(struct case_reader *r, const json_t *root)
{
	const json_t *version = json_object_get(root, "version");

	if (!json_is_string(json_object_get(root, "type")) ||
	    strcmp(json_string_value(json_object_get(root, "type")), "case"))
		return case_fail(r, "type", "is not \"case\"");
	if (!json_is_integer(version))
		return case_fail(r, "version", "is no number");
	if (json_integer_value(version) == RW_CASE_VERSION)
		return true;
	r->err = rw_error_create(RW_ERROR_UNSUPPORTED,
				 "version: is %" JSON_INTEGER_FORMAT ", and this rewalk reads %d; "
				 "replay it with the rewalk that wrote it, or a newer one",
				 json_integer_value(version), RW_CASE_VERSION);
	return false;
}

static bool get_case(struct case_reader *r, const json_t *root)
{
	if (!json_is_object(root))
		return case_fail(r, "", "is no object");
	return check_version(r, root) && case_get_bytes(r, root, "writer", &r->c.writer) &&
	       case_get_bool(r, root, "redacted", &r->c.redacted) &&
	       case_get_bytes(r, root, "replay", &r->c.replay) &&
	       case_get_strings(r, root, "given", &r->c.given) &&
	       case_get_strings(r, root, "lost", &r->c.lost) &&
	       case_get_bool(r, root, "incomplete", &r->c.incomplete) && get_kernel(r, root) &&
	       get_symbols(r, root) && get_traces(r, root);
}

/** jansson quotes what it met, "near '…'": bytes that may be anything. */
static int without_quote(const char *text)
{
	const char *near = strstr(text, " near ");

	return near ? (int)(near - text) : (int)strlen(text);
}

struct rw_error *rw_case_read(const struct rw_file *file, struct rw_case *ret)
{
	struct case_reader r = { .where = "" };
	json_error_t error;

	if (file->size > RW_CASE_MAX_SIZE)
		return rw_error_create(RW_ERROR_FORMAT, "%s: has %zu bytes, and a case has at most "
				       "%zu; export fewer tasks", file->name, file->size,
				       RW_CASE_MAX_SIZE);
	json_t *root = json_loadb((const char *)file->bytes, file->size, JSON_REJECT_DUPLICATES,
				  &error);
	if (!root)
		return rw_error_create(RW_ERROR_FORMAT, "%s: line %d: %.*s; copy the case again",
				       file->name, error.line, without_quote(error.text),
				       error.text);
	if (get_case(&r, root)) {
		*ret = r.c;
		json_decref(root);
		return NULL;
	}
	json_decref(root);
	rw_case_deinit(&r.c);
	return rw_error_prefix(r.err, "%s", file->name);
}

#else

struct rw_error *rw_case_read(const struct rw_file *file, struct rw_case *ret)
{
	(void)ret;
	return rw_error_create(RW_ERROR_UNSUPPORTED, "%s: is a case file, which this build cannot "
			       "read; build it with libjansson (-Djansson=enabled)", file->name);
}

#endif
