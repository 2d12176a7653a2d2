// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reasons in words.

#include <inttypes.h>
#include <stdio.h>

#include "rewalk/trace.h"

static const char *name_of(const struct rw_trace *trace, uint64_t addr, char *buf, size_t size)
{
	struct rw_symbol symbol;

	if (rw_kernel_symbolize(trace->kernel, addr, &symbol, NULL))
		snprintf(buf, size, "%s", symbol.name);
	else
		snprintf(buf, size, "0x%" PRIx64, addr);
	return buf;
}

static void not_text(const struct rw_trace *trace, uint64_t addr, char *ret)
{
	char name[RW_SYMBOL_NAME_SIZE];

	snprintf(ret, RW_SENTENCE_SIZE, addr ? "%s is not kernel text" :
		 "a return address of 0 is not kernel text",
		 name_of(trace, addr, name, sizeof(name)));
}

static void stack_unknown(const struct rw_trace *trace, const struct rw_reason *reason, char *ret)
{
	if (trace->task) {
		snprintf(ret, RW_SENTENCE_SIZE,
			 "0x%" PRIx64 " may lie on a stack of its CPU, whose bounds or state are "
			 "not in the dump", reason->address);
		return;
	}
	if (reason->detail == RW_DETAIL_CONTEXT)
		snprintf(ret, RW_SENTENCE_SIZE,
			 "whether the walk may use the stack at 0x%" PRIx64 " depends on the "
			 "CPU's state; say that it may with --stack",
			 reason->address);
	else
		snprintf(ret, RW_SENTENCE_SIZE,
			 "0x%" PRIx64 " lies on a stack whose bounds are not known; "
			 "give them with --stack task=ADDR+SIZE (irq=, overflow=, …)",
			 reason->address);
}

static void memory_missing(const struct rw_trace *trace, const struct rw_reason *reason, char *ret)
{
	char name[RW_SYMBOL_NAME_SIZE];

	switch (reason->detail) {
	case RW_DETAIL_FGRAPH:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the return address was replaced by %s; what it was lies in the task's "
			 "ret_stack, which only a dump of memory has",
			 name_of(trace, reason->address, name, sizeof(name)));
		break;
	case RW_DETAIL_KRETPROBE:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the return address was replaced by %s; what it was lies in the task's "
			 "kretprobe_instances, which only a dump of memory has",
			 name_of(trace, reason->address, name, sizeof(name)));
		break;
	default:
		snprintf(ret, RW_SENTENCE_SIZE,
			 trace->task ? "the word at 0x%" PRIx64 " is not in the dump" :
			 "the word at 0x%" PRIx64 " is not in the input; give a file that has it "
			 "as FILE@ADDR",
			 reason->address);
		break;
	}
}

static void layout_unknown(const struct rw_trace *trace, const struct rw_reason *reason, char *ret)
{
	if (reason->detail == RW_DETAIL_TRAMPOLINE && trace->kernel->slide_known != RW_YES)
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the KASLR offset is not known, and with it no address of the kernel; "
			 "give it with --kaslr");
	else if (reason->detail == RW_DETAIL_TRAMPOLINE)
		snprintf(ret, RW_SENTENCE_SIZE,
			 "where the tracers' trampolines lie is not known, and 0x%" PRIx64
			 " may be one; give the vmlinux",
			 reason->address);
	else if (reason->detail == RW_DETAIL_LAYOUT)
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the image has no types, so where this kernel keeps its records is not "
			 "known, and %s need not be its own model; give a vmlinux with BTF or "
			 "DWARF", trace->model->name);
	else if (reason->detail == RW_DETAIL_EL1_ENTRY)
		snprintf(ret, RW_SENTENCE_SIZE,
			 "where this kernel's exception vectors lie is not known, so that an "
			 "interrupted function cannot be told");
	else if (reason->detail == RW_DETAIL_RET_FROM_FORK)
		snprintf(ret, RW_SENTENCE_SIZE,
			 "where ret_from_fork() lies is not known: if 0x%" PRIx64 " is in it, the "
			 "chain ends there as it should", reason->address);
	else
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the list of code that this version distrusts cannot be made from this "
			 "image; 0x%" PRIx64 " may be on it",
			 reason->address);
}

static void text_unknown(const struct rw_trace *trace, const struct rw_reason *reason, char *ret)
{
	char name[RW_SYMBOL_NAME_SIZE];

	if (trace->kernel->slide_known != RW_YES)
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the KASLR offset is not known, so 0x%" PRIx64 " may be kernel text or "
			 "not; give it with --kaslr",
			 reason->address);
	else if (reason->detail == RW_DETAIL_SYM_CODE)
		snprintf(ret, RW_SENTENCE_SIZE,
			 "whether %s is a SYM_CODE function is not known without the kernel's "
			 "table or its vmlinux; give the vmlinux",
			 name_of(trace, reason->address, name, sizeof(name)));
	else
		snprintf(ret, RW_SENTENCE_SIZE,
			 "0x%" PRIx64 " is outside the kernel image: it may be text of a module or "
			 "of BPF or not; give such text with --text START-END=NAME",
			 reason->address);
}

void rw_trace_sentence(const struct rw_trace *trace, const struct rw_reason *reason,
		       char ret[RW_SENTENCE_SIZE])
{
	uint64_t addr = reason->address;
	char name[RW_SYMBOL_NAME_SIZE];

	switch (reason->code) {
	case RW_REASON_SYM_CODE:
		snprintf(ret, RW_SENTENCE_SIZE, "%s is a SYM_CODE function%s",
			 name_of(trace, addr, name, sizeof(name)),
			 trace->model->layout.zero_fp_ends && !trace->input.layout.zero_fp_ends ?
			 "; this version looks for an fp of 0 at the last frame, not for this "
			 "kernel's final record" :
			 rw_trace_is_last(trace, reason->frame) ?
			 ", and this version does not exempt the last frame" :
			 ", and this is not the last frame");
		break;
	case RW_REASON_NOT_TEXT:
		not_text(trace, addr, ret);
		break;
	case RW_REASON_MISALIGNED_FP:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the next frame record, 0x%" PRIx64 ", is misaligned", addr);
		break;
	case RW_REASON_OFF_STACK:
		snprintf(ret, RW_SENTENCE_SIZE,
			 addr ? "the next frame record, 0x%" PRIx64 ", is on no stack that this "
				"walk may use" :
				"the chain ends with a frame pointer of %" PRIu64 ", not at the "
				"final record",
			 addr);
		break;
	case RW_REASON_STACK_ORDER:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the next frame record, 0x%" PRIx64 ", lies below the last one or on a "
			 "stack that was left",
			 addr);
		break;
	case RW_REASON_BAD_FINAL_RECORD:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the record at 0x%" PRIx64 " is marked as final, but the task's final "
			 "record is elsewhere",
			 addr);
		break;
	case RW_REASON_EXCEPTION_BOUNDARY:
		// The first entry is where the registers stood; the kernel treats it alike.
		snprintf(ret, RW_SENTENCE_SIZE, "%s was %s, so its caller may be missing",
			 name_of(trace, addr, name, sizeof(name)),
			 reason->frame ? "interrupted by an exception" :
					 "running, and may not have made its frame record yet");
		break;
	case RW_REASON_FGRAPH_LOST:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the function graph tracer has no entry for the return to the frame at "
			 "0x%" PRIx64,
			 addr);
		break;
	case RW_REASON_KRETPROBE_LOST:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "no kretprobe instance fits the return to the frame at 0x%" PRIx64, addr);
		break;
	case RW_REASON_BAD_RECORD_TYPE:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the metadata record at 0x%" PRIx64 " is of no known type", addr);
		break;
	case RW_REASON_TASK_RUNNING:
		snprintf(ret, RW_SENTENCE_SIZE, trace->task ?
			 "it was running, in user mode: there is no kernel stack to rely on" :
			 "this kernel does not walk from the registers of a task that is not "
			 "current");
		break;
	case RW_REASON_ENTRY_LIMIT:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "the caller's buffer of %" PRIu64 " entries is full", trace->input.limit);
		break;
	case RW_REASON_MEMORY_MISSING:
		memory_missing(trace, reason, ret);
		break;
	case RW_REASON_TEXT_UNKNOWN:
		text_unknown(trace, reason, ret);
		break;
	case RW_REASON_LAYOUT_UNKNOWN:
		layout_unknown(trace, reason, ret);
		break;
	case RW_REASON_STACK_UNKNOWN:
		stack_unknown(trace, reason, ret);
		break;
	case RW_REASON_PAC_UNKNOWN:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "0x%" PRIx64 " carried bits that are a pointer authentication code or "
			 "belong to it; %s", addr,
			 trace->input.va_bits ?
			 "say with --pac-mask whether the CPU has them (0: no)" :
			 "give the virtual address bits in use with --va-bits");
		break;
	case RW_REASON_TASK_RUNNING_NO_REGISTERS:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "it was running on CPU %u, and no registers of that CPU are known to be "
			 "its own; --regs FILE gives them (QEMU: info registers -a)",
			 trace->task ? trace->task->cpu : 0);
		break;
	case RW_REASON_REGISTERS_MISSING:
		snprintf(ret, RW_SENTENCE_SIZE,
			 "its stack or its saved registers (thread.cpu_context) are not in the "
			 "dump");
		break;
	case RW_REASON_NONE:
	case RW_REASON_PRINTED_TRACE:
		snprintf(ret, RW_SENTENCE_SIZE, "%s", rw_reason_name(reason->code));
		break;
	}
}
