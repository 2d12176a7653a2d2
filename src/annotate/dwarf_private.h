/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the DWARF reader share. */
#ifndef REWALK_ANNOTATE_DWARF_PRIVATE_H
#define REWALK_ANNOTATE_DWARF_PRIVATE_H

#include "rewalk/bytes.h"

#include "dwarf_reader.h"

/* ---- bytes ---------------------------------------------------------------- */

/** A place in a section that knows the end; @bad once something reached past it. */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static inline bool cursor_has(struct cursor *c, uint64_t size)
{
	if (size > (uint64_t)(c->end - c->at)) {
		c->bad = true;
		c->at = c->end;
		return false;
	}
	return true;
}

static inline void cursor_skip(struct cursor *c, uint64_t size)
{
	if (size && cursor_has(c, size))
		c->at += size;
}

/** An unsigned number of 1 to 8 bytes; 0 if it is not there. */
static inline uint64_t cursor_fixed(struct cursor *c, unsigned int size)
{
	uint64_t value = 0;

	if (!cursor_has(c, size))
		return 0;
	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)c->at[i] << (8 * i);
	c->at += size;
	return value;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	return cursor_has(c, 1) ? *c->at++ : 0;
}

/** Bits past the 64th are dropped. */
static inline uint64_t cursor_uleb(struct cursor *c)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; cursor_has(c, 1); shift += 7) {
		uint8_t byte = *c->at++;

		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	return 0;
}

static inline int64_t cursor_sleb(struct cursor *c)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; cursor_has(c, 1); shift += 7) {
		uint8_t byte = *c->at++;

		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (shift < 57 && byte & 0x40)
			value |= ~UINT64_C(0) << (shift + 7);
		return (int64_t)value;
	}
	return 0;
}

/** A string that ends before the cursor's end; NULL if it does not. */
static inline const char *cursor_string(struct cursor *c)
{
	const uint8_t *text = c->at, *nul = memchr(text, 0, (size_t)(c->end - text));

	if (!nul) {
		c->bad = true;
		c->at = c->end;
		return NULL;
	}
	c->at = nul + 1;
	return (const char *)text;
}

/** An initial length: 4 bytes, or 12 whose first 4 are all ones. */
static inline uint64_t cursor_length(struct cursor *c, uint8_t *offset_size_ret)
{
	uint64_t length = cursor_fixed(c, 4);

	*offset_size_ret = 4;
	if (length == UINT32_MAX) {
		length = cursor_fixed(c, 8);
		*offset_size_ret = 8;
	} else if (length >= 0xfffffff0) {
		c->bad = true;
	}
	return length;
}

/* ---- units and entries ------------------------------------------------------ */

struct attr_spec {
	uint16_t name, form;
	int8_t size;		/* bytes of its value; -1: they differ */
	uint16_t at;		/* where in struct die it is kept; 0: nowhere */
	int64_t implicit;	/* DW_FORM_implicit_const */
};

/** A form of entries.  The specs are in the unit's list. */
struct abbrev {
	uint64_t code;
	uint32_t first_spec, nr_specs;
	uint32_t size;		/* bytes of all attributes, if @fixed */
	uint32_t sibling_at;	/* where DW_AT_sibling is, a DW_FORM_ref4, if @has_sibling_at */
	uint16_t tag;
	bool children, fixed, has_sibling_at;
};

struct function {
	uint64_t low, high;
	uint64_t die;		/* offset in .debug_info */
};

struct line_table;

struct unit {
	uint64_t off, end;	/* in .debug_info: of its header, and behind its last byte */
	uint64_t first;		/* its own entry */
	uint64_t abbrev_off;
	uint16_t version;
	uint8_t type, address_size, offset_size;

	struct { struct abbrev *data; size_t nr, capacity; } abbrevs;
	struct { struct attr_spec *data; size_t nr, capacity; } specs;
	bool dense;		/* abbrevs[i].code is i + 1 */

	/* from its own entry */
	uint64_t low, stmt_list;
	uint64_t addr_base, str_offsets_base, rnglists_base;
	const char *comp_dir;
	bool has_lines, is_c;

	/* made as far as the questions need it */
	struct { struct function *data; size_t nr, capacity; } functions;	/* as they stand */
	uint64_t next;		/* where the list goes on; 0: it is not begun */
	size_t depth;		/* of the entries around that */
	struct line_table *lines;
};

enum value_kind {
	VALUE_NONE,		/* absent, or of no use here */
	VALUE_NUMBER,		/* a constant, an offset in a section */
	VALUE_ADDRESS,
	VALUE_REFERENCE,	/* an offset in .debug_info */
	VALUE_LIST,		/* the index of a list of ranges */
	VALUE_STRING,		/* in place */
	VALUE_STR,		/* an offset in .debug_str */
	VALUE_LINE_STR,		/* in .debug_line_str */
	VALUE_STRING_INDEX,	/* in the unit's string offsets */
};

struct value {
	enum value_kind kind;
	union {
		uint64_t number;
		const char *string;	/* VALUE_STRING */
	};
};

/** A constant, or 0 for what is none. */
static inline uint64_t value_number(const struct value *value)
{
	return value->kind == VALUE_NUMBER ? value->number : 0;
}

/** The attributes of an entry that are looked at. */
struct die {
	uint64_t off, next;	/* next: behind its attributes */
	const struct abbrev *abbrev;
	struct value low, high, ranges, sibling, origin, name, linkage_name, comp_dir, stmt_list;
	struct value addr_base, str_offsets_base, rnglists_base, language, call_file, call_line;
};

struct unit_range {
	uint64_t low, high, off;
};

struct rw_dwarf {
	struct rw_dwarf_bytes sections[RW_NR_DWARF_SECTIONS];
	struct { struct unit_range *data; size_t nr, capacity; } ranges;	/* sorted */
	struct { uint64_t *data; size_t nr, capacity; } headers;	/* of all units, in order */
	struct { struct unit **data; size_t nr, capacity; } units;	/* opened, by offset */
	bool has_aranges, has_headers, has_scanned;
	uint64_t budget;
	char damage[160];
};

/** A cursor at @off of a section; bad if that lies outside. */
struct cursor dwarf_at(const struct rw_dwarf *dwarf, enum rw_dwarf_section section, uint64_t off);

/** Note damage, once.  "SECTION: WHAT" */
void dwarf_damaged(struct rw_dwarf *dwarf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Take @bytes out of what may be spent on tables, which is a multiple of what the
 * sections have: units that share their bytes must not make them without end.
 */
bool dwarf_spend(struct rw_dwarf *dwarf, uint64_t bytes);

/* ---- dwarf_form.c ----------------------------------------------------------- */

/** The bytes that this form has in every entry of @unit; -1 if they differ. */
int form_size(const struct unit *unit, uint16_t form);

/** Read one attribute's value.  False for a form that does not exist, or past the end. */
bool form_read(const struct rw_dwarf *dwarf, const struct unit *unit, uint16_t form,
	       int64_t implicit, struct cursor *c, struct value *ret);

/** The text of a value; NULL if it is no string, or not where it should be. */
const char *value_string(const struct rw_dwarf *dwarf, const struct unit *unit,
			 const struct value *value);

/** Entry @index of the unit's addresses; false if there is none. */
bool unit_address(const struct rw_dwarf *dwarf, const struct unit *unit, uint64_t index,
		  uint64_t *ret);

/* ---- dwarf_unit.c ----------------------------------------------------------- */

void unit_destroy(struct unit *unit);

/** The unit whose header stands at @off, opened; NULL if it is damaged or of no use. */
struct unit *dwarf_unit(struct rw_dwarf *dwarf, uint64_t off);

/** The unit whose code holds @addr; NULL if there is none. */
struct unit *dwarf_unit_of(struct rw_dwarf *dwarf, uint64_t addr);

/** The unit that has the entry at @die; NULL if there is none. */
struct unit *dwarf_unit_with(struct rw_dwarf *dwarf, uint64_t die);

/* ---- dwarf_die.c ------------------------------------------------------------ */

/**
 * The form of the entry at @off; NULL at the end of a list of siblings or of the unit, and
 * where it is damaged.
 *
 * @param ret  Stands at its attributes.
 */
const struct abbrev *die_abbrev(struct rw_dwarf *dwarf, const struct unit *unit, uint64_t off,
				struct cursor *ret);

/** Read the unit's abbreviations, up to the one numbered @only, or all (0). */
bool unit_read_abbrevs(struct rw_dwarf *dwarf, struct unit *unit, uint64_t only);

/** Read the entry at @off of @unit.  False where die_abbrev() is NULL, or damaged. */
bool die_read(struct rw_dwarf *dwarf, const struct unit *unit, uint64_t off, struct die *ret);

/**
 * What stands behind the entry at @off and all that is inside it; always further on.
 *
 * @param abbrev, attributes  What die_abbrev() gave for it.
 */
uint64_t die_skip(struct rw_dwarf *dwarf, const struct unit *unit, uint64_t off,
		  const struct abbrev *abbrev, struct cursor attributes);
uint64_t die_behind(struct rw_dwarf *dwarf, const struct unit *unit, const struct die *die);

/* ---- dwarf_ranges.c --------------------------------------------------------- */

/** The ranges of an entry, one after the other. */
struct die_ranges {
	const struct rw_dwarf *dwarf;
	const struct unit *unit;
	struct cursor c;
	uint64_t base, low, high;
	enum { RANGES_NONE, RANGES_ONE, RANGES_V4, RANGES_V5 } form;
};

void die_ranges_init(const struct rw_dwarf *dwarf, const struct unit *unit, const struct die *die,
		     struct die_ranges *ret);

/** The next range that is not empty, [*low_ret, *high_ret); false at the end. */
bool die_ranges_next(struct die_ranges *ranges, uint64_t *low_ret, uint64_t *high_ret);

bool die_contains(const struct rw_dwarf *dwarf, const struct unit *unit, const struct die *die,
		  uint64_t addr);

/* ---- dwarf_lines.c ---------------------------------------------------------- */

/** The line table of @unit; NULL if it has none. */
struct line_table *unit_lines(struct rw_dwarf *dwarf, struct unit *unit);

/** The row of @addr; false if no sequence covers it. */
bool line_table_find(struct line_table *lines, uint64_t addr, uint64_t *file_ret,
		     uint32_t *line_ret);

/** The path of a file by its number, as rw_dwarf_call has it; NULL if there is none. */
const char *line_table_path(struct line_table *lines, uint64_t file);

void line_table_destroy(struct line_table *lines);

#endif
