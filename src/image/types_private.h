/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between types.c, which follows a member's path, and the two readers, which
 * know how a type is written down.
 */
#ifndef TYPES_PRIVATE_H
#define TYPES_PRIVATE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/types.h"

struct rw_type_search;

/** A type as its reader names it: BTF by @id, DWARF by @die. */
struct rw_type_ref {
	uint32_t id;
	Dwarf_Die die;
	uint32_t dim;	/* DWARF: dimensions of an array that were already taken */
};

enum rw_type_kind {
	RW_TYPE_OTHER,
	RW_TYPE_POINTER,
	RW_TYPE_STRUCT,		/* or a union */
	RW_TYPE_ARRAY,
	RW_TYPE_ENUM,
};

/** What a type is behind its typedefs and qualifiers. */
struct rw_type_info {
	enum rw_type_kind kind;
	uint64_t size;			/* bytes; 0 if not known */
	uint64_t nr;			/* elements of an array; 0 if it is open */
	struct rw_type_ref self;	/* without typedefs and qualifiers */
	struct rw_type_ref inner;	/* what an array has */
	bool to_struct;			/* of a pointer */
};

struct rw_type_member {
	const char *name;		/* "" for an unnamed one */
	struct rw_type_ref type;
	uint64_t bit_off;
	uint32_t bits;			/* of a bit field; else 0 */
};

/** Where a reader stands in the members of a struct; all zero at first. */
struct rw_type_cursor {
	uint32_t next;
	Dwarf_Die die;
};

struct rw_type_reader {
	const char *origin;
	void (*close)(struct rw_types *types);

	/** Call rw_type_search_offer() for every named type that @search may want. */
	struct rw_error *(*offer_all)(const struct rw_types *types,
				      struct rw_type_search *search);

	/** False if the type is damaged. */
	bool (*describe)(const struct rw_types *types, const struct rw_type_ref *ref,
			 struct rw_type_info *ret);

	/** The next member of a struct or union; false after the last. */
	bool (*next_member)(const struct rw_types *types, const struct rw_type_ref *ref,
			    struct rw_type_cursor *cursor, struct rw_type_member *ret);

	/** As rw_types_next_percpu(); NULL: no reader of that. */
	bool (*next_percpu)(const struct rw_types *types, size_t *i, const char **name_ret,
			    uint32_t *off_ret);

	/** The value of the enumerator @name, sign-extended. */
	bool (*enumerator)(const struct rw_types *types, const struct rw_type_ref *ref,
			   const char *name, uint64_t *ret);
};

struct btf;

struct rw_types {
	const struct rw_type_reader *reader;
	const struct rw_image *image;	/* borrowed; NULL for loose BTF */
	unsigned int users;		/* rw_types_close() of the last one frees */
	struct btf *btf;		/* owned */
	Dwarf *dwarf;			/* owned */
};

/** May @search want a type with this name?  Quick, and seldom wrong. */
bool rw_type_search_wants(const struct rw_type_search *search, const char *name);

/** Are all queries answered? */
bool rw_type_search_done(const struct rw_type_search *search);

/** Here is a type with this name. */
void rw_type_search_offer(struct rw_type_search *search, const char *name,
			  const struct rw_type_ref *ref);

/* Both fill a zeroed @types, or leave it to be closed as it is. */
struct rw_error *rw_types_init_btf(struct rw_types *types, const uint8_t *bytes, size_t size);
struct rw_error *rw_types_init_dwarf(struct rw_types *types);

#endif
