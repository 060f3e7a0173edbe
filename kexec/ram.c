// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/ram.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

#define MEMMAP "/sys/firmware/memmap"

/* A growing map. Ranges come sorted and do not overlap. */
struct builder {
	struct ram_range *ranges; /* room for all that can come */
	size_t nr;
};

static void append(struct builder *b, uint64_t start, uint64_t end, enum ram_type type)
{
	struct ram_range *last = b->nr ? &b->ranges[b->nr - 1] : NULL;

	if (start >= end)
		return;
	if (last && last->type == type && last->at.end == start)
		last->at.end = end;
	else
		b->ranges[b->nr++] = (struct ram_range){ { start, end }, type };
}

/* @type NULL: nothing takes the place of what was there. */
static int replace(struct ram_map *map, struct range at, const enum ram_type *type, struct why *w)
{
	/* A range in the middle of another makes three of one. */
	struct builder b = { .ranges = calloc(map->nr + 2, sizeof(*b.ranges)) };
	bool done = !type;

	if (!b.ranges)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; i < map->nr; i++) {
		const struct ram_range *r = &map->ranges[i];

		append(&b, r->at.start, r->at.end < at.start ? r->at.end : at.start, r->type);
		if (!done && r->at.end > at.start) {
			append(&b, at.start, at.end, *type);
			done = true;
		}
		append(&b, r->at.start > at.end ? r->at.start : at.end, r->at.end, r->type);
	}
	if (!done)
		append(&b, at.start, at.end, *type);
	if (b.nr > LIMIT_RAM_RANGES) {
		free(b.ranges);
		return why(w, -E2BIG, "memory map of more than %d ranges", LIMIT_RAM_RANGES);
	}
	free(map->ranges);
	*map = (struct ram_map){ b.ranges, b.nr };
	return 0;
}

int ram_set(struct ram_map *map, struct range at, enum ram_type type, struct why *w)
{
	return at.start < at.end ? replace(map, at, &type, w) : 0;
}

int ram_remove(struct ram_map *map, struct range at, struct why *w)
{
	return at.start < at.end ? replace(map, at, NULL, w) : 0;
}

void ram_done(struct ram_map *map)
{
	free(map->ranges);
	*map = (struct ram_map){ 0 };
}

/* ---- reading ---- */

static enum ram_type type_of(const char *name)
{
	static const struct {
		const char *name;
		enum ram_type type;
	} names[] = {
		{ "System RAM", RAM_USABLE },
		{ "ACPI Tables", RAM_ACPI },
		{ "ACPI Non-volatile Storage", RAM_ACPI_NVS },
		{ "Unusable memory", RAM_UNUSABLE },
		{ "Persistent Memory", RAM_PMEM },
		{ "Persistent Memory (legacy)", RAM_PRAM },
		{ "Soft Reserved", RAM_SOFT_RESERVED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].type;
	return RAM_RESERVED;
}

static bool parse_address(const char *text, uint64_t *ret)
{
	char *end;

	if (strncmp(text, "0x", 2) != 0 || !isxdigit((unsigned char)text[2]))
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 16);
	return errno == 0 && (*end == '\n' || *end == '\0');
}

int ram_parse(struct ram_range *ret, const char *start, const char *end, const char *type,
	      struct why *w)
{
	char name[64];
	uint64_t first, last;

	if (!parse_address(start, &first) || !parse_address(end, &last) || last < first)
		return why(w, -EBADMSG, MEMMAP " has a range from \"%.20s\" to \"%.20s\"", start,
			   end);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(type, "\n"), type);
	*ret = (struct ram_range){
		.at = { first, last == UINT64_MAX ? last : last + 1 },
		.type = type_of(name),
	};
	return 0;
}

/* The number is unsigned, whatever the compiler makes of the enum. */
static int by_type(const void *a, const void *b)
{
	uint32_t x = ((const struct ram_range *)a)->type, y = ((const struct ram_range *)b)->type;

	return x < y ? -1 : x > y;
}

int ram_build(struct ram_map *ret, struct ram_range *list, size_t nr, struct why *w)
{
	autoram struct ram_map map = { 0 };

	if (nr > LIMIT_RAM_RANGES)
		return why(w, -E2BIG, "memory map of more than %d ranges", LIMIT_RAM_RANGES);
	if (nr)
		qsort(list, nr, sizeof(*list), by_type);
	for (size_t i = 0; i < nr; i++) {
		int r = ram_set(&map, list[i].at, list[i].type, w);

		if (r < 0)
			return r;
	}
	*ret = map;
	map = (struct ram_map){ 0 };
	return 0;
}

static int read_attribute(char **ret, const struct sys *sys, const char *entry, const char *name,
			  struct why *w)
{
	char path[sizeof(MEMMAP) + NAME_MAX + 16];
	int r;

	snprintf(path, sizeof(path), MEMMAP "/%s/%s", entry, name);
	r = sysfile_read(sys->root, path, ret);
	return r < 0 ? why(w, r, "cannot read %s: %s", path, strerror(-r)) : 0;
}

static int read_entry(struct ram_range *ret, const struct sys *sys, const char *entry,
		      struct why *w)
{
	autofree char *start = NULL, *end = NULL, *type = NULL;
	int r = read_attribute(&start, sys, entry, "start", w);

	if (r == 0)
		r = read_attribute(&end, sys, entry, "end", w);
	if (r == 0)
		r = read_attribute(&type, sys, entry, "type", w);
	return r == 0 ? ram_parse(ret, start, end, type, w) : r;
}

/* -ENOENT: no such folder, or nothing in it. */
static int read_memmap(struct ram_map *ret, const struct sys *sys, struct why *w)
{
	autofree struct ram_range *list = calloc(LIMIT_RAM_RANGES, sizeof(*list));
	char path[PATH_MAX];
	struct dirent *entry;
	size_t nr = 0;
	int r = 0;
	DIR *dir;

	if (!list)
		return why(w, -ENOMEM, "out of memory");
	if (snprintf(path, sizeof(path), "%s" MEMMAP, sys->root) >= (int)sizeof(path))
		return why(w, -ENAMETOOLONG, "%s: name too long", MEMMAP);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ENOENT
				       : why(w, -errno, MEMMAP ": %s", strerror(errno));
	while (r == 0 && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (nr == LIMIT_RAM_RANGES)
			r = why(w, -E2BIG, MEMMAP " has more than %d ranges", LIMIT_RAM_RANGES);
		else
			r = read_entry(&list[nr++], sys, entry->d_name, w);
	}
	closedir(dir);
	if (r < 0)
		return r;
	return nr ? ram_build(ret, list, nr, w) : -ENOENT;
}

/* Only what is memory, or what the firmware keeps: devices are no part of the map. */
static bool is_memory(const struct iomem_line *line)
{
	return line->depth == 0 &&
	       (type_of(line->name) != RAM_RESERVED || strcasecmp(line->name, "reserved") == 0);
}

static int from_iomem(struct ram_map *ret, const struct iomem *iomem, struct why *w)
{
	autofree struct ram_range *list = calloc(iomem->nr + 1, sizeof(*list));
	size_t nr = 0;

	if (!list)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; i < iomem->nr; i++) {
		const struct iomem_line *line = &iomem->lines[i];

		if (is_memory(line))
			list[nr++] = (struct ram_range){ { line->start, line->end },
							 type_of(line->name) };
	}
	return ram_build(ret, list, nr, w);
}

int ram_read(struct ram_map *ret, const struct iomem *iomem, const struct sys *sys, struct why *w)
{
	int r = read_memmap(ret, sys, w);

	return r == -ENOENT && !(w && w->err) ? from_iomem(ret, iomem, w) : r;
}

int ram_loadable(struct ram_map *ret, const struct ram_map *all, const struct iomem *iomem,
		 struct why *w)
{
	autoram struct ram_map used = { 0 }, map = { 0 };
	uint64_t hole = 0;
	int r = from_iomem(&used, iomem, w);

	for (size_t i = 0; r == 0 && i < all->nr; i++)
		if (all->ranges[i].type == RAM_USABLE)
			r = ram_set(&map, all->ranges[i].at, RAM_USABLE, w);
	for (size_t i = 0; r == 0 && i < used.nr; i++) {
		if (used.ranges[i].type != RAM_USABLE)
			continue;
		r = ram_remove(&map, (struct range){ hole, used.ranges[i].at.start }, w);
		hole = used.ranges[i].at.end;
	}
	if (r == 0)
		r = ram_remove(&map, (struct range){ hole, UINT64_MAX }, w);
	if (r < 0)
		return r;
	*ret = map;
	map = (struct ram_map){ 0 };
	return 0;
}
