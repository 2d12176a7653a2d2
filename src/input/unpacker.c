// SPDX-License-Identifier: GPL-2.0-or-later
//
// Readers of gzip, xz and zstd, by libarchive, which bounds the memory that they take:
// 128 MiB for the window of a zstd frame, as the zstd program does without --long, and 1
// GiB for the dictionary of xz.

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"

#include "unpacker.h"

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

static const struct packing {
	const char *magic;
	size_t size;
	const char *name;
} packings[] = {
	{ "\x1f\x8b\x08", 3, "gzip" },
	{ "\xfd" "7zXZ\0", 6, "xz" },
	{ "\x28\xb5\x2f\xfd", 4, "zstd" },
};

const char *rw_packing_name(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++)
		if (size >= packings[i].size && !memcmp(bytes, packings[i].magic, packings[i].size))
			return packings[i].name;
	return NULL;
}

#ifdef HAVE_LIBARCHIVE

struct rw_unpacker {
	struct archive *archive;
	const char *packing;
	bool ended;
};

static struct rw_error *damaged(const struct rw_unpacker *unpacker, const char *why)
{
	return rw_error_create(RW_ERROR_FORMAT, "its %s data cannot be unpacked (%s); copy the "
			       "file again, or unpack it by hand", unpacker->packing,
			       why ? why : "no reason given");
}

static struct rw_error *begin(struct rw_unpacker *unpacker, const uint8_t *bytes, size_t size)
{
	struct archive *archive = unpacker->archive;
	const char *packing = unpacker->packing;
	struct archive_entry *entry;

	// A filter that would run another program answers with a warning: not wanted.
	int status = !strcmp(packing, "gzip") ? archive_read_support_filter_gzip(archive) :
		     !strcmp(packing, "xz") ? archive_read_support_filter_xz(archive) :
		     archive_read_support_filter_zstd(archive);
	if (status == ARCHIVE_OK)
		status = archive_read_support_format_raw(archive);
	if (status == ARCHIVE_OK)
		status = archive_read_support_format_empty(archive);
	if (status == ARCHIVE_OK)
		status = archive_read_open_memory(archive, bytes, size);
	if (status == ARCHIVE_OK)
		status = archive_read_next_header(archive, &entry);
	// What unpacks to nothing is no file to the library.
	unpacker->ended = status == ARCHIVE_EOF;
	if (status != ARCHIVE_OK && !unpacker->ended)
		return damaged(unpacker, archive_error_string(archive));
	// A beginning that it does not know it would hand out as it is.
	return archive_filter_code(archive, 0) != ARCHIVE_FILTER_NONE ? NULL :
	       damaged(unpacker, "its beginning is incomplete");
}

struct rw_error *rw_unpacker_open(const uint8_t *bytes, size_t size, struct rw_unpacker **ret)
{
	struct rw_unpacker *unpacker = calloc(1, sizeof(*unpacker));

	if (!unpacker)
		return &rw_enomem;
	unpacker->packing = rw_packing_name(bytes, size);
	unpacker->archive = archive_read_new();
	struct rw_error *err = unpacker->archive ? begin(unpacker, bytes, size) : &rw_enomem;
	if (err) {
		rw_unpacker_close(unpacker);
		return err;
	}
	*ret = unpacker;
	return NULL;
}

void rw_unpacker_close(struct rw_unpacker *unpacker)
{
	if (!unpacker)
		return;
	if (unpacker->archive)
		archive_read_free(unpacker->archive);
	free(unpacker);
}

struct rw_error *rw_unpacker_read(struct rw_unpacker *unpacker, uint8_t *buf, size_t size,
				  size_t *nr_ret)
{
	la_ssize_t nr = unpacker->ended ? 0 : archive_read_data(unpacker->archive, buf, size);

	if (nr < 0)
		return damaged(unpacker, archive_error_string(unpacker->archive));
	*nr_ret = (size_t)nr;
	return NULL;
}

uint64_t rw_unpacker_used(struct rw_unpacker *unpacker)
{
	la_int64_t used = archive_filter_bytes(unpacker->archive, -1);

	return used > 0 ? (uint64_t)used : 0;
}

#else

struct rw_error *rw_unpacker_open(const uint8_t *bytes, size_t size, struct rw_unpacker **ret)
{
	const char *packing = rw_packing_name(bytes, size);

	(void)ret;
	return rw_error_create(RW_ERROR_UNSUPPORTED, "is packed with %s, which this build cannot "
			       "unpack (-Darchive=enabled); unpack it by hand (%s -d)", packing,
			       packing);
}

void rw_unpacker_close(struct rw_unpacker *unpacker)
{
	(void)unpacker;
}

struct rw_error *rw_unpacker_read(struct rw_unpacker *unpacker, uint8_t *buf, size_t size,
				  size_t *nr_ret)
{
	(void)unpacker;
	(void)buf;
	(void)size;
	*nr_ret = 0;
	return NULL;
}

uint64_t rw_unpacker_used(struct rw_unpacker *unpacker)
{
	(void)unpacker;
	return 0;
}

#endif
