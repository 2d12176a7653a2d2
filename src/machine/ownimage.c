// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's image out of its dump, where there is no vmlinux: names from its own
// kallsyms, found by VMCOREINFO (up to 5.19, which do not say it, behind _stext); then,
// once it is known where the kernel lies, its BTF, its banner, and the table of the RFC
// series from its memory.  A System.map or a copy of /proc/kallsyms adds the names that
// kallsyms does not have: those of data, in a kernel built without CONFIG_KALLSYMS_ALL.
//
// Source: kernel/vmcore_info.c (since 6.0 with the places of kallsyms),
// Documentation/arch/arm64/booting.rst; image.md 8 and 10, dumps.md 1.4.

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/hex.h"

#include "machine_private.h"

enum {
	MOST_BTF = 1 << 26,	/* bytes; Debian's 7.2 has 6.5 MB */
	MOST_SYM_CODE = 4096,	/* entries; the series has some 90 */
	BANNER_SIZE = 512,
};

static const char remedy[] = "give the kernel's vmlinux or its System.map";

static bool read_kimage(void *arg, uint64_t addr, void *buf, size_t size)
{
	const struct kimage *kimage = arg;

	return rw_dump_read(kimage->dump, addr - kimage->offset, buf, size, NULL) == RW_DUMP_OK;
}

static uint64_t info_symbol(const struct rw_machine *m, const char *key)
{
	uint64_t addr = 0;

	rw_vmcoreinfo_hex(m->info, key, &addr);
	return addr;
}

/** The kernel's own names. */
static struct rw_error *add_kallsyms(struct rw_machine *m, uint64_t voffset)
{
	struct kimage kimage = { m->dump, voffset };

	struct rw_kallsyms_place place = {
		.num_syms = info_symbol(m, "SYMBOL(kallsyms_num_syms)"),
		.names = info_symbol(m, "SYMBOL(kallsyms_names)"),
		.token_table = info_symbol(m, "SYMBOL(kallsyms_token_table)"),
		.token_index = info_symbol(m, "SYMBOL(kallsyms_token_index)"),
		.offsets = info_symbol(m, "SYMBOL(kallsyms_offsets)"),
		.relative_base = info_symbol(m, "SYMBOL(kallsyms_relative_base)"),
		.addresses = info_symbol(m, "SYMBOL(kallsyms_addresses)"),
	};
	uint64_t stext;

	if ((!place.num_syms || !place.names || !place.token_table || !place.token_index ||
	     (!place.offsets && !place.addresses)) &&
	    !rw_kallsyms_find(read_kimage, &kimage, info_symbol(m, "SYMBOL(_stext)"), &place))
		return rw_error_create(RW_ERROR_MISSING, "VMCOREINFO: does not say where the "
				       "kernel's own symbols are, as since 6.0, and they were not "
				       "found in the dump; %s", remedy);
	struct rw_error *err = rw_image_add_kallsyms(m->own_image, &place, read_kimage, &kimage);
	if (!err && (!rw_image_symbol(m->own_image, "_stext", &stext) ||
		     stext != info_symbol(m, "SYMBOL(_stext)")))
		err = rw_error_create(RW_ERROR_FORMAT, "kallsyms: its _stext is not that of "
				      "VMCOREINFO; %s", remedy);
	return err;
}

/** What VMCOREINFO tells of variables; without CONFIG_KALLSYMS_ALL they have no names. */
static void add_info_symbols(struct rw_machine *m, uint64_t slide)
{
	static const char *const names[] = { "swapper_pg_dir", "init_uts_ns", "prb" };
	char key[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(key, sizeof(key), "SYMBOL(%s)", names[i]);
		if (info_symbol(m, key))
			rw_image_add_symbol(m->own_image, names[i], info_symbol(m, key) - slide);
	}
}

/** @own, what the kernel says of itself, must be what a list of names says. */
static struct rw_error *compare(const struct rw_machine *m, const struct rw_image *own,
				const struct rw_image *names, uint64_t slide)
{
	const char *release = rw_vmcoreinfo_text(m->info, "OSRELEASE");
	char what[RW_SYMBOL_NAME_SIZE];

	if (rw_image_agrees(own, names, slide, what))
		return NULL;
	return rw_error_create(RW_ERROR_MISMATCH, "%s: %s: is not where the dump's kernel (%s) has "
			       "it; give the file of that kernel, or --force",
			       rw_image_path(names), what,
			       release ? release : "release not known");
}

static struct rw_error *add_names(struct rw_machine *m, const struct rw_image *names, bool force)
{
	uint64_t theirs, ours, slide;

	if (!rw_image_symbol(m->own_image, "_stext", &ours) ||
	    !rw_image_symbol(names, "_stext", &theirs))
		return NULL;
	// A copy of /proc/kallsyms does not always tell that it is one.
	slide = info_symbol(m, "KERNELOFFSET");
	if (rw_image_kind(names) != RW_IMAGE_KALLSYMS && theirs != ours + slide)
		slide = 0;
	struct rw_error *err = force ? NULL : compare(m, m->own_image, names, slide);
	if (!err)
		rw_image_add_names(m->own_image, names, slide);
	return err;
}

struct rw_error *machine_make_image(struct rw_machine *m, const struct rw_image *names, bool force)
{
	uint64_t stext, voffset, slide = 0;

	struct rw_error *err = rw_image_create_dump(names ? rw_image_path(names) :
						    rw_dump_name(m->dump), &m->own_image);
	if (err)
		return err;
	m->image = m->own_image;
	machine_find_vmcoreinfo(m);
	bool placed = rw_vmcoreinfo_number(m->info, "NUMBER(kimage_voffset)", &voffset) &&
		      rw_vmcoreinfo_hex(m->info, "SYMBOL(_stext)", &stext);

	err = placed ? add_kallsyms(m, voffset) :
	      rw_error_create(RW_ERROR_MISSING, "no VMCOREINFO in the dump or its memory, to find "
			      "the kernel's own symbols by; %s", remedy);
	if (err && (!names || err == &rw_enomem))
		return rw_error_prefix(err, "%s", rw_image_path(m->image));
	rw_error_destroy(err);
	if (!placed) {
		rw_image_add_names(m->own_image, names, 0);
		return NULL;
	}
	if (rw_vmcoreinfo_hex(m->info, "KERNELOFFSET", &slide))
		rw_image_rebase(m->own_image, slide);
	rw_image_add_symbol(m->own_image, "_stext", stext - slide);
	add_info_symbols(m, slide);
	return names ? add_names(m, names, force) : NULL;
}

/* ---- once it is known where the kernel lies ------------------------------------- */

/** Bytes of the kernel at a link address. */
static bool read_image(struct rw_machine *m, uint64_t addr, void *buf, size_t size)
{
	return read_kimage(&m->kimage, addr, buf, size);
}

/**
 * The end of the image, where it has no name: pages behind the text that are mapped as
 * the image is.  What was for the start only is unmapped in between.  The header that
 * would tell the size lies in memory that is given back.
 */
static void add_end(struct rw_machine *m, uint64_t slide)
{
	enum { MOST = 1 << 28, MOST_HOLE = 1 << 26 };
	uint64_t etext, end = 0, size;

	if (!m->space.has_tables || !rw_image_symbol(m->image, "_etext", &etext))
		return;
	size = UINT64_C(1) << m->space.tables.page_shift;
	for (uint64_t off = 0; off < MOST && off - end < MOST_HOLE; off += size) {
		struct rw_translation t;
		uint64_t va = etext + slide + off;

		rw_pagetable_translate_cached(&m->space.tables, &m->space.cache, va, &t);
		if (t.status == RW_VA_MAPPED && t.pa == va - m->space.kimage.kimage_voffset)
			end = off + size;
	}
	if (end)
		rw_image_add_symbol(m->own_image, "_end", etext + end);
}

static struct rw_error *add_types(struct rw_machine *m)
{
	uint64_t start, stop;

	if (!rw_image_symbol(m->image, "__start_BTF", &start) ||
	    !rw_image_symbol(m->image, "__stop_BTF", &stop))
		return NULL;
	if (stop <= start || stop - start > MOST_BTF) {
		machine_lose(m, "the kernel's BTF would have %" PRIu64 " bytes: it is not read",
			     stop - start);
		return NULL;
	}
	_cleanup_free_ uint8_t *btf = malloc(stop - start);
	if (!btf)
		return &rw_enomem;
	if (read_image(m, start, btf, stop - start))
		rw_image_add_types(m->own_image, rw_steal(btf), stop - start);
	return NULL;
}

static size_t build_id_bytes(const char *text, uint8_t ret[RW_BUILD_ID_MAX])
{
	size_t size = text ? strlen(text) : 0;
	size_t nr = text ? rw_hex_bytes(text, text + size, ret, RW_BUILD_ID_MAX) : 0;

	return 2 * nr == size ? nr : 0;
}

static struct rw_error *add_identity(struct rw_machine *m)
{
	uint8_t id[RW_BUILD_ID_MAX];
	char banner[BANNER_SIZE + 1] = "";
	uint64_t addr;

	if (rw_image_symbol(m->image, "linux_banner", &addr) &&
	    read_image(m, addr, banner, BANNER_SIZE))
		banner[strcspn(banner, "\n")] = '\0';
	bool good = !strncmp(banner, "Linux version ", 14);
	for (const char *c = banner; *c; c++)
		good &= isprint((unsigned char)*c) != 0;
	return rw_image_add_identity(m->own_image, id,
				     build_id_bytes(rw_vmcoreinfo_text(m->info, "BUILD-ID"), id),
				     good ? banner : NULL);
}

/** The table of the series, which stays in memory from v7 on. */
static struct rw_error *add_sym_code(struct rw_machine *m, uint64_t slide)
{
	uint64_t start, end;

	if (!rw_image_symbol(m->image, "__sym_code_functions_start", &start) ||
	    !rw_image_symbol(m->image, "__sym_code_functions_end", &end))
		return NULL;
	size_t size = end > start ? end - start : 0;
	if (size % 16 || !size || size / 16 > MOST_SYM_CODE) {
		machine_lose(m, "the sym_code_functions table cannot have %zu bytes", size);
		return NULL;
	}
	_cleanup_free_ uint64_t *words = malloc(size);
	if (!words)
		return &rw_enomem;
	if (!read_image(m, start, words, size)) {
		machine_lose(m, "the sym_code_functions table is not in the dump");
		return NULL;
	}
	for (size_t i = 0; i < size / 8; i++)
		words[i] = rw_get_le64(&words[i]) - slide;
	struct rw_error *err = rw_image_add_sym_code(m->own_image, words, size / 16);
	if (!err || err == &rw_enomem)
		return err;
	// Up to v6 it lies in memory that is given back after boot.
	machine_lose(m, "%s", err->message);
	rw_error_destroy(err);
	return NULL;
}

/** Where a list has the kernel's own symbols, as run-time addresses.  False: it does not tell. */
static bool place_by_names(const struct rw_image *names, uint64_t slide,
			   struct rw_kallsyms_place *ret)
{
	struct { const char *name; uint64_t *addr; } all[] = {
		{ "kallsyms_num_syms", &ret->num_syms },
		{ "kallsyms_names", &ret->names },
		{ "kallsyms_token_table", &ret->token_table },
		{ "kallsyms_token_index", &ret->token_index },
		{ "kallsyms_offsets", &ret->offsets },
		{ "kallsyms_relative_base", &ret->relative_base },
		{ "kallsyms_addresses", &ret->addresses },
	};

	*ret = (struct rw_kallsyms_place){ 0 };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (rw_image_symbol(names, all[i].name, all[i].addr))
			*all[i].addr += slide;
	return ret->num_syms && ret->names && ret->token_table && ret->token_index &&
	       (ret->offsets || ret->addresses);
}

/**
 * A list, where VMCOREINFO did not lead to the kernel's own symbols: a System.map has their
 * place, and what lies there must say the same.  Another build's list can fit so far.
 */
static struct rw_error *check_list(struct rw_machine *m, const struct rw_image *names,
				   uint64_t slide)
{
	struct kimage kimage = { m->dump, m->space.kimage.kimage_voffset };
	struct rw_kallsyms_place place;
	struct rw_image *own = NULL;
	uint64_t ours = 0, theirs = 0;

	rw_image_symbol(m->image, "_stext", &ours);
	rw_image_symbol(names, "_stext", &theirs);
	if (!place_by_names(names, slide - (theirs - ours), &place)) {
		machine_lose(m, "%s: does not have the places of kallsyms: that the list is of the "
				"dump's kernel is not certain", rw_image_path(names));
		return NULL;
	}
	struct rw_error *err = rw_image_create_dump(rw_image_path(names), &own);
	if (!err)
		err = rw_image_add_kallsyms(own, &place, read_kimage, &kimage);
	if (!err) {
		rw_image_rebase(own, slide);
		err = compare(m, own, names, theirs - ours);
	} else if (err->code == RW_ERROR_MISSING) {
		machine_lose(m, "%s: the kernel's own symbols are not in the dump: that the list is "
				"of its kernel is not certain", rw_image_path(names));
		rw_error_destroy(err);
		err = NULL;
	} else if (err->code == RW_ERROR_FORMAT) {
		rw_error_destroy(err);
		err = rw_error_create(RW_ERROR_MISMATCH, "%s: kallsyms: the dump's kernel has none "
				      "there; give the file of that kernel, or --force",
				      rw_image_path(names));
	}
	rw_image_close(own);
	return err;
}

struct rw_error *machine_complete_image(struct rw_machine *m, const struct rw_image *names,
					uint64_t slide, bool force)
{
	uint64_t init_task, end = 0;

	m->kimage = (struct kimage){ m->dump, m->space.kimage.kimage_voffset - slide };
	rw_image_add_bytes(m->own_image, read_kimage, &m->kimage);
	// A list that ends before its last symbol was cut short.
	bool whole = rw_image_symbol(m->image, "_end", &end) ||
		     rw_image_has_kallsyms(m->own_image);
	if (!end)
		add_end(m, slide);
	m->text_names_only = !whole || !rw_image_symbol(m->image, "init_task", &init_task);
	struct rw_error *err = names && !force && !rw_image_has_kallsyms(m->own_image) ?
			       check_list(m, names, slide) : NULL;
	if (err)
		return err;
	err = add_types(m);
	if (!err && m->text_names_only)
		err = machine_find_data(m, slide);
	if (!err)
		err = add_identity(m);
	if (!err)
		err = add_sym_code(m, slide);
	if (!err)
		err = rw_image_complete(m->own_image);
	return err ? rw_error_prefix(err, "%s", rw_image_path(m->image)) : NULL;
}
