// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first lines of reports, and whether one trace stands under them or many.
//
// Source: arch/arm64/kernel/traps.c, arch/arm64/mm/fault.c, kernel/panic.c,
// kernel/hung_task.c, kernel/rcu/tree_stall.h, kernel/watchdog.c, lib/nmi_backtrace.c,
// drivers/tty/sysrq.c, mm/, arch/arm64/kvm/handle_exit.c, of 4.9 to 7.2.

#include "report.h"
#include "scan.h"

static const struct rw_report_head heads[] = {
	{ .word = "Unable to handle kernel", .fatal = true },
	{ .word = "Internal error:", .fatal = true },
	{ .word = "kernel BUG at ", .fatal = true },
	{ .word = "Kernel panic - not syncing", .fatal = true },
	{ .word = "Insufficient stack space to handle exception", .fatal = true },
	{ .word = "Bad mode in ", .fatal = true },
	{ .word = "Unhandled 64-bit ", .fatal = true },
	{ .word = "SError Interrupt on CPU", .fatal = true },
	{ .word = "BUG: workqueue lockup", .list = RW_LIST_TASKS },
	{ .word = "WARNING:" },
	{ .word = "BUG:" },
	{ .word = "UBSAN:" },
	{ .word = "INFO: task ", .list = RW_LIST_TASKS },
	{ .word = "INFO: rcu", .list = RW_LIST_CPUS },
	{ .word = "INFO:" },
	{ .word = "rcu: INFO:", .list = RW_LIST_CPUS },
	{ .word = "sysrq:", .list = RW_LIST_CPUS },
	{ .word = "SysRq :", .list = RW_LIST_CPUS },
	{ .word = "watchdog:" },
	{ .word = "Task dump for CPU ", .list = RW_LIST_CPUS, .is_part = true },
	{ .word = "Sending NMI from CPU ", .list = RW_LIST_CPUS, .is_part = true },
	{ .word = "NMI backtrace for cpu ", .list = RW_LIST_CPUS, .is_part = true },
	{ .word = "rcu: Stack dump where RCU", .list = RW_LIST_CPUS, .is_part = true },
	{ .word = "rcu: RCU grace-period kthread", .list = RW_LIST_CPUS, .is_part = true },
	{ .word = "unreferenced object " },
	{ .word = "page allocation failure", .anywhere = true },
	{ .word = "invoked oom-killer", .anywhere = true },
	{ .word = ": nobody cared (try booting with", .anywhere = true },
	{ .word = "Watchdog detected hard LOCKUP", .anywhere = true },
	{ .word = "nVHE hyp panic at", .anywhere = true, .fatal = true },
	{ .word = "nVHE hyp BUG at", .anywhere = true, .fatal = true },
};

const struct rw_report_head *rw_report_head(const char *p, const char *end)
{
	// A word that stands at the end of its line is of one that is not long.
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (heads[i].anywhere ? rw_find_in_short(p, end, 512, heads[i].word) != NULL :
		    rw_begins(p, end, heads[i].word))
			return &heads[i];
	return NULL;
}
