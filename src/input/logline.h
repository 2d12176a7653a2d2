/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a text, without what consoles, log daemons and mail put in
 * front of them.  Nothing is copied; a line may hold any byte but '\n'.
 */
#ifndef REWALK_INPUT_LOGLINE_H
#define REWALK_INPUT_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A text that is read line by line. */
struct rw_loglines {
	const char *next, *end;
	size_t number;		/* of the line that was read last, from 1 */
};

/**
 * One line.  @text points into the text, behind the prefixes, and keeps the
 * blanks that belong to the message; carriage returns and colours at its end
 * are left out of @size.
 */
struct rw_logline {
	const char *text;
	size_t size;
	size_t number;
	bool terminated;	/* false: the text ended here, perhaps in mid-line */
	bool stamped;		/* a logger wrote it: time, level, tag or caller was cut off */
	uint64_t caller;	/* who printed it (CONFIG_PRINTK_CALLER); 0 if not said */
};

/** @caller of task PID n ("[   T12]") and of CPU n out of a task ("[    C3]"). */
#define RW_LOGLINE_TASK(n)	(UINT64_C(1) << 32 | (uint32_t)(n))
#define RW_LOGLINE_CPU(n)	(UINT64_C(2) << 32 | (uint32_t)(n))

/** Begin at the first line of @text, which must outlive all lines read from it. */
void rw_loglines_init(struct rw_loglines *lines, const char *text, size_t size);

/** Read the next line.  @return False at the end of the text; @ret is untouched then. */
bool rw_logline_next(struct rw_loglines *lines, struct rw_logline *ret);

/**
 * The same of one line that a caller has found: [@start, @stop), without its '\n'.
 * @number and @terminated are for the caller to set.
 */
void rw_logline_parse(const char *start, const char *stop, struct rw_logline *ret);

/** Does the line begin with @word? */
bool rw_logline_begins(const struct rw_logline *line, const char *word);

#endif
