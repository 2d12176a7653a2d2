// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: the DWARF reader.  The input is the sections in the order of enum
// rw_dwarf_section, each with its size (4 bytes, little-endian) in front; see
// dwarf_seed.py.  It is asked about the code that its own tables name.

#include <stdlib.h>
#include <string.h>

#include "annotate/dwarf_private.h"

static void ask(struct rw_dwarf *dwarf, uint64_t addr)
{
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	size_t nr = rw_dwarf_find(dwarf, addr, calls);
	size_t length = 0;

	for (size_t i = 0; i < nr; i++) {
		if (calls[i].inlined != (i < nr - 1))
			abort();
		// Each name ends where its memory does.
		length = length + (calls[i].function ? strlen(calls[i].function) : 0);
		length = length + (calls[i].file ? strlen(calls[i].file) : 0);
	}
	if (length == SIZE_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rw_dwarf_bytes sections[RW_NR_DWARF_SECTIONS] = { 0 };

	for (int i = 0; i < RW_NR_DWARF_SECTIONS && size >= 4; i++) {
		size_t length = rw_get_le32(data);

		data += 4;
		size -= 4;
		length = length < size ? length : size;
		sections[i] = (struct rw_dwarf_bytes){ length ? data : NULL, length };
		data += length;
		size -= length;
	}
	struct rw_dwarf *dwarf = rw_dwarf_create(sections);
	if (!dwarf)
		abort();
	ask(dwarf, 0);
	for (size_t i = 0; i < dwarf->ranges.nr && i < 8; i++) {
		const struct unit_range range = dwarf->ranges.data[i];

		ask(dwarf, range.low);
		ask(dwarf, range.low + (range.high - range.low) / 2);
		ask(dwarf, range.high - 1);
	}
	for (size_t i = 0; i < dwarf->units.nr && i < 8; i++)
		for (size_t j = 0; j < dwarf->units.data[i]->functions.nr && j < 8; j++) {
			const struct function f = dwarf->units.data[i]->functions.data[j];

			ask(dwarf, f.low);
			ask(dwarf, f.low + (f.high - f.low) / 2);
			ask(dwarf, f.high - 1);
		}
	rw_dwarf_destroy(dwarf);
	return 0;
}
