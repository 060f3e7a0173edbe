/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a new section goes, and what it replaces or removes. */
#include "tests/unit/pe-image.h"

static void test_last(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".text", 0x1234, 0x1400);
	section(&in, ".linux", 0x700, 0x800);
	put32(&in, OPT + 8, 1000);
	assert_int_equal(edit(&out, &in, 700, false, false, NULL), 0);
	assert_int_equal(check(&out, &in, 700), 2);
	assert_int_equal(out.size, in.size + 0x400);
	assert_int_equal(get32(&out, OPT + 56), 0x5000);
	assert_int_equal(get32(&out, OPT + 60), 0x400);
	assert_int_equal(get32(&out, OPT + 8), 1000 + 0x400);
	assert_int_equal(get32(&out, TABLE + 80 + 12), 0x4000);
}

/* What follows a .profile is the profile's. */
static void test_before_profiles(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	section(&in, ".profile", 10, ALIGN);
	section(&in, ".cmdline", 10, ALIGN);
	assert_int_equal(edit(&out, &in, 700, false, false, NULL), 0);
	assert_int_equal(check(&out, &in, 700), 1);
	/* in the order of the file as well */
	assert_int_equal(get32(&out, TABLE + 40 + 20), 0x400 + 0x800);
	assert_int_equal(get32(&out, TABLE + 40 + 12), 0x4000);
}

/* Sections that no one sorted: behind all of them then, rather than into one. */
static void test_before_unsorted_profiles(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	section(&in, ".profile", 10, ALIGN);
	section(&in, ".cmdline", 10, ALIGN);
	put32(&in, TABLE + 40 + 20, 0x400 + 0x800 + ALIGN);
	put32(&in, TABLE + 80 + 20, 0x400 + 0x800);
	assert_int_equal(edit(&out, &in, 700, false, false, NULL), 0);
	assert_int_equal(check(&out, &in, 700), 1);
	assert_int_equal(get32(&out, TABLE + 40 + 20), in.size);
}

static void test_existing(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	section(&in, ".bpf", 0x150, ALIGN);
	section(&in, ".initrd", 0x100, ALIGN);
	refused(&in, false, false, -EEXIST, "--replace");
	/* smaller, larger in the file, too large for its address */
	for (size_t len = 100; len <= 700; len += 600) {
		assert_int_equal(edit(&out, &in, len, true, false, NULL), 0);
		assert_int_equal(check(&out, &in, len), 2);
		assert_int_equal(out.size, in.size + (len > ALIGN ? ALIGN : 0));
		assert_int_equal(get32(&out, TABLE + 80 + 12), 0x2000);
	}
	put32(&in, TABLE + 80 + 12, 0x2200);
	assert_int_equal(edit(&out, &in, 700, true, false, NULL), 0);
	assert_int_equal(get32(&out, TABLE + 80 + 12), 0x3000);
	assert_int_equal(get32(&out, COFF + 6) & 0xffff, 3);

	section(&in, ".bpf", 0x150, ALIGN);
	refused(&in, true, false, -EBADMSG, "more than one");
}

/* One in a profile is not for the image: the new one stands in front of it. */
static void test_existing_in_profile(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	section(&in, ".profile", 10, ALIGN);
	section(&in, ".bpf", 10, ALIGN);
	refused(&in, false, false, -EEXIST, ".bpf");
	assert_int_equal(edit(&out, &in, 700, true, false, NULL), 0);
	assert_int_equal(check(&out, &in, 700), 1);
}

static void test_existing_overlaps(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	section(&in, ".bpf", 10, ALIGN);
	put32(&in, TABLE + 40 + 20, 0xa00);
	refused(&in, true, false, -EBADMSG, "overlap");
	put32(&in, TABLE + 40 + 20, 0xc01);
	in.size += ALIGN;
	refused(&in, true, false, -EOPNOTSUPP, "not aligned");
}

static void sign(struct image *m, uint32_t len)
{
	put32(m, DIR(4), m->size);
	put32(m, DIR(4) + 4, len);
	memset(m->data + m->size, 0x5e, len);
	m->size += len;
}

static void test_signed(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	sign(&in, 0x5c0);
	refused(&in, false, false, -EEXIST, "--strip-signature");
	assert_int_equal(edit(&out, &in, 100, false, true, NULL), 0);
	check(&out, &in, 100);
	assert_int_equal(get32(&out, DIR(4)), 0);
	assert_int_equal(get32(&out, DIR(4) + 4), 0);
	assert_int_equal(out.size, in.size - 0x5c0 + ALIGN);
	assert_null(memchr(out.data, 0x5e, 0x400));

	in.data[in.size++] = 7;
	refused(&in, false, true, -EOPNOTSUPP, "not the last");
	put32(&in, DIR(4), 0x600);
	refused(&in, false, true, -EBADMSG, "overlaps a section");
}

/* What a signer padded with goes as well. */
static void test_padding_before_signature(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x100, 0x1fc);
	in.size += 4;
	sign(&in, 0x100);
	assert_int_equal(edit(&out, &in, 100, false, true, NULL), 0);
	check(&out, &in, 100);
	assert_int_equal(out.size, 0x400 + 2 * ALIGN);

	/* unless it is none */
	in.data[0x400 + 0x1fc] = 1;
	assert_int_equal(edit(&out, &in, 100, false, true, NULL), 0);
	assert_int_equal(out.size, 0x400 + 2 * ALIGN + 4);
	assert_int_equal(out.data[out.size - 4], 1);

	/* or too much of it */
	start(&in, 0x400);
	section(&in, ".linux", 0x100, ALIGN);
	in.size += 0x1000;
	sign(&in, 0x100);
	assert_int_equal(edit(&out, &in, 100, false, true, NULL), 0);
	assert_int_equal(out.size, 0x400 + 2 * ALIGN + 0x1000);
}

/* Bytes of no section stay behind all sections: the order that hashing expects. */
static void test_overlay(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	put32(&in, COFF + 12, in.size);
	memset(in.data + in.size, 0x77, 100);
	in.size += 100;
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	check(&out, &in, 100);
	assert_int_equal(out.size, in.size + ALIGN);
	assert_memory_equal(out.data + out.size - 100, in.data + in.size - 100, 100);
	assert_int_equal(get32(&out, COFF + 12), out.size - 100);
}

static void test_unaligned_end(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x70, 0x90);
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	check(&out, &in, 100);
	assert_int_equal(get32(&out, TABLE + 16), ALIGN);
	put32(&in, TABLE + 8, 0x91);
	refused(&in, false, false, -EOPNOTSUPP, "multiple of 512");
}

static void test_numbers(void **state)
{
	struct why w = { 0 };

	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	assert_int_equal(edit(&out, &in, 0, false, false, &w), -EBADMSG);
	put32(&in, OPT + 36, 0x300);
	refused(&in, false, false, -EBADMSG, "FileAlignment is 0x300");
	put32(&in, OPT + 36, 0x20000);
	refused(&in, false, false, -EBADMSG, "FileAlignment");
	put32(&in, OPT + 36, ALIGN);
	put32(&in, OPT + 32, 0x100);
	refused(&in, false, false, -EBADMSG, "SectionAlignment is 0x100");
	put32(&in, OPT + 32, 0x1000);
	put32(&in, TABLE + 12, 0xfffff000);
	refused(&in, false, false, -E2BIG, "no address");
	put32(&in, TABLE + 12, 0xffffd000);
	assert_int_equal(edit(&out, &in, 0x1000 - 1, false, false, NULL), 0);
}

static void test_too_many_sections(void **state)
{
	(void)state;
	start(&in, 0x3000);
	sections(&in, LIMIT_PE_SECTIONS - 1, ".s");
	assert_int_equal(edit(&out, &in, 10, false, false, NULL), 0);
	section(&in, ".last", 10, 0);
	refused(&in, false, false, -E2BIG, "128 sections already");
}

static void test_checksum(void **state)
{
	/* 0xffff + 0x0002 -> 0x0002, + 0x0102 + 0x0003 -> 0x0107, + length 12 */
	unsigned char raw[] = { 0xff, 0xff, 2, 0, 9, 9, 9, 9, 2, 1, 3 };
	struct blob b = { .kind = BLOB_MEMORY, .data = raw, .size = sizeof(raw) };
	struct extent all = blob_whole(&b);
	uint32_t sum = 0;

	(void)state;
	assert_int_equal(pe_checksum(&sum, &all, 4, NULL), 0);
	assert_int_equal(sum, 0x107 + sizeof(raw));

	/* One that is not there is not made up; one that is there is left for later. */
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	put32(&in, OPT + 64, 1234);
	assert_int_equal(edit(&out, &in, 10, false, false, NULL), 0);
	assert_int_equal(get32(&out, OPT + 64), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_before_profiles),
		cmocka_unit_test(test_before_unsorted_profiles),
		cmocka_unit_test(test_existing),
		cmocka_unit_test(test_existing_in_profile),
		cmocka_unit_test(test_existing_overlaps),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_padding_before_signature),
		cmocka_unit_test(test_overlay),
		cmocka_unit_test(test_unaligned_end),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_too_many_sections),
		cmocka_unit_test(test_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
