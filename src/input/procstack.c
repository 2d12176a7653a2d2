// SPDX-License-Identifier: GPL-2.0-or-later
//
// /proc/PID/stack, as people collect it:
//
//   [<0>] do_wait+0x68/0x1c0                        cat
//   ==> /proc/12/task/12/stack <==                  tail -n +1 /proc/*/task/*/stack
//   /proc/12/stack:[<0>] do_wait+0x68/0x1c0         grep . /proc/*/stack
//   # cat /proc/12/stack                            a shell's prompt
//   12 sleeper                                      kpatch list, under "Stalled
//   stack:                                          processes:"
//
// Source: fs/proc/base.c (proc_pid_stack); tail and grep of Debian 12; kpatch 0.9.11.

#include <stdio.h>
#include <string.h>

#include "procstack.h"
#include "report.h"
#include "scan.h"

#define LONGEST_PATH 256

/**
 * The thread that a path "…/12/stack" or "…/12/task/13/stack" in [@p, @end) is of.
 *
 * @return Behind "/stack", or NULL.
 */
static const char *path_pid(const char *p, const char *end, int64_t *pid_ret)
{
	static const char tail[] = "/stack";
	const char *at = rw_find_early(p, end, LONGEST_PATH, tail);
	const char *digit = at;
	uint64_t pid;

	while (digit && digit > p && rw_is_digit(digit[-1]))
		digit--;
	if (!at || digit == at || at - digit > 9 ||
	    (digit > p && digit[-1] != '/' && digit[-1] != ' '))
		return NULL;
	rw_decimal_parse(digit, at, 9, &pid);
	*pid_ret = (int64_t)pid;
	return at + strlen(tail);
}

/** "12 sleeper" */
static bool pid_and_comm(const char *line, int64_t *pid_ret, char comm_ret[64])
{
	const char *end = line + strlen(line);
	uint64_t pid;
	size_t nr = rw_decimal_parse(line, end, 10, &pid);

	if (!nr || line[nr] != ' ')
		return false;
	*pid_ret = (int64_t)pid;
	rw_report_copy(comm_ret, 64, line + nr + 1, end);
	return true;
}

enum rw_procstack_line rw_procstack_read(const char *previous, const char *p, const char *end,
					 int64_t *pid_ret, char comm_ret[64],
					 const char **entry_ret)
{
	const char *behind;

	*pid_ret = -1;
	comm_ret[0] = '\0';
	if (rw_begins(p, end, "[<0>]")) {
		*entry_ret = p;
		return RW_PROCSTACK_ENTRY;
	}
	if (rw_begins(p, end, "==> ") && end - p > 8 && !memcmp(end - 4, " <==", 4))
		return path_pid(p, end, pid_ret) ? RW_PROCSTACK_HEADING : RW_PROCSTACK_OTHER;
	if (rw_equals(p, end, "stack:"))
		return pid_and_comm(previous, pid_ret, comm_ret) ? RW_PROCSTACK_HEADING :
								   RW_PROCSTACK_OTHER;
	behind = path_pid(p, end, pid_ret);
	if (!behind)
		return RW_PROCSTACK_OTHER;
	if (rw_begins(behind, end, ":[<")) {
		*entry_ret = behind + 1;
		return RW_PROCSTACK_ENTRY;
	}
	// "# cat /proc/12/stack", "/proc/12/stack" or "/proc/12/stack:" alone
	if (rw_begins(behind, end, ":"))
		behind++;
	return behind == end ? RW_PROCSTACK_PROMPT : RW_PROCSTACK_OTHER;
}
