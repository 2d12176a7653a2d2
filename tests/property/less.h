/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenes with facts taken away. */
#ifndef REWALK_PROPERTY_LESS_H
#define REWALK_PROPERTY_LESS_H

#include "scene.h"

/** The variants: a fact each, and from LESS_SEVERAL on several at once. */
enum {
	LESS_STACK,
	LESS_TEXT = LESS_STACK + RW_NR_STACKS,
	LESS_ALL_TEXT = LESS_TEXT + NR_TEXT,
	LESS_FGRAPH, LESS_FGRAPH_OLDER, LESS_FGRAPH_ENTRY, LESS_KRETPROBES, LESS_KRETPROBES_OLDER,
	LESS_HANDLER, LESS_TRAMPOLINE, LESS_SLIDE,
	LESS_PREEMPTIBLE, LESS_IN_NMI, LESS_IN_EFI, LESS_CURRENT,
	LESS_VA_BITS, LESS_PTRAUTH, LESS_PAUTH_HW, LESS_LISTS,
	LESS_TABLE, LESS_ASSEMBLY, LESS_READY, LESS_VECTORS, LESS_FORK,
	LESS_LAYOUT,
	LESS_WORD,
	LESS_TOP = LESS_WORD + 8, LESS_BOTTOM, LESS_BYTES, LESS_ALL_STACKS,
	NR_SINGLE,
	LESS_SEVERAL = NR_SINGLE,
	NR_LESS = LESS_SEVERAL + 6,
};

/**
 * The scene of @p with less in it, by variant @n.
 *
 * @param but_last  Of several facts, the last one is left.
 * @param what      In words, what is missing.
 * @return False: nothing is, or it makes no difference.
 */
bool scene_reduce(const struct plan *p, const struct scene *full, unsigned int n, bool but_last,
		  struct scene *ret, char *what, size_t size);

#endif
