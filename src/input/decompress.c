// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pages of compressed dumps, as zlib, LZO1X, snappy (raw, without frames) or
// zstd made them.  A build may lack any of the libraries.

#include <stdlib.h>

#ifdef HAVE_LZO
#include <lzo/lzo1x.h>
#endif
#ifdef HAVE_SNAPPY
#include <snappy-c.h>
#endif
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include "decompress.h"

typedef enum rw_dump_status decompress_fn(struct rw_codecs *codecs, const uint8_t *in,
					  size_t in_size, uint8_t *out, size_t out_size);

#ifdef HAVE_ZLIB
static z_stream *zlib_start(struct rw_codecs *codecs)
{
	z_stream *z = codecs->zlib;

	if (z)
		return inflateReset(z) == Z_OK ? z : NULL;
	z = calloc(1, sizeof(*z));
	if (!z || inflateInit(z) != Z_OK) {
		free(z);
		return NULL;
	}
	codecs->zlib = z;
	return z;
}

static enum rw_dump_status zlib_page(struct rw_codecs *codecs, const uint8_t *in,
				     size_t in_size, uint8_t *out, size_t out_size)
{
	z_stream *z = zlib_start(codecs);

	if (!z)
		return RW_DUMP_DAMAGED;
	z->next_in = (Bytef *)in;
	z->avail_in = in_size;
	z->next_out = out;
	z->avail_out = out_size;
	return inflate(z, Z_FINISH) == Z_STREAM_END && !z->avail_out ? RW_DUMP_OK :
								      RW_DUMP_DAMAGED;
}
#else
#define zlib_page NULL
#endif

#ifdef HAVE_LZO
static enum rw_dump_status lzo_page(struct rw_codecs *codecs, const uint8_t *in,
				    size_t in_size, uint8_t *out, size_t out_size)
{
	lzo_uint len = out_size;

	(void)codecs;
	if (lzo_init() != LZO_E_OK)
		return RW_DUMP_DAMAGED;
	return lzo1x_decompress_safe(in, in_size, out, &len, NULL) == LZO_E_OK &&
	       len == out_size ? RW_DUMP_OK : RW_DUMP_DAMAGED;
}
#else
#define lzo_page NULL
#endif

#ifdef HAVE_SNAPPY
static enum rw_dump_status snappy_page(struct rw_codecs *codecs, const uint8_t *in,
				       size_t in_size, uint8_t *out, size_t out_size)
{
	const char *chars = (const char *)in;
	size_t len;

	(void)codecs;
	if (snappy_uncompressed_length(chars, in_size, &len) != SNAPPY_OK || len != out_size)
		return RW_DUMP_DAMAGED;
	return snappy_uncompress(chars, in_size, (char *)out, &len) == SNAPPY_OK &&
	       len == out_size ? RW_DUMP_OK : RW_DUMP_DAMAGED;
}
#else
#define snappy_page NULL
#endif

#ifdef HAVE_ZSTD
static enum rw_dump_status zstd_page(struct rw_codecs *codecs, const uint8_t *in,
				     size_t in_size, uint8_t *out, size_t out_size)
{
	if (!codecs->zstd)
		codecs->zstd = ZSTD_createDCtx();
	if (!codecs->zstd)
		return RW_DUMP_DAMAGED;
	return ZSTD_decompressDCtx(codecs->zstd, out, out_size, in, in_size) == out_size ?
	       RW_DUMP_OK : RW_DUMP_DAMAGED;
}
#else
#define zstd_page NULL
#endif

static const struct codec {
	uint32_t flag;
	const char *library;
	decompress_fn *page;	/* NULL: not in this build */
} codecs_table[RW_NR_CODECS] = {
	{ RW_CODEC_ZLIB, "zlib", zlib_page },
	{ RW_CODEC_LZO, "lzo2", lzo_page },
	{ RW_CODEC_SNAPPY, "snappy", snappy_page },
	{ RW_CODEC_ZSTD, "zstd", zstd_page },
};

int rw_codec_index(uint32_t flags, const char **library_ret)
{
	for (int i = 0; i < RW_NR_CODECS; i++) {
		if (flags & codecs_table[i].flag) {
			*library_ret = codecs_table[i].library;
			return i;
		}
	}
	return -1;
}

enum rw_dump_status rw_decompress(struct rw_codecs *codecs, uint32_t flags, const uint8_t *in,
				  size_t in_size, uint8_t *out, size_t out_size)
{
	const char *library;
	int i = rw_codec_index(flags, &library);

	if (i < 0)
		return RW_DUMP_DAMAGED;
	if (!codecs_table[i].page)
		return RW_DUMP_NO_CODEC;
	return codecs_table[i].page(codecs, in, in_size, out, out_size);
}

void rw_codecs_deinit(struct rw_codecs *codecs)
{
#ifdef HAVE_ZLIB
	if (codecs->zlib)
		inflateEnd(codecs->zlib);
	free(codecs->zlib);
#endif
#ifdef HAVE_ZSTD
	ZSTD_freeDCtx(codecs->zstd);
#endif
	*codecs = (struct rw_codecs){ 0 };
}
