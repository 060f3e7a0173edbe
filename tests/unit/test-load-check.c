// SPDX-License-Identifier: GPL-2.0-or-later
/* What --cross-check lets through, and what the kernel's attestation is good for. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/digest.h"
#include "tests/unit/machine.h"
#include "tests/unit/parser-program.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cross_check_refuses),
#if defined(HAVE_LIBBPF) && defined(HAVE_CRYPTO)
		TEST(test_attest),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
