// SPDX-License-Identifier: GPL-2.0-or-later
//
// Images of names only: lists of symbols (System.map, /proc/kallsyms), and a kernel's
// own tables out of memory, good, cut short and damaged; names as clang makes them.

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

#define LINK UINT64_C(0xffff800080000000)
#define SLIDE UINT64_C(0x2a1f93200000)

static struct rw_error *open_text(const char *text, size_t size, struct rw_image **ret)
{
	char *path = mk_file(text, size);
	struct rw_error *err = rw_image_open(path, ret);

	unlink(path);
	free(path);
	return err;
}

static struct rw_image *opened(const char *text)
{
	struct rw_image *image = NULL;
	struct rw_error *err = open_text(text, strlen(text), &image);

	if (err)
		print_error("%s\n", err->message);
	assert_null(err);
	return image;
}

static void expect(struct rw_error *err, enum rw_error_code code, const char *words)
{
	assert_non_null(err);
	if (err->code != code || !strstr(err->message, words) || strchr(err->message, '\n'))
		print_error("got \"%s\", not \"%s\"\n", err->message, words);
	assert_non_null(strstr(err->message, words));
	assert_null(strchr(err->message, '\n'));
	assert_int_equal(err->code, code);
	rw_error_destroy(err);
}

static void expect_text(const char *text, const char *words)
{
	struct rw_image *image = NULL;

	expect(open_text(text, strlen(text), &image), RW_ERROR_FORMAT, words);
	assert_null(image);
}

static void assert_symbol(const struct rw_image *image, uint64_t addr, const char *name,
			  uint64_t start, uint64_t size)
{
	struct rw_symbol symbol;

	assert_true(rw_image_symbolize(image, addr, &symbol));
	assert_string_equal(symbol.name, name);
	assert_int_equal(symbol.addr, start);
	assert_int_equal(symbol.size, size);
}

static void assert_address(const struct rw_image *image, const char *name, uint64_t addr)
{
	uint64_t got = 0;

	assert_true(rw_image_symbol(image, name, &got));
	assert_int_equal(got, addr);
}

// ---- lists -----------------------------------------------------------------

/* Lines as Debian's System.map of 6.12 has them, thinned out. */
static const char system_map[] =
	"0000000000000000 A _kernel_flags_le_hi32\n"
	"0000000000000200 A PECOFF_FILE_ALIGNMENT\n"
	"ffff800080000000 t __pi__text\n"
	"ffff800080000000 T _text\n"
	"ffff800080010000 t __pi__stext\n"
	"ffff800080010000 T _stext\n"
	"ffff800080010000 T __irqentry_text_start\n"
	"ffff800080010100 T schedule\n"
	"ffff8000800101f0 T __memcpy\n"
	"ffff8000800101f0 T __memmove\n"
	"ffff8000800101f0 T __pi_memcpy\n"
	"ffff8000800101f0 W memcpy\n"
	"ffff800080010440 t $x\n"
	"ffff800080010440 t __kcfi_typeid_probe\n"
	"ffff800080010440 t modules_open\n"
	"ffff800080020000 T _etext\n"
	"ffff800080d00000 R linux_banner\n"
	"ffff800081000000 T _sinittext\n"
	"ffff800081000000 t __init_begin\n"
	"ffff800081000800 t do_one_initcall\n"
	"ffff800081001000 T _einittext\n"
	"ffff800081002000 T __init_end\n"
	"ffff800081400000 d modules\n"
	"ffff800081400040 D init_task\n"
	"ffff8000824f0000 B _end\n";

static void test_system_map(void **state)
{
	struct rw_image *image = opened(system_map);
	struct rw_symbol symbol;
	struct rw_types *types = NULL;
	uint64_t addr;
	size_t nr;
	uint8_t byte;

	(void)state;
	assert_int_equal(rw_image_kind(image), RW_IMAGE_SYSTEM_MAP);
	assert_false(rw_image_at_run_time(image));
	assert_address(image, "init_task", LINK + 0x1400040);
	assert_address(image, "modules", LINK + 0x1400000);
	assert_address(image, "do_one_initcall", LINK + 0x1000800);	// not foreseen
	assert_false(rw_image_symbol(image, "_kernel_flags_le_hi32", &addr));
	assert_false(rw_image_symbol(image, "no_such_thing", &addr));

	const struct rw_range *ranges = rw_image_ranges(image, &nr);
	assert_int_equal(nr, 2);
	assert_int_equal(ranges[0].kind, RW_RANGE_TEXT);
	assert_int_equal(ranges[0].start, LINK + 0x10000);
	assert_int_equal(ranges[0].end, LINK + 0x20000);
	assert_int_equal(ranges[1].kind, RW_RANGE_INIT_TEXT);
	assert_false(rw_image_sym_code_known(image));
	assert_false(rw_image_has_sym_code_table(image));

	// The kernel's order of aliases, and the distance to the next symbol (image.md 8.5).
	assert_symbol(image, LINK + 0x10004, "_stext", LINK + 0x10000, 0x100);
	assert_symbol(image, LINK + 0x10110, "schedule", LINK + 0x10100, 0xf0);
	assert_symbol(image, LINK + 0x101f0, "__memcpy", LINK + 0x101f0, 0x250);
	assert_symbol(image, LINK + 0x10444, "modules_open", LINK + 0x10440, 0xfbc0);
	assert_symbol(image, LINK + 0x1000804, "do_one_initcall", LINK + 0x1000800, 0x800);
	assert_false(rw_image_symbolize(image, LINK + 0x100, &symbol));	// before _stext
	assert_false(rw_image_symbolize(image, LINK + 0x24f0000, &symbol));

	// There is nothing but names.
	assert_false(rw_image_read(image, LINK + 0x10000, &byte, 1));
	assert_null(rw_image_section(image, ".text", &nr));
	assert_null(rw_image_section_at(image, LINK + 0x10000));
	assert_null(rw_image_build_id(image, &nr));
	assert_null(rw_image_banner(image));
	expect(rw_types_open(image, &types), RW_ERROR_MISSING, "names only");
	rw_image_close(image);
}

/* As of a running kernel: in its own order, and with modules behind. */
static const char kallsyms[] =
	"ffffaa2013210000 T _stext\n"
	"ffffaa2013210000 t __pi__stext\n"
	"ffffaa2013210100 T schedule\n"
	"ffffaa20132101f0 T aliased_second_by_name\n"
	"ffffaa20132101f0 T aliased_first_by_name\n"
	"ffffaa2013220000 T _etext\n"
	"ffffaa2014200000 T _sinittext\n"
	"ffffaa2014201000 T _einittext\n"
	"ffffaa1fe63e3000 t scene_sleep\t[scene]\n"
	"ffffaa1fe63e30d2 r .L14472\002B1\t[scene]\n"
	"ffffaa1fe63e3000 t schedule\t[scene]\n"
	"ffff800080004000 t bpf_prog_6deef7357e7b4530\t[bpf]\n";

static void test_kallsyms_copy(void **state)
{
	struct rw_image *image = opened(kallsyms);
	struct rw_symbol symbol;
	uint64_t addr;

	(void)state;
	assert_int_equal(rw_image_kind(image), RW_IMAGE_KALLSYMS);
	assert_true(rw_image_at_run_time(image));
	assert_address(image, "schedule", LINK + SLIDE + 0x10100);
	assert_false(rw_image_symbol(image, "scene_sleep", &addr));
	assert_symbol(image, LINK + SLIDE + 0x10000, "_stext", LINK + SLIDE + 0x10000, 0x100);
	// The order of the file is the kernel's.
	assert_symbol(image, LINK + SLIDE + 0x101f4, "aliased_second_by_name",
		      LINK + SLIDE + 0x101f0, 0xfe10);
	// Built without CONFIG_KALLSYMS_ALL: text alone, up to its end.
	assert_symbol(image, LINK + SLIDE + 0x1000ffc, "_sinittext", LINK + SLIDE + 0x1000000,
		      0x1000);
	assert_false(rw_image_symbolize(image, LINK + SLIDE + 0x20000, &symbol));
	rw_image_close(image);
}

static void test_bad_lists(void **state)
{
	static const char nul[] = "ffff800080010000 T _stext\nffff800080020000 T a\0b\n";
	struct rw_image *image = NULL;

	(void)state;
	expect_text("0000000000000000 T _stext\n0000000000000000 T _etext\n"
		    "0000000000000000 t scene_sleep\t[scene]\n", "read without privilege");
	expect_text("ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg "
		    "package\n", "the System.map of the kernel's debug package");
	expect_text("ffff800080010000 T _stext\nffff800080020000 T _et", "cut short");
	expect_text("ffff800080010000 T _stext\nffff800080020000 T\nffff800080030000 T x\n",
		    "line 2: is not of the form");
	expect_text("ffff800080010000 T _stext\nffff800080020000 T _etext [scene\n",
		    "line 2: is not of the form");
	expect_text("ffff800080010000 T _stext\nfffff800080020000 T _etext\n",
		    "line 2: is not of the form");
	expect_text("c0008000 T _stext\nc0800000 T _etext\n", "line 1: a 32-bit address");
	expect_text("ffffffff81000000 T _stext\nffffffff82000000 T _etext\n",
		    "where no arm64 kernel lies");
	expect_text("ffff800080010000 T schedule\n", "no _stext in it");
	expect_text("ffff800080010000 T _stext\n", "no _etext in it");
	expect_text("ffff800080020000 T _stext\nffff800080010000 T _etext\n",
		    "no _stext with _etext behind it");
	expect_text("some words of no list\n", "a text, but no list of symbols");
	// A NUL would end a name behind our back.
	expect(open_text(nul, sizeof(nul) - 1, &image), RW_ERROR_FORMAT,
	       "line 2: is not of the form");
	assert_null(image);
}

/** Not in order, and many names of one address. */
static void test_unsorted_list(void **state)
{
	enum { NR = 20000 };
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	fputs("ffff800080020000 T _etext\nffff800080010000 T _stext\n", file);
	for (int i = NR; i; i--)
		fprintf(file, "ffff800080010100 %c %.*sname%d\n", i % 3 ? 'T' : 'W', i % 7,
			"_______", i);
	fclose(file);
	struct rw_image *image = opened(text);
	// Strong before weak, fewest underscores, then as in the file: 20000 has one.
	assert_symbol(image, LINK + 0x10104, "name19999", LINK + 0x10100, 0xff00);
	rw_image_close(image);
	free(text);
}

// ---- clang -----------------------------------------------------------------

static void test_llvm_suffix(void **state)
{
	static const char list[] =
		"ffff800080010000 T _stext\n"
		"ffff800080010100 T bpf_kallsyms.llvm.123x\n"
		"ffff800080010200 T modules.llvm.7432198\n"
		"ffff800080010300 T __schedule.llvm.1\n"
		"ffff800080010400 t __schedule\n"
		"ffff800080010500 t not_foreseen.llvm.99\n"
		"ffff800080020000 T _etext\n";
	struct rw_image *image = opened(list);
	uint64_t addr;

	(void)state;
	assert_address(image, "modules", LINK + 0x10200);
	assert_address(image, "__schedule", LINK + 0x10400);	// its own name is better
	assert_address(image, "not_foreseen", LINK + 0x10500);
	assert_false(rw_image_symbol(image, "bpf_kallsyms", &addr));	// no number
	assert_false(rw_image_symbol(image, "module", &addr));
	// Which release it is, and so what it prints, the list does not say.
	assert_symbol(image, LINK + 0x10204, "modules.llvm.7432198", LINK + 0x10200, 0x100);
	rw_image_close(image);
}

// ---- a kernel's own tables ----------------------------------------------------

static const struct mk_kallsym own[] = {
	{ LINK, "T_text" },
	{ LINK + 0x10000, "T_stext" },
	{ LINK + 0x10100, "Tschedule" },
	{ LINK + 0x101f0, "tworker.llvm.77" },
	{ LINK + 0x10200, "T__sym_code_functions_startx" },
	{ LINK + 0x10300, "tel1h_64_irq" },
	{ LINK + 0x20000, "T_etext" },
	{ LINK + 0x21000, "t__init_begin" },
	{ LINK + 0x21000, "T_sinittext" },
	{ LINK + 0x22000, "T_einittext" },
	{ LINK + 0x23000, "T__init_end" },
	{ LINK + 0x24000, "dmodules.llvm.1234" },
	{ LINK + 0x24010, "D__sym_code_functions_start" },
	{ LINK + 0x24030, "D__sym_code_functions_end" },
	{ LINK + 0x24100, "Dinit_task" },
	{ LINK + 0x24200, "Dswapper_pg_dir" },
	{ LINK + 0x30000, "B_end" },
	{ 0, NULL },
};

#define TABLES (LINK + 0x28000)

/** Memory: the tables, and nothing else. */
struct memory {
	struct mk_kallsyms tables;
	uint64_t bad;		/* reading this address fails */
	size_t nr_reads;
};

static bool read_memory(void *arg, uint64_t va, void *buf, size_t size)
{
	struct memory *memory = arg;
	uint64_t off = va - TABLES;
	// The tables end within a page, which is read as a whole.
	static const uint8_t zeros[4096];

	memory->nr_reads++;
	if (off > memory->tables.size || memory->bad - va < size)
		return false;
	size_t have = memory->tables.size - off;
	memcpy(buf, memory->tables.bytes + off, size < have ? size : have);
	if (size > have) {
		if (size - have > sizeof(zeros))
			return false;
		memcpy((char *)buf + have, zeros, size - have);
	}
	return true;
}

static struct rw_kallsyms_place place_of(const struct memory *memory, bool base)
{
	const struct mk_kallsyms *t = &memory->tables;

	return (struct rw_kallsyms_place){
		.num_syms = t->num_syms, .names = t->names, .token_table = t->token_table,
		.token_index = t->token_index, .offsets = t->offsets,
		.relative_base = base ? t->base : 0,
	};
}

static struct rw_error *add_own(struct memory *memory, bool base, struct rw_image **ret)
{
	const struct rw_kallsyms_place place = place_of(memory, base);

	assert_null(rw_image_create_dump("vmcore", ret));
	return rw_image_add_kallsyms(*ret, &place, read_memory, memory);
}

static void check_own(struct memory *memory, bool base)
{
	struct rw_image *image;
	const uint64_t words[] = {
		LINK + 0x10300, LINK + 0x10400, LINK + 0x10100, LINK + 0x10110,
	};
	const uint64_t wrong[] = { LINK + 0x10300, LINK + 0x30001 };
	size_t nr;

	struct rw_error *err = add_own(memory, base, &image);
	if (err)
		print_error("%s\n", err->message);
	assert_null(err);
	assert_true(rw_image_has_kallsyms(image));
	assert_true(rw_image_at_run_time(image));
	rw_image_rebase(image, 0);
	assert_false(rw_image_at_run_time(image));
	assert_address(image, "init_task", LINK + 0x24100);
	assert_address(image, "modules", LINK + 0x24000);
	assert_address(image, "worker", LINK + 0x101f0);
	assert_symbol(image, LINK + 0x10110, "schedule", LINK + 0x10100, 0xf0);
	assert_symbol(image, LINK + 0x10180, "schedule", LINK + 0x10100, 0xf0);
	assert_symbol(image, LINK + 0x2fffc, "swapper_pg_dir", LINK + 0x24200, 0xbe00);

	expect(rw_image_add_sym_code(image, wrong, 1), RW_ERROR_FORMAT, "no range of the kernel");
	assert_false(rw_image_sym_code_known(image));
	assert_null(rw_image_add_sym_code(image, words, 2));
	assert_null(rw_image_complete(image));
	assert_true(rw_image_sym_code_known(image));
	assert_true(rw_image_has_sym_code_table(image));
	assert_true(rw_image_in_sym_code(image, LINK + 0x103fc));
	assert_true(rw_image_in_sym_code(image, LINK + 0x10100));
	assert_false(rw_image_in_sym_code(image, LINK + 0x10400));
	const struct rw_range *ranges = rw_image_ranges(image, &nr);
	assert_int_equal(nr, 4);
	assert_int_equal(ranges[0].kind, RW_RANGE_TEXT);
	assert_int_equal(ranges[1].kind, RW_RANGE_INIT_TEXT);
	assert_string_equal(ranges[2].name, "schedule");
	assert_string_equal(ranges[3].name, "el1h_64_irq");
	rw_image_close(image);
}

static void test_own_tables(void **state)
{
	struct memory memory = { 0 };

	(void)state;
	mk_kallsyms(own, TABLES, LINK, &memory.tables);
	check_own(&memory, true);
	mk_kallsyms(own, TABLES, 0, &memory.tables);
	check_own(&memory, false);
}

/** Run-time addresses of all that is read; link addresses of all that is told. */
static void test_rebase(void **state)
{
	struct mk_kallsym moved[sizeof(own) / sizeof(own[0])];
	struct memory memory = { 0 };
	struct rw_image *image;

	(void)state;
	memcpy(moved, own, sizeof(own));
	for (struct mk_kallsym *s = moved; s->name; s++)
		s->addr += SLIDE;
	mk_kallsyms(moved, TABLES, LINK + SLIDE, &memory.tables);
	assert_null(add_own(&memory, true, &image));
	assert_address(image, "init_task", LINK + SLIDE + 0x24100);
	rw_image_rebase(image, SLIDE);
	assert_address(image, "init_task", LINK + 0x24100);
	assert_address(image, "worker", LINK + 0x101f0);
	assert_symbol(image, LINK + 0x10110, "schedule", LINK + 0x10100, 0xf0);
	rw_image_close(image);
}

static void test_what_an_own_kernel_prints(void **state)
{
	// kernel/kallsyms.c cuts the suffix up to 6.10.
	static const struct {
		const char *banner, *printed;
	} rows[] = {
		{ "Linux version 5.15.1 (clang version 14)", "worker" },
		{ "Linux version 6.1.0-rc1 (clang version 15)", "worker" },
		{ "Linux version 6.10.9 (clang version 18)", "worker" },
		{ "Linux version 6.11.0 (clang version 18)", "worker.llvm.77" },
		{ "Linux version 7.2.1 (clang version 22)", "worker.llvm.77" },
		{ NULL, "worker.llvm.77" },
	};
	static const uint8_t id[] = { 1, 2, 3, 4 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct memory memory = { 0 };
		struct rw_image *image;
		size_t size = 0;

		mk_kallsyms(own, TABLES, LINK, &memory.tables);
		assert_null(add_own(&memory, true, &image));
		rw_image_rebase(image, 0);
		assert_null(rw_image_add_identity(image, id, sizeof(id), rows[i].banner));
		assert_symbol(image, LINK + 0x101f4, rows[i].printed, LINK + 0x101f0, 0x10);
		assert_memory_equal(rw_image_build_id(image, &size), id, sizeof(id));
		assert_int_equal(size, sizeof(id));
		rw_image_close(image);
	}
}

/** Memory without one page after the other: an error each time, and no more. */
static void test_missing_memory(void **state)
{
	struct memory memory = { 0 };

	(void)state;
	mk_kallsyms(own, TABLES, 0, &memory.tables);
	const uint64_t places[] = {
		memory.tables.num_syms, memory.tables.names, memory.tables.token_table,
		memory.tables.token_table + 300, memory.tables.token_index + 510,
		memory.tables.offsets + 4,
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct rw_image *image = NULL;

		memory.bad = places[i];
		expect(add_own(&memory, false, &image), RW_ERROR_MISSING, "is not in the dump");
		assert_false(rw_image_has_kallsyms(image));
		rw_image_close(image);
	}
}

static void poke32(struct memory *memory, uint64_t addr, uint32_t value)
{
	memcpy(memory->tables.bytes + (addr - TABLES), &value, sizeof(value));
}

static void test_damaged_tables(void **state)
{
	struct memory good = { 0 };
	struct rw_image *image = NULL;

	(void)state;
	mk_kallsyms(own, TABLES, 0, &good.tables);
	struct memory memory = good;
	poke32(&memory, memory.tables.num_syms, 3);
	expect(add_own(&memory, false, &image), RW_ERROR_FORMAT, "kallsyms_num_syms");
	rw_image_close(image);
	memory = good;
	poke32(&memory, memory.tables.num_syms, UINT32_MAX);
	expect(add_own(&memory, false, &image), RW_ERROR_FORMAT, "kallsyms_num_syms");
	rw_image_close(image);
	memory = good;
	poke32(&memory, memory.tables.offsets + 16, 0x7fffffff);
	expect(add_own(&memory, false, &image), RW_ERROR_FORMAT, "kallsyms_offsets");
	rw_image_close(image);
	memory = good;
	poke32(&memory, memory.tables.token_index + 8, 0);
	expect(add_own(&memory, false, &image), RW_ERROR_FORMAT, "kallsyms_token_table");
	rw_image_close(image);
	memory = good;
	poke32(&memory, memory.tables.names, 0x545404d8);	// 600 tokens
	expect(add_own(&memory, false, &image), RW_ERROR_FORMAT, "kallsyms_names");
	rw_image_close(image);
	memory = good;
	poke32(&memory, memory.tables.names, 0x01025402);	// a control character
	expect(add_own(&memory, false, &image), RW_ERROR_FORMAT, "kallsyms_names: name 0");
	rw_image_close(image);
}

static void test_names_beside_a_dump(void **state)
{
	struct memory memory = { 0 };
	struct rw_image *image, *list, *other;
	char what[RW_SYMBOL_NAME_SIZE];
	uint64_t addr;

	(void)state;
	mk_kallsyms(own, TABLES, LINK, &memory.tables);
	assert_null(add_own(&memory, true, &image));
	rw_image_rebase(image, 0);
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	for (const struct mk_kallsym *s = own; s->name; s++)
		fprintf(file, "%016llx %c %s\n", (unsigned long long)s->addr, s->name[0],
			s->name + 1);
	fputs("ffff800080024300 D runqueues\nffff800080024400 d obscure\n", file);
	fclose(file);
	list = opened(text);
	assert_false(rw_image_symbol(image, "runqueues", &addr));
	assert_true(rw_image_agrees(image, list, 0, what));
	rw_image_add_names(image, list, 0);
	assert_address(image, "runqueues", LINK + 0x24300);
	assert_address(image, "obscure", LINK + 0x24400);
	// Those of another build differ, be it in one symbol.
	*strstr(text, "0101f0 t") = '9';
	other = opened(text);
	assert_false(rw_image_agrees(image, other, 0, what));
	assert_string_equal(what, "worker.llvm.77");
	assert_false(rw_image_agrees(image, list, 0x1000, what));
	rw_image_close(image);
	rw_image_close(list);
	rw_image_close(other);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_system_map),
		cmocka_unit_test(test_kallsyms_copy),
		cmocka_unit_test(test_bad_lists),
		cmocka_unit_test(test_unsorted_list),
		cmocka_unit_test(test_llvm_suffix),
		cmocka_unit_test(test_own_tables),
		cmocka_unit_test(test_rebase),
		cmocka_unit_test(test_what_an_own_kernel_prints),
		cmocka_unit_test(test_missing_memory),
		cmocka_unit_test(test_damaged_tables),
		cmocka_unit_test(test_names_beside_a_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
