// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any text as hex dumps: spans are sorted, do not touch, and say where they come from.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/hexdump.h"

static void check_spans(const struct rw_hexdump *dump, size_t nr_lines)
{
	size_t nr, sum = 0;
	const struct rw_hexdump_span *spans = rw_hexdump_spans(dump, &nr);

	for (size_t i = 0; i < nr; i++) {
		const struct rw_hexdump_span *span = &spans[i];

		if (!span->size || !span->nr_places || span->places[0].addr != span->addr ||
		    !span->tool)
			abort();
		if (span->space == RW_HEXDUMP_OFFSET || span->addr + span->size < span->addr)
			abort();
		if (i && span->space == span[-1].space &&
		    span->addr <= span[-1].addr + span[-1].size)
			abort();
		if (i && span->space < span[-1].space)
			abort();
		for (size_t j = 0; j < span->nr_places; j++) {
			const struct rw_place *place = &span->places[j];

			if (!place->line || place->line > nr_lines ||
			    place->addr - span->addr >= span->size)
				abort();
			if (j && place->addr <= place[-1].addr)
				abort();
		}
		sum += span->bytes[0] + span->bytes[span->size - 1];
	}
	(void)sum;
}

static void run(const uint8_t *bytes, size_t size, enum rw_hexdump_space space, uint64_t base)
{
	const char *text = (const char *)bytes, *end = text + size;
	struct rw_hexdump *dump;
	size_t number = 0, nr;

	struct rw_error *err = rw_hexdump_create(&dump);
	if (err)
		return;
	while (!err && text < end) {
		const char *newline = memchr(text, '\n', end - text);
		const char *stop = newline ? newline : end;

		err = rw_hexdump_line(dump, text, stop - text, ++number);
		text = newline ? newline + 1 : end;
	}
	if (err && err->code != RW_ERROR_FORMAT)
		abort();
	if (!err)
		err = rw_hexdump_finish(dump, space, base);
	if (err && (!err->message || strchr(err->message, '\n')))
		abort();
	if (!err) {
		check_spans(dump, number);
		const struct rw_hexdump_name *names = rw_hexdump_names(dump, &nr);
		for (size_t i = 0; i < nr; i++)
			if ((names[i].name && !*names[i].name) || !names[i].line ||
			    names[i].line > number || (i && names[i].addr < names[i - 1].addr))
				abort();
		if (rw_hexdump_nr_rows(dump) > number || rw_hexdump_baseless(dump) > number)
			abort();
	}
	rw_error_destroy(err);
	rw_hexdump_destroy(dump);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	run(bytes, size, RW_HEXDUMP_OFFSET, 0);
	run(bytes, size, RW_HEXDUMP_VIRTUAL, UINT64_C(0xffff80000c000000));
	run(bytes, size, RW_HEXDUMP_PHYSICAL, 0);
	return 0;
}
