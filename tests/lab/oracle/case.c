// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cases in, answers out: see case.h.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

#define MAX_VALUES 4

struct place {
	const char *path;
	unsigned long line;
};

static _Noreturn void refuse(const struct place *at, const char *what)
{
	fprintf(stderr, "%s:%lu: %s\n", at->path, at->line, what);
	exit(2);
}

static int one_of(const char *const *names, int nr, const char *word)
{
	for (int i = 0; i < nr; i++)
		if (!strcmp(names[i], word))
			return i;
	return -1;
}

static uint64_t number(const struct place *at, const char *word, int base)
{
	char *end;
	uint64_t value = word ? strtoull(word, &end, base) : 0;

	if (!word || end == word || *end)
		refuse(at, "a number is missing");
	return value;
}

static uint64_t *place_of(const struct lab_case *c, uint64_t addr)
{
	for (size_t i = 0; i < c->nr_spans; i++) {
		const struct lab_span *span = &c->spans[i];

		if (addr >= span->addr && (addr - span->addr) / 8 < span->nr && !(addr & 7))
			return &span->words[(addr - span->addr) / 8];
	}
	return NULL;
}

bool lab_case_word(const struct lab_case *c, uint64_t addr, uint64_t *ret)
{
	const uint64_t *word = place_of(c, addr);

	if (word)
		*ret = *word;
	return word;
}

bool lab_case_in_ret_from_fork(const struct lab_case *c, uint64_t pc)
{
	return pc - c->ret_from_fork < c->ret_from_fork_size;
}

static void set_stack(const struct place *at, struct lab_case *c, const char *name,
		      uint64_t low, uint64_t size)
{
	static const char *const names[] = {
		"task", "irq", "overflow", "sdei-normal", "sdei-critical", "efi",
	};
	int type = name ? one_of(names, LAB_NR_STACKS, name) : -1;

	if (type < 0 || !size)
		refuse(at, "no such stack");
	c->stacks[type].low = low;
	c->stacks[type].size = size;
}

static void add_span(const struct place *at, struct lab_case *c, uint64_t addr, uint64_t nr)
{
	if (c->nr_spans == LAB_MAX_SPANS || nr > LAB_MAX_WORDS - c->nr_words || addr & 7)
		refuse(at, "too much memory, or not aligned");
	c->spans[c->nr_spans++] = (struct lab_span){ addr, nr, c->words + c->nr_words };
	memset(c->words + c->nr_words, 0, nr * sizeof(c->words[0]));
	c->nr_words += nr;
}

static void set_words(const struct place *at, struct lab_case *c, uint64_t addr, char **rest)
{
	for (char *word; (word = strtok_r(NULL, " \n", rest)); addr += 8) {
		uint64_t *to = place_of(c, addr);

		if (!to)
			refuse(at, "a word outside of the memory");
		*to = number(at, word, 16);
	}
}

static void set_context(const struct place *at, struct lab_case *c, const char *word)
{
	static const char *const names[] = { "preemptible", "nmi", "efi", "other" };
	bool *const flags[] = { &c->preemptible, &c->nmi, &c->efi, &c->other };
	int which = one_of(names, 4, word);

	if (which < 0)
		refuse(at, "no such context");
	*flags[which] = true;
}

static void take_line(const struct place *at, struct lab_case *c, const char *key, char **rest)
{
	static const char *const starts[] = { "blocked", "current", "regs" };
	char *first = strtok_r(NULL, " \n", rest);

	if (!first)
		refuse(at, "a value is missing");
	if (!strcmp(key, "did"))
		return;
	if (!strcmp(key, "start")) {
		int start = one_of(starts, 3, first);

		if (start < 0)
			refuse(at, "no such start");
		c->start = start;
		return;
	}
	if (!strcmp(key, "context")) {
		for (; first; first = strtok_r(NULL, " \n", rest))
			set_context(at, c, first);
		return;
	}
	if (!strcmp(key, "stack")) {
		uint64_t low = number(at, strtok_r(NULL, " \n", rest), 16);

		set_stack(at, c, first, low, number(at, strtok_r(NULL, " \n", rest), 16));
		return;
	}

	static const char *const decimal[] = { "va-bits", "pac", "limit", "ret-stack" };
	uint64_t value = number(at, first, one_of(decimal, 4, key) < 0 ? 16 : 10);

	if (!strcmp(key, "pc")) {
		c->pc = value;
	} else if (!strcmp(key, "fp")) {
		c->fp = value;
	} else if (!strcmp(key, "va-bits")) {
		c->va_bits = value;
	} else if (!strcmp(key, "pac")) {
		c->pac = value;
	} else if (!strcmp(key, "limit")) {
		c->limit = value;
	} else if (!strcmp(key, "dump")) {
		c->has_dump = true;
		c->dump_pc = value;
		c->dump_fp = number(at, strtok_r(NULL, " \n", rest), 16);
	} else if (!strcmp(key, "return-to-handler")) {
		c->return_to_handler = value;
	} else if (!strcmp(key, "kretprobe-trampoline")) {
		c->kretprobe_trampoline = value;
	} else if (!strcmp(key, "ret-from-fork")) {
		c->ret_from_fork = value;
		c->ret_from_fork_size = number(at, strtok_r(NULL, " \n", rest), 16);
	} else if (!strcmp(key, "ret-stack")) {
		c->has_ret_stack = true;
		c->ret_stack_floor = value;
	} else if (!strcmp(key, "memory")) {
		add_span(at, c, value, number(at, strtok_r(NULL, " \n", rest), 16));
	} else if (!strcmp(key, "words")) {
		set_words(at, c, value, rest);
	} else if (!strcmp(key, "fgraph") && c->nr_fgraph < LAB_MAX_TRACED) {
		c->fgraph[c->nr_fgraph].ret = value;
		c->fgraph[c->nr_fgraph].retp = number(at, strtok_r(NULL, " \n", rest), 16);
		c->fgraph[c->nr_fgraph++].data = number(at, strtok_r(NULL, " \n", rest), 10);
	} else if (!strcmp(key, "kretprobe") && c->nr_kretprobes < LAB_MAX_TRACED) {
		c->kretprobes[c->nr_kretprobes].ret = value;
		c->kretprobes[c->nr_kretprobes++].fp =
			number(at, strtok_r(NULL, " \n", rest), 16);
	} else {
		refuse(at, "not understood");
	}
}

static void begin(struct lab_case *c, const char *name)
{
	size_t words = offsetof(struct lab_case, words);

	memset(c, 0, words);		// the words are cleared where they are used
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->va_bits = 48;
}

bool lab_case_read(FILE *file, const char *path, struct lab_case *ret)
{
	static char *line;
	static size_t size;
	static struct place at;
	bool inside = false;

	if (at.path != path)
		at = (struct place){ .path = path };
	while (getline(&line, &size, file) > 0) {
		char *rest, *key = strtok_r(line, " \n", &rest);

		at.line++;
		if (!key)
			continue;
		if (!strcmp(key, "case") && !inside) {
			const char *name = strtok_r(NULL, " \n", &rest);

			begin(ret, name ? name : "?");
			inside = true;
		} else if (!inside) {
			refuse(&at, "outside of a case");
		} else if (!strcmp(key, "end")) {
			return true;
		} else {
			take_line(&at, ret, key, &rest);
		}
	}
	if (inside)
		refuse(&at, "a case without an end");
	return false;
}

void lab_answer_print(const struct lab_case *c, const struct lab_answer *answer)
{
	static const char *const ends[] = {
		"final", "error", "consumer", "not-started", "incomplete",
	};

	printf("{\"case\":\"%s\",\"verdict\":\"%s\",\"end\":\"%s\",\"consumed\":%zu", c->name,
	       answer->verdict, ends[answer->end], answer->consumed);
	if (!strcmp(answer->verdict, "undetermined"))
		printf(",\"missing\":\"%" PRIx64 "\"", answer->missing);
	if (answer->has_returned)
		printf(",\"returned\":%d", answer->returned);
	printf(",\"entries\":[");
	for (size_t i = 0; i < answer->nr_entries; i++)
		printf("%s\"%" PRIx64 " %" PRIx64 "%s%s\"", i ? "," : "", answer->entries[i].pc,
		       answer->entries[i].fp, answer->entries[i].marks[0] ? " " : "",
		       answer->entries[i].marks);
	puts("]}");
}
