// SPDX-License-Identifier: GPL-2.0-or-later
//
// A list of symbols as a text: System.map, or a copy of /proc/kallsyms.
//
//   ffff800008010000 T _stext
//   ffff800001a2b000 t scene_sleep	[scene]
//
// An address, nm's letter, a name; in /proc/kallsyms, behind a tab, the module of
// a symbol that is not the kernel's own.  System.map is the output of nm -n with
// some symbols left out (scripts/mksysmap) and has link addresses; it has absolute
// symbols, which stand for no place.  /proc/kallsyms is the kernel's own table in
// its own order, at run-time addresses, or with zeros for who may not see them.
//
// Of one address the kernel names the first symbol of its table: in a copy of that
// table the order of the file says which, in System.map the rules of ksymtab.c.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/hex.h"
#include "rewalk/input.h"
#include "rewalk/vector.h"

#include "image_private.h"

#define MOST_BYTES ((size_t)1 << 28)	/* of a list; a kernel's is some 20 MB */

static const char remedy[] = "give the System.map or a copy of /proc/kallsyms of an arm64 "
			     "kernel, or its vmlinux";

/** One line taken apart.  Nothing in it is ended by a NUL. */
struct line {
	uint64_t addr;
	size_t nr_digits;
	char letter;
	const char *name, *module;	/* @module is NULL for the kernel itself */
	size_t name_len, module_len;
};

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '?';
}

/** [@s, @end) is the line without its newline. */
static bool parse_line(const char *s, const char *end, struct line *ret)
{
	struct line line = { 0 };

	if (s < end && end[-1] == '\r')
		end--;
	line.nr_digits = rw_hex_parse(s, end, &line.addr);
	s += line.nr_digits;
	if (!line.nr_digits || line.nr_digits > RW_HEX_DIGITS || end - s < 4 || s[0] != ' ' ||
	    !is_letter(s[1]) || s[2] != ' ')
		return false;
	line.letter = s[1];
	line.name = s + 3;
	// The assembler's own labels, which modules keep, have control characters.
	for (s += 3; s < end && *s != '\t' && *s != ' '; s++)
		if (!*s)
			return false;
	line.name_len = (size_t)(s - line.name);
	while (s < end && (*s == '\t' || *s == ' '))
		s++;
	if (s < end) {
		if (*s != '[' || end[-1] != ']' || end - s < 3)
			return false;
		line.module = s + 1;
		line.module_len = (size_t)(end - s) - 2;
	}
	*ret = line;
	return line.name_len > 0;
}

bool rw_image_is_name_list(const uint8_t *bytes, size_t size)
{
	const char *text = (const char *)bytes;
	const char *newline = size ? memchr(text, '\n', size) : NULL;
	const char *end = newline ? newline : text + size;
	struct line line;

	// Debian's /boot/System.map is a sentence in this form.
	return parse_line(text, end, &line) ||
	       (size > 19 && !memcmp(text, "ffffffffffffffff B ", 19));
}

struct list {
	struct rw_ksymtab_entry *data;
	size_t nr, capacity;
	bool has_modules, has_address;
	bool sorted;
};

static struct rw_error *bad_line(const char *text, const char *end, size_t nr)
{
	static const char debian[] = "ffffffffffffffff B The real System.map is in ";
	size_t len = strlen(debian);

	if ((size_t)(end - text) > len && !memcmp(text, debian, len))
		return rw_error_create(RW_ERROR_FORMAT,
				       "line %zu: no symbols, but a note of where they are; give "
				       "the System.map of the kernel's debug package (Debian: "
				       "linux-image-...-dbg, /usr/lib/debug)", nr);
	return rw_error_create(RW_ERROR_FORMAT, "line %zu: is not of the form \"ADDRESS LETTER "
			       "NAME\"; copy the file again", nr);
}

/** @text is the file, ours to write NULs into, and ends with a newline. */
static struct rw_error *read_lines(char *text, size_t size, struct list *list)
{
	size_t number = 1;

	list->sorted = true;
	for (char *at = text, *next; at < text + size; at = next, number++) {
		char *newline = memchr(at, '\n', (size_t)(text + size - at));
		struct line line;

		next = newline + 1;
		if (!parse_line(at, newline, &line))
			return bad_line(at, newline, number);
		if (line.nr_digits <= 8)
			return rw_error_create(RW_ERROR_FORMAT, "line %zu: a 32-bit address; %s",
					       number, remedy);
		list->has_address |= line.addr != 0;
		list->has_modules |= line.module != NULL;
		// Absolute symbols and those of modules are no part of the image.
		if (line.module || line.letter == 'A' || line.letter == 'a' ||
		    line.letter == 'U' || line.letter == 'N' || line.letter == 'w')
			continue;
		text[line.name - text + (ptrdiff_t)line.name_len] = '\0';
		struct rw_ksymtab_entry *entry = rw_vector_push(list);
		if (!entry)
			return &rw_enomem;
		*entry = (struct rw_ksymtab_entry){
			.addr = line.addr,
			.name = line.name,
			.letter = line.letter,
			.rank = 0,	// the order of the file
		};
		if (list->nr > 1 && entry[-1].addr > line.addr)
			list->sorted = false;
	}
	return NULL;
}

/** By address, then by rank, then in the order of the file, which is that of the names. */
static int compare_entries(const void *pa, const void *pb)
{
	const struct rw_ksymtab_entry *a = pa, *b = pb;

	return rw_ksymtab_compare(a, b) ?: (a->name > b->name) - (a->name < b->name);
}

/** What scripts/kallsyms would have made of a System.map: names left out, aliases in order. */
static void apply_rules(struct list *list)
{
	size_t nr = 0;

	for (size_t i = 0; i < list->nr; i++) {
		struct rw_ksymtab_entry *entry = &list->data[i];

		if (rw_ksymtab_leaves_out(entry->name))
			continue;
		entry->rank = rw_ksymtab_rank(entry->name, entry->letter == 'W');
		list->data[nr++] = *entry;
	}
	list->nr = nr;
	// The addresses are in order: only aliases may have to change places.
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && list->data[end].addr == list->data[i].addr;)
			end++;
		if (end - i > 1)
			qsort(&list->data[i], end - i, sizeof(list->data[0]), compare_entries);
	}
}

/** Is it a kernel's, and an arm64 kernel's? */
static struct rw_error *check(const struct rw_image *image, const struct list *list)
{
	const struct rw_named *stext = rw_image_named(image, "_stext");
	const struct rw_named *etext = rw_image_named(image, "_etext");

	if (!list->has_address)
		return rw_error_create(RW_ERROR_FORMAT, "line 1: the address is 0, and so are all: "
				       "it was read without privilege; copy /proc/kallsyms as "
				       "root");
	if (!stext || !etext)
		return rw_error_create(RW_ERROR_FORMAT, "no %s in it: cut short, or not a "
				       "kernel's; %s", stext ? "_etext" : "_stext", remedy);
	// The kernel image lies in the upper half, 2^33 and more below its end, wherever
	// KASLR puts it (36 bits of address, image.md 10).
	if (stext->addr > -(UINT64_C(1) << 33) || stext->addr < -(UINT64_C(1) << 47))
		return rw_error_create(RW_ERROR_FORMAT, "_stext is 0x%" PRIx64 ", where no arm64 "
				       "kernel lies; %s", stext->addr, remedy);
	return NULL;
}

static struct rw_error *read_list(struct rw_image *image, const struct rw_file *file)
{
	struct list list = { 0 };

	if (!file->size)
		return rw_error_create(RW_ERROR_FORMAT, "it is empty; %s", remedy);
	if (file->bytes[file->size - 1] != '\n')
		return rw_error_create(RW_ERROR_FORMAT, "its last line has no end: cut short; copy "
				       "it again");
	image->text = malloc(file->size);
	if (!image->text)
		return &rw_enomem;
	memcpy(image->text, file->bytes, file->size);
	struct rw_error *err = read_lines(image->text, file->size, &list);
	image->lazy->names.ksymtab = (struct rw_ksymtab){ list.nr, list.data };
	if (err)
		return err;
	image->kind = list.has_modules ? RW_IMAGE_KALLSYMS : RW_IMAGE_SYSTEM_MAP;
	image->run_time = list.has_modules;
	if (!list.sorted)
		qsort(list.data, list.nr, sizeof(list.data[0]), compare_entries);
	if (image->kind == RW_IMAGE_SYSTEM_MAP)
		apply_rules(&list);
	image->lazy->names.ksymtab.nr = list.nr;
	err = rw_image_scan_names(image);
	if (!err)
		err = check(image, &list);
	return err ? err : rw_image_complete(image);
}

struct rw_error *rw_image_open_list(const char *path, struct rw_image **ret)
{
	struct rw_file file = { 0 };
	struct rw_error *err = rw_file_init(path, MOST_BYTES, &file);

	if (!err)
		err = rw_file_unpack(&file);
	if (err) {
		rw_file_deinit(&file);
		return err;
	}
	struct rw_image *image = rw_image_create(RW_IMAGE_SYSTEM_MAP, path);
	if (!image)
		err = &rw_enomem;
	else if (file.size > MOST_BYTES)
		err = rw_error_create(RW_ERROR_FORMAT, "%zu bytes are no list of symbols; %s",
				      file.size, remedy);
	else
		err = read_list(image, &file);
	rw_file_deinit(&file);
	if (err) {
		rw_image_close(image);
		return rw_error_prefix(err, "%s", path);
	}
	*ret = image;
	return NULL;
}
