// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is said of a walk: the JSON writer, the counts over traces and the exit
// status, and that each reason has a sentence.

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

/* ---- JSON --------------------------------------------------------------------- */

/** A writer into memory; end() gives the text, to be freed. */
struct sheet {
	struct rw_json json;
	char *text;
	size_t size;
};

static void begin(struct sheet *s)
{
	*s = (struct sheet){ 0 };
	s->json.file = open_memstream(&s->text, &s->size);
	assert_non_null(s->json.file);
}

static void end(struct sheet *s, const char *want)
{
	assert_int_equal(fclose(s->json.file), 0);
	assert_string_equal(s->text, want);
	assert_int_equal(s->size, strlen(want));
	free(s->text);
}

static void test_json_shape(void **unused)
{
	struct sheet s;

	(void)unused;
	begin(&s);
	for (int line = 0; line < 2; line++) {
		rw_json_open(&s.json, NULL, '{');
		rw_json_open(&s.json, "empty", '[');
		rw_json_close(&s.json, ']');
		rw_json_open(&s.json, "list", '[');
		rw_json_number(&s.json, NULL, 1);
		rw_json_open(&s.json, NULL, '{');
		rw_json_close(&s.json, '}');
		rw_json_string(&s.json, NULL, "x");
		rw_json_close(&s.json, ']');
		rw_json_bool(&s.json, "yes", true);
		rw_json_bool(&s.json, "no", false);
		rw_json_null(&s.json, "null");
		rw_json_string(&s.json, "nothing", NULL);
		rw_json_close(&s.json, '}');
		rw_json_end_line(&s.json);
	}
#define LINE "{\"empty\":[],\"list\":[1,{},\"x\"],\"yes\":true,\"no\":false,\"null\":null," \
	     "\"nothing\":null}\n"
	end(&s, LINE LINE);
}

/** Lines for people who compare two files, and strings that come back byte for byte. */
static void test_json_lines_and_bytes(void **unused)
{
	struct sheet s;

	(void)unused;
	begin(&s);
	rw_json_open(&s.json, NULL, '{');
	rw_json_bytes(&s.json, "a", "x\"\\\x01\x1f ~\x7f\x80\xc3\xbc\xff");
	rw_json_break(&s.json);
	rw_json_bytes(&s.json, "b", NULL);
	rw_json_open(&s.json, "c", '[');
	rw_json_break(&s.json);
	rw_json_bytes(&s.json, NULL, "");
	rw_json_close(&s.json, ']');
	rw_json_close(&s.json, '}');
	end(&s, "{\"a\":\"x\\\"\\\\\\u0001\\u001f ~\\u007f\\u0080\\u00c3\\u00bc\\u00ff\",\n"
		"\"b\":null,\"c\":[\n\"\"]}");
}

static void test_json_numbers(void **unused)
{
	struct sheet s;

	(void)unused;
	begin(&s);
	rw_json_open(&s.json, NULL, '[');
	rw_json_number(&s.json, NULL, UINT64_MAX);
	rw_json_signed(&s.json, NULL, INT64_MIN);
	rw_json_signed(&s.json, NULL, -22);
	rw_json_address(&s.json, NULL, 0);
	rw_json_address(&s.json, NULL, 0xffff80000A5d8000);
	rw_json_close(&s.json, ']');
	end(&s, "[18446744073709551615,-9223372036854775808,-22,\"0x0\",\"0xffff80000a5d8000\"]");
}

static void assert_quoted(const char *value, const char *want)
{
	struct sheet s;

	begin(&s);
	rw_json_string(&s.json, NULL, value);
	end(&s, want);
}

static void test_json_escapes(void **unused)
{
	char want[32], value[2] = { 0 };

	(void)unused;
	assert_quoted("", "\"\"");
	assert_quoted("a \"quoted\" name", "\"a \\\"quoted\\\" name\"");
	assert_quoted("C:\\dumps\\", "\"C:\\\\dumps\\\\\"");
	assert_quoted("\\\"", "\"\\\\\\\"\"");
	// A newline in a file's name must not end the line of the object.
	assert_quoted("a\nb\tc\r", "\"a\\u000ab\\u0009c\\u000d\"");
	for (int c = 1; c < 0x20; c++) {
		value[0] = c;
		sprintf(want, "\"\\u%04x\"", c);
		assert_quoted(value, want);
	}
	assert_quoted("\x7f", "\"\\u007f\"");
	assert_quoted(" ~/<>&'", "\" ~/<>&'\"");
}

#define R "\\ufffd"

/** Names of files and tasks are bytes; what is no UTF-8 is replaced, byte by byte. */
static void test_json_utf8(void **unused)
{
	static const char *const rows[][2] = {
		{ "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7",
		  "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7\"" },
		// first and last of each length
		{ "\xc2\xa0\xdf\xbf", "\"\xc2\xa0\xdf\xbf\"" },
		{ "\xc2\x80\xc2\x9f", "\"\\u0080\\u009f\"" },	// a terminal would act on them
		{ "\xe0\xa0\x80\xef\xbf\xbf", "\"\xe0\xa0\x80\xef\xbf\xbf\"" },
		{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"" },
		// on either side of the surrogates
		{ "\xed\x9f\xbf\xee\x80\x80", "\"\xed\x9f\xbf\xee\x80\x80\"" },
		{ "\x80", "\"" R "\"" },
		{ "a\xff" "b", "\"a" R "b\"" },
		{ "\xc0\x80", "\"" R R "\"" },			// overlong
		{ "\xc1\xbf", "\"" R R "\"" },
		{ "\xe0\x9f\xbf", "\"" R R R "\"" },
		{ "\xf0\x8f\xbf\xbf", "\"" R R R R "\"" },
		{ "\xed\xa0\x80", "\"" R R R "\"" },		// a surrogate
		{ "\xf4\x90\x80\x80", "\"" R R R R "\"" },	// past U+10FFFF
		{ "\xf5\x80\x80\x80", "\"" R R R R "\"" },
		{ "\xfe\xff", "\"" R R "\"" },
		// cut short by the end, by a quote, by another character
		{ "\xc3", "\"" R "\"" },
		{ "\xe2\x82", "\"" R R "\"" },
		{ "\xf0\x9f\x90", "\"" R R R "\"" },
		{ "\xc3\"", "\"" R "\\\"\"" },
		{ "\xe2\x82\xc3\xbc", "\"" R R "\xc3\xbc\"" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_quoted(rows[i][0], rows[i][1]);
}

/** A key comes before its escaped value, and a comma before the next key. */
static void test_json_keys(void **unused)
{
	struct sheet s;

	(void)unused;
	begin(&s);
	rw_json_open(&s.json, NULL, '{');
	rw_json_string(&s.json, "a", ",");
	rw_json_string(&s.json, "b", "}");
	rw_json_open(&s.json, "c", '{');
	rw_json_number(&s.json, "d", 0);
	rw_json_close(&s.json, '}');
	rw_json_null(&s.json, "e");
	rw_json_close(&s.json, '}');
	end(&s, "{\"a\":\",\",\"b\":\"}\",\"c\":{\"d\":0},\"e\":null}");
}

/* ---- counts --------------------------------------------------------------------- */

static void count(struct rw_tally *tally, enum rw_verdict verdict, size_t nr_reasons,
		  enum rw_reason_code first)
{
	struct rw_unwind_result result = {
		.verdict = verdict,
		.nr_reasons = nr_reasons,
		.reasons = { { .code = first }, { .code = RW_REASON_PAC_UNKNOWN } },
	};

	rw_tally_add(tally, &result);
}

static void test_tally_status(void **unused)
{
	struct rw_tally tally = { 0 };

	(void)unused;
	// Nothing was walked: nothing was found to be wrong.
	assert_int_equal(rw_tally_status(&tally), 0);
	count(&tally, RW_VERDICT_RELIABLE, 0, RW_REASON_NONE);
	assert_int_equal(rw_tally_status(&tally), 0);
	count(&tally, RW_VERDICT_UNDETERMINED, 2, RW_REASON_MEMORY_MISSING);
	assert_int_equal(rw_tally_status(&tally), 3);
	count(&tally, RW_VERDICT_RELIABLE, 0, RW_REASON_NONE);
	assert_int_equal(rw_tally_status(&tally), 3);
	// One that is surely unreliable says more than one that nobody knows.
	count(&tally, RW_VERDICT_UNRELIABLE, 1, RW_REASON_SYM_CODE);
	assert_int_equal(rw_tally_status(&tally), 1);
	count(&tally, RW_VERDICT_UNDETERMINED, 1, RW_REASON_MEMORY_MISSING);
	assert_int_equal(rw_tally_status(&tally), 1);

	assert_int_equal(tally.traces, 5);
	assert_int_equal(tally.verdicts[RW_VERDICT_RELIABLE], 2);
	assert_int_equal(tally.verdicts[RW_VERDICT_UNRELIABLE], 1);
	assert_int_equal(tally.verdicts[RW_VERDICT_UNDETERMINED], 2);
	// By the first reason alone, so that the sums are those of the traces.
	assert_int_equal(tally.reasons[RW_REASON_MEMORY_MISSING], 2);
	assert_int_equal(tally.reasons[RW_REASON_SYM_CODE], 1);
	assert_int_equal(tally.reasons[RW_REASON_PAC_UNKNOWN], 0);
	assert_int_equal(tally.reasons[RW_REASON_NONE], 0);
}

static void test_tally_last_reason(void **unused)
{
	struct rw_tally tally = { 0 };

	(void)unused;
	count(&tally, RW_VERDICT_UNDETERMINED, 1, RW_REASON_TASK_RUNNING_NO_REGISTERS);
	assert_int_equal(tally.reasons[RW_REASON_TASK_RUNNING_NO_REGISTERS], 1);
	assert_int_equal(rw_tally_status(&tally), 3);
}

/* ---- words ------------------------------------------------------------------------ */

/** Each value has a word, and no two share one. */
static void test_names(void **unused)
{
	(void)unused;
	for (int i = 0; i <= RW_REASON_TASK_RUNNING_NO_REGISTERS; i++) {
		assert_non_null(rw_reason_name(i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(rw_reason_name(i), rw_reason_name(j));
	}
	for (int i = 0; i < RW_NR_STACKS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(rw_stack_name(i), rw_stack_name(j));
	assert_string_equal(rw_verdict_name(RW_VERDICT_UNDETERMINED), "undetermined");
}

/** One line for each reason, with the address that it is about; no image is needed for it. */
static void test_sentences(void **unused)
{
	struct rw_kernel kernel = { .va_bits_min = 48 };
	struct rw_trace trace = { .kernel = &kernel, .model = rw_model_find("rfc-v7") };

	(void)unused;
	for (int code = 0; code <= RW_REASON_TASK_RUNNING_NO_REGISTERS; code++) {
		for (int detail = 0; detail <= RW_DETAIL_LAYOUT; detail++) {
			struct rw_reason reason = {
				.code = code, .detail = detail, .address = 0xffff80000a5d8010,
			};
			char text[RW_SENTENCE_SIZE];

			rw_trace_sentence(&trace, &reason, text);
			assert_true(*text);
			assert_null(strchr(text, '\n'));
			assert_true(strlen(text) < 400);
			reason.address = 0;
			rw_trace_sentence(&trace, &reason, text);
			assert_true(*text);
		}
	}
}

/* ---- traces ------------------------------------------------------------------------ */

/** A record at each step, on and on. */
static bool read_endless(void *memory, uint64_t addr, size_t nr, uint64_t *ret)
{
	(void)memory;
	for (size_t i = 0; i < nr; i++, addr += 8)
		ret[i] = addr & 8 ? 0xffff800008100100 : addr + 16;
	return true;
}

/** The buffer grows with the walk; entries keep their order. */
static void test_trace_grows(void **unused)
{
	struct rw_kernel kernel = { .va_bits_min = 48 };
	struct rw_unwind_input in = {
		.read = read_endless,
		.pc = 0xffff800008100100,
		.fp = 0xffff80000a5d8000,
		.stacks = { [RW_STACK_TASK] = { 0xffff80000a5d8000, 0xffff80000a5dc000, RW_YES } },
		.va_bits = 48,
		.return_to_handler.exists = RW_NO,
		.kretprobe_trampoline.exists = RW_NO,
	};
	struct rw_trace trace;

	(void)unused;
	for (int i = RW_STACK_TASK + 1; i < RW_NR_STACKS; i++)
		in.stacks[i].exists = RW_NO;
	const struct rw_model *model = rw_model_find("linux-6.1");
	in.layout = model->layout;
	in.layout_known = RW_YES;
	assert_null(rw_trace_init(&kernel, model, &in, "endless", "given", &trace));
	assert_true(trace.nr > 900);
	assert_int_equal(trace.nr, trace.result.nr_entries);
	for (size_t i = 1; i < trace.nr; i++)
		assert_int_equal(trace.frames[i].entry.record, 0xffff80000a5d8000 + (i - 1) * 16);
	// The final record's address comes up in the chain, which makes it the end.
	assert_int_equal(trace.result.verdict, RW_VERDICT_RELIABLE);
	assert_true(rw_trace_is_last(&trace, trace.nr - 1));
	assert_false(rw_trace_is_last(&trace, trace.nr - 2));
	rw_trace_deinit(&trace);
	assert_null(trace.frames);
	rw_trace_deinit(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_shape),
		cmocka_unit_test(test_json_lines_and_bytes),
		cmocka_unit_test(test_json_numbers),
		cmocka_unit_test(test_json_escapes),
		cmocka_unit_test(test_json_utf8),
		cmocka_unit_test(test_json_keys),
		cmocka_unit_test(test_tally_status),
		cmocka_unit_test(test_tally_last_reason),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_trace_grows),
	};

	return cmocka_run_group_tests_name("verdict and output", tests, NULL, NULL);
}
