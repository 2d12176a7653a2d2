/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/PID/stack, and what names the PID around them; see procstack.c. */
#ifndef REWALK_INPUT_PROCSTACK_H
#define REWALK_INPUT_PROCSTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rw_procstack_line {
	RW_PROCSTACK_OTHER,
	RW_PROCSTACK_HEADING,	/* a stack of pid_ret follows, which may be empty */
	RW_PROCSTACK_PROMPT,	/* a command that prints one: a stack may follow */
	RW_PROCSTACK_ENTRY,	/* "[<0>] …", from *entry_ret on */
};

/**
 * What is this line?
 *
 * @param previous   The line before it, for kpatch's "TID COMM" above "stack:".
 * @param pid_ret    Of the stack, if the line says so; else -1.
 * @param comm_ret   64 bytes: the name, "" if it is not said.
 * @param entry_ret  Where the entry begins in the line.
 */
enum rw_procstack_line rw_procstack_read(const char *previous, const char *p, const char *end,
					 int64_t *pid_ret, char comm_ret[64],
					 const char **entry_ret);

#endif
