/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dump should have and has not, each thing named once and counted. */
#ifndef REWALK_INPUT_LOSSES_H
#define REWALK_INPUT_LOSSES_H

#include <stdbool.h>

#include "rewalk/dump.h"

struct rw_losses {
	struct rw_dump_loss *data;
	size_t nr, capacity;
};

/** Name a loss.  False: no memory. */
bool rw_losses_add(struct rw_losses *losses, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Count one page more for the loss that *@where stands for; 0 stands for one
 * that has not been named yet.  Without memory it stays unnamed.
 */
void rw_losses_count(struct rw_losses *losses, size_t *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void rw_losses_deinit(struct rw_losses *losses);

#endif
