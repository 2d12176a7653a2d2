// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the members lie that rewalk reads.  Sizes are taken too: on_cpu is an int in
// 6.1 and a byte in 7.2.

#include <stddef.h>

#include "rewalk/error.h"

#include "machine_private.h"

#define AT(m) offsetof(struct offsets, m)

static const struct {
	const char *type, *member;
	size_t at;
} table[] = {
	{ "task_struct", NULL, AT(task_size) },
	{ "task_struct", "stack", AT(task_stack) },
	{ "task_struct", "tasks", AT(task_tasks) },
	{ "task_struct", "thread_node", AT(task_thread_node) },
	{ "task_struct", "signal", AT(task_signal) },
	{ "task_struct", "pid", AT(task_pid) },
	{ "task_struct", "tgid", AT(task_tgid) },
	{ "task_struct", "comm", AT(task_comm) },
	{ "task_struct", "__state", AT(task_state) },		// since 5.14
	{ "task_struct", "state", AT(task_state) },
	{ "task_struct", "exit_state", AT(task_exit_state) },
	{ "task_struct", "on_cpu", AT(task_on_cpu) },
	{ "task_struct", "thread_info.cpu", AT(task_cpu) },	// since 5.16
	{ "task_struct", "cpu", AT(task_cpu) },
	{ "task_struct", "thread_info.preempt.count", AT(task_preempt) },
	{ "task_struct", "thread.cpu_context.fp", AT(task_fp) },
	{ "task_struct", "thread.cpu_context.sp", AT(task_sp) },
	{ "task_struct", "thread.cpu_context.pc", AT(task_pc) },
	{ "task_struct", "ret_stack", AT(task_ret_stack) },
	{ "task_struct", "curr_ret_stack", AT(task_curr_ret_stack) },
	{ "task_struct", "kretprobe_instances.first", AT(task_kretprobes) },
	{ "signal_struct", "thread_head", AT(signal_thread_head) },
	{ "rq", "curr", AT(rq_curr) },
	{ "rq", "idle", AT(rq_idle) },
	{ "ftrace_ret_stack", "ret", AT(ret_ret) },
	{ "ftrace_ret_stack", "retp", AT(ret_retp) },
	{ "ftrace_ret_stack", "fp", AT(ret_fp) },
	{ "ftrace_ret_stack", NULL, AT(ret_size) },
	{ "kretprobe_instance", "llist", AT(kri_llist) },
	{ "kretprobe_instance", "ret_addr", AT(kri_ret_addr) },
	{ "kretprobe_instance", "fp", AT(kri_fp) },
	{ "module", "list", AT(mod_list) },
	{ "module", "state", AT(mod_state) },
	{ "module", "name", AT(mod_name) },
	{ "module", "core_layout.base", AT(mod_core_base) },	// up to 6.3
	{ "module", "core_layout.text_size", AT(mod_core_text) },
	{ "module", "init_layout.base", AT(mod_init_base) },
	{ "module", "init_layout.text_size", AT(mod_init_text) },
	{ "module", "mem", AT(mod_mem) },			// since 6.4
	{ "module_memory", NULL, AT(mod_mem_size_) },
	{ "module_memory", "base", AT(mod_mem_base) },
	{ "module_memory", "size", AT(mod_mem_size) },
	{ "module", "kallsyms", AT(mod_kallsyms) },
	{ "module", "build_id", AT(mod_build_id) },		// with CONFIG_STACKTRACE_BUILD_ID
	{ "module", "sect_attrs", AT(mod_sect_attrs) },
	{ "module_sect_attrs", "grp.bin_attrs", AT(sect_bin_attrs) },
	{ "module_sect_attr", "battr", AT(sect_battr) },		// up to 6.13
	{ "module_sect_attr", "address", AT(sect_address) },
	{ "bin_attribute", "attr.name", AT(bin_name) },
	{ "bin_attribute", "private", AT(bin_private) },	// the address, since 6.14
	{ "mod_kallsyms", "symtab", AT(kall_symtab) },
	{ "mod_kallsyms", "num_symtab", AT(kall_num) },
	{ "mod_kallsyms", "strtab", AT(kall_strtab) },
	{ "bpf_ksym", "lnode", AT(ksym_lnode) },
	{ "bpf_ksym", "start", AT(ksym_start) },
	{ "bpf_ksym", "end", AT(ksym_end) },
	{ "bpf_ksym", "name", AT(ksym_name) },
	{ "kprobe_insn_cache", "pages", AT(slot_pages) },
	{ "kprobe_insn_page", "list", AT(slot_list) },
	{ "kprobe_insn_page", "insns", AT(slot_insns) },
	{ "task_struct", "stack_vm_area", AT(task_vm_area) },
	{ "vm_struct", "addr", AT(vm_addr) },
	{ "vm_struct", "size", AT(vm_size) },
	{ "vm_struct", "nr_pages", AT(vm_nr_pages) },
};

#define NR_MEMBERS (sizeof(table) / sizeof(table[0]))

struct rw_error *machine_offsets(struct rw_machine *m)
{
	struct rw_type_query queries[NR_MEMBERS];
	struct rw_types *types;

	struct rw_error *err = rw_types_open(m->image, &types);
	if (err)
		return err;
	for (size_t i = 0; i < NR_MEMBERS; i++)
		queries[i] = (struct rw_type_query){ .type = table[i].type,
						     .member = table[i].member };
	err = rw_types_query(types, queries, NR_MEMBERS);
	rw_types_close(types);
	if (err)
		return err;
	for (size_t i = 0; i < NR_MEMBERS; i++) {
		struct member *member = (struct member *)((char *)&m->o + table[i].at);

		// Of two names for one thing the newer one stands first.
		if (queries[i].found && !member->size)
			*member = (struct member){ queries[i].offset, queries[i].size };
		if (queries[i].found && table[i].at == AT(task_ret_stack))
			m->o.ret_stack_is_words = !queries[i].to_struct;
	}
	if (!m->o.task_stack.size || !m->o.task_tasks.size || !m->o.task_fp.size ||
	    !m->o.task_pc.size || !m->o.task_pid.size)
		return rw_error_create(RW_ERROR_MISSING,
				       "%s: types: struct task_struct is not in them; give a "
				       "vmlinux with BTF or debug information",
				       rw_image_path(m->image));
	return NULL;
}

bool machine_member(struct rw_machine *m, uint64_t base, struct member member, uint64_t *ret)
{
	return member.size && rw_space_read_uint(&m->space, base + member.offset, member.size, ret);
}
