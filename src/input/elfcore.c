// SPDX-License-Identifier: GPL-2.0-or-later
//
// ELF cores of a kernel: what /proc/vmcore, QEMU and makedumpfile -E write.
//
//	ELF header, e_type = ET_CORE
//	PT_NOTE		notes, see notes.c
//	PT_LOAD		p_filesz bytes of RAM from p_paddr on; of [p_filesz,
//			p_memsz) makedumpfile has left out the bytes
//
// p_vaddr is not used: it was wrong for 52-bit kernels, and QEMU repeats the
// physical address there.  The segment of the kernel image repeats a part of
// RAM; where two have the same byte, the first counts.
//
// The headers are read by hand and not through libelf: it takes a plain file or
// a whole copy in memory, and would refuse one cut short; here the file may
// also stand inside a flattened stream.  Three numbers of each program header
// are all that is needed.  QEMU (7.2) writes e_ehsize = 8, so that is not looked
// at.
//
// Source: fs/proc/vmcore.c, kernel/crash_core.c, QEMU dump/dump.c; dumps.md 1.2.

#include <elf.h>
#include <inttypes.h>

#include "losses.h"
#include "memory_files.h"
#include "notes.h"
#include "qemunotes.h"
#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "stream.h"

// makedumpfile's e_flags bit of a dump that it could not finish.
static const uint32_t dump_elf_incomplete = 1;

struct core {
	const struct rw_stream *stream;
	const char *name;
	uint32_t source;
	uint64_t phoff;
	uint64_t phnum;
	uint64_t phentsize;
	uint64_t end;		/* the file's size if nothing were missing */
	uint64_t nr_no_paddr;
	uint64_t nr_load;
	uint64_t notes_end;	/* as claimed; what is claimed to lie behind it ... */
	uint64_t moved;		/* ... lies that much further (modulo 2^64), see qemunotes.c */
};

struct segment {
	uint32_t type;
	uint64_t off, paddr, filesz, memsz;
};

static bool read_segment(const struct core *core, uint64_t i, struct segment *ret)
{
	uint8_t bytes[sizeof(Elf64_Phdr)];

	if (rw_stream_read_sparse(core->stream, core->phoff + i * core->phentsize, bytes,
				  sizeof(bytes)) < sizeof(bytes))
		return false;
	ret->type = rw_get_le32(bytes + offsetof(Elf64_Phdr, p_type));
	ret->off = rw_get_le64(bytes + offsetof(Elf64_Phdr, p_offset));
	ret->paddr = rw_get_le64(bytes + offsetof(Elf64_Phdr, p_paddr));
	ret->filesz = rw_get_le64(bytes + offsetof(Elf64_Phdr, p_filesz));
	ret->memsz = rw_get_le64(bytes + offsetof(Elf64_Phdr, p_memsz));
	if (core->moved && ret->type == PT_LOAD && ret->off >= core->notes_end)
		ret->off += core->moved;
	return true;
}

static struct rw_error *check_ident(const char *name, const uint8_t *head)
{
	if (memcmp(head, ELFMAG, SELFMAG))
		return rw_error_create(RW_ERROR_FORMAT, "%s: not an ELF file", name);
	if (head[EI_CLASS] != ELFCLASS64)
		return rw_error_create(RW_ERROR_UNSUPPORTED, "%s: a 32-bit ELF core; "
				       "only dumps of 64-bit arm64 kernels can be read", name);
	if (head[EI_DATA] != ELFDATA2LSB)
		return rw_error_create(RW_ERROR_UNSUPPORTED, "%s: big-endian; "
				       "only little-endian arm64 kernels can be read", name);
	if (rw_get_le16(head + offsetof(Elf64_Ehdr, e_type)) != ET_CORE)
		return rw_error_create(RW_ERROR_FORMAT, "%s: an ELF file, but not a core", name);
	uint16_t machine = rw_get_le16(head + offsetof(Elf64_Ehdr, e_machine));
	if (machine != EM_AARCH64)
		return rw_error_create(RW_ERROR_MISMATCH,
				       "%s: a dump of another architecture (ELF machine %u, "
				       "not %u); give one of an arm64 machine",
				       name, machine, EM_AARCH64);
	return NULL;
}

// With PN_XNUM the number of program headers is in section header 0.
static struct rw_error *count_segments(struct core *core, const uint8_t *head)
{
	core->phoff = rw_get_le64(head + offsetof(Elf64_Ehdr, e_phoff));
	core->phentsize = rw_get_le16(head + offsetof(Elf64_Ehdr, e_phentsize));
	core->phnum = rw_get_le16(head + offsetof(Elf64_Ehdr, e_phnum));
	if (core->phnum == PN_XNUM) {
		uint64_t shoff = rw_get_le64(head + offsetof(Elf64_Ehdr, e_shoff));
		uint8_t section[sizeof(Elf64_Shdr)];

		if (shoff >= core->stream->size ||
		    rw_stream_read_sparse(core->stream, shoff, section, sizeof(section)) <
		    sizeof(section))
			return rw_error_create(RW_ERROR_FORMAT,
					       "%s: cut short in front of section header 0, which "
					       "counts the program headers; copy the dump again",
					       core->name);
		core->phnum = rw_get_le32(section + offsetof(Elf64_Shdr, sh_info));
	}
	if (core->phnum && core->phentsize < sizeof(Elf64_Phdr))
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: program headers of %" PRIu64 " bytes instead of %zu",
				       core->name, core->phentsize, sizeof(Elf64_Phdr));
	if (!core->phnum || core->phoff >= core->stream->size)
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: an ELF core without program headers, or cut short "
				       "in front of them; copy the dump again", core->name);
	// In a flattened stream the size is a claim; what the file has is not.
	uint64_t room = core->stream->size - core->phoff;
	if (room > core->stream->file->size)
		room = core->stream->file->size;
	if (core->phnum > room / core->phentsize)
		core->phnum = room / core->phentsize + 1;
	return NULL;
}

static bool lost_segment(struct rw_losses *losses, const struct core *core, uint64_t i,
			 const struct segment *segment)
{
	return rw_losses_add(losses,
			     "%s: program header %" PRIu64 ": no such range: 0x%" PRIx64
			     " bytes at 0x%" PRIx64 ", offset 0x%" PRIx64,
			     core->name, i, segment->memsz, segment->paddr, segment->off);
}

// The part of a PT_LOAD that has bytes (@bytes), or the part that has none.
// They are added apart, because bytes of any segment go before the lack of them
// in another.
static struct rw_error *add_load(struct core *core, const struct segment *segment, bool bytes,
				 struct rw_extents *ram)
{
	uint64_t here = 0, size = core->stream->size;

	if (segment->off < size)
		here = segment->filesz < size - segment->off ? segment->filesz :
							       size - segment->off;
	uint64_t cut = segment->filesz - here;
	bool done;
	if (bytes)
		done = rw_extents_add(ram, segment->paddr, here, segment->off, core->source,
				      RW_DUMP_OK);
	else
		done = rw_extents_add(ram, segment->paddr + here, cut, 0, core->source,
				      RW_DUMP_TRUNCATED) &&
		       (segment->memsz <= segment->filesz ||
			rw_extents_add(ram, segment->paddr + segment->filesz,
				       segment->memsz - segment->filesz, 0, core->source,
				       RW_DUMP_EXCLUDED));
	if (segment->off + segment->filesz > core->end)
		core->end = segment->off + segment->filesz;
	return done ? NULL : &rw_enomem;
}

static bool wraps(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum);
}

// From the last program header to the first, so that the first one stays where
// two have the same byte.
static struct rw_error *read_loads(struct core *core, bool bytes, struct rw_extents *ram,
				   struct rw_losses *losses)
{
	for (uint64_t i = core->phnum; i-- > 0;) {
		struct segment segment;

		if (!read_segment(core, i, &segment) || segment.type != PT_LOAD)
			continue;
		core->nr_load += bytes;
		if (segment.paddr == UINT64_MAX) {
			core->nr_no_paddr += bytes;
			continue;
		}
		uint64_t size = segment.filesz > segment.memsz ? segment.filesz : segment.memsz;
		if (wraps(segment.paddr, size) || wraps(segment.off, segment.filesz)) {
			if (bytes && !lost_segment(losses, core, i, &segment))
				return &rw_enomem;
			continue;
		}
		struct rw_error *err = add_load(core, &segment, bytes, ram);
		if (err)
			return err;
	}
	return NULL;
}

static struct rw_error *read_notes(struct core *core, struct rw_notes *notes,
				   struct rw_losses *losses)
{
	for (uint64_t i = 0; i < core->phnum; i++) {
		struct segment segment;

		if (!read_segment(core, i, &segment)) {
			if (!i)
				return rw_error_create(RW_ERROR_FORMAT,
						       "%s: cut short in front of its program "
						       "headers; copy the dump again", core->name);
			bool done = rw_losses_add(losses,
						  "%s: only %" PRIu64 " program headers "
						  "present", core->name, i);
			return done ? NULL : &rw_enomem;
		}
		if (segment.type != PT_NOTE)
			continue;
		uint64_t size = rw_qemu_notes_size(core->stream, segment.off, segment.filesz);
		if (size != segment.filesz) {
			core->notes_end = segment.off + segment.filesz;
			core->moved = size - segment.filesz;
		}
		struct rw_error *err = rw_notes_read(notes, core->stream, segment.off, size,
						     losses);
		if (err)
			return err;
	}
	return NULL;
}

struct rw_error *rw_elfcore_read(const struct rw_stream *stream, uint32_t source,
				 struct rw_extents *ram, struct rw_notes *notes,
				 struct rw_losses *losses)
{
	struct core core = { .stream = stream, .name = stream->file->name, .source = source };
	uint8_t head[sizeof(Elf64_Ehdr)];

	if (rw_stream_read_sparse(stream, 0, head, sizeof(head)) < sizeof(head))
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: cut short in its ELF header; copy the dump again",
				       core.name);
	struct rw_error *err = check_ident(core.name, head);
	if (!err)
		err = count_segments(&core, head);
	if (!err)
		err = read_notes(&core, notes, losses);
	if (!err && notes->process)
		err = rw_error_create(RW_ERROR_FORMAT, "%s: the core of a user process; "
				      "give the dump of a kernel", core.name);
	if (!err)
		err = read_loads(&core, false, ram, losses);
	if (!err)
		err = read_loads(&core, true, ram, losses);
	if (err)
		return err;
	if (core.nr_load && core.nr_no_paddr == core.nr_load)
		return rw_error_create(RW_ERROR_FORMAT,
				       "%s: no segment has a physical address; a copy of "
				       "/proc/kcore is no dump, use /proc/vmcore", core.name);
	if (core.end > stream->size &&
	    !rw_losses_add(losses, "%s: truncated: %" PRIu64 " of %" PRIu64 " bytes present",
			   core.name, stream->size, core.end))
		return &rw_enomem;
	if (rw_get_le32(head + offsetof(Elf64_Ehdr, e_flags)) & dump_elf_incomplete &&
	    !rw_losses_add(losses, "%s: marked incomplete: makedumpfile has not written all pages",
			   core.name))
		return &rw_enomem;
	return rw_extents_settle(ram) ? NULL : &rw_enomem;
}
