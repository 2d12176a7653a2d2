// SPDX-License-Identifier: GPL-2.0
/* Livepatch B, upon A: the function that a task must not sleep in is then A's. */
#include "klp.h"

KLP_KSYS_READ(klp_b_ksys_read)

static struct klp_func functions[] = {
	{ .old_name = "ksys_read", .new_func = klp_b_ksys_read },
	{ }
};

KLP_MODULE(functions, false, true);
MODULE_DESCRIPTION("a second livepatch of one function");
