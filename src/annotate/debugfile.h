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
 * Open the ELF file at @path, which may be packed (gzip, xz, zstd).  Nothing is read but
 * its headers and notes.
 *
 * @param fd   Open on @path and unpacked already, to be left open; -1: to be opened.
 * @param ret  Owned by the caller; untouched on failure.
 * @return NULL; RW_ERROR_OS; RW_ERROR_FORMAT for what is no little-endian 64-bit ELF file;
 *         errors of unpacking.
 */
struct rw_error *rw_debug_file_open(const char *path, int fd, struct rw_debug_file **ret);

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

/* ---- modules ---------------------------------------------------------------- */

/*
 * A module is not linked: its sections have no addresses, and its debug information is
 * relocated as if section N lay at N << 32.
 */

/** The address of the byte at @offset in a section; false if there is no such byte. */
bool rw_debug_file_address(const struct rw_debug_file *file, const char *section,
			   uint64_t offset, uint64_t *ret);

/**
 * The address of a function by its name.  Of several with one name it is the one that has
 * @size bytes to the next symbol of its section, as the kernel counts them; without such a
 * one, none.
 *
 * @param size  0: not known.
 */
bool rw_debug_file_symbol(struct rw_debug_file *file, const char *name, uint64_t size,
			  uint64_t *ret);

/** The name of the last function at or below @addr in its section, borrowed; NULL: none. */
const char *rw_debug_file_function(struct rw_debug_file *file, uint64_t addr);

#endif
