// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory map: changing it, and reading it from the firmware's folder or /proc/iomem. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/ram.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/machine.h"

/* "1000-1fff:1 ..", the whole map. */
static void check_map(const struct ram_map *map, const char *want)
{
	char text[4096] = "";
	size_t len = 0;

	for (size_t i = 0; i < map->nr; i++) {
		const struct ram_range *r = &map->ranges[i];

		len += snprintf(text + len, sizeof(text) - len, "%s%llx-%llx:%x", i ? " " : "",
				(unsigned long long)r->at.start, (unsigned long long)r->at.end,
				(unsigned int)r->type);
		assert_true(len < sizeof(text));
	}
	assert_string_equal(text, want);
}

static void set(struct ram_map *map, uint64_t start, uint64_t end, enum ram_type type)
{
	assert_int_equal(ram_set(map, (struct range){ start, end }, type, NULL), 0);
}

static void cut(struct ram_map *map, uint64_t start, uint64_t end)
{
	assert_int_equal(ram_remove(map, (struct range){ start, end }, NULL), 0);
}

static void test_set(void **state)
{
	autoram struct ram_map map = { 0 };

	(void)state;
	set(&map, 0x5000, 0x9000, RAM_USABLE);
	set(&map, 0x1000, 0x2000, RAM_USABLE);
	set(&map, 0xa000, 0xb000, RAM_ACPI);
	check_map(&map, "1000-2000:1 5000-9000:1 a000-b000:3");
	set(&map, 0x6000, 0x7000, RAM_RESERVED);
	check_map(&map, "1000-2000:1 5000-6000:1 6000-7000:2 7000-9000:1 a000-b000:3");
	set(&map, 0x6000, 0x7000, RAM_USABLE);
	check_map(&map, "1000-2000:1 5000-9000:1 a000-b000:3");
	set(&map, 0x2000, 0x5000, RAM_USABLE);
	check_map(&map, "1000-9000:1 a000-b000:3");
	set(&map, 0, 0x10000, RAM_ACPI_NVS);
	check_map(&map, "0-10000:4");
	set(&map, 0x3000, 0x3000, RAM_USABLE);
	set(&map, 0x4000, 0x3000, RAM_USABLE);
	check_map(&map, "0-10000:4");
	set(&map, 0x8000, 0x18000, RAM_USABLE);
	check_map(&map, "0-8000:4 8000-18000:1");
}

static void test_remove(void **state)
{
	autoram struct ram_map map = { 0 };

	(void)state;
	cut(&map, 0, UINT64_MAX);
	set(&map, 0x1000, 0x9000, RAM_USABLE);
	cut(&map, 0x3000, 0x4000);
	check_map(&map, "1000-3000:1 4000-9000:1");
	cut(&map, 0x2000, 0x5000);
	check_map(&map, "1000-2000:1 5000-9000:1");
	cut(&map, 0x9000, UINT64_MAX);
	cut(&map, 0, 0x1000);
	check_map(&map, "1000-2000:1 5000-9000:1");
	cut(&map, 0, UINT64_MAX);
	check_map(&map, "");
}

/* What is less usable holds, in whatever order it comes. */
static void test_overlaps(void **state)
{
	autoram struct ram_map map = { 0 };
	struct ram_range list[] = {
		{ { 0x3000, 0x5000 }, RAM_SOFT_RESERVED },
		{ { 0x1000, 0x9000 }, RAM_USABLE },
		{ { 0x4000, 0x6000 }, RAM_RESERVED },
		{ { 0x8000, 0xa000 }, RAM_USABLE },
		{ { 0xa000, 0xa000 }, RAM_ACPI },
	};

	(void)state;
	assert_int_equal(ram_build(&map, list, ARRAY_SIZE(list), NULL), 0);
	check_map(&map, "1000-3000:1 3000-5000:efffffff 5000-6000:2 6000-a000:1");
}

static void test_limit(void **state)
{
	autofree struct ram_range *list = calloc(LIMIT_RAM_RANGES + 1, sizeof(*list));
	autoram struct ram_map map = { 0 };

	(void)state;
	assert_non_null(list);
	for (uint64_t i = 0; i <= LIMIT_RAM_RANGES; i++)
		list[i] = (struct ram_range){ { i * 0x2000, i * 0x2000 + 0x1000 }, RAM_USABLE };
	assert_int_equal(ram_build(&map, list, LIMIT_RAM_RANGES + 1, NULL), -E2BIG);
	assert_int_equal(ram_build(&map, list, LIMIT_RAM_RANGES, NULL), 0);
	assert_int_equal(map.nr, LIMIT_RAM_RANGES);
	/* One that splits another would be one too many, and changes nothing. */
	assert_int_equal(ram_set(&map, (struct range){ 0x400, 0x800 }, RAM_RESERVED, NULL), -E2BIG);
	assert_int_equal(map.nr, LIMIT_RAM_RANGES);
}

/* ---- reading ---- */

static void put_range(int nr, const char *start, const char *end, const char *type)
{
	const char *names[] = { "start", "end", "type" }, *texts[] = { start, end, type };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/firmware/memmap/%d/%s", nr, names[i]);
		put_text(path, texts[i]);
	}
}

static void test_memmap(void **state)
{
	autoiomem struct iomem iomem = { 0 };
	autoram struct ram_map map = { 0 };

	(void)state;
	assert_int_equal(iomem_read(&iomem, &machine, NULL), 0);
	put_range(10, "0x100000000\n", "0x1ffffffff\n", "System RAM\n");
	put_range(0, "0x0\n", "0x9fbff\n", "System RAM\n");
	put_range(3, "0xf0000\n", "0xfffff\n", "Reserved\n");
	put_range(4, "0x100000\n", "0x7ffdffff\n", "System RAM\n");
	put_range(5, "0x7ffe0000\n", "0x7fffffff\n", "ACPI Tables\n");
	put_range(6, "0xfff00000\n", "0xffffffff\n", "Unheard of\n");
	put_range(7, "0xfffffffffffff000\n", "0xffffffffffffffff\n", "Persistent Memory\n");
	assert_int_equal(ram_read(&map, &iomem, &machine, NULL), 0);
	check_map(&map, "0-9fc00:1 f0000-100000:2 100000-7ffe0000:1 7ffe0000-80000000:3 "
			"fff00000-100000000:2 100000000-200000000:1 "
			"fffffffffffff000-ffffffffffffffff:7");
}

static void test_memmap_refused(void **state)
{
	static const struct {
		const char *start, *end, *type;
		bool good;
	} table[] = {
		{ "0x1000\n", "0xfff\n", "System RAM\n", false },
		{ "1000\n", "0x1fff\n", "System RAM\n", false },
		{ "0x\n", "0x1fff\n", "System RAM\n", false },
		{ "0x-1\n", "0x1fff\n", "System RAM\n", false },
		{ "", "0x1fff\n", "System RAM\n", false },
		{ "0x1000\n", "0x1fff junk\n", "System RAM\n", false },
		{ "0x1000\n", "0x10000000000000000\n", "System RAM\n", false },
		{ "0x1000", "0x1fff", "", true },
	};
	autoiomem struct iomem iomem = { 0 };
	struct ram_map none = { 0 };
	struct why w = { 0 };

	(void)state;
	assert_int_equal(iomem_read(&iomem, &machine, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		autoram struct ram_map map = { 0 };

		w = (struct why){ 0 };

		put_range(0, table[i].start, table[i].end, table[i].type);
		assert_int_equal(ram_read(&map, &iomem, &machine, &w),
				 table[i].good ? 0 : -EBADMSG);
		assert_int_equal(w.err, table[i].good ? 0 : -EBADMSG);
	}
	w = (struct why){ 0 };
	/* Half of an entry is no reason to go on with half of the memory. */
	put_text("/sys/firmware/memmap/1/start", "0x1000\n");
	assert_int_equal(ram_read(&none, &iomem, &machine, &w), -ENOENT);
	assert_non_null(strstr(w.text, "memmap/1/end"));
}

static void test_iomem(void **state)
{
	autoiomem struct iomem iomem = { 0 };
	autoram struct ram_map map = { 0 };

	(void)state;
	put_text("/proc/iomem", "00000000-00000fff : Reserved\n"
				"00001000-0009ffff : System RAM\n"
				"000a0000-000bffff : PCI Bus 0000:00\n"
				"00100000-0fffffff : System RAM\n"
				"  01000000-01ffffff : Kernel code\n"
				"10000000-100fffff : reserved\n"
				"10100000-101fffff : ACPI Tables\n");
	assert_int_equal(iomem_read(&iomem, &machine, NULL), 0);
	assert_int_equal(ram_read(&map, &iomem, &machine, NULL), 0);
	check_map(&map, "0-1000:2 1000-a0000:1 100000-10000000:1 10000000-10100000:2 "
			"10100000-10200000:3");
}

/* Only what firmware and running kernel both call RAM. */
static void test_loadable(void **state)
{
	autoiomem struct iomem iomem = { 0 };
	autoram struct ram_map all = { 0 }, map = { 0 };

	(void)state;
	put_text("/proc/iomem", "00000000-00000fff : Reserved\n"
				"00001000-00ffffff : System RAM\n"
				"01000000-01000fff : Reserved\n"
				"01001000-0fffffff : System RAM\n"
				"20000000-2fffffff : System RAM (kmem)\n"
				"30000000-3fffffff : System RAM\n");
	assert_int_equal(iomem_read(&iomem, &machine, NULL), 0);
	set(&all, 0, 0x10000000, RAM_USABLE);
	set(&all, 0x800000, 0x900000, RAM_ACPI);
	set(&all, 0x20000000, 0x38000000, RAM_USABLE);
	set(&all, 0x50000000, 0x60000000, RAM_USABLE);
	assert_int_equal(ram_loadable(&map, &all, &iomem, NULL), 0);
	check_map(&map, "1000-800000:1 900000-1000000:1 1001000-10000000:1 30000000-38000000:1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_limit),
		TEST(test_memmap),
		TEST(test_memmap_refused),
		TEST(test_iomem),
		TEST(test_loadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
