// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the value of a pointer stands in the file of a relocatable kernel.
//
// RELA (.rela.dyn): entries of place, type and addend.  The word in the file is
// zero (the kernel is linked with --no-apply-dynamic-relocs) and the value is the
// addend.  Only R_AARCH64_RELATIVE entries count; the others are padding (type
// NONE) and a few against absolute symbols, which the kernel skips as well.
//
// RELR (.relr.dyn): a list of places without addends.  The value stands in the
// word itself, so there is nothing to do for it here.
//
// Both occur in one file, so it is decided word by word.  Linkers write all
// RELATIVE entries first, in the order of their places (GNU ld and lld, checked
// on four kernels linked by GNU ld): then they are searched where they stand.
// Where they are not in order, a sorted copy is made.  RELA sections without
// SHF_ALLOC (from --emit-relocs) are the linker's own notes and not for this.

#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/bytes.h"

#include "image_private.h"

static uint64_t rela_place(const uint8_t *rela, size_t i)
{
	return rw_get_le64(rela + i * sizeof(Elf64_Rela) + offsetof(Elf64_Rela, r_offset));
}

static uint64_t rela_addend(const uint8_t *rela, size_t i)
{
	return rw_get_le64(rela + i * sizeof(Elf64_Rela) + offsetof(Elf64_Rela, r_addend));
}

static bool rela_is_relative(const uint8_t *rela, size_t i)
{
	uint64_t info = rw_get_le64(rela + i * sizeof(Elf64_Rela) + offsetof(Elf64_Rela, r_info));

	return ELF64_R_TYPE(info) == R_AARCH64_RELATIVE;
}

/** Are the first @nr entries all that is RELATIVE, and in order? */
static bool in_order(const uint8_t *rela, size_t nr, size_t *nr_ret)
{
	size_t i = 0;
	uint64_t last = 0;

	for (; i < nr && rela_is_relative(rela, i); i++) {
		uint64_t place = rela_place(rela, i);

		if (place < last)
			return false;
		last = place;
	}
	*nr_ret = i;
	for (; i < nr; i++) {
		if (rela_is_relative(rela, i))
			return false;
	}
	return true;
}

static int compare_place(const void *pa, const void *pb)
{
	const struct rw_relative *a = pa, *b = pb;

	return a->place < b->place ? -1 : a->place > b->place;
}

static bool relocs_init(const uint8_t *rela, size_t nr, struct rw_relocs *ret)
{
	*ret = (struct rw_relocs){ .rela = rela };
	if (in_order(rela, nr, &ret->nr))
		return true;

	// @nr is bounded by the size of the file.
	struct rw_relative *sorted = calloc(nr, sizeof(*sorted));
	if (!sorted)
		return false;
	ret->rela = NULL;
	ret->sorted = sorted;
	ret->nr = 0;
	for (size_t i = 0; i < nr; i++) {
		if (rela_is_relative(rela, i))
			sorted[ret->nr++] = (struct rw_relative){ rela_place(rela, i),
								  rela_addend(rela, i) };
	}
	qsort(sorted, ret->nr, sizeof(*sorted), compare_place);
	return true;
}

/** Has @section dynamic relocations with addends? */
static bool is_dynamic_rela(const struct rw_section *section)
{
	return section->type == SHT_RELA && (section->flags & SHF_ALLOC) &&
	       section->size >= sizeof(Elf64_Rela);
}

static bool make_relocs(const struct rw_image *image)
{
	struct rw_image_lazy *lazy = image->lazy;
	size_t nr = 0;

	if (lazy->relocs_made)
		return true;
	for (size_t i = 1; i < image->nr_sections; i++)
		nr += is_dynamic_rela(&image->sections[i]);
	lazy->relocs = calloc(nr ? nr : 1, sizeof(*lazy->relocs));
	if (!lazy->relocs)
		return false;
	for (size_t i = 1; i < image->nr_sections; i++) {
		const struct rw_section *section = &image->sections[i];

		if (!is_dynamic_rela(section))
			continue;
		if (!relocs_init(image->bytes + section->off, section->size / sizeof(Elf64_Rela),
				 &lazy->relocs[lazy->nr_relocs])) {
			rw_relocs_deinit(lazy);
			return false;
		}
		lazy->nr_relocs++;
	}
	lazy->relocs_made = true;
	return true;
}

void rw_relocs_deinit(struct rw_image_lazy *lazy)
{
	for (size_t i = 0; i < lazy->nr_relocs; i++)
		free(lazy->relocs[i].sorted);
	free(lazy->relocs);
	lazy->relocs = NULL;
	lazy->nr_relocs = 0;
}

static struct rw_relative relative_at(const struct rw_relocs *relocs, size_t i)
{
	if (relocs->sorted)
		return relocs->sorted[i];
	return (struct rw_relative){ rela_place(relocs->rela, i), rela_addend(relocs->rela, i) };
}

/** The first entry whose place is not below @addr. */
static size_t lower_bound(const struct rw_relocs *relocs, uint64_t addr)
{
	return rw_bisect(i, relocs->nr, relative_at(relocs, i).place < addr);
}

/** Write the part of @relative's word that lies in [@addr, @addr + @size) into @buf. */
static void apply(const struct rw_relative *relative, uint64_t addr, uint8_t *buf, size_t size)
{
	uint64_t value = htole64(relative->addend);
	size_t skip = 0, off = 0, len = sizeof(value);

	if (relative->place < addr)
		skip = addr - relative->place;
	else
		off = relative->place - addr;
	len -= skip;
	if (len > size - off)
		len = size - off;
	memcpy(buf + off, (const uint8_t *)&value + skip, len);
}

static void relocate(const struct rw_relocs *relocs, uint64_t addr, uint8_t *buf, size_t size)
{
	// A word that begins up to seven bytes before still reaches in.
	uint64_t from = addr < 7 ? 0 : addr - 7;

	for (size_t i = lower_bound(relocs, from); i < relocs->nr; i++) {
		struct rw_relative relative = relative_at(relocs, i);

		if (relative.place >= addr && relative.place - addr >= size)
			break;
		apply(&relative, addr, buf, size);
	}
}

/** The bytes as they stand in the file. */
static bool copy(const struct rw_image *image, uint64_t addr, uint8_t *buf, size_t size)
{
	while (size) {
		const struct rw_section *section = rw_image_section_of(image, addr);

		if (!section)
			return false;
		uint64_t skip = addr - section->addr, len = section->size - skip;
		if (len > size)
			len = size;
		if (section->type == SHT_NOBITS)
			memset(buf, 0, len);
		else
			memcpy(buf, image->bytes + section->off + skip, len);
		addr += len;
		buf += len;
		size -= len;
	}
	return true;
}

bool rw_image_read(const struct rw_image *image, uint64_t addr, void *buf, size_t size)
{
	if (image->read)
		return image->read(image->read_arg, addr, buf, size);

	if (!copy(image, addr, buf, size) || !make_relocs(image))
		return false;
	for (size_t i = 0; i < image->lazy->nr_relocs; i++)
		relocate(&image->lazy->relocs[i], addr, buf, size);
	return true;
}
