// SPDX-License-Identifier: GPL-2.0-or-later
//
// What must hold for every walk, tried on stacks made at random.
//
//	unwind [SEED [CASES]]		or REWALK_SEED, REWALK_CASES in the environment
//
// A case is a plan: a few numbers from which the stack of a task is built that is right
// but for one fault at most.  Random words alone would fail at the first record and say
// nothing of a walk.  From a plan that breaks a property, all that does not matter is
// taken away before it is printed; the same seed brings it back.
//
// The properties, for every model on every layout:
//   bounded      no more entries than the words of the stacks that the walk may use
//   consistent   verdict, reasons and what the kernel returns do not contradict
//   less         a missing fact makes no trace reliable that was not (the promise of
//                rw_unwind()), nor one unreliable that was reliable
//   shifted      the same stack elsewhere in memory gives the same walk there
//   plain        what linux-6.17 accepts, the plain walk of linux-6.13 accepts as well
//
// Plans are drawn in plan.c and carried out in scene.c, facts are taken away in less.c, the
// properties stand in holds.c, and what is printed in report.c.

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "less.h"
#include "report.h"

static uint64_t first_seed = 20221122, nr_cases = 2500;
static struct walk walk;

/** Try the property on all cases; report one failure for each model. */
static void try_all(const char *name, property_fn *holds, unsigned int variants)
{
	size_t nr, checked = 0, failed = 0;
	const struct rw_model *models = rw_models(&nr);
	bool reported[MAX_MODELS] = { false };

	assert_true(nr <= MAX_MODELS);
	for (uint64_t i = 0; i < nr_cases; i++) {
		struct plan p;

		plan_draw(&p, first_seed + i);
		for (unsigned int n = 0; n < variants; n++) {
			for (size_t m = 0; m < nr; m++) {
				char why[256];

				checked++;
				if (reported[m] || holds(&p, &models[m], n, why, sizeof(why)))
					continue;
				report(name, p, holds, &models[m], n);
				reported[m] = true;
				failed++;
			}
		}
	}
	print_message("%s: %zu checked, seeds %" PRIu64 " to %" PRIu64 "\n", name, checked,
		      first_seed, first_seed + nr_cases - 1);
	assert_int_equal(failed, 0);
}

/** Are the cases of use?  Both kinds must be there in numbers. */
static void test_distribution(void **unused)
{
	static const char *const judged[] = { "linux-6.1", "linux-6.17", "rfc-v7" };
	size_t nr, all = 0, accepted = 0, late = 0;
	const struct rw_model *models = rw_models(&nr);

	(void)unused;
	for (size_t m = 0; m < nr; m++) {
		size_t count = 0, verdicts[3] = { 0 }, later = 0;

		for (uint64_t i = 0; i < nr_cases; i++) {
			struct plan p;

			plan_draw(&p, first_seed + i);
			// A model's own layout only: what its kernels can bring about.
			if (memcmp(&rw_model_find(layout_models[p.layout])->layout,
				   &models[m].layout, sizeof(models[m].layout)))
				continue;
			scene_walk(kept_scene(&p), &models[m], true, &walk);
			count++;
			verdicts[walk.result.verdict]++;
			later += walk.result.decided && walk.result.decided_at >= 3;
		}
		print_message("%-11s %5zu cases in its layout: %3zu%% reliable, %3zu%% unreliable "
			      "(%3zu%% after the third frame), %zu undetermined\n", models[m].name,
			      count, verdicts[0] * 100 / count, verdicts[1] * 100 / count,
			      later * 100 / count, verdicts[2]);
		// All facts are known in a whole scene.
		assert_int_equal(verdicts[RW_VERDICT_UNDETERMINED], 0);
		for (size_t j = 0; j < 3; j++) {
			if (strcmp(models[m].name, judged[j]))
				continue;
			all += count;
			accepted += verdicts[RW_VERDICT_RELIABLE];
			late += later;
		}
	}
	print_message("linux-6.1, linux-6.17, rfc-v7: %zu%% reliable, %zu%% fail after the third "
		      "frame\n", accepted * 100 / all, late * 100 / all);
	assert_true(accepted * 100 >= all * 30);
	assert_true(late * 100 >= all * 30);
}

static void test_consistent(void **unused)
{
	(void)unused;
	try_all("bounded and consistent", holds_consistent, 2);
}

static void test_less(void **unused)
{
	(void)unused;
	try_all("less", holds_less, NR_LESS);
}

static void test_shifted(void **unused)
{
	(void)unused;
	try_all("shifted", holds_shifted, 1);
}

static void test_plain(void **unused)
{
	(void)unused;
	try_all("plain", holds_plain, 1);
}

static void number(const char *text, uint64_t *ret)
{
	if (text && *text)
		*ret = strtoull(text, NULL, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distribution),
		cmocka_unit_test(test_consistent),
		cmocka_unit_test(test_less),
		cmocka_unit_test(test_shifted),
		cmocka_unit_test(test_plain),
	};

	number(getenv("REWALK_SEED"), &first_seed);
	number(getenv("REWALK_CASES"), &nr_cases);
	number(argc > 1 ? argv[1] : NULL, &first_seed);
	number(argc > 2 ? argv[2] : NULL, &nr_cases);
	return cmocka_run_group_tests_name("properties of the walk", tests, NULL, NULL);
}
