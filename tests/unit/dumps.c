// SPDX-License-Identifier: GPL-2.0-or-later
//
// Dumps that several tests use, and what must be read from them.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dumps.h"

const char info[] = "OSRELEASE=6.1.0-test\nPAGESIZE=4096\nNUMBER(VA_BITS)=48\n"
		    "NUMBER(PHYS_OFFSET)=0xfff0bb9b80000000\nKERNELOFFSET=5a4f6f200000\n"
		    "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nCRASHTIME=1700000000\n";

void add_file(struct opened *o, const uint8_t *bytes, size_t size, enum rw_dump_format format,
	      uint64_t base, const char *name)
{
	uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	o->files[o->nr] = (struct rw_file){ .name = (char *)name, .bytes = copy, .size = size };
	o->sources[o->nr] = (struct rw_dump_source){ &o->files[o->nr], format, base };
	o->nr++;
}

void create(struct opened *o)
{
	o->err = rw_dump_create(o->sources, o->nr, &o->dump);
}

void close_dump(struct opened *o)
{
	rw_dump_destroy(o->dump);
	rw_error_destroy(o->err);
	for (size_t i = 0; i < o->nr; i++)
		free((void *)o->files[i].bytes);
	*o = (struct opened){ 0 };
}

void open_one(struct opened *o, const struct mk *mk, enum rw_dump_format format)
{
	*o = (struct opened){ 0 };
	add_file(o, mk->bytes, mk->size, format, 0, "file");
	create(o);
	assert_null(o->err);
}

static void check_ram(const uint8_t *bytes, uint64_t pa, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != mk_ram(pa + i))
			fail_msg("at 0x%llx: %#x", (unsigned long long)(pa + i), bytes[i]);
	}
}

void expect(const struct opened *o, uint64_t pa, size_t size, enum rw_dump_status status)
{
	uint8_t *buf = calloc(1, size);
	uint64_t missing = 0;

	assert_non_null(buf);
	assert_int_equal(rw_dump_read(o->dump, pa, buf, size, &missing), status);
	if (status == RW_DUMP_OK)
		check_ram(buf, pa, size);
	else
		assert_int_equal(missing, pa);
	for (size_t done = 0, len; done < size; done += len) {
		const uint8_t *bytes;

		assert_int_equal(rw_dump_span(o->dump, pa + done, &bytes, &len), status);
		assert_true(len);
		if (status == RW_DUMP_OK)
			check_ram(bytes, pa + done, len < size - done ? len : size - done);
	}
	free(buf);
}

size_t check_all(const struct opened *o, uint64_t start, uint64_t end)
{
	size_t nr = 0;

	for (uint64_t pa = start; pa < end; pa += 512) {
		uint8_t buf[512];
		uint64_t missing;

		if (rw_dump_read(o->dump, pa, buf, sizeof(buf), &missing) == RW_DUMP_OK) {
			check_ram(buf, pa, sizeof(buf));
			nr++;
		} else {
			assert_true(missing >= pa && missing < pa + sizeof(buf));
			check_ram(buf, pa, missing - pa);
		}
	}
	return nr;
}

void expect_loss(const struct opened *o, const char *part)
{
	size_t nr;
	const struct rw_dump_loss *lost = rw_dump_lost(o->dump, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (strstr(lost[i].text, part))
			return;
	}
	fail_msg("no loss says: %s", part);
}

size_t nr_lost(const struct opened *o)
{
	size_t nr;

	rw_dump_lost(o->dump, &nr);
	return nr;
}

void expect_error(const struct opened *o, enum rw_error_code code, const char *part)
{
	assert_non_null(o->err);
	assert_int_equal(o->err->code, code);
	if (!strstr(o->err->message, part))
		fail_msg("'%s' does not say: %s", o->err->message, part);
}

void make_notes(struct mk *notes, bool qemu)
{
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		mk_prstatus(notes, qemu ? cpu + 1 : 77 * cpu, 0x1000 * (cpu + 1));
		if (qemu)
			mk_note(notes, "CORE", 2, info, 13);
	}
	mk_note(notes, "VMCOREINFO", 0, info, sizeof(info) - 1);
}

static const struct mk_segment segments[] = {
	{ BASE + 0x8000, 0x2000, 0x2000 },	/* not the lowest */
	{ BASE + 0x9000, 0x3000, 0x5000 },	/* overlaps; 0x2000 left out */
	{ BASE, 0x4000, 0x4000 },
	{ BASE + 0x4000, 0, 0 },
	{ BASE + 0x4000, 0, 0x1000 },		/* left out, but for ... */
	{ BASE + 0x4800, 0x800, 0x800 },	/* ... this */
};

void make_core(struct mk *ret, const struct mk *notes, bool xnum)
{
	const struct mk_core core = {
		.segments = segments, .nr = sizeof(segments) / sizeof(segments[0]),
		.notes = notes, .ehsize = 8, .xnum = xnum,
	};

	mk_core(ret, &core);
}

void check_core(const struct opened *o)
{
	uint64_t start, end;

	expect(o, BASE, 0x4000, RW_DUMP_OK);
	expect(o, BASE + 0x4000, 0x800, RW_DUMP_EXCLUDED);
	expect(o, BASE + 0x4800, 0x800, RW_DUMP_OK);
	expect(o, BASE + 0x5000, 0x3000, RW_DUMP_NO_RAM);
	expect(o, BASE + 0x8000, 0x4000, RW_DUMP_OK);
	expect(o, BASE + 0xc000, 0x2000, RW_DUMP_EXCLUDED);
	expect(o, BASE + 0xe000, 0x1000, RW_DUMP_NO_RAM);
	expect(o, 0, 16, RW_DUMP_NO_RAM);
	expect(o, UINT64_MAX - 15, 16, RW_DUMP_NO_RAM);

	assert_true(rw_dump_next_range(o->dump, 0, &start, &end));
	assert_int_equal(start, BASE);
	assert_int_equal(end, BASE + 0x4000);
	assert_true(rw_dump_next_range(o->dump, end, &start, &end));
	assert_int_equal(start, BASE + 0x4800);
	assert_true(rw_dump_next_range(o->dump, BASE + 0x9123, &start, &end));
	assert_int_equal(start, BASE + 0x9123);
	assert_int_equal(end, BASE + 0xc000);
	assert_false(rw_dump_next_range(o->dump, end, &start, &end));
}

void check_notes(const struct opened *o, bool qemu)
{
	size_t nr;
	const struct rw_prstatus *status = rw_dump_prstatus(o->dump, &nr);
	uint64_t seconds;

	assert_int_equal(nr, 2);
	assert_int_equal(status[1].pid, qemu ? 2 : 77);
	assert_int_equal(status[1].regs.x[29], 0x2000 + 29);
	assert_int_equal(status[1].regs.sp, 0x2000 + 31);
	assert_int_equal(status[1].regs.pc, 0x2000 + 32);
	assert_int_equal(status[1].regs.pstate, 0x2000 + 33);
	assert_int_equal(status[1].regs.known, RW_REG_PSTATE * 2 - 1);
	assert_int_equal(rw_dump_producer(o->dump), qemu ? RW_PRODUCER_QEMU : RW_PRODUCER_KDUMP);
	assert_string_equal(rw_vmcoreinfo_text(rw_dump_vmcoreinfo(o->dump), "OSRELEASE"),
			    "6.1.0-test");
	assert_true(rw_dump_crash_time(o->dump, &seconds));
	assert_int_equal(seconds, 1700000000);
}

size_t make_kdump(struct mk *ret, uint32_t block, enum mk_codec codec, int part,
		  const struct mk *notes)
{
	const struct mk_pages pages[] = {
		{ 16, 20, codec, true },
		{ 20, 24, codec, false },
		{ 24, 30, MK_RAW, true },
		{ 30, 64, codec, true },
	};
	const struct mk_kdump kdump = {
		.pages = pages, .nr = 4, .block_size = block, .max_mapnr = 64,
		.split = part >= 0, .first = part < 0 ? 0 : part * 21,
		.end = part == 2 ? 64 : (part + 1) * 21,
		.release = "6.1.0-test", .machine = "aarch64", .notes = notes,
		.vmcoreinfo = notes ? NULL : info,
	};

	return mk_kdump(ret, &kdump);
}

void check_kdump(const struct opened *o, uint64_t block)
{
	uint64_t start, end;

	expect(o, 0, 16 * block, RW_DUMP_NO_RAM);
	expect(o, 16 * block, 4 * block, RW_DUMP_OK);
	expect(o, 20 * block, 4 * block, RW_DUMP_EXCLUDED);
	expect(o, 24 * block, 40 * block, RW_DUMP_OK);
	expect(o, 24 * block + 100, 3 * block, RW_DUMP_OK);
	expect(o, 64 * block, block, RW_DUMP_NO_RAM);
	assert_true(rw_dump_next_range(o->dump, 5, &start, &end));
	assert_int_equal(start, 16 * block);
	assert_int_equal(end, 20 * block);
	assert_true(rw_dump_next_range(o->dump, end, &start, &end));
	assert_int_equal(start, 24 * block);
	assert_int_equal(end, 64 * block);
	assert_false(rw_dump_next_range(o->dump, end, &start, &end));
}
