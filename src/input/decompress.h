/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compressions of pages in compressed dumps. */
#ifndef REWALK_INPUT_DECOMPRESS_H
#define REWALK_INPUT_DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "rewalk/dump.h"

/** Flags of a page descriptor; none of them: the page as it is. */
enum rw_codec_flag {
	RW_CODEC_ZLIB = 0x1,
	RW_CODEC_LZO = 0x2,
	RW_CODEC_SNAPPY = 0x4,
	RW_CODEC_ZSTD = 0x20,
};

enum { RW_NR_CODECS = 4 };

/** What the libraries keep from page to page.  A zeroed one is ready. */
struct rw_codecs {
	void *zlib;
	void *zstd;
};

void rw_codecs_deinit(struct rw_codecs *codecs);

/**
 * Decompress one page, whose size is known.
 *
 * @param flags  Of the descriptor; bits other than the codecs' are ignored.
 * @param out    Undefined unless RW_DUMP_OK is returned.
 * @return RW_DUMP_OK; RW_DUMP_DAMAGED if @in does not give exactly @out_size
 *         bytes, or there is no memory; RW_DUMP_NO_CODEC.
 */
enum rw_dump_status rw_decompress(struct rw_codecs *codecs, uint32_t flags, const uint8_t *in,
				  size_t in_size, uint8_t *out, size_t out_size);

/** The number of the codec in @flags, below RW_NR_CODECS, or -1; its library's name. */
int rw_codec_index(uint32_t flags, const char **library_ret);

#endif
