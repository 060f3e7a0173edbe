/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each codec on data that its own library made; one not built in is skipped by name. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/codec.h"
#include "lib/decompress.h"
#include "lib/limits.h"
#include "tests/unit/pack.h"

#define PLAIN_SIZE 300
static unsigned char plain[PLAIN_SIZE];
static const struct span plain_span = { plain, sizeof(plain) };

static int make_plain(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = i < 150 ? i * i >> 3 : 'x'; /* some that packs and some that does not */
	return 0;
}

/* What a failed call must not touch is checked here for all tests. */
static int unpack(const char *codec, const struct bytes *packed, struct bytes *ret, uint64_t limit,
		  struct why *w)
{
	autoblob struct blob in = bytes_blob(packed), out = { 0 };
	const struct codec *c = codec_by_name(codec);
	struct extent all = blob_whole(&in);
	autofree unsigned char *data = NULL;
	int r;

	assert_non_null(c);
	r = decompress(c, &all, &out, "kernel", limit, w);
	if (r < 0) {
		assert_int_equal(out.kind, BLOB_NONE);
		return r;
	}
	assert_int_equal(out.kind, BLOB_MEMFD);
	assert_true(fcntl(out.fd, F_GET_SEALS) & F_SEAL_WRITE);
	all = blob_whole(&out);
	assert_int_equal(extent_dup(&all, 0, all.len, &data, NULL), 0);
	bytes_done(ret);
	bytes_add(ret, data, all.len);
	return 0;
}

static void expect_plain(const char *codec, const struct bytes *packed, unsigned int times)
{
	autobytes struct bytes out = { 0 };
	struct why w = { 0 };

	if (unpack(codec, packed, &out, PLAIN_SIZE * times, &w) != 0)
		fail_msg("%s: %s", codec, w.text);
	assert_int_equal(out.size, PLAIN_SIZE * times);
	for (unsigned int i = 0; i < times; i++)
		assert_memory_equal(out.data + i * PLAIN_SIZE, plain, PLAIN_SIZE);
}

static void expect_refused(const char *codec, const struct bytes *packed, uint64_t limit, int err,
			   const char *phrase)
{
	autobytes struct bytes out = { 0 };
	struct why w = { 0 };

	check_refused(codec, unpack(codec, packed, &out, limit, &w), &w, err, phrase);
}

/* Runs @test on every codec that is there. */
static void each_codec(void (*test)(const char *codec, const struct bytes *packed))
{
	for (const char *const *codec = pack_codecs; *codec; codec++) {
		autobytes struct bytes packed = { 0 };

		if (pack(&packed, *codec, plain_span))
			test(*codec, &packed);
		else
			print_message("# SKIP %s: not built in\n", *codec);
	}
}

static void one_member(const char *codec, const struct bytes *packed)
{
	expect_plain(codec, packed, 1);
}

static void test_one_member(void **state)
{
	(void)state;
	each_codec(one_member);
}

static void zeros_behind(const char *codec, const struct bytes *packed)
{
	autobytes struct bytes more = { 0 };

	bytes_add(&more, packed->data, packed->size);
	for (int i = 0; i < 9; i++) {
		bytes_fill(&more, 0, 1);
		expect_plain(codec, &more, 1);
	}
	bytes_fill(&more, 0, 3 * STREAM_IN);
	expect_plain(codec, &more, 1);
	bytes_fill(&more, 'x', 1);
	expect_refused(codec, &more, PLAIN_SIZE, -EBADMSG, "");
}

static void test_zeros_behind(void **state)
{
	(void)state;
	each_codec(zeros_behind);
}

static void garbage_behind(const char *codec, const struct bytes *packed)
{
	autobytes struct bytes more = { 0 };

	bytes_add(&more, packed->data, packed->size);
	for (int i = 0; i < 9; i++) {
		bytes_fill(&more, 0x41, 1);
		expect_refused(codec, &more, PLAIN_SIZE, -EBADMSG, codec);
	}
	bytes_fill(&more, 0x41, STREAM_IN);
	expect_refused(codec, &more, PLAIN_SIZE, -EBADMSG, codec);
}

static void test_garbage_behind(void **state)
{
	(void)state;
	each_codec(garbage_behind);
}

/* Cut anywhere; the reason names the codec. */
static void truncated(const char *codec, const struct bytes *packed)
{
	struct bytes cut = *packed;

	while (cut.size-- > 0)
		expect_refused(codec, &cut, PLAIN_SIZE, -EBADMSG, codec);
}

static void test_truncated(void **state)
{
	(void)state;
	each_codec(truncated);
}

static void over_limit(const char *codec, const struct bytes *packed)
{
	expect_refused(codec, packed, PLAIN_SIZE - 1, -E2BIG, "unpacks to more than 299 bytes");
	expect_refused(codec, packed, 0, -E2BIG, "unpacks to more than");
}

static void test_over_limit(void **state)
{
	(void)state;
	each_codec(over_limit);
}

/* One bit of any byte flipped: refused, or the very same bytes (a field that nobody needs). */
static void flipped(const char *codec, const struct bytes *packed)
{
	bool checked = strcmp(codec, "lz4") != 0 && strcmp(codec, "lzma") != 0;

	for (size_t i = 0; i < packed->size; i++) {
		autobytes struct bytes bad = { 0 }, out = { 0 };
		struct why w = { 0 };

		bytes_add(&bad, packed->data, packed->size);
		bad.data[i] ^= 1 << i % 8;
		if (unpack(codec, &bad, &out, MiB, &w) == 0 && checked) {
			assert_int_equal(out.size, PLAIN_SIZE);
			assert_memory_equal(out.data, plain, PLAIN_SIZE);
		}
	}
}

static void test_flipped_bits(void **state)
{
	(void)state;
	each_codec(flipped);
}

static bool has_members(const char *codec)
{
	return strcmp(codec, "lz4") != 0; /* one stream of blocks; a second magic is no size */
}

/* Concatenated files are one file, padded in between or not. */
static void several_members(const char *codec, const struct bytes *packed)
{
	autobytes struct bytes more = { 0 };

	if (!has_members(codec))
		return;
	for (unsigned int i = 1; i <= 3; i++) {
		bytes_add(&more, packed->data, packed->size);
		expect_plain(codec, &more, i);
		bytes_fill(&more, 0, 8);
	}
	more.size -= 8 + 1; /* the third one lacks a byte */
	expect_refused(codec, &more, 3 * PLAIN_SIZE, -EBADMSG, codec);
	more.size += 1;
	expect_refused(codec, &more, 3 * PLAIN_SIZE - 1, -E2BIG, codec);
}

static void test_several_members(void **state)
{
	(void)state;
	each_codec(several_members);
}

/* Members that straddle the input buffer at every byte of their magic. */
static void straddling_members(const char *codec, const struct bytes *packed)
{
	if (!has_members(codec))
		return;
	for (size_t before = 0; before < CODEC_HEAD; before++) {
		autobytes struct bytes more = { 0 };

		bytes_add(&more, packed->data, packed->size);
		bytes_fill(&more, 0, STREAM_IN - before - more.size);
		bytes_add(&more, packed->data, packed->size);
		expect_plain(codec, &more, 2);
	}
}

static void test_straddling_members(void **state)
{
	(void)state;
	each_codec(straddling_members);
}

/* More than any buffer holds, on both sides: the first half does not pack at all. */
static void test_large(void **state)
{
	autobytes struct bytes large = { 0 };
	uint32_t random = 1;

	(void)state;
	bytes_fill(&large, 'x', 4 * STREAM_OUT);
	for (size_t i = 0; i < large.size / 2; i++) {
		random = random * 1664525 + 1013904223; /* any generator will do */
		large.data[i] = random >> 24;
	}
	for (const char *const *codec = pack_codecs; *codec; codec++) {
		autobytes struct bytes packed = { 0 }, out = { 0 };
		struct why w = { 0 };

		if (!pack(&packed, *codec, bytes_span(&large)))
			continue;
		assert_true(packed.size > 3 * STREAM_IN);
		if (unpack(*codec, &packed, &out, large.size, &w) != 0)
			fail_msg("%s: %s", *codec, w.text);
		assert_int_equal(out.size, large.size);
		assert_memory_equal(out.data, large.data, large.size);
		packed.size -= STREAM_IN;
		expect_refused(*codec, &packed, large.size, -EBADMSG, "ends early");
	}
}

/* Of members of different sizes, the last one's says nothing about the first. */
static void expect_members(const size_t *sizes, size_t nr)
{
	autobytes struct bytes packed = { 0 }, want = { 0 }, out = { 0 };
	struct why w = { 0 };

	for (size_t i = 0; i < nr; i++) {
		autobytes struct bytes one = { 0 }, member = { 0 };

		bytes_fill(&one, 'a' + i, sizes[i]);
		assert_true(pack(&member, "gzip", bytes_span(&one)));
		bytes_add(&packed, member.data, member.size);
		bytes_add(&want, one.data, one.size);
	}
	if (unpack("gzip", &packed, &out, want.size, &w) != 0)
		fail_msg("%s", w.text);
	assert_int_equal(out.size, want.size);
	assert_memory_equal(out.data, want.data, want.size);
	expect_refused("gzip", &packed, want.size - 1, -E2BIG, "unpacks to more than");
}

static void test_gzip_sizes(void **state)
{
	autobytes struct bytes packed = { 0 };

	(void)state;
	if (!pack(&packed, "gzip", plain_span))
		skip();
	expect_members((size_t[]){ 10, 3 * STREAM_OUT }, 2);
	expect_members((size_t[]){ 3 * STREAM_OUT, 10 }, 2);
	expect_members((size_t[]){ 10, 10, 70000, 1 }, 4);
	for (uint64_t size = 0; size < 2 * PLAIN_SIZE; size++) {
		if (size == PLAIN_SIZE)
			continue;
		bytes_set(&packed, packed.size - 4, 4, size);
		expect_refused("gzip", &packed, MiB, -EBADMSG, "gzip data is damaged");
	}
	bytes_set(&packed, packed.size - 4, 4, UINT32_MAX);
	expect_refused("gzip", &packed, 4 * GiB, -EBADMSG, "gzip data is damaged");
	bytes_set(&packed, packed.size - 4, 4, PLAIN_SIZE);
	expect_plain("gzip", &packed, 1);
}

/* The legacy format has blocks that each unpack to 8 MiB, and no end. */
static void test_lz4_legacy_blocks(void **state)
{
	autobytes struct bytes packed = { 0 }, two = { 0 };

	(void)state;
	if (!pack(&packed, "lz4", plain_span))
		skip();
	bytes_add(&two, packed.data, packed.size);
	bytes_add(&two, packed.data + 4, packed.size - 4);
	expect_plain("lz4", &two, 2);
	bytes_set(&two, packed.size, 4, UINT32_MAX); /* size of the second block */
	expect_refused("lz4", &two, MiB, -EBADMSG, "lz4 data is damaged");
	bytes_set(&two, packed.size, 4, packed.size - 7);
	expect_refused("lz4", &two, MiB, -EBADMSG, "lz4 data ends early");
}

/* A whole file of nothing is no kernel. */
static void test_unpacks_to_nothing(void **state)
{
	(void)state;
	for (const char *const *codec = pack_codecs; *codec; codec++) {
		autobytes struct bytes packed = { 0 };

		if (strcmp(*codec, "zstd") != 0 && pack(&packed, *codec, NO_BYTES))
			expect_refused(*codec, &packed, MiB, -EBADMSG, "");
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(codec_name(codec_by_name("gzip")), "gzip");
	assert_string_equal(codec_name(codec_by_name("zstd22")), "zstd");
	assert_string_equal(codec_name(codec_by_name("xzkern")), "xz");
	assert_string_equal(codec_name(codec_by_name("lz4")), "lz4");
	assert_ptr_equal(codec_by_name("lz4"), &codec_lz4_legacy); /* the kernel's meaning */
	assert_null(codec_by_name(""));
	assert_null(codec_by_name("zstd2"));
	assert_null(codec_by_name("zstd22 "));
	assert_string_equal(codec_name(codec_by_name("lzo")), "lzo");
	assert_null(codec_by_name("lzop"));
}

static void by_magic(const char *codec, const struct bytes *packed)
{
	const struct codec *c = codec_by_name(codec);

	assert_ptr_equal(codec_by_magic(bytes_span(packed)), c);
	assert_null(codec_by_magic((struct span){ packed->data, c->magic_len - 1 }));
}

static void test_magics(void **state)
{
	(void)state;
	each_codec(by_magic);
	assert_null(codec_by_magic(TEXT("MZ\0\0\0\0\0\0\0\0\0\0\0\0\0\0")));
	assert_null(codec_by_magic(NO_BYTES));
}

static void test_not_built_in(void **state)
{
	static const struct codec none = { .name = "foozip", .library = "libfoo" };
	autoblob struct blob in = { 0 }, out = { 0 };
	struct why w = { 0 };
	struct extent all;

	(void)state;
	assert_int_equal(blob_copy(&in, TEXT("foo"), "file", NULL), 0);
	all = blob_whole(&in);
	check_refused("foozip", decompress(&none, &all, &out, "kernel", MiB, &w), &w, -EOPNOTSUPP,
		      "is compressed with foozip, but this program was built without libfoo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_member),
		cmocka_unit_test(test_zeros_behind),
		cmocka_unit_test(test_garbage_behind),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_over_limit),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_several_members),
		cmocka_unit_test(test_straddling_members),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_gzip_sizes),
		cmocka_unit_test(test_lz4_legacy_blocks),
		cmocka_unit_test(test_unpacks_to_nothing),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_magics),
		cmocka_unit_test(test_not_built_in),
	};

	return cmocka_run_group_tests_name("decompress", tests, make_plain, NULL);
}
