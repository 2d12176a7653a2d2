// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looking for files with debug information.
//
// Distributions keep them below /usr/lib/debug: by build-id (.build-id/ab/cdef….debug), and
// by the path of what they belong to, with or without .debug behind it.  Modules have
// '_' or '-' in their files' names where the kernel has '_', and may be packed.  A
// directory is read once, when it is first needed.

#include <fts.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/hex.h"
#include "rewalk/image.h"
#include "rewalk/vector.h"

#include "debugfile.h"
#include "debugsearch.h"

enum { MAX_FILES = 1 << 20 };

/** A file by what it may be the debug information of: "ext4.ko", "vmlinux". */
struct entry {
	char *key;
	char *path;
	size_t order;	/* as it was found */
};

struct folder {
	char *path;
	bool read;
	struct { struct entry *data; size_t nr, capacity; } entries;	/* sorted */
};

struct rw_debug_search {
	struct { struct folder *data; size_t nr, capacity; } folders;
	size_t nr_given;	/* the first ones */
	char *root, *release;
	rw_debug_say_fn *say;
	void *cookie;
};

/** What is looked for, and what became of it. */
struct wanted {
	struct rw_debug_search *search;
	const char *module;
	const uint8_t *build_id;
	size_t size;
	struct rw_debug_file *found;
};

void rw_debug_say(rw_debug_say_fn *say, void *cookie, bool warning, const char *format,
		  va_list args)
{
	_cleanup_free_ char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	else
		say(cookie, warning, text);
}

static void say(struct rw_debug_search *search, bool warning, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct rw_debug_search *search, bool warning, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rw_debug_say(search->say, search->cookie, warning, format, args);
	va_end(args);
}

static void folder_deinit(struct folder *folder)
{
	for (size_t i = 0; i < folder->entries.nr; i++) {
		free(folder->entries.data[i].key);
		free(folder->entries.data[i].path);
	}
	free(folder->entries.data);
	free(folder->path);
}

/** Takes over @path, which may be NULL for want of memory. */
static bool add_folder(struct rw_debug_search *search, char *path)
{
	struct folder *folder = path ? rw_vector_push(&search->folders) : NULL;

	if (folder)
		*folder = (struct folder){ .path = path };
	else
		free(path);
	return folder;
}

static bool add_standard(struct rw_debug_search *search)
{
	static const char *const places[] = {
		"/usr/lib/debug/lib/modules", "/usr/lib/debug/usr/lib/modules", "/lib/modules",
	};

	for (size_t i = 0; search->release && i < sizeof(places) / sizeof(places[0]); i++) {
		char *path;

		if (asprintf(&path, "%s%s/%s", search->root, places[i], search->release) < 0 ||
		    !add_folder(search, path))
			return false;
	}
	return true;
}

struct rw_debug_search *rw_debug_search_create(const char *const *dirs, size_t nr, const char *root,
					       const char *release, rw_debug_say_fn *say,
					       void *cookie)
{
	struct rw_debug_search *search = calloc(1, sizeof(*search));

	if (!search)
		return NULL;
	search->say = say;
	search->cookie = cookie;
	search->nr_given = nr;
	search->root = strdup(root);
	// Out of a banner: it must not lead anywhere else.
	if (release && *release && *release != '.' && !strchr(release, '/'))
		search->release = strdup(release);
	bool good = search->root;
	for (size_t i = 0; good && i < nr; i++)
		good = add_folder(search, strdup(dirs[i]));
	if (good && add_standard(search))
		return search;
	rw_debug_search_destroy(search);
	return NULL;
}

void rw_debug_search_destroy(struct rw_debug_search *search)
{
	if (!search)
		return;
	for (size_t i = 0; i < search->folders.nr; i++)
		folder_deinit(&search->folders.data[i]);
	free(search->folders.data);
	free(search->root);
	free(search->release);
	free(search);
}

/* ---- a folder's files ------------------------------------------------------------- */

static bool cut_suffix(char *name, const char *suffix)
{
	size_t length = strlen(name), end = strlen(suffix);

	if (length <= end || strcmp(name + length - end, suffix))
		return false;
	name[length - end] = '\0';
	return true;
}

/** What a file of this name may be: a new string, NULL if nothing. */
static char *key_of(const char *name)
{
	if (!strncmp(name, "vmlinux", 7) && (!name[7] || name[7] == '.' || name[7] == '-'))
		return strdup("vmlinux");
	_cleanup_free_ char *key = strdup(name);
	while (key && (cut_suffix(key, ".debug") || cut_suffix(key, ".xz") ||
		       cut_suffix(key, ".zst") || cut_suffix(key, ".gz")))
		;
	size_t length = key ? strlen(key) : 0;
	if (length < 4 || strcmp(key + length - 3, ".ko"))
		return NULL;
	for (char *c = key; *c; c++)
		if (*c == '-')
			*c = '_';
	return rw_steal(key);
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int order = strcmp(a->key, b->key);

	return order ? order : a->order < b->order ? -1 : 1;
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool add_entry(struct folder *folder, const FTSENT *file)
{
	_cleanup_free_ char *key = key_of(file->fts_name);
	_cleanup_free_ char *path = key ? strdup(file->fts_path) : NULL;
	struct entry *entry = path ? rw_vector_push(&folder->entries) : NULL;

	if (!entry)
		return !key;
	*entry = (struct entry){ rw_steal(key), rw_steal(path), folder->entries.nr };
	return true;
}

static void read_folder(struct folder *folder)
{
	char *const paths[] = { folder->path, NULL };

	folder->read = true;
	// Links inside are not followed: /lib/modules/RELEASE/build leads to the sources.
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_NOSTAT,
			    compare_names);
	if (!fts)
		return;
	size_t nr = 0;
	for (FTSENT *file; nr++ < MAX_FILES && (file = fts_read(fts));) {
		bool is_file = file->fts_info == FTS_F || file->fts_info == FTS_NSOK ||
			       file->fts_info == FTS_SL;

		if (is_file && !add_entry(folder, file))
			break;
	}
	fts_close(fts);
	if (folder->entries.nr)
		qsort(folder->entries.data, folder->entries.nr, sizeof(folder->entries.data[0]),
		      compare_entries);
}

/* ---- a file ------------------------------------------------------------------------- */

static void print_id(const uint8_t *id, size_t size, char ret[RW_BUILD_ID_TEXT])
{
	rw_hex_print(id, size < RW_BUILD_ID_MAX ? size : RW_BUILD_ID_MAX, ret);
}

/** Is this what is wanted?  What is not is said. */
static bool fits(const struct wanted *w, const struct rw_debug_file *file)
{
	size_t size;
	const uint8_t *id = rw_debug_file_build_id(file, &size);
	const char *path = rw_debug_file_path(file);
	char want[RW_BUILD_ID_TEXT], got[RW_BUILD_ID_TEXT] = "none";

	if (!rw_debug_file_has_dwarf(file)) {
		say(w->search, false, "%s: no debug information", path);
		return false;
	}
	if (!w->build_id)
		return true;
	if (id && size == w->size && !memcmp(id, w->build_id, size))
		return true;
	print_id(w->build_id, w->size, want);
	if (id)
		print_id(id, size, got);
	say(w->search, true, "%s: refused: its build-id is %s, that of %s is %s", path, got,
	    w->module ? w->module : "the kernel", want);
	return false;
}

/** Take the file at @path if it is what is wanted. */
static bool try(struct wanted *w, const char *path)
{
	struct rw_debug_file *file = NULL;
	struct rw_error *err = rw_debug_file_open(path, -1, &file);

	if (err) {
		say(w->search, false, "%s", err->message);
		rw_error_destroy(err);
		return false;
	}
	if (!fits(w, file)) {
		rw_debug_file_close(file);
		return false;
	}
	say(w->search, false, "%s: taken for %s%s", path, w->module ? w->module : "the kernel",
	    w->build_id ? "" : " by its name: the build-id is not known");
	w->found = file;
	return true;
}

static bool try_format(struct wanted *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool try_format(struct wanted *w, const char *format, ...)
{
	_cleanup_free_ char *path = NULL;
	va_list args;

	va_start(args, format);
	int n = vasprintf(&path, format, args);
	va_end(args);
	if (n < 0) {
		path = NULL;
		return false;
	}
	return try(w, path);
}

static bool try_build_id(struct wanted *w, const char *dir)
{
	char id[RW_BUILD_ID_TEXT];

	if (w->size < 2)
		return false;
	print_id(w->build_id, w->size, id);
	return try_format(w, "%s/.build-id/%.2s/%s.debug", dir, id, id + 2);
}

static bool try_folder(struct wanted *w, struct folder *folder)
{
	char key[128];
	bool any = false;

	snprintf(key, sizeof(key), "%s%s", w->module ? w->module : "vmlinux",
		 w->module ? ".ko" : "");
	for (char *c = key; w->module && *c; c++)
		if (*c == '-')
			*c = '_';
	if (!folder->read)
		read_folder(folder);
	const struct entry *entries = folder->entries.data;
	size_t nr = folder->entries.nr;
	for (size_t n = rw_bisect(i, nr, strcmp(entries[i].key, key) < 0);
	     n < nr && !strcmp(entries[n].key, key); n++) {
		any = true;
		if (try(w, entries[n].path))
			return true;
	}
	if (!any)
		say(w->search, false, "%s: nothing for %s", folder->path, key);
	return false;
}

static bool try_standard(struct wanted *w)
{
	struct rw_debug_search *search = w->search;

	if (w->build_id) {
		_cleanup_free_ char *dir = NULL;

		if (asprintf(&dir, "%s/usr/lib/debug", search->root) < 0)
			dir = NULL;
		if (dir && try_build_id(w, dir))
			return true;
	}
	const char *root = search->root, *release = search->release;
	if (!w->module && release &&
	    (try_format(w, "%s/usr/lib/debug/boot/vmlinux-%s", root, release) ||
	     try_format(w, "%s/usr/lib/debug/boot/vmlinux-%s.debug", root, release) ||
	     try_format(w, "%s/lib/modules/%s/build/vmlinux", root, release)))
		return true;
	for (size_t i = search->nr_given; i < search->folders.nr; i++)
		if (try_folder(w, &search->folders.data[i]))
			return true;
	return false;
}

static bool try_servers(struct wanted *w)
{
	_cleanup_free_ char *path = NULL;
	const char *why;

	if (!w->build_id)
		return false;
	if (rw_debuginfod_find(w->build_id, w->size, &path, &why))
		return try(w, path);
	if (why)
		say(w->search, false, "debuginfod: %s: %s", w->module ? w->module : "the kernel",
		    why);
	return false;
}

struct rw_debug_file *rw_debug_search_find(struct rw_debug_search *search, const char *module,
					   const uint8_t *build_id, size_t size)
{
	struct wanted w = {
		.search = search, .module = module, .build_id = build_id, .size = size,
	};

	if (!module && !build_id)
		return NULL;
	for (size_t i = 0; i < search->nr_given; i++) {
		struct folder *folder = &search->folders.data[i];

		if ((build_id && try_build_id(&w, folder->path)) || try_folder(&w, folder))
			return w.found;
	}
	if (try_standard(&w) || try_servers(&w))
		return w.found;
	return NULL;
}
