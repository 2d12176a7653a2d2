// SPDX-License-Identifier: GPL-2.0-or-later
//
// A task made of a few words: see vectors.h.

#include <string.h>

#include "vectors.h"

static bool contains(const struct ranges *ranges, uint64_t addr)
{
	for (size_t i = 0; i < ranges->nr; i++)
		if (addr >= ranges->r[i].start && addr < ranges->r[i].end)
			return true;
	return false;
}

static bool read_word(const struct world *world, uint64_t addr, uint64_t *ret)
{
	for (size_t i = world->nr_words; i-- > 0;) {
		if (world->addr[i] == addr) {
			*ret = world->word[i];
			return true;
		}
	}
	return false;
}

static bool read_words(void *memory, uint64_t addr, size_t nr, uint64_t *ret)
{
	for (size_t i = 0; i < nr; i++)
		if (!read_word(memory, addr + 8 * i, &ret[i]))
			return false;
	return true;
}

static enum rw_tri is_text(const void *kernel, uint64_t addr)
{
	const struct world *world = kernel;

	if (contains(&world->text_unknown, addr))
		return RW_UNKNOWN;
	return rw_tri(contains(&world->text, addr));
}

static enum rw_tri in_sym_code(const void *kernel, uint64_t addr)
{
	const struct world *world = kernel;

	if (contains(&world->sym_code_unknown, addr))
		return RW_UNKNOWN;
	return rw_tri(contains(&world->sym_code, addr));
}

static enum rw_tri in_special(const void *kernel, uint64_t addr)
{
	return rw_tri(contains(&((const struct world *)kernel)->special, addr));
}

static enum rw_tri in_code_section(const void *kernel, uint64_t addr, bool *handler_ret)
{
	const struct ranges *section = &((const struct world *)kernel)->section;

	for (size_t i = 0; i < section->nr; i++) {
		if (addr >= section->r[i].start && addr < section->r[i].end) {
			*handler_ret = i == 0;
			return RW_YES;
		}
	}
	return RW_NO;
}

static enum rw_tri in_ret_from_fork(const void *kernel, uint64_t addr)
{
	const struct ranges *ranges = &((const struct world *)kernel)->ret_from_fork;

	return ranges->nr ? rw_tri(contains(ranges, addr)) : RW_UNKNOWN;
}

static bool collect(void *cookie, const struct rw_entry *entry)
{
	struct trace *trace = cookie;

	if (trace->nr == MAX_TRACE)
		return false;
	trace->e[trace->nr++] = *entry;
	return true;
}

void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	struct rw_unwind_input *in = &world->in;
	in->need_reliable = true;
	in->current = RW_YES;
	in->preemptible = in->in_nmi = in->in_efi = RW_NO;
	in->ptrauth = in->pauth_hw = RW_NO;
	in->va_bits = 48;
	in->sym_code_ready = RW_YES;
	in->layout_known = RW_YES;
	in->return_to_handler.exists = in->kretprobe_trampoline.exists = RW_NO;
	in->fgraph.form = in->kretprobes.form = RW_TRACER_NONE;
	for (int i = 0; i < RW_NR_STACKS; i++)
		in->stacks[i].exists = RW_NO;
}

void world_put(struct world *world, uint64_t addr, uint64_t word)
{
	if (world->nr_words < MAX_WORDS) {
		world->addr[world->nr_words] = addr;
		world->word[world->nr_words++] = word;
	}
}

void ranges_add(struct ranges *ranges, uint64_t start, uint64_t end)
{
	if (ranges->nr < MAX_RANGES)
		ranges->r[ranges->nr++] = (struct range){ start, end };
}

void world_walk(struct world *world, const struct rw_model *model, struct trace *ret)
{
	struct rw_unwind_input *in = &world->in;

	in->read = read_words;
	in->memory = world;
	in->kernel = world;
	in->is_text = is_text;
	in->in_sym_code = in_sym_code;
	in->in_special = in_special;
	in->in_code_section = in_code_section;
	in->in_ret_from_fork = in_ret_from_fork;
	in->fgraph.entries = world->fgraph;
	in->kretprobes.instances = world->kretprobes;
	ret->nr = 0;
	rw_unwind(model, in, collect, ret, &ret->result);
}
