// SPDX-License-Identifier: GPL-2.0-or-later
//
// INPUT arguments: their form, their content, and the registers in them.
//
// The files in tests/unit/data are what the tools wrote: regs-kernel.txt the
// serial console of Debian's 6.1.192 as it oopsed, regs-qemu.txt QEMU 7.2's `info
// registers -a` (without most of the Q lines), regs-gdb.txt gdb 13's `info
// registers` at a breakpoint in fixtures/firmware.  What is expected of them was
// read off the files by eye.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/input.h"

#define ALL_REGS ((UINT64_C(1) << 34) - 1)

/** Expect an error of this code whose message has @part in it. */
static void assert_error(struct rw_error *err, enum rw_error_code code, const char *part)
{
	assert_non_null(err);
	if (!strstr(err->message, part))
		fail_msg("\"%s\" is not in \"%s\"", part, err->message);
	assert_int_equal(err->code, code);
	assert_null(strchr(err->message, '\n'));
	rw_error_destroy(err);
}

static void assert_no_error(struct rw_error *err)
{
	if (err)
		fail_msg("%s", err->message);
}

/* ---- the form of an argument ----------------------------------------------- */

static void test_arg_forms(void **unused)
{
	static const struct {
		const char *arg;
		enum rw_input_form form;
		const char *path;
		uint64_t addr;
	} rows[] = {
		{ "stack.bin@ffff80000a5d8000", RW_INPUT_VIRTUAL, "stack.bin", 0xffff80000a5d8000 },
		{ "stack.bin@0xFFFF80000A5D8000", RW_INPUT_VIRTUAL, "stack.bin", 0xffff80000a5d8000 },
		{ "s@0X10", RW_INPUT_VIRTUAL, "s", 0x10 },
		{ "s@0", RW_INPUT_VIRTUAL, "s", 0 },
		{ "s@ffffffffffffffff", RW_INPUT_VIRTUAL, "s", UINT64_MAX },
		{ "ram@phys:40000000", RW_INPUT_PHYSICAL, "ram", 0x40000000 },
		{ "ram@phys:0x40000000", RW_INPUT_PHYSICAL, "ram", 0x40000000 },
		{ "r.bin@regs", RW_INPUT_REGS, "r.bin", 0 },
		{ "a@b@1000", RW_INPUT_VIRTUAL, "a@b", 0x1000 },
		// No address behind the @, and not meant as one: a name.
		{ "user@host.log", RW_INPUT_CONTENT, "user@host.log", 0 },
		{ "vmcore", RW_INPUT_CONTENT, "vmcore", 0 },
		{ "-", RW_INPUT_CONTENT, "-", 0 },
		{ "", RW_INPUT_CONTENT, "", 0 },
		{ "file@", RW_INPUT_CONTENT, "file@", 0 },
		// Without a name in front there is no file that it could be of.
		{ "@1000", RW_INPUT_CONTENT, "@1000", 0 },
		{ "x@registers", RW_INPUT_CONTENT, "x@registers", 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rw_input_arg arg = { 0 };

		assert_no_error(rw_input_arg_parse(rows[i].arg, &arg));
		if (strcmp(arg.path, rows[i].path) || arg.form != rows[i].form ||
		    arg.addr != rows[i].addr)
			fail_msg("%s: form %d, path %s, address %llx", rows[i].arg, arg.form,
				 arg.path, (unsigned long long)arg.addr);
		free(arg.path);
	}
}

static void test_arg_bad_addresses(void **unused)
{
	static const char *const args[] = {
		"s@0x", "s@12zz", "s@0xffff80000a5d8000g", "s@ffff8000:0", "s@phys:", "s@phys:zz",
		"s@11112222333344445",			// 17 digits
		"s@phys:0x11112222333344445",
	};
	struct rw_input_arg arg = { .path = (char *)"untouched" };

	(void)unused;
	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		assert_error(rw_input_arg_parse(args[i], &arg), RW_ERROR_USAGE, args[i]);
	assert_string_equal(arg.path, "untouched");
	// This begins with no digit: it is taken for a name.
	assert_no_error(rw_input_arg_parse("s@-1000", &arg));
	assert_int_equal(arg.form, RW_INPUT_CONTENT);
	free(arg.path);
}

/** A directory for the files of one test; its path is freed by remove_dir(). */
static char *make_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir;

	assert_true(asprintf(&dir, "%s/rewalk-input-XXXXXX", tmp ? tmp : "/tmp") > 0);
	assert_non_null(mkdtemp(dir));
	return dir;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/** A name that exists as it stands is that file, whatever its end looks like. */
static void test_arg_existing_name(void **unused)
{
	char *dir = make_dir(), *path;
	struct rw_input_arg arg;

	(void)unused;
	assert_true(asprintf(&path, "%s/core@ffff0000", dir) > 0);
	assert_no_error(rw_input_arg_parse(path, &arg));
	assert_int_equal(arg.form, RW_INPUT_VIRTUAL);
	free(arg.path);
	write_file(path, "x", 1);
	assert_no_error(rw_input_arg_parse(path, &arg));
	assert_int_equal(arg.form, RW_INPUT_CONTENT);
	assert_string_equal(arg.path, path);
	free(arg.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	free(path);
	free(dir);
}

/* ---- files ------------------------------------------------------------------ */

static void test_files(void **unused)
{
	char *dir = make_dir(), *path;
	struct rw_file file = { 0 };

	(void)unused;
	rw_file_deinit(&file);
	assert_error(rw_file_init(dir, 100, &file), RW_ERROR_FORMAT, "is a directory");
	assert_true(asprintf(&path, "%s/f", dir) > 0);
	assert_error(rw_file_init(path, 100, &file), RW_ERROR_OS, path);
	assert_null(file.name);

	write_file(path, "", 0);
	assert_no_error(rw_file_init(path, 100, &file));
	assert_int_equal(file.size, 0);
	rw_file_deinit(&file);

	// The limit is for pipes: a mapped file costs nothing.
	write_file(path, "twelve bytes", 12);
	assert_no_error(rw_file_init(path, 4, &file));
	assert_int_equal(file.size, 12);
	assert_true(file.mapped);
	assert_memory_equal(file.bytes, "twelve bytes", 12);
	assert_string_equal(file.name, path);
	rw_file_deinit(&file);
	assert_null(file.bytes);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	free(path);
	free(dir);
}

/** Read @size bytes from a pipe that stands in for standard input. */
static struct rw_error *read_stdin(size_t size, size_t limit, struct rw_file *ret)
{
	int fds[2], kept = dup(STDIN_FILENO);
	char bytes[4096];

	assert_true(size <= sizeof(bytes));
	memset(bytes, 'p', size);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], bytes, size), size);
	close(fds[1]);
	assert_true(dup2(fds[0], STDIN_FILENO) >= 0);
	close(fds[0]);
	struct rw_error *err = rw_file_init("-", limit, ret);
	// A test may be run with its standard input closed.
	if (kept >= 0) {
		dup2(kept, STDIN_FILENO);
		close(kept);
	}
	return err;
}

static void test_pipes(void **unused)
{
	struct rw_file file = { 0 };

	(void)unused;
	assert_no_error(read_stdin(4000, 4000, &file));
	assert_int_equal(file.size, 4000);
	assert_false(file.mapped);
	assert_string_equal(file.name, "-");
	rw_file_deinit(&file);
	assert_no_error(read_stdin(0, 10, &file));
	assert_int_equal(file.size, 0);
	rw_file_deinit(&file);
	assert_error(read_stdin(4000, 3999, &file), RW_ERROR_FORMAT, "standard input");
	assert_null(file.bytes);
}

/* ---- content ---------------------------------------------------------------- */

static void assert_content(const void *head, size_t head_size, size_t size, enum rw_content want)
{
	// The bytes stand at the end of their own block, so that a read past them is seen.
	uint8_t *bytes = calloc(1, size ? size : 1);

	assert_non_null(bytes);
	memcpy(bytes, head, head_size < size ? head_size : size);
	enum rw_content got = rw_content_recognise(bytes, size);
	free(bytes);
	if (got != want)
		fail_msg("%zu bytes of %s: %s", size, rw_content_name(want), rw_content_name(got));
}

static void test_content(void **unused)
{
	static const char core[20] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\4\0\267\0";
	static const char exec[20] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0";
	static const char flat[16] = "makedumpfile\0\0\0\0";
	char image[64] = { 0 };

	(void)unused;
	memcpy(image + 0x38, "ARM\x64", 4);
	assert_content("", 0, 0, RW_CONTENT_EMPTY);
	assert_content(core, sizeof(core), 64, RW_CONTENT_ELF_CORE);
	assert_content(exec, sizeof(exec), 64, RW_CONTENT_ELF_OTHER);
	assert_content("KDUMP   ", 8, 4096, RW_CONTENT_KDUMP);
	assert_content("DISKDUMP", 8, 8, RW_CONTENT_KDUMP);
	assert_content(flat, 16, 4096, RW_CONTENT_FLATTENED);
	assert_content("EMiL\1\0\0", 8, 32, RW_CONTENT_LIME);
	assert_content(image, 64, 64, RW_CONTENT_IMAGE);
	assert_content("\x1f\x8b\x08", 3, 64, RW_CONTENT_COMPRESSED);
	assert_content("\xfd" "7zXZ\0", 6, 64, RW_CONTENT_COMPRESSED);
	assert_content("\x28\xb5\x2f\xfd", 4, 64, RW_CONTENT_COMPRESSED);
	assert_content("\x90\x00\x00\x00", 4, 4096, RW_CONTENT_UNKNOWN);
	assert_content("pc : 0\r\n\tlr : 0\n", 16, 16, RW_CONTENT_TEXT);
	// A console coloured by its terminal, and a name in UTF-8.
	assert_content("\033[31mpc : 0\033[0m \xc3\xbc", 18, 18, RW_CONTENT_TEXT);
}

/** A header that is cut short is not recognised as what it would have been. */
static void test_content_cut(void **unused)
{
	static const char core[20] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\4\0\267\0";
	static const char flat[16] = "makedumpfile\0\0\0\0";
	char image[64] = { 0 };

	(void)unused;
	memcpy(image + 0x38, "ARM\x64", 4);
	for (size_t size = 4; size < 20; size++)
		assert_content(core, sizeof(core), size, RW_CONTENT_UNKNOWN);
	assert_content(core, sizeof(core), 20, RW_CONTENT_ELF_CORE);
	assert_content("KDUMP   ", 8, 7, RW_CONTENT_TEXT);
	assert_content(flat, 16, 12, RW_CONTENT_TEXT);
	assert_content(image, 64, 0x3b, RW_CONTENT_UNKNOWN);
	assert_content(image, 64, 0x3c, RW_CONTENT_IMAGE);
	assert_content("\x1f", 1, 1, RW_CONTENT_UNKNOWN);
}

/** One strange byte in twenty is still text, as on a serial line; more are not. */
static void test_content_text_limit(void **unused)
{
	char bytes[4096];

	(void)unused;
	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < 204; i++)
		bytes[i * 20] = '\0';
	assert_content(bytes, sizeof(bytes), sizeof(bytes), RW_CONTENT_TEXT);
	memset(bytes + 1000, 0x7f, 10);
	assert_content(bytes, sizeof(bytes), sizeof(bytes), RW_CONTENT_UNKNOWN);
}

static void test_content_names(void **unused)
{
	(void)unused;
	for (int i = RW_CONTENT_UNKNOWN; i <= RW_CONTENT_TEXT; i++)
		assert_non_null(rw_content_name(i));
}

/* ---- registers in bytes ------------------------------------------------------ */

static void test_regs_bytes(void **unused)
{
	uint8_t bytes[336];
	struct rw_regs regs = { .pc = 77 };

	(void)unused;
	// Each byte says where it stands, so that a wrong offset or order shows.
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 8 ? 0 : i / 8 + 1;
	bytes[7] = 0xff;
	assert_error(rw_regs_from_bytes(bytes, 271, &regs), RW_ERROR_FORMAT, "271 bytes");
	assert_int_equal(regs.pc, 77);
	for (int larger = 0; larger < 2; larger++) {
		memset(&regs, 0xaa, sizeof(regs));
		assert_no_error(rw_regs_from_bytes(bytes, larger ? 336 : 272, &regs));
		assert_int_equal(regs.x[0], 0xff00000000000001);
		assert_int_equal(regs.x[29], 30);
		assert_int_equal(regs.x[30], 31);
		assert_int_equal(regs.sp, 32);
		assert_int_equal(regs.pc, 33);
		assert_int_equal(regs.pstate, 34);
		assert_int_equal(regs.known, ALL_REGS);
	}
}

/* ---- registers in text --------------------------------------------------------- */

static struct rw_regs_blocks parse_size(const char *text, size_t size)
{
	struct rw_regs_blocks blocks = { 0 };
	// Without a NUL behind it: the text is not a string.
	char *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, text, size);
	assert_no_error(rw_regs_from_text(copy, size, &blocks));
	free(copy);
	return blocks;
}

static struct rw_regs_blocks parse(const char *text)
{
	return parse_size(text, strlen(text));
}

static void refuse(const char *text, const char *part)
{
	struct rw_regs_blocks blocks = { 0 };

	assert_error(rw_regs_from_text(text, strlen(text), &blocks), RW_ERROR_FORMAT, part);
	free(blocks.data);
}

/** A file of tests/unit/data, as a string; DATA in the environment says where that is. */
static char *read_data(const char *name)
{
	const char *dir = getenv("DATA");
	char *path, *text = calloc(1, 1 << 16);

	assert_non_null(text);
	assert_true(asprintf(&path, "%s/%s", dir ? dir : "tests/unit/data", name) > 0);
	FILE *f = fopen(path, "r");
	if (!f)
		fail_msg("%s: not there; set DATA", path);
	assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
	fclose(f);
	free(path);
	return text;
}

static void check_kernel(const char *text)
{
	struct rw_regs_blocks b = parse(text);

	assert_int_equal(b.nr, 1);
	const struct rw_regs *r = &b.data[0].regs;
	assert_string_equal(b.data[0].format, "kernel");
	assert_int_equal(b.data[0].cpu, -1);
	assert_int_equal(b.data[0].line, 4);
	assert_int_equal(r->pstate, 0x00400005);
	assert_int_equal(r->sp, 0xffff80000802bcc0);
	assert_int_equal(r->x[29], 0xffff80000802bcc0);
	assert_int_equal(r->x[28], 0xffff000002621040);
	assert_int_equal(r->x[9], 0x20);
	assert_int_equal(r->x[0], 8);
	// pc and lr are symbols there.
	assert_int_equal(r->known, ALL_REGS & ~(RW_REG_PC | RW_REG_LR));
	assert_int_equal(r->pc, 0);
	assert_int_equal(r->x[30], 0);
	free(b.data);
}

static char *with_crlf(const char *text)
{
	char *ret = calloc(2, strlen(text) + 1), *p = ret;

	assert_non_null(ret);
	for (; *text; text++) {
		if (*text == '\n')
			*p++ = '\r';
		*p++ = *text;
	}
	return ret;
}

static char *without_cr(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (*from != '\r')
			*to++ = *from;
	*to = '\0';
	return text;
}

/** What a serial console brings has CR at its line ends; a log saved from it need not. */
static void test_regs_kernel(void **unused)
{
	char *text = without_cr(read_data("regs-kernel.txt")), *crlf = with_crlf(text);

	(void)unused;
	check_kernel(text);
	check_kernel(crlf);
	free(text);
	free(crlf);
}

static void check_qemu(const char *text)
{
	struct rw_regs_blocks b = parse(text);

	assert_int_equal(b.nr, 2);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(b.data[i].format, "QEMU");
		assert_int_equal(b.data[i].cpu, i);
		assert_int_equal(b.data[i].regs.known, ALL_REGS);
	}
	const struct rw_regs *r = &b.data[0].regs;
	assert_int_equal(r->pc, 0xffffce937ea634ec);
	assert_int_equal(r->x[0], 5);
	assert_int_equal(r->x[9], 0xffffce937e4c3e18);
	assert_int_equal(r->x[29], 0xffffce937f143d40);
	assert_int_equal(r->x[30], 0xf5b6ce937ea63504);
	assert_int_equal(r->sp, 0xffffce937f143d40);
	assert_int_equal(r->pstate, 0x400000c5);
	r = &b.data[1].regs;
	assert_int_equal(r->pc, 0xffffce937e8b8f34);
	assert_int_equal(r->sp, 0xffff8000086bb950);
	assert_int_equal(r->pstate, 0xc5);
	free(b.data);
}

static void test_regs_qemu(void **unused)
{
	char *text = read_data("regs-qemu.txt"), *crlf = with_crlf(text);

	(void)unused;
	check_qemu(text);
	check_qemu(crlf);

	// `info registers` of one CPU has the same form; without its heading no CPU is named.
	char *second = strstr(text, "CPU#1");
	assert_non_null(second);
	struct rw_regs_blocks b = parse(second);
	assert_int_equal(b.nr, 1);
	assert_int_equal(b.data[0].cpu, 1);
	assert_int_equal(b.data[0].line, 2);
	free(b.data);
	b = parse(strchr(second, '\n') + 1);
	assert_int_equal(b.nr, 1);
	assert_int_equal(b.data[0].cpu, -1);
	assert_int_equal(b.data[0].regs.known, ALL_REGS);
	free(b.data);
	free(text);
	free(crlf);
}

static void test_regs_gdb(void **unused)
{
	char *text = read_data("regs-gdb.txt");
	struct rw_regs_blocks b = parse(text);

	(void)unused;
	assert_int_equal(b.nr, 1);
	assert_string_equal(b.data[0].format, "gdb");
	const struct rw_regs *r = &b.data[0].regs;
	assert_int_equal(r->known, ALL_REGS);
	assert_int_equal(r->x[0], 0xffff80000800a1f0);
	assert_int_equal(r->x[29], 0xffff80000c003dc0);
	assert_int_equal(r->x[30], 0xffff80000800357c);
	assert_int_equal(r->sp, 0xffff80000c003dc0);
	assert_int_equal(r->pc, 0xffff8000080034e0);
	assert_int_equal(r->pstate, 0x800003c5);
	free(b.data);

	// Two threads' registers, one after the other: x0 begins anew.
	char *twice;
	assert_true(asprintf(&twice, "%s%s", text, text) > 0);
	b = parse(twice);
	assert_int_equal(b.nr, 2);
	assert_memory_equal(&b.data[0].regs, &b.data[1].regs, sizeof(b.data[0].regs));
	free(b.data);
	free(twice);
	free(text);
}

/** crash's exception frames, by its documented layout; the user's registers follow the kernel's. */
static void test_regs_crash(void **unused)
{
	static const char text[] =
		"PID: 110      TASK: ffff000002f6d140  CPU: 3    COMMAND: \"sleep\"\n"
		" #0 [ffff80000834ba40] __switch_to at ffffa4b3350dffc4\n"
		" #1 [ffff80000834ba60] __schedule at ffffa4b3350e0358\n"
		"--- <IRQ stack> ---\n"
		"     PC: ffffa4b3350da26c  [cpu_do_idle+12]\n"
		"     LR: ffffa4b3350da284  [arch_cpu_idle+16]\n"
		"     SP: ffffa4b3360b3d50  PSTATE: 404000c5\n"
		"    X29: ffffa4b3360b3d50  X28: 0000000041868d6c  X27: 0000000000000000\n"
		"     X2: 0000000000000002   X1: 0000000000000001   X0: 0000000000000000\n"
		" #2 [ffffa4b3360b3d50] default_idle_call at ffffa4b3350d0000\n"
		"     PC: 0000ffff9d3a5d50   LR: 0000ffff9d3a5d40   SP: 0000ffffd3a5d500\n"
		"    X29: 0000ffffd3a5d500  X28: 0000000000000000  X27: 0000000000000000\n"
		"    ORIG_X0: 0000000000000000  SYSCALLNO: 40  PSTATE: 60001000\n";
	struct rw_regs_blocks b = parse(text);

	(void)unused;
	assert_int_equal(b.nr, 2);
	assert_string_equal(b.data[0].format, "crash");
	assert_int_equal(b.data[0].line, 5);
	const struct rw_regs *r = &b.data[0].regs;
	assert_int_equal(r->pc, 0xffffa4b3350da26c);
	assert_int_equal(r->x[30], 0xffffa4b3350da284);
	assert_int_equal(r->sp, 0xffffa4b3360b3d50);
	assert_int_equal(r->pstate, 0x404000c5);
	assert_int_equal(r->x[28], 0x41868d6c);
	assert_int_equal(r->x[2], 2);
	assert_int_equal(r->known, RW_REG_PC | RW_REG_LR | RW_REG_SP | RW_REG_PSTATE | RW_REG_FP |
				   RW_REG_X(28) | RW_REG_X(27) | RW_REG_X(2) | RW_REG_X(1) |
				   RW_REG_X(0));
	r = &b.data[1].regs;
	assert_int_equal(r->pc, 0xffff9d3a5d50);
	assert_int_equal(r->pstate, 0x60001000);
	assert_int_equal(r->x[29], 0xffffd3a5d500);
	// ORIG_X0 is not x0.
	assert_false(r->known & RW_REG_X(0));
	free(b.data);
}

/** A pc that is a symbol is no address, but one that is a number on a second line is. */
static void test_regs_symbolised(void **unused)
{
	struct rw_regs_blocks b = parse("pc : el1_irq+0xb4/0x140\nlr : 0000aaaac0de0010\n"
					"sp : ffff80000a5dbb20\n");

	(void)unused;
	assert_int_equal(b.nr, 1);
	assert_int_equal(b.data[0].regs.known, RW_REG_LR | RW_REG_SP);
	free(b.data);

	// Symbols that begin like a number: abc+…, dead_fn, f.
	b = parse("pc : abc+0x10/0x20\npc : dead_fn+0x0/0x8\nlr : f+0x4/0x8\nsp : 10\n");
	assert_int_equal(b.nr, 1);
	assert_int_equal(b.data[0].regs.known, RW_REG_SP);
	free(b.data);

	// The second report of a log begins at its pc, though that leaves no value.
	b = parse("pc : one+0x0/0x4\nsp : 10\nx0 : 1\npc : two+0x0/0x4\nsp : 20\nx0 : 2\n");
	assert_int_equal(b.nr, 2);
	assert_int_equal(b.data[0].regs.sp, 0x10);
	assert_int_equal(b.data[1].regs.sp, 0x20);
	assert_int_equal(b.data[1].line, 5);
	free(b.data);
}

static void test_regs_several_formats(void **unused)
{
	struct rw_regs_blocks b = parse("[    1.5] sp : 10\n PC=20 X00=1 X29=30\n"
					"x0             0x2  2\nsp             0x40  0x40\n");

	(void)unused;
	assert_int_equal(b.nr, 3);
	assert_string_equal(b.data[0].format, "kernel");
	assert_int_equal(b.data[0].regs.sp, 0x10);
	assert_string_equal(b.data[1].format, "QEMU");
	assert_int_equal(b.data[1].regs.x[29], 0x30);
	assert_string_equal(b.data[2].format, "gdb");
	assert_int_equal(b.data[2].regs.sp, 0x40);
	free(b.data);
}

/** Blocks are appended: what another file gave stays in front. */
static void test_regs_appended(void **unused)
{
	struct rw_regs_blocks b = { 0 };

	(void)unused;
	assert_no_error(rw_regs_from_text("sp : 1\n", 7, &b));
	assert_no_error(rw_regs_from_text("nothing here\n", 13, &b));
	assert_int_equal(b.nr, 1);
	// The same register in another text is no repetition.
	assert_no_error(rw_regs_from_text("sp : 2\n", 7, &b));
	assert_int_equal(b.nr, 2);
	assert_int_equal(b.data[0].regs.sp, 1);
	assert_int_equal(b.data[1].regs.sp, 2);
	free(b.data);
}

static void test_regs_duplicates(void **unused)
{
	(void)unused;
	struct rw_regs_blocks b = parse("sp : 10 sp : 10\nx29: ff\nx29: 00000000000000ff\n");
	assert_int_equal(b.nr, 1);
	free(b.data);
	refuse("sp : 10\nx1 : 1\nsp : 11\n", "line 3: sp is 0x11, but 0x10 in line 1");
	refuse("x29: 1 x29: 2\n", "x29 is 0x2, but 0x1");
	refuse("x9 : 1\nx09: 2\n", "x9 is 0x2, but 0x1");
	// Two names of one register.
	refuse("lr : 1\nx30: 2\n", "x30 is 0x2, but 0x1 in line 1");
	refuse(" PC=1 X29=1\nX29=2\n", "line 2: x29");
	refuse("pc             0x1  1\npc             0x2  2\n", "line 2: pc is 0x2");
}

static void test_regs_too_long(void **unused)
{
	(void)unused;
	refuse("sp : 1\nx0 : 10000000000000000\n", "line 2: a register of more than 16 digits");
	refuse("X00=00000000000000001", "line 1: a register of more than 16 digits");
	refuse("pc             0x10000000000000000  0", "more than 16 digits");
	// A hash of 40 digits is no register where it has no register's name.
	struct rw_regs_blocks b = parse("id : 0123456789abcdef0123456789abcdef01234567\n");
	assert_int_equal(b.nr, 0);
}

/** Words that look like registers and are none. */
static void test_regs_none(void **unused)
{
	static const char *const texts[] = {
		"", "\n", "\r\n", "x", "x:", "x0", "x0:", "x0 :", "x0 : ", "pc", "pc :", "pc : \n", "=",
		"x31: 1\n", "x100: 1\n", "w0 : 1\n", "xzr: 0\n", "max0: 1\n", "FPCR=0 FPSR=0\n",
		"Q00=0:0\n", "pc = 0x10\n", "lr=10\n", "Code: bad PC value\n", "x0 : 0x\n", "x0 : zz\n",
		"x0 : 12zz\n", "ESR = 0x96000046\n", "sp             10\n", "  sp             0x10\n",
		"<x0: 1>\n", "CPU#\n", "CPU#1\n", "pc 0x\n",
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rw_regs_blocks b = parse(texts[i]);

		if (b.nr)
			fail_msg("\"%s\" gave a register", texts[i]);
		free(b.data);
	}
}

/** A NUL ends a number as a blank does; what stands behind it is still read. */
static void test_regs_nuls(void **unused)
{
	static const char text[] = "\0\0sp : 10\0 x0 : 1\0\n\0x1 : 2\0";
	struct rw_regs_blocks b = parse_size(text, sizeof(text) - 1);

	(void)unused;
	assert_int_equal(b.nr, 1);
	assert_int_equal(b.data[0].regs.sp, 0x10);
	assert_int_equal(b.data[0].regs.x[1], 2);
	assert_int_equal(b.data[0].regs.known, RW_REG_SP | RW_REG_X(0) | RW_REG_X(1));
	free(b.data);
}

/**
 * Cut after each byte: nothing that the whole text does not have, but for the one
 * number that the cut went through.  A symbol cut behind letters that are digits as
 * well ("lr : d") is such a number, too.
 */
static void cut_everywhere(const char *name)
{
	char *text = read_data(name);
	size_t size = strlen(text);
	struct rw_regs_blocks whole = parse(text);

	for (size_t cut = 0; cut < size; cut++) {
		struct rw_regs_blocks b = parse_size(text, cut);
		unsigned int differ = 0;

		assert_true(b.nr <= whole.nr);
		for (size_t i = 0; i < b.nr; i++) {
			const struct rw_regs *r = &b.data[i].regs, *w = &whole.data[i].regs;

			assert_int_equal(r->known & ~w->known & ~(RW_REG_PC | RW_REG_LR), 0);
			differ += !!(r->known & ~w->known);
			for (int n = 0; n < 31; n++) {
				if (!(r->known & RW_REG_X(n)))
					assert_int_equal(r->x[n], 0);
				else if (w->known & RW_REG_X(n))
					differ += r->x[n] != w->x[n];
			}
		}
		assert_true(differ <= 1);
		free(b.data);
	}
	free(whole.data);
	free(text);
}

static void test_regs_cut(void **unused)
{
	(void)unused;
	cut_everywhere("regs-kernel.txt");
	cut_everywhere("regs-qemu.txt");
	cut_everywhere("regs-gdb.txt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arg_forms),
		cmocka_unit_test(test_arg_bad_addresses),
		cmocka_unit_test(test_arg_existing_name),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_content_cut),
		cmocka_unit_test(test_content_text_limit),
		cmocka_unit_test(test_content_names),
		cmocka_unit_test(test_regs_bytes),
		cmocka_unit_test(test_regs_kernel),
		cmocka_unit_test(test_regs_qemu),
		cmocka_unit_test(test_regs_gdb),
		cmocka_unit_test(test_regs_crash),
		cmocka_unit_test(test_regs_symbolised),
		cmocka_unit_test(test_regs_several_formats),
		cmocka_unit_test(test_regs_appended),
		cmocka_unit_test(test_regs_duplicates),
		cmocka_unit_test(test_regs_too_long),
		cmocka_unit_test(test_regs_none),
		cmocka_unit_test(test_regs_nuls),
		cmocka_unit_test(test_regs_cut),
	};

	return cmocka_run_group_tests_name("input", tests, NULL, NULL);
}
