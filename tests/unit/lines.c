// SPDX-License-Identifier: GPL-2.0-or-later
//
// The DWARF reader against libdw: the files named on the command line, which compilers
// made of data/inlined.c in several forms of DWARF, are asked about every byte of their
// code; modules (NAME.ko, not linked) are compared with what libdwfl makes of them.  Then
// the same files with damage: anything may come out, but nothing may break.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "annotate/debugfile.h"
#include "annotate/debugsearch.h"
#include "annotate/dwarf_private.h"
#include "rewalk/error.h"

static char **files, **modules;
static int nr_files, nr_modules;

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

/** What @dwarf has at @our against what libdw has at @addr. */
static void compare(const char *what, Dwarf *peer, struct rw_dwarf *dwarf, uint64_t our,
		    uint64_t addr)
{
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	size_t nr = rw_dwarf_find(dwarf, our, calls);
	Dwarf_Die unit, scopes[64];
	Dwarf_Files *names;
	int line;

	assert_true(peer_unit(peer, addr, &unit));
	size_t want = peer_scopes(&unit, addr, scopes, 0);
	if (nr != want)
		fail_msg("%s: 0x%lx: %zu calls, libdw has %zu", what, (unsigned long)addr, nr,
			 want);
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

	assert_null(rw_debug_file_open(path, -1, &file));
	assert_true(rw_debug_file_has_dwarf(file));
	assert_null(rw_debug_file_dwarf(file, ret));
	return file;
}

/** Every byte that the file's units have, from the last to the first. */
static void ask_all(const char *path, struct peer *peer, struct rw_dwarf *dwarf)
{
	struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];
	size_t deepest = 0, functions = 0;
	Dwarf_Off last = 0;

	rw_dwarf_find(dwarf, 0, calls);		// reads the list of units
	assert_true(dwarf->ranges.nr > 0);
	for (size_t i = dwarf->ranges.nr; i--;) {
		const struct unit_range range = dwarf->ranges.data[i];

		for (uint64_t addr = range.high; addr-- > range.low;) {
			Dwarf_Die unit, scopes[64];
			size_t nr = peer_unit(peer->dwarf, addr, &unit) ?
				    peer_scopes(&unit, addr, scopes, 0) : 0;

			// Between two functions there may be nothing but a row.
			if (!nr) {
				assert_true(rw_dwarf_find(dwarf, addr, calls) <= 1);
				continue;
			}
			compare(path, peer->dwarf, dwarf, addr, addr);
			deepest = nr > deepest ? nr : deepest;
			functions += dwarf_dieoffset(&scopes[0]) != last;
			last = dwarf_dieoffset(&scopes[0]);
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

/* ---- modules ---------------------------------------------------------------------- */

/** A module laid out and relocated by libdwfl, in its own way. */
struct laid_out {
	Dwfl *dwfl;
	Dwfl_Module *module;
	Dwarf *dwarf;
	Dwarf_Addr bias;
};

static void lay_out(const char *path, struct laid_out *ret)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};

	ret->dwfl = dwfl_begin(&callbacks);
	assert_non_null(ret->dwfl);
	dwfl_report_begin(ret->dwfl);
	ret->module = dwfl_report_offline(ret->dwfl, "module", path, -1);
	assert_non_null(ret->module);
	dwfl_report_end(ret->dwfl, NULL, NULL);
	ret->dwarf = dwfl_module_getdwarf(ret->module, &ret->bias);
	assert_non_null(ret->dwarf);
}

/** All functions of a module, found by name in both. */
static void test_modules(void **unused)
{
	(void)unused;
	for (int i = 0; i < nr_modules; i++) {
		struct rw_dwarf *dwarf;
		struct laid_out peer;
		struct rw_debug_file *file = open_file(modules[i], &dwarf);
		int nr_functions = 0;

		lay_out(modules[i], &peer);
		for (int j = 0; j < dwfl_module_getsymtab(peer.module); j++) {
			GElf_Addr addr;
			GElf_Sym symbol;
			uint64_t our, again;
			const char *name = dwfl_module_getsym_info(peer.module, j, &symbol, &addr,
								   NULL, NULL, NULL);

			if (!name || GELF_ST_TYPE(symbol.st_info) != STT_FUNC || !symbol.st_size ||
			    strstr(name, ".cold"))
				continue;
			assert_true(rw_debug_file_symbol(file, name, 0, &our));
			assert_string_equal(rw_debug_file_function(file, our + 3), name);
			bool init = !strcmp(name, "top_of_init");
			assert_true(rw_debug_file_address(file, init ? ".init.text" : ".text",
							  symbol.st_value, &again));
			assert_int_equal(our, again);
			for (uint64_t k = 0; k < symbol.st_size; k++)
				compare(modules[i], peer.dwarf, dwarf, our + k,
					addr - peer.bias + k);
			nr_functions++;
		}
		assert_true(nr_functions >= 6);
		assert_null(rw_dwarf_damage(dwarf));
		dwfl_end(peer.dwfl);
		rw_debug_file_close(file);
	}
	if (!nr_modules)
		skip();
}

static void test_module_symbols(void **unused)
{
	uint64_t addr, other;

	(void)unused;
	if (!nr_modules)
		skip();
	struct rw_debug_file *file = NULL;
	assert_null(rw_debug_file_open(modules[0], -1, &file));
	assert_true(rw_debug_file_symbol(file, "leaf", 0, &addr));
	assert_false(rw_debug_file_symbol(file, "lea", 0, &other));
	assert_false(rw_debug_file_symbol(file, "zzz", 0, &other));
	assert_false(rw_debug_file_address(file, ".text", 1 << 20, &other));
	assert_false(rw_debug_file_address(file, ".no_such", 0, &other));
	// Debug sections are not loaded.
	assert_false(rw_debug_file_address(file, ".debug_info", 0, &other));
	assert_null(rw_debug_file_function(file, 1));
	rw_debug_file_close(file);
}

/** A module cut short, and with bytes changed, opened and asked. */
static void test_module_damage(void **unused)
{
	unsigned int seed = 7;

	(void)unused;
	if (!nr_modules)
		skip();
	int fd = open(modules[0], O_RDONLY);
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	uint8_t *bytes = malloc((size_t)st.st_size);
	assert_int_equal(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
	close(fd);
	for (int i = 0; i < 300; i++) {
		struct rw_debug_file *file = NULL;
		struct rw_dwarf *dwarf;
		uint8_t *copy = malloc((size_t)st.st_size);
		size_t size = (size_t)st.st_size;
		uint64_t addr;

		memcpy(copy, bytes, size);
		if (i < 50)
			size = size * (size_t)i / 50;
		// The headers of the file and of its sections.
		for (int j = 0; i >= 50 && j < 3; j++)
			copy[i % 2 ? size - 1 - (size_t)rand_r(&seed) % 2000 :
			     (size_t)rand_r(&seed) % size] = (uint8_t)rand_r(&seed);
		fd = memfd_create("module", MFD_CLOEXEC);
		assert_int_equal(write(fd, copy, size), size);
		struct rw_error *err = rw_debug_file_open("module", fd, &file);
		if (!err)
			err = rw_debug_file_dwarf(file, &dwarf);
		if (!err && rw_debug_file_symbol(file, "middle", 0, &addr)) {
			struct rw_dwarf_call calls[RW_DWARF_MAX_CALLS];

			for (uint64_t at = addr; at < addr + 400; at += 4)
				rw_dwarf_find(dwarf, at, calls);
			rw_debug_file_function(file, addr);
		}
		rw_error_destroy(err);
		rw_debug_file_close(file);
		close(fd);
		free(copy);
	}
	free(bytes);
}

/* ---- where files are looked for ------------------------------------------------------ */

struct told {
	char text[8192];
	int warnings;
};

static void tell(void *cookie, bool warning, const char *text)
{
	struct told *told = cookie;

	told->warnings += warning;
	strncat(told->text, text, sizeof(told->text) - strlen(told->text) - 2);
	strcat(told->text, "\n");
}

/** A tree of files as distributions have them, all the same module. */
static void put(const char *root, const char *path)
{
	char to[4096], from[4096];

	snprintf(to, sizeof(to), "%s%s", root, path);
	for (char *slash = to + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(to, 0777);
		*slash = '/';
	}
	assert_non_null(realpath(modules[0], from));
	assert_int_equal(symlink(from, to), 0);
}

static void remove_tree(const char *root)
{
	char command[4200];

	snprintf(command, sizeof(command), "rm -r '%s'", root);
	assert_int_equal(system(command), 0);
}

/** Is it found, and where? */
static void expect(const char *root, const char *dir, const char *module, const uint8_t *id,
		   size_t size, const char *path, int warnings)
{
	struct told told = { 0 };
	struct rw_debug_search *search =
		rw_debug_search_create(&dir, dir ? 1 : 0, root, "6.1.0-test", tell, &told);
	char want[4096];

	assert_non_null(search);
	struct rw_debug_file *file = rw_debug_search_find(search, module, id, size);
	snprintf(want, sizeof(want), "%s%s", root, path ? path : "");
	if (path) {
		if (!file)
			fail_msg("%s is not found: %s", want, told.text);
		assert_string_equal(rw_debug_file_path(file), want);
	} else {
		assert_null(file);
	}
	assert_int_equal(told.warnings, warnings);
	rw_debug_file_close(file);
	rw_debug_search_destroy(search);
}

static void test_search(void **unused)
{
	char root[] = "/tmp/rewalk-test-XXXXXX", dir[64], build_id_path[200], hex[129] = "";
	uint8_t id[64], other[64];
	struct rw_debug_file *file = NULL;
	size_t size;

	(void)unused;
	if (!nr_modules)
		skip();
	unsetenv("DEBUGINFOD_URLS");
	assert_non_null(mkdtemp(root));
	snprintf(dir, sizeof(dir), "%s/given", root);
	assert_null(rw_debug_file_open(modules[0], -1, &file));
	const uint8_t *its = rw_debug_file_build_id(file, &size);
	if (its) {
		memcpy(id, its, size);
		memcpy(other, its, size);
		other[size - 1] ^= 1;
	}
	rw_debug_file_close(file);
	// No compiler that gives modules one is there.
	if (!its) {
		remove_tree(root);
		skip();
	}
	for (size_t i = 0; i < size; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);

	// From the last place to the first one: each is found as it is added.
	expect(root, NULL, "my_mod", id, size, NULL, 0);
	put(root, "/lib/modules/6.1.0-test/kernel/my-mod.ko");
	expect(root, NULL, "my_mod", id, size, "/lib/modules/6.1.0-test/kernel/my-mod.ko", 0);
	expect(root, NULL, "my-mod", id, size, "/lib/modules/6.1.0-test/kernel/my-mod.ko", 0);
	expect(root, NULL, "my", id, size, NULL, 0);
	put(root, "/usr/lib/debug/lib/modules/6.1.0-test/extra/my_mod.ko.debug");
	expect(root, NULL, "my_mod", id, size,
	       "/usr/lib/debug/lib/modules/6.1.0-test/extra/my_mod.ko.debug", 0);
	// Without a build-id the name must do; of a vmlinux it does not.
	expect(root, NULL, "my_mod", NULL, 0,
	       "/usr/lib/debug/lib/modules/6.1.0-test/extra/my_mod.ko.debug", 0);
	put(root, "/usr/lib/debug/boot/vmlinux-6.1.0-test");
	expect(root, NULL, NULL, NULL, 0, NULL, 0);
	expect(root, NULL, NULL, id, size, "/usr/lib/debug/boot/vmlinux-6.1.0-test", 0);
	snprintf(build_id_path, sizeof(build_id_path), "/usr/lib/debug/.build-id/%.2s/%s.debug",
		 hex, hex + 2);
	put(root, build_id_path);
	expect(root, NULL, "my_mod", id, size, build_id_path, 0);
	expect(root, NULL, NULL, id, size, build_id_path, 0);
	// What was given goes first, by build-id or by name.
	put(root, "/given/deep/er/my_mod.ko");
	put(root, "/given/deep/vmlinux.debug");
	expect(root, dir, "my_mod", id, size, "/given/deep/er/my_mod.ko", 0);
	expect(root, dir, NULL, id, size, "/given/deep/vmlinux.debug", 0);
	snprintf(build_id_path, sizeof(build_id_path), "/given/.build-id/%.2s/%s.debug", hex,
		 hex + 2);
	put(root, build_id_path);
	expect(root, dir, "my_mod", id, size, build_id_path, 0);
	// Files of another build-id are refused, each with a warning.
	expect(root, dir, "my_mod", other, size, NULL, 3);
	expect(root, dir, "other", other, size, NULL, 0);
#ifdef HAVE_LIBARCHIVE
	// Modules lie packed in /lib/modules.
	char command[9000];
	snprintf(command, sizeof(command),
		 "mkdir %s/packed && gzip -c '%s' >%s/packed/my-mod.ko.gz", root, modules[0], root);
	assert_int_equal(system(command), 0);
	snprintf(dir, sizeof(dir), "%s/packed", root);
	expect(root, dir, "my_mod", id, size, "/packed/my-mod.ko.gz", 0);
#endif
	remove_tree(root);
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
	struct rw_error *err = rw_debug_file_open("/dev/null", -1, &file);
	assert_non_null(err);
	assert_string_equal(err->message, "/dev/null: not an ELF file with sections");
	rw_error_destroy(err);
	err = rw_debug_file_open("/no/such/file", -1, &file);
	assert_non_null(err);
	assert_int_equal(err->code, RW_ERROR_OS);
	rw_error_destroy(err);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_aranges),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_module_symbols),
		cmocka_unit_test(test_module_damage),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_not_elf),
	};

	// The modules stand behind the others.
	files = modules = argv + 1;
	for (; nr_files < argc - 1 && !strstr(files[nr_files], ".ko"); nr_files++)
		modules++;
	nr_modules = argc - 1 - nr_files;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
