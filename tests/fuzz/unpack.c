// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes behind the first ones of a packed file.

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rewalk/error.h"
#include "rewalk/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const magics[] = { "\x1f\x8b\x08", ("\xfd" "7zXZ"), "\x28\xb5\x2f\xfd" };
	struct rw_file file = { .name = (char *)"fuzz" };
	uint8_t head[64];
	int fd = -1;

	if (!size || bytes[0] > 2)
		return 0;
	// The beginning is given, for it is what brings bytes here.
	uint8_t *copy = calloc(1, size + 8);
	if (!copy)
		return 0;
	size_t magic = strlen(magics[bytes[0]]) + (bytes[0] == 1);
	memcpy(copy, magics[bytes[0]], magic);
	memcpy(copy + magic, bytes + 1, size - 1);
	file.bytes = copy;
	file.size = magic + size - 1;
	if (!rw_file_is_packed(&file))
		abort();
	size_t nr = rw_file_peek(&file, head, sizeof(head));
	struct rw_error *err = rw_unpack(copy, file.size, "fuzz", 1 << 20, &fd);
	if (!err) {
		off_t unpacked = lseek(fd, 0, SEEK_END);

		if (unpacked < 0 || (size_t)unpacked < nr ||
		    (nr < sizeof(head) && (size_t)unpacked != nr))
			abort();
		close(fd);
	} else if (fd != -1 || strchr(err->message, '\n')) {
		abort();
	}
	rw_error_destroy(err);
	free(copy);
	return 0;
}
