/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes around an envelope's parts, at the offsets that programs in the wild expect. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/envelope-build.h"
#include "lib/limits.h"

/* Spelled out, so that no mistake about <elf.h> can be made twice. */
static const unsigned char elf_header[64] = {
	0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 183, [20] = 1,
	[40] = 64, [52] = 64, [58] = 64, [60] = 5, [62] = 4,
};

static struct span head(const struct envelope *e)
{
	return (struct span){ (const unsigned char *)&e->head, sizeof(e->head) };
}

static void check_section(const struct envelope *e, unsigned int i, uint32_t name, uint32_t type,
			  uint64_t flags, uint64_t off, uint64_t size)
{
	unsigned char want[64] = { name, 0, 0, 0, type, 0, 0, 0, flags, [48] = 1 };

	for (unsigned int byte = 0; byte < 8; byte++) {
		want[24 + byte] = off >> 8 * byte;
		want[32 + byte] = size >> 8 * byte;
	}
	assert_memory_equal(head(e).data + 64 + 64 * i, want, sizeof(want));
}

static void test_bytes(void **state)
{
	static const unsigned char nothing[64];
	struct envelope e;

	(void)state;
	assert_int_equal(envelope_build(&e, 0x10001, 0x20002, 7, NULL), 0);
	assert_int_equal(head(&e).size, 384);
	assert_memory_equal(head(&e).data, elf_header, 64);
	assert_memory_equal(head(&e).data + 64, nothing, 64);
	check_section(&e, 1, 1, 1, 2, 384, 0x10001);
	check_section(&e, 2, 9, 1, 2, 384 + 0x10001, 0x20002);
	check_section(&e, 3, 17, 1, 2, 384 + 0x30008, 8);
	check_section(&e, 4, 26, 3, 0, 384 + 0x30010, 36);
	assert_int_equal(e.cmdline_size, 8);
	assert_int_equal(e.gap[0], 5);
	assert_int_equal(e.gap[1], 0);
	assert_int_equal(e.size, 384 + 0x30010 + 36);
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(envelope_names().size, 36);
	assert_memory_equal(envelope_names().data, "\0.kernel\0.initrd\0.cmdline\0.shstrtab", 36);
}

/* Every length modulo 8. */
static void test_gaps(void **state)
{
	struct envelope e;

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		uint64_t initrd_end = 384 + 8 + i % 8, cmdline_end;

		assert_int_equal(envelope_build(&e, 8, i % 8, i / 8, NULL), 0);
		assert_int_equal((initrd_end + e.gap[0]) % 8, 0);
		cmdline_end = initrd_end + e.gap[0] + i / 8 + 1;
		assert_int_equal((cmdline_end + e.gap[1]) % 8, 0);
		assert_true(e.gap[0] < 8 && e.gap[1] < 8);
		assert_int_equal(e.size, cmdline_end + e.gap[1] + 36);
	}
}

static void test_limits(void **state)
{
	uint64_t around = 384 + 8 + 36;
	struct envelope e;

	(void)state;
	assert_int_equal(envelope_build(&e, UINT64_MAX, 1, 0, NULL), -E2BIG);
	assert_int_equal(envelope_build(&e, 1, UINT64_MAX, 0, NULL), -E2BIG);
	assert_int_equal(envelope_build(&e, 1, 1, UINT64_MAX, NULL), -E2BIG);
	assert_int_equal(envelope_build(&e, 1, 1, LIMIT_CMDLINE + 1, NULL), -E2BIG);
	assert_int_equal(envelope_build(&e, 1, 1, LIMIT_CMDLINE, NULL), 0);
	assert_int_equal(envelope_build(&e, LIMIT_FILE_SIZE / 2, LIMIT_FILE_SIZE / 2, 0, NULL),
			 -E2BIG);
	/* LIMIT_FILE_SIZE is odd, and the end is at a multiple of 8 plus 36. */
	assert_int_equal(envelope_build(&e, 8, LIMIT_FILE_SIZE - around - 8 - 7, 0, NULL), 0);
	assert_true(e.size <= LIMIT_FILE_SIZE && e.size + 8 > LIMIT_FILE_SIZE);
	assert_int_equal(envelope_build(&e, 8, LIMIT_FILE_SIZE - around, 0, NULL), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
