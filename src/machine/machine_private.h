/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share about a dumped machine. */
#ifndef REWALK_MACHINE_DUMP_PRIVATE_H
#define REWALK_MACHINE_DUMP_PRIVATE_H

#include "rewalk/machine.h"
#include "rewalk/types.h"

/* MAX_TASKS: PID_MAX_LIMIT.  A probe that returns has a frame, so a stack of 64 KiB bounds them. */
enum {
	MAX_CPUS = 4096, MAX_TASKS = 1 << 22, MAX_LOST = 32, MAX_FGRAPH = 2048,
	MAX_KRETPROBES = 4096,
};

/** A set of numbers, 0 excepted: to be zeroed at first; its slots are freed by its owner. */
struct seen {
	uint64_t *slots;
	size_t size, nr;	/* size is a power of two */
};

/** A member's place; size 0: the kernel does not have it. */
struct member {
	uint32_t offset, size;
};

/** Where things lie in this kernel's structs. */
struct offsets {
	struct member task_size, task_stack, task_tasks, task_thread_node, task_signal;
	struct member task_pid, task_tgid;
	struct member task_comm, task_state, task_exit_state, task_on_cpu, task_cpu;
	struct member task_fp, task_sp, task_pc, task_preempt;
	struct member task_ret_stack, task_curr_ret_stack, task_kretprobes;
	struct member signal_thread_head;
	struct member rq_curr, rq_idle;
	struct member ret_ret, ret_retp, ret_fp, ret_size;
	struct member kri_llist, kri_ret_addr, kri_fp;
	struct member mod_list, mod_state, mod_name, mod_core_base, mod_core_text, mod_init_base;
	struct member mod_init_text, mod_mem, mod_mem_size_, mod_mem_base, mod_mem_size;
	struct member mod_kallsyms, kall_symtab, kall_num, kall_strtab;
	struct member mod_build_id, mod_sect_attrs, sect_bin_attrs, sect_battr, sect_address;
	struct member bin_name, bin_private;
	struct member ksym_lnode, ksym_start, ksym_end, ksym_name;
	struct member slot_pages, slot_list, slot_insns;
	struct member task_vm_area, vm_addr, vm_size, vm_nr_pages;
	bool ret_stack_is_words;
};

/** A function of a module. */
struct module_symbol {
	uint64_t value;
	uint32_t name;		/* offset in the string table */
	uint32_t index;		/* in the symbol table: of equal ones the first counts */
};

/** Where a section of a module's file was loaded. */
struct module_section {
	uint64_t addr;
	char name[64];
};

struct module {
	uint64_t address;	/* of its struct module */
	char name[64];
	uint64_t symtab, strtab;
	uint64_t nr_entries;	/* of the symbol table, as the kernel says */
	struct { uint64_t start, end; } text[2];	/* core and init; 0, 0: none */
	struct module_symbol *symbols;	/* owned, sorted; read when first asked for */
	size_t nr_symbols;
	bool symbols_read;
	struct { struct module_section *data; size_t nr, capacity; } sections;	/* read likewise */
	bool sections_read;
	uint8_t build_id[64];
	size_t build_id_size;
};

/** Text outside the image, and who it is of. */
struct further_text {
	struct rw_text_range range;
	int module;		/* an index; -1: none */
	uint64_t ksym;		/* the address of its struct bpf_ksym; 0: it has none */
};

/** A CPU, and the registers that the dump has of it. */
struct cpu {
	uint64_t offset;	/* of its per-CPU data */
	uint64_t curr, idle;
	bool known;		/* its run queue was read, or it never came up */
	bool has_regs;
	struct rw_regs regs;
	bool has_pid;		/* the registers came with the pid of their task */
	uint32_t pid;
	const char *regs_from;	/* static: how it is known that they are this CPU's */
};

/** Memory of a kernel image whose place is known: @offset is link minus physical address. */
struct kimage {
	struct rw_dump *dump;
	uint64_t offset;
};

struct rw_machine {
	const struct rw_image *image;
	struct rw_image *own_image;	/* made from the dump; else NULL */
	struct kimage kimage;		/* what it reads its bytes by */
	bool text_names_only;		/* no CONFIG_KALLSYMS_ALL: what has no name may exist */
	struct rw_dump *dump;
	struct rw_vmcoreinfo *own_info;	/* found in memory */
	const struct rw_vmcoreinfo *info;
	struct rw_space space;
	struct rw_kernel kernel;
	struct offsets o;

	/* modules, BPF, probe slots, and the user's: sorted, without overlaps */
	struct { struct further_text *data; size_t nr, capacity; } text;
	struct rw_text_range *ranges;	/* those of @text */
	struct { struct module *data; size_t nr, capacity; } modules;
	size_t nr_module_symbols;	/* kept, of all modules */

	struct cpu *cpus;
	unsigned int nr_cpus;
	struct { struct rw_task *data; size_t nr, capacity; } tasks;
	size_t max_tasks;
	struct seen stacks;		/* of the tasks found so far */
	unsigned int task_shift;	/* a task is not smaller than 1 << task_shift */
	bool tasks_missing;		/* a list was broken off, or a task unreadable */
	int panic_cpu;			/* -1: none */

	char lost_text[MAX_LOST][256];	/* here, so that no loss goes unnoted for want of memory */
	const char *lost[MAX_LOST];
	size_t nr_lost;
	const char *task_lost[MAX_LOST + 8];

	/* of the task that is walked */
	struct rw_fgraph_entry fgraph[MAX_FGRAPH];
	struct rw_kretprobe kretprobes[MAX_KRETPROBES];
};

/** Note a loss, once. */
void machine_lose(struct rw_machine *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** seen.c.  @return 1 if @value is new, 0 if it was there (or is 0), -1 without memory. */
int machine_see(struct seen *seen, uint64_t value);

/** A variable of the kernel: its run-time address. */
bool machine_symbol(const struct rw_machine *m, const char *name, uint64_t *ret);
/** Read a member of the struct at @base, by its own size. */
bool machine_member(struct rw_machine *m, uint64_t base, struct member member, uint64_t *ret);

/* locate.c: where the kernel lies, and how it translates addresses */
struct rw_error *machine_locate(struct rw_machine *m, const struct rw_kernel_facts *said,
				struct rw_kernel_facts *facts, bool force);
/** Set m->info: VMCOREINFO of the notes, else found in memory; NULL if there is none. */
void machine_find_vmcoreinfo(struct rw_machine *m);
/* ownimage.c: an image out of the dump, and out of @names (NULL: none), in two steps */
struct rw_error *machine_make_image(struct rw_machine *m, const struct rw_image *names, bool force);
struct rw_error *machine_complete_image(struct rw_machine *m, const struct rw_image *names,
					uint64_t slide, bool force);
/* owndata.c: variables that the names do not tell */
struct rw_error *machine_find_data(struct rw_machine *m, uint64_t slide);
/* offsets.c */
struct rw_error *machine_offsets(struct rw_machine *m);
/* modules.c: all further text */
struct rw_error *machine_find_text(struct rw_machine *m, const struct rw_kernel_facts *said);
/* modsyms.c */
void module_deinit(struct module *module);
bool rw_machine_symbolize(void *machine, uint64_t addr, struct rw_symbol *ret,
			  const char **module_ret);
/* modsections.c */
bool rw_machine_find_place(void *machine, uint64_t addr, struct rw_module_place *ret);
/* cpus.c */
struct rw_error *machine_find_cpus(struct rw_machine *m);
/** False: of its CPU nothing is known, and so not which stacks there are. */
bool machine_find_cpu_stacks(struct rw_machine *m, const struct rw_task *task,
			     struct rw_stack stacks[RW_NR_STACKS]);
void machine_find_stacks(struct rw_machine *m, const struct rw_task *task,
			 struct rw_unwind_input *in);
/* cpuregs.c */
struct rw_error *machine_find_cpu_regs(struct rw_machine *m);
/** The registers of a running task, on its CPU's and its own @stacks; NULL: not known. */
const struct rw_regs *machine_regs_of(const struct rw_machine *m, const struct rw_task *task,
				      const struct rw_stack stacks[RW_NR_STACKS]);
/** Of how many CPUs they are known, and how; @ret is a string already. */
void machine_describe_regs(const struct rw_machine *m, char *ret, size_t size);
/* tasks.c */
struct rw_error *machine_find_tasks(struct rw_machine *m);
/* tracers.c */
void machine_read_tracers(struct rw_machine *m, const struct rw_task *task,
			  struct rw_unwind_input *in);

#endif
