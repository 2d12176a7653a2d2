// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel of a case file: where it lies, what is its text and its SYM_CODE, and what
// else a walk asks of it.

#ifdef HAVE_JANSSON

#include <stdio.h>
#include <string.h>

#include "rewalk/hex.h"
#include "rewalk/vector.h"

#include "casevalue.h"

static bool take_range(struct case_reader *r, const char *key, uint64_t text, const char **at,
		       struct rw_case_range *ret)
{
	const char *s = *at, *end = s + strlen(s);
	uint64_t start, size;

	size_t nr = rw_hex_parse(s, end, &start);
	if (!nr || nr > RW_HEX_DIGITS || s[nr] != '+')
		return case_fail(r, key, "is no list of OFFSET+SIZE");
	s += nr + 1;
	nr = rw_hex_parse(s, end, &size);
	if (!nr || nr > RW_HEX_DIGITS || (s[nr] && s[nr] != ' '))
		return case_fail(r, key, "is no list of OFFSET+SIZE");
	start += text;
	if (!size || start + size < start)
		return case_fail(r, key, "has a range that is empty or wraps");
	*ret = (struct rw_case_range){ .start = start, .end = start + size };
	*at = s + nr + (s[nr] == ' ');
	return true;
}

/** Ranges of the image; not known if they are missing. */
static bool get_image_ranges(struct case_reader *r, const json_t *object, const char *key,
			     struct rw_case_ranges *ret)
{
	const json_t *lines = json_object_get(object, key), *value;
	size_t i;

	if (!lines)
		return true;
	if (!case_get_array(r, object, key, &lines))
		return false;
	ret->known = true;
	json_array_foreach(lines, i, value) {
		const char *text = json_string_value(value);

		if (!text || !*text)
			return case_fail(r, key, "is no list of OFFSET+SIZE");
		while (*text) {
			struct rw_case_range range;

			if (!take_range(r, key, r->c.kernel.text, &text, &range))
				return false;
			if (ret->nr == RW_CASE_MAX_RANGES)
				return case_too_many(r, key, RW_CASE_MAX_RANGES);
			struct rw_case_range *last = rw_vector_push(ret);
			if (!last)
				return case_no_memory(r);
			*last = range;
		}
	}
	return true;
}

static bool get_more_text(struct case_reader *r, const json_t *object,
			  struct rw_case_kernel *kernel)
{
	const json_t *list, *value;
	size_t i;

	if (!case_get_array(r, object, "more_text", &list))
		return false;
	if (json_array_size(list) > RW_CASE_MAX_RANGES)
		return case_too_many(r, "more_text", RW_CASE_MAX_RANGES);
	json_array_foreach(list, i, value) {
		struct rw_case_range range = { .name = NULL };

		if (!case_take_address(r, "more_text", json_array_get(value, 0), &range.start) ||
		    !case_take_address(r, "more_text", json_array_get(value, 1), &range.end))
			return false;
		if (range.start >= range.end || json_array_size(value) > 3)
			return case_fail(r, "more_text", "has one that is no START, END[, NAME]");
		if (json_array_size(value) == 3 &&
		    !case_take_bytes(r, "more_text", json_array_get(value, 2), MOST_NAME,
				     &range.name))
			return false;
		struct rw_case_range *last = rw_vector_push(&kernel->more_text);
		if (!last)
			return case_no_memory(r);
		*last = range;
	}
	if (!case_get_array(r, object, "not_text", &list))
		return false;
	if (json_array_size(list) > RW_CASE_MAX_RANGES)
		return case_too_many(r, "not_text", RW_CASE_MAX_RANGES);
	json_array_foreach(list, i, value) {
		uint64_t *last = rw_vector_push(&kernel->not_text);

		if (!last)
			return case_no_memory(r);
		if (!case_take_address(r, "not_text", value, last))
			return false;
	}
	return true;
}

static bool get_layout(struct case_reader *r, const json_t *object, struct rw_case_kernel *kernel)
{
	const json_t *layout = json_object_get(object, "layout");
	uint64_t size, off;

	if (json_is_null(layout))
		return true;
	kernel->has_layout = true;
	if (!case_get_object(r, object, "layout", &layout) ||
	    !case_get_number(r, layout, "pt_regs_size", 4096, &size) ||
	    !case_get_number(r, layout, "pt_regs_stackframe", 4096, &off) ||
	    !case_get_bool(r, layout, "frame_record_meta", &kernel->frame_record_meta) ||
	    !case_get_bool(r, layout, "zero_fp_ends", &kernel->zero_fp_ends))
		return false;
	if (off + (kernel->frame_record_meta ? 24 : 16) > size)
		return case_fail(r, "layout", "has a frame record that is not inside of pt_regs");
	kernel->pt_regs_size = size;
	kernel->pt_regs_stackframe = off;
	return true;
}

/** Where the kernel lies; null: not known. */
static bool get_place(struct case_reader *r, const json_t *object, struct rw_case_kernel *kernel)
{
	if (!case_get_word(r, object, "slide_from", &kernel->slide_from))
		return false;
	kernel->slide_known = rw_tri(!json_is_null(json_object_get(object, "slide")));
	if (kernel->slide_known != RW_YES) {
		kernel->slide_known = RW_UNKNOWN;
		return true;
	}
	if (!case_get_address(r, object, "slide", &kernel->slide) ||
	    !case_get_address(r, object, "text", &kernel->text) ||
	    !case_get_address(r, object, "stext", &kernel->stext) ||
	    !case_get_address(r, object, "etext", &kernel->etext) ||
	    !case_get_address(r, object, "end", &kernel->end) ||
	    !case_get_address(r, object, "sinittext", &kernel->sinittext) ||
	    !case_get_address(r, object, "einittext", &kernel->einittext))
		return false;
	if (kernel->text > kernel->end || kernel->stext > kernel->etext)
		return case_fail(r, "text", "does not lie before its end");
	return true;
}

/** [address, size] or [address], [] if it is not built in; not known if it is missing. */
static bool get_trampoline(struct case_reader *r, const json_t *object, const char *key,
			   struct rw_case_address *ret, uint64_t *size_ret)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return true;
	if (!case_is_list(r, key, value, size_ret ? 2 : 1))
		return false;
	ret->exists = rw_tri(json_array_size(value));
	return ret->exists == RW_NO ||
	       (case_take_address(r, key, json_array_get(value, 0), &ret->addr) &&
		(!size_ret ||
		 case_take_number(r, key, json_array_get(value, 1), UINT32_MAX, size_ret)));
}

static bool get_va_bits(struct case_reader *r, const json_t *object, struct rw_case_kernel *kernel)
{
	uint64_t bits, min, max;

	if (!case_get_number(r, object, "va_bits", 52, &bits) ||
	    !case_get_number(r, object, "va_bits_min", 52, &min) ||
	    !case_get_number(r, object, "va_bits_max", 52, &max))
		return false;
	if (min < 36 || max < min || (bits && bits < 36))
		return case_fail(r, "va_bits", "and its bounds are no numbers from 36 to 52");
	kernel->va_bits = bits;
	kernel->va_bits_min = min;
	kernel->va_bits_max = max;
	return true;
}

static bool get_options(struct case_reader *r, const json_t *object, struct rw_case_kernel *kernel)
{
	const json_t *list, *value;
	size_t i;

	if (!case_get_array(r, object, "options", &list))
		return false;
	json_array_foreach(list, i, value) {
		struct rw_case_option option;

		if (json_array_size(value) != 3 || !json_is_boolean(json_array_get(value, 1)))
			return case_fail(r, "options", "has one that is no NAME, ON, FROM");
		option.on = json_is_true(json_array_get(value, 1));
		if (!case_take_bytes(r, "options", json_array_get(value, 0), MOST_NAME,
				     &option.name) ||
		    !case_take_bytes(r, "options", json_array_get(value, 2), MOST_NAME,
				     &option.from))
			return false;
		if (!option.name || !option.from)
			return case_fail(r, "options", "has one that is no NAME, ON, FROM");
		struct rw_case_option *last = rw_vector_push(&kernel->options);
		if (!last)
			return case_no_memory(r);
		*last = option;
	}
	return true;
}

bool case_get_kernel(struct case_reader *r, const json_t *root)
{
	struct rw_case_kernel *kernel = &r->c.kernel;
	const json_t *object;

	if (!case_get_object(r, root, "kernel", &object))
		return false;
	snprintf(r->where, sizeof(r->where), "kernel");
	return case_get_bytes(r, object, "banner", &kernel->banner) &&
	       case_get_bytes(r, object, "build_id", &kernel->build_id) &&
	       case_get_bytes(r, object, "model", &kernel->model) &&
	       case_get_word(r, object, "model_why", &kernel->model_why) &&
	       get_options(r, object, kernel) &&
	       case_get_bytes(r, object, "types", &kernel->types) &&
	       get_place(r, object, kernel) &&
	       case_get_number(r, object, "thread_size", 1 << 20, &kernel->thread_size) &&
	       get_va_bits(r, object, kernel) &&
	       case_get_tri(r, object, "ptrauth", &kernel->ptrauth) &&
	       case_get_tri(r, object, "ptrauth_kernel", &kernel->ptrauth_kernel) &&
	       case_get_tri(r, object, "pauth_hw", &kernel->pauth_hw) &&
	       get_layout(r, object, kernel) &&
	       get_trampoline(r, object, "return_to_handler", &kernel->return_to_handler,
			      &kernel->handler_size) &&
	       get_trampoline(r, object, "kretprobe_trampoline", &kernel->kretprobe_trampoline,
			      NULL) &&
	       get_image_ranges(r, object, "sym_code", &kernel->sym_code) &&
	       get_image_ranges(r, object, "el1_entry", &kernel->el1_entry) &&
	       get_image_ranges(r, object, "ret_from_fork", &kernel->ret_from_fork) &&
	       get_image_ranges(r, object, "special", &kernel->special) &&
	       get_image_ranges(r, object, "code_section", &kernel->code_section) &&
	       get_more_text(r, object, kernel);
}

#endif
