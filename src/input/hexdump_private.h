/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text's hex dumps, while it is read. */
#ifndef REWALK_INPUT_HEXDUMP_PRIVATE_H
#define REWALK_INPUT_HEXDUMP_PRIVATE_H

#include "hexline.h"
#include "hexorder.h"
#include "hexpieces.h"

/** What a command says of the addresses that its answer has. */
enum rw_hexdump_command {
	RW_HEXDUMP_COMMAND_NONE,
	RW_HEXDUMP_COMMAND_VIRTUAL,
	RW_HEXDUMP_COMMAND_PHYSICAL,
};

struct rw_hexdump {
	struct rw_hexrows rows;		/* of the dump that is open; none: it is not */
	bool stamped;			/* a logger wrote its lines */
	enum rw_hexdump_space space;
	size_t column;			/* of its last row's printable characters */
	size_t last_line;		/* that belonged to it */

	enum rw_hexdump_command command;		/* the last one that was seen */
	struct rw_hexpieces pieces;
	struct rw_hexspans spans;
	struct {
		struct rw_hexdump_name *data;
		size_t nr, capacity;
	} names;
	struct {
		struct rw_hexdump_note *data;
		size_t nr, capacity;
	} notes;
	size_t nr_lines;		/* that belong to dumps */
	size_t baseless;		/* first line of a dump of offsets */
	size_t addressed;		/* first line of a dump with addresses */
	size_t undecided;		/* first line of a dump whose offsets are not clear */
	size_t hint_line;
	const char *hint;
};

/** Remember the first line that may have been meant. */
void rw_hexdump_note_hint(struct rw_hexdump *dump, size_t line, const char *text);

/** End the dump that is open, if there is one: decide what its rows tell, and take them. */
struct rw_error *rw_hexdump_close(struct rw_hexdump *dump);

/* ---- hexrows.c --------------------------------------------------------------- */

/** Is @addr, in the line behind the last row, what comes next, however it is read? */
bool rw_hexdump_is_next(const struct rw_hexdump *dump, uint64_t addr, size_t number);

/** Take a row; one that does not belong to the open dump begins another. */
struct rw_error *rw_hexdump_row(struct rw_hexdump *dump, struct rw_hexline *line, bool stamped,
				size_t number);

#endif
