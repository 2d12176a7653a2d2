// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines of logs, and the prefixes that stand before the message:
//
//   > [   12.345678] msg                              quoting of mails
//   <4>[   12.345678][    T1] msg                     level, console time, caller
//   [   12.345678 <    0.000012>] msg                 dmesg -d; [  +0.000012] with -e
//   [Fri Nov 22 13:20:01 2024] msg                    dmesg -T; [Nov22 13:20] with -e
//   kern  :warn  : [   12.345678] msg                 dmesg -x
//   Nov 22 13:20:01 host kernel: [   12.345678] msg   syslog, journalctl
//   2024-11-22T13:20:01.123456+01:00 host kernel: msg the same, ISO times
//   [   12.345678] host kernel: msg                   journalctl -o short-monotonic
//   4,1234,12345678,-,caller=T1;msg                   /dev/kmsg
//   (gdb) (gdb) msg                                   debuggers whose input is a pipe
//
// in any order, with colours between them.  A prefix ends with at most one
// blank; further ones belong to the message, where they mean something ("Call
// trace:" lines begin with one).
//
// Each prefix is looked for within a bounded distance and a bounded number of
// times, so that the time is linear in the size of the text whatever is in it.
//
// Source: kernel/printk/printk.c (print_time, print_caller, msg_print_ext_header);
// dmesg of util-linux 2.38; journalctl of systemd 252.

#include <string.h>

#include "logline.h"
#include "scan.h"

#define MOST_PREFIXES 12
#define LONGEST_PREFIX 128

/** What is left of a line, and what its prefixes said. */
struct cursor {
	const char *p, *end;
	bool stamped;
	uint64_t caller;
};

/** strchr() finds the NUL as well, which a line may hold. */
static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/** Where a search for the end of a prefix gives up. */
static const char *horizon(const char *p, const char *end)
{
	return end - p > LONGEST_PREFIX ? p + LONGEST_PREFIX : end;
}

/** Do the characters at @p look like @pattern, in which '0' is any digit? */
static bool matches(const char *p, const char *end, const char *pattern)
{
	for (; *pattern; p++, pattern++)
		if (p == end || (*pattern == '0' ? !rw_is_digit(*p) : *p != *pattern))
			return false;
	return true;
}

/** "1.5", at least one digit on both sides.  @return Behind it, or NULL. */
static const char *skip_seconds(const char *p, const char *end)
{
	const char *point = rw_skip_digits(p, end);

	if (point == p || point == end || *point != '.')
		return NULL;
	const char *last = rw_skip_digits(point + 1, end);
	return last > point + 1 ? last : NULL;
}

static bool is_day_or_month(const char *p, const char *end)
{
	static const char names[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec "
				    "Mon Tue Wed Thu Fri Sat Sun ";

	for (const char *name = names; *name; name += 4)
		if (end - p >= 3 && !memcmp(p, name, 3))
			return true;
	return false;
}

/** One blank behind a prefix is part of it. */
static bool accept(struct cursor *c, const char *behind)
{
	c->p = behind < c->end && *behind == ' ' ? behind + 1 : behind;
	return true;
}

/** "ESC [ 1 ; 31 m", and a carriage return in front of the line. */
static bool skip_colour(struct cursor *c)
{
	const char *p = c->p;

	if (p < c->end && *p == '\r') {
		c->p++;
		return true;
	}
	if (!rw_begins(p, c->end, "\033["))
		return false;
	const char *far = horizon(p, c->end);
	for (p += 2; p < far && (rw_is_digit(*p) || *p == ';'); p++)
		;
	if (p == far || (*p != 'm' && *p != 'K'))
		return false;
	c->p = p + 1;	/* a blank behind it is not of it */
	return true;
}

static bool skip_quote(struct cursor *c)
{
	if (c->p == c->end || (*c->p != '>' && *c->p != '|'))
		return false;
	return accept(c, c->p + 1);
}

/** "<4>", "<14>" */
static bool skip_level(struct cursor *c)
{
	if (c->p == c->end || *c->p != '<')
		return false;
	const char *p = rw_skip_digits(c->p + 1, horizon(c->p, c->end));
	if (p == c->p + 1 || p - c->p > 4 || p == c->end || *p != '>')
		return false;
	c->p = p + 1;
	c->stamped = true;
	return true;
}

/** "T12" or "C3". */
static uint64_t caller_at(const char *p, const char *end)
{
	uint64_t n;

	if (end - p < 2 || (*p != 'T' && *p != 'C'))
		return 0;
	if (rw_decimal_parse(p + 1, end, 10, &n) != (size_t)(end - p - 1))
		return 0;
	return *p == 'T' ? RW_LOGLINE_TASK(n) : RW_LOGLINE_CPU(n);
}

static bool is_time(const char *p, const char *end)
{
	if (is_day_or_month(p, end)) {
		for (; p < end; p++)
			if (matches(p, end, "00:00"))
				return true;
		return false;
	}
	if (p < end && (*p == '+' || *p == '-'))
		p++;
	p = skip_seconds(p, end);
	if (!p)
		return false;
	while (p < end && (rw_is_log_blank(*p) || rw_is_digit(*p) || is_one_of(*p, "<>+-.")))
		p++;
	return p == end;
}

/** "[   12.345678]" or "[    T1]"; "[mod]" and "[<ffff800008010000>]" are not ours. */
static bool skip_bracket(struct cursor *c)
{
	if (c->p == c->end || *c->p != '[')
		return false;
	const char *far = horizon(c->p, c->end);
	const char *close = memchr(c->p, ']', far - c->p);
	if (!close)
		return false;
	const char *inside = rw_skip_log_blanks(c->p + 1, close);
	const char *last = rw_trim_log_blanks(inside, close);
	uint64_t caller = caller_at(inside, last);
	if (!caller && !is_time(inside, last))
		return false;
	if (caller)
		c->caller = caller;
	c->stamped = true;
	return accept(c, close + 1);
}

/** "Nov 22 13:20:01.123456 " or "2024-11-22T13:20:01,123456+01:00 ". */
static bool skip_date(struct cursor *c)
{
	const char *p = c->p, *far = horizon(p, c->end);

	if (matches(p, far, "0000-00-00T00:00:00") || matches(p, far, "0000-00-00 00:00:00")) {
		p += strlen("0000-00-00T00:00:00");
	} else if (is_day_or_month(p, far)) {
		p = rw_skip_log_blanks(p + 3, far);
		const char *day = p;
		p = rw_skip_digits(p, far);
		if (p == day || p - day > 2)
			return false;
		p = rw_skip_log_blanks(p, far);
		if (!matches(p, far, "00:00:00"))
			return false;
		p += strlen("00:00:00");
	} else {
		return false;
	}
	while (p < far && (rw_is_digit(*p) || is_one_of(*p, ".,+-:Z")))
		p++;
	if (p == far || !rw_is_log_blank(*p))
		return false;
	c->stamped = true;
	return accept(c, p);
}

/** "kernel: ", and "host kernel: " behind a time. */
static bool skip_tag(struct cursor *c)
{
	static const char tag[] = "kernel:";
	const char *p = c->p, *far = horizon(p, c->end);

	if (!rw_begins(p, far, tag)) {
		if (!c->stamped)
			return false;
		p = rw_skip_log_word(p, far);
		if (p == c->p || p == far || !rw_begins(++p, far, tag))
			return false;
	}
	c->stamped = true;
	return accept(c, p + strlen(tag));
}

/** "kern  :warn  : " */
static bool skip_facility(struct cursor *c)
{
	const char *p = c->p, *far = horizon(p, c->end);

	if (!rw_begins(p, far, "kern"))
		return false;
	p = rw_skip_log_blanks(p + 4, far);
	if (p == far || *p != ':')
		return false;
	const char *level = ++p;
	while (p < far && rw_is_lower(*p))
		p++;
	if (p == level)
		return false;
	p = rw_skip_log_blanks(p, far);
	if (p == far || *p != ':')
		return false;
	c->stamped = true;
	return accept(c, p + 1);
}

/** "4,1234,12345678,-,caller=T1;" */
static bool skip_kmsg(struct cursor *c)
{
	static const char key[] = "caller=";
	const char *p = c->p, *far = horizon(p, c->end);

	for (int i = 0; i < 3; i++) {
		const char *digits = p;

		p = rw_skip_digits(p, far);
		if (p == digits || p == far || *p != ',')
			return false;
		p++;
	}
	const char *close = memchr(p, ';', far - p);
	if (!close)
		return false;
	for (; p + strlen(key) < close; p++) {
		if (memcmp(p, key, strlen(key)))
			continue;
		const char *value = p + strlen(key);
		const char *comma = memchr(value, ',', close - value);
		c->caller = caller_at(value, comma ? comma : close);
		break;
	}
	c->p = close + 1;
	c->stamped = true;
	return true;
}

/** What stands before the command that a person typed, or the answer to one that a file has. */
static bool skip_prompt(struct cursor *c)
{
	static const char *const prompts[] = { "(gdb) ", "(qemu) ", "crash> ", "pwndbg> " };

	for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++) {
		if (!rw_begins(c->p, c->end, prompts[i]))
			continue;
		c->p += strlen(prompts[i]);
		return true;
	}
	return false;
}

/** Blanks in front of a prefix are skipped with it, those of a message are kept. */
static bool skip_prefix(struct cursor *c)
{
	static bool (*const prefixes[])(struct cursor *c) = {
		skip_colour, skip_quote, skip_level, skip_kmsg, skip_facility,
		skip_date, skip_bracket, skip_tag, skip_prompt,
	};
	const char *message = c->p;

	c->p = rw_skip_log_blanks(c->p, c->end);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (prefixes[i](c))
			return true;
	c->p = message;
	return false;
}

/** Carriage returns of a serial line, and the end of a colour. */
static const char *trim_end(const char *p, const char *end)
{
	for (;;) {
		const char *last = end;

		while (end > p && end[-1] == '\r')
			end--;
		if (end > p && end[-1] == 'm') {
			const char *esc = end - 1;

			while (esc > p && end - esc < 16 &&
			       (rw_is_digit(esc[-1]) || esc[-1] == ';'))
				esc--;
			if (esc - p >= 2 && esc[-1] == '[' && esc[-2] == '\033')
				end = esc - 2;
		}
		if (end == last)
			return end;
	}
}

void rw_loglines_init(struct rw_loglines *lines, const char *text, size_t size)
{
	static const char utf8_mark[] = "\xef\xbb\xbf";

	// NULL is allowed for an empty text, but not for memchr().
	*lines = (struct rw_loglines){ .next = size ? text : "" };
	lines->end = lines->next + size;
	if (rw_begins(lines->next, lines->end, utf8_mark))
		lines->next += strlen(utf8_mark);
}

void rw_logline_parse(const char *start, const char *stop, struct rw_logline *ret)
{
	struct cursor c = { .p = start, .end = trim_end(start, stop) };

	for (int i = 0; i < MOST_PREFIXES && skip_prefix(&c); i++)
		;
	*ret = (struct rw_logline){
		.text = c.p,
		.size = c.end - c.p,
		.stamped = c.stamped,
		.caller = c.caller,
	};
}

bool rw_logline_next(struct rw_loglines *lines, struct rw_logline *ret)
{
	if (lines->next == lines->end)
		return false;

	const char *start = lines->next;
	const char *newline = memchr(start, '\n', lines->end - start);

	lines->next = newline ? newline + 1 : lines->end;
	rw_logline_parse(start, newline ? newline : lines->end, ret);
	ret->number = ++lines->number;
	ret->terminated = newline;
	return true;
}

bool rw_logline_begins(const struct rw_logline *line, const char *word)
{
	return rw_begins(line->text, line->text + line->size, word);
}
