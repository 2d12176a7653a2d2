// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of pcs, kept in a small hash table: stacks share most of theirs.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/annotate.h"

#define NR_SLOTS 1024	/* a power of two */

struct slot {
	bool used;
	struct rw_name name;
	char *printed, *symbol;
};

struct rw_names {
	const struct rw_kernel *kernel;
	struct slot slots[NR_SLOTS];
};

struct rw_names *rw_names_create(const struct rw_kernel *kernel)
{
	struct rw_names *names = calloc(1, sizeof(*names));

	if (names)
		names->kernel = kernel;
	return names;
}

static void clear(struct slot *slot)
{
	free(slot->printed);
	free(slot->symbol);
	*slot = (struct slot){ 0 };
}

void rw_names_destroy(struct rw_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < NR_SLOTS; i++)
		clear(&names->slots[i]);
	free(names);
}

static void make(const struct rw_names *names, uint64_t pc, struct slot *slot)
{
	const struct rw_text_range *text = rw_kernel_more_text(names->kernel, pc);
	struct rw_symbol symbol;
	const char *module = NULL;
	int n;

	slot->used = true;
	slot->name.pc = pc;
	slot->name.module = text ? text->name : NULL;
	if (rw_kernel_symbolize(names->kernel, pc, &symbol, &module)) {
		if (module)
			slot->name.module = module;
		slot->name.offset = pc - symbol.addr;
		slot->name.size = symbol.size;
		slot->symbol = strdup(symbol.name);
		n = asprintf(&slot->printed, "%s+0x%" PRIx64 "/0x%" PRIx64 "%s%s%s", symbol.name,
			     slot->name.offset, slot->name.size, module ? " [" : "",
			     module ? module : "", module ? "]" : "");
	} else {
		n = asprintf(&slot->printed, "0x%" PRIx64, pc);
	}
	if (n < 0)
		slot->printed = NULL;
	slot->name.symbol = slot->symbol;
	slot->name.printed = slot->printed ? slot->printed : "?";
}

const struct rw_name *rw_names_find(struct rw_names *names, uint64_t pc)
{
	uint64_t hash = pc * UINT64_C(0x9e3779b97f4a7c15);
	struct slot *slot = &names->slots[hash >> 54];

	if (!slot->used || slot->name.pc != pc) {
		clear(slot);
		make(names, pc, slot);
	}
	return &slot->name;
}
