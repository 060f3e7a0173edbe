// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/vmcoreinfo.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/number.h"

int vmcoreinfo_set(struct vmcoreinfo *ret, struct span text, struct why *w)
{
	char *copy;

	if (text.size > LIMIT_VMCOREINFO)
		return why(w, -E2BIG, "the vmcoreinfo has %zu bytes", text.size);
	copy = malloc(text.size + 1);
	if (!copy)
		return why(w, -ENOMEM, "out of memory");
	if (text.size)
		memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	free(ret->text);
	ret->text = copy;
	return 0;
}

/* What follows @key at the start of a line. */
static const char *find(const struct vmcoreinfo *v, const char *key)
{
	size_t len = strlen(key);
	const char *line = v->text;

	while (line) {
		if (strncmp(line, key, len) == 0)
			return line + len;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

static bool parse(const char *text, unsigned int base, uint64_t *ret)
{
	bool negative = base == 10 && number_skip(&text, '-');
	uint64_t value;

	if (base == 10 && strncmp(text, "0x", 2) == 0) {
		base = 16;
		text += 2;
	}
	if (!number_take(&text, base, &value) || (*text != '\n' && *text != '\0'))
		return false;
	*ret = negative ? -value : value;
	return true;
}

bool vmcoreinfo_get(const struct vmcoreinfo *v, const char *kind, const char *name, uint64_t *ret)
{
	char key[96];
	const char *value;

	if (snprintf(key, sizeof(key), "%s(%s)=", kind, name) >= (int)sizeof(key))
		return false;
	value = find(v, key);
	return value && parse(value, strcmp(kind, "SYMBOL") == 0 ? 16 : 10, ret);
}

void vmcoreinfo_release(const struct vmcoreinfo *v, char *ret, size_t size)
{
	const char *value = find(v, "OSRELEASE=");
	size_t len = 0;

	for (; value && *value && *value != '\n' && len + 1 < size; value++)
		ret[len++] = *value > 0x20 && *value < 0x7f ? *value : '?';
	ret[len] = '\0';
}

void vmcoreinfo_done(struct vmcoreinfo *v)
{
	free(v->text);
	*v = (struct vmcoreinfo){ 0 };
}
