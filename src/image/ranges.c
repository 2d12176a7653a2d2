// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text and SYM_CODE ranges of an image.
//
// A kernel of the RFC series carries a table: pairs of 64-bit addresses, start
// and end (the end not included), in link order, not sorted, overlapping here and
// there, without a terminator.  Where it lies:
//
//   symbols __sym_code_functions_start and _end   (v4 and later; in v4 to v6 the
//                                                  table is inside .init.data)
//   section .symcode                              (v7 and later)
//   section sym_code_functions                    (the input section's own name)
//
// Its words may be zero in the file; the values are then in .rela.dyn (see
// relocate.c).  Other kernels have no table, and the ranges are those symbols
// that would have been in it (symbols.c).
//
// Source: RFC PATCH v8 3/4 and 4/4; image.md 3 and 4.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/bytes.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"

#include "image_private.h"

enum {
	ENTRY_SIZE = 16,
	NR_TEXT_RANGES = 2,
};

/** The table's bounds and what it is called in messages. */
struct table {
	uint64_t start, end;
	const char *where;
};

static int compare_ranges(const void *pa, const void *pb)
{
	const struct rw_range *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return strcmp(a->name, b->name);
}

/** The first derived range with this start, or NULL.  They are sorted. */
static const struct rw_range *derived_at(const struct rw_image *image, uint64_t start)
{
	size_t at = rw_bisect(i, image->nr_derived, image->derived[i].start < start);

	return at < image->nr_derived && image->derived[at].start == start ?
	       &image->derived[at] : NULL;
}

/** The name of a table entry: the SYM_CODE symbol there, the best if it fits whole. */
static const char *derived_name(const struct rw_image *image, const struct rw_range *range)
{
	const struct rw_range *first = derived_at(image, range->start);

	if (!first)
		return NULL;
	for (const struct rw_range *r = first;
	     r < image->derived + image->nr_derived && r->start == range->start; r++) {
		if (r->end == range->end)
			return r->name;
	}
	return first->name;
}

/** Give names to table entries that no SYM_CODE symbol names: any symbol there will do. */
static void name_by_any_symbol(const struct rw_image *image, struct rw_range *ranges, size_t nr)
{
	bool missing = false;

	for (size_t i = 0; i < nr; i++)
		missing |= !ranges[i].name[0];
	for (size_t i = 0; missing && i < image->nr_symbols; i++) {
		struct rw_elf_symbol symbol;

		if (!rw_image_elf_symbol(image, i, &symbol) || !symbol.name[0] ||
		    strchr(symbol.name, '$'))
			continue;
		// Sorted by start: from the first entry there.
		for (size_t n = rw_bisect(k, nr, ranges[k].start < symbol.addr);
		     n < nr && ranges[n].start == symbol.addr; n++) {
			if (!ranges[n].name[0])
				ranges[n].name = symbol.name;
		}
	}
}

static struct rw_error *find_table(const struct rw_image *image, struct table *ret)
{
	static const char *const sections[] = { ".symcode", "sym_code_functions" };
	const struct rw_named *start = rw_image_named(image, "__sym_code_functions_start");
	const struct rw_named *end = rw_image_named(image, "__sym_code_functions_end");

	*ret = (struct table){ 0 };
	if (start && end) {
		const char *where = rw_image_section_at(image, start->addr);

		*ret = (struct table){ start->addr, end->addr, where ? where : "(none)" };
		if (ret->end < ret->start)
			return rw_error_create(RW_ERROR_FORMAT,
					       "section %s: the sym_code_functions table ends "
					       "(0x%" PRIx64 ") before it starts (0x%" PRIx64
					       "); link the kernel again",
					       ret->where, ret->end, ret->start);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const struct rw_section *section = rw_image_section_named(image, sections[i]);

		if (!section || !(section->flags & SHF_ALLOC) || !section->size)
			continue;
		// That start + size does not wrap was checked when it was opened.
		*ret = (struct table){ section->addr, section->addr + section->size,
				       section->name };
		return NULL;
	}
	return NULL;
}

static struct rw_error *check_entry(const struct rw_image *image, const struct table *table,
				    size_t i, const struct rw_range *range)
{
	if (!range->start && !range->end)
		return rw_error_create(RW_ERROR_FORMAT,
				       "section %s: entry %zu of the sym_code_functions table is "
				       "zero: its relocations were not applied, and .rela.dyn has "
				       "none for it (missing or stripped); give the vmlinux as it "
				       "was linked", table->where, i);
	if (range->start >= range->end)
		return rw_error_create(RW_ERROR_FORMAT,
				       "section %s: entry %zu of the sym_code_functions table is "
				       "0x%" PRIx64 " to 0x%" PRIx64 ", which is no range; "
				       "give the vmlinux as it was linked",
				       table->where, i, range->start, range->end);
	const struct rw_section *section = rw_image_section_of(image, range->start);
	if (!section || !(section->flags & SHF_EXECINSTR) ||
	    range->end - section->addr > section->size)
		return rw_error_create(RW_ERROR_FORMAT,
				       "section %s: entry %zu of the sym_code_functions table, "
				       "0x%" PRIx64 " to 0x%" PRIx64 ", lies in no executable "
				       "section; give the vmlinux as it was linked",
				       table->where, i, range->start, range->end);
	return NULL;
}

/** Append the table's entries to @ranges, which has room for all of them. */
static struct rw_error *read_table(const struct rw_image *image, const struct table *table,
				   const uint8_t *words, size_t nr, struct rw_range *ranges)
{
	for (size_t i = 0; i < nr; i++) {
		struct rw_range *range = &ranges[i];

		*range = (struct rw_range){
			.start = rw_get_le64(words + i * ENTRY_SIZE),
			.end = rw_get_le64(words + i * ENTRY_SIZE + 8),
			.name = "",
			.kind = RW_RANGE_SYM_CODE,
			.origin = RW_ORIGIN_TABLE,
		};
		struct rw_error *err = check_entry(image, table, i, range);
		if (err)
			return err;
		range->section = rw_image_section_at(image, range->start);
		const char *name = derived_name(image, range);
		if (name)
			range->name = name;
	}
	qsort(ranges, nr, sizeof(*ranges), compare_ranges);
	name_by_any_symbol(image, ranges, nr);
	qsort(ranges, nr, sizeof(*ranges), compare_ranges);
	return NULL;
}

static void add_bounds(struct rw_image *image, enum rw_range_kind kind, const char *from,
		       const char *to)
{
	const struct rw_named *start = rw_image_named(image, from);
	const struct rw_named *end = rw_image_named(image, to);

	if (!start || !end || end->addr <= start->addr)
		return;
	const char *section = rw_image_section_at(image, start->addr);
	image->ranges[image->nr_ranges++] = (struct rw_range){
		.start = start->addr,
		.end = end->addr,
		.name = "",
		.section = section ? section : "",
		.kind = kind,
		.origin = RW_ORIGIN_SYMBOLS,
	};
}

/** What is in any of @ranges (sorted), each byte once, for rw_image_in_sym_code(). */
static struct rw_error *merge(struct rw_image *image, const struct rw_range *ranges, size_t nr)
{
	image->sym_code = calloc(nr ? nr : 1, sizeof(*image->sym_code));
	if (!image->sym_code)
		return &rw_enomem;
	for (size_t i = 0; i < nr; i++) {
		struct rw_span *last = image->sym_code + image->nr_sym_code - 1;

		if (image->nr_sym_code && ranges[i].start <= last->end) {
			if (ranges[i].end > last->end)
				last->end = ranges[i].end;
			continue;
		}
		image->sym_code[image->nr_sym_code++] =
			(struct rw_span){ ranges[i].start, ranges[i].end };
	}
	return NULL;
}

static struct rw_error *load_table(const struct rw_image *image, const struct table *table,
				   uint8_t **words_ret)
{
	uint64_t size = table->end - table->start;
	size_t room = 0;

	if (size % ENTRY_SIZE)
		return rw_error_create(RW_ERROR_FORMAT,
				       "section %s: the sym_code_functions table has %" PRIu64
				       " bytes, no multiple of %d; give the vmlinux as it was "
				       "linked", table->where, size, ENTRY_SIZE);
	if (size && (!rw_image_rest(image, table->start, &room) || size > room))
		return rw_error_create(RW_ERROR_FORMAT,
				       "section %s: the sym_code_functions table, 0x%" PRIx64
				       " to 0x%" PRIx64 ", has no bytes in the file; give the "
				       "vmlinux as it was linked",
				       table->where, table->start, table->end);
	_cleanup_free_ uint8_t *words = malloc(size ? size : 1);
	if (!words || !rw_image_read(image, table->start, words, size))
		return &rw_enomem;
	*words_ret = rw_steal(words);
	return NULL;
}

struct rw_error *rw_image_complete(struct rw_image *image)
{
	_cleanup_free_ struct rw_range *sym_code = image->ranges;
	size_t nr = image->nr_ranges;

	image->has_table = rw_image_named(image, "__sym_code_functions_start") &&
			   rw_image_named(image, "__sym_code_functions_end");
	image->nr_ranges = 0;
	image->ranges = calloc(nr + NR_TEXT_RANGES, sizeof(*image->ranges));
	if (!image->ranges)
		return &rw_enomem;
	add_bounds(image, RW_RANGE_TEXT, "_stext", "_etext");
	if (!image->nr_ranges)
		return rw_error_create(RW_ERROR_FORMAT, "names: no _stext with _etext behind it; "
				       "give the kernel's vmlinux");
	add_bounds(image, RW_RANGE_INIT_TEXT, "_sinittext", "_einittext");
	if (nr)
		memcpy(image->ranges + image->nr_ranges, sym_code, nr * sizeof(*sym_code));
	image->nr_ranges += nr;
	return NULL;
}

/** Trampolines lie outside of the text, but nothing lies outside of the image. */
static bool is_in_image(const struct rw_image *image, const struct rw_range *range)
{
	const struct rw_named *text = rw_image_named(image, "_text");
	const struct rw_named *end = rw_image_named(image, "_end");

	if (!text)
		text = rw_image_named(image, "_stext");
	return text && end && range->start >= text->addr && range->start < range->end &&
	       range->end <= end->addr;
}

struct rw_error *rw_image_add_sym_code(struct rw_image *image, const uint64_t *words, size_t nr)
{
	_cleanup_free_ struct rw_range *ranges = calloc(nr ? nr : 1, sizeof(*ranges));
	_cleanup_free_ char *names = calloc(nr ? nr : 1, RW_SYMBOL_NAME_SIZE);

	if (!ranges || !names)
		return &rw_enomem;
	for (size_t i = 0; i < nr; i++) {
		char *name = names + i * RW_SYMBOL_NAME_SIZE;
		struct rw_symbol symbol;

		ranges[i] = (struct rw_range){
			.start = words[2 * i],
			.end = words[2 * i + 1],
			.name = name,
			.section = "",
			.kind = RW_RANGE_SYM_CODE,
			.origin = RW_ORIGIN_TABLE,
		};
		if (!is_in_image(image, &ranges[i]))
			return rw_error_create(RW_ERROR_FORMAT, "entry %zu of the "
					       "sym_code_functions table, 0x%" PRIx64 " to 0x%"
					       PRIx64 ", is no range of the kernel image", i,
					       ranges[i].start, ranges[i].end);
		if (rw_image_symbolize(image, ranges[i].start, &symbol) &&
		    symbol.addr == ranges[i].start)
			memcpy(name, symbol.name, RW_SYMBOL_NAME_SIZE);
	}
	qsort(ranges, nr, sizeof(*ranges), compare_ranges);
	struct rw_error *err = merge(image, ranges, nr);
	if (err)
		return err;
	image->sym_code_added = true;
	image->ranges = rw_steal(ranges);
	image->nr_ranges = nr;
	image->text = rw_steal(names);
	return NULL;
}

struct rw_error *rw_image_find_ranges(struct rw_image *image)
{
	_cleanup_free_ uint8_t *words = NULL;
	struct table table;

	if (image->nr_derived)
		qsort(image->derived, image->nr_derived, sizeof(*image->derived), compare_ranges);
	struct rw_error *err = find_table(image, &table);
	if (!err && table.where)
		err = load_table(image, &table, &words);
	if (err)
		return err;

	image->has_table = table.where != NULL;
	size_t nr = image->has_table ? (table.end - table.start) / ENTRY_SIZE :
				       image->nr_derived;
	image->ranges = calloc(nr + NR_TEXT_RANGES, sizeof(*image->ranges));
	if (!image->ranges)
		return &rw_enomem;
	add_bounds(image, RW_RANGE_TEXT, "_stext", "_etext");
	if (!image->nr_ranges)
		return rw_error_create(RW_ERROR_FORMAT,
				       "symbol table: _etext is not behind _stext; "
				       "give the vmlinux as it was linked");
	add_bounds(image, RW_RANGE_INIT_TEXT, "_sinittext", "_einittext");

	struct rw_range *sym_code = image->ranges + image->nr_ranges;
	if (image->has_table)
		err = read_table(image, &table, words, nr, sym_code);
	else if (nr)
		memcpy(sym_code, image->derived, nr * sizeof(*sym_code));
	if (err)
		return err;
	image->nr_ranges += nr;
	return merge(image, sym_code, nr);
}

const struct rw_range *rw_image_ranges(const struct rw_image *image, size_t *nr_ret)
{
	*nr_ret = image->nr_ranges;
	return image->ranges;
}

const struct rw_range *rw_image_derived_ranges(const struct rw_image *image, size_t *nr_ret)
{
	*nr_ret = image->nr_derived;
	return image->derived;
}

bool rw_image_has_sym_code_table(const struct rw_image *image)
{
	return image->has_table;
}

bool rw_image_sym_code_known(const struct rw_image *image)
{
	return image->sym_code_added || image->kind == RW_IMAGE_VMLINUX;
}

bool rw_image_in_sym_code(const struct rw_image *image, uint64_t addr)
{
	size_t nr = rw_bisect(i, image->nr_sym_code, image->sym_code[i].start <= addr);

	return nr && addr < image->sym_code[nr - 1].end;
}
