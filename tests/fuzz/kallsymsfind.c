// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any memory as that of a kernel, of which nothing tells where its table of symbols is.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/image.h"

#define STEXT UINT64_C(0xffff800080010000)

struct memory {
	const uint8_t *bytes;
	size_t size;
};

/** The last page is as whole as any; behind it there is nothing. */
static bool read_memory(void *arg, uint64_t va, void *buf, size_t size)
{
	const struct memory *memory = arg;
	uint64_t off = va - STEXT;

	if (off >= memory->size)
		return false;
	size_t have = memory->size - off < size ? memory->size - off : size;
	memcpy(buf, memory->bytes + off, have);
	memset((uint8_t *)buf + have, 0, size - have);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory memory = { data, size };
	struct rw_kallsyms_place place;
	struct rw_image *image;

	if (!rw_kallsyms_find(read_memory, &memory, STEXT, &place))
		return 0;
	// What was found is within what was there.
	if (place.offsets < STEXT || place.offsets >= place.relative_base ||
	    place.relative_base >= place.num_syms || place.num_syms >= place.names ||
	    place.names >= place.token_table || place.token_table >= place.token_index ||
	    place.token_index - STEXT >= size + 4096)
		abort();
	if (rw_image_create_dump("memory", &image))
		return 0;
	rw_error_destroy(rw_image_add_kallsyms(image, &place, read_memory, &memory));
	rw_image_close(image);
	return 0;
}
