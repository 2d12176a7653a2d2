// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines of a text of any length, through a buffer of fixed size.
//
// A line that does not fit into it comes in pieces. Where the bytes come from:
//
//   a regular file   pread(), so that no page of its mapping is touched
//   a pipe           read(), and what was read is kept in the file as well
//   bytes            that were read (or decompressed) before

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/printed.h"

#define BUFFER_SIZE ((size_t)256 << 10)

struct rw_text {
	struct rw_file *file;
	size_t limit;
	size_t off;		/* in the file: of the byte behind the buffer's last */
	size_t kept_room;
	bool at_end, is_log;
	size_t number;
	bool in_line;		/* the last piece did not end its line */
	size_t start, end;	/* what is in the buffer */
	char *buffer;
};

struct rw_error *rw_text_open(struct rw_file *file, size_t limit, struct rw_text **ret)
{
	struct rw_text *text = calloc(1, sizeof(*text));

	if (!text)
		return &rw_enomem;
	text->buffer = malloc(BUFFER_SIZE);
	if (!text->buffer) {
		free(text);
		return &rw_enomem;
	}
	text->file = file;
	text->limit = limit;
	*ret = text;
	return NULL;
}

void rw_text_close(struct rw_text *text)
{
	if (!text)
		return;
	free(text->buffer);
	free(text);
}

static struct rw_error *read_error(const struct rw_text *text)
{
	return rw_error_os(errno, "%s: cannot be read after %zu bytes", rw_file_said(text->file),
			   text->off);
}

/** Add to the bytes of a pipe what was read, or give them up. */
static struct rw_error *keep(struct rw_text *text, const char *bytes, size_t size)
{
	struct rw_file *file = text->file;

	if (file->dropped)
		return NULL;
	if (text->is_log && file->size + size > RW_TEXT_LOG_KEEP) {
		free((void *)file->bytes);
		file->bytes = NULL;
		file->size = 0;
		file->dropped = true;
		return NULL;
	}
	if (size > text->limit || file->size > text->limit - size)
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: longer than the %zu bytes that are read from what is "
				       "no regular file, and without a trace; save it in a file "
				       "and name that", rw_file_said(text->file), text->limit);
	if (file->size + size > text->kept_room) {
		size_t room = 2 * (file->size + size);
		uint8_t *grown = realloc((void *)file->bytes, room);

		if (!grown)
			return &rw_enomem;
		file->bytes = grown;
		text->kept_room = room;
	}
	memcpy((uint8_t *)file->bytes + file->size, bytes, size);
	file->size += size;
	return NULL;
}

/** Put more bytes behind those in the buffer, which has room. */
static struct rw_error *fill(struct rw_text *text)
{
	struct rw_file *file = text->file;
	char *to = text->buffer + text->end;
	size_t room = BUFFER_SIZE - text->end;
	ssize_t nr;

	if (!file->mapped && !file->dropped && text->off < file->size) {
		nr = file->size - text->off < room ? file->size - text->off : room;
		memcpy(to, file->bytes + text->off, nr);
	} else if (!file->mapped && !file->unread) {
		nr = 0;
	} else {
		do
			nr = file->mapped ? pread(file->fd, to, room, (off_t)text->off) :
			     read(file->fd, to, room);
		while (nr < 0 && errno == EINTR);
		if (nr < 0)
			return read_error(text);
		if (file->unread && nr) {
			struct rw_error *err = keep(text, to, nr);

			if (err)
				return err;
		}
		file->unread &= nr != 0;
	}
	text->at_end = !nr;
	text->off += nr;
	text->end += nr;
	return NULL;
}

void rw_text_is_log(struct rw_text *text)
{
	text->is_log = true;
}

struct rw_error *rw_text_next(struct rw_text *text, struct rw_text_line *ret, bool *more_ret)
{
	size_t seen = 0;
	const char *newline = NULL;

	for (;;) {
		const char *from = text->buffer + text->start + seen;
		size_t size = text->end - text->start;

		if (size > seen)
			newline = memchr(from, '\n', size - seen);
		if (newline || size == BUFFER_SIZE || text->at_end)
			break;
		seen = size;
		if (text->start) {
			memmove(text->buffer, text->buffer + text->start, size);
			text->start = 0;
			text->end = size;
		}
		struct rw_error *err = fill(text);
		if (err)
			return err;
	}
	const char *start = text->buffer + text->start;
	size_t size = newline ? (size_t)(newline + 1 - start) : text->end - text->start;

	*more_ret = size;
	if (!size)
		return NULL;
	*ret = (struct rw_text_line){
		.text = start,
		.size = size,
		.number = text->in_line ? text->number : ++text->number,
		.begins = !text->in_line,
		.ends = newline || text->at_end,
		.newline = newline,
	};
	text->in_line = !ret->ends;
	text->start += size;
	return NULL;
}
