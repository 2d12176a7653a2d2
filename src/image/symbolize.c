// SPDX-License-Identifier: GPL-2.0-or-later
//
// The name that the kernel would print for one of its own addresses
// (kernel/kallsyms.c): asked whether the address is the image's at all, then the
// last symbol at or below it, the first of its aliases, up to the next symbol
// with another address.  The size is that distance and not the ELF size.
//
// Source: image.md 9.1.

#include <stdio.h>
#include <string.h>

#include "image_private.h"

static uint64_t entry_addr(const struct rw_names *names, size_t i)
{
	return names->kallsyms.nr ? rw_kallsyms_addr(&names->kallsyms, i) :
				    names->ksymtab.entries[i].addr;
}

static bool entry_name(const struct rw_names *names, size_t i, char ret[RW_SYMBOL_NAME_SIZE])
{
	if (names->kallsyms.nr)
		return rw_kallsyms_name(&names->kallsyms, i, ret);
	snprintf(ret, RW_SYMBOL_NAME_SIZE, "%s", names->ksymtab.entries[i].name);
	return true;
}

static bool contains(const struct rw_span *span, uint64_t addr)
{
	return addr >= span->start && addr < span->end;
}

/**
 * Was the kernel built with CONFIG_KALLSYMS_ALL?  Then its table has symbols
 * outside of both text ranges: _text stands before _stext, and data behind init
 * text.  The bounds of linker sections are kept in any case since 6.12.
 */
static bool has_all_symbols(const struct rw_names *names)
{
	const size_t ends[] = { 0, names->kallsyms.nr - 1 };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		uint64_t addr = rw_kallsyms_addr(&names->kallsyms, ends[i]);
		char name[RW_SYMBOL_NAME_SIZE];

		// A symbol at the very end belongs to the range here.
		if (contains(&names->text, addr) || addr == names->text.end ||
		    contains(&names->init_text, addr) || addr == names->init_text.end)
			continue;
		if (rw_kallsyms_name(&names->kallsyms, ends[i], name) &&
		    strncmp(name, "__start_", 8) && strncmp(name, "__stop_", 7))
			return true;
	}
	return false;
}

static struct rw_span span_of(const struct rw_image *image, const char *from, const char *to)
{
	const struct rw_named *start = rw_image_named(image, from);
	const struct rw_named *end = rw_image_named(image, to);

	return start && end ? (struct rw_span){ start->addr, end->addr } : (struct rw_span){ 0 };
}

static const struct rw_names *names_of(const struct rw_image *image)
{
	struct rw_names *names = &image->lazy->names;

	if (names->made)
		return names;
	names->text = span_of(image, "_stext", "_etext");
	names->init_text = span_of(image, "_sinittext", "_einittext");
	names->image = span_of(image, "_stext", "_end");
	names->init = span_of(image, "__init_begin", "__init_end");
	if (rw_kallsyms_init(image, &names->kallsyms)) {
		names->all = has_all_symbols(names);
	} else {
		// A kernel without a table prints no names; all of them help most.
		if (!rw_ksymtab_init(image, true, &names->ksymtab))
			return NULL;
		names->all = true;
	}
	names->made = true;
	return names;
}

bool rw_image_symbolize(const struct rw_image *image, uint64_t addr, struct rw_symbol *ret)
{
	const struct rw_names *names = names_of(image);

	if (!names)
		return false;
	if (names->all ? !contains(&names->image, addr) && !contains(&names->init, addr) :
			 !contains(&names->text, addr) && !contains(&names->init_text, addr))
		return false;

	size_t nr = names->kallsyms.nr ? names->kallsyms.nr : names->ksymtab.nr;
	size_t low = 0, high = nr;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entry_addr(names, middle) <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;

	size_t next = low, first = low - 1;
	uint64_t start = entry_addr(names, first), end;
	while (first && entry_addr(names, first - 1) == start)
		first--;
	if (next < nr)
		end = entry_addr(names, next);
	else if (contains(&names->init_text, addr))
		end = names->init_text.end;
	else
		end = names->all ? names->image.end : names->text.end;
	// Only a damaged table can say otherwise.
	if (start > addr || end <= addr || !entry_name(names, first, ret->name))
		return false;
	ret->addr = start;
	ret->size = end - start;
	return true;
}
