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

#include "rewalk/bisect.h"

#include "image_private.h"

uint64_t rw_names_addr(const struct rw_names *names, size_t i)
{
	return names->kallsyms.nr ? rw_kallsyms_addr(&names->kallsyms, i) :
				    names->ksymtab.entries[i].addr;
}

bool rw_names_name(const struct rw_names *names, size_t i, char ret[RW_SYMBOL_NAME_SIZE])
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

size_t rw_names_nr(const struct rw_names *names)
{
	return names->kallsyms.nr ? names->kallsyms.nr : names->ksymtab.nr;
}

/**
 * Was the kernel built with CONFIG_KALLSYMS_ALL?  Then its table has symbols
 * outside of both text ranges: _text stands before _stext, and data behind init
 * text.  The bounds of linker sections are kept in any case since 6.12.
 */
static bool has_all_symbols(const struct rw_names *names)
{
	const size_t ends[] = { 0, rw_names_nr(names) - 1 };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		uint64_t addr = rw_names_addr(names, ends[i]);
		char name[RW_SYMBOL_NAME_SIZE];

		// A symbol at the very end belongs to the range here.
		if (contains(&names->text, addr) || addr == names->text.end ||
		    contains(&names->init_text, addr) || addr == names->init_text.end)
			continue;
		if (rw_names_name(names, ends[i], name) &&
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

/**
 * Does this kernel print "name.llvm.N", which only link-time optimization by clang
 * makes, without its suffix?  Up to 6.10: cleanup_symbol_name() in kernel/kallsyms.c,
 * which commit fb6a421fb615 removed.
 */
static bool cuts_llvm(const struct rw_image *image)
{
	const char *banner = rw_image_banner(image);
	unsigned int major, minor;

	return banner && sscanf(banner, "Linux version %u.%u", &major, &minor) == 2 &&
	       (major < 6 || (major == 6 && minor < 11));
}

const struct rw_names *rw_image_names_of(const struct rw_image *image)
{
	struct rw_names *names = &image->lazy->names;

	if (names->made)
		return names;
	names->text = span_of(image, "_stext", "_etext");
	names->init_text = span_of(image, "_sinittext", "_einittext");
	names->image = span_of(image, "_stext", "_end");
	names->init = span_of(image, "__init_begin", "__init_end");
	// A list that is a copy of /proc/kallsyms is the kernel's own table, too.
	bool own = rw_names_nr(names) ? image->kind != RW_IMAGE_SYSTEM_MAP :
		   image->kind == RW_IMAGE_VMLINUX &&
		   rw_kallsyms_init(image, &names->kallsyms);

	// A kernel without a table prints no names; all of them help most.
	if (!rw_names_nr(names) && (image->kind != RW_IMAGE_VMLINUX ||
				   !rw_ksymtab_init(image, true, &names->ksymtab)))
		return NULL;
	names->all = (!own || has_all_symbols(names)) && names->image.end > names->image.start;
	names->cut_llvm = cuts_llvm(image);
	names->made = true;
	return names;
}

bool rw_image_symbolize(const struct rw_image *image, uint64_t addr, struct rw_symbol *ret)
{
	// A dump without the tables, but with a list beside it.
	if (image->more && !rw_names_nr(&image->lazy->names)) {
		if (!rw_image_symbolize(image->more, addr + image->more_slide, ret))
			return false;
		ret->addr -= image->more_slide;
		return true;
	}
	const struct rw_names *names = rw_image_names_of(image);

	if (!names || !rw_names_nr(names))
		return false;
	if (names->all ? !contains(&names->image, addr) && !contains(&names->init, addr) :
			 !contains(&names->text, addr) && !contains(&names->init_text, addr))
		return false;

	size_t nr = rw_names_nr(names);
	size_t next = rw_bisect(i, nr, rw_names_addr(names, i) <= addr);
	if (!next)
		return false;

	size_t first = next - 1;
	uint64_t start = rw_names_addr(names, first), end;
	while (first && rw_names_addr(names, first - 1) == start)
		first--;
	if (next < nr)
		end = rw_names_addr(names, next);
	else if (contains(&names->init_text, addr))
		end = names->init_text.end;
	else
		end = names->all ? names->image.end : names->text.end;
	// Only a damaged table can say otherwise.
	if (start > addr || end <= addr || !rw_names_name(names, first, ret->name))
		return false;
	char *suffix = names->cut_llvm ? strstr(ret->name, ".llvm.") : NULL;
	if (suffix)
		*suffix = '\0';
	ret->addr = start;
	ret->size = end - start;
	return true;
}
