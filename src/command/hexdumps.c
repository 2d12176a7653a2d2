// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hex dumps in texts: read, joined into the memory of all inputs, and said.

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/error.h"
#include "rewalk/image.h"

#include "hexdumps.h"

#define LOOK_AT ((size_t)64 << 10)

/** The next line of @text; false at its end. */
static bool next_line(const char **text, const char *end, const char **line_ret, size_t *size_ret)
{
	if (*text == end)
		return false;
	const char *newline = memchr(*text, '\n', end - *text);

	*line_ret = *text;
	*size_ret = (newline ? newline : end) - *text;
	*text = newline ? newline + 1 : end;
	return true;
}

static struct rw_error *read_text(const struct rw_file *file, struct rw_hexdump *dump,
				  size_t *nr_lines_ret)
{
	const char *text = (const char *)file->bytes, *end = text + file->size, *line;
	size_t size, number = 0, nr = 0;
	struct rw_error *err = NULL;

	while (!err && next_line(&text, end, &line, &size)) {
		err = rw_hexdump_line(dump, line, size, ++number);
		while (size && strchr(" \t\r", line[size - 1]) && line[size - 1])
			size--;
		nr += size != 0;
	}
	*nr_lines_ret = nr;
	return err;
}

bool hexdumps_begin(const struct rw_file *file)
{
	struct rw_file beginning = *file;
	struct rw_hexdump *dump;
	size_t nr = 0;

	if (rw_content_recognise(file->bytes, file->size) != RW_CONTENT_TEXT)
		return false;
	if (beginning.size > LOOK_AT)
		beginning.size = LOOK_AT;
	struct rw_error *err = rw_hexdump_create(&dump);
	if (!err)
		err = read_text(&beginning, dump, &nr);
	// A row that is damaged is a row: whoever reads it next will say so.
	bool is_dump = !err ? rw_hexdump_nr_rows(dump) > nr / 2 : err->code == RW_ERROR_FORMAT;
	rw_error_destroy(err);
	rw_hexdump_destroy(dump);
	return is_dump;
}

static struct rw_error *baseless(const struct rw_hexdump *dump)
{
	return rw_error_create(RW_ERROR_USAGE,
			       "line %zu: the addresses of this hex dump are offsets in a file; "
			       "say where offset 0 stood, as FILE@ADDR (FILE@phys:ADDR in RAM)",
			       rw_hexdump_baseless(dump));
}

/** What was taken for what; and what was left out. */
static void say(const struct options *options, const struct rw_hexdump *dump, const char *name,
		enum rw_hexdump_space space, size_t nr_spans)
{
	size_t nr, total = 0;
	const struct rw_hexdump_span *spans = rw_hexdump_spans(dump, &nr);

	if (options->verbose < 0)
		return;
	for (size_t i = 0; i < nr; i++)
		total += spans[i].size;
	if (space != RW_HEXDUMP_OFFSET && total)
		fprintf(stderr, "rewalk: note: %s: is a hex dump, and read as the %zu bytes that "
			"it prints; %s@raw:ADDR takes the text itself\n", name, total, name);
	if (space == RW_HEXDUMP_OFFSET && nr_spans && rw_hexdump_baseless(dump))
		fprintf(stderr, "rewalk: note: %s: line %zu: a hex dump of offsets in a file is "
			"left out; FILE@ADDR would say where it stood\n", name,
			rw_hexdump_baseless(dump));
	const struct rw_hexdump_note *notes = rw_hexdump_notes(dump, &nr);
	for (size_t i = 0; options->verbose > 0 && i < nr; i++)
		fprintf(stderr, "rewalk: note: %s: lines %zu to %zu: %s, %s%s%s%s\n", name,
			notes[i].line, notes[i].last_line, notes[i].tool, notes[i].words,
			notes[i].why ? " (" : "", notes[i].why ? notes[i].why : "",
			notes[i].why ? ")" : "");
}

static struct rw_error *keep(struct inputs *inputs, struct rw_hexdump *dump, const char *name)
{
	void *texts = realloc(inputs->texts, (inputs->nr_texts + 1) * sizeof(inputs->texts[0]));

	if (!texts) {
		rw_hexdump_destroy(dump);
		return &rw_enomem;
	}
	inputs->texts = texts;
	inputs->texts[inputs->nr_texts++] = (struct text_dump){ .dump = dump, .name = name };
	return NULL;
}

struct rw_error *hexdumps_add(const struct options *options, struct inputs *inputs,
			      const struct rw_file *file, enum rw_hexdump_space space,
			      uint64_t base, size_t *nr_ret)
{
	struct rw_hexdump *dump;
	size_t nr, nr_lines;

	struct rw_error *err = rw_hexdump_create(&dump);
	if (err)
		return err;
	err = keep(inputs, dump, rw_file_said(file));
	if (err)
		return err;
	err = read_text(file, dump, &nr_lines);
	if (!err)
		err = rw_hexdump_finish(dump, space, base);
	const struct rw_hexdump_span *spans = rw_hexdump_spans(dump, &nr);
	if (!err && !nr && rw_hexdump_baseless(dump))
		err = baseless(dump);
	for (size_t i = 0; !err && i < nr; i++) {
		if (spans[i].space != RW_HEXDUMP_VIRTUAL)
			continue;
		if (!inputs->source)
			inputs->source = rw_file_said(file);
		err = rw_memory_add_text(&inputs->memory, spans[i].addr, spans[i].bytes,
					 spans[i].size, rw_file_said(file), spans[i].places,
					 spans[i].nr_places);
		if (err)
			return err;	// it names the file, and perhaps another one
	}
	if (err)
		return rw_error_prefix(err, "%s", rw_file_said(file));
	say(options, dump, rw_file_said(file), space, nr);
	*nr_ret = rw_hexdump_nr_rows(dump);
	return NULL;
}

struct rw_error *hexdumps_nothing(const struct inputs *inputs, bool at_address)
{
	size_t line;
	const char *hint = inputs->nr_texts ?
			   rw_hexdump_hint(inputs->texts[inputs->nr_texts - 1].dump, &line) : NULL;

	if (hint)
		return rw_error_create(RW_ERROR_FORMAT,
				       "line %zu: %s: no memory can be read from that; dump it "
				       "again with xxd, or od -v -A x -t x8z", line, hint);
	if (at_address)
		return rw_error_create(RW_ERROR_FORMAT,
				       "is text, and no hex dump; if the text itself stood there, "
				       "give FILE@raw:ADDR");
	return rw_error_create(RW_ERROR_MISSING,
			       "no trace in it, no registers and no hex dump; give a kernel's log, "
			       "text of the kernel, QEMU, gdb or crash that has pc and x29, or raw "
			       "bytes as FILE@ADDR");
}

static struct rw_error *add_bank(struct inputs *inputs, const char *name,
				 const struct rw_hexdump_span *span)
{
	struct text_bank *bank = calloc(1, sizeof(*bank));
	void *banks = realloc(inputs->banks, (inputs->nr_banks + 1) * sizeof(inputs->banks[0]));

	if (banks)
		inputs->banks = banks;
	if (!bank || !banks || asprintf(&bank->file.name, "%s: line %zu", name,
					span->places[0].line) < 0) {
		free(bank);
		return &rw_enomem;
	}
	bank->file.bytes = span->bytes;
	bank->file.size = span->size;
	bank->addr = span->addr;
	inputs->banks[inputs->nr_banks++] = bank;
	return inputs_add_dump(inputs, &bank->file, RW_DUMP_BANK, bank->addr);
}

struct rw_error *hexdumps_banks(const struct options *options, struct inputs *inputs)
{
	const bool used = inputs->nr_sources || (!inputs->memory.nr && !inputs->nr_regs);
	struct rw_error *err = NULL;

	for (size_t i = 0; !err && i < inputs->nr_texts; i++) {
		const struct text_dump *text = &inputs->texts[i];
		size_t nr;
		const struct rw_hexdump_span *spans = rw_hexdump_spans(text->dump, &nr);
		bool said = false;

		for (size_t j = 0; !err && j < nr; j++) {
			if (spans[j].space != RW_HEXDUMP_PHYSICAL)
				continue;
			if (used) {
				err = add_bank(inputs, text->name, &spans[j]);
			} else if (!said && options->verbose >= 0) {
				fprintf(stderr, "rewalk: note: %s: line %zu: physical memory is "
					"left out; where it is mapped only a dump of all of RAM "
					"tells\n", text->name, spans[j].places[0].line);
				said = true;
			}
		}
	}
	return err;
}

/** The places of a name, as far as they are different ones. */
struct places {
	uint64_t addr, size;
	size_t nr;
};

static void found(void *arg, uint64_t addr, uint64_t size)
{
	struct places *places = arg;

	if (places->nr && places->addr == addr)
		return;
	places->addr = addr;
	places->size = size;
	places->nr++;
}

static bool value_of(const struct rw_kernel *kernel, const struct rw_hexdump_name *name,
		     uint64_t *ret)
{
	struct places places = { 0 };

	rw_image_find(kernel->image, name->name, found, &places);
	// Behind a function lies another one: this is of a different kernel.
	if (places.nr > 1 || (places.nr && name->off && name->off >= places.size) ||
	    (!places.nr && !rw_image_only_symbol(kernel->image, name->name, &places.addr)))
		return false;
	*ret = places.addr + name->off + kernel->slide;
	return true;
}

/** The words of one text. */
static struct rw_error *resolve(struct inputs *inputs, const struct rw_kernel *kernel,
				struct text_dump *text, size_t *left_ret)
{
	size_t nr;
	const struct rw_hexdump_name *names = rw_hexdump_names(text->dump, &nr);
	struct rw_error *err = NULL;

	free(text->words);
	text->words = calloc(nr + 1, sizeof(text->words[0]));
	if (!text->words)
		return &rw_enomem;
	*left_ret = 0;
	for (size_t i = 0; !err && i < nr; i++) {
		struct text_word *word = &text->words[i];
		uint64_t value;

		if (!names[i].name || kernel->slide_known != RW_YES ||
		    !value_of(kernel, &names[i], &value)) {
			++*left_ret;
			continue;
		}
		value = htole64(value);
		memcpy(word->bytes, &value, sizeof(value));
		word->place = (struct rw_place){ names[i].addr, names[i].line };
		err = rw_memory_add_text(&inputs->memory, names[i].addr, word->bytes,
					 sizeof(word->bytes), text->name, &word->place, 1);
	}
	return err;
}

struct rw_error *hexdumps_resolve(const struct options *options, struct inputs *inputs,
				  const struct rw_kernel *kernel)
{
	for (size_t i = 0; i < inputs->nr_texts; i++) {
		size_t left, nr;
		struct rw_error *err = resolve(inputs, kernel, &inputs->texts[i], &left);

		if (err)
			return err;
		rw_hexdump_names(inputs->texts[i].dump, &nr);
		if (left && options->verbose > 0)
			fprintf(stderr, "rewalk: note: %s: %zu of %zu words that it has as symbols "
				"stay unknown\n", inputs->texts[i].name, left, nr);
	}
	return NULL;
}

/** Does a dump have a symbol in place of the word at @addr? */
static bool is_name(const struct inputs *inputs, uint64_t addr)
{
	for (size_t i = 0; i < inputs->nr_texts; i++) {
		size_t nr;
		const struct rw_hexdump_name *names = rw_hexdump_names(inputs->texts[i].dump, &nr);
		size_t at = rw_bisect(k, nr, names[k].addr < addr);

		if (at < nr && names[at].addr == addr)
			return true;
	}
	return false;
}

bool hexdumps_cover(const struct inputs *inputs, uint64_t addr)
{
	return rw_memory_find(&inputs->memory, addr) || is_name(inputs, addr);
}

bool hexdumps_extent(const struct inputs *inputs, uint64_t addr, uint64_t *start_ret,
		     uint64_t *end_ret)
{
	uint64_t start, end, other;

	start = addr;
	end = addr;
	if (!rw_memory_extent(&inputs->memory, addr, &start, &end) && !is_name(inputs, addr))
		return false;
	for (;;) {
		if (is_name(inputs, end)) {
			end += 8;
			rw_memory_extent(&inputs->memory, end, &other, &end);
		} else if (is_name(inputs, start - 8)) {
			start -= 8;
			rw_memory_extent(&inputs->memory, start - 1, &start, &other);
		} else {
			break;
		}
	}
	*start_ret = start;
	*end_ret = end;
	return true;
}

void hexdumps_deinit(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->nr_banks; i++) {
		free(inputs->banks[i]->file.name);
		free(inputs->banks[i]);
	}
	free(inputs->banks);
	for (size_t i = 0; i < inputs->nr_texts; i++) {
		free(inputs->texts[i].words);
		rw_hexdump_destroy(inputs->texts[i].dump);
	}
	free(inputs->texts);
}
