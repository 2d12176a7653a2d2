/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that a command writes. */
#ifndef REWALK_COMMAND_WRITEFILE_H
#define REWALK_COMMAND_WRITEFILE_H

#include <stdbool.h>
#include <stddef.h>

struct rw_error;

/**
 * Put a file of @bytes in the place of what is there, if that is a file; "-" is standard
 * output.  On failure what was there stays.
 *
 * @param is_private  Only its owner may read it.
 * @return NULL, RW_ERROR_OS, or &rw_enomem.
 */
struct rw_error *command_write_file(const char *path, const char *bytes, size_t size,
				    bool is_private);

/** @return NULL; RW_ERROR_USAGE if @path is the file @input (NULL: none) by whatever name. */
struct rw_error *command_check_output(const char *path, const char *input);

#endif
