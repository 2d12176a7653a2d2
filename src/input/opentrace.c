// SPDX-License-Identifier: GPL-2.0-or-later
//
// A trace while its lines are read: its entries and their strings, in memory that is
// used again for the next.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/vector.h"

#include "opentrace.h"

static const char *const kind_names[] = {
	[RW_PRINTED_CALL_TRACE] = "call-trace",
	[RW_PRINTED_PROC_STACK] = "proc-stack",
	[RW_PRINTED_STORED] = "stored",
	[RW_PRINTED_HYPERVISOR] = "hypervisor",
	[RW_PRINTED_UNHEADED] = "unheaded",
};

const char *rw_printed_kind_name(enum rw_printed_kind kind)
{
	return kind_names[kind];
}

bool rw_printed_ends_chain(const char *name)
{
	static const char *const names[] = {
		"ret_from_fork", "ret_to_user",
		// since 5.14
		"el0t_64_sync", "el0t_64_irq", "el0t_64_fiq", "el0t_64_error",
		"el0t_32_sync", "el0t_32_irq", "el0t_32_fiq", "el0t_32_error",
		"__primary_switched", "__secondary_switched",
		// before
		"el0_sync", "el0_irq", "el0_error", "el0_svc_naked", "el0_sync_compat",
		"el0_irq_compat", "el0_fiq_invalid", "secondary_startup",
	};

	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

void rw_open_trace_reset(struct rw_open_trace *open)
{
	open->stage = RW_STAGE_NONE;
	open->kept.nr = 0;
	open->strings.nr = 0;
	open->strangers = 0;
}

/** Keep a string.  @return False without memory. */
static bool add_string(struct rw_open_trace *open, struct rw_part part, size_t *ret)
{
	*ret = RW_NO_STRING;
	if (!part.size)
		return true;
	*ret = open->strings.nr;
	for (size_t i = 0; i <= part.size; i++) {
		char *c = rw_vector_push(&open->strings);

		if (!c)
			return false;
		*c = i < part.size ? part.p[i] : '\0';
	}
	return true;
}

static const char *string_at(const struct rw_open_trace *open, size_t off)
{
	return off == RW_NO_STRING ? NULL : open->strings.data + off;
}

void rw_open_trace_deinit(struct rw_open_trace *open)
{
	free(open->kept.data);
	free(open->entries.data);
	free(open->strings.data);
}

void rw_open_trace_begin(struct rw_open_trace *open, enum rw_printed_kind kind, size_t line)
{
	open->stage = RW_STAGE_OPEN;
	open->trace = (struct rw_printed_trace){ .kind = kind, .line = line, .last_line = line };
}

bool rw_open_trace_is_complete(const struct rw_open_trace *open)
{
	return open->kept.nr &&
	       rw_printed_ends_chain(string_at(open, open->kept.data[open->kept.nr - 1].name));
}

struct rw_error *rw_open_trace_add(struct rw_open_trace *open, const struct rw_logentry *e,
				   size_t line)
{
	if (open->kept.nr == RW_PRINTED_MOST_ENTRIES) {
		open->trace.cut = true;
		return NULL;
	}
	open->trace.mixed |= rw_open_trace_is_complete(open);
	open->trace.interrupted |= open->strangers != 0;
	open->strangers = 0;
	struct rw_kept_entry *kept = rw_vector_push(&open->kept);
	if (!kept)
		return &rw_enomem;
	kept->entry = (struct rw_printed_entry){
		.offset = e->offset,
		.size = e->length,
		.address = e->address,
		.has_offset = e->has_offset,
		.has_address = e->has_address,
		.damaged = e->damaged,
		.line = line,
	};
	memcpy(kept->entry.marks, e->marks, sizeof(kept->entry.marks));
	open->trace.last_line = line;
	return add_string(open, e->text, &kept->text) &&
	       add_string(open, e->name, &kept->name) &&
	       add_string(open, e->module, &kept->module) &&
	       add_string(open, e->build_id, &kept->build_id) &&
	       add_string(open, e->decoded, &kept->decoded) ? NULL : &rw_enomem;
}

struct rw_error *rw_open_trace_emit(struct rw_open_trace *open, rw_printed_fn emit, void *cookie)
{
	struct rw_printed_trace *trace = &open->trace;

	open->entries.nr = 0;
	for (size_t i = 0; i < open->kept.nr; i++) {
		const struct rw_kept_entry *kept = &open->kept.data[i];
		struct rw_printed_entry *entry = rw_vector_push(&open->entries);

		if (!entry)
			return &rw_enomem;
		*entry = kept->entry;
		entry->text = string_at(open, kept->text);
		entry->name = string_at(open, kept->name);
		entry->module = string_at(open, kept->module);
		entry->build_id = string_at(open, kept->build_id);
		entry->decoded = string_at(open, kept->decoded);
	}
	trace->entries = open->entries.data;
	trace->nr = open->entries.nr;
	trace->facts = &open->facts;
	trace->complete = trace->nr && rw_printed_ends_chain(trace->entries[trace->nr - 1].name);
	struct rw_error *err = emit(cookie, trace);
	rw_open_trace_reset(open);
	return err;
}
