/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uImage, the ELF envelope, and kernels of machines that we only unpack for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "lib/crc32.h"
#include "tests/unit/images-more.h"
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

static int open_image(struct boot_image *ret, const struct bytes *image, struct why *w)
{
	autoblob struct blob b = bytes_blob(image);

	return file_type_open(ret, &b, NULL, w);
}

static void check_kernel(const struct boot_image *img, const struct bytes *want)
{
	autofree unsigned char *have = NULL;

	assert_int_equal(img->kernel.bytes.len, want->size);
	assert_int_equal(extent_dup(&img->kernel.bytes, 0, want->size, &have, NULL), 0);
	assert_memory_equal(have, want->data, want->size);
}

static int open_uimage(const struct bytes *image, struct why *w)
{
	autoimage struct boot_image img = { 0 };
	int r = open_image(&img, image, w);

	if (r < 0)
		return r;
	assert_ptr_equal(img.layers[0], &file_type_uimage);
	assert_ptr_equal(img.layers[1], &file_type_arm64_image);
	assert_string_equal(img.kernel.origin, "uImage data");
	check_kernel(&img, &kernel);
	return 0;
}

static void test_uimage_codecs(void **state)
{
	static const char *const codecs[] = { NULL, "gzip", "bzip2", "lzma", "lzo", "lz4", "zstd" };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(codecs); i++) {
		autobytes struct bytes packed = { 0 }, image = { 0 };
		struct why w = { 0 };

		if (!codecs[i]) {
			bytes_add(&packed, kernel.data, kernel.size);
		} else if (!pack(&packed, codecs[i], bytes_span(&kernel))) {
			print_message("# SKIP %s: not built in\n", codecs[i]);
			continue;
		}
		make_uimage(&image, i, bytes_span(&packed));
		if (open_uimage(&image, &w) != 0)
			fail_msg("%s: %s", codecs[i] ? codecs[i] : "plain", w.text);
	}
}

static void test_uimage_defects(void **state)
{
	static const struct defect list[] = {
		BAD("magic", 0, 1, 0x28, -ENOEXEC, "no known kernel format"),
		BAD("load-address", 16, 1, 1, -EBADMSG, "uImage header is damaged"),
		BAD("header-checksum", UIMAGE_CRC, 1, 1, -EBADMSG, "uImage header is damaged"),
		BAD("data", UIMAGE_HEAD + 100, 1, 0x77, -EBADMSG, "the checksum of its kernel"),
		CUT("header", UIMAGE_HEAD - 1, -EBADMSG, "ends inside its header"),
		CUT("no-data", UIMAGE_HEAD, -EBADMSG, "the file has 0"),
		CUT("data-short", UIMAGE_HEAD + 100, -EBADMSG, "the file has 100"),
	};
	autobytes struct bytes image = { 0 };

	(void)state;
	make_uimage(&image, 0, bytes_span(&kernel));
	check_defects(&image, open_uimage, list, ARRAY_SIZE(list));
	bytes_fill(&image, 0, 1);
	assert_int_equal(open_uimage(&image, NULL), -EBADMSG);
}

/* Its checksum is right, what it says is not for us. */
static void expect_uimage_refused(size_t off, unsigned int value, int err, const char *phrase)
{
	autobytes struct bytes image = { 0 };
	struct why w = { 0 };

	make_uimage(&image, 0, bytes_span(&kernel));
	bytes_set(&image, off, 1, value);
	uimage_update(&image);
	check_refused(phrase, open_uimage(&image, &w), &w, err, phrase);
}

static void test_uimage_kinds(void **state)
{
	(void)state;
	expect_uimage_refused(UIMAGE_OS, 17, -EOPNOTSUPP, "another system than Linux (17)");
	expect_uimage_refused(UIMAGE_TYPE, 4, -EOPNOTSUPP, "no kernel alone (type 4)");
	expect_uimage_refused(UIMAGE_COMPRESSION, 7, -EOPNOTSUPP, "in an unknown way (7)");
	expect_uimage_refused(UIMAGE_COMPRESSION, 1, -EBADMSG, "gzip data");
	expect_uimage_refused(UIMAGE_SIZE, 1, -EBADMSG, "uImage says that it has");
}

static void test_crc32(void **state)
{
	(void)state;
	assert_int_equal(crc32_update(0, "123456789", 9), 0xcbf43926); /* the check value */
	assert_int_equal(crc32_update(crc32_update(0, "1234", 4), "56789", 5), 0xcbf43926);
	assert_int_equal(crc32_update(0, "", 0), 0);
}

#define SECTION_AT(i, field) (64 + 64 * (i) + (field))
#define SH_NAME	  0
#define SH_TYPE	  4
#define SH_OFFSET 24
#define SH_SIZE	  32

static int open_envelope(const struct bytes *image, struct why *w)
{
	autoimage struct boot_image img = { 0 };
	int r = open_image(&img, image, w);

	if (r < 0)
		return r;
	assert_ptr_equal(img.layers[0], &file_type_envelope);
	assert_ptr_equal(img.layers[1], &file_type_arm64_image);
	check_kernel(&img, &kernel);
	assert_string_equal(img.kernel.origin, "section .kernel");
	assert_int_equal(img.nr_initrd, 1);
	assert_int_equal(img.initrd[0].bytes.len, 7);
	assert_string_equal(img.cmdline, "root=/dev/vda");
	return 0;
}

static void test_envelope(void **state)
{
	static const struct defect list[] = {
		BAD("magic", 0, 1, 'E', -ENOEXEC, "no known kernel format"),
		BAD("entry-size", 58, 2, 63, -EBADMSG, "section headers of 63 bytes"),
		BAD("sections", 60, 2, 65, -E2BIG, "65 sections"),
		BAD("too-few-sections", 60, 2, 4, -EBADMSG, "names are in section 4 of 4"),
		BAD("table", 40, 8, UINT64_MAX, -EBADMSG, "section table is outside"),
		BAD("names-index", 62, 2, 5, -EBADMSG, "names are in section 5 of 5"),
		BAD("names-kind", 62, 2, 1, -EBADMSG, "section 1 holds no names"),
		BAD("names-size", SECTION_AT(4, SH_SIZE), 8, 1 << 20, -EBADMSG, "holds no names"),
		BAD("names-end", SECTION_AT(4, SH_SIZE), 8, 34, -EBADMSG, "last name does not end"),
		BAD("names-offset", SECTION_AT(4, SH_OFFSET), 8, 1 << 30, -EBADMSG, ""),
		BAD("name", SECTION_AT(1, SH_NAME), 4, 36, -EBADMSG, "outside the names"),
		BAD("twice", SECTION_AT(2, SH_NAME), 4, 1, -EBADMSG, "appears a second time"),
		BAD("no-bytes", SECTION_AT(1, SH_TYPE), 4, 8, -EBADMSG, "has no bytes"),
		BAD("offset", SECTION_AT(1, SH_OFFSET), 8, UINT64_MAX, -EBADMSG, "outside the file"),
		BAD("size", SECTION_AT(2, SH_SIZE), 8, UINT64_MAX, -EBADMSG, "outside the file"),
		BAD("empty-kernel", SECTION_AT(1, SH_SIZE), 8, 0, -EBADMSG, "its kernel is empty"),
		BAD("cmdline-size", SECTION_AT(3, SH_SIZE), 8, 1 << 20, -EBADMSG, "outside the file"),
		CUT("cut", 400, -EBADMSG, ""),
	};
	autobytes struct bytes image = { 0 };

	(void)state;
	make_envelope(&image, bytes_span(&kernel), TEXT("initrd!"), "root=/dev/vda \n");
	check_defects(&image, open_envelope, list, ARRAY_SIZE(list));
}

/* What is not there, or empty, is no part. */
static void test_envelope_kernel_only(void **state)
{
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	make_envelope(&image, bytes_span(&kernel), NO_BYTES, "");
	assert_int_equal(open_image(&img, &image, NULL), 0);
	assert_int_equal(img.nr_initrd, 0);
	assert_null(img.cmdline);
	check_kernel(&img, &kernel);
}

/* The outer layer's parts count, the inner one's kernel. */
static void test_uki_in_envelope(void **state)
{
	autobytes struct bytes uki = { 0 }, image = { 0 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	MAKE_PE(&uki, { ".linux", bytes_span(&kernel) }, { ".cmdline", TEXT("inner") },
		{ ".initrd", TEXT("of the UKI") });
	make_envelope(&image, bytes_span(&uki), NO_BYTES, "outer");
	assert_int_equal(open_image(&img, &image, NULL), 0);
	assert_int_equal(img.nr_layers, 3);
	assert_string_equal(img.cmdline, "outer");
	assert_int_equal(img.nr_initrd, 1);
	assert_int_equal(img.initrd[0].bytes.len, 10);
	check_kernel(&img, &kernel);
}

static const struct file_type *expected_type;

static int open_bare(const struct bytes *image, struct why *w)
{
	autoimage struct boot_image img = { 0 };
	int r = open_image(&img, image, w);

	if (r < 0)
		return r;
	assert_int_equal(img.nr_layers, 1);
	assert_ptr_equal(img.layers[0], expected_type);
	return 0;
}

static void test_other_machines(void **state)
{
	static const struct defect riscv[] = {
		BAD("size-small", 16, 8, 16, -EBADMSG, "has image_size 16"),
		BAD("size-huge", 16, 8, UINT64_MAX, -EBADMSG, "has image_size"),
		BAD("big-endian", 24, 1, 1, -EOPNOTSUPP, "big endian"),
	};
	static const struct defect loongarch[] = {
		BAD("size-small", 16, 8, 16, -EBADMSG, "says that it needs 16"),
		BAD("size-huge", 16, 8, UINT64_MAX, -EBADMSG, "says that it needs"),
		BAD("machine", PE_AT + 4, 2, 0x8664, -EBADMSG, "EFI program without a kernel"),
	};
	autobytes struct bytes riscv64 = { 0 }, loongarch64 = { 0 };

	(void)state;
	make_riscv64_image(&riscv64);
	expected_type = &file_type_riscv64_image;
	check_defects(&riscv64, open_bare, riscv, ARRAY_SIZE(riscv));
	make_loongarch64_image(&loongarch64);
	expected_type = &file_type_loongarch64_image;
	check_defects(&loongarch64, open_bare, loongarch, ARRAY_SIZE(loongarch));
}

/* zboot images of these machines unpack as arm64's do. */
static void test_other_zboot(void **state)
{
	void (*const makers[])(struct bytes *) = { make_riscv64_image, make_loongarch64_image };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		autobytes struct bytes inner = { 0 }, packed = { 0 }, zboot = { 0 };
		autoimage struct boot_image img = { 0 };

		makers[i](&inner);
		if (!pack(&packed, "zstd", bytes_span(&inner)))
			skip();
		make_zboot(&zboot, "zstd22", bytes_span(&packed), inner.size);
		bytes_set(&zboot, 0x38, 4, 0x818223cd);
		bytes_set(&zboot, PE_AT + 4, 2, i ? 0x6264 : 0x5064);
		assert_int_equal(open_image(&img, &zboot, NULL), 0);
		assert_ptr_equal(img.layers[0], &file_type_zboot);
		assert_string_equal(img.layers[1]->machine, i ? "loongarch64" : "riscv64");
		check_kernel(&img, &inner);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uimage_codecs),
		cmocka_unit_test(test_uimage_defects),
		cmocka_unit_test(test_uimage_kinds),
		cmocka_unit_test(test_crc32),
		cmocka_unit_test(test_envelope),
		cmocka_unit_test(test_envelope_kernel_only),
		cmocka_unit_test(test_uki_in_envelope),
		cmocka_unit_test(test_other_machines),
		cmocka_unit_test(test_other_zboot),
	};

	return cmocka_run_group_tests_name("formats", tests, make_kernel, free_kernel);
}
