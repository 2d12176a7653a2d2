/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ELF notes of a dump, from a PT_NOTE segment or a compressed dump's header. */
#ifndef REWALK_INPUT_NOTES_H
#define REWALK_INPUT_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewalk/dump.h"

struct rw_losses;
struct rw_stream;

struct rw_notes {
	struct {
		struct rw_prstatus *data;
		size_t nr, capacity;
	} prstatus;
	struct rw_vmcoreinfo *vmcoreinfo;	/* the first one */
	bool fpregs;		/* an NT_FPREGSET was seen: QEMU */
	bool process;		/* notes that only a user process has */
};

/**
 * Append the notes in [@off, @off + @size) of @stream.
 *
 * @return NULL or &rw_enomem; damaged notes are a loss.
 */
struct rw_error *rw_notes_read(struct rw_notes *notes, const struct rw_stream *stream,
			       uint64_t off, uint64_t size, struct rw_losses *losses);

/** Take a VMCOREINFO text that is no note, if there was none before. */
struct rw_error *rw_notes_read_vmcoreinfo(struct rw_notes *notes,
					  const struct rw_stream *stream, uint64_t off,
					  uint64_t size, struct rw_losses *losses);

void rw_notes_deinit(struct rw_notes *notes);

/** Who wrote them, as far as the notes tell. */
enum rw_dump_producer rw_notes_producer(const struct rw_notes *notes);

#endif
