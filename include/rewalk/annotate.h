/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is added to frames for people: names as the kernel prints them, source lines
 * and inlined calls.  Looked up for what is printed only, and once for each pc.
 */
#ifndef REWALK_ANNOTATE_H
#define REWALK_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/kernel.h"

struct rw_trace;

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

/* ---- source lines ----------------------------------------------------------- */

/** What an address stands for, which decides the byte that is looked up. */
enum rw_pc_kind {
	RW_PC_RETURN,	/* a return address: the call is the instruction before it */
	RW_PC_EXACT,	/* an instruction that was interrupted, or is the next to run */
};

/**
 * The kind of frame @n's pc.  Exact are those of a struct pt_regs: by the walk's own word,
 * or, of kernels whose records do not tell (before 6.13), because the entry before is the
 * vector code of an exception.  So are a pc of registers that `--current` starts from, a
 * trampoline that stands for the return address it replaced, and ret_from_fork of a task
 * that has not run yet.
 *
 * @param offset  Of the pc in its symbol; anything but 0 where it has none.
 */
enum rw_pc_kind rw_pc_kind(const struct rw_trace *trace, size_t n, uint64_t offset);

/** One call at an address. */
struct rw_line {
	const char *function;	/* NULL: not known */
	const char *file;	/* relative to the source tree, where in it; NULL: not known */
	uint32_t line;		/* 0: not known */
	bool inlined;		/* into the next one */
};

/** The calls at an address, innermost first: the last one is not inlined. */
struct rw_line_list {
	const struct rw_line *data;	/* borrowed until the next call of rw_lines_find() */
	size_t nr;
};

struct rw_lines;

/**
 * Source lines of @kernel, from the debug information (DWARF) of its vmlinux and its
 * modules.  Nothing is opened or looked for before the first question.
 *
 * What @kernel's vmlinux does not have itself is looked for by build-id, modules by name
 * too: in @dirs with all that is below them, in the places of distributions, and, if
 * DEBUGINFOD_URLS is set, at debuginfod's servers.  A file with another build-id is refused.
 *
 * @param kernel  Borrowed until rw_lines_destroy(), as are the @nr strings of @dirs.
 * @return NULL without memory.
 */
struct rw_lines *rw_lines_create(const struct rw_kernel *kernel, const char *const *dirs,
				 size_t nr);

/** NULL is accepted. */
void rw_lines_destroy(struct rw_lines *lines);

/**
 * The calls at @pc, a run-time address; none where the debug information does not tell.
 * Names and paths are as the DWARF has them and may hold any byte.  Of paths the
 * directory of the compilation is left away, and the one that the kernel's kernel/panic.c
 * lies in, as scripts/decode_stacktrace.sh does.
 */
struct rw_line_list rw_lines_find(struct rw_lines *lines, uint64_t pc, enum rw_pc_kind kind);

/** As rw_lines_find(), for a link address of the image, wherever that lies at run time. */
struct rw_line_list rw_lines_find_linked(struct rw_lines *lines, uint64_t addr,
					 enum rw_pc_kind kind);

/** A place in a module as the kernel prints it: name+offset/size [module]. */
struct rw_module_symbol {
	const char *module;
	const uint8_t *build_id;	/* NULL: not known */
	size_t build_id_size;
	const char *name;
	uint64_t offset;
	uint64_t size;			/* 0: not known */
};

/**
 * As rw_lines_find(), of a module whose place in memory need not be known.  None where the
 * module has no function, or more than one, that fits.
 */
struct rw_line_list rw_lines_find_symbol(struct rw_lines *lines,
					 const struct rw_module_symbol *symbol,
					 enum rw_pc_kind kind);

/** Something to say of where lines were looked for. */
struct rw_lines_note {
	bool warning;	/* else it is for those who want to know more */
	char *text;
};

/** All of them in order, to be asked for at the end; borrowed until the next question. */
const struct rw_lines_note *rw_lines_notes(struct rw_lines *lines, size_t *nr_ret);

#endif
