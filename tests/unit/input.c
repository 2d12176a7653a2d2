// SPDX-License-Identifier: GPL-2.0-or-later
//
// INPUT arguments, files, content, log prefixes, and registers in text.
//
// Run with the folder of the samples as argument (default: tests/unit/data).
// regs-kernel-*, regs-qemu and regs-gdb come from kernels under QEMU 7.2 and gdb
// 13.1, regs-crash-bt from crash 9.0.2 and a dump of 6.1; regs-crash is the layout of
// crash's arm64_print_exception_frame() with the values of the 7.2 oops.

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/input.h"

#include "../../src/input/logline.h"

#define ALL_REGS ((UINT64_C(1) << 34) - 1)
#define X0_TO_X29 ((UINT64_C(1) << 30) - 1)

static const char *data_dir = "tests/unit/data";

static void expect_error(struct rw_error *err, const char *words, const char *what)
{
	if (!err)
		fail_msg("%s: no error, expected '%s'", what, words);
	if (!strstr(err->message, words))
		fail_msg("%s: '%s' lacks '%s'", what, err->message, words);
	assert_null(strchr(err->message, '\n'));
	rw_error_destroy(err);
}

static void expect_ok(struct rw_error *err, const char *what)
{
	if (err)
		fail_msg("%s: %s", what, err->message);
}

/* -------- INPUT arguments -------- */

static const struct arg_row {
	const char *arg;
	enum rw_input_form form;
	const char *path;
	uint64_t addr;
	const char *error;
} arg_rows[] = {
	{ "vmcore", RW_INPUT_CONTENT, "vmcore", 0, NULL },
	{ "-", RW_INPUT_CONTENT, "-", 0, NULL },
	{ "s@ffff80000a5d8000", RW_INPUT_VIRTUAL, "s", 0xffff80000a5d8000, NULL },
	{ "s@0xFFFF80000a5d8000", RW_INPUT_VIRTUAL, "s", 0xffff80000a5d8000, NULL },
	{ "s@0", RW_INPUT_VIRTUAL, "s", 0, NULL },
	{ "-@1000", RW_INPUT_VIRTUAL, "-", 0x1000, NULL },
	{ "a@b/s@1000", RW_INPUT_VIRTUAL, "a@b/s", 0x1000, NULL },
	{ "ram@phys:40000000", RW_INPUT_PHYSICAL, "ram", 0x40000000, NULL },
	{ "ram@phys:0x40000000", RW_INPUT_PHYSICAL, "ram", 0x40000000, NULL },
	{ "s@raw:ffff80000a5d8000", RW_INPUT_RAW, "s", 0xffff80000a5d8000, NULL },
	{ "r.bin@regs", RW_INPUT_REGS, "r.bin", 0, NULL },
	// Behind the last '@' is a part of the name.
	{ "root@host.txt", RW_INPUT_CONTENT, "root@host.txt", 0, NULL },
	{ "log@2024-11-22", RW_INPUT_CONTENT, "log@2024-11-22", 0, NULL },
	{ "s@", RW_INPUT_CONTENT, "s@", 0, NULL },
	{ "s@REGS", RW_INPUT_CONTENT, "s@REGS", 0, NULL },
	// Evidently meant as addresses.
	{ "f@0xzz", 0, NULL, 0, "'0xzz' is no hexadecimal address" },
	{ "f@0x", 0, NULL, 0, "no address behind the '@'" },
	{ "f@phys:", 0, NULL, 0, "no address behind the '@'" },
	{ "f@raw:", 0, NULL, 0, "no address behind the '@'" },
	{ "f@phys:4000g", 0, NULL, 0, "'4000g' is no hexadecimal address" },
	{ "f@ffff80000a5g8000", 0, NULL, 0, "is no hexadecimal address" },
	{ "f@ffff800008000000+10", 0, NULL, 0, "is no hexadecimal address" },
	{ "f@ffff_8000", 0, NULL, 0, "is no hexadecimal address" },
	{ "f@1ffff80000a5d8000", 0, NULL, 0, "has 17 digits" },
	{ "f@0x00000000000000000", 0, NULL, 0, "has 17 digits" },
	{ "@ffff80000a5d8000", 0, NULL, 0, "no name of a file" },
	{ "@regs", 0, NULL, 0, "no name of a file" },
	{ "", 0, NULL, 0, "no name of a file" },
};

static void test_arg(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(arg_rows) / sizeof(arg_rows[0]); i++) {
		const struct arg_row *row = &arg_rows[i];
		struct rw_input_arg got = { .form = 99, .path = (char *)"untouched" };
		struct rw_error *err = rw_input_arg_parse(row->arg, &got);

		if (row->error) {
			if (err)
				assert_int_equal(err->code, RW_ERROR_USAGE);
			expect_error(err, row->error, row->arg);
			assert_string_equal(got.path, "untouched");
			continue;
		}
		expect_ok(err, row->arg);
		if (got.form != row->form)
			fail_msg("%s: form %d", row->arg, got.form);
		assert_string_equal(got.path, row->path);
		assert_int_equal(got.addr, row->addr);
		free(got.path);
	}
}

/** A folder of its own for each test that writes files; it becomes the current one. */
static int enter_folder(void **state)
{
	static char path[] = "/tmp/rewalk-input-XXXXXX";

	strcpy(path + strlen(path) - 6, "XXXXXX");
	*state = mkdtemp(path);
	return *state ? chdir(path) : -1;
}

static int leave_folder(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
	return chdir("/") || system(command);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	fclose(f);
}

static void test_arg_existing(void **state)
{
	struct rw_input_arg got;

	(void)state;
	write_file("stack@ffff0000", "x", 1);
	write_file("a@regs", "x", 1);
	write_file("b@0xzz", "x", 1);
	static const char *const names[] = { "stack@ffff0000", "a@regs", "b@0xzz" };
	for (size_t i = 0; i < 3; i++) {
		expect_ok(rw_input_arg_parse(names[i], &got), names[i]);
		assert_int_equal(got.form, RW_INPUT_CONTENT);
		assert_string_equal(got.path, names[i]);
		free(got.path);
	}
	expect_ok(rw_input_arg_parse("a@regs@regs", &got), "a@regs@regs");
	assert_int_equal(got.form, RW_INPUT_REGS);
	assert_string_equal(got.path, "a@regs");
	free(got.path);
}

/* -------- files -------- */

static void test_file(void **state)
{
	struct rw_file file;

	(void)state;
	write_file("f", "bytes", 5);
	expect_ok(rw_file_init("f", 1, &file), "f");	/* a mapped file has no limit */
	assert_true(file.mapped);
	assert_int_equal(file.size, 5);
	assert_memory_equal(file.bytes, "bytes", 5);
	assert_string_equal(file.name, "f");
	rw_file_deinit(&file);
	rw_file_deinit(&file);

	write_file("empty", "", 0);
	expect_ok(rw_file_init("empty", 100, &file), "empty");
	assert_false(file.mapped);
	assert_int_equal(file.size, 0);
	rw_file_deinit(&file);

	// A regular file that says its size is 0.
	expect_ok(rw_file_init("/proc/self/status", 1 << 20, &file), "/proc");
	assert_true(file.size > 10 && !file.mapped);
	rw_file_deinit(&file);

	struct rw_error *err = rw_file_init(".", 100, &file);
	assert_int_equal(err->code, RW_ERROR_FORMAT);
	expect_error(err, ".: is a directory; ", ".");
	err = rw_file_init("absent", 100, &file);
	assert_int_equal(err->code, RW_ERROR_OS);
	expect_error(err, "absent: no such file; ", "absent");
	expect_error(rw_file_init("f/x", 100, &file), "f/x: no such file; ", "f/x");
	if (geteuid()) {
		chmod("f", 0);
		expect_error(rw_file_init("f", 100, &file), "f: no permission", "f");
	}
	expect_error(rw_file_init("/dev/zero", 100000, &file), "longer than the 100000", "zero");
}

/** Read @size bytes of a pipe as standard input. */
static struct rw_error *from_pipe(size_t size, size_t limit, struct rw_file *ret)
{
	int fds[2], saved = dup(0);

	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		close(fds[0]);
		for (size_t i = 0; i < size; i++)
			if (write(fds[1], "p", 1) != 1)
				break;
		_exit(0);
	}
	close(fds[1]);
	dup2(fds[0], 0);
	close(fds[0]);
	struct rw_error *err = rw_file_init("-", limit, ret);
	dup2(saved, 0);
	close(saved);
	return err;
}

static void test_file_pipe(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 200000 };
	struct rw_file file;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		expect_ok(from_pipe(sizes[i], sizes[i], &file), "pipe");
		assert_int_equal(file.size, sizes[i]);
		assert_false(file.mapped);
		assert_string_equal(file.name, "-");
		for (size_t j = 0; j < file.size; j++)
			assert_int_equal(file.bytes[j], 'p');
		rw_file_deinit(&file);
	}
	expect_error(from_pipe(101, 100, &file), "standard input: longer than the 100 bytes",
		     "pipe");
	expect_ok(from_pipe(101, SIZE_MAX, &file), "pipe");
	rw_file_deinit(&file);
}

static void test_file_stdin(void **state)
{
	struct rw_file file;
	int saved = dup(0);

	(void)state;
	write_file("f", "0123456789", 10);
	int fd = open("f", O_RDONLY);
	dup2(fd, 0);
	expect_ok(rw_file_init("-", 100, &file), "whole");
	assert_true(file.mapped && file.size == 10);
	rw_file_deinit(&file);
	assert_int_equal(lseek(0, 4, SEEK_SET), 4);
	expect_ok(rw_file_init("-", 100, &file), "rest");
	assert_int_equal(file.size, 6);
	assert_memory_equal(file.bytes, "456789", 6);
	rw_file_deinit(&file);
	dup2(saved, 0);
	close(saved);
	close(fd);
}

/* -------- content -------- */

#define PAD56 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" \
	      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ROW(bytes, content) { bytes, sizeof(bytes) - 1, content }

static const struct content_row {
	const char *bytes;
	size_t size;
	enum rw_content content;
} content_rows[] = {
	ROW("", RW_CONTENT_EMPTY),
	ROW("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\4\0\xb7\0", RW_CONTENT_ELF_CORE),
	ROW("\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\4\0\xb7", RW_CONTENT_ELF_CORE),
	ROW("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\xb7\0", RW_CONTENT_ELF_OTHER),
	ROW("\177ELF", RW_CONTENT_ELF_OTHER),
	ROW("\177EL", RW_CONTENT_UNKNOWN),
	ROW("KDUMP   \6\0\0\0", RW_CONTENT_KDUMP),
	ROW("DISKDUMP", RW_CONTENT_KDUMP),
	ROW("KDUMP  is text\n", RW_CONTENT_TEXT),
	ROW("makedumpfile\0\0\0\0\0\0\0\0\0\0\0\1", RW_CONTENT_FLATTENED),
	ROW("makedumpfile says\n", RW_CONTENT_TEXT),
	ROW("EMiL\1\0\0\0", RW_CONTENT_LIME),
	ROW(PAD56 "ARM\x64", RW_CONTENT_IMAGE),
	ROW(PAD56 "ARM", RW_CONTENT_UNKNOWN),
	ROW("MZ\0\0zimg\0\0\0\0", RW_CONTENT_IMAGE),
	ROW("\x1f\x8b\x08\0", RW_CONTENT_COMPRESSED),
	ROW("\xfd" "7zXZ\0", RW_CONTENT_COMPRESSED),
	ROW("\x28\xb5\x2f\xfd", RW_CONTENT_COMPRESSED),
	ROW("{\"type\":\"case\",\"schema\":1}\n", RW_CONTENT_CASE),
	ROW(" {\r\n\t\"type\" : \"case\"", RW_CONTENT_CASE),
	ROW("{\"type\":\"trace\"}", RW_CONTENT_TEXT),
	ROW("{\"type\":", RW_CONTENT_TEXT),
	ROW("pc : f+0x0/0x4\n", RW_CONTENT_TEXT),
	ROW("\x1b[32m[    1.0]\x1b[0m text \xc3\xa4 \xff\n", RW_CONTENT_TEXT),
	ROW("\xef\xbb\xbfpc : 0x1\n", RW_CONTENT_TEXT),
	ROW(PAD56, RW_CONTENT_UNKNOWN),
	ROW("\xd0\x3d\x0b\x36\xb9\xfa\xff\xff", RW_CONTENT_UNKNOWN),
};

static void test_content(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(content_rows) / sizeof(content_rows[0]); i++) {
		const struct content_row *row = &content_rows[i];
		// A copy of the very size: a byte read behind it is seen by the sanitizer.
		uint8_t *bytes = malloc(row->size ? row->size : 1);

		memcpy(bytes, row->bytes, row->size);
		enum rw_content got = rw_content_recognise(bytes, row->size);
		free(bytes);
		if (got != row->content)
			fail_msg("content row %zu: %s, not %s", i, rw_content_name(got),
				 rw_content_name(row->content));
	}
	assert_int_equal(rw_content_recognise(NULL, 0), RW_CONTENT_EMPTY);

	// A log with a few NULs is text; what stands behind 4096 bytes does not matter.
	uint8_t log[8192];
	memset(log, 'a', 4096);
	memset(log + 4096, 0, 4096);
	memset(log + 100, 0, 60);
	assert_int_equal(rw_content_recognise(log, 4096), RW_CONTENT_TEXT);
	assert_int_equal(rw_content_recognise(log, 8192), RW_CONTENT_TEXT);
	memset(log + 100, 0, 100);
	assert_int_equal(rw_content_recognise(log, 8192), RW_CONTENT_UNKNOWN);
	for (int content = 0; content <= RW_CONTENT_TEXT; content++)
		assert_true(strlen(rw_content_name(content)) > 3);
}

/* -------- prefixes of logs -------- */

static const struct prefix_row {
	const char *line, *text;
	bool stamped;
	uint64_t caller;
} prefix_rows[] = {
	{ "plain", "plain", false, 0 },
	{ " f+0x1/0x2", " f+0x1/0x2", false, 0 },
	{ "[   12.345678] sp : 1", "sp : 1", true, 0 },
	{ "[   12.345678]  f+0x1/0x2", " f+0x1/0x2", true, 0 },
	{ "[12.345678]x", "x", true, 0 },
	{ "<4>[   12.345678] x", "x", true, 0 },
	{ "<4>x", "x", true, 0 },
	{ "[   12.345678][   T71] x", "x", true, RW_LOGLINE_TASK(71) },
	{ "[   12.345678] [    C2]  x", " x", true, RW_LOGLINE_CPU(2) },
	{ "[   12.345678 <    0.000012>] x", "x", true, 0 },
	{ "[  +0.000012] x", "x", true, 0 },
	{ "[Fri Nov 22 13:20:01 2024] x", "x", true, 0 },
	{ "[Nov22 13:20] x", "x", true, 0 },
	{ "kern  :warn  : [   12.345678] x", "x", true, 0 },
	{ "Nov 22 13:20:01 host kernel: [   12.345678] x", "x", true, 0 },
	{ "Nov  2 13:20:01.123456 host kernel:  x", " x", true, 0 },
	{ "2024-11-22T13:20:01.123456+01:00 host kernel: x", "x", true, 0 },
	{ "2024-11-22T13:20:01,123456+01:00 x", "x", true, 0 },
	{ "2024-11-22 13:20:01 host kernel: x", "x", true, 0 },
	{ "[   12.345678] host kernel: x", "x", true, 0 },
	{ "kernel: x", "x", true, 0 },
	{ "4,1234,12345678,-,caller=C3;x", "x", true, RW_LOGLINE_CPU(3) },
	{ "4,1234,12345678,-;x", "x", true, 0 },
	{ "> | [   12.345678] x", "x", true, 0 },
	{ "    [   12.345678] x", "x", true, 0 },
	{ "\x1b[32m[   12.345678] \x1b[0m\x1b[1;31mx\x1b[0m", "x", true, 0 },
	{ "\r[   12.345678] x\r\r", "x", true, 0 },
	// These brackets are the message's own.
	{ "[<0>] f+0x1/0x2", "[<0>] f+0x1/0x2", false, 0 },
	{ "[<ffff800008010000>] f", "[<ffff800008010000>] f", false, 0 },
	{ "[0000000000000008] pgd=1", "[0000000000000008] pgd=1", false, 0 },
	{ "[mod] x", "[mod] x", false, 0 },
	{ "[12.] x", "[12.] x", false, 0 },
	{ "[T] x", "[T] x", false, 0 },
	{ "[", "[", false, 0 },
	{ "<", "<", false, 0 },
	{ "<44444>x", "<44444>x", false, 0 },
	{ "kern", "kern", false, 0 },
	{ "1,2,3", "1,2,3", false, 0 },
	{ "Monday x", "Monday x", false, 0 },
	{ "", "", false, 0 },
};

static void test_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prefix_rows) / sizeof(prefix_rows[0]); i++) {
		const struct prefix_row *row = &prefix_rows[i];
		struct rw_loglines lines;
		struct rw_logline line;
		char text[128];

		for (int ended = 0; ended < 2; ended++) {
			snprintf(text, sizeof(text), "%s%s", row->line, ended ? "\n" : "");
			rw_loglines_init(&lines, text, strlen(text));
			if (!*text)
				continue;
			assert_true(rw_logline_next(&lines, &line));
			if (line.size != strlen(row->text) ||
			    memcmp(line.text, row->text, line.size))
				fail_msg("'%s' gives '%.*s'", row->line, (int)line.size, line.text);
			if (line.stamped != row->stamped || line.caller != row->caller)
				fail_msg("'%s': stamped %d, caller %llx", row->line, line.stamped,
					 (unsigned long long)line.caller);
			assert_int_equal(line.terminated, ended);
			assert_int_equal(line.number, 1);
			assert_false(rw_logline_next(&lines, &line));
		}
	}
}

/* -------- registers -------- */

static void test_regs_bytes(void **state)
{
	uint8_t bytes[336];
	struct rw_regs regs = { .pc = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i / 8;
	expect_error(rw_regs_from_bytes(bytes, 271, &regs), "271 bytes are no", "271");
	assert_int_equal(regs.pc, 1);
	for (size_t size = 272; size <= sizeof(bytes); size += 64) {
		expect_ok(rw_regs_from_bytes(bytes, size, &regs), "bytes");
		assert_int_equal(regs.known, ALL_REGS);
		assert_int_equal(regs.x[0], 0);
		assert_int_equal(regs.x[30], 0x1e1e1e1e1e1e1e1e);
		assert_int_equal(regs.sp, 0x1f1f1f1f1f1f1f1f);
		assert_int_equal(regs.pc, 0x2020202020202020);
		assert_int_equal(regs.pstate, 0x2121212121212121);
	}
}

/** A block that is expected. */
struct block_row {
	const char *format;
	int cpu;
	size_t line;
	uint64_t known, pc, sp, x29, x30, x0, pstate;
};

static void check_block(const char *what, const struct rw_regs_block *got,
			const struct block_row *row)
{
	const struct rw_regs *regs = &got->regs;

	if (strcmp(got->format, row->format) || got->cpu != row->cpu || got->line != row->line)
		fail_msg("%s: format %s, cpu %d, line %zu", what, got->format, got->cpu, got->line);
	if (regs->known != row->known)
		fail_msg("%s: known is %llx", what, (unsigned long long)regs->known);
	if (regs->pc != row->pc || regs->sp != row->sp || regs->x[29] != row->x29 ||
	    regs->x[30] != row->x30 || regs->x[0] != row->x0 || regs->pstate != row->pstate)
		fail_msg("%s: pc %llx sp %llx x29 %llx x30 %llx x0 %llx pstate %llx", what,
			 (unsigned long long)regs->pc, (unsigned long long)regs->sp,
			 (unsigned long long)regs->x[29], (unsigned long long)regs->x[30],
			 (unsigned long long)regs->x[0], (unsigned long long)regs->pstate);
}

#define P(reg) RW_REG_##reg

static const struct sample_row {
	const char *file;
	size_t nr;
	struct block_row blocks[3];
} sample_rows[] = {
	{ "regs-kernel-7.2.txt", 1, {
		{ "kernel", 0, 7, X0_TO_X29 | P(SP) | P(PSTATE), 0, 0xffff80008002b9f0,
		  0xffff80008002b9f0, 0, 8, 0x01400005 } } },
	{ "regs-kernel-6.1-serial.txt", 1, {
		{ "kernel", 0, 7, X0_TO_X29 | P(SP) | P(PSTATE), 0, 0xffff80000802bcc0,
		  0xffff80000802bcc0, 0, 8, 0x00400005 } } },
	{ "regs-qemu.txt", 2, {
		{ "QEMU", 0, 3, ALL_REGS, 0xffffbaf952d789a0, 0xffff800008003e60,
		  0xffff800008003e60, 0xffffbaf952d789a0, 0xd, 0x204000c5 },
		{ "QEMU", 1, 21, ALL_REGS, 0xffffbaf952c26ae8, 0xffff80000800bf20,
		  0xffff80000800bf20, 0xffffbaf952c26adc, 0, 0x604003c5 } } },
	{ "regs-gdb.txt", 3, {
		{ "gdb", -1, 2, ALL_REGS, 0xffff800008cda26c, 0xffff800009cb3d50,
		  0xffff800009cb3d50, 0x7d85800008cda284, 5, 0x400000c5 },
		{ "gdb", 1, 47, P(PC) | P(SP) | P(FP), 0x40efd2c8, 0, 0, 0, 0, 0 },
		{ "gdb", 0, 52, P(PC) | P(SP) | P(FP), 0xffff800008cda26c, 0xffff800009cb3d50,
		  0xffff800009cb3d50, 0, 0, 0 } } },
	{ "regs-crash-bt.txt", 2, {
		{ "crash", 1, 2, P(PC) | P(FP), 0xffff800008cdffc8, 0, 0xffff80000a75b5b0, 0, 0,
		  0 },
		{ "crash", 1, 26, ALL_REGS, 0x428b4c, 0xffffdcb4ea80, 0xffffdcb4ea80, 0x4026c8,
		  5, 0x00001000 } } },
	{ "regs-crash.txt", 3, {
		{ "crash", 3, 2, P(PC) | P(FP), 0xffffdafb46a0cd60, 0, 0xffff80008002b620, 0, 0,
		  0 },
		{ "crash", 3, 4, ALL_REGS, 0xffffdafb1d3c1030, 0xffff80008002b9f0,
		  0xffff80008002b9f0, 0xffffdafb1d3c12dc, 8, 0x01400005 },
		{ "crash", 3, 19, ALL_REGS, 0xffffa9a67e10, 0xffffebb5a030, 0xffffebb5a030,
		  0xffffa9a0506c, 8, 0x20001000 } } },
};

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sample_rows) / sizeof(sample_rows[0]); i++) {
		const struct sample_row *row = &sample_rows[i];
		struct rw_regs_blocks blocks = { 0 };
		struct rw_file file;
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", data_dir, row->file);
		expect_ok(rw_file_init(path, 0, &file), path);
		assert_int_equal(rw_content_recognise(file.bytes, file.size), RW_CONTENT_TEXT);
		const char *text = (const char *)file.bytes;
		expect_ok(rw_regs_from_text(text, file.size, &blocks), path);
		if (blocks.nr != row->nr)
			fail_msg("%s: %zu blocks", path, blocks.nr);
		for (size_t j = 0; j < blocks.nr; j++)
			check_block(path, &blocks.data[j], &row->blocks[j]);
		free(blocks.data);

		// Cut anywhere: never another value, and no error.
		for (size_t size = 0; size < file.size; size++) {
			struct rw_regs_blocks cut = { 0 };
			char *copy = malloc(size ? size : 1);

			memcpy(copy, text, size);
			expect_ok(rw_regs_from_text(copy, size, &cut), path);
			free(copy);
			assert_true(cut.nr <= row->nr);
			for (size_t j = 0; j < cut.nr; j++) {
				const struct rw_regs *got = &cut.data[j].regs;
				const struct block_row *want = &row->blocks[j];

				assert_int_equal(got->known & ~want->known, 0);
				if (((got->known & P(PC)) && got->pc != want->pc) ||
				    ((got->known & P(SP)) && got->sp != want->sp) ||
				    ((got->known & P(FP)) && got->x[29] != want->x29) ||
				    ((got->known & P(LR)) && got->x[30] != want->x30) ||
				    ((got->known & P(PSTATE)) && got->pstate != want->pstate))
					fail_msg("%s cut at %zu: another value", path, size);
			}
			free(cut.data);
		}
		rw_file_deinit(&file);
	}
}

#define A "ffff800008123450"
#define B "ffff80000a5dbb20"
#define VA 0xffff800008123450
#define VB 0xffff80000a5dbb20

static const struct text_row {
	const char *why, *text;
	const char *error;	/* else: */
	size_t nr;
	struct block_row blocks[3];
} text_rows[] = {
	{ "no registers", "hello\n\n \n", NULL, 0, { { 0 } } },
	{ "user mode has numbers",
	  "pstate: 60000000\npc : 0000aaaab0c01234\nlr : 0000aaaab0c01000\nsp : 0000ffffc0001230\n",
	  NULL, 1, { { "kernel", -1, 1, P(PSTATE) | P(PC) | P(LR) | P(SP), 0xaaaab0c01234,
	  0xffffc0001230, 0, 0xaaaab0c01000, 0, 0x60000000 } } },
	{ "a symbol is no address, even if it begins as one",
	  "pc : add+0x10/0x20\nlr : deadbeef0_f+0x0/0x4 [mod]\nsp : " B "\n",
	  NULL, 1, { { "kernel", -1, 1, P(SP), 0, VB, 0, 0, 0, 0 } } },
	{ "the number may follow the symbol",
	  "pc : f+0x10/0x40\nsp : " B "\npc : " A "\n",
	  NULL, 1, { { "kernel", -1, 1, P(SP) | P(PC), VA, VB, 0, 0, 0, 0 } } },
	{ "old form, on one line",
	  "pc : [<" A ">] lr : [<" A ">] pstate: 60000145\n"
	  "sp : " B "\nx29: " B " x28: 0000000000000001 \n",
	  NULL, 1, { { "kernel", -1, 1, P(PC) | P(LR) | P(PSTATE) | P(SP) | P(FP) | RW_REG_X(28),
	  VA, VB, VB, VA, 0, 0x60000145 } } },
	{ "pmr_save is no register of ours",
	  "pc : " A "\npmr_save: 000000e0\npmr: 000000f0\n",
	  NULL, 1, { { "kernel", -1, 1, P(PC), VA, 0, 0, 0, 0, 0 } } },
	{ "typed by hand", "pc: 0xffff800008123450\nfp: 0x10\nsp:0x20\nlr: 0x30,",
	  NULL, 1, { { "kernel", -1, 1, P(PC) | P(FP) | P(SP) | P(LR), VA, 0x20, 0x10, 0x30,
	  0, 0 } } },
	{ "two reports",
	  "CPU: 1 PID: 7 Comm: a\npc : " A "\nsp : " B "\nCall trace:\n f+0x1/0x2\n"
	  "CPU: 12 UID: 0 PID: 8 Comm: b\npc : " B "\nsp : " A "\n",
	  NULL, 2, { { "kernel", 1, 2, P(PC) | P(SP), VA, VB, 0, 0, 0, 0 },
		     { "kernel", 12, 7, P(PC) | P(SP), VB, VA, 0, 0, 0, 0 } } },
	{ "two reports without headers",
	  "pstate: 00400005\npc : f+0x1/0x2\nsp : " A "\n"
	  "pstate: 00400009\npc : f+0x1/0x2\nsp : " B "\n",
	  NULL, 2, { { "kernel", -1, 1, P(PSTATE) | P(SP), 0, VA, 0, 0, 0, 0x400005 },
		     { "kernel", -1, 4, P(PSTATE) | P(SP), 0, VB, 0, 0, 0, 0x400009 } } },
	{ "two reports with symbols only",
	  "pc : f+0x1/0x2\nsp : " A "\npc : g+0x1/0x2\nsp : " B "\n",
	  NULL, 2, { { "kernel", -1, 1, P(SP), 0, VA, 0, 0, 0, 0 },
		     { "kernel", -1, 3, P(SP), 0, VB, 0, 0, 0, 0 } } },
	{ "interleaved, told apart by callers",
	  "[    1.000000][    C1] CPU: 1 PID: 7 Comm: a\n"
	  "[    1.000001][   T99] CPU: 0 PID: 99 Comm: b\n"
	  "[    1.000002][    C1] pc : " A "\n[    1.000003][   T99] pc : " B "\n"
	  "[    1.000004][   T99] sp : " A "\n[    1.000005][    C1] sp : " B "\n"
	  "[    1.000006][   T99] Call trace:\n[    1.000007][    C1] x29: " B "\n",
	  NULL, 2, { { "kernel", 1, 3, P(PC) | P(SP) | P(FP), VA, VB, VB, 0, 0, 0 },
		     { "kernel", 0, 4, P(PC) | P(SP), VB, VA, 0, 0, 0, 0 } } },
	{ "interleaved, not told apart",
	  "[    1.0] pc : " A "\n[    1.0] pc : " B "\n"
	  "[    1.0] sp : " A "\n[    1.0] sp : " B "\n",
	  "line 4: sp is given twice (0x" B " and, in line 3, 0x" A ")", 0, { { 0 } } },
	{ "twice, differently", "pc : " A "\n\nx29: " A "\nx29: " B "\n",
	  "line 4: x29 is given twice (0x" B " and, in line 3, 0x" A "); remove", 0, { { 0 } } },
	{ "twice on one line", "x1 : " A " x1 : " B "\n", "line 1: x1 is given twice", 0,
	  { { 0 } } },
	{ "twice, the same", "pc : " A "\nx29: " A "\nx29: " A "\n",
	  NULL, 1, { { "kernel", -1, 1, P(PC) | P(FP), VA, 0, VA, 0, 0, 0 } } },
	{ "QEMU without a header, old order",
	  "PC=" A "  SP=" B "\nX00=0000000000000005 X29=" B "\nPSTATE=600003c5 -ZC- EL1h\n",
	  NULL, 1, { { "QEMU", -1, 1, P(PC) | P(SP) | P(FP) | RW_REG_X(0) | P(PSTATE), VA, VB,
	  VB, 0, 5, 0x600003c5 } } },
	{ "QEMU, header and nothing else", "CPU#0\nCPU#1\n", NULL, 0, { { 0 } } },
	{ "QEMU, one CPU that runs 32 bits", "CPU#0\nR00=00000000 R01=00000001\nPSR=600001d3\n",
	  NULL, 0, { { 0 } } },
	{ "QEMU -d cpu", " PC=" A " X00=0000000000000001\n PC=" B " X00=0000000000000002\n",
	  NULL, 2, { { "QEMU", -1, 1, P(PC) | RW_REG_X(0), VA, 0, 0, 0, 1, 0 },
		     { "QEMU", -1, 2, P(PC) | RW_REG_X(0), VB, 0, 0, 0, 2, 0 } } },
	{ "gdb, flags in words, a value that is not there",
	  "x0             0x1                 1\nx1             <unavailable>\n"
	  "cpsr           0x60000005          [ EL=1 SP C Z ]\n"
	  "pauth_dmask    0x7f000000000000    35747322042253312\n",
	  NULL, 1, { { "gdb", -1, 1, RW_REG_X(0) | P(PSTATE), 0, 0, 0, 0, 1, 0x60000005 } } },
	{ "gdb, twice in one text",
	  "x0 0x1 1\nsp 0x10 0x10\npc 0x20 0x20 <f>\nx0 0x2 2\nsp 0x30 0x30\npc 0x20 0x20 <f>\n",
	  NULL, 2, { { "gdb", -1, 1, RW_REG_X(0) | P(SP) | P(PC), 0x20, 0x10, 0, 0, 1, 0 },
		     { "gdb", -1, 4, RW_REG_X(0) | P(SP) | P(PC), 0x20, 0x30, 0, 0, 2, 0 } } },
	{ "gdb, one by one",
	  "(gdb) p/x $pc\n$1 = 0x20\n(gdb) p $x29\n$2 = -140737353994624\n"
	  "(gdb) (gdb) p $pc\n$3 = (void (*)()) 0x20 <f+4>\n(gdb) print/x $sp\n$4 = 0x30\n"
	  "p/x $sp\nno answer\n$5 = 0x40\np/x $sp\n$6 = {1, 2}\np $pc\n$7 = (long) x\n",
	  NULL, 1, { { "gdb", -1, 2, P(PC) | P(FP) | P(SP), 0x20, 0x30, 0xffff800008022e80, 0, 0,
	  0 } } },
	{ "gdb, behind prompts", "(gdb) (gdb) x0             0x1                 1\n"
	  "pc             0x20                0x20 <f>\n",
	  NULL, 1, { { "gdb", -1, 1, RW_REG_X(0) | P(PC), 0x20, 0, 0, 0, 1, 0 } } },
	{ "OpenOCD, two targets",
	  "> reg\n===== arm v8 registers\n(0) x0 (/64): 0x0000000000000001\n"
	  "(1) x1 (/64)\n(29) x29 (/64): 0x" B " (dirty)\n"
	  "(32) pc (/64): 0x" A "\n(33) cpsr (/32): 0x600003c5\n"
	  "===== arm v8 registers\nx29 (/64): 0x0000000000000002\n(x0): 1\n(2) y (/64): 0x1\n",
	  NULL, 2, { { "OpenOCD", -1, 3, RW_REG_X(0) | P(FP) | P(PC) | P(PSTATE), VA, 0, VB, 0, 1,
	  0x600003c5 }, { "OpenOCD", -1, 9, P(FP), 0, 0, 2, 0, 0, 0 } } },
	{ "crash, frames that are none",
	  " #1 [" A "] __schedule at " B "\n #0 [user space]\n #0 [" A "] f at x\n"
	  "#0 [ffff8000] f at " B "\n",
	  NULL, 0, { { 0 } } },
	{ "no logger prints what gdb prints", "[    1.000000] pc 0x123 0x4\n", NULL, 0, { { 0 } } },
	{ "crash help -r",
	  "CPU 2:\n    X0: 0000000000000001   X1: 0000000000000002   X2: 0000000000000003\n"
	  "    LR: " A "   SP: " B "   PC: " A "\n   PSTATE: 600000c5   FPVALID: 00000000\n",
	  NULL, 1, { { "crash", 2, 2, RW_REG_X(0) | RW_REG_X(1) | RW_REG_X(2) | P(LR) | P(SP) |
	  P(PC) | P(PSTATE), VA, VB, 0, VA, 1, 0x600000c5 } } },
	{ "crash, no symbol",
	  "     PC: " A "  [unknown or invalid address]\n"
	  "     LR: 0000000000000000  [unknown or invalid address]\n",
	  NULL, 1, { { "crash", -1, 1, P(PC) | P(LR), VA, 0, 0, 0, 0, 0 } } },
	{ "crash, a 32-bit process: sp and lr are x13 and x14",
	  "     PC: f7e5b1ac  LR: f7e5b18c  SP: ff8c0f58  PSTATE: 60000010\n"
	  "    X12: 00000007 X11: 00000000 X10: 00000000  X9: 00000000\n     X0: 00000005\n",
	  NULL, 1, { { "crash", -1, 1, P(PC) | P(PSTATE) | 0x7e01, 0xf7e5b1ac, 0, 0, 0, 5,
	  0x60000010 } } },
	{ "several formats", "pc : " A "\n PC=" B "\npc             0x30  0x30\n",
	  NULL, 3, { { "kernel", -1, 1, P(PC), VA, 0, 0, 0, 0, 0 },
		     { "QEMU", -1, 2, P(PC), VB, 0, 0, 0, 0, 0 },
		     { "gdb", -1, 3, P(PC), 0x30, 0, 0, 0, 0, 0 } } },
	{ "17 digits", "pc : " A "0\n", "line 1: pc has 17 digits", 0, { { 0 } } },
	{ "17 digits, QEMU", "X29=0" A "\n", "line 1: x29 has 17 digits", 0, { { 0 } } },
	{ "junk", "sp : ffff80000812zz50\n", "line 1: sp is 'ffff80000812zz50', which is no", 0,
	  { { 0 } } },
	{ "junk behind 0x", "pc : 0x\n", "line 1: pc is '0x'", 0, { { 0 } } },
	{ "too few digits", "pc : " A "\nx29: ffff8000\n",
	  "line 2: x29 is 'ffff8000', 8 digits of 16", 0, { { 0 } } },
	{ "no value", "pc : " A "\nx29:\n", "line 2: x29 has no value", 0, { { 0 } } },
	{ "a word among registers", "pc : " A "\nx29: \x80word\n", "line 2: x29 is '?word'", 0,
	  { { 0 } } },
	{ "a word where a block would begin", "PC=" A "\nPC=zz\n", "line 2: pc is 'zz'", 0,
	  { { 0 } } },
	{ "a driver's words are none", "x1: off\nsp : 5\nsp: 0 B\nX: 1\npc loader\n", NULL, 0,
	  { { 0 } } },
	{ "names that only look so",
	  "x31: " A "\nxx: " A "\nx: " A "\nSp: " A "\nspx: " A "\npc2=" A "\nEPC: " A "\n",
	  NULL, 0, { { 0 } } },
	{ "cut in a number", "pc : " A "\nx29: ffff80000a5dbb2", NULL, 1,
	  { { "kernel", -1, 1, P(PC), VA, 0, 0, 0, 0, 0 } } },
	{ "no final newline", "pc : " A "\nx29: " B, NULL, 1,
	  { { "kernel", -1, 1, P(PC) | P(FP), VA, 0, VB, 0, 0, 0 } } },
	{ "CRLF and a byte order mark", "\xef\xbb\xbfpc : " A "\r\nsp : " B "\r\n", NULL, 1,
	  { { "kernel", -1, 1, P(PC) | P(SP), VA, VB, 0, 0, 0, 0 } } },
};

/** Which function pc is in, if the text says so. */
static void test_function(void **state)
{
	static const struct {
		const char *text, *function;
	} rows[] = {
		{ " #0 [" B "] __switch_to at " A "\n", "__switch_to" },
		{ " #0 [" B "] el0_svc+68 at " A "  [scene]\n", "el0_svc" },
		{ " #0 [" B "] a_name_of_63_characters_0123456789_0123456789_0123456789_012345 at "
		  A "\n", "a_name_of_63_characters_0123456789_0123456789_0123456789_012345" },
		{ " #0 [" B "] a_name_of_64_characters_0123456789_0123456789_0123456789_0123456 at "
		  A "\n", "" },
		{ "pc : " A "\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rw_regs_blocks blocks = { 0 };

		expect_ok(rw_regs_from_text(rows[i].text, strlen(rows[i].text), &blocks),
			  rows[i].text);
		assert_int_equal(blocks.nr, 1);
		assert_string_equal(blocks.data[0].function, rows[i].function);
		free(blocks.data);
	}
}

static void check_text(const struct text_row *row, size_t size, const char *text)
{
	struct rw_regs_blocks blocks = { 0 };
	struct rw_error *err = rw_regs_from_text(text, size, &blocks);

	if (row->error) {
		if (err)
			assert_int_equal(err->code, RW_ERROR_FORMAT);
		expect_error(err, row->error, row->why);
		assert_int_equal(blocks.nr, 0);
	} else {
		expect_ok(err, row->why);
		if (blocks.nr != row->nr)
			fail_msg("%s: %zu blocks", row->why, blocks.nr);
		for (size_t i = 0; i < blocks.nr; i++)
			check_block(row->why, &blocks.data[i], &row->blocks[i]);
	}
	free(blocks.data);
}

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(text_rows) / sizeof(text_rows[0]); i++) {
		const struct text_row *row = &text_rows[i];
		size_t size = strlen(row->text);
		char *copy = malloc(size);

		memcpy(copy, row->text, size);
		check_text(row, size, copy);
		free(copy);
	}
}

static void test_appended(void **state)
{
	static const char good[] = "pc : " A "\n", bad[] = "pc : " B "\nsp : oops\n";
	struct rw_regs_blocks blocks = { 0 };

	(void)state;
	expect_ok(rw_regs_from_text(NULL, 0, &blocks), "nothing");
	expect_ok(rw_regs_from_text(good, strlen(good), &blocks), "first");
	expect_ok(rw_regs_from_text(good, strlen(good), &blocks), "second");
	assert_int_equal(blocks.nr, 2);
	expect_error(rw_regs_from_text(bad, strlen(bad), &blocks), "line 2: sp", "bad");
	assert_int_equal(blocks.nr, 2);
	assert_int_equal(blocks.data[1].regs.pc, VA);
	free(blocks.data);
}

/** A NUL is a blank: it ends a number, and a line may begin with some. */
static void test_nuls(void **state)
{
	static const char text[] = "\0\0[    1.000000] sp : " A "\0x1 : " B "\0\n\0x2\0:\0" B;
	struct rw_regs_blocks blocks = { 0 };

	(void)state;
	expect_ok(rw_regs_from_text(text, sizeof(text) - 1, &blocks), "NULs");
	assert_int_equal(blocks.nr, 1);
	assert_int_equal(blocks.data[0].regs.known, P(SP) | RW_REG_X(1) | RW_REG_X(2));
	assert_int_equal(blocks.data[0].regs.x[2], VB);
	free(blocks.data);
}

/** Long lines of what could be looked at again and again: seconds, if it were so. */
static void test_linear(void **state)
{
	static const char *const units[] = {
		"x0 : 0000000000000001 ", "PC: 00000001  ", "X00=0000000000000001 ", "> ",
		"[   12.345678] ", "pc : f+", "[", "    ", "x0 :", "\r", "\033[m", "0123456789",
		"a ", "\n", "[1.0][T1]\n", "CPU#\n", "kern:", "1,1,1,",
	};
	const size_t size = 10 << 20;
	char *text = malloc(size);

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct rw_regs_blocks blocks = { 0 };
		size_t nr = strlen(units[i]);

		for (size_t off = 0; off < size; off++)
			text[off] = units[i][off % nr];
		rw_error_destroy(rw_regs_from_text(text, size, &blocks));
		assert_true(blocks.nr <= 1);
		free(blocks.data);
	}
	free(text);
}

/** More callers than are kept apart: blocks are split, never mixed. */
static void test_many_callers(void **state)
{
	struct rw_regs_blocks blocks = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 40; i++)
			fprintf(f, "[    1.000000][%6s%d] %s: %016x\n", "T", i,
				round ? "sp " : "pc ", i);
	fclose(f);
	expect_ok(rw_regs_from_text(text, size, &blocks), "callers");
	assert_int_equal(blocks.nr, 80);
	for (size_t i = 0; i < blocks.nr; i++)
		assert_int_equal(i < 40 ? blocks.data[i].regs.pc : blocks.data[i].regs.sp, i % 40);
	free(blocks.data);
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arg),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_regs_bytes),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_function),
		cmocka_unit_test(test_appended),
		cmocka_unit_test(test_nuls),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_many_callers),
		// These change the current folder: last.
		cmocka_unit_test_setup_teardown(test_arg_existing, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_file, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_file_pipe, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_file_stdin, enter_folder, leave_folder),
	};

	if (argc > 1)
		data_dir = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
