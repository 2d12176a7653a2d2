// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of functions in modules, from the symbol tables that the kernel keeps of them:
// Elf64_Sym with addresses in st_value, and a string table.  Of the symbols at or below
// an address the highest names it, of those the first in the table, up to the next one.
//
// A BPF image is one function; the kernel says its name and bounds, and no module.
//
// Source: kernel/module/kallsyms.c, find_kallsyms_symbol(); kernel/bpf/core.c,
// __bpf_address_lookup(); image.md 9.3.

#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/bytes.h"

#include "machine_private.h"

/* The largest modules have some 100,000 symbols, a machine's all together half a million. */
enum { MAX_SYMBOLS = 1 << 20, MAX_ALL_SYMBOLS = 1 << 21, ELF_SYM_SIZE = 24, BATCH = 170 };

void module_deinit(struct module *module)
{
	free(module->symbols);
	free(module->sections.data);
}

/** A name that the kernel does not print: mapping symbols and the assembler's own. */
static bool is_mapping(const char *name)
{
	return !*name || *name == '$' || !strncmp(name, ".L", 2) || !strncmp(name, "L0", 2);
}

static bool is_in_text(const struct module *module, uint64_t addr)
{
	for (int i = 0; i < 2; i++)
		if (addr >= module->text[i].start && addr < module->text[i].end)
			return true;
	return false;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct module_symbol *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/** Keep the functions among @nr entries of the table, the first of which is number @index. */
static void add_symbols(struct rw_machine *m, struct module *module, const uint8_t *entries,
			size_t nr, uint32_t index)
{
	for (size_t i = 0; i < nr; i++) {
		const uint8_t *entry = entries + i * ELF_SYM_SIZE;
		struct module_symbol symbol = {
			.value = rw_get_le64(entry + 8),
			.name = rw_get_le32(entry),
			.index = index + (uint32_t)i,
		};
		char text[4] = "";

		if (!rw_get_le16(entry + 6) || !is_in_text(module, symbol.value) ||
		    !rw_space_read(&m->space, module->strtab + symbol.name, text, 3) ||
		    is_mapping(text))
			continue;
		module->symbols[module->nr_symbols++] = symbol;
	}
}

/** The table of a module, sorted.  One that cannot be read as a whole names nothing. */
static void read_symbols(struct rw_machine *m, struct module *module)
{
	uint8_t entries[BATCH * ELF_SYM_SIZE];
	uint64_t nr = module->nr_entries;

	module->symbols_read = true;
	if (nr > MAX_SYMBOLS || m->nr_module_symbols + nr > MAX_ALL_SYMBOLS) {
		machine_lose(m, "module %s: its %llu symbols are left out: too many to be true",
			     module->name, (unsigned long long)nr);
		return;
	}
	if (!nr || !(module->symbols = calloc(nr, sizeof(module->symbols[0]))))
		return;
	m->nr_module_symbols += nr;
	for (uint64_t i = 1; i < nr;) {
		uint64_t part = nr - i < BATCH ? nr - i : BATCH;

		if (!rw_space_read(&m->space, module->symtab + i * ELF_SYM_SIZE, entries,
				   part * ELF_SYM_SIZE)) {
			module->nr_symbols = 0;
			return;
		}
		add_symbols(m, module, entries, part, (uint32_t)i);
		i += part;
	}
	if (module->nr_symbols)
		qsort(module->symbols, module->nr_symbols, sizeof(module->symbols[0]),
		      compare_symbols);
}

/** How many symbols of the module are not above @addr. */
static size_t nr_up_to(const struct module *module, uint64_t addr)
{
	return rw_bisect(i, module->nr_symbols, module->symbols[i].value <= addr);
}

static void read_name(struct rw_machine *m, uint64_t at, struct rw_symbol *ret)
{
	for (size_t i = 0; i < sizeof(ret->name); i++) {
		ret->name[i] = '\0';
		if (i == sizeof(ret->name) - 1 ||
		    !rw_space_read(&m->space, at + i, &ret->name[i], 1) || !ret->name[i])
			break;
	}
}

static bool symbolize(struct rw_machine *m, struct module *module, uint64_t addr,
		      struct rw_symbol *ret)
{
	const struct module_symbol *symbols;
	uint64_t core_size = module->text[0].end - module->text[0].start;
	int kind = addr - module->text[0].start < core_size ? 0 : 1;

	if (!module->symbols_read)
		read_symbols(m, module);
	symbols = module->symbols;
	size_t next = nr_up_to(module, addr), best = next;
	// Core and init text have their own symbols.
	if (!next || symbols[next - 1].value < module->text[kind].start)
		return false;
	while (best > 0 && symbols[best - 1].value == symbols[next - 1].value)
		best--;
	uint64_t end = module->text[kind].end;
	if (next < module->nr_symbols && symbols[next].value < end)
		end = symbols[next].value;
	ret->addr = symbols[best].value;
	ret->size = end - ret->addr;
	read_name(m, module->strtab + symbols[best].name, ret);
	return true;
}

static bool symbolize_bpf(struct rw_machine *m, uint64_t ksym, struct rw_symbol *ret)
{
	uint64_t start, end;

	if (!m->o.ksym_name.size || !machine_member(m, ksym, m->o.ksym_start, &start) ||
	    !machine_member(m, ksym, m->o.ksym_end, &end))
		return false;
	ret->addr = start;
	ret->size = end - start;
	read_name(m, ksym + m->o.ksym_name.offset, ret);
	return ret->name[0];
}

bool rw_machine_symbolize(void *machine, uint64_t addr, struct rw_symbol *ret,
			  const char **module_ret)
{
	struct rw_machine *m = machine;
	const struct rw_text_range *range = rw_kernel_more_text(&m->kernel, addr);

	if (!range)
		return false;
	const struct further_text *text = &m->text.data[range - m->ranges];
	if (text->ksym)
		return symbolize_bpf(m, text->ksym, ret);
	if (text->module < 0)
		return false;
	*module_ret = m->modules.data[text->module].name;
	return symbolize(m, &m->modules.data[text->module], addr, ret);
}
