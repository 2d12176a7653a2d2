/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ownership by scope: a pointer declared with _cleanup_free_ is freed when its
 * block ends, unless rw_steal() took it out before.
 */
#ifndef REWALK_CLEANUP_H
#define REWALK_CLEANUP_H

#include <stdlib.h>

static inline void rw_cleanup_free(void *p)
{
	free(*(void **)p);
}

#define _cleanup_free_ __attribute__((__cleanup__(rw_cleanup_free)))

/** The value of @ptr, which is NULL afterwards: the caller owns it now. */
#define rw_steal(ptr) \
	({ __auto_type rw_steal_value = (ptr); (ptr) = NULL; rw_steal_value; })

#endif
