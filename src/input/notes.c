// SPDX-License-Identifier: GPL-2.0-or-later
//
// ELF notes of a dump.
//
// A note is u32 namesz, u32 descsz, u32 type, then the name and the description,
// each padded to 4 bytes, whatever p_align says.  A note without a name ends a
// CPU's buffer of crash_notes.  Those that are read:
//
//	CORE		1 NT_PRSTATUS	registers of one CPU, 392 bytes:
//					 32 u32 pr_pid
//					112 x0..x30, sp, pc, pstate (272 bytes)
//	CORE		2 NT_FPREGSET	only QEMU writes it
//	VMCOREINFO	0		text
//	ERASEINFO	0		what makedumpfile's filter has erased
//
// Source: include/uapi/linux/elfcore.h, kernel/crash_core.c, QEMU
// target/arm/arch_dump.c; dumps.md 1.3; checked on the lab's dumps.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "losses.h"
#include "notes.h"
#include "rewalk/bytes.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/vector.h"
#include "stream.h"

enum {
	NOTE_PRSTATUS = 1,
	NOTE_FPREGSET = 2,
	NOTE_AUXV = 6,
	NOTE_FILE = 0x46494c45,

	NOTE_HEADER_SIZE = 12,
	PRSTATUS_PID = 32,
	PRSTATUS_REGS = 112,
	REGS_SIZE = RW_NR_REGS * 8,
};

static void read_regs(const uint8_t *bytes, struct rw_regs *ret)
{
	ret->known = 0;
	for (int reg = 0; reg < RW_NR_REGS; reg++)
		rw_reg_set(ret, reg, rw_get_le64(bytes + 8 * reg));
}

static struct rw_error *add_prstatus(struct rw_notes *notes, const uint8_t *desc, size_t size,
				     const char *file, struct rw_losses *losses)
{
	if (size < PRSTATUS_REGS + REGS_SIZE) {
		bool done = rw_losses_add(losses,
					  "%s: NT_PRSTATUS of %zu bytes instead of 392: "
					  "not of an arm64 CPU", file, size);
		return done ? NULL : &rw_enomem;
	}
	struct rw_prstatus *status = rw_vector_push(&notes->prstatus);
	if (!status)
		return &rw_enomem;
	status->pid = rw_get_le32(desc + PRSTATUS_PID);
	read_regs(desc + PRSTATUS_REGS, &status->regs);
	return NULL;
}

static bool name_is(const uint8_t *name, size_t size, const char *wanted)
{
	return strnlen((const char *)name, size) == strlen(wanted) &&
	       !memcmp(name, wanted, strlen(wanted));
}

static struct rw_error *add_note(struct rw_notes *notes, const uint8_t *name, size_t namesz,
				 uint32_t type, const uint8_t *desc, size_t descsz,
				 const char *file, struct rw_losses *losses)
{
	if (name_is(name, namesz, "CORE")) {
		if (type == NOTE_PRSTATUS)
			return add_prstatus(notes, desc, descsz, file, losses);
		notes->fpregs |= type == NOTE_FPREGSET;
		notes->process |= type == NOTE_AUXV || type == NOTE_FILE;
	} else if (name_is(name, namesz, "VMCOREINFO")) {
		if (!notes->vmcoreinfo)
			return rw_vmcoreinfo_create(desc, descsz, &notes->vmcoreinfo);
	} else if (name_is(name, namesz, "ERASEINFO") && descsz) {
		if (!rw_losses_add(losses, "%s: makedumpfile has erased data (ERASEINFO)",
				   file))
			return &rw_enomem;
	}
	return NULL;
}

static bool padded(size_t *off, size_t size, size_t end, size_t *at)
{
	size_t room = end - *off;
	size_t with_padding;

	if (size > room)
		return false;
	*at = *off;
	// The last description of a region may come without its padding.
	with_padding = (size + 3) & ~(size_t)3;
	*off += with_padding < room ? with_padding : room;
	return true;
}

static struct rw_error *parse(struct rw_notes *notes, const uint8_t *bytes, size_t size,
			      const char *file, struct rw_losses *losses)
{
	size_t off = 0;

	while (size - off >= NOTE_HEADER_SIZE) {
		uint32_t namesz = rw_get_le32(bytes + off);
		uint32_t descsz = rw_get_le32(bytes + off + 4);
		uint32_t type = rw_get_le32(bytes + off + 8);
		size_t name, desc;

		if (!namesz)
			break;
		off += NOTE_HEADER_SIZE;
		if (!padded(&off, namesz, size, &name) || !padded(&off, descsz, size, &desc)) {
			bool done = rw_losses_add(losses,
						  "%s: a note reaches past the end of its region; "
						  "what follows is not read", file);
			return done ? NULL : &rw_enomem;
		}
		struct rw_error *err = add_note(notes, bytes + name, namesz, type, bytes + desc,
						descsz, file, losses);
		if (err)
			return err;
	}
	return NULL;
}

// A copy of a part of the stream; less than @size if the file is cut short.
static struct rw_error *copy(const struct rw_stream *stream, uint64_t off, uint64_t size,
			     const char *what, struct rw_losses *losses, uint8_t **ret,
			     size_t *len_ret)
{
	// A region cannot be larger than the bytes that the file really has.
	size_t room = size < stream->file->size ? (size_t)size : stream->file->size;
	_cleanup_free_ uint8_t *bytes = malloc(room ? room : 1);

	if (!bytes)
		return &rw_enomem;
	*len_ret = rw_stream_read_sparse(stream, off, bytes, room);
	if (*len_ret < size &&
	    !rw_losses_add(losses, "%s: %s cut short: %zu of %" PRIu64 " bytes present",
			   stream->file->name, what, *len_ret, size))
		return &rw_enomem;
	*ret = rw_steal(bytes);
	return NULL;
}

enum rw_tri rw_prstatus_from_note(const uint8_t *bytes, size_t size, struct rw_prstatus *ret)
{
	size_t off = NOTE_HEADER_SIZE, name, desc;

	if (size < NOTE_HEADER_SIZE)
		return RW_UNKNOWN;
	uint32_t namesz = rw_get_le32(bytes), descsz = rw_get_le32(bytes + 4);

	if (!namesz)
		return RW_NO;
	if (rw_get_le32(bytes + 8) != NOTE_PRSTATUS || !padded(&off, namesz, size, &name) ||
	    !padded(&off, descsz, size, &desc) || !name_is(bytes + name, namesz, "CORE") ||
	    descsz < PRSTATUS_REGS + REGS_SIZE)
		return RW_UNKNOWN;
	ret->pid = rw_get_le32(bytes + desc + PRSTATUS_PID);
	read_regs(bytes + desc + PRSTATUS_REGS, &ret->regs);
	return RW_YES;
}

struct rw_error *rw_notes_read(struct rw_notes *notes, const struct rw_stream *stream,
			       uint64_t off, uint64_t size, struct rw_losses *losses)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t len;
	struct rw_error *err = copy(stream, off, size, "notes", losses, &bytes, &len);

	return err ? err : parse(notes, bytes, len, stream->file->name, losses);
}

struct rw_error *rw_notes_read_vmcoreinfo(struct rw_notes *notes,
					  const struct rw_stream *stream, uint64_t off,
					  uint64_t size, struct rw_losses *losses)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t len;

	if (notes->vmcoreinfo || !size)
		return NULL;
	struct rw_error *err = copy(stream, off, size, "VMCOREINFO", losses, &bytes, &len);
	return err ? err : rw_vmcoreinfo_create(bytes, len, &notes->vmcoreinfo);
}

void rw_notes_deinit(struct rw_notes *notes)
{
	free(notes->prstatus.data);
	rw_vmcoreinfo_destroy(notes->vmcoreinfo);
	*notes = (struct rw_notes){ 0 };
}

enum rw_dump_producer rw_notes_producer(const struct rw_notes *notes)
{
	if (!notes->prstatus.nr)
		return RW_PRODUCER_UNKNOWN;
	for (size_t i = 0; i < notes->prstatus.nr; i++) {
		if (notes->prstatus.data[i].pid != i + 1)
			return RW_PRODUCER_KDUMP;
	}
	// One CPU that ran init looks the same; but a dying kernel saves no
	// floating point registers and does note the time of its death.
	if (notes->fpregs || !rw_vmcoreinfo_text(notes->vmcoreinfo, "CRASHTIME"))
		return RW_PRODUCER_QEMU;
	return RW_PRODUCER_KDUMP;
}
