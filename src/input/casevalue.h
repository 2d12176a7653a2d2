/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values and members of a case file: each is of its kind, or the reader has an error. */
#ifndef REWALK_INPUT_CASEVALUE_H
#define REWALK_INPUT_CASEVALUE_H

#include <jansson.h>

#include "rewalk/case.h"

enum {
	MOST_STRING = 4096,	/* longest string, in bytes */
	MOST_NAME = 511,	/* longest name of a function */
};

/** What is being read, for messages: only the first error is kept. */
struct case_reader {
	struct rw_case c;
	char where[64];		/* "traces[3]" */
	struct rw_error *err;
};

/* All of these return false where there is an error, which the reader has then. */

/** That @key is wrong; the remedy is to export the case again, unless @format has one. */
bool case_fail(struct case_reader *r, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool case_too_many(struct case_reader *r, const char *key, size_t most);
bool case_no_memory(struct case_reader *r);

bool case_take_address(struct case_reader *r, const char *key, const json_t *value, uint64_t *ret);
/** From 0 to @most. */
bool case_take_number(struct case_reader *r, const char *key, const json_t *value, uint64_t most,
		 uint64_t *ret);
/** The bytes of a string, of at most @most ones; *ret is NULL for null. */
bool case_take_bytes(struct case_reader *r, const char *key, const json_t *value, size_t most,
		const char **ret);

bool case_get_address(struct case_reader *r, const json_t *object, const char *key, uint64_t *ret);
bool case_get_number(struct case_reader *r, const json_t *object, const char *key, uint64_t most,
		uint64_t *ret);
bool case_get_bool(struct case_reader *r, const json_t *object, const char *key, bool *ret);
/** A string, or null. */
bool case_get_bytes(struct case_reader *r, const json_t *object, const char *key, const char **ret);
/** A string, and not null. */
bool case_get_word(struct case_reader *r, const json_t *object, const char *key, const char **ret);
/** "yes" or "no"; unknown if it is missing. */
bool case_get_tri(struct case_reader *r, const json_t *object, const char *key, enum rw_tri *ret);
bool case_get_object(struct case_reader *r, const json_t *object, const char *key,
		     const json_t **ret);
bool case_get_array(struct case_reader *r, const json_t *object, const char *key,
		    const json_t **ret);
/** [], or so many elements as @nr. */
bool case_is_list(struct case_reader *r, const char *key, const json_t *value, size_t nr);

/** A list of strings, into @list: any struct with data, nr and capacity. */
#define case_get_strings(r, object, key, list)						\
	case_get_string_list(r, object, key, &(list)->data, &(list)->nr, &(list)->capacity)
bool case_get_string_list(struct case_reader *r, const json_t *object, const char *key,
			  const char ***data, size_t *nr, size_t *capacity);

/* Members of the file itself, into the reader's case: casekernel.c, casetrace.c. */

bool case_get_kernel(struct case_reader *r, const json_t *root);
bool case_get_traces(struct case_reader *r, const json_t *root);

#endif
