// SPDX-License-Identifier: GPL-2.0-or-later
//
// The data of a kernel that was built without CONFIG_KALLSYMS_ALL: its own symbols are
// those of its text, and the variables that tasks and modules are found by have to be
// found by what is certain of them.  From the image's memory behind the text are taken
//
//   BTF               by its header
//   linux_banner      by its text
//   exported symbols  struct kernel_symbol: three signed 32-bit offsets, each from its
//                     own place: to the symbol, to its name, to its namespace (5.4).
//                     Beginning with the one of init_task, the table is followed as long
//                     as its entries make sense.
//   per-CPU ones      by their offsets in BTF; the section begins where those that are
//                     exported agree
//   modules           the head of a ring of struct module, each of which says in mkobj.mod
//                     where it is
//   bpf_kallsyms      the head of a ring of struct bpf_ksym with names "bpf_..."
//   kprobe_insn_slots by its members alloc and free, which are two known functions
//
// An empty ring is found by nothing, and stays unknown.
//
// Source: include/linux/export-internal.h, kernel/module/main.c, kernel/bpf/core.c,
// kernel/kprobes.c; checked on Debian's 5.10 and 6.1.

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/vector.h"

#include "machine_private.h"

enum {
	PAGE = 4096,
	MOST_IMAGE = 1 << 28,	/* bytes behind the text; Debian's 6.1 has 20 MB */
	SYMBOL_SIZE = 12,
	MOST_NAME = 128,	/* of an exported symbol */
	MOST_RING = 1 << 16,
	MOST_BPF = 1 << 24,	/* bytes of a BPF image */
	MOST_BANNER = 512,
};

/** The image's memory from _etext on; pages that the dump lacks are zero. */
struct data {
	struct rw_machine *m;
	uint64_t start;		/* link address */
	uint64_t slide;
	size_t size;
	uint8_t *bytes;		/* owned */
};

static bool holds(const struct data *d, uint64_t addr, size_t size)
{
	return addr >= d->start && rw_fits(addr - d->start, size, d->size);
}

static const uint8_t *at(const struct data *d, uint64_t addr)
{
	return d->bytes + (addr - d->start);
}

static struct rw_error *read_data(struct rw_machine *m, uint64_t slide, struct data *ret)
{
	uint64_t start, end;

	*ret = (struct data){ .m = m, .slide = slide };
	if (!rw_image_symbol(m->image, "_etext", &start) ||
	    !rw_image_symbol(m->image, "_end", &end) || end <= start || end - start > MOST_IMAGE)
		return NULL;
	ret->bytes = calloc(1, end - start);
	if (!ret->bytes)
		return &rw_enomem;
	ret->start = start;
	ret->size = end - start;
	for (uint64_t off = 0; off < ret->size; off += PAGE) {
		size_t size = ret->size - off < PAGE ? ret->size - off : PAGE;

		rw_image_read(m->image, start + off, ret->bytes + off, size);
	}
	return NULL;
}

/* ---- BTF and banner ---------------------------------------------------------------- */

static struct rw_error *find_btf(const struct data *d)
{
	// Magic, version 1, no flags, 24 bytes of header, types right behind it.
	static const uint8_t head[] = { 0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0 };
	const uint8_t *p = d->bytes, *end = d->bytes + d->size;

	for (; (p = memmem(p, (size_t)(end - p), head, sizeof(head))); p++) {
		size_t room = (size_t)(end - p);

		if (room < 24)
			break;
		uint64_t types = rw_get_le32(p + 12), off = rw_get_le32(p + 16);
		uint64_t strings = rw_get_le32(p + 20), size = 24 + off + strings;

		// Strings follow the types; their first is empty, their last one ends.
		if (off != types || !strings || size > room || p[24 + off] || p[size - 1])
			continue;
		uint8_t *btf = malloc(size);
		if (!btf)
			return &rw_enomem;
		memcpy(btf, p, size);
		rw_image_add_types(d->m->own_image, btf, size);
		return NULL;
	}
	return NULL;
}

static void find_banner(const struct data *d)
{
	const char *release = rw_vmcoreinfo_text(d->m->info, "OSRELEASE");
	char text[128];
	const uint8_t *p = d->bytes, *end = d->bytes + d->size;

	if (!release)
		return;
	int len = snprintf(text, sizeof(text), "Linux version %s (", release);
	if (len < 0 || (size_t)len >= sizeof(text))
		return;
	for (; (p = memmem(p, (size_t)(end - p), text, (size_t)len)); p++) {
		size_t room = (size_t)(end - p);
		const uint8_t *newline = memchr(p, '\n', room < MOST_BANNER ? room : MOST_BANNER);
		const uint8_t *build = newline ? memmem(p, (size_t)(newline - p), " #", 2) : NULL;

		// Of two texts that begin so, the banner has the number of the build.
		if (build && isdigit(build[2])) {
			rw_image_add_symbol(d->m->own_image, "linux_banner",
					    d->start + (uint64_t)(p - d->bytes));
			return;
		}
	}
}

/* ---- exported symbols ---------------------------------------------------------------- */

struct export {
	const char *name;	/* in the data */
	uint64_t addr;
};

struct exports {
	struct export *data;	/* owned */
	size_t nr, capacity;
};

/** The entry at @addr, if it is one. */
static bool read_export(const struct data *d, uint64_t addr, struct export *ret)
{
	if (!holds(d, addr, SYMBOL_SIZE))
		return false;
	const uint8_t *entry = at(d, addr);
	uint64_t name = addr + 4 + (uint64_t)(int64_t)(int32_t)rw_get_le32(entry + 4);
	uint64_t text;

	ret->addr = addr + (uint64_t)(int64_t)(int32_t)rw_get_le32(entry);
	if (!rw_image_symbol(d->m->image, "_stext", &text) || ret->addr < text ||
	    ret->addr >= d->start + d->size || !holds(d, name, 2) || !*at(d, name))
		return false;
	ret->name = (const char *)at(d, name);
	size_t room = d->size - (size_t)(name - d->start);
	size_t len = strnlen(ret->name, room < MOST_NAME ? room : MOST_NAME);
	if (len == room || len == MOST_NAME)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)ret->name[i]) && ret->name[i] != '_')
			return false;
	return true;
}

static bool add_export(struct exports *exports, const struct export *export)
{
	if (!rw_vector_reserve((void **)&exports->data, &exports->capacity, exports->nr,
			       sizeof(exports->data[0])))
		return false;
	exports->data[exports->nr++] = *export;
	return true;
}

/** Both tables: one follows the other. */
static struct rw_error *follow_table(const struct data *d, uint64_t entry, struct exports *ret)
{
	struct export export;

	ret->nr = 0;
	for (uint64_t a = entry; read_export(d, a, &export); a += SYMBOL_SIZE)
		if (!add_export(ret, &export))
			return &rw_enomem;
	for (uint64_t a = entry - SYMBOL_SIZE; read_export(d, a, &export); a -= SYMBOL_SIZE)
		if (!add_export(ret, &export))
			return &rw_enomem;
	return NULL;
}

static struct rw_error *find_exports(const struct data *d, struct exports *ret)
{
	static const char wanted[] = "\0init_task";
	enum { LEAST = 16, MOST_TRIES = 16 };
	const uint8_t *p = d->bytes, *end = d->bytes + d->size;

	// Its string, and the entry that points to it.
	for (int tries = 0; tries < MOST_TRIES; tries++, p++) {
		p = memmem(p, (size_t)(end - p), wanted, sizeof(wanted));
		if (!p)
			break;
		uint64_t string = d->start + (uint64_t)(p - d->bytes) + 1;

		for (size_t off = 4; off + 8 <= d->size; off += 4) {
			uint64_t place = d->start + off;

			if (place + (uint64_t)(int64_t)(int32_t)rw_get_le32(d->bytes + off) !=
			    string)
				continue;
			struct rw_error *err = follow_table(d, place - 4, ret);
			if (err || ret->nr >= LEAST)
				return err;
		}
	}
	ret->nr = 0;
	return NULL;
}

static void add_exports(const struct data *d, const struct exports *exports)
{
	static const char *const names[] = {
		"init_task", "nr_cpu_ids", "__per_cpu_offset", "memstart_addr", "kimage_voffset",
		"system_state", "__cpu_online_mask",
	};

	for (size_t i = 0; i < exports->nr; i++)
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			if (!strcmp(exports->data[i].name, names[j]))
				rw_image_add_symbol(d->m->own_image, names[j],
						    exports->data[i].addr);
}

/* ---- per-CPU variables ---------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct export *)a)->name, ((const struct export *)b)->name);
}

/** Where the section begins: all exported variables of it must say the same. */
static bool find_percpu_start(const struct rw_types *types, struct exports *exports, uint64_t *ret)
{
	size_t i = 0, agree = 0;
	const char *name;
	uint32_t off;

	qsort(exports->data, exports->nr, sizeof(exports->data[0]), compare_names);
	while (rw_types_next_percpu(types, &i, &name, &off)) {
		const struct export key = { name, 0 };
		const struct export *found = bsearch(&key, exports->data, exports->nr,
						     sizeof(exports->data[0]), compare_names);

		if (!found)
			continue;
		if (agree && found->addr - off != *ret)
			return false;
		*ret = found->addr - off;
		agree++;
	}
	return agree >= 2;
}

static void add_percpu(const struct data *d, const struct rw_types *types, struct exports *exports)
{
	uint64_t start;
	const char *name;
	uint32_t off;
	size_t i = 0;

	if (!exports->nr || !find_percpu_start(types, exports, &start))
		return;
	while (rw_types_next_percpu(types, &i, &name, &off))
		rw_image_add_symbol(d->m->own_image, name, start + off);
}

/* ---- rings ----------------------------------------------------------------------------- */

enum {
	MOD_LIST, MOD_SELF, KSYM_NODE, KSYM_START, KSYM_END, KSYM_NAME, SLOT_ALLOC, SLOT_FREE,
	NR_QUERIES,
};

static const struct rw_type_query questions[NR_QUERIES] = {
	[MOD_LIST] = { .type = "module", .member = "list" },
	[MOD_SELF] = { .type = "module", .member = "mkobj.mod" },
	[KSYM_NODE] = { .type = "bpf_ksym", .member = "lnode" },
	[KSYM_START] = { .type = "bpf_ksym", .member = "start" },
	[KSYM_END] = { .type = "bpf_ksym", .member = "end" },
	[KSYM_NAME] = { .type = "bpf_ksym", .member = "name" },
	[SLOT_ALLOC] = { .type = "kprobe_insn_cache", .member = "alloc" },
	[SLOT_FREE] = { .type = "kprobe_insn_cache", .member = "free" },
};

static bool read_word(const struct data *d, uint64_t va, uint64_t *ret)
{
	return rw_space_read_uint(&d->m->space, va, 8, ret);
}

static bool is_module(const struct data *d, const struct rw_type_query *q, uint64_t node)
{
	uint64_t module = node - q[MOD_LIST].offset, self;

	return read_word(d, module + q[MOD_SELF].offset, &self) && self == module;
}

static bool is_bpf(const struct data *d, const struct rw_type_query *q, uint64_t node)
{
	uint64_t ksym = node - q[KSYM_NODE].offset, start, end;
	char name[4];

	return read_word(d, ksym + q[KSYM_START].offset, &start) &&
	       read_word(d, ksym + q[KSYM_END].offset, &end) && end > start &&
	       end - start < MOST_BPF &&
	       rw_space_read(&d->m->space, ksym + q[KSYM_NAME].offset, name, sizeof(name)) &&
	       !memcmp(name, "bpf_", sizeof(name));
}

/** Is @head that of a ring of which all are @is? */
static bool is_ring(const struct data *d, const struct rw_type_query *q, uint64_t head,
		    bool (*is)(const struct data *, const struct rw_type_query *, uint64_t))
{
	uint64_t node = rw_get_le64(at(d, head - d->slide)), last = head, prev;

	for (size_t i = 0; node != head; i++) {
		if (i == MOST_RING || !is(d, q, node) || !read_word(d, node + 8, &prev) ||
		    prev != last)
			return false;
		last = node;
		if (!read_word(d, node, &node))
			return false;
	}
	return last != head && rw_get_le64(at(d, head - d->slide) + 8) == last;
}

/** The one place in the data that is the head of such a ring. */
static void find_ring(const struct data *d, const struct rw_type_query *q, const char *name,
		      bool (*is)(const struct data *, const struct rw_type_query *, uint64_t))
{
	uint64_t found = 0;
	size_t nr = 0;

	for (size_t off = -d->start & 7; off + 16 <= d->size; off += 8) {
		uint64_t next = rw_get_le64(d->bytes + off), prev = rw_get_le64(d->bytes + off + 8);

		// Two pointers into the upper half, and out of the image.
		if (next >> 48 != 0xffff || prev >> 48 != 0xffff || (next & 7) || (prev & 7) ||
		    holds(d, next - d->slide, 16) || !is_ring(d, q, d->start + off + d->slide, is))
			continue;
		found = d->start + off;
		nr++;
	}
	if (nr == 1)
		rw_image_add_symbol(d->m->own_image, name, found);
}

static void find_slots(const struct data *d, const struct rw_type_query *q)
{
	uint64_t alloc, release, found = 0;
	size_t nr = 0;

	if (!q[SLOT_ALLOC].found || !q[SLOT_FREE].found ||
	    !rw_image_symbol(d->m->image, "alloc_insn_page", &alloc) ||
	    !rw_image_symbol(d->m->image, "free_insn_page", &release))
		return;
	for (size_t off = -d->start & 7; off + 8 <= d->size; off += 8) {
		uint64_t cache = d->start + off - q[SLOT_ALLOC].offset;

		if (rw_get_le64(d->bytes + off) != alloc + d->slide ||
		    !holds(d, cache + q[SLOT_FREE].offset, 8) ||
		    rw_get_le64(at(d, cache + q[SLOT_FREE].offset)) != release + d->slide)
			continue;
		found = cache;
		nr++;
	}
	if (nr == 1)
		rw_image_add_symbol(d->m->own_image, "kprobe_insn_slots", found);
}

static struct rw_error *find_by_types(const struct data *d, struct exports *exports)
{
	struct rw_type_query q[NR_QUERIES];
	struct rw_types *types;
	struct rw_error *err = rw_types_open(d->m->image, &types);

	// Without types there will be an error soon enough.
	if (err) {
		rw_error_destroy(err);
		return NULL;
	}
	memcpy(q, questions, sizeof(q));
	err = rw_types_query(types, q, NR_QUERIES);
	if (!err) {
		add_percpu(d, types, exports);
		if (q[MOD_LIST].found && q[MOD_SELF].found)
			find_ring(d, q, "modules", is_module);
		if (q[KSYM_NODE].found && q[KSYM_START].found && q[KSYM_END].found &&
		    q[KSYM_NAME].found)
			find_ring(d, q, "bpf_kallsyms", is_bpf);
		find_slots(d, q);
	}
	rw_types_close(types);
	return err;
}

struct rw_error *machine_find_data(struct rw_machine *m, uint64_t slide)
{
	struct exports exports = { 0 };
	struct data data;
	struct rw_error *err = read_data(m, slide, &data);

	if (!err && data.bytes) {
		find_banner(&data);
		err = find_btf(&data);
		if (!err)
			err = find_exports(&data, &exports);
		if (!err)
			add_exports(&data, &exports);
		if (!err)
			err = find_by_types(&data, &exports);
	}
	free(exports.data);
	free(data.bytes);
	return err;
}
