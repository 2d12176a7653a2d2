// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any text: its traces are in order and in bounds, and the same whether it is read
// from memory or out of a pipe's pieces.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/printed.h"

struct seen {
	size_t nr_lines, nr_traces, nr_entries;
	uint64_t hash;
};

static void add(struct seen *seen, const char *text)
{
	for (; *text; text++)
		seen->hash = (seen->hash ^ (uint8_t)*text) * 1099511628211u;
}

static void check_entry(struct seen *seen, const struct rw_printed_entry *e, size_t after)
{
	// An entry has a name or an address, and stands behind the one before it.
	if (!e->text || !*e->text || (!e->name && !e->has_address) || (e->name && !*e->name))
		abort();
	if (e->line < after || e->line > seen->nr_lines || strlen(e->marks) >= sizeof(e->marks))
		abort();
	if (e->has_offset && !e->name)
		abort();
	if (e->name && strncmp(e->text, e->name, strlen(e->name)) != 0)
		abort();
	add(seen, e->text);
	add(seen, e->marks);
}

static struct rw_error *check_trace(void *cookie, const struct rw_printed_trace *trace)
{
	struct seen *seen = cookie;
	const struct rw_printed_facts *facts = trace->facts;
	size_t line = trace->line;

	if (!trace->line || trace->line > trace->last_line || trace->last_line > seen->nr_lines ||
	    trace->nr > RW_PRINTED_MOST_ENTRIES || !rw_printed_kind_name(trace->kind))
		abort();
	if (facts->pid < -1 || facts->cpu < -1 || strlen(facts->report) >= sizeof(facts->report) ||
	    strlen(facts->modules) >= sizeof(facts->modules) ||
	    strlen(facts->comm) >= sizeof(facts->comm))
		abort();
	for (size_t i = 0; i < trace->nr; i++) {
		check_entry(seen, &trace->entries[i], line);
		line = trace->entries[i].line;
	}
	seen->nr_traces++;
	seen->nr_entries += trace->nr;
	add(seen, facts->report);
	add(seen, facts->comm);
	return NULL;
}

static struct seen read_all(const uint8_t *bytes, size_t size, size_t nr_lines)
{
	struct rw_file file = { .name = (char *)"text", .bytes = bytes, .size = size, .fd = -1 };
	struct seen seen = { .nr_lines = nr_lines };
	struct rw_text_line line;
	struct rw_text *text;
	bool more = true;
	size_t total = 0;

	struct rw_printed *printed = rw_printed_create(check_trace, &seen);
	if (!printed || rw_text_open(&file, SIZE_MAX, &text))
		abort();
	for (;;) {
		if (rw_text_next(text, &line, &more))
			abort();
		if (!more)
			break;
		total += line.size;
		if (line.newline != (line.text[line.size - 1] == '\n') ||
		    rw_printed_line(printed, &line))
			abort();
		struct rw_printed_span span;
		const char *end = line.text + line.size;
		for (const char *p = line.text; rw_printed_find(p, end, &span);
		     p = span.text + span.size)
			if (span.text < p || span.text + span.size > end || !span.name_size)
				abort();
	}
	if (total != size || rw_printed_end(printed) ||
	    rw_printed_log(printed)->nr_traces != seen.nr_traces)
		abort();
	rw_text_close(text);
	rw_printed_destroy(printed);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t nr_lines = 1, ordered_size;
	char *ordered;

	for (size_t i = 0; i < size; i++)
		nr_lines += bytes[i] == '\n';
	struct seen seen = read_all(bytes, size, nr_lines);
	struct seen again = read_all(bytes, size, nr_lines);
	if (memcmp(&seen, &again, sizeof(seen)) != 0)
		abort();

	if (rw_pstore_order((const char *)bytes, size, &ordered, &ordered_size))
		abort();
	if (ordered && (ordered_size < size || ordered_size > size + 1))
		abort();
	free(ordered);
	return 0;
}
