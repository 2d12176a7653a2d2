// SPDX-License-Identifier: GPL-2.0-or-later
//
// A made-up dump without its vmlinux: the same tasks and verdicts from what the kernel
// leaves of itself in memory, and what is said where something of that is missing.

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
#include "rewalk/trace.h"

#include "mkelf.h"
#include "mkmachine.h"

enum { NR_CPUS = 2, NR_TASKS = 6 };

/** As mk_open_with(), but for what must go well. */
static void open_good(const struct mk_machine *m, const struct rw_image *image,
		      struct mk_opened *ret)
{
	mk_open_with(m, image, false, ret);
	if (ret->err)
		fail_msg("%s", ret->err->message);
}

static void expect(struct mk_opened *opened, enum rw_error_code code, const char *words)
{
	assert_non_null(opened->err);
	if (!strstr(opened->err->message, words))
		fail_msg("got \"%s\", not \"%s\"", opened->err->message, words);
	assert_int_equal(opened->err->code, code);
	mk_close(opened);
}

static struct rw_image *list_of(const char *text)
{
	struct rw_image *image = NULL;
	char *path = mk_file(text, strlen(text));
	struct rw_error *err = rw_image_open(path, &image);

	unlink(path);
	free(path);
	if (err)
		fail_msg("%s", err->message);
	return image;
}

static bool is_lost(const struct mk_opened *o, const char *part)
{
	size_t nr;
	const char *const *lost = rw_machine_lost(o->machine, &nr);

	for (size_t i = 0; i < nr; i++)
		if (strstr(lost[i], part))
			return true;
	return false;
}

static void judge(const struct mk_opened *o, const struct rw_task *task, struct rw_trace *ret)
{
	const struct rw_kernel *kernel = rw_machine_kernel(o->machine);
	struct rw_unwind_input in;
	enum rw_walkable walkable = rw_machine_unwind_input(o->machine, task, kernel->auto_model,
							    &in);

	if (walkable == RW_WALK_YES)
		assert_null(rw_trace_init(kernel, kernel->auto_model, &in, "", "", ret));
	else
		rw_trace_init_empty(kernel, kernel->auto_model, &in, "", "", walkable, ret);
}

/** The same model, tasks, entries and verdicts. */
static void assert_same(const struct mk_opened *a, const struct mk_opened *b)
{
	const struct rw_kernel *ka = rw_machine_kernel(a->machine);
	const struct rw_kernel *kb = rw_machine_kernel(b->machine);
	size_t nr, nr_b;
	const struct rw_task *tasks = rw_machine_tasks(a->machine, &nr);
	const struct rw_task *tasks_b = rw_machine_tasks(b->machine, &nr_b);

	assert_ptr_equal(ka->auto_model, kb->auto_model);
	assert_int_equal(ka->slide, kb->slide);
	assert_int_equal(ka->thread_size, kb->thread_size);
	assert_int_equal(ka->va_bits, kb->va_bits);
	assert_int_equal(nr, NR_TASKS);
	assert_int_equal(nr, nr_b);
	for (size_t i = 0; i < nr; i++) {
		struct rw_trace x, y;

		judge(a, &tasks[i], &x);
		judge(b, &tasks_b[i], &y);
		assert_string_equal(tasks[i].comm, tasks_b[i].comm);
		assert_int_equal(x.result.verdict, y.result.verdict);
		assert_int_equal(x.nr, y.nr);
		for (size_t f = 0; f < x.nr; f++) {
			struct rw_symbol s, t;

			assert_int_equal(x.frames[f].entry.pc, y.frames[f].entry.pc);
			assert_true(rw_kernel_symbolize(ka, x.frames[f].entry.pc, &s, NULL));
			assert_true(rw_kernel_symbolize(kb, y.frames[f].entry.pc, &t, NULL));
			assert_string_equal(s.name, t.name);
			assert_int_equal(s.addr, t.addr);
			assert_int_equal(s.size, t.size);
			assert_int_equal(y.frames[f].sym_code, RW_UNKNOWN);
		}
		rw_trace_deinit(&x);
		rw_trace_deinit(&y);
	}
}

static void test_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		const struct mk_own own = { .place_relative = i & 1, .in_memory = i & 2 };
		struct mk_machine m;
		struct mk_opened with, without;
		size_t size = 0;

		mk_machine_init(&m, NR_CPUS, NR_TASKS);
		mk_own(&m, &own);
		open_good(&m, m.image, &with);
		open_good(&m, NULL, &without);
		assert_same(&with, &without);
		const struct rw_image *image = rw_machine_kernel(without.machine)->image;
		assert_true(rw_image_has_kallsyms(image));
		assert_false(rw_image_at_run_time(image));
		assert_string_equal(rw_image_banner(image), rw_image_banner(m.image));
		assert_memory_equal(rw_image_build_id(image, &size), "\x01\x23\x45\x67", 4);
		assert_int_equal(size, 8);
		assert_non_null(rw_image_types(image, &size));
		mk_close(&with);
		mk_close(&without);
		mk_machine_deinit(&m);
	}
}

/** Nothing says where kallsyms is: it is looked for, and what lies around it is not it. */
static void test_kallsyms_found(void **state)
{
	const struct mk_own own = { .as_5_10 = true };
	struct mk_machine m;
	struct mk_opened with, without;

	(void)state;
	mk_machine_init(&m, NR_CPUS, NR_TASKS);
	mk_own(&m, &own);
	open_good(&m, m.image, &with);
	open_good(&m, NULL, &without);
	assert_same(&with, &without);
	mk_close(&without);
	mk_close(&with);
	// One bit of any part of it, and it is none.
	const uint64_t parts[] = {
		m.kallsyms.base, m.kallsyms.num_syms, m.kallsyms.names, m.kallsyms.token_index,
		m.kallsyms.token_index + 510,
	};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint8_t *byte = mk_at(&m, parts[i] + MK_SLIDE +
				      (parts[i] == m.kallsyms.base ? 7 : 0));

		*byte ^= 0x80;
		mk_open_with(&m, NULL, false, &without);
		expect(&without, RW_ERROR_MISSING, "and they were not found in the dump");
		*byte ^= 0x80;
	}
	mk_machine_deinit(&m);
}

/** Put schedule() elsewhere in a list.  @return Its line. */
static char *move_schedule(char *text)
{
	char *line = strstr(text, "ffff800080010100 T schedule");

	assert_non_null(line);
	memcpy(line, "ffff800080010104", 16);
	return line;
}

static void test_lists(void **state)
{
	struct mk_machine m;
	struct mk_opened with, without;

	(void)state;
	mk_machine_init(&m, NR_CPUS, NR_TASKS);
	char *text = mk_system_map(&m);
	struct rw_image *list = list_of(text);
	mk_own(&m, &(struct mk_own){ 0 });
	open_good(&m, m.image, &with);
	open_good(&m, list, &without);
	assert_same(&with, &without);
	mk_close(&with);
	mk_close(&without);
	rw_image_close(list);

	// Of another build: one function is elsewhere.
	move_schedule(text);
	list = list_of(text);
	mk_open_with(&m, list, false, &without);
	expect(&without, RW_ERROR_MISMATCH,
	       "schedule: is not where the dump's kernel (6.17.0-test) has it");
	mk_open_with(&m, list, true, &without);
	assert_null(without.err);
	mk_close(&without);
	rw_image_close(list);
	free(text);
	mk_machine_deinit(&m);
}

/** A list, and no VMCOREINFO: the kernel is found by any banner. */
static void test_list_without_vmcoreinfo(void **state)
{
	struct mk_machine m;
	struct mk_opened with, without;

	(void)state;
	mk_machine_init(&m, NR_CPUS, NR_TASKS);
	char *text = mk_system_map(&m);
	struct rw_image *list = list_of(text);
	// A copy of the banner in a log must not be taken for it.
	strcpy((char *)m.ram + 0x350000, "Linux version 6.17.0-test (made up) #1 SMP");
	open_good(&m, m.image, &with);
	mk_open_with(&m, list, false, &without);
	// Nothing told where BTF is, but the list does.
	expect(&without, RW_ERROR_FORMAT, "BTF");
	mk_close(&with);
	mk_open_with(&m, NULL, false, &without);
	expect(&without, RW_ERROR_MISSING, "no VMCOREINFO in the dump or its memory");
	rw_image_close(list);
	free(text);
	mk_machine_deinit(&m);
}

/** The same, but the list tells where kallsyms is: what that says must be what the list says. */
static void test_list_against_kallsyms(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct mk_own own = { .place_relative = i, .no_vmcoreinfo = true };
		struct mk_machine m;
		struct mk_opened with, without;

		mk_machine_init(&m, NR_CPUS, NR_TASKS);
		char *bare = mk_system_map(&m);
		mk_own(&m, &own);
		char *text = mk_system_map(&m);
		struct rw_image *list = list_of(text);
		open_good(&m, m.image, &with);
		open_good(&m, list, &without);
		assert_same(&with, &without);
		assert_false(is_lost(&without, "is not certain"));
		mk_close(&with);
		mk_close(&without);
		rw_image_close(list);

		char *schedule = move_schedule(text);
		list = list_of(text);
		mk_open_with(&m, list, false, &without);
		expect(&without, RW_ERROR_MISMATCH,
		       "schedule: is not where the dump's kernel (release not known) has it");
		mk_open_with(&m, list, true, &without);
		assert_null(without.err);
		mk_close(&without);
		rw_image_close(list);

		// Nothing says where kallsyms is.
		list = list_of(bare);
		open_good(&m, list, &without);
		assert_true(is_lost(&without,
				    "that the list is of the dump's kernel is not certain"));
		mk_close(&without);
		// It is not there.
		rw_image_close(list);
		memcpy(schedule, "ffff800080010100", 16);
		list = list_of(text);
		mk_poke(&m, m.kallsyms.num_syms + MK_SLIDE, 0, 4);
		mk_open_with(&m, list, false, &without);
		expect(&without, RW_ERROR_MISMATCH, "kallsyms: the dump's kernel has none there");
		rw_image_close(list);
		free(bare);
		free(text);
		mk_machine_deinit(&m);
	}
}

static void test_what_is_missing(void **state)
{
	struct mk_machine m;
	struct mk_opened opened;
	uint64_t run = mk_variable("_text");

	(void)state;
	mk_machine_init(&m, NR_CPUS, NR_TASKS);
	mk_own(&m, &(struct mk_own){ 0 });
	// kallsyms: the number of symbols.
	uint64_t word = run + 0x21000;
	mk_poke(&m, word, 0, 4);
	mk_open_with(&m, NULL, false, &opened);
	expect(&opened, RW_ERROR_FORMAT, "kallsyms_num_syms: no table of symbols");
	mk_machine_deinit(&m);

	mk_machine_init(&m, NR_CPUS, NR_TASKS);
	mk_own(&m, &(struct mk_own){ .banner = "\x01\x02" });
	open_good(&m, NULL, &opened);
	assert_null(rw_image_banner(rw_machine_kernel(opened.machine)->image));
	mk_close(&opened);
	// BTF.
	memset(mk_at(&m, run + 0x40000), 0, 24);
	mk_open_with(&m, NULL, false, &opened);
	expect(&opened, RW_ERROR_FORMAT, "BTF");
	mk_machine_deinit(&m);
}

/** A module in a ring of its own, which says where it is. */
static void make_module(struct mk_machine *m)
{
	uint64_t module = mk_linear(0x300000), node = module + MK_MODULE_LIST;
	uint64_t head = mk_variable("modules");

	mk_poke(m, head, node, 8);
	mk_poke(m, head + 8, node, 8);
	mk_poke(m, node, head, 8);
	mk_poke(m, node + 8, head, 8);
	mk_poke(m, module + MK_MODULE_SELF, module, 8);
	memcpy(mk_at(m, module + MK_MODULE_NAME), "scene", 6);
	mk_poke(m, module + MK_MODULE_MEM, MK_LINK - 0x100000, 8);
	mk_poke(m, module + MK_MODULE_MEM + 8, 0x1000, 4);
}

/** No names of data: it is found by what is certain of it. */
static void test_text_only(void **state)
{
	struct mk_machine m;
	struct mk_opened with, without;

	(void)state;
	mk_machine_init(&m, NR_CPUS, NR_TASKS);
	make_module(&m);
	mk_own(&m, &(struct mk_own){ .text_only = true });
	open_good(&m, m.image, &with);
	open_good(&m, NULL, &without);
	assert_same(&with, &without);
	assert_int_equal(rw_machine_nr_cpus(without.machine), NR_CPUS);
	const struct rw_kernel *kernel = rw_machine_kernel(without.machine);
	assert_int_equal(rw_kernel_is_text(kernel, MK_LINK - 0x100000 + 0x10), RW_YES);
	// The list of BPF images is empty, and so cannot be seen: there may be more text.
	assert_true(is_lost(&without, "bpf_kallsyms"));
	assert_false(is_lost(&without, "modules"));
	assert_int_equal(rw_kernel_is_text(kernel, MK_LINK - 0x200000), RW_UNKNOWN);
	assert_int_equal(rw_kernel_is_text(rw_machine_kernel(with.machine), MK_LINK - 0x200000),
			 RW_NO);
	mk_close(&with);
	mk_close(&without);

	// Two rings of modules are none.
	memcpy(mk_at(&m, mk_variable("modules") + 0x8000), mk_at(&m, mk_variable("modules")), 16);
	open_good(&m, NULL, &without);
	assert_false(is_lost(&without, "modules"));	// the other is not whole
	mk_close(&without);
	// A module that says it is elsewhere is none, either.
	mk_poke(&m, mk_linear(0x300000) + MK_MODULE_SELF, mk_linear(0x300008), 8);
	open_good(&m, NULL, &without);
	assert_true(is_lost(&without, "modules"));
	mk_close(&without);
	// Per-CPU variables that do not agree: no CPU, and not all tasks.
	uint64_t entry = mk_variable("_text") + 0x24000 + 4 * 12;
	mk_poke(&m, entry, mk_variable("runqueues") + 0x900 - entry, 4);
	open_good(&m, NULL, &without);
	assert_true(is_lost(&without, "runqueues"));
	assert_false(rw_machine_all_tasks(without.machine));
	mk_close(&without);
	// Without the exported symbols there is one error, with the remedy.
	memset(mk_at(&m, mk_variable("_text") + 0x26000), 0, 0x100);
	mk_open_with(&m, NULL, false, &without);
	expect(&without, RW_ERROR_MISSING, "no init_task among the kernel's own");
	mk_machine_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_kallsyms_found),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_list_without_vmcoreinfo),
		cmocka_unit_test(test_list_against_kallsyms),
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_text_only),
	};

	if (!mk_machine_can()) {
		printf("skipped: built without libbpf\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
