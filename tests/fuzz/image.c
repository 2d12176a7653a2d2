// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a vmlinux: opened, and where that goes well, asked everything.
// The file is one in memory, as rw_image_open() takes a path.

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rewalk/error.h"
#include "rewalk/image.h"
#include "rewalk/types.h"

static void ask_types(const struct rw_image *image)
{
	struct rw_type_query queries[] = {
		{ .type = "task", .member = "grid[1][2]" },
		{ .type = "task", .member = "mem[2].size" },
		{ .type = "colour", .member = "BLUE" },
		{ .type = "task_t" },
	};
	struct rw_types *types = NULL;
	struct rw_error *err = rw_types_open(image, &types);

	if (!err)
		err = rw_types_query(types, queries, sizeof(queries) / sizeof(queries[0]));
	rw_error_destroy(err);
	rw_types_close(types);
}

static void ask(const struct rw_image *image)
{
	size_t nr, size;
	const struct rw_range *ranges = rw_image_ranges(image, &nr);
	uint64_t addr;

	for (size_t i = 0; i < nr; i++) {
		const uint64_t addrs[] = { ranges[i].start, ranges[i].end - 1, ranges[i].end + 4 };

		for (size_t j = 0; j < 3; j++) {
			struct rw_symbol symbol;
			uint8_t bytes[24];

			if (rw_image_symbolize(image, addrs[j], &symbol) &&
			    addrs[j] - symbol.addr >= symbol.size)
				abort();
			rw_image_read(image, addrs[j] - 12, bytes, sizeof(bytes));
			if (j < 2 && ranges[i].kind == RW_RANGE_SYM_CODE &&
			    !rw_image_in_sym_code(image, addrs[j]))
				abort();
		}
	}
	rw_image_symbol(image, "no such symbol", &addr);
	rw_image_build_id(image, &size);
	rw_image_section(image, ".text", &size);
	ask_types(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rw_image *image = NULL;
	char path[64];
	int fd = memfd_create("vmlinux", MFD_CLOEXEC);

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct rw_error *err = rw_image_open(path, &image);
	if (!err)
		ask(image);
	else if (!err->message)
		abort();
	rw_error_destroy(err);
	rw_image_close(image);
	close(fd);
	return 0;
}
