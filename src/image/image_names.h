/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The symbols that are looked for while the symbol table is read.  To have
 * another one found without a search of its own, add it to names.c.
 */
#ifndef IMAGE_NAMES_H
#define IMAGE_NAMES_H

#include <stddef.h>

/** In no order; no name twice. */
extern const char *const rw_image_names[];
extern const size_t rw_nr_image_names;

#endif
