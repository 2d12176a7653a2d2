// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks of registers in a text, made of its lines (regline.c).
//
// A block is one CPU's registers, or one exception's.  A new one begins at a
// header ("CPU#1" of QEMU, "Thread 2 (… (CPU#1 …" of gdb, "PID: …" of crash,
// "CPU: 1 PID: …" of the kernel), or where the register that leads the format
// comes again at the beginning of a line: pc, the kernel's pstate, and the x0 of
// gdb, OpenOCD and of crash's `help -r`.  A kernel's block ends at "Call trace:".
//
// crash's `bt` of a task begins with frame #0, which is where the walk starts; the
// exception frames beside it lie on the stack, and a walk comes to them by itself.
//
// A kernel log may hold the reports of several CPUs line by line in between each
// other.  Where the lines say who printed them, each has its own open block.
// Where they do not, the two reports contradict each other and are refused: a mix
// of two CPUs' registers would be a walk that never was.
//
// Apart from the blocks that are found the memory is of fixed size, and each line
// is looked at once.

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/input.h"
#include "rewalk/vector.h"

#include "logline.h"
#include "regline.h"
#include "scan.h"

#define USER_PT_REGS_SIZE (RW_NR_REGS * 8)
#define PSTATE_MODE32 0x10	/* PSR_MODE32_BIT: an AArch32 process */

#define MOST_REPORTS 16		/* of the kernel, that are open at the same time */
#define NO_BLOCK SIZE_MAX
#define MOST_NUMBER ((INT_MAX - 9) / 10 * 10 + 9)	/* of a CPU or a thread */

/** What is known while a block is being read. */
struct state {
	bool open;		/* its registers are being read */
	size_t block;		/* in the result; NO_BLOCK before the first number */
	bool symbol;		/* its pc was given by name */
	bool narrow;		/* see struct rw_regline */
	int cpu;		/* of the last header, for the next block; -1 */
	size_t first_line;
	uint64_t caller;	/* kernel only */
	size_t first_block;	/* crash: the first one of this task */
	bool traced;		/* crash: its frame #0 was seen */
	size_t used;		/* the last line; 0 for a state that is free */
	size_t line_of[RW_NR_REGS];
};

struct parser {
	struct rw_regs_blocks *blocks;
	size_t line;
	struct state tools[RW_REGLINE_NR_FORMATS];
	struct state reports[MOST_REPORTS];
	int asked;		/* gdb: the register that the next line has; -1 */
};

static const char *const format_names[] = {
	[RW_REGLINE_KERNEL] = "kernel",
	[RW_REGLINE_QEMU] = "QEMU",
	[RW_REGLINE_GDB] = "gdb",
	[RW_REGLINE_CRASH] = "crash",
	[RW_REGLINE_OPENOCD] = "OpenOCD",
};

const char *rw_reg_name(int reg)
{
	static const char *const names[RW_NR_REGS] = {
		"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
		"x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23",
		"x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp", "pc", "pstate",
	};

	return names[reg];
}

static uint64_t *reg_place(struct rw_regs *regs, int reg)
{
	return reg == RW_REGLINE_SP ? &regs->sp : reg == RW_REGLINE_PC ? &regs->pc :
	       reg == RW_REGLINE_PSTATE ? &regs->pstate : &regs->x[reg];
}

uint64_t rw_reg_get(const struct rw_regs *regs, int reg)
{
	return *reg_place((struct rw_regs *)regs, reg);
}

void rw_reg_set(struct rw_regs *regs, int reg, uint64_t value)
{
	*reg_place(regs, reg) = value;
	regs->known |= UINT64_C(1) << reg;
}

struct rw_error *rw_regs_from_bytes(const uint8_t *bytes, size_t size, struct rw_regs *ret)
{
	if (size < USER_PT_REGS_SIZE)
		return rw_error_create(RW_ERROR_FORMAT,
				       "%zu bytes are no struct user_pt_regs; give its %d bytes "
				       "(x0 to x30, sp, pc, pstate)", size, USER_PT_REGS_SIZE);
	ret->known = 0;
	for (int reg = 0; reg < RW_NR_REGS; reg++)
		rw_reg_set(ret, reg, rw_get_le64(bytes + 8 * reg));
	return NULL;
}

static struct rw_regs *state_regs(const struct parser *parser, const struct state *state)
{
	return state->block == NO_BLOCK ? NULL : &parser->blocks->data[state->block].regs;
}

static bool is_known(const struct parser *parser, const struct state *state, int reg)
{
	const struct rw_regs *regs = state_regs(parser, state);

	return regs && regs->known >> reg & 1;
}

static void move_reg(struct rw_regs *regs, int from, int to)
{
	if (!(regs->known >> from & 1))
		return;
	rw_reg_set(regs, to, rw_reg_get(regs, from));
	rw_reg_set(regs, from, 0);
	regs->known &= ~(UINT64_C(1) << from);
}

/** No more registers are added to the block of @state. */
static void close_block(struct parser *parser, struct state *state)
{
	struct rw_regs *regs = state->open ? state_regs(parser, state) : NULL;

	// The kernel and crash print the sp and lr that the 32-bit process knows;
	// to the kernel these are x13 and x14.
	if (regs && (regs->known & RW_REG_PSTATE) && (regs->pstate & PSTATE_MODE32)) {
		move_reg(regs, RW_REGLINE_SP, 13);
		move_reg(regs, RW_REGLINE_LR, 14);
	}
	state->open = false;
	state->block = NO_BLOCK;
	state->symbol = false;
}

static void reset_state(struct state *state)
{
	*state = (struct state){ .block = NO_BLOCK, .cpu = -1 };
}

/** The state of the report that @caller prints, or NULL. */
static struct state *find_report(struct parser *parser, uint64_t caller)
{
	for (size_t i = 0; i < MOST_REPORTS; i++) {
		struct state *state = &parser->reports[i];

		if (state->used && state->caller == caller) {
			state->used = parser->line;
			return state;
		}
	}
	return NULL;
}

/**
 * The same, begun if there is none.  For it the one that was silent for longest is
 * given up: what it prints later begins a block of its own.
 */
static struct state *report_of(struct parser *parser, uint64_t caller)
{
	struct state *state = find_report(parser, caller);

	if (state)
		return state;
	state = &parser->reports[0];
	for (size_t i = 1; i < MOST_REPORTS; i++)
		if (parser->reports[i].used < state->used)
			state = &parser->reports[i];
	close_block(parser, state);
	reset_state(state);
	state->caller = caller;
	state->used = parser->line;
	return state;
}

/** The decimal number behind @word, which stands at most 128 characters into the line; -1. */
static int number_behind(const struct rw_logline *line, const char *word)
{
	const char *end = line->text + (line->size < 128 ? line->size : 128);
	const char *p = rw_find_early(line->text, end, 128, word);
	uint64_t n;

	if (!p || !rw_decimal_parse(p + strlen(word), end, SIZE_MAX, &n) || n > MOST_NUMBER)
		return -1;
	return (int)n;
}

static void begin_cpu(struct parser *parser, struct state *state, int cpu)
{
	close_block(parser, state);
	state->cpu = cpu;
	state->traced = false;
	state->first_block = parser->blocks->nr;
}

/** "CPU: 2 PID: 171 Comm: …", with "UID: 0" in between since 6.11. */
static bool is_report_header(const struct rw_logline *line)
{
	const char *p = line->text + strlen("CPU: "), *end = line->text + line->size;

	if (!rw_logline_begins(line, "CPU: "))
		return false;
	p = rw_skip_digits(p, end);
	return end - p > 6 && (rw_begins(p, end, " PID: ") || rw_begins(p, end, " UID: "));
}

/** A line that begins or ends a block without having registers. */
static bool read_header(struct parser *parser, const struct rw_logline *line)
{
	struct state *tools = parser->tools;

	if (is_report_header(line)) {
		begin_cpu(parser, report_of(parser, line->caller), number_behind(line, "CPU: "));
		return true;
	}
	if (rw_logline_begins(line, "Call trace:") || rw_logline_begins(line, "---[ end ")) {
		struct state *report = find_report(parser, line->caller);

		if (report)
			close_block(parser, report);
		return true;
	}
	if (line->stamped)
		return false;
	if (rw_logline_begins(line, "CPU#"))
		begin_cpu(parser, &tools[RW_REGLINE_QEMU], number_behind(line, "CPU#"));
	else if (rw_logline_begins(line, "Thread ") ||
		 rw_logline_begins(line, "[Switching to "))
		begin_cpu(parser, &tools[RW_REGLINE_GDB], number_behind(line, "CPU#"));
	else if (rw_logline_begins(line, "PID: "))
		begin_cpu(parser, &tools[RW_REGLINE_CRASH], number_behind(line, "CPU: "));
	else if (rw_logline_begins(line, "CPU "))
		begin_cpu(parser, &tools[RW_REGLINE_CRASH], number_behind(line, "CPU "));
	else if (rw_logline_begins(line, "===== "))
		begin_cpu(parser, &tools[RW_REGLINE_OPENOCD], -1);
	else
		return false;
	return true;
}

/** Is this register, at the beginning of a line, the first of another block? */
static bool leads_block(const struct parser *parser, const struct state *state,
			enum rw_regline_format format, const struct rw_regpair *pair)
{
	bool known = is_known(parser, state, pair->reg);

	switch (pair->reg) {
	case RW_REGLINE_PC:
		// A number may follow the name: it was added by hand.
		return known || (state->symbol && pair->kind == RW_REGVALUE_SYMBOL);
	case RW_REGLINE_PSTATE:
		return known && format == RW_REGLINE_KERNEL;
	case 0:
		return known && (format == RW_REGLINE_GDB || format == RW_REGLINE_CRASH ||
				 format == RW_REGLINE_OPENOCD);
	default:
		return false;
	}
}

static void open_block(struct parser *parser, struct state *state)
{
	if (state->open)
		return;
	state->open = true;
	state->first_line = parser->line;
}

static struct rw_error *add_block(struct parser *parser, struct state *state,
				  enum rw_regline_format format)
{
	struct rw_regs_block *block = rw_vector_push(parser->blocks);

	if (!block)
		return &rw_enomem;
	*block = (struct rw_regs_block){
		.cpu = state->cpu,
		.format = format_names[format],
		.line = state->first_line,
		.inside = state->traced,
	};
	state->block = parser->blocks->nr - 1;
	// All exceptions under crash's "PID:" line are of that CPU; elsewhere a
	// header is for one block.
	if (format != RW_REGLINE_CRASH)
		state->cpu = -1;
	return NULL;
}

static struct rw_error *set_reg(struct parser *parser, struct state *state,
				enum rw_regline_format format, const struct rw_regpair *pair)
{
	open_block(parser, state);
	if (state->block == NO_BLOCK) {
		struct rw_error *err = add_block(parser, state, format);

		if (err)
			return err;
	}
	struct rw_regs *regs = state_regs(parser, state);

	if (!(regs->known >> pair->reg & 1)) {
		rw_reg_set(regs, pair->reg, pair->value);
		state->line_of[pair->reg] = parser->line;
		return NULL;
	}
	uint64_t before = rw_reg_get(regs, pair->reg);
	if (before == pair->value)
		return NULL;
	return rw_error_create(RW_ERROR_FORMAT,
			       "line %zu: %s is given twice (0x%" PRIx64 " and, in line %zu, 0x%"
			       PRIx64 "); remove the lines that are not of this moment and CPU",
			       parser->line, rw_reg_name(pair->reg), pair->value,
			       state->line_of[pair->reg], before);
}

static struct rw_error *bad_value(const struct parser *parser, const struct rw_regpair *pair)
{
	const char *name = rw_reg_name(pair->reg);
	char buf[RW_QUOTED_SIZE];

	if (pair->kind == RW_REGVALUE_LONG)
		return rw_error_create(RW_ERROR_FORMAT,
				       "line %zu: %s has %zu digits, which is more than 64 bits; "
				       "correct it, or remove it from the line",
				       parser->line, name, pair->nr_digits);
	if (pair->kind == RW_REGVALUE_SHORT)
		return rw_error_create(RW_ERROR_FORMAT,
				       "line %zu: %s is '%s', %zu digits of %d: cut or damaged; "
				       "complete it, or put 0x before it if it is the whole number",
				       parser->line, name,
				       rw_quote(pair->word, pair->word_size, buf),
				       pair->nr_digits, pair->reg == RW_REGLINE_PSTATE ? 8 : 16);
	if (!pair->word_size)
		return rw_error_create(RW_ERROR_FORMAT,
				       "line %zu: %s has no value; complete it, or remove it from "
				       "the line", parser->line, name);
	return rw_error_create(RW_ERROR_FORMAT,
			       "line %zu: %s is '%s', which is no hexadecimal number; correct it, "
			       "or remove it from the line", parser->line, name,
			       rw_quote(pair->word, pair->word_size, buf));
}

/**
 * Does a value that is no proper number mean a damaged register, and not a line of
 * another kind ("x1: off" of some driver)?  Among registers, yes; else if it begins
 * as an address does.
 */
static bool is_damage(bool among_registers, const struct rw_regpair *pair)
{
	return among_registers ||
	       pair->kind == RW_REGVALUE_JUNK || pair->kind == RW_REGVALUE_LONG ||
	       (pair->kind == RW_REGVALUE_SHORT && pair->nr_digits >= 8);
}

static struct rw_error *read_regs(struct parser *parser, struct state *state,
				  struct rw_regline *line)
{
	const bool was_open = state->open;
	struct rw_regpair pair;

	for (bool first = true; rw_regline_next(line, &pair); first = false) {
		if (first && state->open && leads_block(parser, state, line->format, &pair))
			close_block(parser, state);
		switch (pair.kind) {
		case RW_REGVALUE_NUMBER: {
			struct rw_error *err = set_reg(parser, state, line->format, &pair);

			if (err)
				return err;
			break;
		}
		case RW_REGVALUE_SYMBOL:
			open_block(parser, state);
			if (pair.reg == RW_REGLINE_PC)
				state->symbol = true;
			break;
		case RW_REGVALUE_CUT:
			break;
		case RW_REGVALUE_SHORT:
		case RW_REGVALUE_LONG:
		case RW_REGVALUE_JUNK:
		case RW_REGVALUE_WORD:
			if (is_damage(was_open || state->open, &pair))
				return bad_value(parser, &pair);
			return NULL;
		}
	}
	return NULL;
}

/** The first frame of crash's `bt`: a block of its own. */
static struct rw_error *read_frame(struct parser *parser, const struct rw_regframe *frame)
{
	struct state *state = &parser->tools[RW_REGLINE_CRASH];
	const struct rw_regpair pairs[] = {
		{ .reg = RW_REGLINE_FP, .value = frame->fp },
		{ .reg = RW_REGLINE_PC, .value = frame->pc },
	};
	struct rw_error *err = NULL;

	close_block(parser, state);
	for (size_t i = state->first_block; i < parser->blocks->nr; i++)
		if (parser->blocks->data[i].format == format_names[RW_REGLINE_CRASH])
			parser->blocks->data[i].inside = true;
	state->traced = false;
	for (size_t i = 0; !err && i < 2; i++)
		err = set_reg(parser, state, RW_REGLINE_CRASH, &pairs[i]);
	if (!err) {
		struct rw_regs_block *block = &parser->blocks->data[state->block];

		if (frame->name_size < sizeof(block->function))
			memcpy(block->function, frame->name, frame->name_size);
	}
	close_block(parser, state);
	state->first_block = parser->blocks->nr;
	state->traced = true;
	return err;
}

/** What was asked of gdb with "p/x $pc". */
static struct rw_error *read_answer(struct parser *parser, int reg, uint64_t value)
{
	struct state *state = &parser->tools[RW_REGLINE_GDB];
	const struct rw_regpair pair = { .reg = reg, .kind = RW_REGVALUE_NUMBER, .value = value };

	// The same once more is the same moment.
	if (state->open && is_known(parser, state, reg) &&
	    rw_reg_get(state_regs(parser, state), reg) != value)
		close_block(parser, state);
	return set_reg(parser, state, RW_REGLINE_GDB, &pair);
}

static struct rw_error *read_line(struct parser *parser, const struct rw_logline *line)
{
	struct rw_regline regline;
	const int asked = parser->asked;
	struct rw_regframe frame;
	uint64_t value;

	parser->line = line->number;
	parser->asked = -1;
	if (!line->stamped) {
		if (asked >= 0 && rw_regline_answer(line, &value))
			return read_answer(parser, asked, value);
		if (rw_regline_print(line, &parser->asked))
			return NULL;
		if (rw_regline_frame(line, &frame))
			return read_frame(parser, &frame);
	}
	if (read_header(parser, line) || !rw_regline_init(line, &regline))
		return NULL;

	struct state *state = regline.format == RW_REGLINE_KERNEL ?
			      report_of(parser, line->caller) : &parser->tools[regline.format];
	regline.narrow = state->narrow;
	struct rw_error *err = read_regs(parser, state, &regline);
	state->narrow = regline.narrow;
	return err;
}

struct rw_error *rw_regs_from_text(const char *text, size_t size, struct rw_regs_blocks *ret)
{
	struct parser parser = { .blocks = ret, .asked = -1 };
	const size_t nr_before = ret->nr;
	struct rw_loglines lines;
	struct rw_logline line;

	for (size_t i = 0; i < RW_REGLINE_NR_FORMATS; i++) {
		reset_state(&parser.tools[i]);
		parser.tools[i].first_block = ret->nr;
	}
	for (size_t i = 0; i < MOST_REPORTS; i++)
		reset_state(&parser.reports[i]);

	rw_loglines_init(&lines, text, size);
	while (rw_logline_next(&lines, &line)) {
		struct rw_error *err = read_line(&parser, &line);

		if (err) {
			ret->nr = nr_before;
			return err;
		}
	}
	for (size_t i = 0; i < RW_REGLINE_NR_FORMATS; i++)
		close_block(&parser, &parser.tools[i]);
	for (size_t i = 0; i < MOST_REPORTS; i++)
		close_block(&parser, &parser.reports[i]);
	return NULL;
}
