/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing array: any struct with the members `data`, `nr` and `capacity`
 * (pointer, size_t, size_t), all zero at first; freed with free(v.data).
 */
#ifndef REWALK_VECTOR_H
#define REWALK_VECTOR_H

#include <stdbool.h>
#include <stddef.h>

/** Room for one more element of @size bytes.  False: no memory, nothing changed. */
bool rw_vector_reserve(void **data, size_t *capacity, size_t nr, size_t size);

/** A pointer to a new last element, zeroed by nobody; NULL without memory. */
#define rw_vector_push(v)							\
	(rw_vector_reserve((void **)&(v)->data, &(v)->capacity, (v)->nr,	\
			   sizeof(*(v)->data)) ?				\
	 &(v)->data[(v)->nr++] : NULL)

#endif
