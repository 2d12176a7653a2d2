// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a list of symbols: opened, and where that goes well, asked everything.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rewalk/error.h"
#include "rewalk/image.h"

static void ask(const struct rw_image *image)
{
	size_t nr;
	const struct rw_range *ranges = rw_image_ranges(image, &nr);
	uint64_t addr;
	char what[RW_SYMBOL_NAME_SIZE];

	if (!nr || rw_image_sym_code_known(image))
		abort();
	for (size_t i = 0; i < nr; i++) {
		const uint64_t addrs[] = { ranges[i].start, ranges[i].end - 1, ranges[i].end + 4 };

		if (ranges[i].start >= ranges[i].end)
			abort();
		for (size_t j = 0; j < 3; j++) {
			struct rw_symbol symbol;

			if (rw_image_symbolize(image, addrs[j], &symbol) &&
			    (addrs[j] - symbol.addr >= symbol.size || !symbol.name[0]))
				abort();
		}
	}
	if (!rw_image_symbol(image, "_stext", &addr))
		abort();
	rw_image_symbol(image, "no such symbol", &addr);
	// It is at least its own kernel's.
	if (!rw_image_agrees(image, image, 0, what))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rw_image *image = NULL;
	char path[64];
	int fd = memfd_create("names", MFD_CLOEXEC);

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct rw_error *err = rw_image_open(path, &image);
	if (err && (!err->message || strchr(err->message, '\n')))
		abort();
	if (!err && rw_image_kind(image) != RW_IMAGE_VMLINUX)
		ask(image);
	rw_error_destroy(err);
	rw_image_close(image);
	close(fd);
	return 0;
}
