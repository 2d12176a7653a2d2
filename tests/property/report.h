/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a plan for which a property does not hold. */
#ifndef REWALK_PROPERTY_REPORT_H
#define REWALK_PROPERTY_REPORT_H

#include "holds.h"

/** Print the simplest plan like @p for which @holds does not hold, and its walk. */
void report(const char *property, struct plan p, property_fn *holds,
	    const struct rw_model *model, unsigned int n);

#endif
