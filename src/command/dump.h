/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traces of the tasks of a dump. */
#ifndef REWALK_COMMAND_DUMP_H
#define REWALK_COMMAND_DUMP_H

#include "inputs.h"

/** Walk the tasks of a dump that were asked for; *status_ret is the exit status. */
struct rw_error *dump_trace(const struct options *options, const struct inputs *inputs,
			    const struct rw_image *image, int *status_ret);

#endif
