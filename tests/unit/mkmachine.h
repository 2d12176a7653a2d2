/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A made-up machine: a kernel of the shape of 6.17 (metadata records, a reliable walk)
 * with its types as BTF, and its memory, one bank of RAM of 4 MiB at 0x40000000.
 *
 *	RAM + 0x000000	page tables; signal structs; per-CPU areas
 *	RAM + 0x080000	task structs, 4 KiB each
 *	RAM + 0x100000	stacks, 16 KiB each
 *	RAM + 0x200000	the image, at link address + MK_SLIDE
 *	RAM + 0x300000	free for tests: modules, lists
 *
 * Tasks 0 to nr_cpus - 1 are the idle ones, 0 being init_task, and current on their
 * CPUs; the others sleep, each the leader of its own group, with a stack that ends as it
 * should.  What is written here is not shared with the readers.
 */
#ifndef MKMACHINE_H
#define MKMACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mkdump.h"
#include "rewalk/machine.h"

#define MK_RAM UINT64_C(0x40000000)
#define MK_LINEAR UINT64_C(0xffff000000000000)
#define MK_LINK UINT64_C(0xffff800080000000)
#define MK_SLIDE UINT64_C(0x5a4f6f200000)
#define MK_MAX_TASKS 64

enum { MK_RAM_SIZE = 4 << 20, MK_STACK_SIZE = 16384 };

/** Members of its task_struct and others, in bytes. */
enum {
	MK_TASK_PREEMPT = 8, MK_TASK_CPU = 16, MK_TASK_STATE = 24, MK_TASK_STACK = 32,
	MK_TASK_ON_CPU = 40, MK_TASK_TASKS = 48, MK_TASK_PID = 64, MK_TASK_TGID = 68,
	MK_TASK_EXIT_STATE = 72, MK_TASK_NODE = 80, MK_TASK_SIGNAL = 96, MK_TASK_COMM = 104,
	MK_TASK_RET_STACK = 120, MK_TASK_CURR_RET = 128, MK_TASK_KRETPROBES = 136,
	MK_TASK_FP = 144, MK_TASK_SP = 152, MK_TASK_PC = 160, MK_TASK_VM_AREA = 168,
	MK_SIGNAL_HEAD = 16, MK_RQ_CURR = 0, MK_RQ_IDLE = 8,
	MK_MODULE_STATE = 0, MK_MODULE_LIST = 8, MK_MODULE_NAME = 24, MK_MODULE_MEM = 80,
	MK_MODULE_MEM_SIZE = 16, MK_MODULE_KALLSYMS = 200, MK_MODULE_SECTIONS = 208,
	MK_MODULE_SELF = 224,
	MK_SECTIONS_LIST = 40, MK_SECTION_NAME = 0, MK_SECTION_ADDRESS = 24,
	MK_KSYM_START = 0, MK_KSYM_END = 8, MK_KSYM_NAME = 16, MK_KSYM_NODE = 48,
};

struct mk_machine {
	uint8_t *ram;		/* owned */
	struct rw_image *image;	/* owned */
	struct mk notes;	/* of the ELF core that goes with the RAM */
	unsigned int nr_cpus, nr_tasks;
	/* 0, or where in RAM memory is missing that no bank has; size 0: two banks */
	size_t hole, hole_size;
	/* where mk_own() put kallsyms: link addresses, 0 before; base: 0, too, if there is none */
	struct { uint64_t num_syms, names, token_table, token_index, offsets, base; } kallsyms;
};

/** Does this build have what is needed (libbpf)? */
bool mk_machine_can(void);

void mk_machine_init(struct mk_machine *m, unsigned int nr_cpus, unsigned int nr_tasks);
void mk_machine_deinit(struct mk_machine *m);

/** Addresses at run time. */
uint64_t mk_task(const struct mk_machine *m, unsigned int task);
uint64_t mk_stack(const struct mk_machine *m, unsigned int task);
/** A variable of the image; of a per-CPU one, CPU @cpu's. */
uint64_t mk_variable(const char *name);
uint64_t mk_cpu_variable(const char *name, unsigned int cpu);
/** The linear map's address of RAM + @off. */
uint64_t mk_linear(uint64_t off);
/** A return address in one of its functions: schedule, kthread, idle_loop, ret_from_fork. */
uint64_t mk_pc(const char *function);

/** Where a virtual address lies in RAM; ends the program for one that does not. */
uint8_t *mk_at(const struct mk_machine *m, uint64_t va);
void mk_poke(const struct mk_machine *m, uint64_t va, uint64_t value, size_t size);

/** Task @task is what CPU @cpu runs. */
void mk_run(const struct mk_machine *m, unsigned int task, unsigned int cpu);

/** Append an NT_PRSTATUS to the notes, and none or the same to a CPU's crash_notes. */
void mk_note_of(struct mk_machine *m, uint32_t pid, uint64_t pc, uint64_t fp, uint64_t sp,
		uint64_t pstate);
void mk_crash_note(struct mk_machine *m, unsigned int cpu, uint32_t pid, uint64_t pc,
		   uint64_t fp, uint64_t sp, uint64_t pstate);

/** What the kernel leaves of itself in its memory. */
struct mk_own {
	bool place_relative;	/* kallsyms as since 7.0 */
	bool as_5_10;		/* as in 5.10, when VMCOREINFO did not say where kallsyms is */
	bool text_only;		/* kallsyms without the names of data; exported symbols */
	bool in_memory;		/* VMCOREINFO is not in the notes but in RAM + 0x340000 */
	bool no_vmcoreinfo;	/* it is nowhere */
	const char *banner;	/* NULL: its own */
};

/** Write kallsyms, BTF and VMCOREINFO, so that no vmlinux is needed. */
void mk_own(struct mk_machine *m, const struct mk_own *own);

/**
 * The same symbols as a list, as System.map has them, after mk_own() with those of kallsyms;
 * owned by the caller.
 */
char *mk_system_map(const struct mk_machine *m);

/** What is made of it: a dump of an ELF core with the notes and the bank of RAM. */
struct mk_opened {
	struct rw_file files[3];
	struct rw_dump *dump;
	struct rw_machine *machine;
	struct rw_error *err;
	uint8_t *core;
};

void mk_open(const struct mk_machine *m, struct mk_opened *ret);
/** The same with another image, or none (NULL). */
void mk_open_with(const struct mk_machine *m, const struct rw_image *image, bool force,
		  struct mk_opened *ret);
void mk_close(struct mk_opened *opened);

#endif
