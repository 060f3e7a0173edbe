// SPDX-License-Identifier: GPL-2.0-or-later
/* The device tree of an arm64 kernel: what comes from where, and hostile ones. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/arch/arm64/device-tree.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/machine.h"

#ifdef HAVE_FDT
#include <libfdt.h>

#define FLAT_SIZE 4096

static void check(int err)
{
	if (err < 0)
		fail_msg("libfdt: %s", fdt_strerror(err));
}

/* ---- trees ---- */

/* What a boot loader gives: @efi, else memory; and what the boot before this was like. */
static void *make_tree(void *fdt, bool efi, const char *model)
{
	check(fdt_create(fdt, FLAT_SIZE));
	check(fdt_add_reservemap_entry(fdt, 0x1000, 0x800));
	check(fdt_add_reservemap_entry(fdt, 0x48000000, 0x10000)); /* the old initrd */
	check(fdt_add_reservemap_entry(fdt, 0x49000000, 0x20000)); /* another thing */
	check(fdt_add_reservemap_entry(fdt, 0x4a000000, 0x10000)); /* the old elfcorehdr */
	check(fdt_add_reservemap_entry(fdt, 0x4b000000, 0x12345)); /* the old log of IMA */
	check(fdt_finish_reservemap(fdt));
	check(fdt_begin_node(fdt, ""));
	check(fdt_property_u32(fdt, "#address-cells", 2));
	check(fdt_property_u32(fdt, "#size-cells", 2));
	check(fdt_property_string(fdt, "model", model));
	check(fdt_begin_node(fdt, "chosen"));
	check(fdt_property_string(fdt, "bootargs", "old"));
	check(fdt_property_string(fdt, "stdout-path", "/pl011@9000000"));
	check(fdt_property_u32(fdt, "linux,initrd-start", 0x48000000));
	check(fdt_property_u64(fdt, "linux,initrd-end", 0x4800fff0));
	check(fdt_property_u64(fdt, "kaslr-seed", 0));
	check(fdt_property_u64(fdt, "linux,kho-fdt", 1));
	check(fdt_property(fdt, "linux,elfcorehdr", "\0\0\0\0\x4a\0\0\0\0\0\0\0\0\1\0\0", 16));
	check(fdt_property(fdt, "linux,ima-kexec-buffer", "\0\0\0\0\x4b\0\0\0\0\0\0\0\0\1\x23\x45",
			   16));
	check(fdt_property_u64(fdt, "linux,usable-memory-range", 1));
	if (efi) {
		check(fdt_property_u64(fdt, "linux,uefi-system-table", 0x7c000000));
		check(fdt_property_u64(fdt, "linux,uefi-mmap-start", 0x7c010000));
	}
	check(fdt_end_node(fdt));
	check(fdt_begin_node(fdt, "reserved-memory"));
	check(fdt_property_u32(fdt, "#address-cells", 1));
	check(fdt_property_u32(fdt, "#size-cells", 1));
	check(fdt_begin_node(fdt, "firmware@4c000000"));
	check(fdt_property_string(fdt, "status", "okay"));
	check(fdt_property_u64(fdt, "reg", 0x4c00000000010000));
	check(fdt_end_node(fdt));
	check(fdt_end_node(fdt));
	if (!efi) {
		check(fdt_begin_node(fdt, "memory@40000000"));
		check(fdt_property_string(fdt, "device_type", "memory"));
		check(fdt_end_node(fdt));
	}
	check(fdt_end_node(fdt));
	check(fdt_finish(fdt));
	return fdt;
}

static void put_tree(const void *fdt)
{
	put_bytes("/sys/firmware/fdt", fdt, fdt_totalsize(fdt));
}

static struct crash_regions crash = {
	.high = { 0x280000000, 0x290000000 },
	.low = { 0x60000000, 0x62000000 },
};

static int build(struct blob *ret, const struct blob *base, const struct chosen *given,
		 struct why *w)
{
	const struct chosen plain = { .cmdline = "new" };
	struct extent all = { 0 };

	if (base)
		all = blob_whole(base);
	return device_tree_build(ret, base ? &all : NULL, given ? given : &plain, &machine, w);
}

/* @fdt: of FLAT_SIZE bytes, to look at with libfdt. */
static void built(void *fdt, const struct blob *base, const struct chosen *given)
{
	autoblob struct blob b = { 0 };
	struct why w = { 0 };

	if (build(&b, base, given, &w) < 0)
		fail_msg("%s", w.text);
	assert_true(b.size <= FLAT_SIZE);
	memcpy(fdt, b.data, b.size);
	check(fdt_check_full(fdt, b.size));
	assert_int_equal(fdt_totalsize(fdt), b.size);
}

static struct blob file_of(const void *fdt, size_t size)
{
	struct blob b;

	assert_int_equal(blob_copy(&b, (struct span){ fdt, size }, "file", NULL), 0);
	return b;
}

/* ---- looking ---- */

static int chosen(const void *fdt)
{
	int node = fdt_path_offset(fdt, "/chosen");

	check(node);
	return node;
}

static bool has(const void *fdt, const char *name)
{
	return fdt_getprop(fdt, chosen(fdt), name, NULL);
}

static void assert_text(const void *fdt, int node, const char *name, const char *text)
{
	int len;
	const char *value = fdt_getprop(fdt, node, name, &len);

	assert_non_null(value);
	assert_int_equal(len, strlen(text) + 1);
	assert_string_equal(value, text);
}

static void assert_u64s(const void *fdt, const char *name, const uint64_t *want, size_t nr)
{
	int len;
	const fdt64_t *value = fdt_getprop(fdt, chosen(fdt), name, &len);

	assert_non_null(value);
	assert_int_equal(len, 8 * nr);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(fdt64_ld(value + i), want[i]);
}

static bool is_reserved(const void *fdt, uint64_t start, uint64_t size)
{
	uint64_t s, l;

	for (int i = fdt_num_mem_rsv(fdt) - 1; i >= 0; i--) {
		check(fdt_get_mem_rsv(fdt, i, &s, &l));
		if (s == start && l == size)
			return true;
	}
	return false;
}

/* ---- tests ---- */

static void test_plain(void **state)
{
	unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));
	static const char *const stale[] = { "linux,initrd-start", "linux,initrd-end",
					     "linux,elfcorehdr",   "linux,usable-memory-range",
					     "linux,kho-fdt",	   "linux,ima-kexec-buffer" };
	int len;

	(void)state;
	put_tree(make_tree(fdt, false, "running"));
	built(fdt, NULL, NULL);
	assert_text(fdt, 0, "model", "running");
	assert_text(fdt, chosen(fdt), "bootargs", "new");
	assert_text(fdt, chosen(fdt), "stdout-path", "/pl011@9000000");
	for (size_t i = 0; i < ARRAY_SIZE(stale); i++)
		assert_false(has(fdt, stale[i]));
	assert_true(has(fdt, "linux,booted-from-kexec"));
	assert_non_null(fdt_getprop(fdt, chosen(fdt), "rng-seed", &len));
	assert_int_equal(len, 128);
	assert_int_equal(fdt_num_mem_rsv(fdt), 2);
	assert_true(is_reserved(fdt, 0x1000, 0x800));
	assert_true(is_reserved(fdt, 0x49000000, 0x20000));
}

static void test_seeds_are_fresh(void **state)
{
	unsigned char a[FLAT_SIZE] __attribute__((aligned(8)));
	unsigned char b[FLAT_SIZE] __attribute__((aligned(8)));
	int len;
	const void *x, *y;

	(void)state;
	put_tree(make_tree(a, false, "running"));
	built(a, NULL, NULL);
	built(b, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "rng-seed" : "kaslr-seed";

		x = fdt_getprop(a, chosen(a), name, &len);
		y = fdt_getprop(b, chosen(b), name, NULL);
		assert_non_null(x);
		assert_non_null(y);
		assert_memory_not_equal(x, y, len);
	}
}

static void test_initrd(void **state)
{
	unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));
	const struct chosen c = { .cmdline = "", .initrd = { 0x140000000, 0x140000123 } };

	(void)state;
	put_tree(make_tree(fdt, true, "running"));
	built(fdt, NULL, &c);
	assert_text(fdt, chosen(fdt), "bootargs", "");
	assert_u64s(fdt, "linux,initrd-start", (uint64_t[]){ 0x140000000 }, 1);
	assert_u64s(fdt, "linux,initrd-end", (uint64_t[]){ 0x140000123 }, 1);
	assert_true(is_reserved(fdt, 0x140000000, 0x123));
	assert_u64s(fdt, "linux,uefi-system-table", (uint64_t[]){ 0x7c000000 }, 1);
	assert_u64s(fdt, "linux,uefi-mmap-start", (uint64_t[]){ 0x7c010000 }, 1);
}

static void test_crash(void **state)
{
	unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));
	const struct chosen c = {
		.cmdline = "new",
		.elfcorehdr = { 0x28fff0000, 0x290000000 },
		.crash = &crash,
	};

	(void)state;
	put_tree(make_tree(fdt, true, "running"));
	built(fdt, NULL, &c);
	assert_u64s(fdt, "linux,elfcorehdr", (uint64_t[]){ 0x28fff0000, 0x10000 }, 2);
	assert_u64s(fdt, "linux,usable-memory-range",
		    (uint64_t[]){ 0x280000000, 0x10000000, 0x60000000, 0x2000000 }, 4);
	assert_true(is_reserved(fdt, 0x28fff0000, 0x10000));
}

static void test_handover(void **state)
{
	unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));
	const struct chosen c = {
		.cmdline = "new",
		.kho_tree = { 0x43210000, 0x43211000 },
		.kho_scratch = { 0x7fff0000, 0x7fff0030 },
	};

	(void)state;
	put_tree(make_tree(fdt, true, "running"));
	built(fdt, NULL, &c);
	assert_u64s(fdt, "linux,kho-fdt", (uint64_t[]){ 0x43210000, 0x1000 }, 2);
	assert_u64s(fdt, "linux,kho-scratch", (uint64_t[]){ 0x7fff0000, 0x30 }, 2);
}

static void test_one_cell(void **state)
{
	unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));
	struct crash_regions low = { .high = { 0x60000000, 0x70000000 } };
	struct chosen c = {
		.cmdline = "new",
		.elfcorehdr = { 0x6fff0000, 0x70000000 },
		.crash = &low,
	};
	autoblob struct blob none = { 0 };
	struct why w = { 0 };

	(void)state;
	make_tree(fdt, true, "running");
	check(fdt_setprop_inplace_u32(fdt, 0, "#address-cells", 1));
	check(fdt_setprop_inplace_u32(fdt, 0, "#size-cells", 1));
	put_tree(fdt);
	built(fdt, NULL, &c);
	assert_u64s(fdt, "linux,elfcorehdr", (uint64_t[]){ 0x6fff000000010000 }, 1);
	assert_u64s(fdt, "linux,usable-memory-range", (uint64_t[]){ 0x6000000010000000 }, 1);
	c.crash = &crash;
	assert_int_equal(build(&none, NULL, &c, &w), -EBADMSG);
	assert_non_null(strstr(w.text, "no cells"));
}

/* EFI is the running machine's, whatever a tree from elsewhere says. */
static void test_given(void **state)
{
	unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));
	autoblob struct blob file = { 0 }, with_memory = { 0 }, none = { 0 };
	struct why w = { 0 };

	(void)state;
	make_tree(fdt, true, "given");
	check(fdt_setprop_inplace_u64(fdt, chosen(fdt), "linux,uefi-system-table", 0xbad));
	file = file_of(fdt, fdt_totalsize(fdt));
	/* No EFI here, no memory there. */
	put_tree(make_tree(fdt, false, "running"));
	assert_int_equal(build(&none, &file, NULL, &w), -EBADMSG);
	assert_non_null(strstr(w.text, "names no memory"));
	put_tree(make_tree(fdt, true, "running"));
	built(fdt, &file, NULL);
	assert_text(fdt, 0, "model", "given");
	assert_u64s(fdt, "linux,uefi-system-table", (uint64_t[]){ 0x7c000000 }, 1);
	/* Where that cannot be read there may be EFI all the same. */
	put_bytes("/sys/firmware/fdt", "no tree, but long enough to be one, or so it seems", 50);
	make_tree(fdt, false, "given");
	with_memory = file_of(fdt, fdt_totalsize(fdt));
	w = (struct why){ 0 };
	assert_int_equal(build(&none, &with_memory, NULL, &w), -EBADMSG);
	assert_non_null(strstr(w.text, "of the running kernel: device tree: FDT_ERR_BADMAGIC"));
}

/* What is reserved where an initrd of no bytes was is not for that. */
static void test_old_initrd_of_no_bytes(void **state)
{
	unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));

	(void)state;
	make_tree(fdt, true, "running");
	check(fdt_setprop_inplace_u32(fdt, chosen(fdt), "linux,initrd-start", 0x1000));
	check(fdt_setprop_inplace_u64(fdt, chosen(fdt), "linux,initrd-end", 0x1000));
	put_tree(fdt);
	built(fdt, NULL, NULL);
	assert_true(is_reserved(fdt, 0x1000, 0x800));
}

static void test_folders(void **state)
{
	unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));
	int node;

	(void)state;
	put_bytes("/proc/device-tree/model", "folders", 8);
	put_bytes("/proc/device-tree/name", "", 1);
	put_bytes("/proc/device-tree/chosen/linux,uefi-system-table", "\0\0\0\0\0\0\0\1", 8);
	put_bytes("/proc/device-tree/chosen/bootargs", "old", 4);
	put_bytes("/proc/device-tree/a/b/reg", "\1\2\3\4", 4);
	put_bytes("/proc/device-tree/a/dma-coherent", "", 0);
	built(fdt, NULL, NULL);
	assert_text(fdt, 0, "model", "folders");
	assert_null(fdt_getprop(fdt, 0, "name", NULL));
	assert_text(fdt, chosen(fdt), "bootargs", "new");
	assert_u64s(fdt, "linux,uefi-system-table", (uint64_t[]){ 1 }, 1);
	assert_non_null(fdt_getprop(fdt, fdt_path_offset(fdt, "/a"), "dma-coherent", NULL));
	node = fdt_path_offset(fdt, "/a/b");
	check(node);
	assert_memory_equal(fdt_getprop(fdt, node, "reg", NULL), "\1\2\3\4", 4);
	assert_int_equal(fdt_num_mem_rsv(fdt), 0);
}

static void refused(const void *data, size_t size, int err, const char *phrase)
{
	autoblob struct blob file = file_of(data, size), none = { 0 };
	struct why w = { 0 };

	assert_int_equal(build(&none, &file, NULL, &w), err);
	if (!strstr(w.text, phrase))
		fail_msg("\"%s\" is not in: %s", phrase, w.text);
}

static void test_refused(void **state)
{
	unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));
	autofree void *large = calloc(1, LIMIT_DEVICE_TREE + 1);
	char deep[512] = "/proc/device-tree", cmdline[256] = "";
	autoblob struct blob none = { 0 }, full = { 0 };
	struct why w = { 0 };
	size_t size;

	(void)state;
	assert_int_equal(build(&none, NULL, NULL, &w), -EOPNOTSUPP);
	assert_non_null(strstr(w.text, "--dtb"));
	w = (struct why){ 0 };
	put_tree(make_tree(fdt, false, "running"));
	size = fdt_totalsize(fdt);
	refused("", 1, -EBADMSG, "TRUNCATED");
	refused(fdt, size - 1, -EBADMSG, "TRUNCATED");
	refused("no tree, but long enough to be one, or so it seems", 50, -EBADMSG, "MAGIC");
	refused(large, LIMIT_DEVICE_TREE + 1, -E2BIG, "more than 2048 KiB");
	fdt_set_version(fdt, 15);
	refused(fdt, size, -EBADMSG, "VERSION");
	/* Full already: what we add has no room. */
	make_tree(fdt, false, "running");
	check(fdt_open_into(fdt, large, LIMIT_DEVICE_TREE));
	check(fdt_setprop_placeholder(large, 0, "x", (int)LIMIT_DEVICE_TREE - FLAT_SIZE / 2,
				      &(void *){ NULL }));
	check(fdt_pack(large));
	for (unsigned int i = 0; fdt_totalsize(large) < LIMIT_DEVICE_TREE - 32; i++) {
		check(fdt_open_into(large, large, LIMIT_DEVICE_TREE));
		if (fdt_appendprop(large, 0, "y", "0123456789ab", 12) < 0)
			break;
		check(fdt_pack(large));
	}
	memset(cmdline, 'x', sizeof(cmdline) - 1);
	full = file_of(large, fdt_totalsize(large));
	assert_int_equal(build(&none, &full, &(struct chosen){ .cmdline = cmdline }, &w), -E2BIG);
	assert_non_null(strstr(w.text, "more than 2048 KiB"));
	/* And folders without end. */
	w = (struct why){ 0 };
	remove_machine(NULL);
	make_machine(NULL);
	for (unsigned int i = 0; i <= LIMIT_DEVICE_TREE_DEPTH; i++)
		strcat(deep, "/d");
	strcat(deep, "/reg");
	put_bytes(deep, "1234", 4);
	assert_int_equal(build(&none, NULL, NULL, &w), -E2BIG);
	assert_non_null(strstr(w.text, "64 folders deep"));
}

/* Whatever is in one: an answer, and a tree that is one. */
static void test_mutants(void **state)
{
	unsigned char good[FLAT_SIZE] __attribute__((aligned(8)));
	unsigned int taken = 0, not = 0, kept = 0;
	size_t size;

	(void)state;
	put_tree(make_tree(good, true, "running"));
	make_tree(good, false, "given");
	size = fdt_totalsize(good);
	srand(1);
	for (unsigned int i = 0; i < 3000; i++) {
		unsigned char fdt[FLAT_SIZE] __attribute__((aligned(8)));
		autoblob struct blob file = { 0 }, b = { 0 };
		autoram struct ram_map map = { 0 };
		struct extent base;

		memcpy(fdt, good, size);
		for (int n = 1 + rand() % 3; n > 0; n--)
			fdt[(size_t)rand() % size] = rand() % 3 ? rand() : rand() % 4;
		file = file_of(fdt, size);
		base = blob_whole(&file);
		assert_int_equal(ram_set(&map, (struct range){ 0, UINT64_MAX }, RAM_USABLE, NULL),
				 0);
		kept += device_tree_keep_off(&map, &base, NULL) == 0 && map.nr == 5;
		if (build(&b, &file, NULL, NULL) < 0) {
			not ++;
			continue;
		}
		taken++;
		assert_int_equal(fdt_check_full(b.data, b.size), 0);
		assert_text(b.data, chosen(b.data), "bootargs", "new");
	}
	assert_true(taken > 300 && not > 300 && kept > 300);
}
#endif

int main(void)
{
#ifdef HAVE_FDT
	const struct CMUnitTest tests[] = {
		TEST(test_plain),    TEST(test_seeds_are_fresh),
		TEST(test_initrd),   TEST(test_crash),
		TEST(test_handover), TEST(test_one_cell),
		TEST(test_given),    TEST(test_folders),
		TEST(test_refused),  TEST(test_old_initrd_of_no_bytes),
		TEST(test_mutants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	puts("1..1\nok 1 - device trees # SKIP built without libfdt");
	return 0;
#endif
}
