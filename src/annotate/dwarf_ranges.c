// SPDX-License-Identifier: GPL-2.0-or-later
//
// The addresses of an entry: one range in its own attributes, or a list in
// .debug_ranges (up to DWARF 4) or .debug_rnglists (5).
//
// Source: DWARF 4, section 2.17.3; DWARF 5, sections 2.17.3 and 7.25.

#include <dwarf.h>

#include "dwarf_private.h"

/** Where list @index of the unit stands: its offset counts from the table it is in. */
static bool list_of_index(const struct rw_dwarf *dwarf, const struct unit *unit, uint64_t index,
			  uint64_t *ret)
{
	uint64_t off;

	if (__builtin_mul_overflow(index, unit->offset_size, &off) ||
	    __builtin_add_overflow(off, unit->rnglists_base, &off))
		return false;
	struct cursor c = dwarf_at(dwarf, RW_DWARF_RNGLISTS, off);
	off = cursor_fixed(&c, unit->offset_size);
	return !c.bad && !__builtin_add_overflow(off, unit->rnglists_base, ret);
}

void die_ranges_init(const struct rw_dwarf *dwarf, const struct unit *unit, const struct die *die,
		     struct die_ranges *ret)
{
	uint64_t off = die->ranges.number;

	*ret = (struct die_ranges){ .dwarf = dwarf, .unit = unit, .base = unit->low };
	if (die->low.kind == VALUE_ADDRESS &&
	    (die->high.kind == VALUE_ADDRESS || die->high.kind == VALUE_NUMBER)) {
		ret->low = die->low.number;
		ret->high = die->high.number + (die->high.kind == VALUE_NUMBER ? ret->low : 0);
		ret->form = RANGES_ONE;
	} else if (die->ranges.kind == VALUE_NUMBER || die->ranges.kind == VALUE_LIST) {
		if (die->ranges.kind == VALUE_LIST && !list_of_index(dwarf, unit, off, &off))
			return;
		ret->form = unit->version < 5 ? RANGES_V4 : RANGES_V5;
		ret->c = dwarf_at(dwarf, unit->version < 5 ? RW_DWARF_RANGES : RW_DWARF_RNGLISTS,
				  off);
	}
}

static bool next_v4(struct die_ranges *r, uint64_t *low, uint64_t *high)
{
	unsigned int size = r->unit->address_size;
	uint64_t all_ones = size < 8 ? (UINT64_C(1) << (8 * size)) - 1 : ~UINT64_C(0);

	for (;;) {
		*low = cursor_fixed(&r->c, size);
		*high = cursor_fixed(&r->c, size);
		if (r->c.bad || (!*low && !*high))
			return false;
		if (*low != all_ones)
			break;
		r->base = *high;
	}
	*low += r->base;
	*high += r->base;
	return true;
}

static bool next_v5(struct die_ranges *r, uint64_t *low, uint64_t *high)
{
	const struct rw_dwarf *dwarf = r->dwarf;
	const struct unit *unit = r->unit;

	while (!r->c.bad) {
		switch (cursor_u8(&r->c)) {
		case DW_RLE_base_addressx:
			if (!unit_address(dwarf, unit, cursor_uleb(&r->c), &r->base))
				return false;
			continue;
		case DW_RLE_base_address:
			r->base = cursor_fixed(&r->c, unit->address_size);
			continue;
		case DW_RLE_startx_endx:
			if (!unit_address(dwarf, unit, cursor_uleb(&r->c), low) ||
			    !unit_address(dwarf, unit, cursor_uleb(&r->c), high))
				return false;
			break;
		case DW_RLE_startx_length:
			if (!unit_address(dwarf, unit, cursor_uleb(&r->c), low))
				return false;
			*high = *low + cursor_uleb(&r->c);
			break;
		case DW_RLE_offset_pair:
			*low = r->base + cursor_uleb(&r->c);
			*high = r->base + cursor_uleb(&r->c);
			break;
		case DW_RLE_start_end:
			*low = cursor_fixed(&r->c, unit->address_size);
			*high = cursor_fixed(&r->c, unit->address_size);
			break;
		case DW_RLE_start_length:
			*low = cursor_fixed(&r->c, unit->address_size);
			*high = *low + cursor_uleb(&r->c);
			break;
		default:	// the end, or nothing that can be passed over
			return false;
		}
		return !r->c.bad;
	}
	return false;
}

bool die_ranges_next(struct die_ranges *r, uint64_t *low_ret, uint64_t *high_ret)
{
	uint64_t low = 0, high = 0;
	bool got = true;

	while (got) {
		switch (r->form) {
		case RANGES_ONE:
			low = r->low;
			high = r->high;
			r->form = RANGES_NONE;
			break;
		case RANGES_V4:
			got = next_v4(r, &low, &high);
			break;
		case RANGES_V5:
			got = next_v5(r, &low, &high);
			break;
		default:
			got = false;
		}
		if (got && low < high) {
			*low_ret = low;
			*high_ret = high;
			return true;
		}
	}
	return false;
}

bool die_contains(const struct rw_dwarf *dwarf, const struct unit *unit, const struct die *die,
		  uint64_t addr)
{
	struct die_ranges ranges;
	uint64_t low, high;

	die_ranges_init(dwarf, unit, die, &ranges);
	while (die_ranges_next(&ranges, &low, &high))
		if (addr >= low && addr < high)
			return true;
	return false;
}
