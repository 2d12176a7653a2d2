// SPDX-License-Identifier: GPL-2.0-or-later
//
// Printed traces against the fixture's image and the models: what they prove, and that
// they never prove a trace reliable.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/judged.h"

static struct rw_image *image;
static struct rw_kernel kernel;

static void no_error(struct rw_error *err)
{
	if (err)
		fail_msg("%s", err->message);
}

static int setup(void **state)
{
	struct rw_kernel_facts facts = { .kaslr_known = RW_YES };

	(void)state;
	no_error(rw_image_open("fixtures/firmware/firmware.elf", &image));
	no_error(rw_kernel_init(image, &facts, 0, &kernel));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rw_image_close(image);
	return 0;
}

struct wanted {
	const char *model;
	char text[512];		/* a line for each trace */
};

static struct rw_error *judge(void *cookie, const struct rw_printed_trace *trace)
{
	struct wanted *wanted = cookie;
	struct rw_judged judged;
	size_t n = strlen(wanted->text);
	char sentence[RW_SENTENCE_SIZE];

	no_error(rw_judged_init(&kernel, rw_model_find(wanted->model), "text", "given", 0, trace,
				&judged));
	const struct rw_unwind_result *result = &judged.result;
	assert_int_not_equal(result->verdict, RW_VERDICT_RELIABLE);
	assert_int_equal(result->nr_reasons, 1);
	rw_judged_sentence(&judged, &result->reasons[0], sentence);
	assert_true(strlen(sentence) > 10);
	snprintf(wanted->text + n, sizeof(wanted->text) - n, "%s %zu%s;",
		 rw_reason_name(result->reasons[0].code), result->reasons[0].frame,
		 judged.misfit ? " misfit" : "");
	for (size_t i = 0; i < judged.nr; i++)
		assert_int_equal(judged.frames[i].beyond,
				 result->verdict == RW_VERDICT_UNRELIABLE && kernel.auto_model &&
				 i >= result->consumed);
	rw_judged_deinit(&judged);
	return NULL;
}

static const char *verdicts(const char *model, const char *text)
{
	static struct wanted wanted;
	struct rw_file file = { .name = (char *)"text", .bytes = (const uint8_t *)text,
				.size = strlen(text), .fd = -1 };
	struct rw_printed *printed = rw_printed_create(judge, &wanted);
	struct rw_text_line line;
	struct rw_text *reader;
	bool more = true;

	wanted = (struct wanted){ .model = model };
	no_error(rw_text_open(&file, SIZE_MAX, &reader));
	for (;;) {
		no_error(rw_text_next(reader, &line, &more));
		if (!more)
			break;
		no_error(rw_printed_line(printed, &line));
	}
	no_error(rw_printed_end(printed));
	rw_text_close(reader);
	rw_printed_destroy(printed);
	return wanted.text;
}

#define START " __switch_to+0x48/0x60\n __schedule+0x44/0x54\n schedule+0x30/0x40\n"
#define IRQ " el1h_64_irq_handler+0x40/0x5c\n el1h_64_irq+0x88/0x90\n"
#define END " scene_reliable+0x3c/0x50\n ret_from_fork+0x20/0x30\n"

static const struct {
	const char *what, *model, *text, *want;
} rows[] = {
	{ "complete, nothing against it", "rfc-v7", "Call trace:\n" START END, "printed-trace 4;" },
	{ "SYM_CODE in the middle", "rfc-v7", "Call trace:\n" START IRQ END, "sym-code 4;" },
	{ "the same, v11", "rfc-v11", "Call trace:\n" START IRQ END, "sym-code 4;" },
	// A walk of v9 that fails before counts as reliable there: nothing is certain.
	{ "the same, v9", "rfc-v9", "Call trace:\n" START IRQ END, "printed-trace 6;" },
	{ "the interrupted function, 6.17", "linux-6.17", "Call trace:\n" START IRQ END,
	  "exception-boundary 5;" },
	{ "a kernel without a walk of its own", "linux-6.1", "Call trace:\n" START IRQ END,
	  "printed-trace 6;" },
	{ "SYM_CODE last: it may be the final one", "rfc-v7", "Call trace:\n" START IRQ,
	  "printed-trace 4;" },
	{ "SYM_CODE last, complete: exempt", "rfc-v7",
	  "Call trace:\n" START " el0t_64_sync+0x10/0x90\n",
	  "printed-trace 3;" },
	{ "not exempt in v4, whose chains end at 0", "rfc-v4",
	  "Call trace:\n" START " el0t_64_sync+0x10/0x90\n", "sym-code 3;" },
	{ "a mark of an exception", "linux-6.17",
	  "Call trace:\n wait_for_event+0x30/0x40 (P)\n ret_from_fork+0x20/0x30\n",
	  "exception-boundary 0;" },
	{ "a mark of an exception that other models do not judge", "rfc-v7",
	  "Call trace:\n wait_for_event+0x30/0x40 (P)\n ret_from_fork+0x20/0x30\n",
	  "printed-trace 1;" },
	{ "0 is no kernel text", "rfc-v7", "Call trace:\n" START " 0x0\n" END, "not-text 3;" },
	{ "a user's address is none either", "rfc-v7",
	  "Call trace:\n" START " 0xffff9a67e10\n" END, "not-text 3;" },
	{ "a bare address may be BPF's", "rfc-v7",
	  "Call trace:\n" START " 0xffff800012345678\n" END, "printed-trace 5;" },
	{ "a module is not in the table", "rfc-v7",
	  "Call trace:\n" START " el1h_64_irq+0x88/0x90 [evil]\n" END, "printed-trace 5;" },
	{ "another size: another kernel", "rfc-v7",
	  "Call trace:\n" START IRQ " schedule+0x30/0x44\n" END, "printed-trace 7 misfit;" },
	{ "an offset outside", "rfc-v7", "Call trace:\n schedule+0x40/0x40\n" IRQ END,
	  "printed-trace 4 misfit;" },
	{ "a call as the last instruction, in /proc", "rfc-v7",
	  "[<0>] schedule+0x40/0x40\n[<0>] el1h_64_irq+0x88/0x90\n[<0>] ret_from_fork+0x20/0x30\n",
	  "sym-code 1;" },
	{ "a function that is not there", "rfc-v7", "Call trace:\n do_nap+0x1/0x2\n" IRQ END,
	  "printed-trace 4 misfit;" },
	{ "a build-id that is not this one's", "rfc-v7",
	  "CPU: 0 PID: 1 Comm: a Not tainted 6.1 #1 3c1c2f00aabbccddeeff00112233445566778899\n"
	  "Call trace:\n" START IRQ END, "printed-trace 6 misfit;" },
	{ "this one's", "rfc-v7",
	  "CPU: 0 PID: 1 Comm: a Not tainted 6.1 #1 ae343f2ffc93dad584989a3885b925e26e9f6263\n"
	  "Call trace:\n" START IRQ END, "sym-code 4;" },
	{ "a line cut short is no other kernel", "rfc-v7",
	  "Call trace:\n" START " schedule+0x30/0x4", "printed-trace 3;" },
	{ "lines of others in between", "rfc-v7", "Call trace:\n" START "x\n" IRQ END,
	  "printed-trace 6;" },
	{ "two traces in one", "rfc-v7", "Call trace:\n" END START, "printed-trace 4;" },
	{ "stored", "rfc-v7", "Allocated by task 7:\n" START IRQ END, "printed-trace 6;" },
	{ "without its heading", "rfc-v7", START IRQ END, "printed-trace 6;" },
	{ "the hypervisor's", "rfc-v7",
	  "kvm [1]: nVHE call trace:\n"
	  "kvm [1]:  [<ffff800008001b58>] el1h_64_irq+0x88/0x90\n"
	  "kvm [1]:  [<ffff800008002af4>] schedule+0x30/0x40\n"
	  "kvm [1]: ---[ end nVHE call trace ]---\n", "printed-trace 1;" },
	{ "empty", "rfc-v7", "Call trace:\nCode: 12345678\n", "printed-trace 0;" },
	// What an oops prints first is the pc of its registers.
	{ "registers say where it begins", "linux-6.17",
	  "CPU: 0 PID: 1 Comm: a Not tainted 6.1 #1\npc : schedule+0x30/0x40\n"
	  "Call trace:\n schedule+0x30/0x40\n" END, "exception-boundary 0;" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = verdicts(rows[i].model, rows[i].text);

		if (strcmp(got, rows[i].want))
			print_error("%s: want %s got %s\n", rows[i].what, rows[i].want, got);
		assert_string_equal(got, rows[i].want);
	}
}

/** Whatever is printed, by whatever rules: never reliable (judge() asserts it). */
static void test_all_models(void **state)
{
	size_t nr;
	const struct rw_model *models = rw_models(&nr);

	(void)state;
	for (size_t m = 0; m < nr; m++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			verdicts(models[m].name, rows[i].text);
}

static void test_pc(void **state)
{
	const struct rw_printed_entry entries[] = {
		{ .text = "schedule+0x30/0x40", .name = "schedule", .offset = 0x30, .size = 0x40,
		  .has_offset = true },
		{ .text = "schedule+0x30/0x40", .name = "schedule", .offset = 0x30, .size = 0x40,
		  .has_offset = true, .has_address = true, .address = 0x1234 },
		{ .text = "a+0x1/0x2", .name = "a", .offset = 1, .size = 2, .has_offset = true,
		  .module = "mod" },
	};
	struct rw_printed_facts facts = { .pid = -1 };
	struct rw_printed_trace trace = { .facts = &facts, .entries = entries, .nr = 3 };
	struct rw_judged judged;
	uint64_t pc;

	(void)state;
	for (int known = 0; known < 2; known++) {
		trace.kaslr_known = known ? RW_YES : RW_UNKNOWN;
		trace.kaslr = 0x10000;
		no_error(rw_judged_init(&kernel, rw_model_find("rfc-v7"), "text", "given", 0,
					&trace, &judged));
		assert_true(rw_judged_pc(&judged, 0, &pc));
		assert_int_equal(pc, 0xffff800008002af4 + (known ? 0x10000 : 0));
		assert_true(rw_judged_pc(&judged, 1, &pc));
		assert_int_equal(pc, 0x1234);
		assert_false(rw_judged_pc(&judged, 2, &pc));
		rw_judged_deinit(&judged);
	}
}

/** What a printed trace and a replay have in common is told from their ends. */
static void test_beside(void **state)
{
#define ENTRY(n, o, s) { .text = n "+", .name = n, .offset = o, .size = s, .has_offset = true }
	const struct rw_printed_entry entries[] = {
		ENTRY("__schedule", 0x44, 0x54), ENTRY("schedule", 0x30, 0x40),
		ENTRY("wait_for_event", 0x30, 0x40), ENTRY("ret_from_fork", 0x20, 0x30),
	};
	struct rw_printed_facts facts = { .pid = 1 };
	struct rw_printed_trace trace = { .facts = &facts, .entries = entries, .nr = 4 };
	struct rw_frame frames[] = {
		{ .entry.pc = 0xffff800008002a58 }, { .entry.pc = 0xffff800008002af0 },
		{ .entry.pc = 0xffff800008003510 }, { .entry.pc = 0xffff8000080021e0 },
	};
	struct rw_trace replay = { .kernel = &kernel, .frames = frames, .nr = 4 };
	struct rw_judged judged;
	struct rw_beside beside;

	(void)state;
	no_error(rw_judged_init(&kernel, rw_model_find("rfc-v7"), "text", "given", 0, &trace,
				&judged));
	// schedule at another offset: they part there.
	rw_beside_init(&judged, &replay, &beside);
	assert_int_equal(beside.nr_same, 2);
	assert_int_equal(beside.nr_printed, 2);
	assert_int_equal(beside.nr_replayed, 2);
	frames[1].entry.pc += 4;
	rw_beside_init(&judged, &replay, &beside);
	assert_int_equal(beside.nr_same, 3);
	replay.nr = 0;
	rw_beside_init(&judged, &replay, &beside);
	assert_int_equal(beside.nr_same, 0);
	assert_int_equal(beside.nr_printed, 4);
	rw_judged_deinit(&judged);
}

/** In a layout whose chains end at a frame pointer of 0 it is asked for ret_from_fork. */
static void test_zero_fp_ends(void **state)
{
	const struct rw_printed_entry entries[] = {
		ENTRY("schedule", 0x30, 0x40), ENTRY("wait_for_event", 0x30, 0x40),
		ENTRY("ret_from_fork", 0x20, 0x30),
	};
	struct rw_printed_facts facts = { .pid = 1 };
	struct rw_printed_trace trace = { .facts = &facts, .entries = entries };
	const struct rw_model *model = rw_model_find("linux-5.10");
	struct rw_kernel old = kernel;
	struct rw_judged judged;

	(void)state;
	old.has_layout = true;
	old.layout = model->layout;
	assert_true(old.layout.zero_fp_ends);
	// With ret_from_fork at its end, and cut off before.
	for (trace.nr = 2; trace.nr <= 3; trace.nr++) {
		no_error(rw_judged_init(&old, model, "text", "given", 0, &trace, &judged));
		assert_int_equal(judged.result.verdict, RW_VERDICT_UNDETERMINED);
		assert_int_equal(judged.result.reasons[0].code, RW_REASON_PRINTED_TRACE);
		rw_judged_deinit(&judged);
	}
}

/** /proc/PID/stack leaves out the scheduler wherever it stands, then all but 64 entries. */
static void test_beside_proc_stack(void **state)
{
	enum { NR = 100 };
	const uint64_t slide = 0x10000, low = 0xffff800008010000, high = low + 0x1000;
	struct rw_frame frames[NR];
	struct rw_image *image;

	(void)state;
	no_error(rw_image_create_dump("test", &image));
	rw_image_add_symbol(image, "__sched_text_start", low - slide);
	rw_image_add_symbol(image, "__sched_text_end", high - slide);
	const struct rw_kernel slid = { .image = image, .slide = slide };
	struct rw_trace replay = { .kernel = &slid, .frames = frames, .nr = NR };
	for (uint64_t i = 0; i < NR; i++)
		frames[i] = (struct rw_frame){ .entry.pc = high + 4 * i };
	frames[0].entry.pc = low;
	frames[5].entry.pc = high - 4;
	rw_beside_proc_stack(&replay);
	assert_int_equal(replay.nr, RW_PROC_STACK_ENTRIES);
	for (uint64_t i = 0; i < RW_PROC_STACK_ENTRIES; i++)
		assert_int_equal(frames[i].entry.pc, high + 4 * (i + (i < 4 ? 1 : 2)));
	rw_image_close(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_all_models),
		cmocka_unit_test(test_pc),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_beside_proc_stack),
		cmocka_unit_test(test_zero_fp_ends),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
