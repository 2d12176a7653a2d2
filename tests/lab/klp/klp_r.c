// SPDX-License-Identifier: GPL-2.0
/* Livepatch R replaces all others; do_nanosleep() becomes the kernel's own again. */
#include "klp.h"

KLP_KSYS_READ(klp_r_ksys_read)

static struct klp_func functions[] = {
	{ .old_name = "ksys_read", .new_func = klp_r_ksys_read },
	{ }
};

KLP_MODULE(functions, true, true);
MODULE_DESCRIPTION("livepatch in the place of all others");
