/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a dump file at an offset, whether the file stands as it is or
 * inside a flattened stream.
 */
#ifndef REWALK_INPUT_STREAM_H
#define REWALK_INPUT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "extents.h"
#include "rewalk/input.h"

struct rw_error;
struct rw_losses;

/** The smaller of two sizes, of which one may be larger than a size_t. */
static inline size_t rw_at_most(uint64_t a, uint64_t b)
{
	uint64_t least = a < b ? a : b;

	return least < SIZE_MAX ? (size_t)least : SIZE_MAX;
}

struct rw_stream {
	const struct rw_file *file;	/* borrowed */
	bool flattened;
	bool complete;		/* flattened, and ended by its end mark */
	struct rw_extents extents;	/* flattened: the records */
	uint64_t size;		/* of the file inside */
};

/** The file as it is.  Nothing to be released. */
void rw_stream_init(struct rw_stream *stream, const struct rw_file *file);

/**
 * The file inside a flattened stream.
 *
 * @param ret  To be released with rw_stream_deinit(), also after a failure.
 * @return NULL, RW_ERROR_FORMAT, or &rw_enomem.  A stream that is cut short is a
 *         loss, not an error.
 */
struct rw_error *rw_stream_init_flattened(struct rw_stream *ret, const struct rw_file *file,
					  struct rw_losses *losses);

void rw_stream_deinit(struct rw_stream *stream);

/**
 * The bytes at @off, borrowed from the file.
 *
 * @param len_ret  How far this answer holds; 0 from the end on.
 * @return NULL if the bytes are not there: behind the end, or a gap that no
 *         record of a flattened stream has written.
 */
const uint8_t *rw_stream_span(const struct rw_stream *stream, uint64_t off, size_t *len_ret);

/** Copy @size bytes.  Returns how many from @off on are there; the rest is as it was. */
size_t rw_stream_read(const struct rw_stream *stream, uint64_t off, void *buf, size_t size);

/**
 * As rw_stream_read(), but for headers and tables: a gap in a complete flattened
 * stream reads as zeros, as it would in the file that the stream stands for.
 */
size_t rw_stream_read_sparse(const struct rw_stream *stream, uint64_t off, void *buf,
			     size_t size);

#endif
