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
#define ENOUGH ((size_t)4096)	/* see rw_content_recognise() */

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

/** For messages: what a person calls it. */
const char *rw_file_said(const struct rw_file *file)
{
	return strcmp(file->name, "-") ? file->name : "standard input";
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

/** Append once what read() gives.  *more_ret is false at the end of the file. */
static struct rw_error *read_more(struct rw_file *file, size_t *room, size_t limit, bool *more_ret)
{
	if (file->size == *room) {
		size_t grown_room = next_room(file->size, limit);
		uint8_t *grown = realloc((void *)file->bytes, grown_room);

		if (!grown)
			return &rw_enomem;
		*room = grown_room;
		file->bytes = grown;
	}
	ssize_t nr;
	do
		nr = read(file->fd, (uint8_t *)file->bytes + file->size, *room - file->size);
	while (nr < 0 && errno == EINTR);
	if (nr < 0)
		return os_error(rw_file_said(file), "cannot be read", errno);
	file->size += nr;
	if (file->size > limit)
		return too_long(rw_file_said(file), limit);
	*more_ret = nr;
	return NULL;
}

static void close_fd(struct rw_file *file)
{
	if (file->fd > STDERR_FILENO)
		close(file->fd);
	file->fd = -1;
}

struct rw_error *rw_file_complete(struct rw_file *file, size_t limit)
{
	size_t room = file->size;
	bool more = file->unread;
	struct rw_error *err = !file->mapped && file->size > limit ?
			       too_long(rw_file_said(file), limit) : NULL;

	while (!err && more)
		err = read_more(file, &room, limit, &more);
	if (err)
		return err;
	if (file->unread)
		close_fd(file);
	file->unread = false;
	if (!file->size) {
		free((void *)file->bytes);
		file->bytes = NULL;
	}
	return NULL;
}

/** Is that much enough to tell what it is?  A pipe may be slow, and a log endless. */
static bool is_enough(const struct rw_file *file)
{
	return file->size >= ENOUGH ||
	       (file->size && memchr(file->bytes, '\n', file->size) &&
		rw_content_recognise(file->bytes, file->size) == RW_CONTENT_TEXT);
}

static struct rw_error *read_beginning(struct rw_file *file)
{
	size_t room = 0;
	bool more = true;
	struct rw_error *err = NULL;

	while (!err && more && !is_enough(file))
		err = read_more(file, &room, SIZE_MAX, &more);
	if (err)
		return err;
	file->unread = more;
	return more ? NULL : rw_file_complete(file, SIZE_MAX);
}

/** A regular file that has a size, from its beginning: only such a one is mapped. */
static bool is_mappable(int fd, const struct stat *st)
{
	// Standard input may be a file that was read in part: its rest is meant.
	return S_ISREG(st->st_mode) && st->st_size > 0 && !lseek(fd, 0, SEEK_CUR);
}

static struct rw_error *take(struct rw_file *file)
{
	struct stat st;

	if (fstat(file->fd, &st))
		return os_error(rw_file_said(file), "cannot be examined", errno);
	if (S_ISDIR(st.st_mode))
		return os_error(rw_file_said(file), "", EISDIR);
	if (!is_mappable(file->fd, &st))
		return read_beginning(file);

	void *bytes = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, file->fd, 0);
	if (bytes == MAP_FAILED) {
		if (errno == ENODEV)	// this file system maps nothing
			return read_beginning(file);
		return os_error(rw_file_said(file), "cannot be mapped", errno);
	}
	file->bytes = bytes;
	file->size = st.st_size;
	file->mapped = true;
	return NULL;
}

struct rw_error *rw_file_begin(const char *path, struct rw_file *ret)
{
	struct rw_file file = {
		.fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) :
					  STDIN_FILENO,
	};

	if (file.fd < 0)
		return os_error(path, "cannot be opened", errno);
	file.name = strdup(path);
	struct rw_error *err = file.name ? take(&file) : &rw_enomem;
	if (err) {
		rw_file_deinit(&file);
		return err;
	}
	*ret = file;
	return NULL;
}

struct rw_error *rw_file_init(const char *path, size_t limit, struct rw_file *ret)
{
	struct rw_file file = { .fd = -1 };
	struct rw_error *err = rw_file_begin(path, &file);

	if (err)
		return err;
	err = rw_file_complete(&file, limit);
	if (err) {
		rw_file_deinit(&file);
		return err;
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
	close_fd(file);
	free(file->name);
	*file = (struct rw_file){ .fd = -1 };
}
