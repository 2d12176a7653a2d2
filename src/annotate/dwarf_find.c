// SPDX-License-Identifier: GPL-2.0-or-later
//
// The calls at an address: the function whose entry has it, and inside that the
// inlined ones, each in the block of the one before.

#include <dwarf.h>
#include <stdlib.h>

#include "rewalk/vector.h"

#include "dwarf_private.h"

enum { MAX_ORIGINS = 8 };

static bool add_function(struct rw_dwarf *dwarf, struct unit *unit, const struct die *die)
{
	struct die_ranges ranges;
	uint64_t low, high;

	die_ranges_init(dwarf, unit, die, &ranges);
	while (die_ranges_next(&ranges, &low, &high)) {
		struct function *function = dwarf_spend(dwarf, sizeof(*function)) ?
					    rw_vector_push(&unit->functions) : NULL;
		if (!function)
			return false;
		*function = (struct function){ low, high, die->off };
	}
	return true;
}

/** May functions stand inside such an entry?  In C they all stand at the top. */
static bool holds_functions(const struct unit *unit, uint16_t tag)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
		return true;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_variant_part:
		return !unit->is_c;
	}
	return false;
}

static int compare_functions(const void *pa, const void *pb)
{
	const struct function *a = pa, *b = pb;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return a->die < b->die ? -1 : a->die > b->die;
}

/** List the unit's functions that have code. */
static void list_functions(struct rw_dwarf *dwarf, struct unit *unit)
{
	uint64_t off = unit->first;
	size_t depth = 0;
	struct die die;

	unit->has_functions = true;
	if (!die_read(dwarf, unit, off, &die) || !die.abbrev->children)
		return;
	for (off = die.next; off < unit->end;) {
		const struct abbrev *abbrev = die_abbrev(dwarf, unit, off);

		if (!abbrev) {
			if (dwarf->sections[RW_DWARF_INFO].data[off] || !depth--)
				break;
			off++;
		} else if (abbrev->tag == DW_TAG_subprogram) {
			if (!die_read(dwarf, unit, off, &die) || !add_function(dwarf, unit, &die))
				break;
			off = die_behind(dwarf, unit, &die);
		} else if (abbrev->children && holds_functions(unit, abbrev->tag)) {
			if (!die_read(dwarf, unit, off, &die))
				break;
			off = die.next;
			depth++;
		} else {
			off = die_skip(dwarf, unit, off);
		}
	}
	if (unit->functions.nr)
		qsort(unit->functions.data, unit->functions.nr, sizeof(unit->functions.data[0]),
		      compare_functions);
}

static const struct function *find_function(const struct unit *unit, uint64_t addr)
{
	const struct function *functions = unit->functions.data, *found = NULL;
	size_t low = 0, high = unit->functions.nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (functions[middle].low <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	// Of several with the same code the first is taken, as by other readers.
	for (int i = 0; i < 8 && low; i++) {
		const struct function *function = &functions[--low];

		if (found && function->low != found->low)
			break;
		if (addr < function->high)
			found = function;
	}
	return found;
}

/** A function's name: its own, or that of what it was made from. */
static const char *name_of(struct rw_dwarf *dwarf, const struct unit *unit, struct die die)
{
	const char *name = NULL;

	for (int i = 0; i < MAX_ORIGINS; i++) {
		const char *linkage = value_string(dwarf, unit, &die.linkage_name);

		if (linkage)
			return linkage;
		if (!name)
			name = value_string(dwarf, unit, &die.name);
		if (die.origin.kind != VALUE_REFERENCE)
			break;
		uint64_t off = die.origin.number;
		if (off < unit->first || off >= unit->end)
			unit = dwarf_unit_with(dwarf, off);
		if (!unit || !die_read(dwarf, unit, off, &die))
			break;
	}
	return name;
}

static bool is_block(uint16_t tag)
{
	return tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine ||
	       tag == DW_TAG_try_block || tag == DW_TAG_catch_block ||
	       tag == DW_TAG_subprogram;
}

/** The entries around @addr, from the function inwards; inlined calls only. */
static size_t find_inlined(struct rw_dwarf *dwarf, const struct unit *unit, struct die *function,
			   uint64_t addr, struct die ret[RW_DWARF_MAX_CALLS])
{
	uint64_t off = function->next;
	bool inside = function->abbrev->children;
	size_t nr = 0;

	// Where a block has @addr, nothing behind it does: the way leads only inwards.
	while (inside && off < unit->end) {
		const struct abbrev *abbrev = die_abbrev(dwarf, unit, off);
		struct die die;

		if (!abbrev)
			break;
		if (!is_block(abbrev->tag)) {
			off = die_skip(dwarf, unit, off);
			continue;
		}
		if (!die_read(dwarf, unit, off, &die))
			break;
		if (!die_contains(dwarf, unit, &die, addr)) {
			off = die_behind(dwarf, unit, &die);
			continue;
		}
		if (abbrev->tag == DW_TAG_subprogram) {
			// A function inside a function: what is around it did not call it.
			*function = die;
			nr = 0;
		} else if (abbrev->tag == DW_TAG_inlined_subroutine) {
			if (nr == RW_DWARF_MAX_CALLS - 1)
				break;
			ret[nr++] = die;
		}
		off = die.next;
		inside = abbrev->children;
	}
	return nr;
}

size_t rw_dwarf_find(struct rw_dwarf *dwarf, uint64_t addr,
		     struct rw_dwarf_call ret[RW_DWARF_MAX_CALLS])
{
	struct unit *unit = dwarf_unit_of(dwarf, addr);
	struct die function, inlined[RW_DWARF_MAX_CALLS];
	size_t nr = 0, nr_inlined = 0;
	uint64_t file;
	uint32_t line;

	if (!unit)
		return 0;
	if (!unit->has_functions)
		list_functions(dwarf, unit);
	const struct function *found = find_function(unit, addr);
	bool has_function = found && die_read(dwarf, unit, found->die, &function);
	if (has_function)
		nr_inlined = find_inlined(dwarf, unit, &function, addr, inlined);
	struct line_table *lines = unit_lines(dwarf, unit);
	ret[0] = (struct rw_dwarf_call){ 0 };
	bool has_row = lines && line_table_find(lines, addr, &file, &line);
	if (has_row) {
		ret[0].file = line_table_path(lines, file);
		ret[0].line = line;
	}
	if (!has_function)
		return has_row;
	// From the innermost outwards: each stands where the one before was called.
	while (nr_inlined--) {
		const struct die *die = &inlined[nr_inlined];

		ret[nr].function = name_of(dwarf, unit, *die);
		ret[nr].inlined = true;
		ret[++nr] = (struct rw_dwarf_call){
			.file = lines && die->call_file.kind == VALUE_NUMBER ?
				line_table_path(lines, die->call_file.number) : NULL,
			.line = (uint32_t)die->call_line.number,
		};
	}
	ret[nr++].function = name_of(dwarf, unit, function);
	return nr;
}
