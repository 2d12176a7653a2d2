/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Search in what is sorted. */
#ifndef REWALK_BISECT_H
#define REWALK_BISECT_H

#include <stddef.h>

/**
 * How many of @nr elements the condition @before holds for, where those for which it does
 * stand in front of all others: the index of the first one for which it does not.
 *
 * @param i  The name that @before has for the index of an element.
 */
#define rw_bisect(i, nr, before)						\
	({									\
		size_t low_ = 0, high_ = (nr);					\
										\
		while (low_ < high_) {						\
			size_t i = low_ + (high_ - low_) / 2;			\
										\
			if (before)						\
				low_ = i + 1;					\
			else							\
				high_ = i;					\
		}								\
		low_;								\
	})

#endif
