// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hash table of the names that are looked for, also as clang may call them: a
// static symbol that ThinLTO makes global gets the suffix ".llvm." and a number
// (scripts/kallsyms and kernel/kallsyms.c of 5.13 to 6.10 say so).

#include <stdlib.h>

#include "image_names.h"
#include "name_index.h"

struct rw_name_index *rw_name_index_create(void)
{
	struct rw_name_index *index = malloc(sizeof(*index));
	int16_t *next = calloc(rw_nr_image_names, sizeof(*next));

	if (!index || !next) {
		free(index);
		free(next);
		return NULL;
	}
	memset(index->first, 0xff, sizeof(index->first));
	for (size_t i = 0; i < rw_nr_image_names; i++) {
		const char *name = rw_image_names[i];
		int16_t *head = &index->first[rw_name_hash(rw_name_prefix(name, strlen(name)))];

		next[i] = *head;
		*head = (int16_t)i;
	}
	index->next = next;
	return index;
}

void rw_name_index_destroy(struct rw_name_index **index)
{
	if (!*index)
		return;
	free((*index)->next);
	free(*index);
}

int rw_name_index_in_chain(const struct rw_name_index *index, int i, const char *name)
{
	while (i >= 0 && strcmp(rw_image_names[i], name))
		i = index->next[i];
	return i;
}

bool rw_is_llvm_suffix(const char *s)
{
	static const char mark[] = ".llvm.";
	size_t len = strlen(mark);

	return !strncmp(s, mark, len) && s[len] && !s[len + strspn(s + len, "0123456789")];
}

int rw_name_index_find_suffixed(const struct rw_name_index *index, const char *name)
{
	char base[64];	// none of the names is as long
	const char *suffix = strstr(name, ".llvm.");

	if (!suffix || (size_t)(suffix - name) >= sizeof(base) || !rw_is_llvm_suffix(suffix))
		return -1;
	memcpy(base, name, (size_t)(suffix - name));
	base[suffix - name] = '\0';
	int i = rw_name_index_chain(index, base, sizeof(base));
	return i < 0 ? i : rw_name_index_in_chain(index, i, base);
}
