// SPDX-License-Identifier: GPL-2.0-or-later
//
// A writer of small dumps.  It is written from the formats, not from the
// readers, and shares no code with them.

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

#include "mkdump.h"

static void fail(const char *what)
{
	fprintf(stderr, "mkdump: %s\n", what);
	abort();
}

void mk_free(struct mk *mk)
{
	free(mk->bytes);
	*mk = (struct mk){ 0 };
}

void mk_put(struct mk *mk, size_t off, const void *bytes, size_t size)
{
	size_t end = off + size;

	if (end > mk->capacity) {
		size_t capacity = end * 2;
		uint8_t *grown = realloc(mk->bytes, capacity);

		if (!grown)
			fail("no memory");
		memset(grown + mk->capacity, 0, capacity - mk->capacity);
		mk->bytes = grown;
		mk->capacity = capacity;
	}
	if (size)
		memcpy(mk->bytes + off, bytes, size);
	if (end > mk->size)
		mk->size = end;
}

void mk_le(struct mk *mk, size_t off, uint64_t value, size_t size)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = value >> (8 * i);
	mk_put(mk, off, bytes, size);
}

static void put_be64(struct mk *mk, uint64_t value)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = value >> (56 - 8 * i);
	mk_put(mk, mk->size, bytes, sizeof(bytes));
}

uint8_t mk_ram(uint64_t pa)
{
	return ((pa >> 9) * 37 + (pa >> 5)) % 255 + 1;
}

static void fill(uint8_t *page, uint64_t pa, size_t size)
{
	for (size_t i = 0; i < size; i++)
		page[i] = mk_ram(pa + i);
}

static void put_ram(struct mk *mk, size_t off, uint64_t pa, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);

	if (!bytes)
		fail("no memory");
	fill(bytes, pa, size);
	mk_put(mk, off, bytes, size);
	free(bytes);
}

// ---- notes ----------------------------------------------------------------

void mk_note(struct mk *notes, const char *name, uint32_t type, const void *desc, size_t size)
{
	size_t off = notes->size, namesz = strlen(name) + 1;

	mk_le(notes, off, namesz, 4);
	mk_le(notes, off + 4, size, 4);
	mk_le(notes, off + 8, type, 4);
	mk_put(notes, off + 12, name, namesz);
	off += 12 + ((namesz + 3) & ~(size_t)3);
	mk_put(notes, off, desc, size);
	mk_put(notes, off + ((size + 3) & ~(size_t)3), NULL, 0);
}

void mk_prstatus(struct mk *notes, uint32_t pid, uint64_t first)
{
	struct mk desc = { 0 };

	mk_le(&desc, 32, pid, 4);
	for (size_t i = 0; i < 34; i++)
		mk_le(&desc, 112 + 8 * i, first + i, 8);
	mk_le(&desc, 384, 0, 8);
	mk_note(notes, "CORE", 1, desc.bytes, desc.size);
	mk_free(&desc);
}

// ---- ELF cores ------------------------------------------------------------

void mk_core(struct mk *ret, const struct mk_core *core)
{
	size_t nr = core->nr + 1, ph = sizeof(Elf64_Ehdr);
	size_t notes_size = core->notes ? core->notes->size : 0;
	size_t off = ph + nr * sizeof(Elf64_Phdr) + sizeof(Elf64_Shdr);

	mk_put(ret, 0, "\177ELF\2\1\1", 7);
	mk_le(ret, 16, ET_CORE, 2);
	mk_le(ret, 18, EM_AARCH64, 2);
	mk_le(ret, 20, 1, 4);
	mk_le(ret, 32, ph, 8);
	mk_le(ret, 40, core->xnum ? off - sizeof(Elf64_Shdr) : 0, 8);
	mk_le(ret, 48, core->flags, 4);
	mk_le(ret, 52, core->ehsize ? core->ehsize : sizeof(Elf64_Ehdr), 2);
	mk_le(ret, 54, sizeof(Elf64_Phdr), 2);
	mk_le(ret, 56, core->xnum ? PN_XNUM : nr, 2);
	mk_le(ret, off - sizeof(Elf64_Shdr) + 44, core->xnum ? nr : 0, 4);

	mk_le(ret, ph, PT_NOTE, 4);
	mk_le(ret, ph + 8, off, 8);
	mk_le(ret, ph + 32, notes_size, 8);
	mk_put(ret, off, core->notes ? core->notes->bytes : NULL, notes_size);
	off += notes_size;
	for (size_t i = 0; i < core->nr; i++) {
		const struct mk_segment *s = &core->segments[i];

		ph += sizeof(Elf64_Phdr);
		mk_le(ret, ph, PT_LOAD, 4);
		mk_le(ret, ph + 8, off, 8);
		mk_le(ret, ph + 16, 0xffff000000000000 + s->paddr, 8);
		mk_le(ret, ph + 24, s->paddr, 8);
		mk_le(ret, ph + 32, s->filesz, 8);
		mk_le(ret, ph + 40, s->memsz, 8);
		put_ram(ret, off, s->paddr, s->filesz);
		off += s->filesz;
	}
}

// ---- compressed kdumps ----------------------------------------------------

bool mk_has_codec(enum mk_codec codec)
{
	unsigned int have = 0;

#ifdef HAVE_ZLIB
	have |= MK_ZLIB;
#endif
#ifdef HAVE_LZO
	have |= MK_LZO;
#endif
#ifdef HAVE_SNAPPY
	have |= MK_SNAPPY;
#endif
#ifdef HAVE_ZSTD
	have |= MK_ZSTD;
#endif
	return (codec & have) == (unsigned int)codec;
}

// The size of the compressed page, 0 if that could not be done.
static size_t compress_page(enum mk_codec codec, const uint8_t *in, size_t size, uint8_t *out,
			    size_t room)
{
	(void)codec;
	(void)in;
	(void)size;
	(void)out;
	(void)room;
#ifdef HAVE_ZLIB
	if (codec == MK_ZLIB) {
		uLongf len = room;

		return compress2(out, &len, in, size, 1) == Z_OK ? len : 0;
	}
#endif
#ifdef HAVE_LZO
	if (codec == MK_LZO) {
		static lzo_align_t work[LZO1X_1_MEM_COMPRESS / sizeof(lzo_align_t) + 1];
		lzo_uint len = room;

		return lzo1x_1_compress(in, size, out, &len, work) == LZO_E_OK ? len : 0;
	}
#endif
#ifdef HAVE_SNAPPY
	if (codec == MK_SNAPPY) {
		size_t len = room;

		return snappy_compress((const char *)in, size, (char *)out, &len) == SNAPPY_OK ?
		       len : 0;
	}
#endif
#ifdef HAVE_ZSTD
	if (codec == MK_ZSTD) {
		size_t len = ZSTD_compress(out, room, in, size, 1);

		return ZSTD_isError(len) ? 0 : len;
	}
#endif
	return 0;
}

static void put_page(struct mk *mk, size_t descriptor, const struct mk_kdump *kdump,
		     uint64_t pfn, enum mk_codec codec)
{
	size_t size = kdump->block_size, room = 2 * size + 1024, len = size;
	uint8_t *page = malloc(size), *packed = malloc(room);

	if (!page || !packed)
		fail("no memory");
	fill(page, pfn * size, size);
	if (codec) {
		len = compress_page(codec, page, size, packed, room);
		if (!len || len >= size)
			fail("a page that cannot be compressed");
	}
	mk_le(mk, descriptor, mk->size, 8);
	mk_le(mk, descriptor + 8, len, 4);
	mk_le(mk, descriptor + 12, codec, 4);
	mk_put(mk, mk->size, codec ? packed : page, len);
	free(page);
	free(packed);
}

static void set_bit(struct mk *mk, size_t bitmap, uint64_t bit)
{
	mk->bytes[bitmap + bit / 8] |= 1 << (bit % 8);
}

static void put_string(struct mk *mk, size_t off, const char *text)
{
	if (text)
		mk_put(mk, off, text, strlen(text));
}

size_t mk_kdump(struct mk *ret, const struct mk_kdump *kdump)
{
	size_t block = kdump->block_size, half = (kdump->max_mapnr + 7) / 8;
	size_t notes_size = kdump->notes ? kdump->notes->size : 0;
	size_t info_size = kdump->vmcoreinfo ? strlen(kdump->vmcoreinfo) : 0;
	size_t sub_blocks = (104 + notes_size + info_size + block - 1) / block;
	size_t notes = block + 104, bitmap = (1 + sub_blocks) * block;
	size_t bitmap_blocks = (half + block - 1) / block * (kdump->one_bitmap ? 1 : 2);
	size_t second = kdump->one_bitmap ? bitmap : bitmap + bitmap_blocks * block / 2;
	size_t descriptors = bitmap + bitmap_blocks * block, nr = 0;
	uint64_t end = kdump->split ? kdump->end : kdump->max_mapnr;

	mk_put(ret, 0, "KDUMP   ", 8);
	mk_le(ret, 8, 6, 4);
	put_string(ret, 12, kdump->release ? "Linux" : NULL);
	put_string(ret, 12 + 2 * 65, kdump->release);
	put_string(ret, 12 + 4 * 65, kdump->machine ? kdump->machine : "Unknown");
	mk_le(ret, 424, kdump->status, 4);
	mk_le(ret, 428, block, 4);
	mk_le(ret, 432, sub_blocks, 4);
	mk_le(ret, 436, bitmap_blocks, 4);
	mk_le(ret, 440, kdump->max_mapnr, 4);
	mk_le(ret, block + 8, 31, 4);
	mk_le(ret, block + 12, kdump->split, 4);
	mk_le(ret, block + 32, notes + notes_size, 8);
	mk_le(ret, block + 40, info_size, 8);
	mk_le(ret, block + 48, notes, 8);
	mk_le(ret, block + 56, notes_size, 8);
	mk_le(ret, block + 80, kdump->split ? kdump->first : 0, 8);
	mk_le(ret, block + 88, kdump->split ? kdump->end : 0, 8);
	mk_le(ret, block + 96, kdump->max_mapnr, 8);
	mk_put(ret, notes, kdump->notes ? kdump->notes->bytes : NULL, notes_size);
	put_string(ret, notes + notes_size, kdump->vmcoreinfo);
	mk_put(ret, descriptors, NULL, 0);

	for (size_t pass = 0; pass < 2; pass++) {
		size_t at = descriptors;

		for (size_t i = 0; i < kdump->nr; i++) {
			const struct mk_pages *p = &kdump->pages[i];

			for (uint64_t pfn = p->first; pfn < p->end; pfn++) {
				if (!kdump->one_bitmap)
					set_bit(ret, bitmap, pfn);
				if (!p->dumped)
					continue;
				set_bit(ret, second, pfn);
				if (pfn < kdump->first || pfn >= end)
					continue;
				nr += !pass;
				if (pass)
					put_page(ret, at, kdump, pfn, p->codec);
				at += 24;
			}
		}
		mk_put(ret, descriptors + nr * 24, NULL, 0);
	}
	return descriptors;
}

// ---- flattened streams ----------------------------------------------------

static void put_record(struct mk *ret, uint64_t off, const void *bytes, size_t size)
{
	put_be64(ret, off);
	put_be64(ret, size);
	mk_put(ret, ret->size, bytes, size);
}

void mk_flatten(struct mk *ret, const struct mk *inside, const struct mk_flat *flat)
{
	size_t nr = (inside->size + flat->record - 1) / flat->record;

	mk_put(ret, 0, "makedumpfile", 12);
	mk_put(ret, 16, NULL, 0);
	put_be64(ret, 1);
	put_be64(ret, 1);
	mk_put(ret, 4096, NULL, 0);
	if (flat->rewrite)
		put_record(ret, flat->record / 2, "nonsense that is written over later", 35);
	for (size_t i = 0; i < nr; i++) {
		size_t off = (flat->backwards ? nr - 1 - i : i) * flat->record;
		size_t left = inside->size - off;

		put_record(ret, off, inside->bytes + off,
			   left < flat->record ? left : flat->record);
	}
	if (flat->no_end)
		return;
	put_be64(ret, UINT64_MAX);
	put_be64(ret, UINT64_MAX);
}
