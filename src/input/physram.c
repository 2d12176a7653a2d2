// SPDX-License-Identifier: GPL-2.0-or-later
//
// RAM without more: banks whose address the user gives, and LiME files.
//
// A LiME file is a chain of ranges, each with a header of 32 bytes: u32 magic
// "EMiL", u32 version 1, u64 first address, u64 last address (inside), 8 bytes
// reserved; then the bytes of the range.
//
// Source: dumps.md 1.1; the LiME layout was not checked with a file made by LiME.

#include <inttypes.h>

#include "losses.h"
#include "memory_files.h"
#include "rewalk/bytes.h"
#include "rewalk/dump.h"
#include "rewalk/error.h"
#include "stream.h"

enum {
	LIME_MAGIC = 0x4c694d45,
	LIME_HEADER_SIZE = 32,
};

struct rw_error *rw_bank_read(const struct rw_stream *stream, uint32_t source, uint64_t base,
			      struct rw_extents *ram)
{
	uint64_t end;

	if (__builtin_add_overflow(base, stream->size, &end))
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: %" PRIu64 " bytes at 0x%" PRIx64 " reach past "
				       "the end of the address space; check the address",
				       stream->file->name, stream->size, base);
	return rw_extents_add(ram, base, stream->size, 0, source, RW_DUMP_OK) ? NULL : &rw_enomem;
}

struct rw_error *rw_lime_read(const struct rw_stream *stream, uint32_t source,
			      struct rw_extents *ram, struct rw_losses *losses)
{
	const char *name = stream->file->name;
	uint64_t off = 0;

	while (off < stream->size) {
		uint8_t head[LIME_HEADER_SIZE];
		uint64_t size;

		if (rw_stream_read(stream, off, head, sizeof(head)) < sizeof(head)) {
			if (!off)
				return rw_error_create(RW_ERROR_FORMAT, "%s: no LiME dump", name);
			if (!rw_losses_add(losses, "%s: cut short in the header of a range", name))
				return &rw_enomem;
			break;
		}
		uint64_t first = rw_get_le64(head + 8);
		uint64_t last = rw_get_le64(head + 16);
		if (rw_get_le32(head) != LIME_MAGIC || rw_get_le32(head + 4) != 1 ||
		    last < first || __builtin_add_overflow(last - first, 1, &size) ||
		    last == UINT64_MAX)
			return rw_error_create(RW_ERROR_FORMAT,
					       "%s: offset 0x%" PRIx64 ": not the header "
					       "of a LiME range; copy the file again",
					       name, off);
		off += sizeof(head);
		uint64_t here = stream->size - off;
		if (here > size)
			here = size;
		if (!rw_extents_add(ram, first, here, off, source, RW_DUMP_OK) ||
		    !rw_extents_add(ram, first + here, size - here, 0, source, RW_DUMP_TRUNCATED))
			return &rw_enomem;
		if (here < size &&
		    !rw_losses_add(losses,
				   "%s: truncated: %" PRIu64 " of %" PRIu64
				   " bytes present of the range at 0x%" PRIx64,
				   name, here, size, first))
			return &rw_enomem;
		off += here;
	}
	return rw_extents_settle(ram) ? NULL : &rw_enomem;
}
