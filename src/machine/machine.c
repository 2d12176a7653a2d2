// SPDX-License-Identifier: GPL-2.0-or-later
//
// A dumped machine, put together from what the other files of this room find.

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"

#include "machine_private.h"

#define PSR_MODE_MASK 0xf

void machine_lose(struct rw_machine *m, const char *format, ...)
{
	va_list args;

	if (m->nr_lost == MAX_LOST)
		return;
	char *text = m->lost_text[m->nr_lost];
	va_start(args, format);
	vsnprintf(text, sizeof(m->lost_text[0]), format, args);
	va_end(args);
	for (size_t i = 0; i < m->nr_lost; i++)
		if (!strcmp(m->lost[i], text))
			return;
	m->lost[m->nr_lost++] = text;
}

bool machine_symbol(const struct rw_machine *m, const char *name, uint64_t *ret)
{
	if (!rw_image_symbol(m->image, name, ret))
		return false;
	*ret += m->kernel.slide;
	return true;
}

/** The size of a stack as vmalloc has it, where no symbols tell it: of the first task's. */
static uint64_t thread_size_of_stacks(struct rw_machine *m)
{
	uint64_t init_task, next, stack, area, addr, size, pages;

	if (!machine_symbol(m, "init_task", &init_task) ||
	    !rw_space_read_uint(&m->space, init_task + m->o.task_tasks.offset, 8, &next))
		return 0;
	uint64_t task = next - m->o.task_tasks.offset;
	if (!machine_member(m, task, m->o.task_stack, &stack) ||
	    !machine_member(m, task, m->o.task_vm_area, &area) || !area ||
	    !machine_member(m, area, m->o.vm_addr, &addr) ||
	    !machine_member(m, area, m->o.vm_size, &size) ||
	    !machine_member(m, area, m->o.vm_nr_pages, &pages) || addr != stack)
		return 0;
	// An area has a guard page behind it.
	uint64_t page = UINT64_C(1) << m->space.tables.page_shift, bytes = pages * page;
	return pages && pages <= 64 && size == bytes + page && !(bytes & (bytes - 1)) ? bytes : 0;
}

static struct rw_error *learn(struct rw_machine *m, const struct rw_kernel_facts *said, bool force)
{
	struct rw_kernel_facts facts;
	const char *from;

	const struct rw_image *names = m->image;
	struct rw_error *err = NULL;
	if (!m->image || rw_image_kind(m->image) != RW_IMAGE_VMLINUX)
		err = machine_make_image(m, names, force);
	if (!err)
		err = machine_locate(m, said, &facts, force);
	if (!err && m->own_image)
		err = machine_complete_image(m, names, facts.kaslr, force);
	if (err)
		return err;
	from = m->kernel.slide_from;
	err = rw_kernel_init(m->image, &facts, 0, &m->kernel);
	if (err)
		return err;
	if (said->kaslr_known != RW_YES)
		m->kernel.slide_from = from;
	m->kernel.symbolize = rw_machine_symbolize;
	m->kernel.find_place = rw_machine_find_place;
	m->kernel.symbolize_arg = m;
	err = machine_offsets(m);
	if (!err && !m->kernel.thread_size)
		m->kernel.thread_size = thread_size_of_stacks(m);
	if (!err)
		err = machine_find_text(m, said);
	if (!err)
		err = machine_find_cpus(m);
	if (!err)
		err = machine_find_tasks(m);
	if (!err && !m->kernel.thread_size)
		err = rw_error_create(RW_ERROR_MISSING,
				      "%s: symbols: the size of the initial stack is not told by "
				      "them; this kernel's stacks cannot be bounded",
				      rw_image_path(m->image));
	return err;
}

struct rw_error *rw_machine_create(const struct rw_image *image, struct rw_dump *dump,
				   const struct rw_kernel_facts *facts, bool force,
				   struct rw_machine **ret)
{
	struct rw_machine *m = calloc(1, sizeof(*m));

	if (!m)
		return &rw_enomem;
	m->image = image;
	m->dump = dump;
	struct rw_error *err = learn(m, facts, force);
	if (err) {
		rw_machine_destroy(m);
		return err;
	}
	*ret = m;
	return NULL;
}

void rw_machine_destroy(struct rw_machine *m)
{
	if (!m)
		return;
	rw_image_close(m->own_image);
	rw_vmcoreinfo_destroy(m->own_info);
	free(m->text.data);
	free(m->ranges);
	for (size_t i = 0; i < m->modules.nr; i++)
		module_deinit(&m->modules.data[i]);
	free(m->modules.data);
	free(m->cpus);
	free(m->tasks.data);
	free(m->stacks.slots);
	free(m);
}

const struct rw_kernel *rw_machine_kernel(const struct rw_machine *m)
{
	return &m->kernel;
}

const struct rw_task *rw_machine_tasks(const struct rw_machine *m, size_t *nr_ret)
{
	*nr_ret = m->tasks.nr;
	return m->tasks.data;
}

bool rw_machine_all_tasks(const struct rw_machine *m)
{
	return !m->tasks_missing;
}

unsigned int rw_machine_nr_cpus(const struct rw_machine *m)
{
	return m->nr_cpus;
}

const char *const *rw_machine_lost(const struct rw_machine *m, size_t *nr_ret)
{
	*nr_ret = m->nr_lost;
	return m->lost;
}

const char *const *rw_machine_task_lost(struct rw_machine *m, size_t *nr_ret)
{
	static const char *const reasons[8] = {
		[RW_DUMP_NO_RAM] = "memory that this walk asks for: the dump knows of none there",
		[RW_DUMP_EXCLUDED] = "memory that this walk asks for: left out when the dump was "
				     "written",
		[RW_DUMP_TRUNCATED] = "memory that this walk asks for: behind the end of a "
				      "truncated file",
		[RW_DUMP_NO_FILE] = "memory that this walk asks for: in a file of the split set "
				    "that was not given",
		[RW_DUMP_DAMAGED] = "memory that this walk asks for: in a damaged page",
		[RW_DUMP_NO_CODEC] = "memory that this walk asks for: in a page compressed in a "
				     "way that this build cannot read",
	};

	memcpy(m->task_lost, m->lost, m->nr_lost * sizeof(m->lost[0]));
	*nr_ret = m->nr_lost;
	for (unsigned int i = 0; i < 8; i++)
		if (m->space.missing >> i & 1 && reasons[i])
			m->task_lost[(*nr_ret)++] = reasons[i];
	return m->task_lost;
}

enum rw_walkable rw_machine_unwind_input(struct rw_machine *m, const struct rw_task *task,
					 const struct rw_model *model,
					 struct rw_unwind_input *ret)
{
	const struct rw_regs *regs;

	m->space.missing = 0;
	*ret = (struct rw_unwind_input){
		.read = rw_space_read_words,
		.memory = &m->space,
		.need_reliable = true,
		.current = RW_YES,
	};
	rw_kernel_unwind_input(&m->kernel, model, ret);
	machine_find_stacks(m, task, ret);
	machine_read_tracers(m, task, ret);
	// A task that lives has a stack: a zero there is damage.
	if (task->foreign_stack)
		return RW_WALK_NO_CONTEXT;
	if (!task->stack)
		return task->exited ? RW_WALK_NO_STACK : RW_WALK_NO_CONTEXT;
	if (!task->running) {
		if (!task->has_context)
			return RW_WALK_NO_CONTEXT;
		ret->start = RW_START_BLOCKED;
		ret->pc = task->pc;
		ret->fp = task->fp;
		return RW_WALK_YES;
	}
	regs = machine_regs_of(m, task, ret->stacks);
	if (!regs)
		return RW_WALK_NO_REGISTERS;
	ret->start = RW_START_REGS;
	ret->pc = regs->pc;
	ret->fp = regs->x[29];
	return (regs->pstate & PSR_MODE_MASK) ? RW_WALK_YES : RW_WALK_USER;
}

void rw_machine_describe(const struct rw_machine *m,
			 void (*say)(void *cookie, const char *key, const char *value),
			 void *cookie)
{
	char text[128];

	say(cookie, "dump", rw_dump_format_name(m->dump));
	say(cookie, "release", rw_vmcoreinfo_text(m->info, "OSRELEASE"));
	snprintf(text, sizeof(text), "0x%" PRIx64, m->space.kimage.kimage_voffset);
	say(cookie, "kimage_voffset", text);
	if (m->space.has_linear) {
		snprintf(text, sizeof(text), "0x%" PRIx64, m->space.linear.memstart_addr);
		say(cookie, "memstart_addr", text);
	}
	if (m->space.has_tables) {
		snprintf(text, sizeof(text), "%u KiB pages, %d levels, %u bits",
			 1u << (m->space.tables.page_shift - 10), 4 - m->space.tables.first_level,
			 m->space.tables.va_bits);
		say(cookie, "page_tables", text);
	}
	snprintf(text, sizeof(text), "%u, %zu tasks, %zu modules", m->nr_cpus, m->tasks.nr,
		 m->modules.nr);
	say(cookie, "cpus", text);
	*text = '\0';
	machine_describe_regs(m, text, sizeof(text));
	say(cookie, "cpu_registers", text);
}
