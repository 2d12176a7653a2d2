// SPDX-License-Identifier: GPL-2.0-or-later
//
// The units of .debug_info, and which of them has the code at an address.
//
// .debug_aranges tells that, but only of the units of compilers and assemblers that
// write it: clang leaves it away for C.  Then the entry of each unit that it does not
// name is read once for its ranges, and nothing else of the unit.
//
// Source: DWARF 5, sections 6.1.2 and 7.5.1.

#include <dwarf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rewalk/bisect.h"
#include "rewalk/vector.h"

#include "dwarf_private.h"

const char *const rw_dwarf_section_names[RW_NR_DWARF_SECTIONS] = {
	[RW_DWARF_INFO] = "info",
	[RW_DWARF_ABBREV] = "abbrev",
	[RW_DWARF_ARANGES] = "aranges",
	[RW_DWARF_LINE] = "line",
	[RW_DWARF_STR] = "str",
	[RW_DWARF_LINE_STR] = "line_str",
	[RW_DWARF_RANGES] = "ranges",
	[RW_DWARF_RNGLISTS] = "rnglists",
	[RW_DWARF_ADDR] = "addr",
	[RW_DWARF_STR_OFFSETS] = "str_offsets",
};

struct rw_dwarf *rw_dwarf_create(const struct rw_dwarf_bytes sections[RW_NR_DWARF_SECTIONS])
{
	struct rw_dwarf *dwarf = calloc(1, sizeof(*dwarf));

	if (!dwarf)
		return NULL;
	memcpy(dwarf->sections, sections, sizeof(dwarf->sections));
	dwarf->budget = 1 << 20;
	for (int i = 0; i < RW_NR_DWARF_SECTIONS; i++) {
		uint64_t share;

		if (__builtin_mul_overflow(sections[i].size, 32, &share) ||
		    __builtin_add_overflow(dwarf->budget, share, &dwarf->budget))
			dwarf->budget = UINT64_MAX;
	}
	return dwarf;
}

void rw_dwarf_destroy(struct rw_dwarf *dwarf)
{
	if (!dwarf)
		return;
	for (size_t i = 0; i < dwarf->units.nr; i++)
		unit_destroy(dwarf->units.data[i]);
	free(dwarf->units.data);
	free(dwarf->headers.data);
	free(dwarf->ranges.data);
	free(dwarf);
}

const char *rw_dwarf_damage(const struct rw_dwarf *dwarf)
{
	return *dwarf->damage ? dwarf->damage : NULL;
}

void dwarf_damaged(struct rw_dwarf *dwarf, const char *format, ...)
{
	va_list args;

	if (*dwarf->damage)
		return;
	va_start(args, format);
	vsnprintf(dwarf->damage, sizeof(dwarf->damage), format, args);
	va_end(args);
}

bool dwarf_spend(struct rw_dwarf *dwarf, uint64_t bytes)
{
	if (bytes > dwarf->budget) {
		dwarf_damaged(dwarf, ".debug_info: its units need more than its size allows");
		return false;
	}
	dwarf->budget -= bytes;
	return true;
}

/* ---- a unit ------------------------------------------------------------------- */

void unit_destroy(struct unit *unit)
{
	if (!unit)
		return;
	line_table_destroy(unit->lines);
	free(unit->functions.data);
	free(unit->abbrevs.data);
	free(unit->specs.data);
	free(unit);
}

/** Read a unit's header.  False if there is none at @off that makes sense. */
static bool read_header(struct rw_dwarf *dwarf, uint64_t off, struct unit *unit)
{
	struct cursor c = dwarf_at(dwarf, RW_DWARF_INFO, off);

	unit->off = off;
	uint64_t length = cursor_length(&c, &unit->offset_size);
	if (c.bad || length > (uint64_t)(c.end - c.at)) {
		dwarf_damaged(dwarf, ".debug_info: the unit at 0x%" PRIx64 " is cut short", off);
		return false;
	}
	c.end = c.at + length;
	unit->end = (uint64_t)(c.end - dwarf->sections[RW_DWARF_INFO].data);
	unit->version = (uint16_t)cursor_fixed(&c, 2);
	unit->type = DW_UT_compile;
	if (unit->version >= 5) {
		unit->type = cursor_u8(&c);
		unit->address_size = cursor_u8(&c);
		unit->abbrev_off = cursor_fixed(&c, unit->offset_size);
		if (unit->type == DW_UT_skeleton || unit->type == DW_UT_split_compile)
			cursor_skip(&c, 8);
		if (unit->type == DW_UT_type || unit->type == DW_UT_split_type)
			cursor_skip(&c, 8 + unit->offset_size);
	} else {
		unit->abbrev_off = cursor_fixed(&c, unit->offset_size);
		unit->address_size = cursor_u8(&c);
	}
	unit->first = (uint64_t)(c.at - dwarf->sections[RW_DWARF_INFO].data);
	return true;
}

static bool is_readable(struct rw_dwarf *dwarf, const struct unit *unit)
{
	if (unit->version >= 2 && unit->version <= 5 &&
	    (unit->address_size == 4 || unit->address_size == 8) && unit->first < unit->end)
		return true;
	dwarf_damaged(dwarf, ".debug_info: the unit at 0x%" PRIx64 " is of DWARF version %u, "
		      "addresses of %u bytes", unit->off, unit->version, unit->address_size);
	return false;
}

static void set_base(uint64_t *base, const struct value *value)
{
	if (value->kind == VALUE_NUMBER)
		*base = value->number;
}

/** The unit's own entry: what the other entries need to be understood. */
static bool learn(struct rw_dwarf *dwarf, struct unit *unit, struct die *die)
{
	// What stands behind the headers of the first tables of these sections.
	unit->addr_base = 8;
	unit->str_offsets_base = 8;
	unit->rnglists_base = 12;
	if (!die_read(dwarf, unit, unit->first, die))
		return false;
	set_base(&unit->addr_base, &die->addr_base);
	set_base(&unit->str_offsets_base, &die->str_offsets_base);
	set_base(&unit->rnglists_base, &die->rnglists_base);
	// Again: its addresses may count from these bases.
	if (!die_read(dwarf, unit, unit->first, die))
		return false;
	unit->low = die->low.kind == VALUE_ADDRESS ? die->low.number : 0;
	unit->has_lines = die->stmt_list.kind == VALUE_NUMBER;
	unit->stmt_list = die->stmt_list.number;
	unit->comp_dir = value_string(dwarf, unit, &die->comp_dir);
	switch (value_number(&die->language)) {
	case DW_LANG_C89:
	case DW_LANG_C:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case 0x2c:		// C17
	case 0x3e:		// C23
	case DW_LANG_Mips_Assembler:
		unit->is_c = true;
	}
	return true;
}

/** Open the unit at @off, with all forms of entries or with that of its own only. */
static struct unit *open_unit(struct rw_dwarf *dwarf, uint64_t off, bool whole, struct die *die)
{
	struct unit *unit = calloc(1, sizeof(*unit));

	if (!unit || !read_header(dwarf, off, unit) || !is_readable(dwarf, unit))
		goto fail;
	struct cursor c = dwarf_at(dwarf, RW_DWARF_INFO, unit->first);
	uint64_t code = cursor_uleb(&c);
	if (!unit_read_abbrevs(dwarf, unit, whole ? 0 : code)) {
		dwarf_damaged(dwarf, ".debug_abbrev: the forms at 0x%" PRIx64 " are damaged",
			      unit->abbrev_off);
		goto fail;
	}
	if (learn(dwarf, unit, die))
		return unit;
fail:
	unit_destroy(unit);
	return NULL;
}

struct unit *dwarf_unit(struct rw_dwarf *dwarf, uint64_t off)
{
	size_t low = rw_bisect(i, dwarf->units.nr, dwarf->units.data[i]->off < off);
	struct die die;

	if (low < dwarf->units.nr && dwarf->units.data[low]->off == off)
		return dwarf->units.data[low];
	struct unit *unit = open_unit(dwarf, off, true, &die);
	if (!unit || !rw_vector_reserve((void **)&dwarf->units.data, &dwarf->units.capacity,
					dwarf->units.nr, sizeof(dwarf->units.data[0]))) {
		unit_destroy(unit);
		return NULL;
	}
	struct unit **at = dwarf->units.data + low;
	memmove(at + 1, at, (dwarf->units.nr++ - low) * sizeof(*at));
	*at = unit;
	return unit;
}

/* ---- all units ------------------------------------------------------------------ */

static void find_headers(struct rw_dwarf *dwarf)
{
	struct unit unit;

	if (dwarf->has_headers)
		return;
	dwarf->has_headers = true;
	for (uint64_t off = 0; off < dwarf->sections[RW_DWARF_INFO].size; off = unit.end) {
		if (!read_header(dwarf, off, &unit))
			break;
		uint64_t *header = rw_vector_push(&dwarf->headers);
		if (!header)
			break;
		*header = off;
	}
}

struct unit *dwarf_unit_with(struct rw_dwarf *dwarf, uint64_t die)
{
	find_headers(dwarf);
	size_t nr = rw_bisect(i, dwarf->headers.nr, dwarf->headers.data[i] <= die);
	struct unit *unit = nr ? dwarf_unit(dwarf, dwarf->headers.data[nr - 1]) : NULL;
	return unit && die >= unit->first && die < unit->end ? unit : NULL;
}

/* ---- by address ----------------------------------------------------------------- */

static bool add_range(struct rw_dwarf *dwarf, uint64_t low, uint64_t high, uint64_t off)
{
	struct unit_range *range = rw_vector_push(&dwarf->ranges);

	if (range)
		*range = (struct unit_range){ low, high, off };
	return range;
}

/** The ranges of one unit, from its table. */
static void read_table(struct rw_dwarf *dwarf, struct cursor c, uint8_t offset_size,
		       size_t header_size)
{
	const uint8_t *start = c.at - header_size;
	uint64_t version = cursor_fixed(&c, 2), off = cursor_fixed(&c, offset_size);
	uint8_t size = cursor_u8(&c), segment = cursor_u8(&c);

	if (c.bad || version != 2 || (size != 4 && size != 8) || segment) {
		dwarf_damaged(dwarf, ".debug_aranges: the table of the unit at 0x%" PRIx64
			      " is of no known form", off);
		return;
	}
	// The pairs are aligned to their size.
	size_t past = (size_t)(c.at - start) % (2 * size);
	cursor_skip(&c, past ? 2 * size - past : 0);
	while (c.at < c.end) {
		uint64_t low = cursor_fixed(&c, size), length = cursor_fixed(&c, size), high;

		if (c.bad || (!low && !length))
			return;
		if (length && !__builtin_add_overflow(low, length, &high) &&
		    !add_range(dwarf, low, high, off))
			return;
	}
}

static int compare_ranges(const void *pa, const void *pb)
{
	const struct unit_range *a = pa, *b = pb;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return a->off < b->off ? -1 : a->off > b->off;
}

static void sort_ranges(struct rw_dwarf *dwarf)
{
	if (dwarf->ranges.nr)
		qsort(dwarf->ranges.data, dwarf->ranges.nr, sizeof(dwarf->ranges.data[0]),
		      compare_ranges);
}

static void read_aranges(struct rw_dwarf *dwarf)
{
	struct cursor c = dwarf_at(dwarf, RW_DWARF_ARANGES, 0);

	dwarf->has_aranges = true;
	while (c.at < c.end) {
		const uint8_t *start = c.at;
		uint8_t offset_size;
		uint64_t length = cursor_length(&c, &offset_size);

		if (c.bad || length > (uint64_t)(c.end - c.at)) {
			dwarf_damaged(dwarf, ".debug_aranges: a table is cut short");
			break;
		}
		struct cursor table = { .at = c.at, .end = c.at + length };
		read_table(dwarf, table, offset_size, (size_t)(c.at - start));
		c.at += length;
	}
	sort_ranges(dwarf);
}

static int compare_offsets(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return a < b ? -1 : a > b;
}

/** The units that .debug_aranges names, sorted; NULL without memory. */
static uint64_t *named_units(const struct rw_dwarf *dwarf)
{
	uint64_t *offs = calloc(dwarf->ranges.nr + 1, sizeof(offs[0]));

	for (size_t i = 0; offs && i < dwarf->ranges.nr; i++)
		offs[i] = dwarf->ranges.data[i].off;
	if (offs)
		qsort(offs, dwarf->ranges.nr, sizeof(offs[0]), compare_offsets);
	return offs;
}

/** The ranges of the units that .debug_aranges does not name. */
static void scan_units(struct rw_dwarf *dwarf)
{
	size_t nr_named = dwarf->ranges.nr;
	uint64_t *named = named_units(dwarf);

	dwarf->has_scanned = true;
	find_headers(dwarf);
	for (size_t i = 0; named && i < dwarf->headers.nr; i++) {
		uint64_t off = dwarf->headers.data[i], low, high;
		struct die_ranges ranges;
		struct die die;

		if (bsearch(&off, named, nr_named, sizeof(named[0]), compare_offsets))
			continue;
		struct unit *unit = open_unit(dwarf, off, false, &die);
		if (!unit)
			continue;
		die_ranges_init(dwarf, unit, &die, &ranges);
		while (die_ranges_next(&ranges, &low, &high) && dwarf_spend(dwarf, sizeof(low)))
			if (!add_range(dwarf, low, high, off))
				break;
		unit_destroy(unit);
	}
	free(named);
	sort_ranges(dwarf);
}

static const struct unit_range *find_range(const struct rw_dwarf *dwarf, uint64_t addr)
{
	size_t nr = rw_bisect(i, dwarf->ranges.nr, dwarf->ranges.data[i].low <= addr);

	// Of ranges that overlap, which no linker makes, the nearest few are looked at.
	for (int i = 0; i < 8 && nr; i++)
		if (addr < dwarf->ranges.data[--nr].high)
			return &dwarf->ranges.data[nr];
	return NULL;
}

struct unit *dwarf_unit_of(struct rw_dwarf *dwarf, uint64_t addr)
{
	if (!dwarf->has_aranges)
		read_aranges(dwarf);
	const struct unit_range *range = find_range(dwarf, addr);
	if (!range && !dwarf->has_scanned) {
		scan_units(dwarf);
		range = find_range(dwarf, addr);
	}
	return range ? dwarf_unit(dwarf, range->off) : NULL;
}
