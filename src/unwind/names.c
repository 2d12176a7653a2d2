// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words of the output for the values of a walk.

#include "rewalk/unwind.h"

const char *rw_reason_name(enum rw_reason_code code)
{
	static const char *const names[] = {
		[RW_REASON_NONE] = "none",
		[RW_REASON_SYM_CODE] = "sym-code",
		[RW_REASON_NOT_TEXT] = "not-text",
		[RW_REASON_MISALIGNED_FP] = "misaligned-fp",
		[RW_REASON_OFF_STACK] = "off-stack",
		[RW_REASON_STACK_ORDER] = "stack-order",
		[RW_REASON_BAD_FINAL_RECORD] = "bad-final-record",
		[RW_REASON_EXCEPTION_BOUNDARY] = "exception-boundary",
		[RW_REASON_FGRAPH_LOST] = "fgraph-lost",
		[RW_REASON_KRETPROBE_LOST] = "kretprobe-lost",
		[RW_REASON_BAD_RECORD_TYPE] = "bad-record-type",
		[RW_REASON_TASK_RUNNING] = "task-running",
		[RW_REASON_ENTRY_LIMIT] = "entry-limit",
		[RW_REASON_MEMORY_MISSING] = "memory-missing",
		[RW_REASON_REGISTERS_MISSING] = "registers-missing",
		[RW_REASON_TEXT_UNKNOWN] = "text-unknown",
		[RW_REASON_LAYOUT_UNKNOWN] = "layout-unknown",
		[RW_REASON_STACK_UNKNOWN] = "stack-unknown",
		[RW_REASON_PAC_UNKNOWN] = "pac-unknown",
		[RW_REASON_PRINTED_TRACE] = "printed-trace",
		[RW_REASON_TASK_RUNNING_NO_REGISTERS] = "task-running-no-registers",
	};

	return names[code];
}

const char *rw_option_name(enum rw_model_option option)
{
	switch (option) {
	case RW_OPTION_KRETPROBE_ZERO_CHECK:
		return "kretprobe_zero_check";
	case RW_OPTION_XPACLRI:
		return "xpaclri";
	case RW_OPTION_FP_ZERO_ENDS:
		return "fp_zero_ends";
	}
	return "none";
}

const char *rw_verdict_name(enum rw_verdict verdict)
{
	static const char *const names[] = {
		[RW_VERDICT_RELIABLE] = "reliable",
		[RW_VERDICT_UNRELIABLE] = "unreliable",
		[RW_VERDICT_UNDETERMINED] = "undetermined",
	};

	return names[verdict];
}

const char *rw_stack_name(enum rw_stack_type type)
{
	static const char *const names[] = {
		[RW_STACK_TASK] = "task",
		[RW_STACK_IRQ] = "irq",
		[RW_STACK_OVERFLOW] = "overflow",
		[RW_STACK_SDEI_NORMAL] = "sdei-normal",
		[RW_STACK_SDEI_CRITICAL] = "sdei-critical",
		[RW_STACK_EFI] = "efi",
	};

	return type < RW_NR_STACKS ? names[type] : "none";
}

const char *rw_promise_name(enum rw_promise promise)
{
	static const char *const names[] = {
		[RW_PROMISE_RELIABLE_WALK] = "reliable-walk",
		[RW_PROMISE_COMPLETE_WALK] = "complete-walk",
		[RW_PROMISE_MARKED_FRAMES] = "marked-frames",
	};

	return names[promise];
}

const char *rw_start_name(enum rw_start start)
{
	static const char *const names[] = {
		[RW_START_BLOCKED] = "blocked",
		[RW_START_CURRENT] = "current",
		[RW_START_REGS] = "from-regs",
	};

	return names[start];
}
