// SPDX-License-Identifier: GPL-2.0-or-later
//
// The traces of a case file: of each walk the task, the start, the stacks, what tracers
// kept, and the words that it reads.

#ifdef HAVE_JANSSON

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rewalk/hex.h"
#include "rewalk/vector.h"

#include "casevalue.h"

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

bool case_get_traces(struct case_reader *r, const json_t *root)
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

#endif
