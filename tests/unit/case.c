// SPDX-License-Identifier: GPL-2.0-or-later
//
// Case files: what is written is read again byte for byte, what is missing or wrong is
// said, and what is not known never makes a trace reliable.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rewalk/case.h"
#include "rewalk/error.h"
#include "rewalk/input.h"
#include "rewalk/replay.h"
#include "rewalk/vector.h"

#define DATA "tests/unit/data/case-raw.rwc"

static char *base;

static struct rw_error *read_text(const char *text, size_t size, struct rw_case *ret)
{
	const struct rw_file file = { .name = (char *)"c.rwc", .bytes = (const uint8_t *)text,
				      .size = size, .fd = -1 };

	return rw_case_read(&file, ret);
}

static char *write_text(const struct rw_case *c)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	rw_case_write(file, c);
	assert_int_equal(fclose(file), 0);
	return text;
}

/** The base with the first @from in it replaced. */
static char *changed(const char *from, const char *to)
{
	const char *at = strstr(base, from);
	char *text;

	if (!at)
		fail_msg("'%s' is not in " DATA, from);
	assert_true(asprintf(&text, "%.*s%s%s", (int)(at - base), base, to, at + strlen(from)) > 0);
	return text;
}

static int set_up(void **unused)
{
	size_t size;
	struct rw_file file;
	struct rw_case c;

	(void)unused;
	if (rw_file_init(DATA, 1 << 20, &file))
		return -1;
	size = file.size;
	base = strndup((const char *)file.bytes, size);
	rw_file_deinit(&file);
	struct rw_error *err = base ? read_text(base, size, &c) : &rw_enomem;
	if (!err)
		rw_case_deinit(&c);
	// A build that cannot read cases has nothing to test here.
	bool skip = err && err->code == RW_ERROR_UNSUPPORTED;
	rw_error_destroy(err);
	if (skip)
		exit(77);
	return base ? 0 : -1;
}

static int tear_down(void **unused)
{
	(void)unused;
	free(base);
	return 0;
}

static void test_round_trip(void **unused)
{
	struct rw_case c;

	(void)unused;
	assert_null(read_text(base, strlen(base), &c));
	char *text = write_text(&c);
	assert_string_equal(text, base);
	assert_int_equal(c.traces.nr, 1);
	assert_int_equal(c.symbols.nr, 8);
	assert_string_equal(c.symbols.data[1].name, "__switch_to");
	assert_int_equal(c.traces.data[0].words.nr, 16);
	assert_true(c.redacted);
	assert_null(c.replay);
	assert_int_equal(c.given.nr, 0);
	free(text);
	rw_case_deinit(&c);
}

/** All kinds of facts, each with a value of its own. */
static void fill(struct rw_case *c)
{
	struct rw_case_kernel *k = &c->kernel;
	char bytes[256];

	for (int i = 0; i < 255; i++)
		bytes[i] = i + 1;
	bytes[255] = '\0';
	assert_true(rw_case_string(c, bytes, &k->banner));
	assert_true(rw_case_string(c, "why", &k->model_why));
	assert_true(rw_case_string(c, "given", &k->slide_from));
	k->slide_known = RW_YES;
	k->slide = 0x10000;
	k->text = UINT64_C(0xffff800008000000);
	k->stext = k->text + 0x1000;
	k->etext = k->text + 0x2000;
	k->end = k->text + 0x3000;
	k->va_bits_min = 48;
	k->va_bits_max = 52;
	*(struct rw_case_option *)rw_vector_push(&k->options) =
		(struct rw_case_option){ "xpaclri", true, "release" };
	*(const char **)rw_vector_push(&c->given) = "no-xpaclri";
	k->pauth_hw = RW_NO;
	k->return_to_handler = (struct rw_case_address){ k->text, RW_YES };
	k->handler_size = 96;
	k->kretprobe_trampoline.exists = RW_NO;
	k->special.known = k->code_section.known = k->sym_code.known = true;
	for (uint64_t i = 0; i < 20; i++) {
		struct rw_case_range *range = rw_vector_push(&k->sym_code);

		*range = (struct rw_case_range){ k->text + 0x100 * i, k->text + 0x100 * i + 4,
						 NULL };
	}
	struct rw_case_range *range = rw_vector_push(&k->more_text);
	*range = (struct rw_case_range){ 0x1000, 0x2000, "m" };
	*(uint64_t *)rw_vector_push(&k->not_text) = 0xabc;
	*(const char **)rw_vector_push(&c->lost) = "a page";
	c->incomplete = true;
	c->replay = "rfc-v9";

	struct rw_case_trace *trace = rw_vector_push(&c->traces);
	*trace = (struct rw_case_trace){
		.has_task = true, .pid = 4294967295, .tgid = 1, .cpu = 7, .comm = "\xff\x01\"\\ a",
		.state = 'R', .running = true, .panicked = true, .address = UINT64_MAX,
		.walkable = "yes", .start = "from-regs", .pc = 1, .fp = 2, .pc_is_lr = true,
		.current = RW_NO, .preemptible = RW_YES, .fgraph_form = "present",
		.kretprobe_form = "present", .fgraph_incomplete = true,
	};
	*(struct rw_case_stack *)rw_vector_push(&trace->stacks) =
		(struct rw_case_stack){ "task", RW_YES, 0x1000, 0x2000 };
	*(struct rw_case_stack *)rw_vector_push(&trace->stacks) =
		(struct rw_case_stack){ "irq", RW_NO, 0, 0 };
	*(struct rw_case_fgraph *)rw_vector_push(&trace->fgraph) =
		(struct rw_case_fgraph){ 1, 2, true, true };
	*(struct rw_case_fgraph *)rw_vector_push(&trace->fgraph) =
		(struct rw_case_fgraph){ 0, 0, false, false };
	*(struct rw_case_kretprobe *)rw_vector_push(&trace->kretprobes) =
		(struct rw_case_kretprobe){ 3, 4 };
	for (uint64_t i = 0; i < 9; i++)
		assert_true(rw_case_word(trace, 0x1000 + 8 * i, i ? i * 0x0101010101010101 : 0));
	assert_true(rw_case_word(trace, 0x1800, 5));
}

static void test_every_fact(void **unused)
{
	struct rw_case c = { 0 }, again;

	(void)unused;
	fill(&c);
	char *text = write_text(&c);
	struct rw_error *err = read_text(text, strlen(text), &again);
	if (err)
		fail_msg("%s\n%s", err->message, text);
	char *second = write_text(&again);
	assert_string_equal(text, second);
	// Bytes and not characters: each comes back as it was.
	assert_string_equal(again.kernel.banner, c.kernel.banner);
	assert_string_equal(again.traces.data[0].comm, c.traces.data[0].comm);
	assert_int_equal(again.kernel.pauth_hw, RW_NO);
	assert_int_equal(again.kernel.ptrauth, RW_UNKNOWN);
	assert_int_equal(again.kernel.kretprobe_trampoline.exists, RW_NO);
	assert_int_equal(again.kernel.sym_code.nr, 20);
	assert_int_equal(again.traces.data[0].runs.nr, 2);
	assert_int_equal(again.traces.data[0].words.nr, 10);
	assert_int_equal(again.traces.data[0].stacks.nr, 2);
	assert_false(again.kernel.el1_entry.known);
	free(text);
	free(second);
	rw_case_deinit(&c);
	rw_case_deinit(&again);
}

/** What is wrong, and what the message says of it. */
static const struct {
	const char *from, *to, *says;
} bad[] = {
	{ "{\"type\"", "{\"typo\"", "type: is not \"case\"" },
	{ "\"version\":1", "\"version\":2", "version: is 2, and this rewalk reads 1" },
	{ "\"version\":1", "\"version\":\"1\"", "version: is no number" },
	{ "\"redacted\":true", "\"redacted\":1", "redacted: is neither true nor false" },
	{ "\"redacted\":true,", "", "redacted: is neither true nor false" },
	{ "\"redacted\":true", "\"redacted\":true,\"redacted\":true",
	  "line 1: duplicate object key" },
	{ "\"replay\":null", "\"replay\":[]", "replay: is no string" },
	{ "\"given\":[]", "\"given\":[\"no-\"]", "given: is none of the words" },
	{ "\"given\":[]", "\"given\":[null]", "given: has an element that is null" },
	{ "\"options\":[]", "\"options\":[[\"x\",true,\"default\"]]", "options: is none of the" },
	{ "\"options\":[]", "\"options\":[[\"xpaclri\",true,\"x\"]]", "options: is none of the" },
	{ "\"options\":[]", "\"options\":[[\"xpaclri\",1,\"given\"]]",
	  "options: has one that is no" },
	{ "\"options\":[]", "\"options\":[[\"xpaclri\",true]]", "options: has one that is no" },
	{ "\"options\":[]", "\"options\":[[\"xpaclri\",true,null]]", "options: has one that" },
	{ "\"kernel\":{", "\"kernel\":[],\"x\":{", "kernel: is no object" },
	{ "\"banner\":\"", "\"banner\":\"\xc4\x80", "kernel.banner: has a character that stands" },
	{ "\"banner\":\"", "\"banner\":\"\\u0000", "line 2:" },
	{ "\"slide\":\"0x0\",", "", "kernel.slide: is no address" },
	{ "\"slide_from\":\"the pc lies in the text as linked\"", "\"slide_from\":null",
	  "kernel.slide_from: is null" },
	{ "\"0xffff800008001000\"", "\"ffff800008001000\"", "kernel.stext: is no address" },
	{ "\"0xffff800008001000\"", "\"0xffff800008001000 \"", "kernel.stext: is no address of" },
	{ "\"0xffff800008001000\"", "\"0x10000000000000000\"", "kernel.stext: is no address of" },
	{ "\"0xffff800008001000\"", "\"0x\"", "kernel.stext: is no address of" },
	{ "\"0xffff800008001000\"", "18446603336355614720", "line 6:" },
	{ "\"etext\":\"0xffff800008005000\"", "\"etext\":\"0x1\"", "kernel.text: does not lie" },
	{ "\"thread_size\":16384", "\"thread_size\":-1", "thread_size: is no number from 0" },
	{ "\"thread_size\":16384", "\"thread_size\":1048577", "thread_size: is no number from 0" },
	{ "\"thread_size\":16384", "\"thread_size\":1.5", "thread_size: is no number from 0" },
	{ "\"va_bits_min\":48", "\"va_bits_min\":35", "kernel.va_bits: and its bounds" },
	{ "\"va_bits_max\":52", "\"va_bits_max\":47", "kernel.va_bits: and its bounds" },
	{ "\"va_bits\":0", "\"va_bits\":1", "kernel.va_bits: and its bounds" },
	{ "\"ptrauth\":\"no\"", "\"ptrauth\":\"unknown\"", "ptrauth: is neither \"yes\" nor" },
	{ "\"ptrauth\":\"no\"", "\"ptrauth\":null", "ptrauth: is neither \"yes\" nor" },
	{ "\"layout\":{", "\"layout\":null,\"x\":{", "kernel.layout: is null, and a kernel" },
	{ "\"layout\":{", "\"x\":{", "kernel.layout: is no object" },
	{ "\"pt_regs_size\":336", "\"pt_regs_size\":319", "kernel.layout: has a frame record" },
	{ "\"frame_record_meta\":false", "\"frame_record_meta\":true,\"x\":0,\"y\":1",
	  NULL },
	{ "\"pt_regs_stackframe\":304,\"frame_record_meta\":false",
	  "\"pt_regs_stackframe\":320,\"frame_record_meta\":true",
	  "has a frame record that is not" },
	{ "\"return_to_handler\":[]", "\"return_to_handler\":[\"0x1\"]",
	  "return_to_handler: is no array of 2" },
	{ "\"kretprobe_trampoline\":[]", "\"kretprobe_trampoline\":\"0x1\"",
	  "kretprobe_trampoline: is no array of 1" },
	{ "\"1000+9ac ", "\"1000+9ac  ", "sym_code: is no list of OFFSET+SIZE" },
	{ "\"1000+9ac ", "\"1000-9ac ", "sym_code: is no list of OFFSET+SIZE" },
	{ "\"1000+9ac ", "\"1000+0 ", "sym_code: has a range that is empty" },
	{ "\"1000+9ac ", "\"1000+ffffffffffffffff ",
	  "sym_code: has a range that is empty or wraps" },
	{ "\"1000+9ac ", "\"10000000000000000+1 ", "sym_code: is no list" },
	{ "\"7000+e0\"", "\"\"", "sym_code: is no list" },
	{ "\"7000+e0\"", "7000", "sym_code: is no list" },
	{ "\"special\":[", "\"x\":[", "kernel.special or kernel.code_section: is missing" },
	{ "\"code_section\":[],\n", "", "kernel.special or kernel.code_section: is missing" },
	{ "\"1890+90 1ad0+90 1d10+90 1f50+90\"",
	  "\"1+1 1+1 1+1 1+1 1+1 1+1\",\"1+1 1+1 1+1\"", "kernel.el1_entry: has more than 8" },
	{ "\"more_text\":[]", "\"more_text\":[[\"0x1\",\"0x1\"]]", "more_text: has one" },
	{ "\"more_text\":[]", "\"more_text\":[[\"0x1\",\"0x2\",\"a\",1]]", "more_text: has one" },
	{ "\"more_text\":[]", "\"more_text\":[7]", "more_text: is no address" },
	{ "\"not_text\":[]", "\"not_text\":[7]", "not_text: is no address" },
	{ "\"not_text\":[]", "\"not_text\":{}", "not_text: is no array" },
	{ "\"model\":\"rfc-v7\"", "\"model\":\"rfc-v99\"", "kernel.model: 'rfc-v99' is none" },
	{ "[\"0xffff8000080021c0\",48,\"ret_from_fork\"],", "[\"0xffff8000080021c0\",48],",
	  "symbols[0]: is no ADDRESS, SIZE" },
	{ "\"0xffff8000080021c0\",48", "\"0xffff8000080021c0\",9223372036854775807",
	  "symbols[0]: has no name, wraps" },
	{ "48,\"ret_from_fork\"", "48,null", "symbols[0]: has no name" },
	{ "\"0xffff800008002a10\",96", "\"0xffff800008002a10\",97",
	  "symbols[2]: has no name, wraps, "
	  "or begins below" },
	{ "\"lost\":[]", "\"lost\":[null]", "lost: has an element that is null" },
	{ "\"lost\":[],\n\"words\"", "\"lost\":[1],\"words\"", "traces[0].lost: is no string" },
	{ "\"lost\":[],\n\"words\"", "\"words\"", "traces[0].lost: is no array" },
	{ "\"incomplete\":false,\n\"traces\"", "\"traces\"", "incomplete: is neither" },
	{ "\"task\":null,", "", "traces[0].task: is no object" },
	{ "\"task\":null,", "\"task\":{\"pid\":-1},", "traces[0].pid: is no number" },
	{ "\"task\":null,", "\"task\":{\"pid\":1,\"tgid\":1,\"comm\":\"12345678901234567\"},",
	  "traces[0].comm: is longer than 16 bytes" },
	{ "\"task\":null,",
	  "\"task\":{\"pid\":1,\"tgid\":1,\"comm\":\"a\",\"state\":\"\",\"cpu\":0,"
	  "\"running\":false,\"panicked\":false,\"address\":\"0x0\"},",
	  "traces[0].task: has no name" },
	{ "\"walkable\":\"yes\"", "\"walkable\":\"YES\"",
	  "traces[0]: walkable: is none of the words" },
	{ "\"walkable\":\"yes\",", "", "traces[0].walkable: is no string" },
	{ "\"start\":\"blocked\"", "\"start\":\"x\"", "traces[0]: start: is none of the words" },
	{ "\"stacks\":{\"task\"", "\"stacks\":{\"tusk\"",
	  "traces[0]: stacks: has one of no known" },
	{ "\"0xffff80000c000000\",\"0xffff80000c004000\"", "\"0x1\",\"0x1\"",
	  "traces[0].stacks: has one that does not end" },
	{ "\"0xffff80000c000000\",\"0xffff80000c004000\"", "\"0x1\"", "stacks: is no array of 2" },
	{ "\"form\":\"unknown\"", "\"form\":\"no\"", "traces[0]: fgraph.form: is none" },
	{ "\"form\":\"unknown\",\"incomplete\":false,\"instances\"",
	  "\"form\":\"no\",\"incomplete\":false,\"instances\"",
	  "traces[0]: kretprobes.form: is none" },
	{ "\"entries\":[]", "\"entries\":[[true,\"0x1\"]]", "fgraph: has one that is no" },
	{ "\"entries\":[]", "\"entries\":[[\"0x1\",\"0x1\",\"0x1\"]]", "fgraph: has one" },
	{ "\"instances\":[]", "\"instances\":[[\"0x1\"]]", "kretprobes: is no address" },
	{ "\"0 0\"", "\"\"", "traces[0].words: has a line without words" },
	{ "\"0 0\"", "\"0  0\"", "traces[0].words: at 0xffff80000c003fe8 is no word" },
	{ "\"0 0\"", "\"0 0 \"", "traces[0].words: at 0xffff80000c003fe8 is no word" },
	{ "\"0 0\"", "\"0 10000000000000000\"", "traces[0].words: at 0xffff80000c003fe8 is no" },
	{ "\"0xffff80000c003fe0\",\"0", "\"0xfffffffffffffff8\",\"0 0", "wraps" },
	{ "\"0xffff80000c003fe0\",", "\"0xffff80000c003d30\",", "words: are not in the order" },
	{ "\"0xffff80000c003e90\",", "\"0xffff80000c003e08\",", "other bytes than" },
	{ "\"traces\":[", "\"traces\":[],\"x\":[", "traces: is empty" },
	{ "\"traces\":[\n", "\"traces\":[\n0,", "traces[0].task: is no object" },
};

/** Read, and if it can be read, made ready for a walk. */
static struct rw_error *open_text(const char *text)
{
	struct rw_replay *replay = NULL;
	struct rw_case c = { 0 };
	struct rw_error *err = read_text(text, strlen(text), &c);

	if (!err)
		err = rw_replay_create(&c, "c.rwc", &replay);
	rw_replay_destroy(replay);
	rw_case_deinit(&c);
	return err;
}

static void test_bad(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *text = changed(bad[i].from, bad[i].to);
		struct rw_error *err = open_text(text);

		if (!bad[i].says) {
			assert_null(err);
		} else if (!err) {
			fail_msg("%s: accepted", bad[i].to);
		} else if (!strstr(err->message, bad[i].says) ||
			   strncmp(err->message, "c.rwc: ", 7) || !strchr(err->message, ';')) {
			fail_msg("%s: %s", bad[i].to, err->message);
		}
		rw_error_destroy(err);
		free(text);
	}
}

/** A file cut short is said to be one. */
static void test_cut(void **unused)
{
	(void)unused;
	for (size_t size = 0; size + 1 < strlen(base); size += 7) {
		struct rw_case c;
		struct rw_error *err = read_text(base, size, &c);

		assert_non_null(err);
		assert_int_equal(err->code, RW_ERROR_FORMAT);
		rw_error_destroy(err);
	}
}

/** What jansson quotes of the file does not reach a terminal. */
static void test_no_quotes(void **unused)
{
	(void)unused;
	struct rw_error *err = open_text("{\"type\":\"case\",\033[31mx}");

	assert_non_null(err);
	assert_null(strchr(err->message, '\033'));
	rw_error_destroy(err);
}

static void test_too_much(void **unused)
{
	char *many = malloc(3 * (RW_CASE_MAX_WORDS + 2)), *text, *list;
	struct rw_case c;

	(void)unused;
	assert_non_null(many);
	for (size_t i = 0; i <= RW_CASE_MAX_WORDS; i++)
		memcpy(many + 2 * i, "0 ", 3);
	many[2 * RW_CASE_MAX_WORDS + 1] = '\0';
	assert_true(asprintf(&list, "\"0xffff80000c003fe0\",\"%s\"", many) > 0);
	text = changed("\"0xffff80000c003fe0\",\"0 0\"", list);
	struct rw_error *err = open_text(text);
	assert_non_null(err);
	assert_non_null(strstr(err->message, "words: has more than 65536"));
	rw_error_destroy(err);
	free(text);
	free(list);
	free(many);

	const struct rw_file file = { .name = (char *)"c.rwc", .bytes = (const uint8_t *)base,
				      .size = RW_CASE_MAX_SIZE + 1, .fd = -1 };
	err = rw_case_read(&file, &c);
	assert_non_null(err);
	assert_int_equal(err->code, RW_ERROR_FORMAT);
	rw_error_destroy(err);
}

static bool ignore(void *cookie, const struct rw_entry *entry)
{
	(void)cookie;
	(void)entry;
	return true;
}

/** The walk of a text's only trace, by @model. */
static struct rw_unwind_result walk(const char *text, const char *model)
{
	const struct rw_model *m = rw_model_find(model);
	struct rw_unwind_result result;
	struct rw_unwind_input in;
	struct rw_replay *replay = NULL;
	struct rw_case c;

	assert_non_null(m);
	struct rw_error *err = read_text(text, strlen(text), &c);
	if (!err)
		err = rw_replay_create(&c, "c.rwc", &replay);
	if (err)
		fail_msg("%s", err->message);
	assert_int_equal(rw_replay_unwind_input(replay, 0, m, &in), RW_WALK_YES);
	rw_unwind(m, &in, ignore, NULL, &result);
	rw_replay_destroy(replay);
	rw_case_deinit(&c);
	return result;
}

/** Without a fact that the walk asks for it is undetermined; others change nothing. */
static void test_missing_facts(void **unused)
{
	static const struct {
		const char *from, *to, *model;
		enum rw_verdict verdict;
		enum rw_reason_code code;
	} rows[] = {
		{ "", "", "rfc-v7", RW_VERDICT_RELIABLE, RW_REASON_NONE },
		{ "\"sym_code\":[", "\"x\":[", "rfc-v7", RW_VERDICT_UNDETERMINED,
		  RW_REASON_TEXT_UNKNOWN },
		{ "\"slide\":\"0x0\"", "\"slide\":null", "rfc-v7", RW_VERDICT_UNDETERMINED,
		  RW_REASON_TEXT_UNKNOWN },
		{ "\"task\":[\"0xffff80000c000000\",\"0xffff80000c004000\"]", "", "rfc-v7",
		  RW_VERDICT_UNDETERMINED, RW_REASON_STACK_UNKNOWN },
		{ "\"el1_entry\":[", "\"x\":[", "rfc-v7", RW_VERDICT_RELIABLE, RW_REASON_NONE },
		{ "\"el1_entry\":[", "\"x\":[", "linux-6.17", RW_VERDICT_UNDETERMINED,
		  RW_REASON_LAYOUT_UNKNOWN },
		{ "\"return_to_handler\":[],", "", "rfc-v7", RW_VERDICT_UNDETERMINED,
		  RW_REASON_LAYOUT_UNKNOWN },
		{ "\"kretprobe_trampoline\":[],", "\"x\":0,", "linux-6.1", RW_VERDICT_UNDETERMINED,
		  RW_REASON_LAYOUT_UNKNOWN },
		{ "\"return_to_handler\":[],", "\"return_to_handler\":[\"0xffff8000080021e0\",4],",
		  "rfc-v7", RW_VERDICT_UNDETERMINED, RW_REASON_MEMORY_MISSING },
		{ "[\"0xffff80000c003da0\",\"ffff80000c003dc0 ffff80000800357c\"],\n", "", "rfc-v7",
		  RW_VERDICT_UNDETERMINED, RW_REASON_MEMORY_MISSING },
		{ "\"ptrauth\":\"no\",", "", "rfc-v7", RW_VERDICT_RELIABLE, RW_REASON_NONE },
		// Facts that say no: the walk is unreliable for sure.
		{ "\"sym_code\":[", "\"sym_code\":[\"3500+100\",", "rfc-v7", RW_VERDICT_UNRELIABLE,
		  RW_REASON_SYM_CODE },
		{ "ffff80000800357c", "ffff80000900357c", "rfc-v7", RW_VERDICT_UNDETERMINED,
		  RW_REASON_TEXT_UNKNOWN },
		{ "ffff80000800357c", "ffff80000802257c", "rfc-v7", RW_VERDICT_UNRELIABLE,
		  RW_REASON_NOT_TEXT },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = changed(rows[i].from, rows[i].to);
		struct rw_unwind_result result = walk(text, rows[i].model);

		if (result.verdict != rows[i].verdict ||
		    (result.nr_reasons ? result.reasons[0].code : RW_REASON_NONE) != rows[i].code)
			fail_msg("row %zu: %s %s", i, rw_verdict_name(result.verdict),
				 result.nr_reasons ? rw_reason_name(result.reasons[0].code) : "");
		free(text);
	}
	// An address outside of the image that was asked for, and was no text.
	char *text = changed("ffff80000800357c", "ffff80000900357c"), *keep = base;
	base = text;
	char *with = changed("\"not_text\":[]", "\"not_text\":[\"0xffff80000900357c\"]");
	base = keep;
	struct rw_unwind_result result = walk(with, "rfc-v7");
	assert_int_equal(result.verdict, RW_VERDICT_UNRELIABLE);
	assert_int_equal(result.reasons[0].code, RW_REASON_NOT_TEXT);
	free(with);
	free(text);
}

/** Options: what the kernel's own model has, what the case was given, what is asked for. */
static void test_options(void **unused)
{
	const struct rw_model *m = rw_model_find("linux-6.1");
	struct rw_replay *replay = NULL;
	struct rw_case c;

	(void)unused;
	char *text = changed("\"given\":[]", "\"given\":[\"xpaclri\"]");
	assert_null(read_text(text, strlen(text), &c));
	assert_null(rw_replay_create(&c, "c.rwc", &replay));
	const struct rw_kernel *kernel = rw_replay_kernel(replay);
	assert_int_equal(rw_kernel_options(kernel, m), RW_OPTION_XPACLRI);
	assert_int_equal(rw_kernel_option_from(kernel, m, RW_OPTION_XPACLRI), RW_OPTION_GIVEN);
	rw_replay_options(replay, 0, RW_OPTION_XPACLRI);
	assert_int_equal(rw_kernel_options(kernel, m), 0);
	rw_replay_options(replay, RW_OPTION_XPACLRI, 0);
	assert_int_equal(rw_kernel_options(kernel, m), RW_OPTION_XPACLRI);
	rw_replay_destroy(replay);
	rw_case_deinit(&c);
	free(text);
	text = changed("\"model\":\"rfc-v7\"", "\"model\":\"linux-6.1\"");
	char *keep = base;
	base = text;
	char *with = changed("\"options\":[]", "\"options\":[[\"xpaclri\",true,\"code\"]]");
	base = keep;
	assert_null(read_text(with, strlen(with), &c));
	assert_null(rw_replay_create(&c, "c.rwc", &replay));
	kernel = rw_replay_kernel(replay);
	assert_int_equal(rw_kernel_options(kernel, m), RW_OPTION_XPACLRI);
	assert_int_equal(rw_kernel_option_from(kernel, m, RW_OPTION_XPACLRI), RW_OPTION_BY_CODE);
	rw_replay_destroy(replay);
	rw_case_deinit(&c);
	free(with);
	free(text);
}

static void test_names(void **unused)
{
	struct rw_symbol symbol;
	struct rw_replay *replay = NULL;
	const char *module;
	struct rw_case c;
	size_t nr;

	(void)unused;
	char *text = changed("48,\"ret_from_fork\"", "48,\"ret_from_fork\",\"mod\"");
	assert_null(read_text(text, strlen(text), &c));
	assert_null(rw_replay_create(&c, "c.rwc", &replay));
	const struct rw_kernel *kernel = rw_replay_kernel(replay);
	assert_true(rw_kernel_symbolize(kernel, UINT64_C(0xffff8000080021ef), &symbol, &module));
	assert_string_equal(symbol.name, "ret_from_fork");
	assert_string_equal(module, "mod");
	assert_int_equal(symbol.size, 48);
	assert_false(rw_kernel_symbolize(kernel, UINT64_C(0xffff8000080021f0), &symbol, &module));
	assert_false(rw_kernel_symbolize(kernel, UINT64_C(0xffff8000080021bf), &symbol, &module));
	assert_true(rw_kernel_symbolize(kernel, UINT64_C(0xffff8000080036bf), &symbol, &module));
	assert_string_equal(symbol.name, "scene_reliable");
	assert_null(module);
	rw_replay_tasks(replay, &nr);
	assert_int_equal(nr, 0);
	rw_replay_destroy(replay);
	rw_case_deinit(&c);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_fact),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_no_quotes),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_missing_facts),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
