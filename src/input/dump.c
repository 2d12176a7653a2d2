// SPDX-License-Identifier: GPL-2.0-or-later
//
// A dump: files joined into one physical memory.
//
// Memory that lies uncompressed in a file is a sorted list of extents, whatever
// the file's format; compressed pages are found by the files of a set.  No byte
// may come from two files.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dump_private.h"
#include "memory_files.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"

void rw_dump_destroy(struct rw_dump *dump)
{
	if (!dump)
		return;
	for (size_t i = 0; i < dump->nr_set; i++)
		rw_diskdump_deinit(&dump->set[i]);
	free(dump->set);
	rw_page_reader_deinit(&dump->reader);
	for (size_t i = 0; i < dump->nr_streams; i++)
		rw_stream_deinit(&dump->streams[i]);
	free(dump->streams);
	free(dump->ram.data);
	rw_notes_deinit(&dump->notes);
	rw_losses_deinit(&dump->losses);
	free(dump);
}

static void destroy_cleanup(struct rw_dump **dump)
{
	rw_dump_destroy(*dump);
}

// ---- joining files --------------------------------------------------------

static struct rw_error *read_elf(struct rw_dump *dump, uint32_t source, struct rw_extents *ram)
{
	const struct rw_stream *stream = &dump->streams[source];
	size_t nr = dump->notes.prstatus.nr;
	struct rw_error *err = rw_elfcore_read(stream, source, ram, &dump->notes, &dump->losses);

	if (err || !nr || dump->notes.prstatus.nr == nr)
		return err;
	return rw_error_create(RW_ERROR_MISMATCH,
			       "%s: an earlier file has registers of CPUs as well; give one vmcore",
			       stream->file->name);
}

static struct rw_error *read_kdump(struct rw_dump *dump, uint32_t source)
{
	struct rw_diskdump *dd = &dump->set[dump->nr_set++];

	return rw_diskdump_init(dd, &dump->streams[source], source, &dump->losses);
}

static struct rw_error *read_flattened(struct rw_dump *dump, uint32_t source,
				       const struct rw_file *file, struct rw_extents *ram)
{
	struct rw_stream *stream = &dump->streams[source];
	struct rw_error *err = rw_stream_init_flattened(stream, file, &dump->losses);
	char magic[4] = "";

	if (err)
		return err;
	rw_stream_read(stream, 0, magic, sizeof(magic));
	if (!memcmp(magic, "\177ELF", sizeof(magic))) {
		dump->format_name = "a flattened ELF core";
		return read_elf(dump, source, ram);
	}
	if (memcmp(magic, "KDUM", sizeof(magic)))
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: the flattened stream begins with neither an ELF core "
				       "nor a compressed kdump; copy the dump again", file->name);
	dump->format_name = "a flattened compressed kdump";
	return read_kdump(dump, source);
}

static struct rw_error *read_source(struct rw_dump *dump, const struct rw_dump_source *source,
				    uint32_t i, struct rw_extents *ram)
{
	struct rw_stream *stream = &dump->streams[i];

	rw_stream_init(stream, source->file);
	switch (source->format) {
	case RW_DUMP_ELF:
		dump->format_name = "an ELF core";
		return read_elf(dump, i, ram);
	case RW_DUMP_KDUMP:
		dump->format_name = "a compressed kdump";
		return read_kdump(dump, i);
	case RW_DUMP_FLATTENED:
		return read_flattened(dump, i, source->file, ram);
	case RW_DUMP_LIME:
		dump->format_name = "a LiME dump";
		return rw_lime_read(stream, i, ram, &dump->losses);
	case RW_DUMP_BANK:
		dump->format_name = "a bank of RAM";
		return rw_bank_read(stream, i, source->base, ram);
	}
	return rw_error_create(RW_ERROR_FORMAT, "%s: no dump", source->file->name);
}

static const char *extent_name(const struct rw_dump *dump, const struct rw_extent *e)
{
	return dump->streams[e->source].file->name;
}

static int compare_starts(const void *a, const void *b)
{
	const struct rw_extent *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static struct rw_error *both_have(const char *a, const char *b, uint64_t pa)
{
	return rw_error_create(RW_ERROR_MISMATCH,
			       "%s and %s: both have the memory at 0x%" PRIx64
			       "; give one of them", a, b, pa);
}

// @all: extents of all files, each file's settled for itself.  Bytes that are
// there go before the lack of them in another file.
static struct rw_error *join_extents(struct rw_dump *dump, struct rw_extents *all)
{
	if (all->nr)
		qsort(all->data, all->nr, sizeof(*all->data), compare_starts);
	const struct rw_extent *last = NULL;
	for (size_t i = 0; i < all->nr; i++) {
		const struct rw_extent *e = &all->data[i];

		if (e->status != RW_DUMP_OK)
			continue;
		if (last && e->start < last->end)
			return both_have(extent_name(dump, last), extent_name(dump, e), e->start);
		last = e;
	}
	for (int present = 0; present <= 1; present++) {
		for (size_t i = 0; i < all->nr; i++) {
			const struct rw_extent *e = &all->data[i];

			if ((e->status == RW_DUMP_OK) == present &&
			    !rw_extents_add(&dump->ram, e->start, e->end - e->start, e->to,
					    e->source, e->status))
				return &rw_enomem;
		}
	}
	return rw_extents_settle(&dump->ram) ? NULL : &rw_enomem;
}

// Compressed pages beside uncompressed memory: allowed where they do not meet.
static struct rw_error *check_pages(const struct rw_dump *dump)
{
	for (size_t i = 0; i < dump->ram.nr; i++) {
		const struct rw_extent *e = &dump->ram.data[i];

		for (size_t j = 0; e->status == RW_DUMP_OK && j < dump->nr_set; j++) {
			const struct rw_diskdump *dd = &dump->set[j];
			uint64_t pfn = e->start >> dd->shift;

			pfn = rw_bitmap_next(&dd->dumped, pfn > dd->first ? pfn : dd->first, true);
			if (pfn < dd->end && pfn < dd->dumped.nr && pfn << dd->shift < e->end)
				return both_have(extent_name(dump, e), dd->name, pfn << dd->shift);
		}
	}
	return NULL;
}

static struct rw_error *join_set(struct rw_dump *dump)
{
	if (!dump->nr_set)
		return NULL;
	struct rw_error *err = rw_diskdump_join(dump->set, dump->nr_set, &dump->losses);
	for (size_t i = 0; !err && i < dump->nr_set; i++) {
		const struct rw_diskdump *dd = &dump->set[i];

		// Each part of a set has them all.
		if (!dump->notes.prstatus.nr && dd->notes_size)
			err = rw_notes_read(&dump->notes, dd->stream, dd->notes, dd->notes_size,
					    &dump->losses);
		if (!err)
			err = rw_notes_read_vmcoreinfo(&dump->notes, dd->stream, dd->vmcoreinfo,
						       dd->vmcoreinfo_size, &dump->losses);
	}
	if (!err && !rw_page_reader_init(&dump->reader, dump->set, dump->nr_set))
		err = &rw_enomem;
	return err ? err : check_pages(dump);
}

static void choose_name(struct rw_dump *dump)
{
	if (dump->nr_set == dump->nr_streams && dump->set[0].split)
		dump->format_name = "a split compressed kdump";
	else if (dump->nr_streams > 1)
		dump->format_name = "several files of memory";
}

static struct rw_error *read_sources(struct rw_dump *dump, const struct rw_dump_source *sources,
				     struct rw_extents *all)
{
	for (uint32_t i = 0; i < dump->nr_streams; i++) {
		struct rw_extents ram = { 0 };
		struct rw_error *err = read_source(dump, &sources[i], i, &ram);

		for (size_t j = 0; !err && j < ram.nr; j++) {
			const struct rw_extent *e = &ram.data[j];

			if (!rw_extents_add(all, e->start, e->end - e->start, e->to, e->source,
					    e->status))
				err = &rw_enomem;
		}
		free(ram.data);
		if (err)
			return err;
	}
	return NULL;
}

struct rw_error *rw_dump_create(const struct rw_dump_source *sources, size_t nr,
				struct rw_dump **ret)
{
	if (!nr || nr > UINT32_MAX)
		return rw_error_create(RW_ERROR_USAGE, "a dump of no files");
	__attribute__((__cleanup__(destroy_cleanup))) struct rw_dump *dump =
		calloc(1, sizeof(*dump));
	if (!dump)
		return &rw_enomem;
	dump->streams = calloc(nr, sizeof(*dump->streams));
	dump->set = calloc(nr, sizeof(*dump->set));
	if (!dump->streams || !dump->set)
		return &rw_enomem;
	dump->nr_streams = nr;

	struct rw_extents all = { 0 };
	struct rw_error *err = read_sources(dump, sources, &all);
	if (!err)
		err = join_extents(dump, &all);
	free(all.data);
	if (!err)
		err = join_set(dump);
	if (err)
		return err;
	choose_name(dump);
	*ret = rw_steal(dump);
	return NULL;
}

// ---- what the notes and headers say ---------------------------------------

const struct rw_prstatus *rw_dump_prstatus(const struct rw_dump *dump, size_t *nr_ret)
{
	*nr_ret = dump->notes.prstatus.nr;
	return dump->notes.prstatus.data;
}

enum rw_dump_producer rw_dump_producer(const struct rw_dump *dump)
{
	return rw_notes_producer(&dump->notes);
}

const struct rw_vmcoreinfo *rw_dump_vmcoreinfo(const struct rw_dump *dump)
{
	return dump->notes.vmcoreinfo;
}

bool rw_dump_crash_time(const struct rw_dump *dump, uint64_t *ret)
{
	return rw_vmcoreinfo_number(dump->notes.vmcoreinfo, "CRASHTIME", ret);
}

const struct rw_dump_utsname *rw_dump_utsname(const struct rw_dump *dump)
{
	return dump->nr_set && *dump->set->utsname.release ? &dump->set->utsname : NULL;
}

int rw_dump_level(const struct rw_dump *dump)
{
	return dump->nr_set ? dump->set->level : -1;
}

const char *rw_dump_name(const struct rw_dump *dump)
{
	return dump->streams[0].file->name;
}

const char *rw_dump_format_name(const struct rw_dump *dump)
{
	return dump->format_name;
}

const struct rw_dump_loss *rw_dump_lost(const struct rw_dump *dump, size_t *nr_ret)
{
	*nr_ret = dump->losses.nr;
	return dump->losses.data;
}
