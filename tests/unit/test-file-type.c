/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of formats, and images inside images. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "tests/unit/pack.h"

static struct bytes bzImage, arm64; /* made once */

static int make_kernels(void **state)
{
	(void)state;
	make_bzImage(&bzImage);
	make_arm64_image(&arm64);
	return 0;
}

static int free_kernels(void **state)
{
	(void)state;
	bytes_done(&bzImage);
	bytes_done(&arm64);
	return 0;
}

static int open_as(struct boot_image *ret, const struct bytes *file,
		   const struct file_type *forced, struct why *w)
{
	autoblob struct blob b = bytes_blob(file);
	int r = file_type_open(ret, &b, forced, w);

	assert_int_equal(b.kind, BLOB_NONE);
	if (r < 0) {
		assert_int_equal(ret->nr_layers, 0);
		assert_int_equal(ret->nr_blobs, 0);
	}
	return r;
}

static void expect_refused(const char *name, const struct bytes *file,
			   const struct file_type *forced, int err, const char *phrase)
{
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	check_refused(name, open_as(&img, file, forced, &w), &w, err, phrase);
}

/* @layers: names, separated by spaces. The innermost is @kernel. */
static void expect(const struct bytes *file, const struct file_type *forced, const char *layers,
		   const struct bytes *kernel)
{
	autoimage struct boot_image img = { 0 };
	autofree unsigned char *have = NULL;
	char text[256] = "";
	struct why w = { 0 };

	if (open_as(&img, file, forced, &w) != 0)
		fail_msg("%s: %s", layers, w.text);
	for (size_t i = 0; i < img.nr_layers; i++)
		strcat(strcat(text, i ? " " : ""), img.layers[i]->name);
	assert_string_equal(text, layers);
	assert_int_equal(img.kernel.bytes.len, kernel->size);
	assert_int_equal(extent_dup(&img.kernel.bytes, 0, kernel->size, &have, NULL), 0);
	assert_memory_equal(have, kernel->data, kernel->size);
}

/* All four are PE files too: the most specific answer counts. */
static void test_found_by_content(void **state)
{
	autobytes struct bytes uki = { 0 }, zboot = { 0 }, packed = { 0 };

	(void)state;
	expect(&bzImage, NULL, "bzImage64", &bzImage);
	expect(&arm64, NULL, "Image", &arm64);
	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) });
	expect(&uki, NULL, "uki bzImage64", &bzImage);
	if (!pack(&packed, "gzip", bytes_span(&arm64)))
		skip();
	make_zboot(&zboot, "gzip", bytes_span(&packed), arm64.size);
	expect(&zboot, NULL, "vmlinuz Image", &arm64);
	expect(&packed, NULL, "compressed Image", &arm64);
}

static void test_no_kernel(void **state)
{
	autobytes struct bytes text = { 0 }, program = { 0 }, packed = { 0 };

	(void)state;
	bytes_add(&text, "This is not a kernel.\n", 22);
	expect_refused("text", &text, NULL, -ENOEXEC, "no known kernel format");
	text.size = 1;
	expect_refused("one-byte", &text, NULL, -ENOEXEC, "no known kernel format");
	MAKE_PE(&program, { ".text", TEXT("code") });
	expect_refused("efi-program", &program, NULL, -EBADMSG, "without a kernel");
	if (!pack(&packed, "gzip", bytes_span(&text)))
		skip();
	expect_refused("text.gz", &packed, NULL, -ENOEXEC,
		       "inside the compressed file: no known kernel format");
	packed.size--;
	expect_refused("truncated.gz", &packed, NULL, -EBADMSG, "gzip data ends early");
}

static void test_each_compression(void **state)
{
	(void)state;
	for (const char *const *codec = pack_codecs; *codec; codec++) {
		autobytes struct bytes packed = { 0 };

		if (pack(&packed, *codec, bytes_span(&bzImage)))
			expect(&packed, NULL, "compressed bzImage64", &bzImage);
		else
			print_message("# SKIP %s: not built in\n", *codec);
	}
}

/* Four images may be around a kernel, and each compressed. */
static void test_nesting_limit(void **state)
{
	autobytes struct bytes file = { 0 };

	(void)state;
	bytes_add(&file, bzImage.data, bzImage.size);
	for (int i = 0; i < LIMIT_NESTING + 1; i++) {
		autobytes struct bytes packed = { 0 }, uki = { 0 };

		if (i == LIMIT_NESTING)
			expect(&file, NULL, "uki compressed uki compressed uki compressed uki "
			       "compressed bzImage64", &bzImage);
		if (!pack(&packed, "gzip", bytes_span(&file)))
			skip();
		MAKE_PE(&uki, { ".linux", bytes_span(&packed) });
		bytes_done(&file);
		bytes_add(&file, uki.data, uki.size);
	}
	expect_refused("five-images", &file, NULL, -E2BIG, "more than 4 images");
}

static void test_packed_twice(void **state)
{
	autobytes struct bytes once = { 0 }, twice = { 0 };

	(void)state;
	if (!pack(&once, "gzip", bytes_span(&bzImage)) || !pack(&twice, "gzip", bytes_span(&once)))
		skip();
	expect_refused("twice", &twice, NULL, -EOPNOTSUPP, "compressed twice");
}

static void test_uki_in_uki(void **state)
{
	autobytes struct bytes inner = { 0 }, outer = { 0 };
	autoimage struct boot_image all = { 0 }, some = { 0 }, none = { 0 };

	(void)state;
	MAKE_PE(&inner, { ".linux", bytes_span(&bzImage) }, { ".cmdline", TEXT("inner") },
		{ ".initrd", TEXT("inner initrd") });
	MAKE_PE(&outer, { ".linux", bytes_span(&inner) }, { ".cmdline", TEXT("outer") },
		{ ".ucode", TEXT("outer") });
	expect(&outer, NULL, "uki uki bzImage64", &bzImage);
	assert_int_equal(open_as(&all, &outer, NULL, NULL), 0);
	assert_string_equal(all.cmdline, "outer");
	assert_int_equal(all.nr_initrd, 1); /* .ucode is an initrd: the outer one has one */
	assert_int_equal(all.initrd[0].bytes.len, 5);

	MAKE_PE(&outer, { ".linux", bytes_span(&inner) }, { ".cmdline", TEXT("outer") });
	assert_int_equal(open_as(&some, &outer, NULL, NULL), 0);
	assert_string_equal(some.cmdline, "outer");
	assert_int_equal(some.nr_initrd, 1);
	assert_int_equal(some.initrd[0].bytes.len, 12);

	MAKE_PE(&outer, { ".linux", bytes_span(&inner) }, { ".initrd", TEXT("outer") });
	assert_int_equal(open_as(&none, &outer, NULL, NULL), 0);
	assert_string_equal(none.cmdline, "inner");
	assert_int_equal(none.nr_initrd, 1);
	assert_int_equal(none.initrd[0].bytes.len, 5);
}

/* A section is padded with zeros, which compressed data bears. */
static void test_inside_linux(void **state)
{
	autobytes struct bytes uki = { 0 }, zboot = { 0 }, packed = { 0 };

	(void)state;
	if (!pack(&packed, "gzip", bytes_span(&arm64)))
		skip();
	MAKE_PE(&uki, { ".linux", bytes_span(&packed) });
	bytes_set(&uki, PE_SECTION(0, SEC_VSIZE), 4, 1 << 20);
	expect(&uki, NULL, "uki compressed Image", &arm64);
	make_zboot(&zboot, "gzip", bytes_span(&packed), arm64.size);
	MAKE_PE(&uki, { ".linux", bytes_span(&zboot) });
	expect(&uki, NULL, "uki vmlinuz Image", &arm64);

	bytes_set(&packed, packed.size - 4, 4, 0); /* gzip's own size */
	MAKE_PE(&uki, { ".linux", bytes_span(&packed) });
	expect_refused("damaged", &uki, NULL, -EBADMSG,
		       "inside the unified kernel image: gzip data is damaged");
	make_zboot(&zboot, "gzip", bytes_span(&packed), arm64.size);
	MAKE_PE(&uki, { ".linux", bytes_span(&zboot) });
	expect_refused("zboot-damaged", &uki, NULL, -EBADMSG, "inside the unified kernel image: ");
}

static void test_forced(void **state)
{
	autobytes struct bytes uki = { 0 }, packed = { 0 }, packed_uki = { 0 };

	(void)state;
	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) });
	expect(&bzImage, &file_type_bzImage64, "bzImage64", &bzImage);
	expect(&uki, &file_type_uki, "uki bzImage64", &bzImage); /* the inside is found out */
	expect_refused("uki-as-bzimage", &uki, &file_type_bzImage64, -ENOEXEC,
		       "Wrong file type: this is no bzImage");
	expect_refused("bzimage-as-image", &bzImage, &file_type_arm64_image, -ENOEXEC,
		       "Wrong file type: this is no arm64 Image");
	expect_refused("bzimage-as-uki", &bzImage, &file_type_uki, -EBADMSG, "without a kernel");
	expect_refused("bzimage-as-compressed", &bzImage, &file_type_compressed, -ENOEXEC,
		       "Wrong file type");
	if (!pack(&packed, "gzip", bytes_span(&bzImage)) ||
	    !pack(&packed_uki, "gzip", bytes_span(&uki)))
		skip();
	expect(&packed, &file_type_compressed, "compressed bzImage64", &bzImage);
	/* What kexec-tools does too: compression is looked through. */
	expect(&packed, &file_type_bzImage64, "compressed bzImage64", &bzImage);
	expect(&packed_uki, &file_type_uki, "compressed uki bzImage64", &bzImage);
	expect_refused("packed-uki-as-bzimage", &packed_uki, &file_type_bzImage64, -ENOEXEC,
		       "Wrong file type");
}

static void test_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; file_type_row(i); i++) {
		assert_ptr_equal(file_type_by_name(file_type_row(i)->name), file_type_row(i));
		assert_non_null(file_type_row(i)->label);
	}
	assert_int_equal(i, 11);
	assert_null(file_type_row(SIZE_MAX));
	assert_ptr_equal(file_type_by_name("bzImage"), &file_type_bzImage64);
	assert_null(file_type_by_name("bzimage"));
	assert_null(file_type_by_name(""));
	assert_string_equal(file_type_bzImage64.machine, "x86_64");
	assert_string_equal(file_type_arm64_image.machine, "arm64");
	assert_null(file_type_uki.machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_by_content),
		cmocka_unit_test(test_no_kernel),
		cmocka_unit_test(test_each_compression),
		cmocka_unit_test(test_nesting_limit),
		cmocka_unit_test(test_packed_twice),
		cmocka_unit_test(test_uki_in_uki),
		cmocka_unit_test(test_inside_linux),
		cmocka_unit_test(test_forced),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("file-type", tests, make_kernels, free_kernels);
}
