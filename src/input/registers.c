// SPDX-License-Identifier: GPL-2.0-or-later
//
// Registers in text, as four tools write them:
//
//   kernel  pc : ffff800008123450     x29: ffff80000a5dbb20 x28: … (show_regs)
//   QEMU    PC=ffff800008123450 X00=0000000000000000     (info registers)
//   gdb     x29            0xffff80000a5dbb20  …          (info registers)
//   crash       PC: ffff800008123450  [sym+12]  X29: …     (bt, exception frames)
//
// A name is followed by ':' or '=' and a number; gdb's stands first on its line,
// with blanks behind it.  Anything else on a line is left alone, so that prefixes of
// logs do not matter.  A symbol in the place of a number ("pc : f+0x10/0x40") is no
// address.
//
// Source: arch/arm64/kernel/process.c; samples of QEMU 7.2 and gdb 13.

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/input.h"
#include "rewalk/vector.h"

#define NR_REGS		34	/* x0..x30, sp, pc, pstate: the bits of rw_regs.known */
#define REG_SP		31
#define REG_PC		32
#define REG_PSTATE	33
#define USER_PT_REGS	272

enum style { STYLE_NONE, STYLE_KERNEL, STYLE_QEMU, STYLE_GDB, STYLE_CRASH };

static const char *const style_names[] = { "", "kernel", "QEMU", "gdb", "crash" };

struct parser {
	struct rw_regs_blocks *blocks;
	size_t first_block;		/* blocks of this text begin here */
	enum style style;		/* of the block that is open */
	bool open;
	int cpu;			/* of the last header; -1 */
	size_t line;
	size_t line_of[NR_REGS];	/* where the open block's registers stood */
};

struct rw_error *rw_regs_from_bytes(const uint8_t *bytes, size_t size, struct rw_regs *ret)
{
	if (size < USER_PT_REGS)
		return rw_error_create(RW_ERROR_FORMAT,
				       "%zu bytes are no struct user_pt_regs; give its %d bytes "
				       "(x0 to x30, sp, pc, pstate)", size, USER_PT_REGS);
	for (int i = 0; i < 31; i++)
		ret->x[i] = rw_get_le64(bytes + 8 * i);
	ret->sp = rw_get_le64(bytes + 248);
	ret->pc = rw_get_le64(bytes + 256);
	ret->pstate = rw_get_le64(bytes + 264);
	ret->known = (UINT64_C(1) << NR_REGS) - 1;
	return NULL;
}

static uint64_t *place(struct rw_regs *regs, int reg)
{
	switch (reg) {
	case REG_SP:
		return &regs->sp;
	case REG_PC:
		return &regs->pc;
	case REG_PSTATE:
		return &regs->pstate;
	default:
		return &regs->x[reg];
	}
}

/** The register that a word names, or -1. */
static int register_named(const char *s, size_t size)
{
	static const struct {
		const char *name;
		int reg;
	} names[] = {
		{ "pc", REG_PC }, { "sp", REG_SP }, { "lr", 30 }, { "fp", 29 },
		{ "pstate", REG_PSTATE }, { "cpsr", REG_PSTATE },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == size && !strncasecmp(s, names[i].name, size))
			return names[i].reg;
	if (size < 2 || size > 3 || (s[0] | 0x20) != 'x' || !isdigit((unsigned char)s[1]))
		return -1;
	int n = s[1] - '0';
	if (size == 3) {
		if (!isdigit((unsigned char)s[2]))
			return -1;
		n = n * 10 + s[2] - '0';
	}
	return n <= 30 ? n : -1;
}

/**
 * The number at @s, before @end: hexadecimal, with or without 0x, up to a blank, a
 * bracket or the end of the line.
 *
 * @return 1, with *next behind it; 0 for something else; -1 for more than 64 bits.
 */
static int number_at(const char *s, const char *end, uint64_t *ret, const char **next)
{
	uint64_t value = 0;
	size_t nr = 0;

	if (end - s > 2 && s[0] == '0' && (s[1] | 0x20) == 'x')
		s += 2;
	for (; s < end && isxdigit((unsigned char)*s); s++, nr++) {
		char c = *s | 0x20;

		value = value << 4 | (uint64_t)(isdigit((unsigned char)*s) ? *s - '0' : c - 'a' + 10);
	}
	if (!nr || (s < end && !isspace((unsigned char)*s) && !strchr(",;([<", *s)))
		return 0;
	if (nr > 16)
		return -1;
	*ret = value;
	*next = s;
	return 1;
}

static struct rw_error *open_block(struct parser *p, enum style style)
{
	struct rw_regs_block *block = rw_vector_push(p->blocks);

	if (!block)
		return &rw_enomem;
	*block = (struct rw_regs_block){
		.cpu = p->cpu,
		.format = style_names[style],
		.line = p->line,
	};
	memset(p->line_of, 0, sizeof(p->line_of));
	p->style = style;
	p->open = true;
	return NULL;
}

/** Does this register begin a new block, although one of its style is open? */
static bool begins_block(const struct parser *p, enum style style, int reg)
{
	const struct rw_regs *regs = &p->blocks->data[p->blocks->nr - 1].regs;
	bool known = regs->known >> reg & 1;

	switch (style) {
	case STYLE_KERNEL:
		// pstate comes first, then pc; the pc may be a symbol and leave no trace.
		return reg == REG_PSTATE ? regs->known & ~(UINT64_C(1) << REG_PSTATE) :
		       reg == REG_PC && regs->known & ~(UINT64_C(1) << REG_PSTATE);
	case STYLE_QEMU:
	case STYLE_CRASH:
		return reg == REG_PC && known;
	case STYLE_GDB:
		return reg == 0 && known;
	case STYLE_NONE:
		break;
	}
	return false;
}

static struct rw_error *set(struct parser *p, enum style style, int reg, uint64_t value)
{
	if (!p->open || p->style != style || begins_block(p, style, reg)) {
		struct rw_error *err = open_block(p, style);

		if (err)
			return err;
	}
	struct rw_regs *regs = &p->blocks->data[p->blocks->nr - 1].regs;
	uint64_t *where = place(regs, reg);
	static const char *const special[] = { "sp", "pc", "pstate" };
	char name[8] = "x";

	if (regs->known >> reg & 1) {
		if (*where == value)
			return NULL;
		if (reg >= REG_SP) {
			strcpy(name, special[reg - REG_SP]);
		} else {
			name[1] = reg < 10 ? '0' + reg : '0' + reg / 10;
			name[2] = reg < 10 ? '\0' : '0' + reg % 10;
		}
		return rw_error_create(RW_ERROR_FORMAT,
				       "line %zu: %s is 0x%" PRIx64 ", but 0x%" PRIx64
				       " in line %zu; give the registers of one moment",
				       p->line, name, value, *where, p->line_of[reg]);
	}
	*where = value;
	regs->known |= UINT64_C(1) << reg;
	p->line_of[reg] = p->line;
	return NULL;
}

/** Upper case with ':' is crash's, lower case the kernel's; '=' is QEMU's. */
static enum style style_of(const char *name, char separator)
{
	if (separator == '=')
		return isupper((unsigned char)*name) ? STYLE_QEMU : STYLE_NONE;
	return isupper((unsigned char)*name) ? STYLE_CRASH : STYLE_KERNEL;
}

static struct rw_error *too_long(const struct parser *p)
{
	return rw_error_create(RW_ERROR_FORMAT,
			       "line %zu: a register of more than 16 digits; give registers of "
			       "64 bits", p->line);
}

/** "CPU#1" on a line of its own. */
static bool cpu_header(struct parser *p, const char *s, const char *end)
{
	int cpu = 0;

	if (end - s < 5 || memcmp(s, "CPU#", 4))
		return false;
	for (s += 4; s < end && isdigit((unsigned char)*s) && cpu < 100000; s++)
		cpu = cpu * 10 + *s - '0';
	p->cpu = cpu;
	p->open = false;
	return true;
}

static struct rw_error *line(struct parser *p, const char *start, const char *end)
{
	const char *s = start;
	bool first = true;

	if (cpu_header(p, start, end))
		return NULL;
	while (s < end) {
		if (!isalpha((unsigned char)*s)) {
			s++;
			continue;
		}
		const char *name = s;
		while (s < end && (isalnum((unsigned char)*s) || *s == '_'))
			s++;
		int reg = register_named(name, s - name);
		bool line_start = first && name == start;
		first = false;
		if (reg < 0 || (name > start && name[-1] == '<'))
			continue;

		const char *value = s;
		while (value < end && (*value == ' ' || *value == '\t'))
			value++;
		enum style style = STYLE_NONE;
		if (value < end && (*value == ':' || *value == '=')) {
			style = style_of(name, *value++);
			while (value < end && (*value == ' ' || *value == '\t'))
				value++;
		} else if (line_start && value > s && end - value > 2 && !memcmp(value, "0x", 2)) {
			style = STYLE_GDB;
		}
		if (style == STYLE_NONE)
			continue;

		uint64_t number;
		const char *next;
		int got = number_at(value, end, &number, &next);
		if (got < 0)
			return too_long(p);
		if (!got) {
			// A symbol: no address, but it begins a block all the same.
			if (style == STYLE_KERNEL && reg == REG_PC && p->open &&
			    begins_block(p, style, reg))
				p->open = false;
			continue;
		}
		struct rw_error *err = set(p, style, reg, number);
		if (err)
			return err;
		s = next;
		if (style == STYLE_GDB)
			break;	/* the same value again, in another base */
	}
	return NULL;
}

struct rw_error *rw_regs_from_text(const char *text, size_t size, struct rw_regs_blocks *ret)
{
	struct parser p = { .blocks = ret, .first_block = ret->nr, .cpu = -1 };
	const char *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		const char *stop = newline ? newline : end;

		p.line++;
		struct rw_error *err = line(&p, text, stop);
		if (err)
			return err;
		text = newline ? newline + 1 : end;
	}
	return NULL;
}
