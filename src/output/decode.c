// SPDX-License-Identifier: GPL-2.0-or-later
//
// Source lines of printed entries: of the frames of a trace out of a text, and behind
// each "name+0xoff/0xsize" of a text that is printed as it is.
//
// A line of a text does not tell whether its address is a return address.  Exact are the
// pc of a register block, the first entry below it if it is that pc again, entries with
// the mark (P), and an entry behind the vector code of an exception.  What an entry is
// decoded to is kept in a small table: a log repeats most of its entries.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/hex.h"

#include "output_private.h"

#define NR_SLOTS 4096	/* a power of two */

struct slot {
	char *key;	/* owned: the entry's text up to its marks, and its kind */
	size_t size;
	char *lines;	/* owned: " (…)", or "" */
};

struct rw_decoder {
	char *pc;	/* owned: the pc of the last register block; NULL once an entry followed */
	size_t pc_size;
	bool in_vector;	/* the last entry was vector code of an exception */
	struct slot slots[NR_SLOTS];
};

void rw_decoder_destroy(struct rw_decoder *decoder)
{
	if (!decoder)
		return;
	for (size_t i = 0; i < NR_SLOTS; i++) {
		free(decoder->slots[i].key);
		free(decoder->slots[i].lines);
	}
	free(decoder->pc);
	free(decoder);
}

/* ---- frames of a trace ------------------------------------------------------------ */

struct rw_line_list rw_output_judged_lines(struct rw_output *out, const struct rw_judged *judged,
					   size_t n)
{
	const struct rw_judged_frame *f = &judged->frames[n];
	const struct rw_printed_entry *e = f->entry;
	bool starts = !n && judged->start == RW_START_BLOCKED && e->has_offset && !e->offset;
	enum rw_pc_kind kind = f->from_regs || starts ? RW_PC_EXACT : RW_PC_RETURN;
	uint8_t build_id[RW_BUILD_ID_MAX];

	if (!out->lines || e->damaged || !e->has_offset || !e->name)
		return (struct rw_line_list){ 0 };
	if (!e->module)
		return f->nr_places == 1 ? rw_lines_find_linked(out->lines, f->places[0], kind) :
		       (struct rw_line_list){ 0 };
	const char *id = e->build_id;
	size_t size = id ? rw_hex_bytes(id, id + strlen(id), build_id, RW_BUILD_ID_MAX) : 0;
	const struct rw_module_symbol symbol = {
		.module = e->module,
		.build_id = size ? build_id : NULL,
		.build_id_size = size,
		.name = e->name,
		.offset = e->offset,
		.size = e->size,
	};
	return rw_lines_find_symbol(out->lines, &symbol, kind);
}

/* ---- texts -------------------------------------------------------------------------- */

/** An entry that is decoded, and what comes of it. */
struct decoding {
	struct rw_output *out;
	const struct rw_printed_span *span;
	const char *name;
	enum rw_pc_kind kind;
	FILE *file;
	uint64_t places[RW_JUDGED_PLACES];
	size_t nr_places;
	bool any;
};

static void print_lines(struct decoding *d, struct rw_line_list lines)
{
	if (!lines.nr)
		return;
	fputs(d->any ? " or " : " (", d->file);
	rw_output_lines_kernel(d->file, lines, d->name,
			       d->kind == RW_PC_RETURN ? d->span->offset : 1);
	d->any = true;
}

static void found(void *arg, uint64_t addr, uint64_t size)
{
	struct decoding *d = arg;
	uint64_t place = addr + d->span->offset;

	// Looked up one byte before, an offset may be the size.
	if (size != d->span->length || d->span->offset > size ||
	    (d->kind == RW_PC_EXACT && d->span->offset == size))
		return;
	for (size_t i = 0; i < d->nr_places && i < RW_JUDGED_PLACES; i++)
		if (d->places[i] == place)
			return;
	if (d->nr_places < RW_JUDGED_PLACES)
		d->places[d->nr_places] = place;
	d->nr_places++;
}

static void decode(struct decoding *d, const struct rw_image *image)
{
	const struct rw_printed_span *span = d->span;
	_cleanup_free_ char *module = NULL;
	uint8_t build_id[RW_BUILD_ID_MAX];

	if (!span->module) {
		rw_image_find(image, d->name, found, d);
		for (size_t i = 0; i < d->nr_places && d->nr_places <= RW_JUDGED_PLACES; i++)
			print_lines(d, rw_lines_find_linked(d->out->lines, d->places[i], d->kind));
	} else {
		module = strndup(span->module, span->module_size);
		const char *id = span->build_id;
		size_t size = id ? rw_hex_bytes(id, id + span->build_id_size, build_id,
						RW_BUILD_ID_MAX) : 0;
		const struct rw_module_symbol symbol = {
			.module = module,
			.build_id = size ? build_id : NULL,
			.build_id_size = size,
			.name = d->name,
			.offset = span->offset,
			.size = span->length,
		};
		if (module)
			print_lines(d, rw_lines_find_symbol(d->out->lines, &symbol, d->kind));
	}
	if (d->any)
		putc(')', d->file);
}

/** " (…)" of an entry; "" if nothing is known of it.  Borrowed. */
static const char *lines_of(struct rw_output *out, const struct rw_image *image,
			    const struct rw_printed_span *span, enum rw_pc_kind kind)
{
	const char *end = span->module ? span->module + span->module_size : span->text + span->size;
	uint64_t hash = (uint64_t)kind;
	size_t size = 0;

	if (span->build_id)
		end = span->build_id + span->build_id_size;
	for (const char *p = span->text; p < end; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	struct slot *slot = &out->decoder->slots[hash * UINT64_C(0x9e3779b97f4a7c15) >> 52];
	size_t length = (size_t)(end - span->text);
	if (slot->key && slot->size == length && !memcmp(slot->key, span->text, length) &&
	    slot->key[length] == (char)kind)
		return slot->lines ? slot->lines : "";
	free(slot->key);
	free(slot->lines);
	*slot = (struct slot){ .key = malloc(length + 1), .size = length };
	_cleanup_free_ char *name = strndup(span->name, span->name_size);
	struct decoding d = {
		.out = out, .span = span, .name = name, .kind = kind,
		.file = open_memstream(&slot->lines, &size),
	};
	if (d.file && name)
		decode(&d, image);
	if (d.file)
		fclose(d.file);
	if (slot->key) {
		memcpy(slot->key, span->text, length);
		slot->key[length] = (char)kind;
	}
	return slot->lines ? slot->lines : "";
}

/** Vector code of exceptions taken in the kernel, 4.19 to 7.2, by its name. */
static bool is_vector(const struct rw_printed_span *span)
{
	static const char *const names[] = {
		"el1h_64_sync", "el1h_64_irq", "el1h_64_fiq", "el1h_64_error", "el1t_64_sync",
		"el1t_64_irq", "el1t_64_fiq", "el1t_64_error", "el1_sync", "el1_irq", "el1_fiq",
		"el1_error",
	};

	for (size_t i = 0; !span->module && i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == span->name_size &&
		    !memcmp(names[i], span->name, span->name_size))
			return true;
	return false;
}

/** Is a pc, the lr of a register block, or an entry?  The next is judged by it. */
static enum rw_pc_kind kind_of(struct rw_decoder *decoder, const struct rw_printed_span *span,
			       const char *from)
{
	size_t size = (size_t)(span->end - span->text);
	bool labelled = span->text - from >= 5;

	if (labelled && !memcmp(span->text - 5, "pc : ", 5)) {
		free(decoder->pc);
		decoder->pc = strndup(span->text, size);
		decoder->pc_size = size;
		return RW_PC_EXACT;
	}
	if (labelled && !memcmp(span->text - 5, "lr : ", 5))
		return RW_PC_RETURN;
	bool exact = span->interrupted || decoder->in_vector ||
		     (decoder->pc && decoder->pc_size == size &&
		      !memcmp(decoder->pc, span->text, size));
	decoder->in_vector = is_vector(span);
	free(decoder->pc);
	decoder->pc = NULL;
	return exact ? RW_PC_EXACT : RW_PC_RETURN;
}

void rw_output_log_line(struct rw_output *out, const struct rw_image *image,
			const struct rw_text_line *line)
{
	const char *from = line->text, *end = line->text + line->size;
	struct rw_printed_span span;

	if (out->lines && !out->decoder)
		out->decoder = calloc(1, sizeof(*out->decoder));
	while (out->lines && out->decoder && line->begins && line->ends &&
	       rw_printed_find(from, end, &span)) {
		enum rw_pc_kind kind = kind_of(out->decoder, &span, line->text);

		fwrite(from, 1, (size_t)(span.end - from), out->file);
		if (!span.decoded)
			fputs(lines_of(out, image, &span, kind), out->file);
		from = span.end;
	}
	fwrite(from, 1, (size_t)(end - from), out->file);
}
