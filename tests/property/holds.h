/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold for every walk, as functions of a plan and a model. */
#ifndef REWALK_PROPERTY_HOLDS_H
#define REWALK_PROPERTY_HOLDS_H

#include "scene.h"

/**
 * Does the property hold?
 *
 * @param n    The variant of the plan, of those that the property has.
 * @param why  Where it does not: in words.
 */
typedef bool property_fn(const struct plan *p, const struct rw_model *model, unsigned int n,
			 char *why, size_t size);

/** Verdict, reasons and entries fit together, and are bounded; variant 1: a plain walk. */
property_fn holds_consistent;
/** The promise of rw_unwind(), in both directions, and bounds where little is known. */
property_fn holds_less;
/** The same stack elsewhere in memory gives the same walk there. */
property_fn holds_shifted;
/** What linux-6.17 accepts, the plain walk of linux-6.13 accepts as well. */
property_fn holds_plain;

/** The scene of @p, made once while the same plan is asked for; until another one is. */
const struct scene *kept_scene(const struct plan *p);

/**
 * The same of the scene with less in it, by variant @n of less.h.
 *
 * @param what_ret  What is missing, if it is not NULL.
 * @return NULL if nothing is.
 */
const struct scene *kept_reduced(const struct plan *p, unsigned int n, const char **what_ret);

#endif
