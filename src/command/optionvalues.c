// SPDX-License-Identifier: GPL-2.0-or-later
//
// The values of options: addresses, sizes, ranges, models, folders.  What is none ends the
// command with a message of usage.

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rewalk/hex.h"

#include "optionvalues.h"

/** Hexadecimal, with or without 0x; *end is where it stops. */
static bool hex(const char *text, uint64_t *ret, const char **end)
{
	const char *stop = text + strlen(text), *digits = rw_hex_skip_0x(text, stop);
	size_t nr = rw_hex_parse(digits, stop, ret);

	*end = digits + nr;
	return nr && nr <= RW_HEX_DIGITS;
}

uint64_t option_address(struct argp_state *state, const char *option, const char *arg)
{
	const char *end;
	uint64_t value = 0;

	if (!hex(arg, &value, &end) || *end)
		argp_error(state, "%s: '%s' is no address; give up to 16 hexadecimal digits",
			   option, arg);
	return value;
}

/**
 * A size: hexadecimal with 0x, else decimal, with K, M or G behind it.  Four digits
 * that read as a power of two in hexadecimal only ("4000") are what a stack's bounds
 * look like, and are taken so.
 */
static bool size_value(const char *text, uint64_t *ret)
{
	char *end;
	bool is_hex = rw_hex_skip_0x(text, text + strlen(text)) != text;

	if (!isdigit((unsigned char)*text))
		return false;
	uint64_t value = strtoull(text, &end, is_hex ? 16 : 10);
	if (!*end && !is_hex && value & (value - 1)) {
		uint64_t as_hex = strtoull(text, NULL, 16);

		if (!(as_hex & (as_hex - 1)))
			value = as_hex;
	}
	unsigned int shift = 0;
	switch (*end) {
	case 'k': case 'K':
		shift = 10;
		break;
	case 'm': case 'M':
		shift = 20;
		break;
	case 'g': case 'G':
		shift = 30;
		break;
	}
	if (shift)
		end++;
	if (*end || (shift && value >> (64 - shift)))
		return false;
	*ret = value << shift;
	return true;
}

uint64_t option_decimal(struct argp_state *state, const char *option, const char *arg,
			uint64_t max)
{
	char *end;
	unsigned long long value = strtoull(arg, &end, 10);

	if (!isdigit((unsigned char)*arg) || *end || value > max)
		argp_error(state, "%s: '%s' is no number from 0 to %llu", option, arg,
			   (unsigned long long)max);
	return value;
}

void option_stack(struct options *o, const char *arg, struct argp_state *state)
{
	const char *equals = strchr(arg, '='), *end;
	uint64_t low, size;

	for (int i = 0; equals && i < RW_NR_STACKS; i++) {
		const char *name = rw_stack_name(i);

		if (strlen(name) != (size_t)(equals - arg) || memcmp(arg, name, equals - arg))
			continue;
		if (!hex(equals + 1, &low, &end) || *end != '+' || !size_value(end + 1, &size) ||
		    !size || low + size < low)
			break;
		o->stacks[i] = (struct rw_stack){ low, low + size, RW_YES };
		o->has_stacks = true;
		return;
	}
	argp_error(state, "--stack: '%s' is not of the form NAME=ADDR+SIZE, where NAME is task, "
			  "irq, overflow, sdei-normal, sdei-critical or efi", arg);
}

void option_text(struct options *o, const char *arg, struct argp_state *state)
{
	struct rw_text_range range;
	const char *end;

	if (!hex(arg, &range.start, &end) || *end != '-' || !hex(end + 1, &range.end, &end) ||
	    (*end && *end != '=') || range.end <= range.start) {
		argp_error(state, "--text: '%s' is not of the form START-END[=NAME]", arg);
		return;
	}
	if (o->nr_text == MAX_TEXT) {
		argp_error(state, "--text: more than %d ranges", MAX_TEXT);
		return;
	}
	void *text = realloc(o->text, (o->nr_text + 1) * sizeof(o->text[0]));
	if (text)
		o->text = text;
	void *names = realloc(o->text_names, (o->nr_text + 1) * sizeof(o->text_names[0]));
	if (names)
		o->text_names = names;
	char *name = *end ? strdup(end + 1) : NULL;
	if (!text || !names || (*end && !name)) {
		free(name);
		argp_failure(state, STATUS_ERROR, 0, "out of memory");
		return;
	}
	range.name = name;
	o->text[o->nr_text] = range;
	o->text_names[o->nr_text++] = name;
}

void option_model(struct options *o, char *arg, struct argp_state *state)
{
	o->model = strsep(&arg, "+");
	o->options_on = o->options_off = 0;
	for (const char *word; (word = strsep(&arg, "+"));) {
		bool off = !strncmp(word, "no-", 3);
		unsigned int bit = 0;

		for (int i = 0; i < RW_NR_OPTIONS; i++)
			if (!strcmp(off ? word + 3 : word, rw_option_name(1 << i)))
				bit = 1u << i;
		if (!bit)
			argp_error(state, "--model: there is no option '%s'; `rewalk models' lists "
					  "them", word);
		*(off ? &o->options_off : &o->options_on) |= bit;
	}
	if (o->options_on & o->options_off)
		argp_error(state, "--model: '%s' on and off; give one of them",
			   rw_option_name(o->options_on & o->options_off));
}

void option_modules(struct options *o, const char *dir, struct argp_state *state)
{
	void *dirs = realloc(o->modules, (o->nr_modules + 1) * sizeof(o->modules[0]));

	if (!dirs) {
		argp_failure(state, STATUS_ERROR, 0, "out of memory");
		return;
	}
	o->modules = dirs;
	o->modules[o->nr_modules++] = dir;
	if (access(dir, F_OK))
		argp_error(state, "--modules: '%s': %s", dir, strerror(errno));
}
