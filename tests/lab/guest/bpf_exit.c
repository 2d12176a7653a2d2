// SPDX-License-Identifier: GPL-2.0-or-later
//
// bpf_exit FUNCTION...    attaches an empty BPF program to the exit of each function, says
// how many, and stays.  Who sleeps in such a function has a trampoline on its stack.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef BTF_KIND_DECL_TAG
#define BTF_KIND_DECL_TAG 17
#endif
#ifndef BTF_KIND_ENUM64
#define BTF_KIND_ENUM64 19
#endif

static char *read_all(const char *name)
{
	int fd = open(name, O_RDONLY);
	struct stat st;
	char *data;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || !(data = malloc(st.st_size)))
		return NULL;
	for (off_t got = 0; got < st.st_size; got += n) {
		n = read(fd, data + got, st.st_size - got);
		if (n <= 0)
			return NULL;
	}
	close(fd);
	return data;
}

// Bytes that follow a type's head.
static size_t tail_of(const struct btf_type *type)
{
	uint32_t n = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM64:
	case BTF_KIND_DATASEC:
		return n * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return n * 8;
	default:
		return 0;
	}
}

static int find_function(const char *btf, const char *name)
{
	const struct btf_header *head = (const void *)btf;
	const char *types = btf + head->hdr_len + head->type_off;
	const char *strings = btf + head->hdr_len + head->str_off;
	int id = 1;

	for (size_t at = 0; at < head->type_len; id++) {
		const struct btf_type *type = (const void *)(types + at);

		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC &&
		    !strcmp(strings + type->name_off, name))
			return id;
		at += sizeof(*type) + tail_of(type);
	}
	return -1;
}

static int attach(int function)
{
	static char log[4096];
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = BPF_TRACE_FEXIT;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = sizeof(code) / sizeof(code[0]);
	attr.license = (uintptr_t)"GPL";
	attr.attach_btf_id = function;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = fd;
	return syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
}

int main(int argc, char **argv)
{
	const char *btf = read_all("/sys/kernel/btf/vmlinux");
	int n = 0;

	for (int i = 1; btf && i < argc; i++) {
		int function = find_function(btf, argv[i]);

		if (function > 0 && attach(function) >= 0)
			n++;
	}
	printf("@@COUNT bpf %d\n", n);
	fflush(stdout);
	close(open("/run/bpf.ready", O_WRONLY | O_CREAT, 0600));
	for (;;)
		pause();
}
