// SPDX-License-Identifier: GPL-2.0-or-later
//
// Types for tests: BTF made by libbpf, DWARF written by hand, a byte at a time.

#include <stdlib.h>

#include "mktypes.h"

#ifdef HAVE_LIBBPF

#include <bpf/btf.h>

struct btf *mk_btf(void)
{
	struct btf *btf = btf__new_empty();
	int i32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int i64 = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	int ch = btf__add_int(btf, "char", 1, 0);
	int index = i32;
	int comm = btf__add_array(btf, index, ch, 16);

	int small = btf__add_struct(btf, "task", 8);
	btf__add_field(btf, "pid", i32, 32, 0);
	btf__add_field(btf, "nothing_else", i32, 0, 0);
	int ctx = btf__add_struct(btf, "ctx", 16);
	btf__add_field(btf, "fp", i64, 0, 0);
	btf__add_field(btf, "pc", i64, 64, 0);
	int void_ptr = btf__add_ptr(btf, 0);
	int mem = btf__add_struct(btf, "mem", 16);
	btf__add_field(btf, "base", void_ptr, 0, 0);
	btf__add_field(btf, "size", i32, 64, 0);
	int mems = btf__add_array(btf, index, mem, 3);
	int state = btf__add_volatile(btf, i64);
	int unnamed = btf__add_struct(btf, NULL, 24);
	btf__add_field(btf, "state", state, 0, 0);
	btf__add_field(btf, "comm", comm, 64, 0);
	int words = btf__add_ptr(btf, i64);
	int row = btf__add_array(btf, index, i32, 4);
	int grid = btf__add_array(btf, index, row, 2);
	int fwd = btf__add_fwd(btf, "task", BTF_FWD_STRUCT);
	int parent = btf__add_ptr(btf, btf__add_const(btf, fwd));
	int task = btf__add_struct(btf, "task", 160);
	btf__add_field(btf, "pid", i32, 0, 0);
	btf__add_field(btf, NULL, unnamed, 64, 0);
	btf__add_field(btf, "ctx", ctx, 32 * 8, 0);
	btf__add_field(btf, "mem", mems, 48 * 8, 0);
	btf__add_field(btf, "parent", parent, 96 * 8, 0);
	btf__add_field(btf, "words", words, 104 * 8, 0);
	btf__add_field(btf, "grid", grid, 112 * 8, 0);
	btf__add_field(btf, "a", i32, 144 * 8, 3);
	btf__add_field(btf, "b", i32, 144 * 8 + 3, 7);
	btf__add_typedef(btf, "task_t", task);
	btf__add_enum(btf, "colour", 4);
	btf__add_enum_value(btf, "RED", 1);
	btf__add_enum_value(btf, "BLUE", 7);
	if (small < 0 || task < 0)
		abort();
	return btf;
}

#endif

// One compilation unit, DWARF 4, 64-bit addresses.
enum abbrev { UNIT = 1, BASE, STRUCT, UNNAMED, MEMBER, UNNAMED_MEMBER, BITS, ARRAY, RANGE,
	      POINTER, TO_VOID, TYPEDEF, ENUM, ENUMERATOR, CONST, DECLARATION };

const uint8_t mk_abbrevs[] = {
	UNIT, 0x11, 1, 0x11, 0x01, 0x12, 0x06, 0, 0,	// low_pc addr, high_pc data4
	BASE, 0x24, 0, 0x03, 0x08, 0x0b, 0x0b, 0, 0,	// name string, byte_size data1
	STRUCT, 0x13, 1, 0x03, 0x08, 0x0b, 0x0b, 0, 0,
	UNNAMED, 0x13, 1, 0x0b, 0x0b, 0, 0,
	MEMBER, 0x0d, 0, 0x03, 0x08, 0x49, 0x13, 0x38, 0x0b, 0, 0, // type ref4, at data1
	UNNAMED_MEMBER, 0x0d, 0, 0x49, 0x13, 0x38, 0x0b, 0, 0,
	BITS, 0x0d, 0, 0x03, 0x08, 0x49, 0x13, 0x6b, 0x05, 0x0d, 0x0b, 0, 0,
	ARRAY, 0x01, 1, 0x49, 0x13, 0, 0,
	RANGE, 0x21, 0, 0x2f, 0x0b, 0, 0,		// upper_bound data1
	POINTER, 0x0f, 0, 0x49, 0x13, 0, 0,
	TO_VOID, 0x0f, 0, 0, 0,
	TYPEDEF, 0x16, 0, 0x03, 0x08, 0x49, 0x13, 0, 0,
	ENUM, 0x04, 1, 0x03, 0x08, 0x0b, 0x0b, 0, 0,
	ENUMERATOR, 0x28, 0, 0x03, 0x08, 0x1c, 0x0b, 0, 0,
	CONST, 0x26, 0, 0x49, 0x13, 0, 0,
	DECLARATION, 0x13, 0, 0x03, 0x08, 0x3c, 0x19, 0, 0, // declaration flag_present
	0,
};

const size_t mk_abbrevs_size = sizeof(mk_abbrevs);

static void put(struct mk_dwarf *info, uint64_t value, size_t size)
{
	if (info->size + size > sizeof(info->bytes))
		abort();
	for (size_t i = 0; i < size; i++)
		info->bytes[info->size++] = (uint8_t)(value >> 8 * i);
}

/** Begin a DIE; where it is, for references to it. */
static uint32_t die(struct mk_dwarf *info, enum abbrev abbrev, const char *name)
{
	uint32_t off = (uint32_t)info->size;

	put(info, abbrev, 1);
	for (; name && *name; name++)
		put(info, (uint8_t)*name, 1);
	if (name)
		put(info, 0, 1);
	return off;
}

static uint32_t die_sized(struct mk_dwarf *info, enum abbrev abbrev, const char *name, uint8_t size)
{
	uint32_t off = die(info, abbrev, name);

	put(info, size, 1);
	return off;
}

static uint32_t die_of(struct mk_dwarf *info, enum abbrev abbrev, const char *name, uint32_t type)
{
	uint32_t off = die(info, abbrev, name);

	put(info, type, 4);
	return off;
}

static void member(struct mk_dwarf *info, const char *name, uint32_t type, uint8_t at)
{
	die_of(info, name ? MEMBER : UNNAMED_MEMBER, name, type);
	put(info, at, 1);
}

static void bits(struct mk_dwarf *info, const char *name, uint32_t type, uint16_t at, uint8_t nr)
{
	die_of(info, BITS, name, type);
	put(info, at, 2);
	put(info, nr, 1);
}

static uint32_t array(struct mk_dwarf *info, uint32_t type, uint8_t nr, uint8_t nr2)
{
	uint32_t off = die_of(info, ARRAY, NULL, type);

	die_sized(info, RANGE, NULL, (uint8_t)(nr - 1));
	if (nr2)
		die_sized(info, RANGE, NULL, (uint8_t)(nr2 - 1));
	put(info, 0, 1);
	return off;
}

void mk_dwarf(struct mk_dwarf *info)
{
	*info = (struct mk_dwarf){ 0 };
	put(info, 0, 4);	// length, below
	put(info, 4, 2);	// version
	put(info, 0, 4);	// abbreviations
	put(info, 8, 1);	// bytes of an address
	die(info, UNIT, NULL);
	put(info, MK_TYPES_TEXT, 8);
	put(info, MK_TYPES_TEXT_SIZE, 4);

	uint32_t i32 = die_sized(info, BASE, "int", 4);
	uint32_t i64 = die_sized(info, BASE, "long", 8);
	uint32_t ch = die_sized(info, BASE, "char", 1);
	uint32_t comm = array(info, ch, 16, 0);
	uint32_t declared = die(info, DECLARATION, "task");
	uint32_t parent = die_of(info, POINTER, NULL, die_of(info, CONST, NULL, declared));
	uint32_t words = die_of(info, POINTER, NULL, i64);
	uint32_t void_ptr = die(info, TO_VOID, NULL);
	uint32_t ctx = die_sized(info, STRUCT, "ctx", 16);
	member(info, "fp", i64, 0);
	member(info, "pc", i64, 8);
	put(info, 0, 1);
	uint32_t mem = die_sized(info, STRUCT, "mem", 16);
	member(info, "base", void_ptr, 0);
	member(info, "size", i32, 8);
	put(info, 0, 1);
	uint32_t mems = array(info, mem, 3, 0);
	uint32_t grid = array(info, i32, 2, 4);
	uint32_t unnamed = die_sized(info, UNNAMED, NULL, 24);
	member(info, "state", i64, 0);
	member(info, "comm", comm, 8);
	put(info, 0, 1);
	uint32_t task = die_sized(info, STRUCT, "task", 160);
	member(info, "pid", i32, 0);
	member(info, NULL, unnamed, 8);
	member(info, "ctx", ctx, 32);
	member(info, "mem", mems, 48);
	member(info, "parent", parent, 96);
	member(info, "words", words, 104);
	member(info, "grid", grid, 112);
	bits(info, "a", i32, 144 * 8, 3);
	bits(info, "b", i32, 144 * 8 + 3, 7);
	put(info, 0, 1);
	die_of(info, TYPEDEF, "task_t", task);
	die_sized(info, ENUM, "colour", 4);
	die_sized(info, ENUMERATOR, "RED", 1);
	die_sized(info, ENUMERATOR, "BLUE", 7);
	put(info, 0, 1);
	put(info, 0, 1);	// end of the unit

	size_t size = info->size;
	info->size = 0;
	put(info, size - 4, 4);
	info->size = size;
}
