// SPDX-License-Identifier: GPL-2.0-or-later
/* Which device tree of a UKI is for which machine. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/addon.h"
#include "kexec/arch/arch.h"
#include "kexec/edid.h"
#include "kexec/file-type.h"
#include "kexec/uki-dtb.h"
#include "tests/unit/machine.h"

#if defined(HAVE_FDT) && defined(HAVE_CRYPTO)
#include <libfdt.h>

/* ---- made ---- */

#define TREE_SIZE 256

/* @list: of @len bytes, strings one behind the other. */
static struct span tree(unsigned char fdt[TREE_SIZE], const char *list, int len)
{
	assert_int_equal(fdt_create_empty_tree(fdt, TREE_SIZE), 0);
	assert_int_equal(fdt_setprop(fdt, 0, "compatible", list, len), 0);
	return (struct span){ fdt, TREE_SIZE };
}

#define ENTRY 28

static void add_entry(struct bytes *b, uint32_t desc, const unsigned char *chid,
		      uint32_t compatible)
{
	size_t at = b->size;

	bytes_fill(b, 0, ENTRY);
	bytes_set(b, at, 4, desc);
	if (chid)
		bytes_put(b, at + 4, chid, CHID_SIZE);
	bytes_set(b, at + 24, 4, compatible);
}

#define DTB (1 << 28 | ENTRY)

static void put_dmi(const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/dmi/id/%s", file);
	put_text(path, text);
}

static struct machine_id this_machine(void)
{
	struct machine_id id;

	machine_id_read(&id, &machine);
	return id;
}

/* "" if none was chosen, else what the section that was chosen is about; @size: of it. */
static void expect(const struct bytes *image, const struct uki_choice *choice,
		   const struct machine_id *id, const char *origin, uint64_t first)
{
	autoimage struct boot_image img = { 0 };
	struct blob b = bytes_blob(image);
	struct why w = { 0 };
	unsigned char got[8] = { 0 };

	if (file_type_open_profile(&img, &b, NULL, choice, &w) < 0)
		fail_msg("%s", w.text);
	assert_int_equal(uki_dtb_take(&img, choice, id, &w), 0);
	assert_string_equal(img.dtb.origin, origin);
	if (!first)
		return;
	assert_int_equal(extent_read(&img.dtb.bytes, img.dtb.bytes.len - 8, got, 8, NULL), 0);
	assert_int_equal(got[7], first);
}

/* Trees that end in 1, 2, 3, so that a test can tell them apart. */
static unsigned char one[TREE_SIZE] __attribute__((aligned(8)));
static unsigned char two[TREE_SIZE] __attribute__((aligned(8)));
static unsigned char three[TREE_SIZE] __attribute__((aligned(8)));
static struct bytes kernel;

static int make(void **state)
{
	(void)state;
	tree(one, "acme,one\0acme,any", 18);
	tree(two, "acme,two\0acme,any", 18);
	tree(three, "acme,two\0acme,other", 20);
	one[TREE_SIZE - 1] = 1;
	two[TREE_SIZE - 1] = 2;
	three[TREE_SIZE - 1] = 3;
	make_arm64_image(&kernel);
	return 0;
}

static int done(void **state)
{
	(void)state;
	bytes_done(&kernel);
	return 0;
}

#define TREE(t) ((struct span){ t, TREE_SIZE })
#define LINUX                                 \
	{                                     \
		".linux", bytes_span(&kernel) \
	}

/* ---- tests ---- */

static void test_by_compatible(void **state)
{
	autobytes struct bytes uki = { 0 };
	struct machine_id id;

	(void)state;
	MAKE_PE(&uki, LINUX, { ".dtb", TEXT("12345678") }, { ".dtbauto", TREE(one) },
		{ ".dtbauto", TEXT("nothing, 28 bytes of it, or even more than these") },
		{ ".dtbauto", TREE(two) }, { ".dtbauto", TREE(three) });
	put_bytes("/proc/device-tree/compatible", "acme,two\0acme,more", 19);
	id = this_machine();
	expect(&uki, NULL, &id, "section .dtbauto", 2);
	/* The first string of both, and nothing else. */
	put_bytes("/proc/device-tree/compatible", "acme,any\0acme,two", 18);
	id = this_machine();
	expect(&uki, NULL, &id, "section .dtb", '8');
	put_bytes("/proc/device-tree/compatible", "acme,two, but it does not end", 29);
	id = this_machine();
	expect(&uki, NULL, &id, "section .dtb", '8');
	expect(&uki, NULL, NULL, "section .dtb", '8');
}

/* A string that does not end is none, whatever follows it in memory. */
static void test_compatible_without_end(void **state)
{
	static unsigned char open_end[TREE_SIZE] __attribute__((aligned(8)));
	autobytes struct bytes uki = { 0 };
	struct machine_id id;

	(void)state;
	tree(open_end, "acme,two", 8);
	MAKE_PE(&uki, LINUX, { ".dtbauto", TREE(open_end) }, { ".dtbauto", TREE(two) });
	put_bytes("/proc/device-tree/compatible", "acme,two", 9);
	id = this_machine();
	expect(&uki, NULL, &id, "section .dtbauto", 2);
}

/* The one vector that is known all over: a maker by itself. */
static void test_chid(void **state)
{
	static const unsigned char want[CHID_SIZE] = { 0x51, 0xd9, 0xe5, 0x6d, 0x55, 0xd7,
						       0x6b, 0x57, 0xbd, 0x09, 0xc5, 0xcf,
						       0x66, 0xb2, 0x72, 0x34 };
	const char *const fields[] = { "LENOVO" };
	char large[300];
	const char *const too_large[] = { large };
	unsigned char chid[CHID_SIZE];

	(void)state;
	assert_int_equal(chid_make(chid, fields, 1), 0);
	assert_memory_equal(chid, want, CHID_SIZE);
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_int_equal(chid_make(chid, too_large, 1), -EINVAL);
}

static void test_chids_of_this_machine(void **state)
{
	const char *const all[] = { "ACME", "Family", "Box 1", "S-1", "Boards", "B1" };
	const char *const eleven[] = { "ACME", "Family" }, *const seven[] = { "ACME", "S-1" };
	unsigned char chid[CHID_SIZE];
	struct machine_id id;

	(void)state;
	assert_int_equal(this_machine().nr_chids, 0);
	put_dmi("sys_vendor", " ACME \n");
	put_dmi("product_family", "00Family\n");
	id = this_machine();
	assert_int_equal(id.nr_chids, 1);
	assert_int_equal(chid_make(chid, eleven, 2), 0);
	assert_memory_equal(id.chids[0], chid, CHID_SIZE);
	put_dmi("product_name", "Box 1\n");
	put_dmi("product_sku", "S-1\n");
	put_dmi("board_vendor", "Boards\n");
	put_dmi("board_name", "B1\n");
	id = this_machine();
	assert_int_equal(id.nr_chids, CHIDS - 3); /* no display */
	assert_int_equal(chid_make(chid, all, 6), 0);
	assert_memory_equal(id.chids[0], chid, CHID_SIZE);
	assert_int_equal(chid_make(chid, seven, 2), 0);
	assert_memory_equal(id.chids[6], chid, CHID_SIZE);
	put_dmi("product_name", "\x01" "Box\n");
	assert_int_equal(this_machine().nr_chids, 4);
	put_dmi("product_name", "Box\x01\n");
	assert_int_equal(this_machine().nr_chids, 4);
}

/* Maker SDC, product 0x4195. */
static void make_edid(unsigned char ret[256])
{
	static const unsigned char head[] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,
					      0x4c, 0x83, 0x95, 0x41 };

	memset(ret, 0x5a, 256);
	memcpy(ret, head, sizeof(head));
}

static void test_panel_id(void **state)
{
	unsigned char edid[256];
	char id[PANEL_ID];

	(void)state;
	make_edid(edid);
	assert_true(edid_panel_id(id, edid));
	assert_string_equal(id, "SDC4195");
	edid[10] = 0x0a;
	edid[11] = 0;
	assert_true(edid_panel_id(id, edid));
	assert_string_equal(id, "SDC000a");
	edid[8] = 0x07; /* the first letter there is, and the last */
	edid[9] = 0x41;
	assert_true(edid_panel_id(id, edid));
	assert_string_equal(id, "AZA000a");
	make_edid(edid);
	edid[9] = 0x80; /* no third letter */
	assert_false(edid_panel_id(id, edid));
	edid[9] = 0x9b; /* 27 */
	assert_false(edid_panel_id(id, edid));
	make_edid(edid);
	edid[0] = 1;
	assert_false(edid_panel_id(id, edid));
}

/*
 * A published one, of a Surface Pro 11: maker, family and panel. Where no display or
 * several are connected there is no such id.
 */
static void test_chids_by_panel(void **state)
{
	static const unsigned char want[CHID_SIZE] = { 0x28, 0xf8, 0x2f, 0xca, 0x04, 0xb4,
						       0x53, 0x52, 0x9e, 0x0e, 0x57, 0x9c,
						       0x93, 0xbf, 0xb0, 0x59 };
	unsigned char edid[256];
	struct machine_id id;

	(void)state;
	make_edid(edid);
	put_dmi("sys_vendor", "Microsoft Corporation\n");
	put_dmi("product_family", "Surface\n");
	put_bytes("/sys/class/drm/card0-HDMI-A-1/edid", "", 0);
	put_bytes("/sys/class/drm/card0-eDP-1/edid", edid, 256);
	id = this_machine();
	assert_int_equal(id.nr_chids, 2);
	assert_memory_equal(id.chids[0], want, CHID_SIZE);
	put_dmi("product_sku", "S-1\n");
	put_dmi("product_name", "Box\n");
	id = this_machine();
	assert_memory_equal(id.chids[1], want, CHID_SIZE); /* 17 comes first */
	assert_int_equal(id.nr_chids, 8);
	put_bytes("/sys/class/drm/card0-HDMI-A-1/edid", edid, 127);
	assert_int_equal(this_machine().nr_chids, 8);
	put_bytes("/sys/class/drm/card0-HDMI-A-1/edid", edid, 128);
	assert_int_equal(this_machine().nr_chids, 5);
}

static void make_hwids(struct bytes *ret, const struct machine_id *id)
{
	static const unsigned char other[CHID_SIZE] = { 1, 2, 3 };

	add_entry(ret, DTB, other, 5 * ENTRY);
	add_entry(ret, 2 << 28 | ENTRY, id->chids[0], 5 * ENTRY); /* firmware, not a tree */
	add_entry(ret, DTB, id->chids[1], 5 * ENTRY);		  /* a vaguer one, in front */
	add_entry(ret, DTB, id->chids[0], 5 * ENTRY + 9);
	add_entry(ret, 0, NULL, 0);
	bytes_add(ret, "acme,one\0acme,two", 18);
}

static void test_by_hwids(void **state)
{
	autobytes struct bytes uki = { 0 }, hwids = { 0 };
	struct machine_id id = { .nr_chids = 2, .chids = { { 7 }, { 8 } } };

	(void)state;
	make_hwids(&hwids, &id);
	MAKE_PE(&uki, LINUX, { ".hwids", bytes_span(&hwids) }, { ".dtbauto", TREE(one) },
		{ ".dtbauto", TREE(two) });
	expect(&uki, NULL, &id, "section .dtbauto", 2);
	id.chids[0][0] = 9;
	expect(&uki, NULL, &id, "section .dtbauto", 1);
	id.chids[1][0] = 9;
	expect(&uki, NULL, &id, "", 0);
	/* Firmware with a tree of its own knows better. */
	id.chids[0][0] = 7;
	strcpy(id.compatible, "acme,one");
	expect(&uki, NULL, &id, "section .dtbauto", 1);
}

static void test_hostile_hwids(void **state)
{
	struct machine_id id = { .nr_chids = 2, .chids = { { 7 }, { 8 } } };

	(void)state;
	for (size_t at = 0; at < 5 * ENTRY + 18; at++) {
		autobytes struct bytes uki = { 0 }, hwids = { 0 };
		autoimage struct boot_image img = { 0 };
		struct blob b;

		make_hwids(&hwids, &id);
		if (at % 2)
			hwids.size = at; /* cut */
		else
			bytes_set(&hwids, at, 1, 0xff);
		MAKE_PE(&uki, LINUX, { ".hwids", bytes_span(&hwids) }, { ".dtbauto", TREE(one) });
		b = bytes_blob(&uki);
		assert_int_equal(file_type_open(&img, &b, NULL, NULL), 0);
		assert_int_equal(uki_dtb_take(&img, NULL, &id, NULL), 0);
	}
}

static void test_profiles(void **state)
{
	const struct uki_choice first = { .number = 0 }, second = { .number = 1 },
				third = { .number = 2 };
	struct machine_id id = { .compatible = "acme,two" };
	autobytes struct bytes uki = { 0 };

	(void)state;
	MAKE_PE(&uki, LINUX, { ".dtbauto", TREE(two) }, { ".profile", TEXT("ID=a") },
		{ ".dtb", TEXT("12345678") }, { ".profile", TEXT("ID=b") },
		{ ".dtbauto", TREE(three) }, { ".profile", TEXT("ID=c") },
		{ ".dtbauto", NO_BYTES });
	/* A match of the base beats a .dtb of the profile; a profile's .dtbauto replace all. */
	expect(&uki, &first, &id, "section .dtbauto", 2);
	expect(&uki, &second, &id, "section .dtbauto", 3);
	expect(&uki, &third, &id, "", 0);
}

static void test_addon(void **state)
{
	autobytes struct bytes uki = { 0 }, addon = { 0 }, other = { 0 };
	autoimage struct boot_image img = { 0 };
	autotarget struct addon_target target = { 0 };
	struct machine_id id = { .compatible = "acme,two" };
	struct blob b;

	(void)state;
	MAKE_PE(&uki, LINUX, { ".dtb", TEXT("12345678") });
	MAKE_PE(&other, { ".dtbauto", TREE(one) });
	MAKE_PE(&addon, { ".dtb", TEXT("87654321") }, { ".dtbauto", TREE(two) });
	b = bytes_blob(&uki);
	assert_int_equal(file_type_open(&img, &b, NULL, NULL), 0);
	assert_int_equal(addon_target_read(&target, &img, NULL), 0);
	target.machine_id = &id;
	assert_int_equal(uki_dtb_take(&img, NULL, &id, NULL), 0);
	b = bytes_blob(&other);
	assert_int_equal(addon_apply(&img, &b, &target, NULL), 0);
	assert_string_equal(img.dtb.origin, "section .dtb");
	b = bytes_blob(&addon);
	assert_int_equal(addon_apply(&img, &b, &target, NULL), 0);
	assert_string_equal(img.dtb.origin, "section .dtbauto of addon image");
	/* What the user gave stays. */
	img.dtb.given = true;
	strcpy(img.dtb.origin, "--dtb");
	assert_int_equal(uki_dtb_take(&img, NULL, &id, NULL), 0);
	b = bytes_blob(&addon);
	assert_int_equal(addon_apply(&img, &b, &target, NULL), 0);
	assert_string_equal(img.dtb.origin, "--dtb");
}
#endif

int main(void)
{
#if defined(HAVE_FDT) && defined(HAVE_CRYPTO)
	const struct CMUnitTest tests[] = {
		TEST(test_by_compatible),
		TEST(test_compatible_without_end),
		TEST(test_chid),
		TEST(test_chids_of_this_machine),
		cmocka_unit_test(test_panel_id),
		TEST(test_chids_by_panel),
		TEST(test_by_hwids),
		TEST(test_hostile_hwids),
		TEST(test_profiles),
		TEST(test_addon),
	};

	return cmocka_run_group_tests(tests, make, done);
#else
	puts("1..1\nok 1 - device trees of UKIs # SKIP built without libfdt or libcrypto");
	return 0;
#endif
}
