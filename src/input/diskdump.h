/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of makedumpfile's compressed format, and the set that it may be a part of. */
#ifndef REWALK_INPUT_DISKDUMP_H
#define REWALK_INPUT_DISKDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bitmap.h"
#include "decompress.h"
#include "pagecache.h"
#include "rewalk/dump.h"
#include "stream.h"

struct rw_losses;
struct rw_notes;

struct rw_diskdump {
	const struct rw_stream *stream;	/* borrowed */
	const char *name;
	uint32_t source;
	unsigned int shift;		/* a page has 1 << shift bytes */
	bool split;
	int level;			/* makedumpfile -d; -1: unknown */
	uint64_t first, end;		/* the pages whose descriptors are here */
	uint64_t nr_pfns;		/* max_mapnr: of the whole machine */
	struct rw_bitmap ram;		/* pages that exist; without bits: not known */
	struct rw_bitmap dumped;	/* pages that the dump (the whole set) has */
	uint64_t descriptors;		/* offset */
	uint64_t rank_first, nr_pages;	/* of dumped, in [first, end) */
	uint64_t notes, notes_size;
	uint64_t vmcoreinfo, vmcoreinfo_size;
	uint64_t written_at[2];		/* seconds and microseconds */
	struct rw_dump_utsname utsname;
	size_t lost, damaged, no_codec[RW_NR_CODECS];	/* see rw_losses_count() */
};

/** What reading pages needs, shared by the files of a set. */
struct rw_page_reader {
	struct rw_pagecache cache;
	struct rw_codecs codecs;
	uint8_t *bounce;	/* a compressed page that does not lie in one piece */
};

/**
 * @param ret  To be released with rw_diskdump_deinit(), also after a failure.
 * @return NULL, RW_ERROR_FORMAT, RW_ERROR_UNSUPPORTED, RW_ERROR_MISMATCH or
 *         &rw_enomem.
 */
struct rw_error *rw_diskdump_init(struct rw_diskdump *ret, const struct rw_stream *stream,
				  uint32_t source, struct rw_losses *losses);

void rw_diskdump_deinit(struct rw_diskdump *dd);

/**
 * Put the files of a set in order and check that they belong together.  One file
 * is a set if it is not a part of one; a missing part is a loss.
 */
struct rw_error *rw_diskdump_join(struct rw_diskdump *set, size_t nr,
				  struct rw_losses *losses);

/** The file of a joined set that has the page's descriptor; NULL if none does. */
struct rw_diskdump *rw_diskdump_find(struct rw_diskdump *set, size_t nr, uint64_t pfn);

/** Why no file of a joined set has the page. */
enum rw_dump_status rw_diskdump_absence(const struct rw_diskdump *set, size_t nr, uint64_t pfn);

/** Make a reader for a joined set.  False: no memory; to be released also then. */
bool rw_page_reader_init(struct rw_page_reader *reader, const struct rw_diskdump *set,
			 size_t nr);

void rw_page_reader_deinit(struct rw_page_reader *reader);

/**
 * The bytes of a page in [dd->first, dd->end), valid until the next call with
 * the same @reader.
 */
enum rw_dump_status rw_diskdump_page(struct rw_diskdump *dd, struct rw_page_reader *reader,
				     struct rw_losses *losses, uint64_t pfn,
				     const uint8_t **ret);

#endif
