// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: ELF cores, from their first byte.

#include "dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_dump(data, size, RW_DUMP_ELF);
}
