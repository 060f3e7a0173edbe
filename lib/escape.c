// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "lib/escape.h"

#define REPLACEMENT 0xfffd
#define BEYOND_BMP  0x10000

void escape_text(FILE *f, struct span bytes, char quote)
{
	for (size_t i = 0; i < bytes.size; i++) {
		unsigned char c = 0;

		span_get(&c, bytes, i, 1);
		if (c == '\n')
			fputs("\\n", f);
		else if (c == '\t')
			fputs("\\t", f);
		else if (c == '\\' || (quote && c == (unsigned char)quote))
			fprintf(f, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(f, "\\x%02x", c);
		else
			fputc(c, f);
	}
}

/*
 * The character that starts at @at, and how many bytes it has: RFC 3629, where
 * the second byte's range rules out overlong forms, surrogates and what lies
 * behind U+10FFFF.
 */
static size_t utf8_char(uint32_t *ret, struct span s, size_t at)
{
	unsigned char first = 0, next = 0, low = 0x80, high = 0xbf;
	size_t more;

	span_get(&first, s, at, 1);
	if (first < 0x80) {
		*ret = first;
		return 1;
	}
	more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
	if (first < 0xc2 || first > 0xf4)
		goto bad;
	if (first == 0xe0)
		low = 0xa0;
	if (first == 0xed)
		high = 0x9f;
	if (first == 0xf0)
		low = 0x90;
	if (first == 0xf4)
		high = 0x8f;
	*ret = first & (0x3f >> more);
	for (size_t i = 1; i <= more; i++) {
		if (!span_get(&next, s, at + i, 1) || next < low || next > high)
			goto bad;
		*ret = *ret << 6 | (next & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	return more + 1;
bad:
	*ret = REPLACEMENT;
	return 1;
}

void escape_json(FILE *f, struct span bytes)
{
	uint32_t c = 0;

	for (size_t i = 0; i < bytes.size;) {
		i += utf8_char(&c, bytes, i);
		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", (int)c);
		else if (c == '\n')
			fputs("\\n", f);
		else if (c >= 0x20 && c < 0x7f)
			fputc((int)c, f);
		else if (c < BEYOND_BMP)
			fprintf(f, "\\u%04x", c);
		else
			fprintf(f, "\\u%04x\\u%04x", 0xd800 + ((c - BEYOND_BMP) >> 10),
				0xdc00 + ((c - BEYOND_BMP) & 0x3ff));
	}
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == REPLACEMENT;
}

void escape_line(char *text)
{
	const struct span bytes = span_of(text);
	size_t out = 0;
	uint32_t c = 0;

	/* What comes out is never longer than what went in. */
	for (size_t i = 0, len; i < bytes.size; i += len) {
		len = utf8_char(&c, bytes, i);
		if (is_control(c)) {
			text[out++] = '?';
			continue;
		}
		memmove(text + out, text + i, len);
		out += len;
	}
	text[out] = '\0';
}
