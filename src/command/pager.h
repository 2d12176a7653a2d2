/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output through a pager, on a terminal only. */
#ifndef REWALK_COMMAND_PAGER_H
#define REWALK_COMMAND_PAGER_H

#include <stdbool.h>
#include <sys/types.h>

struct pager {
	pid_t pid;	/* 0: none runs */
	int saved;	/* standard output as it was */
};

/** Start $PAGER, else less -FRX, if standard output is a terminal and it is not refused. */
void pager_start(struct pager *pager, bool never);

/** Flush, and wait until the pager is left. */
void pager_stop(struct pager *pager);

#endif
