// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asks an image what check-image.py wants to know, without a command line worth
// the name: image_query VMLINUX WHAT, questions on standard input, one answer a
// line.
//
//   ranges      start, end, name, section, origin of every SYM_CODE range
//   in-range    ADDR    -> names of the SYM_CODE ranges around it, or "none"
//   in-text     ADDR    -> "yes" in text or init text, else "no"
//   symbolize   ADDR    -> name+0xoffset/0xsize, or 0xaddr
//   value       ADDR    -> the relocated word there
//   symbol      NAME    -> its address
//   identity    release and build-id
//   compare     the kernel's symbol table against the one made from .symtab
//   types       TYPE [MEMBER] -> offset size nr elem_size flags, or "none"
//   time        N opens, and what one costs

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "rewalk/bytes.h"
#include "rewalk/error.h"
#include "rewalk/image.h"
#include "rewalk/types.h"

#include "image/image_private.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int fail(struct rw_error *err)
{
	fprintf(stderr, "image_query: %s\n", err->message);
	rw_error_destroy(err);
	return 1;
}

static void print_ranges(const struct rw_image *image)
{
	size_t nr;
	const struct rw_range *ranges = rw_image_ranges(image, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (ranges[i].kind == RW_RANGE_SYM_CODE)
			printf("%016" PRIx64 "\t%016" PRIx64 "\t%s\t%s\t%s\n", ranges[i].start,
			       ranges[i].end, ranges[i].name, ranges[i].section,
			       ranges[i].origin == RW_ORIGIN_TABLE ? "table" : "derived");
	}
}

static void print_in_range(const struct rw_image *image, uint64_t addr)
{
	size_t nr, hits = 0;
	const struct rw_range *ranges = rw_image_ranges(image, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (ranges[i].kind == RW_RANGE_SYM_CODE && addr >= ranges[i].start &&
		    addr < ranges[i].end)
			printf("%s%s", hits++ ? " " : "", ranges[i].name);
	}
	puts(hits ? "" : "none");
	if (rw_image_in_sym_code(image, addr) != (hits != 0))
		puts("rw_image_in_sym_code() says otherwise");
}

static void print_in_text(const struct rw_image *image, uint64_t addr)
{
	size_t nr;
	const struct rw_range *ranges = rw_image_ranges(image, &nr);
	bool text = false;

	for (size_t i = 0; i < nr; i++)
		text |= ranges[i].kind != RW_RANGE_SYM_CODE && addr >= ranges[i].start &&
			addr < ranges[i].end;
	puts(text ? "yes" : "no");
}

static void print_symbol(const struct rw_image *image, uint64_t addr)
{
	struct rw_symbol symbol;

	if (rw_image_symbolize(image, addr, &symbol))
		printf("%s+0x%" PRIx64 "/0x%" PRIx64 "\n", symbol.name, addr - symbol.addr,
		       symbol.size);
	else
		printf("0x%" PRIx64 "\n", addr);
}

static void print_identity(const struct rw_image *image)
{
	static const char before[] = "Linux version ";
	const char *banner = rw_image_banner(image);
	size_t size = 0;
	const uint8_t *id = rw_image_build_id(image, &size);

	if (banner && !strncmp(banner, before, strlen(before)))
		banner += strlen(before);
	printf("%.*s\n", banner ? (int)strcspn(banner, " ") : 0, banner ? banner : "");
	for (size_t i = 0; i < size; i++)
		printf("%02x", id[i]);
	puts("");
}

static int compare(const struct rw_image *image)
{
	struct rw_kallsyms kallsyms;
	struct rw_ksymtab ksymtab;
	struct rw_symbol probe;
	size_t differ = 0, j = 0, i = 0;

	if (!rw_kallsyms_init(image, &kallsyms)) {
		puts("no kallsyms");
		return 1;
	}
	rw_image_symbolize(image, 0, &probe);
	bool all = image->lazy->names.all;
	double t = now();
	if (!rw_ksymtab_init(image, all, &ksymtab))
		return 1;
	t = now() - t;
	while (i < kallsyms.nr || j < ksymtab.nr) {
		uint64_t a = i < kallsyms.nr ? rw_kallsyms_addr(&kallsyms, i) : UINT64_MAX;
		uint64_t b = j < ksymtab.nr ? ksymtab.entries[j].addr : UINT64_MAX;
		char name[RW_SYMBOL_NAME_SIZE] = "";

		if (i < kallsyms.nr && !rw_kallsyms_name(&kallsyms, i, name))
			strcpy(name, "(damaged)");
		if (a == b && !strcmp(name, ksymtab.entries[j].name)) {
			i++;
			j++;
			continue;
		}
		if (differ++ < 40) {
			if (a <= b)
				printf("kallsyms only: %" PRIx64 " %s\n", a, name);
			if (b <= a)
				printf("symtab only:   %" PRIx64 " %s\n", b,
				       ksymtab.entries[j].name);
		}
		i += a <= b;
		j += b <= a;
	}
	printf("%zu kallsyms %zu symtab %zu differ, all %d, made in %.1f ms\n", kallsyms.nr,
	       ksymtab.nr, differ, all, t);
	rw_ksymtab_deinit(&ksymtab);
	return differ != 0;
}

static int answer_types(const struct rw_image *image)
{
	enum { MAX = 512 };
	static struct rw_type_query queries[MAX];
	char *line = NULL;
	size_t room = 0, nr = 0;
	struct rw_types *types;

	while (nr < MAX && getline(&line, &room, stdin) > 0) {
		char *save, *type = strtok_r(line, " \n", &save);
		char *member = strtok_r(NULL, " \n", &save);

		queries[nr++] = (struct rw_type_query){
			.type = strdup(type), .member = member ? strdup(member) : NULL };
	}
	free(line);
	double t0 = now();
	struct rw_error *err = rw_types_open(image, &types);
	double t1 = now();
	if (!err)
		err = rw_types_query(types, queries, nr);
	double t2 = now();
	if (err)
		return fail(err);
	fprintf(stderr, "%s: open %.2f ms, %zu queries %.2f ms\n", rw_types_origin(types), t1 - t0,
		nr, t2 - t1);
	for (size_t i = 0; i < nr; i++) {
		const struct rw_type_query *q = &queries[i];

		printf("%s %s: ", q->type, q->member ? q->member : "-");
		if (q->found)
			printf("%u:%u %ux%u %" PRIu64 "%s%s%s\n", q->offset, q->size, q->nr,
			       q->elem_size, q->value, q->is_pointer ? " pointer" : "",
			       q->to_struct ? " to-struct" : "", q->is_struct ? " struct" : "");
		else
			puts("none");
	}
	rw_types_close(types);
	return 0;
}

static int time_opens(const char *path)
{
	enum { RUNS = 20 };
	double best = 1e9, first = 0;
	struct rusage usage;

	for (int i = 0; i < RUNS; i++) {
		struct rw_image *image;
		double t = now();
		struct rw_error *err = rw_image_open(path, &image);

		if (err)
			return fail(err);
		t = now() - t;
		if (!i)
			first = t;
		if (t < best)
			best = t;
		rw_image_close(image);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("open: first %.2f ms, best %.2f ms, RSS %ld KiB\n", first, best, usage.ru_maxrss);
	return 0;
}

int main(int argc, char **argv)
{
	struct rw_image *image;
	char *line = NULL;
	size_t room = 0;
	int status = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: image_query VMLINUX WHAT\n");
		return 2;
	}
	const char *what = argv[2];
	if (!strcmp(what, "time"))
		return time_opens(argv[1]);
	struct rw_error *err = rw_image_open(argv[1], &image);
	if (err)
		return fail(err);
	if (!strcmp(what, "ranges")) {
		print_ranges(image);
	} else if (!strcmp(what, "identity")) {
		print_identity(image);
	} else if (!strcmp(what, "compare")) {
		status = compare(image);
	} else if (!strcmp(what, "types")) {
		status = answer_types(image);
	} else {
		while (getline(&line, &room, stdin) > 0) {
			uint64_t value = strtoull(line, NULL, 16);
			uint8_t word[8];

			line[strcspn(line, "\n")] = '\0';
			if (!strcmp(what, "in-range"))
				print_in_range(image, value);
			else if (!strcmp(what, "in-text"))
				print_in_text(image, value);
			else if (!strcmp(what, "symbolize"))
				print_symbol(image, value);
			else if (!strcmp(what, "value") &&
				 rw_image_read(image, value, word, sizeof(word)))
				printf("0x%" PRIx64 "\n", rw_get_le64(word));
			else if (!strcmp(what, "symbol") && rw_image_symbol(image, line, &value))
				printf("0x%" PRIx64 "\n", value);
			else
				puts("none");
		}
	}
	free(line);
	rw_image_close(image);
	return status;
}
