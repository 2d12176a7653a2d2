// SPDX-License-Identifier: GPL-2.0-or-later
//
// The calls at an address: the function whose entry has it, and inside that the
// inlined ones, each in the block of the one before.

#include <dwarf.h>

#include "rewalk/vector.h"

#include "dwarf_private.h"

enum { MAX_ORIGINS = 8 };

/** List a function's ranges.  True if one of them has @addr. */
static bool add_function(struct rw_dwarf *dwarf, struct unit *unit, const struct die *die,
			 uint64_t addr)
{
	struct die_ranges ranges;
	uint64_t low, high;
	bool found = false;

	die_ranges_init(dwarf, unit, die, &ranges);
	while (die_ranges_next(&ranges, &low, &high)) {
		struct function *function = dwarf_spend(dwarf, sizeof(*function)) ?
					    rw_vector_push(&unit->functions) : NULL;
		if (!function)
			break;
		*function = (struct function){ low, high, die->off };
		found |= addr >= low && addr < high;
	}
	return found;
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

/** Pass over the entry at unit->next.  True if it is a function that has @addr. */
static bool list_next(struct rw_dwarf *dwarf, struct unit *unit, uint64_t addr)
{
	struct cursor attributes;
	const struct abbrev *abbrev = die_abbrev(dwarf, unit, unit->next, &attributes);
	bool found = false;
	struct die die;

	if (!abbrev) {
		bool at_end = dwarf->sections[RW_DWARF_INFO].data[unit->next] || !unit->depth;

		unit->next = at_end ? unit->end : unit->next + 1;
		unit->depth -= !at_end;
	} else if (abbrev->tag != DW_TAG_subprogram &&
		   !(abbrev->children && holds_functions(unit, abbrev->tag))) {
		unit->next = die_skip(dwarf, unit, unit->next, abbrev, attributes);
	} else if (!die_read(dwarf, unit, unit->next, &die)) {
		unit->next = unit->end;
	} else if (abbrev->tag == DW_TAG_subprogram) {
		found = add_function(dwarf, unit, &die, addr);
		unit->next = die_behind(dwarf, unit, &die);
	} else {
		unit->next = die.next;
		unit->depth++;
	}
	return found;
}

/** The offset of the first function that has @addr; 0: none has. */
static uint64_t find_function(struct rw_dwarf *dwarf, struct unit *unit, uint64_t addr)
{
	struct die die;

	for (size_t i = 0; i < unit->functions.nr; i++)
		if (addr >= unit->functions.data[i].low && addr < unit->functions.data[i].high)
			return unit->functions.data[i].die;
	if (!unit->next)
		unit->next = die_read(dwarf, unit, unit->first, &die) && die.abbrev->children ?
			     die.next : unit->end;
	while (unit->next < unit->end)
		if (list_next(dwarf, unit, addr))
			return unit->functions.data[unit->functions.nr - 1].die;
	return 0;
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
		struct cursor attributes;
		const struct abbrev *abbrev = die_abbrev(dwarf, unit, off, &attributes);
		struct die die;

		if (!abbrev)
			break;
		if (!is_block(abbrev->tag)) {
			off = die_skip(dwarf, unit, off, abbrev, attributes);
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
	uint64_t found = find_function(dwarf, unit, addr);
	bool has_function = found && die_read(dwarf, unit, found, &function);
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
			.line = (uint32_t)value_number(&die->call_line),
		};
	}
	ret[nr++].function = name_of(dwarf, unit, function);
	return nr;
}
