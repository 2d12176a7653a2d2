/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef REWALK_MACHINE_PRIVATE_H
#define REWALK_MACHINE_PRIVATE_H

#include "rewalk/kernel.h"

/** Fill in the model, its options and the layout, as far as the image's types tell them. */
struct rw_error *rw_kernel_choose_model(struct rw_kernel *kernel);

/** Fill in what rfc-v1 to rfc-v3 distrust; the slide is known. */
void rw_kernel_find_special(struct rw_kernel *kernel);

#endif
