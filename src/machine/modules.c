// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernel text outside the image, from the kernel's own lists: modules (both
// layouts), BPF images, kprobe slots.
//
// Source: kernel/extable.c, kernel/module/main.c and kallsyms.c, kernel/bpf/core.c,
// kernel/kprobes.c; models-kernel.md section 11, image.md 9.3.

#include <stdlib.h>

#include "rewalk/error.h"
#include "rewalk/vector.h"

#include "machine_private.h"

/* Modules are some hundreds; a machine full of containers has some 10,000 BPF programs. */
enum { MAX_LIST = 1 << 18 };

enum { MODULE_STATE_UNFORMED = 3 };
enum { MOD_TEXT = 0, MOD_INIT_TEXT = 4 };

static bool add_text(struct rw_machine *m, enum rw_text_kind kind, uint64_t start, uint64_t end,
		     const char *name, int module, uint64_t ksym)
{
	struct rw_text_range range;

	// The end of a BPF image is inside since 6.7, and in the stable kernels updated
	// since; a byte too much there is the worst that an older one can get.
	if (!rw_text_range_init(kind, start, end, true, &range))
		return true;
	struct further_text *text = rw_vector_push(&m->text);
	if (!text)
		return false;
	range.name = name;
	*text = (struct further_text){ range, module, ksym };
	return true;
}

static struct rw_error *add_module(struct rw_machine *m, uint64_t address)
{
	const struct offsets *o = &m->o;
	uint64_t state, base, size, kallsyms;

	if (!machine_member(m, address, o->mod_state, &state)) {
		machine_lose(m, "a module's state cannot be read: its text is not known");
		return NULL;
	}
	if (state == MODULE_STATE_UNFORMED)
		return NULL;
	struct module *module = rw_vector_push(&m->modules);
	if (!module)
		return &rw_enomem;
	*module = (struct module){ .address = address };
	if (o->mod_name.size)
		rw_space_read(&m->space, address + o->mod_name.offset, module->name,
			      o->mod_name.size < 63 ? o->mod_name.size : 63);
	if (machine_member(m, address, o->mod_kallsyms, &kallsyms) && kallsyms) {
		machine_member(m, kallsyms, o->kall_symtab, &module->symtab);
		machine_member(m, kallsyms, o->kall_num, &module->nr_entries);
		machine_member(m, kallsyms, o->kall_strtab, &module->strtab);
	}
	static const int kinds[] = { MOD_TEXT, MOD_INIT_TEXT };
	for (int i = 0; i < 2; i++) {
		bool got;

		if (o->mod_mem.size) {
			uint64_t mem = address + o->mod_mem.offset +
				       (uint64_t)kinds[i] * o->mod_mem_size_.size;

			got = machine_member(m, mem, o->mod_mem_base, &base) &&
			      machine_member(m, mem, o->mod_mem_size, &size);
		} else {
			got = machine_member(m, address, i ? o->mod_init_base : o->mod_core_base,
					     &base) &&
			      machine_member(m, address, i ? o->mod_init_text : o->mod_core_text,
					     &size);
		}
		if (!got) {
			machine_lose(m, "module %s: its text is not known", module->name);
			continue;
		}
		if (!base || !size)
			continue;
		module->text[i].start = base;
		module->text[i].end = base + size;
		if (!add_text(m, RW_TEXT_MODULE, base, base + size, NULL,
			      (int)m->modules.nr - 1, 0))
			return &rw_enomem;
	}
	return NULL;
}

/** Each element of a list: @each gets the address of the struct around its node. */
static struct rw_error *walk_list(struct rw_machine *m, uint64_t head, uint32_t node_offset,
				  const char *what,
				  struct rw_error *(*each)(struct rw_machine *m, uint64_t address))
{
	struct rw_error *err = NULL;
	struct seen seen = { 0 };
	uint64_t node, next = head;

	if (!rw_space_read_uint(&m->space, head, 8, &node)) {
		machine_lose(m, "the list of %s cannot be read", what);
		return NULL;
	}
	for (size_t i = 0; !err && node != head; i++, node = next) {
		int fresh = machine_see(&seen, node);

		if (fresh < 0) {
			err = &rw_enomem;
		} else if (!fresh || i == MAX_LIST ||
			   !rw_space_read_uint(&m->space, node, 8, &next)) {
			machine_lose(m, "the list of %s is broken after %zu", what, i);
			break;
		} else {
			err = each(m, node - node_offset);
		}
	}
	free(seen.slots);
	return err;
}

static struct rw_error *add_bpf(struct rw_machine *m, uint64_t address)
{
	uint64_t start, end;

	if (!machine_member(m, address, m->o.ksym_start, &start) ||
	    !machine_member(m, address, m->o.ksym_end, &end)) {
		machine_lose(m, "a BPF image's bounds cannot be read");
		return NULL;
	}
	return add_text(m, RW_TEXT_BPF, start, end, "bpf", -1, address) ? NULL : &rw_enomem;
}

static struct rw_error *add_slot(struct rw_machine *m, uint64_t address)
{
	uint64_t insns;

	if (!machine_member(m, address, m->o.slot_insns, &insns)) {
		machine_lose(m, "a page of kprobe slots cannot be read");
		return NULL;
	}
	uint64_t size = UINT64_C(1) << m->space.tables.page_shift;
	return add_text(m, RW_TEXT_KPROBE_SLOT, insns, insns + size, "kprobe", -1, 0) ?
	       NULL : &rw_enomem;
}

static struct rw_error *no_type(struct rw_machine *m, const char *what)
{
	machine_lose(m, "the types do not describe the list of %s: their text is not known", what);
	return NULL;
}

/** The head of a list; where names of data are missing, one that has none may exist. */
static bool find_head(struct rw_machine *m, const char *name, const char *what, uint64_t *ret)
{
	if (machine_symbol(m, name, ret))
		return true;
	if (m->text_names_only)
		machine_lose(m, "%s is not among the dump's own symbols: text of %s is not known; "
			     "System.map has it", name, what);
	return false;
}

static int compare_starts(const void *a, const void *b)
{
	const struct further_text *x = a, *y = b;

	return (x->range.start > y->range.start) - (x->range.start < y->range.start);
}

/** In order, and each address in one of them: so they can be searched. */
static struct rw_error *settle_text(struct rw_machine *m)
{
	size_t nr = 0;
	uint64_t end = 0;

	if (m->text.nr)
		qsort(m->text.data, m->text.nr, sizeof(m->text.data[0]), compare_starts);
	m->ranges = calloc(m->text.nr + 1, sizeof(m->ranges[0]));
	if (!m->ranges)
		return &rw_enomem;
	for (size_t i = 0; i < m->text.nr; i++) {
		struct further_text text = m->text.data[i];

		if (text.range.start < end)
			text.range.start = end;
		if (text.range.start >= text.range.end)
			continue;
		end = text.range.end;
		m->ranges[nr] = text.range;
		m->text.data[nr++] = text;
	}
	m->text.nr = nr;
	m->kernel.more_text = m->ranges;
	m->kernel.nr_more_text = nr;
	m->kernel.more_text_sorted = true;
	return NULL;
}

struct rw_error *machine_find_text(struct rw_machine *m, const struct rw_kernel_facts *said)
{
	struct rw_error *err = NULL;
	uint64_t head;

	for (size_t i = 0; i < said->nr_text; i++)
		if (!add_text(m, RW_TEXT_MODULE, said->text[i].start, said->text[i].end,
			      said->text[i].name, -1, 0))
			return &rw_enomem;
	// A kernel that has a list but no type for it leaves its text unknown.
	if (find_head(m, "modules", "modules", &head))
		err = m->o.mod_list.size ?
		      walk_list(m, head, m->o.mod_list.offset, "modules", add_module) :
		      no_type(m, "modules");
	if (!err && find_head(m, "bpf_kallsyms", "BPF", &head))
		err = m->o.ksym_lnode.size ?
		      walk_list(m, head, m->o.ksym_lnode.offset, "BPF symbols", add_bpf) :
		      no_type(m, "BPF symbols");
	if (!err && find_head(m, "kprobe_insn_slots", "kprobes", &head))
		err = m->o.slot_pages.size && m->o.slot_list.size ?
		      walk_list(m, head + m->o.slot_pages.offset, m->o.slot_list.offset,
				"kprobe slots", add_slot) :
		      no_type(m, "kprobe slots");
	if (!err)
		err = settle_text(m);
	m->kernel.text_complete = !m->nr_lost;
	return err;
}
