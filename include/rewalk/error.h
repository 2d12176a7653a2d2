/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of rewalk itself: a file that cannot be read, a damaged header, no
 * memory.  What a kernel's walk would have answered is never an error (see
 * unwind.h), nor is a fact that the input does not have (see tri.h).
 */
#ifndef REWALK_ERROR_H
#define REWALK_ERROR_H

#include <stdarg.h>

enum rw_error_code {
	RW_ERROR_NOMEM,
	RW_ERROR_USAGE,		/* the command line */
	RW_ERROR_OS,		/* a system call failed */
	RW_ERROR_FORMAT,	/* a file is not what it should be, or damaged */
	RW_ERROR_MISMATCH,	/* two inputs that do not belong together */
	RW_ERROR_UNSUPPORTED,	/* well formed, but not handled by this build */
	RW_ERROR_MISSING,	/* a fact that none of the inputs gives */
};

/**
 * One error.  @message is one line without a newline, in the form
 * "FILE: where: what is wrong; what to do", read from the outside in.
 */
struct rw_error {
	enum rw_error_code code;
	char *message;
};

/** The error that needs no memory; rw_error_destroy() accepts it. */
extern struct rw_error rw_enomem;

/**
 * Make an error.
 *
 * @return The error, owned by the caller; &rw_enomem when there is no memory.
 *         Never NULL.
 */
struct rw_error *rw_error_create(enum rw_error_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** As rw_error_create() with RW_ERROR_OS; ": " and strerror(@errnum) is appended. */
struct rw_error *rw_error_os(int errnum, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Put "PREFIX: " in front of the message of @err, as each caller does that
 * knows more of where the fault was found.
 *
 * @param err  Taken over; NULL gives NULL.
 * @return The error to pass on.
 */
struct rw_error *rw_error_prefix(struct rw_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Free an error.  NULL is accepted. */
void rw_error_destroy(struct rw_error *err);

/** For __attribute__((cleanup)): destroys what *@errp points at. */
void rw_error_cleanup(struct rw_error **errp);

#define _cleanup_error_ __attribute__((__cleanup__(rw_error_cleanup)))

#endif
