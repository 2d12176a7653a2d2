// SPDX-License-Identifier: GPL-2.0-or-later
//
// Records of pstore: a log in pieces, each of which begins with a line of its own.
//
//   Panic#2 Part1
//   <6>[  123.456789] …
//
// A dump of the log is written from its end backwards, so Part1 is the newest piece.
// The files are named by their backend and not in this order, and several joined by
// cat come with the newest first.
//
// Source: fs/pstore/platform.c (pstore_dump), 4.4 to 7.2.

#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/printed.h"
#include "rewalk/vector.h"

#include "scan.h"

struct record {
	const char *text;
	size_t size;
	size_t place;		/* in the text, for records that say the same */
	uint32_t count, part;
};

struct records {
	struct record *data;
	size_t nr, capacity;
};

static const char *number(const char *p, const char *end, uint32_t *ret)
{
	uint64_t n;
	size_t nr = rw_decimal_parse(p, end, 9, &n);

	*ret = (uint32_t)n;
	return nr ? p + nr : NULL;
}

bool rw_pstore_header(const char *text, size_t size, uint32_t *count_ret, uint32_t *part_ret)
{
	static const char *const reasons[] = {
		"Panic", "Oops", "Emergency", "Shutdown", "Restart", "Halt", "Poweroff", "Unknown",
	};
	const char *end = text + size;
	uint32_t count, part;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		size_t len = strlen(reasons[i]);

		if (!rw_begins(text, end, reasons[i]) || !rw_begins(text + len, end, "#"))
			continue;
		const char *p = number(text + len + 1, end, &count);
		if (!p || !rw_begins(p, end, " Part"))
			return false;
		p = number(p + 5, end, &part);
		if (!p || (p < end && *p != '\n' && *p != '\r'))
			return false;
		*count_ret = count;
		*part_ret = part;
		return true;
	}
	return false;
}

static int compare(const void *pa, const void *pb)
{
	const struct record *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	if (a->part != b->part)
		return a->part > b->part ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

/** What stands before the first record is one, and stays in front. */
static bool split(const char *text, size_t size, struct records *records)
{
	const char *end = text + size;

	for (const char *line = text; line < end;) {
		const char *newline = memchr(line, '\n', end - line);
		uint32_t count = 0, part = 0;
		bool header = rw_pstore_header(line, end - line, &count, &part);

		if (header || line == text) {
			struct record *record = rw_vector_push(records);

			if (!record)
				return false;
			*record = (struct record){ line, 0, records->nr, count, part };
			if (!header)
				record->part = UINT32_MAX;
		}
		const char *next = newline ? newline + 1 : end;
		records->data[records->nr - 1].size += next - line;
		line = next;
	}
	return true;
}

struct rw_error *rw_pstore_order(const char *text, size_t size, char **ret, size_t *size_ret)
{
	struct records records = { 0 };
	bool ordered = true;

	*ret = NULL;
	if (!split(text, size, &records)) {
		free(records.data);
		return &rw_enomem;
	}
	_cleanup_free_ struct record *data = records.data;
	for (size_t i = 1; i < records.nr; i++)
		ordered &= compare(&data[i - 1], &data[i]) < 0;
	if (ordered)
		return NULL;
	char *joined = malloc(size + records.nr), *to = joined;
	if (!joined)
		return &rw_enomem;
	qsort(data, records.nr, sizeof(data[0]), compare);
	for (size_t i = 0; i < records.nr; i++) {
		memcpy(to, data[i].text, data[i].size);
		to += data[i].size;
		// The last record of the text may lack its newline.
		if (to[-1] != '\n')
			*to++ = '\n';
	}
	*size_ret = to - joined;
	*ret = joined;
	return NULL;
}
