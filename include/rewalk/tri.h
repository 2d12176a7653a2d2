/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Yes, no, or not known from this input.  "Not known" is a value of its own
 * from end to end: it is never folded into "no" and never guessed into "yes".
 */
#ifndef REWALK_TRI_H
#define REWALK_TRI_H

#include <stdbool.h>

/** The zero value is "unknown", so a fact that nobody set is not a claim. */
enum rw_tri {
	RW_UNKNOWN = 0,
	RW_NO,
	RW_YES,
};

static inline enum rw_tri rw_tri(bool value)
{
	return value ? RW_YES : RW_NO;
}

static inline enum rw_tri rw_tri_not(enum rw_tri value)
{
	return value == RW_UNKNOWN ? RW_UNKNOWN : rw_tri(value == RW_NO);
}

static inline enum rw_tri rw_tri_and(enum rw_tri a, enum rw_tri b)
{
	if (a == RW_NO || b == RW_NO)
		return RW_NO;
	return a == RW_YES && b == RW_YES ? RW_YES : RW_UNKNOWN;
}

static inline enum rw_tri rw_tri_or(enum rw_tri a, enum rw_tri b)
{
	return rw_tri_not(rw_tri_and(rw_tri_not(a), rw_tri_not(b)));
}

#endif
