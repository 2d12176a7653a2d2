/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps that several tests use: each byte of RAM is mk_ram() of its address and
 * never 0, so a byte that is read tells whether it is the right one.
 */
#ifndef REWALK_TESTS_DUMPS_H
#define REWALK_TESTS_DUMPS_H

#include "mkdump.h"
#include "rewalk/dump.h"
#include "rewalk/error.h"

#define BASE UINT64_C(0x40000000)

/** The VMCOREINFO of all of them. */
extern const char info[];

/**
 * A dump in memory.  Each file is a copy of exactly its size, so that a sanitizer
 * sees what is read behind its end.
 */
struct opened {
	struct rw_file files[8];
	struct rw_dump_source sources[8];
	size_t nr;
	struct rw_dump *dump;
	struct rw_error *err;
};

/** Add a copy of @bytes; create() joins what was added, and sets @dump or @err. */
void add_file(struct opened *o, const uint8_t *bytes, size_t size, enum rw_dump_format format,
	      uint64_t base, const char *name);
void create(struct opened *o);
void open_one(struct opened *o, const struct mk *mk, enum rw_dump_format format);
void close_dump(struct opened *o);

/** All of [@pa, @pa + @size) has this status, read by span and as a whole. */
void expect(const struct opened *o, uint64_t pa, size_t size, enum rw_dump_status status);

/** Whatever can be read is right; returns how many blocks of 512 bytes that is. */
size_t check_all(const struct opened *o, uint64_t start, uint64_t end);

/** A loss, or the error, says @part. */
void expect_loss(const struct opened *o, const char *part);
void expect_error(const struct opened *o, enum rw_error_code code, const char *part);
size_t nr_lost(const struct opened *o);

/** Two CPUs' registers and a VMCOREINFO, as QEMU or a dying kernel writes them. */
void make_notes(struct mk *notes, bool qemu);
void check_notes(const struct opened *o, bool qemu);

/** Segments that overlap, have less bytes than memory, and are in no order. */
void make_core(struct mk *ret, const struct mk *notes, bool xnum);
void check_core(const struct opened *o);

/**
 * RAM from page 16 to 64, of which 20 to 23 are left out; all of it, or one of
 * three parts of a set (@part -1, or 0 to 2).  Returns where the descriptors are.
 */
size_t make_kdump(struct mk *ret, uint32_t block, enum mk_codec codec, int part,
		  const struct mk *notes);
void check_kdump(const struct opened *o, uint64_t block);

#endif
