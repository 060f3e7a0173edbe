/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an x86 kernel is told of EFI, which this kernel has switched to virtual mode. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kexec/arch/x86_64/boot-params.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/machine.h"

#define DATA  "/sys/kernel/boot_params/data"
#define EFI   "/sys/firmware/efi/"
#define SETUP UINT64_C(0x27ffff000) /* where the blob goes */

static const unsigned char seed[X86_RNG_SEED];
static struct bytes kernel, params;

static void put_number(const char *path, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64 "\n", value);
	put_text(path, text);
}

static void put_region(unsigned int nr, const char *field, uint64_t value)
{
	char path[96];

	snprintf(path, sizeof(path), EFI "runtime-map/%u/%s", nr, field);
	put_number(path, value);
}

static void put_regions(unsigned int from, unsigned int nr)
{
	for (unsigned int i = from; i < from + nr; i++) {
		put_region(i, "type", 5 + i % 2);
		put_region(i, "phys_addr", 0x7e000000 + i * 0x10000);
		put_region(i, "virt_addr", 0xfffffffeff000000 + i * 0x10000);
		put_region(i, "num_pages", i + 1);
		put_region(i, "attribute", 0x800000000000000f);
	}
}

static void remove_file(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", machine.root, path);
	assert_int_equal(unlink(full), 0);
}

/* OVMF's machine with one region, and a kernel that can be told. */
static int make_efi_machine(void **state)
{
	make_machine(state);
	bytes_done(&kernel);
	bytes_done(&params);
	kernel = params = (struct bytes){ 0 };
	make_bzImage(&kernel);
	bytes_set(&kernel, 0x201, 1, 0x6a);
	bytes_set(&kernel, 0x236, 2, 0x33);
	bytes_fill(&params, 0, 4096);
	bytes_put(&params, 0x1c0, "EL64", 4);
	bytes_set(&params, 0x1c4, 4, 0x7fbee018);
	bytes_set(&params, 0x1c8, 4, 48);   /* memdesc_size */
	bytes_set(&params, 0x1cc, 4, 1);    /* memdesc_version */
	bytes_set(&params, 0x1d8, 4, 2);    /* systab_hi */
	bytes_set(&params, 0x1ec, 1, 3);    /* secure_boot: on */
	put_bytes(DATA, params.data, params.size);
	put_text(EFI "systab", "ACPI20=0x7fb7e014\nACPI=0x7fb7e000\nSMBIOS3=0x7f9aa000\n"
			       "SMBIOS=0x7f9ab000\n");
	put_number(EFI "fw_vendor", 0x7f9ac98);
	put_number(EFI "config_table", 0x7f9eeb18);
	put_regions(0, 1);
	return 0;
}

static int remove_efi_machine(void **state)
{
	bytes_done(&kernel);
	bytes_done(&params);
	kernel = params = (struct bytes){ 0 };
	return remove_machine(state);
}

static int build(struct bytes *ret, bool noefi, struct why *w)
{
	const struct x86_setup_options o = { .noefi = noefi, .rng_seed = seed };
	const struct x86_layout at = { .setup = SETUP };
	const struct ram_map none = { 0 };
	autoblob struct blob image = bytes_blob(&kernel), b = { 0 };
	struct extent all = blob_whole(&image);
	struct x86_facts *f = NULL;
	int r = x86_facts_read(&f, &all, &o, &machine, w);

	if (r < 0)
		return r;
	assert_int_equal(x86_setup_build(&b, f, &at, &none, "", w), 0);
	assert_int_equal(b.size, x86_setup_size(f, 0, 0));
	if (ret)
		bytes_add(ret, b.data, b.size);
	x86_facts_free(f);
	return 0;
}

static uint64_t le(const struct bytes *b, size_t off, unsigned int width)
{
	uint64_t value = 0;

	assert_true(off + width <= b->size);
	memcpy(&value, b->data + off, width);
	return le64toh(value);
}

static void test_one_region(void **state)
{
	autobytes struct bytes have = { 0 }, want = { 0 };

	(void)state;
	assert_int_equal(build(&have, false, NULL), 0);
	bytes_add(&want, "EL64", 4);
	bytes_fill(&want, 0, 28);
	bytes_set(&want, 4, 4, 0x7fbee018);
	bytes_set(&want, 8, 4, 48);
	bytes_set(&want, 12, 4, 1);
	bytes_set(&want, 16, 4, 0x80000070); /* memmap, behind SETUP_EFI */
	bytes_set(&want, 20, 4, 48);
	bytes_set(&want, 24, 4, 2);
	bytes_set(&want, 28, 4, 2);
	assert_memory_equal(have.data + 0x1c0, want.data, 32);
	assert_int_equal(le(&have, 0x1ec, 1), 3);
	assert_int_equal(le(&have, 0x070, 8), 0x7fb7e014);

	/* The chain: SETUP_EFI, then the seed. */
	assert_int_equal(le(&have, 0x250, 8), SETUP + 4096);
	bytes_done(&want);
	want = (struct bytes){ 0 };
	bytes_fill(&want, 0, 112 + 48);
	bytes_set(&want, 0, 8, SETUP + 4096 + 112 + 48);
	bytes_set(&want, 8, 4, 4);
	bytes_set(&want, 12, 4, 96);
	bytes_set(&want, 16, 8, 0x7f9ac98);       /* fw_vendor */
	bytes_set(&want, 32, 8, 0x7f9eeb18);      /* tables */
	bytes_set(&want, 40, 8, 0x7f9ab000);      /* smbios */
	bytes_set(&want, 112, 4, 5);              /* EFI_MEMORY_DESCRIPTOR */
	bytes_set(&want, 120, 8, 0x7e000000);
	bytes_set(&want, 128, 8, 0xfffffffeff000000);
	bytes_set(&want, 136, 8, 1);
	bytes_set(&want, 144, 8, 0x800000000000000f);
	assert_memory_equal(have.data + 4096, want.data, want.size);
	assert_int_equal(le(&have, 4096 + 160 + 8, 4), 9);
	assert_int_equal(le(&have, 4096 + 160, 8), 0);
}

static void test_regions(void **state)
{
	static const unsigned int counts[] = { 2, 100, LIMIT_EFI_REGIONS };
	unsigned int have_nr = 1;
	struct why w = { 0 };

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(counts); n++) {
		autobytes struct bytes have = { 0 };

		put_regions(have_nr, counts[n] - have_nr);
		have_nr = counts[n];
		assert_int_equal(build(&have, false, NULL), 0);
		assert_int_equal(le(&have, 0x1d4, 4), 48 * have_nr);
		for (unsigned int i = 0; i < have_nr; i++) {
			size_t at = 4096 + 112 + i * 48;

			assert_int_equal(le(&have, at, 4), 5 + i % 2);
			assert_int_equal(le(&have, at + 8, 8), 0x7e000000 + i * 0x10000);
			assert_int_equal(le(&have, at + 24, 8), i + 1);
			assert_int_equal(le(&have, at + 40, 8), 0);
		}
	}
	put_regions(have_nr, 1);
	check_refused("regions", build(NULL, false, &w), &w, -E2BIG, "more than 1024 EFI runtime");
}

/* Only the address of the ACPI tables is left: without that, the kernel finds no devices. */
static void expect_no_efi(const char *name, bool noefi)
{
	autobytes struct bytes have = { 0 };
	struct why w = { 0 };

	if (build(&have, noefi, &w) != 0)
		fail_msg("%s: %s", name, w.text);
	for (size_t i = 0x1c0; i < 0x1e0; i++)
		if (have.data[i])
			fail_msg("%s: EFI at %#zx", name, i);
	assert_int_equal(le(&have, 0x1ec, 1), 0);
	assert_int_equal(le(&have, 0x070, 8), 0x7fb7e014);
	/* The seed alone. */
	assert_int_equal(have.size, 4096 + 48 + 1);
	assert_int_equal(le(&have, 4096 + 8, 4), 9);
}

static void change_params(size_t off, unsigned int width, uint64_t value)
{
	bytes_set(&params, off, width, value);
	put_bytes(DATA, params.data, params.size);
}

static void test_not_told(void **state)
{
	(void)state;
	expect_no_efi("--noefi", true);
	bytes_set(&kernel, 0x236, 2, 0x23);
	expect_no_efi("a kernel that does not know", false);
	bytes_set(&kernel, 0x236, 2, 0x33);
	bytes_put(&kernel, 0x202, "xxxx", 4);
	expect_no_efi("vmlinux", false);
}

static void test_bios(void **state)
{
	(void)state;
	change_params(0x1c0, 4, 0);
	expect_no_efi("no signature", false);
}

static void test_32_bit(void **state)
{
	(void)state;
	bytes_put(&params, 0x1c0, "EL32", 4);
	put_bytes(DATA, params.data, params.size);
	expect_no_efi("32-bit EFI", false);
}

static void test_no_system_table(void **state)
{
	(void)state;
	change_params(0x1c4, 4, 0);
	change_params(0x1d8, 4, 0);
	expect_no_efi("no system table", false);
}

static void test_no_config_table(void **state)
{
	(void)state;
	remove_file(EFI "config_table");
	expect_no_efi("no configuration table", false);
}

/* efi=noruntime: the kernel exports no map. What else stands there does not matter. */
static void test_no_runtime(void **state)
{
	char from[256], to[256];

	(void)state;
	snprintf(from, sizeof(from), "%s" EFI "runtime-map", machine.root);
	snprintf(to, sizeof(to), "%s/elsewhere", machine.root);
	assert_int_equal(rename(from, to), 0);
	put_text(EFI "fw_vendor", "garbage");
	change_params(0x1c8, 4, 7);
	expect_no_efi("no runtime map", false);
}

static void test_optional_tables(void **state)
{
	autobytes struct bytes have = { 0 };

	(void)state;
	remove_file(EFI "fw_vendor");
	put_text(EFI "systab", "SMBIOS3=0x5\nACPI=0x7fb7e000\n");
	assert_int_equal(build(&have, false, NULL), 0);
	assert_int_equal(le(&have, 4096 + 16, 8), 0);
	assert_int_equal(le(&have, 4096 + 40, 8), 0);
	assert_int_equal(le(&have, 0x070, 8), 0x7fb7e000);
}

static void test_rsdp(void **state)
{
	static const struct { const char *systab; uint64_t rsdp; } cases[] = {
		{ "ACPI20=0x1230\nACPI=0x4560\n", 0x1230 },
		{ "ACPI=0x4560\nACPI20=0x1230\n", 0x1230 },
		{ "\n\nACPI=0x4560", 0x4560 },
		{ "ACPI20=\nACPI=0x4560\n", 0x4560 },
		{ "ACPI20=-1\n", 0 },
		{ "ACPI20= 1\n", 0 },
		{ "ACPI20=0x11112222333344445\n", 0 },
		{ "XACPI=0x4560\nACPI2=0x1230\n", 0 },
		{ "ACPI", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autobytes struct bytes have = { 0 };

		put_text(EFI "systab", cases[i].systab);
		assert_int_equal(build(&have, false, NULL), 0);
		if (le(&have, 0x070, 8) != cases[i].rsdp)
			fail_msg("case %zu: %#" PRIx64, i, le(&have, 0x070, 8));
	}
	/* This kernel's own loader knew it. */
	change_params(0x070, 8, 0x77);
	for (int i = 0; i < 2; i++) {
		autobytes struct bytes have = { 0 };

		assert_int_equal(build(&have, i, NULL), 0);
		assert_int_equal(le(&have, 0x070, 8), 0x77);
	}
}

static void test_hostile(void **state)
{
	static const struct {
		const char *path, *text, *good, *phrase;
	} cases[] = {
		{ "fw_vendor", "vendor\n", "0x1\n", "fw_vendor: makes no sense; --noefi" },
		{ "config_table", "-1\n", "0x1\n", "config_table: makes no sense; --noefi" },
		{ "runtime-map/0/type", "", "0x5\n", "0/type: makes no sense" },
		{ "runtime-map/0/type", "0x100000000\n", "0x5\n", "region 0 makes no sense" },
		{ "runtime-map/0/phys_addr", "0x7e000001\n", "0x7e000000\n", "region 0 makes no" },
		{ "runtime-map/0/phys_addr", "0x10000000000000000\n", "0x7e000000\n",
		  "0/phys_addr: makes no sense" },
		{ "runtime-map/0/num_pages", "0\n", "1\n", "region 0 makes no sense" },
		{ "runtime-map/0/num_pages", "0x10000000000000\n", "1\n", "region 0 makes no" },
		{ "runtime-map/0/virt_addr", "x\n", "0\n", "0/virt_addr: makes no sense" },
		{ "runtime-map/0/attribute", "\n", "0\n", "0/attribute: makes no sense" },
	};
	struct why w = { 0 };
	char path[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		w = (struct why){ 0 };
		snprintf(path, sizeof(path), EFI "%s", cases[i].path);
		put_text(path, cases[i].text);
		check_refused(cases[i].path, build(NULL, false, &w), &w, -EBADMSG,
			      cases[i].phrase);
		expect_no_efi(cases[i].path, true);
		put_text(path, cases[i].good);
	}
	expect_no_efi("at last", true);
	remove_file(EFI "runtime-map/0/attribute");
	w = (struct why){ 0 };
	check_refused("missing", build(NULL, false, &w), &w, -ENOENT, "0/attribute: No such");
}

static void test_descriptor_sizes(void **state)
{
	static const struct { uint32_t size; int err; } cases[] = {
		{ 0, -EBADMSG }, { 32, -EBADMSG }, { 40, 0 }, { 44, -EBADMSG }, { 256, 0 },
		{ 264, -EBADMSG }, { UINT32_MAX, -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autobytes struct bytes have = { 0 };
		struct why w = { 0 };
		int r;

		change_params(0x1c8, 4, cases[i].size);
		r = build(&have, false, &w);
		assert_int_equal(r, cases[i].err);
		if (r == 0)
			assert_int_equal(le(&have, 0x1d4, 4), cases[i].size);
		else
			assert_non_null(strstr(w.text, "EFI memory descriptors of"));
	}
}

#define EFI_TEST(name) \
	cmocka_unit_test_setup_teardown(name, make_efi_machine, remove_efi_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EFI_TEST(test_one_region),	EFI_TEST(test_regions),
		EFI_TEST(test_not_told),	EFI_TEST(test_bios),
		EFI_TEST(test_32_bit),		EFI_TEST(test_no_system_table),
		EFI_TEST(test_no_config_table), EFI_TEST(test_no_runtime),
		EFI_TEST(test_optional_tables), EFI_TEST(test_rsdp),
		EFI_TEST(test_hostile),		EFI_TEST(test_descriptor_sizes),
	};

	return cmocka_run_group_tests_name("x86-efi", tests, NULL, NULL);
}
