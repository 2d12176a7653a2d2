// SPDX-License-Identifier: GPL-2.0-or-later
//
// CPUs: their per-CPU data, their current and idle tasks, their stacks.
//
// Source: asm/stacktrace.h, kernel/sched/sched.h; dumps.md 4.4, 4.5.

#include <stdlib.h>

#include "rewalk/error.h"

#include "machine_private.h"

/* include/linux/preempt.h: the same in 6.1, 6.12 and 7.2 */
#define NMI_MASK 0x00f00000

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
	    !machine_symbol(m, "runqueues", &runqueues)) {
		if (m->text_names_only) {
			m->tasks_missing = true;
			machine_lose(m, "runqueues is not among the dump's own symbols: no CPU is "
				     "known; System.map has it");
		}
		return NULL;
	}
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
	if (machine_symbol(m, "panic_cpu", &addr) &&
	    rw_space_read_uint(&m->space, addr, 4, &addr) && addr < nr)
		m->panic_cpu = addr;
	return machine_find_cpu_regs(m);
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

	*stack = (struct rw_stack){ .exists = m->text_names_only ? RW_UNKNOWN : RW_NO };
	if (!machine_symbol(m, name, &addr))
		return;
	if (rw_space_read_uint(&m->space, addr + cpu->offset, 8, &low))
		set(stack, low, m->kernel.thread_size);
	else
		stack->exists = RW_UNKNOWN;
}

bool machine_find_cpu_stacks(struct rw_machine *m, const struct rw_task *task,
			     struct rw_stack stacks[RW_NR_STACKS])
{
	uint64_t addr, top;

	for (int i = 0; i < RW_NR_STACKS; i++)
		stacks[i] = (struct rw_stack){ .exists = RW_NO };
	set(&stacks[RW_STACK_TASK], task->stack, m->kernel.thread_size);
	if (!task->running || task->cpu >= m->nr_cpus)
		return true;

	const struct cpu *cpu = &m->cpus[task->cpu];
	if (!cpu->known || !cpu->offset) {
		for (int i = RW_STACK_IRQ; i < RW_NR_STACKS; i++)
			stacks[i].exists = RW_UNKNOWN;
		return false;
	}
	set_pointer(m, cpu, "irq_stack_ptr", &stacks[RW_STACK_IRQ]);
	set_pointer(m, cpu, "sdei_stack_normal_ptr", &stacks[RW_STACK_SDEI_NORMAL]);
	set_pointer(m, cpu, "sdei_stack_critical_ptr", &stacks[RW_STACK_SDEI_CRITICAL]);
	// CONFIG_VMAP_STACK and CONFIG_EFI: what has no name may exist all the same.
	if (m->text_names_only)
		stacks[RW_STACK_OVERFLOW].exists = stacks[RW_STACK_EFI].exists = RW_UNKNOWN;
	if (machine_symbol(m, "overflow_stack", &addr))
		set(&stacks[RW_STACK_OVERFLOW], addr + cpu->offset, 4096);
	if (machine_symbol(m, "efi_rt_stack_top", &addr)) {
		if (!rw_space_read_uint(&m->space, addr, 8, &top))
			stacks[RW_STACK_EFI].exists = RW_UNKNOWN;
		else if (top)
			set(&stacks[RW_STACK_EFI], top - m->kernel.thread_size,
			    m->kernel.thread_size);
	}
	return true;
}

void machine_find_stacks(struct rw_machine *m, const struct rw_task *task,
			 struct rw_unwind_input *in)
{
	const struct rw_stack *efi = &in->stacks[RW_STACK_EFI];
	uint64_t value;

	in->preemptible = in->in_nmi = in->in_efi = RW_NO;
	if (!machine_find_cpu_stacks(m, task, in->stacks)) {
		in->preemptible = in->in_nmi = in->in_efi = RW_UNKNOWN;
		return;
	}
	if (!task->running || task->cpu >= m->nr_cpus)
		return;
	// preemptible() is a constant no in a kernel that does not count preemption; the
	// walk that stands for this one is made with interrupts off in any case.
	in->in_nmi = RW_UNKNOWN;
	if (machine_member(m, task->address, m->o.task_preempt, &value))
		in->in_nmi = rw_tri(value & NMI_MASK);
	if (efi->exists == RW_NO)
		return;
	in->in_efi = RW_UNKNOWN;
	if (efi->exists == RW_YES && rw_space_read_uint(&m->space, efi->high - 8, 8, &value))
		in->in_efi = rw_tri(value >= task->stack &&
				    value - task->stack < m->kernel.thread_size);
}
