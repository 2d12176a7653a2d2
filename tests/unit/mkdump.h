/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small dumps out of tables: ELF cores, compressed kdumps, split sets, flattened
 * streams, notes.  What cannot be made (a compression that this build lacks) ends
 * the program: these are tests.
 */
#ifndef REWALK_TESTS_MKDUMP_H
#define REWALK_TESTS_MKDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A file being made; freed with mk_free(). */
struct mk {
	uint8_t *bytes;
	size_t size, capacity;
};

void mk_free(struct mk *mk);

/** Write at an offset; the file grows by zeros where that is needed. */
void mk_put(struct mk *mk, size_t off, const void *bytes, size_t size);
void mk_le(struct mk *mk, size_t off, uint64_t value, size_t size);

/** The byte of RAM at @pa in all dumps made here: never 0, and compressible. */
uint8_t mk_ram(uint64_t pa);

/** Append a note; an NT_PRSTATUS whose register xN is @first + N, then sp, pc, pstate. */
void mk_note(struct mk *notes, const char *name, uint32_t type, const void *desc, size_t size);
void mk_prstatus(struct mk *notes, uint32_t pid, uint64_t first);

/** A PT_LOAD. */
struct mk_segment {
	uint64_t paddr, filesz, memsz;
};

struct mk_core {
	const struct mk_segment *segments;
	size_t nr;
	const struct mk *notes;
	uint32_t flags;
	uint16_t ehsize;	/* QEMU writes 8 */
	bool xnum;		/* the number of segments is in a section header */
};

void mk_core(struct mk *ret, const struct mk_core *core);

enum mk_codec { MK_RAW = 0, MK_ZLIB = 1, MK_LZO = 2, MK_SNAPPY = 4, MK_ZSTD = 0x20 };

/** Is the compression in this build? */
bool mk_has_codec(enum mk_codec codec);

/** Pages [first, end) of RAM; not @dumped: left out. */
struct mk_pages {
	uint64_t first, end;
	enum mk_codec codec;
	bool dumped;
};

struct mk_kdump {
	const struct mk_pages *pages;	/* ascending */
	size_t nr;
	uint32_t block_size;
	uint32_t status;
	uint64_t max_mapnr;
	bool split, one_bitmap;
	uint64_t first, end;		/* split: the pages of this file */
	const char *release, *machine;
	const struct mk *notes;
	const char *vmcoreinfo;
};

/** @return Offset of the page descriptors. */
size_t mk_kdump(struct mk *ret, const struct mk_kdump *kdump);

struct mk_flat {
	size_t record;		/* bytes of a record, but for the last */
	bool backwards;		/* last record first */
	bool rewrite;		/* first write nonsense where the first record goes */
	bool no_end;
};

void mk_flatten(struct mk *ret, const struct mk *inside, const struct mk_flat *flat);

#endif
