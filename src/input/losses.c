// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a dump should have and has not.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "losses.h"
#include "rewalk/vector.h"

enum { MAX_LOSSES = 64 };

static bool add(struct rw_losses *losses, const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return false;
	// The same again and again, as from a region of damaged notes: once will do.
	if (losses->nr && !strcmp(losses->data[losses->nr - 1].text, text)) {
		free(text);
		return true;
	}
	// A file that is damaged all over would fill the screen.
	if (losses->nr >= MAX_LOSSES) {
		free(text);
		if (losses->nr > MAX_LOSSES) {
			losses->data[MAX_LOSSES].count++;
			return true;
		}
		text = strdup("more is missing, which is not named");
		if (!text)
			return false;
	}
	struct rw_dump_loss *loss = rw_vector_push(losses);
	if (!loss) {
		free(text);
		return false;
	}
	loss->text = text;
	loss->count = 0;
	return true;
}

bool rw_losses_add(struct rw_losses *losses, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bool done = add(losses, format, args);
	va_end(args);
	return done;
}

void rw_losses_count(struct rw_losses *losses, size_t *where, const char *format, ...)
{
	va_list args;

	if (!*where) {
		va_start(args, format);
		bool done = add(losses, format, args);
		va_end(args);
		if (!done)
			return;
		*where = losses->nr;
	}
	losses->data[*where - 1].count++;
}

void rw_losses_deinit(struct rw_losses *losses)
{
	for (size_t i = 0; i < losses->nr; i++)
		free(losses->data[i].text);
	free(losses->data);
	*losses = (struct rw_losses){ 0 };
}
