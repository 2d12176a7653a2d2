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

#define LONGEST_PATH 256

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/**
 * The thread that a path "…/12/stack" or "…/12/task/13/stack" in [@p, @end) is of.
 *
 * @return Behind "/stack", or NULL.
 */
static const char *path_pid(const char *p, const char *end, int64_t *pid_ret)
{
	static const char tail[] = "/stack";
	const size_t size = strlen(tail);
	size_t far = end - p < LONGEST_PATH ? end - p : LONGEST_PATH;
	const char *at = far ? memmem(p, far, tail, size) : NULL;
	const char *digit = at;
	int64_t pid = 0;

	while (digit && digit > p && is_digit(digit[-1]))
		digit--;
	if (!at || digit == at || at - digit > 9 || (digit > p && digit[-1] != '/' && digit[-1] != ' '))
		return NULL;
	for (; digit < at; digit++)
		pid = pid * 10 + *digit - '0';
	*pid_ret = pid;
	return at + size;
}

/** "12 sleeper" */
static bool pid_and_comm(const char *line, int64_t *pid_ret, char comm_ret[64])
{
	const char *p = line;
	int64_t pid = 0;

	for (; is_digit(*p) && p - line < 10; p++)
		pid = pid * 10 + *p - '0';
	if (p == line || *p != ' ')
		return false;
	*pid_ret = pid;
	rw_report_copy(comm_ret, 64, p + 1, p + strlen(p));
	return true;
}

static bool begins(const char *p, const char *end, const char *word)
{
	size_t size = strlen(word);

	return (size_t)(end - p) >= size && !memcmp(p, word, size);
}

enum rw_procstack_line rw_procstack_read(const char *previous, const char *p, const char *end,
					 int64_t *pid_ret, char comm_ret[64],
					 const char **entry_ret)
{
	const char *behind;

	*pid_ret = -1;
	comm_ret[0] = '\0';
	if (begins(p, end, "[<0>]")) {
		*entry_ret = p;
		return RW_PROCSTACK_ENTRY;
	}
	if (begins(p, end, "==> ") && end - p > 8 && !memcmp(end - 4, " <==", 4))
		return path_pid(p, end, pid_ret) ? RW_PROCSTACK_HEADING : RW_PROCSTACK_OTHER;
	if (end - p == 6 && !memcmp(p, "stack:", 6))
		return pid_and_comm(previous, pid_ret, comm_ret) ? RW_PROCSTACK_HEADING :
								   RW_PROCSTACK_OTHER;
	behind = path_pid(p, end, pid_ret);
	if (!behind)
		return RW_PROCSTACK_OTHER;
	if (begins(behind, end, ":[<")) {
		*entry_ret = behind + 1;
		return RW_PROCSTACK_ENTRY;
	}
	// "# cat /proc/12/stack", "/proc/12/stack" or "/proc/12/stack:" alone
	if (begins(behind, end, ":"))
		behind++;
	return behind == end ? RW_PROCSTACK_PROMPT : RW_PROCSTACK_OTHER;
}
