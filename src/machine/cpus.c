// SPDX-License-Identifier: GPL-2.0-or-later
//
// CPUs: their per-CPU data, their current and idle tasks, their stacks, and the
// registers that the dump has of them.
//
// Source: asm/stacktrace.h, kernel/sched/sched.h; dumps.md 1.3, 4.4, 4.5.

#include <stdlib.h>

#include "rewalk/error.h"

#include "machine_private.h"

/* include/linux/preempt.h: the same in 6.1, 6.12 and 7.2 */
#define NMI_MASK 0x00f00000

/**
 * Notes to CPUs.  QEMU writes one for each CPU, in order; a dying kernel leaves out
 * CPUs that saved nothing, and its notes are matched by the pid that they carry.
 */
static void match_notes(struct rw_machine *m)
{
	size_t nr;
	const struct rw_prstatus *notes = rw_dump_prstatus(m->dump, &nr);

	if (rw_dump_producer(m->dump) == RW_PRODUCER_QEMU) {
		for (size_t i = 0; i < nr && i < m->nr_cpus; i++) {
			m->cpus[i].regs = notes[i].regs;
			m->cpus[i].has_regs = true;
		}
		return;
	}
	for (size_t i = 0; i < nr; i++) {
		struct cpu *match = NULL;
		unsigned int matches = 0;

		for (unsigned int c = 0; c < m->nr_cpus; c++) {
			uint64_t pid, stack;

			if (!m->cpus[c].curr || m->cpus[c].has_regs ||
			    !machine_member(m, m->cpus[c].curr, m->o.task_pid, &pid) ||
			    pid != notes[i].pid)
				continue;
			// Idle tasks share a pid: their stack tells them apart.
			if (!pid && (!machine_member(m, m->cpus[c].curr, m->o.task_stack, &stack) ||
				     notes[i].regs.sp - stack > m->kernel.thread_size))
				continue;
			match = &m->cpus[c];
			matches++;
		}
		if (matches == 1) {
			match->regs = notes[i].regs;
			match->has_regs = true;
		}
	}
}

struct rw_error *machine_find_cpus(struct rw_machine *m)
{
	uint64_t nr = 0, addr, offsets, runqueues;

	m->panic_cpu = -1;
	if (machine_symbol(m, "nr_cpu_ids", &addr) &&
	    !rw_space_read_uint(&m->space, addr, 4, &nr)) {
		machine_lose(m, "nr_cpu_ids cannot be read: no CPU is known");
		m->tasks_missing = true;
	}
	if (nr > MAX_CPUS) {
		m->tasks_missing = true;
		machine_lose(m, "nr_cpu_ids is %llu: no CPU is looked at", (unsigned long long)nr);
		nr = 0;
	}
	m->cpus = calloc(nr + 1, sizeof(m->cpus[0]));
	if (!m->cpus)
		return &rw_enomem;
	m->nr_cpus = nr;
	if (!machine_symbol(m, "__per_cpu_offset", &offsets) ||
	    !machine_symbol(m, "runqueues", &runqueues))
		return NULL;
	for (unsigned int c = 0; c < nr; c++) {
		struct cpu *cpu = &m->cpus[c];

		if (!rw_space_read_uint(&m->space, offsets + 8 * (uint64_t)c, 8, &cpu->offset)) {
			m->tasks_missing = true;
			machine_lose(m, "CPU %u: its per-CPU data is not known", c);
			continue;
		}
		// An offset of 0 is that of a CPU that was never set up.
		// A run queue always has a current task: the idle one, if no other.
		cpu->known = !cpu->offset ||
			     (machine_member(m, runqueues + cpu->offset, m->o.rq_curr,
					     &cpu->curr) && cpu->curr);
		if (!cpu->known) {
			m->tasks_missing = true;
			machine_lose(m, "CPU %u: its run queue cannot be read", c);
		} else if (cpu->offset)
			machine_member(m, runqueues + cpu->offset, m->o.rq_idle, &cpu->idle);
	}
	match_notes(m);
	if (machine_symbol(m, "panic_cpu", &addr) && rw_space_read_uint(&m->space, addr, 4, &addr) &&
	    addr < nr)
		m->panic_cpu = addr;
	return NULL;
}

static void set(struct rw_stack *stack, uint64_t low, uint64_t size)
{
	*stack = low && size ? (struct rw_stack){ low, low + size, RW_YES } :
			       (struct rw_stack){ 0, 0, RW_NO };
}

/** A stack whose lowest address is in a per-CPU variable. */
static void set_pointer(struct rw_machine *m, const struct cpu *cpu, const char *name,
			struct rw_stack *stack)
{
	uint64_t addr, low;

	*stack = (struct rw_stack){ .exists = RW_NO };
	if (!machine_symbol(m, name, &addr))
		return;
	if (rw_space_read_uint(&m->space, addr + cpu->offset, 8, &low))
		set(stack, low, m->kernel.thread_size);
	else
		stack->exists = RW_UNKNOWN;
}

void machine_find_stacks(struct rw_machine *m, const struct rw_task *task,
			 struct rw_unwind_input *in)
{
	uint64_t addr, value, top;

	for (int i = 0; i < RW_NR_STACKS; i++)
		in->stacks[i] = (struct rw_stack){ .exists = RW_NO };
	set(&in->stacks[RW_STACK_TASK], task->stack, m->kernel.thread_size);
	in->preemptible = in->in_nmi = in->in_efi = RW_NO;
	if (!task->running || task->cpu >= m->nr_cpus)
		return;

	const struct cpu *cpu = &m->cpus[task->cpu];
	if (!cpu->known || !cpu->offset) {
		for (int i = RW_STACK_IRQ; i < RW_NR_STACKS; i++)
			in->stacks[i].exists = RW_UNKNOWN;
		in->preemptible = in->in_nmi = in->in_efi = RW_UNKNOWN;
		return;
	}
	set_pointer(m, cpu, "irq_stack_ptr", &in->stacks[RW_STACK_IRQ]);
	set_pointer(m, cpu, "sdei_stack_normal_ptr", &in->stacks[RW_STACK_SDEI_NORMAL]);
	set_pointer(m, cpu, "sdei_stack_critical_ptr", &in->stacks[RW_STACK_SDEI_CRITICAL]);
	if (machine_symbol(m, "overflow_stack", &addr))
		set(&in->stacks[RW_STACK_OVERFLOW], addr + cpu->offset, 4096);

	// preemptible() is a constant no in a kernel that does not count preemption; the
	// walk that stands for this one is made with interrupts off in any case.
	in->in_nmi = RW_UNKNOWN;
	if (machine_member(m, task->address, m->o.task_preempt, &value))
		in->in_nmi = rw_tri(value & NMI_MASK);
	if (!machine_symbol(m, "efi_rt_stack_top", &addr))
		return;
	if (!rw_space_read_uint(&m->space, addr, 8, &top)) {
		in->stacks[RW_STACK_EFI].exists = RW_UNKNOWN;
		in->in_efi = RW_UNKNOWN;
	} else if (top) {
		set(&in->stacks[RW_STACK_EFI], top - m->kernel.thread_size, m->kernel.thread_size);
		in->in_efi = RW_UNKNOWN;
		if (rw_space_read_uint(&m->space, top - 8, 8, &value))
			in->in_efi = rw_tri(value >= task->stack &&
					    value - task->stack < m->kernel.thread_size);
	}
}
