// SPDX-License-Identifier: GPL-2.0-or-later
//
// oracle FILE...: the kernel's own walk of each case in the files.
// oracle --layout: where its struct pt_regs has the frame record.
//
// FACTS and WALK are the files that extract.py has made of a kernel tree.  Everything here is
// outside of the kernel's functions: what they are given, and what they answer.
//
// Three walks are made: arch_stack_walk() for the entries, dump_backtrace() for the
// marks that it prints and, since 6.17, arch_stack_walk_reliable() for the verdict.
// Of a case that has registers to dump, dump_backtrace() alone is asked.

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include FACTS
#include "shim/kernel.h"
#include WALK

struct lab lab;
struct task_struct *lab_current;

static struct task_struct walked, somebody_else;
static struct kretprobe_instance instances[LAB_MAX_TRACED];
static unsigned long ret_stack[LAB_MAX_TRACED * 64];

static jmp_buf memory_missing;
static uint64_t missing_addr;

/** What a consumer is told, and whether it said stop. */
struct seen {
	size_t nr;
	uint64_t pc[LAB_MAX_ENTRIES], fp[LAB_MAX_ENTRIES];
	char marks[LAB_MAX_ENTRIES][4];
	bool stopped;
};
static struct seen plain, printed;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "oracle: %s: %s\n", lab.c ? lab.c->name : "-", what);
	exit(3);
}

uint64_t lab_read(uint64_t addr)
{
	uint64_t word;

	if (lab_case_word(lab.c, addr, &word))
		return word;
	missing_addr = addr;
	longjmp(memory_missing, 1);
}

unsigned long lab_return_address(void)
{
	return lab.c->pc;
}

/** " 0xPC (MARKS)" from the lines that hold a %p; the others are headings. */
void lab_print(const char *format, ...)
{
	char *marks = printed.marks[printed.nr];
	bool has_pc = false;
	va_list values;

	if (printed.nr == LAB_MAX_ENTRIES)
		fail("a trace without an end");
	va_start(values, format);
	for (const char *at = strchr(format, '%'); at; at = strchr(at + 1, '%')) {
		if (at[1] == 'p') {
			printed.pc[printed.nr] = (uintptr_t)va_arg(values, void *);
			printed.fp[printed.nr] = lab.fp;
			marks[0] = '\0';
			has_pc = true;
		} else if (at[1] == 's') {
			const char *text = va_arg(values, const char *);

			if (has_pc && text[0] && !strchr(" )", text[0]))
				strncat(marks, text, sizeof(printed.marks[0]) - 1 - strlen(marks));
		} else {
			fail("a conversion that is not known");
		}
	}
	va_end(values);
	printed.nr += has_pc;
}

static bool consume(void *cookie, unsigned long pc)
{
	struct seen *seen = cookie;

	if (seen->nr == LAB_MAX_ENTRIES)
		fail("a walk without an end");
	seen->pc[seen->nr] = pc;
	seen->fp[seen->nr++] = lab.fp;
	seen->stopped = seen->nr == lab.c->limit;
	return !seen->stopped;
}

/* ---- what the case says, as the kernel keeps it ---------------------------- */

#ifdef LAB_SHADOW_STACK
/** Entries of words, each with the way down to its beginning in the word above it. */
static int make_ret_stack(const struct lab_case *c)
{
	unsigned int top = c->ret_stack_floor;

	memset(ret_stack, 0, sizeof(ret_stack));
	for (size_t i = 0; i < c->nr_fgraph; i++) {
		unsigned int size = FGRAPH_FRAME_OFFSET + c->fgraph[i].data;
		struct ftrace_ret_stack *entry = (void *)&ret_stack[top];

		if (top + size >= ARRAY_SIZE(ret_stack))
			fail("too large a return stack");
		entry->ret = c->fgraph[i].ret;
		entry->retp = (void *)c->fgraph[i].retp;
		ret_stack[top + size] = size;
		top += size + 1;
	}
	return top;
}
#else
static int make_ret_stack(const struct lab_case *c)
{
	struct ftrace_ret_stack *entries = (void *)ret_stack;

	_Static_assert(sizeof(ret_stack) >= LAB_MAX_TRACED * sizeof(*entries), "room");
	for (size_t i = 0; i < c->nr_fgraph; i++) {
		entries[i].ret = c->fgraph[i].ret;
#ifdef HAVE_FUNCTION_GRAPH_RET_ADDR_PTR
		entries[i].retp = (void *)c->fgraph[i].retp;
#endif
	}
	return (int)c->nr_fgraph - 1;
}
#endif

static void make_task(const struct lab_case *c)
{
	memset(&walked, 0, sizeof(walked));
	walked.thread.cpu_context.pc = c->pc;
	walked.thread.cpu_context.fp = c->fp;
	if (c->has_ret_stack)
		walked.ret_stack = (void *)ret_stack;
	walked.curr_ret_stack = make_ret_stack(c);
	for (size_t i = 0; i < c->nr_kretprobes; i++) {
		bool last = i + 1 == c->nr_kretprobes;

		instances[i].ret_addr = (void *)c->kretprobes[i].ret;
		instances[i].fp = (void *)c->kretprobes[i].fp;
		instances[i].llist.next = last ? NULL : &instances[i + 1].llist;
	}
	if (c->nr_kretprobes)
		walked.kretprobe_instances.first = &instances[0].llist;
	lab_current = c->start == LAB_START_BLOCKED || c->other ? &somebody_else : &walked;
}

/* ---- walks ----------------------------------------------------------------- */

static void before_walk(struct seen *seen)
{
	lab.rc = 0;
	lab.stepped = lab.ended = false;
	lab.fp = lab.c->fp;
	seen->nr = 0;
	seen->stopped = false;
}

/** How the walk ended that has just returned. */
static enum lab_end after_walk(const struct seen *seen)
{
	if (seen->stopped)
		return LAB_END_CONSUMER;
	if (!lab.stepped && !seen->nr)
		return LAB_END_NOT_STARTED;
	return lab.ended || lab.rc == -ENOENT ? LAB_END_FINAL : LAB_END_ERROR;
}

static enum lab_end walk_plain(struct pt_regs *regs)
{
	before_walk(&plain);
	if (setjmp(memory_missing))
		return LAB_END_INCOMPLETE;
	arch_stack_walk(consume, &plain, &walked, regs);
	return after_walk(&plain);
}

static enum lab_end walk_printed(struct pt_regs *regs)
{
	before_walk(&printed);
	if (setjmp(memory_missing))
		return LAB_END_INCOMPLETE;
	dump_backtrace(regs, &walked, "");
	return after_walk(&printed);
}

#ifdef LAB_RELIABLE
/** @return false: memory is missing. */
static bool walk_reliable(struct pt_regs *regs, struct seen *seen, int *ret)
{
	before_walk(seen);
	if (setjmp(memory_missing))
		return false;
	if (regs) {
		// The kernel makes no such walk; this is what its consumer would do.
		struct kunwind_consume_entry_data data = { consume, seen };

		*ret = kunwind_stack_walk(arch_reliable_kunwind_consume_entry, &data, &walked,
					  regs);
	} else {
		*ret = arch_stack_walk_reliable(consume, seen, &walked);
	}
	return true;
}
#endif

/** A walk that returns nothing is taken to vouch for a trace that it could finish. */
static const char *judge(bool enough_memory, bool complete)
{
	return !enough_memory ? "undetermined" : complete ? "reliable" : "unreliable";
}

static void answer_walk(struct lab_answer *answer, const struct seen *seen, enum lab_end end)
{
	answer->end = end;
	answer->missing = missing_addr;
	answer->nr_entries = answer->consumed = seen->nr;
	answer->verdict = judge(end != LAB_END_INCOMPLETE, end == LAB_END_FINAL);
	answer->has_returned = false;
	for (size_t i = 0; i < seen->nr; i++) {
		answer->entries[i].pc = seen->pc[i];
		answer->entries[i].fp = seen->fp[i];
		answer->entries[i].marks[0] = '\0';
	}
}

static void answer_case(const struct lab_case *c, struct lab_answer *answer)
{
	// The mode is EL1h: dump_backtrace() refuses registers of a user.
	struct pt_regs start = { .regs[29] = c->fp, .pc = c->pc, .pstate = 5 };
	struct pt_regs *regs = c->start == LAB_START_REGS ? &start : NULL;

	lab.c = c;
	make_task(c);
	if (c->has_dump) {
#ifndef LAB_SEEKS
		fail("it begins its printed trace at the registers");
#endif
		start.regs[29] = c->dump_fp;
		start.pc = c->dump_pc;
		answer_walk(answer, &printed, walk_printed(&start));
		return;
	}
	answer_walk(answer, &plain, walk_plain(regs));
	walk_printed(regs);
	for (size_t i = 0; i < plain.nr; i++) {
		if (i >= printed.nr || printed.pc[i] != plain.pc[i])
			fail("its printed trace has other entries");
		memcpy(answer->entries[i].marks, printed.marks[i], sizeof(printed.marks[i]));
	}

#ifdef LAB_RELIABLE
	static struct seen reliable;
	int returned = 0;
	bool ended = walk_reliable(regs, &reliable, &returned);

	for (size_t i = 0; i < reliable.nr; i++)
		if (i >= plain.nr || reliable.pc[i] != plain.pc[i])
			fail("its reliable walk has other entries");
	answer->consumed = reliable.nr;
	answer->missing = missing_addr;
	answer->verdict = judge(ended, !returned);
	answer->has_returned = ended;
	answer->returned = returned;
#endif
}

int main(int argc, char **argv)
{
	static struct lab_case c;
	static struct lab_answer answer;

	if (argc == 2 && !strcmp(argv[1], "--layout")) {
#ifdef LAB_FRAME_META
		const char *records = "meta";
#elif defined(LAB_ZEROS)
		const char *records = "zeros";
#else
		const char *records = "plain";
#endif
		printf("%zu %zu %s\n", sizeof(struct pt_regs),
		       offsetof(struct pt_regs, stackframe), records);
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");

		if (!file) {
			perror(argv[i]);
			return 2;
		}
		while (lab_case_read(file, argv[i], &c)) {
			answer_case(&c, &answer);
			lab_answer_print(&c, &answer);
		}
		fclose(file);
	}
	return 0;
}
