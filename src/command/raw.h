/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A raw stack and its registers. */
#ifndef REWALK_COMMAND_RAW_H
#define REWALK_COMMAND_RAW_H

#include "inputs.h"
#include "walk.h"

/**
 * The kernel that a raw stack is of, once there are registers to walk from.
 *
 * @param image  NULL: there is none, which is an error.
 * @return NULL; RW_ERROR_MISSING without pc or fp; RW_ERROR_USAGE for options that
 *         choose among tasks, or facts that cannot be; as rw_kernel_init().
 */
struct rw_error *raw_kernel(const struct options *options, struct inputs *inputs,
			    const struct rw_image *image, struct rw_kernel *ret);

/** The walk; its memory is that of @inputs. */
void raw_walk(const struct options *options, struct inputs *inputs,
	      const struct rw_kernel *kernel, struct walk *ret);

#endif
