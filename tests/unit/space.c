// SPDX-License-Identifier: GPL-2.0-or-later
//
// Virtual memory of a dump by arithmetic: the image and the linear map of a kernel of 48
// bits, over two banks of RAM with a gap.  Each byte is mk_ram() of its physical address.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dumps.h"
#include "rewalk/space.h"

#define RAM BASE
#define LINEAR UINT64_C(0xffff000000000000)
#define IMAGE UINT64_C(0xffff800080000000)

enum { BANK = 0x5800, SECOND = 0x8000, IMAGE_AT = 0x1000, IMAGE_SIZE = 0x2000 };

/** Banks at RAM and RAM + SECOND; the first ends in the middle of a page. */
static void open_space(struct opened *o, struct rw_space *space)
{
	uint8_t bytes[BANK];

	*o = (struct opened){ 0 };
	for (size_t bank = 0; bank < 2; bank++) {
		uint64_t pa = RAM + bank * SECOND;

		for (size_t i = 0; i < BANK; i++)
			bytes[i] = mk_ram(pa + i);
		add_file(o, bytes, BANK, RW_DUMP_BANK, pa, bank ? "second" : "first");
	}
	create(o);
	assert_null(o->err);
	*space = (struct rw_space){
		.dump = o->dump,
		.kimage = { IMAGE, IMAGE + IMAGE_SIZE, IMAGE - RAM - IMAGE_AT },
		.has_linear = true,
	};
	rw_linear_map_init(&space->linear, 12, 48, RAM);
}

static uint64_t word_at(uint64_t pa, size_t size)
{
	uint64_t word = 0;

	for (size_t i = size; i-- > 0;)
		word = word << 8 | mk_ram(pa + i);
	return word;
}

static void test_read(void **state)
{
	struct rw_space space;
	struct opened o;
	uint64_t value, words[3];
	uint8_t bytes[64];

	(void)state;
	open_space(&o, &space);
	// Across pages, by both maps.
	assert_true(rw_space_read(&space, LINEAR + 0xff0, bytes, sizeof(bytes)));
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], mk_ram(RAM + 0xff0 + i));
	assert_true(rw_space_read_uint(&space, IMAGE + 0xffc, 8, &value));
	assert_int_equal(value, word_at(RAM + IMAGE_AT + 0xffc, 8));
	assert_true(rw_space_read_uint(&space, IMAGE + 3, 2, &value));
	assert_int_equal(value, word_at(RAM + IMAGE_AT + 3, 2));
	assert_true(rw_space_read_words(&space, LINEAR + 0xff0, 3, words));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(words[i], word_at(RAM + 0xff0 + 8 * i, 8));
	assert_int_equal(space.missing, 0);
	// No map has these.
	assert_false(rw_space_read_uint(&space, IMAGE + IMAGE_SIZE, 8, &value));
	assert_false(rw_space_read_uint(&space, 0, 8, &value));
	assert_int_equal(space.missing, 0);
	assert_false(rw_space_read_uint(&space, LINEAR, 9, &value));
	close_dump(&o);
}

/** A page that is there in part only gives what it has; why the rest is missing is kept. */
static void test_missing(void **state)
{
	struct rw_space space;
	struct opened o;
	uint64_t value, words[2];

	(void)state;
	open_space(&o, &space);
	assert_true(rw_space_read_words(&space, LINEAR + BANK - 16, 2, words));
	assert_int_equal(words[1], word_at(RAM + BANK - 8, 8));
	assert_int_equal(space.missing, 0);
	assert_false(rw_space_read_words(&space, LINEAR + BANK - 8, 2, words));
	assert_int_equal(space.missing, 1u << RW_DUMP_NO_RAM);
	space.missing = 0;
	assert_false(rw_space_read_uint(&space, LINEAR + BANK - 4, 8, &value));
	assert_int_equal(space.missing, 1u << RW_DUMP_NO_RAM);
	assert_true(rw_space_read_uint(&space, LINEAR + SECOND, 8, &value));
	close_dump(&o);
}

/** A kernel with KASAN's tags has them in the top byte of its pointers, others have damage. */
static void test_tags(void **state)
{
	const uint64_t tagged = (LINEAR & ~(UINT64_C(0xff) << 56)) | UINT64_C(0xf3) << 56;
	struct rw_space space;
	struct opened o;
	uint64_t value;

	(void)state;
	open_space(&o, &space);
	assert_false(rw_space_read_uint(&space, tagged + 64, 8, &value));
	space.tagged = true;
	assert_true(rw_space_read_uint(&space, tagged + 64, 8, &value));
	assert_int_equal(value, word_at(RAM + 64, 8));
	assert_true(rw_space_read_uint(&space, LINEAR + 64, 8, &value));
	// Bit 55 says whose half it is: a user's address stays one.
	assert_false(rw_space_read_uint(&space, UINT64_C(0xf300000000000000), 8, &value));
	close_dump(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
