// SPDX-License-Identifier: GPL-2.0-or-later
//
// The symbols that some part of rewalk asks an image for.  A kernel has those
// of its release and configuration only; that one is missing is an answer.

#include "image_names.h"

const char *const rw_image_names[] = {
	// Bounds of the image and of its parts.
	"_text", "_stext", "_etext", "_sinittext", "_einittext", "_end",
	"__init_begin", "__init_end", "_sdata", "_edata", "__exittext_begin",
	"__exittext_end", "__bss_start", "__bss_stop",
	"__entry_text_start", "__entry_text_end",
	"__entry_tramp_text_start", "__entry_tramp_text_end",
	"__irqentry_text_start", "__irqentry_text_end",
	"__softirqentry_text_start", "__softirqentry_text_end",
	"__idmap_text_start", "__idmap_text_end",
	"__hyp_idmap_text_start", "__hyp_idmap_text_end",
	"__hyp_text_start", "__hyp_text_end",
	"__sched_text_start", "__sched_text_end",
	"__lock_text_start", "__lock_text_end",
	"__cpuidle_text_start", "__cpuidle_text_end",
	"__kprobes_text_start", "__kprobes_text_end",
	"__noinstr_text_start", "__noinstr_text_end",
	"__hibernate_exit_text_start", "__hibernate_exit_text_end",
	"__relocate_new_kernel_start", "__relocate_new_kernel_end",
	"__start_BTF", "__stop_BTF", "__start_notes", "__stop_notes",

	// The table of the RFC series.
	"__sym_code_functions_start", "__sym_code_functions_end",
	"sym_code_functions", "num_sym_code_functions",

	// kallsyms.
	"kallsyms_num_syms", "kallsyms_names", "kallsyms_markers",
	"kallsyms_token_table", "kallsyms_token_index", "kallsyms_offsets",
	"kallsyms_relative_base", "kallsyms_addresses",

	// What the walk meets.
	"return_to_handler", "kretprobe_trampoline", "__kretprobe_trampoline",
	"arch_rethook_trampoline", "ret_from_fork", "__efi_rt_asm_wrapper",
	"__efi_rt_asm_recover", "ftrace_call", "ftrace_graph_call",
	"ftrace_graph_caller", "ftrace_caller", "ftrace_common",
	"ftrace_regs_caller", "call_on_irq_stack", "cpu_switch_to",
	"swsusp_arch_suspend_exit", "arm64_relocate_new_kernel", "vectors",
	"__bp_harden_el1_vectors", "tramp_vectors",
	"__sdei_asm_handler", "__sdei_asm_entry_trampoline",
	"__sdei_asm_exit_trampoline",
	"el1t_64_sync", "el1t_64_irq", "el1t_64_fiq", "el1t_64_error",
	"el1h_64_sync", "el1h_64_irq", "el1h_64_fiq", "el1h_64_error",
	"el0t_64_sync", "el0t_64_irq", "el0t_64_fiq", "el0t_64_error",
	"el0t_32_sync", "el0t_32_irq", "el0t_32_fiq", "el0t_32_error",
	"el1_sync", "el1_irq", "el1_error", "el0_sync", "el0_irq",
	"ret_to_user", "ret_to_kernel", "work_pending",

	// The walkers, which tell the generation; anchors for DWARF (types_dwarf.c).
	"arch_stack_walk", "arch_stack_walk_reliable", "unwind_frame", "unwind_next",
	"kunwind_next", "kunwind_recover_return_address", "walk_stackframe",
	"ptrauth_prctl_reset_keys",
	"preempt_schedule", "__schedule", "load_module", "klp_enable_patch",
	"bpf_ksym_find", "crash_save_cpu", "function_graph_enter",
	"function_graph_enter_regs", "ftrace_push_return_trace",
	"__kretprobe_trampoline_handler", "secondary_start_kernel",
	"register_ftrace_function", "register_kprobe", "find_vm_area", "copy_utsname",
	"kretprobe_find_ret_addr", "ftrace_graph_ret_addr", "vprintk_emit",
	"klp_patch_object",

	// Tasks and stacks.
	"init_task", "init_stack", "init_thread_union",
	"__start_init_task", "__end_init_task", "__start_init_stack",
	"__end_init_stack", "runqueues", "__per_cpu_offset", "__per_cpu_start",
	"__per_cpu_end", "__entry_task", "idle_threads", "nr_cpu_ids",
	"__cpu_possible_mask", "__cpu_present_mask", "__cpu_online_mask",
	"irq_stack_ptr", "irq_stack", "irq_shadow_call_stack_ptr",
	"overflow_stack", "sdei_stack_normal_ptr", "sdei_stack_critical_ptr",
	"sdei_shadow_call_stack_normal_ptr", "sdei_shadow_call_stack_critical_ptr",
	"sdei_active_normal_event", "sdei_active_critical_event",
	"efi_rt_stack_top", "crash_notes", "panic_cpu", "crashing_cpu",
	"kasan_init_sw_tags", "kasan_init_hw_tags",
	"kretprobe_inst_table", "system_state",

	// Other text.
	"modules", "bpf_kallsyms", "kprobe_insn_slots", "kprobe_optinsn_slots",
	"ftrace_ops_list", "ftrace_ops_trampoline_list", "module_alloc_base",
	"ftrace_mod_maps",

	// Addresses and identity.
	"swapper_pg_dir", "kimage_voffset", "kimage_vaddr", "memstart_addr",
	"vabits_actual", "arm64_use_ng_mappings", "linux_banner", "init_uts_ns",
	"vmcoreinfo_data", "vmcoreinfo_note", "vmcoreinfo_size", "vmlinux_build_id",
	"__log_buf", "log_buf", "log_buf_len", "prb",

	// Livepatch.
	"klp_patches", "klp_ops", "klp_transition_patch", "klp_target_state",
	"klp_signals_cnt", "klp_try_switch_task", "klp_check_stack",
	"klp_update_patch_state", "klp_sched_try_switch_key", "__klp_sched_try_switch",
};

const size_t rw_nr_image_names = sizeof(rw_image_names) / sizeof(rw_image_names[0]);
