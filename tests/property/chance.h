/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers at random, the same for the same seed. */
#ifndef REWALK_PROPERTY_CHANCE_H
#define REWALK_PROPERTY_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static inline uint64_t below(uint64_t *state, uint64_t end)
{
	return (next_random(state) >> 16) % end;
}

static inline bool chance(uint64_t *state, unsigned int percent)
{
	return below(state, 100) < percent;
}

/** A state that differs much for seeds that differ little, and is never 0. */
static inline uint64_t state_of(uint64_t seed)
{
	seed = (seed + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
	seed = (seed ^ seed >> 27) * UINT64_C(0x94d049bb133111eb);
	return (seed ^ seed >> 31) | 1;
}

#endif
