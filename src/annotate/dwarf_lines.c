// SPDX-License-Identifier: GPL-2.0-or-later
//
// Line tables.  A table is a program whose instructions make rows of address, file and
// line; rows of one sequence have rising addresses.  The program is run once, as far as the
// questions need it, and every 64th row is kept with the place behind it: a question runs
// it again from there.
//
// Source: DWARF 5, section 6.2; DWARF 2 to 4 for the older header.

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>

#include "rewalk/bisect.h"
#include "rewalk/vector.h"

#include "dwarf_private.h"

enum { ROWS_APART = 64 };

struct row {
	uint64_t addr, file;
	uint32_t line;
};

/** A row, and where the program goes on behind it. */
struct checkpoint {
	struct row row;
	const uint8_t *at;
};

/** Rows that cover [@low, @high) without a hole. */
struct sequence {
	uint64_t low, high;
	size_t first, nr;	/* checkpoints */
};

/** How far the program was run. */
struct progress {
	struct cursor at;
	struct row row;
	struct sequence sequence;	/* that is not at its end, if there are @rows of it */
	size_t rows;
};

struct file {
	struct value name;
	uint64_t dir;
	char *path;		/* owned; made when it is asked for */
};

struct line_table {
	const struct rw_dwarf *dwarf;
	const struct unit *unit;
	uint16_t version;
	uint8_t offset_size, min_inst_length, opcode_base;
	const uint8_t *operands;	/* of the standard opcodes */
	struct { uint32_t addr; int32_t line; } special[256];	/* what an opcode adds */
	struct cursor program;
	struct progress progress;
	struct { struct value *data; size_t nr, capacity; } dirs;
	struct { struct file *data; size_t nr, capacity; } files;
	struct { struct checkpoint *data; size_t nr, capacity; } checkpoints;
	struct { struct sequence *data; size_t nr, capacity; } sequences;
};

void line_table_destroy(struct line_table *lines)
{
	if (!lines)
		return;
	for (size_t i = 0; i < lines->files.nr; i++)
		free(lines->files.data[i].path);
	free(lines->dirs.data);
	free(lines->files.data);
	free(lines->checkpoints.data);
	free(lines->sequences.data);
	free(lines);
}

/* ---- the header ----------------------------------------------------------------- */

static bool add_file(struct line_table *lines, struct value name, uint64_t dir)
{
	struct file *file = rw_vector_push(&lines->files);

	if (file)
		*file = (struct file){ .name = name, .dir = dir };
	return file;
}

static bool add_dir(struct line_table *lines, struct value name)
{
	struct value *dir = rw_vector_push(&lines->dirs);

	if (dir)
		*dir = name;
	return dir;
}

/** Versions 2 to 4.  Directory 0 is the unit's own, and there is no file 0. */
static bool read_names_v2(struct line_table *lines, struct cursor *c)
{
	struct value name = { .kind = VALUE_STRING, .string = lines->unit->comp_dir };

	if (!add_dir(lines, name) || !add_file(lines, (struct value){ 0 }, 0))
		return false;
	while ((name.string = cursor_string(c)) && *name.string)
		if (!add_dir(lines, name))
			return false;
	while (!c->bad && (name.string = cursor_string(c)) && *name.string) {
		uint64_t dir = cursor_uleb(c);

		cursor_uleb(c);		// time
		cursor_uleb(c);		// size
		if (!add_file(lines, name, dir))
			return false;
	}
	return !c->bad;
}

/** Version 5: a list whose entries' parts are told in front of it. */
static bool read_names_v5(struct line_table *lines, const struct unit *unit, struct cursor *c,
			  bool dirs)
{
	struct { uint64_t content, form; } parts[256];
	size_t nr_parts = cursor_u8(c);

	for (size_t i = 0; i < nr_parts; i++) {
		parts[i].content = cursor_uleb(c);
		parts[i].form = cursor_uleb(c);
	}
	uint64_t nr = cursor_uleb(c);
	// Each entry takes a byte at least, or there could be any number of them.
	if (c->bad || nr > (uint64_t)(c->end - c->at) || (nr && !nr_parts))
		return false;
	for (uint64_t i = 0; i < nr; i++) {
		struct value name = { 0 };
		uint64_t dir = 0;

		for (size_t j = 0; j < nr_parts; j++) {
			struct value value;

			if (parts[j].form > UINT16_MAX ||
			    !form_read(lines->dwarf, unit, (uint16_t)parts[j].form, 0, c, &value))
				return false;
			if (parts[j].content == DW_LNCT_path)
				name = value;
			else if (parts[j].content == DW_LNCT_directory_index)
				dir = value_number(&value);
		}
		if (!(dirs ? add_dir(lines, name) : add_file(lines, name, dir)))
			return false;
	}
	return true;
}

static bool read_header(struct rw_dwarf *dwarf, struct line_table *lines, const struct unit *unit)
{
	struct cursor c = dwarf_at(lines->dwarf, RW_DWARF_LINE, unit->stmt_list);
	uint8_t offset_size;
	uint64_t length = cursor_length(&c, &offset_size);

	// Names and checkpoints are not larger than that, and units may share a table.
	if (c.bad || length > (uint64_t)(c.end - c.at) || !dwarf_spend(dwarf, 16 * length))
		return false;
	c.end = c.at + length;
	lines->version = (uint16_t)cursor_fixed(&c, 2);
	if (lines->version < 2 || lines->version > 5)
		return false;
	if (lines->version >= 5)
		cursor_skip(&c, 2);	// sizes of an address and of a segment selector
	length = cursor_fixed(&c, offset_size);
	if (c.bad || length > (uint64_t)(c.end - c.at))
		return false;
	lines->program = (struct cursor){ .at = c.at + length, .end = c.end };
	lines->min_inst_length = cursor_u8(&c);
	if (lines->version >= 4)
		cursor_u8(&c);		// operations per instruction: arm64 has one
	cursor_u8(&c);			// is a row a statement: of no interest
	int8_t line_base = (int8_t)cursor_u8(&c);
	uint8_t line_range = cursor_u8(&c);
	lines->opcode_base = cursor_u8(&c);
	if (!line_range || !lines->opcode_base)
		return false;
	for (int i = lines->opcode_base; i < 256; i++) {
		int n = i - lines->opcode_base;

		lines->special[i].addr = (uint32_t)(n / line_range) * lines->min_inst_length;
		lines->special[i].line = line_base + n % line_range;
	}
	lines->operands = c.at;
	cursor_skip(&c, lines->opcode_base - 1U);
	// The forms of the names are as wide as this table's offsets.
	struct unit widths = *unit;
	widths.offset_size = lines->offset_size = offset_size;
	if (lines->version < 5)
		return read_names_v2(lines, &c);
	return read_names_v5(lines, &widths, &c, true) && read_names_v5(lines, &widths, &c, false);
}

/* ---- the program ---------------------------------------------------------------- */

enum step { STEP_ON, STEP_ROW, STEP_END };

static struct row first_row(void)
{
	return (struct row){ .file = 1, .line = 1 };
}

static enum step step_extended(struct cursor *c, struct row *row)
{
	uint64_t length = cursor_uleb(c);

	if (!length || length > (uint64_t)(c->end - c->at)) {
		c->bad = true;
		return STEP_ON;
	}
	const uint8_t *end = c->at + length;
	enum step step = STEP_ON;
	switch (cursor_u8(c)) {
	case DW_LNE_end_sequence:
		step = STEP_END;
		break;
	case DW_LNE_set_address:
		if (length > 1 && length <= 9)
			row->addr = cursor_fixed(c, (unsigned int)length - 1);
		break;
	}
	c->at = end;
	return step;
}

/** Run one instruction.  Most of the time goes here: it must not leave the registers. */
static inline __attribute__((always_inline)) enum step step(const struct line_table *lines,
							    struct cursor *c, struct row *row)
{
	uint8_t opcode = cursor_u8(c);

	if (opcode >= lines->opcode_base) {
		row->addr += lines->special[opcode].addr;
		row->line += (uint32_t)lines->special[opcode].line;
		return STEP_ROW;
	}
	switch (opcode) {
	case 0:
		return step_extended(c, row);
	case DW_LNS_copy:
		return STEP_ROW;
	case DW_LNS_advance_pc:
		row->addr += cursor_uleb(c) * lines->min_inst_length;
		break;
	case DW_LNS_advance_line:
		row->line += (uint32_t)cursor_sleb(c);
		break;
	case DW_LNS_set_file:
		row->file = cursor_uleb(c);
		break;
	case DW_LNS_set_column:
		cursor_uleb(c);
		break;
	case DW_LNS_negate_stmt:
	case DW_LNS_set_basic_block:
	case DW_LNS_set_prologue_end:
	case DW_LNS_set_epilogue_begin:
		break;
	case DW_LNS_const_add_pc:
		row->addr += lines->special[255].addr;
		break;
	case DW_LNS_fixed_advance_pc:
		row->addr += cursor_fixed(c, 2);
		break;
	default:
		for (unsigned int i = 0; i < lines->operands[opcode - 1]; i++)
			cursor_uleb(c);
	}
	return STEP_ON;
}

static bool keep_checkpoint(struct line_table *lines, const struct row *row, const uint8_t *at)
{
	struct checkpoint *checkpoint = rw_vector_push(&lines->checkpoints);

	if (checkpoint)
		*checkpoint = (struct checkpoint){ *row, at };
	return checkpoint;
}

static bool covers(const struct sequence *sequence, uint64_t addr)
{
	return addr >= sequence->low && addr < sequence->high;
}

/** A row is made.  True if the sequence covers @addr now. */
static inline bool add_row(struct line_table *lines, const struct row *row, struct cursor *c,
			   uint64_t addr)
{
	struct progress *p = &lines->progress;

	if (!p->rows)
		p->sequence = (struct sequence){ .low = row->addr, .first = lines->checkpoints.nr };
	if (p->rows++ % ROWS_APART == 0 && !keep_checkpoint(lines, row, c->at)) {
		c->bad = true;
		return false;
	}
	p->sequence.high = row->addr;
	return covers(&p->sequence, addr);
}

/** A sequence is at its end.  True if it covers @addr. */
static bool end_sequence(struct line_table *lines, uint64_t end, struct cursor *c, uint64_t addr)
{
	struct progress *p = &lines->progress;
	bool found = false;

	p->sequence.high = end;
	p->sequence.nr = lines->checkpoints.nr - p->sequence.first;
	if (p->rows && p->sequence.low < p->sequence.high) {
		struct sequence *sequence = rw_vector_push(&lines->sequences);

		c->bad |= !sequence;
		if (sequence)
			*sequence = p->sequence;
		found = sequence && covers(sequence, addr);
	}
	p->rows = 0;
	return found;
}

/**
 * Run the program on until a sequence covers @addr, or to its end.  What is damaged ends
 * it.
 *
 * @return That sequence, by value; @nr 0 if there is none.
 */
static struct sequence run_to(struct line_table *lines, uint64_t addr)
{
	struct progress *p = &lines->progress;
	struct cursor c = p->at;
	struct row row = p->row;
	struct sequence found = { 0 };

	while (c.at < c.end && !c.bad && !found.nr) {
		switch (step(lines, &c, &row)) {
		case STEP_ROW:
			if (!add_row(lines, &row, &c, addr))
				break;
			found = p->sequence;
			found.nr = lines->checkpoints.nr - found.first;
			break;
		case STEP_END:
			if (end_sequence(lines, row.addr, &c, addr))
				found = lines->sequences.data[lines->sequences.nr - 1];
			row = first_row();
			break;
		case STEP_ON:
			break;
		}
	}
	p->at = c;
	p->row = row;
	return found;
}

static struct sequence find_sequence(struct line_table *lines, uint64_t addr)
{
	struct sequence open = lines->progress.sequence;

	for (size_t i = 0; i < lines->sequences.nr; i++)
		if (covers(&lines->sequences.data[i], addr))
			return lines->sequences.data[i];
	if (lines->progress.rows && covers(&open, addr)) {
		open.nr = lines->checkpoints.nr - open.first;
		return open;
	}
	return run_to(lines, addr);
}

struct line_table *unit_lines(struct rw_dwarf *dwarf, struct unit *unit)
{
	if (unit->lines || !unit->has_lines)
		return unit->lines;
	unit->has_lines = false;
	struct line_table *lines = calloc(1, sizeof(*lines));
	if (!lines)
		return NULL;
	lines->dwarf = dwarf;
	lines->unit = unit;
	if (!read_header(dwarf, lines, unit)) {
		dwarf_damaged(dwarf, ".debug_line: the table at 0x%llx is damaged",
			      (unsigned long long)unit->stmt_list);
		line_table_destroy(lines);
		return NULL;
	}
	lines->progress = (struct progress){ .at = lines->program, .row = first_row() };
	unit->lines = lines;
	return lines;
}

bool line_table_find(struct line_table *lines, uint64_t addr, uint64_t *file_ret,
		     uint32_t *line_ret)
{
	const struct sequence sequence = find_sequence(lines, addr);

	if (!sequence.nr)
		return false;
	// The first checkpoint is the sequence's first row.
	const struct checkpoint *all = &lines->checkpoints.data[sequence.first];
	size_t nr = rw_bisect(i, sequence.nr, all[i].row.addr <= addr);
	const struct checkpoint *from = &all[nr ? nr - 1 : 0];
	struct cursor c = { .at = from->at, .end = lines->program.end };
	struct row row = from->row, last = from->row;
	while (c.at < c.end && !c.bad) {
		enum step what = step(lines, &c, &row);

		if (what == STEP_END || (what == STEP_ROW && row.addr > addr))
			break;
		if (what == STEP_ROW)
			last = row;
	}
	*file_ret = last.file;
	*line_ret = last.line;
	return true;
}

const char *line_table_path(struct line_table *lines, uint64_t file)
{
	const struct rw_dwarf *dwarf = lines->dwarf;
	struct unit widths = *lines->unit;

	if (file >= lines->files.nr)
		return NULL;
	struct file *f = &lines->files.data[file];
	if (f->path)
		return f->path;
	widths.offset_size = lines->offset_size;
	const char *name = value_string(dwarf, &widths, &f->name);
	if (!name || *name == '/')
		return name;
	const char *dir = f->dir < lines->dirs.nr ?
			  value_string(dwarf, &widths, &lines->dirs.data[f->dir]) : NULL;
	const char *comp_dir = lines->unit->comp_dir;
	size_t skip = comp_dir ? strlen(comp_dir) : 0;
	// Directory 0 is the unit's own, and others may repeat it.
	if (dir && skip && !strncmp(dir, comp_dir, skip) && (!dir[skip] || dir[skip] == '/'))
		dir += skip + (dir[skip] == '/');
	if (!dir || !*dir || !strcmp(dir, "."))
		return name;
	if (asprintf(&f->path, "%s/%s", dir, name) < 0)
		f->path = NULL;
	return f->path;
}
