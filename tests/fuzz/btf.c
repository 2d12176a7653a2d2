// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a .BTF section, as they could come out of a damaged dump.

#include <stdint.h>
#include <stdlib.h>

#include "rewalk/error.h"
#include "rewalk/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rw_type_query queries[] = {
		{ .type = "task" },
		{ .type = "task", .member = "pid" },
		{ .type = "task", .member = "comm[3]" },
		{ .type = "task", .member = "mem[2].size" },
		{ .type = "task", .member = "grid[1][2]" },
		{ .type = "task", .member = "parent" },
		{ .type = "task", .member = "b" },
		{ .type = "task_t", .member = "ctx.pc" },
		{ .type = "colour", .member = "BLUE" },
	};
	const size_t nr = sizeof(queries) / sizeof(queries[0]);
	struct rw_types *types = NULL;
	struct rw_error *err = rw_types_open_btf(data, size, &types);

	if (!err)
		err = rw_types_query(types, queries, nr);
	for (size_t i = 0; !err && i < nr; i++) {
		// What is answered lies within 32 bits, and an element within the whole.
		if (queries[i].found && queries[i].nr > 1 &&
		    queries[i].elem_size > queries[i].size && queries[i].size)
			abort();
	}
	rw_error_destroy(err);
	rw_types_close(types);
	return 0;
}
