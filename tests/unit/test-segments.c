// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding places in memory; and that no order of finding and adding breaks the rules. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/segments.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

static const struct ram_range ranges[] = {
	{ { 0x1000, 0x9f000 }, RAM_USABLE },
	{ { 0xf0000, 0x100000 }, RAM_RESERVED },
	{ { 0x100000, 0x1000000 }, RAM_USABLE },
	{ { 0x1000000, 0x1100000 }, RAM_ACPI },
	{ { 0x100000000, 0x100200800 }, RAM_USABLE },
};
static const struct ram_map ram = { (struct ram_range *)ranges, ARRAY_SIZE(ranges) };

static uint64_t find(const struct segments *s, struct place place, uint64_t size)
{
	uint64_t mem;

	assert_int_equal(segments_find(s, &ram, &place, size, &mem, NULL), 0);
	return mem;
}

static int find_error(const struct segments *s, struct place place, uint64_t size)
{
	uint64_t mem = 42;
	struct why w = { 0 };
	int r = segments_find(s, &ram, &place, size, &mem, &w);

	assert_int_equal(mem, 42);
	assert_non_null(strstr(w.text, "Could not find a free area of memory of 0x"));
	return r;
}

static void add(struct segments *s, uint64_t mem, uint64_t memsz)
{
	assert_int_equal(segments_add(s, "part", NULL, mem, memsz, NULL), 0);
}

static void test_find(void **state)
{
	autosegments struct segments s = { 0 };
	const struct place low = { 0, UINT64_MAX, 1, false }, high = { 0, UINT64_MAX, 1, true };
	const struct place below_4g = { 0, 4 * GiB, 0x200000, true };

	(void)state;
	assert_int_equal(find(&s, low, 1), 0x1000);
	assert_int_equal(find(&s, low, 0x9e000), 0x1000);
	assert_int_equal(find(&s, low, 0x9e001), 0x100000);
	/* Memory that ends inside a page: that page is nobody's. */
	assert_int_equal(find(&s, high, 1), 0x1001ff000);
	assert_int_equal(find(&s, below_4g, 0x200000), 0xe00000);
	assert_int_equal(find(&s, (struct place){ 0x3000, UINT64_MAX, 1, false }, 1), 0x3000);
	assert_int_equal(find(&s, (struct place){ 0x2800, UINT64_MAX, 1, false }, 1), 0x3000);
	assert_int_equal(find(&s, (struct place){ 0, 0x9e800, 1, true }, 0x1000), 0x9d000);
	add(&s, 0x1000, 0x1000);
	add(&s, 0x3000, 0x1000);
	assert_int_equal(find(&s, low, 0x1000), 0x2000);
	assert_int_equal(find(&s, low, 0x1001), 0x4000);
	add(&s, 0x1001ff000, 0x1000);
	assert_int_equal(find(&s, high, 0x1000), 0x1001fe000);
	add(&s, 0x100000000, 0x100000);
	/* Between the two there is one page less. */
	assert_int_equal(find(&s, high, 0xff000), 0x100100000);
	assert_int_equal(find(&s, high, 0x100000), 0xf00000);
}

static void test_find_nothing(void **state)
{
	autosegments struct segments s = { 0 };

	(void)state;
	assert_int_equal(find_error(&s, (struct place){ 0, UINT64_MAX, 1, false }, 0xf00001),
			 -EADDRNOTAVAIL);
	assert_int_equal(find_error(&s, (struct place){ 0, UINT64_MAX, 1, true }, UINT64_MAX),
			 -EADDRNOTAVAIL);
	assert_int_equal(find_error(&s, (struct place){ 0x9f000, 0x100000, 1, false }, 1),
			 -EADDRNOTAVAIL);
	assert_int_equal(find_error(&s, (struct place){ 0x100000, 0x1000, 1, true }, 1),
			 -EADDRNOTAVAIL);
	assert_int_equal(find_error(&s,
				    (struct place){ 0, UINT64_MAX, UINT64_C(1) << 63, false }, 1),
			 -EADDRNOTAVAIL);
	add(&s, 0x100000000, 0x201000);
	assert_int_equal(find_error(&s, (struct place){ 4 * GiB, UINT64_MAX, 1, true }, 1),
			 -EADDRNOTAVAIL);
}

static void test_add_refused(void **state)
{
	autosegments struct segments s = { 0 };
	const struct blob b = { .kind = BLOB_MEMORY, .size = 0x1001 };
	const struct extent bytes = blob_whole(&b);

	(void)state;
	add(&s, 0x4000, 0x1001); /* two pages */
	assert_int_equal(segments_add(&s, "x", NULL, 0x5000, 0x1000, NULL), -EADDRNOTAVAIL);
	assert_int_equal(segments_add(&s, "x", NULL, 0x3000, 0x1001, NULL), -EADDRNOTAVAIL);
	assert_int_equal(segments_add(&s, "x", NULL, 0x3000, 0x10000, NULL), -EADDRNOTAVAIL);
	assert_int_equal(segments_add(&s, "x", NULL, 0x7800, 0x1000, NULL), -EADDRNOTAVAIL);
	assert_int_equal(segments_add(&s, "x", NULL, 0x7000, 0, NULL), -EINVAL);
	assert_int_equal(segments_add(&s, "x", &bytes, 0x7000, 0x1000, NULL), -EINVAL);
	assert_int_equal(segments_add(&s, "x", NULL, 0x7000, UINT64_MAX, NULL), -EADDRNOTAVAIL);
	assert_int_equal(segments_add(&s, "x", NULL, UINT64_MAX - 0xfff, 0x1000, NULL),
			 -EADDRNOTAVAIL);
	assert_int_equal(s.nr, 1);
	assert_int_equal(s.list[0].memsz, 0x2000);
	add(&s, 0x6000, 0x1000);
	add(&s, 0x3000, 0x1000);
	while (s.nr < SEGMENTS_MAX)
		add(&s, 0x100000 + s.nr * 0x1000, 0x1000);
	assert_int_equal(segments_add(&s, "x", NULL, 0x800000, 0x1000, NULL), -E2BIG);
}

static void test_own(void **state)
{
	autosegments struct segments s = { 0 };
	struct extent e;
	struct blob b;

	(void)state;
	for (size_t i = 0; i < SEGMENTS_MAX; i++) {
		assert_int_equal(blob_copy(&b, (struct span){ (const unsigned char *)"x", 1 }, "x",
					   NULL),
				 0);
		assert_int_equal(segments_own(&s, &b, &e, NULL), 0);
		assert_int_equal(b.kind, BLOB_NONE);
		assert_int_equal(e.len, 1);
	}
	assert_int_equal(blob_copy(&b, (struct span){ (const unsigned char *)"x", 1 }, "x", NULL),
			 0);
	assert_int_equal(segments_own(&s, &b, &e, NULL), -E2BIG);
	assert_int_equal(b.kind, BLOB_NONE);
}

/* ---- any map, any sizes ---- */

static uint64_t seed;

/* xorshift: the same numbers everywhere, so that a failure comes again. */
static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static void random_map(struct ram_map *ret)
{
	static const enum ram_type types[] = { RAM_USABLE, RAM_USABLE, RAM_USABLE, RAM_RESERVED,
					       RAM_ACPI };

	for (uint64_t nr = 1 + rnd(40); nr > 0; nr--) {
		uint64_t start = rnd(1 + rnd(16 * GiB));
		uint64_t size = 1 + rnd(1 + rnd(4 * GiB));

		assert_int_equal(ram_set(ret, (struct range){ start, start + size },
					 types[rnd(ARRAY_SIZE(types))], NULL),
				 0);
	}
}

static bool is_ram(const struct ram_map *map, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < map->nr; i++)
		if (map->ranges[i].type == RAM_USABLE && map->ranges[i].at.start <= start &&
		    end <= map->ranges[i].at.end)
			return true;
	return false;
}

static void check_segment(const struct segments *s, size_t i, const struct ram_map *map,
			  const struct place *place, uint64_t size)
{
	const struct segment *seg = &s->list[i];

	assert_true(seg->memsz >= size);
	assert_int_equal(seg->mem % place->align, 0);
	assert_int_equal(seg->mem % 4096, 0);
	assert_int_equal(seg->memsz % 4096, 0);
	assert_true(seg->mem >= place->min && seg->mem + seg->memsz <= place->max);
	assert_true(is_ram(map, seg->mem, seg->mem + seg->memsz));
	for (size_t j = 0; j < i; j++)
		assert_true(s->list[j].mem + s->list[j].memsz <= seg->mem ||
			    seg->mem + seg->memsz <= s->list[j].mem);
}

static void test_property(void **state)
{
	unsigned int found = 0, not_found = 0;

	(void)state;
	seed = 88172645463325252;
	while (found + not_found < 20000) {
		autosegments struct segments s = { 0 };
		autoram struct ram_map map = { 0 };

		random_map(&map);
		for (unsigned int tries = 0; tries < 40 && s.nr < SEGMENTS_MAX; tries++) {
			struct place place = { rnd(8 * GiB), rnd(20 * GiB),
					       UINT64_C(1) << rnd(25), rnd(2) };
			uint64_t mem, size = 1 + rnd(1 + rnd(2 * GiB));

			if (segments_find(&s, &map, &place, size, &mem, NULL) < 0) {
				not_found++;
				continue;
			}
			found++;
			assert_int_equal(segments_add(&s, "x", NULL, mem, size, NULL), 0);
			check_segment(&s, s.nr - 1, &map, &place, size);
		}
	}
	/* Or else the above says nothing. */
	assert_true(found > 2000 && not_found > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_nothing),
		cmocka_unit_test(test_add_refused),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_property),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
