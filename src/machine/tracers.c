// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the function graph tracer and kretprobes keep of a task's return addresses.
//
// Source: kernel/trace/fgraph.c (an array of struct ftrace_ret_stack up to 6.10, a
// shadow stack of words since 6.11), kernel/kprobes.c; models-kernel.md 7 and 8.

#include "machine_private.h"

enum { OFFSET_MASK = 0x3ff, LARGEST_PAGE = 65536 };

/** The shadow stack is a page; in 7.2 it is 4096 bytes, whatever a page is. */
static int64_t shadow_words(const struct rw_machine *m)
{
	return (m->space.has_tables ? 1 << m->space.tables.page_shift : LARGEST_PAGE) / 8;
}

/** Up to 6.10: entries 0 to curr_ret_stack. */
static void read_array(struct rw_machine *m, uint64_t base, int64_t curr, struct rw_fgraph *ret)
{
	const struct offsets *o = &m->o;
	struct member retp = o->ret_retp.size ? o->ret_retp : o->ret_fp;

	if (curr >= MAX_FGRAPH) {
		ret->form = RW_TRACER_UNKNOWN;
		return;
	}
	for (int64_t i = 0; i <= curr; i++) {
		uint64_t at = base + (uint64_t)i * o->ret_size.size;
		struct rw_fgraph_entry *entry = &m->fgraph[ret->nr++];

		*entry = (struct rw_fgraph_entry){ .at_bottom = !i };
		entry->known = machine_member(m, at, o->ret_ret, &entry->ret) &&
			       machine_member(m, at, retp, &entry->retp);
	}
}

/** Since 6.11: the word below the top leads back to its frame, and so on. */
static void read_shadow(struct rw_machine *m, uint64_t base, int64_t curr, struct rw_fgraph *ret)
{
	size_t nr = 0;

	if (curr > shadow_words(m)) {
		ret->form = RW_TRACER_UNKNOWN;
		return;
	}
	// Newest first while reading, then turned round.
	for (int64_t i = curr; i > 0;) {
		uint64_t word;

		if (nr == MAX_FGRAPH ||
		    !rw_space_read_uint(&m->space, base + 8 * (uint64_t)(i - 1), 8, &word)) {
			ret->incomplete = true;
			break;
		}
		i--;
		int64_t offset = word & OFFSET_MASK;
		if (!offset || offset > i)
			break;
		i -= offset;
		uint64_t at = base + 8 * (uint64_t)i;
		m->fgraph[nr] = (struct rw_fgraph_entry){ .at_bottom = !i };
		m->fgraph[nr].known = machine_member(m, at, m->o.ret_ret, &m->fgraph[nr].ret) &&
				      machine_member(m, at, m->o.ret_retp, &m->fgraph[nr].retp);
		nr++;
	}
	for (size_t i = 0; i < nr / 2; i++) {
		struct rw_fgraph_entry entry = m->fgraph[i];

		m->fgraph[i] = m->fgraph[nr - 1 - i];
		m->fgraph[nr - 1 - i] = entry;
	}
	ret->nr = nr;
}

static void read_fgraph(struct rw_machine *m, const struct rw_task *task, struct rw_fgraph *ret)
{
	const struct offsets *o = &m->o;
	uint64_t base, curr;

	*ret = (struct rw_fgraph){ .form = RW_TRACER_NONE, .entries = m->fgraph };
	if (!o->task_ret_stack.size)
		return;
	ret->form = RW_TRACER_UNKNOWN;
	if (!machine_member(m, task->address, o->task_ret_stack, &base))
		return;
	if (!base) {
		ret->form = RW_TRACER_NONE;
		return;
	}
	if (!machine_member(m, task->address, o->task_curr_ret_stack, &curr))
		return;
	ret->form = RW_TRACER_PRESENT;
	if (o->ret_stack_is_words)
		read_shadow(m, base, (int32_t)curr, ret);
	else
		read_array(m, base, (int32_t)curr, ret);
}

static void read_kretprobes(struct rw_machine *m, const struct rw_task *task,
			    struct rw_kretprobes *ret)
{
	const struct offsets *o = &m->o;
	uint64_t node;

	*ret = (struct rw_kretprobes){ .form = RW_TRACER_UNKNOWN, .instances = m->kretprobes };
	if (!o->task_kretprobes.size) {
		// Before 5.11 a global hash table has them, and no walker looks.
		ret->form = m->kernel.kretprobe_trampoline.exists == RW_NO ?
			    RW_TRACER_NONE : RW_TRACER_UNKNOWN;
		return;
	}
	if (!machine_member(m, task->address, o->task_kretprobes, &node))
		return;
	ret->form = RW_TRACER_PRESENT;
	// Each instance has a frame on the stack, of two words at least.
	size_t most = m->kernel.thread_size / 16;
	if (most > MAX_KRETPROBES)
		most = MAX_KRETPROBES;
	while (node) {
		uint64_t instance = node - o->kri_llist.offset;
		struct rw_kretprobe *probe = &m->kretprobes[ret->nr];

		if (ret->nr >= most ||
		    !machine_member(m, instance, o->kri_ret_addr, &probe->ret_addr) ||
		    !machine_member(m, instance, o->kri_fp, &probe->fp) ||
		    !rw_space_read_uint(&m->space, node, 8, &node)) {
			ret->incomplete = true;
			return;
		}
		ret->nr++;
	}
}

void machine_read_tracers(struct rw_machine *m, const struct rw_task *task,
			  struct rw_unwind_input *in)
{
	read_fgraph(m, task, &in->fgraph);
	read_kretprobes(m, task, &in->kretprobes);
}
