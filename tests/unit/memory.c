// SPDX-License-Identifier: GPL-2.0-or-later
//
// Spans of virtual memory: what is there is found, what is not stays a hole, and
// two inputs that both have a byte must agree.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/hexdump.h"
#include "rewalk/memory.h"

#define BASE UINT64_C(0xffff80000a5d8000)

static void assert_error(struct rw_error *err, enum rw_error_code code)
{
	assert_non_null(err);
	assert_int_equal(err->code, code);
	rw_error_destroy(err);
}

static void add(struct rw_memory *memory, uint64_t addr, const uint8_t *bytes, size_t size,
		const char *name)
{
	struct rw_error *err = rw_memory_add(memory, addr, bytes, size, name);

	if (err)
		fail_msg("%s", err->message);
}

/** What every address says must be what the spans say, which are sorted and apart. */
static void check_order(const struct rw_memory *memory)
{
	for (size_t i = 0; i < memory->nr; i++) {
		assert_true(memory->data[i].start < memory->data[i].end);
		if (i)
			assert_true(memory->data[i - 1].end <= memory->data[i].start);
	}
}

static void test_nothing(void **unused)
{
	struct rw_memory memory = { 0 };
	uint64_t word = 5;

	(void)unused;
	assert_null(rw_memory_find(&memory, BASE));
	assert_false(rw_memory_read(&memory, BASE, 1, &word));
	assert_false(rw_memory_read(&memory, UINT64_MAX, 1, &word));
	assert_int_equal(word, 5);
	assert_error(rw_memory_add(&memory, BASE, (const uint8_t *)"", 0, "empty.bin"),
		     RW_ERROR_USAGE);
	assert_int_equal(memory.nr, 0);
	rw_memory_deinit(&memory);
	rw_memory_deinit(&memory);
}

static void test_words(void **unused)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	struct rw_memory memory = { 0 };
	uint64_t word = 0;

	(void)unused;
	add(&memory, BASE, bytes, sizeof(bytes), "a");
	assert_true(rw_memory_read(&memory, BASE, 1, &word));
	assert_int_equal(word, 0x0807060504030201);
	// The last word that is there as a whole, at an odd address.
	assert_true(rw_memory_read(&memory, BASE + 4, 1, &word));
	assert_int_equal(word, 0x0c0b0a0908070605);
	for (uint64_t addr = BASE + 5; addr < BASE + 14; addr++)
		assert_false(rw_memory_read(&memory, addr, 1, &word));
	for (uint64_t addr = BASE - 8; addr < BASE; addr++)
		assert_false(rw_memory_read(&memory, addr, 1, &word));
	assert_int_equal(word, 0x0c0b0a0908070605);
	const struct rw_span *span = rw_memory_find(&memory, BASE + 11);
	assert_non_null(span);
	assert_string_equal(span->name, "a");
	assert_null(rw_memory_find(&memory, BASE + 12));
	assert_null(rw_memory_find(&memory, BASE - 1));
	rw_memory_deinit(&memory);
}

/** A word may begin in one input and end in the next, or go through a third. */
static void test_words_across(void **unused)
{
	static const uint8_t a[] = { 1, 2, 3, 4 }, b[] = { 5, 6 }, c[] = { 7, 8, 9, 10 };
	struct rw_memory memory = { 0 };
	uint64_t word = 0;

	(void)unused;
	add(&memory, BASE + 6, c, sizeof(c), "c");
	add(&memory, BASE, a, sizeof(a), "a");
	assert_false(rw_memory_read(&memory, BASE, 1, &word));
	add(&memory, BASE + 4, b, sizeof(b), "b");
	check_order(&memory);
	assert_true(rw_memory_read(&memory, BASE, 1, &word));
	assert_int_equal(word, 0x0807060504030201);
	assert_true(rw_memory_read(&memory, BASE + 2, 1, &word));
	assert_int_equal(word, 0x0a09080706050403);
	assert_false(rw_memory_read(&memory, BASE + 3, 1, &word));
	rw_memory_deinit(&memory);
}

/** Several at once: all of them or none, in one span, over two, after one elsewhere. */
static void test_several_words(void **unused)
{
	uint8_t bytes[40];
	struct rw_memory memory = { 0 };
	uint64_t words[3];

	(void)unused;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	add(&memory, BASE, bytes, 20, "a");
	add(&memory, BASE + 0x1000, bytes, 24, "far");
	assert_true(rw_memory_read(&memory, BASE + 4, 2, words));
	assert_int_equal(words[0], 0x0b0a090807060504);
	assert_int_equal(words[1], 0x131211100f0e0d0c);
	assert_false(rw_memory_read(&memory, BASE + 5, 2, words));
	assert_true(rw_memory_read(&memory, BASE + 0x1000, 3, words));
	assert_int_equal(words[2], 0x1716151413121110);
	assert_false(rw_memory_read(&memory, BASE + 0x1008, 3, words));
	// What was read last is no answer for an address that another input has.
	assert_false(rw_memory_read(&memory, BASE + 16, 2, words));
	add(&memory, BASE + 20, bytes + 20, 20, "b");
	assert_true(rw_memory_read(&memory, BASE + 16, 3, words));
	assert_int_equal(words[0], 0x1716151413121110);
	assert_int_equal(words[1], 0x1f1e1d1c1b1a1918);
	assert_int_equal(words[2], 0x2726252423222120);
	rw_memory_deinit(&memory);
	assert_false(rw_memory_read(&memory, BASE, 1, words));
}

/** One byte missing in the middle of a word makes it missing, wherever the byte is. */
static void test_holes(void **unused)
{
	static const uint8_t bytes[16] = { 0 };

	(void)unused;
	for (unsigned int hole = 1; hole < 15; hole++) {
		struct rw_memory memory = { 0 };
		uint64_t word;

		add(&memory, BASE, bytes, hole, "low");
		add(&memory, BASE + hole + 1, bytes + hole + 1, 15 - hole, "high");
		for (unsigned int at = 0; at <= 8; at++)
			assert_int_equal(rw_memory_read(&memory, BASE + at, 1, &word),
					 hole < at || hole >= at + 8);
		assert_null(rw_memory_find(&memory, BASE + hole));
		rw_memory_deinit(&memory);
	}
}

static void test_overlap_equal(void **unused)
{
	uint8_t bytes[64];
	struct rw_memory memory = { 0 };
	uint64_t word;

	(void)unused;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	add(&memory, BASE + 16, bytes + 16, 8, "a");
	add(&memory, BASE + 32, bytes + 32, 8, "b");
	// The same again, a part, then one that goes over both and beyond on each side.
	add(&memory, BASE + 16, bytes + 16, 8, "a again");
	add(&memory, BASE + 18, bytes + 18, 2, "a part");
	assert_int_equal(memory.nr, 2);
	add(&memory, BASE, bytes, sizeof(bytes), "all");
	check_order(&memory);
	for (unsigned int at = 0; at + 8 <= sizeof(bytes); at++) {
		assert_true(rw_memory_read(&memory, BASE + at, 1, &word));
		assert_int_equal(word & 0xff, at);
		assert_int_equal(word >> 56, at + 7);
	}
	// Who was first keeps its bytes.
	assert_string_equal(rw_memory_find(&memory, BASE + 16)->name, "a");
	assert_string_equal(rw_memory_find(&memory, BASE + 24)->name, "all");
	assert_null(rw_memory_find(&memory, BASE + 64));
	rw_memory_deinit(&memory);
}

static void test_overlap_different(void **unused)
{
	static const uint8_t zeros[32];
	uint8_t other[32] = { [9] = 1 };
	struct rw_memory memory = { 0 };

	(void)unused;
	add(&memory, BASE, zeros, sizeof(zeros), "stack-a.bin");
	// Behind the others by 8: its byte 9 stands where the first input has byte 17.
	struct rw_error *err = rw_memory_add(&memory, BASE + 8, other, sizeof(other),
					     "stack-b.bin");
	assert_non_null(err);
	assert_int_equal(err->code, RW_ERROR_MISMATCH);
	assert_non_null(strstr(err->message, "stack-a.bin"));
	assert_non_null(strstr(err->message, "stack-b.bin"));
	assert_non_null(strstr(err->message, "0xffff80000a5d8011"));
	rw_error_destroy(err);
	// In front of the overlap, or only touching, bytes may be what they like.
	add(&memory, BASE - 10, other, 10, "below");
	add(&memory, BASE + 32, other, sizeof(other), "above");
	check_order(&memory);
	assert_int_equal(memory.nr, 3);
	rw_memory_deinit(&memory);
}

/** The second of two inputs in the way differs: it is that one that is named. */
static void test_overlap_second(void **unused)
{
	static const uint8_t zeros[64];
	uint8_t ones[64];
	struct rw_memory memory = { 0 };

	(void)unused;
	memset(ones, 1, sizeof(ones));
	add(&memory, BASE, zeros, 8, "low.bin");
	add(&memory, BASE + 16, ones, 8, "high.bin");
	struct rw_error *err = rw_memory_add(&memory, BASE - 8, zeros, 64, "third.bin");
	assert_non_null(err);
	assert_non_null(strstr(err->message, "high.bin"));
	assert_non_null(strstr(err->message, "third.bin"));
	assert_null(strstr(err->message, "low.bin"));
	rw_error_destroy(err);
	check_order(&memory);
	rw_memory_deinit(&memory);
}

/** Of a text the message has the lines, also where a part of it was left out. */
static void test_lines(void **unused)
{
	static const uint8_t first[32] = { 1 }, second[32] = { 0 };
	static const struct rw_place first_lines[] = { { BASE, 7 }, { BASE + 16, 9 } };
	static const struct rw_place second_lines[] = { { BASE - 16, 2 }, { BASE, 3 } };
	struct rw_memory memory = { 0 };

	(void)unused;
	assert_null(rw_memory_add_text(&memory, BASE, first, 32, "a.txt", first_lines, 2));
	struct rw_error *err = rw_memory_add_text(&memory, BASE - 16, second, 32, "b.txt",
						  second_lines, 2);
	assert_non_null(err);
	assert_non_null(strstr(err->message, "b.txt: line 3: at 0xffff80000a5d8000: other bytes "
					     "than a.txt: line 7 has there"));
	assert_error(err, RW_ERROR_MISMATCH);
	add(&memory, BASE + 32, second, 32, "c.bin");
	err = rw_memory_add_text(&memory, BASE + 16, first, 32, "a.txt", first_lines, 2);
	assert_non_null(strstr(err->message, "a.txt: line 9: at 0xffff80000a5d8010"));
	rw_error_destroy(err);
	rw_memory_deinit(&memory);
}

static void test_extent(void **unused)
{
	static const uint8_t bytes[64];
	struct rw_memory memory = { 0 };
	uint64_t start = 1, end = 2;

	(void)unused;
	assert_false(rw_memory_extent(&memory, BASE, &start, &end));
	add(&memory, BASE, bytes, 16, "a");
	add(&memory, BASE + 32, bytes, 16, "c");
	add(&memory, BASE + 64, bytes, 16, "d");
	add(&memory, BASE + 16, bytes, 16, "b");
	assert_false(rw_memory_extent(&memory, BASE + 48, &start, &end));
	assert_int_equal(start, 1);
	for (uint64_t addr = BASE; addr < BASE + 48; addr += 15) {
		assert_true(rw_memory_extent(&memory, addr, &start, &end));
		assert_int_equal(start, BASE);
		assert_int_equal(end, BASE + 48);
	}
	assert_true(rw_memory_extent(&memory, BASE + 64, &start, &end));
	assert_int_equal(start, BASE + 64);
	rw_memory_deinit(&memory);
}

static void test_wrap(void **unused)
{
	static const uint8_t bytes[32] = { [15] = 7 };
	struct rw_memory memory = { 0 };
	uint64_t word;

	(void)unused;
	assert_error(rw_memory_add(&memory, UINT64_MAX - 7, bytes, 16, "w"), RW_ERROR_USAGE);
	assert_error(rw_memory_add(&memory, UINT64_MAX, bytes, 1, "w"), RW_ERROR_USAGE);
	assert_error(rw_memory_add(&memory, 16, bytes, SIZE_MAX, "w"), RW_ERROR_USAGE);
	assert_int_equal(memory.nr, 0);
	// The last span that there can be, and address 0.
	add(&memory, UINT64_MAX - 16, bytes, 16, "top");
	add(&memory, 0, bytes, 16, "zero");
	assert_true(rw_memory_read(&memory, UINT64_MAX - 8, 1, &word));
	assert_int_equal(word, UINT64_C(7) << 56);
	// A word does not go round the end into address 0.
	for (uint64_t addr = UINT64_MAX - 7; addr; addr++)
		assert_false(rw_memory_read(&memory, addr, 1, &word));
	assert_true(rw_memory_read(&memory, 0, 1, &word));
	rw_memory_deinit(&memory);
}

/** Pieces in any order make the same memory as all of it at once. */
static void test_pieces(void **unused)
{
	uint8_t bytes[256];
	uint64_t state = 88172645463325252;

	(void)unused;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 7;
	for (int round = 0; round < 200; round++) {
		struct rw_memory memory = { 0 };
		bool there[256] = { false };

		for (int piece = 0; piece < 12; piece++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			size_t at = state % 256, size = 1 + (state >> 16) % 40;

			if (size > 256 - at)
				size = 256 - at;
			add(&memory, BASE + at, bytes + at, size, "piece");
			memset(there + at, true, size);
			check_order(&memory);
		}
		for (size_t at = 0; at < 256; at++) {
			const struct rw_span *span = rw_memory_find(&memory, BASE + at);

			assert_int_equal(span != NULL, there[at]);
			if (span)
				assert_int_equal(span->bytes[BASE + at - span->start], bytes[at]);
		}
		rw_memory_deinit(&memory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_across),
		cmocka_unit_test(test_several_words),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_overlap_equal),
		cmocka_unit_test(test_overlap_different),
		cmocka_unit_test(test_overlap_second),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_extent),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
