/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_image_compare(): which part and byte differ, whatever the parts are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kexec/boot-image-compare.h"
#include "lib/cleanup.h"
#include "tests/unit/images.h"

/* Adds bytes as a blob of its own. */
static struct extent own(struct boot_image *img, const char *text, size_t len)
{
	struct extent e = { 0 };
	struct blob b = { 0 };

	assert_int_equal(blob_copy(&b, (struct span){ (const unsigned char *)text, len }, "part",
				   NULL), 0);
	assert_int_equal(boot_image_own(img, &b, &e, NULL), 0);
	return e;
}

static void add_initrd(struct boot_image *img, const char *text, size_t len)
{
	struct extent e = own(img, text, len);

	assert_int_equal(boot_image_add_initrd(img, &e, "test", NULL), 0);
}

struct parts {
	struct span kernel, initrd[3];
	const char *cmdline;
};

static void make_image(struct boot_image *img, const struct parts *p)
{
	*img = (struct boot_image){ 0 };
	img->kernel.bytes = own(img, (const char *)p->kernel.data, p->kernel.size);
	for (size_t i = 0; i < 3 && p->initrd[i].size; i++)
		add_initrd(img, (const char *)p->initrd[i].data, p->initrd[i].size);
	if (p->cmdline)
		assert_int_equal(boot_image_set_cmdline(img, p->cmdline, strlen(p->cmdline), "test",
							NULL), 0);
}

struct pair {
	const char *name;
	struct parts a, b;
	int result;
	enum boot_image_part part;
	uint64_t off;
	int byte_a, byte_b;
	uint64_t size_a, size_b;
};

#define ONE(...) .a = { __VA_ARGS__ }
#define TWO(...) .b = { __VA_ARGS__ }
#define DIFFERS(part_, off_, byte_a_, byte_b_, size_a_, size_b_)                         \
	.result = 1, .part = part_, .off = off_, .byte_a = byte_a_, .byte_b = byte_b_, \
	.size_a = size_a_, .size_b = size_b_

static const struct pair pairs[] = {
	{ "nothing", ONE(TEXT("")), TWO(TEXT("")) },
	{ "the same", ONE(TEXT("kernel"), { TEXT("initrd") }, "quiet"),
	  TWO(TEXT("kernel"), { TEXT("initrd") }, "quiet") },
	{ "no command line and an empty one", ONE(TEXT("k"), .cmdline = ""), TWO(TEXT("k")) },
	{ "parts that join to the same", ONE(TEXT("k"), { TEXT("abcd"), TEXT("efg") }),
	  TWO(TEXT("k"), { TEXT("abcdefg") }) },
	{ "padding is part of it", ONE(TEXT("k"), { TEXT("a"), TEXT("b") }),
	  TWO(TEXT("k"), { TEXT("a\0\0\0b") }) },
	{ "padding cut elsewhere", ONE(TEXT("k"), { TEXT("a"), TEXT("b"), TEXT("c") }),
	  TWO(TEXT("k"), { TEXT("a\0\0\0"), TEXT("b\0\0\0c") }) },
	{ "kernel", ONE(TEXT("kernel")), TWO(TEXT("kexnel")),
	  DIFFERS(PART_KERNEL, 2, 'r', 'x', 6, 6) },
	{ "kernel, shorter", ONE(TEXT("kern")), TWO(TEXT("kernel")),
	  DIFFERS(PART_KERNEL, 4, -1, 'e', 4, 6) },
	{ "kernel, longer by a NUL", ONE(TEXT("kernel\0")), TWO(TEXT("kernel")),
	  DIFFERS(PART_KERNEL, 6, 0, -1, 7, 6) },
	{ "the first part that differs", ONE(TEXT("k"), { TEXT("a") }, "x"),
	  TWO(TEXT("k"), { TEXT("b") }, "y"), DIFFERS(PART_INITRD, 0, 'a', 'b', 1, 1) },
	{ "initrd only here", ONE(TEXT("k"), { TEXT("a") }), TWO(TEXT("k")),
	  DIFFERS(PART_INITRD, 0, 'a', -1, 1, 0) },
	{ "initrd without padding", ONE(TEXT("k"), { TEXT("a"), TEXT("b") }),
	  TWO(TEXT("k"), { TEXT("ab") }), DIFFERS(PART_INITRD, 1, 0, 'b', 5, 2) },
	{ "last initrd is not padded", ONE(TEXT("k"), { TEXT("a") }), TWO(TEXT("k"), { TEXT("a\0") }),
	  DIFFERS(PART_INITRD, 1, -1, 0, 1, 2) },
	{ "command line", ONE(TEXT("k"), .cmdline = "quiet"), TWO(TEXT("k"), .cmdline = "quick"),
	  DIFFERS(PART_CMDLINE, 3, 'e', 'c', 5, 5) },
	{ "command line only there", ONE(TEXT("k")), TWO(TEXT("k"), .cmdline = "x"),
	  DIFFERS(PART_CMDLINE, 0, -1, 'x', 0, 1) },
	{ "byte above 127", ONE(TEXT("\xff")), TWO(TEXT("\x80")),
	  DIFFERS(PART_KERNEL, 0, 0xff, 0x80, 1, 1) },
};

static void check_pair(const struct pair *p)
{
	autoimage struct boot_image a = { 0 }, b = { 0 };
	struct boot_image_diff d = { 0 };
	int r;

	make_image(&a, &p->a);
	make_image(&b, &p->b);
	r = boot_image_compare(&d, &a, &b, NULL);
	if (r != p->result)
		fail_msg("%s: %d, expected %d", p->name, r, p->result);
	if (r != 1)
		return;
	if (d.part != p->part || d.off != p->off || d.byte[0] != p->byte_a ||
	    d.byte[1] != p->byte_b || d.size[0] != p->size_a || d.size[1] != p->size_b)
		fail_msg("%s: %s, byte %llu: %d and %d, of %llu and %llu", p->name,
			 boot_image_part_name(d.part), (unsigned long long)d.off, d.byte[0],
			 d.byte[1], (unsigned long long)d.size[0], (unsigned long long)d.size[1]);
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		check_pair(&pairs[i]);
}

/* Longer than the buffers, different in the last byte. */
static void test_long(void **state)
{
	autoimage struct boot_image a = { 0 }, b = { 0 };
	autobytes struct bytes big = { 0 };
	struct boot_image_diff d = { 0 };

	(void)state;
	bytes_fill(&big, 'x', 200001);
	a.kernel.bytes = own(&a, (char *)big.data, big.size);
	bytes_set(&big, 200000, 1, 'y');
	b.kernel.bytes = own(&b, (char *)big.data, big.size);
	assert_int_equal(boot_image_compare(&d, &a, &b, NULL), 1);
	assert_int_equal(d.off, 200000);
	assert_int_equal(d.byte[0], 'x');
	assert_int_equal(d.byte[1], 'y');
}

/* A file that both have part of is not read: it may even be gone. */
static void test_same_file(void **state)
{
	autoimage struct boot_image a = { 0 }, b = { 0 };
	autobytes struct bytes bytes = { 0 };
	struct boot_image_diff d = { 0 };
	struct blob file, twin = { 0 };
	char path[64];

	(void)state;
	bytes_fill(&bytes, 'k', 100000);
	file = bytes_file(&bytes);
	assert_int_equal(blob_dup(&twin, &file, NULL), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file.fd);
	assert_int_equal(boot_image_own(&a, &file, &a.kernel.bytes, NULL), 0);
	assert_int_equal(boot_image_own(&b, &twin, &b.kernel.bytes, NULL), 0);
	assert_true(extent_is_same(&a.kernel.bytes, &b.kernel.bytes));
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(boot_image_compare(&d, &a, &b, NULL), 0);

	/* Another range of it is something else, and must be read. */
	assert_true(extent_sub(&b.kernel.bytes, &b.kernel.bytes, 1, 99999));
	assert_true(extent_sub(&a.kernel.bytes, &a.kernel.bytes, 0, 99999));
	assert_false(extent_is_same(&a.kernel.bytes, &b.kernel.bytes));
	assert_int_equal(boot_image_compare(&d, &a, &b, NULL), -EIO);
}

/* The same bytes in another file are equal too, but have to be read for that. */
static void test_other_file(void **state)
{
	autoimage struct boot_image a = { 0 }, b = { 0 };
	autobytes struct bytes bytes = { 0 };
	struct boot_image_diff d = { 0 };
	struct blob one, two;

	(void)state;
	bytes_fill(&bytes, 'k', 70000);
	one = bytes_file(&bytes);
	two = bytes_file(&bytes);
	assert_int_equal(boot_image_own(&a, &one, &a.kernel.bytes, NULL), 0);
	assert_int_equal(boot_image_own(&b, &two, &b.kernel.bytes, NULL), 0);
	assert_false(extent_is_same(&a.kernel.bytes, &b.kernel.bytes));
	assert_int_equal(boot_image_compare(&d, &a, &b, NULL), 0);
}

/* FIPS 180-2, appendix B: "abc", as an initrd of parts; nothing. */
static void test_digest(void **state)
{
	autoimage struct boot_image img = { 0 };
	unsigned char digest[DIGEST_SIZE];
	char text[DIGEST_TEXT];
	int r;

	(void)state;
	img.kernel.bytes = own(&img, "abc", 3);
	r = boot_image_digest(&img, PART_KERNEL, digest, NULL);
	if (r == -EOPNOTSUPP)
		skip();
	assert_int_equal(r, 0);
	digest_text(text, digest);
	assert_string_equal(text,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(boot_image_digest(&img, PART_CMDLINE, digest, NULL), 0);
	digest_text(text, digest);
	assert_string_equal(text,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	/* "a", padding, "b" is what sha256sum makes of printf 'a\0\0\0b' */
	add_initrd(&img, "a", 1);
	add_initrd(&img, "b", 1);
	assert_int_equal(boot_image_digest(&img, PART_INITRD, digest, NULL), 0);
	digest_text(text, digest);
	assert_string_equal(text,
			    "fb833d6a7ee579e16a6e8971241327ae353f14748bcfef889cbc81be0f3ad3fa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_same_file),
		cmocka_unit_test(test_other_file),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
