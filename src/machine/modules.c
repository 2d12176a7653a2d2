// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernel text outside the image, from the kernel's own lists: modules (both
// layouts), BPF images, kprobe slots.  Names of module functions come from the
// symbol tables that the kernel keeps of them.
//
// Source: kernel/extable.c, kernel/module/main.c and kallsyms.c, kernel/bpf/core.c,
// kernel/kprobes.c; models-kernel.md section 11, image.md 9.3.

#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/vector.h"

#include "machine_private.h"

enum { MAX_LIST = 1 << 16, MAX_SYMBOLS = 1 << 20, ELF_SYM_SIZE = 24 };

enum { MODULE_STATE_UNFORMED = 3 };
enum { MOD_TEXT = 0, MOD_INIT_TEXT = 4 };

static bool add_text(struct rw_machine *m, enum rw_text_kind kind, uint64_t start, uint64_t end,
		     const char *name)
{
	struct rw_text_range range;

	// The end of a BPF image is inside since 6.7, and in the stable kernels updated
	// since; a byte too much there is the worst that an older one can get.
	if (!rw_text_range_init(kind, start, end, true, &range))
		return true;
	if (!rw_vector_reserve((void **)&m->text, &m->text_capacity, m->nr_text,
			       sizeof(m->text[0])))
		return false;
	range.name = name;
	m->text[m->nr_text++] = range;
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
	if (!rw_vector_reserve((void **)&m->modules, &m->modules_capacity, m->nr_modules,
			       sizeof(m->modules[0])))
		return &rw_enomem;
	struct module *module = &m->modules[m->nr_modules];
	*module = (struct module){ 0 };
	if (o->mod_name.size)
		rw_space_read(&m->space, address + o->mod_name.offset, module->name,
			      o->mod_name.size < 63 ? o->mod_name.size : 63);
	if (machine_member(m, address, o->mod_kallsyms, &kallsyms) && kallsyms) {
		machine_member(m, kallsyms, o->kall_symtab, &module->symtab);
		machine_member(m, kallsyms, o->kall_num, &module->nr_symbols);
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
		if (!i) {
			module->start = base;
			module->end = base + size;
		}
		if (!add_text(m, RW_TEXT_MODULE, base, base + size, NULL))
			return &rw_enomem;
	}
	m->nr_modules++;
	return NULL;
}

/** Each element of a list: @each gets the address of the struct around its node. */
static struct rw_error *walk_list(struct rw_machine *m, uint64_t head, uint32_t node_offset,
				  const char *what,
				  struct rw_error *(*each)(struct rw_machine *m, uint64_t address))
{
	uint64_t node, next;

	if (!rw_space_read_uint(&m->space, head, 8, &node)) {
		machine_lose(m, "the list of %s cannot be read", what);
		return NULL;
	}
	for (size_t i = 0; node != head; i++, node = next) {
		if (i == MAX_LIST || !rw_space_read_uint(&m->space, node, 8, &next)) {
			machine_lose(m, "the list of %s is broken after %zu", what, i);
			return NULL;
		}
		struct rw_error *err = each(m, node - node_offset);
		if (err)
			return err;
	}
	return NULL;
}

static struct rw_error *add_bpf(struct rw_machine *m, uint64_t address)
{
	uint64_t start, end;

	if (!machine_member(m, address, m->o.ksym_start, &start) ||
	    !machine_member(m, address, m->o.ksym_end, &end)) {
		machine_lose(m, "a BPF image's bounds cannot be read");
		return NULL;
	}
	return add_text(m, RW_TEXT_BPF, start, end, "bpf") ? NULL : &rw_enomem;
}

static struct rw_error *add_slot(struct rw_machine *m, uint64_t address)
{
	uint64_t insns;

	if (!machine_member(m, address, m->o.slot_insns, &insns)) {
		machine_lose(m, "a page of kprobe slots cannot be read");
		return NULL;
	}
	return add_text(m, RW_TEXT_KPROBE_SLOT, insns, insns + (UINT64_C(1) << m->space.tables.page_shift), "kprobe") ?
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

struct rw_error *machine_find_text(struct rw_machine *m, const struct rw_kernel_facts *said)
{
	struct rw_error *err = NULL;
	uint64_t head;

	for (size_t i = 0; i < said->nr_text; i++)
		if (!add_text(m, RW_TEXT_MODULE, said->text[i].start, said->text[i].end, said->text[i].name))
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
	m->kernel.more_text = m->text;
	m->kernel.nr_more_text = m->nr_text;
	m->kernel.text_complete = !m->nr_lost;
	return err;
}

/** A name that the kernel does not print: mapping symbols and the assembler's own. */
static bool is_mapping(const char *name)
{
	return !*name || *name == '$' || !strncmp(name, ".L", 2) || !strncmp(name, "L0", 2);
}

/** Of the symbols at or below @addr the highest, of those the first; up to the next one. */
static bool symbolize(struct rw_machine *m, const struct module *module, uint64_t addr,
		      struct rw_symbol *ret)
{
	uint64_t best = module->start - 1, next = module->end, nr = module->nr_symbols;
	uint32_t best_name = 0;
	bool found = false;
	uint8_t syms[170 * ELF_SYM_SIZE];

	if (nr > MAX_SYMBOLS)
		nr = MAX_SYMBOLS;
	for (uint64_t i = 1; i < nr;) {
		uint64_t part = nr - i < 170 ? nr - i : 170;

		if (!rw_space_read(&m->space, module->symtab + i * ELF_SYM_SIZE, syms,
				   part * ELF_SYM_SIZE))
			return false;
		for (uint64_t j = 0; j < part; j++) {
			const uint8_t *sym = syms + j * ELF_SYM_SIZE;
			uint64_t value = rw_get_le64(sym + 8);
			uint32_t name = rw_get_le32(sym);
			char text[4] = "";

			if (!rw_get_le16(sym + 6) || value < module->start || value >= next ||
			    (value <= addr && value <= best))
				continue;
			if (!rw_space_read(&m->space, module->strtab + name, text, 3) ||
			    is_mapping(text))
				continue;
			if (value > addr) {
				next = value;
				continue;
			}
			best = value;
			best_name = name;
			found = true;
		}
		i += part;
	}
	if (!found)
		return false;
	ret->addr = best;
	ret->size = next - best;
	for (size_t i = 0; i < sizeof(ret->name); i++) {
		ret->name[i] = '\0';
		if (i == sizeof(ret->name) - 1 ||
		    !rw_space_read(&m->space, module->strtab + best_name + i, &ret->name[i], 1) ||
		    !ret->name[i])
			break;
	}
	return true;
}

bool rw_machine_symbolize(void *machine, uint64_t addr, struct rw_symbol *ret,
			  const char **module_ret)
{
	struct rw_machine *m = machine;

	for (size_t i = 0; i < m->nr_modules; i++) {
		if (addr < m->modules[i].start || addr >= m->modules[i].end)
			continue;
		*module_ret = m->modules[i].name;
		return symbolize(m, &m->modules[i], addr, ret);
	}
	return false;
}
