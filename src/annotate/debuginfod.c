// SPDX-License-Identifier: GPL-2.0-or-later
//
// Debug information from debuginfod's servers.  Nobody is asked without
// DEBUGINFOD_URLS; the library keeps what it got in its own cache.  It is loaded when
// it is needed: with all that it takes along (curl, TLS, Kerberos), its loading alone
// would be a quarter of a whole trace.

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "debugsearch.h"

#ifdef HAVE_DEBUGINFOD

#include <elfutils/debuginfod.h>

/** The library's functions, by their own types. */
struct library {
	__typeof__(&debuginfod_begin) begin;
	__typeof__(&debuginfod_find_debuginfo) find;
	__typeof__(&debuginfod_end) end;
};

/** It stays loaded. */
static bool load(struct library *ret)
{
	void *library = dlopen("libdebuginfod.so.1", RTLD_NOW);

	if (!library)
		return false;
	ret->begin = (__typeof__(ret->begin))dlsym(library, "debuginfod_begin");
	ret->find = (__typeof__(ret->find))dlsym(library, "debuginfod_find_debuginfo");
	ret->end = (__typeof__(ret->end))dlsym(library, "debuginfod_end");
	return ret->begin && ret->find && ret->end;
}

bool rw_debuginfod_find(const uint8_t *build_id, size_t size, char **path_ret,
			const char **why_ret)
{
	const char *urls = getenv(DEBUGINFOD_URLS_ENV_VAR);
	struct library library;

	*why_ret = NULL;
	if (!urls || !*urls)
		return false;
	if (!load(&library)) {
		*why_ret = "not asked: libdebuginfod.so.1 cannot be loaded";
		return false;
	}
	debuginfod_client *client = library.begin();
	if (!client) {
		*why_ret = "no memory for a client";
		return false;
	}
	// A number, or the id would be taken for text.
	int fd = size <= 64 ? library.find(client, build_id, (int)size, path_ret) : -EINVAL;
	library.end(client);
	if (fd >= 0)
		close(fd);
	else
		*why_ret = fd == -ENOENT ? "not there" : strerror(-fd);
	return fd >= 0;
}

#else

bool rw_debuginfod_find(const uint8_t *build_id, size_t size, char **path_ret,
			const char **why_ret)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	(void)build_id;
	(void)size;
	(void)path_ret;
	*why_ret = urls && *urls ? "not asked: this build is without libdebuginfod "
				   "(-Ddebuginfod=enabled)" : NULL;
	return false;
}

#endif
