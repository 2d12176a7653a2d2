// SPDX-License-Identifier: GPL-2.0-or-later
//
// A made-up machine: see mkmachine.h.
//
// Source of the layouts: include/linux/sched.h, arch/arm64/include/asm/stacktrace/frame.h
// of 6.17, shortened to what is read.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>
#endif

#include "rewalk/error.h"

#include "mkelf.h"
#include "mkmachine.h"

/* offsets in the image */
enum {
	TEXT = 0x10000, TEXT_SIZE = 0x1000, RODATA = 0x20000, PERCPU = 0x28000,
	PERCPU_SIZE = 0x3000, DATA = 0x30000, INIT_STACK = 0x38000, BTF_AT = 0x40000,
	IMAGE_SIZE = 0x60000,
};

/* offsets in RAM */
enum {
	TABLES = 0x1000, SIGNALS = 0x10000, AREAS = 0x20000, TASKS = 0x80000, STACKS = 0x100000,
	IMAGE = 0x200000,
};

enum { PT_REGS_SIZE = 320, PT_REGS_FRAME = 296, CRASH_NOTES = 0x200, IRQ_STACKS = 0x1f0000 };

static const char banner[] = "Linux version 6.17.0-test (made up) #1 SMP";

static const struct {
	const char *name;
	uint32_t off;
} variables[] = {
	{ "linux_banner", RODATA },
	{ "runqueues", PERCPU },
	{ "irq_stack_ptr", PERCPU + 0x100 },
	{ "overflow_stack", PERCPU + 0x1000 },
	{ "kimage_voffset", DATA },
	{ "memstart_addr", DATA + 8 },
	{ "nr_cpu_ids", DATA + 16 },
	{ "panic_cpu", DATA + 24 },
	{ "crash_notes", DATA + 32 },
	{ "modules", DATA + 48 },
	{ "bpf_kallsyms", DATA + 64 },
	{ "__per_cpu_offset", DATA + 0x100 },
	{ "init_task", DATA + 0x1000 },
	{ "swapper_pg_dir", DATA + 0x2000 },
	{ "__start_init_stack", INIT_STACK },
	{ "__end_init_stack", INIT_STACK + MK_STACK_SIZE },
	{ "_end", IMAGE_SIZE },
	{ "_text", 0 },
	{ "_stext", TEXT },
	{ "_etext", TEXT + TEXT_SIZE },
};

static const struct {
	const char *name;
	uint32_t off;
	bool is_code;
} functions[] = {
	{ "__switch_to", TEXT, false },
	{ "schedule", TEXT + 0x100, false },
	{ "kthread", TEXT + 0x200, false },
	{ "idle_loop", TEXT + 0x300, false },
	{ "arch_stack_walk_reliable", TEXT + 0x400, false },
	{ "ret_from_fork", TEXT + 0x500, true },
	{ "el1h_64_irq", TEXT + 0x600, true },
};

/* offsets in the section; the last two are exported */
static const struct {
	const char *name;
	uint32_t off;
} percpu[] = {
	{ "runqueues", 0 }, { "irq_stack_ptr", 0x100 }, { "overflow_stack", 0x1000 },
	{ "kstat", 0x800 }, { "softnet_data", 0x808 },
};

enum {
	NR_VARIABLES = sizeof(variables) / sizeof(variables[0]),
	NR_FUNCTIONS = sizeof(functions) / sizeof(functions[0]),
};

static void fail(const char *what, const char *name)
{
	fprintf(stderr, "mkmachine: %s%s\n", what, name);
	abort();
}

/* ---- types ------------------------------------------------------------------------- */

/** Kinds of members: a size, or one of these. */
enum {
	POINTER = 100, LIST, WORDS, COMM, NAME, KSYM_NAME, CONTEXT, MEM7, META, PREEMPT, LLIST,
	MKOBJ, ATTRIBUTE, GROUP,
};

static const struct {
	const char *type;
	uint32_t size;
	struct {
		const char *name;
		uint16_t kind, off;
	} members[20];
} structs[] = {
	{ "list_head", 16, { { "next", POINTER, 0 }, { "prev", POINTER, 8 } } },
	{ "llist_head", 8, { { "first", POINTER, 0 } } },
	{ "preempt_counts", 8, { { "count", 4, 0 } } },
	{ "thread_info", 24, { { "preempt", PREEMPT, 8 }, { "cpu", 4, 16 } } },
	{ "cpu_context", 24, { { "fp", 8, 0 }, { "sp", 8, 8 }, { "pc", 8, 16 } } },
	{ "thread_struct", 24, { { "cpu_context", CONTEXT, 0 } } },
	{ "module_memory", MK_MODULE_MEM_SIZE, { { "base", POINTER, 0 }, { "size", 4, 8 } } },
	{ "frame_record_meta", 24, { { "type", 8, 16 } } },
	{ "task_struct", 1024, {
		{ "thread_info", 24, 0 }, { "__state", 4, MK_TASK_STATE },
		{ "stack", POINTER, MK_TASK_STACK }, { "on_cpu", 4, MK_TASK_ON_CPU },
		{ "tasks", LIST, MK_TASK_TASKS }, { "pid", 4, MK_TASK_PID },
		{ "tgid", 4, MK_TASK_TGID }, { "exit_state", 4, MK_TASK_EXIT_STATE },
		{ "thread_node", LIST, MK_TASK_NODE }, { "signal", POINTER, MK_TASK_SIGNAL },
		{ "comm", COMM, MK_TASK_COMM }, { "ret_stack", WORDS, MK_TASK_RET_STACK },
		{ "curr_ret_stack", 4, MK_TASK_CURR_RET },
		{ "kretprobe_instances", LLIST, MK_TASK_KRETPROBES },
		{ "thread", CONTEXT, MK_TASK_FP },
		{ "stack_vm_area", POINTER, MK_TASK_VM_AREA } } },
	{ "vm_struct", 32, { { "addr", POINTER, 8 }, { "size", 8, 16 }, { "nr_pages", 4, 24 } } },
	{ "module_kobject", 16, { { "mod", POINTER, 8 } } },
	{ "signal_struct", 64, { { "thread_head", LIST, MK_SIGNAL_HEAD } } },
	{ "rq", 64, { { "curr", POINTER, MK_RQ_CURR }, { "idle", POINTER, MK_RQ_IDLE } } },
	{ "module", 256, {
		{ "state", 4, MK_MODULE_STATE }, { "list", LIST, MK_MODULE_LIST },
		{ "name", NAME, MK_MODULE_NAME }, { "mem", MEM7, MK_MODULE_MEM },
		{ "kallsyms", POINTER, MK_MODULE_KALLSYMS },
		{ "sect_attrs", POINTER, MK_MODULE_SECTIONS },
		{ "mkobj", MKOBJ, MK_MODULE_SELF - 8 } } },
	{ "attribute", 16, { { "name", POINTER, 0 } } },
	{ "bin_attribute", 72, {
		{ "attr", ATTRIBUTE, MK_SECTION_NAME },
		{ "private", POINTER, MK_SECTION_ADDRESS } } },
	{ "attribute_group", 48, { { "bin_attrs", POINTER, MK_SECTIONS_LIST } } },
	{ "module_sect_attrs", 48, { { "grp", GROUP, 0 } } },
	{ "mod_kallsyms", 32, {
		{ "symtab", POINTER, 0 }, { "num_symtab", 4, 8 }, { "strtab", POINTER, 16 } } },
	{ "bpf_ksym", 64, {
		{ "start", 8, MK_KSYM_START }, { "end", 8, MK_KSYM_END },
		{ "name", KSYM_NAME, MK_KSYM_NAME }, { "lnode", LIST, MK_KSYM_NODE } } },
	{ "ftrace_ret_stack", 32, { { "ret", 8, 0 }, { "fp", 8, 16 }, { "retp", POINTER, 24 } } },
	{ "kretprobe_instance", 48, {
		{ "llist", LLIST, 0 }, { "ret_addr", 8, 32 }, { "fp", 8, 40 } } },
	{ "pt_regs", PT_REGS_SIZE, { { "stackframe", META, PT_REGS_FRAME } } },
};

#ifdef HAVE_LIBBPF
bool mk_machine_can(void)
{
	return true;
}

static int must(int id)
{
	if (id < 0)
		fail("BTF", "");
	return id;
}

static int find(struct btf *btf, const char *name)
{
	return must(btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT));
}

/** As pahole writes them: variables of one section. */
static void add_percpu(struct btf *btf, int type)
{
	int ids[sizeof(percpu) / sizeof(percpu[0])];

	for (size_t i = 0; i < sizeof(percpu) / sizeof(percpu[0]); i++)
		ids[i] = must(btf__add_var(btf, percpu[i].name, BTF_VAR_STATIC, type));
	must(btf__add_datasec(btf, ".data..percpu", PERCPU_SIZE));
	for (size_t i = 0; i < sizeof(percpu) / sizeof(percpu[0]); i++)
		must(btf__add_datasec_var_info(btf, ids[i], percpu[i].off, 8));
}

static struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();
	int u32 = must(btf__add_int(btf, "unsigned int", 4, 0));
	int u64 = must(btf__add_int(btf, "unsigned long", 8, 0));
	int ch = must(btf__add_int(btf, "char", 1, BTF_INT_CHAR));
	int pointer = must(btf__add_ptr(btf, 0)), words = must(btf__add_ptr(btf, u64));
	int comm = must(btf__add_array(btf, u32, ch, 16));
	int name = must(btf__add_array(btf, u32, ch, 56));
	int ksym_name = must(btf__add_array(btf, u32, ch, 32));

	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++) {
		const char *type = structs[i].type;
		int ids[20] = { 0 };

		// Before the struct itself is begun: an id may be a new type.
		for (size_t j = 0; structs[i].members[j].name; j++) {
			switch (structs[i].members[j].kind) {
			case 4: ids[j] = u32; break;
			case 8: ids[j] = u64; break;
			case 24: ids[j] = find(btf, "thread_info"); break;
			case POINTER: ids[j] = pointer; break;
			case WORDS: ids[j] = words; break;
			case COMM: ids[j] = comm; break;
			case NAME: ids[j] = name; break;
			case KSYM_NAME: ids[j] = ksym_name; break;
			case LIST: ids[j] = find(btf, "list_head"); break;
			case LLIST: ids[j] = find(btf, "llist_head"); break;
			case PREEMPT: ids[j] = find(btf, "preempt_counts"); break;
			case ATTRIBUTE: ids[j] = find(btf, "attribute"); break;
			case GROUP: ids[j] = find(btf, "attribute_group"); break;
			case MKOBJ: ids[j] = find(btf, "module_kobject"); break;
			case META: ids[j] = find(btf, "frame_record_meta"); break;
			case CONTEXT:
				ids[j] = find(btf, strcmp(type, "task_struct") ? "cpu_context" :
					      "thread_struct");
				break;
			case MEM7:
				ids[j] = must(btf__add_array(btf, u32,
							     find(btf, "module_memory"), 7));
				break;
			}
		}
		must(btf__add_struct(btf, type, structs[i].size));
		for (size_t j = 0; structs[i].members[j].name; j++)
			must(btf__add_field(btf, structs[i].members[j].name, ids[j],
					    structs[i].members[j].off * 8, 0));
	}
	add_percpu(btf, u64);
	return btf;
}
#else
bool mk_machine_can(void)
{
	return false;
}
#endif

/* ---- the image ----------------------------------------------------------------------- */

static struct rw_image *make_image(void)
{
#ifdef HAVE_LIBBPF
	static const uint8_t zeros[IMAGE_SIZE];
	const uint64_t code = SHF_ALLOC | SHF_EXECINSTR, data = SHF_ALLOC | SHF_WRITE;
	struct btf *btf = make_btf();
	uint32_t btf_size;
	const void *btf_bytes = btf__raw_data(btf, &btf_size);
	char rodata[128] = "";
	const struct mk_section sections[] = {
		{ ".head.text", SHT_PROGBITS, code, MK_LINK, zeros, 0x1000 },
		{ ".text", SHT_PROGBITS, code, MK_LINK + TEXT, zeros, TEXT_SIZE },
		{ ".rodata", SHT_PROGBITS, SHF_ALLOC, MK_LINK + RODATA, rodata, sizeof(rodata) },
		{ ".data..percpu", SHT_PROGBITS, data, MK_LINK + PERCPU, zeros, PERCPU_SIZE },
		{ ".data", SHT_PROGBITS, data, MK_LINK + DATA, zeros, 0x10000 },
		{ ".BTF", SHT_PROGBITS, SHF_ALLOC, MK_LINK + BTF_AT, btf_bytes, btf_size },
		{ 0 },
	};
	struct mk_symbol symbols[NR_VARIABLES + NR_FUNCTIONS + 1] = { 0 };
	struct rw_image *image = NULL;
	size_t nr = 0, size;

	strcpy(rodata, banner);
	for (size_t i = 0; i < NR_VARIABLES; i++) {
		uint32_t off = variables[i].off;

		symbols[nr++] = (struct mk_symbol){
			variables[i].name, MK_LINK + off, 0, STT_OBJECT, STB_GLOBAL,
			off < TEXT ? ".head.text" : off < RODATA ? ".text" :
			off < PERCPU ? ".rodata" : off < DATA ? ".data..percpu" : ".data",
		};
		if (off == RODATA)
			symbols[nr - 1].size = sizeof(banner);
	}
	for (size_t i = 0; i < NR_FUNCTIONS; i++)
		symbols[nr++] = (struct mk_symbol){
			functions[i].name, MK_LINK + functions[i].off, 0x100,
			functions[i].is_code ? STT_NOTYPE : STT_FUNC, STB_GLOBAL, ".text",
		};
	const struct mk_elf elf = { .sections = sections, .symbols = symbols };
	uint8_t *bytes = mk_elf(&elf, &size);
	char *path = mk_file(bytes, size);
	struct rw_error *err = rw_image_open(path, &image);
	if (err)
		fail(err->message, "");
	unlink(path);
	free(path);
	free(bytes);
	btf__free(btf);
	return image;
#else
	return NULL;
#endif
}

/* ---- addresses ----------------------------------------------------------------------- */

uint64_t mk_variable(const char *name)
{
	for (size_t i = 0; i < NR_VARIABLES; i++)
		if (!strcmp(variables[i].name, name))
			return MK_LINK + MK_SLIDE + variables[i].off;
	fail("no variable ", name);
	return 0;
}

uint64_t mk_linear(uint64_t off)
{
	return MK_LINEAR + off;
}

uint64_t mk_cpu_variable(const char *name, unsigned int cpu)
{
	return mk_variable(name) - (MK_LINK + MK_SLIDE + PERCPU) +
	       mk_linear(AREAS + (uint64_t)cpu * PERCPU_SIZE);
}

uint64_t mk_task(const struct mk_machine *m, unsigned int task)
{
	(void)m;
	return task ? mk_linear(TASKS + (uint64_t)task * 0x1000) : mk_variable("init_task");
}

uint64_t mk_stack(const struct mk_machine *m, unsigned int task)
{
	(void)m;
	return task ? mk_linear(STACKS + (uint64_t)task * MK_STACK_SIZE) :
	       mk_variable("__start_init_stack");
}

uint64_t mk_pc(const char *function)
{
	for (size_t i = 0; i < NR_FUNCTIONS; i++)
		if (!strcmp(functions[i].name, function))
			return MK_LINK + MK_SLIDE + functions[i].off + 0x10;
	fail("no function ", function);
	return 0;
}

uint8_t *mk_at(const struct mk_machine *m, uint64_t va)
{
	uint64_t image = va - MK_LINK - MK_SLIDE, linear = va - MK_LINEAR;

	if (image < IMAGE_SIZE)
		return m->ram + IMAGE + image;
	if (linear >= MK_RAM_SIZE - 8)
		fail("no such address", "");
	return m->ram + linear;
}

void mk_poke(const struct mk_machine *m, uint64_t va, uint64_t value, size_t size)
{
	uint8_t *at = mk_at(m, va);

	for (size_t i = 0; i < size; i++)
		at[i] = value >> (8 * i);
}

/* ---- the memory ---------------------------------------------------------------------- */

/** 2 MiB blocks: the linear map and the image. */
static void make_tables(const struct mk_machine *m)
{
	uint64_t root = mk_variable("swapper_pg_dir"), at = TABLES;
	static const struct {
		uint64_t va, pa, blocks;
	} maps[] = {
		{ MK_LINEAR, MK_RAM, 2 },
		{ MK_LINK + MK_SLIDE, MK_RAM + IMAGE, 1 },
	};

	for (size_t i = 0; i < 2; i++, at += 0x2000) {
		uint64_t va = maps[i].va;

		mk_poke(m, root + 8 * (va >> 39 & 511), (MK_RAM + at) | 3, 8);
		mk_poke(m, mk_linear(at + 8 * (va >> 30 & 511)), (MK_RAM + at + 0x1000) | 3, 8);
		for (uint64_t b = 0; b < maps[i].blocks; b++)
			mk_poke(m, mk_linear(at + 0x1000 + 8 * ((va >> 21 & 511) + b)),
				(maps[i].pa + (b << 21)) | 0x701, 8);
	}
}

/** A list of @nr nodes at @nodes, with a head. */
static void make_list(const struct mk_machine *m, uint64_t head, const uint64_t *nodes, size_t nr)
{
	uint64_t last = head;

	for (size_t i = 0; i <= nr; i++) {
		uint64_t node = i < nr ? nodes[i] : head;

		mk_poke(m, last, node, 8);
		mk_poke(m, node + 8, last, 8);
		last = node;
	}
}

/** Three frames and the final record. */
static void make_stack(const struct mk_machine *m, unsigned int task)
{
	uint64_t stack = mk_stack(m, task), t = mk_task(m, task);
	uint64_t final = stack + MK_STACK_SIZE - PT_REGS_SIZE + PT_REGS_FRAME;
	uint64_t fp = final - 0x200;
	const char *const callers[] = {
		task < m->nr_cpus ? "idle_loop" : "schedule",
		task < m->nr_cpus ? "idle_loop" : "kthread", "ret_from_fork",
	};

	mk_poke(m, t + MK_TASK_FP, fp, 8);
	mk_poke(m, t + MK_TASK_SP, fp, 8);
	mk_poke(m, t + MK_TASK_PC, mk_pc("__switch_to"), 8);
	for (int i = 0; i < 3; i++, fp += 0x40) {
		mk_poke(m, fp, i < 2 ? fp + 0x40 : final, 8);
		mk_poke(m, fp + 8, mk_pc(callers[i]), 8);
	}
	mk_poke(m, final + 16, 1, 8);		/* FRAME_META_TYPE_FINAL */
}

static void make_task(const struct mk_machine *m, unsigned int task)
{
	uint64_t t = mk_task(m, task), signal = mk_linear(SIGNALS + (uint64_t)task * 64);
	uint32_t pid = task < m->nr_cpus ? 0 : 100 + task;
	char comm[17];

	mk_poke(m, t + MK_TASK_CPU, task % m->nr_cpus, 4);
	mk_poke(m, t + MK_TASK_STATE, task < m->nr_cpus ? 0 : 1, 4);
	mk_poke(m, t + MK_TASK_STACK, mk_stack(m, task), 8);
	mk_poke(m, t + MK_TASK_PID, pid, 4);
	mk_poke(m, t + MK_TASK_TGID, pid, 4);
	mk_poke(m, t + MK_TASK_SIGNAL, signal, 8);
	snprintf(comm, sizeof(comm), task < m->nr_cpus ? "swapper/%u" : "task%u", task);
	memcpy(mk_at(m, t + MK_TASK_COMM), comm, 16);
	make_list(m, signal + MK_SIGNAL_HEAD, (uint64_t[]){ t + MK_TASK_NODE }, 1);
	make_stack(m, task);
}

void mk_run(const struct mk_machine *m, unsigned int task, unsigned int cpu)
{
	mk_poke(m, mk_cpu_variable("runqueues", cpu) + MK_RQ_CURR, mk_task(m, task), 8);
	mk_poke(m, mk_task(m, task) + MK_TASK_ON_CPU, 1, 4);
	mk_poke(m, mk_task(m, task) + MK_TASK_CPU, cpu, 4);
	mk_poke(m, mk_task(m, task) + MK_TASK_STATE, 0, 4);
}

void mk_machine_init(struct mk_machine *m, unsigned int nr_cpus, unsigned int nr_tasks)
{
	uint64_t nodes[MK_MAX_TASKS];

	*m = (struct mk_machine){ .nr_cpus = nr_cpus, .nr_tasks = nr_tasks };
	if (nr_tasks > MK_MAX_TASKS || nr_cpus > nr_tasks || nr_cpus > 8)
		fail("too many tasks or CPUs", "");
	m->ram = calloc(1, MK_RAM_SIZE);
	if (!m->ram)
		fail("no memory", "");
	m->image = make_image();
	make_tables(m);
	strcpy((char *)mk_at(m, mk_variable("linux_banner")), banner);
	mk_poke(m, mk_variable("kimage_voffset"), MK_LINK + MK_SLIDE - MK_RAM - IMAGE, 8);
	mk_poke(m, mk_variable("memstart_addr"), MK_RAM, 8);
	mk_poke(m, mk_variable("nr_cpu_ids"), nr_cpus, 4);
	mk_poke(m, mk_variable("panic_cpu"), UINT32_MAX, 4);
	mk_poke(m, mk_variable("crash_notes"), mk_variable("runqueues") + CRASH_NOTES, 8);
	make_list(m, mk_variable("modules"), NULL, 0);
	make_list(m, mk_variable("bpf_kallsyms"), NULL, 0);
	for (unsigned int c = 0; c < nr_cpus; c++) {
		mk_poke(m, mk_variable("__per_cpu_offset") + 8 * (uint64_t)c,
			mk_cpu_variable("runqueues", c) - mk_variable("runqueues"), 8);
		mk_poke(m, mk_cpu_variable("runqueues", c) + MK_RQ_IDLE, mk_task(m, c), 8);
		mk_poke(m, mk_cpu_variable("irq_stack_ptr", c),
			mk_linear(IRQ_STACKS - (uint64_t)c * MK_STACK_SIZE), 8);
	}
	for (unsigned int t = 0; t < nr_tasks; t++) {
		make_task(m, t);
		nodes[t] = mk_task(m, t) + MK_TASK_TASKS;
	}
	for (unsigned int c = 0; c < nr_cpus; c++)
		mk_run(m, c, c);
	make_list(m, nodes[0], nodes + nr_cpus, nr_tasks - nr_cpus);
}

void mk_machine_deinit(struct mk_machine *m)
{
	free(m->ram);
	rw_image_close(m->image);
	mk_free(&m->notes);
}

/* ---- what is left of itself ----------------------------------------------------------- */

enum { KALLSYMS = RODATA + 0x1000, EXPORTS = RODATA + 0x4000, STRINGS = RODATA + 0x6000,
	INFO = 0x340000, VM_AREAS = 0x344000 };

/** struct kernel_symbol: offsets to the symbol, its name, its namespace; and the names. */
static void make_exports(const struct mk_machine *m)
{
	static const char *const names[] = { "init_task", "nr_cpu_ids", "__per_cpu_offset" };
	uint64_t entry = mk_variable("_text") + EXPORTS;
	uint64_t string = mk_variable("_text") + STRINGS + 1;
	char other[24];

	for (int i = 0; i < 24; i++, entry += 12) {
		const char *name = i < 3 ? names[i] : i < 5 ? percpu[i].name : other;
		uint64_t addr = i < 3 ? mk_variable(name) :
				i < 5 ? mk_variable("runqueues") + percpu[i].off :
					mk_pc("schedule");

		snprintf(other, sizeof(other), "exported_%d", i);
		mk_poke(m, entry, addr - entry, 4);
		mk_poke(m, entry + 4, string - (entry + 4), 4);
		strcpy((char *)mk_at(m, string), name);
		string += strlen(name) + 1;
	}
}

/** Stacks are of vmalloc, with a page behind each that guards it. */
static void make_vm_areas(const struct mk_machine *m)
{
	for (unsigned int t = 1; t < m->nr_tasks; t++) {
		uint64_t area = mk_linear(VM_AREAS + t * 32);

		mk_poke(m, mk_task(m, t) + MK_TASK_VM_AREA, area, 8);
		mk_poke(m, area + 8, mk_stack(m, t), 8);
		mk_poke(m, area + 16, MK_STACK_SIZE + 4096, 8);
		mk_poke(m, area + 24, MK_STACK_SIZE / 4096, 4);
	}
}

/** In the order of their addresses; names of labels are those of the tables as well. */
static size_t sorted_symbols(struct mk_kallsym *ret, char names[][40], bool text_only,
			     uint64_t btf_size)
{
	struct { const char *name; uint32_t off; char letter; } all[64];
	size_t nr = 0, done = 0;

	for (size_t i = 0; i < NR_VARIABLES; i++) {
		all[nr].name = variables[i].name;
		all[nr].off = variables[i].off;
		all[nr++].letter = variables[i].off <= TEXT + TEXT_SIZE ? 'T' : 'D';
	}
	for (size_t i = 0; i < NR_FUNCTIONS; i++) {
		all[nr].name = functions[i].name;
		all[nr].off = functions[i].off;
		all[nr++].letter = 'T';
	}
	all[nr].name = "__start_BTF";
	all[nr].off = BTF_AT;
	all[nr++].letter = 'R';
	all[nr].name = "__stop_BTF";
	all[nr].off = (uint32_t)(BTF_AT + btf_size);
	all[nr++].letter = 'R';
	for (uint32_t off = 0; off <= IMAGE_SIZE; off++) {
		for (size_t i = 0; i < nr; i++) {
			if (all[i].off != off ||
			    (text_only && (off < TEXT || off > TEXT + TEXT_SIZE)))
				continue;
			snprintf(names[done], 40, "%c%s", all[i].letter, all[i].name);
			ret[done] = (struct mk_kallsym){ MK_LINK + off, names[done] };
			done++;
		}
	}
	ret[done] = (struct mk_kallsym){ 0, NULL };
	return done;
}

static size_t btf_of(const struct mk_machine *m, const uint8_t **ret)
{
	size_t size = 0;

	*ret = rw_image_section(m->image, ".BTF", &size);
	return size;
}

void mk_own(struct mk_machine *m, const struct mk_own *own)
{
	struct mk_kallsym symbols[64];
	struct mk_kallsyms tables;
	char names[64][40], info[2048];
	const uint8_t *btf;
	size_t btf_size = btf_of(m, &btf);
	uint64_t run = MK_LINK + MK_SLIDE, at = run + KALLSYMS;

	size_t nr = sorted_symbols(symbols, names, own->text_only, btf_size);
	for (size_t i = 0; i < nr; i++)
		symbols[i].addr += MK_SLIDE;
	if (own->as_5_10)
		mk_kallsyms_5_10(symbols, at, run, &tables);
	else
		mk_kallsyms(symbols, at, own->place_relative ? 0 : run, &tables);
	memcpy(mk_at(m, at), tables.bytes, tables.size);
	memcpy(mk_at(m, run + BTF_AT), btf, btf_size);
	if (own->text_only) {
		make_exports(m);
		make_vm_areas(m);
	}
	if (own->banner)
		strcpy((char *)mk_at(m, mk_variable("linux_banner")), own->banner);
	int len = snprintf(info, sizeof(info),
			   "OSRELEASE=6.17.0-test\nBUILD-ID=0123456789abcdef\nPAGESIZE=4096\n"
			   "SYMBOL(_stext)=%llx\nSYMBOL(swapper_pg_dir)=%llx\n"
			   "NUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
			   "NUMBER(kimage_voffset)=0x%llx\nNUMBER(PHYS_OFFSET)=0x%llx\n"
			   "KERNELOFFSET=%llx\n",
			   (unsigned long long)mk_variable("_stext"),
			   (unsigned long long)mk_variable("swapper_pg_dir"),
			   (unsigned long long)(run - MK_RAM - IMAGE), (unsigned long long)MK_RAM,
			   (unsigned long long)MK_SLIDE);
	if (!own->as_5_10)
		len += snprintf(info + len, sizeof(info) - (size_t)len,
				"SYMBOL(kallsyms_names)=%llx\nSYMBOL(kallsyms_num_syms)=%llx\n"
				"SYMBOL(kallsyms_token_table)=%llx\n"
				"SYMBOL(kallsyms_token_index)=%llx\n"
				"SYMBOL(kallsyms_offsets)=%llx\n",
				(unsigned long long)tables.names,
				(unsigned long long)tables.num_syms,
				(unsigned long long)tables.token_table,
				(unsigned long long)tables.token_index,
				(unsigned long long)tables.offsets);
	if (!own->as_5_10 && !own->place_relative)
		len += snprintf(info + len, sizeof(info) - (size_t)len,
				"SYMBOL(kallsyms_relative_base)=%llx\n",
				(unsigned long long)tables.base);
	m->kallsyms.num_syms = tables.num_syms - MK_SLIDE;
	m->kallsyms.names = tables.names - MK_SLIDE;
	m->kallsyms.token_table = tables.token_table - MK_SLIDE;
	m->kallsyms.token_index = tables.token_index - MK_SLIDE;
	m->kallsyms.offsets = tables.offsets - MK_SLIDE;
	m->kallsyms.base = own->place_relative ? 0 : tables.base - MK_SLIDE;
	if (own->no_vmcoreinfo)
		return;
	if (own->in_memory)
		memcpy(m->ram + INFO, info, (size_t)len);
	else
		mk_note(&m->notes, "VMCOREINFO", 0, info, (size_t)len);
}

static int by_addr(const void *a, const void *b)
{
	const struct mk_kallsym *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

char *mk_system_map(const struct mk_machine *m)
{
	const struct mk_kallsym tables[] = {
		{ m->kallsyms.num_syms, "Dkallsyms_num_syms" },
		{ m->kallsyms.names, "Dkallsyms_names" },
		{ m->kallsyms.token_table, "Dkallsyms_token_table" },
		{ m->kallsyms.token_index, "Dkallsyms_token_index" },
		{ m->kallsyms.offsets, "Dkallsyms_offsets" },
		{ m->kallsyms.base, "Dkallsyms_relative_base" },
	};
	const uint8_t *btf;
	struct mk_kallsym symbols[64 + 6];
	char names[64][40], *text = NULL;
	size_t size, nr = sorted_symbols(symbols, names, false, btf_of(m, &btf));
	FILE *file = open_memstream(&text, &size);

	for (size_t i = 0; i < 6; i++)
		if (tables[i].addr)
			symbols[nr++] = tables[i];
	qsort(symbols, nr, sizeof(symbols[0]), by_addr);
	for (size_t i = 0; i < nr; i++)
		fprintf(file, "%016llx %c %s\n", (unsigned long long)symbols[i].addr,
			symbols[i].name[0], symbols[i].name + 1);
	fclose(file);
	return text;
}

/* ---- registers ------------------------------------------------------------------------ */

static void make_note(struct mk *ret, uint32_t pid, uint64_t pc, uint64_t fp, uint64_t sp,
		      uint64_t pstate)
{
	struct mk desc = { 0 };

	mk_le(&desc, 32, pid, 4);
	mk_le(&desc, 112 + 8 * 29, fp, 8);
	mk_le(&desc, 112 + 8 * 31, sp, 8);
	mk_le(&desc, 112 + 8 * 32, pc, 8);
	mk_le(&desc, 112 + 8 * 33, pstate, 8);
	mk_le(&desc, 384, 0, 8);
	mk_note(ret, "CORE", 1, desc.bytes, desc.size);
	mk_free(&desc);
}

void mk_note_of(struct mk_machine *m, uint32_t pid, uint64_t pc, uint64_t fp, uint64_t sp,
		uint64_t pstate)
{
	make_note(&m->notes, pid, pc, fp, sp, pstate);
}

void mk_crash_note(struct mk_machine *m, unsigned int cpu, uint32_t pid, uint64_t pc, uint64_t fp,
		   uint64_t sp, uint64_t pstate)
{
	struct mk note = { 0 };

	make_note(&note, pid, pc, fp, sp, pstate);
	memcpy(mk_at(m, mk_cpu_variable("runqueues", cpu) + CRASH_NOTES), note.bytes, note.size);
	mk_free(&note);
}

/* ---- opened ---------------------------------------------------------------------------- */

void mk_open_with(const struct mk_machine *m, const struct rw_image *image, bool force,
		  struct mk_opened *ret)
{
	const struct rw_kernel_facts facts = { .kaslr_known = RW_UNKNOWN, .pauth_hw = RW_UNKNOWN };
	static char core_name[] = "core", ram_name[] = "ram";
	size_t first = m->hole ? m->hole : MK_RAM_SIZE, nr = 0;
	size_t second = first + m->hole_size < MK_RAM_SIZE ? first + m->hole_size : MK_RAM_SIZE;
	struct rw_dump_source sources[3];
	struct mk core = { 0 };

	mk_core(&core, &(struct mk_core){ .notes = &m->notes });
	*ret = (struct mk_opened){
		.files = {
			{ .name = ram_name, .bytes = m->ram, .size = first },
			{ .name = core_name, .bytes = core.bytes, .size = core.size },
			{ .name = ram_name, .bytes = m->ram + second,
			  .size = MK_RAM_SIZE - second },
		},
		.core = core.bytes,
	};
	sources[nr++] = (struct rw_dump_source){ &ret->files[0], RW_DUMP_BANK, MK_RAM };
	if (m->notes.size)
		sources[nr++] = (struct rw_dump_source){ &ret->files[1], RW_DUMP_ELF, 0 };
	if (second < MK_RAM_SIZE)
		sources[nr++] = (struct rw_dump_source){ &ret->files[2], RW_DUMP_BANK,
							 MK_RAM + second };
	ret->err = rw_dump_create(sources, nr, &ret->dump);
	if (!ret->err)
		ret->err = rw_machine_create(image, ret->dump, &facts, force, &ret->machine);
}

void mk_open(const struct mk_machine *m, struct mk_opened *ret)
{
	mk_open_with(m, m->image, false, ret);
}

void mk_close(struct mk_opened *opened)
{
	rw_machine_destroy(opened->machine);
	rw_dump_destroy(opened->dump);
	rw_error_destroy(opened->err);
	free(opened->core);
}
