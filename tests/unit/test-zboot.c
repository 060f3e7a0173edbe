/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI zboot: header, payload, trailer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "tests/unit/pack.h"

static struct bytes kernel; /* an arm64 Image, made once */

static int make_kernel(void **state)
{
	(void)state;
	make_arm64_image(&kernel);
	return 0;
}

static int free_kernel(void **state)
{
	(void)state;
	bytes_done(&kernel);
	return 0;
}

static int open_zboot(const struct bytes *image, struct why *w)
{
	autoblob struct blob b = bytes_blob(image);
	autoimage struct boot_image img = { 0 };
	autofree unsigned char *have = NULL;
	int r = file_type_open(&img, &b, &file_type_zboot, w);

	if (r < 0)
		return r;
	assert_int_equal(img.nr_layers, 2);
	assert_ptr_equal(img.layers[1], &file_type_arm64_image);
	assert_string_equal(img.kernel.origin, "zboot payload");
	assert_int_equal(img.kernel.bytes.len, kernel.size);
	assert_int_equal(extent_dup(&img.kernel.bytes, 0, kernel.size, &have, NULL), 0);
	assert_memory_equal(have, kernel.data, kernel.size);
	return 0;
}

static void test_codecs(void **state)
{
	static const struct { const char *codec, *name; } names[] = {
		{ "gzip", "gzip" }, { "lz4", "lz4" }, { "lzma", "lzma" }, { "lzo", "lzo" }, { "xz", "xzkern" },
		{ "xz", "xz" }, { "zstd", "zstd22" }, { "zstd", "zstd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		autobytes struct bytes packed = { 0 }, image = { 0 };
		struct why w = { 0 };

		if (!pack(&packed, names[i].codec, bytes_span(&kernel))) {
			print_message("# SKIP %s: not built in\n", names[i].codec);
			continue;
		}
		make_zboot(&image, names[i].name, bytes_span(&packed), kernel.size);
		if (open_zboot(&image, &w) != 0)
			fail_msg("%s: %s", names[i].name, w.text);
	}
}

static void check_zboot(const char *codec, const struct defect *list, size_t nr)
{
	autobytes struct bytes packed = { 0 }, image = { 0 };

	if (!pack(&packed, codec, bytes_span(&kernel)))
		skip();
	make_zboot(&image, codec, bytes_span(&packed), kernel.size);
	check_defects(&image, open_zboot, list, nr);
}

static void test_header(void **state)
{
	static const struct defect defects[] = {
		BAD("no-mz", 0, 2, 0, -ENOEXEC, "this is no zboot image"),
		BAD("no-zimg", 4, 1, 'Z', -ENOEXEC, "this is no zboot image"),
		CUT("shorter-than-header", 63, -ENOEXEC, "this is no zboot image"),
		BAD("codec-unknown", ZBOOT_CODEC, 4, 0x00786f66, -EOPNOTSUPP,
		    "compressed with 'fox'"),
		BAD("codec-empty", ZBOOT_CODEC, 4, 0, -EOPNOTSUPP, "compressed with ''"),
		BAD("codec-not-terminated", ZBOOT_CODEC + 4, 8, UINT64_C(0x7878787878787878),
		    -EOPNOTSUPP, "compressed with 'gzipxxxxxxxx'"),
		BAD("payload-past-eof", ZBOOT_OFF, 4, 0x10000, -EBADMSG, "outside the file"),
		BAD("payload-at-ffffffff", ZBOOT_OFF, 4, UINT32_MAX, -EBADMSG, "outside the file"),
		BAD("payload-ffffffff-long", ZBOOT_SIZE, 4, UINT32_MAX, -EBADMSG,
		    "outside the file"),
		BAD("payload-0-long", ZBOOT_SIZE, 4, 0, -EBADMSG, "(0 bytes at 0x200)"),
		BAD("payload-trailer-alone", ZBOOT_SIZE, 4, 4, -EBADMSG, "(4 bytes at 0x200)"),
		BAD("payload-of-another-codec", ZBOOT_PAYLOAD, 2, 0, -EBADMSG,
		    "gzip data is damaged"),
		CUT("cut-in-payload", ZBOOT_PAYLOAD + 30, -EBADMSG, "outside the file"),
	};

	(void)state;
	check_zboot("gzip", defects, ARRAY_SIZE(defects));
}

/* The trailer is part of a gzip payload: what it says then is also wrong for gzip. */
static void test_gzip_trailer(void **state)
{
	autobytes struct bytes packed = { 0 };
	struct defect defects[] = {
		BAD("trailer-not-counted", ZBOOT_SIZE, 4, 0, -EBADMSG, NULL),
	};

	(void)state;
	if (!pack(&packed, "gzip", bytes_span(&kernel)))
		skip();
	defects[0].value = packed.size - 4; /* as the other codecs count */
	defects[0].phrase = "";
	defects[0].err = -E2BIG; /* the CRC is taken for the size */
	check_zboot("gzip", defects, ARRAY_SIZE(defects));
}

static void test_zstd_trailer(void **state)
{
	autobytes struct bytes packed = { 0 };
	size_t at;

	(void)state;
	if (!pack(&packed, "zstd", bytes_span(&kernel)))
		skip();
	at = ZBOOT_PAYLOAD + packed.size;
	{
		const struct defect defects[] = {
			BAD("trailer-0", at, 4, 0, -EBADMSG, "claims to unpack to nothing"),
			BAD("trailer-over-limit", at, 4, LIMIT_DECOMPRESSED + 1, -E2BIG,
			    "claims to unpack to 536870913 bytes"),
			BAD("trailer-too-large", at, 4, kernel.size + 1, -EBADMSG,
			    "unpacks to 1024 bytes, its trailer says 1025"),
			BAD("trailer-too-small", at, 4, kernel.size - 1, -E2BIG,
			    "unpacks to more than 1023 bytes"),
			CUT("trailer-past-eof", at + 3, -EBADMSG, "ends early"),
			BAD("payload-with-trailer", ZBOOT_SIZE, 4, packed.size + 4, -EBADMSG,
			    "claims to unpack to nothing"),
		};

		check_zboot("zstd", defects, ARRAY_SIZE(defects));
	}
}

/* Half of a payload is there and complete, the other half something else. */
static void test_junk_in_payload(void **state)
{
	autobytes struct bytes packed = { 0 }, image = { 0 };
	struct why w = { 0 };

	(void)state;
	if (!pack(&packed, "zstd", bytes_span(&kernel)))
		skip();
	bytes_add(&packed, "junk", 4);
	make_zboot(&image, "zstd", bytes_span(&packed), kernel.size);
	check_refused("junk", open_zboot(&image, &w), &w, -EBADMSG,
		      "something else follows the zstd data");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_gzip_trailer),
		cmocka_unit_test(test_zstd_trailer),
		cmocka_unit_test(test_junk_in_payload),
	};

	return cmocka_run_group_tests_name("zboot", tests, make_kernel, free_kernel);
}
