// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <string.h>

#include "tests/harness/harness.h"

#define ERRNO_LAST 133

void record_bytes(FILE *f, const char *bytes, size_t len)
{
	fputc('"', f);
	for (size_t i = 0; i < len; i++) {
		unsigned char b = bytes[i];

		if (b == '"' || b == '\\')
			fprintf(f, "\\%c", b);
		else if (b < 0x20 || b >= 0x7f)
			fprintf(f, "\\x%02x", b);
		else
			fputc(b, f);
	}
	fputc('"', f);
}

void record_text(FILE *f, const char *text)
{
	record_bytes(f, text, strlen(text));
}

const char *errno_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "E???";
}

int errno_number(const char *name)
{
	for (int i = 0; i <= ERRNO_LAST; i++) {
		const char *known = strerrorname_np(i);

		if (known && strcmp(known, name) == 0)
			return i;
	}
	return -1;
}

void record_result(const struct call *c, int result)
{
	fprintf(c->h->record, " -> %s\n", result < 0 ? errno_name(-result) : "0");
	fflush(c->h->record);
}
