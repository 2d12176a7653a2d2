// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file's bytes: mapped where that is possible, else read to the end.
//
// A dump may be larger than the memory of the machine that looks at it, so
// regular files are mapped.  Pipes, devices and the files of /proc, whose size is
// said to be 0, are read, up to a limit.
//
// A file that another program cuts short while it is mapped ends us with SIGBUS,
// as it does every program that maps files.

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/input.h"

#define FIRST_READ ((size_t)64 << 10)

/** @name cannot be opened or read: what to do about it depends on why. */
static struct rw_error *os_error(const char *name, const char *what, int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return rw_error_create(RW_ERROR_OS, "%s: no such file; check its name", name);
	case EACCES:
	case EPERM:
		return rw_error_create(RW_ERROR_OS,
				       "%s: no permission to read it; copy it to where you may, or "
				       "run as a user who may", name);
	case EISDIR:
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: is a directory; name a file in it", name);
	case ENOMEM:
		return rw_error_create(RW_ERROR_OS,
				       "%s: %s: the system has no memory for it; close other "
				       "programs", name, what);
	default:
		return rw_error_create(RW_ERROR_OS, "%s: %s: %s; check it with cat(1)", name,
				       what, strerror(errnum));
	}
}

static struct rw_error *too_long(const char *name, size_t limit)
{
	return rw_error_create(RW_ERROR_FORMAT,
			       "%s: longer than the %zu bytes that are read from what is no "
			       "regular file; save it in a file and name that", name, limit);
}

/** Room for more than @size bytes, but never for more than @limit and one. */
static size_t next_room(size_t size, size_t limit)
{
	size_t most = limit < SIZE_MAX ? limit + 1 : SIZE_MAX;
	size_t room;

	if (size < FIRST_READ)
		room = FIRST_READ;
	else if (__builtin_mul_overflow(size, 2, &room))
		room = SIZE_MAX;
	return room < most ? room : most;
}

static struct rw_error *read_all(int fd, const char *name, size_t limit, struct rw_file *file)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size = 0, room = 0;

	for (;;) {
		if (size == room) {
			room = next_room(size, limit);
			uint8_t *grown = realloc(bytes, room);

			if (!grown)
				return &rw_enomem;
			bytes = grown;
		}
		ssize_t nr = read(fd, bytes + size, room - size);
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr < 0)
			return os_error(name, "cannot be read", errno);
		if (!nr)
			break;
		size += nr;
		if (size > limit)
			return too_long(name, limit);
	}
	if (!size)
		return NULL;
	file->size = size;
	file->bytes = rw_steal(bytes);
	return NULL;
}

/** A regular file that has a size, from its beginning: only such a one is mapped. */
static bool is_mappable(int fd, const struct stat *st)
{
	// Standard input may be a file that was read in part: its rest is meant.
	return S_ISREG(st->st_mode) && st->st_size > 0 && !lseek(fd, 0, SEEK_CUR);
}

static struct rw_error *take(int fd, const char *name, size_t limit, struct rw_file *file)
{
	struct stat st;

	if (fstat(fd, &st))
		return os_error(name, "cannot be examined", errno);
	if (S_ISDIR(st.st_mode))
		return os_error(name, "", EISDIR);
	if (!is_mappable(fd, &st))
		return read_all(fd, name, limit, file);

	void *bytes = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		if (errno == ENODEV)	// this file system maps nothing
			return read_all(fd, name, limit, file);
		return os_error(name, "cannot be mapped", errno);
	}
	file->bytes = bytes;
	file->size = st.st_size;
	file->mapped = true;
	return NULL;
}

struct rw_error *rw_file_init(const char *path, size_t limit, struct rw_file *ret)
{
	const bool from_stdin = !strcmp(path, "-");
	const char *name = from_stdin ? "standard input" : path;
	const int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct rw_file file = { 0 };

	if (fd < 0)
		return os_error(name, "cannot be opened", errno);
	struct rw_error *err = take(fd, name, limit, &file);
	if (!from_stdin)
		close(fd);
	if (err)
		return err;
	file.name = strdup(path);
	if (!file.name) {
		rw_file_deinit(&file);
		return &rw_enomem;
	}
	*ret = file;
	return NULL;
}

void rw_file_deinit(struct rw_file *file)
{
	if (file->mapped)
		munmap((void *)file->bytes, file->size);
	else
		free((void *)file->bytes);
	free(file->name);
	*file = (struct rw_file){ 0 };
}
