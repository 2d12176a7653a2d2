// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values of a case file, each checked for its kind and its range.

#ifdef HAVE_JANSSON

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/hex.h"
#include "rewalk/vector.h"

#include "casevalue.h"

bool case_fail(struct case_reader *r, const char *key, const char *format, ...)
{
	char what[160];
	va_list args;

	if (r->err)
		return false;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	r->err = rw_error_create(RW_ERROR_FORMAT, "%s%s%s: %s%s", r->where,
				 *r->where && *key ? "." : "", key, what,
				 strchr(what, ';') ? "" : "; export the case again");
	return false;
}

bool case_too_many(struct case_reader *r, const char *key, size_t most)
{
	return case_fail(r, key, "has more than %zu elements; export fewer tasks, or redact "
				 "them", most);
}

bool case_no_memory(struct case_reader *r)
{
	if (!r->err)
		r->err = &rw_enomem;
	return false;
}

/* ---- values ------------------------------------------------------------------- */

bool case_take_address(struct case_reader *r, const char *key, const json_t *value, uint64_t *ret)
{
	const char *text = json_string_value(value);
	uint64_t number;

	if (!text || text[0] != '0' || text[1] != 'x')
		return case_fail(r, key, "is no address, which is \"0x…\"");
	const char *behind = rw_hex_parse_0x(text, text + strlen(text), &number);
	if (!behind || *behind)
		return case_fail(r, key, "is no address of up to %d digits", RW_HEX_DIGITS);
	*ret = number;
	return true;
}

bool case_take_number(struct case_reader *r, const char *key, const json_t *value, uint64_t most,
			uint64_t *ret)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || (uint64_t)number > most)
		return case_fail(r, key, "is no number from 0 to %" PRIu64, most);
	*ret = number;
	return true;
}

bool case_take_bytes(struct case_reader *r, const char *key, const json_t *value, size_t most,
		       const char **ret)
{
	const unsigned char *text = (const unsigned char *)json_string_value(value);
	char bytes[MOST_STRING + 1];
	size_t nr = 0;

	*ret = NULL;
	if (json_is_null(value))
		return true;
	if (!text)
		return case_fail(r, key, "is no string");
	// jansson gives UTF-8; of two bytes are the characters up to 255 that it begins
	// with c2 or c3.
	while (*text && nr < most) {
		if (*text >= 0x80 && *text != 0xc2 && *text != 0xc3)
			return case_fail(r, key, "has a character that stands for no byte");
		bytes[nr++] = *text < 0x80 ? *text : (text[0] & 3) << 6 | (text[1] & 0x3f);
		text += *text < 0x80 ? 1 : 2;
	}
	if (*text)
		return case_fail(r, key, "is longer than %zu bytes", most);
	bytes[nr] = '\0';
	return rw_case_string(&r->c, bytes, ret) || case_no_memory(r);
}

/* ---- members ------------------------------------------------------------------ */

bool case_get_address(struct case_reader *r, const json_t *object, const char *key, uint64_t *ret)
{
	return case_take_address(r, key, json_object_get(object, key), ret);
}

bool case_get_number(struct case_reader *r, const json_t *object, const char *key, uint64_t most,
		       uint64_t *ret)
{
	return case_take_number(r, key, json_object_get(object, key), most, ret);
}

bool case_get_bool(struct case_reader *r, const json_t *object, const char *key, bool *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_boolean(value))
		return case_fail(r, key, "is neither true nor false");
	*ret = json_is_true(value);
	return true;
}

bool case_get_bytes(struct case_reader *r, const json_t *object, const char *key, const char **ret)
{
	return case_take_bytes(r, key, json_object_get(object, key), MOST_STRING, ret);
}

bool case_get_word(struct case_reader *r, const json_t *object, const char *key, const char **ret)
{
	return case_get_bytes(r, object, key, ret) && (*ret || case_fail(r, key, "is null"));
}

bool case_get_tri(struct case_reader *r, const json_t *object, const char *key, enum rw_tri *ret)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	*ret = RW_UNKNOWN;
	if (!value)
		return true;
	if (!text || (strcmp(text, "yes") && strcmp(text, "no")))
		return case_fail(r, key, "is neither \"yes\" nor \"no\"");
	*ret = rw_tri(!strcmp(text, "yes"));
	return true;
}

bool case_get_object(struct case_reader *r, const json_t *object, const char *key,
		       const json_t **ret)
{
	*ret = json_object_get(object, key);
	return json_is_object(*ret) || case_fail(r, key, "is no object");
}

bool case_get_array(struct case_reader *r, const json_t *object, const char *key,
		      const json_t **ret)
{
	*ret = json_object_get(object, key);
	return json_is_array(*ret) || case_fail(r, key, "is no array");
}

bool case_get_string_list(struct case_reader *r, const json_t *object, const char *key,
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

bool case_is_list(struct case_reader *r, const char *key, const json_t *value, size_t nr)
{
	size_t size = json_array_size(value);

	return (json_is_array(value) && (!size || size == nr)) ||
	       case_fail(r, key, "is no array of %zu elements, or of none", nr);
}

#endif
