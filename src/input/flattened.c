// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streams: a file as it is, or makedumpfile's flattened form of one.
//
// A flattened stream (makedumpfile -F, QEMU's kdump-zlib and kin) describes how
// a file would have been written by somebody who can seek:
//
//	0	4096	header: "makedumpfile" padded with NULs to 16 bytes,
//			i64 type = 1, i64 version = 1, zeros
//	then records:	i64 offset, i64 size, size bytes
//	end mark:	offset = size = -1
//
// All numbers are big-endian.  Records come in the order of writing and may
// write an offset twice (the header is rewritten when all else is done): the
// last one counts.  The records are indexed once, sorted by offset.
//
// Source: makedumpfile.c write_buffer(), rearrange_dumpdata(); dumps.md 1.5;
// checked with makedumpfile 1.7 and QEMU 7.2.

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "losses.h"
#include "rewalk/bytes.h"
#include "rewalk/dump.h"
#include "rewalk/error.h"
#include "stream.h"

enum {
	HEADER_SIZE = 4096,
	RECORD_SIZE = 16,
};

static const char signature[16] = "makedumpfile";

static uint64_t get_be64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

void rw_stream_init(struct rw_stream *stream, const struct rw_file *file)
{
	*stream = (struct rw_stream){ .file = file, .size = file->size };
}

void rw_stream_deinit(struct rw_stream *stream)
{
	free(stream->extents.data);
	*stream = (struct rw_stream){ 0 };
}

static bool lost_end(const struct rw_stream *stream, struct rw_losses *losses)
{
	return rw_losses_add(losses,
			     "%s: the flattened stream is cut short: no end mark after %zu records",
			     stream->file->name, stream->extents.nr);
}

// Collect the records.  A record that reaches past the end of the file is taken
// for what is there.
static struct rw_error *read_records(struct rw_stream *stream, struct rw_losses *losses)
{
	const struct rw_file *file = stream->file;
	size_t off = HEADER_SIZE;

	while (rw_fits(off, RECORD_SIZE, file->size)) {
		uint64_t to = get_be64(file->bytes + off);
		uint64_t size = get_be64(file->bytes + off + 8);
		uint64_t end;

		if (to == UINT64_MAX && size == UINT64_MAX) {
			stream->complete = true;
			return NULL;
		}
		if (to > INT64_MAX || size > INT64_MAX ||
		    __builtin_add_overflow(to, size, &end)) {
			if (!rw_losses_add(losses,
					   "%s: offset 0x%zx: damaged record; "
					   "what follows is not read", file->name, off))
				return &rw_enomem;
			return NULL;
		}
		off += RECORD_SIZE;
		uint64_t here = file->size - off;
		bool cut = size > here;
		if (cut)
			size = here;
		if (!rw_extents_add(&stream->extents, to, size, off, 0, RW_DUMP_OK))
			return &rw_enomem;
		if (end > stream->size)
			stream->size = end;
		if (cut)
			break;
		off += size;
	}
	return lost_end(stream, losses) ? NULL : &rw_enomem;
}

struct rw_error *rw_stream_init_flattened(struct rw_stream *ret, const struct rw_file *file,
					  struct rw_losses *losses)
{
	*ret = (struct rw_stream){ .file = file, .flattened = true };
	if (file->size < HEADER_SIZE || memcmp(file->bytes, signature, sizeof(signature)))
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: not a flattened dump, or cut short in its header",
				       file->name);
	uint64_t type = get_be64(file->bytes + 16);
	uint64_t version = get_be64(file->bytes + 24);
	if (type != 1 || version != 1)
		return rw_error_create(RW_ERROR_UNSUPPORTED,
				       "%s: flattened dump of type %" PRIu64 ", version %" PRIu64
				       "; only type 1, version 1 is known; try makedumpfile -R",
				       file->name, type, version);
	struct rw_error *err = read_records(ret, losses);
	if (err)
		return err;
	if (!ret->extents.nr)
		return rw_error_create(RW_ERROR_FORMAT, "%s: flattened dump without any data",
				       file->name);
	return rw_extents_settle(&ret->extents) ? NULL : &rw_enomem;
}

// In a settled stream: the record that has the byte at @off, or how far it is to
// the next one.
static const uint8_t *flattened_span(const struct rw_stream *stream, uint64_t off,
				     size_t *len_ret)
{
	size_t i = rw_extents_first(&stream->extents, off);
	const struct rw_extent *e = i < stream->extents.nr ? &stream->extents.data[i] : NULL;

	if (e && e->start <= off) {
		*len_ret = rw_at_most(e->end - off, SIZE_MAX);
		return stream->file->bytes + e->to + (off - e->start);
	}
	// The last record of a stream cut short may end before stream->size.
	*len_ret = rw_at_most((e ? e->start : stream->size) - off, SIZE_MAX);
	return NULL;
}

const uint8_t *rw_stream_span(const struct rw_stream *stream, uint64_t off, size_t *len_ret)
{
	if (off >= stream->size) {
		*len_ret = 0;
		return NULL;
	}
	if (stream->flattened)
		return flattened_span(stream, off, len_ret);
	*len_ret = rw_at_most(stream->size - off, SIZE_MAX);
	return stream->file->bytes + off;
}

static size_t copy(const struct rw_stream *stream, uint64_t off, void *buf, size_t size,
		   bool gaps)
{
	size_t done = 0;

	while (done < size) {
		size_t len;
		const uint8_t *bytes = rw_stream_span(stream, off + done, &len);

		if (!len || (!bytes && !gaps))
			break;
		len = rw_at_most(len, size - done);
		if (bytes)
			memcpy((uint8_t *)buf + done, bytes, len);
		else
			memset((uint8_t *)buf + done, 0, len);
		done += len;
	}
	return done;
}

size_t rw_stream_read(const struct rw_stream *stream, uint64_t off, void *buf, size_t size)
{
	return copy(stream, off, buf, size, false);
}

size_t rw_stream_read_sparse(const struct rw_stream *stream, uint64_t off, void *buf,
			     size_t size)
{
	return copy(stream, off, buf, size, stream->complete);
}
