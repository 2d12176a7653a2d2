// SPDX-License-Identifier: GPL-2.0-or-later
//
// Progress on standard error: on a terminal only, and only for what takes long.

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "rewalk/output.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

void rw_progress_init(struct rw_progress *progress, bool quiet)
{
	*progress = (struct rw_progress){
		.on = !quiet && isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO),
		.next = now() + 0.5,
	};
}

void rw_progress_show(struct rw_progress *progress, size_t done, size_t total)
{
	// A look at the clock costs more than a short walk.
	if (!progress->on || done % 64 || now() < progress->next)
		return;
	fprintf(stderr, "\r%zu / %zu tasks", done, total);
	progress->next = now() + 0.1;
	progress->shown = true;
}

void rw_progress_end(struct rw_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
