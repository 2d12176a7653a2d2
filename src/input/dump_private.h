/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dump is made of; for dump.c, which joins files, and dump_memory.c, which reads. */
#ifndef REWALK_INPUT_DUMP_PRIVATE_H
#define REWALK_INPUT_DUMP_PRIVATE_H

#include <stddef.h>

#include "diskdump.h"
#include "extents.h"
#include "losses.h"
#include "notes.h"
#include "rewalk/dump.h"
#include "stream.h"

struct rw_dump {
	struct rw_stream *streams;	/* one for each source */
	size_t nr_streams;
	struct rw_extents ram;		/* settled; source is an index of streams */
	struct rw_diskdump *set;	/* joined */
	size_t nr_set;
	struct rw_page_reader reader;
	struct rw_notes notes;
	struct rw_losses losses;
	const char *format_name;
};

#endif
