// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers that a dump has of its CPUs, and whose they are.
//
// A dying kernel saves each CPU's registers as a note in a buffer of that CPU
// (crash_notes), and the notes of the file are copies of those in use: a CPU that did not
// answer has none, and the rest move up.  So the place of a note in the file tells
// nothing; the buffers in memory do.  Where they are not filled or not in the dump, a
// stack belongs to one task and a pid to one: what cannot be told by them stays unknown.
// A hypervisor writes one note for each CPU, in order.
//
// Source: kernel/crash_core.c (crash_save_cpu), fs/proc/vmcore.c, QEMU
// target/arm/arch_dump.c; dumps.md 1.3, 4.5.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"

#include "machine_private.h"

enum { PSR_MODE32_BIT = 0x10, PSR_MODE_MASK = 0xf, MODE_EL1T = 4, MODE_EL1H = 5, MODE_EL2H = 9 };

/** note_buf_t: a note's header, "CORE", struct elf_prstatus, and an empty header. */
enum { NOTE_BUFFER_SIZE = 12 + 8 + 392 + 12 };

static bool in_user_mode(const struct rw_regs *regs)
{
	return !(regs->pstate & PSR_MODE_MASK);
}

/** Not those of firmware, or of a CPU that never ran. */
static bool in_kernel_mode(const struct rw_regs *regs)
{
	uint64_t mode = regs->pstate & PSR_MODE_MASK;

	return !(regs->pstate & PSR_MODE32_BIT) && mode >= MODE_EL1T && mode <= MODE_EL2H;
}

/** A stack grows down from its end, where sp is while it is empty. */
static bool is_on(const struct rw_stack *stack, uint64_t sp)
{
	return stack->exists == RW_YES && sp > stack->low && sp <= stack->high;
}

/** On a stack of the CPU itself, not of its task? */
static bool is_on_cpu_stack(const struct rw_stack stacks[RW_NR_STACKS], uint64_t sp)
{
	for (int i = 0; i < RW_NR_STACKS; i++)
		if (i != RW_STACK_TASK && is_on(&stacks[i], sp))
			return true;
	return false;
}

static void take(struct cpu *cpu, const struct rw_prstatus *note, bool has_pid, const char *from)
{
	cpu->has_regs = true;
	cpu->regs = note->regs;
	cpu->has_pid = has_pid;
	cpu->pid = note->pid;
	cpu->regs_from = from;
}

/**
 * The CPUs' own buffers.
 *
 * @param saved_ret  For each CPU: did it save its registers?
 * @return Whether any did: then a CPU whose buffer is empty did not.
 */
static bool read_crash_notes(struct rw_machine *m, enum rw_tri *saved_ret)
{
	uint64_t symbol, notes = 0;
	bool any = false;

	bool has = machine_symbol(m, "crash_notes", &symbol) &&
		   rw_space_read_uint(&m->space, symbol, 8, &notes) && notes;
	for (unsigned int c = 0; c < m->nr_cpus; c++) {
		uint8_t buffer[NOTE_BUFFER_SIZE];
		struct rw_prstatus note;

		saved_ret[c] = RW_UNKNOWN;
		if (!has || !m->cpus[c].offset ||
		    !rw_space_read(&m->space, notes + m->cpus[c].offset, buffer, sizeof(buffer)))
			continue;
		saved_ret[c] = rw_prstatus_from_note(buffer, sizeof(buffer), &note);
		if (saved_ret[c] == RW_UNKNOWN)
			machine_lose(m, "CPU %u: what it left in crash_notes is damaged", c);
		if (saved_ret[c] != RW_YES)
			continue;
		take(&m->cpus[c], &note, true, "crash_notes");
		any = true;
	}
	return any;
}

/** What a note can be told by: the task that a CPU runs, and the stacks that are in use there. */
struct candidate {
	bool possible;
	uint64_t pid;
	struct rw_stack stacks[RW_NR_STACKS];
};

static void find_candidate(struct rw_machine *m, unsigned int c, struct candidate *ret)
{
	const struct cpu *cpu = &m->cpus[c];
	struct rw_task task = { .address = cpu->curr, .cpu = c, .running = true };

	ret->possible = !cpu->has_regs && cpu->curr &&
			machine_member(m, cpu->curr, m->o.task_pid, &ret->pid) &&
			machine_member(m, cpu->curr, m->o.task_stack, &task.stack);
	if (ret->possible)
		machine_find_cpu_stacks(m, &task, ret->stacks);
}

static bool fits(const struct candidate *candidate, const struct rw_prstatus *note)
{
	const struct rw_regs *regs = &note->regs;

	if (!candidate->possible || (note->pid && note->pid != candidate->pid))
		return false;
	if (in_user_mode(regs))
		return note->pid;
	// Idle tasks share a pid, and not every writer knows pids: the stack tells.
	return in_kernel_mode(regs) && (is_on(&candidate->stacks[RW_STACK_TASK], regs->sp) ||
					is_on_cpu_stack(candidate->stacks, regs->sp));
}

static bool is_taken(const struct rw_machine *m, const struct rw_prstatus *note)
{
	for (unsigned int c = 0; c < m->nr_cpus; c++)
		if (m->cpus[c].has_regs && m->cpus[c].pid == note->pid &&
		    !memcmp(&m->cpus[c].regs, &note->regs, sizeof(note->regs)))
			return true;
	return false;
}

/** The file's notes to the CPUs that may have written them. */
static struct rw_error *match_notes(struct rw_machine *m, bool any_saved, const enum rw_tri *saved)
{
	size_t nr, unmatched = 0;
	const struct rw_prstatus *notes = rw_dump_prstatus(m->dump, &nr);
	_cleanup_free_ struct candidate *candidates = calloc(m->nr_cpus + 1,
							     sizeof(candidates[0]));

	if (!candidates)
		return &rw_enomem;
	for (unsigned int c = 0; c < m->nr_cpus; c++)
		if (!any_saved || saved[c] != RW_NO)
			find_candidate(m, c, &candidates[c]);
	for (size_t i = 0; i < nr && i < MAX_CPUS; i++) {
		unsigned int match = 0, matches = 0;

		if (is_taken(m, &notes[i]))
			continue;
		for (unsigned int c = 0; c < m->nr_cpus; c++) {
			if (!fits(&candidates[c], &notes[i]))
				continue;
			match = c;
			matches++;
		}
		unmatched += matches != 1;
		if (matches != 1)
			continue;
		take(&m->cpus[match], &notes[i], notes[i].pid, "task and stack");
		candidates[match].possible = false;
	}
	if (unmatched)
		machine_lose(m, "the registers of %zu CPU%s are of none that can be told",
			     unmatched, unmatched == 1 ? "" : "s");
	return NULL;
}

struct rw_error *machine_find_cpu_regs(struct rw_machine *m)
{
	size_t nr;
	const struct rw_prstatus *notes = rw_dump_prstatus(m->dump, &nr);
	_cleanup_free_ enum rw_tri *saved = calloc(m->nr_cpus + 1, sizeof(saved[0]));

	if (!saved)
		return &rw_enomem;
	bool any_saved = read_crash_notes(m, saved);
	if (rw_dump_producer(m->dump) != RW_PRODUCER_QEMU)
		return match_notes(m, any_saved, saved);
	for (size_t c = 0; c < nr && c < m->nr_cpus; c++)
		if (!m->cpus[c].has_regs)
			take(&m->cpus[c], &notes[c], false, "place of the note");
	return NULL;
}

struct rw_error *rw_machine_set_regs(struct rw_machine *m, unsigned int cpu,
				     const struct rw_regs *regs, const char *from)
{
	const uint64_t need = RW_REG_PC | RW_REG_FP | RW_REG_SP;

	if (cpu >= m->nr_cpus)
		return rw_error_create(RW_ERROR_MISMATCH, "%s: registers of CPU %u, but the dump's "
				       "machine has %u CPUs; leave them out", from, cpu,
				       m->nr_cpus);
	if ((regs->known & need) != need)
		return rw_error_create(RW_ERROR_MISSING, "%s: CPU %u: pc, x29 and sp are needed; "
				       "give all of its registers", from, cpu);
	const struct rw_regs *own = &m->cpus[cpu].regs;
	if (m->cpus[cpu].has_regs &&
	    (own->pc != regs->pc || own->sp != regs->sp || own->x[29] != regs->x[29]))
		return rw_error_create(RW_ERROR_MISMATCH,
				       "%s: CPU %u: pc is 0x%" PRIx64 " and sp 0x%" PRIx64
				       ", but 0x%" PRIx64 " and 0x%" PRIx64 " in the dump; give "
				       "the registers of one moment", from, cpu, regs->pc, regs->sp,
				       own->pc, own->sp);
	struct rw_prstatus note = { .regs = *regs };
	// Where the mode is not said: the upper half of the addresses is the kernel's.
	if (!(regs->known & RW_REG_PSTATE))
		note.regs.pstate = regs->pc >> 63 ? MODE_EL1H : 0;
	if (!m->cpus[cpu].has_regs)
		take(&m->cpus[cpu], &note, false, "given");
	return NULL;
}

const struct rw_regs *machine_regs_of(const struct rw_machine *m, const struct rw_task *task,
				      const struct rw_stack stacks[RW_NR_STACKS])
{
	const struct cpu *cpu = task->cpu < m->nr_cpus ? &m->cpus[task->cpu] : NULL;

	if (!cpu || !cpu->has_regs || !cpu->regs.pc || (cpu->has_pid && cpu->pid != task->pid))
		return NULL;
	// A task's own stack is used by nobody else, whatever the run queue says in the
	// moment of a switch.
	if (in_kernel_mode(&cpu->regs) && is_on(&stacks[RW_STACK_TASK], cpu->regs.sp))
		return &cpu->regs;
	if (cpu->curr != task->address)
		return NULL;
	return in_user_mode(&cpu->regs) ||
	       (in_kernel_mode(&cpu->regs) && is_on_cpu_stack(stacks, cpu->regs.sp)) ?
	       &cpu->regs : NULL;
}

void machine_describe_regs(const struct rw_machine *m, char *ret, size_t size)
{
	size_t len = 0;

	for (unsigned int c = 0; c < m->nr_cpus; c++) {
		const char *from = m->cpus[c].regs_from;
		unsigned int nr = 0, before = 0;

		for (unsigned int i = 0; i < m->nr_cpus; i++) {
			// All are literals of this file: one for each way.
			before += i < c && m->cpus[i].regs_from == from;
			nr += m->cpus[i].regs_from == from;
		}
		if (!before && len < size)
			len += (size_t)snprintf(ret + len, size - len, "%s%u %s", len ? ", " : "",
						nr, from ? from : "unknown");
	}
}
