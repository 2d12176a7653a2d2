// SPDX-License-Identifier: GPL-2.0-or-later
//
// Types out of DWARF, read by libdw.
//
// A kernel has 3,000 compilation units, and each that uses task_struct describes
// it again.  So it is enough, and a hundred times quicker, to read the top level
// of a few units: those that cover the functions listed below.  A type that none
// of them uses is not found.
//
// The unit of an address is in .debug_aranges (gcc); kernels built by clang have
// none, and then the units' own ranges are asked, all in one pass.
//
// Source: dumps.md 3.2.

#include <dwarf.h>
#include <string.h>

#include "rewalk/error.h"

#include "image_private.h"
#include "types_private.h"

enum {
	MAX_CHAIN = 32,
	MAX_SIBLINGS = 1 << 20,	/* a unit of the kernel has 7,000 */
};

/** Functions whose units use what is asked for; the most rewarding first. */
static const char *const anchors[] = {
	"__schedule",			// task_struct, rq, signal_struct, mm_struct, pt_regs
	"arch_stack_walk",		// unwind_state, kunwind_state, frame_record_meta
	"load_module",			// module and its parts
	"function_graph_enter",		// ftrace_ret_stack
	"function_graph_enter_regs",	// the same since 6.13
	"ftrace_push_return_trace",	// the same, where it is no inline
	"register_ftrace_function",	// ftrace_ops
	"register_kprobe",		// kprobe_insn_cache, kretprobe_instance
	"__kretprobe_trampoline_handler",
	"bpf_ksym_find",		// bpf_ksym
	"crash_save_cpu",		// elf_prstatus, note_buf_t
	"secondary_start_kernel",	// secondary_data
	"find_vm_area",			// vm_struct
	"copy_utsname",			// uts_namespace
	"vprintk_emit",			// printk_ringbuffer
	"klp_enable_patch",		// klp_patch, klp_object, klp_func
	"klp_try_switch_task",
	"klp_patch_object",		// klp_ops
	"walk_stackframe",		// stackframe, before 5.18
};

enum {
	NR_ANCHORS = sizeof(anchors) / sizeof(anchors[0]),
};

/** The type of @die, into @ret; false if it has none (void). */
static bool type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, ret);
}

/** Go through typedefs and qualifiers.  False at void, and if it does not end. */
static bool strip(Dwarf_Die *die)
{
	for (int i = 0; i < MAX_CHAIN; i++) {
		switch (dwarf_tag(die)) {
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
			if (!type_of(die, die))
				return false;
			break;
		default:
			return true;
		}
	}
	return false;
}

static bool is_struct(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

static uint64_t size_of(Dwarf_Die *die)
{
	int size = dwarf_bytesize(die);

	return size < 0 ? 0 : (uint64_t)size;
}

/** The elements of one dimension; 0 if it is open. */
static uint64_t nr_of(Dwarf_Die *subrange)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (dwarf_attr_integrate(subrange, DW_AT_count, &attr) &&
	    !dwarf_formudata(&attr, &value))
		return value;
	// Without an upper bound, or with one that is computed, or with -1.
	if (!dwarf_attr_integrate(subrange, DW_AT_upper_bound, &attr) ||
	    dwarf_formudata(&attr, &value))
		return 0;
	return value == UINT64_MAX ? 0 : value + 1;
}

/**
 * The dimensions of an array from @dim on.
 *
 * @return How many there are; *nr_ret is the first, *all_ret their product.
 */
static int dimensions_of(Dwarf_Die *array, uint32_t dim, uint64_t *nr_ret, uint64_t *all_ret)
{
	Dwarf_Die child;
	int nr = 0;

	*all_ret = 1;
	if (dwarf_child(array, &child))
		return 0;
	for (int i = 0; i < MAX_CHAIN; i++) {
		if (dwarf_tag(&child) == DW_TAG_subrange_type) {
			if (dim) {
				dim--;
			} else {
				uint64_t value = nr_of(&child);

				if (!nr++)
					*nr_ret = value;
				if (__builtin_mul_overflow(*all_ret, value, all_ret))
					return 0;
			}
		}
		if (dwarf_siblingof(&child, &child))
			break;
	}
	return nr;
}

static bool describe_at(Dwarf_Die die, uint32_t dim, int nesting, struct rw_type_info *ret);

static bool describe_array(Dwarf_Die *die, uint32_t dim, int nesting, struct rw_type_info *ret)
{
	struct rw_type_info element;
	uint64_t all;
	int nr = dimensions_of(die, dim, &ret->nr, &all);

	if (!nr || !type_of(die, &ret->inner.die) ||
	    !describe_at(ret->inner.die, 0, nesting + 1, &element) ||
	    __builtin_mul_overflow(all, element.size, &ret->size))
		return false;
	ret->kind = RW_TYPE_ARRAY;
	if (nr > 1) {
		// The element is an array itself: the same DIE, one dimension on.
		ret->inner = (struct rw_type_ref){ .die = *die, .dim = dim + 1 };
	}
	return true;
}

static bool describe_at(Dwarf_Die die, uint32_t dim, int nesting, struct rw_type_info *ret)
{
	Dwarf_Die target;

	*ret = (struct rw_type_info){ 0 };
	if (nesting > MAX_CHAIN)
		return false;
	if (!strip(&die))
		return true;	// void
	ret->self = (struct rw_type_ref){ .die = die, .dim = dim };
	switch (dwarf_tag(&die)) {
	case DW_TAG_pointer_type:
		ret->kind = RW_TYPE_POINTER;
		ret->size = sizeof(uint64_t);
		ret->to_struct = type_of(&die, &target) && strip(&target) && is_struct(&target);
		return true;
	case DW_TAG_array_type:
		return describe_array(&die, dim, nesting, ret);
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		ret->kind = RW_TYPE_STRUCT;
		ret->size = size_of(&die);
		return true;
	case DW_TAG_enumeration_type:
		ret->kind = RW_TYPE_ENUM;
		ret->size = size_of(&die);
		return true;
	default:
		ret->size = size_of(&die);
		return true;
	}
}

static bool describe(const struct rw_types *types, const struct rw_type_ref *ref,
		     struct rw_type_info *ret)
{
	(void)types;
	return describe_at(ref->die, ref->dim, 0, ret);
}

/** Where a member lies: a number, or in DWARF 2 an expression with one. */
static uint64_t bit_offset_of(Dwarf_Die *member)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;
	Dwarf_Op *ops;
	size_t nr;

	if (dwarf_attr_integrate(member, DW_AT_data_bit_offset, &attr) &&
	    !dwarf_formudata(&attr, &value))
		return value;
	if (!dwarf_attr_integrate(member, DW_AT_data_member_location, &attr))
		return 0;	// in a union
	if (!dwarf_formudata(&attr, &value))
		return value * 8;
	if (!dwarf_getlocation(&attr, &ops, &nr) && nr == 1 && ops[0].atom == DW_OP_plus_uconst)
		return ops[0].number * 8;
	return 0;
}

static bool next_member(const struct rw_types *types, const struct rw_type_ref *ref,
			struct rw_type_cursor *cursor, struct rw_type_member *ret)
{
	Dwarf_Die die = ref->die;
	Dwarf_Attribute attr;
	Dwarf_Word bits;

	(void)types;
	for (;;) {
		if (cursor->next++ ? dwarf_siblingof(&cursor->die, &cursor->die) :
				     dwarf_child(&die, &cursor->die))
			return false;
		if (cursor->next > MAX_SIBLINGS)
			return false;
		if (dwarf_tag(&cursor->die) == DW_TAG_member)
			break;
	}
	const char *name = dwarf_diename(&cursor->die);
	*ret = (struct rw_type_member){
		.name = name ? name : "",
		.bit_off = bit_offset_of(&cursor->die),
	};
	if (!type_of(&cursor->die, &ret->type.die))
		return false;
	if (dwarf_attr_integrate(&cursor->die, DW_AT_bit_size, &attr) &&
	    !dwarf_formudata(&attr, &bits))
		ret->bits = (uint32_t)bits;
	return true;
}

static bool enumerator(const struct rw_types *types, const struct rw_type_ref *ref,
		       const char *name, uint64_t *ret)
{
	Dwarf_Die die = ref->die, child;
	int status = dwarf_child(&die, &child);

	(void)types;
	for (int i = 0; !status && i < MAX_SIBLINGS; i++) {
		const char *child_name = dwarf_diename(&child);
		Dwarf_Attribute attr;
		Dwarf_Sword value;

		if (child_name && !strcmp(child_name, name) &&
		    dwarf_attr_integrate(&child, DW_AT_const_value, &attr) &&
		    !dwarf_formsdata(&attr, &value)) {
			*ret = (uint64_t)value;
			return true;
		}
		status = dwarf_siblingof(&child, &child);
	}
	return false;
}

static void offer_unit(Dwarf_Die *unit, struct rw_type_search *search)
{
	Dwarf_Die die;
	int status = dwarf_child(unit, &die);

	for (int i = 0; !status && i < MAX_SIBLINGS; i++) {
		int tag = dwarf_tag(&die);

		if (is_struct(&die) || tag == DW_TAG_enumeration_type || tag == DW_TAG_typedef) {
			const char *name = dwarf_diename(&die);

			if (name && rw_type_search_wants(search, name) &&
			    !dwarf_hasattr(&die, DW_AT_declaration))
				rw_type_search_offer(search, name,
						     &(struct rw_type_ref){ .die = die });
		}
		status = dwarf_siblingof(&die, &die);
	}
}

/** The unit of each anchor, where .debug_aranges does not tell. */
static void find_units_slowly(Dwarf *dwarf, const uint64_t *addrs, Dwarf_Die *units, bool *found)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	while (!dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &unit, NULL)) {
		for (size_t i = 0; i < NR_ANCHORS; i++) {
			if (addrs[i] && !found[i] && dwarf_haspc(&unit, addrs[i]) > 0) {
				units[i] = unit;
				found[i] = true;
			}
		}
	}
}

static struct rw_error *offer_all(const struct rw_types *types, struct rw_type_search *search)
{
	uint64_t addrs[NR_ANCHORS] = { 0 };
	Dwarf_Die units[NR_ANCHORS];
	bool found[NR_ANCHORS] = { 0 }, slowly = false;

	for (size_t i = 0; i < NR_ANCHORS; i++) {
		if (!rw_image_symbol(types->image, anchors[i], &addrs[i]))
			continue;
		found[i] = dwarf_addrdie(types->dwarf, addrs[i], &units[i]) != NULL;
		slowly |= !found[i];
	}
	if (slowly)
		find_units_slowly(types->dwarf, addrs, units, found);
	for (size_t i = 0; i < NR_ANCHORS && !rw_type_search_done(search); i++) {
		bool seen = false;

		for (size_t j = 0; j < i && found[i]; j++)
			seen |= found[j] && units[j].addr == units[i].addr;
		if (found[i] && !seen)
			offer_unit(&units[i], search);
	}
	return NULL;
}

static void close_dwarf(struct rw_types *types)
{
	dwarf_end(types->dwarf);
}

static const struct rw_type_reader reader = {
	.origin = "DWARF",
	.close = close_dwarf,
	.offer_all = offer_all,
	.describe = describe,
	.next_member = next_member,
	.enumerator = enumerator,
};

struct rw_error *rw_types_init_dwarf(struct rw_types *types)
{
	if (!rw_image_section_named(types->image, ".debug_info") &&
	    !rw_image_section_named(types->image, ".zdebug_info"))
		return rw_error_create(RW_ERROR_MISSING,
				       "sections: neither .BTF nor .debug_info, so there are no "
				       "struct layouts; give a vmlinux built with "
				       "CONFIG_DEBUG_INFO_BTF or CONFIG_DEBUG_INFO, or a copy of "
				       "/sys/kernel/btf/vmlinux from the machine");
	types->dwarf = dwarf_begin_elf(types->image->elf, DWARF_C_READ, NULL);
	if (!types->dwarf)
		return rw_error_create(RW_ERROR_FORMAT, "section .debug_info: %s; copy or unpack "
				       "the file again", dwarf_errmsg(-1));
	types->reader = &reader;
	return NULL;
}
