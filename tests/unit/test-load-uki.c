// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole loads with profiles, addons and stub initrds: what the kernel gets, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/machine.h"

static char path[64]; /* of a UKI with two profiles, in the boot partition */
static char path_addon[64];

static void put_uki(void)
{
	autobytes struct bytes bzImage = { 0 }, uki = { 0 };

	make_bzImage(&bzImage);
	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) }, { ".initrd", TEXT("BASE") },
		{ ".cmdline", TEXT("base") }, { ".profile", TEXT("ID=main") },
		{ ".cmdline", TEXT("main") }, { ".profile", TEXT("ID=reset") },
		{ ".cmdline", TEXT("reset") });
	put_image(path, "/EFI/Linux/u.efi", &uki);
}

static void put_addon(const char *name, const char *cmdline, const char *initrd)
{
	autobytes struct bytes addon = { 0 };

	MAKE_PE(&addon, { ".cmdline", { (const unsigned char *)cmdline, strlen(cmdline) } },
		{ ".initrd", { (const unsigned char *)initrd, strlen(initrd) } });
	put_image(path_addon, name, &addon);
}

static void expect(const struct kexec_options *o, const char *cmdline, const char *initrd)
{
	nr_calls = 0;
	assert_int_equal(load(o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);
	assert_string_equal(calls[0].cmdline, cmdline);
	assert_string_equal(calls[0].initrd, initrd);
}

static void expect_refused(const struct kexec_options *o)
{
	nr_calls = 0;
	assert_int_not_equal(load(o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 0);
}

static void test_profile(void **state)
{
	static const struct {
		const char *profile, *given, *cmdline;
	} cases[] = {
		{ NULL, NULL, "main" },		 { "0", NULL, "main" },
		{ "1", NULL, "reset" },		 { "reset", NULL, "reset" },
		{ "main", NULL, "main" },	 { NULL, "@1", "reset" },
		{ NULL, "@0", "main" },		 { NULL, "@1 quiet", "quiet" },
		{ NULL, "@1  quiet", " quiet" }, { NULL, "@1quiet", "@1quiet" },
		{ NULL, "@", "@" },		 { NULL, "@x", "@x" },
		{ NULL, "@99999999999", "@99999999999" }, { "1", "@0 x", "@0 x" },
	};

	(void)state;
	put_uki();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kexec_options o = { .kernel = path, .profile = cases[i].profile,
						 .cmdline = cases[i].given };

		expect(&o, cases[i].cmdline, "BASE");
	}
}

static void test_no_such_profile(void **state)
{
	(void)state;
	put_uki();
	expect_refused(&(struct kexec_options){ .kernel = path, .profile = "2" });
	expect_refused(&(struct kexec_options){ .kernel = path, .profile = "rese" });
	expect_refused(&(struct kexec_options){ .kernel = path, .profile = "1x" });
	expect_refused(&(struct kexec_options){ .kernel = path, .cmdline = "@2 quiet" });
	expect_refused(&(struct kexec_options){ .kernel = path_bzImage, .profile = "0" });
	expect_refused(&(struct kexec_options){ .kernel = path_bzImage, .profile = "1" });
	/* To a bare kernel it is text like any other. */
	nr_calls = 0;
	assert_int_equal(load(&(struct kexec_options){ .kernel = path_bzImage, .cmdline = "@1 x" }),
			 KEXEC_EXIT_OK);
	assert_string_equal(calls[0].cmdline, "@1 x");
}

static void test_addons(void **state)
{
	struct kexec_options o = { .kernel = path };

	(void)state;
	put_uki();
	put_addon("/EFI/Linux/u.efi.extra.d/b.addon.efi", "b", "BBBB");
	put_addon("/EFI/Linux/u.efi.extra.d/a.addon.efi", "a", "AAAA");
	put_addon("/loader/addons/g.addon.efi", "g", "GGGG");
	put_addon("/extra.efi", "x", "XXXX");
	expect(&o, "main g a b", "BASEGGGGAAAABBBB");
	o.cmdline = "given";
	o.initrds[0] = path_initrd;
	o.nr_initrds = 1;
	expect(&o, "given g a b", "GIVEN");
	assert_memory_equal(calls[0].initrd + 8, "GGGGAAAABBBB", 12);
	o = (struct kexec_options){ .kernel = path, .addons = { path_addon }, .nr_addons = 1 };
	expect(&o, "main g a b x", "BASEGGGGAAAABBBBXXXX");
	o.no_addons = true;
	expect(&o, "main x", "BASEXXXX");
	o.nr_addons = 0;
	o.profile = "reset";
	expect(&o, "reset", "BASE");
	/* A crash kernel is started without. */
	expect(&(struct kexec_options){ .kernel = path, .crash = true }, "main", "BASE");
	o = (struct kexec_options){ .kernel = path, .addons = { path_addon }, .nr_addons = 1,
				    .crash = true };
	expect_refused(&o);
}

/* Found ones that do not fit are no error, those that were asked for are; broken ones are. */
static void test_addons_that_do_not_fit(void **state)
{
	autobytes struct bytes other = { 0 };
	struct kexec_options o = { .kernel = path };
	char path_other[64];

	(void)state;
	put_uki();
	MAKE_PE(&other, { ".cmdline", TEXT("x") });
	bytes_set(&other, PE_AT + 4, 2, 0xaa64);
	put_image(path_other, "/EFI/Linux/u.efi.extra.d/o.addon.efi", &other);
	expect(&o, "main", "BASE");
	o.addons[0] = path_other;
	o.nr_addons = 1;
	expect_refused(&o);
	o.addons[0] = path_bzImage;
	expect_refused(&o);
	o.addons[0] = "/nowhere";
	expect_refused(&o);
	put_text("/EFI/Linux/u.efi.extra.d/o.addon.efi", "no PE file");
	expect_refused(&(struct kexec_options){ .kernel = path });
	expect(&(struct kexec_options){ .kernel = path, .no_addons = true }, "main", "BASE");
	put_addon("/extra.efi", "x", "XXXX");
	expect_refused(&(struct kexec_options){ .kernel = path_bzImage, .addons = { path_addon },
						.nr_addons = 1 });
}

static void test_stub_initrds(void **state)
{
	const struct kexec_options o = { .kernel = path, .stub_initrds = true };

	(void)state;
	put_uki();
	expect(&o, "main",
	       "BASE070701000000010000416d0000000000000000000000010000000000000");
	expect_refused(&(struct kexec_options){ .kernel = path_bzImage, .stub_initrds = true });
}

static void test_enforced(void **state)
{
	struct kexec_options o = { .kernel = path };

	(void)state;
	put_uki();
	put_text("/sys/kernel/kexec_decomposed", "enforced 1\n");
	expect(&o, "main", "BASE");
	expect(&(struct kexec_options){ .kernel = path, .profile = "0" }, "main", "BASE");
	expect_refused(&(struct kexec_options){ .kernel = path, .profile = "reset" });
	expect_refused(&(struct kexec_options){ .kernel = path, .cmdline = "@1" });
	expect_refused(&(struct kexec_options){ .kernel = path, .stub_initrds = true });
	put_addon("/loader/addons/g.addon.efi", "g", "GGGG");
	expect_refused(&o);
	o.no_addons = true;
	expect(&o, "main", "BASE");
	o.addons[0] = path_addon;
	o.nr_addons = 1;
	expect_refused(&o);
	/* A crash kernel may be given everything, and starts without addons. */
	expect(&(struct kexec_options){ .kernel = path, .crash = true, .profile = "reset" },
	       "reset", "BASE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_profile),
		TEST(test_no_such_profile),
		TEST(test_addons),
		TEST(test_addons_that_do_not_fit),
		TEST(test_stub_initrds),
		TEST(test_enforced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
