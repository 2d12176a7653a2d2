/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing JSON. */
#ifndef REWALK_JSON_H
#define REWALK_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * A writer of one JSON object at a time, of constant size.  Keys are written as
 * they are; strings are escaped, and bytes that are no UTF-8 become U+FFFD.
 */
struct rw_json {
	FILE *file;
	bool more;	/* a comma is due */
	bool line;	/* and a new line */
};

void rw_json_open(struct rw_json *json, const char *key, char bracket);
void rw_json_close(struct rw_json *json, char bracket);
void rw_json_string(struct rw_json *json, const char *key, const char *value);
void rw_json_number(struct rw_json *json, const char *key, uint64_t value);
void rw_json_signed(struct rw_json *json, const char *key, int64_t value);
void rw_json_bool(struct rw_json *json, const char *key, bool value);
void rw_json_null(struct rw_json *json, const char *key);
/** "0x…", lower case, without padding. */
void rw_json_address(struct rw_json *json, const char *key, uint64_t value);
/** A string that may be no UTF-8: each byte becomes the code point of its number. */
void rw_json_bytes(struct rw_json *json, const char *key, const char *value);
/** The next member begins on a line of its own. */
void rw_json_break(struct rw_json *json);
/** End the line and flush it. */
void rw_json_end_line(struct rw_json *json);

#endif
