/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a packed file unpacks to, from its beginning to its end. */
#ifndef REWALK_INPUT_UNPACKER_H
#define REWALK_INPUT_UNPACKER_H

#include <stddef.h>
#include <stdint.h>

struct rw_error;
struct rw_unpacker;

/** "gzip", "xz" or "zstd" by the first bytes; NULL: none of them. */
const char *rw_packing_name(const uint8_t *bytes, size_t size);

/**
 * Begin to unpack @bytes, which have a packing's name and are borrowed.
 *
 * @param ret  Owned by the caller, for rw_unpacker_close().
 * @return NULL; RW_ERROR_FORMAT, its message a clause; RW_ERROR_UNSUPPORTED if this build
 *         lacks the library; &rw_enomem.
 */
struct rw_error *rw_unpacker_open(const uint8_t *bytes, size_t size, struct rw_unpacker **ret);

/** NULL is accepted. */
void rw_unpacker_close(struct rw_unpacker *unpacker);

/**
 * The next bytes, as many as there are at once.
 *
 * @param nr_ret  0 at the end.
 * @return NULL, or RW_ERROR_FORMAT for data that is damaged or cut short.
 */
struct rw_error *rw_unpacker_read(struct rw_unpacker *unpacker, uint8_t *buf, size_t size,
				  size_t *nr_ret);

/** How many of the packed bytes were read so far. */
uint64_t rw_unpacker_used(struct rw_unpacker *unpacker);

#endif
