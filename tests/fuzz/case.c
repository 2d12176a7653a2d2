// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any case file: what is read is written and read again as the same; what can be walked
// is walked by every model, and what it prints has names.

#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/input.h"
#include "rewalk/replay.h"
#include "rewalk/trace.h"

static char *written(const struct rw_case *c, size_t *size_ret)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, size_ret);

	if (!file)
		abort();
	rw_case_write(file, c);
	if (fclose(file))
		abort();
	return text;
}

/** Written, read and written again: the same bytes. */
static void check_writer(const struct rw_case *c)
{
	size_t size, size_again;
	char *text = written(c, &size), *again;
	const struct rw_file file = { .name = (char *)"again", .bytes = (const uint8_t *)text,
				      .size = size, .fd = -1 };
	struct rw_case read;

	struct rw_error *err = rw_case_read(&file, &read);
	// What is missing is written as missing: only a number of words has a limit.
	if (err)
		abort();
	again = written(&read, &size_again);
	if (size != size_again || memcmp(text, again, size))
		abort();
	free(again);
	free(text);
	rw_case_deinit(&read);
}

static void check_walk(struct rw_replay *replay, size_t index, const struct rw_model *model)
{
	const struct rw_kernel *kernel = rw_replay_kernel(replay);
	struct rw_unwind_input in;
	struct rw_trace trace;

	if (rw_replay_unwind_input(replay, index, model, &in) != RW_WALK_YES)
		return;
	struct rw_error *err = rw_trace_init(kernel, model, &in, "case", "fuzz", &trace);
	if (err) {
		rw_error_destroy(err);
		return;
	}
	// Each record is used up: no walk has more entries than the case has words.
	if (trace.nr > RW_CASE_MAX_WORDS + 1)
		abort();
	if ((trace.result.verdict == RW_VERDICT_RELIABLE) != !trace.result.nr_reasons)
		abort();
	for (size_t i = 0; i < trace.result.nr_reasons; i++) {
		char text[RW_SENTENCE_SIZE];

		rw_trace_sentence(&trace, &trace.result.reasons[i], text);
		if (!*text)
			abort();
	}
	rw_trace_deinit(&trace);
}

static void check_recorder(struct rw_replay *replay, size_t nr, const struct rw_model *model)
{
	struct rw_recorder *recorder;
	struct rw_case *c;

	if (rw_recorder_create(rw_replay_kernel(replay), NULL, true, &recorder))
		return;
	for (size_t i = 0; i < nr; i++) {
		struct rw_unwind_input in;
		enum rw_walkable walkable = rw_replay_unwind_input(replay, i, model, &in);

		rw_error_destroy(rw_recorder_walk(recorder, NULL, walkable, &in, NULL));
	}
	rw_error_destroy(rw_recorder_case(recorder, &c));
	rw_recorder_destroy(recorder);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct rw_file file = { .name = (char *)"case", .bytes = bytes, .size = size,
				      .fd = -1 };
	struct rw_case c;
	struct rw_replay *replay;
	size_t nr_models;
	const struct rw_model *models = rw_models(&nr_models);

	struct rw_error *err = rw_case_read(&file, &c);
	if (err) {
		if (strncmp(err->message, "case: ", 6) && err != &rw_enomem)
			abort();
		rw_error_destroy(err);
		return 0;
	}
	check_writer(&c);
	err = rw_replay_create(&c, file.name, &replay);
	if (!err) {
		for (size_t i = 0; i < c.traces.nr; i++)
			for (size_t m = 0; m < nr_models; m++)
				check_walk(replay, i, &models[m]);
		check_recorder(replay, c.traces.nr, models);
		rw_replay_destroy(replay);
	}
	rw_error_destroy(err);
	rw_case_deinit(&c);
	return 0;
}
