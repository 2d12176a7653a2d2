// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any text: registers that are not known are 0, and what is found says where.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/input.h"

static uint64_t value(const struct rw_regs *regs, int reg)
{
	return reg < 31 ? regs->x[reg] : reg == 31 ? regs->sp : reg == 32 ? regs->pc :
	       regs->pstate;
}

static void check(const struct rw_regs *regs)
{
	if (regs->known >> 34)
		abort();
	for (int reg = 0; reg < 34; reg++)
		if (!(regs->known >> reg & 1) && value(regs, reg))
			abort();
}

static void check_blocks(const struct rw_regs_blocks *blocks, size_t from, size_t nr_lines)
{
	for (size_t i = from; i < blocks->nr; i++) {
		const struct rw_regs_block *block = &blocks->data[i];

		check(&block->regs);
		// A block is there because of a register in it.
		if (!block->regs.known || block->cpu < -1 || !block->format || !*block->format)
			abort();
		// Reports of two CPUs can be interleaved: lines need not be in order.
		if (!block->line || block->line > nr_lines)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct rw_regs_blocks blocks = { 0 };
	struct rw_regs regs = { 0 };
	size_t nr_lines = 1;

	for (size_t i = 0; i < size; i++)
		nr_lines += bytes[i] == '\n';
	struct rw_error *err = rw_regs_from_text((const char *)bytes, size, &blocks);
	if (err && (err->code != RW_ERROR_FORMAT || blocks.nr))
		abort();
	check_blocks(&blocks, 0, nr_lines);

	// The same text again gives the same blocks behind those that are there.
	size_t nr = blocks.nr;
	struct rw_error *again = rw_regs_from_text((const char *)bytes, size, &blocks);
	if (!err != !again || blocks.nr != 2 * nr)
		abort();
	for (size_t i = 0; i < nr; i++)
		if (memcmp(&blocks.data[i].regs, &blocks.data[nr + i].regs, sizeof(regs)) ||
		    blocks.data[i].cpu != blocks.data[nr + i].cpu)
			abort();
	rw_error_destroy(err);
	rw_error_destroy(again);
	free(blocks.data);

	err = rw_regs_from_bytes(bytes, size, &regs);
	if (!err != (size >= 272))
		abort();
	check(&regs);
	rw_error_destroy(err);
	return 0;
}
