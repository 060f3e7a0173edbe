/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables that map what they are told to where it is, and nothing else: what is
 * mapped as memory, a processor may read before anybody asks for it, and next to the
 * next kernel there may be devices and memory that firmware keeps to itself.
 *
 * 4 KiB granule, four levels, 48 bits: Arm ARM (DDI 0487), D8.3.
 */
#ifndef PURGATORY_ARCH_ARM64_MAP_H
#define PURGATORY_ARCH_ARM64_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define MAP_BITS    48
#define MAP_PAGE    UINT64_C(4096)
#define MAP_ENTRIES 512
/*
 * For a range, two of the last level and one for each GiB that it begins or ends in:
 * enough for a dozen ranges all over memory. Without enough, caches stay off.
 */
#define MAP_TABLES 32

/* Of a descriptor. */
#define MAP_VALID    UINT64_C(0x1)
#define MAP_TABLE    UINT64_C(0x2) /* in the last level: a page */
#define MAP_ATTR(n)  ((uint64_t)(n) << 2)
#define MAP_ONE_EL   (UINT64_C(1) << 6) /* AP[1], must be set where there is no EL0 */
#define MAP_INNER    (UINT64_C(3) << 8)
#define MAP_ACCESSED (UINT64_C(1) << 10)
#define MAP_PXN	     (UINT64_C(1) << 53)
#define MAP_XN	     (UINT64_C(1) << 54)
#define MAP_ADDRESS  UINT64_C(0x0000fffffffff000)

struct map {
	uint64_t (*tables)[MAP_ENTRIES]; /* MAP_TABLES of them, the first is the root */
	unsigned int nr;
};

#pragma GCC visibility push(hidden)

/* @tables: borrowed, aligned to their size; what is in them is lost. */
void map_init(struct map *map, uint64_t (*tables)[MAP_ENTRIES]);

/*
 * Maps all pages that @len bytes at @start touch; @attributes: a descriptor without
 * address and type. False: out of reach, out of tables, or mapped already as something
 * else.
 */
bool map_add(struct map *map, uint64_t start, uint64_t len, uint64_t attributes);

#pragma GCC visibility pop

#endif
