// SPDX-License-Identifier: GPL-2.0-or-later
//
// Types out of BTF (Documentation/bpf/btf.rst), read by libbpf.
//
// libbpf copies the bytes and checks that types and strings lie within them; that
// a type's number exists, that chains of typedefs end and that sizes make sense
// is left to us.  It complains on standard error through one function for the
// whole process.  That function is replaced while btf__new() runs and put back
// afterwards: a program that uses libbpf in another thread at that moment may lose
// a message, and nothing else.

#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"

#include "types_private.h"

#ifdef HAVE_LIBBPF

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>

enum {
	MAX_CHAIN = 32,		/* typedefs and qualifiers, or dimensions, in a row */
};

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/** The header, and only what libbpf 1.1 takes for granted or does not explain. */
static struct rw_error *check_header(const uint8_t *bytes, size_t size)
{
	if (size < sizeof(struct btf_header) || size > INT32_MAX)
		return rw_error_create(RW_ERROR_FORMAT, "BTF header: %zu bytes are no BTF; "
				       "give the .BTF section as it was linked", size);
	uint16_t magic = rw_get_le16(bytes);
	if (magic != BTF_MAGIC)
		return rw_error_create(RW_ERROR_FORMAT, "BTF header: it begins with 0x%x, not "
				       "with 0x%x; give the .BTF section as it was linked",
				       magic, BTF_MAGIC);
	uint32_t len = rw_get_le32(bytes + offsetof(struct btf_header, hdr_len));
	if (len < sizeof(struct btf_header) || len % 4 || len > size)
		return rw_error_create(RW_ERROR_FORMAT, "BTF header: it cannot be %u bytes long; "
				       "give the .BTF section as it was linked", len);
	return NULL;
}

static const char *name_of(const struct btf *btf, uint32_t off)
{
	const char *name = btf__name_by_offset(btf, off);

	return name ? name : "";
}

/** Type @id without typedefs and qualifiers; NULL for void, and if it is damaged. */
static const struct btf_type *strip(const struct btf *btf, uint32_t *id)
{
	for (int i = 0; *id && i < MAX_CHAIN; i++) {
		const struct btf_type *t = btf__type_by_id(btf, *id);

		if (!t)
			return NULL;
		if (!btf_is_mod(t) && !btf_is_typedef(t) && !btf_is_type_tag(t))
			return t;
		*id = t->type;
	}
	return NULL;
}

static bool is_struct(const struct btf_type *t)
{
	return t && (btf_is_composite(t) || btf_is_fwd(t));
}

/** The size of an array: that of its innermost element, times all dimensions. */
static bool array_size(const struct btf *btf, const struct btf_type *t, uint64_t *ret)
{
	uint64_t size = 1;

	for (int i = 0; i < MAX_CHAIN && t && btf_is_array(t); i++) {
		uint32_t id = btf_array(t)->type;

		if (__builtin_mul_overflow(size, btf_array(t)->nelems, &size))
			return false;
		t = strip(btf, &id);
	}
	if (!t || btf_is_array(t))
		return false;
	*ret = btf_is_ptr(t) ? sizeof(uint64_t) : t->size;
	return !__builtin_mul_overflow(size, *ret, ret);
}

static bool describe(const struct rw_types *types, const struct rw_type_ref *ref,
		     struct rw_type_info *ret)
{
	uint32_t id = ref->id;
	const struct btf_type *t = strip(types->btf, &id);

	*ret = (struct rw_type_info){ .self = { .id = id } };
	if (!t)
		return id == 0;		// void
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		ret->kind = RW_TYPE_POINTER;
		ret->size = sizeof(uint64_t);
		id = t->type;
		ret->to_struct = is_struct(strip(types->btf, &id));
		return true;
	case BTF_KIND_ARRAY:
		ret->kind = RW_TYPE_ARRAY;
		ret->nr = btf_array(t)->nelems;
		ret->inner.id = btf_array(t)->type;
		return array_size(types->btf, t, &ret->size);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		ret->kind = RW_TYPE_STRUCT;
		ret->size = t->size;
		return true;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		ret->kind = RW_TYPE_ENUM;
		ret->size = t->size;
		return true;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		ret->size = t->size;
		return true;
	default:
		return true;
	}
}

static bool next_member(const struct rw_types *types, const struct rw_type_ref *ref,
			struct rw_type_cursor *cursor, struct rw_type_member *ret)
{
	const struct btf_type *t = btf__type_by_id(types->btf, ref->id);

	if (!t || !btf_is_composite(t) || cursor->next >= btf_vlen(t))
		return false;
	const struct btf_member *member = &btf_members(t)[cursor->next];
	*ret = (struct rw_type_member){
		.name = name_of(types->btf, member->name_off),
		.type = { .id = member->type },
		.bit_off = btf_member_bit_offset(t, cursor->next),
		.bits = btf_member_bitfield_size(t, cursor->next),
	};
	cursor->next++;
	return true;
}

static bool enumerator(const struct rw_types *types, const struct rw_type_ref *ref,
		       const char *name, uint64_t *ret)
{
	const struct btf_type *t = btf__type_by_id(types->btf, ref->id);
	uint32_t nr = t ? btf_vlen(t) : 0;

	for (uint32_t i = 0; i < nr; i++) {
		if (btf_is_enum(t) && !strcmp(name_of(types->btf, btf_enum(t)[i].name_off), name)) {
			int32_t value = btf_enum(t)[i].val;

			*ret = btf_kflag(t) ? (uint64_t)(int64_t)value : (uint32_t)value;
			return true;
		}
		if (btf_is_enum64(t) &&
		    !strcmp(name_of(types->btf, btf_enum64(t)[i].name_off), name)) {
			*ret = btf_enum64_value(&btf_enum64(t)[i]);
			return true;
		}
	}
	return false;
}

static struct rw_error *offer_all(const struct rw_types *types, struct rw_type_search *search)
{
	uint32_t nr = btf__type_cnt(types->btf);

	for (uint32_t id = 1; id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(types->btf, id);

		if (!t || !t->name_off ||
		    !(btf_is_composite(t) || btf_is_any_enum(t) || btf_is_typedef(t)))
			continue;
		const char *name = name_of(types->btf, t->name_off);
		if (rw_type_search_wants(search, name))
			rw_type_search_offer(search, name, &(struct rw_type_ref){ .id = id });
	}
	return NULL;
}

static bool next_percpu(const struct rw_types *types, size_t *i, const char **name_ret,
			uint32_t *off_ret)
{
	const struct btf_type *section = NULL;

	// Sections come last.
	for (uint32_t id = btf__type_cnt(types->btf); --id && !section;) {
		const struct btf_type *t = btf__type_by_id(types->btf, id);

		if (t && btf_is_datasec(t) && !strcmp(name_of(types->btf, t->name_off),
						      ".data..percpu"))
			section = t;
	}
	while (section && *i < btf_vlen(section)) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(section)[(*i)++];
		const struct btf_type *var = btf__type_by_id(types->btf, info->type);

		if (!var || !btf_is_var(var))
			continue;
		*name_ret = name_of(types->btf, var->name_off);
		*off_ret = info->offset;
		return true;
	}
	return false;
}

static void close_btf(struct rw_types *types)
{
	btf__free(types->btf);
}

static const struct rw_type_reader reader = {
	.origin = "BTF",
	.close = close_btf,
	.offer_all = offer_all,
	.describe = describe,
	.next_member = next_member,
	.next_percpu = next_percpu,
	.enumerator = enumerator,
};

struct rw_error *rw_types_init_btf(struct rw_types *types, const uint8_t *bytes, size_t size)
{
	struct rw_error *err = check_header(bytes, size);

	if (err)
		return err;
	libbpf_print_fn_t print = libbpf_set_print(print_nothing);
	struct btf *btf = btf__new(bytes, (uint32_t)size);
	int errnum = errno;
	libbpf_set_print(print);
	if (!btf && errnum == ENOMEM)
		return &rw_enomem;
	if (!btf)
		return rw_error_create(RW_ERROR_FORMAT, "BTF: damaged, or newer than this build's "
				       "libbpf; give a vmlinux with DWARF as well");
	types->btf = btf;
	types->reader = &reader;
	return NULL;
}

#else

struct rw_error *rw_types_init_btf(struct rw_types *types, const uint8_t *bytes, size_t size)
{
	(void)types;
	(void)bytes;
	(void)size;
	return rw_error_create(RW_ERROR_UNSUPPORTED, "BTF: this build has no reader for it; "
			       "build with libbpf, or give a vmlinux with DWARF");
}

#endif
