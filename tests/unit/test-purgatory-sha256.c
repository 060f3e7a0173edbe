/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Purgatory's SHA-256, by all ways that this processor has, against libcrypto's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/digest.h"

/* Both ways to read words, as on arm64. */
#define ALIGNMENT_MATTERS 1
#include "purgatory/sha256.c"

#ifdef __x86_64__
#include <cpuid.h>

#include "purgatory/arch/x86_64/sha256-ni.c"

static sha256_blocks *by_instructions(void)
{
	unsigned int a, b = 0, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1 ? sha256_ni : NULL;
}
#else
#include <sys/auxv.h>

#include "purgatory/arch/arm64/sha256-ce.c"

static sha256_blocks *by_instructions(void)
{
	return getauxval(AT_HWCAP) >> 6 & 1 ? sha256_ce : NULL;
}
#endif

#define ROOM 5000

static uint8_t bytes[ROOM];

static int fill(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < ROOM; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 24);
	}
	return 0;
}

static void expect_same(struct sha256 *s, const uint8_t *data, size_t len)
{
	unsigned char want[DIGEST_SIZE];
	uint8_t got[SHA256_SIZE];
	struct digest *d = NULL;
	int r = digest_new(&d, NULL);

	if (r == -EOPNOTSUPP)
		skip();
	assert_int_equal(r, 0);
	assert_int_equal(digest_add(d, (struct span){ data, len }, NULL), 0);
	assert_int_equal(digest_finish(d, want, NULL), 0);
	digest_free(d);
	sha256_finish(s, got);
	assert_memory_equal(got, want, sizeof(want));
}

/* All lengths around block and padding, at all alignments: memory of its own, for ASan. */
static void check_lengths(sha256_blocks *blocks)
{
	for (size_t len = 0; len < 300; len++) {
		for (size_t skew = 0; skew < 17; skew += 1 + len % 3) {
			uint8_t *copy = malloc(len + skew + 1);
			struct sha256 s;

			assert_non_null(copy);
			memcpy(copy + skew, bytes, len);
			sha256_init(&s, blocks);
			sha256_add(&s, copy + skew, len);
			expect_same(&s, bytes, len);
			free(copy);
		}
	}
}

/* The same bytes in pieces of @step, @step + 1, .. */
static void check_pieces(sha256_blocks *blocks)
{
	for (size_t step = 1; step < 200; step++) {
		struct sha256 s;
		size_t at = 0, len = step;

		sha256_init(&s, blocks);
		while (at < ROOM) {
			if (len > ROOM - at)
				len = ROOM - at;
			sha256_add(&s, bytes + at, len);
			at += len++;
			sha256_add(&s, bytes, 0);
		}
		expect_same(&s, bytes, ROOM);
	}
}

static void test_plain(void **state)
{
	(void)state;
	check_lengths(sha256_plain);
	check_pieces(sha256_plain);
}

static void test_instructions(void **state)
{
	(void)state;
	if (!by_instructions())
		skip();
	check_lengths(by_instructions());
	check_pieces(by_instructions());
}

/* More bits than 32 bits can count: only the last block says so. */
static void test_long(void **state)
{
	sha256_blocks *blocks = by_instructions();
	struct sha256 s;
	uint8_t got[SHA256_SIZE];
	char text[DIGEST_TEXT];
	uint8_t *zeros = calloc(1, 1 << 20);

	(void)state;
	assert_non_null(zeros);
	sha256_init(&s, blocks ? blocks : sha256_plain);
	for (int i = 0; i < 513; i++)
		sha256_add(&s, zeros, 1 << 20);
	free(zeros);
	sha256_finish(&s, got);
	digest_text(text, got);
	/* head -c 513M /dev/zero | sha256sum */
	assert_string_equal(text,
			    "a3e2acbb469e4e59dde406f912e754c933c1ac0fb0092a3634d61d5073309c0c");
}

/* FIPS 180-4's own example, should libcrypto and this be wrong together. */
static void test_abc(void **state)
{
	struct sha256 s;
	uint8_t got[SHA256_SIZE];
	char text[DIGEST_TEXT];

	(void)state;
	sha256_init(&s, sha256_plain);
	sha256_add(&s, (const uint8_t *)"abc", 3);
	sha256_finish(&s, got);
	digest_text(text, got);
	assert_string_equal(text,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_instructions),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_abc),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
