/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/firmware/memmap: an input is the contents of "start", "end" and "type" of
 * one range after the other, with NULs between. Then places are sought in the map.
 */
#include <string.h>

#include "kexec/segments.h"
#include "lib/cleanup.h"
#include "tests/fuzz/fuzz.h"

#define RANGES 64

/* What is left of the text up to its next NUL; "" at the end. */
static const char *next(struct span *rest)
{
	const char *ret = (const char *)rest->data;
	size_t len = rest->size ? strlen(ret) + 1 : 0;

	span_sub(rest, *rest, len, rest->size - len);
	return len ? ret : "";
}

static void seek(const struct ram_map *map, uint64_t size)
{
	autosegments struct segments s = { 0 };
	struct place place = { size & 0xffff, UINT64_MAX, UINT64_C(1) << (size % 64), size & 1 };
	uint64_t mem;

	while (s.nr < SEGMENTS_MAX && segments_find(&s, map, &place, size, &mem, NULL) == 0) {
		bool inside = false;

		PROMISE(segments_add(&s, "part", NULL, mem, size ? size : 1, NULL) == 0);
		PROMISE(mem >= place.min && mem % place.align == 0);
		for (size_t i = 0; i < map->nr; i++)
			inside |= map->ranges[i].type == RAM_USABLE &&
				  map->ranges[i].at.start <= mem &&
				  s.list[s.nr - 1].memsz <= map->ranges[i].at.end - mem;
		PROMISE(inside);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = malloc(size + 1);
	autoram struct ram_map map = { 0 };
	struct ram_range list[RANGES];
	struct span rest;
	size_t nr = 0;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	rest = (struct span){ (const unsigned char *)text, size + 1 };
	while (rest.size && nr < RANGES) {
		const char *start = next(&rest), *end = next(&rest), *type = next(&rest);

		if (ram_parse(&list[nr], start, end, type, NULL) == 0)
			nr++;
	}
	if (ram_build(&map, list, nr, NULL) < 0)
		return 0;
	for (size_t i = 0; i < map.nr; i++) {
		PROMISE(map.ranges[i].at.start < map.ranges[i].at.end);
		PROMISE(i == 0 || map.ranges[i - 1].at.end <= map.ranges[i].at.start);
		seek(&map, map.ranges[i].at.end - map.ranges[i].at.start);
	}
	return 0;
}
