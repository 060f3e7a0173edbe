/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Room for one more section header, and everything that moves to make it. */
#include "tests/unit/pe-image.h"

static void fill_headers(struct image *m)
{
	start(m, 0x200); /* (0x200 - TABLE) / 40 is 4 */
	section(m, ".linux", 0x700, 0x800);
	sections(m, 3, ".s");
}

static void test_table_grows(void **state)
{
	(void)state;
	fill_headers(&in);
	put32(&in, COFF + 12, 0x300); /* symbols, in .linux */
	assert_int_equal(edit(&out, &in, 700, false, false, NULL), 0);
	assert_int_equal(check(&out, &in, 700), 4);
	assert_int_equal(get32(&out, OPT + 60), 0x400);
	assert_int_equal(get32(&out, TABLE + 20), 0x400);
	assert_int_equal(get32(&out, COFF + 12), 0x500);
	assert_int_equal(out.size, in.size + 0x200 + 0x400);
}

static void test_no_address_for_headers(void **state)
{
	(void)state;
	start(&in, 0x1000);
	section(&in, ".linux", 0x700, 0x800);
	sections(&in, (0x1000 - TABLE) / 40 - 1, ".s");
	assert_true(in.nr > 4);
	refused(&in, false, false, -EOPNOTSUPP, ".linux is loaded to 0x1000");
}

/* Nobody knows what else points into it. */
static void test_others_do_not_move(void **state)
{
	(void)state;
	start(&in, 0x200);
	sections(&in, 4, ".s");
	refused(&in, false, false, -EOPNOTSUPP, "sections would have to move");
	start(&in, 0x400);
	sections(&in, 4, ".s");
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	assert_int_equal(check(&out, &in, 100), 4);
}

static void test_unknown_bytes_behind_table(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	in.data[TABLE + 40 + 39] = 1;
	refused(&in, false, false, -EOPNOTSUPP, "byte at 0x197");
	in.data[TABLE + 40 + 39] = 0;
	in.data[TABLE + 40 + 40] = 1;
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	check(&out, &in, 100);
	assert_int_equal(out.data[TABLE + 40 + 40], 1);
}

/* A directory may consist of zeros; it is in use all the same. */
static void test_directory_behind_table(void **state)
{
	(void)state;
	start(&in, 0x400);
	section(&in, ".linux", 0x700, 0x800);
	put32(&in, DIR(5), TABLE + 60);
	put32(&in, DIR(5) + 4, 8);
	refused(&in, false, false, -EOPNOTSUPP, "a PE directory is at 0x184");
}

/* What x86 linker scripts fill a boot sector with is room, up to the sentinel. */
static void test_boot_sector(void **state)
{
	(void)state;
	start(&in, 0x1000);
	sections(&in, 2, ".s");
	memset(in.data + TABLE + 80, 0xff, 0x1f0 - TABLE - 80);
	memcpy(in.data + 0x202, "HdrS", 4);
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	check(&out, &in, 100);
	assert_memory_equal(out.data + 0x1ef, in.data + 0x1ef, 0x1000 - 0x1ef);
	sections(&in, 2, ".t");
	memset(in.data + TABLE + 160, 0xff, 0x1f0 - TABLE - 160);
	refused(&in, false, false, -EOPNOTSUPP, "byte at 0x1ef");
}

static void make_zboot(struct image *m, uint32_t payload_in_text, uint32_t payload_size)
{
	start(m, 0x200);
	memcpy(m->data + 4, "zimg", 4);
	strcpy((char *)m->data + 24, "zstd");
	section(m, ".text", 0x800, 0x800);
	put32(m, 8, 0x200 + payload_in_text);
	put32(m, 12, payload_size);
}

static void test_zboot_payload(void **state)
{
	(void)state;
	make_zboot(&in, 0x123, 0x600);
	sections(&in, 3, ".s");
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	check(&out, &in, 100);
	assert_int_equal(get32(&out, 8), 0x400 + 0x123);
	assert_int_equal(get32(&out, 12), 0x600);
	assert_memory_equal(out.data + 0x400 + 0x123, in.data + 0x200 + 0x123, 0x604);
}

/* The trailer counts, but for gzip, which has it inside. */
static void test_zboot_payload_in_no_section(void **state)
{
	(void)state;
	make_zboot(&in, 0x200, 0x600);
	refused(&in, false, false, -EBADMSG, "in no section");
	memcpy(in.data + 24, "gzip", 5);
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	put32(&in, 12, 0x601);
	refused(&in, false, false, -EBADMSG, "in no section");
	put32(&in, 12, UINT32_MAX);
	refused(&in, false, false, -EBADMSG, "in no section");
	put32(&in, 8, 0x100);
	put32(&in, 12, 0x10);
	refused(&in, false, false, -EBADMSG, "in no section");
}

/* As in arm64 kernels: the directory in .text, its data right behind the section table. */
static void test_debug_data_behind_table(void **state)
{
	uint32_t behind = TABLE + 40;

	(void)state;
	make_zboot(&in, 0x100, 0x600);
	put32(&in, DIR(6), 0x1000 + 0x20);
	put32(&in, DIR(6) + 4, 28);
	memset(in.data + 0x220, 0, 28);
	put32(&in, 0x220 + 16, 4);
	put32(&in, 0x220 + 24, behind);
	put32(&in, behind, 0x40);
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	assert_int_equal(get32(&out, 0x220 + 24), behind + 40);
	assert_int_equal(get32(&out, behind + 40), 0x40);
	assert_int_equal(get32(&out, 8), 0x300);
	put32(&out, 0x220 + 24, behind); /* or it is a difference */
	check(&out, &in, 100);
}

/* Directory and data both in the headers: two addresses and two offsets change. */
static void test_debug_directory_behind_table(void **state)
{
	uint32_t behind = TABLE + 40;

	(void)state;
	start(&in, 0x200);
	section(&in, ".linux", 0x700, 0x800);
	put32(&in, DIR(6), behind);
	put32(&in, DIR(6) + 4, 28);
	put32(&in, behind + 16, 16);
	put32(&in, behind + 20, behind + 28);
	put32(&in, behind + 24, behind + 28);
	memset(in.data + behind + 28, 0xdb, 16);
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	check(&out, &in, 100);
	assert_int_equal(get32(&out, DIR(6)), behind + 40);
	assert_int_equal(get32(&out, behind + 40 + 20), behind + 40 + 28);
	assert_int_equal(get32(&out, behind + 40 + 24), behind + 40 + 28);
	assert_memory_equal(out.data + behind + 40 + 28, in.data + behind + 28, 16);
	assert_int_equal(get32(&out, OPT + 60), 0x200);
}

static void test_debug_data_in_section(void **state)
{
	(void)state;
	fill_headers(&in);
	put32(&in, DIR(6), 0x1000);
	put32(&in, DIR(6) + 4, 56);
	memset(in.data + 0x200, 0, 56);
	put32(&in, 0x200 + 24, 0x240);
	put32(&in, 0x200 + 28 + 24, 0x280);
	assert_int_equal(edit(&out, &in, 100, false, false, NULL), 0);
	assert_int_equal(get32(&out, 0x400 + 24), 0x440);
	assert_int_equal(get32(&out, 0x400 + 28 + 24), 0x480);

	put32(&in, DIR(6), 0x80000);
	refused(&in, false, false, -EBADMSG, "debug directory is outside");
	put32(&in, DIR(6), 0x1000);
	put32(&in, DIR(6) + 4, 28 * 33);
	refused(&in, false, false, -E2BIG, "33 entries");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_grows),
		cmocka_unit_test(test_no_address_for_headers),
		cmocka_unit_test(test_others_do_not_move),
		cmocka_unit_test(test_unknown_bytes_behind_table),
		cmocka_unit_test(test_directory_behind_table),
		cmocka_unit_test(test_boot_sector),
		cmocka_unit_test(test_zboot_payload),
		cmocka_unit_test(test_zboot_payload_in_no_section),
		cmocka_unit_test(test_debug_data_behind_table),
		cmocka_unit_test(test_debug_directory_behind_table),
		cmocka_unit_test(test_debug_data_in_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
