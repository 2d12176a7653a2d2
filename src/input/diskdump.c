// SPDX-License-Identifier: GPL-2.0-or-later
//
// makedumpfile's compressed format, which QEMU writes too (kdump-zlib and kin).
//
// In blocks of block_size bytes, all numbers little-endian:
//
//	block 0		header, see the offsets below
//	block 1		sub header (sub_hdr_size blocks; notes follow it)
//	bitmaps		bitmap_blocks blocks: the first half has a bit for each
//			page of RAM, the second one for each page in the dump; if
//			there is room for one only, it is the second
//	descriptors	24 bytes for each bit of the second bitmap: u64 offset,
//			u32 size, u32 flags, u64 page flags
//	pages		compressed or not, as the flags say
//
// A page of the bitmaps has block_size bytes, whatever the kernel's page size:
// QEMU takes 64 KiB for any arm64 guest.  A set made with --split repeats the
// headers and bitmaps in each file, which has the descriptors of one range of
// pages only.
//
// Source: makedumpfile's diskdump_mod.h, QEMU's dump/dump.c; dumps.md 1.5, 1.6;
// checked with files of makedumpfile 1.7 and QEMU 7.2.

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diskdump.h"
#include "losses.h"
#include "rewalk/bytes.h"
#include "rewalk/error.h"

enum {
	HEADER_VERSION = 8,
	HEADER_UTSNAME = 12,
	HEADER_TIME = 408,
	HEADER_STATUS = 424,
	HEADER_BLOCK_SIZE = 428,
	HEADER_SUB_SIZE = 432,
	HEADER_BITMAP_BLOCKS = 436,
	HEADER_MAX_MAPNR = 440,
	HEADER_SIZE = 464,

	UTSNAME_FIELD = 65,

	SUB_LEVEL = 8,
	SUB_SPLIT = 12,
	SUB_START_PFN = 16,
	SUB_END_PFN = 24,
	SUB_VMCOREINFO = 32,
	SUB_NOTES = 48,
	SUB_ERASEINFO_SIZE = 72,
	SUB_START_PFN_64 = 80,
	SUB_END_PFN_64 = 88,
	SUB_MAX_MAPNR_64 = 96,
	SUB_SIZE = 104,

	STATUS_INCOMPLETE = 8,

	DESCRIPTOR_SIZE = 24,
	MIN_BLOCK_SHIFT = 9,
	MAX_BLOCK_SHIFT = 20,
};

static void copy_utsname(const uint8_t *head, struct rw_dump_utsname *ret)
{
	char *fields[] = { ret->sysname, ret->nodename, ret->release, ret->version,
			   ret->machine };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		memcpy(fields[i], head + HEADER_UTSNAME + i * UTSNAME_FIELD, UTSNAME_FIELD);
}

// QEMU leaves the machine "Unknown", and so says nothing.
static struct rw_error *check_machine(const char *name, const char *machine)
{
	if (!*machine || !strcmp(machine, "aarch64") || !strcmp(machine, "Unknown"))
		return NULL;
	for (const char *c = machine; *c; c++) {
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			return rw_error_create(RW_ERROR_FORMAT,
					       "%s: damaged header: the machine has no name",
					       name);
	}
	if (!strcmp(machine, "aarch64_be"))
		return rw_error_create(RW_ERROR_UNSUPPORTED, "%s: big-endian; "
				       "only little-endian arm64 kernels can be read", name);
	return rw_error_create(RW_ERROR_MISMATCH,
			       "%s: a dump of another architecture (%s); "
			       "give one of an arm64 machine", name, machine);
}

static struct rw_error *check_head(const char *name, const uint8_t *head)
{
	if (!memcmp(head, "DISKDUMP", 8))
		return rw_error_create(RW_ERROR_UNSUPPORTED,
				       "%s: an old diskdump; "
				       "only kdump's compressed format can be read", name);
	if (memcmp(head, "KDUMP   ", 8))
		return rw_error_create(RW_ERROR_FORMAT, "%s: not a compressed kdump", name);
	uint32_t version = rw_get_le32(head + HEADER_VERSION);
	if (version > 0xffff)
		return rw_error_create(RW_ERROR_UNSUPPORTED,
				       "%s: header version 0x%" PRIx32 ": of a big-endian machine?",
				       name, version);
	uint32_t block = rw_get_le32(head + HEADER_BLOCK_SIZE);
	if (block & (block - 1) || block < 1u << MIN_BLOCK_SHIFT ||
	    block > 1u << MAX_BLOCK_SHIFT)
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: damaged header: block size %" PRIu32, name, block);
	return NULL;
}

// Members came with header versions 1 to 6; those with 64 bits replace others.
static bool read_sub_header(struct rw_diskdump *dd, uint32_t version, uint64_t *erased_ret)
{
	uint8_t sub[SUB_SIZE];

	if (rw_stream_read_sparse(dd->stream, UINT64_C(1) << dd->shift, sub, sizeof(sub)) <
	    sizeof(sub))
		return false;
	dd->level = rw_get_le32(sub + SUB_LEVEL) & 0xff;
	if (version >= 2) {
		dd->split = rw_get_le32(sub + SUB_SPLIT);
		dd->first = rw_get_le64(sub + SUB_START_PFN);
		dd->end = rw_get_le64(sub + SUB_END_PFN);
	}
	if (version >= 3) {
		dd->vmcoreinfo = rw_get_le64(sub + SUB_VMCOREINFO);
		dd->vmcoreinfo_size = rw_get_le64(sub + SUB_VMCOREINFO + 8);
	}
	if (version >= 4) {
		dd->notes = rw_get_le64(sub + SUB_NOTES);
		dd->notes_size = rw_get_le64(sub + SUB_NOTES + 8);
	}
	if (version >= 5)
		*erased_ret = rw_get_le64(sub + SUB_ERASEINFO_SIZE);
	if (version >= 6) {
		dd->first = rw_get_le64(sub + SUB_START_PFN_64);
		dd->end = rw_get_le64(sub + SUB_END_PFN_64);
		dd->nr_pfns = rw_get_le64(sub + SUB_MAX_MAPNR_64);
	}
	return true;
}

static struct rw_error *read_bitmaps(struct rw_diskdump *dd, uint64_t off, uint64_t blocks)
{
	uint64_t size = blocks << dd->shift, half = size / 2;

	if (!blocks)
		return rw_error_create(RW_ERROR_FORMAT, "%s: damaged header: no bitmap", dd->name);
	bool two = size * 8 / 2 >= dd->nr_pfns;
	uint64_t room = (two ? half : size) * 8;
	if (dd->nr_pfns > room)
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: damaged header: bitmaps for %" PRIu64
				       " pages instead of %" PRIu64,
				       dd->name, room, dd->nr_pfns);
	if (two && !rw_bitmap_init(&dd->ram, dd->stream, off, dd->nr_pfns))
		return &rw_enomem;
	if (!rw_bitmap_init(&dd->dumped, dd->stream, two ? off + half : off, dd->nr_pfns) ||
	    !rw_bitmap_index(&dd->dumped))
		return &rw_enomem;
	return NULL;
}

static void read_descriptor(const struct rw_diskdump *dd, uint64_t i, uint8_t *bytes,
			    size_t *len_ret)
{
	*len_ret = rw_stream_read_sparse(dd->stream, dd->descriptors + i * DESCRIPTOR_SIZE,
					 bytes, DESCRIPTOR_SIZE);
}

static bool page_is_there(const struct rw_diskdump *dd, const uint8_t *descriptor)
{
	uint64_t off = rw_get_le64(descriptor);

	return off && rw_fits(off, rw_get_le32(descriptor + 8), dd->stream->size);
}

// What the end of the file says: pages are written in order, so those that are
// missing are the last ones.
static bool note_losses(struct rw_diskdump *dd, uint32_t status, uint64_t erased,
			struct rw_losses *losses)
{
	uint64_t size = dd->stream->size, room;

	if (status & STATUS_INCOMPLETE &&
	    !rw_losses_add(losses, "%s: marked incomplete: makedumpfile has not written all pages",
			   dd->name))
		return false;
	if (erased &&
	    !rw_losses_add(losses, "%s: makedumpfile has erased data on purpose (ERASEINFO)",
			   dd->name))
		return false;
	if (dd->dumped.nr < dd->nr_pfns) {
		dd->lost = losses->nr + 1;
		return rw_losses_add(losses, "%s: truncated in its bitmaps: no page is present",
				     dd->name);
	}
	room = dd->descriptors < size ? (size - dd->descriptors) / DESCRIPTOR_SIZE : 0;
	if (room < dd->nr_pages) {
		dd->lost = losses->nr + 1;
		return rw_losses_add(losses,
				     "%s: truncated: %" PRIu64 " of %" PRIu64
				     " page descriptors present, and no page behind them",
				     dd->name, room, dd->nr_pages);
	}
	for (uint64_t i = dd->nr_pages; i-- > 0 && dd->nr_pages - i <= 64;) {
		uint8_t bytes[DESCRIPTOR_SIZE];
		size_t len;

		read_descriptor(dd, i, bytes, &len);
		if (len == DESCRIPTOR_SIZE && page_is_there(dd, bytes))
			continue;
		dd->lost = losses->nr + 1;
		if (len == DESCRIPTOR_SIZE && !rw_get_le64(bytes))
			return rw_losses_add(losses,
					     "%s: incomplete: the last pages were never written",
					     dd->name);
		return rw_losses_add(losses, "%s: truncated: the last pages lie behind its end",
				     dd->name);
	}
	return true;
}

struct rw_error *rw_diskdump_init(struct rw_diskdump *ret, const struct rw_stream *stream,
				  uint32_t source, struct rw_losses *losses)
{
	uint8_t head[HEADER_SIZE];

	*ret = (struct rw_diskdump){
		.stream = stream,
		.name = stream->file->name,
		.source = source,
		.level = -1,
	};
	if (rw_stream_read_sparse(stream, 0, head, sizeof(head)) < sizeof(head))
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: cut short in its header; copy the dump again",
				       ret->name);
	struct rw_error *err = check_head(ret->name, head);
	if (err)
		return err;
	copy_utsname(head, &ret->utsname);
	err = check_machine(ret->name, ret->utsname.machine);
	if (err)
		return err;
	ret->shift = __builtin_ctz(rw_get_le32(head + HEADER_BLOCK_SIZE));
	ret->nr_pfns = rw_get_le32(head + HEADER_MAX_MAPNR);
	ret->written_at[0] = rw_get_le64(head + HEADER_TIME);
	ret->written_at[1] = rw_get_le64(head + HEADER_TIME + 8);

	uint32_t version = rw_get_le32(head + HEADER_VERSION);
	uint64_t sub_blocks = rw_get_le32(head + HEADER_SUB_SIZE);
	uint64_t bitmap_blocks = rw_get_le32(head + HEADER_BITMAP_BLOCKS);
	uint64_t erased = 0;
	if (sub_blocks && version && !read_sub_header(ret, version, &erased))
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: cut short in its sub header; copy the dump again",
				       ret->name);
	if (!ret->split) {
		ret->first = 0;
		ret->end = ret->nr_pfns;
	} else if (ret->first > ret->end || ret->end > ret->nr_pfns) {
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: damaged header: a part with pages %" PRIu64
				       " to %" PRIu64 " of %" PRIu64,
				       ret->name, ret->first, ret->end, ret->nr_pfns);
	}
	err = read_bitmaps(ret, (1 + sub_blocks) << ret->shift, bitmap_blocks);
	if (err)
		return err;
	ret->descriptors = (1 + sub_blocks + bitmap_blocks) << ret->shift;
	ret->rank_first = rw_bitmap_rank(&ret->dumped, ret->first);
	ret->nr_pages = rw_bitmap_rank(&ret->dumped, ret->end) - ret->rank_first;
	uint32_t status = rw_get_le32(head + HEADER_STATUS);
	return note_losses(ret, status, erased, losses) ? NULL : &rw_enomem;
}

void rw_diskdump_deinit(struct rw_diskdump *dd)
{
	rw_bitmap_deinit(&dd->ram);
	rw_bitmap_deinit(&dd->dumped);
}

bool rw_page_reader_init(struct rw_page_reader *reader, const struct rw_diskdump *set,
			 size_t nr)
{
	uint64_t nr_pages = 0;

	for (size_t i = 0; i < nr; i++) {
		// No more pages than there are descriptors in the file.
		uint64_t room = set[i].stream->file->size / DESCRIPTOR_SIZE;

		nr_pages += set[i].nr_pages < room ? set[i].nr_pages : room;
	}
	size_t size = (size_t)1 << set->shift;
	reader->bounce = malloc(size);
	return reader->bounce && rw_pagecache_init(&reader->cache, size, nr_pages);
}

void rw_page_reader_deinit(struct rw_page_reader *reader)
{
	if (reader->cache.slots)
		rw_pagecache_deinit(&reader->cache);
	rw_codecs_deinit(&reader->codecs);
	free(reader->bounce);
	*reader = (struct rw_page_reader){ 0 };
}

static enum rw_dump_status lost_page(struct rw_diskdump *dd, struct rw_losses *losses)
{
	rw_losses_count(losses, &dd->lost, "%s: incomplete: pages that were never written",
			dd->name);
	return RW_DUMP_TRUNCATED;
}

static enum rw_dump_status damaged_page(struct rw_diskdump *dd, struct rw_losses *losses,
					uint64_t pfn)
{
	rw_losses_count(losses, &dd->damaged,
			"%s: damaged pages, the first one met at 0x%" PRIx64,
			dd->name, pfn << dd->shift);
	return RW_DUMP_DAMAGED;
}

static enum rw_dump_status no_codec(struct rw_diskdump *dd, struct rw_losses *losses,
				    uint32_t flags)
{
	const char *library = "";
	int i = rw_codec_index(flags, &library);

	if (i >= 0)
		rw_losses_count(losses, &dd->no_codec[i],
				"%s: pages compressed with %s, which this build lacks; "
				"build rewalk with lib%s", dd->name, library, library);
	return RW_DUMP_NO_CODEC;
}

// Put the page into the cache from its @size bytes at @off.
static enum rw_dump_status load_page(struct rw_diskdump *dd, struct rw_page_reader *reader,
				     uint64_t off, uint32_t size, uint32_t flags,
				     struct rw_pagecache_key key, const uint8_t **ret)
{
	size_t page_size = (size_t)1 << dd->shift, len;
	const uint8_t *in = rw_stream_span(dd->stream, off, &len);
	const char *library;
	bool compressed = rw_codec_index(flags, &library) >= 0;

	if (!in || len < size) {
		if (rw_stream_read(dd->stream, off, reader->bounce, size) < size)
			return RW_DUMP_TRUNCATED;
		in = reader->bounce;
	}
	if (!compressed) {
		*ret = in;
		return size == page_size ? RW_DUMP_OK : RW_DUMP_DAMAGED;
	}
	uint8_t *page = rw_pagecache_take(&reader->cache, key);
	enum rw_dump_status status = rw_decompress(&reader->codecs, flags, in, size, page,
						   page_size);
	if (status == RW_DUMP_OK) {
		rw_pagecache_keep(&reader->cache, key, page);
		*ret = page;
	}
	return status;
}

enum rw_dump_status rw_diskdump_page(struct rw_diskdump *dd, struct rw_page_reader *reader,
				     struct rw_losses *losses, uint64_t pfn,
				     const uint8_t **ret)
{
	uint8_t bytes[DESCRIPTOR_SIZE];
	size_t len;

	if (pfn >= dd->dumped.nr)
		return lost_page(dd, losses);
	if (!rw_bitmap_test(&dd->dumped, pfn))
		return dd->ram.bits && pfn < dd->ram.nr && !rw_bitmap_test(&dd->ram, pfn) ?
		       RW_DUMP_NO_RAM : RW_DUMP_EXCLUDED;
	read_descriptor(dd, rw_bitmap_rank(&dd->dumped, pfn) - dd->rank_first, bytes, &len);
	if (len < DESCRIPTOR_SIZE || !page_is_there(dd, bytes))
		return lost_page(dd, losses);

	uint64_t off = rw_get_le64(bytes);
	uint32_t size = rw_get_le32(bytes + 8), flags = rw_get_le32(bytes + 12);
	struct rw_pagecache_key key = { .off = off, .source = dd->source };
	if (!size || size > UINT32_C(1) << dd->shift)
		return damaged_page(dd, losses, pfn);
	*ret = rw_pagecache_find(&reader->cache, key);
	if (*ret)
		return RW_DUMP_OK;
	switch (load_page(dd, reader, off, size, flags, key, ret)) {
	case RW_DUMP_OK:
		return RW_DUMP_OK;
	case RW_DUMP_TRUNCATED:
		return lost_page(dd, losses);
	case RW_DUMP_NO_CODEC:
		return no_codec(dd, losses, flags);
	default:
		return damaged_page(dd, losses, pfn);
	}
}
