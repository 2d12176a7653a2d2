// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON, written as it goes.

#include <inttypes.h>
#include <string.h>

#include "rewalk/json.h"
#include "rewalk/printable.h"

static void quoted(FILE *f, const char *text)
{
	putc('"', f);
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t nr = rw_utf8_length((const char *)s);

		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(f, "\\u%04x", *s);
		else if (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0)
			fprintf(f, "\\u%04x", s[1]);
		else if (nr)
			fwrite(s, 1, nr, f);
		else
			fputs("\\ufffd", f);
		s += nr ? nr : 1;
	}
	putc('"', f);
}

static void key_of(struct rw_json *json, const char *key)
{
	if (json->more)
		putc(',', json->file);
	if (json->line)
		putc('\n', json->file);
	json->more = true;
	json->line = false;
	if (key)
		fprintf(json->file, "\"%s\":", key);
}

void rw_json_open(struct rw_json *json, const char *key, char bracket)
{
	key_of(json, key);
	putc(bracket, json->file);
	json->more = false;
}

void rw_json_close(struct rw_json *json, char bracket)
{
	putc(bracket, json->file);
	json->more = true;
}

void rw_json_string(struct rw_json *json, const char *key, const char *value)
{
	if (!value) {
		rw_json_null(json, key);
		return;
	}
	key_of(json, key);
	quoted(json->file, value);
}

void rw_json_bytes(struct rw_json *json, const char *key, const char *value)
{
	if (!value) {
		rw_json_null(json, key);
		return;
	}
	key_of(json, key);
	putc('"', json->file);
	for (const unsigned char *s = (const unsigned char *)value; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(json->file, "\\%c", *s);
		else if (*s < 0x20 || *s >= 0x7f)
			fprintf(json->file, "\\u%04x", *s);
		else
			putc(*s, json->file);
	}
	putc('"', json->file);
}

void rw_json_break(struct rw_json *json)
{
	json->line = true;
}

void rw_json_number(struct rw_json *json, const char *key, uint64_t value)
{
	key_of(json, key);
	fprintf(json->file, "%" PRIu64, value);
}

void rw_json_signed(struct rw_json *json, const char *key, int64_t value)
{
	key_of(json, key);
	fprintf(json->file, "%" PRId64, value);
}

void rw_json_bool(struct rw_json *json, const char *key, bool value)
{
	key_of(json, key);
	fputs(value ? "true" : "false", json->file);
}

void rw_json_null(struct rw_json *json, const char *key)
{
	key_of(json, key);
	fputs("null", json->file);
}

void rw_json_address(struct rw_json *json, const char *key, uint64_t value)
{
	key_of(json, key);
	fprintf(json->file, "\"0x%" PRIx64 "\"", value);
}

void rw_json_end_line(struct rw_json *json)
{
	putc('\n', json->file);
	fflush(json->file);
	json->more = false;
}
