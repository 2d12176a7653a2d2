// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plans, drawn so that about half of them have a fault, most of them past the third frame.

#include "chance.h"
#include "scene.h"

static uint32_t some_bits(uint64_t *state, unsigned int nr)
{
	uint32_t mask = 0;

	for (uint64_t i = 1 + below(state, 3); i; i--)
		mask |= UINT32_C(1) << (1 + below(state, nr));
	return mask;
}

static void draw_fault(struct plan *p, uint64_t *state)
{
	// These stop a walk of every generation; the others are for some of them.
	static const uint8_t hard[] = { FAULT_MISALIGNED, FAULT_OFF_STACK, FAULT_BACK, FAULT_ZERO };

	if (chance(state, 80))
		p->fault = hard[below(state, sizeof(hard))];
	else
		p->fault = 1 + below(state, NR_FAULTS - 1);
	p->fault_at = chance(state, 85) ? 3 + below(state, p->frames - 2) :
		      below(state, p->frames + 1);
}

void plan_draw(struct plan *p, uint64_t seed)
{
	uint64_t state = state_of(seed);
	static const uint8_t va_bits[] = { 48, 48, 48, 39, 52 };

	*p = (struct plan){ .seed = seed };
	p->layout = below(&state, 3);
	p->va_bits = va_bits[below(&state, sizeof(va_bits))];
	p->frames = 4 + below(&state, MAX_FRAMES - 7);
	p->start = chance(&state, 60) ? RW_START_BLOCKED : 1 + below(&state, 2);
	if (p->start != RW_START_BLOCKED && chance(&state, 60)) {
		p->other = chance(&state, 60) ? RW_STACK_IRQ : 1 + below(&state, RW_NR_STACKS - 1);
		p->other_frames = 1 + below(&state, 3);
	}
	if (chance(&state, 8))
		p->exception_at = 1 + below(&state, p->frames);
	p->zero_end = p->layout || chance(&state, 50) ? 0 : 1 + chance(&state, 50);
	if (chance(&state, 15))
		p->pac = chance(&state, 70) ? PAC_REMOVED : 1 + below(&state, NR_PAC - 1);
	p->no_vectors = chance(&state, 10);
	if (chance(&state, 10))
		p->context = below(&state, 128);
	if (chance(&state, 20))
		p->fgraph = some_bits(&state, p->frames);
	if (chance(&state, 15))
		p->kretprobe = some_bits(&state, p->frames);
	if (chance(&state, 5))
		p->assembly = some_bits(&state, p->frames);
	if (chance(&state, 3))
		p->data = some_bits(&state, p->frames);
	if (chance(&state, 30))
		p->module = some_bits(&state, p->frames);
	if (chance(&state, 10))
		p->init = some_bits(&state, p->frames);
	if (chance(&state, 4))
		p->limit = 1 + below(&state, p->frames + 2);
	if (chance(&state, 48))
		draw_fault(p, &state);
	// A task that has not run yet: its fp is the final record's address.
	else if (chance(&state, 3))
		p->frames = p->other_frames = p->exception_at = p->zero_end = p->fgraph =
			p->kretprobe = 0;
}
