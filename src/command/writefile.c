// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file that a command writes: whole, or not at all, and never what it was made of.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"

#include "writefile.h"

static struct rw_error *cannot_create(const char *path)
{
	return rw_error_os(errno, "%s: cannot be created; give a file that can", path);
}

static struct rw_error *cannot_write(const char *path)
{
	return rw_error_os(errno, "%s: cannot be written; give a file on another disk", path);
}

/** As @file, which is closed. */
static struct rw_error *write_to(FILE *file, const char *path, const char *bytes, size_t size)
{
	bool failed = fwrite(bytes, 1, size, file) != size;

	failed |= file == stdout ? fflush(file) : fclose(file);
	return failed ? cannot_write(path) : NULL;
}

/** Beside the file at first, then in its place. */
static struct rw_error *replace(const char *path, const char *bytes, size_t size, bool is_private)
{
	_cleanup_free_ char *temporary = NULL;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return &rw_enomem;
	}
	int fd = mkostemp(temporary, 0);
	if (fd < 0)
		return cannot_create(path);
	mode_t mask = umask(0);
	umask(mask);
	FILE *file = !is_private && fchmod(fd, 0666 & ~mask) ? NULL : fdopen(fd, "w");
	struct rw_error *err = file ? write_to(file, path, bytes, size) : cannot_create(path);
	if (!file)
		close(fd);
	if (!err && rename(temporary, path))
		err = cannot_create(path);
	if (err)
		unlink(temporary);
	return err;
}

struct rw_error *command_write_file(const char *path, const char *bytes, size_t size,
				    bool is_private)
{
	struct stat st;

	if (!strcmp(path, "-"))
		return write_to(stdout, path, bytes, size);
	// What a link leads to is replaced, not the link.
	_cleanup_free_ char *target = realpath(path, NULL);
	if (!target || stat(target, &st) || S_ISREG(st.st_mode))
		return replace(target ? target : path, bytes, size, is_private);
	FILE *file = fopen(path, "we");
	return file ? write_to(file, path, bytes, size) : cannot_create(path);
}

struct rw_error *command_check_output(const char *path, const char *input)
{
	struct stat to, from;

	if (!input || stat(path, &to) || stat(input, &from) || to.st_dev != from.st_dev ||
	    to.st_ino != from.st_ino || !S_ISREG(to.st_mode))
		return NULL;
	return rw_error_create(RW_ERROR_USAGE, "%s: is what the case is made of; give another file "
			       "with -o", path);
}
