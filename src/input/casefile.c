// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading a case file.  Whoever sends one may have written anything into it: what is
// read here is of the right kind and in its range, and no more is known of it.
//
// Strings are bytes: each of their characters is the byte of its number, 1 to 255.
// Addresses are strings, "0x…".  A member that may be missing is a fact that is not
// known then; any other one that is missing is an error.
//
// The format: man/rewalk-case.5.  Its kernel is read in casekernel.c, its traces in
// casetrace.c.

#include <stdio.h>
#include <string.h>

#include "rewalk/case.h"
#include "rewalk/error.h"
#include "rewalk/input.h"
#include "rewalk/vector.h"

#ifdef HAVE_JANSSON

#include "casevalue.h"

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
	       case_get_bool(r, root, "incomplete", &r->c.incomplete) &&
	       case_get_kernel(r, root) && get_symbols(r, root) && case_get_traces(r, root);
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
