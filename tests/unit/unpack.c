// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packed files.  What is packed is made by gzip, xz and zstd when the test runs.

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

#define MIB ((size_t)1 << 20)

static const char *const tools[] = { "gzip -c", "xz -T1 -1 -c", "zstd -q -c" };
#define NR_TOOLS (sizeof(tools) / sizeof(tools[0]))

static int enter_folder(void **state)
{
	static char path[] = "/tmp/rewalk-unpack-XXXXXX";

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

static void run(const char *command)
{
	if (system(command))
		fail_msg("%s", command);
}

static void pack(const char *tool, const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "%s %s >%s", tool, from, to);
	run(command);
}

static void open_file(const char *path, struct rw_file *ret)
{
	struct rw_error *err = rw_file_init(path, 0, ret);

	if (err)
		fail_msg("%s", err->message);
}

/** Something that looks like a dump: zeros, words, noise. */
static uint8_t *make(size_t size)
{
	uint8_t *bytes = calloc(1, size);
	uint32_t noise = 1;

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++) {
		noise = noise * 1103515245 + 12345;
		if (i / 5000 % 3 == 1)
			bytes[i] = (uint8_t)(i / 16);
		else if (i / 5000 % 3 == 2)
			bytes[i] = (uint8_t)(noise >> 16);
	}
	return bytes;
}

static void check_unpacked(const char *path, const uint8_t *bytes, size_t size)
{
	struct rw_file file;
	uint8_t head[64];

	open_file(path, &file);
	assert_true(rw_file_is_packed(&file));
	size_t nr = rw_file_peek(&file, head, sizeof(head));
	assert_int_equal(nr, size < sizeof(head) ? size : sizeof(head));
	if (nr)
		assert_memory_equal(head, bytes, nr);
	struct rw_error *err = rw_file_unpack(&file);
	if (err)
		fail_msg("%s", err->message);
	assert_int_equal(file.size, size);
	if (size)
		assert_memory_equal(file.bytes, bytes, size);
	assert_string_equal(file.name, path);
	rw_file_deinit(&file);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 300000, 3 * MIB + 17 };
	uint8_t *bytes = make(3 * MIB + 17);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_file("plain", bytes, sizes[i]);
		for (size_t j = 0; j < NR_TOOLS; j++) {
			pack(tools[j], "plain", "packed");
			check_unpacked("packed", bytes, sizes[i]);
		}
	}
	free(bytes);
}

/** More than is kept in memory: a temporary file, of which nothing is left. */
static void test_large(void **state)
{
	const size_t size = 150 * MIB;
	uint8_t *bytes = make(size);

	(void)state;
	memset(bytes + 20 * MIB, 0, 20 * MIB);
	write_file("plain", bytes, size);
	pack("zstd -q -c", "plain", "packed");
	assert_int_equal(mkdir("tmp", 0700), 0);
	assert_int_equal(setenv("TMPDIR", "tmp", 1), 0);
	check_unpacked("packed", bytes, size);
	assert_int_equal(rmdir("tmp"), 0);

	struct rw_file file;
	open_file("packed", &file);
	assert_int_equal(setenv("TMPDIR", "none", 1), 0);
	struct rw_error *err = rw_file_unpack(&file);
	assert_non_null(err);
	assert_int_equal(err->code, RW_ERROR_OS);
	assert_non_null(strstr(err->message, "packed: cannot be unpacked: No such file"));
	assert_true(rw_file_is_packed(&file));
	rw_error_destroy(err);
	rw_file_deinit(&file);
	unsetenv("TMPDIR");
	free(bytes);
}

/** Two packed files, one behind the other, unpack to both. */
static void test_joined(void **state)
{
	uint8_t *bytes = make(200000);

	(void)state;
	write_file("a", bytes, 100000);
	write_file("b", bytes + 100000, 100000);
	for (size_t i = 0; i < NR_TOOLS; i++) {
		pack(tools[i], "a", "packed");
		pack(tools[i], "b", "other");
		run("cat other >>packed");
		check_unpacked("packed", bytes, 200000);
	}
	free(bytes);
}

static void test_plain(void **state)
{
	struct rw_file file;
	uint8_t head[4];

	(void)state;
	write_file("plain", "\x1f\x8b plain", 8);
	open_file("plain", &file);
	assert_false(rw_file_is_packed(&file));
	const uint8_t *bytes = file.bytes;
	assert_null(rw_file_unpack(&file));
	assert_ptr_equal(file.bytes, bytes);
	assert_int_equal(rw_file_peek(&file, head, 4), 4);
	assert_memory_equal(head, "\x1f\x8b p", 4);
	rw_file_deinit(&file);
}

/** Cut anywhere, or with a byte changed: an error, or for what no checksum covers none. */
static void test_damage(void **state)
{
	uint8_t *bytes = make(60000);

	(void)state;
	write_file("plain", bytes, 60000);
	for (size_t i = 0; i < NR_TOOLS; i++) {
		struct rw_file whole;

		pack(tools[i], "plain", "packed");
		open_file("packed", &whole);
		for (size_t size = 8; size < whole.size; size += size < 64 ? 1 : 977) {
			int fd = -1;
			uint8_t *copy = malloc(size);

			memcpy(copy, whole.bytes, size);
			struct rw_error *err = rw_unpack(copy, size, "cut", MIB, &fd);
			if (!err)
				fail_msg("%s: %zu of %zu bytes", tools[i], size, whole.size);
			assert_non_null(strstr(err->message, "cut: "));
			assert_null(strchr(err->message, '\n'));
			assert_int_equal(fd, -1);
			rw_error_destroy(err);
			free(copy);
		}
		for (size_t at = 8; at < whole.size; at += at < 64 ? 1 : 977) {
			uint8_t *copy = malloc(whole.size);
			int fd = -1;

			memcpy(copy, whole.bytes, whole.size);
			copy[at] ^= 0x55;
			struct rw_error *err = rw_unpack(copy, whole.size, "x", MIB, &fd);
			if (!err)
				close(fd);
			rw_error_destroy(err);
			free(copy);
		}
		rw_file_deinit(&whole);
	}
	free(bytes);
}

/** What unpacks to far more than it should. */
static void test_bombs(void **state)
{
	static const struct {
		const char *make;
		const char *error;	/* NULL: none */
	} rows[] = {
		{ "head -c 3000000 /dev/zero | tr '\\0' A", "bytes of it unpack to more than" },
		{ "head -c 900000 /dev/zero | tr '\\0' A", NULL },
		{ "head -c 15000000 /dev/zero", NULL },
		{ "head -c 40000000 /dev/zero", "bytes of it unpack to more than" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rw_file file;
		char command[128];
		int fd = -1;

		snprintf(command, sizeof(command), "%s | zstd -q -19 -c >packed", rows[i].make);
		run(command);
		open_file("packed", &file);
		struct rw_error *err = rw_unpack(file.bytes, file.size, "bomb", MIB, &fd);
		if (!err != !rows[i].error)
			fail_msg("%s: %s", rows[i].make, err ? err->message : "no error");
		if (err) {
			assert_non_null(strstr(err->message, rows[i].error));
			rw_error_destroy(err);
		} else {
			close(fd);
		}
		rw_file_deinit(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sizes, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_large, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_joined, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_plain, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_damage, enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(test_bombs, enter_folder, leave_folder),
	};

#ifndef HAVE_LIBARCHIVE
	(void)tests;
	printf("skipped: built without libarchive\n");
	return 77;
#else
	return cmocka_run_group_tests(tests, NULL, NULL);
#endif
}
