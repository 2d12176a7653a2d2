// SPDX-License-Identifier: GPL-2.0-or-later
//
// The members of JSON objects that traces of both kinds have: walked ones (json.c) and
// printed ones (json_printed.c).

#include "output_private.h"

void rw_json_tri(struct rw_json *json, const char *key, enum rw_tri value)
{
	rw_json_string(json, key, value == RW_YES ? "yes" : value == RW_NO ? "no" : "unknown");
}

void rw_json_offset(struct rw_json *json, bool known, uint64_t offset, uint64_t size)
{
	if (known) {
		rw_json_number(json, "offset", offset);
		rw_json_number(json, "size", size);
	} else {
		rw_json_null(json, "offset");
		rw_json_null(json, "size");
	}
}

void rw_json_marks(struct rw_json *json, const char *marks)
{
	rw_json_open(json, "marks", '[');
	for (; *marks; marks++)
		rw_json_string(json, NULL, (char[]){ *marks, '\0' });
	rw_json_close(json, ']');
}

void rw_json_sym_code(struct rw_json *json, enum rw_tri value)
{
	if (value == RW_UNKNOWN)
		rw_json_null(json, "sym_code");
	else
		rw_json_bool(json, "sym_code", value == RW_YES);
}

void rw_json_stack(struct rw_json *json, enum rw_stack_type type, uint64_t low, uint64_t high)
{
	rw_json_open(json, NULL, '{');
	rw_json_string(json, "name", rw_stack_name(type));
	rw_json_address(json, "low", low);
	rw_json_address(json, "high", high);
	rw_json_close(json, '}');
}

void rw_json_reason(struct rw_json *json, const struct rw_reason *reason, uint64_t addr,
		    const char *text)
{
	rw_json_open(json, NULL, '{');
	rw_json_string(json, "code", rw_reason_name(reason->code));
	rw_json_number(json, "frame", reason->frame);
	rw_json_address(json, "address", addr);
	rw_json_string(json, "text", text);
	rw_json_close(json, '}');
}

void rw_json_decided(struct rw_json *json, const struct rw_unwind_result *result)
{
	if (result->decided)
		rw_json_number(json, "decided_at", result->decided_at);
	else
		rw_json_null(json, "decided_at");
}

void rw_json_model_options(struct rw_json *json, const struct rw_kernel *kernel,
			   const struct rw_model *model, unsigned int options)
{
	rw_json_open(json, "model_options", '{');
	for (unsigned int bit = 1; bit < 1 << RW_NR_OPTIONS; bit <<= 1) {
		if (!(model->variants & bit))
			continue;
		rw_json_open(json, rw_option_name(bit), '{');
		rw_json_bool(json, "on", options & bit);
		rw_json_string(json, "from", rw_option_from_name(
				       rw_kernel_option_from(kernel, model, bit)));
		rw_json_close(json, '}');
	}
	rw_json_close(json, '}');
}
