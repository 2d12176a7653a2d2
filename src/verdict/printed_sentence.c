// SPDX-License-Identifier: GPL-2.0-or-later
//
// The verdicts of printed traces in words.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rewalk/judged.h"

/** The reason's function, by the name in the text. */
static const char *name_of(const struct rw_judged *judged, size_t frame)
{
	const struct rw_printed_entry *e = frame < judged->nr ? judged->frames[frame].entry : NULL;

	return !e ? "?" : e->name ? e->name : e->text;
}

void rw_judged_misfit(const struct rw_judged *judged, char ret[RW_SENTENCE_SIZE])
{
	const struct rw_judged_frame *f;

	if (judged->misfit_frame == judged->nr) {
		snprintf(ret, RW_SENTENCE_SIZE, "the kernel that printed it has the build-id %s",
			 judged->trace->facts->build_id);
		return;
	}
	f = &judged->frames[judged->misfit_frame];
	if (f->exists == RW_NO)
		snprintf(ret, RW_SENTENCE_SIZE, "line %zu: this vmlinux has no %s", f->entry->line,
			 f->entry->name);
	else if (f->image_size && f->image_size == f->entry->size)
		snprintf(ret, RW_SENTENCE_SIZE, "line %zu: %s: the offset is not in the function",
			 f->entry->line, f->entry->text);
	else if (f->image_size)
		snprintf(ret, RW_SENTENCE_SIZE,
			 "line %zu: %s, but here that function has 0x%" PRIx64 " bytes",
			 f->entry->line, f->entry->text, f->image_size);
	else
		snprintf(ret, RW_SENTENCE_SIZE,
			 "line %zu: %s, but here no function of that name has that size",
			 f->entry->line, f->entry->text);
}

static void printed_trace(const struct rw_judged *judged, char ret[RW_SENTENCE_SIZE])
{
	const struct rw_printed_trace *trace = judged->trace;
	char misfit[RW_SENTENCE_SIZE];
	const char *why;

	if (trace->kind == RW_PRINTED_HYPERVISOR) {
		snprintf(ret, RW_SENTENCE_SIZE, "this is the hypervisor's own stack (nVHE), which "
			 "the kernel's rules are not for; it is shown, not judged");
		return;
	}
	if (trace->kind == RW_PRINTED_STORED) {
		snprintf(ret, RW_SENTENCE_SIZE, "a trace that was stored before, not a walk of a "
			 "task's stack; it is shown, not judged");
		return;
	}
	if (judged->misfit) {
		rw_judged_misfit(judged, misfit);
		snprintf(ret, RW_SENTENCE_SIZE, "this vmlinux is not of the kernel that printed it "
			 "(%.600s); give the vmlinux of that kernel", misfit);
		return;
	}
	if (trace->kind == RW_PRINTED_UNHEADED)
		why = "its heading, and perhaps more of it, is lost";
	else if (trace->mixed)
		why = "it goes on where a chain ends: lines of two traces stand in one";
	else if (trace->interrupted)
		why = "lines of others stand between its entries, which may not all be its own";
	else if (!judged->nr)
		why = "it has no entries";
	else if (rw_judged_is_complete(judged) == RW_YES)
		why = "it ends as a complete chain does, and nothing speaks against it";
	else if (rw_judged_is_complete(judged) == RW_NO)
		why = "it does not end as a complete chain does";
	else
		why = "its end is cut off";
	snprintf(ret, RW_SENTENCE_SIZE, "%s; a text has no stack to walk%s", why,
		 judged->beside ? "" : ": give a vmcore, or the stack and registers");
}

void rw_judged_sentence(const struct rw_judged *judged, const struct rw_reason *reason,
			char ret[RW_SENTENCE_SIZE])
{
	const char *name = name_of(judged, reason->frame);

	switch (reason->code) {
	case RW_REASON_PRINTED_TRACE:
		printed_trace(judged, ret);
		break;
	case RW_REASON_SYM_CODE:
		snprintf(ret, RW_SENTENCE_SIZE, "%.500s is a SYM_CODE function%s", name,
			 reason->frame + 1 < judged->nr ? ", and this is not the last frame" :
			 ", and this version does not exempt the last frame");
		break;
	case RW_REASON_NOT_TEXT:
		snprintf(ret, RW_SENTENCE_SIZE, "%.500s is not kernel text", name);
		break;
	case RW_REASON_EXCEPTION_BOUNDARY:
		snprintf(ret, RW_SENTENCE_SIZE, "%.500s was interrupted by an exception, so its "
			 "caller may be missing", name);
		break;
	case RW_REASON_ENTRY_LIMIT:
		snprintf(ret, RW_SENTENCE_SIZE, "the caller's buffer is full");
		break;
	default:
		snprintf(ret, RW_SENTENCE_SIZE, "%s", rw_reason_name(reason->code));
		break;
	}
}
