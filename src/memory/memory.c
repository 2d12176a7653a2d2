// SPDX-License-Identifier: GPL-2.0-or-later
//
// Spans of virtual memory, sorted, found by bisection.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bisect.h"
#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/hexdump.h"
#include "rewalk/memory.h"
#include "rewalk/vector.h"

/** The first span that ends after @addr, as an index. */
static size_t first_after(const struct rw_memory *memory, uint64_t addr)
{
	return rw_bisect(i, memory->nr, memory->data[i].end <= addr);
}

/** "FILE", or "FILE: line 12" where the byte at @addr stands in a text. */
static void describe(const struct rw_span *span, uint64_t addr, char *buf, size_t size)
{
	const struct rw_place *places = span->places;
	size_t nr = rw_bisect(i, span->nr_places, places[i].addr <= addr);

	if (span->nr_places)
		snprintf(buf, size, "%s: line %zu", span->name, places[nr ? nr - 1 : 0].line);
	else
		snprintf(buf, size, "%s", span->name);
}

static struct rw_error *disagree(const struct rw_span *a, const struct rw_span *b)
{
	uint64_t addr = a->start > b->start ? a->start : b->start;
	uint64_t end = a->end < b->end ? a->end : b->end;

	while (addr < end && a->bytes[addr - a->start] == b->bytes[addr - b->start])
		addr++;
	if (addr == end)
		return NULL;
	char one[512], other[512];
	describe(a, addr, one, sizeof(one));
	describe(b, addr, other, sizeof(other));
	return rw_error_create(RW_ERROR_MISMATCH,
			       "%s: at 0x%" PRIx64 ": other bytes than %s has there; "
			       "give one of the two, or other addresses", other, addr, one);
}

static struct rw_error *insert(struct rw_memory *memory, size_t at, struct rw_span span)
{
	struct rw_span *last = rw_vector_push(memory);

	if (!last)
		return &rw_enomem;
	memmove(&memory->data[at + 1], &memory->data[at],
		(memory->nr - 1 - at) * sizeof(memory->data[0]));
	memory->data[at] = span;
	return NULL;
}

struct rw_error *rw_memory_add(struct rw_memory *memory, uint64_t addr, const uint8_t *bytes,
			       size_t size, const char *name)
{
	return rw_memory_add_text(memory, addr, bytes, size, name, NULL, 0);
}

struct rw_error *rw_memory_add_text(struct rw_memory *memory, uint64_t addr, const uint8_t *bytes,
				    size_t size, const char *name, const struct rw_place *places,
				    size_t nr_places)
{
	struct rw_span span = { .start = addr, .bytes = bytes, .name = name, .places = places,
				.nr_places = nr_places };

	if (!size)
		return rw_error_create(RW_ERROR_USAGE,
				       "%s: is empty; give a file with the bytes of a stack", name);
	if (__builtin_add_overflow(addr, size, &span.end))
		return rw_error_create(RW_ERROR_USAGE,
				       "%s: its %zu bytes do not fit behind address 0x%" PRIx64
				       "; give the address of the file's first byte",
				       name, size, addr);

	// What others have of it must be the same, or none of it is taken.
	for (size_t i = first_after(memory, addr);
	     i < memory->nr && memory->data[i].start < span.end; i++) {
		struct rw_error *err = disagree(&memory->data[i], &span);

		if (err)
			return err;
	}
	// Only the rest of it is new.
	for (size_t i = first_after(memory, addr); span.start < span.end; i++) {
		struct rw_span rest = span;

		if (i < memory->nr && memory->data[i].start < span.end)
			rest.end = memory->data[i].start;
		if (rest.start < rest.end) {
			struct rw_error *err = insert(memory, i, rest);

			if (err)
				return err;
			i++;
		}
		if (i >= memory->nr || rest.end == span.end)
			break;
		uint64_t next = memory->data[i].end;
		if (next >= span.end)
			break;
		span.bytes += next - span.start;
		span.start = next;
	}
	return NULL;
}

void rw_memory_deinit(struct rw_memory *memory)
{
	free(memory->data);
	*memory = (struct rw_memory){ 0 };
}

const struct rw_span *rw_memory_find(const struct rw_memory *memory, uint64_t addr)
{
	size_t i = first_after(memory, addr);

	return i < memory->nr && memory->data[i].start <= addr ? &memory->data[i] : NULL;
}

bool rw_memory_extent(const struct rw_memory *memory, uint64_t addr, uint64_t *start_ret,
		      uint64_t *end_ret)
{
	const struct rw_span *first = rw_memory_find(memory, addr), *last = first;

	if (!first)
		return false;
	while (first > memory->data && first[-1].end == first->start)
		first--;
	while (last + 1 < memory->data + memory->nr && last[1].start == last->end)
		last++;
	*start_ret = first->start;
	*end_ret = last->end;
	return true;
}

/** A word that reaches from one span into the next, if the next begins there. */
static bool read_across(const struct rw_memory *memory, uint64_t addr, uint64_t *ret)
{
	uint8_t word[8];

	for (unsigned int i = 0; i < sizeof(word); i++) {
		const struct rw_span *span = rw_memory_find(memory, addr + i);

		if (!span)
			return false;
		word[i] = span->bytes[addr + i - span->start];
	}
	*ret = rw_get_le64(word);
	return true;
}

bool rw_memory_read(void *ctx, uint64_t addr, size_t nr, uint64_t *ret)
{
	struct rw_memory *memory = ctx;
	size_t last = memory->last;

	// A walk stays on a stack: mostly it is the span of the last read.
	if (last >= memory->nr || addr < memory->data[last].start ||
	    addr >= memory->data[last].end) {
		last = first_after(memory, addr);
		if (last == memory->nr || memory->data[last].start > addr)
			return false;
		memory->last = last;
	}
	const struct rw_span *span = &memory->data[last];
	if ((span->end - addr) / 8 < nr) {
		for (size_t i = 0; i < nr; i++)
			if (!read_across(memory, addr + 8 * i, &ret[i]))
				return false;
		return true;
	}
	for (size_t i = 0; i < nr; i++)
		ret[i] = rw_get_le64(span->bytes + (addr - span->start) + 8 * i);
	return true;
}
