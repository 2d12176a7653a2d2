/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef OUTPUT_PRIVATE_H
#define OUTPUT_PRIVATE_H

#include "rewalk/output.h"

/** What turns a verdict's colour on, and off again; "" where there are none. */
const char *rw_output_color(const struct rw_output *out, enum rw_verdict verdict);
const char *rw_output_plain(const struct rw_output *out);

/** The member "model_options" of a trace. */
void rw_json_model_options(struct rw_json *json, const struct rw_kernel *kernel,
			   const struct rw_model *model, unsigned int options);

void rw_output_judged_json(struct rw_output *out, const struct rw_judged *judged);

#endif
