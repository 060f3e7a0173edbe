// SPDX-License-Identifier: GPL-2.0-or-later
/* What debugfs tells of Kexec HandOver, believed or not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/kho.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/machine.h"

#define OUT "/sys/kernel/debug/kho/out/"

static void put_areas(const char *phys, const char *len)
{
	put_text(OUT "scratch_phys", phys);
	put_text(OUT "scratch_len", len);
}

static void test_nothing(void **state)
{
	autokho struct kho k = { 0 };

	(void)state;
	assert_int_equal(kho_read(&k, &machine, NULL), 0);
	assert_int_equal(k.nr_scratch, 0);
	assert_false(kho_passes(&k));
	assert_false(k.revived);
}

static void test_stock(void **state)
{
	autokho struct kho k = { 0 };

	(void)state;
	put_areas("0x7c000000\n0x1c0000000\n0x1b0000000\n", "0x1000000\n0x3000000\n0x2800000\n");
	put_text("/sys/kernel/debug/kho/in/fdt", "");
	assert_int_equal(kho_read(&k, &machine, NULL), 0);
	assert_int_equal(k.nr_scratch, 3);
	assert_int_equal(k.scratch[1].start, 0x1c0000000);
	assert_int_equal(k.scratch[1].end, 0x1c3000000);
	assert_false(kho_passes(&k));
	assert_true(k.revived);
}

static void test_tree(void **state)
{
	autokho struct kho k = { 0 };

	(void)state;
	put_areas("0x1000000\n", "0x100000\n");
	put_text(OUT "fdt_phys", "0x0000000000fff000\n");
	put_text(OUT "fdt_len", "0x0000000000001000\n");
	assert_int_equal(kho_read(&k, &machine, NULL), 0);
	assert_true(kho_passes(&k));
	assert_int_equal(k.tree.start, 0xfff000);
	assert_int_equal(k.tree.end, 0x1000000);
}

static void test_bad_areas(void **state)
{
	static const struct {
		const char *phys, *len;
	} bad[] = {
		{ "", "" },
		{ "0x1000\n", "" },
		{ "", "0x1000\n" },
		{ "0x1000\n0x4000\n", "0x1000\n" },
		{ "0x1000\n", "0x1000\n0x1000\n" },
		{ "1000\n", "0x1000\n" },
		{ "0x1000", "0x1000\n" },
		{ "0x1000 \n", "0x1000\n" },
		{ "0x1001\n", "0x1000\n" },
		{ "0x1000\n", "0x800\n" },
		{ "0x1000\n", "0x0\n" },
		{ "0xfffffffffffff000\n", "0x1000\n" },
		{ "0x10000000000000000\n", "0x1000\n" },
		{ "0x1000\n0x2000\n", "0x2000\n0x1000\n" },
		{ "0x2000\n0x1000\n", "0x1000\n0x2000\n" },
		{ "-0x1000\n", "0x1000\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		autokho struct kho k = { 0 };
		struct why w = { 0 };

		put_areas(bad[i].phys, bad[i].len);
		if (kho_read(&k, &machine, &w) != -EBADMSG)
			fail_msg("case %zu is taken", i);
		assert_non_null(strstr(w.text, "makes no sense"));
		assert_null(k.scratch);
	}
}

static void test_many_areas(void **state)
{
	static char phys[32 * (LIMIT_KHO_AREAS + 1)], len[32 * (LIMIT_KHO_AREAS + 1)];
	size_t p = 0, l = 0;

	(void)state;
	for (int i = 1; i <= LIMIT_KHO_AREAS + 1; i++) {
		autokho struct kho k = { 0 };

		p += snprintf(phys + p, sizeof(phys) - p, "0x%x\n", i << 12);
		l += snprintf(len + l, sizeof(len) - l, "0x1000\n");
		if (i < LIMIT_KHO_AREAS)
			continue;
		put_areas(phys, len);
		assert_int_equal(kho_read(&k, &machine, NULL), i > LIMIT_KHO_AREAS ? -E2BIG : 0);
	}
}

static void test_bad_tree(void **state)
{
	static const struct {
		const char *phys, *len;
	} bad[] = {
		{ "", "0x1000\n" },
		{ "0x0\n", "0x1000\n" },
		{ "0x5000\n", "0x0\n" },
		{ "0x5000\n", "0x300000\n" },
		{ "0x5008\n", "0x1000\n" },
		{ "0x1000000\n", "0x1000\n" },
		{ "0xfff000\n", "0x2000\n" },
		{ "0xfffffffffffff000\n", "0x2000\n" },
		{ "0x5000\n0x6000\n", "0x1000\n" },
	};

	(void)state;
	put_areas("0x1000000\n", "0x100000\n");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		autokho struct kho k = { 0 };

		put_text(OUT "fdt_phys", bad[i].phys);
		put_text(OUT "fdt_len", bad[i].len);
		if (kho_read(&k, &machine, NULL) != -EBADMSG)
			fail_msg("case %zu is taken", i);
	}
}

/* Memory that is usable, and scratch: in the order of addresses. */
static void test_loadable(void **state)
{
	struct range scratch[] = { { 0x9000, 0xc000 }, { 0x2000, 0x6000 } };
	const struct kho k = { .scratch = scratch, .nr_scratch = 2 };
	struct ram_range ranges[] = {
		{ { 0x1000, 0x4000 }, RAM_USABLE },
		{ { 0x4000, 0x5000 }, RAM_RESERVED },
		{ { 0x5000, 0xa000 }, RAM_USABLE },
		{ { 0xb000, 0x20000 }, RAM_USABLE },
	};
	const struct ram_map all = { ranges, ARRAY_SIZE(ranges) };
	static const struct range want[] = {
		{ 0x2000, 0x4000 }, { 0x5000, 0x6000 }, { 0x9000, 0xa000 }, { 0xb000, 0xc000 }
	};
	autoram struct ram_map map = { 0 };

	(void)state;
	assert_int_equal(kho_loadable(&map, &k, &all, NULL), 0);
	assert_int_equal(map.nr, ARRAY_SIZE(want));
	for (size_t i = 0; i < map.nr; i++) {
		assert_int_equal(map.ranges[i].type, RAM_USABLE);
		assert_int_equal(map.ranges[i].at.start, want[i].start);
		assert_int_equal(map.ranges[i].at.end, want[i].end);
	}
}

/* In the kernel's own order, which says what each area is for. */
static void test_list(void **state)
{
	struct range scratch[] = { { 0x9000, 0xc000 }, { 0x2000, 0x6000 } };
	const struct kho k = { .scratch = scratch, .nr_scratch = 2 };
	static const uint64_t want[] = { 0x9000, 0x3000, 0x2000, 0x4000 };
	autoblob struct blob list = { 0 };

	(void)state;
	assert_int_equal(kho_list(&list, &k, NULL), 0);
	assert_int_equal(list.size, sizeof(want));
	assert_memory_equal(list.data, want, sizeof(want));
}

static void test_explain(void **state)
{
	struct range scratch[] = {
		{ 0, 16 * MiB },
		{ GiB, GiB + 48 * MiB },
		{ 2 * GiB, 2 * GiB + 20 * MiB },
		{ 3 * GiB, 3 * GiB + 24 * MiB },
	};
	struct kho k = { .scratch = scratch, .nr_scratch = 4 };
	char text[256];

	(void)state;
	/* 4 MiB are for alignment and the small parts. */
	kho_explain(text, sizeof(text), &k, 100 * MiB + 1, false);
	assert_non_null(strstr(text, "its 4 scratch areas, of which the largest has 48 MiB"));
	assert_non_null(strstr(text, "boot with kho_scratch=16M,153M,24M"));
	kho_explain(text, sizeof(text), &k, 100 * MiB + 1, true);
	assert_non_null(strstr(text, "(the initrd above the kernel), of which"));
	assert_non_null(strstr(text, "boot with kho_scratch=121M,48M,24M"));
	k.nr_scratch = 0;
	kho_explain(text, sizeof(text), &k, MiB, false);
	assert_non_null(strstr(text, "larger kho_scratch="));
	kho_explain(text, sizeof(text), NULL, MiB, false);
	assert_non_null(strstr(text, "larger kho_scratch="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),   TEST(test_stock),	     TEST(test_tree),
		TEST(test_bad_areas), TEST(test_many_areas), TEST(test_bad_tree),
		TEST(test_loadable),  TEST(test_list),	     TEST(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
