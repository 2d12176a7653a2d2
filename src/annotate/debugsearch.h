/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking for files with debug information: of a module by its name and build-id, of a
 * vmlinux by its build-id.
 */
#ifndef REWALK_ANNOTATE_DEBUGSEARCH_H
#define REWALK_ANNOTATE_DEBUGSEARCH_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_debug_file;
struct rw_debug_search;

/** What is told of a search: @warning, or only for those who want to know more. */
typedef void rw_debug_say_fn(void *cookie, bool warning, const char *text);

/** Make the text of @format, and say it; without memory nothing is said. */
void rw_debug_say(rw_debug_say_fn *say, void *cookie, bool warning, const char *format,
		  va_list args) __attribute__((format(printf, 4, 0)));

/**
 * @param dirs     Where to look first, with all that is below; borrowed.
 * @param root     In front of /usr/lib/debug and /lib/modules: "", but for tests.
 * @param release  Of the kernel, as in /lib/modules/RELEASE; NULL: not known.
 * @return NULL without memory.
 */
struct rw_debug_search *rw_debug_search_create(const char *const *dirs, size_t nr, const char *root,
					       const char *release, rw_debug_say_fn *say,
					       void *cookie);

/** NULL is accepted. */
void rw_debug_search_destroy(struct rw_debug_search *search);

/**
 * Look for a file with DWARF, in this order: the directories that were given, files by
 * build-id below /usr/lib/debug, files by name of the kernel's release below
 * /usr/lib/debug and /lib/modules, and, if DEBUGINFOD_URLS is set, the servers that it names.
 *
 * @param module    Its name; NULL: the vmlinux.
 * @param build_id  A file with another one is refused, with a warning.  NULL: not known;
 *                  then a vmlinux is not looked for, and a module by its name alone.
 * @return Owned by the caller; NULL if there is none.
 */
struct rw_debug_file *rw_debug_search_find(struct rw_debug_search *search, const char *module,
					   const uint8_t *build_id, size_t size);

/* ---- debuginfod.c ----------------------------------------------------------- */

/**
 * Ask the servers of DEBUGINFOD_URLS, unless it is empty or not set.
 *
 * @param path_ret  Owned by the caller: the file, in debuginfod's cache.
 * @param why_ret   If there is none: a clause, static; NULL if nobody was asked.
 * @return Is there a file?
 */
bool rw_debuginfod_find(const uint8_t *build_id, size_t size, char **path_ret,
			const char **why_ret);

#endif
