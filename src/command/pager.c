// SPDX-License-Identifier: GPL-2.0-or-later
//
// Output through a pager, as git does it.  If none can be started, plain output.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pager.h"

void pager_start(struct pager *pager, bool never)
{
	const char *command = getenv("PAGER");
	int ends[2];

	*pager = (struct pager){ 0 };
	if (never || !isatty(STDOUT_FILENO) || (command && (!*command || !strcmp(command, "cat"))))
		return;
	if (!command)
		command = "less -FRX";
	if (pipe(ends))
		return;
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	if (pid > 0) {
		pager->pid = pid;
		pager->saved = dup(STDOUT_FILENO);
		dup2(ends[1], STDOUT_FILENO);
	}
	close(ends[1]);
}

void pager_stop(struct pager *pager)
{
	if (!pager->pid)
		return;
	fflush(stdout);
	dup2(pager->saved, STDOUT_FILENO);
	close(pager->saved);
	waitpid(pager->pid, NULL, 0);
}
