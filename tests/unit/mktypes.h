/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same few types as BTF and as DWARF:
 *
 *   struct ctx { long fp, pc; };
 *   struct mem { void *base; unsigned int size; };
 *   typedef struct task {
 *           int pid;
 *           struct { long state; char comm[16]; };
 *           struct ctx ctx;
 *           struct mem mem[3];
 *           const struct task *parent;
 *           long *words;
 *           int grid[2][4];
 *           unsigned int a : 3, b : 7;
 *           (up to 160 bytes)
 *   } task_t;
 *   enum colour { RED = 1, BLUE = 7 };
 */
#ifndef MKTYPES_H
#define MKTYPES_H

#include <stddef.h>
#include <stdint.h>

/** The text that the DWARF is about. */
#define MK_TYPES_TEXT 0xffff800008010000

enum {
	MK_TYPES_TEXT_SIZE = 0x100,
};

/** .debug_info */
struct mk_dwarf {
	uint8_t bytes[1024];
	size_t size;
};

void mk_dwarf(struct mk_dwarf *ret);

/** .debug_abbrev */
extern const uint8_t mk_abbrevs[];
extern const size_t mk_abbrevs_size;

#ifdef HAVE_LIBBPF
struct btf;

/**
 * To be freed with btf__free().  There is a lesser struct task besides, which
 * has 8 bytes, nothing_else and pid.
 */
struct btf *mk_btf(void);
#endif

#endif
