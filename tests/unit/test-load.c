// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole loads on a machine that is a temporary folder, with a kernel that
 * writes down what it was given: which calls, in which order, which exit code.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "kexec/arch/arch.h"
#include "kexec/load.h"
#include "lib/cleanup.h"
#include "tests/unit/machine.h"

/* ---- what goes to the kernel ---- */

static void test_bzImage(void **state)
{
	const struct kexec_options o = { .kernel = path_bzImage, .cmdline = "quiet",
					 .initrds = { path_initrd }, .nr_initrds = 1 };

	(void)state;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);
	assert_int_equal(calls[0].kernel_size, BZIMAGE_SIZE);
	assert_string_equal(calls[0].initrd, "GIVEN");
	assert_string_equal(calls[0].cmdline, "quiet");
	assert_int_equal(calls[0].flags, 0);
}

static void test_reuse(void **state)
{
	const struct kexec_options o = { .kernel = path_bzImage, .cmdline = "more", .crash = true,
					 .reuse_cmdline = true, .reuse_initrd = true };

	(void)state;
	put_text("/sys/firmware/initrd", "RETAINED");
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_string_equal(calls[0].initrd, "RETAINED");
	assert_string_equal(calls[0].cmdline, "root=/dev/vda quiet more");
	assert_int_equal(calls[0].flags, KEXEC_FILE_ON_CRASH);
}

static void test_reuse_needs_a_retained_initrd(void **state)
{
	const struct kexec_options o = { .kernel = path_bzImage, .reuse_initrd = true };

	(void)state;
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
}

static void test_flags(void **state)
{
	const struct kexec_options o = { .kernel = path_bzImage, .no_cma = true,
					 .force_dtb = true, .debug = true };

	(void)state;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(calls[0].flags, KEXEC_FILE_NO_INITRAMFS | KEXEC_FILE_NO_CMA |
					 KEXEC_FILE_FORCE_DTB | KEXEC_FILE_DEBUG);
	/* An older kernel would refuse the load for the debug flag. */
	put_text("/proc/sys/kernel/osrelease", "6.7.12\n");
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(calls[1].flags & KEXEC_FILE_DEBUG, 0);
}

static void test_dry_run(void **state)
{
	const struct kexec_options o = { .kernel = path_uki, .dry_run = true };

	(void)state;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 0);
}

/* ---- refusals ---- */

static void test_no_reservation(void **state)
{
	const struct kexec_options o = { .kernel = path_bzImage, .crash = true };

	(void)state;
	put_text("/proc/iomem", "00100000-0fffffff : System RAM\n");
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
}

static void test_xen_host(void **state)
{
	const struct kexec_options o = { .kernel = path_bzImage };

	(void)state;
	put_text("/proc/xen/capabilities", "control_d\n");
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
	put_text("/proc/xen/capabilities", "\n"); /* a guest */
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
}

static void test_foreign_machine(void **state)
{
	const struct kexec_options o = { .kernel = path_uki };

	(void)state;
	assert_int_equal(load_kernel(&o, &arch_arm64, &machine), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 0);
}

/* What is said on standard error by a load that has to succeed. */
static void said_by_load(char *ret, size_t size, const struct kexec_options *o,
			 const struct arch_ops *arch)
{
	FILE *said = tmpfile();
	int stderr_fd = dup(STDERR_FILENO);
	size_t len;

	assert_true(said && stderr_fd >= 0);
	assert_int_equal(dup2(fileno(said), STDERR_FILENO), STDERR_FILENO);
	nr_calls = 0;
	assert_int_equal(load_kernel(o, arch, &machine), KEXEC_EXIT_OK);
	assert_int_equal(dup2(stderr_fd, STDERR_FILENO), STDERR_FILENO);
	close(stderr_fd);
	assert_int_equal(nr_calls, 1);
	rewind(said);
	len = fread(ret, 1, size - 1, said);
	ret[len] = '\0';
	fclose(said);
}

/* An arm64 kernel would start with the first 2047 characters, and nobody would say so. */
static void test_cmdline_that_is_cut(void **state)
{
	static char cmdline[2049], path[64];
	struct kexec_options o = { .kernel = path, .cmdline = cmdline, .syscall = SYSCALL_FILE };
	autobytes struct bytes image = { 0 };
	char said[512];

	(void)state;
	make_arm64_image(&image);
	put_image(path, "/Image", &image);
	memset(cmdline, 'a', 2047);
	said_by_load(said, sizeof(said), &o, &arch_arm64);
	assert_string_equal(said, "");
	memset(cmdline, 'a', 2048);
	said_by_load(said, sizeof(said), &o, &arch_arm64);
	assert_non_null(strstr(said, "/Image: the command line has 2048 characters, of which this "
				     "kernel takes 2047\n"));
	/* There the kernel looks at it, and refuses. */
	o.kernel = path_bzImage;
	said_by_load(said, sizeof(said), &o, &arch_x86_64);
	assert_string_equal(said, "");
}

/* One attempt, whatever the kernel says; what it says decides the exit code. */
static void test_exit_codes(void **state)
{
	static const struct {
		int err;
		enum kexec_syscall syscall;
		enum kexec_exit code;
	} table[] = {
		{ EPERM, SYSCALL_FILE, KEXEC_EXIT_FAILED },
		{ EKEYREJECTED, SYSCALL_AUTO, KEXEC_EXIT_FAILED },
		{ EADDRNOTAVAIL, SYSCALL_FILE, KEXEC_EXIT_FAILED },
		{ ENOSYS, SYSCALL_FILE, KEXEC_EXIT_FALLBACK },
		{ EINVAL, SYSCALL_FILE, KEXEC_EXIT_FALLBACK },
		{ ENOEXEC, SYSCALL_FILE, KEXEC_EXIT_FALLBACK },
		{ EOPNOTSUPP, SYSCALL_FILE, KEXEC_EXIT_FALLBACK },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct kexec_options o = { .kernel = path_uki, .syscall = table[i].syscall };

		nr_calls = 0;
		answers[0] = -table[i].err;
		assert_int_equal(load(&o), table[i].code);
		assert_int_equal(nr_calls, 1);
	}
}

/* ---- route whole ---- */

#ifdef HAVE_LIBBPF
static uint64_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void test_whole(void **state)
{
	const struct kexec_options o = { .kernel = path_parser, .cross_check = CROSS_CHECK_OFF };
	const struct kexec_options given = { .kernel = path_parser, .cmdline = "given",
					     .initrds = { path_initrd }, .nr_initrds = 1,
					     .cross_check = CROSS_CHECK_OFF };

	(void)state;
	put_btf(able, ARRAY_SIZE(able));
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(calls[0].kernel_size, size_of(path_parser));
	assert_string_equal(calls[0].initrd, "");
	assert_string_equal(calls[0].cmdline, "");
	assert_int_equal(load(&given), KEXEC_EXIT_OK);
	assert_int_equal(calls[1].kernel_size, size_of(path_parser));
	assert_string_equal(calls[1].initrd, "GIVEN");
	assert_string_equal(calls[1].cmdline, "given");
}

static void test_not_whole(void **state)
{
	const struct kexec_options o = { .kernel = path_parser, .cross_check = CROSS_CHECK_OFF };
	const struct kexec_options none = { .kernel = path_parser, .parser = "none",
					    .cross_check = CROSS_CHECK_OFF };

	(void)state;
	assert_int_equal(load(&o), KEXEC_EXIT_OK); /* no BTF */
	put_btf(able, 1);
	assert_int_equal(load(&o), KEXEC_EXIT_OK); /* references, but no plain objects */
	put_btf(able, ARRAY_SIZE(able));
	assert_int_equal(load(&none), KEXEC_EXIT_OK);
	put_text("/sys/kernel/btf/vmlinux", "garbage");
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 4);
	for (size_t i = 0; i < nr_calls; i++) {
		assert_int_equal(calls[i].kernel_size, BZIMAGE_SIZE);
		assert_string_equal(calls[i].initrd, "EMBEDDED");
		assert_string_equal(calls[i].cmdline, "embedded");
	}
}

static void test_whole_refused(void **state)
{
	const struct kexec_options o = { .kernel = path_parser, .cross_check = CROSS_CHECK_OFF };

	(void)state;
	put_btf(able, ARRAY_SIZE(able));
	answers[0] = -ENOEXEC;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 2);
	assert_int_equal(calls[1].kernel_size, BZIMAGE_SIZE);
	assert_string_equal(calls[1].initrd, "EMBEDDED");

	/* Never round a signature. */
	nr_calls = 0;
	answers[0] = -EKEYREJECTED;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 1);
	put_text("/sys/kernel/kexec_decomposed", "enforced 1\narmed 0\n");
	nr_calls = 0;
	answers[0] = -ENOEXEC;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 1);
}

static void test_enforced_parts_stay(void **state)
{
	const struct kexec_options o = { .kernel = path_parser, .cmdline = "given",
					 .cross_check = CROSS_CHECK_OFF };
	const struct kexec_options crash = { .kernel = path_parser, .cmdline = "given",
					     .crash = true, .cross_check = CROSS_CHECK_OFF };

	(void)state;
	put_btf(able, ARRAY_SIZE(able));
	put_text("/sys/kernel/kexec_decomposed", "enforced 1\narmed 0\n");
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 0);
	assert_int_equal(load(&crash), KEXEC_EXIT_OK);
	assert_string_equal(calls[0].cmdline, "given");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bzImage),
		TEST(test_reuse),
		TEST(test_reuse_needs_a_retained_initrd),
		TEST(test_flags),
		TEST(test_dry_run),
		TEST(test_no_reservation),
		TEST(test_xen_host),
		TEST(test_foreign_machine),
		TEST(test_cmdline_that_is_cut),
		TEST(test_exit_codes),
#ifdef HAVE_LIBBPF
		TEST(test_whole),
		TEST(test_not_whole),
		TEST(test_whole_refused),
		TEST(test_enforced_parts_stay),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
