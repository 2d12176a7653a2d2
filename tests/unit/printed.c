// SPDX-License-Identifier: GPL-2.0-or-later
//
// Traces out of texts: the forms of kernels from 4.4 to 7.2, what loggers, mails and
// tools make of them, and texts that are cut, mixed or no text at all.
//
// The texts of fixtures/logs are cut out of the lab's logs (k61-*, k72-*), or written
// after reports that are in public. What is expected of them was counted by hand.

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/printed.h"

struct output {
	char *text;
	size_t size;
	FILE *file;
};

/** One line for a trace: what matters of it. */
static struct rw_error *note(void *cookie, const struct rw_printed_trace *trace)
{
	const struct rw_printed_facts *facts = trace->facts;
	FILE *f = ((struct output *)cookie)->file;

	fprintf(f, "%s %zu-%zu", rw_printed_kind_name(trace->kind), trace->line, trace->last_line);
	if (facts->pid >= 0)
		fprintf(f, " pid %d", (int)facts->pid);
	if (facts->comm[0])
		fprintf(f, " '%s'", facts->comm);
	if (facts->state)
		fprintf(f, " %c", facts->state);
	if (facts->cpu >= 0)
		fprintf(f, " cpu %d", (int)facts->cpu);
	if (facts->label[0])
		fprintf(f, " <%s>", facts->label);
	else if (facts->report[0])
		fprintf(f, " <%.24s>", facts->report);
	fprintf(f, " %zu", trace->nr);
	for (size_t i = 0; i < trace->nr; i++) {
		const struct rw_printed_entry *e = &trace->entries[i];

		if (i && i + 1 < trace->nr)
			continue;
		fprintf(f, " %s", e->text);
		if (e->marks[0])
			fprintf(f, " (%s)", e->marks);
		if (e->decoded)
			fprintf(f, " {%s}", e->decoded);
	}
	fprintf(f, "%s%s%s%s", trace->cut ? " cut" : "", trace->interrupted ? " interrupted" : "",
		trace->mixed ? " mixed" : "", trace->complete ? " complete" : "");
	if (trace->kaslr_known == RW_YES)
		fprintf(f, " kaslr %llx", (unsigned long long)trace->kaslr);
	putc('\n', f);
	return NULL;
}

static void no_error(struct rw_error *err)
{
	if (err)
		fail_msg("%s", err->message);
}

static char *traces_of(const char *text, size_t size, struct rw_printed_log *log)
{
	struct rw_file file = { .name = "text", .bytes = (const uint8_t *)text, .size = size,
				.fd = -1 };
	struct output out = { 0 };
	struct rw_text_line line;
	struct rw_text *reader;
	bool more;

	out.file = open_memstream(&out.text, &out.size);
	assert_non_null(out.file);
	struct rw_printed *printed = rw_printed_create(note, &out);
	assert_non_null(printed);
	no_error(rw_text_open(&file, SIZE_MAX, &reader));
	for (;;) {
		no_error(rw_text_next(reader, &line, &more));
		if (!more)
			break;
		no_error(rw_printed_line(printed, &line));
	}
	no_error(rw_printed_end(printed));
	if (log)
		*log = *rw_printed_log(printed);
	rw_text_close(reader);
	rw_printed_destroy(printed);
	fclose(out.file);
	return out.text;
}

static char *load(const char *name, size_t *size_ret)
{
	char path[256];
	struct rw_file file;

	snprintf(path, sizeof(path), "fixtures/logs/%s.txt", name);
	no_error(rw_file_init(path, SIZE_MAX, &file));
	char *text = malloc(file.size + 1);
	assert_non_null(text);
	memcpy(text, file.bytes, file.size);
	*size_ret = file.size;
	rw_file_deinit(&file);
	return text;
}

static void check_text(const char *text, size_t size, const char *want)
{
	char *got = traces_of(text, size, NULL);

	assert_string_equal(got, want);
	free(got);
}

#define check(text, want) check_text(text, strlen(text), want)

static const struct {
	const char *name, *want;
} files[] = {
	{ "k61-panic-irq",
	  "call-trace 4-42 pid 1 'init' cpu 0 <Kernel panic - not synci> 38 "
	  "dump_backtrace+0xe4/0x140 el0t_64_sync+0x18c/0x190 complete kaslr 4673cce00000\n" },
	{ "k72-oops",
	  "call-trace 33-44 pid 1 'init' cpu 0 <Unable to handle kernel > 11 "
	  "scene_oops+0x8/0x18 [scene] (P) el0t_64_sync+0x198/0x1a0 complete "
	  "kaslr 2cf7ff400000\n" },
	{ "kasan",
	  "call-trace 8-16 pid 475 'kworker/u16:5' cpu 1 <BUG: KASAN: use-after-fr> 8 "
	  "dump_backtrace+0x0/0x2b8 ret_from_fork+0x10/0x30 complete\n"
	  "stored 19-21 pid 475 <Allocated by task 475:> 3 kasan_save_stack+0x28/0x58 "
	  "nvme_queue_rq+0x1a0/0x900\n"
	  "stored 24-25 pid 0 <Freed by task 0:> 2 kasan_save_stack+0x28/0x58 kfree+0x90/0x2a0\n"
	  "stored 28-28 <Last potentially related work creation:> 1 kasan_save_stack+0x28/0x58\n" },
	{ "hung",
	  "call-trace 5-10 pid 208 'vchiq-keep/0' D <INFO: task vchiq-keep/0:> 5 "
	  "__switch_to+0xf4/0x158 ret_from_fork+0x10/0x30 complete\n"
	  "call-trace 16-19 pid 29548 'kworker/2:4' D <INFO: task kworker/2:4:2> 3 "
	  "__switch_to+0x94/0xd8 ret_from_fork+0x10/0x18 complete\n"
	  "call-trace 23-25 pid 44 'a b(c)' cpu 3 <my driver: something wen> 2 "
	  "dump_backtrace+0x0/0x1b0 ret_from_fork+0x10/0x30 complete\n" },
	{ "lockdep",
	  "stored 16-18 <-> #1 (&sighand->siglock){....}-{2:2}:> 3 __lock_acquire+0x444/0x9c0 "
	  "lock_acquire+0x68/0x8c\n"
	  "stored 21-22 <-> #0 (css_set_lock){..-.}-{2:2}:> 2 check_prev_add+0x80/0x600 "
	  "__lock_acquire+0x444/0x9c0\n"
	  "call-trace 32-35 pid 2587 'podman' cpu 2 <WARNING: possible circul> 3 "
	  "dump_backtrace+0xd8/0x130 el0t_64_sync+0x190/0x194 complete\n" },
	{ "nvhe",
	  "hypervisor 2-5 <nVHE hyp BUG at: arch/ar> 3 __kvm_nvhe_hyp_panic+0xb0/0xf4 "
	  "__kvm_nvhe___skip_pauth_save+0x4/0x4\n"
	  "call-trace 11-14 pid 192 'kvm-vcpu-0' cpu 3 <nVHE hyp BUG at: arch/ar> 3 "
	  "dump_backtrace+0x94/0xec el0t_64_sync+0x190/0x194 complete kaslr 0\n" },
	{ "old-style",
	  "unheaded 9-12 4 kmem_cache_alloc_trace+0xac/0x210 __sys_trace_return+0x0/0x4\n"
	  "call-trace 18-20 pid 0 'swapper/0' R <INFO: rcu_sched detected> 2 "
	  "__switch_to+0xd4/0xf8 (null)\n"
	  "call-trace 21-28 <INFO: rcu_sched detected> 4 gic_handle_irq+0x58/0xb0 "
	  "rest_init+0x84/0x90 cut\n" },
	{ "prefixes",
	  "call-trace 7-10 pid 171 'insmod' cpu 2 <Internal error: Oops: 00> 3 "
	  "demo_work+0x24/0x60 [demo] (P) ret_from_fork+0x10/0x20 complete\n"
	  "call-trace 14-17 pid 123 'comm' cpu 1 <WARNING: kernel/foo.c:12> 3 "
	  "func+0x10/0x20 [demo 1234567890abcdef1234567890abcdef12345678] (P) "
	  "ret_from_fork+0x10/0x20 complete\n"
	  "call-trace 18-22 4 devm_kfree+0x88/0x98 __secondary_switched+0xb8/0xc0 complete\n" },
	{ "interleaved",
	  "call-trace 11-16 4 one+0x10/0x20 three+0x10/0x20 interrupted mixed\n"
	  "call-trace 3-9 pid 1 'init' cpu 0 3 dump_backtrace+0xe4/0x140 "
	  "ret_from_fork+0x10/0x20 complete\n"
	  "call-trace 6-10 pid 123 'foo' cpu 1 <watchdog: BUG: soft lock> 2 spin+0x10/0x20 "
	  "el0t_64_sync+0x18c/0x190 complete\n" },
	{ "stacks",
	  "proc-stack 2-3 pid 337 2 do_wait+0x68/0x100 el0t_64_sync+0x18c/0x190 complete\n"
	  "proc-stack 5-6 pid 338 2 pipe_read+0x2ac/0x440 0xf500101bf1525b00\n"
	  "proc-stack 7-7 pid 339 1 do_wait+0x68/0x100\n"
	  "proc-stack 14-16 pid 340 'sleeper' 2 do_nanosleep+0x8c/0x1d0 "
	  "el0t_64_sync+0x18c/0x190 complete\n"
	  "proc-stack 18-18 pid 341 'busy one' 0\n"
	  "proc-stack 22-24 pid 13 2 worker_thread+0xd0/0x2f8 ret_from_fork+0x10/0x20 complete\n"
	  "proc-stack 25-26 2 rescuer_thread+0x30/0x40 ret_from_fork+0x10/0x20 complete\n" },
	{ "decoded",
	  "call-trace 1-5 4 __switch_to (T) {/home/b/arch/arm64/kernel/process.c:740} "
	  "ret_from_fork {/home/b/arch/arm64/kernel/entry.S:863} complete\n"
	  "call-trace 6-9 2 kasan_set_track+0x3d/0x60 {mm/kasan/common.c:52} "
	  "ret_from_fork+0x10/0x20 {arch/arm64/kernel/entry.S:860} complete\n" },
	{ "saved",
	  "stored 5-6 <Use-after-free read at 0x000000004a3ef4ea (in kfence-#24):> 2 "
	  "test_use_after_free_read+0xb4/0x1a0 kunit_try_run_case+0x50/0xac\n"
	  "stored 11-12 pid 488 <allocated by task 488 on cpu 2 at 33.871326s:> 2 "
	  "test_alloc+0xe4/0x390 test_use_after_free_read+0x8c/0x1a0\n"
	  "stored 15-15 pid 489 <freed by task 489 on cpu 2 at 33.871358s:> 1 "
	  "test_use_after_free_read+0xa8/0x1a0\n"
	  "stored 22-23 <backtrace (crc 4f07ff07):> 2 kmemleak_alloc+0x38/0x98 "
	  "load_module+0xd4/0x348\n"
	  "call-trace 29-31 pid 12 'kworker/0:1' cpu 0 <BUG: sleeping function c> 2 "
	  "dump_backtrace+0xe4/0x140 ret_from_fork+0x10/0x20 complete\n" },
};

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t size;
		char *text = load(files[i].name, &size);
		char *got = traces_of(text, size, NULL);

		if (strcmp(got, files[i].want))
			print_error("%s: want\n%sgot\n%s", files[i].name, files[i].want, got);
		assert_string_equal(got, files[i].want);
		free(got);
		free(text);
	}
}

/** A cut, a mix, or something that only looks like a trace. */
static void test_edges(void **state)
{
	static const char nuls[] = "\0\0Call trace:\n\0 a+0x1/0x2\0\0\n b+0x1/0x2\n";

	(void)state;
	check("", "");
	check("\n\n\n", "");
	check("Call trace:", "call-trace 1-1 0 cut\n");
	// An entry that the end of the text cuts is none, or is marked.
	check("Call trace:\n a+0x1/0x2\n b+0x1/0", "call-trace 1-2 1 a+0x1/0x2 cut\n");
	check("Call trace:\r\n a+0x1/0x2\r\n ret_from_fork+0x10/0x20 (F)\r\n",
	      "call-trace 1-3 2 a+0x1/0x2 ret_from_fork+0x10/0x20 (F) complete\n");
	check("\xef\xbb\xbf" "Call trace:\n a+0x1/0x2\n", "call-trace 1-2 1 a+0x1/0x2 cut\n");
	check_text(nuls, sizeof(nuls) - 1,
		   "call-trace 1-3 2 a+0x1/0x2 b+0x1/0x2 cut\n");
	// Two headings, and nothing that says whose entries follow.
	check("Call trace:\nCall trace:\n a+0x1/0x2\n",
	      "call-trace 1-1 0\ncall-trace 2-3 1 a+0x1/0x2 cut\n");
	// One entry without a heading is no trace, nor are words or sums.
	check("at a+0x1/0x2\n", "");
	check(" a+0x1/0x2\n", "");
	check("1+0x1/0x2 = 3\nx +0x1/0x2\n(a+0x1/0x2)\n", "");
	check("a+0x1/0x2\nb+0x1/0x2, c+0x1/0x2\n", "");
	check(" a+0x1/0x2\n b+0x1/0x2\n c+0x1/0x2 and\n",
	      "unheaded 1-2 2 a+0x1/0x2 b+0x1/0x2\n");
	// Too many digits, none, a name of 512 characters.
	check("Call trace:\n a+0x11111111111111111/0x2\n b+0x/0x2\n", "call-trace 1-1 0 cut\n");
	char text[1200] = "Call trace:\n ";
	memset(text + strlen(text), 'n', 512);
	strcat(text, "+0x1/0x2\n");
	check(text, "call-trace 1-1 0 cut\n");
	// A bare address with something behind it is something else.
	check("Call trace:\n 0xffff800012345678\n 0x1 2\n",
	      "call-trace 1-2 1 0xffff800012345678 cut\n");
}

/** The lines of a trace may be far apart, but not for ever. */
static void test_strangers(void **state)
{
	char text[8192] = "Call trace:\n a+0x1/0x2\n";

	(void)state;
	for (int i = 0; i < 12; i++)
		strcat(text, "something else\n");
	strcat(text, " b+0x1/0x2\n");
	check(text, "call-trace 1-15 2 a+0x1/0x2 b+0x1/0x2 cut interrupted\n");
	strcpy(text, "Call trace:\n a+0x1/0x2\n");
	for (int i = 0; i < 13; i++)
		strcat(text, "something else\n");
	strcat(text, " b+0x1/0x2\n c+0x1/0x2\n");
	check(text, "call-trace 1-2 1 a+0x1/0x2\nunheaded 16-17 2 b+0x1/0x2 c+0x1/0x2 cut\n");
	// Behind the end of a chain nothing is waited for.
	check("Call trace:\n ret_from_fork+0x10/0x20\nother\n b+0x1/0x2\n",
	      "call-trace 1-2 1 ret_from_fork+0x10/0x20 complete\n");
}

/** A caller that falls silent does not keep its trace until the end of the log. */
static void test_silent_caller(void **state)
{
	char text[16384] = "[1.0][T1] Call trace:\n[1.0][T1]  ret_from_fork+0x10/0x20\n";

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(text, "[1.0][T2] something else\n");
	strcat(text, "[1.0][T2] Call trace:\n[1.0][T2]  b+0x1/0x2\n");
	check(text, "call-trace 1-2 1 ret_from_fork+0x10/0x20 complete\n"
		    "call-trace 63-64 1 b+0x1/0x2 cut\n");
}

/** More callers than are kept: each line is read, and nothing is lost. */
static void test_many_callers(void **state)
{
	char text[16384] = "", want[16384] = "";

	(void)state;
	for (int i = 1; i <= 40; i++) {
		size_t n = strlen(text), m = strlen(want);

		snprintf(text + n, sizeof(text) - n, "[1.0][T%d] Call trace:\n[1.0][T%d]  "
			 "ret_from_fork+0x10/0x20\n", i, i);
		snprintf(want + m, sizeof(want) - m, "call-trace %d-%d 1 ret_from_fork+0x10/0x20 "
			 "complete\n", 2 * i - 1, 2 * i);
	}
	check(text, want);
}

/** A line of 10 MB is passed over, and only its beginning is looked at. */
static void test_long_line(void **state)
{
	static const char head[] = "Call trace:\n a+0x1/0x2\n", tail[] = "\n b+0x1/0x2\n";
	const size_t middle = 10 << 20;
	char *text = malloc(sizeof(head) + middle + sizeof(tail));

	(void)state;
	assert_non_null(text);
	memcpy(text, head, strlen(head));
	memset(text + strlen(head), 'x', middle);
	memcpy(text + strlen(head) + middle, tail, sizeof(tail));
	check_text(text, strlen(head) + middle + strlen(tail),
		   "call-trace 1-4 2 a+0x1/0x2 b+0x1/0x2 cut interrupted\n");
	free(text);
}

/** No more entries than a trace can have. */
static void test_many_entries(void **state)
{
	struct rw_printed_log log;
	const size_t nr = RW_PRINTED_MOST_ENTRIES + 10;
	char *text = malloc(20 + nr * 12), *p = text;

	(void)state;
	assert_non_null(text);
	p += sprintf(p, "Call trace:\n");
	for (size_t i = 0; i < nr; i++)
		p += sprintf(p, " a+0x1/0x2\n");
	char *got = traces_of(text, p - text, &log);
	assert_non_null(strstr(got, " 16384 a+0x1/0x2"));
	assert_non_null(strstr(got, " cut"));
	assert_int_equal(log.nr_traces, 1);
	free(got);
	free(text);
}

static void test_log(void **state)
{
	struct rw_printed_log log;
	size_t size;
	char *text = load("stacks", &size);

	(void)state;
	free(traces_of(text, size, &log));
	free(text);
	assert_string_equal(log.livepatches,
			    "kpatch_meminfo [enabling...], kpatch_other [enabled]");

	text = load("decoded", &size);
	free(traces_of(text, size, &log));
	free(text);
	assert_int_equal(log.nr_foreign, 2);
	assert_int_equal(log.foreign_line, 10);

	static const char boots[] = "Kernel Offset: 0x1000 from 0xffff800008000000\n"
				    "Linux version 6.1.0 (a@b) #1 SMP\n"
				    "Kernel Offset: 0x2000 from 0xffff800008000000\n";
	free(traces_of(boots, strlen(boots), &log));
	assert_int_equal(log.kaslr_known, RW_NO);
	assert_string_equal(log.banner, "Linux version 6.1.0 (a@b) #1 SMP");
	free(traces_of("Kernel Offset: 0x1001 from 0x0\n", 31, &log));
	assert_int_equal(log.kaslr_known, RW_UNKNOWN);
}

static void test_pstore(void **state)
{
	static const char text[] = "Panic#1 Part1\nc\nd\nPanic#1 Part2\nb\nOops#1 Part3\na",
			  want[] = "Oops#1 Part3\na\nPanic#1 Part2\nb\nPanic#1 Part1\nc\nd\n";
	uint32_t count, part;
	size_t size;
	char *ordered;

	(void)state;
	assert_true(rw_pstore_header("Oops#12 Part34\n", 15, &count, &part));
	assert_int_equal(count, 12);
	assert_int_equal(part, 34);
	assert_false(rw_pstore_header("Oops#12 Part\n", 13, &count, &part));
	assert_false(rw_pstore_header("Oops#12 Part3x\n", 15, &count, &part));
	assert_false(rw_pstore_header("Ooh#1 Part1\n", 12, &count, &part));
	no_error(rw_pstore_order(text, strlen(text), &ordered, &size));
	assert_int_equal(size, strlen(want));
	assert_memory_equal(ordered, want, size);
	free(ordered);
	no_error(rw_pstore_order(want, strlen(want), &ordered, &size));
	assert_null(ordered);
}

static void test_find(void **state)
{
	static const char line[] = "pc : scene_oops+0x8/0x18 [scene] (P), lr : a+0x1/0x2";
	struct rw_printed_span span;
	const char *end = line + strlen(line);

	(void)state;
	assert_true(rw_printed_find(line, end, &span));
	assert_ptr_equal(span.text, line + 5);
	assert_int_equal(span.size, strlen("scene_oops+0x8/0x18"));
	assert_int_equal(span.name_size, strlen("scene_oops"));
	assert_int_equal(span.offset, 8);
	assert_int_equal(span.length, 0x18);
	assert_int_equal(span.module_size, strlen("scene"));
	assert_true(span.interrupted);
	assert_ptr_equal(span.end, strchr(line, ','));
	assert_null(span.build_id);
	assert_false(span.decoded);
	assert_true(rw_printed_find(span.text + span.size, end, &span));
	assert_memory_equal(span.name, "a+", 2);
	assert_false(span.interrupted);
	assert_null(span.module);
	assert_ptr_equal(span.end, end);
	assert_false(rw_printed_find(span.text + span.size, end, &span));
	assert_false(rw_printed_find(line, line, &span));

	static const char decoded[] = " f+0x8/0x18 [m 0123456789abcdef] (fs/a.c:12 in g, fs/b.c:3)";
	assert_true(rw_printed_find(decoded, decoded + strlen(decoded), &span));
	assert_true(span.decoded);
	assert_int_equal(span.build_id_size, 16);
	assert_ptr_equal(span.end, strstr(decoded, " (fs"));
}

/** A pipe is kept for who looks for memory in it, but no endless log is. */
static void test_pipe(void **state)
{
	struct rw_text_line line;
	struct rw_text *text;
	struct rw_file file;
	bool more = true;
	int ends[2], saved;

	(void)state;
	for (int is_log = 0; is_log < 2; is_log++) {
		size_t size = 0, total = RW_TEXT_LOG_KEEP + (1 << 20);

		assert_int_equal(pipe(ends), 0);
		saved = dup(STDIN_FILENO);
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		pid_t pid = fork();
		if (!pid) {
			static char block[1 << 16];

			memset(block, 'x', sizeof(block));
			block[sizeof(block) - 1] = '\n';
			for (size_t i = 0; i < total; i += sizeof(block))
				if (write(ends[1], block, sizeof(block)) != sizeof(block))
					_exit(1);
			_exit(0);
		}
		close(ends[1]);
		no_error(rw_file_begin("-", &file));
		assert_true(file.unread);
		no_error(rw_text_open(&file, SIZE_MAX, &text));
		if (is_log)
			rw_text_is_log(text);
		for (;;) {
			no_error(rw_text_next(text, &line, &more));
			if (!more)
				break;
			size += line.size;
		}
		assert_int_equal(size, total);
		assert_int_equal(file.dropped, is_log);
		assert_int_equal(file.size, is_log ? 0 : total);
		rw_text_close(text);
		rw_file_deinit(&file);
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_silent_caller),
		cmocka_unit_test(test_many_callers),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_many_entries),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_pstore),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
