// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes the seeds of the fuzz targets of dumps and page tables into
// DIR/NAME/..., which must exist: mkcorpus tests/fuzz/corpus

#include <stdio.h>
#include <stdlib.h>

#include "mkdump.h"

#define BASE UINT64_C(0x40000000)

static const char *dir;

static void save(const char *target, const char *name, struct mk *mk)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s/%s", dir, target, name);
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(mk->bytes, 1, mk->size, file) != mk->size || fclose(file)) {
		perror(path);
		exit(1);
	}
	mk_free(mk);
}

static void make_core(struct mk *ret, const struct mk *notes, bool xnum)
{
	static const struct mk_segment segments[] = {
		{ BASE + 0x800, 0x400, 0x400 }, { BASE + 0xa00, 0x400, 0x800 },
		{ BASE, 0x400, 0x400 }, { BASE + 0x400, 0, 0 },
	};

	mk_core(ret, &(struct mk_core){ .segments = segments, .nr = 4, .notes = notes,
					.ehsize = xnum ? 8 : 64, .flags = xnum, .xnum = xnum });
}

static void make_kdump(struct mk *ret, enum mk_codec codec, bool split, const struct mk *notes)
{
	const struct mk_pages pages[] = {
		{ 2, 4, codec, true }, { 4, 6, codec, false }, { 6, 7, MK_RAW, true },
		{ 7, 9, codec, true },
	};
	const struct mk_kdump kdump = {
		.pages = pages, .nr = 4, .block_size = 1024, .max_mapnr = 10, .split = split,
		.first = split ? 3 : 0, .end = 8, .release = "6.1.0", .machine = "aarch64",
		.notes = notes, .vmcoreinfo = "PAGESIZE=4096\n", .status = codec,
	};

	mk_kdump(ret, &kdump);
}

static void make_pagetable(struct mk *ret, uint8_t configuration, uint64_t va, bool block)
{
	// One table at 0 in which every entry leads back to it, or maps.
	mk_put(ret, 0, &configuration, 1);
	mk_le(ret, 1, va, 8);
	mk_le(ret, 9, 0, 8);
	for (size_t i = 0; i < 512; i++)
		mk_le(ret, 17 + 8 * i, block && i % 2 ? 0x00e0000041400481 : 0x0010000000000003, 8);
}

static void make_dumps(const struct mk *notes)
{
	static const struct {
		const char *name;
		enum mk_codec codec;
	} codecs[] = {
		{ "raw", MK_RAW }, { "zlib", MK_ZLIB }, { "lzo", MK_LZO }, { "snappy", MK_SNAPPY },
		{ "zstd", MK_ZSTD },
	};
	struct mk a = { 0 }, b = { 0 };

	make_core(&a, notes, false);
	mk_flatten(&b, &a, &(struct mk_flat){ .record = 700, .rewrite = true });
	save("elfcore", "plain", &a);
	save("flattened", "elf", &b);
	make_core(&a, NULL, true);
	mk_flatten(&b, &a, &(struct mk_flat){ .record = 333, .backwards = true, .no_end = true });
	save("elfcore", "xnum", &a);
	save("flattened", "elf-no-end", &b);
	for (size_t i = 0; i < 5; i++) {
		make_kdump(&a, codecs[i].codec, false, i ? NULL : notes);
		mk_flatten(&b, &a, &(struct mk_flat){ .record = 1000, .backwards = i % 2 });
		save("diskdump", codecs[i].name, &a);
		save("flattened", codecs[i].name, &b);
	}
	make_kdump(&a, MK_ZLIB, true, NULL);
	save("diskdump", "split", &a);
}

int main(int argc, char **argv)
{
	struct mk notes = { 0 }, table = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: mkcorpus DIR\n");
		return 2;
	}
	dir = argv[1];
	mk_prstatus(&notes, 1, 0x1000);
	mk_prstatus(&notes, 2, 0x2000);
	mk_note(&notes, "CORE", 2, "fp", 2);
	mk_note(&notes, "VMCOREINFO", 0, "OSRELEASE=6.1.0\nCRASHTIME=17\n", 29);
	mk_note(&notes, "ERASEINFO", 0, "erase x\n", 8);
	make_dumps(&notes);
	mk_free(&notes);
	for (uint8_t i = 0; i < 13; i++) {
		char name[32];

		snprintf(name, sizeof(name), "configuration-%u", i);
		make_pagetable(&table, i, i % 2 ? UINT64_MAX : UINT64_MAX << 30, i % 3);
		save("pagetable", name, &table);
	}
	return 0;
}
