/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ELF file with debug information: a vmlinux, a module, or the .debug file of
 * either.
 */
#ifndef REWALK_ANNOTATE_DEBUGFILE_H
#define REWALK_ANNOTATE_DEBUGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_debug_file;
struct rw_dwarf;
struct rw_error;

/**
 * Open the ELF file at @path.  Nothing is read but its headers and notes.
 *
 * @param ret  Owned by the caller; untouched on failure.
 * @return NULL; RW_ERROR_OS; RW_ERROR_FORMAT for what is no little-endian 64-bit ELF file.
 */
struct rw_error *rw_debug_file_open(const char *path, struct rw_debug_file **ret);

/** NULL is accepted; what rw_debug_file_dwarf() gave is gone. */
void rw_debug_file_close(struct rw_debug_file *file);

const char *rw_debug_file_path(const struct rw_debug_file *file);

/** Has it any .debug_info, in whatever form? */
bool rw_debug_file_has_dwarf(const struct rw_debug_file *file);

/** The GNU build-id, borrowed; NULL if there is none. */
const uint8_t *rw_debug_file_build_id(const struct rw_debug_file *file, size_t *size_ret);

/**
 * Its DWARF, unpacked where it is compressed; borrowed.
 *
 * @return NULL; RW_ERROR_FORMAT for a section that cannot be unpacked; &rw_enomem.
 */
struct rw_error *rw_debug_file_dwarf(struct rw_debug_file *file, struct rw_dwarf **ret);

#endif
