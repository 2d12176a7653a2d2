// SPDX-License-Identifier: GPL-2.0-or-later
//
// Source lines and inlined calls of pcs, kept in a small hash table: stacks share
// most of theirs.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/annotate.h"
#include "rewalk/error.h"
#include "rewalk/trace.h"
#include "rewalk/vector.h"

#include "debugfile.h"
#include "dwarf_reader.h"

#define NR_SLOTS 4096	/* a power of two */

struct slot {
	bool used, linked;
	uint64_t pc;
	enum rw_pc_kind kind;
	struct rw_line *data;	/* owned */
	size_t nr;
	char *symbol;		/* owned: the name of a function that the DWARF does not name */
};

/** The debug information of the image, or of one module. */
struct source {
	bool tried;
	struct rw_debug_file *file;
	struct rw_dwarf *dwarf;	/* borrowed from @file; NULL: there is none */
	bool has_root;
	char *root;		/* owned: what its paths begin with; NULL: nothing to leave away */
};

struct rw_lines {
	const struct rw_kernel *kernel;
	struct source image;
	struct { struct rw_lines_note *data; size_t nr, capacity; } notes;
	struct slot slots[NR_SLOTS];
};

static void clear(struct slot *slot)
{
	free(slot->data);
	free(slot->symbol);
	*slot = (struct slot){ 0 };
}

static void source_deinit(struct source *source)
{
	rw_debug_file_close(source->file);
	free(source->root);
}

struct rw_lines *rw_lines_create(const struct rw_kernel *kernel)
{
	struct rw_lines *lines = calloc(1, sizeof(*lines));

	if (lines)
		lines->kernel = kernel;
	return lines;
}

void rw_lines_destroy(struct rw_lines *lines)
{
	if (!lines)
		return;
	for (size_t i = 0; i < NR_SLOTS; i++)
		clear(&lines->slots[i]);
	for (size_t i = 0; i < lines->notes.nr; i++)
		free(lines->notes.data[i].text);
	free(lines->notes.data);
	source_deinit(&lines->image);
	free(lines);
}

static void note(struct rw_lines *lines, bool warning, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void note(struct rw_lines *lines, bool warning, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return;
	struct rw_lines_note *one = rw_vector_push(&lines->notes);
	if (one)
		*one = (struct rw_lines_note){ warning, text };
	else
		free(text);
}

const struct rw_lines_note *rw_lines_notes(const struct rw_lines *lines, size_t *nr_ret)
{
	*nr_ret = lines->notes.nr;
	return lines->notes.data;
}

enum rw_pc_kind rw_pc_kind(const struct rw_trace *trace, size_t n, uint64_t offset)
{
	const struct rw_entry *entry = &trace->frames[n].entry;
	bool exact = entry->source == RW_SOURCE_REGS || entry->untranslated;

	if (n)
		exact |= rw_kernel_in_el1_entry(trace->kernel,
						trace->frames[n - 1].entry.pc) == RW_YES;
	if (entry->source == RW_SOURCE_CALLER)
		exact |= !trace->input.pc_is_lr;
	// Nothing was called in front of a function's first instruction.
	if (entry->source == RW_SOURCE_TASK)
		exact |= !offset;
	return exact ? RW_PC_EXACT : RW_PC_RETURN;
}

/* ---- where the debug information is --------------------------------------------- */

static void use(struct rw_lines *lines, struct source *source, struct rw_debug_file *file)
{
	struct rw_error *err = rw_debug_file_dwarf(file, &source->dwarf);

	source->file = file;
	if (err)
		note(lines, true, "%s; its frames are without lines", err->message);
	rw_error_destroy(err);
}

static struct rw_dwarf *image_dwarf(struct rw_lines *lines)
{
	const struct rw_image *image = lines->kernel->image;
	const char *path = image ? rw_image_path(image) : "the case";
	struct source *source = &lines->image;
	struct rw_debug_file *file = NULL;
	struct rw_error *err = NULL;

	if (source->tried)
		return source->dwarf;
	source->tried = true;
	if (image)
		err = rw_debug_file_open(path, &file);
	if (file && rw_debug_file_has_dwarf(file)) {
		note(lines, false, "lines of the kernel from %s", path);
		use(lines, source, file);
		return source->dwarf;
	}
	rw_debug_file_close(file);
	rw_error_destroy(err);
	note(lines, true, "%s: no debug information: frames are without lines; give the vmlinux "
	     "of the kernel's debug package", path);
	return NULL;
}

/* ---- paths ------------------------------------------------------------------------ */

/** The directory that kernel/panic.c lies in, as this image's paths have it. */
static void find_root(struct rw_lines *lines, struct source *source)
{
	static const char tail[] = "kernel/panic.c";
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	uint64_t addr;

	source->has_root = true;
	if (!lines->kernel->image || !rw_image_symbol(lines->kernel->image, "panic", &addr))
		return;
	// Past the place for a tracer's call, which no line covers.
	size_t nr = rw_dwarf_find(source->dwarf, addr + 16, calls);
	for (size_t i = 0; i < nr && !source->root; i++) {
		size_t length = calls[i].file ? strlen(calls[i].file) : 0;

		if (length > strlen(tail) &&
		    !strcmp(calls[i].file + length - strlen(tail), tail))
			source->root = strndup(calls[i].file, length - strlen(tail));
	}
}

static const char *shorten(struct rw_lines *lines, struct source *source, const char *path)
{
	if (!path)
		return NULL;
	// What is below the directory of the compilation is short already.
	if (*path == '/' || *path == '.') {
		if (!source->has_root)
			find_root(lines, source);
		size_t length = source->root ? strlen(source->root) : 0;
		if (length && !strncmp(path, source->root, length))
			path += length;
	}
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return path;
}

/* ---- questions -------------------------------------------------------------------- */

/** What @source has at @addr, an address of its own. */
static void fill(struct rw_lines *lines, struct source *source, uint64_t addr, struct slot *slot)
{
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	size_t nr = rw_dwarf_find(source->dwarf, addr, calls);

	slot->data = nr ? calloc(nr, sizeof(slot->data[0])) : NULL;
	if (!slot->data)
		return;
	slot->nr = nr;
	for (size_t i = 0; i < nr; i++)
		slot->data[i] = (struct rw_line){
			.function = calls[i].function,
			.file = shorten(lines, source, calls[i].file),
			.line = calls[i].line,
			.inlined = calls[i].inlined,
		};
}

/** Functions in assembler have lines, but often no entry of their own. */
static void name_function(struct slot *slot, const struct rw_symbol *symbol)
{
	struct rw_line *function = slot->nr ? &slot->data[slot->nr - 1] : NULL;

	if (function && !function->function)
		function->function = slot->symbol = strdup(symbol->name);
}

static void look_up_linked(struct rw_lines *lines, uint64_t addr, struct slot *slot)
{
	struct rw_symbol symbol;

	if (!image_dwarf(lines))
		return;
	fill(lines, &lines->image, addr, slot);
	if (lines->kernel->image && rw_image_symbolize(lines->kernel->image, addr, &symbol))
		name_function(slot, &symbol);
}

static void look_up(struct rw_lines *lines, struct slot *slot)
{
	const struct rw_kernel *kernel = lines->kernel;
	uint64_t addr = slot->pc - (slot->kind == RW_PC_RETURN);

	if (slot->linked)
		look_up_linked(lines, addr, slot);
	else if (kernel->slide_known == RW_YES && addr >= kernel->text && addr < kernel->end)
		look_up_linked(lines, addr - kernel->slide, slot);
}

static struct rw_line_list find(struct rw_lines *lines, uint64_t pc, enum rw_pc_kind kind,
				bool linked)
{
	uint64_t hash = (pc ^ kind) * UINT64_C(0x9e3779b97f4a7c15);
	struct slot *slot = &lines->slots[hash >> 52];

	if (!slot->used || slot->pc != pc || slot->kind != kind || slot->linked != linked) {
		clear(slot);
		*slot = (struct slot){ .used = true, .linked = linked, .pc = pc, .kind = kind };
		look_up(lines, slot);
	}
	return (struct rw_line_list){ slot->data, slot->nr };
}

struct rw_line_list rw_lines_find(struct rw_lines *lines, uint64_t pc, enum rw_pc_kind kind)
{
	return find(lines, pc, kind, false);
}

struct rw_line_list rw_lines_find_linked(struct rw_lines *lines, uint64_t addr,
					 enum rw_pc_kind kind)
{
	return find(lines, addr, kind, true);
}
