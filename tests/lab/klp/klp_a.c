// SPDX-License-Identifier: GPL-2.0
/* Livepatch A: two functions that many tasks sleep in, ksys_read() and do_nanosleep(). */
#include <linux/freezer.h>
#include <linux/hrtimer.h>
#include <linux/sched/signal.h>

#include "klp.h"

static int (*real_copyout)(struct restart_block *, struct timespec64 *);

KLP_KSYS_READ(klp_a_ksys_read)

static noinline int klp_a_do_nanosleep(struct hrtimer_sleeper *sleeper, enum hrtimer_mode mode)
{
	struct restart_block *restart = &current->restart_block;
	struct timespec64 rest;
	ktime_t left;

	do {
		set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		hrtimer_sleeper_start_expires(sleeper, mode);
		if (likely(sleeper->task))
			schedule();
		hrtimer_cancel(&sleeper->timer);
		mode = HRTIMER_MODE_ABS;
	} while (sleeper->task && !signal_pending(current));
	__set_current_state(TASK_RUNNING);

	if (!sleeper->task)
		return 0;
	if (restart->nanosleep.type == TT_NONE)
		return -ERESTART_RESTARTBLOCK;
	left = hrtimer_expires_remaining(&sleeper->timer);
	if (left <= 0)
		return 0;
	rest = ktime_to_timespec64(left);
	return real_copyout(restart, &rest);
}

static struct klp_func functions[] = {
	{ .old_name = "ksys_read", .new_func = klp_a_ksys_read },
	{ .old_name = "do_nanosleep", .new_func = klp_a_do_nanosleep },
	{ }
};

KLP_MODULE(functions, false, (real_copyout = find("nanosleep_copyout")));
MODULE_DESCRIPTION("livepatch of two functions");
