/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces that a kernel printed: in its log, in /proc/PID/stack, in what tools made
 * of those.  Lines go in one by one, traces come out as they are complete, in memory
 * of bounded size.  Nothing here knows a kernel image: names stay names.
 */
#ifndef REWALK_PRINTED_H
#define REWALK_PRINTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/input.h"
#include "rewalk/tri.h"

struct rw_error;

/* ---- texts of any length -------------------------------------------------- */

/**
 * A text that is read in pieces of bounded size, so that a log may be larger than
 * memory, and a pipe is read as it comes.
 */
struct rw_text;

/** One line, or a piece of one that is longer than the reader's buffer. */
struct rw_text_line {
	const char *text;	/* valid until the next call */
	size_t size;		/* with its '\n', if it has one */
	size_t number;		/* of the line, from 1 */
	bool begins;		/* the line begins here … */
	bool ends;		/* … and ends here: with '\n', or with the text */
	bool newline;		/* the last byte is the '\n' */
};

/**
 * Read the text of @file from its beginning.
 *
 * A regular file is read with pread(), not through its mapping, whose pages would
 * count as memory in use.  Of a pipe (see rw_file_begin()) all that is read is kept in
 * @file as well, up to @limit bytes: who finds no trace in it may find memory.
 *
 * @param file  Must outlive @ret and must not be changed by others until then.
 * @param ret   To be closed with rw_text_close().
 */
struct rw_error *rw_text_open(struct rw_file *file, size_t limit, struct rw_text **ret);
void rw_text_close(struct rw_text *text);

/** The next line; *more_ret is false at the end of the text, and *ret untouched. */
struct rw_error *rw_text_next(struct rw_text *text, struct rw_text_line *ret, bool *more_ret);

/** How much of a log is kept, see rw_text_is_log(). */
#define RW_TEXT_LOG_KEEP ((size_t)32 << 20)

/**
 * There are traces in this text: of a pipe, no more than RW_TEXT_LOG_KEEP bytes are
 * kept.  If it is longer, its file loses its bytes and is marked as dropped.
 */
void rw_text_is_log(struct rw_text *text);

/* ---- traces ----------------------------------------------------------------- */

enum rw_printed_kind {
	RW_PRINTED_CALL_TRACE,	/* dump_backtrace(), under "Call trace:" */
	RW_PRINTED_PROC_STACK,	/* /proc/PID/stack: no scheduler functions, 64 entries at most */
	RW_PRINTED_STORED,	/* saved earlier (stack depot, lockdep, kmemleak, …) */
	RW_PRINTED_HYPERVISOR,	/* nVHE or pKVM: the hypervisor's own stack */
	RW_PRINTED_UNHEADED,	/* entries without a heading: its beginning is lost */
};

/** "call-trace", "proc-stack", "stored", "hypervisor", "unheaded". */
const char *rw_printed_kind_name(enum rw_printed_kind kind);

/** How many entries /proc/PID/stack has at most.  Source: fs/proc/base.c, 2.6 to 7.2. */
#define RW_PROC_STACK_ENTRIES 64

/** A trace of more entries is cut; no stack of the kernel has room for as many. */
#define RW_PRINTED_MOST_ENTRIES 16384

/** One entry.  Strings are NUL-terminated and belong to the trace. */
struct rw_printed_entry {
	const char *text;	/* as printed: "name+0xoff/0xsize [module]", or "0x…" */
	const char *name;	/* NULL: a bare address */
	const char *module;	/* NULL: none was printed */
	const char *build_id;	/* of the module, in hexadecimal; NULL: not printed */
	const char *decoded;	/* what a tool put behind the name ("file.c:12"); NULL */
	uint64_t offset, size;	/* has_offset */
	uint64_t address;	/* has_address */
	bool has_offset;	/* false: a tool replaced it by a source line */
	bool has_address;	/* "[<ffff800008010000>]", or a bare address */
	bool damaged;		/* something else follows in the line */
	char marks[8];		/* the letters in parentheses behind it: "P", "TF"; "" */
	size_t line;
};

/** The range of a stack, of "Insufficient stack space to handle exception!". */
struct rw_printed_stack {
	uint64_t low, high;	/* 0, 0: not printed */
};

enum { RW_PRINTED_TASK_STACK, RW_PRINTED_IRQ_STACK, RW_PRINTED_OVERFLOW_STACK,
       RW_PRINTED_NR_STACKS };

#define RW_PRINTED_MODULES_SIZE 8192

/** What the lines of a report say besides the trace.  "" and -1: not said. */
struct rw_printed_facts {
	char report[256];	/* the report's first line: "Kernel panic - not syncing: …" */
	char label[160];	/* the line above a stored trace: "Allocated by task 77:" */
	char comm[64];		/* of a worker, its work follows: "kworker/0:1+events" */
	int64_t pid, tgid, ppid, cpu;
	char state;		/* '\0': not said */
	bool running;		/* "R  running task", or it printed its own trace */
	char taint[256];	/* "Not tainted", "Tainted: G           OE" */
	char release[256];	/* "7.2.13+deb14-arm64 #1 SMP …" */
	char build_id[41];	/* of the vmlinux (CONFIG_STACKTRACE_BUILD_ID) */
	char hardware[160];
	char workqueue[160];
	char modules[RW_PRINTED_MODULES_SIZE];
	char pc_name[256], lr_name[256];	/* of the register block */
	struct rw_regs regs;
	struct rw_printed_stack stacks[RW_PRINTED_NR_STACKS];
};

struct rw_printed_trace {
	enum rw_printed_kind kind;
	const struct rw_printed_facts *facts;
	const struct rw_printed_entry *entries;
	size_t nr;
	size_t line, last_line;	/* of its heading (or first entry), and of its last entry */
	bool cut;		/* the text ended within it, or it had too many entries */
	bool interrupted;	/* lines of others stood between its entries */
	bool mixed;		/* entries follow where a chain ends: two traces in one? */
	bool complete;		/* its last entry is where a complete chain ends */
	enum rw_tri kaslr_known;
	uint64_t kaslr;		/* "Kernel Offset:" of the same panic */
};

/** Takes a trace, which is valid during the call.  An error ends the reading. */
typedef struct rw_error *(*rw_printed_fn)(void *cookie, const struct rw_printed_trace *trace);

struct rw_printed;

/** @return NULL without memory; to be freed with rw_printed_destroy(). */
struct rw_printed *rw_printed_create(rw_printed_fn emit, void *cookie);
void rw_printed_destroy(struct rw_printed *printed);

/**
 * The next line of the text.  Of a line in several pieces only the first is looked
 * at; an entry that a piece cuts is none.
 */
struct rw_error *rw_printed_line(struct rw_printed *printed, const struct rw_text_line *line);

/** The text ends: what is still open comes out. */
struct rw_error *rw_printed_end(struct rw_printed *printed);

/** What a text said as a whole. */
struct rw_printed_log {
	enum rw_tri kaslr_known;	/* NO: two boots with different offsets */
	uint64_t kaslr;			/* the last "Kernel Offset:"; 0 where it is disabled */
	char banner[512];		/* the last "Linux version …"; "" if there is none */
	size_t nr_traces;
	size_t nr_foreign;		/* "Call Trace:" and the like of other architectures */
	size_t foreign_line;		/* the first of them */
	char livepatches[256];		/* the loaded ones of `kpatch list`; "" */
};

const struct rw_printed_log *rw_printed_log(const struct rw_printed *printed);

/**
 * Is @name a function that a complete chain ends in: ret_from_fork, the entry code of
 * exceptions from user mode, the code that starts a CPU?
 *
 * Source: arch/arm64/kernel/entry.S and head.S of 4.19 to 7.2.
 */
bool rw_printed_ends_chain(const char *name);

/* ---- lines for those who decode them in place ------------------------------------ */

/** Where in a line an entry's text stands, as in "…  name+0xoff/0xsize [module] (P)". */
struct rw_printed_span {
	const char *text;	/* the name's first character */
	size_t size;		/* up to the end of the size; the module is not part of it */
	const char *name;	/* not terminated */
	size_t name_size;
	const char *module;	/* NULL; not terminated */
	size_t module_size;
	const char *build_id;	/* of the module, in hexadecimal; NULL; not terminated */
	size_t build_id_size;
	const char *end;	/* behind it, its module and its marks */
	bool decoded;		/* a source line follows already */
	uint64_t offset, length;	/* the two numbers */
	bool interrupted;		/* an exact pc: "pc :", "(P)"; else a return address */
};

/**
 * Find the next "name+0xoff/0xsize" in [@from, @end), wherever it stands.
 *
 * @return False if there is none; @ret is untouched then.
 */
bool rw_printed_find(const char *from, const char *end, struct rw_printed_span *ret);

/* ---- pstore ----------------------------------------------------------------------- */

/**
 * Records of pstore ("Panic#1 Part2") hold pieces of a log, the newest first.
 *
 * @return True if @text begins with one; then *part_ret is its part and *count_ret
 *         the number behind '#'.
 */
bool rw_pstore_header(const char *text, size_t size, uint32_t *count_ret, uint32_t *part_ret);

/**
 * Put the records of one text into the order of time: by count, the highest part first.
 *
 * @param ret  Owned by the caller, and not terminated; NULL if the order is right
 *             already, or there are no records.
 */
struct rw_error *rw_pstore_order(const char *text, size_t size, char **ret, size_t *size_ret);

#endif
