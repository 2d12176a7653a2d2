// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the machine code of the kernel's walker tells of it: behaviour that stable
// releases changed without a visible type.
//
// Since Linux kernel commit beecfd6a88a6 ("arm64: stacktrace: Check
// kretprobe_find_ret_addr() return value") (in 6.17, 6.16.2, 6.15.11, 6.12.43), the
// result of that call is compared with zero before it is used:
//
//	bl kretprobe_find_ret_addr; [mov x1, x0;] cbz x0, …	(6.12.118, 7.2.13)
//	bl kretprobe_find_ret_addr; str x0, [x19, #8]		(6.1.192)
//
// Since 6.4 return addresses are stripped by XPACLRI, which is hint #7.  It stands in
// the step from one record to the next.  Where a walk of current begins, compilers put
// one in older kernels, too: in arch_stack_walk() one of them says nothing.
//
// Only calls, compare-and-branch, moves and stores of a register, and that hint are
// looked at, each by its fixed bits.

#include <string.h>

#include "rewalk/bytes.h"

#include "machine.h"

enum {
	MAX_CODE = 8192,	/* bytes of a function that are looked at */
	MAX_AFTER = 6,		/* instructions after a call */
};

#define XPACLRI	UINT32_C(0xd50320ff)

/** The walkers, and the steps that a compiler may have left on their own. */
static const char *const walkers[] = {
	"arch_stack_walk", "arch_stack_walk_reliable", "kunwind_next",
	"kunwind_recover_return_address", "unwind_next", "unwind_frame",
};

struct code {
	uint64_t start;
	size_t nr;
	uint8_t bytes[MAX_CODE];
};

static uint32_t word(const struct code *code, size_t i)
{
	return rw_get_le32(code->bytes + 4 * i);
}

static bool read_function(const struct rw_image *image, const char *name, struct code *ret)
{
	struct rw_symbol symbol;

	if (!rw_image_symbol(image, name, &ret->start) || ret->start % 4 ||
	    !rw_image_symbolize(image, ret->start, &symbol) || symbol.addr != ret->start)
		return false;
	ret->nr = (symbol.size < MAX_CODE ? symbol.size : MAX_CODE) / 4;
	return rw_image_read(image, ret->start, ret->bytes, ret->nr * 4);
}

/** The target of the bl at @i, or 0. */
static uint64_t call_at(const struct code *code, size_t i)
{
	uint32_t insn = word(code, i);
	uint64_t offset = insn & 0x03ffffff;

	if (insn >> 26 != 0x25)
		return 0;
	// The offset counts words and is signed, in 26 bits.
	offset = (offset ^ 0x02000000) - 0x02000000;
	return code->start + 4 * (i + offset);
}

static bool calls(const struct code *code, uint64_t target)
{
	for (size_t i = 0; target && i < code->nr; i++)
		if (call_at(code, i) == target)
			return true;
	return false;
}

/** Is the result of the call at @call compared with zero before it is stored? */
static enum rw_tri compared_with_zero(const struct code *code, size_t call)
{
	uint32_t holds = 1;	/* bit n: xn has the result */

	for (size_t i = call + 1; i < code->nr && i <= call + MAX_AFTER; i++) {
		uint32_t insn = word(code, i), rt = insn & 31, rm = insn >> 16 & 31;

		if ((insn & 0xfe000000) == 0xb4000000)		// cbz, cbnz xt
			return holds >> rt & 1 ? RW_YES : RW_UNKNOWN;
		if ((insn & 0xffc00000) == 0xf9000000 ||	// str xt, [xn, #…]
		    (insn & 0xffe00c00) == 0xf8000000) {	// stur xt, [xn, #…]
			// A spill is no use of it.
			if (holds >> rt & 1 && (insn >> 5 & 31) != 31)
				return RW_NO;
		} else if ((insn & 0xffe0ffe0) == 0xaa0003e0) {	// mov xt, xm
			holds = (holds & ~(UINT32_C(1) << rt)) | (holds >> rm & 1) << rt;
		} else if ((insn >> 26 & 7) == 5 || holds >> rt & 1) {
			// Any other branch; or what may write the register that holds it.
			break;
		}
	}
	return RW_UNKNOWN;
}

static size_t count_xpaclri(const struct code *code)
{
	size_t nr = 0;

	for (size_t i = 0; i < code->nr; i++)
		nr += word(code, i) == XPACLRI;
	return nr;
}

void rw_kernel_read_walker(const struct rw_image *image, struct rw_walker_code *ret)
{
	uint64_t find = 0, graph = 0;
	unsigned int checked = 0, unchecked = 0, unclear = 0;

	*ret = (struct rw_walker_code){ RW_UNKNOWN, RW_UNKNOWN };
	rw_image_symbol(image, "kretprobe_find_ret_addr", &find);
	rw_image_symbol(image, "ftrace_graph_ret_addr", &graph);
	for (size_t i = 0; i < sizeof(walkers) / sizeof(walkers[0]); i++) {
		struct code code;

		// The hypervisor has an unwind_next() of its own, which translates nothing.
		if (!read_function(image, walkers[i], &code) ||
		    !(calls(&code, find) || calls(&code, graph)))
			continue;
		for (size_t j = 0; find && j < code.nr; j++) {
			if (call_at(&code, j) != find)
				continue;
			enum rw_tri zero = compared_with_zero(&code, j);
			checked += zero == RW_YES;
			unchecked += zero == RW_NO;
			unclear += zero == RW_UNKNOWN;
		}
		if (!strcmp(walkers[i], "unwind_next"))
			ret->xpaclri = rw_tri(count_xpaclri(&code) > 0);
		else if (!strcmp(walkers[i], "arch_stack_walk"))
			ret->xpaclri = rw_tri(count_xpaclri(&code) > 1);
	}
	// All places must say the same.
	if (!unclear && !checked != !unchecked)
		ret->kretprobe_zero_check = rw_tri(checked);
}
