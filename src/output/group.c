// SPDX-License-Identifier: GPL-2.0-or-later
//
// Identical stacks once, with their tasks: same entries, same verdict, same reasons.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/output.h"
#include "rewalk/vector.h"

struct group {
	struct rw_trace trace;	/* of the first task */
	uint64_t hash;
	const struct rw_task **data;
	size_t nr, capacity;
};

struct rw_groups {
	struct group *data;
	size_t nr, capacity;
	size_t *slots;		/* index + 1, by hash; open addressing */
	size_t nr_slots;
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
}

static uint64_t hash_of(const struct rw_trace *trace)
{
	uint64_t hash = trace->result.verdict;

	for (size_t i = 0; i < trace->nr; i++)
		hash = mix(hash, trace->frames[i].entry.pc);
	return hash;
}

static bool same(const struct rw_trace *a, const struct rw_trace *b)
{
	const struct rw_unwind_result *x = &a->result, *y = &b->result;

	if (a->nr != b->nr || x->verdict != y->verdict || x->nr_reasons != y->nr_reasons ||
	    x->consumed != y->consumed || a->input.start != b->input.start)
		return false;
	for (size_t i = 0; i < x->nr_reasons; i++)
		if (x->reasons[i].code != y->reasons[i].code ||
		    x->reasons[i].frame != y->reasons[i].frame)
			return false;
	for (size_t i = 0; i < a->nr; i++)
		if (a->frames[i].entry.pc != b->frames[i].entry.pc)
			return false;
	return true;
}

struct rw_groups *rw_groups_create(void)
{
	return calloc(1, sizeof(struct rw_groups));
}

void rw_groups_destroy(struct rw_groups *groups)
{
	if (!groups)
		return;
	for (size_t i = 0; i < groups->nr; i++) {
		rw_trace_deinit(&groups->data[i].trace);
		free(groups->data[i].data);
	}
	free(groups->data);
	free(groups->slots);
	free(groups);
}

static bool grow(struct rw_groups *groups)
{
	size_t nr = groups->nr_slots ? 2 * groups->nr_slots : 256;
	size_t *slots = calloc(nr, sizeof(slots[0]));

	if (!slots)
		return false;
	for (size_t i = 0; i < groups->nr; i++) {
		size_t at = groups->data[i].hash & (nr - 1);

		while (slots[at])
			at = (at + 1) & (nr - 1);
		slots[at] = i + 1;
	}
	free(groups->slots);
	groups->slots = slots;
	groups->nr_slots = nr;
	return true;
}

struct rw_error *rw_groups_add(struct rw_groups *groups, struct rw_trace *trace)
{
	uint64_t hash = hash_of(trace);

	if (2 * groups->nr >= groups->nr_slots && !grow(groups))
		return &rw_enomem;
	size_t at = hash & (groups->nr_slots - 1);
	struct group *group = NULL;
	while (groups->slots[at]) {
		group = &groups->data[groups->slots[at] - 1];
		if (group->hash == hash && same(&group->trace, trace))
			break;
		group = NULL;
		at = (at + 1) & (groups->nr_slots - 1);
	}
	if (!group) {
		group = rw_vector_push(groups);
		if (!group)
			return &rw_enomem;
		*group = (struct group){ .trace = *trace, .hash = hash };
		groups->slots[at] = groups->nr;
		// The group has it now.
		trace->frames = NULL;
		trace->nr = 0;
	}
	if (!rw_vector_reserve((void **)&group->data, &group->capacity, group->nr,
			       sizeof(group->data[0])))
		return &rw_enomem;
	group->data[group->nr++] = trace->task;
	return NULL;
}

void rw_output_groups(struct rw_output *out, const struct rw_groups *groups)
{
	for (size_t i = 0; i < groups->nr; i++) {
		const struct group *group = &groups->data[i];

		fprintf(out->file, "%s%zu task%s:", i ? "\n" : "", group->nr,
			group->nr == 1 ? "" : "s");
		for (size_t j = 0; j < group->nr; j++) {
			const struct rw_task *task = group->data[j];

			char comm[17];

			fprintf(out->file, "%s %u %s", j ? "," : "", task->pid,
				rw_output_comm(task, comm));
		}
		fprintf(out->file, "  %s\n", group->trace.model->name);
		rw_output_frames(out, &group->trace);
	}
}
