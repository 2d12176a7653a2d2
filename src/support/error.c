// SPDX-License-Identifier: GPL-2.0-or-later
//
// Errors of rewalk itself: made where the fact is known, prefixed by each
// caller that knows more, printed by the command alone.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/error.h"

struct rw_error rw_enomem = {
	.code = RW_ERROR_NOMEM,
	.message = (char *)"out of memory",
};

static struct rw_error *create(enum rw_error_code code, char *message)
{
	struct rw_error *err = message ? malloc(sizeof(*err)) : NULL;

	if (!err) {
		free(message);
		return &rw_enomem;
	}
	err->code = code;
	err->message = message;
	return err;
}

static char *format_message(const char *format, va_list args)
{
	char *message;

	return vasprintf(&message, format, args) < 0 ? NULL : message;
}

struct rw_error *rw_error_create(enum rw_error_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *message = format_message(format, args);
	va_end(args);
	return create(code, message);
}

struct rw_error *rw_error_os(int errnum, const char *format, ...)
{
	va_list args;
	char *message;

	va_start(args, format);
	char *what = format_message(format, args);
	va_end(args);
	if (!what || asprintf(&message, "%s: %s", what, strerror(errnum)) < 0)
		message = NULL;
	free(what);
	return create(RW_ERROR_OS, message);
}

struct rw_error *rw_error_prefix(struct rw_error *err, const char *format, ...)
{
	va_list args;
	char *message;

	if (!err || err == &rw_enomem)
		return err;
	va_start(args, format);
	char *prefix = format_message(format, args);
	va_end(args);
	if (prefix && asprintf(&message, "%s: %s", prefix, err->message) >= 0) {
		free(err->message);
		err->message = message;
	}
	free(prefix);
	return err;
}

void rw_error_destroy(struct rw_error *err)
{
	if (!err || err == &rw_enomem)
		return;
	free(err->message);
	free(err);
}

void rw_error_cleanup(struct rw_error **errp)
{
	rw_error_destroy(*errp);
}
