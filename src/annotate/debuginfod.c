// SPDX-License-Identifier: GPL-2.0-or-later
//
// Debug information from debuginfod's servers.  Nobody is asked without
// DEBUGINFOD_URLS; the library keeps what it got in its own cache.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "debugsearch.h"

#ifdef HAVE_DEBUGINFOD

#include <elfutils/debuginfod.h>

bool rw_debuginfod_find(const uint8_t *build_id, size_t size, char **path_ret,
			const char **why_ret)
{
	const char *urls = getenv(DEBUGINFOD_URLS_ENV_VAR);

	*why_ret = NULL;
	if (!urls || !*urls)
		return false;
	debuginfod_client *client = debuginfod_begin();
	if (!client) {
		*why_ret = "no memory for a client";
		return false;
	}
	// A number, or the id would be taken for text.
	int fd = size <= 64 ? debuginfod_find_debuginfo(client, build_id, (int)size, path_ret) : -EINVAL;
	debuginfod_end(client);
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
