// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any memory as that of a kernel with a table of its symbols.  The input begins with
// seven 16-bit offsets, where the parts of the table are said to be (0: nowhere); the
// rest is the memory.

#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/image.h"

#define BASE UINT64_C(0xffff800080000000)

enum { NR_PLACES = 7 };

struct memory {
	const uint8_t *bytes;
	size_t size;
};

static bool read_memory(void *arg, uint64_t va, void *buf, size_t size)
{
	const struct memory *memory = arg;

	if (!rw_fits(va - BASE, size, memory->size))
		return false;
	memcpy(buf, memory->bytes + (va - BASE), size);
	return true;
}

static void ask(struct rw_image *image)
{
	const uint64_t words[] = { BASE + 0x10, BASE + 0x20 };
	uint64_t addr;
	size_t nr;

	rw_image_rebase(image, 0x10000);
	rw_error_destroy(rw_image_add_identity(image, NULL, 0, "Linux version 6.1"));
	rw_error_destroy(rw_image_add_sym_code(image, words, 1));
	struct rw_error *err = rw_image_complete(image);
	rw_image_symbol(image, "no such symbol", &addr);
	const struct rw_range *ranges = rw_image_ranges(image, &nr);
	for (size_t i = 0; !err && i < nr; i++) {
		struct rw_symbol symbol;

		if (rw_image_symbolize(image, ranges[i].start, &symbol) &&
		    ranges[i].start - symbol.addr >= symbol.size)
			abort();
	}
	rw_error_destroy(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t at[NR_PLACES];
	struct rw_image *image;

	if (size < 2 * NR_PLACES)
		return 0;
	for (size_t i = 0; i < NR_PLACES; i++) {
		uint16_t off = rw_get_le16(data + 2 * i);

		at[i] = off ? BASE + off : 0;
	}
	const struct rw_kallsyms_place place = {
		at[0], at[1], at[2], at[3], at[4], at[5], at[6],
	};
	struct memory memory = { data + 2 * NR_PLACES, size - 2 * NR_PLACES };
	if (rw_image_create_dump("memory", &image))
		return 0;
	struct rw_error *err = rw_image_add_kallsyms(image, &place, read_memory, &memory);
	if (err && (!err->message || strchr(err->message, '\n')))
		abort();
	if (!err)
		ask(image);
	rw_error_destroy(err);
	rw_image_close(image);
	return 0;
}
