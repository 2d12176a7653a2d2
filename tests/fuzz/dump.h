/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all fuzz targets of dumps do: open the bytes as one file, read what is there. */
#ifndef REWALK_FUZZ_DUMP_H
#define REWALK_FUZZ_DUMP_H

#include <stdlib.h>
#include <string.h>

#include "rewalk/dump.h"
#include "rewalk/error.h"

static inline void fuzz_range(struct rw_dump *dump, uint64_t start, uint64_t end)
{
	uint8_t buf[256];
	uint64_t missing;

	for (int i = 0; i < 8 && start < end; i++) {
		const uint8_t *bytes;
		size_t len;

		if (rw_dump_span(dump, start, &bytes, &len) == RW_DUMP_OK) {
			volatile uint8_t last = bytes[len - 1];
			(void)last;
		}
		if (!len)
			abort();
		if (rw_dump_read(dump, start, buf, sizeof(buf), &missing) != RW_DUMP_OK &&
		    missing - start >= sizeof(buf))
			abort();
		if (len >= end - start)
			break;
		start += len;
	}
}

static inline int fuzz_dump(const uint8_t *data, size_t size, enum rw_dump_format format)
{
	static char name[] = "fuzz";
	struct rw_file file = { .name = name, .bytes = data, .size = size };
	struct rw_dump_source source = { .file = &file, .format = format };
	struct rw_dump *dump;
	uint64_t at = 0, start, end;
	size_t nr;

	struct rw_error *err = rw_dump_create(&source, 1, &dump);
	if (err) {
		rw_error_destroy(err);
		return 0;
	}
	for (int i = 0; i < 64 && rw_dump_next_range(dump, at, &start, &end); i++) {
		if (start < at || end <= start)
			abort();
		fuzz_range(dump, start, end);
		fuzz_range(dump, end - 1, end);
		at = end;
	}
	fuzz_range(dump, 0, 4096);
	fuzz_range(dump, UINT64_MAX - 100, UINT64_MAX);
	const struct rw_prstatus *status = rw_dump_prstatus(dump, &nr);
	if (nr && status[nr - 1].regs.known == 0)
		abort();
	rw_dump_producer(dump);
	rw_dump_crash_time(dump, &start);
	const struct rw_dump_utsname *utsname = rw_dump_utsname(dump);
	if (utsname && strlen(utsname->machine) > 65)
		abort();
	const struct rw_dump_loss *lost = rw_dump_lost(dump, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (!lost[i].text)
			abort();
	}
	rw_dump_destroy(dump);
	return 0;
}

#endif
