// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk models: the unwinder generations that can be replayed.

#include "command.h"

static const char doc[] =
	"List the generations of the arm64 unwinder that can be replayed.\v"
	"reliable-walk: that kernel has a reliable walk, and the verdict is its word. "
	"complete-walk: it has none; reliable means that the walk ended as it should. "
	"marked-frames: it marks frames and returns nothing.";

static const struct argp_child children[] = {
	{ &options_format, 0, NULL, 3 },
	{ 0 },
};

static const struct argp argp = { NULL, options_parse, NULL, doc, children, NULL, NULL };

static void print_json(const struct rw_model *model)
{
	struct rw_json json = { .file = stdout };

	rw_json_open(&json, NULL, '{');
	rw_json_string(&json, "type", "model");
	rw_json_string(&json, "name", model->name);
	rw_json_string(&json, "releases", model->releases);
	rw_json_string(&json, "promise", rw_promise_name(model->promise));
	rw_json_string(&json, "summary", model->summary);
	rw_json_string(&json, "defect", model->defect);
	for (unsigned int bit = 1; bit < 1 << RW_NR_OPTIONS; bit <<= 1)
		rw_json_bool(&json, rw_option_name(bit), model->options & bit);
	rw_json_open(&json, "options", '[');
	for (unsigned int bit = 1; bit < 1 << RW_NR_OPTIONS; bit <<= 1)
		if (model->variants & bit)
			rw_json_string(&json, NULL, rw_option_name(bit));
	rw_json_close(&json, ']');
	rw_json_string(&json, "varies", model->varies);
	rw_json_close(&json, '}');
	rw_json_end_line(&json);
}

int command_models(int argc, char **argv)
{
	struct options options;
	size_t nr;

	options_init(&options, &argp, TAKES_NOTHING);
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	const struct rw_model *models = rw_models(&nr);
	for (size_t i = 0; i < nr; i++) {
		if (options.format == RW_FORMAT_JSON) {
			print_json(&models[i]);
			continue;
		}
		printf("%-11s %-13s %-27s %s\n", models[i].name,
		       rw_promise_name(models[i].promise), models[i].releases, models[i].summary);
		if (models[i].defect)
			printf("%-11s defect: %s\n", "", models[i].defect);
		for (unsigned int bit = 1; bit < 1 << RW_NR_OPTIONS; bit <<= 1)
			if (models[i].variants & bit)
				printf("%-11s option: %s (%s)\n", "", rw_option_name(bit),
				       models[i].options & bit ? "on" : "off");
		if (models[i].varies)
			printf("%-11s varies: %s\n", "", models[i].varies);
	}
	options_deinit(&options);
	return STATUS_OK;
}
