// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine room on a made-up dump: its tasks, and whose registers are whose.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/output.h"
#include "rewalk/trace.h"

#include "mkmachine.h"

enum { EL0 = 0, EL1H = 5, EL3H = 13 };

static const struct rw_task *find(const struct mk_opened *o, uint64_t address)
{
	size_t nr;
	const struct rw_task *tasks = rw_machine_tasks(o->machine, &nr);

	for (size_t i = 0; i < nr; i++)
		if (tasks[i].address == address)
			return &tasks[i];
	fail_msg("no task at 0x%llx", (unsigned long long)address);
	return NULL;
}

static void open_it(const struct mk_machine *m, struct mk_opened *o)
{
	mk_open(m, o);
	if (o->err)
		fail_msg("%s", o->err->message);
	assert_non_null(o->machine);
}

static void assert_lost(const struct mk_opened *o, const char *part)
{
	size_t nr;
	const char *const *lost = rw_machine_lost(o->machine, &nr);

	for (size_t i = 0; i < nr; i++)
		if (strstr(lost[i], part))
			return;
	fail_msg("nothing lost says: %s", part);
}

static enum rw_verdict judge(const struct mk_opened *o, const struct rw_task *task,
			     size_t *nr_ret)
{
	const struct rw_kernel *kernel = rw_machine_kernel(o->machine);
	struct rw_unwind_input in;
	struct rw_trace trace;

	enum rw_walkable walkable = rw_machine_unwind_input(o->machine, task, kernel->auto_model,
							    &in);
	if (walkable == RW_WALK_YES)
		assert_null(rw_trace_init(kernel, kernel->auto_model, &in, "test", "", &trace));
	else
		rw_trace_init_empty(kernel, kernel->auto_model, &in, "test", "", walkable, &trace);
	enum rw_verdict verdict = trace.result.verdict;
	*nr_ret = trace.nr;
	rw_trace_deinit(&trace);
	return verdict;
}

/** All is well: every sleeping task is reliable, and the idle ones run without registers. */
static void test_tasks(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	size_t nr, frames;

	(void)state;
	mk_machine_init(&m, 2, 6);
	open_it(&m, &o);
	assert_string_equal(rw_machine_kernel(o.machine)->auto_model->name, "linux-6.17");
	const struct rw_task *tasks = rw_machine_tasks(o.machine, &nr);
	assert_int_equal(nr, 6);
	assert_true(rw_machine_all_tasks(o.machine));
	rw_machine_lost(o.machine, &nr);
	assert_int_equal(nr, 0);
	for (size_t i = 0; i < 6; i++) {
		// The idle ones come last.
		bool idle = i >= 4;

		assert_int_equal(tasks[i].address, mk_task(&m, idle ? i - 4 : i + 2));
		assert_int_equal(tasks[i].running, idle);
		assert_int_equal(tasks[i].state, idle ? 'R' : 'S');
		assert_int_equal(judge(&o, &tasks[i], &frames),
				 idle ? RW_VERDICT_UNDETERMINED : RW_VERDICT_RELIABLE);
		assert_int_equal(frames, idle ? 0 : 4);
	}
	assert_string_equal(tasks[0].comm, "task2");
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** A zombie whose stack is gone: stack_trace_save_tsk_reliable() returns 0 of it. */
static void test_exited(void **state)
{
	enum { EXIT_ZOMBIE = 0x20 };
	struct mk_machine m;
	struct mk_opened o;
	struct rw_unwind_input in;
	struct rw_trace trace;
	size_t nr;

	(void)state;
	mk_machine_init(&m, 1, 3);
	mk_poke(&m, mk_task(&m, 1) + MK_TASK_EXIT_STATE, EXIT_ZOMBIE, 4);
	mk_poke(&m, mk_task(&m, 1) + MK_TASK_STACK, 0, 8);
	open_it(&m, &o);
	const struct rw_task *tasks = rw_machine_tasks(o.machine, &nr);
	assert_int_equal(nr, 3);
	assert_int_equal(tasks[0].address, mk_task(&m, 1));
	assert_true(tasks[0].exited);
	assert_int_equal(tasks[0].state, 'Z');
	const struct rw_kernel *kernel = rw_machine_kernel(o.machine);
	assert_int_equal(rw_machine_unwind_input(o.machine, &tasks[0], kernel->auto_model, &in),
			 RW_WALK_NO_STACK);
	rw_trace_init_empty(kernel, kernel->auto_model, &in, "test", "", RW_WALK_NO_STACK, &trace);
	assert_int_equal(trace.result.verdict, RW_VERDICT_RELIABLE);
	assert_true(trace.result.has_returned);
	assert_int_equal(trace.result.returned, 0);
	assert_int_equal(trace.nr, 0);
	rw_trace_deinit(&trace);
	const struct rw_model *without = rw_model_find("linux-6.1");
	rw_trace_init_empty(kernel, without, &in, "test", "", RW_WALK_NO_STACK, &trace);
	assert_int_equal(trace.result.verdict, RW_VERDICT_RELIABLE);
	assert_false(trace.result.has_returned);
	rw_trace_deinit(&trace);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** The banner, by which the kernel is found, in two files of the dump. */
static void test_split(void **state)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 1, 2);
	for (size_t i = 0; i < 50; i++) {
		m.hole = mk_at(&m, mk_variable("linux_banner")) - m.ram + i;
		open_it(&m, &o);
		assert_int_equal(rw_machine_kernel(o.machine)->slide, MK_SLIDE);
		mk_close(&o);
	}
	mk_machine_deinit(&m);
}

/** A VMCOREINFO of before the last reboot: same release, but the kernel lay elsewhere. */
static void test_old_vmcoreinfo(void **state)
{
	static const char format[] =
		"OSRELEASE=6.17.0-test\nPAGESIZE=4096\nSYMBOL(_stext)=%llx\n"
		"NUMBER(kimage_voffset)=0x%llx\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n";
	const uint64_t stext = MK_LINK + MK_SLIDE + 0x10000;
	const uint64_t voffset = MK_LINK + MK_SLIDE - MK_RAM - 0x200000;
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 1, 2);
	char *text = (char *)mk_at(&m, mk_linear(0x300000));
	sprintf(text, format, (unsigned long long)stext - 0x10000,
		(unsigned long long)voffset + 0x40000);
	open_it(&m, &o);
	assert_string_equal(rw_machine_kernel(o.machine)->slide_from, "linux_banner in memory");
	assert_int_equal(rw_machine_kernel(o.machine)->slide, MK_SLIDE);
	mk_close(&o);

	text += 4096;
	sprintf(text, format, (unsigned long long)stext, (unsigned long long)voffset);
	open_it(&m, &o);
	assert_string_equal(rw_machine_kernel(o.machine)->slide_from, "VMCOREINFO found in memory");
	assert_int_equal(rw_machine_kernel(o.machine)->slide, MK_SLIDE);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/* ---- registers ------------------------------------------------------------------------- */

static void keep_regs(void *cookie, const char *key, const char *value)
{
	if (!strcmp(key, "cpu_registers"))
		snprintf(cookie, 128, "%s", value);
}

static void assert_regs(const struct mk_machine *m, const struct mk_opened *o, unsigned int task,
			enum rw_walkable walkable, uint64_t pc)
{
	const struct rw_kernel *kernel = rw_machine_kernel(o->machine);
	struct rw_unwind_input in;

	assert_int_equal(rw_machine_unwind_input(o->machine, find(o, mk_task(m, task)),
						 kernel->auto_model, &in), walkable);
	if (walkable == RW_WALK_YES)
		assert_int_equal(in.pc, pc);
}

/** A note of a kernel function on a task's stack. */
#define ON_STACK(m, task, pc) \
	(pc), mk_stack(m, task) + 0x3f00, mk_stack(m, task) + 0x3f00, EL1H

/**
 * Four CPUs; the second did not answer and left no note.  With the buffers in memory the
 * registers are the right CPUs' though the file's notes have moved up.
 */
static void test_crash_notes(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	static const unsigned int saved[] = { 0, 2, 3 };

	(void)state;
	mk_machine_init(&m, 4, 10);
	for (unsigned int c = 0; c < 4; c++)
		mk_run(&m, c == 2 ? 2 : 4 + c, c);	// CPU 2 is idle
	for (size_t i = 0; i < 3; i++) {
		unsigned int c = saved[i], t = c == 2 ? 2 : 4 + c;
		uint32_t pid = c == 2 ? 0 : 104 + c;

		mk_crash_note(&m, c, pid, ON_STACK(&m, t, mk_pc("schedule") + 4 * c));
		mk_note_of(&m, pid, ON_STACK(&m, t, mk_pc("schedule") + 4 * c));
	}
	open_it(&m, &o);
	assert_regs(&m, &o, 4, RW_WALK_YES, mk_pc("schedule"));
	assert_regs(&m, &o, 5, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 2, RW_WALK_YES, mk_pc("schedule") + 8);
	assert_regs(&m, &o, 7, RW_WALK_YES, mk_pc("schedule") + 12);
	char text[128];
	rw_machine_describe(o.machine, keep_regs, text);
	assert_string_equal(text, "3 crash_notes, 1 unknown");
	mk_close(&o);

	// A CPU that says that it saved nothing gets none of the file's, whatever fits.
	mk_note_of(&m, 105, ON_STACK(&m, 5, mk_pc("kthread")));
	open_it(&m, &o);
	assert_regs(&m, &o, 5, RW_WALK_NO_REGISTERS, 0);
	assert_lost(&o, "the registers of 1 CPU are of none that can be told");
	mk_close(&o);

	// One whose buffer is damaged can have them.
	mk_poke(&m, mk_cpu_variable("runqueues", 1) + 0x200, 5, 4);
	open_it(&m, &o);
	assert_lost(&o, "CPU 1: what it left in crash_notes is damaged");
	assert_regs(&m, &o, 5, RW_WALK_YES, mk_pc("kthread"));
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** Buffers that are not filled: a stack, or a pid in user mode, tells whose a note is. */
static void test_notes_only(void **state)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 4, 10);
	mk_run(&m, 5, 1);
	mk_run(&m, 6, 2);
	// CPU 0 has no note; two idle CPUs are told by their stacks, one is in user mode.
	mk_note_of(&m, 0, ON_STACK(&m, 3, mk_pc("idle_loop")));
	mk_note_of(&m, 105, ON_STACK(&m, 5, mk_pc("schedule")));
	mk_note_of(&m, 106, 0x400000, 0x7ffff000, 0x7ffff000, EL0);
	open_it(&m, &o);
	assert_regs(&m, &o, 0, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 5, RW_WALK_YES, mk_pc("schedule"));
	assert_regs(&m, &o, 6, RW_WALK_USER, 0);
	assert_regs(&m, &o, 3, RW_WALK_YES, mk_pc("idle_loop"));
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** An interrupt's stack is its CPU's. */
static void test_irq_stack(void **state)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 2, 6);
	uint64_t irq = mk_linear(0x1f0000) - MK_STACK_SIZE;
	mk_note_of(&m, 0, mk_pc("schedule"), irq + 0x3f00, irq + 0x3f00, EL1H);
	open_it(&m, &o);
	assert_regs(&m, &o, 0, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 1, RW_WALK_YES, mk_pc("schedule"));
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** Registers that are nobody's: a pid that no CPU runs, a foreign stack, firmware. */
static void test_wrong_notes(void **state)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 2, 6);
	mk_run(&m, 3, 1);
	mk_note_of(&m, 104, ON_STACK(&m, 3, mk_pc("schedule")));	// not task 3's pid
	mk_note_of(&m, 0, ON_STACK(&m, 5, mk_pc("schedule")));		// a sleeping task's stack
	mk_note_of(&m, 0, 0x400000, 0, 0, EL0);				// nobody's pid
	mk_note_of(&m, 0, 0x400000, mk_stack(&m, 0) + 0x3f00, mk_stack(&m, 0) + 0x3f00, EL3H);
	open_it(&m, &o);
	assert_regs(&m, &o, 0, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 3, RW_WALK_NO_REGISTERS, 0);
	assert_lost(&o, "the registers of 4 CPUs are of none that can be told");
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** QEMU's notes have the CPU's number; still a stack must be the task's own. */
static void test_qemu(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	size_t frames;

	(void)state;
	mk_machine_init(&m, 3, 8);
	mk_run(&m, 4, 0);
	// In the middle of a switch: the run queue has the next task, the stack is the last's.
	mk_poke(&m, mk_task(&m, 5) + MK_TASK_ON_CPU, 1, 4);
	mk_poke(&m, mk_task(&m, 5) + MK_TASK_CPU, 1, 4);
	mk_run(&m, 6, 1);
	mk_note_of(&m, 1, 0x400000, 0, 0x7ffff000, EL0);
	mk_note_of(&m, 2, ON_STACK(&m, 5, mk_pc("schedule")));
	mk_note_of(&m, 3, 0, 0, 0, EL1H);
	mk_note(&m.notes, "CORE", 2, "", 0);
	open_it(&m, &o);
	assert_regs(&m, &o, 4, RW_WALK_USER, 0);
	assert_regs(&m, &o, 5, RW_WALK_YES, mk_pc("schedule"));
	assert_regs(&m, &o, 6, RW_WALK_NO_REGISTERS, 0);
	assert_regs(&m, &o, 2, RW_WALK_NO_REGISTERS, 0);
	assert_int_equal(judge(&o, find(&o, mk_task(&m, 6)), &frames), RW_VERDICT_UNDETERMINED);
	mk_close(&o);

	// A crash kernel was loaded: what the CPU saved goes before where it is now.
	mk_crash_note(&m, 0, 104, ON_STACK(&m, 4, mk_pc("kthread")));
	open_it(&m, &o);
	assert_regs(&m, &o, 4, RW_WALK_YES, mk_pc("kthread"));
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** Registers from elsewhere: for a CPU of which the dump has none, or the same. */
static void test_given(void **state)
{
	struct rw_regs regs = { .known = RW_REG_PC | RW_REG_FP | RW_REG_SP };
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 2, 6);
	mk_note_of(&m, 0, ON_STACK(&m, 0, mk_pc("idle_loop")));
	open_it(&m, &o);
	regs.pc = mk_pc("schedule");
	regs.sp = regs.x[29] = mk_stack(&m, 1) + 0x3f00;
	assert_null(rw_machine_set_regs(o.machine, 1, &regs, "file"));
	assert_regs(&m, &o, 1, RW_WALK_YES, mk_pc("schedule"));
	// Another task's stack: they are not the idle task's.
	regs.sp = mk_stack(&m, 5) + 0x3f00;
	struct rw_error *err = rw_machine_set_regs(o.machine, 0, &regs, "file");
	assert_non_null(err);
	assert_int_equal(err->code, RW_ERROR_MISMATCH);
	rw_error_destroy(err);
	assert_regs(&m, &o, 0, RW_WALK_YES, mk_pc("idle_loop"));
	regs.pc = mk_pc("idle_loop");
	regs.sp = regs.x[29] = mk_stack(&m, 0) + 0x3f00;
	assert_null(rw_machine_set_regs(o.machine, 0, &regs, "file"));
	err = rw_machine_set_regs(o.machine, 2, &regs, "file");
	assert_non_null(err);
	assert_int_equal(err->code, RW_ERROR_MISMATCH);
	rw_error_destroy(err);
	regs.known &= ~RW_REG_SP;
	err = rw_machine_set_regs(o.machine, 0, &regs, "file");
	assert_non_null(err);
	assert_int_equal(err->code, RW_ERROR_MISSING);
	rw_error_destroy(err);
	mk_close(&o);

	// In user mode, where the mode is not said.
	m.notes.size = 0;
	mk_run(&m, 3, 1);
	open_it(&m, &o);
	regs = (struct rw_regs){ .pc = 0x400000, .sp = 0x7ffff000,
				 .known = ~UINT64_C(0) & ~RW_REG_PSTATE };
	assert_null(rw_machine_set_regs(o.machine, 1, &regs, "file"));
	assert_regs(&m, &o, 3, RW_WALK_USER, 0);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/* ---- lists that lie ---------------------------------------------------------------------- */

enum { FREE = 0x300000 };	/* where in RAM tests put what they like */

#define MODULE_TEXT UINT64_C(0xffff800070000000)

/** A module with one function, at RAM + @off; its node goes between the head and its next. */
static void add_module(const struct mk_machine *m, uint64_t off, const char *name,
		       const char *function, uint64_t next)
{
	uint64_t at = mk_linear(off), kallsyms = at + 0x200;
	uint64_t symtab = at + 0x240, strtab = at + 0x300;

	mk_poke(m, at + MK_MODULE_LIST, next, 8);
	strcpy((char *)mk_at(m, at + MK_MODULE_NAME), name);
	mk_poke(m, at + MK_MODULE_MEM, MODULE_TEXT, 8);
	mk_poke(m, at + MK_MODULE_MEM + 8, 0x1000, 4);
	mk_poke(m, at + MK_MODULE_KALLSYMS, kallsyms, 8);
	mk_poke(m, kallsyms, symtab, 8);
	mk_poke(m, kallsyms + 8, 2, 4);
	mk_poke(m, kallsyms + 16, strtab, 8);
	mk_poke(m, symtab + 24, 1, 4);
	mk_poke(m, symtab + 24 + 6, 1, 2);
	mk_poke(m, symtab + 24 + 8, MODULE_TEXT + 0x100, 8);
	strcpy((char *)mk_at(m, strtab + 1), function);
}

/** The kernel's list of the module's sections, as of 6.14: .text and a note behind it. */
static void add_sections(const struct mk_machine *m, uint64_t off)
{
	static const uint8_t note[] = {
		4, 0, 0, 0,  8, 0, 0, 0,  3, 0, 0, 0,  'G', 'N', 'U', 0,
		0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4,
	};
	static const char *const names[] = { ".text", ".text.unlikely", ".note.gnu.build-id" };
	uint64_t at = mk_linear(off), attrs = at + 0x400;
	uint64_t list = attrs + 0x40, names_at = attrs + 0x200;
	const uint64_t addrs[] = { MODULE_TEXT + 0x40, MODULE_TEXT + 0x200, attrs + 0x300 };

	mk_poke(m, at + MK_MODULE_SECTIONS, attrs, 8);
	mk_poke(m, attrs + MK_SECTIONS_LIST, list, 8);
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t attribute = attrs + 0x80 + 0x48 * i;

		mk_poke(m, list + 8 * i, attribute, 8);
		mk_poke(m, attribute + MK_SECTION_NAME, names_at + 0x20 * i, 8);
		mk_poke(m, attribute + MK_SECTION_ADDRESS, addrs[i], 8);
		strcpy((char *)mk_at(m, names_at + 0x20 * i), names[i]);
	}
	memcpy(mk_at(m, attrs + 0x300), note, sizeof(note));
}

static bool place_of(const struct mk_opened *o, uint64_t addr, struct rw_module_place *ret)
{
	const struct rw_kernel *kernel = rw_machine_kernel(o->machine);

	return kernel->find_place(kernel->symbolize_arg, addr, ret);
}

static void test_module_places(void **state)
{
	struct rw_module_place place;
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 1, 2);
	add_module(&m, FREE, "ext4", "f", mk_variable("modules"));
	mk_poke(&m, mk_variable("modules"), mk_linear(FREE) + MK_MODULE_LIST, 8);
	add_sections(&m, FREE);
	open_it(&m, &o);
	assert_true(place_of(&o, MODULE_TEXT + 0x110, &place));
	assert_string_equal(place.module, "ext4");
	assert_string_equal(place.section, ".text");
	assert_int_equal(place.offset, 0xd0);
	assert_int_equal(place.build_id_size, 8);
	assert_memory_equal(place.build_id, "\xde\xad\xbe\xef\1\2\3\4", 8);
	assert_true(place_of(&o, MODULE_TEXT + 0x200, &place));
	assert_string_equal(place.section, ".text.unlikely");
	assert_int_equal(place.offset, 0);
	// In front of the first section, and in no module.
	assert_true(place_of(&o, MODULE_TEXT, &place));
	assert_null(place.section);
	assert_false(place_of(&o, MODULE_TEXT + 0x1000, &place));
	assert_false(place_of(&o, mk_pc("schedule"), &place));
	mk_close(&o);

	// A list without an end, of one attribute, and a note that promises too much.
	uint64_t list = mk_linear(FREE) + 0x440;
	for (uint64_t i = 2; i < 0x800; i++)
		mk_poke(&m, list + 8 * i, mk_linear(FREE) + 0x480, 8);
	open_it(&m, &o);
	assert_true(place_of(&o, MODULE_TEXT + 0x110, &place));
	mk_close(&o);
	mk_poke(&m, mk_linear(FREE) + MK_MODULE_SECTIONS, UINT64_C(0xffff00000fff0000), 8);
	open_it(&m, &o);
	assert_true(place_of(&o, MODULE_TEXT + 0x110, &place));
	assert_null(place.section);
	assert_null(place.build_id);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** What is printed of task @task, in all formats one behind the other. */
static char *print(const struct mk_opened *o, const struct rw_task *task)
{
	const struct rw_kernel *kernel = rw_machine_kernel(o->machine);
	struct rw_unwind_input in;
	struct rw_trace trace;
	char *bytes;
	size_t size;
	struct rw_output out = {
		.file = open_memstream(&bytes, &size),
		.names = rw_names_create(kernel),
	};

	assert_int_equal(rw_machine_unwind_input(o->machine, task, kernel->auto_model, &in),
			 RW_WALK_YES);
	assert_null(rw_trace_init(kernel, kernel->auto_model, &in, "test", "", &trace));
	trace.task = task;
	for (int format = RW_FORMAT_TEXT; format <= RW_FORMAT_JSON; format++) {
		out.format = format;
		rw_output_trace(&out, &trace);
	}
	fclose(out.file);
	rw_names_destroy(out.names);
	rw_trace_deinit(&trace);
	return bytes;
}

static void test_names(void **state)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 1, 3);
	add_module(&m, FREE, "ext4\033[31m", "f\033]0;x\007\xc2\x9b", mk_variable("modules"));
	mk_poke(&m, mk_variable("modules"), mk_linear(FREE) + MK_MODULE_LIST, 8);
	memcpy(mk_at(&m, mk_task(&m, 1) + MK_TASK_COMM), "a\033[2Jb\n", 8);
	// The second frame returns into the module.
	uint64_t fp = mk_stack(&m, 1) + MK_STACK_SIZE - 0x200 - 24;
	mk_poke(&m, fp + 0x40 + 8, MODULE_TEXT + 0x110, 8);
	open_it(&m, &o);
	char *text = print(&o, find(&o, mk_task(&m, 1)));
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 ? *p != '\n' : *p == 0x7f || *p == (char)0x9b)
			fail_msg("a byte 0x%02x in: %s", (unsigned char)*p, p);
	assert_non_null(strstr(text, "f?]0;x??+0x10/0xf00 [ext4?[31m]"));
	assert_non_null(strstr(text, "a?[2Jb?"));
	assert_non_null(strstr(text, "\"module\":\"ext4\\u001b[31m\""));
	assert_non_null(strstr(text, "\"comm\":\"a\\u001b[2Jb\\u000a\""));
	free(text);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** A BPF image has the name and the bounds that its kernel says, and no module. */
static void test_bpf_names(void **state)
{
	struct mk_machine m;
	struct mk_opened o;

	(void)state;
	mk_machine_init(&m, 1, 3);
	uint64_t ksym = mk_linear(FREE), head = mk_variable("bpf_kallsyms");
	mk_poke(&m, ksym + MK_KSYM_START, MODULE_TEXT + 0x100, 8);
	mk_poke(&m, ksym + MK_KSYM_END, MODULE_TEXT + 0x200, 8);
	strcpy((char *)mk_at(&m, ksym + MK_KSYM_NAME), "bpf_trampoline_1\033[");
	mk_poke(&m, head, ksym + MK_KSYM_NODE, 8);
	mk_poke(&m, ksym + MK_KSYM_NODE, head, 8);
	uint64_t fp = mk_stack(&m, 1) + MK_STACK_SIZE - 0x200 - 24;
	mk_poke(&m, fp + 0x40 + 8, MODULE_TEXT + 0x110, 8);
	open_it(&m, &o);
	char *text = print(&o, find(&o, mk_task(&m, 1)));
	assert_non_null(strstr(text, "bpf_trampoline_1?[+0x10/0x100\n"));
	free(text);
	mk_close(&o);
	// Without a name it is its address.
	mk_poke(&m, ksym + MK_KSYM_NAME, 0, 8);
	open_it(&m, &o);
	text = print(&o, find(&o, mk_task(&m, 1)));
	assert_non_null(strstr(text, " 0xffff800070000110\n"));
	free(text);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** A cycle ends a list, and what is outside of it is not known to be no text. */
static void test_cycles(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	size_t nr, frames;

	(void)state;
	mk_machine_init(&m, 1, 4);
	add_module(&m, FREE, "a", "f", mk_linear(FREE + 0x1000) + MK_MODULE_LIST);
	add_module(&m, FREE + 0x1000, "b", "g", mk_linear(FREE) + MK_MODULE_LIST);
	mk_poke(&m, mk_variable("modules"), mk_linear(FREE) + MK_MODULE_LIST, 8);
	// A BPF symbol that is its own next; a kretprobe instance, too.
	uint64_t ksym = mk_linear(FREE + 0x2000);
	mk_poke(&m, mk_variable("bpf_kallsyms"), ksym + MK_KSYM_NODE, 8);
	mk_poke(&m, ksym + MK_KSYM_NODE, ksym + MK_KSYM_NODE, 8);
	uint64_t instance = mk_linear(FREE + 0x3000);
	mk_poke(&m, mk_task(&m, 2) + MK_TASK_KRETPROBES, instance, 8);
	mk_poke(&m, instance, instance, 8);
	// The threads of task 3: a ring that does not come back to its head.
	uint64_t thread = mk_linear(FREE + 0x4000);
	mk_poke(&m, mk_task(&m, 3) + MK_TASK_NODE, thread + MK_TASK_NODE, 8);
	mk_poke(&m, thread + MK_TASK_NODE, mk_task(&m, 3) + MK_TASK_NODE, 8);
	mk_poke(&m, thread + MK_TASK_PID, 999, 4);
	mk_poke(&m, thread + MK_TASK_STACK, mk_stack(&m, 3), 8);
	open_it(&m, &o);
	assert_lost(&o, "the list of modules is broken after 2");
	assert_lost(&o, "the list of BPF symbols is broken after 1");
	assert_lost(&o, "form a cycle");
	assert_false(rw_machine_all_tasks(o.machine));
	assert_false(rw_machine_kernel(o.machine)->text_complete);
	rw_machine_tasks(o.machine, &nr);
	assert_int_equal(nr, 5);
	struct rw_unwind_input in;
	assert_int_equal(rw_machine_unwind_input(o.machine, find(&o, mk_task(&m, 2)),
						 rw_machine_kernel(o.machine)->auto_model, &in),
			 RW_WALK_YES);
	assert_true(in.kretprobes.incomplete);
	assert_true(in.kretprobes.nr <= MK_STACK_SIZE / 16);
	assert_int_equal(judge(&o, find(&o, mk_task(&m, 1)), &frames), RW_VERDICT_RELIABLE);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** Tasks that overlap: 512 of them in 4 KiB. */
static void test_overlap(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	size_t nr;

	(void)state;
	mk_machine_init(&m, 1, 3);
	mk_poke(&m, mk_task(&m, 0) + MK_TASK_TASKS, mk_linear(FREE) + MK_TASK_TASKS, 8);
	for (uint64_t i = 0; i < 512; i++)
		mk_poke(&m, mk_linear(FREE) + MK_TASK_TASKS + 8 * i,
			mk_linear(FREE) + MK_TASK_TASKS + 8 * (i + 1), 8);
	open_it(&m, &o);
	assert_lost(&o, "the list of tasks is broken off after 1, forwards");
	assert_false(rw_machine_all_tasks(o.machine));
	// From the other side the two real ones are met.
	rw_machine_tasks(o.machine, &nr);
	assert_int_equal(nr, 4);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** A stack has one task; the second that has it is damaged. */
static void test_shared_stack(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	size_t frames;

	(void)state;
	mk_machine_init(&m, 1, 4);
	mk_poke(&m, mk_task(&m, 2) + MK_TASK_STACK, mk_stack(&m, 1), 8);
	mk_poke(&m, mk_task(&m, 2) + MK_TASK_FP,
		mk_stack(&m, 1) + MK_STACK_SIZE - 0x200 - 24, 8);
	open_it(&m, &o);
	assert_lost(&o, "pid 102 has the stack of another task");
	assert_int_equal(judge(&o, find(&o, mk_task(&m, 1)), &frames), RW_VERDICT_RELIABLE);
	assert_int_equal(judge(&o, find(&o, mk_task(&m, 2)), &frames), RW_VERDICT_UNDETERMINED);
	assert_int_equal(frames, 0);
	assert_int_equal(judge(&o, find(&o, mk_task(&m, 3)), &frames), RW_VERDICT_RELIABLE);
	mk_close(&o);
	mk_machine_deinit(&m);
}

/** Ranges of text that overlap are one text. */
static void test_text(void **state)
{
	struct mk_machine m;
	struct mk_opened o;
	static const struct {
		uint64_t start, end;
	} ranges[] = {
		{ 0x3000, 0x4000 }, { 0x1000, 0x3800 }, { 0x1800, 0x1900 }, { 0x5000, 0x5000 },
		{ 0x6000, 0x6010 },
	};
	enum { NR = sizeof(ranges) / sizeof(ranges[0]) };
	uint64_t head = mk_variable("bpf_kallsyms"), last = head;

	(void)state;
	mk_machine_init(&m, 1, 2);
	for (size_t i = 0; i < NR; i++) {
		uint64_t ksym = mk_linear(FREE + 0x100 * i);

		mk_poke(&m, ksym + MK_KSYM_START, MODULE_TEXT + ranges[i].start, 8);
		mk_poke(&m, ksym + MK_KSYM_END, MODULE_TEXT + ranges[i].end, 8);
		mk_poke(&m, last, ksym + MK_KSYM_NODE, 8);
		last = ksym + MK_KSYM_NODE;
	}
	mk_poke(&m, last, head, 8);
	open_it(&m, &o);
	for (uint64_t off = 0; off < 0x7000; off += 8) {
		bool in = false;

		// The end of a BPF image is inside.
		for (size_t i = 0; i < NR; i++)
			in |= off >= ranges[i].start && off <= ranges[i].end &&
			      ranges[i].start < ranges[i].end;
		assert_int_equal(rw_kernel_is_text(rw_machine_kernel(o.machine), MODULE_TEXT + off),
				 rw_tri(in));
	}
	mk_close(&o);
	mk_machine_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_exited),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_old_vmcoreinfo),
		cmocka_unit_test(test_crash_notes),
		cmocka_unit_test(test_notes_only),
		cmocka_unit_test(test_irq_stack),
		cmocka_unit_test(test_wrong_notes),
		cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_module_places),
		cmocka_unit_test(test_bpf_names),
		cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_shared_stack),
		cmocka_unit_test(test_text),
	};

	return mk_machine_can() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
