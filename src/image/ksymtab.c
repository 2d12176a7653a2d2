// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table that the kernel's build would have made of the symbol table: which
// symbols scripts/kallsyms (and scripts/mksysmap before it) leaves out, and
// which of several names of one address comes first.
//
// Left out are names that would change from one link to the next, or that are no
// names of places: mapping symbols and local labels, thunks and veneers of the
// linker, tags of the modules' machinery.  Without CONFIG_KALLSYMS_ALL all that
// is outside [_stext, _etext] and [_sinittext, _einittext] goes as well; a symbol
// exactly at one of the ends stays only if it is the end's own.
//
// Of one address, strong symbols come before weak ones, names that look as if
// the linker script had made them last, fewer leading underscores first; then by
// name, since the input is the output of nm -n.
//
// Source: scripts/kallsyms.c and scripts/mksysmap; image.md 8.4 and 8.5.

#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"

#include "image_private.h"

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool ends(const char *s, const char *with)
{
	size_t len = strlen(s), with_len = strlen(with);

	return len >= with_len && !memcmp(s + len - with_len, with, with_len);
}

bool rw_ksymtab_leaves_out(const char *name)
{
	static const char *const prefixes[] = {
		"__efistub_", "__kvm_nvhe_$", "__kvm_nvhe_.L", "__pi_$", "__pi_.L",
		"__crc_", "__kstrtab_", "__kstrtabns_", "__kcfi_typeid_",
		"__mod_device_table__", "__UNIQUE_ID_modinfo_",
		"__AArch64ADRPThunk_",
	};
	static const char *const suffixes[] = { "_veneer", "_from_arm", "_from_thumb" };

	if (name[0] == '$' || !name[0] || begins(name, ".L"))
		return true;
	// The prefixes all begin so, and most names do not.
	if (begins(name, "__")) {
		for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
			if (begins(name, prefixes[i]))
				return true;
		}
		if (strstr(name, "Thunk_"))
			return true;
	}
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (ends(name, suffixes[i]))
			return true;
	}
	return false;
}

/** Would the linker script have made this name? (may_be_linker_script_provide_symbol) */
static bool is_script_bound(const char *name)
{
	return strlen(name) >= 8 && begins(name, "__") &&
	       (begins(name, "__start_") || begins(name, "__stop_") || begins(name, "__end_") ||
		ends(name, "_start") || ends(name, "_end"));
}

uint32_t rw_ksymtab_rank(const char *name, bool weak)
{
	size_t underscores = strspn(name, "_");

	if (underscores > 0xffff)
		underscores = 0xffff;
	return (uint32_t)weak << 17 | (uint32_t)is_script_bound(name) << 16 |
	       (uint32_t)underscores;
}

/** nm's W; a weak object is V, which scripts/kallsyms does not know. */
static bool is_weak(const struct rw_elf_symbol *symbol)
{
	return symbol->bind == STB_WEAK && symbol->type != STT_OBJECT;
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct rw_ksymtab_entry *a = pa, *b = pb;

	return rw_ksymtab_compare(a, b) ?: strcmp(a->name, b->name);
}

/** Is @symbol in one of the text ranges, as scripts/kallsyms sees them? */
static bool is_text(const struct rw_image *image, const struct rw_elf_symbol *symbol)
{
	static const char *const bounds[][2] = {
		{ "_stext", "_etext" },
		{ "_sinittext", "_einittext" },
	};

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		const struct rw_named *start = rw_image_named(image, bounds[i][0]);
		const struct rw_named *end = rw_image_named(image, bounds[i][1]);

		if (!start || !end || symbol->addr < start->addr || symbol->addr > end->addr)
			continue;
		if (symbol->addr < end->addr || !strcmp(symbol->name, bounds[i][1]))
			return true;
	}
	return false;
}

bool rw_ksymtab_init(const struct rw_image *image, bool all, struct rw_ksymtab *ret)
{
	// The number of symbols is bounded by the size of the file.
	_cleanup_free_ struct rw_ksymtab_entry *entries =
		calloc(image->nr_symbols, sizeof(*entries));
	size_t nr = 0;

	if (!entries)
		return false;
	for (size_t i = 0; i < image->nr_symbols; i++) {
		struct rw_elf_symbol symbol;

		if (!rw_image_elf_symbol(image, i, &symbol) || rw_ksymtab_leaves_out(symbol.name) ||
		    (!all && !is_text(image, &symbol)))
			continue;
		entries[nr++] = (struct rw_ksymtab_entry){
			.addr = symbol.addr,
			.name = symbol.name,
			.rank = rw_ksymtab_rank(symbol.name, is_weak(&symbol)),
		};
	}
	qsort(entries, nr, sizeof(*entries), compare_entries);
	ret->nr = nr;
	ret->entries = rw_steal(entries);
	return true;
}

void rw_ksymtab_deinit(struct rw_ksymtab *ksymtab)
{
	free(ksymtab->entries);
	*ksymtab = (struct rw_ksymtab){ 0 };
}
