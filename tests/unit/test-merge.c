/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user gives over what the image brings; the command line used again. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/merge.h"
#include "lib/cleanup.h"
#include "tests/unit/images.h"

/* An image with two embedded initrds and a command line; no formats needed. */
static void make_image(struct boot_image *ret)
{
	struct blob ucode = { 0 }, initrd = { 0 };
	struct extent e;

	assert_int_equal(blob_copy(&ucode, TEXT("ucode"), "ucode", NULL), 0);
	assert_int_equal(blob_copy(&initrd, TEXT("embedded"), "initrd", NULL), 0);
	assert_int_equal(boot_image_own(ret, &ucode, &e, NULL), 0);
	assert_int_equal(boot_image_add_initrd(ret, &e, "section .ucode", NULL), 0);
	assert_int_equal(boot_image_own(ret, &initrd, &e, NULL), 0);
	assert_int_equal(boot_image_add_initrd(ret, &e, "section .initrd", NULL), 0);
	assert_int_equal(boot_image_set_cmdline(ret, "embedded", 8, "section .cmdline", NULL), 0);
}

static void give_initrd(struct overlay *o, const char *text)
{
	struct span s = { (const unsigned char *)text, strlen(text) };

	assert_int_equal(blob_copy(&o->initrds[o->nr_initrds++], s, text, NULL), 0);
}

static void test_nothing_given(void **state)
{
	autoimage struct boot_image img = { 0 };
	autooverlay struct overlay o = { .cmdline = "" }; /* its NUL alone: not given */

	(void)state;
	make_image(&img);
	assert_int_equal(merge_overlay(&img, &o, NULL), 0);
	assert_string_equal(img.cmdline, "embedded");
	assert_string_equal(img.cmdline_origin, "section .cmdline");
	assert_int_equal(img.nr_initrd, 2);
	o.cmdline = NULL;
	assert_int_equal(merge_overlay(&img, &o, NULL), 0);
	assert_string_equal(img.cmdline, "embedded");
}

static void test_given_cmdline_replaces(void **state)
{
	autoimage struct boot_image img = { 0 }, bare = { 0 };
	autooverlay struct overlay o = { .cmdline = "given" };

	(void)state;
	make_image(&img);
	assert_int_equal(merge_overlay(&img, &o, NULL), 0);
	assert_string_equal(img.cmdline, "given");
	assert_string_equal(img.cmdline_origin, "command line");
	assert_int_equal(img.nr_initrd, 2);
	assert_int_equal(merge_overlay(&bare, &o, NULL), 0);
	assert_string_equal(bare.cmdline, "given");
}

/* Also the microcode; in the order given, each but the last padded to 4. */
static void test_given_initrds_replace_all(void **state)
{
	autoimage struct boot_image img = { 0 };
	autooverlay struct overlay o = { 0 };
	autoblob struct blob memfd = { 0 };
	autofree unsigned char *have = NULL;
	struct extent all;

	(void)state;
	make_image(&img);
	give_initrd(&o, "first");
	give_initrd(&o, "second!");
	assert_int_equal(merge_overlay(&img, &o, NULL), 0);
	assert_int_equal(o.initrds[0].kind, BLOB_NONE); /* moved */
	assert_int_equal(img.nr_initrd, 2);
	assert_string_equal(img.initrd[1].origin, "--initrd");
	assert_string_equal(img.cmdline, "embedded");
	assert_int_equal(boot_image_initrd_size(&img), 15);
	assert_int_equal(blob_memfd(&memfd, "initrd", NULL), 0);
	assert_int_equal(boot_image_join_initrd(&img, &memfd, NULL), 0);
	all = blob_whole(&memfd);
	assert_int_equal(all.len, 15);
	assert_int_equal(extent_dup(&all, 0, 15, &have, NULL), 0);
	assert_memory_equal(have, "first\0\0\0second!", 15);
}

/* Who gave what, for the route that passes only that. */
static void test_given_is_marked(void **state)
{
	autoimage struct boot_image img = { 0 };
	autooverlay struct overlay o = { .cmdline = "given" }, none = { 0 };

	(void)state;
	make_image(&img);
	assert_int_equal(merge_overlay(&img, &none, NULL), 0);
	assert_false(img.cmdline_given);
	assert_false(img.initrd[0].given);
	give_initrd(&o, "given");
	assert_int_equal(merge_overlay(&img, &o, NULL), 0);
	assert_true(img.cmdline_given);
	assert_true(img.initrd[0].given);
}

static int merge_enforced(bool embedded, bool crash, const char *cmdline, const char *initrd,
			  struct why *w)
{
	autoimage struct boot_image img = { 0 };
	autooverlay struct overlay o = { .cmdline = cmdline, .enforced = true, .crash = crash };

	if (embedded)
		make_image(&img);
	if (initrd)
		give_initrd(&o, initrd);
	return merge_overlay(&img, &o, w);
}

/* Under a signature nothing can be replaced that it covers; a crash kernel is exempt. */
static void test_enforced(void **state)
{
	struct why w = { 0 };

	(void)state;
	check_refused("initrd", merge_enforced(true, false, NULL, "given", &w), &w, -EPERM,
		      "its signed initrd cannot be replaced");
	w = (struct why){ 0 };
	check_refused("cmdline", merge_enforced(true, false, "given", NULL, &w), &w, -EPERM,
		      "its signed command line cannot be replaced");
	assert_int_equal(merge_enforced(true, false, NULL, NULL, NULL), 0);
	assert_int_equal(merge_enforced(true, false, "", NULL, NULL), 0);
	assert_int_equal(merge_enforced(false, false, "given", "given", NULL), 0);
	assert_int_equal(merge_enforced(true, true, "given", "given", NULL), 0);
}

/* As many as --initrd can be given, on an image that has some already. */
static void test_most_initrds(void **state)
{
	autoimage struct boot_image img = { 0 };
	autooverlay struct overlay o = { 0 };
	struct extent e = { 0 };
	struct why w = { 0 };

	(void)state;
	make_image(&img);
	while (o.nr_initrds < LIMIT_INITRDS)
		give_initrd(&o, "x");
	assert_int_equal(merge_overlay(&img, &o, NULL), 0);
	assert_int_equal(img.nr_initrd, LIMIT_INITRDS);
	check_refused("one-too-many", boot_image_add_initrd(&img, &e, "more", &w), &w, -E2BIG,
		      "more than 16 initrds");
}

static void test_too_many_parts(void **state)
{
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };
	struct extent e;

	(void)state;
	for (size_t i = 0; i < BOOT_IMAGE_BLOBS; i++) {
		struct blob b = { 0 };

		assert_int_equal(blob_copy(&b, TEXT("x"), "part", NULL), 0);
		assert_int_equal(boot_image_own(&img, &b, &e, NULL), 0);
	}
	struct blob b = { 0 };

	assert_int_equal(blob_copy(&b, TEXT("x"), "part", NULL), 0);
	check_refused("one-too-many", boot_image_own(&img, &b, &e, &w), &w, -E2BIG,
		      "too many parts");
	assert_int_equal(b.kind, BLOB_NONE); /* freed: taken over all the same */
}

static void test_overlay_not_merged(void **state)
{
	autooverlay struct overlay o = { 0 };

	(void)state;
	give_initrd(&o, "freed by overlay_done() alone");
}

static const struct {
	const char *running, *append, *reboot, *crash; /* crash NULL: the same */
} lines[] = {
	{ "root=/dev/vda quiet\n", NULL, "root=/dev/vda quiet", NULL },
	{ "root=/dev/vda quiet\n", "", "root=/dev/vda quiet", NULL },
	{ "root=/dev/vda\n", "single debug", "root=/dev/vda single debug", NULL },
	{ "", "single", "single", NULL },
	{ "\n", NULL, "", NULL },
	{ "", NULL, "", NULL },
	{ "BOOT_IMAGE=/boot/vmlinuz root=/dev/vda\n", NULL, "root=/dev/vda", NULL },
	{ "root=/dev/vda BOOT_IMAGE=/boot/vmlinuz\n", NULL, "root=/dev/vda", NULL },
	{ "BOOT_IMAGE=(hd0,gpt2)/vmlinuz\n", "single", "single", NULL },
	{ "a BOOT_IMAGE=1 b BOOT_IMAGE=2 c\n", NULL, "a b c", NULL },
	{ "MY_BOOT_IMAGE=1 boot_image=2 BOOT_IMAGEX=3\n", NULL,
	  "MY_BOOT_IMAGE=1 boot_image=2 BOOT_IMAGEX=3", NULL },
	{ "BOOT_IMAGE=\"a b\" c\n", NULL, "c", NULL },
	{ "a=\"x BOOT_IMAGE=1 y\" b\n", NULL, "a=\"x BOOT_IMAGE=1 y\" b", NULL },
	{ "a=\"x  y\"  b\n", NULL, "a=\"x  y\" b", NULL }, /* blanks in quotes stay */
	{ "a=\"not closed  b\n", "c", "a=\"not closed  b c", NULL },
	{ "dyndbg=\"file a.c +p; crashkernel=1\" b\n", NULL,
	  "dyndbg=\"file a.c +p; crashkernel=1\" b", NULL },
	{ "  a \t b  \n", NULL, "a b", NULL },
	{ "a crashkernel=256M b\n", NULL, "a crashkernel=256M b", "a b" },
	{ "crashkernel=1G-4G:192M,4G-:256M\n", "irqpoll",
	  "crashkernel=1G-4G:192M,4G-:256M irqpoll", "irqpoll" },
	{ "crashkernel=256M,high crashkernel=72M,low crashkernel_suffix=1 a\n", NULL,
	  "crashkernel=256M,high crashkernel=72M,low crashkernel_suffix=1 a", "a" },
	{ "nocrashkernel=1\n", NULL, "nocrashkernel=1", NULL },
	{ "a\n", "crashkernel=1M", "a crashkernel=1M", NULL }, /* what is given is not touched */
	{ "a\n", "BOOT_IMAGE=x  b", "a BOOT_IMAGE=x  b", NULL },
};

static void test_reuse_cmdline(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		autofree char *reboot = merge_reuse_cmdline(lines[i].running, lines[i].append,
							    false);
		autofree char *crash = merge_reuse_cmdline(lines[i].running, lines[i].append,
							   true);

		assert_string_equal(reboot, lines[i].reboot);
		assert_string_equal(crash, lines[i].crash ? lines[i].crash : lines[i].reboot);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_given),
		cmocka_unit_test(test_given_cmdline_replaces),
		cmocka_unit_test(test_given_initrds_replace_all),
		cmocka_unit_test(test_given_is_marked),
		cmocka_unit_test(test_enforced),
		cmocka_unit_test(test_most_initrds),
		cmocka_unit_test(test_too_many_parts),
		cmocka_unit_test(test_overlay_not_merged),
		cmocka_unit_test(test_reuse_cmdline),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
