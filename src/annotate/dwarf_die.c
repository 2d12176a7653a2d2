// SPDX-License-Identifier: GPL-2.0-or-later
//
// Entries of .debug_info.  Each begins with the number of an abbreviation, which lists
// the attributes that follow and their forms, and says whether entries inside it follow
// them, up to one with number 0.
//
// Source: DWARF 5, sections 2.3, 7.5.2 and 7.5.3.

#include <dwarf.h>
#include <stddef.h>
#include <stdlib.h>

#include "rewalk/vector.h"

#include "dwarf_private.h"

/** The attributes that are kept, and where. */
static const struct {
	uint16_t name, at;
} kept[] = {
	{ DW_AT_sibling, offsetof(struct die, sibling) },
	{ DW_AT_name, offsetof(struct die, name) },
	{ DW_AT_stmt_list, offsetof(struct die, stmt_list) },
	{ DW_AT_low_pc, offsetof(struct die, low) },
	{ DW_AT_high_pc, offsetof(struct die, high) },
	{ DW_AT_language, offsetof(struct die, language) },
	{ DW_AT_comp_dir, offsetof(struct die, comp_dir) },
	{ DW_AT_abstract_origin, offsetof(struct die, origin) },
	{ DW_AT_specification, offsetof(struct die, origin) },
	{ DW_AT_ranges, offsetof(struct die, ranges) },
	{ DW_AT_call_file, offsetof(struct die, call_file) },
	{ DW_AT_call_line, offsetof(struct die, call_line) },
	{ DW_AT_linkage_name, offsetof(struct die, linkage_name) },
	{ DW_AT_MIPS_linkage_name, offsetof(struct die, linkage_name) },
	{ DW_AT_str_offsets_base, offsetof(struct die, str_offsets_base) },
	{ DW_AT_addr_base, offsetof(struct die, addr_base) },
	{ DW_AT_GNU_addr_base, offsetof(struct die, addr_base) },
	{ DW_AT_rnglists_base, offsetof(struct die, rnglists_base) },
};

static uint16_t place_of(uint64_t name)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (kept[i].name == name)
			return kept[i].at;
	return 0;
}

static bool read_specs(struct rw_dwarf *dwarf, struct unit *unit, struct cursor *c,
		       struct abbrev *abbrev)
{
	abbrev->first_spec = (uint32_t)unit->specs.nr;
	abbrev->fixed = true;
	for (;;) {
		uint64_t name = cursor_uleb(c), form = cursor_uleb(c);
		int64_t implicit = form == DW_FORM_implicit_const ? cursor_sleb(c) : 0;

		if (c->bad || name > UINT16_MAX || form > UINT16_MAX)
			return false;
		if (!name && !form)
			return true;
		struct attr_spec *spec = dwarf_spend(dwarf, sizeof(*spec)) ?
					 rw_vector_push(&unit->specs) : NULL;
		if (!spec)
			return false;
		*spec = (struct attr_spec){
			.name = (uint16_t)name,
			.form = (uint16_t)form,
			.size = (int8_t)form_size(unit, (uint16_t)form),
			.at = place_of(name),
			.implicit = implicit,
		};
		abbrev->nr_specs++;
		if (name == DW_AT_sibling && form == DW_FORM_ref4 && abbrev->fixed) {
			abbrev->has_sibling_at = true;
			abbrev->sibling_at = abbrev->size;
		}
		if (spec->size < 0)
			abbrev->fixed = false;
		else
			abbrev->size += (uint32_t)spec->size;
	}
}

static int compare_codes(const void *pa, const void *pb)
{
	const struct abbrev *a = pa, *b = pb;

	return a->code < b->code ? -1 : a->code > b->code;
}

bool unit_read_abbrevs(struct rw_dwarf *dwarf, struct unit *unit, uint64_t only)
{
	struct cursor c = dwarf_at(dwarf, RW_DWARF_ABBREV, unit->abbrev_off);
	uint64_t code;

	unit->dense = true;
	while ((code = cursor_uleb(&c))) {
		struct abbrev *abbrev = dwarf_spend(dwarf, sizeof(*abbrev)) ?
					rw_vector_push(&unit->abbrevs) : NULL;
		if (!abbrev)
			return false;
		uint64_t tag = cursor_uleb(&c);
		*abbrev = (struct abbrev){
			.code = code,
			.tag = tag <= UINT16_MAX ? (uint16_t)tag : 0,
			.children = cursor_u8(&c) == DW_CHILDREN_yes,
		};
		unit->dense &= code == unit->abbrevs.nr;
		if (!read_specs(dwarf, unit, &c, abbrev))
			return false;
		if (code == only)
			break;
	}
	if (!unit->dense)
		qsort(unit->abbrevs.data, unit->abbrevs.nr, sizeof(unit->abbrevs.data[0]),
		      compare_codes);
	return !c.bad;
}

static const struct abbrev *find_abbrev(const struct unit *unit, uint64_t code)
{
	if (unit->dense)
		return code <= unit->abbrevs.nr ? &unit->abbrevs.data[code - 1] : NULL;
	return bsearch(&(struct abbrev){ .code = code }, unit->abbrevs.data, unit->abbrevs.nr,
		       sizeof(unit->abbrevs.data[0]), compare_codes);
}

const struct abbrev *die_abbrev(struct rw_dwarf *dwarf, const struct unit *unit, uint64_t off,
				struct cursor *c)
{
	// unit->end was checked to lie in the section.
	c->at = dwarf->sections[RW_DWARF_INFO].data + off;
	c->end = dwarf->sections[RW_DWARF_INFO].data + unit->end;
	c->bad = false;
	if (off >= unit->end)
		return NULL;
	uint64_t code = cursor_uleb(c);
	if (!code)
		return NULL;
	const struct abbrev *abbrev = c->bad ? NULL : find_abbrev(unit, code);
	if (!abbrev)
		dwarf_damaged(dwarf, ".debug_info: the entry at 0x%llx has no form",
			      (unsigned long long)off);
	return abbrev;
}

static uint64_t place(const struct rw_dwarf *dwarf, const struct cursor *c)
{
	return (uint64_t)(c->at - dwarf->sections[RW_DWARF_INFO].data);
}

static bool read_attributes(struct rw_dwarf *dwarf, const struct unit *unit, struct cursor *c,
			    struct die *ret)
{
	for (uint32_t i = 0; i < ret->abbrev->nr_specs; i++) {
		const struct attr_spec *spec = &unit->specs.data[ret->abbrev->first_spec + i];
		struct value value;

		if (!spec->at && spec->size >= 0) {
			cursor_skip(c, (uint64_t)spec->size);
			continue;
		}
		if (!form_read(dwarf, unit, spec->form, spec->implicit, c, &value) || c->bad) {
			dwarf_damaged(dwarf, ".debug_info: the entry at 0x%llx is cut short, or "
				      "its form 0x%x is none", (unsigned long long)ret->off,
				      spec->form);
			return false;
		}
		if (spec->at)
			memcpy((char *)ret + spec->at, &value, sizeof(value));
	}
	return !c->bad;
}

bool die_read(struct rw_dwarf *dwarf, const struct unit *unit, uint64_t off, struct die *ret)
{
	struct cursor c;

	*ret = (struct die){ .off = off, .abbrev = die_abbrev(dwarf, unit, off, &c) };
	if (!ret->abbrev || !read_attributes(dwarf, unit, &c, ret))
		return false;
	ret->next = place(dwarf, &c);
	return true;
}

static bool is_further(const struct unit *unit, uint64_t off, uint64_t sibling)
{
	// Or a list of siblings would never come to an end.
	return sibling > off && sibling <= unit->end;
}

/**
 * From the attributes at the cursor to what stands behind them, or, where that is told,
 * behind all that is inside the entry.
 */
static bool pass(struct rw_dwarf *dwarf, const struct unit *unit, uint64_t off,
		 const struct abbrev *abbrev, struct cursor *c, uint64_t *ret, bool *inside_ret)
{
	*inside_ret = false;
	if (abbrev->children && abbrev->has_sibling_at) {
		struct cursor at = *c;

		cursor_skip(&at, abbrev->sibling_at);
		*ret = cursor_fixed(&at, 4) + unit->off;
		if (!at.bad && is_further(unit, off, *ret))
			return true;
	}
	if (abbrev->fixed) {
		cursor_skip(c, abbrev->size);
		*ret = place(dwarf, c);
		*inside_ret = abbrev->children;
		return !c->bad;
	}
	struct die die = { .off = off, .abbrev = abbrev };
	if (!read_attributes(dwarf, unit, c, &die))
		return false;
	*ret = place(dwarf, c);
	if (abbrev->children && die.sibling.kind == VALUE_REFERENCE &&
	    is_further(unit, off, die.sibling.number))
		*ret = die.sibling.number;
	else
		*inside_ret = abbrev->children;
	return true;
}

/** From @off, inside @depth entries, to the end of the outermost of them. */
static uint64_t leave(struct rw_dwarf *dwarf, const struct unit *unit, uint64_t off, size_t depth)
{
	while (depth && off < unit->end) {
		struct cursor c;
		const struct abbrev *abbrev = die_abbrev(dwarf, unit, off, &c);
		bool inside;

		if (abbrev) {
			if (!pass(dwarf, unit, off, abbrev, &c, &off, &inside))
				return unit->end;
			depth += inside;
		} else if (dwarf->sections[RW_DWARF_INFO].data[off]) {
			return unit->end;	// damaged
		} else {
			off++;
			depth--;
		}
	}
	return off;
}

uint64_t die_skip(struct rw_dwarf *dwarf, const struct unit *unit, uint64_t off,
		  const struct abbrev *abbrev, struct cursor attributes)
{
	bool inside;

	if (!pass(dwarf, unit, off, abbrev, &attributes, &off, &inside))
		return unit->end;
	return inside ? leave(dwarf, unit, off, 1) : off;
}

uint64_t die_behind(struct rw_dwarf *dwarf, const struct unit *unit, const struct die *die)
{
	if (!die->abbrev->children)
		return die->next;
	if (die->sibling.kind == VALUE_REFERENCE &&
	    is_further(unit, die->off, die->sibling.number))
		return die->sibling.number;
	return leave(dwarf, unit, die->next, 1);
}
