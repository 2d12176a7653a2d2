// SPDX-License-Identifier: GPL-2.0-or-later
//
// The types of mktypes.h out of BTF and out of DWARF, asked the same questions;
// and both damaged.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/image.h"
#include "rewalk/types.h"

#include "mkelf.h"
#include "mktypes.h"

#define TEXT MK_TYPES_TEXT

enum {
	TEXT_SIZE = MK_TYPES_TEXT_SIZE,
};

/** What a query shall answer; nr == 0: not found. */
struct expectation {
	const char *type, *member;
	uint32_t offset, size, nr, elem_size;
	uint64_t value;
	bool is_pointer, to_struct, is_struct;
};

#define AT(t, m, off, bytes, count, each, ...)					\
	{ .type = t, .member = m, .offset = off, .size = bytes, .nr = count,	\
	  .elem_size = each, __VA_ARGS__ }
#define NONE(t, m) { .type = t, .member = m }

static const struct expectation expectations[] = {
	AT("task", NULL, 0, 160, 1, 160, .is_struct = true),
	AT("task", "pid", 0, 4, 1, 4),
	AT("task", "state", 8, 8, 1, 8),
	AT("task", "comm", 16, 16, 16, 1),
	AT("task", "comm[3]", 19, 1, 1, 1),
	NONE("task", "comm[16]"),
	AT("task", "ctx", 32, 16, 1, 16, .is_struct = true),
	AT("task", "ctx.pc", 40, 8, 1, 8),
	AT("task", "mem", 48, 48, 3, 16, .is_struct = true),
	AT("task", "mem[2].size", 88, 4, 1, 4),
	AT("task", "mem[0].base", 48, 8, 1, 8, .is_pointer = true),
	NONE("task", "mem.base"),			// an array has no members
	AT("task", "parent", 96, 8, 1, 8, .is_pointer = true, .to_struct = true),
	NONE("task", "parent.pid"),		// a pointer ends the path
	AT("task", "words", 104, 8, 1, 8, .is_pointer = true),
	AT("task", "grid", 112, 32, 2, 16),
	AT("task", "grid[1]", 128, 16, 4, 4),
	AT("task", "grid[1][2]", 136, 4, 1, 4),
	NONE("task", "grid[1][4]"),
	AT("task", "a", 144, 1, 1, 1),
	AT("task", "b", 144, 2, 1, 2),
	NONE("task", "nothing"),
	NONE("task", "pid."),
	NONE("task", ".pid"),
	NONE("task", ""),
	NONE("task", "comm["),
	NONE("task", "comm[-1]"),
	NONE("task", "ctx.pc.x"),
	AT("task_t", "pid", 0, 4, 1, 4),
	AT("ctx", "fp", 0, 8, 1, 8),
	AT("colour", "RED", 0, 4, 1, 4, .value = 1),
	AT("colour", "BLUE", 0, 4, 1, 4, .value = 7),
	NONE("colour", "GREEN"),
	AT("colour", NULL, 0, 4, 1, 4),
	NONE("nothing", NULL),
	NONE("nothing", "at_all"),
	NONE("", NULL),
};

enum {
	NR = sizeof(expectations) / sizeof(expectations[0]),
};

static void assert_answers(const struct rw_types *types)
{
	struct rw_type_query queries[NR];

	for (size_t i = 0; i < NR; i++)
		queries[i] = (struct rw_type_query){ .type = expectations[i].type,
						     .member = expectations[i].member };
	assert_null(rw_types_query(types, queries, NR));
	for (size_t i = 0; i < NR; i++) {
		const struct expectation *e = &expectations[i];
		const struct rw_type_query *q = &queries[i];
		bool same = q->found == (e->nr != 0);

		if (q->found)
			same = same && q->offset == e->offset && q->size == e->size &&
			       q->nr == e->nr && q->elem_size == e->elem_size &&
			       q->value == e->value && q->is_pointer == e->is_pointer &&
			       q->to_struct == e->to_struct && q->is_struct == e->is_struct;
		if (!same)
			print_error("%s %s: found %d, %u:%u %ux%u %d%d%d\n", q->type,
				    q->member ? q->member : "-", q->found, q->offset, q->size,
				    q->nr, q->elem_size, q->is_pointer, q->to_struct,
				    q->is_struct);
		assert_true(same);
	}
	assert_null(rw_types_query(types, NULL, 0));
}

/** A kernel with the given sections added, each with bytes. */
static struct rw_image *kernel(const struct mk_section *more, size_t nr_more)
{
	static const uint8_t zeros[TEXT_SIZE];
	struct mk_section sections[8] = {
		{ ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, TEXT, zeros, TEXT_SIZE },
	};
	const struct mk_symbol symbols[] = {
		{ "_stext", TEXT, 0, STT_NOTYPE, STB_GLOBAL, ".text" },
		{ "_etext", TEXT + TEXT_SIZE, 0, STT_NOTYPE, STB_GLOBAL, ".text" },
		{ "__schedule", TEXT + 0x20, 8, STT_FUNC, STB_LOCAL, ".text" },
		{ 0 },
	};
	struct rw_image *image = NULL;
	size_t size;

	for (size_t i = 0; i < nr_more; i++)
		sections[i + 1] = more[i];
	const struct mk_elf elf = { .sections = sections, .symbols = symbols };
	uint8_t *bytes = mk_elf(&elf, &size);
	char *path = mk_file(bytes, size);
	assert_null(rw_image_open(path, &image));
	unlink(path);
	free(path);
	free(bytes);
	return image;
}

// ---- BTF --------------------------------------------------------------------

#ifdef HAVE_LIBBPF

#include <bpf/btf.h>

static void test_btf(void **state)
{
	struct rw_types *types = NULL;
	struct btf *btf = mk_btf();
	uint32_t size;
	const void *bytes = btf__raw_data(btf, &size);

	(void)state;
	assert_null(rw_types_open_btf(bytes, size, &types));
	assert_string_equal(rw_types_origin(types), "BTF");
	assert_answers(types);

	// Only the lesser one has this member.
	struct rw_type_query query = { .type = "task", .member = "nothing_else" };
	assert_null(rw_types_query(types, &query, 1));
	assert_true(query.found);
	rw_types_close(types);

	const struct mk_section section = { ".BTF", SHT_PROGBITS, SHF_ALLOC, TEXT + 0x1000,
					    bytes, size };
	struct rw_image *image = kernel(&section, 1);
	assert_null(rw_types_open(image, &types));
	assert_answers(types);
	rw_types_close(types);
	rw_types_close(NULL);
	rw_image_close(image);
	btf__free(btf);
}

static void test_bad_btf(void **state)
{
	struct btf *btf = mk_btf();
	struct rw_types *types = NULL;
	uint32_t size;
	const void *bytes = btf__raw_data(btf, &size);
	uint8_t *copy = malloc(size);

	(void)state;
	memcpy(copy, bytes, size);
	for (uint32_t cut = 0; cut < size; cut++) {
		struct rw_error *err = rw_types_open_btf(copy, cut, &types);

		assert_non_null(err);
		assert_int_equal(err->code, RW_ERROR_FORMAT);
		rw_error_destroy(err);
	}
	for (uint32_t i = 0; i < size * 3; i++) {
		static const uint8_t flips[] = { 0xff, 0x01, 0x80 };

		copy[i / 3] ^= flips[i % 3];
		struct rw_error *err = rw_types_open_btf(copy, size, &types);
		if (!err) {
			struct rw_type_query query = { .type = "task", .member = "ctx.pc" };

			err = rw_types_query(types, &query, 1);
			rw_types_close(types);
		}
		rw_error_destroy(err);
		copy[i / 3] ^= flips[i % 3];
	}
	free(copy);
	btf__free(btf);
}

/** Structs and typedefs that contain themselves come to an end. */
static void test_endless_btf(void **state)
{
	struct btf *btf = btf__new_empty();
	struct rw_types *types = NULL;
	struct rw_type_query queries[] = {
		{ .type = "loop", .member = "x" },
		{ .type = "ring", .member = "x" },
		{ .type = "ring" },
		{ .type = "strip", .member = "m" },
	};
	uint32_t size;

	(void)state;
	btf__add_struct(btf, "loop", 8);	// type 1 is an unnamed member of itself
	for (int i = 0; i < 64; i++)
		btf__add_field(btf, NULL, 1, 0, 0);
	btf__add_typedef(btf, "ring", 3);	// 2 and 3 are each other
	btf__add_typedef(btf, "ring2", 2);
	btf__add_array(btf, 4, 4, UINT32_MAX);	// 4 has itself as elements
	btf__add_struct(btf, "strip", 8);
	btf__add_field(btf, "m", 4, 0, 0);
	const void *bytes = btf__raw_data(btf, &size);
	assert_null(rw_types_open_btf(bytes, size, &types));
	struct rw_error *err = rw_types_query(types, queries, 4);
	assert_non_null(err);
	assert_non_null(strstr(err->message, "structs without end"));
	rw_error_destroy(err);
	err = rw_types_query(types, queries + 1, 3);
	assert_null(err);
	for (size_t i = 1; i < 4; i++)
		assert_false(queries[i].found);
	rw_types_close(types);
	btf__free(btf);
}

#endif

// ---- DWARF ------------------------------------------------------------------

static struct rw_image *dwarf_kernel(const struct mk_dwarf *info, size_t size, const char *btf)
{
	const struct mk_section sections[] = {
		{ ".debug_info", SHT_PROGBITS, 0, 0, info->bytes, size },
		{ ".debug_abbrev", SHT_PROGBITS, 0, 0, mk_abbrevs, mk_abbrevs_size },
		{ ".BTF", SHT_PROGBITS, SHF_ALLOC, TEXT + 0x1000, btf, btf ? strlen(btf) : 0 },
	};

	return kernel(sections, btf ? 3 : 2);
}

static void test_dwarf(void **state)
{
	struct rw_types *types = NULL;
	struct mk_dwarf info;

	(void)state;
	mk_dwarf(&info);
	// Also where there is BTF that cannot be read.
	for (int damaged = 0; damaged < 2; damaged++) {
		struct rw_image *image = dwarf_kernel(&info, info.size,
						      damaged ? "this is no BTF at all" : NULL);

		assert_null(rw_types_open(image, &types));
		assert_string_equal(rw_types_origin(types), "DWARF");
		assert_answers(types);
		rw_types_close(types);
		rw_image_close(image);
	}
}

static void test_bad_dwarf(void **state)
{
	struct mk_dwarf info;

	(void)state;
	mk_dwarf(&info);
	for (size_t i = 0; i < info.size * 2; i++) {
		struct rw_type_query query = { .type = "task", .member = "grid[1][2]" };
		struct rw_types *types = NULL;

		info.bytes[i / 2] ^= i % 2 ? 0xff : 0x01;
		struct rw_image *image = dwarf_kernel(&info, info.size - i % 8, NULL);
		struct rw_error *err = rw_types_open(image, &types);
		if (!err)
			err = rw_types_query(types, &query, 1);
		rw_error_destroy(err);
		rw_types_close(types);
		rw_image_close(image);
		info.bytes[i / 2] ^= i % 2 ? 0xff : 0x01;
	}
}

static void test_neither(void **state)
{
	struct rw_types *types = NULL;
	struct rw_image *image = kernel(NULL, 0);
	struct rw_error *err = rw_types_open(image, &types);

	(void)state;
	assert_non_null(err);
	assert_int_equal(err->code, RW_ERROR_MISSING);
	assert_non_null(strstr(err->message, "neither .BTF nor .debug_info"));
	rw_error_destroy(err);
	rw_image_close(image);

	const struct mk_section section = { ".BTF", SHT_PROGBITS, SHF_ALLOC, TEXT + 0x1000,
					    "not BTF, but more than its header", 33 };
	image = kernel(&section, 1);
	err = rw_types_open(image, &types);
	assert_non_null(err);
	assert_non_null(strstr(err->message, "section .BTF: "));
	rw_error_destroy(err);
	rw_image_close(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_LIBBPF
		cmocka_unit_test(test_btf),
		cmocka_unit_test(test_bad_btf),
		cmocka_unit_test(test_endless_btf),
#endif
		cmocka_unit_test(test_dwarf),
		cmocka_unit_test(test_bad_dwarf),
		cmocka_unit_test(test_neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
