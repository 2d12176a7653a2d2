/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INPUT arguments: what a file is (by its content), its bytes, and the
 * registers that stand in it.  Nothing here knows a kernel.
 */
#ifndef REWALK_INPUT_H
#define REWALK_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_error;

/**
 * A file's bytes: mapped where that is possible, else read to its end.
 * @name is the argument as the user wrote it, for messages; @bytes may be NULL
 * where @size is 0.
 */
struct rw_file {
	char *name;
	const uint8_t *bytes;
	size_t size;
	bool mapped;
	int fd;			/* to read it with; -1: not needed any more */
	bool unread;		/* more may come out of @fd: @bytes is its beginning */
	bool dropped;		/* a log that was too long to be kept: @bytes is gone */
};

/**
 * Open @path ("-": standard input) and give its bytes, read-only.
 *
 * @param limit  Largest size that is read from what cannot be mapped (a pipe, a
 *               device, a file of /proc), in bytes; a mapped file has no limit.
 * @param ret    Untouched on failure; to be released with rw_file_deinit().
 * @return NULL; RW_ERROR_OS if it cannot be opened or read, RW_ERROR_FORMAT if
 *         it is a directory or larger than @limit.
 */
struct rw_error *rw_file_init(const char *path, size_t limit, struct rw_file *ret);

/**
 * The same, but of what cannot be mapped only the beginning is read: as much as
 * tells what it is, without waiting for more than that.  rw_file_complete() reads
 * the rest; rw_text_open() reads it line by line.
 */
struct rw_error *rw_file_begin(const char *path, struct rw_file *ret);

/** Read what is left of a file that was begun.  On failure it is as it was. */
struct rw_error *rw_file_complete(struct rw_file *file, size_t limit);

/**
 * Make a pipe readable more than once: what comes out of it is kept in memory, up to its end,
 * and takes the place of its descriptor.
 *
 * @param path   "-", /dev/stdin, or /dev/fd/N, as a shell passes <(COMMAND); any other is
 *               left alone, as is what is no pipe.
 * @param limit  The most that is kept, in bytes.
 * @param ret    The path to open from now on: @path or a static string.
 * @return NULL; RW_ERROR_FORMAT if it is longer than @limit; RW_ERROR_OS if it cannot be read
 *         or kept.
 */
struct rw_error *rw_pipe_keep(const char *path, size_t limit, const char **ret);

/** The file's name for messages: "standard input" for "-". */
const char *rw_file_said(const struct rw_file *file);

/** Is it packed with gzip, xz or zstd, by its first bytes? */
bool rw_file_is_packed(const struct rw_file *file);

/**
 * Put in place of a packed file's bytes what they unpack to; another file is left as it
 * is.  One that was only begun is read to its end.  The bytes are then mapped, from memory
 * or from a temporary file without a name in the folder that TMPDIR names (else /var/tmp).
 *
 * @return NULL; RW_ERROR_FORMAT if the data is damaged or cut short, or unpacks to more
 *         than a dump does; RW_ERROR_OS if there is no room; RW_ERROR_UNSUPPORTED in a
 *         build without libarchive.  The file is as it was then.
 */
struct rw_error *rw_file_unpack(struct rw_file *file);

/**
 * The first bytes of what a file unpacks to, or of the file itself.
 *
 * @return How many there are, up to @size; less if the data is damaged, or cannot be
 *         unpacked.
 */
size_t rw_file_peek(const struct rw_file *file, uint8_t *buf, size_t size);

#define RW_UNPACK_LIMIT (UINT64_C(1) << 30)

/**
 * Unpack @bytes, which begin as a packed file does, into a file without a name.
 *
 * @param name    For messages.
 * @param limit   How many bytes any file may unpack to; more, only if it has more than
 *                one packed byte for a thousand.
 * @param fd_ret  Owned by the caller.
 * @return As rw_file_unpack().
 */
struct rw_error *rw_unpack(const uint8_t *bytes, size_t size, const char *name, uint64_t limit,
			   int *fd_ret);

/**
 * Put in place of *@fd, which is open on @path, what the file there unpacks to, if it is
 * packed.  What cannot be read as a file of bytes is left to who looks at it next.
 *
 * @return As rw_file_unpack(); *@fd is as it was then.
 */
struct rw_error *rw_unpack_path(const char *path, int *fd);

/** Release a file's bytes.  A zeroed one is accepted. */
void rw_file_deinit(struct rw_file *file);

/** How an INPUT argument says what it is: FILE, FILE@ADDR, FILE@phys:ADDR, … */
enum rw_input_form {
	RW_INPUT_CONTENT,	/* FILE: recognised by what is in it */
	RW_INPUT_VIRTUAL,	/* FILE@ADDR: bytes at a virtual address, raw or as a hex dump */
	RW_INPUT_RAW,		/* FILE@raw:ADDR: raw bytes, whatever they look like */
	RW_INPUT_PHYSICAL,	/* FILE@phys:ADDR: a bank of RAM */
	RW_INPUT_REGS,		/* FILE@regs: the bytes of a struct user_pt_regs */
};

/** An INPUT argument taken apart. */
struct rw_input_arg {
	enum rw_input_form form;
	char *path;		/* owned */
	uint64_t addr;		/* RW_INPUT_VIRTUAL, RW_INPUT_RAW, RW_INPUT_PHYSICAL */
};

/**
 * Take @arg apart.  A name that contains '@' but exists as a file as it stands,
 * or whose part behind the last '@' is no address, is a plain FILE.
 *
 * @param ret  Untouched on failure; ret->path is freed by the caller.
 * @return NULL, or RW_ERROR_USAGE for what was evidently meant as an address but
 *         is none ("0xzz", 17 digits, "phys:" and no number), and for no FILE.
 */
struct rw_error *rw_input_arg_parse(const char *arg, struct rw_input_arg *ret);

/** What the content of a file is. */
enum rw_content {
	RW_CONTENT_UNKNOWN,	/* bytes that say nothing of themselves */
	RW_CONTENT_EMPTY,
	RW_CONTENT_ELF_CORE,	/* ELF, ET_CORE */
	RW_CONTENT_ELF_OTHER,	/* ELF, but no core: a vmlinux, a module */
	RW_CONTENT_KDUMP,	/* "KDUMP   " or "DISKDUMP" */
	RW_CONTENT_FLATTENED,	/* makedumpfile's flattened stream */
	RW_CONTENT_LIME,
	RW_CONTENT_IMAGE,	/* a bootable arm64 Image, also as EFI zboot */
	RW_CONTENT_COMPRESSED,	/* gzip, xz or zstd */
	RW_CONTENT_CASE,	/* written by `rewalk export` */
	RW_CONTENT_TEXT,	/* printable: registers, hex dumps, logs */
};

/** Tell from @bytes, the beginning of a file (all of it, or at least 4096 bytes), what it is. */
enum rw_content rw_content_recognise(const uint8_t *bytes, size_t size);

/** A noun for messages: "an ELF core", "a bootable arm64 Image". */
const char *rw_content_name(enum rw_content content);

/**
 * Registers of one CPU or one exception.  @known has bit n for x[n], and the
 * RW_REG_* bits; a register that is not known is 0 and must not be used.
 */
struct rw_regs {
	uint64_t x[31];
	uint64_t sp, pc, pstate;
	uint64_t known;
};

#define RW_REG_X(n)	(UINT64_C(1) << (n))
#define RW_REG_FP	RW_REG_X(29)
#define RW_REG_LR	RW_REG_X(30)
#define RW_REG_SP	(UINT64_C(1) << 31)
#define RW_REG_PC	(UINT64_C(1) << 32)
#define RW_REG_PSTATE	(UINT64_C(1) << 33)

/** Registers by number, which is that of their bit in @known. */
#define RW_NR_REGS	34

/** "x0", "sp": its name in lower case, static. */
const char *rw_reg_name(int reg);
/** Its value; 0 if it is not known. */
uint64_t rw_reg_get(const struct rw_regs *regs, int reg);
/** It is known from here on. */
void rw_reg_set(struct rw_regs *regs, int reg, uint64_t value);

/**
 * A block of registers found in an input.  @cpu is -1 where the text names
 * none; @format is the tool that wrote it, for messages.
 */
struct rw_regs_block {
	struct rw_regs regs;
	int cpu;
	const char *format;	/* static */
	size_t line;		/* first line, from 1; 0 for binary data */
	bool inside;		/* of an exception in a trace whose first frame is here, too */
	char function[64];	/* the one that a call 4 below pc is in; "": not said, or longer */
};

struct rw_regs_blocks {
	struct rw_regs_block *data;
	size_t nr, capacity;
};

/**
 * The registers in the bytes of a struct user_pt_regs (x0..x30, sp, pc,
 * pstate: 272 bytes) or of a larger struct pt_regs that begins with one.
 *
 * Source: arch/arm64/include/uapi/asm/ptrace.h, the same since 3.7.
 *
 * @return NULL, or RW_ERROR_FORMAT if fewer than 272 bytes are there.
 */
struct rw_error *rw_regs_from_bytes(const uint8_t *bytes, size_t size, struct rw_regs *ret);

/**
 * All register blocks in a text: the kernel's show_regs(), QEMU's `info
 * registers`, gdb's `info registers` and `p/x $pc`, crash's exception frames and
 * the first frame of its `bt` (pc and x29), OpenOCD's `reg`; several formats and
 * several blocks may stand in one text.
 *
 * A symbolised "pc : name+0x10/0x40" gives no address: the pc stays unknown
 * unless the text also has it as a number.  So does a register whose number the
 * end of the text cuts short.  In a frame of a 32-bit process (pstate, mode 32)
 * its sp and lr are x13 and x14.
 *
 * @param ret  Blocks in the order of the text, appended; ret->data is freed by
 *             the caller.  A text without registers appends none, and so does
 *             an error.
 * @return NULL, RW_ERROR_FORMAT for a register whose value is no number or
 *         that is given twice with different values in one block (the message
 *         begins with the line), or &rw_enomem.
 */
struct rw_error *rw_regs_from_text(const char *text, size_t size, struct rw_regs_blocks *ret);

#endif
