// SPDX-License-Identifier: GPL-2.0-or-later
//
// The values of attributes.  A form says how a value is written; forms that are of no
// use here are passed over.
//
// Source: DWARF 5, section 7.5.6; the DW_FORM_GNU_* of GCC.

#include <dwarf.h>

#include "dwarf_private.h"

struct cursor dwarf_at(const struct rw_dwarf *dwarf, enum rw_dwarf_section section, uint64_t off)
{
	const struct rw_dwarf_bytes *bytes = &dwarf->sections[section];
	struct cursor c = { .bad = off > bytes->size };

	// Of a section that is not there no byte can be reached.
	static const uint8_t none[1];
	const uint8_t *data = bytes->data ? bytes->data : none;
	c.at = data + (c.bad ? bytes->size : off);
	c.end = data + bytes->size;
	return c;
}

int form_size(const struct unit *unit, uint16_t form)
{
	switch (form) {
	case DW_FORM_flag_present:
	case DW_FORM_implicit_const:
		return 0;
	case DW_FORM_data1:
	case DW_FORM_ref1:
	case DW_FORM_flag:
	case DW_FORM_strx1:
	case DW_FORM_addrx1:
		return 1;
	case DW_FORM_data2:
	case DW_FORM_ref2:
	case DW_FORM_strx2:
	case DW_FORM_addrx2:
		return 2;
	case DW_FORM_strx3:
	case DW_FORM_addrx3:
		return 3;
	case DW_FORM_data4:
	case DW_FORM_ref4:
	case DW_FORM_ref_sup4:
	case DW_FORM_strx4:
	case DW_FORM_addrx4:
		return 4;
	case DW_FORM_data8:
	case DW_FORM_ref8:
	case DW_FORM_ref_sig8:
	case DW_FORM_ref_sup8:
		return 8;
	case DW_FORM_data16:
		return 16;
	case DW_FORM_addr:
		return unit->address_size;
	case DW_FORM_ref_addr:
		return unit->version < 3 ? unit->address_size : unit->offset_size;
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_strp_sup:
	case DW_FORM_sec_offset:
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_GNU_strp_alt:
		return unit->offset_size;
	}
	return -1;
}

bool unit_address(const struct rw_dwarf *dwarf, const struct unit *unit, uint64_t index,
		  uint64_t *ret)
{
	uint64_t off;

	if (__builtin_mul_overflow(index, unit->address_size, &off) ||
	    __builtin_add_overflow(off, unit->addr_base, &off))
		return false;
	struct cursor c = dwarf_at(dwarf, RW_DWARF_ADDR, off);
	*ret = cursor_fixed(&c, unit->address_size);
	return !c.bad;
}

const char *value_string(const struct rw_dwarf *dwarf, const struct unit *unit,
			 const struct value *value)
{
	enum rw_dwarf_section section = RW_DWARF_STR;
	uint64_t off = value->number;

	if (value->kind == VALUE_STRING)
		return value->string;
	if (value->kind == VALUE_STRING_INDEX) {
		if (__builtin_mul_overflow(off, unit->offset_size, &off) ||
		    __builtin_add_overflow(off, unit->str_offsets_base, &off))
			return NULL;
		struct cursor c = dwarf_at(dwarf, RW_DWARF_STR_OFFSETS, off);
		off = cursor_fixed(&c, unit->offset_size);
		if (c.bad)
			return NULL;
	} else if (value->kind == VALUE_LINE_STR) {
		section = RW_DWARF_LINE_STR;
	} else if (value->kind != VALUE_STR) {
		return NULL;
	}
	struct cursor c = dwarf_at(dwarf, section, off);
	return c.bad ? NULL : cursor_string(&c);
}

static void set_address(const struct rw_dwarf *dwarf, const struct unit *unit, struct value *ret)
{
	// Without its address the attribute is as good as absent.
	ret->kind = unit_address(dwarf, unit, ret->number, &ret->number) ? VALUE_ADDRESS :
		    VALUE_NONE;
}

static void set_reference(const struct unit *unit, struct value *ret)
{
	ret->kind = __builtin_add_overflow(ret->number, unit->off, &ret->number) ?
		    VALUE_NONE : VALUE_REFERENCE;
}

bool form_read(const struct rw_dwarf *dwarf, const struct unit *unit, uint16_t form,
	       int64_t implicit, struct cursor *c, struct value *ret)
{
	*ret = (struct value){ .kind = VALUE_NONE };
	if (form == DW_FORM_indirect) {
		uint64_t real = cursor_uleb(c);

		// One step is all that any compiler takes.
		if (real == DW_FORM_indirect || real == DW_FORM_implicit_const ||
		    real > UINT16_MAX)
			return false;
		form = (uint16_t)real;
	}
	int size = form_size(unit, form);
	if (size > 8)
		cursor_skip(c, (uint64_t)size);
	else if (size >= 0)
		ret->number = cursor_fixed(c, (unsigned int)size);
	switch (form) {
	case DW_FORM_implicit_const:
		ret->number = (uint64_t)implicit;
		ret->kind = VALUE_NUMBER;
		break;
	case DW_FORM_sdata:
		ret->number = (uint64_t)cursor_sleb(c);
		ret->kind = VALUE_NUMBER;
		break;
	case DW_FORM_udata:
		ret->number = cursor_uleb(c);
		ret->kind = VALUE_NUMBER;
		break;
	case DW_FORM_data1:
	case DW_FORM_data2:
	case DW_FORM_data4:
	case DW_FORM_data8:
	case DW_FORM_sec_offset:
		ret->kind = VALUE_NUMBER;
		break;
	case DW_FORM_addr:
		ret->kind = VALUE_ADDRESS;
		break;
	case DW_FORM_addrx:
	case DW_FORM_GNU_addr_index:
		ret->number = cursor_uleb(c);
		set_address(dwarf, unit, ret);
		break;
	case DW_FORM_addrx1:
	case DW_FORM_addrx2:
	case DW_FORM_addrx3:
	case DW_FORM_addrx4:
		set_address(dwarf, unit, ret);
		break;
	case DW_FORM_string:
		ret->string = cursor_string(c);
		ret->kind = VALUE_STRING;
		break;
	case DW_FORM_strp:
		ret->kind = VALUE_STR;
		break;
	case DW_FORM_line_strp:
		ret->kind = VALUE_LINE_STR;
		break;
	case DW_FORM_strx:
	case DW_FORM_GNU_str_index:
		ret->number = cursor_uleb(c);
		ret->kind = VALUE_STRING_INDEX;
		break;
	case DW_FORM_strx1:
	case DW_FORM_strx2:
	case DW_FORM_strx3:
	case DW_FORM_strx4:
		ret->kind = VALUE_STRING_INDEX;
		break;
	case DW_FORM_ref_udata:
		ret->number = cursor_uleb(c);
		set_reference(unit, ret);
		break;
	case DW_FORM_ref1:
	case DW_FORM_ref2:
	case DW_FORM_ref4:
	case DW_FORM_ref8:
		set_reference(unit, ret);
		break;
	case DW_FORM_ref_addr:
		ret->kind = VALUE_REFERENCE;
		break;
	case DW_FORM_rnglistx:
		ret->number = cursor_uleb(c);
		ret->kind = VALUE_LIST;
		break;
	case DW_FORM_loclistx:
		cursor_uleb(c);
		break;
	case DW_FORM_block1:
		cursor_skip(c, cursor_u8(c));
		break;
	case DW_FORM_block2:
		cursor_skip(c, cursor_fixed(c, 2));
		break;
	case DW_FORM_block4:
		cursor_skip(c, cursor_fixed(c, 4));
		break;
	case DW_FORM_block:
	case DW_FORM_exprloc:
		cursor_skip(c, cursor_uleb(c));
		break;
	default:
		// Types in other units, and what dwz moved to another file, are not followed.
		if (size < 0)
			return false;
	}
	return !c->bad;
}
