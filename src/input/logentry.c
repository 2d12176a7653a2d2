// SPDX-License-Identifier: GPL-2.0-or-later
//
// Entries of printed traces, one on a line:
//
//    schedule+0x3c/0xf0
//    scene_oops+0x8/0x18 [scene] (P)
//    scene_oops+0x8/0x18 [scene 3c1c2f…40 digits] (PF)
//    0xffff80000123abcd
//   [<ffffff80080e4c2c>] el1_irq+0xb4/0x140               up to 4.14, and the hypervisor's
//   [<          (null)>]           (null)                 4.x: an address of 0
//   [<0>] do_wait+0x68/0x100                              /proc/PID/stack
//
// and what tools make of them:
//
//   schedule (kernel/sched/core.c:7003 (discriminator 1)) (T)     decode_stacktrace.sh
//   scene_oops (scene.c:12) scene (P)
//   schedule+0x3c/0xf0 kernel/sched/core.c:7003                   syzbot
//   __schedule_loop kernel/sched/core.c:6938 [inline]
//
// The numbers are what makes a line an entry: "name+0x…/0x…" is found from its end,
// since names may hold any character (Rust, LTO, BPF) but a blank.
//
// Source: lib/vsprintf.c and kernel/kallsyms.c (sprint_symbol, sprint_backtrace);
// dump_backtrace_entry() in arch/arm64/kernel/stacktrace.c of 4.4 to 7.2;
// fs/proc/base.c (proc_pid_stack); scripts/decode_stacktrace.sh.

#include <string.h>

#include "rewalk/hex.h"
#include "rewalk/printed.h"

#include "logentry.h"
#include "scan.h"

#define MOST_NAME 511		/* KSYM_NAME_LEN - 1 */
#define MOST_MODULE 63		/* MODULE_NAME_LEN is 56 */

/** Where a name may go on: any printable character, and the bytes of UTF-8. */
static bool is_of_name(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f;
}

/** "+0x12/0x34" at @p.  @return Behind it, or NULL. */
static const char *numbers(const char *p, const char *end, uint64_t *offset, uint64_t *length)
{
	if (p == end || *p != '+')
		return NULL;
	p = rw_hex_parse_0x(p + 1, end, offset);
	if (!p || p == end || *p != '/')
		return NULL;
	return rw_hex_parse_0x(p + 1, end, length);
}

/** "[<ffff800008010000>] " in front; NULL if there is something else in brackets. */
static const char *address(const char *p, const char *end, struct rw_logentry *e)
{
	if (!rw_begins(p, end, "[<"))
		return p;
	p = rw_skip_log_blanks(p + 2, end);
	if (rw_begins(p, end, "(null)")) {
		p += strlen("(null)");
		e->has_address = true;
	} else {
		size_t nr = rw_hex_parse(p, end, &e->address);

		if (!nr || nr > RW_HEX_DIGITS)
			return NULL;
		e->has_address = nr == RW_HEX_DIGITS;
		e->zero_address = !e->address;
		// Zeros stand for what the reader may not know.
		e->has_address &= e->address != 0;
		p += nr;
	}
	if (!rw_begins(p, end, ">]"))
		return NULL;
	return rw_skip_log_blanks(p + 2, end);
}

/** " [module]", " [module build-id]".  @return Behind it, or @p. */
static const char *module(const char *p, const char *end, struct rw_logentry *e)
{
	const char *q = rw_skip_log_blanks(p, end);

	if (q == p || q == end || *q != '[')
		return p;
	q++;
	const char *close = memchr(q, ']', end - q);
	if (!close)
		return p;
	const char *blank = memchr(q, ' ', close - q);
	const char *name_end = blank ? blank : close;
	if (name_end == q || name_end - q > MOST_MODULE || rw_equals(q, name_end, "inline"))
		return p;
	for (const char *c = q; c < name_end; c++)
		if (!is_of_name(*c))
			return p;
	e->module = (struct rw_part){ q, name_end - q };
	if (blank) {
		uint64_t ignored;
		size_t nr = rw_hex_parse(blank + 1, close, &ignored);

		// Something else, "[mod file.c]", is no module.
		if (blank + 1 + nr != close || nr < 16 || nr > 40) {
			e->module.size = 0;
			return p;
		}
		e->build_id = (struct rw_part){ blank + 1, nr };
	}
	return close + 1;
}

/** " (P)".  @return Behind it, or @p. */
static const char *marks(const char *p, const char *end, struct rw_logentry *e)
{
	const char *q = rw_skip_log_blanks(p, end);
	size_t nr = 0;

	if (q == p || q == end || *q != '(')
		return p;
	for (q++; q < end && rw_is_upper(*q); q++, nr++)
		if (nr == sizeof(e->marks) - 1)
			return p;
	if (!nr || q == end || *q != ')')
		return p;
	memcpy(e->marks, q - nr, nr);
	e->marks[nr] = '\0';
	return q + 1;
}

/** "dir/file.c:12 …", or "??:?" where there is no debug information. */
static bool is_source(struct rw_part part)
{
	static const char *const suffixes[] = { ".c", ".h", ".S", ".s", ".rs", "??" };
	const char *colon = memchr(part.p, ':', part.size);

	for (size_t i = 0; colon && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t size = strlen(suffixes[i]);

		if ((size_t)(colon - part.p) >= size &&
		    !memcmp(colon - size, suffixes[i], size))
			return true;
	}
	return false;
}

/** " (dir/file.c:12 …)" or " dir/file.c:12 [inline]".  @return Behind it, or @p. */
static const char *decoded(const char *p, const char *end, struct rw_logentry *e)
{
	const char *q = rw_skip_log_blanks(p, end), *last;

	if (q == p || q == end)
		return p;
	if (*q == '(') {
		int depth = 0;

		for (last = q; last < end; last++) {
			depth += (*last == '(') - (*last == ')');
			if (!depth)
				break;
		}
		if (last == end)
			return p;
		e->decoded = (struct rw_part){ q + 1, last - q - 1 };
		last++;
	} else {
		for (last = q; last < end && is_of_name(*last); last++)
			;
		e->decoded = (struct rw_part){ q, last - q };
		const char *inlined = rw_skip_log_blanks(last, end);
		if (rw_begins(inlined, end, "[inline]")) {
			e->inlined = true;
			last = inlined + strlen("[inline]");
		}
	}
	if (!is_source(e->decoded)) {
		e->decoded.size = 0;
		e->inlined = false;
		return p;
	}
	return last;
}

/** decode_stacktrace.sh takes the brackets from the module's name.  @return Behind it, or @p. */
static const char *bare_module(const char *p, const char *end, struct rw_logentry *e)
{
	const char *q = rw_skip_log_blanks(p, end), *last = q;

	while (last < end && (rw_is_alnum(*last) || *last == '_' || *last == '-'))
		last++;
	if (last == q || last - q > MOST_MODULE || (last < end && !rw_is_log_blank(*last)))
		return p;
	e->module = (struct rw_part){ q, last - q };
	return last;
}

/** Where the name that begins at @p ends: at its numbers, else at a blank. */
static const char *name_end(const char *p, const char *end, struct rw_logentry *e,
			    const char **behind)
{
	const char *far = end - p > MOST_NAME ? p + MOST_NAME + 1 : end;
	const char *q = p;

	for (; q < far && is_of_name(*q); q++) {
		const char *last = *q == '+' && q > p ?
				   numbers(q, end, &e->offset, &e->length) : NULL;

		if (last) {
			e->has_offset = true;
			*behind = last;
			return q;
		}
	}
	*behind = q;
	return q < far || q == end ? q : NULL;
}

/** Could a name begin so?  Not a bracket, a quote, or a sign of something else. */
static bool may_begin(char c)
{
	return is_of_name(c) && !strchr("([<{=>-+*#?\"'", c);
}

static bool bare_address(const char *p, const char *end, struct rw_logentry *e, const char **behind)
{
	const char *last;

	if (rw_begins(p, end, "(null)")) {
		e->address = 0;
		last = p + strlen("(null)");
	} else {
		last = rw_hex_parse_0x(p, end, &e->address);
		if (!last)
			return false;
	}
	if (last < end && !rw_is_log_blank(*last))
		return false;
	e->has_address = true;
	*behind = last;
	return true;
}

bool rw_logentry_parse(const char *p, const char *end, bool decoded_too, struct rw_logentry *ret)
{
	struct rw_logentry e = { 0 };
	const char *rest;

	end = rw_trim_log_blanks(p, end);
	p = address(rw_skip_log_blanks(p, end), end, &e);
	if (!p || p == end)
		return false;

	if (bare_address(p, end, &e, &rest)) {
		e.text = (struct rw_part){ p, rest - p };
	} else {
		const char *last = may_begin(*p) ? name_end(p, end, &e, &rest) : NULL;

		if (!last || last == p)
			return false;
		e.name = (struct rw_part){ p, last - p };
		rest = module(rest, end, &e);
		e.text = (struct rw_part){ p, rest - p };
	}
	rest = marks(rest, end, &e);
	if (decoded_too && rest < end && !e.marks[0]) {
		rest = decoded(rest, end, &e);
		if (!e.module.size)
			rest = module(rest, end, &e);
		if (!e.module.size && e.decoded.size)
			rest = bare_module(rest, end, &e);
		rest = marks(rest, end, &e);
	}
	// A name alone is a word of any text.
	if (e.name.size && !e.has_offset && (!e.decoded.size || rest != end))
		return false;
	e.damaged = rest != end;
	// A bare address with something behind it is some other line.
	if (e.damaged && !e.has_offset)
		return false;
	*ret = e;
	return true;
}

bool rw_printed_find(const char *from, const char *end, struct rw_printed_span *ret)
{
	for (const char *p = from; p < end;) {
		struct rw_logentry e = { 0 };
		const char *plus = memchr(p, '+', end - p), *behind;

		if (!plus)
			return false;
		behind = numbers(plus, end, &e.offset, &e.length);
		const char *name = plus;
		while (behind && name > p && plus - name < MOST_NAME && is_of_name(name[-1]) &&
		       !strchr("([<", name[-1]))
			name--;
		if (!behind || name == plus) {
			p = plus + 1;
			continue;
		}
		const char *rest = marks(module(behind, end, &e), end, &e);
		decoded(rest, end, &e);
		bool pc = name - from >= 5 && !memcmp(name - 5, "pc : ", 5);
		*ret = (struct rw_printed_span){
			.text = name,
			.size = behind - name,
			.name = name,
			.name_size = plus - name,
			.module = e.module.size ? e.module.p : NULL,
			.module_size = e.module.size,
			.build_id = e.build_id.size ? e.build_id.p : NULL,
			.build_id_size = e.build_id.size,
			.end = rest,
			.decoded = e.decoded.size,
			.offset = e.offset,
			.length = e.length,
			.interrupted = pc || strchr(e.marks, 'P'),
		};
		return true;
	}
	return false;
}
