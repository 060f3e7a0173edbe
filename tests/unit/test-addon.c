/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles chosen by the user, and addons: what they add, in which order, which are left out. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "kexec/addon.h"
#include "kexec/file-type.h"
#include "lib/cleanup.h"
#include "tests/unit/images.h"

static struct bytes bzImage; /* made once */

static int make_kernel(void **state)
{
	(void)state;
	make_bzImage(&bzImage);
	return 0;
}

static int free_kernel(void **state)
{
	(void)state;
	bytes_done(&bzImage);
	return 0;
}

/* Three profiles; the second one has no ID, the third one's is in quotes. */
static void make_profiles(struct bytes *ret)
{
	MAKE_PE(ret, { ".linux", bytes_span(&bzImage) }, { ".cmdline", TEXT("base") },
		{ ".initrd", TEXT("initrd of the base") }, { ".profile", TEXT("TITLE=A\nID=main\n") },
		{ ".cmdline", TEXT("zero") }, { ".profile", TEXT("TITLE=ID=main") },
		{ ".cmdline", TEXT("one") }, { ".profile", TEXT("ID=\"factory reset\"\r\n") },
		{ ".initrd", NO_BYTES }, { ".ucode", TEXT("two") });
}

static int open_profile(struct boot_image *img, const struct bytes *image, const char *id,
			unsigned int number, struct why *w)
{
	const struct uki_choice choice = { .id = id, .number = number };
	autoblob struct blob b = bytes_blob(image);

	return file_type_open_profile(img, &b, NULL, &choice, w);
}

static void expect_profile(const char *id, unsigned int number, const char *cmdline,
			   size_t initrd_size)
{
	autobytes struct bytes uki = { 0 };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	make_profiles(&uki);
	if (open_profile(&img, &uki, id, number, &w) != 0)
		fail_msg("%s %u: %s", id ? id : "", number, w.text);
	assert_string_equal(img.cmdline, cmdline);
	assert_int_equal(boot_image_initrd_size(&img), initrd_size);
	assert_true(img.altered);
}

static void test_profiles(void **state)
{
	(void)state;
	expect_profile(NULL, 0, "zero", 18);
	expect_profile("main", 0, "zero", 18);
	expect_profile(NULL, 1, "one", 18);
	expect_profile(NULL, 2, "base", 3);
	expect_profile("factory reset", 0, "base", 3);
}

static void expect_no_profile(const struct bytes *image, const char *id, unsigned int number,
			      const char *phrase)
{
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	check_refused(phrase, open_profile(&img, image, id, number, &w), &w, -EINVAL, phrase);
}

static void test_no_such_profile(void **state)
{
	autobytes struct bytes uki = { 0 }, plain = { 0 };

	(void)state;
	make_profiles(&uki);
	expect_no_profile(&uki, NULL, 3, "no profile 3: 3 are there");
	expect_no_profile(&uki, NULL, UINT32_MAX, "no profile 4294967295");
	expect_no_profile(&uki, "mai", 0, "called 'mai', only 0 (main), 1, 2 (factory reset)");
	expect_no_profile(&uki, "", 0, "called '', only 0 (main), 1");
	MAKE_PE(&plain, { ".linux", bytes_span(&bzImage) });
	expect_no_profile(&plain, NULL, 1, "no profile 1: 0 are there");
	expect_no_profile(&plain, "main", 0, "no profiles at all");
	expect_no_profile(&bzImage, NULL, 1, "is no unified kernel image");
}

static void open_uki(struct boot_image *ret, struct addon_target *target, const char *uname)
{
	autobytes struct bytes uki = { 0 };
	autoblob struct blob b = { 0 };

	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) }, { ".cmdline", TEXT("root=/dev/vda") },
		{ ".ucode", TEXT("UCODE") }, { ".initrd", TEXT("INITRD") },
		{ ".uname", (struct span){ (unsigned char *)uname, strlen(uname) } });
	b = bytes_blob(&uki);
	assert_int_equal(file_type_open(ret, &b, NULL, NULL), 0);
	assert_int_equal(addon_target_read(target, ret, NULL), 0);
}

static int apply(struct boot_image *img, const struct addon_target *target,
		 const struct bytes *addon, struct why *w)
{
	struct blob b = bytes_blob(addon);
	int r = addon_apply(img, &b, target, w);

	assert_int_equal(b.kind, BLOB_NONE);
	return r;
}

static void check_initrds(const struct boot_image *img, const char *want)
{
	char have[256] = "";

	for (size_t i = 0; i < img->nr_initrd; i++) {
		const struct extent *e = &img->initrd[i].bytes;
		autofree unsigned char *text = NULL;

		assert_int_equal(extent_dup(e, 0, e->len, &text, NULL), 0);
		sprintf(have + strlen(have), "%s%.*s", i ? " " : "", (int)e->len, text);
	}
	assert_string_equal(have, want);
}

static void test_order(void **state)
{
	autobytes struct bytes a = { 0 }, b = { 0 };
	autoimage struct boot_image img = { 0 };
	autotarget struct addon_target target = { 0 };
	struct why w = { 0 };

	(void)state;
	open_uki(&img, &target, "6.12.1");
	assert_false(img.altered);
	MAKE_PE(&a, { ".cmdline", TEXT(" \tquiet\nsplash \n") }, { ".ucode", TEXT("ua") },
		{ ".initrd", TEXT("ia") }, { ".uname", TEXT("6.12.1\n") });
	MAKE_PE(&b, { ".cmdline", TEXT("debug") }, { ".ucode", TEXT("ub") },
		{ ".initrd", TEXT("ib") }, { ".dtb", TEXT("tree") });
	assert_int_equal(apply(&img, &target, &a, &w), 0);
	assert_int_equal(apply(&img, &target, &b, &w), 0);
	assert_string_equal(img.cmdline, "root=/dev/vda quiet splash debug");
	check_initrds(&img, "ub ua UCODE INITRD ia ib");
	assert_int_equal(img.dtb.bytes.len, 4);
	assert_true(img.altered);
}

static void expect(const struct bytes *addon, const char *uname, int r, const char *phrase)
{
	autoimage struct boot_image img = { 0 };
	autotarget struct addon_target target = { 0 };
	struct why w = { 0 };

	open_uki(&img, &target, uname);
	assert_int_equal(apply(&img, &target, addon, &w), r);
	assert_non_null(strstr(w.text, phrase));
	if (r == 0)
		return;
	assert_string_equal(img.cmdline, "root=/dev/vda");
	check_initrds(&img, "UCODE INITRD");
	assert_false(img.altered);
}

static void test_left_out(void **state)
{
	autobytes struct bytes machine = { 0 }, kernel = { 0 }, other = { 0 }, nothing = { 0 },
		twice = { 0 }, empty = { 0 }, text = { 0 };

	(void)state;
	MAKE_PE(&machine, { ".cmdline", TEXT("x") });
	bytes_set(&machine, PE_AT + 4, 2, 0xaa64);
	expect(&machine, "6.12.1", 1, "is for another machine");
	MAKE_PE(&kernel, { ".cmdline", TEXT("x") }, { ".linux", TEXT("kernel") });
	expect(&kernel, "6.12.1", 1, "it has a kernel");
	MAKE_PE(&other, { ".cmdline", TEXT("x") }, { ".uname", TEXT("6.12.2") });
	expect(&other, "6.12.1", 1, "is for kernel '6.12.2', this is '6.12.1'");
	expect(&other, "", 0, ""); /* nobody knows what the image is for */
	MAKE_PE(&nothing, { ".text", TEXT("code") }, { ".uname", TEXT("6.12.1") });
	expect(&nothing, "6.12.1", 1, "has nothing to add");
	MAKE_PE(&twice, { ".cmdline", TEXT("x") }, { ".cmdline", TEXT("y") });
	expect(&twice, "6.12.1", -EBADMSG, "appears a second time");
	MAKE_PE(&empty, { ".cmdline", TEXT(" ") }, { ".initrd", TEXT("i") });
	expect(&empty, "6.12.1", 0, "");
	bytes_add(&text, "text", 4);
	expect(&text, "6.12.1", -EBADMSG, "is no PE file");
}

static char folder[64];

static void touch(const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	if (name[strlen(name) - 1] == '/')
		return;
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

/* @want: paths below the folder, separated by spaces. */
static void expect_found(const char *kernel, const char *want)
{
	autoaddons struct addon_paths found = { 0 };
	char path[512], have[1024] = "";
	struct why w = { 0 };

	snprintf(path, sizeof(path), "%s/%s", folder, kernel);
	if (addons_find(&found, path, &w) != 0)
		fail_msg("%s: %s", kernel, w.text);
	for (size_t i = 0; i < found.nr; i++) {
		assert_memory_equal(found.path[i], folder, strlen(folder));
		sprintf(have + strlen(have), "%s%s", i ? " " : "",
			found.path[i] + strlen(folder) + 1);
	}
	assert_string_equal(have, want);
}

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/test-addon-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return 0;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static void test_find(void **state)
{
	static const char *const files[] = {
		"a.efi.extra.d/2.addon.efi",	  "a.efi.extra.d/10.addon.efi",
		"a.efi.extra.d/B.ADDON.EFI",	  "a.efi.extra.d/.hidden.addon.efi",
		"a.efi.extra.d/.addon.efi",	  "a.efi.extra.d/c.cred",
		"a.efi.extra.d/\xc3\xa4.addon.efi", "a.efi.extra.d/addon.efi",
		"esp/loader/addons/g.addon.efi",  "esp/EFI/Linux/l.efi.extra.d/a.addon.efi",
		"vmlinuz.extra.d/x.addon.efi",	  "n.efi.extra.d",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		touch(files[i]);
	expect_found("a.efi", "a.efi.extra.d/10.addon.efi a.efi.extra.d/2.addon.efi "
			      "a.efi.extra.d/B.ADDON.EFI");
	expect_found("a+3-1.efi", "a.efi.extra.d/10.addon.efi a.efi.extra.d/2.addon.efi "
				  "a.efi.extra.d/B.ADDON.EFI");
	expect_found("a+12.efi", "a.efi.extra.d/10.addon.efi a.efi.extra.d/2.addon.efi "
				 "a.efi.extra.d/B.ADDON.EFI");
	expect_found("a-1.efi", "");
	expect_found("a+x.efi", "");
	expect_found("a+.efi", "");
	expect_found("n.efi", ""); /* a file where the folder would be */
	expect_found("vmlinuz", "");
	expect_found("efi", "");
	expect_found(".efi", "");
	expect_found("esp/EFI/Linux/l.efi",
		     "esp/loader/addons/g.addon.efi esp/EFI/Linux/l.efi.extra.d/a.addon.efi");
	expect_found("esp/EFI/Linux/vmlinuz", "esp/loader/addons/g.addon.efi");
}

static void test_too_many(void **state)
{
	autoaddons struct addon_paths found = { 0 };
	struct why w = { 0 };
	char path[128];

	(void)state;
	for (int i = 0; i <= LIMIT_ADDONS; i++) {
		snprintf(path, sizeof(path), "m.efi.extra.d/%d.addon.efi", i);
		touch(path);
	}
	snprintf(path, sizeof(path), "%s/m.efi", folder);
	check_refused("many", addons_find(&found, path, &w), &w, -E2BIG, "more than 16 addons");
	assert_int_equal(found.nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_no_such_profile),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test_setup_teardown(test_find, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_too_many, make_folder, remove_folder),
	};

	return cmocka_run_group_tests_name("addon", tests, make_kernel, free_kernel);
}
