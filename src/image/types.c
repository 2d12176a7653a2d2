// SPDX-License-Identifier: GPL-2.0-or-later
//
// Struct layouts: which reader has them, and the way along a member's path.
//
// A path is names with dots between, each with an index in brackets at will:
// "thread.cpu_context.fp", "mem[0].base".  Unnamed structs and unions are looked
// through.  Pointers end a path: what they point at is another query.
//
// All queries are answered in one pass over the types: the readers offer every
// type whose name one of them has.  Types may be damaged on purpose (BTF out of a
// dump), so nothing here trusts them to end: nesting is limited, and so is the
// number of members that are looked at.

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/image.h"

#include "image_private.h"
#include "types_private.h"

enum {
	MAX_NESTING = 16,
	MAX_STEPS = 4 * 1000 * 1000,	/* task_struct has 250 members */
	FILTER_BITS = 10,
};

struct rw_type_search {
	const struct rw_types *types;
	struct rw_type_query *queries;
	size_t nr, nr_found;
	size_t *order;		/* queries by the name of their type */
	uint64_t *best;		/* rank of the type each was answered from */
	uint64_t filter[(1 << FILTER_BITS) / 64];
	size_t steps;		/* members looked at */
};

/** A place inside of a type, on the way along a path. */
struct place {
	struct rw_type_ref type;
	uint64_t bit_off;
	uint32_t bits;
};

static size_t filter_of(const char *name)
{
	const unsigned char *s = (const unsigned char *)name;
	size_t hash = s[0];

	for (size_t i = 1; i < 4 && s[i - 1]; i++)
		hash = hash * 31 + s[i];
	return hash % (1 << FILTER_BITS);
}

bool rw_type_search_wants(const struct rw_type_search *search, const char *name)
{
	size_t bit = filter_of(name);

	return search->filter[bit / 64] >> bit % 64 & 1;
}

bool rw_type_search_done(const struct rw_type_search *search)
{
	return search->nr_found == search->nr;
}

/** Add the member @name of the struct at @place to it, through unnamed members too. */
static bool enter_member(struct rw_type_search *search, struct place *place, const char *name,
			 size_t len, int nesting)
{
	const struct rw_types *types = search->types;
	struct rw_type_cursor cursor = { 0 };
	struct rw_type_member member;
	struct rw_type_info info;

	if (nesting > MAX_NESTING ||
	    !types->reader->describe(types, &place->type, &info) || info.kind != RW_TYPE_STRUCT)
		return false;
	while (types->reader->next_member(types, &info.self, &cursor, &member)) {
		struct place inside = {
			.type = member.type,
			.bit_off = place->bit_off + member.bit_off,
			.bits = member.bits,
		};

		if (++search->steps > MAX_STEPS)
			return false;
		if (member.name[0] ? !strncmp(member.name, name, len) && !member.name[len] :
				     enter_member(search, &inside, name, len, nesting + 1)) {
			*place = inside;
			return true;
		}
	}
	return false;
}

/** Go from an array at @place to its element @index. */
static bool enter_element(struct rw_type_search *search, struct place *place, uint64_t index)
{
	const struct rw_types *types = search->types;
	struct rw_type_info info, element;
	uint64_t off;

	if (!types->reader->describe(types, &place->type, &info) ||
	    info.kind != RW_TYPE_ARRAY || (info.nr && index >= info.nr) ||
	    !types->reader->describe(types, &info.inner, &element) ||
	    __builtin_mul_overflow(element.size, index * 8, &off) ||
	    __builtin_add_overflow(place->bit_off, off, &place->bit_off))
		return false;
	place->type = info.inner;
	return true;
}

static bool follow(struct rw_type_search *search, struct place *place, const char *path)
{
	for (bool first = true; ; first = false, path++) {
		size_t len = strcspn(path, ".[");

		// An index alone is good for a typedef of an array.
		if (len ? !enter_member(search, place, path, len, 0) : !first || *path != '[')
			return false;
		for (path += len; *path == '['; path++) {
			char *end;

			if (!isdigit((unsigned char)path[1]))
				return false;
			unsigned long index = strtoul(path + 1, &end, 10);
			if (*end != ']' || index > UINT32_MAX ||
			    !enter_element(search, place, index))
				return false;
			path = end;
		}
		if (!*path)
			return true;
		if (*path != '.')
			return false;
	}
}

/** Write down what is at @place.  False if it does not fit an answer. */
static bool describe_answer(const struct rw_types *types, const struct place *place,
			    struct rw_type_query *query)
{
	struct rw_type_info info, element;

	if (!types->reader->describe(types, &place->type, &info))
		return false;
	uint64_t size = info.size, nr = 1;
	element = info;
	if (info.kind == RW_TYPE_ARRAY) {
		nr = info.nr;
		if (!types->reader->describe(types, &info.inner, &element))
			return false;
	} else if (place->bits) {
		size = (place->bit_off % 8 + place->bits + 7) / 8;
		element.size = size;
	}
	if (place->bit_off / 8 > UINT32_MAX || size > UINT32_MAX || nr > UINT32_MAX ||
	    element.size > UINT32_MAX)
		return false;
	query->found = true;
	query->offset = (uint32_t)(place->bit_off / 8);
	query->size = (uint32_t)size;
	query->nr = (uint32_t)nr;
	query->elem_size = (uint32_t)element.size;
	query->value = 0;
	query->is_pointer = element.kind == RW_TYPE_POINTER;
	query->to_struct = element.to_struct;
	query->is_struct = element.kind == RW_TYPE_STRUCT;
	return true;
}

/** Try to answer @query from the type at @ref. */
static bool answer(struct rw_type_search *search, const struct rw_type_ref *ref,
		   const struct rw_type_info *info, struct rw_type_query *query)
{
	const struct rw_types *types = search->types;
	struct place place = { .type = *ref };
	uint64_t value;

	if (!query->member)
		return describe_answer(types, &place, query);
	if (info->kind == RW_TYPE_ENUM) {
		if (!types->reader->enumerator(types, &info->self, query->member, &value) ||
		    !describe_answer(types, &place, query))
			return false;
		query->value = value;
		return true;
	}
	return follow(search, &place, query->member) && describe_answer(types, &place, query);
}

void rw_type_search_offer(struct rw_type_search *search, const char *name,
			  const struct rw_type_ref *ref)
{
	size_t low = rw_bisect(i, search->nr,
			       strcmp(search->queries[search->order[i]].type, name) < 0);
	struct rw_type_info info;

	if (low == search->nr || strcmp(search->queries[search->order[low]].type, name) ||
	    !search->types->reader->describe(search->types, ref, &info))
		return;
	// Rank 0 is "not answered"; an empty struct is an answer.
	uint64_t rank = info.size + 1;
	for (; low < search->nr; low++) {
		size_t i = search->order[low];

		if (strcmp(search->queries[i].type, name))
			break;
		if (rank <= search->best[i] || !answer(search, ref, &info, &search->queries[i]))
			continue;
		search->nr_found += !search->best[i];
		search->best[i] = rank;
	}
}

static int compare_queries(const void *pa, const void *pb, void *arg)
{
	const struct rw_type_query *queries = arg;

	return strcmp(queries[*(const size_t *)pa].type, queries[*(const size_t *)pb].type);
}

struct rw_error *rw_types_query(const struct rw_types *types, struct rw_type_query *queries,
				size_t nr)
{
	_cleanup_free_ size_t *order = calloc(nr ? nr : 1, sizeof(*order));
	_cleanup_free_ uint64_t *best = calloc(nr ? nr : 1, sizeof(*best));
	struct rw_type_search search = {
		.types = types,
		.queries = queries,
		.nr = nr,
		.order = order,
		.best = best,
	};

	if (!order || !best)
		return &rw_enomem;
	for (size_t i = 0; i < nr; i++) {
		size_t bit = filter_of(queries[i].type);

		order[i] = i;
		search.filter[bit / 64] |= (uint64_t)1 << bit % 64;
		queries[i].found = false;
	}
	qsort_r(order, nr, sizeof(*order), compare_queries, queries);
	struct rw_error *err = types->reader->offer_all(types, &search);
	if (!err && search.steps > MAX_STEPS)
		err = rw_error_create(RW_ERROR_FORMAT, "%s: structs without end, it is damaged; "
				      "give a vmlinux from the kernel's debug package",
				      types->reader->origin);
	return err;
}

static struct rw_error *open_image_types(struct rw_types *types)
{
	size_t size = 0;
	const uint8_t *added = rw_image_types(types->image, &size);

	if (added)
		return rw_error_prefix(rw_types_init_btf(types, added, size), "the dump's BTF");
	if (rw_image_kind(types->image) != RW_IMAGE_VMLINUX)
		return rw_error_create(RW_ERROR_MISSING, "no types: it has names only; give the "
				       "kernel's vmlinux, or a dump of it that has BTF");
	const uint8_t *bytes = rw_image_section(types->image, ".BTF", &size);
	struct rw_error *btf_err = bytes ? rw_types_init_btf(types, bytes, size) : NULL;

	if (bytes && !btf_err)
		return NULL;
	// Damaged BTF, or of a kind that is younger than this build: DWARF may do.
	struct rw_error *err = rw_types_init_dwarf(types);
	if (err && btf_err) {
		rw_error_destroy(err);
		return rw_error_prefix(btf_err, "section .BTF");
	}
	rw_error_destroy(btf_err);
	return err;
}

struct rw_error *rw_types_open(const struct rw_image *image, struct rw_types **ret)
{
	struct rw_types *types = image->lazy ? image->lazy->opened : NULL;

	// Each reader of BTF has a copy of some megabytes: they are read once.
	if (types) {
		types->users++;
		*ret = types;
		return NULL;
	}
	types = calloc(1, sizeof(*types));
	if (!types)
		return &rw_enomem;
	types->image = image;
	types->users = 1;
	struct rw_error *err = open_image_types(types);
	if (err) {
		rw_types_close(types);
		return rw_error_prefix(err, "%s", rw_image_path(image));
	}
	if (image->lazy) {
		image->lazy->opened = types;
		types->users++;
	}
	*ret = types;
	return NULL;
}

struct rw_error *rw_types_open_btf(const uint8_t *bytes, size_t size, struct rw_types **ret)
{
	struct rw_types *types = calloc(1, sizeof(*types));

	if (!types)
		return &rw_enomem;
	types->users = 1;
	struct rw_error *err = rw_types_init_btf(types, bytes, size);
	if (err) {
		rw_types_close(types);
		return err;
	}
	*ret = types;
	return NULL;
}

void rw_types_close(struct rw_types *types)
{
	if (!types || --types->users)
		return;
	if (types->reader)
		types->reader->close(types);
	free(types);
}

bool rw_types_next_percpu(const struct rw_types *types, size_t *i, const char **name_ret,
			  uint32_t *off_ret)
{
	return types->reader->next_percpu &&
	       types->reader->next_percpu(types, i, name_ret, off_ret);
}

const char *rw_types_origin(const struct rw_types *types)
{
	return types->reader->origin;
}
