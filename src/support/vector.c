// SPDX-License-Identifier: GPL-2.0-or-later
//
// Growing arrays, doubled, with the size computed without wrapping.

#include <stdlib.h>

#include "rewalk/vector.h"

bool rw_vector_reserve(void **data, size_t *capacity, size_t nr, size_t size)
{
	size_t bytes;

	if (nr < *capacity)
		return true;
	size_t more = *capacity ? *capacity : 8;
	if (__builtin_add_overflow(more, *capacity, &more) ||
	    __builtin_mul_overflow(more, size, &bytes))
		return false;
	void *grown = realloc(*data, bytes);
	if (!grown)
		return false;
	*data = grown;
	*capacity = more;
	return true;
}
