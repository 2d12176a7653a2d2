// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: page tables.  The input is a configuration (one byte, an index), an
// address to translate and a root (8 bytes each), then memory from physical
// address 0 on: tables of any shape, that point to themselves or nowhere.

#include <stdlib.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/pagetable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *bytes;
	size_t size;
	unsigned int nr_reads;
};

static const struct {
	unsigned int shift, bits, actual;
} configurations[] = {
	{ 12, 39, 39 }, { 12, 48, 48 }, { 12, 52, 52 }, { 12, 52, 48 }, { 14, 36, 36 },
	{ 14, 47, 47 }, { 14, 48, 48 }, { 14, 52, 52 }, { 14, 52, 47 }, { 16, 42, 42 },
	{ 16, 48, 48 }, { 16, 52, 52 }, { 16, 52, 48 },
};

static bool read64(void *arg, uint64_t pa, uint64_t *ret)
{
	struct input *in = arg;

	if (++in->nr_reads > 5 || pa >> 53)
		abort();
	// Tables at any address fold into the little memory that there is.
	pa &= 0xfff8;
	if (!rw_fits(pa, 8, in->size))
		return false;
	*ret = rw_get_le64(in->bytes + pa);
	return true;
}

static void check(const struct rw_translation *t)
{
	if (t->status == RW_VA_MAPPED &&
	    (!t->size || t->size & (t->size - 1) || t->pa >> 52 || t->fault))
		abort();
	if ((t->status == RW_VA_UNMAPPED) != !!t->fault || t->level > 3 || t->level < -1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rw_translation_cache empty;
	struct rw_translation_cache cache = empty;
	struct rw_translation t, again;
	struct rw_pagetable pt;

	if (size < 17)
		return 0;
	size_t i = data[0] % (sizeof(configurations) / sizeof(configurations[0]));
	uint64_t va = rw_get_le64(data + 1);
	struct input in = { .bytes = data + 17, .size = size - 17 };
	struct rw_error *err = rw_pagetable_init(&pt, configurations[i].shift,
						 configurations[i].bits, configurations[i].actual,
						 rw_get_le64(data + 9), read64, &in);
	if (err) {
		rw_error_destroy(err);
		return 0;
	}
	rw_pagetable_translate(&pt, va, &t);
	check(&t);
	for (int n = 0; n < 2; n++) {
		in.nr_reads = 0;
		rw_pagetable_translate_cached(&pt, &cache, va, &again);
		if (t.status != again.status || t.pa != again.pa || t.size != again.size)
			abort();
	}
	return 0;
}
