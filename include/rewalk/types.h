/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Struct layouts of a kernel, from BTF where there is BTF, else from the DWARF
 * of the one compilation unit that covers a known function.
 */
#ifndef REWALK_TYPES_H
#define REWALK_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_error;
struct rw_image;
struct rw_types;

/**
 * One question: a struct, and a member by its path, or NULL for the struct itself.
 *
 * Of an array, is_pointer, to_struct and is_struct tell about its elements.  Of a
 * bit field, offset and size are those of the bytes that it touches.
 */
struct rw_type_query {
	const char *type;	/* "task_struct": a struct, a union, an enum, a typedef */
	const char *member;	/* "thread.cpu_context.fp", "mem[0].base"; an enumerator; NULL */
	/* the answer */
	bool found;
	uint32_t offset;	/* bytes from the beginning of the struct; 0 for @member NULL */
	uint32_t size;		/* bytes of the member, or of the struct */
	uint32_t nr;		/* elements, where the member is an array; else 1 */
	uint32_t elem_size;	/* bytes of one element */
	uint64_t value;		/* of an enumerator, sign-extended where the type is signed */
	bool is_pointer;	/* the member is a pointer … */
	bool to_struct;		/* … to a struct or union (else to an integer, void, …) */
	bool is_struct;		/* the member is itself a struct or union */
};

/**
 * The types of an image, from its .BTF section, else from its DWARF.  While BTF is
 * read, libbpf's print function (libbpf_set_print(), one for the process) is put
 * aside.  DWARF knows only what the units of some well-chosen functions use.
 *
 * @param ret  For rw_types_close(); untouched on failure.  The image must outlive it, and
 *             keeps what was read until it is closed: to ask again costs nothing.
 * @return NULL; RW_ERROR_MISSING if the image has neither (the message says how to
 *         get them); RW_ERROR_FORMAT if they are damaged; RW_ERROR_UNSUPPORTED if
 *         this build has no reader for what is there.
 */
struct rw_error *rw_types_open(const struct rw_image *image, struct rw_types **ret);

/** As rw_types_open(), from the bytes of a .BTF section (out of a dump, or a file); copied. */
struct rw_error *rw_types_open_btf(const uint8_t *bytes, size_t size, struct rw_types **ret);

void rw_types_close(struct rw_types *types);

/** "BTF" or "DWARF". */
const char *rw_types_origin(const struct rw_types *types);

/**
 * Answer @nr queries in one pass.  A type or member that is not there has
 * found == false, which is an answer, not an error.  Of several structs with one
 * name the one that has the wanted member counts, the largest of those.  Unnamed
 * struct and union members are looked through.
 *
 * @return NULL; RW_ERROR_FORMAT for types that contain themselves without end.
 */
struct rw_error *rw_types_query(const struct rw_types *types, struct rw_type_query *queries,
				size_t nr);

/**
 * The per-CPU variables that BTF has: DWARF is not asked.
 *
 * @param i        Where the last call stopped; 0 at first.
 * @param off_ret  Bytes from the beginning of the section of them all (__per_cpu_start).
 * @return False after the last.
 *
 * Source: pahole writes a DATASEC ".data..percpu" and a VAR for each, since 5.9.
 */
bool rw_types_next_percpu(const struct rw_types *types, size_t *i, const char **name_ret,
			  uint32_t *off_ret);

#endif
