// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole loads on a machine that is a temporary folder, with a kernel that
 * writes down what it was given: which calls, in which order, which exit code.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "kexec/arch/arch.h"
#include "kexec/load.h"
#include "lib/cleanup.h"
#include "lib/digest.h"
#include "tests/unit/images.h"
#include "tests/unit/parser-program.h"

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>
#endif

#define MAX_CALLS 4

/* What the kernel was given, and what it answers. */
static struct call {
	uint64_t kernel_size;
	char initrd[64], cmdline[128];
	unsigned long flags;
} calls[MAX_CALLS];
static size_t nr_calls;
static int answers[MAX_CALLS];

static int fake_file_load(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
			  const char *cmdline, unsigned long flags)
{
	struct call *c = &calls[nr_calls];
	struct stat st;

	assert_true(nr_calls < MAX_CALLS);
	if (flags & KEXEC_FILE_UNLOAD) {
		*c = (struct call){ .flags = flags };
		return answers[nr_calls++];
	}
	assert_int_equal(fstat(kernel_fd, &st), 0);
	assert_int_equal(cmdline_len, strlen(cmdline) + 1);
	*c = (struct call){ .kernel_size = st.st_size, .flags = flags };
	snprintf(c->cmdline, sizeof(c->cmdline), "%s", cmdline);
	if (initrd_fd >= 0)
		assert_true(pread(initrd_fd, c->initrd, sizeof(c->initrd) - 1, 0) > 0);
	return answers[nr_calls++];
}

static const struct sys_ops fake_ops = { .kexec_file_load = fake_file_load };

/* ---- the machine ---- */

static char root[] = "/tmp/kexec-test-load-XXXXXX";
static char path_bzImage[64], path_uki[64], path_parser[64], path_initrd[64];
static const struct sys machine = { .root = root, .ops = &fake_ops };

static void put(const char *path, const void *data, size_t size)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = strchr(full + sizeof(root), '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static void put_image(char *ret_path, const char *name, const struct bytes *image)
{
	put(name, image->data, image->size);
	snprintf(ret_path, sizeof(path_uki), "%s%s", root, name);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int make_machine(void **state)
{
	autobytes struct bytes bzImage = { 0 }, uki = { 0 }, parser = { 0 };

	(void)state;
	memcpy(root + sizeof(root) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(root));
	make_bzImage(&bzImage);
	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) }, { ".initrd", TEXT("EMBEDDED") },
		{ ".cmdline", TEXT("embedded") });
	MAKE_PE(&parser, { ".linux", bytes_span(&bzImage) }, { ".initrd", TEXT("EMBEDDED") },
		{ ".cmdline", TEXT("embedded") }, { ".bpf", TEXT("program") });
	put_image(path_bzImage, "/bzImage", &bzImage);
	put_image(path_uki, "/uki.efi", &uki);
	put_image(path_parser, "/parser.efi", &parser);
	put_text("/initrd", "GIVEN");
	snprintf(path_initrd, sizeof(path_initrd), "%s/initrd", root);
	put_text("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/vda crashkernel=256M quiet\n");
	put_text("/proc/sys/kernel/osrelease", "6.12.1\n");
	put_text("/proc/iomem", "00100000-0fffffff : System RAM\n"
				"  04000000-07ffffff : Crash kernel\n");
	nr_calls = 0;
	memset(answers, 0, sizeof(answers));
	return 0;
}

static int remove_machine(void **state)
{
	(void)state;
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The type information of a kernel that runs parser programs, or of one that does not. */
#ifdef HAVE_LIBBPF
static void put_btf(const char *const *names, size_t nr)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	uint32_t size;

	assert_non_null(btf);
	assert_true(btf__add_enum(btf, "kexec_parser_abi", 4) > 0);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(btf__add_enum_value(btf, names[i], i + 1), 0);
	raw = btf__raw_data(btf, &size);
	assert_non_null(raw);
	put("/sys/kernel/btf/vmlinux", raw, size);
	btf__free(btf);
}
#endif

static enum kexec_exit load(const struct kexec_options *o)
{
	return load_kernel(o, &arch_x86_64, &machine);
}

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
		{ ENOEXEC, SYSCALL_AUTO, KEXEC_EXIT_FAILED },
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
static const char *const able[] = { "KEXEC_PARSER_ABI_REF", "KEXEC_PARSER_ABI_PLAIN" };

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

/* ---- cross-check ---- */

static void test_cross_check_refuses(void **state)
{
	const struct kexec_options on = { .kernel = path_parser };
	const struct kexec_options require = { .kernel = path_uki,
					       .cross_check = CROSS_CHECK_REQUIRE };
	const struct kexec_options no_parser = { .kernel = path_uki };

	(void)state;
	assert_int_equal(load(&on), KEXEC_EXIT_DIE); /* "program" is none */
	assert_int_equal(load(&require), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
	assert_int_equal(load(&no_parser), KEXEC_EXIT_OK);
}

#if defined(HAVE_LIBBPF) && defined(HAVE_CRYPTO)
#define ATTESTATION "/sys/kernel/kexec_decomposed"

/* The kernel's word for what is loaded, with this about the initrd. */
static void put_attestation(unsigned int gen, const char *kernel_sha, const char *initrd_sha,
			    const char *cmdline_sha)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "enforced 0\narmed 1\nload gen %u errno 0 route whole\n"
		 "load kernel %d %s\nload initrd 8 %s\nload cmdline 8 %s\n"
		 "crash gen 1 errno 0 route -\n",
		 gen, BZIMAGE_SIZE, kernel_sha, initrd_sha, cmdline_sha);
	put_text(ATTESTATION, text);
}

static void digest_of(char ret[DIGEST_TEXT], struct span bytes)
{
	unsigned char raw[DIGEST_SIZE];
	struct digest *d = NULL;

	assert_int_equal(digest_new(&d, NULL), 0);
	assert_int_equal(digest_add(d, bytes, NULL), 0);
	assert_int_equal(digest_finish(d, raw, NULL), 0);
	digest_free(d);
	digest_text(ret, raw);
}

/* A UKI with the real program, on a kernel that runs such programs. */
static bool make_able(const char *path)
{
	autobytes struct bytes bzImage = { 0 }, uki = { 0 }, program = { 0 };
	char full[64];

	if (!read_parser_program(&program, UKI_BPF))
		return false;
	make_bzImage(&bzImage);
	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) }, { ".initrd", TEXT("EMBEDDED") },
		{ ".cmdline", TEXT("embedded") }, { ".bpf", bytes_span(&program) });
	put_image(full, path, &uki);
	put_btf(able, ARRAY_SIZE(able));
	return true;
}

static void test_attest(void **state)
{
	const struct kexec_options o = { .kernel = path_parser,
					 .cross_check = CROSS_CHECK_ATTEST };
	autobytes struct bytes bzImage = { 0 };
	char kernel[DIGEST_TEXT], initrd[DIGEST_TEXT], cmdline[DIGEST_TEXT];

	(void)state;
	if (!make_able("/parser.efi"))
		skip();
	make_bzImage(&bzImage);
	digest_of(kernel, bytes_span(&bzImage));
	digest_of(initrd, TEXT("EMBEDDED"));
	digest_of(cmdline, TEXT("embedded"));

	assert_int_equal(load(&o), KEXEC_EXIT_DIE); /* no such file: not armed, not loaded */
	assert_int_equal(nr_calls, 0);

	put_attestation(7, kernel, initrd, cmdline);
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);

	/* Another initrd: unloaded, by a second call. */
	nr_calls = 0;
	put_attestation(8, kernel, cmdline, cmdline);
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 2);
	assert_int_equal(calls[1].flags, KEXEC_FILE_UNLOAD);

	/* The same, and the kernel does not unload. */
	nr_calls = 0;
	answers[1] = -EBUSY;
	put_attestation(9, kernel, initrd, kernel);
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 2);

	/* Somebody else's load: not ours to unload. */
	nr_calls = 0;
	put_text(ATTESTATION, "enforced 0\narmed 1\nload gen 10 errno 0 route plain\n");
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 1);
}
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_machine, remove_machine)

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
		TEST(test_exit_codes),
		TEST(test_cross_check_refuses),
#ifdef HAVE_LIBBPF
		TEST(test_whole),
		TEST(test_not_whole),
		TEST(test_whole_refused),
		TEST(test_enforced_parts_stay),
#ifdef HAVE_CRYPTO
		TEST(test_attest),
#endif
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
