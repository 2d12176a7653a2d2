// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the kernel lies in a dump: its KASLR offset, its maps, its page tables.
// From VMCOREINFO, in the notes or found in memory; else by the banner of the
// vmlinux, which is unique to a build, and the variables beside it.
//
// Source: arch/arm64/kernel/vmcore_info.c; dumps.md 1.4, 2.2 to 2.6.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"

#include "machine.h"
#include "machine_private.h"

enum { MAX_TRIES = 1 << 16, MAX_NEEDLE = 512 };

/** What locating ends with. */
struct place {
	uint64_t slide, kimage_voffset, memstart_addr;
	bool has_memstart;
	unsigned int va_bits, actual, page_shift;	/* 0: not known */
	const char *from;
};

/* ---- identity ------------------------------------------------------------------ */

static struct rw_error *check_build(const struct rw_machine *m, bool force)
{
	const char *theirs = rw_vmcoreinfo_text(m->info, "BUILD-ID");
	char ours[RW_BUILD_ID_TEXT];

	rw_image_build_id_text(m->image, ours);
	if (!theirs || !*ours || !strcasecmp(theirs, ours) || force)
		return NULL;
	return rw_error_create(RW_ERROR_MISMATCH,
			       "%s: build-id: is %s, but the dump's kernel is %s (%s); give the "
			       "vmlinux of that kernel, or --force", rw_image_path(m->image), ours,
			       theirs,
			       rw_vmcoreinfo_text(m->info, "OSRELEASE") ?: "release not known");
}

/* ---- translation ------------------------------------------------------------------- */

static bool read_pa(struct rw_machine *m, uint64_t pa, uint64_t *ret)
{
	uint8_t word[8];

	if (rw_dump_read(m->dump, pa, word, sizeof(word), NULL) != RW_DUMP_OK)
		return false;
	*ret = rw_get_le64(word);
	return true;
}

static bool read_table(void *arg, uint64_t pa, uint64_t *ret)
{
	return read_pa(arg, pa, ret);
}

/**
 * The walk from @root that translates the text, which begins at @stext, to where it is.
 * What @place does not know of it is tried, and known then.
 */
static bool find_walk(struct rw_machine *m, struct place *place, uint64_t root, uint64_t stext,
		      struct rw_pagetable *ret)
{
	static const uint8_t bits[][2] = {
		{ 52, 52 }, { 52, 48 }, { 48, 48 }, { 52, 47 }, { 47, 47 }, { 42, 42 }, { 39, 39 },
		{ 36, 36 },
	};
	static const uint8_t shifts[] = { 12, 14, 16 };
	enum { NR_BITS = sizeof(bits) / sizeof(bits[0]) };
	bool known = place->va_bits && place->actual;

	for (size_t i = 0; i < sizeof(shifts) * NR_BITS; i++) {
		unsigned int shift = shifts[i / NR_BITS];
		unsigned int va_bits = known ? place->va_bits : bits[i % NR_BITS][0];
		unsigned int actual = known ? place->actual : bits[i % NR_BITS][1];
		struct rw_translation t;

		if ((place->page_shift && place->page_shift != shift) ||
		    (place->va_bits && place->va_bits != va_bits) ||
		    (place->actual && place->actual != actual) || (known && i % NR_BITS))
			continue;
		struct rw_error *err = rw_pagetable_init(ret, shift, va_bits, actual, root,
							 read_table, m);
		if (err) {
			rw_error_destroy(err);
			continue;
		}
		rw_pagetable_translate(ret, stext, &t);
		if (t.status != RW_VA_MAPPED || t.pa != stext - place->kimage_voffset)
			continue;
		place->page_shift = shift;
		place->va_bits = va_bits;
		place->actual = actual;
		return true;
	}
	return false;
}

static bool find_tables(struct rw_machine *m, struct place *place)
{
	uint64_t swapper = link_addr(m->image, "swapper_pg_dir");
	uint64_t pa = swapper + place->slide - place->kimage_voffset;
	uint64_t stext = link_addr(m->image, "_stext") + place->slide;

	m->space.has_tables = swapper && find_walk(m, place, pa, stext, &m->space.tables);
	return m->space.has_tables;
}

/* ---- from VMCOREINFO -------------------------------------------------------------- */

/** All but the slide. */
static bool read_info(const struct rw_vmcoreinfo *info, struct place *place)
{
	uint64_t value;

	if (!rw_vmcoreinfo_number(info, "NUMBER(kimage_voffset)", &place->kimage_voffset))
		return false;
	place->has_memstart = rw_vmcoreinfo_number(info, "NUMBER(PHYS_OFFSET)",
						   &place->memstart_addr);
	if (rw_vmcoreinfo_number(info, "NUMBER(VA_BITS)", &value) && value >= 36 && value <= 52)
		place->va_bits = value;
	if (rw_vmcoreinfo_number(info, "NUMBER(TCR_EL1_T1SZ)", &value) && value >= 12 &&
	    value <= 28)
		place->actual = 64 - value;
	if (rw_vmcoreinfo_number(info, "PAGESIZE", &value))
		place->page_shift = value == 4096 ? 12 : value == 16384 ? 14 :
				    value == 65536 ? 16 : 0;
	return true;
}

static bool from_vmcoreinfo(const struct rw_machine *m, struct place *place)
{
	uint64_t stext;

	if (!read_info(m->info, place))
		return false;
	if (rw_vmcoreinfo_hex(m->info, "SYMBOL(_stext)", &stext))
		place->slide = stext - link_addr(m->image, "_stext");
	else if (!rw_vmcoreinfo_hex(m->info, "KERNELOFFSET", &place->slide))
		return false;
	place->from = m->own_info ? "VMCOREINFO found in memory" : "VMCOREINFO";
	return true;
}

/* ---- by searching --------------------------------------------------------------- */

/** The end of what was searched: a needle may cross from one span of the dump to the next. */
struct seam {
	uint8_t bytes[2 * MAX_NEEDLE];
	size_t nr;
	uint64_t end;	/* physical: where they end */
};

enum { MAX_HITS = 64 };

/** Keep the last @keep bytes of the seam and of [@bytes, @bytes + @len), which follow it. */
static void move_seam(struct seam *seam, const uint8_t *bytes, size_t len, size_t keep)
{
	if (len >= keep) {
		memcpy(seam->bytes, bytes + len - keep, keep);
		seam->nr = keep;
	} else {
		size_t old = seam->nr < keep - len ? seam->nr : keep - len;

		memmove(seam->bytes, seam->bytes + seam->nr - old, old);
		memcpy(seam->bytes + old, bytes, len);
		seam->nr = old + len;
	}
	seam->end += len;
}

/** Where @needle stands in [@bytes, @bytes + @len), which begin at @pa; at most @room places. */
static size_t find_hits(const uint8_t *bytes, size_t len, uint64_t pa, const char *needle,
			size_t size, uint64_t *hits, size_t room)
{
	const uint8_t *at = bytes, *stop = bytes + len;
	size_t nr = 0;

	while (nr < room && (at = memmem(at, stop - at, needle, size))) {
		hits[nr++] = pa + (at - bytes);
		at++;
	}
	return nr;
}

/**
 * Call @found for each place in the dump's memory where @needle stands, until it says
 * so.  The needle is no longer than MAX_NEEDLE.
 */
static bool search(struct rw_machine *m, const char *needle, size_t size,
		   bool (*found)(struct rw_machine *m, uint64_t pa, void *arg), void *arg)
{
	struct seam seam = { .nr = 0 };
	uint64_t start = 0, end = 0;

	if (!size || size > MAX_NEEDLE)
		return false;
	while (rw_dump_next_range(m->dump, end, &start, &end)) {
		for (uint64_t pa = start; pa < end;) {
			// The next read may take the bytes away: note the hits first.
			uint64_t hits[MAX_HITS + MAX_NEEDLE];
			const uint8_t *bytes;
			size_t len, nr = 0;

			if (rw_dump_span(m->dump, pa, &bytes, &len) != RW_DUMP_OK) {
				pa += len;
				continue;
			}
			if (len > end - pa)
				len = end - pa;
			if (seam.end != pa)
				seam = (struct seam){ .end = pa };
			size_t more = len < size - 1 ? len : size - 1;
			memcpy(seam.bytes + seam.nr, bytes, more);
			nr = find_hits(seam.bytes, seam.nr + more, pa - seam.nr, needle, size, hits,
				       MAX_NEEDLE);
			size_t before = nr;
			nr += find_hits(bytes, len, pa, needle, size, hits + nr, MAX_HITS);
			bool full = nr - before == MAX_HITS;
			if (full)
				len = hits[nr - 1] + 1 - pa;
			move_seam(&seam, bytes, len, size - 1);
			for (size_t i = 0; i < nr; i++)
				if (found(m, hits[i], arg))
					return true;
			pa += len;
		}
		if (end == UINT64_MAX)
			break;
	}
	return false;
}

/** Do the page tables that VMCOREINFO names lead to the text that it names? */
static bool is_kernel_there(struct rw_machine *m, const struct rw_vmcoreinfo *info)
{
	struct place place = { 0 };
	struct rw_pagetable tables;
	uint64_t stext, swapper;

	return read_info(info, &place) && rw_vmcoreinfo_hex(info, "SYMBOL(_stext)", &stext) &&
	       rw_vmcoreinfo_hex(info, "SYMBOL(swapper_pg_dir)", &swapper) &&
	       find_walk(m, &place, swapper - place.kimage_voffset, stext, &tables);
}

/** Is the image that VMCOREINFO tells of this one?  A kernel before the last reboot is not. */
static bool is_image_there(struct rw_machine *m, const struct rw_vmcoreinfo *info)
{
	const char *banner = rw_image_banner(m->image);
	uint64_t stext, voffset, link = link_addr(m->image, "linux_banner");
	char theirs[MAX_NEEDLE];

	if (!banner || !link || strlen(banner) > sizeof(theirs) ||
	    !rw_vmcoreinfo_hex(info, "SYMBOL(_stext)", &stext) ||
	    !rw_vmcoreinfo_number(info, "NUMBER(kimage_voffset)", &voffset))
		return true;
	uint64_t pa = link + (stext - link_addr(m->image, "_stext")) - voffset;
	return rw_dump_read(m->dump, pa, theirs, strlen(banner), NULL) != RW_DUMP_OK ||
	       !memcmp(theirs, banner, strlen(banner));
}

/** A copy of VMCOREINFO, for this build; without a vmlinux, of the kernel that is there. */
static bool try_vmcoreinfo(struct rw_machine *m, uint64_t pa, void *arg)
{
	char text[4096] = "";
	const char *banner = rw_image_banner(m->image);
	struct rw_vmcoreinfo *info;
	uint64_t addr;

	// Texts that only mention it are few; a memory full of them is made up.
	if (++*(size_t *)arg > MAX_TRIES)
		return false;
	size_t size = 4096 - pa % 4096;
	if (rw_dump_read(m->dump, pa, text, size, NULL) != RW_DUMP_OK ||
	    rw_vmcoreinfo_create(text, size, &info))
		return false;
	const char *release = rw_vmcoreinfo_text(info, "OSRELEASE");
	if (release && (banner ? strstr(banner, release) && is_image_there(m, info) :
				 m->own_image && is_kernel_there(m, info)) &&
	    rw_vmcoreinfo_hex(info, "SYMBOL(_stext)", &addr) &&
	    rw_vmcoreinfo_text(info, "NUMBER(kimage_voffset)")) {
		m->own_info = info;
		return true;
	}
	rw_vmcoreinfo_destroy(info);
	return false;
}

/** A copy of the banner in the image: the variables around it must fit. */
static bool try_banner(struct rw_machine *m, uint64_t pa, void *arg)
{
	struct place *place = arg;
	uint64_t text = link_addr(m->image, "_text"), banner = link_addr(m->image, "linux_banner");
	uint64_t variable = link_addr(m->image, "kimage_voffset");
	uint64_t base = pa - (banner - text), voffset;

	if (!variable || (base & 0xfff) || pa < banner - text ||
	    !read_pa(m, base + (variable - text), &voffset))
		return false;
	uint64_t slide = voffset + base - text;
	if ((slide & 0xffff) || (voffset + base) >> 48 != 0xffff)
		return false;
	place->slide = slide;
	place->kimage_voffset = voffset;
	uint64_t memstart = link_addr(m->image, "memstart_addr");
	place->has_memstart = memstart &&
			      read_pa(m, base + (memstart - text), &place->memstart_addr);
	place->from = "linux_banner in memory";
	// A banner that is not known to the letter says nothing alone.
	return !m->own_image || find_tables(m, place);
}

/** The page size in the header that an image begins with: flags, bits 2:1. */
static unsigned int page_shift_of(const struct rw_machine *m)
{
	uint8_t header[64];
	uint64_t text = link_addr(m->image, "_text");

	if (text && rw_image_read(m->image, text, header, sizeof(header)) &&
	    !memcmp(header + 56, "ARM\x64", 4)) {
		switch (header[24] >> 1 & 3) {
		case 2:
			return 14;
		case 3:
			return 16;
		}
	}
	return 12;
}

static void set_maps(struct rw_machine *m, const struct place *place)
{
	uint64_t text = link_addr(m->image, "_text") ?: link_addr(m->image, "_stext");

	m->space.dump = m->dump;
	// CONFIG_KASAN_SW_TAGS and CONFIG_KASAN_HW_TAGS.
	m->space.tagged = link_addr(m->image, "kasan_init_sw_tags") ||
			  link_addr(m->image, "kasan_init_hw_tags");
	m->space.kimage = (struct rw_kimage_map){
		.start = text + place->slide,
		.end = (link_addr(m->image, "_end") ?: link_addr(m->image, "_etext")) +
		       place->slide,
		.kimage_voffset = place->kimage_voffset,
	};
}

static void set_linear_map(struct rw_machine *m, const struct place *place)
{
	if (!place->has_memstart || !place->va_bits)
		return;
	rw_linear_map_init(&m->space.linear, place->page_shift, place->va_bits,
			   place->memstart_addr);
	m->space.has_linear = true;
}

/** Where the dump's kernel has its banner must be the image's. */
static struct rw_error *check_banner(struct rw_machine *m, bool force)
{
	const char *ours = rw_image_banner(m->image);
	uint64_t link = link_addr(m->image, "linux_banner"), pa;
	char theirs[512] = "";

	size_t size = ours ? strlen(ours) : 0;
	if (!size || size >= sizeof(theirs) || !link || force)
		return NULL;
	uint64_t text = link_addr(m->image, "_text") ?: link_addr(m->image, "_stext");
	uint64_t va = link - text + m->space.kimage.start;
	if (!rw_kimage_map_pa(&m->space.kimage, va, &pa) ||
	    rw_dump_read(m->dump, pa, theirs, size, NULL) != RW_DUMP_OK) {
		machine_lose(m, "the kernel's banner is not in the dump: that the vmlinux is its "
				"own is not certain");
		return NULL;
	}
	if (!memcmp(theirs, ours, size))
		return NULL;
	return rw_error_create(RW_ERROR_MISMATCH,
			       "%s: linux_banner: is another one than the dump's; give the vmlinux "
			       "of the dumped kernel, or --force", rw_image_path(m->image));
}

void machine_find_vmcoreinfo(struct rw_machine *m)
{
	static const char needle[] = "OSRELEASE=";
	size_t tries = 0;

	m->info = rw_dump_vmcoreinfo(m->dump);
	bool told = rw_vmcoreinfo_text(m->info, "NUMBER(kimage_voffset)") &&
		    (rw_vmcoreinfo_text(m->info, "SYMBOL(_stext)") ||
		     rw_vmcoreinfo_text(m->info, "KERNELOFFSET"));
	if (!told && search(m, needle, sizeof(needle) - 1, try_vmcoreinfo, &tries))
		m->info = m->own_info;
}

struct rw_error *machine_locate(struct rw_machine *m, const struct rw_kernel_facts *said,
				struct rw_kernel_facts *facts, bool force)
{
	static const char any_banner[] = "Linux version ";
	const char *banner = rw_image_banner(m->image);
	struct place place = { 0 };
	uint64_t mask;

	if (!m->own_image)
		machine_find_vmcoreinfo(m);
	struct rw_error *err = check_build(m, force);
	if (err)
		return err;
	bool found = from_vmcoreinfo(m, &place);
	if (!found && !banner && m->own_image)
		banner = any_banner;
	if (!found && banner)
		found = search(m, banner, strlen(banner), try_banner, &place);
	if (!found)
		return rw_error_create(RW_ERROR_MISMATCH,
				       "%s: no kernel of this build in the dump's memory; give the "
				       "vmlinux of the dumped kernel", rw_image_path(m->image));
	if (!place.page_shift && !m->own_image)
		place.page_shift = page_shift_of(m);
	set_maps(m, &place);
	err = check_banner(m, force);
	if (err)
		return err;
	if (!find_tables(m, &place))
		machine_lose(m, "the kernel's page tables cannot be followed: memory of vmalloc "
				"(most stacks, modules) is not readable");
	if (!place.page_shift)
		place.page_shift = 12;
	set_linear_map(m, &place);

	if ((said->kaslr_known == RW_YES && said->kaslr != place.slide) ||
	    (said->va_bits && place.actual && said->va_bits != place.actual))
		return rw_error_create(RW_ERROR_MISMATCH,
				       "%s: the dump (%s) has a KASLR offset of 0x%" PRIx64
				       " and %u virtual address bits; leave --kaslr, --va-bits "
				       "and --pac-mask out", rw_image_path(m->image), place.from,
				       place.slide, place.actual);
	*facts = *said;
	if (said->kaslr_known != RW_YES) {
		facts->kaslr_known = RW_YES;
		facts->kaslr = place.slide;
	}
	if (!said->va_bits)
		facts->va_bits = place.actual;
	if (rw_vmcoreinfo_number(m->info, "NUMBER(KERNELPACMASK)", &mask)) {
		facts->pauth_hw = rw_tri(mask);
		if (said->pauth_hw != RW_UNKNOWN && said->pauth_hw != facts->pauth_hw)
			return rw_error_create(RW_ERROR_MISMATCH,
					       "%s: the dump's KERNELPACMASK is 0x%" PRIx64
					       "; leave --pac-mask out", rw_image_path(m->image),
					       mask);
	}
	m->kernel.slide_from = place.from;
	return NULL;
}
