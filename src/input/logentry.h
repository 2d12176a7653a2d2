/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of a printed trace, as it stands in its line; see logentry.c. */
#ifndef REWALK_INPUT_LOGENTRY_H
#define REWALK_INPUT_LOGENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A part of a line.  @size 0: there is none. */
struct rw_part {
	const char *p;
	size_t size;
};

struct rw_logentry {
	struct rw_part text;	/* name, numbers and module; or the bare address */
	struct rw_part name, module, build_id, decoded;
	uint64_t offset, length, address;
	bool has_offset, has_address;
	bool zero_address;	/* "[<0>]": an address that is kept secret */
	bool inlined;		/* a tool's "name file.c:12 [inline]": no entry of the walk */
	bool damaged;		/* something else follows */
	char marks[8];
};

/**
 * Read [@p, @end), a message without the prefixes of its line, as an entry.
 *
 * @param decoded_too  "name (file.c:12)" and "name+0x1/0x2 file.c:12" count as well.
 * @return False if it is none; @ret is untouched then.
 */
bool rw_logentry_parse(const char *p, const char *end, bool decoded_too, struct rw_logentry *ret);

#endif
