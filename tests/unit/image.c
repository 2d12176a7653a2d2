// SPDX-License-Identifier: GPL-2.0-or-later
//
// The image room against small ELF files: what is refused and in which words,
// ranges from table and symbols, values behind relocations, names as the kernel
// prints them.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/image.h"

#include "mkelf.h"

#define BASE 0xffff800008000000
#define TEXT (BASE + 0x10000)
#define RODATA (BASE + 0x20000)
#define TABLE (BASE + 0x30000)
#define RELA (BASE + 0x40000)
#define INIT (BASE + 0x50000)
#define BSS (BASE + 0x60000)
#define END (BASE + 0x70000)

enum {
	MAX = 64,
	TEXT_SIZE = 0x1000,
};

/** A kernel to be; tests add to it. */
struct world {
	struct mk_section sections[MAX];
	size_t nr_sections;
	struct mk_symbol symbols[MAX];
	size_t nr_symbols;
	struct mk_elf elf;
};

static const uint8_t zeros[TEXT_SIZE];

static void add_section(struct world *w, const char *name, uint32_t type, uint64_t flags,
			uint64_t addr, const void *bytes, size_t size)
{
	assert_true(w->nr_sections < MAX - 1);
	w->sections[w->nr_sections++] =
		(struct mk_section){ name, type, flags, addr, bytes, size };
}

static void add_symbol(struct world *w, const char *name, uint64_t addr, uint64_t size,
		       uint8_t type, uint8_t bind, const char *section)
{
	assert_true(w->nr_symbols < MAX - 1);
	w->symbols[w->nr_symbols++] =
		(struct mk_symbol){ name, addr, size, type, bind, section };
}

static void add_label(struct world *w, const char *name, uint64_t addr, const char *section)
{
	add_symbol(w, name, addr, 0, STT_NOTYPE, STB_GLOBAL, section);
}

static void world_init(struct world *w)
{
	const uint64_t code = SHF_ALLOC | SHF_EXECINSTR;

	*w = (struct world){ 0 };
	w->elf.sections = w->sections;
	w->elf.symbols = w->symbols;
	add_section(w, ".head.text", SHT_PROGBITS, code, BASE, zeros, 64);
	add_section(w, ".text", SHT_PROGBITS, code, TEXT, zeros, TEXT_SIZE);
	add_section(w, ".init.text", SHT_PROGBITS, code, INIT, zeros, 0x100);
	add_section(w, ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, BSS, NULL, 0x1000);
	add_label(w, "_text", BASE, ".head.text");
	add_label(w, "_stext", TEXT, ".text");
	add_label(w, "_etext", TEXT + TEXT_SIZE, ".text");
	add_label(w, "_sinittext", INIT, ".init.text");
	add_label(w, "_einittext", INIT + 0x100, ".init.text");
	add_label(w, "_end", END, ".bss");
	add_symbol(w, "f0", TEXT + 0x100, 0x3c, STT_FUNC, STB_GLOBAL, ".text");
	add_symbol(w, "f1", TEXT + 0x140, 0x20, STT_FUNC, STB_LOCAL, ".text");
	add_symbol(w, "el1h_64_irq", TEXT + 0x200, 0x70, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(w, "ret_from_fork", TEXT + 0x300, 0x20, STT_NOTYPE, STB_GLOBAL, ".text");
}

static struct rw_error *open_bytes(const void *bytes, size_t size, struct rw_image **ret)
{
	char *path = mk_file(bytes, size);
	struct rw_error *err = rw_image_open(path, ret);

	unlink(path);
	free(path);
	return err;
}

static struct rw_error *open_world(struct world *w, struct rw_image **ret)
{
	size_t size;
	uint8_t *bytes = mk_elf(&w->elf, &size);
	struct rw_error *err = open_bytes(bytes, size, ret);

	free(bytes);
	return err;
}

static struct rw_image *opened(struct world *w)
{
	struct rw_image *image = NULL;
	struct rw_error *err = open_world(w, &image);

	if (err)
		print_error("%s\n", err->message);
	assert_null(err);
	return image;
}

/** @err is there, has @code, and says @words. */
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

static void expect_bytes(const void *bytes, size_t size, const char *words)
{
	struct rw_image *image = NULL;

	expect(open_bytes(bytes, size, &image), RW_ERROR_FORMAT, words);
	assert_null(image);
}

static void expect_world(struct world *w, enum rw_error_code code, const char *words)
{
	struct rw_image *image = NULL;

	expect(open_world(w, &image), code, words);
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

// ---- what is refused -------------------------------------------------------

static void test_no_such_file(void **state)
{
	struct rw_image *image;

	(void)state;
	expect(rw_image_open("/nonexistent/vmlinux", &image), RW_ERROR_OS,
	       "/nonexistent/vmlinux: cannot be opened: No such file");
	expect(rw_image_open("/", &image), RW_ERROR_FORMAT, "/: not a regular file");
}

static void test_not_an_elf(void **state)
{
	static const struct {
		uint8_t off;
		const char *magic;
		const char *words;
	} rows[] = {
		{ 0, "hello, world", "not an ELF file; give the vmlinux" },
		{ 0x38, "ARM\x64", "a bootable arm64 Image" },
		{ 4, "zimg", "an EFI zboot image" },
		{ 0, "BZh9", "compressed with bzip2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[4096] = { 'M', 'Z' };

		memcpy(bytes + rows[i].off, rows[i].magic, strlen(rows[i].magic));
		expect_bytes(bytes, sizeof(bytes), rows[i].words);
		expect_bytes(bytes, sizeof(bytes), "/usr/lib/debug/boot/vmlinux-");
	}
	// These are unpacked, where there is something to unpack.
	expect_bytes("\xfd" "7zXZ\0", 6, " xz");
	expect_bytes("\x1f\x8b\x08\0", 4, " gzip");
	expect_bytes("\x28\xb5\x2f\xfd", 4, " zstd");
	expect_bytes("", 0, "the file is empty");
	expect_bytes("\x7f" "EL", 3, "not an ELF file");
	expect_bytes("\x7f" "ELF\2\1\1", 7, "cut short after 7 bytes");
	expect_bytes("!<arch>\n", 8, "a text, but no list of symbols");
	expect_bytes("\x01\x02\x03", 3, "not an ELF file");
}

static void test_wrong_elf(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.elf.elf_class = ELFCLASS32;
	expect_world(&w, RW_ERROR_FORMAT, "a 32-bit file");
	world_init(&w);
	w.elf.data = ELFDATA2MSB;
	expect_world(&w, RW_ERROR_UNSUPPORTED, "big-endian");
	world_init(&w);
	w.elf.data = 3;
	expect_world(&w, RW_ERROR_FORMAT, "byte order 3");
	world_init(&w);
	w.elf.machine = EM_X86_64;
	expect_world(&w, RW_ERROR_FORMAT, "machine 62 is not arm64 (183)");
	world_init(&w);
	w.elf.type = ET_REL;
	expect_world(&w, RW_ERROR_FORMAT, "a module or an object file");
	world_init(&w);
	w.elf.type = ET_CORE;
	expect_world(&w, RW_ERROR_FORMAT, "a memory dump");
	world_init(&w);
	w.elf.type = 77;
	expect_world(&w, RW_ERROR_FORMAT, "file type 77");
	world_init(&w);
	w.elf.symbols = NULL;
	expect_world(&w, RW_ERROR_FORMAT, "no symbol table, the file is stripped");
	world_init(&w);
	w.symbols[1].name = "_sttext";
	expect_world(&w, RW_ERROR_FORMAT, "no _stext, this is not a kernel");
	world_init(&w);
	w.symbols[2].section = NULL;	// undefined
	expect_world(&w, RW_ERROR_FORMAT, "no _etext, this is not a kernel");
	world_init(&w);
	w.symbols[2].addr = TEXT;
	expect_world(&w, RW_ERROR_FORMAT, "_etext is not behind _stext");
	world_init(&w);
	w.sections[1].type = SHT_NOBITS;
	expect_world(&w, RW_ERROR_FORMAT, "section .text: the kernel's own bytes were split off");
	world_init(&w);
	w.sections[3].addr = (uint64_t)-0x100;
	expect_world(&w, RW_ERROR_FORMAT, "section .bss: 0x1000 bytes at address");
}

/** Cut short at any place, a file is refused in words that say so. */
static void test_truncated(void **state)
{
	struct rw_image *image;
	struct world w;
	size_t size;

	(void)state;
	world_init(&w);
	uint8_t *bytes = mk_elf(&w.elf, &size);
	for (size_t cut = 512; cut < size; cut += 512)
		expect_bytes(bytes, cut, "cut short");
	expect_bytes(bytes, size - 1, "section headers: they stand at");

	// Headers that are there, of sections that are not.
	uint64_t headers = rw_get_le64(bytes + offsetof(Elf64_Ehdr, e_shoff));
	uint16_t nr = rw_get_le16(bytes + offsetof(Elf64_Ehdr, e_shnum));
	for (uint16_t i = 1; i < nr; i++) {
		Elf64_Shdr *header = (Elf64_Shdr *)(void *)(bytes + headers + i * sizeof(*header));
		Elf64_Shdr old = *header;

		header->sh_offset = size - 8;
		struct rw_error *err = open_bytes(bytes, size, &image);
		if (old.sh_type == SHT_NOBITS || i == nr - 1) {
			// Without bytes, or only names: a kernel all the same.
			if (!err)
				rw_image_close(image);
			rw_error_destroy(err);
		} else {
			expect(err, RW_ERROR_FORMAT, "cut short");
		}
		header->sh_offset = old.sh_offset;
		header->sh_size = UINT64_MAX;
		err = open_bytes(bytes, size, &image);
		if (!err)
			rw_image_close(image);
		rw_error_destroy(err);
		*header = old;
	}
	free(bytes);
}

/** Every byte of the header and of the section headers turned, one at a time. */
static void test_flipped(void **state)
{
	struct world w;
	size_t size;

	(void)state;
	world_init(&w);
	uint8_t *bytes = mk_elf(&w.elf, &size);
	size_t headers = rw_get_le64(bytes + offsetof(Elf64_Ehdr, e_shoff));
	for (size_t i = 0; i < size; i = i == sizeof(Elf64_Ehdr) - 1 ? headers : i + 1) {
		struct rw_image *image = NULL;
		struct rw_symbol symbol;

		bytes[i] ^= 0xff;
		struct rw_error *err = open_bytes(bytes, size, &image);
		if (!err)
			rw_image_symbolize(image, TEXT + 0x110, &symbol);
		rw_error_destroy(err);
		rw_image_close(image);
		bytes[i] ^= 0xff;
	}
	free(bytes);
}

// ---- symbols and sections ---------------------------------------------------

static void test_symbols(void **state)
{
	struct world w;
	uint64_t addr;

	(void)state;
	world_init(&w);
	add_symbol(&w, "modules", TEXT + 8, 16, STT_OBJECT, STB_LOCAL, ".text");
	add_symbol(&w, "modules", TEXT + 16, 16, STT_OBJECT, STB_GLOBAL, ".text");
	add_symbol(&w, "modules", TEXT + 24, 16, STT_OBJECT, STB_LOCAL, ".text");
	add_symbol(&w, "init_task", TEXT + 32, 0, STT_OBJECT, STB_LOCAL, ".text");
	add_symbol(&w, "init_task", TEXT + 40, 8, STT_OBJECT, STB_LOCAL, ".text");
	add_symbol(&w, "vabits_actual", 48, 0, STT_NOTYPE, STB_GLOBAL, "ABS");
	add_symbol(&w, "unforeseen", TEXT + 64, 0, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, "undefined", 0, 0, STT_NOTYPE, STB_WEAK, NULL);
	struct rw_image *image = opened(&w);

	assert_true(rw_image_symbol(image, "modules", &addr));
	assert_int_equal(addr, TEXT + 16);
	assert_true(rw_image_symbol(image, "init_task", &addr));
	assert_int_equal(addr, TEXT + 40);
	assert_true(rw_image_symbol(image, "unforeseen", &addr));
	assert_int_equal(addr, TEXT + 64);
	assert_false(rw_image_symbol(image, "unforesee", &addr));
	assert_false(rw_image_symbol(image, "vabits_actual", &addr));
	assert_false(rw_image_symbol(image, "undefined", &addr));
	assert_false(rw_image_symbol(image, "", &addr));
	assert_false(rw_image_symbol(image, "runqueues", &addr));
	assert_int_equal(addr, TEXT + 64);

	assert_string_equal(rw_image_section_at(image, TEXT), ".text");
	assert_string_equal(rw_image_section_at(image, BSS + 0xfff), ".bss");
	assert_null(rw_image_section_at(image, BSS + 0x1000));
	assert_null(rw_image_section_at(image, BASE - 1));
	assert_null(rw_image_section_at(image, 0));
	assert_null(rw_image_section_at(image, UINT64_MAX));

	size_t size;
	assert_non_null(rw_image_section(image, ".text", &size));
	assert_int_equal(size, TEXT_SIZE);
	assert_null(rw_image_section(image, ".bss", &size));
	assert_null(rw_image_section(image, ".rodata", &size));
	rw_image_close(image);
	rw_image_close(NULL);
}

static void test_identity(void **state)
{
	static const char notes[] =
		"\6\0\0\0\4\0\0\0\0\1\0\0Linux\0\0\0abcd"	// padded owner first
		"\4\0\0\0\10\0\0\0\3\0\0\0GNU\0" "12345678";
	static const char text[] = "Linux version 6.1.0 (lab) #1 SMP\nmore";
	struct world w;
	size_t size = 0;

	(void)state;
	world_init(&w);
	struct rw_image *image = opened(&w);
	assert_null(rw_image_build_id(image, &size));
	assert_null(rw_image_banner(image));
	rw_image_close(image);

	add_section(&w, ".notes", SHT_NOTE, SHF_ALLOC, TABLE, notes, sizeof(notes) - 1);
	add_section(&w, ".rodata", SHT_PROGBITS, SHF_ALLOC, RODATA, text, sizeof(text) - 1);
	add_symbol(&w, "linux_banner", RODATA, 37, STT_OBJECT, STB_GLOBAL, ".rodata");
	image = opened(&w);
	const uint8_t *id = rw_image_build_id(image, &size);
	assert_non_null(id);
	assert_int_equal(size, 8);
	assert_memory_equal(id, "12345678", 8);
	assert_string_equal(rw_image_banner(image), "Linux version 6.1.0 (lab) #1 SMP");
	rw_image_close(image);

	// A note that reaches past its section is none, nor is a text without end.
	w.sections[w.nr_sections - 2].size--;
	w.sections[w.nr_sections - 1].size = 5;
	image = opened(&w);
	assert_null(rw_image_build_id(image, &size));
	assert_string_equal(rw_image_banner(image), "Linux");
	rw_image_close(image);
}

// ---- values -----------------------------------------------------------------

static void test_read(void **state)
{
	static const uint64_t words[] = { 0, 0x1111111111111111, TEXT + 4, 0 };
	// The second is no RELATIVE one; the fourth's word is cut by the section's end.
	static const Elf64_Rela rela[] = {
		{ RODATA, ELF64_R_INFO(0, R_AARCH64_RELATIVE), (int64_t)(TEXT + 0x100) },
		{ RODATA + 12, ELF64_R_INFO(0, R_AARCH64_RELATIVE), 0x0807060504030201 },
		{ RODATA + 24, ELF64_R_INFO(5, R_AARCH64_ABS64), 99 },
		{ 0, 0, 0 },
	};
	static const Elf64_Rela stray[] = {
		{ RODATA + 16, ELF64_R_INFO(0, R_AARCH64_RELATIVE), 1234 },
	};
	static const uint64_t relr[] = { RODATA + 16 };
	struct world w;
	uint8_t buf[64];

	(void)state;
	world_init(&w);
	add_section(&w, ".rodata", SHT_PROGBITS, SHF_ALLOC, RODATA, words, sizeof(words));
	add_section(&w, ".next", SHT_PROGBITS, SHF_ALLOC, RODATA + sizeof(words), "12345678", 8);
	add_section(&w, ".rela.dyn", SHT_RELA, SHF_ALLOC, RELA, rela, sizeof(rela));
	add_section(&w, ".relr.dyn", SHT_RELR, SHF_ALLOC, RELA + 0x1000, relr, sizeof(relr));
	add_section(&w, ".rela.text", SHT_RELA, 0, 0, stray, sizeof(stray));
	struct rw_image *image = opened(&w);

	assert_true(rw_image_read(image, RODATA, buf, 8));		// RELA
	assert_int_equal(rw_get_le64(buf), TEXT + 0x100);
	assert_true(rw_image_read(image, RODATA + 4, buf, 4));		// its upper half
	assert_int_equal(rw_get_le32(buf), (TEXT + 0x100) >> 32);
	assert_true(rw_image_read(image, RODATA + 7, buf, 1));
	assert_int_equal(buf[0], 0xff);
	assert_true(rw_image_read(image, RODATA + 8, buf, 8));		// an unaligned one
	assert_int_equal(rw_get_le64(buf), 0x0403020111111111);
	assert_true(rw_image_read(image, RODATA + 24, buf, 8));		// not RELATIVE
	assert_int_equal(rw_get_le64(buf), 0);
	assert_true(rw_image_read(image, RODATA + 20, buf, 4));
	assert_int_equal(rw_get_le32(buf), 0xffff8000);			// RELR: in place
	assert_true(rw_image_read(image, RODATA + 24, buf, 16));	// two sections
	assert_memory_equal(buf + 8, "12345678", 8);
	assert_false(rw_image_read(image, RODATA + 32, buf, 9));
	assert_true(rw_image_read(image, BSS, buf, 64));
	assert_memory_equal(buf, zeros, 64);
	assert_false(rw_image_read(image, BSS + 0xff8, buf, 9));
	assert_false(rw_image_read(image, UINT64_MAX, buf, 2));
	assert_false(rw_image_read(image, 0, buf, 1));
	rw_image_close(image);
}

/** The same, from a list that is not in order. */
static void test_read_unsorted(void **state)
{
	static const Elf64_Rela rela[] = {
		{ RODATA + 16, ELF64_R_INFO(0, R_AARCH64_RELATIVE), 3 },
		{ 0, 0, 0 },
		{ RODATA, ELF64_R_INFO(0, R_AARCH64_RELATIVE), 1 },
		{ RODATA + 8, ELF64_R_INFO(0, R_AARCH64_RELATIVE), 2 },
	};
	struct world w;
	uint8_t buf[32];

	(void)state;
	world_init(&w);
	add_section(&w, ".rodata", SHT_PROGBITS, SHF_ALLOC, RODATA, zeros, 32);
	add_section(&w, ".rela.dyn", SHT_RELA, SHF_ALLOC, RELA, rela, sizeof(rela));
	struct rw_image *image = opened(&w);
	assert_true(rw_image_read(image, RODATA, buf, sizeof(buf)));
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(rw_get_le64(buf + 8 * i), (i + 1) % 4);
	rw_image_close(image);
}

// ---- ranges -----------------------------------------------------------------

static void assert_range(const struct rw_range *range, enum rw_range_kind kind,
			 enum rw_range_origin origin, uint64_t start, uint64_t end,
			 const char *name, const char *section)
{
	assert_int_equal(range->kind, kind);
	assert_int_equal(range->origin, origin);
	assert_int_equal(range->start, start);
	assert_int_equal(range->end, end);
	assert_string_equal(range->name, name);
	assert_string_equal(range->section, section);
}

static void test_derived_ranges(void **state)
{
	struct world w;
	size_t nr;

	(void)state;
	world_init(&w);
	// One inside another with the same start: the larger first.
	add_symbol(&w, "stub_small", TEXT + 0x400, 4, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, "stub_vectors", TEXT + 0x400, 0x80, STT_NOTYPE, STB_GLOBAL, ".text");
	add_symbol(&w, "stub_late", TEXT + 0x47c, 4, STT_NOTYPE, STB_WEAK, ".text");
	// None of these.
	add_symbol(&w, "$x", TEXT + 0x500, 8, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, "$d.17", TEXT + 0x508, 8, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, "__kvm_nvhe_$x", TEXT + 0x510, 8, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, "label", TEXT + 0x518, 0, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, "set", BSS, 8, STT_NOTYPE, STB_LOCAL, ".bss");
	add_symbol(&w, "absolute", TEXT, 8, STT_NOTYPE, STB_LOCAL, "ABS");
	add_symbol(&w, "wrap", UINT64_MAX, 8, STT_NOTYPE, STB_LOCAL, ".text");
	struct rw_image *image = opened(&w);
	const struct rw_range *r = rw_image_ranges(image, &nr);

	assert_int_equal(nr, 7);
	assert_false(rw_image_has_sym_code_table(image));
	assert_range(&r[0], RW_RANGE_TEXT, RW_ORIGIN_SYMBOLS, TEXT, TEXT + TEXT_SIZE, "", ".text");
	assert_range(&r[1], RW_RANGE_INIT_TEXT, RW_ORIGIN_SYMBOLS, INIT, INIT + 0x100, "",
		     ".init.text");
	assert_range(&r[2], RW_RANGE_SYM_CODE, RW_ORIGIN_DERIVED, TEXT + 0x200, TEXT + 0x270,
		     "el1h_64_irq", ".text");
	assert_range(&r[3], RW_RANGE_SYM_CODE, RW_ORIGIN_DERIVED, TEXT + 0x300, TEXT + 0x320,
		     "ret_from_fork", ".text");
	assert_range(&r[4], RW_RANGE_SYM_CODE, RW_ORIGIN_DERIVED, TEXT + 0x400, TEXT + 0x480,
		     "stub_vectors", ".text");
	assert_range(&r[5], RW_RANGE_SYM_CODE, RW_ORIGIN_DERIVED, TEXT + 0x400, TEXT + 0x404,
		     "stub_small", ".text");
	assert_range(&r[6], RW_RANGE_SYM_CODE, RW_ORIGIN_DERIVED, TEXT + 0x47c, TEXT + 0x480,
		     "stub_late", ".text");

	assert_false(rw_image_in_sym_code(image, TEXT + 0x1ff));
	assert_true(rw_image_in_sym_code(image, TEXT + 0x200));
	assert_true(rw_image_in_sym_code(image, TEXT + 0x26f));
	assert_false(rw_image_in_sym_code(image, TEXT + 0x270));
	assert_true(rw_image_in_sym_code(image, TEXT + 0x404));
	assert_true(rw_image_in_sym_code(image, TEXT + 0x47f));
	assert_false(rw_image_in_sym_code(image, TEXT + 0x480));
	assert_false(rw_image_in_sym_code(image, 0));
	assert_false(rw_image_in_sym_code(image, UINT64_MAX));
	rw_image_close(image);
}

/** The table as RELA (zeros in the file), in place, and both in one. */
static void test_table(void **state)
{
	// Link order, not sorted; the last has a name by any symbol, and one by none.
	static const uint64_t in_place[] = {
		TEXT + 0x300, TEXT + 0x320,
		TEXT + 0x200, TEXT + 0x270,
		TEXT + 0x140, TEXT + 0x160,
		TEXT + 0x800, TEXT + 0x804,
	};
	enum { WORDS = sizeof(in_place) / sizeof(in_place[0]) };
	static const char *const bounds[] = { "symbols", ".symcode", "sym_code_functions" };

	(void)state;
	for (size_t how = 0; how < 3 * 3; how++) {
		size_t form = how % 3, where = how / 3, nr, nr_rela = 0;
		uint64_t words[WORDS];
		Elf64_Rela rela[WORDS];
		struct world w;

		for (size_t i = 0; i < WORDS; i++) {
			bool in_rela = form == 1 || (form == 2 && i % 3);

			words[i] = in_rela ? 0 : in_place[i];
			if (in_rela)
				rela[nr_rela++] = (Elf64_Rela){
					TABLE + 8 * i, ELF64_R_INFO(0, R_AARCH64_RELATIVE),
					(int64_t)in_place[i] };
		}
		world_init(&w);
		const char *section = where ? bounds[where] : ".init.data";
		add_section(&w, section, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, TABLE, words,
			    sizeof(words));
		if (nr_rela)
			add_section(&w, ".rela.dyn", SHT_RELA, SHF_ALLOC, RELA, rela,
				    nr_rela * sizeof(rela[0]));
		if (!where) {
			add_label(&w, "__sym_code_functions_start", TABLE, section);
			add_label(&w, "__sym_code_functions_end", TABLE + sizeof(words), section);
		}
		// Derived, but not in the table: the table wins.
		add_symbol(&w, "extra", TEXT + 0x900, 8, STT_NOTYPE, STB_LOCAL, ".text");

		struct rw_image *image = opened(&w);
		const struct rw_range *r = rw_image_ranges(image, &nr);
		assert_true(rw_image_has_sym_code_table(image));
		assert_int_equal(nr, 6);
		assert_range(&r[2], RW_RANGE_SYM_CODE, RW_ORIGIN_TABLE, TEXT + 0x140, TEXT + 0x160,
			     "f1", ".text");
		assert_range(&r[3], RW_RANGE_SYM_CODE, RW_ORIGIN_TABLE, TEXT + 0x200, TEXT + 0x270,
			     "el1h_64_irq", ".text");
		assert_range(&r[4], RW_RANGE_SYM_CODE, RW_ORIGIN_TABLE, TEXT + 0x300, TEXT + 0x320,
			     "ret_from_fork", ".text");
		assert_range(&r[5], RW_RANGE_SYM_CODE, RW_ORIGIN_TABLE, TEXT + 0x800, TEXT + 0x804,
			     "", ".text");
		assert_true(rw_image_in_sym_code(image, TEXT + 0x15c));
		assert_false(rw_image_in_sym_code(image, TEXT + 0x900));
		rw_image_derived_ranges(image, &nr);
		assert_int_equal(nr, 3);
		rw_image_close(image);
	}
}

static void test_bad_tables(void **state)
{
	static const struct {
		const char *words;
		uint64_t start, end;
		size_t size;
	} rows[] = {
		{ "entry 0 of the sym_code_functions table is zero", 0, 0, 16 },
		{ "has 8 bytes, no multiple of 16", TEXT, TEXT + 4, 8 },
		{ "which is no range", TEXT + 8, TEXT + 8, 16 },
		{ "which is no range", TEXT + 8, TEXT + 4, 16 },
		{ "lies in no executable section", BSS, BSS + 4, 16 },
		{ "lies in no executable section", 8, 16, 16 },
		{ "lies in no executable section", TEXT, TEXT + TEXT_SIZE + 4, 16 },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t words[2] = { rows[i].start, rows[i].end };

		world_init(&w);
		add_section(&w, ".symcode", SHT_PROGBITS, SHF_ALLOC, TABLE, words, rows[i].size);
		expect_world(&w, RW_ERROR_FORMAT, rows[i].words);
		expect_world(&w, RW_ERROR_FORMAT, ": section .symcode: ");
	}
	// All zero, as where .rela.dyn was stripped.
	world_init(&w);
	add_section(&w, ".symcode", SHT_PROGBITS, SHF_ALLOC, TABLE, zeros, 0x5c0);
	expect_world(&w, RW_ERROR_FORMAT, "relocations were not applied, and .rela.dyn has none");
	// The bounds turned round, and past all bytes.
	add_label(&w, "__sym_code_functions_start", TABLE + 16, ".symcode");
	add_label(&w, "__sym_code_functions_end", TABLE, ".symcode");
	expect_world(&w, RW_ERROR_FORMAT, "before it starts");
	w.symbols[w.nr_symbols - 1].addr = TABLE + 0x10000;
	expect_world(&w, RW_ERROR_FORMAT, "has no bytes in the file");
	w.symbols[w.nr_symbols - 2].addr = BSS;
	w.symbols[w.nr_symbols - 1].addr = BSS + 16;
	expect_world(&w, RW_ERROR_FORMAT, "has no bytes in the file");
	// An empty one has a meaning: nothing is SYM_CODE.
	w.symbols[w.nr_symbols - 1].addr = BSS;
	struct rw_image *image = opened(&w);
	assert_true(rw_image_has_sym_code_table(image));
	assert_false(rw_image_in_sym_code(image, TEXT + 0x200));
	rw_image_close(image);
}

// ---- names ------------------------------------------------------------------

/** Without tables: the rules of scripts/kallsyms, from .symtab. */
static void test_names_from_symtab(void **state)
{
	struct rw_symbol symbol;
	struct world w;

	(void)state;
	world_init(&w);
	add_symbol(&w, "memcpy", TEXT + 0x600, 8, STT_FUNC, STB_WEAK, ".text");
	add_symbol(&w, "__pi_memcpy", TEXT + 0x600, 8, STT_FUNC, STB_GLOBAL, ".text");
	add_symbol(&w, "__memcpy", TEXT + 0x600, 8, STT_FUNC, STB_GLOBAL, ".text");
	add_symbol(&w, "__memcpy_start", TEXT + 0x600, 0, STT_NOTYPE, STB_GLOBAL, ".text");
	add_symbol(&w, "___memcpy", TEXT + 0x600, 0, STT_FUNC, STB_GLOBAL, ".text");
	add_symbol(&w, "strlen", TEXT + 0x640, 8, STT_FUNC, STB_WEAK, ".text");
	add_symbol(&w, "__start_here", TEXT + 0x640, 8, STT_NOTYPE, STB_GLOBAL, ".text");
	add_symbol(&w, "object", TEXT + 0x660, 8, STT_OBJECT, STB_WEAK, ".text");
	add_symbol(&w, "_object", TEXT + 0x660, 8, STT_OBJECT, STB_GLOBAL, ".text");
	// Left out, all of them: f2 reaches up to f3.
	add_symbol(&w, "f2", TEXT + 0x700, 4, STT_FUNC, STB_LOCAL, ".text");
	add_symbol(&w, "$x", TEXT + 0x704, 0, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, ".L17", TEXT + 0x708, 0, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, "__efistub_x", TEXT + 0x70c, 0, STT_FUNC, STB_LOCAL, ".text");
	add_symbol(&w, "far_veneer", TEXT + 0x710, 0, STT_FUNC, STB_LOCAL, ".text");
	add_symbol(&w, "__crc_x", TEXT + 0x714, 0, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, "__kvm_nvhe_$d", TEXT + 0x718, 0, STT_NOTYPE, STB_LOCAL, ".text");
	add_symbol(&w, "x.c", TEXT + 0x71c, 0, STT_FILE, STB_LOCAL, "ABS");
	add_symbol(&w, "f3", TEXT + 0x740, 4, STT_FUNC, STB_LOCAL, ".text");
	struct rw_image *image = opened(&w);

	assert_symbol(image, TEXT + 0x600, "__memcpy", TEXT + 0x600, 0x40);
	assert_symbol(image, TEXT + 0x63f, "__memcpy", TEXT + 0x600, 0x40);
	assert_symbol(image, TEXT + 0x640, "__start_here", TEXT + 0x640, 0x20);
	assert_symbol(image, TEXT + 0x660, "object", TEXT + 0x660, 0xa0);	// V is not weak
	assert_symbol(image, TEXT + 0x700, "f2", TEXT + 0x700, 0x40);
	assert_symbol(image, TEXT + 0x73f, "f2", TEXT + 0x700, 0x40);
	assert_symbol(image, TEXT + 0x740, "f3", TEXT + 0x740, TEXT_SIZE - 0x740);
	assert_symbol(image, TEXT + 0xf8, "_stext", TEXT, 0x100);
	assert_symbol(image, TEXT + 0x13c, "f0", TEXT + 0x100, 0x40);	// padding too
	assert_symbol(image, INIT, "_sinittext", INIT, 0x100);
	assert_symbol(image, END - 1, "_einittext", INIT + 0x100, END - INIT - 0x100);
	assert_false(rw_image_symbolize(image, END, &symbol));
	assert_false(rw_image_symbolize(image, BASE, &symbol));	// before _stext
	assert_false(rw_image_symbolize(image, 0, &symbol));
	rw_image_close(image);
}

static void add_tables(struct world *w, const struct mk_kallsyms *tables, bool based)
{
	add_section(w, ".rodata", SHT_PROGBITS, SHF_ALLOC, RODATA, tables->bytes, tables->size);
	add_label(w, "kallsyms_num_syms", tables->num_syms, ".rodata");
	add_label(w, "kallsyms_names", tables->names, ".rodata");
	add_label(w, "kallsyms_markers", tables->markers, ".rodata");
	add_label(w, "kallsyms_token_table", tables->token_table, ".rodata");
	add_label(w, "kallsyms_token_index", tables->token_index, ".rodata");
	add_label(w, "kallsyms_offsets", tables->offsets, ".rodata");
	if (based)
		add_label(w, "kallsyms_relative_base", tables->base, ".rodata");
}

/** Both codes of offsets, a long name, aliases, both ends, with and without ALL. */
static void test_names_from_tables(void **state)
{
	char long_name[201] = "T";
	struct mk_kallsym symbols[] = {
		{ BASE, "T_text" },		// with ALL only
		{ TEXT, "T_stext" },
		{ TEXT + 0x100, "Talias_first" },
		{ TEXT + 0x100, "Talias_second" },
		{ TEXT + 0x180, long_name },
		{ TEXT + TEXT_SIZE, "T_etext" },
		{ INIT, "t_sinittext" },
		{ INIT + 0x80, "tlast" },
		{ 0, NULL },
	};
	struct rw_symbol symbol;
	struct world w;

	(void)state;
	memset(long_name + 1, 'x', sizeof(long_name) - 2);
	for (int how = 0; how < 4; how++) {
		bool based = how & 1, all = how & 2;
		struct mk_kallsyms tables;

		world_init(&w);
		mk_kallsyms(symbols + !all, RODATA, based ? BASE : 0, &tables);
		add_tables(&w, &tables, based);
		struct rw_image *image = opened(&w);

		assert_symbol(image, TEXT + 8, "_stext", TEXT, 0x100);
		assert_symbol(image, TEXT + 0x100, "alias_first", TEXT + 0x100, 0x80);
		assert_symbol(image, TEXT + 0x17f, "alias_first", TEXT + 0x100, 0x80);
		assert_symbol(image, TEXT + 0x180, long_name + 1, TEXT + 0x180, TEXT_SIZE - 0x180);
		assert_symbol(image, INIT + 0x84, "last", INIT + 0x80, 0x80);
		assert_false(rw_image_symbolize(image, BASE, &symbol));
		assert_false(rw_image_symbolize(image, END, &symbol));
		// Between the text ranges: _etext's, or nobody's.
		assert_int_equal(rw_image_symbolize(image, TEXT + TEXT_SIZE, &symbol), all);
		assert_int_equal(rw_image_symbolize(image, END - 1, &symbol), all);
		rw_image_close(image);
	}
}

/** The base of the offsets stands in .rela.dyn. */
static void test_relocated_base(void **state)
{
	static const struct mk_kallsym symbols[] = {
		{ TEXT, "T_stext" }, { TEXT + 0x40, "tname" }, { 0, NULL },
	};
	struct mk_kallsyms tables;
	struct world w;

	(void)state;
	world_init(&w);
	mk_kallsyms(symbols, RODATA, TEXT, &tables);
	memset(tables.bytes + (tables.base - RODATA), 0, 8);
	const Elf64_Rela rela = { tables.base, ELF64_R_INFO(0, R_AARCH64_RELATIVE),
				  (int64_t)TEXT };
	add_tables(&w, &tables, true);
	add_section(&w, ".rela.dyn", SHT_RELA, SHF_ALLOC, RELA, &rela, sizeof(rela));
	struct rw_image *image = opened(&w);
	assert_symbol(image, TEXT + 0x44, "name", TEXT + 0x40, TEXT_SIZE - 0x40);
	rw_image_close(image);
}

/** More than one group of 256 names, each found from its marker. */
static void test_many_names(void **state)
{
	enum { NR = 600 };
	static struct mk_kallsym symbols[NR + 1];
	static char names[NR][8];
	struct mk_kallsyms tables;
	struct world w;

	(void)state;
	for (unsigned int i = 0; i < NR; i++) {
		snprintf(names[i], sizeof(names[i]), "tn%u", i);
		symbols[i] = (struct mk_kallsym){ TEXT + 4 * i, names[i] };
	}
	world_init(&w);
	mk_kallsyms(symbols, RODATA, TEXT, &tables);
	add_tables(&w, &tables, true);
	struct rw_image *image = opened(&w);
	for (unsigned int i = 0; i < NR - 1; i++)
		assert_symbol(image, TEXT + 4 * i + 3, names[i] + 1, TEXT + 4 * i, 4);
	rw_image_close(image);
}

/** Tables that reach past their section, or make no sense, are not used. */
static void test_bad_tables_of_names(void **state)
{
	static const struct mk_kallsym symbols[] = {
		{ TEXT, "Tfrom_table" }, { TEXT + 0x900, "Tnext" }, { 0, NULL },
	};
	struct mk_kallsyms tables;
	struct rw_symbol symbol;
	struct world w;

	(void)state;
	for (size_t size = 0; size < 8192; size += 64) {
		world_init(&w);
		mk_kallsyms(symbols, RODATA, BASE, &tables);
		if (size >= tables.size)
			break;
		tables.size = size;
		add_tables(&w, &tables, true);
		struct rw_image *image = opened(&w);
		assert_symbol(image, TEXT + 0x110, "f0", TEXT + 0x100, 0x40);
		rw_image_close(image);
	}
	// Each byte of the tables turned: any answer, but an answer.
	mk_kallsyms(symbols, RODATA, BASE, &tables);
	for (size_t i = 0; i < tables.size; i++) {
		world_init(&w);
		tables.bytes[i] ^= 0xff;
		add_tables(&w, &tables, true);
		struct rw_image *image = opened(&w);
		if (rw_image_symbolize(image, TEXT + 0x904, &symbol))
			assert_true(symbol.addr <= TEXT + 0x904 &&
				    symbol.addr + symbol.size > TEXT + 0x904);
		rw_image_close(image);
		tables.bytes[i] ^= 0xff;
	}
}

/** clang: link-time optimization renames static symbols, and kCFI has symbols that are no code. */
static void test_clang(void **state)
{
	static const char text[] = "Linux version 6.6.1 (clang version 17.0.6) #1 SMP\n";
	struct world w;
	uint64_t addr;
	size_t nr;

	(void)state;
	world_init(&w);
	add_section(&w, ".rodata", SHT_PROGBITS, SHF_ALLOC, RODATA, text, sizeof(text));
	add_symbol(&w, "linux_banner", RODATA, sizeof(text), STT_OBJECT, STB_GLOBAL, ".rodata");
	add_symbol(&w, "modules.llvm.12907136098218441011", BSS + 0x10, 16, STT_OBJECT, STB_LOCAL,
		   ".bss");
	add_symbol(&w, "bpf_kallsyms.llvm.12x", BSS + 0x20, 16, STT_OBJECT, STB_LOCAL, ".bss");
	add_symbol(&w, "init_task.llvm.1", BSS + 0x30, 16, STT_OBJECT, STB_GLOBAL, ".bss");
	add_symbol(&w, "init_task", BSS + 0x40, 0, STT_OBJECT, STB_LOCAL, ".bss");
	add_symbol(&w, "my_probe.llvm.77", TEXT + 0x400, 0x20, STT_FUNC, STB_LOCAL, ".text");
	// As they are (absolute), and as they could be.
	add_symbol(&w, "__kcfi_typeid_f0", 0x5ad59a4f, 0, STT_NOTYPE, STB_WEAK, "ABS");
	add_symbol(&w, "__kcfi_typeid_f1", TEXT + 0x420, 4, STT_NOTYPE, STB_WEAK, ".text");
	add_symbol(&w, "__cfi_f1", TEXT + 0x424, 8, STT_NOTYPE, STB_LOCAL, ".text");
	struct rw_image *image = opened(&w);

	assert_true(rw_image_symbol(image, "modules", &addr));
	assert_int_equal(addr, BSS + 0x10);
	assert_true(rw_image_symbol(image, "init_task", &addr));	// its own name is better
	assert_int_equal(addr, BSS + 0x40);
	assert_true(rw_image_symbol(image, "my_probe", &addr));		// not foreseen
	assert_int_equal(addr, TEXT + 0x400);
	assert_false(rw_image_symbol(image, "bpf_kallsyms", &addr));	// no number
	assert_false(rw_image_symbol(image, "module", &addr));
	assert_false(rw_image_symbol(image, "__kcfi_typeid_f0", &addr));

	const struct rw_range *ranges = rw_image_derived_ranges(image, &nr);
	assert_int_equal(nr, 2);
	assert_string_equal(ranges[0].name, "el1h_64_irq");
	assert_string_equal(ranges[1].name, "ret_from_fork");
	assert_false(rw_image_in_sym_code(image, TEXT + 0x420));
	assert_false(rw_image_in_sym_code(image, TEXT + 0x428));

	// 6.6 prints no suffix; kallsyms leaves the type ids out, and names the function.
	assert_symbol(image, TEXT + 0x408, "my_probe", TEXT + 0x400, 0x24);
	rw_image_close(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_such_file),
		cmocka_unit_test(test_not_an_elf),
		cmocka_unit_test(test_wrong_elf),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_unsorted),
		cmocka_unit_test(test_derived_ranges),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_bad_tables),
		cmocka_unit_test(test_names_from_symtab),
		cmocka_unit_test(test_names_from_tables),
		cmocka_unit_test(test_relocated_base),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_bad_tables_of_names),
		cmocka_unit_test(test_clang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
