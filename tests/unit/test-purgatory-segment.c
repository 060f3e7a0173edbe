/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The segment as it is loaded: parameters, code, what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/purgatory-segment.h"
#include "purgatory/image.h"
#include "tests/unit/images.h"

static void test_layout(void **state)
{
	const struct purgatory_params p = {
		.kernel_entry = 0x1000200,
		.kernel_arg = 0x9000,
		.flags = PURGATORY_VERIFY,
		.nr_ranges = 1,
		.piece = 4096,
		.ranges = { { 0x1000000, 12345 } },
		.sha256 = "digest",
	};
	size_t code = (size_t)(purgatory_image_end - purgatory_image);
	autoblob struct blob b = { 0 };
	struct purgatory_params got;
	uint64_t memsz = 0, image_memsz;

	(void)state;
	assert_int_equal(purgatory_build(&b, &p, &memsz, NULL), 0);
	assert_int_equal(b.kind, BLOB_MEMORY);
	assert_int_equal(b.size, PURGATORY_ENTRY + code);
	assert_int_equal(memsz, purgatory_memsz());
	memcpy(&image_memsz, purgatory_image + PURGATORY_IMAGE_MEMSZ, sizeof(image_memsz));
	assert_int_equal(memsz, PURGATORY_ENTRY + image_memsz);
	/* Code and a stack; on arm64 page tables, too. */
	assert_true(image_memsz >= code + 16384);
	assert_true(memsz < 256 * 1024);
	memcpy(&got, b.data, sizeof(got));
	assert_true(got.magic == PURGATORY_MAGIC);
	assert_memory_equal(b.data, "xkpurgry", 8);
	assert_int_equal(got.version, PURGATORY_VERSION);
	assert_int_equal(got.size, sizeof(got));
	assert_int_equal(got.kernel_entry, 0x1000200);
	assert_int_equal(got.kernel_arg, 0x9000);
	assert_int_equal(got.ranges[0].len, 12345);
	assert_int_equal(got.piece, 4096);
	assert_memory_equal(got.sha256, p.sha256, 32);
	for (size_t i = sizeof(got); i < PURGATORY_ENTRY; i++)
		assert_int_equal(b.data[i], 0);
	assert_memory_equal(b.data + PURGATORY_ENTRY, purgatory_image, code);
}

static void check(const struct purgatory_params *p, int err, const char *phrase)
{
	struct blob b = { 0 };
	uint64_t memsz = 7;
	struct why w = { 0 };

	check_refused(phrase, purgatory_build(&b, p, &memsz, &w), &w, err, phrase);
	assert_int_equal(b.kind, BLOB_NONE);
	assert_int_equal(memsz, 7);
}

static void test_refused(void **state)
{
	(void)state;
	check(&(struct purgatory_params){ .nr_ranges = 33 }, -E2BIG, "more than 32 ranges");
	check(&(struct purgatory_params){ .nr_ranges = 1, .ranges = { { 1, UINT64_MAX } } },
	      -EINVAL, "passes the end of memory");
	check(&(struct purgatory_params){ .flags = 0x20 }, -EINVAL, "flags 0x20");
	check(&(struct purgatory_params){ .flags = PURGATORY_VERIFY }, -EINVAL, "without a size");
	check(&(struct purgatory_params){ .serial_uart = 3 }, -EINVAL, "UART 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
