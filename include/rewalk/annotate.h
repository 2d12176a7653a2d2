/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is added to frames for people: names as the kernel prints them.  Looked up
 * for what is printed only, and once for each pc.
 */
#ifndef REWALK_ANNOTATE_H
#define REWALK_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/kernel.h"

/** The name of a pc.  Strings are borrowed from the rw_names. */
struct rw_name {
	uint64_t pc;
	const char *printed;	/* "schedule+0x60/0x100 [mod]", or "0x…" alone */
	const char *symbol;	/* NULL: the address is in no function that is known */
	uint64_t offset, size;
	const char *module;	/* NULL: in the kernel's image, or not known */
};

struct rw_names;

/** @return NULL without memory; to be freed with rw_names_destroy(). */
struct rw_names *rw_names_create(const struct rw_kernel *kernel);
void rw_names_destroy(struct rw_names *names);

/** The name of @pc, borrowed until the next call that names another pc or destroy. */
const struct rw_name *rw_names_find(struct rw_names *names, uint64_t pc);

#endif
