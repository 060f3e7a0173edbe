/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unified kernel images: what the embedded image of DESIGN.md is. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "tests/unit/images.h"

static struct bytes kernel; /* a bzImage, made once */

static int make_kernel(void **state)
{
	(void)state;
	make_bzImage(&kernel);
	return 0;
}

static int free_kernel(void **state)
{
	(void)state;
	bytes_done(&kernel);
	return 0;
}

#define LINUX      { ".linux", bytes_span(&kernel) }
#define PROFILE(t) { ".profile", TEXT(t) }

static int open_uki(struct boot_image *ret, const struct bytes *image, struct why *w)
{
	autoblob struct blob b = bytes_blob(image);
	int r = file_type_open(ret, &b, NULL, w);

	assert_int_equal(b.kind, BLOB_NONE); /* taken over, whatever happened */
	return r;
}

static int try_uki(const struct bytes *image, struct why *w)
{
	autoimage struct boot_image img = { 0 };

	return open_uki(&img, image, w);
}

#define MUST_OPEN(img, image)                                        \
	do {                                                         \
		struct why _w = { 0 };                               \
		if (open_uki(img, image, &_w) != 0)                  \
			fail_msg("refused: %s", _w.text);            \
	} while (0)

static void check_part(const struct extent *e, struct span want)
{
	autofree unsigned char *have = NULL;

	assert_int_equal(e->len, want.size);
	assert_int_equal(extent_dup(e, 0, e->len, &have, NULL), 0);
	assert_memory_equal(have, want.data, want.size);
}

static void check_initrd(const struct boot_image *img, const char *want, size_t len)
{
	autoblob struct blob memfd = { 0 };
	struct extent all;

	assert_int_equal(blob_memfd(&memfd, "initrd", NULL), 0);
	assert_int_equal(boot_image_join_initrd(img, &memfd, NULL), 0);
	assert_int_equal(boot_image_initrd_size(img), len);
	all = blob_whole(&memfd);
	check_part(&all, (struct span){ (const unsigned char *)want, len });
}

#define CHECK_INITRD(img, text) check_initrd(img, text, sizeof(text) - 1)

/* Every section, .initrd in front of .ucode, an unknown and a repeated device tree. */
static void test_whole(void **state)
{
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	MAKE_PE(&image, { ".osrel", TEXT("ID=test\n") }, { ".initrd", TEXT("INITRD!") },
		{ ".cmdline", TEXT("root=/dev/vda quiet\n") }, { ".ucode", TEXT("UCODE") },
		{ ".dtbauto", TEXT("one") }, { ".dtbauto", TEXT("two") }, { ".foo", TEXT("?") },
		{ ".efifw", TEXT("one") }, { ".efifw", TEXT("two") }, LINUX,
		{ ".bpf", TEXT("program") });
	MUST_OPEN(&img, &image);
	assert_int_equal(img.nr_layers, 2);
	assert_ptr_equal(img.layers[0], &file_type_uki);
	assert_ptr_equal(img.layers[1], &file_type_bzImage64);
	check_part(&img.kernel.bytes, bytes_span(&kernel));
	assert_string_equal(img.kernel.origin, "section .linux");
	assert_int_equal(img.nr_initrd, 2);
	assert_string_equal(img.initrd[0].origin, "section .ucode");
	assert_string_equal(img.initrd[1].origin, "section .initrd");
	CHECK_INITRD(&img, "UCODE\0\0\0INITRD!"); /* the last is not padded */
	assert_string_equal(img.cmdline, "root=/dev/vda quiet");
	assert_string_equal(img.cmdline_origin, "section .cmdline");
}

static void test_kernel_alone(void **state)
{
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	MAKE_PE(&image, LINUX, { ".initrd", NO_BYTES }, { ".cmdline", NO_BYTES });
	MUST_OPEN(&img, &image);
	assert_int_equal(img.nr_initrd, 0);
	assert_int_equal(boot_image_initrd_size(&img), 0);
	assert_null(img.cmdline);
}

static void test_initrd_padding(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 8; len++) {
		struct span ucode = { (const unsigned char *)"12345678", len };
		autobytes struct bytes image = { 0 }, want = { 0 };
		autoimage struct boot_image img = { 0 };

		MAKE_PE(&image, { ".ucode", ucode }, { ".initrd", TEXT("abc") }, LINUX);
		MUST_OPEN(&img, &image);
		bytes_add(&want, ucode.data, len);
		bytes_align(&want, 4);
		bytes_add(&want, "abc", 3);
		check_initrd(&img, (char *)want.data, want.size);
	}
}

/* A part is the smaller of VirtualSize and SizeOfRawData. */
static void test_smaller_of_both_sizes(void **state)
{
	static const struct { uint32_t virtual_size; size_t expected; } sizes[] = {
		{ 3, 3 }, { 7, 7 }, { 512, 512 }, { 513, 512 }, { 1 << 30, 512 },
	};
	autobytes struct bytes image = { 0 };

	(void)state;
	MAKE_PE(&image, { ".initrd", TEXT("INITRD!") }, LINUX);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		autoimage struct boot_image img = { 0 };

		bytes_set(&image, PE_SECTION(0, SEC_VSIZE), 4, sizes[i].virtual_size);
		MUST_OPEN(&img, &image);
		assert_int_equal(img.initrd[0].bytes.len, sizes[i].expected);
		check_part(&img.initrd[0].bytes,
			   (struct span){ image.data + PE_FIRST_AT, sizes[i].expected });
	}
}

/*
 * ukify 257.0 wrote SizeOfImage as .linux' VirtualSize: then the padding of the
 * section is in, and only the inner certificates tell where the kernel ends.
 */
static void test_cut_at_certificates(void **state)
{
	autobytes struct bytes image = { 0 }, signed_kernel = { 0 };
	autoimage struct boot_image img = { 0 }, padded = { 0 };

	(void)state;
	make_bzImage(&signed_kernel);
	pe_add_certificates(&signed_kernel, 0x148);
	MAKE_PE(&image, { ".linux", bytes_span(&signed_kernel) });
	bytes_set(&image, PE_SECTION(0, SEC_VSIZE), 4, 1 << 20);
	MUST_OPEN(&img, &image);
	check_part(&img.kernel.bytes, bytes_span(&signed_kernel));

	bytes_done(&signed_kernel); /* without certificates the padding stays */
	make_bzImage(&signed_kernel);
	signed_kernel.size -= 100;
	bytes_set(&signed_kernel, PE_SECTION(0, SEC_RAW_SIZE), 4, 512);
	bytes_set(&signed_kernel, 0x1f4, 4, 1);
	bytes_set(&signed_kernel, 0x24c, 4, 1);
	MAKE_PE(&image, { ".linux", bytes_span(&signed_kernel) });
	bytes_set(&image, PE_SECTION(0, SEC_VSIZE), 4, 1 << 20);
	MUST_OPEN(&padded, &image);
	assert_int_equal(padded.kernel.bytes.len, signed_kernel.size + 100);
}

static void test_cmdline_text(void **state)
{
	static const struct { struct span section; const char *want; } texts[] = {
		{ TEXT("quiet"), "quiet" },
		{ TEXT("quiet\n"), "quiet" },
		{ TEXT("quiet \t\r\n\x7f\x01"), "quiet" },
		{ TEXT("quiet\0splash"), "quiet" },
		{ TEXT("quiet \0 \0"), "quiet" },
		{ TEXT("  a  b\tc\n d"), "  a  b\tc\n d" }, /* only the end is trimmed */
		{ TEXT("a\xc3\xa4\xff"), "a\xc3\xa4\xff" },
		{ TEXT("\0quiet"), NULL },
		{ TEXT(" \n\x7f"), NULL },
		{ TEXT("\n"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		autobytes struct bytes image = { 0 };
		autoimage struct boot_image img = { 0 };

		MAKE_PE(&image, { ".cmdline", texts[i].section }, LINUX);
		MUST_OPEN(&img, &image);
		if (texts[i].want)
			assert_string_equal(img.cmdline, texts[i].want);
		else
			assert_null(img.cmdline);
	}
}

/* Fills .cmdline with @head letters, @blanks spaces and then @tail letters. */
static int open_long_cmdline(struct boot_image *ret, size_t head, size_t blanks, size_t tail,
			     struct why *w)
{
	autobytes struct bytes image = { 0 }, text = { 0 };

	bytes_fill(&text, 'x', head);
	bytes_fill(&text, ' ', blanks);
	bytes_fill(&text, 'y', tail);
	MAKE_PE(&image, { ".cmdline", bytes_span(&text) }, LINUX);
	return open_uki(ret, &image, w);
}

static void test_long_cmdline(void **state)
{
	autoimage struct boot_image img = { 0 }, bad = { 0 };
	struct why w = { 0 };

	(void)state;
	assert_int_equal(open_long_cmdline(&img, LIMIT_CMDLINE, 0, 0, NULL), 0);
	assert_int_equal(strlen(img.cmdline), LIMIT_CMDLINE);
	check_refused("cmdline-one-too-long",
		      open_long_cmdline(&bad, LIMIT_CMDLINE + 1, 0, 0, &w), &w, -E2BIG,
		      ".cmdline");
	w = (struct why){ 0 }; /* what is behind the limit must not be lost without a word */
	check_refused("cmdline-goes-on-behind-the-limit",
		      open_long_cmdline(&bad, 10, LIMIT_CMDLINE, 10, &w), &w, -E2BIG, ".cmdline");
}

static void test_profile_0_overrides(void **state)
{
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	MAKE_PE(&image, { ".cmdline", TEXT("base") }, { ".initrd", TEXT("base initrd") }, LINUX,
		PROFILE("ID=zero"), { ".cmdline", TEXT("zero") }, { ".ucode", TEXT("zero") },
		PROFILE("ID=one"), { ".cmdline", TEXT("one") }, { ".initrd", TEXT("one") });
	MUST_OPEN(&img, &image);
	assert_string_equal(img.cmdline, "zero");
	CHECK_INITRD(&img, "zerobase initrd");
}

/* A section that is there in name only: the stub drops the base's too. */
static void test_empty_profile_section_removes(void **state)
{
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	MAKE_PE(&image, { ".cmdline", TEXT("base") }, { ".initrd", TEXT("base") },
		{ ".ucode", TEXT("ucode") }, LINUX, PROFILE("ID=zero"),
		{ ".cmdline", NO_BYTES }, { ".initrd", NO_BYTES });
	MUST_OPEN(&img, &image);
	assert_null(img.cmdline);
	CHECK_INITRD(&img, "ucode");
}

/* VirtualSize 0, the way that a real tool writes it: with bytes in the file. */
static void test_virtual_size_0_is_absent(void **state)
{
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	MAKE_PE(&image, { ".cmdline", TEXT("base") }, LINUX, PROFILE("ID=zero"),
		{ ".cmdline", TEXT("zero") });
	bytes_set(&image, PE_SECTION(3, SEC_VSIZE), 4, 0);
	MUST_OPEN(&img, &image);
	assert_null(img.cmdline);
}

static void test_profile_brings_the_kernel(void **state)
{
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	MAKE_PE(&image, { ".cmdline", TEXT("base") }, PROFILE("ID=zero"), LINUX);
	MUST_OPEN(&img, &image);
	check_part(&img.kernel.bytes, bytes_span(&kernel));
}

static void test_same_name_once_in_each_slice(void **state)
{
	autobytes struct bytes image = { 0 };

	(void)state;
	MAKE_PE(&image, LINUX, { ".cmdline", TEXT("a") }, PROFILE("0"), { ".cmdline", TEXT("b") },
		PROFILE("1"), { ".cmdline", TEXT("c") }, PROFILE("2"), { ".cmdline", TEXT("d") });
	assert_int_equal(try_uki(&image, NULL), 0);
}

static void refused(const char *name, const struct section *sections, size_t nr, int err,
		    const char *phrase)
{
	autobytes struct bytes image = { 0 };
	struct why w = { 0 };

	make_pe(&image, sections, nr);
	check_refused(name, try_uki(&image, &w), &w, err, phrase);
}

#define REFUSED(name, err, phrase, ...)                                                  \
	refused(name, (const struct section[]){ __VA_ARGS__ },                           \
		ARRAY_SIZE(((const struct section[]){ __VA_ARGS__ })), err, phrase)

static void test_refused(void **state)
{
	struct section some = { ".cmdline", TEXT("x") };

	(void)state;
	REFUSED("without-linux", -EBADMSG, "without a kernel (section .linux)", some);
	REFUSED("linux-empty", -EBADMSG, "without a kernel", some, { ".linux", NO_BYTES });
	REFUSED("profile-0-removes-linux", -EBADMSG, "without a kernel", LINUX, PROFILE("0"),
		{ ".linux", NO_BYTES });
	REFUSED("linux-only-in-profile-1", -EBADMSG, "without a kernel", some, PROFILE("0"),
		PROFILE("1"), LINUX);
	REFUSED("linux-name-too-long", -EBADMSG, "without a kernel",
		{ ".linuxxx", bytes_span(&kernel) });
	REFUSED("thin-image", -EOPNOTSUPP, "thin image", LINUX, { ".linuxh", TEXT("digest") });
	REFUSED("bpf-empty", -EBADMSG, "section 1 (.bpf) is empty", LINUX, { ".bpf", NO_BYTES });
	REFUSED("bpf-empty-in-profile-1", -EBADMSG, "section 3 (.bpf) is empty", LINUX,
		PROFILE("0"), PROFILE("1"), { ".bpf", NO_BYTES });
	{
		autobytes struct bytes cut = { 0 };

		make_bzImage(&cut);
		pe_add_certificates(&cut, 512);
		cut.size -= 512;
		REFUSED("linux-without-its-certificates", -EBADMSG, "ends behind the kernel",
			{ ".linux", bytes_span(&cut) });
	}
	REFUSED("linux-is-text", -ENOEXEC, "inside the unified kernel image: no known kernel",
		{ ".linux", TEXT("not a kernel") });
}

/* All that may stand only once in a slice. */
static void test_repeated_singletons(void **state)
{
	static const char *const names[] = {
		".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".hwids",
		".uname", ".sbat", ".pcrsig", ".pcrpkey", ".linuxh", ".bpf",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct section s = { names[i], bytes_span(&kernel) };
		char text[64];

		snprintf(text, sizeof(text), "section 1 (%s) appears a second time", names[i]);
		REFUSED("repeated-in-base", -EBADMSG, text, s, s, LINUX);
		snprintf(text, sizeof(text), "(%s) appears a second time in its profile",
			 names[i]);
		REFUSED("repeated-in-profile-0", -EBADMSG, text, LINUX, PROFILE("0"), s, s);
		REFUSED("repeated-in-profile-1", -EBADMSG, text, LINUX, PROFILE("0"), PROFILE("1"),
			s, s);
	}
}

/* Whatever is cut off, a section is missing bytes. */
static void test_cut_anywhere(void **state)
{
	autobytes struct bytes image = { 0 };

	(void)state;
	MAKE_PE(&image, LINUX, { ".initrd", TEXT("initrd") }, { ".cmdline", TEXT("quiet") });
	assert_int_equal(try_uki(&image, NULL), 0);
	while (image.size-- > 1) {
		struct why w = { 0 };
		int r = try_uki(&image, &w);

		assert_int_equal(r, image.size < 64 ? -ENOEXEC : -EBADMSG);
		assert_int_equal(w.err, r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_kernel_alone),
		cmocka_unit_test(test_initrd_padding),
		cmocka_unit_test(test_smaller_of_both_sizes),
		cmocka_unit_test(test_cut_at_certificates),
		cmocka_unit_test(test_cmdline_text),
		cmocka_unit_test(test_long_cmdline),
		cmocka_unit_test(test_profile_0_overrides),
		cmocka_unit_test(test_empty_profile_section_removes),
		cmocka_unit_test(test_virtual_size_0_is_absent),
		cmocka_unit_test(test_profile_brings_the_kernel),
		cmocka_unit_test(test_same_name_once_in_each_slice),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_repeated_singletons),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests_name("uki", tests, make_kernel, free_kernel);
}
