// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which format, and the end of a run.

#include "rewalk/output.h"

void rw_output_trace(struct rw_output *out, const struct rw_trace *trace)
{
	switch (out->format) {
	case RW_FORMAT_TEXT:
		rw_output_trace_text(out, trace);
		break;
	case RW_FORMAT_KERNEL:
		rw_output_trace_kernel(out, trace);
		break;
	case RW_FORMAT_JSON:
		rw_output_trace_json(out, trace);
		break;
	}
}

static void verdicts_json(struct rw_json *json, const char *key, const struct rw_tally *tally)
{
	rw_json_open(json, key, '{');
	for (int i = 0; i <= RW_VERDICT_UNDETERMINED; i++)
		rw_json_number(json, rw_verdict_name(i), tally->verdicts[i]);
	rw_json_close(json, '}');
}

static void summary_json(struct rw_output *out, const struct rw_summary *summary)
{
	const struct rw_tally *tally = summary->tally;
	struct rw_json json = { .file = out->file };

	rw_json_open(&json, NULL, '{');
	rw_json_string(&json, "type", "summary");
	rw_json_number(&json, "schema", RW_JSON_SCHEMA);
	rw_json_number(&json, "traces", tally->traces);
	verdicts_json(&json, "verdicts", tally);
	rw_json_open(&json, "reasons", '{');
	for (int i = 1; i <= RW_REASON_TASK_RUNNING_NO_REGISTERS; i++)
		if (tally->reasons[i])
			rw_json_number(&json, rw_reason_name(i), tally->reasons[i]);
	rw_json_close(&json, '}');
	if (summary->nr_models) {
		rw_json_open(&json, "models", '{');
		for (size_t i = 0; i < summary->nr_models; i++)
			verdicts_json(&json, summary->models[i].name, &summary->by_model[i]);
		rw_json_close(&json, '}');
	}
	rw_json_bool(&json, "incomplete", tally->incomplete || tally->interrupted);
	rw_json_open(&json, "lost", '[');
	for (size_t i = 0; i < summary->nr_lost; i++)
		rw_json_string(&json, NULL, summary->lost[i]);
	rw_json_close(&json, ']');
	rw_json_close(&json, '}');
	rw_json_end_line(&json);
}

static void summary_text(struct rw_output *out, const struct rw_tally *tally)
{
	if (tally->interrupted)
		fprintf(out->file, "\nincomplete: interrupted after %zu trace%s\n", tally->traces,
			tally->traces == 1 ? "" : "s");
	else if (tally->incomplete)
		fputs("\nincomplete: the dump's list of tasks is broken off; there may be more\n",
		      out->file);
	if (tally->traces < 2)
		return;
	fprintf(out->file, "\n%zu traces:", tally->traces);
	for (int i = 0; i <= RW_VERDICT_UNDETERMINED; i++)
		fprintf(out->file, " %zu %s%s", tally->verdicts[i], rw_verdict_name(i),
			i < RW_VERDICT_UNDETERMINED ? "," : "\n");
	for (int i = 1; i <= RW_REASON_TASK_RUNNING_NO_REGISTERS; i++)
		if (tally->reasons[i])
			fprintf(out->file, "%8zu %s\n", tally->reasons[i], rw_reason_name(i));
}

static void models_text(struct rw_output *out, const struct rw_summary *summary)
{
	fprintf(out->file, "\n%-12s", "model");
	for (int i = 0; i <= RW_VERDICT_UNDETERMINED; i++)
		fprintf(out->file, " %12s", rw_verdict_name(i));
	for (size_t m = 0; m < summary->nr_models; m++) {
		fprintf(out->file, "\n%-12s", summary->models[m].name);
		for (int i = 0; i <= RW_VERDICT_UNDETERMINED; i++)
			fprintf(out->file, " %12zu", summary->by_model[m].verdicts[i]);
	}
	putc('\n', out->file);
}

void rw_output_run_summary(struct rw_output *out, const struct rw_summary *summary)
{
	if (out->format == RW_FORMAT_JSON)
		summary_json(out, summary);
	if (out->format != RW_FORMAT_TEXT)
		return;
	// Of one stack the lines above say it all.
	if (summary->nr_models && summary->tally->traces > summary->nr_models)
		models_text(out, summary);
	summary_text(out, summary->tally);
}

void rw_output_summary(struct rw_output *out, const struct rw_tally *tally)
{
	rw_output_run_summary(out, &(struct rw_summary){ .tally = tally });
}
