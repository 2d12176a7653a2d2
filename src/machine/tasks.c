// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tasks of a dumped machine: thread-group leaders from init_task's list, their
// threads, and the idle task of every CPU, which are in no list.
//
// Source: include/linux/sched/signal.h, fs/proc/array.c (state letters); dumps.md 4.1,
// 4.2.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"
#include "rewalk/vector.h"

#include "machine_private.h"

#define TASK_DEAD 0x80

static char state_letter(uint64_t state, uint64_t exit_state)
{
	uint64_t report = (state | exit_state) & 0x7f;
	unsigned int index = 0;

	if ((state & 0x402) == 0x402)	/* TASK_IDLE */
		return 'I';
	if (state & 0x1000 || state & 0x8000)	/* TASK_RTLOCK_WAIT, TASK_FROZEN */
		report = 2;
	for (; report; report >>= 1)
		index++;
	return "RSDTtXZP"[index];
}

/**
 * Does the task run?  It does if it is a CPU's current task, and it may in the moment of
 * a switch, while on_cpu is still set: what its cpu_context says is old then.
 */
static bool is_running(struct rw_machine *m, uint64_t address, uint32_t *cpu)
{
	uint64_t on_cpu;

	for (unsigned int c = 0; c < m->nr_cpus; c++) {
		if (m->cpus[c].curr == address) {
			*cpu = c;
			return true;
		}
	}
	// A kernel for one CPU has no such member.
	if (!m->o.task_on_cpu.size)
		return false;
	return !machine_member(m, address, m->o.task_on_cpu, &on_cpu) || on_cpu;
}

/** Is it new?  Two that overlap cannot both be tasks; -1 without memory. */
static int see_task(const struct rw_machine *m, struct seen *seen, uint64_t address)
{
	// Of two that begin in one block no larger than a task at least one is none.
	return machine_see(seen, address >> m->task_shift);
}

static struct rw_error *add_task(struct rw_machine *m, uint64_t address)
{
	const struct offsets *o = &m->o;
	struct rw_task task = { .address = address };
	uint64_t pid, tgid = 0, state = 0, exit_state = 0, cpu = 0;

	if (m->tasks.nr >= m->max_tasks) {
		machine_lose(m, "more than %zu tasks, which this memory cannot hold: the rest is "
				"left out", m->max_tasks);
		m->tasks_missing = true;
		return NULL;
	}
	if (!machine_member(m, address, o->task_pid, &pid) ||
	    !machine_member(m, address, o->task_stack, &task.stack)) {
		m->tasks_missing = true;
		machine_lose(m, "the task at 0x%" PRIx64 " cannot be read", address);
		return NULL;
	}
	machine_member(m, address, o->task_tgid, &tgid);
	machine_member(m, address, o->task_state, &state);
	machine_member(m, address, o->task_exit_state, &exit_state);
	machine_member(m, address, o->task_cpu, &cpu);
	task.has_context = machine_member(m, address, o->task_fp, &task.fp) &&
			   machine_member(m, address, o->task_pc, &task.pc);
	if (!task.has_context)
		machine_lose(m, "the saved registers of pid %" PRIu64 " cannot be read", pid);
	machine_member(m, address, o->task_sp, &task.sp);
	task.pid = pid;
	task.tgid = tgid;
	task.cpu = cpu;
	task.state = state_letter(state, exit_state);
	task.exited = exit_state || state & TASK_DEAD;
	if (o->task_comm.size)
		rw_space_read(&m->space, address + o->task_comm.offset, task.comm,
			      o->task_comm.size < 16 ? o->task_comm.size : 16);
	// A task without a stack has none to share.
	unsigned int shift = m->kernel.thread_size ? __builtin_ctzll(m->kernel.thread_size) : 12;
	int fresh = task.stack ? machine_see(&m->stacks, task.stack >> shift) : 1;
	if (fresh < 0)
		return &rw_enomem;
	if (!fresh) {
		task.foreign_stack = true;
		machine_lose(m, "pid %" PRIu64 " has the stack of another task", pid);
	}
	task.running = is_running(m, address, &task.cpu);
	task.panicked = task.running && (int)task.cpu == m->panic_cpu;

	struct rw_task *last = rw_vector_push(&m->tasks);
	if (!last)
		return &rw_enomem;
	*last = task;
	return NULL;
}

/** A leader and its threads; the leader is in its own list. */
static struct rw_error *add_group(struct rw_machine *m, struct seen *seen, uint64_t leader)
{
	const struct offsets *o = &m->o;
	uint64_t signal, head, node;
	int fresh = see_task(m, seen, leader);
	struct rw_error *err = fresh < 0 ? &rw_enomem : fresh ? add_task(m, leader) : NULL;

	if (err || !fresh)
		return err;
	if (!o->task_thread_node.size || !o->signal_thread_head.size ||
	    !machine_member(m, leader, o->task_signal, &signal) || !signal) {
		machine_lose(m, "the threads of the task at 0x%" PRIx64 " are not known", leader);
		m->tasks_missing = true;
		return err;
	}
	head = signal + o->signal_thread_head.offset;
	node = head;
	bool leader_seen = false;
	for (size_t i = 0; i < m->max_tasks; i++) {
		uint64_t next;

		if (!rw_space_read_uint(&m->space, node, 8, &next)) {
			m->tasks_missing = true;
			machine_lose(m, "the threads of the task at 0x%" PRIx64 " are broken off",
				     leader);
			return NULL;
		}
		if (next == head)
			return NULL;
		uint64_t task = next - o->task_thread_node.offset;
		fresh = see_task(m, seen, task);
		if (fresh < 0)
			return &rw_enomem;
		if (!fresh && (task != leader || leader_seen)) {
			m->tasks_missing = true;
			machine_lose(m, "the threads of the task at 0x%" PRIx64 " form a cycle",
				     leader);
			return NULL;
		}
		leader_seen |= task == leader;
		if (fresh) {
			err = add_task(m, task);
			if (err)
				return err;
		}
		node = next;
	}
	return NULL;
}

/** The list from init_task on; from the other end where it is broken. */
static struct rw_error *add_list(struct rw_machine *m, struct seen *seen, uint64_t init_task)
{
	uint64_t head = init_task + m->o.task_tasks.offset;

	for (int backwards = 0; backwards < 2; backwards++) {
		uint64_t node = head;
		size_t nr = 0;

		while (nr++ < m->max_tasks) {
			uint64_t next;

			if (!rw_space_read_uint(&m->space, node + 8 * backwards, 8, &next))
				break;
			if (next == head)
				return NULL;
			uint64_t leader = next - m->o.task_tasks.offset;
			size_t before = seen->nr;
			struct rw_error *err = add_group(m, seen, leader);
			if (err)
				return err;
			// Met from the other side, or a cycle.
			if (seen->nr == before)
				break;
			node = next;
		}
		m->tasks_missing = true;
		machine_lose(m, "the list of tasks is broken off after %zu, %s", nr - 1,
			     backwards ? "backwards" : "forwards");
	}
	return NULL;
}

struct rw_error *machine_find_tasks(struct rw_machine *m)
{
	struct seen seen = { 0 };
	struct rw_error *err = NULL;
	uint64_t init_task;

	if (!machine_symbol(m, "init_task", &init_task))
		return rw_error_create(RW_ERROR_MISSING, m->own_image ?
				       "%s: symbols: no init_task among the kernel's own; give its "
				       "System.map or its vmlinux" :
				       "%s: symbols: no init_task; give a vmlinux with its symbol "
				       "table", rw_image_path(m->image));
	// Each task has its own memory: more of them than fit into it are none.
	uint64_t size = m->o.task_size.size ? m->o.task_size.size : 1;
	uint64_t most = rw_dump_memory_size(m->dump) / size + m->nr_cpus + 1;
	m->max_tasks = most < MAX_TASKS ? most : MAX_TASKS;
	m->task_shift = 63 - __builtin_clzll(size);
	// init_task is the idle task of the first CPU: it comes with the others.
	if (see_task(m, &seen, init_task) < 0)
		err = &rw_enomem;
	if (!err)
		err = add_list(m, &seen, init_task);
	if (!err)
		err = add_task(m, init_task);
	for (unsigned int c = 0; !err && c < m->nr_cpus; c++)
		if (m->cpus[c].idle && see_task(m, &seen, m->cpus[c].idle) > 0)
			err = add_task(m, m->cpus[c].idle);
	free(seen.slots);
	return err;
}
