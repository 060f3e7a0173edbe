// SPDX-License-Identifier: GPL-2.0-or-later
/* --parser=FILE: what goes to the kernel, what is compared before, what is refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/container-build.h"
#include "kexec/file-type.h"
#include "lib/cleanup.h"
#include "lib/digest.h"
#include "tests/unit/images-more.h"
#include "tests/unit/machine.h"
#include "tests/unit/parser-program.h"

#if defined(HAVE_LIBBPF) && defined(HAVE_CRYPTO)
static const char *const detached[] = {
	"KEXEC_PARSER_ABI_REF", "KEXEC_PARSER_ABI_PLAIN", "KEXEC_PARSER_ABI_DETACHED",
};

#define ATTESTATION "/sys/kernel/kexec_decomposed"

static char path[64]; /* of the parser */

/* For an image, and for an envelope of one: on a kernel that runs such parsers. */
static bool make_parser_of(size_t nr)
{
	autobytes struct bytes uki = { 0 }, zboot = { 0 }, file = { 0 };
	autofree unsigned char *bytes = NULL;
	struct why w = { 0 };
	size_t len;

	if (!read_parser_program(&uki, UKI_BPF) ||
	    !read_parser_program(&zboot, "bpf/progs/zboot.bpf"))
		return false;
	if (container_build(&bytes, &len, (struct span[]){ bytes_span(&zboot), bytes_span(&uki) },
			    nr, bytes_span(&uki), &w) < 0)
		fail_msg("%s", w.text);
	bytes_add(&file, bytes, len);
	put_image(path, "/my.parser", &file);
	put_btf(detached, ARRAY_SIZE(detached));
	return true;
}

#define MAKE_PARSER()          \
	if (!make_parser_of(2)) \
		skip()

static void read_whole(struct bytes *ret, const char *file)
{
	autofree unsigned char *data = NULL;
	autoblob struct blob b = { 0 };
	struct extent all;

	assert_int_equal(blob_open(&b, file, NULL), 0);
	all = blob_whole(&b);
	assert_int_equal(extent_dup(&all, 0, all.len, &data, NULL), 0);
	bytes_add(ret, data, all.len);
}

static void expect_image(const struct call *c, const struct bytes *want)
{
	assert_int_equal(c->initrd_size, want->size);
	assert_true(want->size <= sizeof(c->initrd_bytes));
	assert_memory_equal(c->initrd_bytes, want->data, want->size);
}

/* The parser as the kernel, the image as the initrd, no flag that there is no initrd. */
static void test_as_it_is(void **state)
{
	struct kexec_options o = { .kernel = path_uki, .parser = path };
	autobytes struct bytes parser = { 0 }, uki = { 0 };

	(void)state;
	MAKE_PARSER();
	read_whole(&parser, path);
	read_whole(&uki, path_uki);
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	o.cmdline = "given";
	o.crash = true;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 2);
	for (size_t i = 0; i < nr_calls; i++) {
		assert_int_equal(calls[i].kernel_size, parser.size);
		expect_image(&calls[i], &uki);
		assert_int_equal(calls[i].flags, i ? KEXEC_FILE_ON_CRASH : 0);
	}
	assert_string_equal(calls[0].cmdline, ""); /* the image's own */
	assert_string_equal(calls[1].cmdline, "given");
}

/* An initrd goes around the image; a command line has a place of its own. */
static void test_envelope(void **state)
{
	const struct kexec_options o = { .kernel = path_uki, .parser = path, .cmdline = "given",
					 .initrds = { path_initrd, path_initrd },
					 .nr_initrds = 2 };
	autobytes struct bytes uki = { 0 }, want = { 0 };

	(void)state;
	MAKE_PARSER();
	read_whole(&uki, path_uki);
	make_envelope(&want, bytes_span(&uki), TEXT("GIVEN\0\0\0GIVEN"), "");
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);
	expect_image(&calls[0], &want);
	assert_string_equal(calls[0].cmdline, "given");
	assert_int_equal(calls[0].flags, 0);
}

/* What counts is what the kernel will get: this parser knows the UKI in an envelope only. */
static void test_for_envelopes(void **state)
{
	struct kexec_options o = { .kernel = path_uki, .parser = path };

	(void)state;
	if (!make_parser_of(1))
		skip();
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
	o.initrds[0] = path_initrd;
	o.nr_initrds = 1;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);
}

static void test_image_is_an_envelope(void **state)
{
	struct kexec_options o = { .parser = path };
	autobytes struct bytes uki = { 0 }, envelope = { 0 };
	char file[64];

	(void)state;
	MAKE_PARSER();
	read_whole(&uki, path_uki);
	make_envelope(&envelope, bytes_span(&uki), TEXT("outer"), "outer");
	put_image(file, "/envelope", &envelope);
	o.kernel = file;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	expect_image(&calls[0], &envelope);
	o.initrds[0] = path_initrd;
	o.nr_initrds = 1;
	bytes_done(&envelope);
	envelope = (struct bytes){ 0 };
	make_envelope(&envelope, bytes_span(&uki), TEXT("GIVEN"), "outer");
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 2);
	expect_image(&calls[1], &envelope);
	assert_string_equal(calls[1].cmdline, "");
}

/* The program says something else than we do: nothing is loaded, with envelope or without. */
static void test_disagreement(void **state)
{
	struct kexec_options o = { .kernel = path_uki, .parser = path };
	autobytes struct bytes program = { 0 };

	(void)state;
	if (!read_parser_program(&program, "tests/bpf/not-mine.bpf"))
		skip();
	MAKE_PARSER();
	put_image(path, "/my.parser", &program);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(load(&o), KEXEC_EXIT_DIE);
		o.initrds[0] = path_initrd;
		o.nr_initrds = 1;
	}
	assert_int_equal(nr_calls, 0);
	o.cross_check = CROSS_CHECK_OFF;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	/* Also where it serves for that alone. */
	o.cross_check = CROSS_CHECK_ON;
	o.syscall = SYSCALL_CLASSIC;
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	put_btf(able, ARRAY_SIZE(able));
	o.syscall = SYSCALL_FILE;
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 1);
}

static void expect_parser_refused(struct span bytes)
{
	const struct kexec_options o = { .kernel = path_uki, .parser = path };

	put_bytes("/my.parser", bytes.data, bytes.size);
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
}

static void test_no_parser(void **state)
{
	const struct kexec_options missing = { .kernel = path_uki, .parser = "/none/of/these" };
	autobytes struct bytes parser = { 0 }, uki = { 0 };

	(void)state;
	MAKE_PARSER();
	read_whole(&parser, path);
	read_whole(&uki, path_uki);
	assert_int_equal(load(&missing), KEXEC_EXIT_DIE);
	expect_parser_refused(TEXT("junk"));
	expect_parser_refused(bytes_span(&uki));
	bytes_add(&parser, "xxxxxxxxxxxx~Module signature appended~\n", 40);
	expect_parser_refused(bytes_span(&parser));
}

/* A kernel without that: the parts, as without a parser, unless someone insists. */
static void test_unable(void **state)
{
	struct kexec_options o = { .kernel = path_uki, .parser = path };

	(void)state;
	MAKE_PARSER();
	put_btf(able, ARRAY_SIZE(able));
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(calls[0].kernel_size, BZIMAGE_SIZE);
	assert_string_equal(calls[0].initrd, "EMBEDDED");
	o.cross_check = CROSS_CHECK_ATTEST;
	put_text(ATTESTATION, "enforced 0\narmed 1\n");
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 1);
}

/* The whole is refused: the parts, but not where that would go round a signature. */
static void test_refused(void **state)
{
	struct kexec_options o = { .kernel = path_uki, .parser = path, .syscall = SYSCALL_FILE };

	(void)state;
	MAKE_PARSER();
	answers[0] = -ENOEXEC;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 2);
	assert_int_equal(calls[1].kernel_size, BZIMAGE_SIZE);
	nr_calls = 0;
	answers[0] = -ENODATA;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 1);
	nr_calls = 0;
	answers[0] = -ENOEXEC;
	put_text(ATTESTATION, "enforced 1\narmed 0\n");
	assert_int_equal(load(&o), KEXEC_EXIT_FALLBACK);
	assert_int_equal(nr_calls, 1);
	/* What is signed is not replaced, before anything is asked. */
	o.initrds[0] = path_initrd;
	o.nr_initrds = 1;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 1);
}

static void test_altered(void **state)
{
	const struct kexec_options o = { .kernel = path_uki, .parser = path,
					 .stub_initrds = true };

	(void)state;
	MAKE_PARSER();
	put_text("/uki.efi.extra.d/a.cred", "secret");
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
}

/* With an initrd, what the kernel is to attest is that of the envelope. */
static void test_attested(void **state)
{
	struct kexec_options o = { .kernel = path_uki, .parser = path, .initrds = { path_initrd },
				   .nr_initrds = 1, .cross_check = CROSS_CHECK_ATTEST };
	autobytes struct bytes bzImage = { 0 };
	struct span parts[] = { NO_BYTES, TEXT("GIVEN"), TEXT("embedded") };
	char sha[3][DIGEST_TEXT], text[512];

	(void)state;
	MAKE_PARSER();
	make_bzImage(&bzImage);
	parts[0] = bytes_span(&bzImage);
	for (size_t i = 0; i < 3; i++) {
		unsigned char raw[DIGEST_SIZE];
		struct digest *d = NULL;

		assert_int_equal(digest_new(&d, NULL), 0);
		assert_int_equal(digest_add(d, parts[i], NULL), 0);
		assert_int_equal(digest_finish(d, raw, NULL), 0);
		digest_free(d);
		digest_text(sha[i], raw);
	}
	snprintf(text, sizeof(text), "enforced 0\narmed 1\nload gen 7 errno 0 route whole\n"
		 "load kernel %d %s\nload initrd 5 %s\nload cmdline 8 %s\n"
		 "crash gen 1 errno 0 route -\n", BZIMAGE_SIZE, sha[0], sha[1], sha[2]);
	put_text(ATTESTATION, text);
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);
	/* The same word about the image without it: wrong, and unloaded. */
	o.nr_initrds = 0;
	put_text(ATTESTATION, text);
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 3);
	assert_int_equal(calls[2].flags, KEXEC_FILE_UNLOAD);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#if defined(HAVE_LIBBPF) && defined(HAVE_CRYPTO)
		TEST(test_as_it_is),
		TEST(test_envelope),
		TEST(test_for_envelopes),
		TEST(test_image_is_an_envelope),
		TEST(test_disagreement),
		TEST(test_no_parser),
		TEST(test_unable),
		TEST(test_refused),
		TEST(test_altered),
		TEST(test_attested),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
