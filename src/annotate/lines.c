// SPDX-License-Identifier: GPL-2.0-or-later
//
// Source lines and inlined calls of pcs, kept in a small hash table: stacks share
// most of theirs.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/annotate.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/image.h"
#include "rewalk/trace.h"
#include "rewalk/vector.h"

#include "debugfile.h"
#include "debugsearch.h"
#include "dwarf_reader.h"

#define NR_SLOTS 4096	/* a power of two */

/** The debug information of the image, or of one module. */
struct source {
	char *module;		/* owned; NULL: the image */
	uint8_t build_id[RW_BUILD_ID_MAX];
	size_t build_id_size;	/* 0: not known */
	bool tried, missing;
	struct rw_debug_file *file;
	struct rw_dwarf *dwarf;	/* borrowed from @file; NULL: there is none */
};

/** What a source has at an address of its own. */
struct slot {
	const struct source *source;	/* NULL: empty */
	uint64_t addr;
	struct rw_line *data;	/* owned */
	size_t nr;
	char *symbol;		/* owned: the name of a function that the DWARF does not name */
};

struct rw_lines {
	const struct rw_kernel *kernel;
	const char *const *dirs;
	size_t nr_dirs;
	struct rw_debug_search *search;	/* NULL until it is needed */
	struct source image;
	struct { struct source **data; size_t nr, capacity; } modules;
	bool has_root;
	char *root;		/* owned: what paths begin with; NULL: nothing to leave away */
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
	free(source->module);
}

struct rw_lines *rw_lines_create(const struct rw_kernel *kernel, const char *const *dirs,
				 size_t nr)
{
	struct rw_lines *lines = calloc(1, sizeof(*lines));

	if (lines) {
		lines->kernel = kernel;
		lines->dirs = dirs;
		lines->nr_dirs = nr;
	}
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
	for (size_t i = 0; i < lines->modules.nr; i++) {
		source_deinit(lines->modules.data[i]);
		free(lines->modules.data[i]);
	}
	free(lines->modules.data);
	source_deinit(&lines->image);
	rw_debug_search_destroy(lines->search);
	free(lines->root);
	free(lines);
}

/* ---- notes ------------------------------------------------------------------------ */

static void add_note(void *cookie, bool warning, const char *text)
{
	struct rw_lines *lines = cookie;
	char *copy = strdup(text);
	struct rw_lines_note *note = NULL;

	// A refused file is met again for each module that it might be.
	for (size_t i = 0; copy && i < lines->notes.nr; i++)
		if (!strcmp(lines->notes.data[i].text, text)) {
			free(copy);
			return;
		}
	if (copy)
		note = rw_vector_push(&lines->notes);
	if (note)
		*note = (struct rw_lines_note){ warning, copy };
	else
		free(copy);
}

static void note(struct rw_lines *lines, bool warning, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void note(struct rw_lines *lines, bool warning, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rw_debug_say(add_note, lines, warning, format, args);
	va_end(args);
}

/** One line for all modules of which nothing was found. */
static void note_missing(struct rw_lines *lines)
{
	_cleanup_free_ char *names = NULL;
	size_t size, nr = 0;
	FILE *list = open_memstream(&names, &size);

	if (!list)
		return;
	for (size_t i = 0; i < lines->modules.nr; i++)
		if (lines->modules.data[i]->missing)
			fprintf(list, "%s%s", nr++ ? ", " : "", lines->modules.data[i]->module);
	if (!fclose(list) && nr)
		note(lines, true, "%s %s: no debug information was found: %s frames are without "
		     "lines; give the folder that has it with --modules", nr == 1 ? "module" :
		     "modules", names, nr == 1 ? "its" : "their");
}

const struct rw_lines_note *rw_lines_notes(struct rw_lines *lines, size_t *nr_ret)
{
	note_missing(lines);
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

/** The release out of "Linux version RELEASE (…"; NULL: not known. */
static char *release_of(const struct rw_kernel *kernel)
{
	static const char start[] = "Linux version ";
	const char *banner = kernel->banner;

	if (!banner || strncmp(banner, start, strlen(start)))
		return NULL;
	banner += strlen(start);
	return strndup(banner, strcspn(banner, " "));
}

static void look_for(struct rw_lines *lines, struct source *source)
{
	if (!lines->search) {
		_cleanup_free_ char *release = release_of(lines->kernel);

		lines->search = rw_debug_search_create(lines->dirs, lines->nr_dirs, "", release,
						       add_note, lines);
	}
	struct rw_debug_file *file = NULL;
	if (lines->search)
		file = rw_debug_search_find(lines->search, source->module,
					    source->build_id_size ? source->build_id : NULL,
					    source->build_id_size);
	if (file)
		use(lines, source, file);
	else
		source->missing = true;
}

/** The kernel's build-id, as bytes. */
static void read_build_id(const struct rw_kernel *kernel, struct source *source)
{
	const char *text = kernel->build_id;
	unsigned int byte;

	for (; source->build_id_size < sizeof(source->build_id) && sscanf(text, "%2x", &byte) == 1;
	     text += 2)
		source->build_id[source->build_id_size++] = (uint8_t)byte;
}

static void find_image(struct rw_lines *lines)
{
	const struct rw_image *image = lines->kernel->image;
	struct source *source = &lines->image;
	struct rw_debug_file *file = NULL;
	struct rw_error *err = NULL;

	source->tried = true;
	if (image && rw_image_fd(image) >= 0)
		err = rw_debug_file_open(rw_image_path(image), rw_image_fd(image), &file);
	if (file && rw_debug_file_has_dwarf(file)) {
		note(lines, false, "%s: taken for the kernel", rw_image_path(image));
		use(lines, source, file);
		return;
	}
	rw_debug_file_close(file);
	rw_error_destroy(err);
	read_build_id(lines->kernel, source);
	look_for(lines, source);
	if (source->missing)
		note(lines, true, "%s: no debug information, and none was found for %s%s: frames "
		     "are without lines; give the vmlinux of the kernel's debug package",
		     image ? rw_image_path(image) : "the kernel",
		     *lines->kernel->build_id ? "build-id " : "a kernel without build-id",
		     lines->kernel->build_id);
}

/** The image's debug information; NULL: there is none. */
static struct source *image_source(struct rw_lines *lines)
{
	if (!lines->image.tried)
		find_image(lines);
	return lines->image.dwarf ? &lines->image : NULL;
}

/** A module's, likewise. */
static struct source *module_source(struct rw_lines *lines, const char *name,
				    const uint8_t *build_id, size_t size)
{
	struct source *source = NULL;

	if (size > sizeof(source->build_id) || !build_id)
		size = 0;
	for (size_t i = 0; i < lines->modules.nr && !source; i++) {
		struct source *one = lines->modules.data[i];

		if (!strcmp(one->module, name) && one->build_id_size == size &&
		    (!size || !memcmp(one->build_id, build_id, size)))
			source = one;
	}
	if (!source) {
		_cleanup_free_ struct source *new = calloc(1, sizeof(*new));
		_cleanup_free_ char *copy = strdup(name);
		struct source **to = new && copy ? rw_vector_push(&lines->modules) : NULL;

		if (!to)
			return NULL;
		new->module = rw_steal(copy);
		new->build_id_size = size;
		if (size)
			memcpy(new->build_id, build_id, size);
		*to = source = rw_steal(new);
		look_for(lines, source);
	}
	return source->dwarf ? source : NULL;
}

/* ---- paths ------------------------------------------------------------------------ */

/** The directory that kernel/panic.c lies in, as this kernel's paths have it. */
static void find_root(struct rw_lines *lines)
{
	static const char tail[] = "kernel/panic.c";
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	struct source *source = image_source(lines);
	uint64_t addr;

	lines->has_root = true;
	// The image has its names in order already.
	const struct rw_image *image = lines->kernel->image;
	if (!source || !(image ? rw_image_symbol(image, "panic", &addr) :
			 rw_debug_file_symbol(source->file, "panic", 0, &addr)))
		return;
	// Past the place for a tracer's call, which no line covers.
	size_t nr = rw_dwarf_find(source->dwarf, addr + 16, calls);
	for (size_t i = 0; i < nr && !lines->root; i++) {
		size_t length = calls[i].file ? strlen(calls[i].file) : 0;

		if (length > strlen(tail) &&
		    !strcmp(calls[i].file + length - strlen(tail), tail))
			lines->root = strndup(calls[i].file, length - strlen(tail));
	}
}

static const char *shorten(struct rw_lines *lines, const char *path)
{
	if (!path)
		return NULL;
	// What is below the directory of the compilation is short already.
	if (*path == '/' || *path == '.') {
		if (!lines->has_root)
			find_root(lines);
		size_t length = lines->root ? strlen(lines->root) : 0;
		if (length && !strncmp(path, lines->root, length))
			path += length;
	}
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return path;
}

/* ---- questions -------------------------------------------------------------------- */

/** Functions in assembler have lines, but often no entry of their own. */
static char *name_at(struct rw_lines *lines, const struct source *source, uint64_t addr)
{
	const struct rw_image *image = lines->kernel->image;
	struct rw_symbol symbol;

	if (!source->module && image)
		return rw_image_symbolize(image, addr, &symbol) ? strdup(symbol.name) : NULL;
	const char *name = rw_debug_file_function(source->file, addr);
	return name ? strdup(name) : NULL;
}

static void fill(struct rw_lines *lines, const struct source *source, struct slot *slot)
{
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	size_t nr = rw_dwarf_find(source->dwarf, slot->addr, calls);

	slot->data = nr ? calloc(nr, sizeof(slot->data[0])) : NULL;
	if (!slot->data)
		return;
	slot->nr = nr;
	for (size_t i = 0; i < nr; i++)
		slot->data[i] = (struct rw_line){
			.function = calls[i].function,
			.file = shorten(lines, calls[i].file),
			.line = calls[i].line,
			.inlined = calls[i].inlined,
		};
	if (!slot->data[nr - 1].function)
		slot->data[nr - 1].function = slot->symbol = name_at(lines, source, slot->addr);
}

/** What @source has at @addr, an address of its own. */
static struct rw_line_list find_at(struct rw_lines *lines, const struct source *source,
				   uint64_t addr)
{
	uint64_t hash = (addr ^ (uintptr_t)source) * UINT64_C(0x9e3779b97f4a7c15);
	struct slot *slot = &lines->slots[hash >> 52];

	if (slot->source != source || slot->addr != addr) {
		clear(slot);
		slot->source = source;
		slot->addr = addr;
		fill(lines, source, slot);
	}
	return (struct rw_line_list){ slot->data, slot->nr };
}

/** A file that was taken by its name alone must have symbols where the kernel has them. */
static bool is_same(struct rw_lines *lines, struct source *source, uint64_t addr, uint64_t in_file)
{
	struct rw_symbol symbol;
	uint64_t there;

	if (source->build_id_size || !rw_kernel_symbolize(lines->kernel, addr, &symbol, NULL) ||
	    !rw_debug_file_symbol(source->file, symbol.name, symbol.size, &there) ||
	    in_file - there == addr - symbol.addr)
		return true;
	note(lines, true, "%s: refused: it has %s elsewhere than module %s",
	     rw_debug_file_path(source->file), symbol.name, source->module);
	source->dwarf = NULL;
	return false;
}

/** Where @addr lies in its module's file. */
static bool find_in_module(struct rw_lines *lines, uint64_t addr, struct source **source_ret,
			   uint64_t *ret)
{
	const struct rw_kernel *kernel = lines->kernel;
	struct rw_module_place place;
	struct rw_symbol symbol;

	if (!kernel->find_place || !kernel->find_place(kernel->symbolize_arg, addr, &place))
		return false;
	struct source *source = module_source(lines, place.module, place.build_id,
					      place.build_id_size);
	if (!source)
		return false;
	*source_ret = source;
	if (place.section && rw_debug_file_address(source->file, place.section, place.offset, ret))
		return is_same(lines, source, addr, *ret);
	if (!rw_kernel_symbolize(kernel, addr, &symbol, NULL) ||
	    !rw_debug_file_symbol(source->file, symbol.name, symbol.size, ret))
		return false;
	*ret += addr - symbol.addr;
	return true;
}

struct rw_line_list rw_lines_find(struct rw_lines *lines, uint64_t pc, enum rw_pc_kind kind)
{
	const struct rw_kernel *kernel = lines->kernel;
	uint64_t addr = pc - (kind == RW_PC_RETURN), in_file;
	struct source *source = NULL;

	if (kernel->slide_known == RW_YES && addr >= kernel->text && addr < kernel->end) {
		source = image_source(lines);
		in_file = addr - kernel->slide;
	} else if (!find_in_module(lines, addr, &source, &in_file)) {
		source = NULL;
	}
	return source ? find_at(lines, source, in_file) : (struct rw_line_list){ 0 };
}

struct rw_line_list rw_lines_find_linked(struct rw_lines *lines, uint64_t addr,
					 enum rw_pc_kind kind)
{
	struct source *source = image_source(lines);

	return source ? find_at(lines, source, addr - (kind == RW_PC_RETURN)) :
	       (struct rw_line_list){ 0 };
}

struct rw_line_list rw_lines_find_symbol(struct rw_lines *lines,
					 const struct rw_module_symbol *symbol,
					 enum rw_pc_kind kind)
{
	struct source *source = module_source(lines, symbol->module, symbol->build_id,
					      symbol->build_id_size);
	uint64_t addr;

	if (!source || !rw_debug_file_symbol(source->file, symbol->name, symbol->size, &addr))
		return (struct rw_line_list){ 0 };
	return find_at(lines, source, addr + symbol->offset - (kind == RW_PC_RETURN));
}
