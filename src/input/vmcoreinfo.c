// SPDX-License-Identifier: GPL-2.0-or-later
//
// VMCOREINFO: lines KEY=VALUE that the kernel leaves for whoever reads its dump.
//
// The text has at most one page and is cut there without a word (up to 6.12),
// perhaps in the middle of a number.  Each whole line ends with a newline, so a
// line without one is not used.
//
// Source: kernel/crash_core.c (later vmcore_info.c), arch/arm64's
// arch_crash_save_vmcoreinfo(); dumps.md 1.4.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/dump.h"
#include "rewalk/error.h"

struct rw_vmcoreinfo {
	size_t size;
	char text[];		/* lines, each ended by a NUL */
};

struct rw_error *rw_vmcoreinfo_create(const void *text, size_t size,
				      struct rw_vmcoreinfo **ret)
{
	size = strnlen(text, size);
	const char *last = size ? memrchr(text, '\n', size) : NULL;

	size = last ? (size_t)(last - (const char *)text) + 1 : 0;
	struct rw_vmcoreinfo *info = malloc(sizeof(*info) + size);
	if (!info)
		return &rw_enomem;
	info->size = size;
	memcpy(info->text, text, size);
	for (size_t i = 0; i < size; i++) {
		if (info->text[i] == '\n')
			info->text[i] = '\0';
	}
	*ret = info;
	return NULL;
}

void rw_vmcoreinfo_destroy(struct rw_vmcoreinfo *info)
{
	free(info);
}

const char *rw_vmcoreinfo_text(const struct rw_vmcoreinfo *info, const char *key)
{
	size_t key_len = strlen(key);
	const char *value = NULL;

	if (!info)
		return NULL;
	for (size_t i = 0, len; i < info->size; i += len + 1) {
		const char *line = info->text + i;

		len = strlen(line);
		if (len > key_len && line[key_len] == '=' && !memcmp(line, key, key_len))
			value = line + key_len + 1;
	}
	return value;
}

// Digits only: strtoull() would also take blanks and signs.
static bool parse(const char *s, int base, uint64_t *ret)
{
	bool minus = base == 10 && *s == '-';

	s += minus;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && !minus) {
		s += 2;
		base = 16;
	}
	size_t len = strspn(s, base == 16 ? "0123456789abcdefABCDEF" : "0123456789");
	if (!len || s[len])
		return false;
	errno = 0;
	unsigned long long value = strtoull(s, NULL, base);
	if (errno || (minus && value > (uint64_t)INT64_MAX + 1))
		return false;
	*ret = minus ? 0 - (uint64_t)value : value;
	return true;
}

bool rw_vmcoreinfo_number(const struct rw_vmcoreinfo *info, const char *key, uint64_t *ret)
{
	const char *value = rw_vmcoreinfo_text(info, key);

	return value && parse(value, 10, ret);
}

bool rw_vmcoreinfo_hex(const struct rw_vmcoreinfo *info, const char *key, uint64_t *ret)
{
	const char *value = rw_vmcoreinfo_text(info, key);

	return value && parse(value, 16, ret);
}
