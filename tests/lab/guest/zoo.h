// SPDX-License-Identifier: GPL-2.0-or-later
//
// The zoo: user tasks that sleep in many places of the kernel.  zoo.c starts them, the
// others hold a table each of what a task can do.
#ifndef LAB_ZOO_H
#define LAB_ZOO_H

#include <stdbool.h>
#include <stddef.h>

#define ZOO_EXT4 "/mnt/ext4"
#define ZOO_OVERLAY "/mnt/overlay"

enum zoo_flags {
	ZOO_BUSY = 1,	// never sleeps
	ZOO_FROZEN = 2, // waits until /mnt/ext4 is frozen, and goes there then
};

struct zoo_kind {
	const char *name;	// of its tasks: "w:NAME" processes, "t:NAME" threads
	void (*sleep)(int n);	// n-th of its kind; does not come back while all is well
	int processes, threads; // how many
	int flags;
};

// Each ends with a row without a name.
extern const struct zoo_kind zoo_wait_kinds[], zoo_io_kinds[], zoo_fault_kinds[];

/** Ends this task, and says that @what cannot be had here. */
void zoo_give_up(const char *what);

/** @return rc, where it is not negative. */
long zoo_need(long rc, const char *what);

/** Returns once /mnt/ext4 is frozen. */
void zoo_await_freeze(void);

/** A word that all tasks share, and which the first process holds as a PI futex. */
unsigned int *zoo_pi_word(void);

/** An event descriptor on which nothing happens. */
int zoo_quiet_fd(void);

size_t zoo_page_size(void);
void *zoo_map_page(int flags, int fd);
void zoo_name(const char *name);
void zoo_idle(void);

#endif
