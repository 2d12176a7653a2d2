// SPDX-License-Identifier: GPL-2.0-or-later
//
// Line tables.  A table is a program whose instructions make rows of address, file and
// line; rows of one sequence have rising addresses.  The program is run once, and every
// 64th row is kept with the place behind it: a question runs it from there.
//
// Source: DWARF 5, section 6.2; DWARF 2 to 4 for the older header.

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>

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

struct file {
	const char *name;
	uint64_t dir;
	char *path;		/* owned; made when it is asked for */
};

struct line_table {
	const struct rw_dwarf *dwarf;
	const char *comp_dir;
	uint16_t version;
	uint8_t min_inst_length, opcode_base;
	const uint8_t *operands;	/* of the standard opcodes */
	struct { uint32_t addr; int32_t line; } special[256];	/* what an opcode adds */
	struct cursor program;
	struct { const char **data; size_t nr, capacity; } dirs;
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

static bool add_file(struct line_table *lines, const char *name, uint64_t dir)
{
	struct file *file = rw_vector_push(&lines->files);

	if (file)
		*file = (struct file){ .name = name, .dir = dir };
	return file;
}

static bool add_dir(struct line_table *lines, const char *name)
{
	const char **dir = rw_vector_push(&lines->dirs);

	if (dir)
		*dir = name;
	return dir;
}

/** Versions 2 to 4.  Directory 0 is the unit's own, and there is no file 0. */
static bool read_names_v2(struct line_table *lines, struct cursor *c)
{
	const char *name;

	if (!add_dir(lines, lines->comp_dir) || !add_file(lines, NULL, 0))
		return false;
	while ((name = cursor_string(c)) && *name)
		if (!add_dir(lines, name))
			return false;
	while (!c->bad && (name = cursor_string(c)) && *name) {
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
		const char *name = NULL;
		uint64_t dir = 0;

		for (size_t j = 0; j < nr_parts; j++) {
			struct value value;

			if (parts[j].form > UINT16_MAX ||
			    !form_read(lines->dwarf, unit, (uint16_t)parts[j].form, 0, c, &value))
				return false;
			if (parts[j].content == DW_LNCT_path)
				name = value_string(lines->dwarf, unit, &value);
			else if (parts[j].content == DW_LNCT_directory_index)
				dir = value.number;
		}
		if (!(dirs ? add_dir(lines, name) : add_file(lines, name, dir)))
			return false;
	}
	return true;
}

static bool read_header(struct line_table *lines, const struct unit *unit)
{
	struct cursor c = dwarf_at(lines->dwarf, RW_DWARF_LINE, unit->stmt_list);
	uint8_t offset_size;
	uint64_t length = cursor_length(&c, &offset_size);

	if (c.bad || length > (uint64_t)(c.end - c.at))
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
	widths.offset_size = offset_size;
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

/** Run one instruction. */
static inline enum step step(const struct line_table *lines, struct cursor *c, struct row *row)
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

/** Run the program once: sequences and checkpoints.  What is damaged ends it. */
static void run(struct line_table *lines)
{
	struct cursor c = lines->program;
	struct row row = first_row();
	struct sequence sequence = { 0 };
	size_t rows = 0;

	while (c.at < c.end && !c.bad) {
		switch (step(lines, &c, &row)) {
		case STEP_ROW:
			if (!rows)
				sequence = (struct sequence){ .low = row.addr,
							      .first = lines->checkpoints.nr };
			if (rows++ % ROWS_APART == 0 && !keep_checkpoint(lines, &row, c.at))
				return;
			break;
		case STEP_END:
			sequence.high = row.addr;
			sequence.nr = lines->checkpoints.nr - sequence.first;
			if (rows && sequence.low < sequence.high) {
				struct sequence *s = rw_vector_push(&lines->sequences);

				if (!s)
					return;
				*s = sequence;
			}
			row = first_row();
			rows = 0;
			break;
		case STEP_ON:
			break;
		}
	}
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
	lines->comp_dir = unit->comp_dir;
	if (!read_header(lines, unit)) {
		dwarf_damaged(dwarf, ".debug_line: the table at 0x%llx is damaged",
			      (unsigned long long)unit->stmt_list);
		line_table_destroy(lines);
		return NULL;
	}
	// A checkpoint for every 64 bytes is more than there can be rows.
	if (dwarf_spend(dwarf, (uint64_t)(lines->program.end - lines->program.at)))
		run(lines);
	unit->lines = lines;
	return lines;
}

bool line_table_find(const struct line_table *lines, uint64_t addr, uint64_t *file_ret,
		     uint32_t *line_ret)
{
	const struct sequence *sequence = NULL;

	for (size_t i = 0; i < lines->sequences.nr && !sequence; i++)
		if (addr >= lines->sequences.data[i].low && addr < lines->sequences.data[i].high)
			sequence = &lines->sequences.data[i];
	if (!sequence)
		return false;
	size_t low = 0, high = sequence->nr;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (lines->checkpoints.data[sequence->first + middle].row.addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	// The first checkpoint is the sequence's first row.
	const struct checkpoint *from = &lines->checkpoints.data[sequence->first + (low ? low - 1 : 0)];
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
	if (file >= lines->files.nr || !lines->files.data[file].name)
		return NULL;
	struct file *f = &lines->files.data[file];
	if (f->path || *f->name == '/')
		return f->path ? f->path : f->name;
	const char *dir = f->dir < lines->dirs.nr ? lines->dirs.data[f->dir] : NULL;
	size_t skip = lines->comp_dir ? strlen(lines->comp_dir) : 0;
	// Directory 0 is the unit's own, and others may repeat it.
	if (dir && skip && !strncmp(dir, lines->comp_dir, skip) && (!dir[skip] || dir[skip] == '/'))
		dir += skip + (dir[skip] == '/');
	if (!dir || !*dir || !strcmp(dir, "."))
		return f->name;
	if (asprintf(&f->path, "%s/%s", dir, f->name) < 0)
		f->path = NULL;
	return f->path;
}
