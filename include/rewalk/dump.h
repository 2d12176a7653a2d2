/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump: the physical memory of one machine, out of one file or several that
 * belong together, and what its notes say.  A byte that the dump does not have
 * is never read as zero; the answer says why it is not there.
 */
#ifndef REWALK_DUMP_H
#define REWALK_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/input.h"
#include "rewalk/tri.h"

struct rw_dump;
struct rw_error;
struct rw_vmcoreinfo;

/** What a file of a dump is; the caller has recognised it. */
enum rw_dump_format {
	RW_DUMP_ELF,		/* an ELF core: kdump, QEMU, makedumpfile -E */
	RW_DUMP_KDUMP,		/* makedumpfile's compressed format, QEMU's kdump-* */
	RW_DUMP_FLATTENED,	/* one of the two above as a flattened stream */
	RW_DUMP_LIME,
	RW_DUMP_BANK,		/* bytes of RAM and nothing else, at @base */
};

struct rw_dump_source {
	const struct rw_file *file;	/* borrowed until rw_dump_destroy() */
	enum rw_dump_format format;
	uint64_t base;			/* physical; RW_DUMP_BANK only */
};

/**
 * Join @nr files into one dump: a vmcore, the files of a split set in any
 * order, RAM banks, or several of these that do not overlap.
 *
 * A file that is cut short or incomplete is taken for what it has; see
 * rw_dump_lost().
 *
 * @param ret  Owned by the caller, for rw_dump_destroy(); untouched on failure.
 * @return NULL; RW_ERROR_FORMAT for a file that is no dump or whose header makes
 *         no sense; RW_ERROR_UNSUPPORTED for a big-endian or 32-bit one;
 *         RW_ERROR_MISMATCH for another machine's dump, for two files that both
 *         have a byte (both are named), or files of two different split sets.
 */
struct rw_error *rw_dump_create(const struct rw_dump_source *sources, size_t nr,
				struct rw_dump **ret);

/** NULL is accepted. */
void rw_dump_destroy(struct rw_dump *dump);

/* ---- memory -------------------------------------------------------------- */

/** Why a byte is there or not. */
enum rw_dump_status {
	RW_DUMP_OK,
	RW_DUMP_NO_RAM,		/* the dump knows of no memory at this address */
	RW_DUMP_EXCLUDED,	/* memory that whoever wrote the dump left out */
	RW_DUMP_TRUNCATED,	/* lies behind the end of a file cut short, or was never written */
	RW_DUMP_NO_FILE,	/* in a file of the split set that was not given */
	RW_DUMP_DAMAGED,	/* the page cannot be decompressed, or its descriptor is wrong */
	RW_DUMP_NO_CODEC,	/* this build lacks the library for the page */
};

/** A clause for messages: "left out by the dump level". */
const char *rw_dump_status_text(enum rw_dump_status status);

/**
 * Read @size bytes at the physical address @pa.
 *
 * @param missing_ret  NULL, or gets the address of the first byte that is not
 *                     there; set only if the result is not RW_DUMP_OK.  The
 *                     bytes of @buf in front of it are good, the others as they
 *                     were.
 */
enum rw_dump_status rw_dump_read(struct rw_dump *dump, uint64_t pa, void *buf,
				 size_t size, uint64_t *missing_ret);

/**
 * The bytes at @pa where they lie, without a copy (from a compressed page: in
 * a cache).
 *
 * @param ret      Set only if the result is RW_DUMP_OK; valid until the next
 *                 call of rw_dump_read() or rw_dump_span() for this dump.
 * @param len_ret  How many bytes from @pa on the answer holds for, good or bad;
 *                 at least 1.  The next span may have the same answer.
 */
enum rw_dump_status rw_dump_span(struct rw_dump *dump, uint64_t pa, const uint8_t **ret,
				 size_t *len_ret);

/** How many bytes of memory the dump claims to have: what can be in it cannot be more. */
uint64_t rw_dump_memory_size(const struct rw_dump *dump);

/**
 * The first range of memory at or behind @from of which the dump claims to have
 * all bytes: for searching.  A page of it can still turn out to be damaged.
 *
 * @param end_ret  First address not inside.
 * @return False if there is none; nothing is written then.
 */
bool rw_dump_next_range(const struct rw_dump *dump, uint64_t from, uint64_t *start_ret,
			uint64_t *end_ret);

/* ---- what the notes and headers say -------------------------------------- */

/** Registers of one CPU, from an NT_PRSTATUS note. */
struct rw_prstatus {
	uint32_t pid;		/* see enum rw_dump_producer */
	struct rw_regs regs;	/* all known; x30 may carry a PAC */
};

/**
 * All NT_PRSTATUS notes in the order of the file, borrowed.  The place in this
 * order is the CPU's number only if QEMU wrote them: a kdump has no note of a
 * CPU that saved nothing.
 *
 * Source: struct elf_prstatus of arm64, 392 bytes; checked on the lab's dumps.
 */
const struct rw_prstatus *rw_dump_prstatus(const struct rw_dump *dump, size_t *nr_ret);

/**
 * The registers in a CPU's own note buffer, one element of the kernel's crash_notes.
 *
 * @return RW_YES; RW_NO if the CPU saved nothing; RW_UNKNOWN if the bytes are no such
 *         note.  *ret is written only for RW_YES.
 *
 * Source: kernel/crash_core.c, crash_save_cpu().
 */
enum rw_tri rw_prstatus_from_note(const uint8_t *bytes, size_t size, struct rw_prstatus *ret);

/** Who wrote the notes, and so what rw_prstatus.pid means. */
enum rw_dump_producer {
	RW_PRODUCER_UNKNOWN,	/* no notes */
	RW_PRODUCER_KDUMP,	/* the dying kernel: pid of the task, 0 if idle */
	RW_PRODUCER_QEMU,	/* pid is the number of the CPU plus 1 */
};

enum rw_dump_producer rw_dump_producer(const struct rw_dump *dump);

/** The VMCOREINFO of the notes, borrowed; NULL if there is none. */
const struct rw_vmcoreinfo *rw_dump_vmcoreinfo(const struct rw_dump *dump);

/** When the kernel panicked, in seconds since 1970; false if nothing says so. */
bool rw_dump_crash_time(const struct rw_dump *dump, uint64_t *ret);

/** uname of the dumped kernel, each part ended by a NUL. */
struct rw_dump_utsname {
	char sysname[66], nodename[66], release[66], version[66], machine[66];
};

/** From the header of a compressed dump, borrowed; NULL where it is blank or there is none. */
const struct rw_dump_utsname *rw_dump_utsname(const struct rw_dump *dump);

/** makedumpfile's -d, a set of bits, from a compressed dump's header; -1 if unknown. */
int rw_dump_level(const struct rw_dump *dump);

/** The name of its first file, as the user wrote it, for messages; borrowed. */
const char *rw_dump_name(const struct rw_dump *dump);

/** A noun for messages: "an ELF core", "a split compressed kdump". */
const char *rw_dump_format_name(const struct rw_dump *dump);

/** Something that the dump should have and has not. */
struct rw_dump_loss {
	char *text;		/* "FILE: what is missing" */
	uint64_t count;		/* pages refused because of it so far; each read counts */
};

/**
 * All losses, each named once, borrowed until the next read: what was seen when
 * the dump was opened, then what was met while reading.
 */
const struct rw_dump_loss *rw_dump_lost(const struct rw_dump *dump, size_t *nr_ret);

/* ---- VMCOREINFO ---------------------------------------------------------- */

/**
 * Take the text of a VMCOREINFO note, or a copy of it that was found in memory.
 * The text ends at the first NUL byte, at @size, or with its last newline: what
 * follows that was cut off when the kernel's page was full, and is ignored.
 *
 * @param ret  Owned by the caller; untouched on failure.
 * @return NULL or &rw_enomem; any text is accepted.
 */
struct rw_error *rw_vmcoreinfo_create(const void *text, size_t size,
				      struct rw_vmcoreinfo **ret);

/** NULL is accepted. */
void rw_vmcoreinfo_destroy(struct rw_vmcoreinfo *info);

/**
 * The value of @key ("OSRELEASE", "NUMBER(VA_BITS)"), borrowed; NULL if the text
 * has no such line, or @info is NULL.  Of two lines with the same key the last
 * counts.
 */
const char *rw_vmcoreinfo_text(const struct rw_vmcoreinfo *info, const char *key);

/**
 * A value as a number: hexadecimal behind "0x", else decimal with or without a
 * minus sign.  That is how NUMBER(), SIZE(), OFFSET() and LENGTH() are printed.
 *
 * @return False if there is no such line or its value is no 64-bit number.
 */
bool rw_vmcoreinfo_number(const struct rw_vmcoreinfo *info, const char *key, uint64_t *ret);

/** As rw_vmcoreinfo_number(), hexadecimal with or without "0x": SYMBOL(), KERNELOFFSET. */
bool rw_vmcoreinfo_hex(const struct rw_vmcoreinfo *info, const char *key, uint64_t *ret);

#endif
