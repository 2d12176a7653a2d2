// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vectors of the RFC series: vectors-rfc.tsv, each with an expectation for all
// sixteen versions.  A line begins with its type; lines before the first "vector"
// are the world that all of them share.
//
// Where the table says "none" the version gives no verdict: rewalk then says whether
// the walk was complete, which is compared with how it ended.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vectors.h"

#define MAX_FIELDS 12

struct state {
	struct world shared, world;
	bool in_vector;
	char id[32];
	bool reliable_api;
	char start[16];
	bool vmap_stack, sdei;
	unsigned int compared, failed;
};

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static void set_option(struct state *s, const char *key, const char *value)
{
	struct rw_unwind_input *in = &s->world.in;
	bool on = number(value);

	if (!strcmp(key, "current"))
		in->current = rw_tri(on);
	else if (!strcmp(key, "preemptible"))
		in->preemptible = rw_tri(on);
	else if (!strcmp(key, "in_nmi"))
		in->in_nmi = rw_tri(on);
	else if (!strcmp(key, "vmap_stack"))
		s->vmap_stack = on;
	else if (!strcmp(key, "sdei"))
		s->sdei = on;
	else if (!strcmp(key, "ptrauth"))
		in->ptrauth = rw_tri(on);
	else if (!strcmp(key, "va_bits"))
		in->va_bits = number(value);
	else if (!strcmp(key, "fgraph"))
		in->return_to_handler.exists = rw_tri(on);
	else if (!strcmp(key, "kretprobes"))
		in->kretprobe_trampoline.exists = rw_tri(on);
	else if (!strcmp(key, "table_ready"))
		in->sym_code_ready = rw_tri(on);
	else if (!strcmp(key, "limit"))
		in->limit = number(value);
	else if (!strcmp(key, "api"))
		s->reliable_api = !strcmp(value, "reliable");
	else if (strcmp(key, "final"))
		fail_msg("%s: option %s", s->id, key);
}

static void add_stack(struct state *s, char **f)
{
	static const char *const names[] = { "task", "irq", "overflow", "sdei_normal",
					     "sdei_critical" };

	for (int i = 0; i < 5; i++)
		if (!strcmp(f[1], names[i]))
			s->world.in.stacks[i] = (struct rw_stack){ number(f[2]), number(f[3]),
								   RW_YES };
}

/** "0,2" against the entries that were marked, or that stopped the walk. */
static bool same_bad(const char *bad, const struct trace *t)
{
	char ours[512] = "";

	for (size_t i = 0; i < t->nr; i++) {
		bool stopped = t->result.decided && t->result.decided_at == i &&
			       (t->result.reasons[0].code == RW_REASON_SYM_CODE ||
				t->result.reasons[0].code == RW_REASON_NOT_TEXT);

		if (t->e[i].bad || stopped)
			sprintf(ours + strlen(ours), "%s%zu", *ours ? "," : "", i);
	}
	return !strcmp(bad, *ours ? ours : "-");
}

static bool same_consumed(const char *consumed, const struct trace *t)
{
	size_t nr = t->result.consumed;

	if (!strcmp(consumed, "-"))
		return nr == 0;
	for (size_t i = 0; i < nr; i++) {
		char *end;

		if (strtoull(consumed, &end, 0) != t->e[i].pc || end == consumed)
			return false;
		consumed = end;
	}
	return !*consumed;
}

static const char *ended(const struct rw_unwind_result *r)
{
	if (r->decided && r->consumed < r->nr_entries)
		return "unreliable";
	switch (r->end) {
	case RW_END_FINAL:
		return "final";
	case RW_END_ERROR:
		return "error";
	case RW_END_CONSUMER:
		return "consumer";
	case RW_END_NOT_STARTED:
		return "nowalk";
	case RW_END_INCOMPLETE:
		break;
	}
	return "incomplete";
}

static void differs(struct state *s, int version, const char *what, const char *want,
		    const char *got)
{
	s->failed++;
	print_error("%s rfc-v%d: %s: want %s, got %s\n", s->id, version, what, want, got);
}

static void expect_one(struct state *s, int version, char **f)
{
	static struct trace t;
	char name[16];

	sprintf(name, "rfc-v%d", version);
	const struct rw_model *model = rw_model_find(name);
	struct rw_unwind_input *in = &s->world.in;

	in->options = model->options;
	in->need_reliable = s->reliable_api;
	if (!s->vmap_stack)
		in->stacks[RW_STACK_OVERFLOW].exists = RW_NO;
	if (!s->vmap_stack || !s->sdei)
		in->stacks[RW_STACK_SDEI_NORMAL].exists =
			in->stacks[RW_STACK_SDEI_CRITICAL].exists = RW_NO;
	world_walk(&s->world, model, &t);
	s->compared++;

	// A check that stops the walk does so at the last entry, with nothing beyond.
	const char *end = ended(&t.result);
	bool stops = version == 7 || version == 8;
	if (stops && s->reliable_api && t.result.decided &&
	    (t.result.reasons[0].code == RW_REASON_SYM_CODE ||
	     t.result.reasons[0].code == RW_REASON_NOT_TEXT))
		end = "unreliable";
	if (strcmp(end, f[3]))
		differs(s, version, "end", f[3], end);

	const char *verdict = rw_verdict_name(t.result.verdict);
	if (strcmp(f[2], "none") && strcmp(verdict, f[2]))
		differs(s, version, "verdict", f[2], verdict);
	if (version == 16 && strcmp(verdict, strcmp(f[3], "final") ? "unreliable" : "reliable"))
		differs(s, version, "complete walk", f[3], verdict);

	char returned[16] = "-", flag[16] = "-";
	if (t.result.has_returned)
		sprintf(returned, "%d", t.result.returned);
	if (strcmp(returned, f[4]))
		differs(s, version, "ret", f[4], returned);
	if (t.result.flag >= 0)
		sprintf(flag, "%d", t.result.flag);
	// For v7 and v8 the table's flag is "not failed", which the verdict says.
	if (!stops && version != 16 && strcmp(flag, f[5]))
		differs(s, version, "flag", f[5], flag);

	if (!same_bad(f[6], &t))
		differs(s, version, "bad", f[6], "others");
	if (!same_consumed(f[7], &t))
		differs(s, version, "consumed", f[7], "others");
}

static void expect(struct state *s, char **f)
{
	int first, last;

	assert_int_equal(sscanf(f[1], "%d-%d", &first, &last), 2);
	struct rw_unwind_input *in = &s->world.in;
	in->start = !strcmp(s->start, "saved") ? RW_START_BLOCKED :
		    !strcmp(s->start, "caller") ? RW_START_CURRENT : RW_START_REGS;
	for (int version = first; version <= last; version++) {
		struct world kept = s->world;

		expect_one(s, version, f);
		s->world = kept;
	}
}

static void line(struct state *s, char **f, size_t nr)
{
	struct world *w = &s->world;

	if (!strcmp(f[0], "vector")) {
		if (!s->in_vector)
			s->shared = s->world;
		s->in_vector = true;
		s->world = s->shared;
		s->reliable_api = true;
		s->vmap_stack = s->sdei = true;
		snprintf(s->id, sizeof(s->id), "%s", f[1]);
	} else if (!strcmp(f[0], "text")) {
		ranges_add(&w->text, number(f[2]), number(f[3]));
	} else if (!strcmp(f[0], "symcode")) {
		ranges_add(&w->sym_code, number(f[2]), number(f[3]));
	} else if (!strcmp(f[0], "special")) {
		ranges_add(&w->special, number(f[2]), number(f[3]));
	} else if (!strcmp(f[0], "section")) {
		ranges_add(&w->section, number(f[2]), number(f[3]));
	} else if (!strcmp(f[0], "addr")) {
		struct rw_address *a = !strcmp(f[1], "return_to_handler") ?
				       &w->in.return_to_handler : &w->in.kretprobe_trampoline;

		*a = (struct rw_address){ number(f[2]), RW_YES };
	} else if (!strcmp(f[0], "stack")) {
		add_stack(s, f);
	} else if (!strcmp(f[0], "default") || !strcmp(f[0], "opt")) {
		set_option(s, f[1], f[2]);
	} else if (!strcmp(f[0], "start")) {
		snprintf(s->start, sizeof(s->start), "%s", f[1]);
		w->in.fp = number(f[2]);
		w->in.pc = number(f[3]);
	} else if (!strcmp(f[0], "rec")) {
		world_put(w, number(f[1]), number(f[2]));
		world_put(w, number(f[1]) + 8, number(f[3]));
	} else if (!strcmp(f[0], "fgraph")) {
		w->in.fgraph.form = strcmp(f[1], "none") ? RW_TRACER_PRESENT : RW_TRACER_NONE;
		if (nr > 2)
			w->fgraph[w->in.fgraph.nr++] = (struct rw_fgraph_entry){
				.ret = number(f[1]), .retp = number(f[2]), .known = true,
			};
	} else if (!strcmp(f[0], "kretprobe")) {
		w->in.kretprobes.form = RW_TRACER_PRESENT;
		w->kretprobes[w->in.kretprobes.nr++] =
			(struct rw_kretprobe){ .fp = number(f[1]), .ret_addr = number(f[2]) };
	} else if (!strcmp(f[0], "expect")) {
		assert_int_equal(nr, 8);
		expect(s, f);
	} else {
		fail_msg("%s: line of type %s", s->id, f[0]);
	}
}

static void test_vectors(void **unused)
{
	static struct state s;
	const char *path = getenv("VECTORS_RFC");
	char buf[8192];

	(void)unused;
	FILE *f = fopen(path ? path : "tests/vectors/vectors-rfc.tsv", "r");
	assert_non_null(f);
	world_init(&s.world);
	s.world.in.layout = rw_model_find("rfc-v7")->layout;
	while (fgets(buf, sizeof(buf), f)) {
		char *fields[MAX_FIELDS], *rest = buf;
		size_t nr = 0;

		buf[strcspn(buf, "\n")] = '\0';
		if (!*buf || *buf == '#')
			continue;
		while (nr < MAX_FIELDS && (fields[nr] = strsep(&rest, "\t")))
			nr++;
		line(&s, fields, nr);
	}
	fclose(f);
	print_message("vectors-rfc: %u expectations compared, %u differences\n", s.compared,
		      s.failed);
	assert_int_equal(s.failed, 0);
	assert_int_equal(s.compared, 57 * 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors) };

	return cmocka_run_group_tests_name("vectors of the RFC series", tests, NULL, NULL);
}
