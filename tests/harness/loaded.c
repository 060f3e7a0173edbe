// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/sysfile.h"
#include "tests/harness/loaded.h"

#define EXIT_BROKEN 2

void loaded_die(const char *what, const char *text)
{
	fprintf(stderr, "load-facts: %s: %s\n", what, text);
	exit(EXIT_BROKEN);
}

struct span loaded_file(const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *at;

	if (fd < 0 || fstat(fd, &st) < 0)
		loaded_die(path, strerror(errno));
	if (st.st_size == 0)
		return (struct span){ 0 };
	at = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		loaded_die(path, strerror(errno));
	return (struct span){ .data = at, .size = st.st_size };
}

/* One line of the record. A load's segments come before its call. */
static void read_line(struct loaded *l, struct loaded *last, const char *line)
{
	struct segment s;
	unsigned int i, nr;

	if (sscanf(line, "segment %u mem=%" SCNx64 " memsz=%" SCNx64 " bufsz=%" SCNx64, &i, &s.mem,
		   &s.memsz, &s.bufsz) == 4) {
		if (i >= MAX_SEGMENTS)
			loaded_die("the record", "too many segments");
		l->s[i].at = (struct range){ s.mem, s.mem + s.memsz - 1 };
		l->s[i].bytes.size = s.bufsz;
	} else if (sscanf(line, "kexec_load entry=%" SCNx64 " segments=%u flags=%" SCNx64,
			  &l->entry, &nr, &l->flags) == 3) {
		l->nr = nr;
		if (nr > 0 && nr <= MAX_SEGMENTS && strstr(line, "-> 0\n"))
			*last = *l;
	}
}

void loaded_read(struct loaded *l, const char *record, const char *dump)
{
	FILE *f = fopen(record, "re");
	struct loaded reading = { 0 };
	char line[4096], path[PATH_MAX];

	*l = (struct loaded){ 0 };
	if (!f)
		loaded_die(record, strerror(errno));
	while (fgets(line, sizeof(line), f))
		read_line(&reading, l, line);
	fclose(f);
	if (l->nr == 0)
		loaded_die(record, "no kexec_load that loaded something");
	for (unsigned int i = 0; i < l->nr; i++) {
		struct span file;

		snprintf(path, sizeof(path), "%s/segment-%u", dump, i);
		file = loaded_file(path);
		if (file.size != l->s[i].bytes.size)
			loaded_die(path, "not as long as the record says");
		l->s[i].bytes = file;
	}
}

struct loaded_segment *loaded_find(struct loaded *l, uint64_t addr, uint64_t len)
{
	for (unsigned int i = 0; i < l->nr; i++) {
		const struct range *r = &l->s[i].at;

		if (addr >= r->start && range_fits(r->end - r->start + 1, addr - r->start, len))
			return &l->s[i];
	}
	return NULL;
}

bool loaded_get(struct loaded *l, void *ret, uint64_t addr, uint64_t len)
{
	const struct loaded_segment *s = loaded_find(l, addr, len);
	uint64_t off, there;

	if (!s)
		return false;
	off = addr - s->at.start;
	there = off < s->bytes.size ? s->bytes.size - off : 0;
	there = there < len ? there : len;
	memset(ret, 0, len);
	return there == 0 || span_get(ret, s->bytes, off, there);
}

void ranges_of_machine(struct ranges *ret, const char *root, const char *name)
{
	char *text = NULL, *rest, *line;

	ret->nr = 0;
	if (sysfile_read(root, "/proc/iomem", &text) < 0)
		loaded_die(root, "no /proc/iomem");
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct range *r = &ret->r[ret->nr];
		char *colon = strstr(line, " : ");

		if (!colon || strcmp(colon + 3, name) != 0 ||
		    sscanf(line, " %" SCNx64 "-%" SCNx64, &r->start, &r->end) != 2)
			continue;
		if (++ret->nr == MAX_RANGES)
			loaded_die(root, "too many ranges in /proc/iomem");
	}
	free(text);
}

bool ranges_hold(const struct ranges *all, struct range r)
{
	for (unsigned int i = 0; i < all->nr; i++) {
		if (r.start >= all->r[i].start && r.end <= all->r[i].end)
			return true;
	}
	return false;
}

bool ranges_touch(const struct ranges *all, struct range r)
{
	for (unsigned int i = 0; i < all->nr; i++) {
		if (r.start <= all->r[i].end && all->r[i].start <= r.end)
			return true;
	}
	return false;
}
