/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the notes are that QEMU has written. */
#ifndef REWALK_INPUT_QEMUNOTES_H
#define REWALK_INPUT_QEMUNOTES_H

#include <stdint.h>

struct rw_stream;

/**
 * The true size of the notes at @off, of which the program header claims @size bytes;
 * @size itself unless they are QEMU's and of another size for certain.
 */
uint64_t rw_qemu_notes_size(const struct rw_stream *stream, uint64_t off, uint64_t size);

#endif
