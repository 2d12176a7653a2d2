// SPDX-License-Identifier: GPL-2.0-or-later
//
// Dumps, made by mkdump.c: each byte of RAM is mk_ram() of its address and never
// 0, so a byte that is read tells whether it is the right one.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dumps.h"

// ---- ELF ------------------------------------------------------------------

static void test_elf(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct mk notes = { 0 }, core = { 0 };
		struct opened o;

		make_notes(&notes, i & 1);
		make_core(&core, &notes, i & 2);
		open_one(&o, &core, RW_DUMP_ELF);
		check_core(&o);
		check_notes(&o, i & 1);
		assert_int_equal(nr_lost(&o), 0);
		assert_null(rw_dump_utsname(o.dump));
		close_dump(&o);
		mk_free(&core);
		mk_free(&notes);
	}
}

static void test_elf_refused(void **state)
{
	static const struct {
		size_t off, size;
		uint64_t value;
		enum rw_error_code code;
		const char *says;
	} rows[] = {
		{ 0, 1, 0, RW_ERROR_FORMAT, "not an ELF file" },
		{ 4, 1, 1, RW_ERROR_UNSUPPORTED, "32-bit" },
		{ 5, 1, 2, RW_ERROR_UNSUPPORTED, "big-endian" },
		{ 16, 2, 2, RW_ERROR_FORMAT, "not a core" },
		{ 18, 2, 62, RW_ERROR_MISMATCH, "another architecture" },
		{ 54, 2, 32, RW_ERROR_FORMAT, "program headers of 32 bytes" },
		{ 56, 2, 0, RW_ERROR_FORMAT, "without program headers" },
		{ 32, 8, 1 << 30, RW_ERROR_FORMAT, "cut short" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mk core = { 0 };
		struct opened o = { 0 };

		make_core(&core, NULL, false);
		mk_le(&core, rows[i].off, rows[i].value, rows[i].size);
		add_file(&o, core.bytes, core.size, RW_DUMP_ELF, 0, "file");
		create(&o);
		expect_error(&o, rows[i].code, rows[i].says);
		close_dump(&o);
		mk_free(&core);
	}
}

static void test_elf_incomplete(void **state)
{
	const struct mk_segment one = { BASE, 0x1000, 0x1000 };
	struct mk file = { 0 };
	struct opened o;

	(void)state;
	mk_core(&file, &(struct mk_core){ .segments = &one, .nr = 1, .flags = 1 });
	open_one(&o, &file, RW_DUMP_ELF);
	expect_loss(&o, "marked incomplete");
	close_dump(&o);
	file.size -= 0x800;
	open_one(&o, &file, RW_DUMP_ELF);
	expect_loss(&o, "truncated: ");
	expect(&o, BASE, 0x800, RW_DUMP_OK);
	expect(&o, BASE + 0x800, 0x800, RW_DUMP_TRUNCATED);
	close_dump(&o);
	mk_free(&file);
}

/** The notes of CPUs with vectors of @sizes, as QEMU writes them. */
static void make_sve_notes(struct mk *notes, const size_t *sizes, size_t nr, bool vmcoreinfo)
{
	static const uint8_t zeros[4096];

	for (size_t cpu = 0; cpu < nr; cpu++) {
		mk_prstatus(notes, cpu + 1, 0x1000 * (cpu + 1));
		mk_note(notes, "CORE", 2, zeros, 528);
		mk_note(notes, "LINUX", 0x405, zeros, sizes[cpu]);
	}
	if (vmcoreinfo)
		mk_note(notes, "VMCOREINFO", 0, info, strlen(info));
}

/** QEMU takes each CPU's notes to be as long as the first one's, and memory moves. */
static void test_elf_sve(void **state)
{
	static const size_t sizes[][3] = {
		{ 2224, 592, 2224 }, { 592, 2224, 2224 }, { 592, 592, 592 }, { 592, 593, 2224 },
	};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		const size_t *real = sizes[i / 2], claim[3] = { real[0], real[0], real[0] };
		struct mk claimed = { 0 }, notes = { 0 }, core = { 0 }, file = { 0 };
		struct opened o;
		size_t nr;

		make_sve_notes(&claimed, claim, 3, i % 2);
		make_sve_notes(&notes, real, 3, i % 2);
		make_core(&core, &claimed, false);
		// The first program header is that of the notes.
		size_t at = 0;
		for (int b = 7; b >= 0; b--)
			at = at << 8 | core.bytes[64 + 8 + b];
		mk_put(&file, 0, core.bytes, at);
		mk_put(&file, at, notes.bytes, notes.size);
		mk_put(&file, file.size, core.bytes + at + claimed.size,
		       core.size - at - claimed.size);
		open_one(&o, &file, RW_DUMP_ELF);
		check_core(&o);
		const struct rw_prstatus *status = rw_dump_prstatus(o.dump, &nr);
		assert_int_equal(nr, 3);
		assert_int_equal(status[2].regs.pc, 0x3000 + 32);
		assert_int_equal(rw_dump_vmcoreinfo(o.dump) != NULL, i % 2);
		assert_int_equal(nr_lost(&o), 0);
		close_dump(&o);
		mk_free(&claimed);
		mk_free(&notes);
		mk_free(&core);
		mk_free(&file);
	}
}

// ---- flattened ------------------------------------------------------------

static void test_flattened(void **state)
{
	static const struct mk_flat ways[] = {
		{ .record = 100 },
		{ .record = 4096, .backwards = true },
		{ .record = 1000, .rewrite = true },
		{ .record = 60000, .rewrite = true, .backwards = true },
		{ .record = 333, .no_end = true },
	};
	struct mk core = { 0 }, kdump = { 0 }, notes = { 0 };

	(void)state;
	make_notes(&notes, true);
	make_core(&core, &notes, false);
	make_kdump(&kdump, 4096, mk_has_codec(MK_ZLIB) ? MK_ZLIB : MK_RAW, -1, &notes);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct mk flat = { 0 };
		struct opened o;

		mk_flatten(&flat, &core, &ways[i]);
		open_one(&o, &flat, RW_DUMP_FLATTENED);
		check_core(&o);
		check_notes(&o, true);
		assert_int_equal(nr_lost(&o), ways[i].no_end);
		close_dump(&o);
		mk_free(&flat);

		mk_flatten(&flat, &kdump, &ways[i]);
		open_one(&o, &flat, RW_DUMP_FLATTENED);
		check_kdump(&o, 4096);
		check_notes(&o, true);
		close_dump(&o);
		mk_free(&flat);
	}
	mk_free(&core);
	mk_free(&kdump);
	mk_free(&notes);
}

// ---- banks and LiME -------------------------------------------------------

static void make_bank(struct mk *ret, uint64_t pa, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = mk_ram(pa + i);

		mk_put(ret, ret->size, &byte, 1);
	}
}

static void test_banks(void **state)
{
	static const struct {
		uint64_t base[2];
		size_t size[2];
		const char *says;	/* NULL: no error */
	} rows[] = {
		{ { BASE + 0x1000, BASE }, { 0x800, 0x1000 }, NULL },
		{ { BASE, BASE + 0xfff }, { 0x1000, 1 }, "low and high: both have the memory at "
							 "0x40000fff" },
		{ { BASE, BASE }, { 0x1000, 0x2000 }, "both have the memory at 0x40000000" },
		{ { BASE, UINT64_MAX - 1 }, { 0x1000, 3 }, "past the end" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct opened o = { 0 };

		for (int j = 0; j < 2; j++) {
			struct mk bank = { 0 };

			make_bank(&bank, rows[i].base[j], rows[i].size[j]);
			add_file(&o, bank.bytes, bank.size, RW_DUMP_BANK, rows[i].base[j],
				 j ? "high" : "low");
			mk_free(&bank);
		}
		create(&o);
		if (rows[i].says) {
			expect_error(&o, o.err ? o.err->code : RW_ERROR_FORMAT, rows[i].says);
		} else {
			assert_null(o.err);
			expect(&o, BASE, 0x1800, RW_DUMP_OK);
			expect(&o, BASE + 0x1800, 0x800, RW_DUMP_NO_RAM);
		}
		close_dump(&o);
	}
}

static void make_lime(struct mk *ret, uint64_t pa, size_t size)
{
	size_t off = ret->size;

	mk_le(ret, off, 0x4c694d45, 4);
	mk_le(ret, off + 4, 1, 4);
	mk_le(ret, off + 8, pa, 8);
	mk_le(ret, off + 16, pa + size - 1, 8);
	mk_le(ret, off + 24, 0, 8);
	make_bank(ret, pa, size);
}

static void test_lime(void **state)
{
	struct mk file = { 0 }, bank = { 0 };
	struct opened o;

	(void)state;
	make_lime(&file, BASE + 0x4000, 0x1000);
	make_lime(&file, BASE, 0x2000);
	open_one(&o, &file, RW_DUMP_LIME);
	expect(&o, BASE, 0x2000, RW_DUMP_OK);
	expect(&o, BASE + 0x4000, 0x1000, RW_DUMP_OK);
	expect(&o, BASE + 0x2000, 0x2000, RW_DUMP_NO_RAM);
	close_dump(&o);

	// A bank may have what another file was cut short of.
	file.size -= 0x1000;
	open_one(&o, &file, RW_DUMP_LIME);
	expect_loss(&o, "truncated: 4096 of 8192");
	expect(&o, BASE + 0x1000, 0x1000, RW_DUMP_TRUNCATED);
	close_dump(&o);
	make_bank(&bank, BASE + 0x1000, 0x1000);
	add_file(&o, file.bytes, file.size, RW_DUMP_LIME, 0, "lime");
	add_file(&o, bank.bytes, bank.size, RW_DUMP_BANK, BASE + 0x1000, "bank");
	create(&o);
	assert_null(o.err);
	expect(&o, BASE, 0x2000, RW_DUMP_OK);
	close_dump(&o);
	mk_free(&file);
	mk_free(&bank);
}

static void test_bank_beside_kdump(void **state)
{
	struct mk file = { 0 }, bank = { 0 };
	struct opened o = { 0 };

	(void)state;
	make_kdump(&file, 4096, MK_RAW, -1, NULL);
	make_bank(&bank, 21 * 4096, 2 * 4096);
	add_file(&o, file.bytes, file.size, RW_DUMP_KDUMP, 0, "kdump");
	add_file(&o, bank.bytes, bank.size, RW_DUMP_BANK, 21 * 4096, "bank");
	create(&o);
	assert_null(o.err);
	expect(&o, 16 * 4096, 4 * 4096, RW_DUMP_OK);
	expect(&o, 20 * 4096, 4096, RW_DUMP_EXCLUDED);
	expect(&o, 21 * 4096, 2 * 4096, RW_DUMP_OK);
	expect(&o, 23 * 4096, 4096, RW_DUMP_EXCLUDED);
	rw_dump_destroy(o.dump);
	o.dump = NULL;
	o.sources[1].base = 23 * 4096;
	create(&o);
	expect_error(&o, RW_ERROR_MISMATCH, "bank and kdump: both have the memory at 0x18000");
	close_dump(&o);
	mk_free(&file);
	mk_free(&bank);
}

// ---- truncation -----------------------------------------------------------

static const enum mk_codec codecs[] = { MK_RAW, MK_ZLIB, MK_LZO, MK_SNAPPY, MK_ZSTD };

// Cut short anywhere, a dump is refused or read as far as it goes; what it gives
// is right, and never more than with more of the file.
static void cut_everywhere(const struct mk *mk, enum rw_dump_format format, size_t step,
			   uint64_t start, uint64_t end)
{
	size_t before = 0;

	for (size_t size = 0; size <= mk->size; size += size < mk->size && size + step > mk->size ?
	     mk->size - size : step) {
		struct opened o = { 0 };

		add_file(&o, mk->bytes, size, format, 0, "cut");
		create(&o);
		if (!o.err) {
			size_t nr = check_all(&o, start, end);

			assert_true(nr >= before);
			before = nr;
			if (size < mk->size)
				assert_true(nr_lost(&o));
		}
		close_dump(&o);
	}
	assert_true(before);
}

static void test_cut(void **state)
{
	struct mk notes = { 0 }, core = { 0 }, flat = { 0 };

	(void)state;
	make_notes(&notes, true);
	make_core(&core, &notes, true);
	cut_everywhere(&core, RW_DUMP_ELF, 128, BASE, BASE + 0xf000);
	mk_flatten(&flat, &core, &(struct mk_flat){ .record = 1000 });
	cut_everywhere(&flat, RW_DUMP_FLATTENED, 128, BASE, BASE + 0xf000);
	mk_free(&flat);
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		struct mk kdump = { 0 };

		if (!mk_has_codec(codecs[i]))
			continue;
		make_kdump(&kdump, 1024, codecs[i], -1, &notes);
		cut_everywhere(&kdump, RW_DUMP_KDUMP, 64, 0, 65 * 1024);
		mk_flatten(&flat, &kdump, &(struct mk_flat){ .record = 500 });
		cut_everywhere(&flat, RW_DUMP_FLATTENED, 64, 0, 65 * 1024);
		mk_free(&flat);
		mk_free(&kdump);
	}
	mk_free(&core);
	mk_free(&notes);
}

// ---- VMCOREINFO -----------------------------------------------------------

static void test_vmcoreinfo(void **state)
{
	static const char text[] = "A=1\nNUMBER(A)=-129\nB=\nC=0x10\nD=5a4f\nA=2\nAA=3\n=4\n"
				   "E=18446744073709551616\nF=1 \nG=-0x1\nH=0x0x1\nI= 1\n"
				   "J=-9223372036854775808\nCUT=12";
	struct rw_vmcoreinfo *v;
	uint64_t value = 7;

	(void)state;
	assert_null(rw_vmcoreinfo_create(text, sizeof(text) - 1, &v));
	assert_string_equal(rw_vmcoreinfo_text(v, "A"), "2");
	assert_string_equal(rw_vmcoreinfo_text(v, "B"), "");
	assert_null(rw_vmcoreinfo_text(v, "CUT"));
	assert_null(rw_vmcoreinfo_text(v, "NUMBER"));
	assert_null(rw_vmcoreinfo_text(NULL, "A"));
	static const char *const bad[] = { "B", "D", "E", "F", "G", "H", "I", "CUT" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(rw_vmcoreinfo_number(v, bad[i], &value));
	assert_int_equal(value, 7);
	assert_true(rw_vmcoreinfo_number(v, "NUMBER(A)", &value));
	assert_int_equal(value, (uint64_t)-129);
	assert_true(rw_vmcoreinfo_number(v, "J", &value));
	assert_int_equal(value, UINT64_C(1) << 63);
	assert_true(rw_vmcoreinfo_number(v, "C", &value));
	assert_int_equal(value, 16);
	assert_true(rw_vmcoreinfo_hex(v, "C", &value));
	assert_int_equal(value, 16);
	assert_true(rw_vmcoreinfo_hex(v, "D", &value));
	assert_int_equal(value, 0x5a4f);
	assert_true(rw_vmcoreinfo_hex(v, "A", &value));
	assert_int_equal(value, 2);
	rw_vmcoreinfo_destroy(v);

	assert_null(rw_vmcoreinfo_create("A=1\n\0B=2\n", 9, &v));
	assert_string_equal(rw_vmcoreinfo_text(v, "A"), "1");
	assert_null(rw_vmcoreinfo_text(v, "B"));
	rw_vmcoreinfo_destroy(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_elf_refused),
		cmocka_unit_test(test_elf_incomplete),
		cmocka_unit_test(test_elf_sve),
		cmocka_unit_test(test_flattened),
		cmocka_unit_test(test_banks),
		cmocka_unit_test(test_lime),
		cmocka_unit_test(test_bank_beside_kdump),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_vmcoreinfo),
	};

	return cmocka_run_group_tests_name("dumps", tests, NULL, NULL);
}
