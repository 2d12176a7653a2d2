/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dumped machine: its kernel at its run-time addresses, its CPUs, its tasks, and
 * what a walk of each of them may ask for.
 */
#ifndef REWALK_MACHINE_H
#define REWALK_MACHINE_H

#include "rewalk/kernel.h"
#include "rewalk/space.h"

struct rw_error;
struct rw_machine;

/** A task, as far as a walk and a heading need it. */
struct rw_task {
	uint64_t address;	/* of its task_struct */
	uint32_t pid, tgid;	/* pid is the thread's; 0: idle */
	char comm[17];
	char state;		/* as ps prints it */
	uint32_t cpu;		/* it runs there, or ran there last */
	bool running;		/* on a CPU: what cpu_context says is old then */
	bool panicked;
	uint64_t stack;		/* lowest address; 0: it has none any more */
	bool foreign_stack;	/* another task has it, too: damage */
	bool exited;		/* only then may a task be without a stack */
	bool has_context;	/* false: its saved registers could not be read */
	uint64_t pc, fp, sp;	/* thread.cpu_context */
};

/**
 * Learn a machine from its dump.
 *
 * @param image  A vmlinux.  An image of names only, or NULL for none: names and types
 *               come from the dump, and rw_machine_kernel()->image is another image
 *               then, which asks @image for what the dump has no name of.
 * @param force  Accept a vmlinux whose build-id is not the dump's.
 * @param facts  What the user says; its text ranges are added to the dump's own.
 * @return NULL; RW_ERROR_MISMATCH for another kernel's vmlinux, with both ids, or names;
 *         RW_ERROR_MISSING if the kernel cannot be found in the memory, or its types
 *         are not known; errors of the readers.  Image and dump must outlive @ret.
 */
struct rw_error *rw_machine_create(const struct rw_image *image, struct rw_dump *dump,
				   const struct rw_kernel_facts *facts, bool force,
				   struct rw_machine **ret);

/** NULL is accepted. */
void rw_machine_destroy(struct rw_machine *machine);

const struct rw_kernel *rw_machine_kernel(const struct rw_machine *machine);

/**
 * Say which registers CPU @cpu had, where the dump does not.  pc, x29 and sp must be known.
 *
 * @param from  Whoever says so, in messages; static, or outlives the machine.
 * @return NULL; RW_ERROR_MISSING if a register is missing; RW_ERROR_MISMATCH if the machine
 *         has no such CPU, or its dump has other registers of it.
 */
struct rw_error *rw_machine_set_regs(struct rw_machine *machine, unsigned int cpu,
				     const struct rw_regs *regs, const char *from);

/** All tasks: leaders and threads in list order, then the idle tasks.  Borrowed. */
const struct rw_task *rw_machine_tasks(const struct rw_machine *machine, size_t *nr_ret);

/** Were all tasks found, as far as the lists tell?  False: some may be missing. */
bool rw_machine_all_tasks(const struct rw_machine *machine);

/** Number of CPUs that the kernel could use. */
unsigned int rw_machine_nr_cpus(const struct rw_machine *machine);

/** What was lost on the way: broken lists, unreadable records.  Borrowed lines. */
const char *const *rw_machine_lost(const struct rw_machine *machine, size_t *nr_ret);

/**
 * As rw_machine_lost(), and why the dump does not have memory that was asked for since the
 * last call of rw_machine_unwind_input(): to be called when the walk is done.  The array
 * holds until the next call.
 */
const char *const *rw_machine_task_lost(struct rw_machine *machine, size_t *nr_ret);

/** How a task can be walked. */
enum rw_walkable {
	RW_WALK_YES,
	RW_WALK_NO_STACK,	/* it has exited: no entries, reliably */
	RW_WALK_USER,		/* it runs in user mode: no kernel frames */
	RW_WALK_NO_REGISTERS,	/* it runs, or may run, and there are no registers of its CPU */
	RW_WALK_NO_CONTEXT,	/* its saved registers are not in the dump */
};

/**
 * Fill in a walk of @task: memory, stacks, start, tracers' records.  What is borrowed
 * holds until the next call.
 */
enum rw_walkable rw_machine_unwind_input(struct rw_machine *machine, const struct rw_task *task,
					 const struct rw_model *model,
					 struct rw_unwind_input *ret);

/** The facts of the dump in words, for `info`: "kimage_voffset", … */
void rw_machine_describe(const struct rw_machine *machine,
			 void (*say)(void *cookie, const char *key, const char *value),
			 void *cookie);

#endif
