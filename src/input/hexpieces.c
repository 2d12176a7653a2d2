// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of hex dumps, in any order and more than once, joined into spans.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/error.h"
#include "rewalk/vector.h"

#include "hexpieces.h"

// Far more than a text is made for; a '*' can stand for anything.
#define MOST_BYTES (UINT64_C(64) << 20)

uint8_t *rw_hexpieces_grow(struct rw_hexpieces *pieces, size_t size)
{
	if (size > pieces->bytes_capacity - pieces->nr_bytes) {
		size_t more = pieces->bytes_capacity + pieces->bytes_capacity / 2 + size + 4096;
		uint8_t *grown = more > size ? realloc(pieces->bytes, more) : NULL;

		if (!grown)
			return NULL;
		pieces->bytes = grown;
		pieces->bytes_capacity = more;
	}
	uint8_t *end = pieces->bytes + pieces->nr_bytes;
	pieces->nr_bytes += size;
	return end;
}

void rw_hexpieces_deinit(struct rw_hexpieces *pieces)
{
	free(pieces->data);
	free(pieces->bytes);
	*pieces = (struct rw_hexpieces){ 0 };
}

void rw_hexspans_deinit(struct rw_hexspans *spans)
{
	free(spans->data);
	free(spans->bytes);
	free(spans->places.data);
	*spans = (struct rw_hexspans){ 0 };
}

static int compare(const void *pa, const void *pb)
{
	const struct rw_hexpiece *a = pa, *b = pb;

	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

static uint8_t byte_of(const struct rw_hexpieces *pieces, const struct rw_hexpiece *piece,
		       uint64_t i)
{
	return pieces->bytes[piece->off + (size_t)(i % piece->pattern)];
}

static struct rw_error *check_sizes(const struct rw_hexpieces *pieces, uint64_t *total_ret)
{
	uint64_t total = 0;

	for (size_t i = 0; i < pieces->nr; i++) {
		const struct rw_hexpiece *piece = &pieces->data[i];

		if (piece->size > UINT64_MAX - piece->addr)
			return rw_error_create(RW_ERROR_USAGE,
					       "line %zu: its bytes do not fit behind address 0x%"
					       PRIx64 "; correct the address", piece->line,
					       piece->addr);
		if (piece->size > MOST_BYTES - total)
			return rw_error_create(RW_ERROR_FORMAT,
					       "line %zu: rows up to here stand for more than %"
					       PRIu64 " MiB; give raw bytes instead", piece->line,
					       MOST_BYTES >> 20);
		total += piece->size;
	}
	*total_ret = total;
	return NULL;
}

/** The line of the byte that the last span has at @addr. */
static size_t line_at(const struct rw_hexspans *spans, size_t first_place, uint64_t addr)
{
	const struct rw_place *places = spans->places.data + first_place;
	size_t nr = rw_bisect(i, spans->places.nr - first_place, places[i].addr <= addr);

	return places[nr ? nr - 1 : 0].line;
}

/** What the last span has of @piece already must be the same. */
static struct rw_error *check_overlap(const struct rw_hexpieces *pieces,
				      const struct rw_hexpiece *piece,
				      const struct rw_hexspans *spans,
				      const struct rw_hexdump_span *span, size_t first_place,
				      uint64_t *skip_ret)
{
	const uint8_t *there = span->bytes + (piece->addr - span->addr);
	uint64_t size = span->addr + span->size - piece->addr;

	if (size > piece->size)
		size = piece->size;
	for (uint64_t i = 0; i < size; i++) {
		if (there[i] == byte_of(pieces, piece, i))
			continue;
		size_t other = line_at(spans, first_place, piece->addr + i);
		return rw_error_create(RW_ERROR_MISMATCH,
				       "line %zu: at 0x%" PRIx64 ": other bytes than line %zu has "
				       "there; remove the one that is not of this moment",
				       other > piece->line ? other : piece->line, piece->addr + i,
				       other > piece->line ? piece->line : other);
	}
	*skip_ret = size;
	return NULL;
}

static struct rw_error *append(const struct rw_hexpieces *pieces, const struct rw_hexpiece *piece,
			       uint64_t skip, struct rw_hexspans *spans,
			       struct rw_hexdump_span *span, uint8_t *to)
{
	struct rw_place *place = rw_vector_push(&spans->places);

	if (!place)
		return &rw_enomem;
	*place = (struct rw_place){ piece->addr + skip, piece->line };
	for (uint64_t i = skip; i < piece->size;) {
		size_t from = (size_t)(i % piece->pattern), part = piece->pattern - from;

		if (part > piece->size - i)
			part = (size_t)(piece->size - i);
		memcpy(to, pieces->bytes + piece->off + from, part);
		to += part;
		i += part;
	}
	span->size += piece->size - skip;
	return NULL;
}

struct rw_error *rw_hexpieces_join(struct rw_hexpieces *pieces, struct rw_hexspans *ret)
{
	struct rw_hexdump_span *span = NULL;
	size_t first_place = 0, used = 0;
	uint64_t total = 0;

	struct rw_error *err = check_sizes(pieces, &total);
	if (err || !pieces->nr)
		return err;
	qsort(pieces->data, pieces->nr, sizeof(pieces->data[0]), compare);
	ret->bytes = malloc((size_t)total + 1);
	if (!ret->bytes)
		return &rw_enomem;

	for (size_t i = 0; i < pieces->nr; i++) {
		const struct rw_hexpiece *piece = &pieces->data[i];
		uint64_t skip = 0;

		if (!span || span->space != piece->space ||
		    piece->addr > span->addr + span->size) {
			span = rw_vector_push(ret);
			if (!span)
				return &rw_enomem;
			*span = (struct rw_hexdump_span){
				.space = piece->space,
				.addr = piece->addr,
				.bytes = ret->bytes + used,
				.tool = piece->tool,
			};
			first_place = ret->places.nr;
		} else {
			err = check_overlap(pieces, piece, ret, span, first_place, &skip);
		}
		if (!err && skip < piece->size)
			err = append(pieces, piece, skip, ret, span, ret->bytes + used);
		if (err)
			return err;
		used += piece->size - skip;
		span->nr_places = ret->places.nr - first_place;
	}
	// Their array has stopped moving only now.
	size_t place = 0;
	for (size_t i = 0; i < ret->nr; i++) {
		ret->data[i].places = ret->places.data + place;
		place += ret->data[i].nr_places;
	}
	return NULL;
}
