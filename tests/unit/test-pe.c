/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PE headers and section table. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/formats/pe.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/images.h"

static int open_pe(const struct bytes *image, struct why *w)
{
	autoblob struct blob b = bytes_blob(image);
	struct extent all = blob_whole(&b);
	autope struct pe pe = { 0 };
	int r = pe_read(&pe, &all, w);

	if (r < 0) {
		assert_null(pe.sections);
		assert_int_equal(pe.nr_sections, 0);
	}
	return r;
}

/* Two sections, then certificates: 512 bytes of headers, 512 + 512, 40. */
static void make_good(struct bytes *ret)
{
	MAKE_PE(ret, { ".cmdline", TEXT("quiet") }, { ".data", TEXT("some data") });
	pe_add_certificates(ret, 40);
}
#define GOOD_SIZE (PE_FIRST_AT + 2 * 512 + 40)

static const struct defect defects[] = {
	BAD("no-mz", 0, 2, 0x5a4e, -ENOEXEC, NULL),
	CUT("shorter-than-dos-header", 63, -ENOEXEC, NULL),
	BAD("e-lfanew-in-dos-header", 0x3c, 4, 0x3f, -EBADMSG, "PE header at 0x3f is outside"),
	BAD("e-lfanew-at-eof", 0x3c, 4, GOOD_SIZE, -EBADMSG, "is outside the file"),
	BAD("e-lfanew-before-eof", 0x3c, 4, GOOD_SIZE - 23, -EBADMSG, "is outside the file"),
	BAD("e-lfanew-ffffffff", 0x3c, 4, UINT32_MAX, -EBADMSG, "at 0xffffffff is outside"),
	BAD("no-pe-signature", PE_AT, 4, 0x454e, -EBADMSG, "has no PE header at 0x40"),
	BAD("pe-signature-not-zero", PE_AT + 3, 1, 1, -EBADMSG, "has no PE header at 0x40"),
	BAD("sections-65535", PE_NR_SECTIONS, 2, 65535, -E2BIG, "claims 65535 sections"),
	BAD("sections-one-too-many", PE_NR_SECTIONS, 2, LIMIT_PE_SECTIONS + 1, -E2BIG, "claims"),
	BAD("section-table-past-eof", PE_NR_SECTIONS, 2, LIMIT_PE_SECTIONS, -EBADMSG,
	    "section table runs past"),
	BAD("sections-0", PE_NR_SECTIONS, 2, 0, -EBADMSG, "without sections"),
	BAD("optional-header-111", PE_OPT_SIZE_AT, 2, 111, -EBADMSG, "optional header of 111"),
	BAD("optional-header-241", PE_OPT_SIZE_AT, 2, 241, -EBADMSG, "optional header of 241"),
	BAD("optional-header-larger-than-directories", PE_NR_DIRS, 4, 15, -EBADMSG,
	    "240 bytes with 15 directories"),
	BAD("optional-header-smaller-than-directories", PE_OPT_SIZE_AT, 2, 232, -EBADMSG,
	    "232 bytes with 16 directories"),
	BAD("directories-17", PE_NR_DIRS, 4, 17, -EBADMSG, "with 17 directories"),
	/* 112 + 8 * 0x20000010 is 240 again in 32 bits */
	BAD("directories-wrap-around", PE_NR_DIRS, 4, 0x20000010, -EBADMSG, "directories"),
	BAD("pe32", PE_OPT_AT, 2, 0x10b, -EOPNOTSUPP, "32-bit PE"),
	BAD("rom-image", PE_OPT_AT, 2, 0x107, -EBADMSG, "magic 0x107"),
	BAD("console-program", PE_SUBSYSTEM, 2, 3, -EBADMSG, "subsystem is 3, expected 10"),
	BAD("headers-end-inside-table", PE_HEADERS_SIZE, 4, PE_TABLE_AT + 2 * 40 - 1, -EBADMSG,
	    "header size 0x197"),
	BAD("headers-past-eof", PE_HEADERS_SIZE, 4, GOOD_SIZE + 1, -EBADMSG, "does not fit"),
	BAD("certificates-in-headers", PE_CERT_OFF, 4, PE_FIRST_AT - 1, -EBADMSG,
	    "certificate table (40 bytes at 0x1ff)"),
	BAD("certificates-past-eof", PE_CERT_OFF, 4, GOOD_SIZE - 39, -EBADMSG,
	    "certificate table"),
	BAD("certificates-too-long", PE_CERT_LEN, 4, 41, -EBADMSG, "certificate table"),
	BAD("certificates-wrap-around", PE_CERT_LEN, 4, UINT32_MAX, -EBADMSG,
	    "certificate table"),
	BAD("section-past-eof", PE_SECTION(1, SEC_RAW_OFF), 4, GOOD_SIZE - 511, -EBADMSG,
	    "section 1 (.data) runs past the end"),
	BAD("section-at-ffffffff", PE_SECTION(1, SEC_RAW_OFF), 4, UINT32_MAX, -EBADMSG,
	    "section 1 (.data) runs past the end"),
	BAD("section-wraps-around", PE_SECTION(0, SEC_RAW_SIZE), 4, UINT32_MAX, -EBADMSG,
	    "section 0 (.cmdline) runs past the end"),
	BAD("section-in-headers", PE_SECTION(0, SEC_RAW_OFF), 4, PE_FIRST_AT - 1, -EBADMSG,
	    "section 0 (.cmdline) at 0x1ff overlaps the headers"),
};

static void test_defects(void **state)
{
	autobytes struct bytes good = { 0 };

	(void)state;
	make_good(&good);
	assert_int_equal(good.size, GOOD_SIZE);
	check_defects(&good, open_pe, defects, ARRAY_SIZE(defects));
}

/* The certificates are the last thing in the file, so no cut can go unnoticed. */
static void test_cut_anywhere(void **state)
{
	autobytes struct bytes image = { 0 };

	(void)state;
	make_good(&image);
	while (image.size-- > 1) {
		struct why w = { 0 };
		int r = open_pe(&image, &w);

		assert_int_equal(r, image.size < 64 ? -ENOEXEC : -EBADMSG);
		assert_int_equal(w.err, image.size < 64 ? 0 : -EBADMSG);
	}
}

static void read_good(struct pe *pe, const struct bytes *image)
{
	autoblob struct blob b = bytes_blob(image);
	struct extent all = blob_whole(&b);

	pe_done(pe);
	assert_int_equal(pe_read(pe, &all, NULL), 0);
}

static void test_facts(void **state)
{
	autobytes struct bytes image = { 0 };
	autope struct pe pe = { 0 };

	(void)state;
	make_good(&image);
	read_good(&pe, &image);
	assert_int_equal(pe.machine, PE_MACHINE_X86_64);
	assert_int_equal(pe.nr_sections, 2);
	assert_string_equal(pe.sections[0].name, ".cmdline"); /* eight bytes, no NUL in the file */
	assert_string_equal(pe.sections[1].name, ".data");
	assert_int_equal(pe.sections[0].file_off, PE_FIRST_AT);
	assert_int_equal(pe.sections[0].file_len, 5);
	assert_int_equal(pe.sections[1].file_off, PE_FIRST_AT + 512);
	assert_int_equal(pe.cert_off, PE_FIRST_AT + 1024);
	assert_int_equal(pe.cert_len, 40);
}

static void test_section_is_the_smaller_of_both_sizes(void **state)
{
	static const struct { uint32_t virtual_size, raw_size, expected; } sizes[] = {
		{ 5, 512, 5 }, { 512, 512, 512 }, { 513, 512, 512 }, { UINT32_MAX, 512, 512 },
		{ 0, 512, 0 }, { 512, 0, 0 }, { 100, 7, 7 },
	};
	autobytes struct bytes image = { 0 };
	autope struct pe pe = { 0 };

	(void)state;
	make_good(&image);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		bytes_set(&image, PE_SECTION(1, SEC_VSIZE), 4, sizes[i].virtual_size);
		bytes_set(&image, PE_SECTION(1, SEC_RAW_SIZE), 4, sizes[i].raw_size);
		read_good(&pe, &image);
		assert_int_equal(pe.sections[1].virtual_size, sizes[i].virtual_size);
		assert_int_equal(pe.sections[1].file_len, sizes[i].expected);
	}
}

/* .bss: its file offset means nothing and is not kept. */
static void test_section_without_file_bytes(void **state)
{
	autobytes struct bytes image = { 0 };
	autope struct pe pe = { 0 };

	(void)state;
	make_good(&image);
	bytes_set(&image, PE_SECTION(1, SEC_RAW_SIZE), 4, 0);
	bytes_set(&image, PE_SECTION(1, SEC_RAW_OFF), 4, UINT32_MAX);
	read_good(&pe, &image);
	assert_int_equal(pe.sections[1].file_off, 0);
	assert_int_equal(pe.sections[1].file_len, 0);
}

static void test_as_many_sections_as_allowed(void **state)
{
	struct section sections[LIMIT_PE_SECTIONS];
	autobytes struct bytes image = { 0 };
	autope struct pe pe = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		sections[i] = (struct section){ ".dtbauto", TEXT("blob") };
	make_pe(&image, sections, ARRAY_SIZE(sections));
	read_good(&pe, &image);
	assert_int_equal(pe.nr_sections, LIMIT_PE_SECTIONS);
	assert_int_equal(pe.sections[LIMIT_PE_SECTIONS - 1].file_off, image.size - 512);
}

/* Moves the section table up, behind an optional header of @nr directories. */
static void set_directories(struct bytes *image, uint32_t nr)
{
	uint32_t size = 112 + nr * 8;

	memmove(image->data + PE_OPT_AT + size, image->data + PE_TABLE_AT, 2 * 40);
	bytes_set(image, PE_OPT_SIZE_AT, 2, size);
	bytes_set(image, PE_NR_DIRS, 4, nr);
}

static void test_without_certificates(void **state)
{
	autobytes struct bytes image = { 0 };
	autope struct pe pe = { 0 };

	(void)state;
	make_good(&image);
	bytes_set(&image, PE_CERT_LEN, 4, 0);
	read_good(&pe, &image);
	assert_int_equal(pe.cert_len, 0);
	assert_int_equal(pe.cert_off, 0);
	set_directories(&image, 4); /* where the slot was, there is the section table */
	read_good(&pe, &image);
	assert_int_equal(pe.cert_len, 0);
	assert_string_equal(pe.sections[1].name, ".data");
}

/* As Linux kernels have it. */
static void test_six_directories(void **state)
{
	autobytes struct bytes image = { 0 };
	autope struct pe pe = { 0 };

	(void)state;
	make_good(&image);
	set_directories(&image, 6);
	read_good(&pe, &image);
	assert_int_equal(pe.cert_len, 40);
	assert_string_equal(pe.sections[1].name, ".data");
}

static int cut_certificates(const struct bytes *image, uint64_t *ret_len, struct why *w)
{
	autoblob struct blob b = bytes_blob(image);
	struct extent e = blob_whole(&b);
	int r = pe_cut_at_certificates(&e, w);

	*ret_len = e.len;
	return r;
}

/* The good image with 100 bytes behind it, one thing changed each. */
static const struct {
	const char *name;
	size_t off;
	unsigned int width;
	uint64_t value;
	size_t removed;
} cuts[] = {
	{ "signed", 0, 0, 0, 100 },
	{ "end-of-file", PE_CERT_LEN, 4, 140, 0 },
	{ "sections-0", PE_NR_SECTIONS, 2, 0, 100 }, /* none of its business */
	{ "console-program", PE_SUBSYSTEM, 2, 3, 100 },
	{ "no-mz", 0, 2, 0, 0 },
	{ "no-pe-signature", PE_AT, 4, 0, 0 },
	{ "e-lfanew-past-eof", 0x3c, 4, UINT32_MAX, 0 },
	{ "rom-image", PE_OPT_AT, 2, 0x107, 0 },
	{ "directories-4", PE_NR_DIRS, 4, 4, 0 },
	{ "length-0", PE_CERT_LEN, 4, 0, 0 },
	{ "offset-0", PE_CERT_OFF, 4, 0, 0 },
};

static void test_cut_at_certificates(void **state)
{
	struct why w = { 0 };
	uint64_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		autobytes struct bytes image = { 0 };

		make_good(&image);
		bytes_fill(&image, 0, 100);
		bytes_set(&image, cuts[i].off, cuts[i].width, cuts[i].value);
		if (cut_certificates(&image, &len, &w) != 0)
			fail_msg("%s: %s", cuts[i].name, w.text);
		if (len != image.size - cuts[i].removed)
			fail_msg("%s: %d bytes removed", cuts[i].name, (int)(image.size - len));
	}
}

/* Shorter than the way to the table: no certificates. Shorter than they say: broken. */
static void test_cut_at_missing_certificates(void **state)
{
	autobytes struct bytes image = { 0 };
	uint64_t len;

	(void)state;
	make_good(&image);
	while (image.size-- > 1) {
		int r = cut_certificates(&image, &len, NULL);

		if (image.size <= PE_OPT_AT)
			assert_int_equal(r, 0);
		if (image.size >= PE_CERT_LEN + 4)
			assert_int_equal(r, -EBADMSG);
		assert_int_equal(len, image.size);
	}
}

/* The same in PE32, whose directories start 16 bytes earlier. */
static void test_cut_32_bit(void **state)
{
	autobytes struct bytes image = { 0 };
	uint64_t len;

	(void)state;
	make_good(&image);
	bytes_fill(&image, 0, 100);
	memmove(image.data + PE_NR_DIRS - 16, image.data + PE_NR_DIRS, PE_OPT_SIZE - 108);
	bytes_set(&image, PE_OPT_AT, 2, 0x10b);
	assert_int_equal(cut_certificates(&image, &len, NULL), 0);
	assert_int_equal(len, image.size - 100);
}

/* A PE file inside another file: all offsets count from its own start. */
static void test_inside_an_extent(void **state)
{
	autobytes struct bytes image = { 0 }, outer = { 0 };
	autoblob struct blob b = { 0 };
	autope struct pe pe = { 0 };
	struct extent all, inner;

	(void)state;
	make_good(&image);
	bytes_fill(&outer, 0xff, 1000);
	bytes_add(&outer, image.data, image.size);
	bytes_fill(&outer, 0xff, 1000);
	b = bytes_blob(&outer);
	all = blob_whole(&b);
	assert_true(extent_sub(&inner, &all, 1000, image.size));
	assert_int_equal(pe_read(&pe, &inner, NULL), 0);
	assert_int_equal(pe.cert_off, PE_FIRST_AT + 1024);
	pe_done(&pe);
	inner.len--; /* the outer file goes on, the inner one does not */
	assert_int_equal(pe_read(&pe, &inner, NULL), -EBADMSG);
}

static void test_machine_names(void **state)
{
	(void)state;
	assert_string_equal(pe_machine_name(PE_MACHINE_X86_64), "x86_64");
	assert_string_equal(pe_machine_name(PE_MACHINE_ARM64), "arm64");
	assert_string_equal(pe_machine_name(PE_MACHINE_RISCV64), "riscv64");
	assert_string_equal(pe_machine_name(PE_MACHINE_LOONGARCH64), "loongarch64");
	assert_null(pe_machine_name(0x014c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defects),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_section_is_the_smaller_of_both_sizes),
		cmocka_unit_test(test_section_without_file_bytes),
		cmocka_unit_test(test_as_many_sections_as_allowed),
		cmocka_unit_test(test_without_certificates),
		cmocka_unit_test(test_six_directories),
		cmocka_unit_test(test_cut_at_certificates),
		cmocka_unit_test(test_cut_at_missing_certificates),
		cmocka_unit_test(test_cut_32_bit),
		cmocka_unit_test(test_inside_an_extent),
		cmocka_unit_test(test_machine_names),
	};

	return cmocka_run_group_tests_name("pe", tests, NULL, NULL);
}
