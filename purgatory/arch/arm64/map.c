// SPDX-License-Identifier: GPL-2.0-or-later
#include "purgatory/arch/arm64/map.h"

#define LEVELS 4

static unsigned int shift_of(unsigned int level)
{
	return 12 + 9 * (LEVELS - 1 - level);
}

static uint64_t *new_table(struct map *map)
{
	uint64_t *table;

	if (map->nr == MAP_TABLES)
		return 0;
	table = map->tables[map->nr++];
	for (unsigned int i = 0; i < MAP_ENTRIES; i++)
		table[i] = 0;
	return table;
}

void map_init(struct map *map, uint64_t (*tables)[MAP_ENTRIES])
{
	map->tables = tables;
	map->nr = 0;
	new_table(map);
}

static bool is_table(uint64_t entry)
{
	return (entry & (MAP_VALID | MAP_TABLE)) == (MAP_VALID | MAP_TABLE);
}

/* The table that @entry leads to, a new one if it leads nowhere; NULL: none left. */
static uint64_t *next_table(struct map *map, uint64_t *entry)
{
	uint64_t *table;

	if (*entry)
		return (uint64_t *)(uintptr_t)(*entry & MAP_ADDRESS);
	table = new_table(map);
	if (table)
		*entry = (uintptr_t)table | MAP_TABLE | MAP_VALID;
	return table;
}

/* Maps the largest block there is at @start, no more than @len; 0, or its size. */
static uint64_t map_one(struct map *map, uint64_t start, uint64_t len, uint64_t attributes)
{
	uint64_t *table = map->tables[0];

	for (unsigned int level = 0; table; level++) {
		uint64_t size = UINT64_C(1) << shift_of(level), leaf = attributes | MAP_VALID;
		uint64_t *entry = &table[start / size % MAP_ENTRIES];
		bool last = level == LEVELS - 1;
		bool fits = level && start % size == 0 && len >= size;

		if (last)
			leaf |= MAP_TABLE;
		if (*entry && (last || !is_table(*entry)))
			return (*entry & ~MAP_ADDRESS) == leaf ? size - start % size : 0;
		if (last || (fits && !*entry)) {
			*entry = leaf | start;
			return size;
		}
		table = next_table(map, entry);
	}
	return 0;
}

bool map_add(struct map *map, uint64_t start, uint64_t len, uint64_t attributes)
{
	uint64_t first = start & ~(MAP_PAGE - 1), end = start + len;

	if (len == 0)
		return true;
	if (end < start || end > UINT64_C(1) << MAP_BITS)
		return false;
	end = (end + MAP_PAGE - 1) & ~(MAP_PAGE - 1);
	while (first < end) {
		uint64_t done = map_one(map, first, end - first, attributes);

		if (done == 0)
			return false;
		first += done;
	}
	return true;
}
