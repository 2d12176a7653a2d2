/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that hold physical memory uncompressed: which range of RAM lies where in
 * which file.
 */
#ifndef REWALK_INPUT_MEMORY_FILES_H
#define REWALK_INPUT_MEMORY_FILES_H

#include <stdint.h>

#include "extents.h"

struct rw_error;
struct rw_losses;
struct rw_notes;
struct rw_stream;

/**
 * The memory and the notes of an ELF core.
 *
 * @param source  The number of the file, for the extents.
 * @param ram     Gets extents, settled among themselves: the offset of bytes
 *                that are there, or the status of those that are not.
 * @return NULL, RW_ERROR_FORMAT, RW_ERROR_UNSUPPORTED, RW_ERROR_MISMATCH or
 *         &rw_enomem.
 */
struct rw_error *rw_elfcore_read(const struct rw_stream *stream, uint32_t source,
				 struct rw_extents *ram, struct rw_notes *notes,
				 struct rw_losses *losses);

/** The same for a LiME file. */
struct rw_error *rw_lime_read(const struct rw_stream *stream, uint32_t source,
			      struct rw_extents *ram, struct rw_losses *losses);

/** The same for a bank of RAM at the physical address @base. */
struct rw_error *rw_bank_read(const struct rw_stream *stream, uint32_t source, uint64_t base,
			      struct rw_extents *ram);

#endif
