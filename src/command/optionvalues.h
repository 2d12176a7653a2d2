/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of options.  What is none ends the command with a message that names
 * @option, and STATUS_ERROR.
 */
#ifndef REWALK_COMMAND_OPTIONVALUES_H
#define REWALK_COMMAND_OPTIONVALUES_H

#include "command.h"

/** Up to 16 hexadecimal digits, with or without 0x. */
uint64_t option_address(struct argp_state *state, const char *option, const char *arg);

/** From 0 to @max. */
uint64_t option_decimal(struct argp_state *state, const char *option, const char *arg,
			uint64_t max);

/** NAME=ADDR+SIZE */
void option_stack(struct options *o, const char *arg, struct argp_state *state);

/** START-END[=NAME] */
void option_text(struct options *o, const char *arg, struct argp_state *state);

/** M[+OPTION|+no-OPTION]...; @arg is taken apart and must stay. */
void option_model(struct options *o, char *arg, struct argp_state *state);

/** A folder, besides those that were given before; borrowed. */
void option_modules(struct options *o, const char *dir, struct argp_state *state);

#endif
