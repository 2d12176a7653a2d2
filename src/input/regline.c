// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line of registers, as the kernel, QEMU, gdb, crash and OpenOCD write it.
//
// The kernel's show_regs(); the name is padded to three characters, in user mode
// pc and lr are numbers, before 4.17 the first three stand on one line:
//
//   pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)
//   pc : scene_oops+0xc/0x18 [scene]
//   sp : ffff80000802bcc0
//   x2 : 0000000000000000 x1 : 0000000000000001 x0 : 0000000000000008
//   pc : [<ffff000008081c30>] lr : [<ffff000008081c2c>] pstate: 60000145
//
// QEMU's `info registers`; what is no register of ours is left out:
//
//    PC=ffffa4b3350da26c X00=000000000001e8ac X01=ffff00001fe5e618
//   PSTATE=404000c5 -Z-- EL1h  SVCR=00000000 --  BTYPE=0     FPCR=00000000 FPSR=00000000
//
// gdb's `info registers`, one register on a line, the second column for people:
//
//   x29            0xffff800009cb3d50  -140737324040880
//   pc             0xffff800008cda26c  0xffff800008cda26c <cpu_do_idle+12>
//   cpsr           0x400000c5          1073742021
//
// crash's `bt` (kernel mode; user mode; a 32-bit process) and `help -r`:
//
//        PC: ffffa4b3350da26c  [cpu_do_idle+12]
//       X29: ffffa4b3360b3d50  X28: 0000000041868d6c  X27: 0000000000000000
//        PC: 0000ffffa9a67e10   LR: 0000ffffa9a0506c   SP: 0000ffffebb5a030
//       ORIG_X0: 0000000000000001  SYSCALLNO: 40  PSTATE: 20001000
//        PC: f7e5b1ac  LR: f7e5b18c  SP: ff8c0f58  PSTATE: 60000010
//
// OpenOCD's `reg`, one register on a line; one that was not read has no value:
//
//   (29) x29 (/64): 0xffff800009cb3d50 (dirty)
//   (33) cpsr (/32)
//
// So the case of the name and what separates it from its value tell the format.
// The kernel, QEMU and crash print all digits, of which a cut line lacks some; a
// number with 0x was typed by a person (or is gdb's) and may have any length.
//
// Source: arch/arm64/kernel/process.c (__show_regs) of 4.9 to 7.2; QEMU 7.2; gdb
// 13.1; crash 9.0 arm64.c (arm64_print_exception_frame), netdump.c; OpenOCD target.c
// (handle_reg_command).

#include <string.h>
#include <strings.h>

#include "rewalk/hex.h"
#include "rewalk/input.h"

#include "logline.h"
#include "regline.h"
#include "scan.h"

#define IGNORED RW_NR_REGS	/* a name that belongs to a format, but no register */

#define NARROW_DIGITS 8		/* of pstate too */

/** A name of letters in one case, digits and '_'.  @return Behind it, @p if there is none. */
static const char *skip_name(const char *p, const char *end)
{
	const char *start = p;

	if (p == end || (!rw_is_lower(*p) && !rw_is_upper(*p)))
		return p;
	bool lower = rw_is_lower(*p);
	while (p < end && (rw_is_digit(*p) || *p == '_' ||
			   (lower ? rw_is_lower(*p) : rw_is_upper(*p))))
		p++;
	// "Sp", "pcR": something else.
	return p < end && (rw_is_lower(*p) || rw_is_upper(*p)) ? start : p;
}

/** The number of the register that is called so in either case, IGNORED, or -1. */
static int register_named(const char *name, size_t size)
{
	static const struct {
		const char *name;
		int reg;
	} table[] = {
		{ "pc", RW_REGLINE_PC }, { "lr", RW_REGLINE_LR },
		{ "sp", RW_REGLINE_SP }, { "fp", RW_REGLINE_FP },
		{ "pstate", RW_REGLINE_PSTATE }, { "cpsr", RW_REGLINE_PSTATE },
		{ "pmr_save", IGNORED }, { "pmr", IGNORED }, { "orig_x0", IGNORED },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (size == strlen(table[i].name) && !strncasecmp(name, table[i].name, size))
			return table[i].reg;
	if (size < 2 || (name[0] != 'x' && name[0] != 'X'))
		return -1;
	uint64_t n;
	if (rw_decimal_parse(name + 1, name + size, 2, &n) != size - 1)
		return -1;
	return n <= 30 ? (int)n : -1;
}

/**
 * The format that separates a name from its value as this line does.
 *
 * @param first      First letter of the name.
 * @param behind     Behind the name.
 * @param value_ret  Where the value begins, or where none was found.
 * @return The format, or RW_REGLINE_NR_FORMATS.
 */
static enum rw_regline_format separator(char first, const char *behind, const char *end,
					const char **value_ret)
{
	const char *p = rw_skip_log_blanks(behind, end);

	*value_ret = p;
	if (p == end)
		return RW_REGLINE_NR_FORMATS;
	if (*p == ':') {
		*value_ret = rw_skip_log_blanks(p + 1, end);
		return rw_is_lower(first) ? RW_REGLINE_KERNEL : RW_REGLINE_CRASH;
	}
	if (end - p > 8 && p > behind && p[0] == '(' && p[1] == '/' && rw_is_lower(first)) {
		const char *close = memchr(p, ')', 8);

		if (!close || close[1] != ':')
			return RW_REGLINE_NR_FORMATS;
		*value_ret = rw_skip_log_blanks(close + 2, end);
		return RW_REGLINE_OPENOCD;
	}
	if (*p == '=' && p == behind && rw_is_upper(first)) {
		*value_ret = p + 1;
		return RW_REGLINE_QEMU;
	}
	if (p > behind && rw_hex_has_0x(p, end) && rw_is_lower(first))
		return RW_REGLINE_GDB;
	return RW_REGLINE_NR_FORMATS;
}

/** "(29) " of OpenOCD. */
static const char *skip_number(const char *p, const char *end)
{
	if (p == end || *p != '(')
		return p;
	const char *behind = rw_skip_digits(p + 1, end);
	return end - behind > 2 && behind[0] == ')' && behind[1] == ' ' ? behind + 2 : p;
}

bool rw_regline_init(const struct rw_logline *line, struct rw_regline *ret)
{
	const char *end = line->text + line->size;
	const char *name = skip_number(rw_skip_log_blanks(line->text, end), end);
	const char *behind = skip_name(name, end), *value;

	if (behind == name || register_named(name, behind - name) < 0)
		return false;
	enum rw_regline_format format = separator(*name, behind, end, &value);
	if (format == RW_REGLINE_NR_FORMATS || (line->stamped && format != RW_REGLINE_KERNEL))
		return false;
	*ret = (struct rw_regline){
		.format = format,
		.p = name,
		.end = end,
		.terminated = line->terminated,
	};
	return true;
}

/** "PC: f7e5b1ac  LR: …  SP: …  PSTATE: 60000010": only a 32-bit frame has all on one line. */
static bool is_narrow_frame(const char *value, const char *end)
{
	static const char last[] = "PSTATE:";
	uint64_t pc;
	// Bounded: no more than crash prints there.
	const char *far = end - value > 64 ? value + 64 : end;

	return rw_hex_parse(value, far, &pc) == NARROW_DIGITS &&
	       memmem(value, far - value, last, strlen(last));
}

static size_t digits_printed(const struct rw_regline *line, int reg)
{
	return reg == RW_REGLINE_PSTATE || line->narrow ? NARROW_DIGITS : RW_HEX_DIGITS;
}

/** Take the value at @p apart, up to @end of the line. */
static enum rw_regvalue value_kind(const struct rw_regline *line, const char *p,
				   struct rw_regpair *pair)
{
	const char *word_end = pair->word + pair->word_size;
	bool last = !line->terminated && word_end == line->end;
	bool by_name = line->format == RW_REGLINE_KERNEL &&
		       (pair->reg == RW_REGLINE_PC || pair->reg == RW_REGLINE_LR);
	bool brackets = word_end - p > 2 && p[0] == '[' && p[1] == '<';

	if (brackets)
		p += 2;
	const char *digits = rw_hex_skip_0x(p, word_end);
	bool prefixed = digits > p;
	pair->nr_digits = rw_hex_parse(digits, word_end, &pair->value);
	p = digits + pair->nr_digits;

	if (p < word_end && !(brackets ? *p == '>' : *p == ',' || *p == ';')) {
		if (by_name && memmem(p, word_end - p, "+0x", 3))
			return RW_REGVALUE_SYMBOL;
		if (prefixed || brackets || pair->nr_digits >= NARROW_DIGITS)
			return RW_REGVALUE_JUNK;
		return by_name ? RW_REGVALUE_SYMBOL : RW_REGVALUE_WORD;
	}
	if (pair->nr_digits > RW_HEX_DIGITS)
		return RW_REGVALUE_LONG;
	if (!pair->nr_digits) {
		if (last)
			return RW_REGVALUE_CUT;
		return prefixed ? RW_REGVALUE_JUNK : RW_REGVALUE_WORD;
	}
	// gdb prints no zeros in front, but always a second form behind the number.
	size_t wanted = prefixed ? 1 : digits_printed(line, pair->reg);
	if (last && pair->nr_digits < (line->format == RW_REGLINE_GDB ? RW_HEX_DIGITS : wanted))
		return RW_REGVALUE_CUT;
	if (pair->nr_digits < wanted)
		return RW_REGVALUE_SHORT;
	return RW_REGVALUE_NUMBER;
}

bool rw_regline_next(struct rw_regline *line, struct rw_regpair *ret)
{
	while (line->p < line->end) {
		const char *name = rw_skip_log_blanks(line->p, line->end), *value;
		const char *behind = skip_name(name, line->end);

		line->p = rw_skip_log_word(behind, line->end);
		if (behind == name)
			continue;
		if (separator(*name, behind, line->end, &value) != line->format)
			continue;
		const char *word_end = rw_skip_log_word(value, line->end);
		line->p = word_end;
		int reg = register_named(name, behind - name);
		if (reg < 0 || reg == IGNORED)
			continue;

		if (line->format == RW_REGLINE_CRASH && reg == RW_REGLINE_PC)
			line->narrow = is_narrow_frame(value, line->end);
		*ret = (struct rw_regpair){
			.reg = reg,
			.word = value,
			.word_size = word_end - value,
		};
		ret->kind = value_kind(line, value, ret);
		if (line->format == RW_REGLINE_GDB || line->format == RW_REGLINE_OPENOCD)
			line->p = line->end;
		return true;
	}
	return false;
}

bool rw_regline_print(const struct rw_logline *line, int *reg_ret)
{
	static const char *const commands[] = { "p ", "p/", "print ", "print/" };
	const char *p = line->text, *end = p + line->size;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!rw_logline_begins(line, commands[i]))
			continue;
		p += strlen(commands[i]);
		if (p[-1] == '/')
			p = rw_skip_log_word(p, end);
		p = rw_skip_log_blanks(p, end);
		if (p == end || *p != '$')
			return false;
		const char *behind = skip_name(p + 1, end);
		int reg = register_named(p + 1, behind - p - 1);
		if (reg < 0 || reg == IGNORED || rw_skip_log_blanks(behind, end) != end)
			return false;
		*reg_ret = reg;
		return true;
	}
	return false;
}

static bool signed_decimal(const char *p, const char *end, uint64_t *ret)
{
	bool negative = p < end && *p == '-';
	uint64_t value;

	p += negative;
	size_t nr = rw_decimal_parse(p, end, 19, &value);
	if (!nr || p + nr != end)
		return false;
	*ret = negative ? -value : value;
	return true;
}

bool rw_regline_answer(const struct rw_logline *line, uint64_t *ret)
{
	const char *p = line->text, *end = p + line->size;

	if (p == end || *p++ != '$')
		return false;
	p = rw_skip_digits(p, end);
	if (end - p < 4 || !rw_begins(p, end, " = "))
		return false;
	p += 3;
	if (*p == '(') {	// "(void (*)()) 0xffff800008002da8 <start_kernel+360>"
		const char *prefix = memmem(p, end - p, ") 0x", 4);

		if (!prefix)
			return false;
		p = prefix + 2;
	}
	const char *word_end = rw_skip_log_word(p, end);
	if (!rw_hex_has_0x(p, word_end))
		return signed_decimal(p, word_end, ret);
	return rw_hex_parse_0x(p, word_end, ret) == word_end;
}

bool rw_regline_frame(const struct rw_logline *line, struct rw_regframe *ret)
{
	static const char first[] = "#0 [", at[] = " at ";
	const char *end = line->text + line->size;
	const char *p = rw_skip_log_blanks(line->text, end);
	uint64_t fp, call;

	if (!rw_begins(p, end, first))
		return false;
	p += strlen(first);
	size_t nr = rw_hex_parse(p, end, &fp);
	if (nr != RW_HEX_DIGITS || end - p < (ptrdiff_t)nr + 2 || p[nr] != ']')
		return false;
	const char *name = rw_skip_log_blanks(p + nr + 1, end);
	p = memmem(name, end - name, at, strlen(at));
	if (!p)
		return false;
	const char *name_end = p;
	p += strlen(at);
	nr = rw_hex_parse(p, end, &call);
	if (nr != RW_HEX_DIGITS || (p + nr < end && !rw_is_log_blank(p[nr])))
		return false;
	// bt -s puts an offset behind the name.
	const char *plus = memchr(name, '+', name_end - name);
	*ret = (struct rw_regframe){
		.fp = fp,
		.pc = call + 4,
		.name = name,
		.name_size = (plus ? plus : name_end) - name,
	};
	return true;
}
