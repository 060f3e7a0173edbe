/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/iomem, and the memory map made of it: sorted, no overlaps, only RAM to load to. */
#include <string.h>

#include "kexec/iomem.h"
#include "kexec/ram.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

static void check_map(const struct ram_map *map)
{
	PROMISE(map->nr <= LIMIT_RAM_RANGES);
	for (size_t i = 0; i < map->nr; i++) {
		PROMISE(map->ranges[i].at.start < map->ranges[i].at.end);
		PROMISE(i == 0 || map->ranges[i - 1].at.end <= map->ranges[i].at.start);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sys nowhere = { .root = "/nonexistent" };
	autoram struct ram_map all = { 0 }, loadable = { 0 };
	autofree char *text = strndup((const char *)data, size);
	autoiomem struct iomem m = { 0 };

	if (!text || iomem_parse(&m, text, NULL) < 0)
		return 0;
	PROMISE(m.nr > 0 && m.nr <= LIMIT_IOMEM_LINES);
	for (size_t i = 0; i < m.nr; i++) {
		PROMISE(m.lines[i].start < m.lines[i].end || m.lines[i].end == UINT64_MAX);
		PROMISE(memchr(m.lines[i].name, 0, sizeof(m.lines[i].name)));
	}
	if (ram_read(&all, &m, &nowhere, NULL) < 0)
		return 0;
	check_map(&all);
	if (ram_loadable(&loadable, &all, &m, NULL) < 0)
		return 0;
	check_map(&loadable);
	for (size_t i = 0; i < loadable.nr; i++)
		PROMISE(loadable.ranges[i].type == RAM_USABLE);
	return 0;
}
