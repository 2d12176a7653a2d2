// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vectors of the mainline walkers: vectors-kernel.tsv, one row per vector and
// group of models.  Kinds: "walk" and "reliable"; "save" and "dump" for the kernel's
// own consumers; "text" for __kernel_text_address().

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rewalk/consumers.h"
#include "rewalk/kernel.h"

#include "vectors.h"

#define RETURN_TO_HANDLER	UINT64_C(0xffff80000802d19c)
#define TRAMPOLINE		UINT64_C(0xffff800008038284)
#define RET_FROM_FORK		UINT64_C(0xffff800008100700)

enum column { ID, MODELS, KIND, START, CTX, PC, FP, STACKS, MEM, FGRAPH, KRETPROBE, OPT, ENTRIES,
	      MARKS, END, REASON, NR_COLUMNS };

struct counts {
	unsigned int compared, failed, text;
};

static uint64_t hex(const char *text)
{
	return strtoull(text, NULL, 16);
}

static uint64_t option(const char *options, const char *name, uint64_t otherwise)
{
	const char *at = strstr(options, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : otherwise;
}

static void put_stacks(struct world *w, char *text)
{
	static const char *const names[] = { "task", "irq", "overflow", "sdei_normal",
					     "sdei_critical", "efi" };
	char *one;

	while ((one = strsep(&text, ";"))) {
		char *equals = strchr(one, '='), *dash = strchr(one, '-');

		assert_true(equals && dash);
		*equals = '\0';
		for (int i = 0; i < RW_NR_STACKS; i++)
			if (!strcmp(one, names[i]))
				w->in.stacks[i] = (struct rw_stack){ hex(equals + 1), hex(dash + 1),
								     RW_YES };
	}
}

static void put_memory(struct world *w, char *text)
{
	char *one;

	while ((one = strsep(&text, ";"))) {
		char *word = strchr(one, ':');
		uint64_t addr = hex(one);

		if (!word)
			continue;
		for (word++; *word; addr += 8) {
			world_put(w, addr, strtoull(word, &word, 16));
			if (*word)
				word++;
		}
	}
}

/** The words of a shadow stack, as entries that can be reached from the top. */
static void put_shadow(struct world *w, char *text, long curr, unsigned int retp)
{
	uint64_t words[256];
	size_t nr = 0;
	char *one;

	while ((one = strsep(&text, ",")) && nr < 256)
		words[nr++] = hex(one);
	assert_true(curr >= 0 && (size_t)curr <= nr);
	struct rw_fgraph_entry newest_first[MAX_TRACED];
	size_t count = 0;
	for (long i = curr; i > 0;) {
		unsigned int offset = words[--i] & 0x3ff;

		if (!offset || offset > i)
			break;
		i -= offset;
		newest_first[count++] = (struct rw_fgraph_entry){
			.ret = words[i], .retp = words[i + retp], .known = true, .at_bottom = !i,
		};
	}
	for (size_t i = 0; i < count; i++)
		w->fgraph[i] = newest_first[count - 1 - i];
	w->in.fgraph.nr = count;
}

static void put_fgraph(struct world *w, char *text)
{
	if (!strcmp(text, "-"))
		return;
	w->in.fgraph.form = RW_TRACER_PRESENT;
	char *form = strsep(&text, ";"), *curr = strsep(&text, ";");
	long nr = strtol(curr + strlen("curr="), NULL, 10);
	if (!strcmp(form, "shadow")) {
		char *retp = strsep(&text, ";");

		put_shadow(w, text, nr, strtol(retp + strlen("retp="), NULL, 10));
		return;
	}
	char *one;
	while (text && (one = strsep(&text, ",")) && (long)w->in.fgraph.nr <= nr) {
		char *at = strchr(one, '@');

		if (at)
			w->fgraph[w->in.fgraph.nr++] = (struct rw_fgraph_entry){
				.ret = hex(one), .retp = hex(at + 1), .known = true,
			};
	}
}

static void put_kretprobes(struct world *w, char *text)
{
	char *one;

	if (!strcmp(text, "-"))
		return;
	w->in.kretprobes.form = RW_TRACER_PRESENT;
	while ((one = strsep(&text, ",")))
		w->kretprobes[w->in.kretprobes.nr++] = (struct rw_kretprobe){
			.ret_addr = hex(one), .fp = hex(strchr(one, '@') + 1),
		};
}

static bool same_entries(const char *want, const struct trace *t, size_t nr)
{
	if (!strcmp(want, "-"))
		return nr == 0;
	for (size_t i = 0; i < nr; i++) {
		char *end;

		if (strtoull(want, &end, 16) != t->e[i].pc || end == want)
			return false;
		want = *end ? end + 1 : end;
	}
	return !*want;
}

static bool same_marks(const char *want, const struct trace *t)
{
	static const char *const source[] = { "", "C", "T", "P" };
	char ours[256] = "";

	if (!strcmp(want, "-"))
		return true;
	for (size_t i = 0; i < t->nr; i++) {
		char marks[8];

		snprintf(marks, sizeof(marks), "%s%s%s", source[t->e[i].source],
			 t->e[i].fgraph ? "F" : "", t->e[i].kretprobe ? "K" : "");
		sprintf(ours + strlen(ours), "%s%s", i ? "," : "", *marks ? marks : "-");
	}
	return !strcmp(ours, want);
}

static const char *ended(const struct rw_unwind_result *r)
{
	return r->end == RW_END_FINAL ? "ENOENT" : r->end == RW_END_NOT_STARTED ? "REFUSED" :
	       r->end == RW_END_ERROR ? "EINVAL" : "other";
}

/** linux-5.10 has one code for both: what it says at its normal end is -EINVAL. */
static bool same_end(const struct rw_model *model, const char *kind, const char *want,
		     const struct trace *t, uint64_t size)
{
	const struct rw_unwind_result *r = &t->result;

	if (!strcmp(kind, "reliable")) {
		char count[16];

		sprintf(count, "%zu", t->nr);
		if (size && r->has_returned && !r->returned && t->nr >= size)
			return false;
		return !strcmp(want, "EINVAL") ? r->has_returned && r->returned == -22 &&
						 r->verdict == RW_VERDICT_UNRELIABLE :
		       !strcmp(want, count) && r->has_returned && !r->returned;
	}
	if (!strcmp(model->name, "linux-5.10") && r->end == RW_END_FINAL)
		return !strcmp(want, "EINVAL") && r->verdict == RW_VERDICT_RELIABLE;
	if (strcmp(want, ended(r)))
		return false;
	// The verdict of a complete walk is how it ended; 6.17 also refuses boundaries.
	return model->promise == RW_PROMISE_RELIABLE_WALK ||
	       r->verdict == (r->end == RW_END_FINAL ? RW_VERDICT_RELIABLE : RW_VERDICT_UNRELIABLE);
}

static bool collect(void *cookie, const struct rw_entry *entry)
{
	struct trace *trace = cookie;

	trace->e[trace->nr++] = *entry;
	return true;
}

/** What a consumer of the kernel makes of the entries of a walk. */
static bool consumed_as(char **f, const struct trace *t, bool save, uint64_t size)
{
	static struct trace printed;
	uint64_t store[256];
	const char *sched = strstr(f[OPT], "sched="), *dash = sched ? strchr(sched, '-') : NULL;
	struct rw_sched_text text = { sched ? hex(sched + 6) : 0, dash ? hex(dash + 1) : 0 };
	struct rw_save s = {
		.sched = &text, .nr_sched = sched ? 1 : 0, .store = store,
		.size = size ? size : 256, .skip = option(f[OPT], "skip=", 0),
	};
	const char *fp = strstr(f[OPT], "regs_fp="), *pc = strstr(f[OPT], "regs_pc=");
	struct rw_dump_regs d = {
		.regs_fp = fp ? hex(fp + 8) : 0, .regs_pc = pc ? hex(pc + 8) : 0,
		.print = collect, .cookie = &printed,
	};

	printed.nr = 0;
	for (size_t i = 0; i < t->nr; i++)
		if (!(save ? rw_save_consume(&s, &t->e[i]) : rw_dump_regs_consume(&d, &t->e[i])))
			break;
	if (!save)
		return same_entries(f[ENTRIES], &printed, printed.nr);
	for (size_t i = 0; i < s.len; i++)
		printed.e[i].pc = store[i];
	return same_entries(f[ENTRIES], &printed, s.len) &&
	       strtoull(f[END], NULL, 10) == s.len;
}

static void row(char **f, const char *name, struct counts *counts)
{
	static struct world w;
	static struct trace t;
	const struct rw_model *model = rw_model_find(name);
	char copy[4][4096];

	assert_non_null(model);
	world_init(&w);
	ranges_add(&w.ret_from_fork, RET_FROM_FORK, RET_FROM_FORK + 0x100);
	for (int i = 0; i < 4; i++)
		snprintf(copy[i], sizeof(copy[i]), "%s", f[STACKS + i]);
	put_stacks(&w, copy[0]);
	put_memory(&w, copy[1]);
	put_fgraph(&w, copy[2]);
	put_kretprobes(&w, copy[3]);

	struct rw_unwind_input *in = &w.in;
	uint64_t size = option(f[OPT], "size=", 0);
	bool reliable = !strcmp(f[KIND], "reliable");
	bool save = !strcmp(f[KIND], "save"), dump = !strcmp(f[KIND], "dump");
	in->layout = model->layout;
	in->options = model->options;
	if (strstr(f[OPT], "krfix=")) {
		in->options &= ~RW_OPTION_KRETPROBE_ZERO_CHECK;
		if (option(f[OPT], "krfix=", 0))
			in->options |= RW_OPTION_KRETPROBE_ZERO_CHECK;
	}
	in->start = !strcmp(f[START], "task") ? RW_START_BLOCKED :
		    !strcmp(f[START], "caller") ? RW_START_CURRENT : RW_START_REGS;
	in->current = rw_tri(!strncmp(f[CTX], "current", 7));
	in->preemptible = rw_tri(!strstr(f[CTX], "atomic"));
	in->in_nmi = rw_tri(strstr(f[CTX], "nmi"));
	in->in_efi = rw_tri(strstr(f[CTX], "efi"));
	in->pc = hex(f[PC]);
	in->fp = hex(f[FP]);
	in->va_bits = option(f[OPT], "va=", 48);
	in->ptrauth = rw_tri(option(f[OPT], "ptrauth=", 0));
	in->pauth_hw = rw_tri(option(f[OPT], "pauth_hw=", 0));
	in->return_to_handler = (struct rw_address){ RETURN_TO_HANDLER, RW_YES };
	in->kretprobe_trampoline = (struct rw_address){ TRAMPOLINE, RW_YES };
	in->need_reliable = reliable;
	in->limit = reliable ? size : 0;
	world_walk(&w, model, &t);

	counts->compared++;
	if (save || dump) {
		if (!consumed_as(f, &t, save, size)) {
			counts->failed++;
			print_error("%s %s: other entries or count\n", f[ID], name);
		}
		return;
	}
	size_t nr = reliable ? t.result.consumed : t.nr;
	bool good = same_entries(f[ENTRIES], &t, nr) && same_marks(f[MARKS], &t);
	if (reliable)
		t.nr = nr;
	if (good && same_end(model, f[KIND], f[END], &t, size))
		return;
	counts->failed++;
	print_error("%s %s: want %s %s [%s], got %s, %zu entries, %s\n", f[ID], name, f[END],
		    f[ENTRIES], f[MARKS], ended(&t.result), nr,
		    rw_verdict_name(t.result.verdict));
	for (size_t i = 0; i < t.nr; i++)
		print_error("   %llx\n", (unsigned long long)t.e[i].pc);
}

/** A hexadecimal option. */
static uint64_t option_hex(const char *options, const char *name)
{
	const char *at = strstr(options, name);

	return at ? strtoull(at + strlen(name), NULL, 16) : 0;
}

static void add_range(struct rw_text_range *ranges, size_t *nr, enum rw_text_kind kind,
		      uint64_t start, uint64_t end, bool inside)
{
	if (rw_text_range_init(kind, start, end, inside, &ranges[*nr]))
		(*nr)++;
}

/** "name:START+SIZE" behind @key. */
static bool plus(const char *options, const char *key, uint64_t *start, uint64_t *size)
{
	const char *at = strstr(options, key);
	char *end;

	if (!at)
		return false;
	*start = strtoull(at + strlen(key), &end, 16);
	*size = *end == '+' ? strtoull(end + 1, NULL, 16) : 0;
	return true;
}

static void text_row(char **f, struct counts *counts)
{
	struct rw_text_range ranges[8];
	size_t nr = 0;
	const char *o = f[OPT];
	uint64_t start, size, bpf = option_hex(o, "bpf=");
	const char *dash = strstr(o, "bpf=");

	dash = dash ? strchr(dash, '-') : NULL;
	if (!strstr(o, "mod=unformed")) {
		if (plus(o, "text:", &start, &size))
			add_range(ranges, &nr, RW_TEXT_MODULE, start, start + size, false);
		if (plus(o, "initt:", &start, &size))
			add_range(ranges, &nr, RW_TEXT_MODULE, start, start + size, false);
	}
	if (bpf && dash)
		add_range(ranges, &nr, RW_TEXT_BPF, bpf, hex(dash + 1),
			  option(o, "bpf_incl=", 0));
	if ((start = option_hex(o, "slot=")))
		add_range(ranges, &nr, RW_TEXT_KPROBE_SLOT, start,
			  start + option(o, "page=", 4096), false);
	if (plus(o, "ftramp=", &start, &size))
		add_range(ranges, &nr, RW_TEXT_FTRACE, start, start + size, false);

	const struct rw_kernel kernel = {
		.slide_known = RW_YES,
		.va_bits_min = 48,
		.stext = option_hex(o, "stext="),
		.text = option_hex(o, "stext="),
		.etext = option_hex(o, "etext="),
		.sinittext = option_hex(o, "sinittext="),
		.einittext = option_hex(o, "einittext="),
		.end = option_hex(o, "einittext="),
		.more_text = ranges,
		.nr_more_text = nr,
		.text_complete = true,
	};
	counts->text++;
	if (rw_kernel_is_text(&kernel, hex(f[PC])) == rw_tri(!strcmp(f[END], "1")))
		return;
	counts->failed++;
	print_error("%s: %s is %s\n", f[ID], f[PC], f[END]);
}

static void test_vectors(void **unused)
{
	static char buf[1 << 16];
	struct counts counts = { 0 };
	const char *path = getenv("VECTORS_KERNEL");

	(void)unused;
	FILE *file = fopen(path ? path : "tests/vectors/vectors-kernel.tsv", "r");
	assert_non_null(file);
	while (fgets(buf, sizeof(buf), file)) {
		char *f[NR_COLUMNS], *rest = buf, *name;
		size_t nr = 0;

		buf[strcspn(buf, "\n")] = '\0';
		if (*buf == '#' || !strncmp(buf, "id\t", 3))
			continue;
		while (nr < NR_COLUMNS && (f[nr] = strsep(&rest, "\t")))
			nr++;
		assert_int_equal(nr, NR_COLUMNS);
		char *models = f[MODELS];
		while ((name = strsep(&models, ","))) {
			if (!strcmp(f[KIND], "text"))
				text_row(f, &counts);
			else
				row(f, name, &counts);
		}
	}
	fclose(file);
	print_message("vectors-kernel: %u walked, %u asked for text, %u differences\n",
		      counts.compared, counts.text, counts.failed);
	assert_int_equal(counts.failed, 0);
	// Every cell of the table: a row counts once for each model that it names.
	assert_int_equal(counts.compared + counts.text, 680);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors) };

	return cmocka_run_group_tests_name("vectors of the mainline kernels", tests, NULL, NULL);
}
