// SPDX-License-Identifier: GPL-2.0-or-later
//
// Compressed kdumps and split sets, made by mkdump.c.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dumps.h"

static const enum mk_codec codecs[] = { MK_RAW, MK_ZLIB, MK_LZO, MK_SNAPPY, MK_ZSTD };

static void test_kdump(void **state)
{
	static const uint32_t blocks[] = { 1024, 4096, 65536 };

	(void)state;
	for (size_t i = 0; i < 3 * 5; i++) {
		struct mk notes = { 0 }, file = { 0 };
		struct opened o;

		if (!mk_has_codec(codecs[i / 3]))
			continue;
		make_notes(&notes, i & 1);
		make_kdump(&file, blocks[i % 3], codecs[i / 3], -1, &notes);
		open_one(&o, &file, RW_DUMP_KDUMP);
		check_kdump(&o, blocks[i % 3]);
		check_notes(&o, i & 1);
		assert_string_equal(rw_dump_utsname(o.dump)->release, "6.1.0-test");
		assert_int_equal(rw_dump_level(o.dump), 31);
		assert_int_equal(nr_lost(&o), 0);
		close_dump(&o);
		mk_free(&file);
		mk_free(&notes);
	}
}

static void test_kdump_variants(void **state)
{
	const struct mk_pages pages = { 1, 3, MK_RAW, true };
	struct mk_kdump kdump = { .pages = &pages, .nr = 1, .block_size = 4096, .max_mapnr = 4,
				  .one_bitmap = true, .vmcoreinfo = info };
	struct mk file = { 0 };
	struct opened o = { 0 };
	uint64_t value;

	(void)state;
	mk_kdump(&file, &kdump);
	// One block would do for two bitmaps of 4 pages: make one that would not.
	mk_le(&file, 440, 4096 * 8, 4);
	mk_le(&file, 4096 + 96, 4096 * 8, 8);
	open_one(&o, &file, RW_DUMP_KDUMP);
	expect(&o, 4096, 8192, RW_DUMP_OK);
	expect(&o, 0, 4096, RW_DUMP_EXCLUDED);
	assert_null(rw_dump_utsname(o.dump));
	assert_true(rw_vmcoreinfo_number(rw_dump_vmcoreinfo(o.dump), "PAGESIZE", &value));
	close_dump(&o);
	mk_free(&file);

	kdump.one_bitmap = false;
	kdump.machine = "x86_64";
	kdump.status = 8;
	mk_kdump(&file, &kdump);
	add_file(&o, file.bytes, file.size, RW_DUMP_KDUMP, 0, "file");
	create(&o);
	expect_error(&o, RW_ERROR_MISMATCH, "x86_64");
	close_dump(&o);
	mk_put(&file, 12 + 4 * 65, "aarch64", 8);
	open_one(&o, &file, RW_DUMP_KDUMP);
	expect_loss(&o, "incomplete");
	close_dump(&o);
	mk_free(&file);
}

// What the descriptor of page 16, the first one, is changed to.
static void test_kdump_damaged(void **state)
{
	static const struct {
		size_t off, size;
		uint64_t value;
		enum rw_dump_status status;
		const char *says;
	} rows[] = {
		{ 0, 8, 0, RW_DUMP_TRUNCATED, "the last pages were never written" },
		{ 0, 8, UINT64_MAX - 10, RW_DUMP_TRUNCATED, "truncated: " },
		{ 0, 8, 1 << 30, RW_DUMP_TRUNCATED, "truncated: " },
		{ 8, 4, 4097, RW_DUMP_DAMAGED, "damaged" },
		{ 8, 4, 0, RW_DUMP_DAMAGED, "damaged" },
		{ 8, 4, 4095, RW_DUMP_DAMAGED, "damaged" },
		{ 12, 4, MK_ZLIB, RW_DUMP_DAMAGED, "damaged" },
		{ 12, 4, MK_LZO, RW_DUMP_DAMAGED, "damaged" },
		{ 12, 4, MK_SNAPPY, RW_DUMP_DAMAGED, "damaged" },
		{ 12, 4, MK_ZSTD, RW_DUMP_DAMAGED, "damaged" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool lacks = rows[i].off == 12 && !mk_has_codec(rows[i].value);
		struct mk file = { 0 };
		struct opened o;
		size_t nr, off = make_kdump(&file, 4096, MK_RAW, -1, NULL);

		mk_le(&file, off + rows[i].off, rows[i].value, rows[i].size);
		open_one(&o, &file, RW_DUMP_KDUMP);
		expect(&o, 16 * 4096, 4096, lacks ? RW_DUMP_NO_CODEC : rows[i].status);
		expect_loss(&o, lacks ? "build rewalk with" : rows[i].says);
		assert_int_equal(rw_dump_lost(o.dump, &nr)->count, 2);
		assert_int_equal(nr, 1);
		expect(&o, 17 * 4096, 3 * 4096, RW_DUMP_OK);
		close_dump(&o);
		mk_free(&file);
	}
}

// More pages than the cache has room for, twice.
static void test_kdump_cache(void **state)
{
	const struct mk_pages pages = { 0, 400, MK_ZLIB, true };
	const struct mk_kdump kdump = { .pages = &pages, .nr = 1, .block_size = 65536,
					.max_mapnr = 400 };
	struct mk file = { 0 };
	struct opened o;

	(void)state;
	if (!mk_has_codec(MK_ZLIB))
		skip();
	mk_kdump(&file, &kdump);
	open_one(&o, &file, RW_DUMP_KDUMP);
	for (uint64_t i = 0; i < 1200; i++)
		expect(&o, i * 7 % 400 * 65536 + 512 * (i % 100), 300, RW_DUMP_OK);
	close_dump(&o);
	mk_free(&file);
}

static void open_parts(struct opened *o, const char *order)
{
	static const char *const names[] = { "zero", "one", "two" };

	*o = (struct opened){ 0 };
	for (; *order; order++) {
		struct mk file = { 0 };
		int part = *order - '0';

		make_kdump(&file, 4096, MK_RAW, part, NULL);
		add_file(o, file.bytes, file.size, RW_DUMP_KDUMP, 0, names[part]);
		mk_free(&file);
	}
	create(o);
}

static void test_split(void **state)
{
	struct opened o;

	(void)state;
	open_parts(&o, "201");
	assert_null(o.err);
	check_kdump(&o, 4096);
	assert_int_equal(nr_lost(&o), 0);
	close_dump(&o);

	open_parts(&o, "20");
	assert_null(o.err);
	expect_loss(&o, "missing: the one with the memory from 0x15000 to 0x2a000");
	expect(&o, 16 * 4096, 4 * 4096, RW_DUMP_OK);
	expect(&o, 22 * 4096, 2 * 4096, RW_DUMP_EXCLUDED);
	expect(&o, 24 * 4096, 18 * 4096, RW_DUMP_NO_FILE);
	expect(&o, 42 * 4096, 22 * 4096, RW_DUMP_OK);
	close_dump(&o);

	open_parts(&o, "0");
	expect_loss(&o, "0x15000 to 0x40000");
	close_dump(&o);

	open_parts(&o, "0112");
	expect_error(&o, RW_ERROR_MISMATCH, "one and one: both have");
	close_dump(&o);
}

static void test_split_mismatch(void **state)
{
	struct mk a = { 0 }, b = { 0 };
	struct opened o = { 0 };

	(void)state;
	make_kdump(&a, 4096, MK_RAW, 0, NULL);
	make_kdump(&b, 4096, MK_RAW, 1, NULL);
	mk_put(&b, 12 + 2 * 65, "6.2", 3);
	add_file(&o, a.bytes, a.size, RW_DUMP_KDUMP, 0, "a");
	add_file(&o, b.bytes, b.size, RW_DUMP_KDUMP, 0, "b");
	create(&o);
	expect_error(&o, RW_ERROR_MISMATCH, "a and b: not parts of one dump");
	close_dump(&o);
	mk_free(&a);
	mk_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kdump),
		cmocka_unit_test(test_kdump_variants),
		cmocka_unit_test(test_kdump_damaged),
		cmocka_unit_test(test_kdump_cache),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_mismatch),
	};

	return cmocka_run_group_tests_name("compressed kdumps", tests, NULL, NULL);
}
