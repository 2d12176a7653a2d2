// SPDX-License-Identifier: GPL-2.0-or-later
//
// The symbol table, read once.  A kernel has 200,000 to 350,000 symbols and we
// want some 200 by name and the 90 that are SYM_CODE functions, so the pass must
// decide quickly what a symbol is not:
//
// - SYM_CODE: by type and size, which stand in the entry; the name is read last;
// - by name: the first eight bytes of a name are loaded as one word and looked up
//   in a small hash table of the same words of the names we want.  One in thirty
//   or so gets past that and is compared in full.
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

enum {
	HASH_BITS = 12,
};

/** The wanted names by their first eight bytes; -1 ends a chain. */
struct index {
	int16_t first[1 << HASH_BITS];
	int16_t *next;
};

struct derived {
	struct rw_range *data;
	size_t nr, capacity;
};

/** The first eight bytes of a string, zeros after its end; @room bytes may be read. */
static uint64_t prefix_of(const char *s, size_t room)
{
	static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	uint64_t word;

	if (room >= sizeof(word)) {
		word = rw_get_le64(s);
	} else {
		uint8_t bytes[sizeof(word)] = { 0 };

		memcpy(bytes, s, room);
		word = rw_get_le64(bytes);
	}
	// The lowest top bit is that of the first zero byte.
	uint64_t zeros = (word - ones) & ~word & tops;
	return zeros ? word & (((zeros & -zeros) >> 7) - 1) : word;
}

static size_t hash_of(uint64_t prefix)
{
	return prefix * 0x9e3779b97f4a7c15 >> (64 - HASH_BITS);
}

static struct index *index_create(void)
{
	struct index *index = malloc(sizeof(*index));
	int16_t *next = calloc(rw_nr_image_names, sizeof(*next));

	if (!index || !next) {
		free(index);
		free(next);
		return NULL;
	}
	memset(index->first, 0xff, sizeof(index->first));
	for (size_t i = 0; i < rw_nr_image_names; i++) {
		const char *name = rw_image_names[i];
		int16_t *head = &index->first[hash_of(prefix_of(name, strlen(name)))];

		next[i] = *head;
		*head = (int16_t)i;
	}
	index->next = next;
	return index;
}

static void index_destroy(struct index **indexp)
{
	if (!*indexp)
		return;
	free((*indexp)->next);
	free(*indexp);
}

/** A global symbol is better than a local one, then one with a size. */
static uint8_t rank_of(const struct rw_elf_symbol *symbol)
{
	uint8_t bind = symbol->bind == STB_GLOBAL ? 3 : symbol->bind == STB_WEAK ? 2 : 1;

	return (uint8_t)(2 * bind + (symbol->size != 0));
}

static void note_named(struct rw_image *image, const struct index *index,
		       const struct rw_elf_symbol *symbol)
{
	size_t room = image->strings_size - (size_t)(symbol->name - image->strings);
	int16_t i = index->first[hash_of(prefix_of(symbol->name, room))];

	for (; i >= 0; i = index->next[i]) {
		if (strcmp(rw_image_names[i], symbol->name))
			continue;
		struct rw_named *named = &image->named[i];
		uint8_t rank = rank_of(symbol);

		if (rank > named->rank)
			*named = (struct rw_named){ symbol->addr, symbol->size, rank };
		return;
	}
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
	__attribute__((__cleanup__(index_destroy))) struct index *index = index_create();
	struct derived derived = { 0 };
	struct rw_error *err = NULL;

	image->named = calloc(rw_nr_image_names, sizeof(*image->named));
	if (!index || !image->named)
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

/** One more pass, for a name that nobody foresaw. */
static bool search(const struct rw_image *image, const char *name, struct rw_named *ret)
{
	size_t len = strlen(name);

	ret->rank = 0;
	for (size_t i = 0; i < image->nr_symbols; i++) {
		struct rw_elf_symbol symbol;

		if (!rw_image_elf_symbol(image, i, &symbol) ||
		    strncmp(symbol.name, name, len + 1))
			continue;
		uint8_t rank = rank_of(&symbol);

		if (rank > ret->rank)
			*ret = (struct rw_named){ symbol.addr, symbol.size, rank };
	}
	return ret->rank != 0;
}

static const struct rw_named *foreseen(const struct rw_image *image, const char *name, bool *ret)
{
	for (size_t i = 0; i < rw_nr_image_names; i++) {
		if (strcmp(rw_image_names[i], name))
			continue;
		*ret = true;
		return image->named[i].rank ? &image->named[i] : NULL;
	}
	*ret = false;
	return NULL;
}

const struct rw_named *rw_image_named(const struct rw_image *image, const char *name)
{
	bool known;

	return foreseen(image, name, &known);
}

bool rw_image_symbol(const struct rw_image *image, const char *name, uint64_t *ret)
{
	struct rw_named other;
	bool known;
	const struct rw_named *named = foreseen(image, name, &known);

	if (!known && search(image, name, &other))
		named = &other;
	if (!named)
		return false;
	*ret = named->addr;
	return true;
}
