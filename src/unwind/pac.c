// SPDX-License-Identifier: GPL-2.0-or-later
//
// Removing a pointer authentication code from a return address.
//
// Bit 55 selects the half of the address space, and with it what the bits above
// the virtual address are without a code.  Up to 6.3 the kernel did this by mask
// whenever it was built for it; since then by the instruction XPACLRI, which does
// nothing on a CPU without the feature.
//
// Source: arch/arm64/include/asm/pointer_auth.h of 6.1, asm/compiler.h of 6.12.

#include "model.h"

static uint64_t strip(uint64_t pc, unsigned int va_bits)
{
	const uint64_t above = ~UINT64_C(0) << va_bits;

	if (pc & UINT64_C(1) << 55)
		return pc | above;
	// Bits 63..56 are left alone: user addresses may carry a tag there.
	return pc & ~(above & ((UINT64_C(1) << 55) - 1));
}

uint64_t unwind_strip_caller(const struct unwind *w, uint64_t pc, bool *doubt_ret)
{
	const struct rw_unwind_input *in = w->in;

	if (in->options & RW_OPTION_XPACLRI)
		return unwind_strip(w, pc, doubt_ret);

	// Up to 6.3 the macro around __builtin_return_address() strips by mask in any
	// configuration (asm/compiler.h of 6.1).
	uint64_t stripped = strip(pc, in->va_bits ? in->va_bits : in->va_bits_min);
	if (!in->va_bits && strip(pc, in->va_bits_max) != stripped)
		*doubt_ret = true;
	return stripped;
}

uint64_t unwind_strip(const struct unwind *w, uint64_t pc, bool *doubt_ret)
{
	const struct rw_unwind_input *in = w->in;
	enum rw_tri removes = in->ptrauth;

	if (in->options & RW_OPTION_XPACLRI)
		removes = rw_tri_and(removes, in->pauth_hw);
	if (removes == RW_NO)
		return pc;

	unsigned int va_bits = in->va_bits ? in->va_bits : in->va_bits_min;
	uint64_t stripped = strip(pc, va_bits);

	if (removes == RW_UNKNOWN && stripped != pc)
		*doubt_ret = true;
	if (!in->va_bits && strip(pc, in->va_bits_max) != stripped)
		*doubt_ret = true;
	return stripped;
}
