// SPDX-License-Identifier: GPL-2.0-or-later
//
// The symbol table, read once.  A kernel has 200,000 to 350,000 symbols and we
// want some 200 by name and the 90 that are SYM_CODE functions, so the pass must
// decide quickly what a symbol is not:
//
// - SYM_CODE: by type and size, which stand in the entry; the name is read last;
// - by name: its first eight bytes are looked up in a hash table (name_index.h).
//
// The rule for SYM_CODE ranges (include/linux/linkage.h): SYM_CODE_END makes a
// sized symbol without a type, SYM_FUNC_END one of type function, labels have no
// size, data has type object.  So a sized STT_NOTYPE symbol in an executable
// section is a SYM_CODE function.  Source: image.md 4.2, checked there on three
// kernels.

#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/vector.h"

#include "image_names.h"
#include "image_private.h"
#include "name_index.h"

struct derived {
	struct rw_range *data;
	size_t nr, capacity;
};

/** A global symbol is better than a local one, then one with a size. */
static uint8_t rank_of(const struct rw_elf_symbol *symbol)
{
	uint8_t rank = symbol->bind == STB_GLOBAL ? RW_RANK_GLOBAL :
		       symbol->bind == STB_WEAK ? RW_RANK_WEAK : RW_RANK_LOCAL;

	return rank + (symbol->size != 0);
}

static void keep_better(struct rw_named *named, const struct rw_elf_symbol *symbol, uint8_t rank)
{
	if (rank > named->rank)
		*named = (struct rw_named){ symbol->addr, symbol->size, rank };
}

static void note_named(struct rw_image *image, const struct rw_name_index *index,
		       const struct rw_elf_symbol *symbol)
{
	size_t room = image->strings_size - (size_t)(symbol->name - image->strings);
	int i = rw_name_index_chain(index, symbol->name, room);

	if (i >= 0)
		i = rw_name_index_in_chain(index, i, symbol->name);
	if (i >= 0)
		keep_better(&image->named[i], symbol, rank_of(symbol));
}

/** What clang's control flow integrity adds: hashes in front of functions, no code. */
static bool is_cfi_symbol(const char *name)
{
	return !strncmp(name, "__kcfi_typeid_", 14) || !strncmp(name, "__cfi_", 6);
}

/** Mapping symbols: $x, $d, $a, $t, also "$x.suffix", also with a namespace in front. */
static bool is_mapping_symbol(const char *name)
{
	static const char *const namespaces[] = { "__kvm_nvhe_", "__pi_", "__efistub_" };

	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		size_t len = strlen(namespaces[i]);

		if (!strncmp(name, namespaces[i], len)) {
			name += len;
			break;
		}
	}
	return name[0] == '$' && name[1] && strchr("xdat", name[1]) &&
	       (!name[2] || name[2] == '.');
}

static struct rw_error *note_derived(const struct rw_image *image, struct derived *derived,
				     const struct rw_elf_symbol *symbol)
{
	const struct rw_section *section = &image->sections[symbol->section];
	const uint64_t code = SHF_ALLOC | SHF_EXECINSTR;
	uint64_t end;

	if ((section->flags & code) != code || is_mapping_symbol(symbol->name) ||
	    is_cfi_symbol(symbol->name) ||
	    __builtin_add_overflow(symbol->addr, symbol->size, &end))
		return NULL;
	struct rw_range *range = rw_vector_push(derived);
	if (!range)
		return &rw_enomem;
	*range = (struct rw_range){
		.start = symbol->addr,
		.end = end,
		.name = symbol->name,
		.section = section->name,
		.kind = RW_RANGE_SYM_CODE,
		.origin = RW_ORIGIN_DERIVED,
	};
	return NULL;
}

bool rw_image_elf_symbol(const struct rw_image *image, size_t i, struct rw_elf_symbol *ret)
{
	const uint8_t *entry = image->symbols + i * sizeof(Elf64_Sym);
	uint16_t section = rw_get_le16(entry + offsetof(Elf64_Sym, st_shndx));
	uint8_t info = entry[offsetof(Elf64_Sym, st_info)];
	uint32_t name = rw_get_le32(entry + offsetof(Elf64_Sym, st_name));

	if (section == SHN_UNDEF || section >= SHN_LORESERVE || section >= image->nr_sections ||
	    ELF64_ST_TYPE(info) == STT_SECTION || ELF64_ST_TYPE(info) == STT_FILE ||
	    name >= image->strings_size)
		return false;
	*ret = (struct rw_elf_symbol){
		.name = image->strings + name,
		.type = ELF64_ST_TYPE(info),
		.bind = ELF64_ST_BIND(info),
		.section = section,
		.addr = rw_get_le64(entry + offsetof(Elf64_Sym, st_value)),
		.size = rw_get_le64(entry + offsetof(Elf64_Sym, st_size)),
	};
	return true;
}

struct rw_error *rw_image_scan_symbols(struct rw_image *image)
{
	__attribute__((__cleanup__(rw_name_index_destroy)))
	struct rw_name_index *index = rw_name_index_create();
	struct derived derived = { 0 };
	struct rw_error *err = NULL;

	if (!index)
		return &rw_enomem;
	for (size_t i = 0; i < image->nr_symbols && !err; i++) {
		struct rw_elf_symbol symbol;

		if (!rw_image_elf_symbol(image, i, &symbol))
			continue;
		note_named(image, index, &symbol);
		if (symbol.type == STT_NOTYPE && symbol.size)
			err = note_derived(image, &derived, &symbol);
	}
	image->derived = derived.data;
	image->nr_derived = derived.nr;
	return err;
}

struct rw_error *rw_image_scan_suffixed(struct rw_image *image)
{
	__attribute__((__cleanup__(rw_name_index_destroy)))
	struct rw_name_index *index = rw_name_index_create();

	if (!index)
		return &rw_enomem;
	for (size_t i = 0; i < image->nr_symbols; i++) {
		struct rw_elf_symbol symbol;

		if (!rw_image_elf_symbol(image, i, &symbol))
			continue;
		int wanted = rw_name_index_find_suffixed(index, symbol.name);
		if (wanted >= 0)
			keep_better(&image->named[wanted], &symbol, RW_RANK_LOWEST);
	}
	return NULL;
}

/** One more pass, for a name that nobody foresaw. */
static bool search(const struct rw_image *image, const char *name, struct rw_named *ret)
{
	size_t len = strlen(name);

	ret->rank = 0;
	for (size_t i = 0; i < image->nr_symbols; i++) {
		struct rw_elf_symbol symbol;

		if (!rw_image_elf_symbol(image, i, &symbol) || strncmp(symbol.name, name, len))
			continue;
		if (!symbol.name[len])
			keep_better(ret, &symbol, rank_of(&symbol));
		else if (rw_is_llvm_suffix(symbol.name + len))
			keep_better(ret, &symbol, RW_RANK_LOWEST);
	}
	return ret->rank != 0;
}

/** The place of @name in rw_image_names, or -1. */
static int foreseen(const char *name)
{
	for (size_t i = 0; i < rw_nr_image_names; i++)
		if (!strcmp(rw_image_names[i], name))
			return (int)i;
	return -1;
}

const struct rw_named *rw_image_named(const struct rw_image *image, const char *name)
{
	int i = foreseen(name);

	return i >= 0 && image->named[i].rank ? &image->named[i] : NULL;
}

bool rw_image_symbol(const struct rw_image *image, const char *name, uint64_t *ret)
{
	const struct rw_named *named = rw_image_named(image, name);
	struct rw_named other;

	if (!named && foreseen(name) < 0 &&
	    (image->kind == RW_IMAGE_VMLINUX ? search(image, name, &other) :
					       rw_image_search_names(image, name, &other)))
		named = &other;
	if (!named)
		return false;
	*ret = named->addr;
	return true;
}

bool rw_image_only_symbol(const struct rw_image *image, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);
	uint64_t addr = 0;
	bool any = false;

	for (size_t i = 0; i < image->nr_symbols; i++) {
		struct rw_elf_symbol symbol;

		if (!rw_image_elf_symbol(image, i, &symbol) ||
		    strncmp(symbol.name, name, len + 1))
			continue;
		if (any && symbol.addr != addr)
			return false;
		addr = symbol.addr;
		any = true;
	}
	if (any)
		*ret = addr;
	return any;
}
