// SPDX-License-Identifier: GPL-2.0-or-later
//
// The notes of a QEMU dump whose CPUs have SVE.
//
// QEMU takes the size of the first CPU's notes for that of all, works out from it where
// memory begins, and then writes one part behind the other.  But an NT_ARM_SVE note is
// as long as the vectors that its CPU has set (a CPU that never ran a program with SVE
// still has the longest), so with CPUs that differ everything behind the notes lies
// elsewhere than the program headers say:
//
//	each CPU	CORE 1 NT_PRSTATUS, CORE 2 NT_FPREGSET, LINUX 0x405 NT_ARM_SVE
//	then		VMCOREINFO 0, if the guest has told where it is
//
// The claim is reproduced before it is contradicted: the number of CPUs times the size of
// the first one's notes, and VMCOREINFO.
//
// Source: QEMU dump/dump.c (dump_init, write_elf64_notes), target/arm/arch_dump.c;
// checked on a dump of four CPUs of which one had run a program with SVE.

#include <stdbool.h>
#include <string.h>

#include "qemunotes.h"
#include "rewalk/bytes.h"
#include "stream.h"

enum {
	MAX_CPUS = 4096,
	NT_PRSTATUS = 1, NT_FPREGSET = 2, NT_ARM_FIRST = 0x400, NT_ARM_LAST = 0x4ff,
};

enum kind { OTHER, PRSTATUS, FPREGSET, VECTORS, VMCOREINFO };

/** What stands at @off, and how long it is. */
static enum kind read_note(const struct rw_stream *stream, uint64_t off, uint64_t *size_ret)
{
	uint8_t note[12 + 11];

	if (rw_stream_read(stream, off, note, sizeof(note)) < sizeof(note))
		return OTHER;
	uint32_t namesz = rw_get_le32(note), descsz = rw_get_le32(note + 4);
	uint32_t type = rw_get_le32(note + 8);

	if (namesz > 11)
		return OTHER;
	*size_ret = 12 + ((namesz + 3) & ~UINT64_C(3)) + (((uint64_t)descsz + 3) & ~UINT64_C(3));
	if (namesz == 5 && !memcmp(note + 12, "CORE", 5))
		return type == NT_PRSTATUS ? PRSTATUS : type == NT_FPREGSET ? FPREGSET : OTHER;
	if (namesz == 6 && !memcmp(note + 12, "LINUX", 6))
		return type >= NT_ARM_FIRST && type <= NT_ARM_LAST ? VECTORS : OTHER;
	return namesz == 11 && !memcmp(note + 12, "VMCOREINFO", 11) && !type ? VMCOREINFO : OTHER;
}

uint64_t rw_qemu_notes_size(const struct rw_stream *stream, uint64_t off, uint64_t size)
{
	uint64_t at = 0, first = 0, last = 0, nr_cpus = 0, note, info = 0;
	bool fpregs = false, vectors = false, same = true;
	enum kind kind;

	while ((kind = read_note(stream, off + at, &note)) != OTHER) {
		if (kind == VMCOREINFO || kind == PRSTATUS) {
			if (nr_cpus == 1)
				first = at;
			same &= nr_cpus < 2 || at - last == first;
			last = at;
		}
		if (kind == VMCOREINFO) {
			info = note;
			at += note;
			break;
		}
		// Without VMCOREINFO memory follows, which may look like anything.
		if (kind == PRSTATUS && (++nr_cpus > MAX_CPUS ||
					 (first && nr_cpus > size / first)))
			break;
		fpregs |= kind == FPREGSET;
		vectors |= kind == VECTORS;
		at += note;
	}
	if (!info)
		same &= nr_cpus < 2 || at - last == first;
	if (same || !fpregs || !vectors || nr_cpus > MAX_CPUS || nr_cpus * first + info != size)
		return size;
	return at;
}
