// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files that are compressed with gzip, xz or zstd, unpacked.
//
// What reads them asks for bytes in any order, so they are unpacked as a whole: into
// memory while they are small, else into a temporary file that has no name any more
// when it is written.  Blocks of zeros, of which a dump has many, are left out of it.
//
// A few bytes can unpack to more than a disk holds.  So what is not zeros may not be more
// than a thousand times what it was packed to (gzip cannot do better than that; dumps
// come to one in five or so), all of it not more than ten thousand times, and the disk is
// not filled.

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/input.h"

#include "unpacker.h"

#define BLOCK ((size_t)4096)
#define BUFFER ((size_t)1 << 20)
#define IN_MEMORY (UINT64_C(64) << 20)	/* bytes, before a file is made */
#define MOST_RATIO 1000
#define MOST_ZEROS_RATIO 10000
#define ZEROS 16			/* times the limit of other bytes */
#define KEEP_FREE 20			/* one part in so many of the disk */

/** Where the unpacked bytes go. */
struct target {
	const char *name;	/* of the packed file */
	int fd;
	bool in_memory;
	uint64_t free;		/* bytes that any file may unpack to */
	uint64_t size;		/* zeros included */
	uint64_t stored;	/* without the zeros that were left out */
	uint64_t checked;	/* stored, when the disk was looked at last */
};

static struct rw_error *no_room(const struct target *target, int errnum)
{
	return rw_error_create(RW_ERROR_OS,
			       "%s: cannot be unpacked: %s after %" PRIu64 " MiB; make room in "
			       "the folder that TMPDIR names, or unpack it by hand",
			       target->name, strerror(errnum), target->stored >> 20);
}

static const char *folder(void)
{
	const char *dir = getenv("TMPDIR");

	// Dumps are large, and /tmp may be in memory.
	return dir && *dir ? dir : access("/var/tmp", W_OK) ? "/tmp" : "/var/tmp";
}

/** A file without a name. */
static int temporary(void)
{
	char path[4096];
	int fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	if ((size_t)snprintf(path, sizeof(path), "%s/rewalk-XXXXXX", folder()) >= sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static struct rw_error *write_at(struct target *target, int fd, const uint8_t *bytes, size_t size,
				 uint64_t off)
{
	while (size) {
		ssize_t nr = pwrite(fd, bytes, size, (off_t)off);

		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0)
			return no_room(target, nr ? errno : ENOSPC);
		bytes += nr;
		size -= nr;
		off += nr;
	}
	return NULL;
}

/** It has become too large for memory: what there is moves to a file. */
static struct rw_error *leave_memory(struct target *target)
{
	_cleanup_free_ uint8_t *buf = malloc(BLOCK);
	int fd = temporary();
	struct rw_error *err = fd < 0 ? no_room(target, errno) : buf ? NULL : &rw_enomem;

	for (uint64_t off = 0; !err && off < target->size; off += BLOCK) {
		ssize_t nr = pread(target->fd, buf, BLOCK, (off_t)off);

		if (nr < 0)
			err = no_room(target, errno);
		else if (nr && (buf[0] || memcmp(buf, buf + 1, nr - 1)))
			err = write_at(target, fd, buf, nr, off);
	}
	if (err) {
		if (fd >= 0)
			close(fd);
		return err;
	}
	close(target->fd);
	target->fd = fd;
	target->in_memory = false;
	return NULL;
}

/** The disk is everybody's: leave some of it. */
static struct rw_error *check_disk(struct target *target)
{
	struct statvfs st;

	if (target->stored - target->checked < IN_MEMORY)
		return NULL;
	target->checked = target->stored;
	if (fstatvfs(target->fd, &st) || st.f_bavail >= st.f_blocks / KEEP_FREE)
		return NULL;
	return no_room(target, ENOSPC);
}

static struct rw_error *put(struct target *target, const uint8_t *bytes, size_t size)
{
	struct rw_error *err = NULL;

	while (!err && size) {
		size_t part = BLOCK - target->size % BLOCK;

		if (part > size)
			part = size;
		if (bytes[0] || memcmp(bytes, bytes + 1, part - 1)) {
			if (target->in_memory && target->stored >= IN_MEMORY)
				err = leave_memory(target);
			if (!err && !target->in_memory)
				err = check_disk(target);
			if (!err)
				err = write_at(target, target->fd, bytes, part, target->size);
			target->stored += part;
		}
		target->size += part;
		bytes += part;
		size -= part;
	}
	return err;
}

static struct rw_error *too_much(const struct target *target, uint64_t packed)
{
	return rw_error_create(RW_ERROR_FORMAT,
			       "%s: %" PRIu64 " bytes of it unpack to more than %" PRIu64
			       " MiB, which no dump does; if it is one, unpack it by hand",
			       target->name, packed, target->size >> 20);
}

static bool is_too_much(const struct target *target, uint64_t packed)
{
	uint64_t most = packed * MOST_RATIO, most_zeros = packed * MOST_ZEROS_RATIO;

	return (target->stored > target->free && target->stored > most) ||
	       (target->size / ZEROS > target->free && target->size > most_zeros);
}

static void close_unpacker(struct rw_unpacker **unpacker)
{
	rw_unpacker_close(*unpacker);
}

static struct rw_error *unpack_to(struct target *target, const uint8_t *bytes, size_t size)
{
	__attribute__((__cleanup__(close_unpacker))) struct rw_unpacker *unpacker = NULL;
	_cleanup_free_ uint8_t *buf = malloc(BUFFER);
	size_t nr = 1;

	struct rw_error *err = buf ? rw_unpacker_open(bytes, size, &unpacker) : &rw_enomem;
	while (!err && nr) {
		err = rw_unpacker_read(unpacker, buf, BUFFER, &nr);
		if (err)
			return rw_error_prefix(err, "%s: after %" PRIu64 " unpacked bytes",
					       target->name, target->size);
		err = put(target, buf, nr);
		if (!err && is_too_much(target, rw_unpacker_used(unpacker)))
			return too_much(target, rw_unpacker_used(unpacker));
		if (err)
			return err;
	}
	return rw_error_prefix(err, "%s", target->name);
}

struct rw_error *rw_unpack(const uint8_t *bytes, size_t size, const char *name, uint64_t limit,
			   int *fd_ret)
{
	struct target target = { .name = name, .in_memory = true, .free = limit };

	target.fd = memfd_create("rewalk", MFD_CLOEXEC);
	if (target.fd < 0) {
		target.in_memory = false;
		target.fd = temporary();
	}
	if (target.fd < 0)
		return no_room(&target, errno);
	struct rw_error *err = unpack_to(&target, bytes, size);
	if (!err && ftruncate(target.fd, (off_t)target.size))
		err = no_room(&target, errno);
	if (err) {
		close(target.fd);
		return err;
	}
	*fd_ret = target.fd;
	return NULL;
}

bool rw_file_is_packed(const struct rw_file *file)
{
	return rw_packing_name(file->bytes, file->size);
}

size_t rw_file_peek(const struct rw_file *file, uint8_t *buf, size_t size)
{
	__attribute__((__cleanup__(close_unpacker))) struct rw_unpacker *unpacker = NULL;
	size_t used = 0, nr = 1;

	if (!rw_file_is_packed(file)) {
		used = file->size < size ? file->size : size;
		if (used)
			memcpy(buf, file->bytes, used);
		return used;
	}
	struct rw_error *err = rw_unpacker_open(file->bytes, file->size, &unpacker);
	for (; !err && nr && used < size; used += nr)
		err = rw_unpacker_read(unpacker, buf + used, size - used, &nr);
	rw_error_destroy(err);
	return used;
}

struct rw_error *rw_file_unpack(struct rw_file *file)
{
	int fd = -1;

	if (!rw_file_is_packed(file))
		return NULL;
	struct rw_error *err = rw_file_complete(file, RW_UNPACK_LIMIT);
	if (err)
		return err;
	err = rw_unpack(file->bytes, file->size, file->name, RW_UNPACK_LIMIT, &fd);
	if (err)
		return err;
	off_t size = lseek(fd, 0, SEEK_END);
	void *bytes = size > 0 ? mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	int errnum = errno;

	if (size < 0 || bytes == MAP_FAILED) {
		close(fd);
		return rw_error_os(errnum, "%s: what it unpacks to cannot be mapped", file->name);
	}
	if (file->fd > STDERR_FILENO)
		close(file->fd);
	file->fd = fd;
	if (file->mapped)
		munmap((void *)file->bytes, file->size);
	else
		free((void *)file->bytes);
	file->bytes = bytes;
	file->size = (size_t)size;
	file->mapped = bytes;
	return NULL;
}

struct rw_error *rw_unpack_path(const char *path, int *fd)
{
	struct rw_file file;
	struct rw_error *err = rw_file_init(path, 0, &file);
	int unpacked = -1;

	if (err) {
		rw_error_destroy(err);
		return NULL;
	}
	if (rw_file_is_packed(&file))
		err = rw_unpack(file.bytes, file.size, "beginning", RW_UNPACK_LIMIT, &unpacked);
	rw_file_deinit(&file);
	if (unpacked < 0)
		return err;
	close(*fd);
	*fd = unpacked;
	return NULL;
}
