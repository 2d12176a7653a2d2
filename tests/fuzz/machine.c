// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: a kernel whose memory lies.  The input changes words of a made-up machine
// (tests/unit/mkmachine.h): its task list, modules, tracers, per-CPU data, page tables,
// stacks.  All tasks are walked and printed; then once more with a hole in the memory.
//
//	bytes 0 to 3	the hole: page in RAM (u16), pages (u8); what kind of notes (u8)
//	each 11 bytes	a change: what (u8), which word (u16), a value (u64)
//
// No task that sleeps may be reliable with the hole and not without it.

#include <stdlib.h>
#include <string.h>

#include "mkmachine.h"
#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/output.h"
#include "rewalk/trace.h"

enum { NR_CPUS = 2, NR_TASKS = 8, MAX_WALKED = 64, CHANGE = 11, HEAD = 4 };

enum { FREE = 0x300000 };

static struct mk_machine machine;

/** What a change may hit, by offset in RAM: words that are not zero, and their neighbours. */
static uint32_t places[8192];
static size_t nr_places;

/** Something of everything that is read. */
static void make_all(struct mk_machine *m)
{
	uint64_t module = mk_linear(FREE), kallsyms = module + 0x200, ksym = module + 0x1000;
	uint64_t shadow = module + 0x2000, instance = module + 0x3000, text = 0xffff800070000000;

	mk_machine_init(m, NR_CPUS, NR_TASKS);
	mk_poke(m, mk_variable("modules"), module + MK_MODULE_LIST, 8);
	mk_poke(m, module + MK_MODULE_LIST, mk_variable("modules"), 8);
	memcpy(mk_at(m, module + MK_MODULE_NAME), "ext4", 4);
	mk_poke(m, module + MK_MODULE_MEM, text, 8);
	mk_poke(m, module + MK_MODULE_MEM + 8, 0x1000, 4);
	mk_poke(m, module + MK_MODULE_KALLSYMS, kallsyms, 8);
	mk_poke(m, kallsyms, module + 0x240, 8);
	mk_poke(m, kallsyms + 8, 3, 4);
	mk_poke(m, kallsyms + 16, module + 0x300, 8);
	for (uint64_t i = 1; i < 3; i++) {
		mk_poke(m, module + 0x240 + 24 * i, i, 4);
		mk_poke(m, module + 0x240 + 24 * i + 6, 1, 2);
		mk_poke(m, module + 0x240 + 24 * i + 8, text + 0x100 * i, 8);
	}
	memcpy(mk_at(m, module + 0x301), "function", 9);
	mk_poke(m, mk_variable("bpf_kallsyms"), ksym + MK_KSYM_NODE, 8);
	mk_poke(m, ksym + MK_KSYM_NODE, mk_variable("bpf_kallsyms"), 8);
	mk_poke(m, ksym + MK_KSYM_START, text + 0x10000, 8);
	mk_poke(m, ksym + MK_KSYM_END, text + 0x10100, 8);
	mk_poke(m, mk_task(m, 3) + MK_TASK_RET_STACK, shadow, 8);
	mk_poke(m, mk_task(m, 3) + MK_TASK_CURR_RET, 5, 4);
	mk_poke(m, shadow, mk_pc("schedule"), 8);
	mk_poke(m, shadow + 8 * 4, 4, 8);
	mk_poke(m, mk_task(m, 4) + MK_TASK_KRETPROBES, instance, 8);
	mk_poke(m, instance + 32, mk_pc("schedule"), 8);
	// One frame of a task in the module.
	mk_poke(m, mk_stack(m, 5) + MK_STACK_SIZE - 0x200 - 24 + 0x48, text + 0x110, 8);
	mk_crash_note(m, 0, 0, mk_pc("idle_loop"), mk_stack(m, 0) + 0x3f00,
		      mk_stack(m, 0) + 0x3f00, 5);
}

static void make_notes(struct mk_machine *m, unsigned int kind)
{
	char info[512];

	mk_free(&m->notes);
	for (uint32_t cpu = 0; cpu < NR_CPUS && kind & 1; cpu++)
		mk_note_of(m, kind & 2 ? cpu + 1 : 0, mk_pc("idle_loop"),
			   mk_stack(m, cpu) + 0x3f00, mk_stack(m, cpu) + 0x3f00, kind & 4 ? 5 : 0);
	// So that nothing has to be searched for.
	int size = snprintf(info, sizeof(info), "OSRELEASE=6.17.0-test\nPAGESIZE=4096\n"
			    "NUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
			    "NUMBER(PHYS_OFFSET)=0x%llx\nKERNELOFFSET=%llx\n"
			    "NUMBER(kimage_voffset)=0x%llx\n", (unsigned long long)MK_RAM,
			    (unsigned long long)MK_SLIDE,
			    (unsigned long long)(mk_variable("_text") - MK_RAM - 0x200000));
	mk_note(&m->notes, "VMCOREINFO", 0, info, (size_t)size);
}

static uint64_t value_of(unsigned int what, uint64_t value)
{
	switch (what & 3) {
	case 1:
		return mk_linear(value & (MK_RAM_SIZE - 1));
	case 2:
		return MK_LINK + MK_SLIDE + (value & 0x5ffff);
	case 3:
		return value & 0xff;
	}
	return value;
}

static void find_places(const uint8_t *ram)
{
	static const uint8_t zeros[8];

	for (uint32_t off = 8; off < MK_RAM_SIZE - 16; off += 8)
		if (nr_places < sizeof(places) / sizeof(places[0]) &&
		    memcmp(ram + off - 8, zeros, 8) | memcmp(ram + off, zeros, 8) |
		    memcmp(ram + off + 8, zeros, 8))
			places[nr_places++] = off;
}

/** A word of RAM; a change of it is undone at the end. */
static uint32_t place_of(const uint8_t *change)
{
	return places[(change[1] | (size_t)change[2] << 8) % nr_places];
}

struct verdicts {
	struct {
		uint64_t address;
		bool reliable, running;
	} tasks[MAX_WALKED];
	size_t nr;
};

static void walk(const struct mk_opened *o, FILE *null, struct verdicts *ret)
{
	const struct rw_kernel *kernel = rw_machine_kernel(o->machine);
	struct rw_output out = { .file = null, .names = rw_names_create(kernel) };
	size_t nr, nr_lost;
	const struct rw_task *tasks = rw_machine_tasks(o->machine, &nr);

	if (!out.names || !kernel->auto_model)
		abort();
	for (size_t i = 0; i < nr && i < MAX_WALKED; i++) {
		struct rw_unwind_input in;
		struct rw_trace trace;
		enum rw_walkable walkable = rw_machine_unwind_input(o->machine, &tasks[i],
								    kernel->auto_model, &in);

		if (walkable != RW_WALK_YES)
			rw_trace_init_empty(kernel, kernel->auto_model, &in, "", "", walkable,
					    &trace);
		else if (rw_trace_init(kernel, kernel->auto_model, &in, "", "", &trace))
			abort();
		trace.task = &tasks[i];
		trace.lost = rw_machine_task_lost(o->machine, &trace.nr_lost);
		out.format = i % 2 ? RW_FORMAT_TEXT : RW_FORMAT_JSON;
		rw_output_trace(&out, &trace);
		ret->tasks[ret->nr].address = tasks[i].address;
		ret->tasks[ret->nr].running = tasks[i].running;
		ret->tasks[ret->nr++].reliable = trace.result.verdict == RW_VERDICT_RELIABLE;
		rw_trace_deinit(&trace);
	}
	rw_machine_lost(o->machine, &nr_lost);
	rw_names_destroy(out.names);
}

static void run(FILE *null, struct verdicts *ret)
{
	struct mk_opened o;

	mk_open(&machine, &o);
	if (o.err && !o.err->message)
		abort();
	if (o.machine)
		walk(&o, null, ret);
	mk_close(&o);
}

static void compare(const struct verdicts *all, const struct verdicts *less)
{
	for (size_t i = 0; i < less->nr; i++) {
		if (!less->tasks[i].reliable || less->tasks[i].running)
			continue;
		for (size_t j = 0; j < all->nr; j++)
			if (all->tasks[j].address == less->tasks[i].address &&
			    !all->tasks[j].reliable && !all->tasks[j].running)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *intact;
	static FILE *null;
	struct verdicts all = { .nr = 0 }, less = { .nr = 0 };

	if (!intact) {
		make_all(&machine);
		intact = malloc(MK_RAM_SIZE);
		null = fopen("/dev/null", "w");
		if (!intact || !null)
			abort();
		memcpy(intact, machine.ram, MK_RAM_SIZE);
		find_places(intact);
	}
	if (size < HEAD)
		return 0;
	make_notes(&machine, data[3]);
	for (size_t at = HEAD; at + CHANGE <= size; at += CHANGE) {
		uint64_t value = value_of(data[at], rw_get_le64(data + at + 3));

		for (size_t i = 0; i < 8; i++)
			machine.ram[place_of(data + at) + i] = value >> (8 * i);
	}
	machine.hole = 0;
	run(null, &all);
	machine.hole = (data[0] | (size_t)data[1] << 8) % (MK_RAM_SIZE / 4096) * 4096;
	machine.hole_size = data[2] % 16 * 4096;
	if (machine.hole && machine.hole_size) {
		run(null, &less);
		compare(&all, &less);
	}
	for (size_t at = HEAD; at + CHANGE <= size; at += CHANGE)
		memcpy(machine.ram + place_of(data + at), intact + place_of(data + at), 8);
	return 0;
}
