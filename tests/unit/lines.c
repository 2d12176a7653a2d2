// SPDX-License-Identifier: GPL-2.0-or-later
//
// The DWARF reader against libdw: the files named on the command line, which compilers
// made of data/inlined.c in several forms of DWARF, are asked about every byte of their
// code.  Then the same files with damage: anything may come out, but nothing may break.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <unistd.h>

#include "annotate/debugfile.h"
#include "annotate/dwarf_private.h"
#include "rewalk/error.h"

static char **files;
static int nr_files;

/* ---- what libdw says -------------------------------------------------------------- */

struct peer {
	int fd;
	Dwarf *dwarf;
};

static void peer_open(const char *path, struct peer *peer)
{
	peer->fd = open(path, O_RDONLY);
	assert_true(peer->fd >= 0);
	peer->dwarf = dwarf_begin(peer->fd, DWARF_C_READ);
	assert_non_null(peer->dwarf);
}

static void peer_close(struct peer *peer)
{
	dwarf_end(peer->dwarf);
	close(peer->fd);
}

/** The entries around @addr below @die, outermost first; only functions and inlined calls. */
static size_t peer_scopes(Dwarf_Die *die, Dwarf_Addr addr, Dwarf_Die *ret, size_t nr)
{
	Dwarf_Die child;

	if (dwarf_child(die, &child))
		return nr;
	do {
		int tag = dwarf_tag(&child);

		if (dwarf_haspc(&child, addr) <= 0)
			continue;
		if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
			ret[nr++] = child;
		return peer_scopes(&child, addr, ret, nr);
	} while (!dwarf_siblingof(&child, &child));
	return nr;
}

static const char *peer_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	return dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ?:
				dwarf_attr_integrate(die, DW_AT_name, &attr));
}

/** Without the directory of the compilation. */
static const char *peer_path(Dwarf_Die *unit, const char *path)
{
	Dwarf_Attribute attr;
	const char *dir = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attr));
	size_t length = dir ? strlen(dir) : 0;

	return dir && !strncmp(path, dir, length) && path[length] == '/' ? path + length + 1 : path;
}

static bool peer_unit(Dwarf *dwarf, Dwarf_Addr addr, Dwarf_Die *ret)
{
	Dwarf_CU *cu = NULL;

	while (!dwarf_get_units(dwarf, cu, &cu, NULL, NULL, ret, NULL))
		if (dwarf_haspc(ret, addr) > 0)
			return true;
	return false;
}

static void compare(const char *what, struct peer *peer, struct rw_dwarf *dwarf, uint64_t addr)
{
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	size_t nr = rw_dwarf_find(dwarf, addr, calls);
	Dwarf_Die unit, scopes[64];
	Dwarf_Files *names;
	int line;

	assert_true(peer_unit(peer->dwarf, addr, &unit));
	size_t want = peer_scopes(&unit, addr, scopes, 0);
	if (nr != want)
		fail_msg("%s: 0x%lx: %zu calls, libdw has %zu", what, (unsigned long)addr, nr, want);
	Dwarf_Line *row = dwarf_getsrc_die(&unit, addr);
	assert_non_null(row);
	assert_int_equal(dwarf_lineno(row, &line), 0);
	assert_int_equal(calls[0].line, line);
	assert_string_equal(calls[0].file, peer_path(&unit, dwarf_linesrc(row, NULL, NULL)));
	assert_int_equal(dwarf_getsrcfiles(&unit, &names, NULL), 0);
	for (size_t i = 0; i < nr; i++) {
		Dwarf_Die *scope = &scopes[nr - 1 - i];
		Dwarf_Attribute attr;
		Dwarf_Word value;

		assert_string_equal(calls[i].function, peer_name(scope));
		assert_int_equal(calls[i].inlined, i < nr - 1);
		if (i == nr - 1)
			break;
		assert_int_equal(dwarf_formudata(dwarf_attr(scope, DW_AT_call_line, &attr), &value),
				 0);
		assert_int_equal(calls[i + 1].line, value);
		assert_int_equal(dwarf_formudata(dwarf_attr(scope, DW_AT_call_file, &attr), &value),
				 0);
		assert_string_equal(calls[i + 1].file,
				    peer_path(&unit, dwarf_filesrc(names, value, NULL, NULL)));
	}
}

/* ---- whole files ------------------------------------------------------------------ */

static struct rw_debug_file *open_file(const char *path, struct rw_dwarf **ret)
{
	struct rw_debug_file *file = NULL;

	assert_null(rw_debug_file_open(path, &file));
	assert_true(rw_debug_file_has_dwarf(file));
	assert_null(rw_debug_file_dwarf(file, ret));
	return file;
}

/** All functions of a file: the units' lists, which one question for each unit makes. */
static void ask_all(const char *path, struct peer *peer, struct rw_dwarf *dwarf)
{
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	size_t deepest = 0, functions = 0;

	rw_dwarf_find(dwarf, 0, calls);		// reads the list of units
	assert_true(dwarf->ranges.nr > 0);
	for (size_t i = 0; i < dwarf->ranges.nr; i++)
		rw_dwarf_find(dwarf, dwarf->ranges.data[i].low, calls);
	for (size_t i = 0; i < dwarf->units.nr; i++) {
		const struct unit *unit = dwarf->units.data[i];

		for (size_t j = 0; j < unit->functions.nr; j++, functions++) {
			const struct function *f = &unit->functions.data[j];

			for (uint64_t addr = f->low; addr < f->high; addr++) {
				size_t nr = rw_dwarf_find(dwarf, addr, calls);

				deepest = nr > deepest ? nr : deepest;
				compare(path, peer, dwarf, addr);
			}
		}
	}
	// Or the test would look at nothing.
	assert_true(functions >= 6);
	assert_true(deepest >= (strstr(path, "-O0") ? 1 : 4));
	assert_null(rw_dwarf_damage(dwarf));
}

static void test_files(void **unused)
{
	(void)unused;
	for (int i = 0; i < nr_files; i++) {
		struct rw_dwarf *dwarf;
		struct peer peer;
		struct rw_debug_file *file = open_file(files[i], &dwarf);

		peer_open(files[i], &peer);
		ask_all(files[i], &peer, dwarf);
		peer_close(&peer);
		rw_debug_file_close(file);
	}
}

/** Without .debug_aranges the units' own ranges must do. */
static void test_no_aranges(void **unused)
{
	(void)unused;
	for (int i = 0; i < nr_files; i++) {
		struct rw_dwarf_bytes sections[RW_NR_DWARF_SECTIONS];
		struct rw_dwarf *whole;
		struct peer peer;
		struct rw_debug_file *file = open_file(files[i], &whole);

		memcpy(sections, whole->sections, sizeof(sections));
		sections[RW_DWARF_ARANGES] = (struct rw_dwarf_bytes){ 0 };
		struct rw_dwarf *dwarf = rw_dwarf_create(sections);
		assert_non_null(dwarf);
		peer_open(files[i], &peer);
		ask_all(files[i], &peer, dwarf);
		peer_close(&peer);
		rw_dwarf_destroy(dwarf);
		rw_debug_file_close(file);
	}
}

/* ---- damage ----------------------------------------------------------------------- */

static void ask_some(const struct rw_dwarf_bytes *sections, uint64_t low, uint64_t high)
{
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	struct rw_dwarf *dwarf = rw_dwarf_create(sections);

	assert_non_null(dwarf);
	for (uint64_t addr = low; addr < high; addr += 1 + (high - low) / 50) {
		size_t nr = rw_dwarf_find(dwarf, addr, calls);

		assert_true(nr <= RW_DWARF_MAX_CALLS);
		for (size_t i = 0; i < nr; i++) {
			// Strings end inside their sections.
			assert_true(!calls[i].function || strlen(calls[i].function) < SIZE_MAX);
			assert_true(!calls[i].file || strlen(calls[i].file) < SIZE_MAX);
			assert_int_equal(calls[i].inlined, i < nr - 1);
		}
	}
	rw_dwarf_destroy(dwarf);
}

/** Each section cut short, and with single bytes changed, in copies of exact size. */
static void damage(struct rw_dwarf *whole, enum rw_dwarf_section which, uint64_t low, uint64_t high,
		   unsigned int *seed)
{
	const struct rw_dwarf_bytes *bytes = &whole->sections[which];
	struct rw_dwarf_bytes sections[RW_NR_DWARF_SECTIONS];

	memcpy(sections, whole->sections, sizeof(sections));
	for (int i = 0; i < 60; i++) {
		size_t size = i < 20 ? bytes->size * (size_t)i / 20 : bytes->size;
		uint8_t *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		if (size)
			memcpy(copy, bytes->data, size);
		for (int j = 0; i >= 20 && size && j < 1 + i % 4; j++)
			copy[rand_r(seed) % size] = (uint8_t)rand_r(seed);
		sections[which] = (struct rw_dwarf_bytes){ size ? copy : NULL, size };
		ask_some(sections, low, high);
		free(copy);
	}
}

static void test_damage(void **unused)
{
	unsigned int seed = 1;

	(void)unused;
	for (int i = 0; i < nr_files; i++) {
		struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
		struct rw_dwarf *dwarf;
		struct rw_debug_file *file = open_file(files[i], &dwarf);

		rw_dwarf_find(dwarf, 0, calls);
		const struct unit_range *first = &dwarf->ranges.data[0];
		for (int section = 0; section < RW_NR_DWARF_SECTIONS; section++)
			if (dwarf->sections[section].size)
				damage(dwarf, section, first->low, first->high, &seed);
		rw_debug_file_close(file);
	}
}

/* ---- made by hand ----------------------------------------------------------------- */

/** A table whose header promises what is not there is damage, said once, and no rows. */
static void test_words(void **unused)
{
	static const uint8_t info[] = {
		0x0b, 0, 0, 0,  5, 0,  1,  8,  0, 0, 0, 0,	// header, version 5
	};
	static const uint8_t aranges[] = {
		0x2c, 0, 0, 0,  2, 0,  0, 0, 0, 0,  8, 0,  0, 0, 0, 0,
		0, 0x10, 0, 0, 0, 0, 0, 0,  0, 1, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0,
	};
	struct rw_dwarf_bytes sections[RW_NR_DWARF_SECTIONS] = {
		[RW_DWARF_INFO] = { info, sizeof(info) },
		[RW_DWARF_ARANGES] = { aranges, sizeof(aranges) },
	};
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	struct rw_dwarf *dwarf = rw_dwarf_create(sections);

	(void)unused;
	assert_non_null(dwarf);
	assert_null(rw_dwarf_damage(dwarf));
	assert_int_equal(rw_dwarf_find(dwarf, 0x1080, calls), 0);
	assert_string_equal(rw_dwarf_damage(dwarf), ".debug_info: the unit at 0x0 is cut short");
	rw_dwarf_destroy(dwarf);
	// Nothing at all is no damage.
	memset(sections, 0, sizeof(sections));
	dwarf = rw_dwarf_create(sections);
	assert_non_null(dwarf);
	assert_int_equal(rw_dwarf_find(dwarf, 0x1080, calls), 0);
	assert_null(rw_dwarf_damage(dwarf));
	rw_dwarf_destroy(dwarf);
}

static void test_not_elf(void **unused)
{
	struct rw_debug_file *file = NULL;

	(void)unused;
	struct rw_error *err = rw_debug_file_open("/dev/null", &file);
	assert_non_null(err);
	assert_string_equal(err->message, "/dev/null: not an ELF file with sections");
	rw_error_destroy(err);
	err = rw_debug_file_open("/no/such/file", &file);
	assert_non_null(err);
	assert_int_equal(err->code, RW_ERROR_OS);
	rw_error_destroy(err);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_aranges),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_not_elf),
	};

	files = argv + 1;
	nr_files = argc - 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
