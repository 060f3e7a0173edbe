// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory that a crash kernel has: what is reserved, as a memory map, on a command line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/crash.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/machine.h"

#define CMA "/sys/kernel/kexec/crash_cma_ranges"

static void regions(struct crash_regions *ret, const struct sys *sys)
{
	autoiomem struct iomem m = { 0 };

	assert_int_equal(iomem_read(&m, sys, NULL), 0);
	assert_int_equal(crash_regions_read(ret, &m, sys, NULL), 0);
}

static void check_range(const struct range *at, uint64_t start, uint64_t end)
{
	assert_int_equal(at->start, start);
	assert_int_equal(at->end, end);
}

static int refused(const char *iomem, const char *cma, const char *reason)
{
	autoiomem struct iomem m = { 0 };
	struct crash_regions c = { .nr_cma = 77 };
	struct why w = { 0 };
	int r;

	put_text("/proc/iomem", iomem);
	put_text(CMA, cma);
	assert_int_equal(iomem_read(&m, &machine, NULL), 0);
	r = crash_regions_read(&c, &m, &machine, &w);
	if (r == 0 || !strstr(w.text, reason))
		fail_msg("%s: %d %s", reason, r, w.text);
	assert_int_equal(c.nr_cma, 77);
	return r;
}

static void test_regions(void **state)
{
	struct crash_regions c;

	(void)state;
	regions(&c, &machine);
	check_range(&c.high, 0x4000000, 0x8000000);
	check_range(&c.low, 0, 0);
	assert_int_equal(c.nr_cma, 0);

	put_text("/proc/iomem", "00100000-7fffffff : System RAM\n"
				"  10000000-1fffffff : Crash kernel\n"
				"100000000-1ffffffff : System RAM\n"
				"  180000000-18fffffff : Crash kernel\n");
	put_text("/sys/kernel/kexec_crash_cma_ranges", "20000000-2fffffff\n");
	regions(&c, &machine);
	check_range(&c.high, 0x180000000, 0x190000000);
	check_range(&c.low, 0x10000000, 0x20000000);
	assert_int_equal(c.nr_cma, 1);
	check_range(&c.cma[0], 0x20000000, 0x30000000);

	/* The new name wins. */
	put_text(CMA, "30000000-3fffffff\n120000000-120ffffff\n");
	regions(&c, &machine);
	assert_int_equal(c.nr_cma, 2);
	check_range(&c.cma[0], 0x30000000, 0x40000000);
	check_range(&c.cma[1], 0x120000000, 0x121000000);
	put_text(CMA, "");
	regions(&c, &machine);
	assert_int_equal(c.nr_cma, 0);
}

static void test_bad_regions(void **state)
{
	static const char good[] = "0-ffff : Crash kernel\n";
	static const char *const bad_cma[] = { "1000\n",
					       "1000-\n",
					       "-1fff\n",
					       "2000-1fff\n",
					       "1000-1fff",
					       "1000-1fff junk\n",
					       "0x1000-0x1fff\n",
					       "\n",
					       " 1000-1fff\n",
					       "1000-ffffffffffffffff\n",
					       "1000-10000000000000000\n" };
	char many[1024] = "";

	(void)state;
	assert_int_equal(refused("0-ffff : System RAM\n", "", "crashkernel="), -ENODATA);
	assert_int_equal(refused("0-1 : Crash kernel\n3-4 : Crash kernel\n6-7 : Crash kernel\n", "",
				 "three"),
			 -EBADMSG);
	assert_int_equal(refused("0-1 : Crash kernel\n1-4 : Crash kernel\n", "", "overlap"),
			 -EBADMSG);
	for (size_t i = 0; i < ARRAY_SIZE(bad_cma); i++)
		assert_int_equal(refused(good, bad_cma[i], "no range"), -EBADMSG);
	for (unsigned int i = 0; i <= CRASH_CMA_RANGES; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "%x000-%xfff\n", i + 1,
			 i + 1);
	assert_int_equal(refused(good, many, "more than 16"), -E2BIG);
}

/* "1000-2000:1 ..", the whole map. */
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

static const struct crash_regions two = {
	.high = { 0x180000000, 0x190000000 },
	.low = { 0x10000000, 0x20000000 },
	.cma = { { 0x40000000, 0x48000000 } },
	.nr_cma = 1,
};

static void add(struct ram_map *map, uint64_t start, uint64_t end, enum ram_type type)
{
	assert_int_equal(ram_set(map, (struct range){ start, end }, type, NULL), 0);
}

static void make_all(struct ram_map *all)
{
	add(all, 0x1000, 0x9fc00, RAM_USABLE);
	add(all, 0xf0000, 0x100000, RAM_RESERVED);
	add(all, 0x100000, 0x7ff00000, RAM_USABLE);
	add(all, 0x7ff00000, 0x7ff80123, RAM_ACPI);
	add(all, 0x7ff81000, 0x7ff90000, RAM_ACPI_NVS);
	add(all, 0x100000000, 0x200000000, RAM_USABLE);
	add(all, 0x200000000, 0x240000000, RAM_PRAM);
}

static void test_map(void **state)
{
	static const struct range header = { 0x18ff00000, 0x18ff02000 };
	autoram struct ram_map all = { 0 }, map = { 0 }, across = { 0 };

	(void)state;
	make_all(&all);
	assert_int_equal(crash_ram_map(&map, &all, &two, &header, NULL), 0);
	check_map(&map, "1000-9fc00:1 f0000-100000:2 10000000-20000000:1 40000000-48000000:1 "
			"7ff00000-7ff80123:3 7ff81000-7ff90000:4 180000000-18ff00000:1 "
			"18ff02000-190000000:1 200000000-240000000:c");
	/* Memory across the first megabyte's end. */
	ram_done(&all);
	add(&all, 0x1000, 0x100000000, RAM_USABLE);
	assert_int_equal(crash_ram_map(&across, &all,
				       &(struct crash_regions){ .high = { 0x4000000, 0x8000000 } },
				       &(struct range){ 0x4000000, 0x4001000 }, NULL),
			 0);
	check_map(&across, "1000-100000:1 4001000-8000000:1");
}

static void test_memmap(void **state)
{
	static const char want[] = "memmap=exactmap memmap=635K@4K memmap=262144K@262144K "
				   "memmap=131072K@1048576K memmap=0x80123#0x7ff00000 "
				   "memmap=60K#2096644K memmap=261120K@6291456K "
				   "memmap=1016K@6552584K memmap=1048576K!8388608K";
	static const struct range header = { 0x18ff00000, 0x18ff02000 };
	autoram struct ram_map all = { 0 }, map = { 0 }, odd = { 0 };
	autofree char *text = NULL, *exact = NULL, *rounded = NULL;
	char *none = NULL;
	struct why w = { 0 };

	(void)state;
	make_all(&all);
	assert_int_equal(crash_ram_map(&map, &all, &two, &header, NULL), 0);
	assert_int_equal(crash_memmap_args(&text, &map, 2048, NULL), 0);
	assert_string_equal(text, want);
	assert_int_equal(crash_memmap_args(&exact, &map, strlen(want), NULL), 0);
	assert_string_equal(exact, want);
	for (size_t room = 0; room < strlen(want); room++)
		assert_int_equal(crash_memmap_args(&none, &map, room, &w), -E2BIG);
	assert_null(none);
	assert_non_null(strstr(w.text, "--pass-memmap-cmdline"));

	/* RAM is never made larger, what is less than a KiB is none. */
	add(&odd, 0x1001, 0x2fff, RAM_USABLE);
	add(&odd, 0x3001, 0x33ff, RAM_USABLE);
	assert_int_equal(crash_memmap_args(&rounded, &odd, 2048, NULL), 0);
	assert_string_equal(rounded, "memmap=exactmap memmap=6K@5K");
}

static void test_room(void **state)
{
	uint64_t room = 77;
	struct why w = { 0 };

	(void)state;
	assert_int_equal(core_header_room(&machine, &room, &w), -ENOENT); /* before Linux 6.5 */
	assert_non_null(strstr(w.text, "--hotplug"));
	put_text("/sys/kernel/crash_elfcorehdr_size", "0\n");
	assert_int_equal(core_header_room(&machine, &room, NULL), -EBADMSG);
	put_text("/sys/kernel/crash_elfcorehdr_size", "16777217\n");
	assert_int_equal(core_header_room(&machine, &room, NULL), -EBADMSG);
	assert_int_equal(room, 77);
	put_text("/sys/kernel/crash_elfcorehdr_size", "917616\n");
	assert_int_equal(core_header_room(&machine, &room, NULL), 0);
	assert_int_equal(room, 917616);
	put_text("/sys/kernel/kexec/crash_elfcorehdr_size", "4096\n");
	assert_int_equal(core_header_room(&machine, &room, NULL), 0);
	assert_int_equal(room, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_regions),
		TEST(test_bad_regions),
		TEST(test_room),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_memmap),
	};

	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
