// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was met in a list before: lists of a damaged kernel can be cycles.

#include <stdlib.h>

#include "machine_private.h"

int machine_see(struct seen *seen, uint64_t value)
{
	if (2 * seen->nr >= seen->size) {
		struct seen grown = { .size = seen->size ? seen->size * 2 : 1024 };

		grown.slots = calloc(grown.size, sizeof(grown.slots[0]));
		if (!grown.slots)
			return -1;
		for (size_t i = 0; i < seen->size; i++)
			if (seen->slots[i])
				machine_see(&grown, seen->slots[i]);
		free(seen->slots);
		*seen = grown;
	}
	size_t i = (value * UINT64_C(0x9e3779b97f4a7c15)) >> 20 & (seen->size - 1);
	while (seen->slots[i] && seen->slots[i] != value)
		i = (i + 1) & (seen->size - 1);
	if (seen->slots[i])
		return 0;
	seen->slots[i] = value;
	seen->nr++;
	return 1;
}
