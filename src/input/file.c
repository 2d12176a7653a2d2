// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file's bytes: mapped where that is possible, else read to its end.

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

static struct rw_error *read_all(int fd, const char *name, size_t limit, struct rw_file *ret)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size = 0, room = 0;

	for (;;) {
		if (size == room) {
			size_t more = room ? room * 2 : 1 << 16;
			uint8_t *grown = more > room ? realloc(bytes, more) : NULL;

			if (!grown)
				return &rw_enomem;
			bytes = grown;
			room = more;
		}
		ssize_t nr = read(fd, bytes + size, room - size);
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr < 0)
			return rw_error_os(errno, "%s: cannot be read", name);
		if (!nr)
			break;
		size += nr;
		if (size > limit)
			return rw_error_create(RW_ERROR_FORMAT,
					       "%s: more than %zu bytes came out of the pipe; "
					       "give it as a file", name, limit);
	}
	ret->bytes = rw_steal(bytes);
	ret->size = size;
	return NULL;
}

static struct rw_error *map(int fd, const char *name, size_t size, struct rw_file *ret)
{
	if (!size)
		return NULL;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return rw_error_os(errno, "%s: cannot be mapped", name);
	ret->bytes = bytes;
	ret->size = size;
	ret->mapped = true;
	return NULL;
}

struct rw_error *rw_file_init(const char *path, size_t limit, struct rw_file *ret)
{
	bool standard_input = !strcmp(path, "-");
	const char *name = standard_input ? "standard input" : path;
	int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct rw_file file = { 0 };
	struct rw_error *err = NULL;
	struct stat st;

	if (fd < 0)
		return rw_error_os(errno, "%s: cannot be opened", name);
	if (fstat(fd, &st))
		err = rw_error_os(errno, "%s: cannot be read", name);
	else if (S_ISDIR(st.st_mode))
		err = rw_error_create(RW_ERROR_FORMAT, "%s: is a directory; give a file", name);
	else if (S_ISREG(st.st_mode))
		err = map(fd, name, st.st_size, &file);
	else
		err = read_all(fd, name, limit, &file);
	if (!standard_input)
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
