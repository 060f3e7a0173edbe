/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles, addons and stub initrds: what they add, in which order, what is left out. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "kexec/addon.h"
#include "kexec/file-type.h"
#include "kexec/stub-initrd.h"
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
	char path[512], have[1024] = "";

	snprintf(path, sizeof(path), "%s/%s", folder, kernel);
	for (int global = 1; global >= 0; global--) {
		autosidecars struct sidecars found = { 0 };
		struct why w = { 0 };

		if (sidecars_find(&found, path, &addon_kind, global, &w) != 0)
			fail_msg("%s: %s", kernel, w.text);
		for (size_t i = 0; i < found.nr; i++) {
			assert_memory_equal(found.path[i], folder, strlen(folder));
			sprintf(have + strlen(have), "%s%s", have[0] ? " " : "",
				found.path[i] + strlen(folder) + 1);
		}
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
	autosidecars struct sidecars found = { 0 };
	struct why w = { 0 };
	char path[128];

	(void)state;
	for (int i = 0; i <= LIMIT_SIDECARS; i++) {
		snprintf(path, sizeof(path), "m.efi.extra.d/%d.addon.efi", i);
		touch(path);
	}
	snprintf(path, sizeof(path), "%s/m.efi", folder);
	check_refused("many", sidecars_find(&found, path, &addon_kind, false, &w), &w, -E2BIG,
		      "more than 64 files of one kind");
	assert_int_equal(found.nr, 0);
}

static unsigned int hex(const unsigned char *field)
{
	char text[9] = "";

	memcpy(text, field, 8);
	return strtoul(text, NULL, 16);
}

/* "mode name=content" of each entry, as the kernel unpacks archives behind each other. */
static void list_cpio(char *ret, const unsigned char *data, size_t size)
{
	size_t at = 0;

	while (at < size) {
		unsigned int mode = hex(data + at + 14), len = hex(data + at + 54),
			     name_len = hex(data + at + 94);
		const char *name = (const char *)data + at + 110;

		assert_memory_equal(data + at, "070701", 6);
		assert_int_equal(strlen(name) + 1, name_len);
		at = (at + 110 + name_len + 3) & ~(size_t)3;
		if (strcmp(name, "TRAILER!!!") == 0)
			ret += sprintf(ret, ".\n");
		else
			ret += sprintf(ret, "%o %s%s%.*s\n", mode, name, len ? "=" : "", (int)len,
				       data + at);
		at = (at + len + 3) & ~(size_t)3;
	}
	assert_int_equal(at, size);
}

static void put(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	touch(name);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void expect_stub_initrd(const char *kernel, const struct uki_choice *choice,
			       const char *want)
{
	autobytes struct bytes uki = { 0 };
	autoimage struct boot_image img = { 0 };
	autofree unsigned char *data = NULL;
	const struct extent *e;
	struct why w = { 0 };
	struct blob b;
	char path[512], have[2048] = "";

	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) }, { ".osrel", TEXT("ID=x\n") },
		{ ".pcrsig", TEXT("{}") }, { ".pcrpkey", TEXT("key") }, { ".profile", TEXT("ID=a") },
		{ ".profile", TEXT("ID=b") }, { ".pcrsig", TEXT("{b}") });
	b = bytes_blob(&uki);
	assert_int_equal(file_type_open(&img, &b, NULL, NULL), 0);
	snprintf(path, sizeof(path), "%s/%s", folder, kernel);
	if (stub_initrd_add(&img, path, choice, &w) != 0)
		fail_msg("%s: %s", kernel, w.text);
	assert_int_equal(img.nr_initrd, 1);
	assert_true(img.altered);
	e = &img.initrd[0].bytes;
	assert_int_equal(extent_dup(e, 0, e->len, &data, NULL), 0);
	list_cpio(have, data, e->len);
	assert_string_equal(have, want);
}

#define SECTIONS(sig, profile)                                  \
	"40555 .extra\n100444 .extra/tpm2-pcr-signature.json=" sig \
	"\n.\n40555 .extra\n100444 .extra/tpm2-pcr-public-key.pem=key\n.\n" \
	"40555 .extra\n100444 .extra/os-release=ID=x\n\n.\n" \
	"40555 .extra\n100444 .extra/profile=" profile "\n.\n"

static void test_stub_initrds(void **state)
{
	const struct uki_choice b = { .id = "b" };

	(void)state;
	expect_stub_initrd("none.efi", NULL, SECTIONS("{}", "ID=a"));
	expect_stub_initrd("none.efi", &b, SECTIONS("{b}", "ID=b"));
	put("esp/EFI/Linux/u.efi.extra.d/b.cred", "two");
	put("esp/EFI/Linux/u.efi.extra.d/a.cred", "");
	put("esp/EFI/Linux/u.efi.extra.d/s.raw", "system");
	put("esp/EFI/Linux/u.efi.extra.d/c.confext.raw", "configuration");
	put("esp/loader/credentials/g.cred", "global");
	put("esp/loader/extensions/e.sysext.raw", "extension");
	expect_stub_initrd("esp/EFI/Linux/u.efi", NULL,
			   "40500 .extra\n40500 .extra/credentials\n"
			   "100400 .extra/credentials/a.cred\n"
			   "100400 .extra/credentials/b.cred=two\n.\n"
			   "40500 .extra\n40500 .extra/global_credentials\n"
			   "100400 .extra/global_credentials/g.cred=global\n.\n"
			   "40555 .extra\n40555 .extra/sysext\n100444 .extra/sysext/s.raw=system\n.\n"
			   "40555 .extra\n40555 .extra/global_sysext\n"
			   "100444 .extra/global_sysext/e.sysext.raw=extension\n.\n"
			   "40555 .extra\n40555 .extra/confext\n"
			   "100444 .extra/confext/c.confext.raw=configuration\n.\n"
			   SECTIONS("{}", "ID=a"));
}

/* Nothing to say is no initrd; and no stub is in a bzImage. */
static void test_no_stub_initrds(void **state)
{
	autobytes struct bytes uki = { 0 };
	autoimage struct boot_image img = { 0 }, bare = { 0 };
	struct why w = { 0 };
	struct blob b;

	(void)state;
	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) });
	b = bytes_blob(&uki);
	assert_int_equal(file_type_open(&img, &b, NULL, NULL), 0);
	assert_int_equal(stub_initrd_add(&img, "/nowhere/x.efi", NULL, NULL), 0);
	assert_int_equal(img.nr_initrd, 0);
	assert_false(img.altered);
	b = bytes_blob(&bzImage);
	assert_int_equal(file_type_open(&bare, &b, NULL, NULL), 0);
	check_refused("bzImage", stub_initrd_add(&bare, "x.efi", NULL, &w), &w, -EINVAL,
		      "is no unified kernel image");
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
		cmocka_unit_test_setup_teardown(test_stub_initrds, make_folder, remove_folder),
		cmocka_unit_test(test_no_stub_initrds),
	};

	return cmocka_run_group_tests_name("addon", tests, make_kernel, free_kernel);
}
