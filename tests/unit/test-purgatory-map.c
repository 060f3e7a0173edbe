/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page tables of purgatory on arm64, walked as a processor walks them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "purgatory/arch/arm64/map.c"

#define KiB UINT64_C(1024)
#define MiB (1024 * KiB)
#define GiB (1024 * MiB)

#define MEMORY (MAP_ACCESSED | MAP_INNER | MAP_ATTR(0))
#define DEVICE (MAP_ACCESSED | MAP_ATTR(1) | MAP_XN | MAP_PXN)

static uint64_t tables[MAP_TABLES][MAP_ENTRIES] __attribute__((aligned(4096)));
static struct map map;

static int setup(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < MAP_TABLES; i++)
		for (unsigned int j = 0; j < MAP_ENTRIES; j++)
			tables[i][j] = UINT64_MAX; /* what an old kernel left there */
	map_init(&map, tables);
	return 0;
}

/* Attributes of what @address is mapped to, which must be itself; 0: nothing. */
static uint64_t walk(uint64_t address)
{
	const uint64_t *table = tables[0];

	for (unsigned int shift = 39;; shift -= 9) {
		uint64_t entry = table[address >> shift & 511], low = (UINT64_C(1) << shift) - 1;

		if (!(entry & 1))
			return 0;
		if (shift == 12 || !(entry & 2)) {
			assert_int_not_equal(shift, 39); /* no blocks there */
			assert_int_equal(!!(entry & 2), shift == 12);
			assert_int_equal((entry & MAP_ADDRESS & low), 0);
			assert_int_equal((entry & MAP_ADDRESS), (address & ~low));
			return entry & ~MAP_ADDRESS & ~UINT64_C(3);
		}
		table = (const uint64_t *)(uintptr_t)(entry & MAP_ADDRESS);
	}
}

static void check_edges(uint64_t first, uint64_t end, uint64_t attributes)
{
	assert_int_equal(walk(first), attributes);
	assert_int_equal(walk(end - 1), attributes);
	for (uint64_t at = first; at < end && at < first + 5 * MiB; at += 4 * KiB)
		assert_int_equal(walk(at), attributes);
	if (first)
		assert_int_equal(walk(first - 1), 0);
	if (end < UINT64_C(1) << MAP_BITS)
		assert_int_equal(walk(end), 0);
}

static void test_exact(void **state)
{
	static const struct {
		uint64_t start, len, first, end;
	} t[] = {
		{ 0x40000000, 1, 0x40000000, 0x40001000 },
		{ 0x40000fff, 2, 0x40000000, 0x40002000 },
		{ 0x401ff000, 0x2000, 0x401ff000, 0x40201000 },
		{ 0x401ff123, 7 * MiB, 0x401ff000, 0x40900000 },
		{ 0x40000000, 2 * MiB, 0x40000000, 0x40200000 },
		{ GiB - 4096, 3 * GiB, GiB - 4096, 4 * GiB - 4096 },
		{ 512 * GiB - 2 * MiB, 4 * MiB, 512 * GiB - 2 * MiB, 512 * GiB + 2 * MiB },
		{ 0, 5 * GiB, 0, 5 * GiB },
		{ (UINT64_C(1) << 48) - 4096, 4096, (UINT64_C(1) << 48) - 4096, UINT64_C(1) << 48 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		setup(state);
		assert_true(map_add(&map, t[i].start, t[i].len, MEMORY));
		check_edges(t[i].first, t[i].end, MEMORY);
	}
}

/* Large blocks where they fit: an initrd of gigabytes takes few tables. */
static void test_few_tables(void **state)
{
	(void)state;
	assert_true(map_add(&map, 64 * GiB, 100 * GiB, MEMORY));
	assert_int_equal(map.nr, 2);
	assert_true(map_add(&map, 300 * GiB + 8 * KiB, 10 * GiB, MEMORY));
	assert_true(map.nr <= 6);
}

static void test_side_by_side(void **state)
{
	(void)state;
	assert_true(map_add(&map, 0x40000000, 0x5000, MEMORY));
	assert_true(map_add(&map, 0x40005000, 8 * MiB, MEMORY));
	check_edges(0x40000000, 0x40805000, MEMORY);
	assert_true(map_add(&map, 0x09000000, 64, DEVICE));
	check_edges(0x09000000, 0x09001000, DEVICE);
	/* The same again, in part, and over blocks. */
	assert_true(map_add(&map, 0x40004000, 0x2000, MEMORY));
	assert_true(map_add(&map, 0x40300000, 0x301000, MEMORY));
	check_edges(0x40000000, 0x40805000, MEMORY);
	assert_true(map_add(&map, 0x40000000, 0, MEMORY));
}

static void test_refused(void **state)
{
	(void)state;
	assert_true(map_add(&map, 0x40000000, 4 * MiB, MEMORY));
	/* Nothing is memory and a device: of a page, and of a block. */
	assert_false(map_add(&map, 0x40201000, 64, DEVICE));
	assert_true(map_add(&map, 0x50001000, 64, DEVICE));
	assert_false(map_add(&map, 0x50000000, 4 * MiB, MEMORY));
	assert_false(map_add(&map, (UINT64_C(1) << 48) - 4096, 4097, MEMORY));
	assert_false(map_add(&map, UINT64_C(1) << 48, 1, MEMORY));
	assert_false(map_add(&map, UINT64_MAX, 1, MEMORY));
	assert_false(map_add(&map, 0x40000000, UINT64_MAX, MEMORY));
}

static void test_out_of_tables(void **state)
{
	unsigned int good = 0;

	(void)state;
	while (map_add(&map, good * GiB, 4096, MEMORY))
		good++;
	assert_int_equal(map.nr, MAP_TABLES);
	/* The root, one below it, and two for each. */
	assert_int_equal(good, (MAP_TABLES - 2) / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_exact, setup),
		cmocka_unit_test_setup(test_few_tables, setup),
		cmocka_unit_test_setup(test_side_by_side, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_out_of_tables, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
