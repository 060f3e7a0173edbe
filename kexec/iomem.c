// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/iomem.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

#define PATH "/proc/iomem"

static bool parse_hex(const char **text, uint64_t *ret)
{
	char *end;

	/* strtoull() alone would take blanks, signs and "0x". */
	if (!isxdigit((unsigned char)**text) || (*text)[1] == 'x')
		return false;
	errno = 0;
	*ret = strtoull(*text, &end, 16);
	*text = end;
	return errno == 0;
}

static bool skip(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len) != 0)
		return false;
	*text += len;
	return true;
}

/* "    start-last : name", two blanks a level. */
static bool parse_line(struct iomem_line *ret, const char *text)
{
	size_t blanks = strspn(text, " "), n = 0;
	uint64_t last;

	*ret = (struct iomem_line){ .depth = blanks / 2 };
	text += blanks;
	if (blanks % 2 || !parse_hex(&text, &ret->start) || !skip(&text, "-") ||
	    !parse_hex(&text, &last) || !skip(&text, " : ") || last < ret->start)
		return false;
	/* The very last byte of the address space is nobody's memory. */
	ret->end = last == UINT64_MAX ? last : last + 1;
	for (; *text && n < sizeof(ret->name) - 1; text++)
		ret->name[n++] = isprint((unsigned char)*text) ? *text : '?';
	return true;
}

static int add_line(struct iomem *m, size_t *room, const struct iomem_line *line, struct why *w)
{
	if (m->nr == *room) {
		size_t more = *room ? 2 * *room : 64;
		struct iomem_line *lines;

		if (m->nr >= LIMIT_IOMEM_LINES)
			return why(w, -E2BIG, PATH " has more than %d lines", LIMIT_IOMEM_LINES);
		lines = reallocarray(m->lines, more, sizeof(*lines));
		if (!lines)
			return why(w, -ENOMEM, "out of memory");
		m->lines = lines;
		*room = more;
	}
	m->lines[m->nr++] = *line;
	return 0;
}

int iomem_parse(struct iomem *ret, char *text, struct why *w)
{
	autoiomem struct iomem m = { 0 };
	bool hidden = true;
	size_t room = 0;
	char *line;
	int r;

	while ((line = strsep(&text, "\n"))) {
		struct iomem_line parsed;

		if (!*line)
			continue;
		if (!parse_line(&parsed, line))
			return why(w, -EBADMSG, PATH " has a line \"%.80s\"", line);
		if (parsed.start != 0 || parsed.end != 1)
			hidden = false;
		r = add_line(&m, &room, &parsed, w);
		if (r < 0)
			return r;
	}
	if (m.nr == 0)
		return why(w, -EBADMSG, PATH " is empty");
	if (hidden)
		return why(w, -EPERM, PATH " shows its addresses to root only");
	*ret = m;
	m = (struct iomem){ 0 };
	return 0;
}

int iomem_read(struct iomem *ret, const struct sys *sys, struct why *w)
{
	autofree char *text = NULL;
	int r = sysfile_read(sys->root, PATH, &text);

	if (r < 0)
		return why(w, r, "cannot read " PATH ": %s", strerror(-r));
	return iomem_parse(ret, text, w);
}

void iomem_done(struct iomem *m)
{
	free(m->lines);
	*m = (struct iomem){ 0 };
}
