// SPDX-License-Identifier: GPL-2.0-or-later
//
// A pipe whose bytes are looked at twice: to tell what they are, then to read them.
//
// Whatever came through it is kept in memory, in a file without a name that takes the place
// of the pipe's descriptor: who opens the same path again begins at the first byte.

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rewalk/error.h"
#include "rewalk/input.h"

#define BUFFER ((size_t)64 << 10)

/** The descriptor that a path stands for: "-", and what a shell makes of <(COMMAND). */
static int descriptor(const char *path)
{
	int fd, end = 0;

	if (!strcmp(path, "-"))
		return STDIN_FILENO;
	if ((sscanf(path, "/dev/fd/%d%n", &fd, &end) == 1 ||
	     sscanf(path, "/proc/self/fd/%d%n", &fd, &end) == 1) && !path[end] && fd >= 0)
		return fd;
	return strcmp(path, "/dev/stdin") ? -1 : STDIN_FILENO;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t nr = write(fd, bytes, size);

		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0)
			return false;
		bytes += nr;
		size -= nr;
	}
	return true;
}

static struct rw_error *copy(int from, int to, const char *said, size_t limit)
{
	char buffer[BUFFER];
	size_t size = 0;

	for (;;) {
		ssize_t nr = read(from, buffer, sizeof(buffer));

		if (nr < 0 && errno == EINTR)
			continue;
		if (nr < 0)
			return rw_error_os(errno, "%s: cannot be read", said);
		if (!nr)
			return NULL;
		if ((size_t)nr > limit - size)
			return rw_error_create(RW_ERROR_FORMAT, "%s: longer than the %zu bytes "
					       "that are read from a pipe; save it in a file and "
					       "name that", said, limit);
		if (!write_all(to, buffer, nr))
			return rw_error_os(errno, "%s: no memory to keep it", said);
		size += nr;
	}
}

struct rw_error *rw_pipe_keep(const char *path, size_t limit, const char **ret)
{
	int fd = descriptor(path);
	const char *name = fd == STDIN_FILENO ? "/dev/stdin" : path;
	const char *said = fd == STDIN_FILENO ? "standard input" : path;
	struct stat st;

	*ret = path;
	if (fd < 0 || fstat(fd, &st))
		return NULL;
	// A file is opened again, unless somebody has read from it.
	bool regular = S_ISREG(st.st_mode);
	if (regular && !lseek(fd, 0, SEEK_CUR)) {
		*ret = name;
		return NULL;
	}
	if (!regular && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		return NULL;
	int kept = memfd_create("rewalk", MFD_CLOEXEC);
	if (kept < 0)
		return rw_error_os(errno, "%s: no memory to keep it", said);
	struct rw_error *err = copy(fd, kept, said, limit);
	if (!err && (lseek(kept, 0, SEEK_SET) < 0 || dup2(kept, fd) < 0))
		err = rw_error_os(errno, "%s: cannot be kept", said);
	close(kept);
	if (!err)
		*ret = name;
	return err;
}
