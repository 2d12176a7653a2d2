// SPDX-License-Identifier: GPL-2.0-or-later
//
// Page tables out of tables: each row is one descriptor, by its table and index.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/pagetable.h"

#define NR_ROWS 8
#define PAGE UINT64_C(3)	/* a page, or the next table */
#define BLOCK UINT64_C(1)
#define CONTIGUOUS (UINT64_C(1) << 52)
#define ATTRIBUTES UINT64_C(0x00e0000000000480)	/* UXN, PXN, a software bit; AF, AP */

struct row {
	uint64_t table, index, descriptor;
};

struct tables {
	const struct row *rows;
	unsigned int nr_reads;
};

// Tables are read as zeros where no row stands; 0xdead000 is not in the dump.
static bool read64(void *arg, uint64_t pa, uint64_t *ret)
{
	struct tables *tables = arg;

	tables->nr_reads++;
	if (pa >> 12 == 0xdead)
		return false;
	*ret = 0;
	for (size_t i = 0; i < NR_ROWS; i++) {
		if (tables->rows[i].descriptor &&
		    tables->rows[i].table + 8 * tables->rows[i].index == pa)
			*ret = tables->rows[i].descriptor;
	}
	return true;
}

static void init(struct rw_pagetable *pt, unsigned int shift, unsigned int bits,
		 unsigned int actual, uint64_t root, struct tables *tables)
{
	assert_null(rw_pagetable_init(pt, shift, bits, actual, root, read64, tables));
}

// ---- the numbers of two real dumps (k612, dumps.md 2.7) --------------------

#define K612_ROOT UINT64_C(0x41cbc000)	/* any; the dumps' own was not noted */

static const struct {
	unsigned int actual;
	struct row rows[NR_ROWS];
	uint64_t va, pa;
} k612[] = {
	{
		52,
		{ { K612_ROOT, 15, 0x10000000426d7003 },
		  { 0x426d7000, 296, 0x10000000426d8003 },
		  { 0x426d8000, 155, 0x10000000426d9003 },
		  { 0x426d9000, 511, 0x00e0000041400481 } },
		0xffff9426ffe7a278, 0x4147a278,
	},
	{
		48,
		{ { K612_ROOT, 341, 0x10000000426d7003 },
		  { 0x426d7000, 370, 0x10000000426d8003 },
		  { 0x426d8000, 96, 0x00e0000041400f81 } },
		0xffffaadc8c07a278, 0x4147a278,
	},
};

static void test_k612(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tables tables = { .rows = k612[i].rows };
		struct rw_translation t;
		struct rw_pagetable pt;
		unsigned int actual = 0;

		init(&pt, 12, 52, k612[i].actual, K612_ROOT, &tables);
		rw_pagetable_translate(&pt, k612[i].va, &t);
		assert_int_equal(t.status, RW_VA_MAPPED);
		assert_int_equal(t.pa, k612[i].pa);
		assert_int_equal(t.size, 2 << 20);
		assert_int_equal(t.level, 2);
		assert_int_equal(tables.nr_reads, k612[i].actual == 52 ? 4 : 3);
		assert_true(rw_pagetable_find_actual(12, 52, K612_ROOT, k612[i].va, k612[i].pa,
						     read64, &tables, &actual));
		assert_int_equal(actual, k612[i].actual);
	}
}

static void test_k612_arithmetic(void **state)
{
	static const struct {
		uint64_t memstart_addr, kimage_voffset, text, task, task_pa, banner;
	} rows[] = {
		{ 0x40000000, 0xffff9426bea00000, 0xffff9426fec00000, 0xfff0000002a81280,
		  0x42a81280, 0xffff9426ffe7a278 },
		{ 0xfff0bb9b80000000, 0xffffaadc4ac00000, 0xffffaadc8ae00000, 0xffff4464c2a98000,
		  0x42a98000, 0xffffaadc8c07a278 },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rw_kimage_map image = { rows[i].text, rows[i].text + 0x2600000,
					       rows[i].kimage_voffset };
		struct rw_linear_map linear;
		uint64_t pa = 7;

		rw_linear_map_init(&linear, 12, 52, rows[i].memstart_addr);
		assert_int_equal(linear.start, 0xfff0000000000000);
		assert_int_equal(linear.end, 0xffff800000000000);
		assert_false(rw_linear_map_pa(&linear, linear.end, &pa));
		assert_false(rw_linear_map_pa(&linear, linear.start - 1, &pa));
		assert_int_equal(pa, 7);
		assert_true(rw_linear_map_pa(&linear, rows[i].task, &pa));
		assert_int_equal(pa, rows[i].task_pa);
		assert_true(rw_kimage_map_pa(&image, rows[i].banner, &pa));
		assert_int_equal(pa, 0x4147a278);
		assert_true(rw_kimage_map_pa(&image, rows[i].text, &pa));
		assert_int_equal(pa, 0x40200000);
		assert_false(rw_kimage_map_pa(&image, image.end, &pa));
	}
}

// ---- all configurations (dumps.md 2.1, 2.3, 2.4) ---------------------------

#define T(n) (UINT64_C(0x40000000) + (n) * 0x10000)	/* tables */
#define NR_LEVELS 5

static const struct {
	const char *name;
	unsigned int shift, bits, actual, first_shift;
	int first_level;
	uint64_t linear_start, linear_end;
} configurations[] = {
	{ "4K/39", 12, 39, 39, 30, 1, 0xffffff8000000000, 0xffffffc000000000 },
	{ "4K/48", 12, 48, 48, 39, 0, 0xffff000000000000, 0xffff800000000000 },
	{ "4K/52", 12, 52, 52, 48, -1, 0xfff0000000000000, 0xffff800000000000 },
	{ "4K/52 on 48", 12, 52, 48, 39, 0, 0xfff0000000000000, 0xffff800000000000 },
	{ "16K/36", 14, 36, 36, 25, 2, 0xfffffff000000000, 0xfffffff800000000 },
	{ "16K/47", 14, 47, 47, 36, 1, 0xffff800000000000, 0xffffc00000000000 },
	{ "16K/48", 14, 48, 48, 47, 0, 0xffff000000000000, 0xffff800000000000 },
	{ "16K/52", 14, 52, 52, 47, 0, 0xfff0000000000000, 0xffffc00000000000 },
	{ "16K/52 on 47", 14, 52, 47, 36, 1, 0xfff0000000000000, 0xffffc00000000000 },
	{ "64K/42", 16, 42, 42, 29, 2, 0xfffffc0000000000, 0xfffffe0000000000 },
	{ "64K/48", 16, 48, 48, 42, 1, 0xffff000000000000, 0xffff800000000000 },
	{ "64K/52", 16, 52, 52, 42, 1, 0xfff0000000000000, 0xffff800000000000 },
	{ "64K/52 on 48", 16, 52, 48, 42, 1, 0xfff0000000000000, 0xffff800000000000 },
};

// The tables that lead to the level of a descriptor for @va; the last row is its own.
static uint64_t build(struct row *rows, size_t i, uint64_t va, int level, uint64_t descriptor)
{
	unsigned int shift = configurations[i].first_shift, step = configurations[i].shift - 3;
	uint64_t top = va & ((UINT64_C(1) << (configurations[i].actual)) - 1);
	uint64_t n = 0;

	// A 64K kernel on a 48-bit CPU is walked with all 1024 entries of its root.
	if (configurations[i].shift == 16 && configurations[i].bits == 52)
		top = va & ((UINT64_C(1) << 52) - 1);
	for (int l = configurations[i].first_level; l <= level; l++, n++, shift -= step) {
		rows[n] = (struct row){ T(n), top >> shift,
					l == level ? descriptor : T(n + 1) | PAGE | ATTRIBUTES };
		top &= (UINT64_C(1) << shift) - 1;
	}
	return n;
}

static bool block_level(size_t i, int level)
{
	unsigned int shift = configurations[i].shift;
	bool lpa2 = shift != 16 && configurations[i].actual == 52;

	if (level == 2)
		return true;
	if (level == 1)
		return shift == 12 || shift == 16 || lpa2;
	return level == 0 && shift == 12 && lpa2;
}

static void test_configurations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(configurations) / sizeof(configurations[0]); i++) {
		uint64_t va = (~UINT64_C(0) << configurations[i].actual) | 0x555555555;
		unsigned int shift = configurations[i].shift;

		for (int level = configurations[i].first_level; level <= 3; level++) {
			unsigned int size_shift = shift + (shift - 3) * (3 - level);
			uint64_t size = UINT64_C(1) << size_shift;
			uint64_t pa = UINT64_C(0xabcdefff0000) & ~(size - 1);
			struct row rows[NR_ROWS] = { 0 };
			struct tables tables = { .rows = rows };
			struct rw_translation t;
			struct rw_pagetable pt;
			struct rw_linear_map linear;

			build(rows, i, va, level,
			      pa | ATTRIBUTES | CONTIGUOUS | (level == 3 ? PAGE : BLOCK));
			init(&pt, shift, configurations[i].bits, configurations[i].actual, T(0),
			     &tables);
			rw_pagetable_translate(&pt, va, &t);
			assert_int_equal(t.level, level);
			if (level == 3 || block_level(i, level)) {
				assert_int_equal(t.status, RW_VA_MAPPED);
				assert_int_equal(t.pa, pa | (va & (size - 1)));
				assert_int_equal(t.size, size);
			} else {
				assert_int_equal(t.status, RW_VA_UNMAPPED);
				assert_int_equal(t.fault, RW_VA_RESERVED);
			}
			rw_linear_map_init(&linear, shift, configurations[i].bits, 0);
			assert_int_equal(linear.start, configurations[i].linear_start);
			assert_int_equal(linear.end, configurations[i].linear_end);
		}
	}
}

static void test_impossible(void **state)
{
	static const struct {
		unsigned int shift, bits, actual;
		uint64_t root;
	} rows[] = {
		{ 12, 48, 52, T(0) }, { 12, 47, 47, T(0) }, { 14, 52, 48, T(0) },
		{ 16, 39, 39, T(0) }, { 13, 48, 48, T(0) }, { 12, 0, 0, T(0) },
		{ 12, 64, 64, T(0) }, { 12, 48, 48, UINT64_C(1) << 52 }, { 12, 48, 48, T(0) + 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rw_pagetable pt;
		struct rw_error *err = rw_pagetable_init(&pt, rows[i].shift, rows[i].bits,
							 rows[i].actual, rows[i].root,
							 read64, NULL);

		assert_non_null(err);
		rw_error_destroy(err);
	}
}

// ---- single descriptors ---------------------------------------------------

// At level 3 behind full tables: what the descriptor gives.
static const struct {
	const char *why;
	size_t configuration;	/* index of configurations */
	uint64_t descriptor, pa;	/* pa 0: not mapped */
	enum rw_va_fault fault;
} descriptors[] = {
	{ "LPA2: bits 9:8 are bits 51:50", 2, 0x0003000041400383, 0xf000041400000, 0 },
	{ "bits 9:8 are the shareability", 1, 0x0000000041400383, 0x41400000, 0 },
	{ "a 52-bit kernel without LPA2", 3, 0x0000000041400f83, 0x41400000, 0 },
	{ "bits 49:48 are not of the address", 3, 0x0003000041400f83, 0x41400000, 0 },
	{ "LPA: bits 15:12 are bits 51:48", 11, 0x0000800041401003 | 0xe000, 0xf800041400000, 0 },
	{ "LPA with 48 bits of address", 10, 0x000080004140a003, 0xa800041400000, 0 },
	{ "bit 47 of the address", 7, 0x0000800041400003, 0x800041400000, 0 },
	{ "attributes above and below", 1, 0xfff0000041400fff, 0x41400000, 0 },
	{ "nothing mapped", 1, 0x0060000041400000, 0, RW_VA_INVALID },
	{ "PROT_NONE: bit 0 clear", 1, 0x0060000041400802, 0, RW_VA_INVALID },
	{ "no page at level 3", 1, 0x0060000041400001, 0, RW_VA_RESERVED },
};

static void test_descriptors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
		size_t c = descriptors[i].configuration;
		uint64_t va = ~UINT64_C(0xffff);
		struct row rows[NR_ROWS] = { 0 };
		struct tables tables = { .rows = rows };
		struct rw_translation t;
		struct rw_pagetable pt;

		build(rows, c, va, 3, descriptors[i].descriptor);
		init(&pt, configurations[c].shift, configurations[c].bits,
		     configurations[c].actual, T(0), &tables);
		rw_pagetable_translate(&pt, va, &t);
		assert_int_equal(t.fault, descriptors[i].fault);
		assert_int_equal(t.descriptor, descriptors[i].descriptor);
		if (descriptors[i].pa) {
			assert_int_equal(t.status, RW_VA_MAPPED);
			assert_int_equal(t.pa, descriptors[i].pa);
		} else {
			assert_int_equal(t.status, RW_VA_UNMAPPED);
			assert_int_equal(t.level, 3);
		}
	}
}

static void test_not_canonical(void **state)
{
	static const uint64_t addrs[] = { 0, 0x123456789abc, 0x0000ffffffffffff, 0xfffe000000000000,
					  0xff00800000000000, 0x7fffffffffffffff };

	(void)state;
	for (size_t c = 0; c < sizeof(configurations) / sizeof(configurations[0]); c++) {
		for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
			struct tables tables = { 0 };
			struct rw_translation t;
			struct rw_pagetable pt;

			if (~addrs[i] >> configurations[c].actual == 0)
				continue;
			init(&pt, configurations[c].shift, configurations[c].bits,
			     configurations[c].actual, T(0), &tables);
			rw_pagetable_translate(&pt, addrs[i], &t);
			assert_int_equal(t.status, RW_VA_UNMAPPED);
			assert_int_equal(t.fault, RW_VA_NOT_CANONICAL);
			assert_int_equal(tables.nr_reads, 0);
		}
	}
}

static void test_missing(void **state)
{
	static const struct row rows[NR_ROWS] = {
		{ T(0), 256, T(1) | PAGE }, { T(1), 0, 0xdead000 | PAGE },
	};
	struct tables tables = { .rows = rows };
	struct rw_translation t;
	struct rw_pagetable pt;

	(void)state;
	init(&pt, 12, 48, 48, T(0), &tables);
	rw_pagetable_translate(&pt, 0xffff800000600000, &t);
	assert_int_equal(t.status, RW_VA_UNKNOWN);
	assert_int_equal(t.pa, 0xdead000 + 8 * 3);
	assert_int_equal(t.level, 2);
	init(&pt, 12, 48, 48, 0xdead000, &tables);
	rw_pagetable_translate(&pt, 0xffff800000600000, &t);
	assert_int_equal(t.status, RW_VA_UNKNOWN);
	assert_int_equal(t.level, 0);
}

// A table that is its own next one ends at level 3.
static void test_loop(void **state)
{
	static const struct row rows[NR_ROWS] = { { T(0), 511, T(0) | PAGE } };
	struct tables tables = { .rows = rows };
	struct rw_translation t;
	struct rw_pagetable pt;

	(void)state;
	init(&pt, 12, 48, 48, T(0), &tables);
	rw_pagetable_translate(&pt, UINT64_MAX, &t);
	assert_int_equal(t.status, RW_VA_MAPPED);
	assert_int_equal(t.pa, T(0) | 0xfff);
	assert_int_equal(tables.nr_reads, 4);
}

static void test_cache(void **state)
{
	static struct rw_translation_cache cache;
	struct tables tables = { .rows = k612[1].rows };
	struct rw_translation a, b;
	struct rw_pagetable pt;

	(void)state;
	init(&pt, 12, 52, 48, K612_ROOT, &tables);
	for (uint64_t off = 0; off < 3 << 20; off += 0x7ff) {
		uint64_t va = (k612[1].va & ~UINT64_C(0x1fffff)) + off;

		for (int again = 0; again < 2; again++) {
			rw_pagetable_translate(&pt, va, &a);
			rw_pagetable_translate_cached(&pt, &cache, va, &b);
			assert_int_equal(a.status, b.status);
			assert_int_equal(a.pa, b.pa);
			assert_int_equal(a.size, b.size);
		}
	}
	tables.nr_reads = 0;
	rw_pagetable_translate_cached(&pt, &cache, k612[1].va & ~UINT64_C(0xfff), &b);
	rw_pagetable_translate_cached(&pt, &cache, k612[1].va, &b);
	assert_int_equal(b.pa, k612[1].pa);
	assert_true(tables.nr_reads <= 3);
}

// With 64K pages both widths give the same walk: it cannot be told.
static void test_find_actual(void **state)
{
	struct row rows[NR_ROWS] = { 0 };
	struct tables tables = { .rows = rows };
	unsigned int actual = 7;

	(void)state;
	build(rows, 11, 0xffff800080000000, 3, T(9) | PAGE);
	assert_false(rw_pagetable_find_actual(16, 52, T(0), 0xffff800080000000, T(9), read64,
					      &tables, &actual));
	assert_false(rw_pagetable_find_actual(16, 52, T(0), 0xffff800080000000, T(8), read64,
					      &tables, &actual));
	assert_false(rw_pagetable_find_actual(16, 50, T(0), 0xffff800080000000, T(9), read64,
					      &tables, &actual));
	assert_int_equal(actual, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_k612),
		cmocka_unit_test(test_k612_arithmetic),
		cmocka_unit_test(test_configurations),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_not_canonical),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_find_actual),
	};

	return cmocka_run_group_tests_name("page tables", tests, NULL, NULL);
}
