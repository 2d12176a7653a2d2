// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a case owns.

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/case.h"
#include "rewalk/vector.h"

bool rw_case_string(struct rw_case *c, const char *text, const char **ret)
{
	*ret = NULL;
	if (!text)
		return true;
	if (!rw_vector_reserve((void **)&c->strings.data, &c->strings.capacity, c->strings.nr,
			       sizeof(c->strings.data[0])))
		return false;
	char *copy = strdup(text);
	if (!copy)
		return false;
	c->strings.data[c->strings.nr++] = copy;
	*ret = copy;
	return true;
}

bool rw_case_word(struct rw_case_trace *trace, uint64_t addr, uint64_t word)
{
	struct rw_case_run *run = trace->runs.nr ? &trace->runs.data[trace->runs.nr - 1] : NULL;
	uint64_t *to = rw_vector_push(&trace->words);

	if (!to)
		return false;
	*to = htole64(word);
	if (!run || addr != run->addr + 8 * (uint64_t)run->nr) {
		run = rw_vector_push(&trace->runs);
		if (!run)
			return false;
		*run = (struct rw_case_run){ addr, trace->words.nr - 1, 0 };
	}
	run->nr++;
	return true;
}

static void deinit_trace(struct rw_case_trace *trace)
{
	free(trace->stacks.data);
	free(trace->fgraph.data);
	free(trace->kretprobes.data);
	free(trace->lost.data);
	free(trace->runs.data);
	free(trace->words.data);
}

void rw_case_deinit(struct rw_case *c)
{
	struct rw_case_kernel *k = &c->kernel;
	struct rw_case_ranges *const lists[] = { &k->sym_code, &k->el1_entry, &k->ret_from_fork,
						 &k->special, &k->code_section, &k->more_text };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		free(lists[i]->data);
	free(k->not_text.data);
	free(k->options.data);
	free(c->given.data);
	free(c->symbols.data);
	free(c->lost.data);
	for (size_t i = 0; i < c->traces.nr; i++)
		deinit_trace(&c->traces.data[i]);
	free(c->traces.data);
	for (size_t i = 0; i < c->strings.nr; i++)
		free(c->strings.data[i]);
	free(c->strings.data);
	*c = (struct rw_case){ 0 };
}
