/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text from outside on its way to a terminal: names of modules, symbols and tasks are
 * what a dump says they are.
 */
#ifndef REWALK_PRINTABLE_H
#define REWALK_PRINTABLE_H

#include <stddef.h>
#include <stdio.h>

/** The length of the UTF-8 sequence at @s, which a NUL ends; 0 if it is none. */
size_t rw_utf8_length(const char *s);

/**
 * Print @text with '?' for each byte that a terminal would act on: control characters,
 * also the ones above 0x7f, and bytes that are no UTF-8.
 */
void rw_print_clean(FILE *file, const char *text);

#endif
