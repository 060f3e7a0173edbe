// SPDX-License-Identifier: GPL-2.0-or-later
/* Where an arm64 kernel has itself and memory mapped, told by /proc/kcore and /proc/iomem. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/core-header.h"
#include "lib/cleanup.h"

#define NR 5

/* As Linux 6.12 has them, in its order: vmalloc, the image, vmemmap, two ranges of memory. */
static const struct kcore_part good[NR] = {
	{ 0xffff800080000000, KCORE_NO_PA, 0x1000000, 0 },
	{ 0xffffb5e2d5600000, 0x40200000, 0x2450000, 0 },
	{ 0xfffffdffc0000000, KCORE_NO_PA, 0x1000000, 0 },
	{ 0xffff000000000000, 0x40000000, 0x40000000, 0 },
	{ 0xffff0000c0000000, 0x100000000, 0x40000000, 0 },
};

static int find(struct kernel_map *ret, const struct kcore_part parts[NR], const char *lines)
{
	struct kcore_part copy[NR];
	const struct kcore k = { copy, NR };
	autoiomem struct iomem m = { 0 };
	autofree char *text = strdup(lines);

	memcpy(copy, parts, sizeof(copy));
	assert_int_equal(iomem_parse(&m, text, NULL), 0);
	return arm64_kernel_map_find(ret, &m, &k, NULL);
}

#define LINES                                 \
	"40000000-7fffffff : System RAM\n"    \
	"  40210000-41deffff : Kernel code\n" \
	"  41df0000-4211ffff : reserved\n"    \
	"  42120000-4264ffff : Kernel data\n"

static void test_found(void **state)
{
	struct kernel_map m;

	(void)state;
	assert_int_equal(find(&m, good, LINES), 0);
	assert_int_equal(m.text_va, 0xffffb5e2d5600000);
	assert_int_equal(m.text.start, 0x40200000);
	assert_int_equal(m.text.end, 0x42650000);
	assert_int_equal(m.ram_va + 0x40000000, 0xffff000000000000);
}

static void test_refused(void **state)
{
	static const struct {
		size_t i;
		struct kcore_part part;
	} bad[] = {
		{ 1, { 0xffffb5e2d5600000, 0x40220000, 0x2450000, 0 } },   /* begins behind it */
		{ 1, { 0xffffb5e2d5600000, 0x40200000, 0x2440000, 0 } },   /* ends too early */
		{ 1, { 0xffffb5e2d5600000, 0x40200000, 0x50000000, 0 } },  /* is larger than any */
		{ 1, { 0xffffffffff000000, 0x40200000, 0x2450000, 0 } },   /* runs over the top */
		{ 4, { 0xffff0000c1000000, 0x100000000, 0x40000000, 0 } }, /* elsewhere */
		{ 4, { 0xffffc00000000000, 0x100000000, 0x40000000, 0 } }, /* above the image */
		{ 3, { 0x1000, 0x40000000, 0x40000000, 0 } },		   /* no kernel's */
	};
	struct kernel_map m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kcore_part parts[NR];

		memcpy(parts, good, sizeof(parts));
		parts[bad[i].i] = bad[i].part;
		assert_int_equal(find(&m, parts, LINES), -EBADMSG);
	}
	assert_int_equal(find(&m, good, "40000000-7fffffff : System RAM\n"), -EBADMSG);
}

/* Memory in the linear map alone is no image. */
static void test_no_image(void **state)
{
	struct kcore_part parts[NR];
	struct kernel_map m;

	(void)state;
	memcpy(parts, good, sizeof(parts));
	parts[1].pa = KCORE_NO_PA;
	assert_int_equal(find(&m, parts, LINES), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
