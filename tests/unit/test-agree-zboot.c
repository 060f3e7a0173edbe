/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zboot images and ELF envelopes: the C parsers and zboot.bpf take every one for
 * the same, good or mutated. KEXEC_TEST_MUTANTS and KEXEC_TEST_SEED as in test-agree.
 *
 * What is accepted must, besides, be what it was before: all these formats carry
 * checksums or sizes by which a parser can tell. Envelopes have none, and there
 * the two parsers are each other's judge.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "bpf/locate.h"
#include "kexec/cross-check.h"
#include "lib/cleanup.h"
#include "tests/unit/images-more.h"
#include "tests/unit/pack.h"
#include "tests/unit/parser-program.h"
#include "tests/unit/random.h"

static struct bytes program; /* empty: there is no clang */
static struct bytes kernel;

#define NEEDS_PROGRAM()           \
	do {                      \
		if (!program.size) \
			skip();    \
	} while (0)

enum kind {
	ZBOOT_GZIP,
	ZBOOT_ZSTD,
	ZBOOT_XZ,
	ENVELOPE,
	ENVELOPE_GZIP,
	KINDS
};

/* False: its codec is not built in. */
static bool make_image(struct bytes *ret, enum kind kind)
{
	static const char *const codecs[KINDS] = { "gzip", "zstd", "xz", NULL, "gzip" };
	static const char *const names[KINDS] = { "gzip", "zstd22", "xzkern" };
	autobytes struct bytes packed = { 0 };

	if (codecs[kind] && !pack(&packed, codecs[kind], bytes_span(&kernel)))
		return false;
	if (names[kind])
		make_zboot(ret, names[kind], bytes_span(&packed), kernel.size);
	if (kind == ENVELOPE)
		make_envelope(ret, bytes_span(&kernel), TEXT("initrd!"), "root=/dev/vda");
	else if (kind == ENVELOPE_GZIP)
		make_envelope(ret, bytes_span(&packed), TEXT("i"), "");
	return true;
}

static void check(struct cross_check *ret, const struct bytes *image)
{
	autoblob struct blob file = bytes_blob(image), parser = bytes_blob(&program);
	const struct bpf_options o = { .parser = &parser };
	struct why w = { 0 };

	if (cross_check(ret, &file, &o, &w) < 0)
		fail_msg("%s", w.text);
}

static void test_good(void **state)
{
	(void)state;
	NEEDS_PROGRAM();
	for (int kind = 0; kind < KINDS; kind++) {
		autobytes struct bytes image = { 0 };
		autocross struct cross_check c = { 0 };

		if (!make_image(&image, kind))
			continue;
		check(&c, &image);
		if (c.verdict != CROSS_EQUAL)
			fail_msg("image %d: %s (parsers: '%s', program: '%s')", kind,
				 cross_verdict_name(c.verdict), c.parsers_why.text,
				 c.program_why.text);
	}
}

static void mutate_zboot(struct bytes *image)
{
	static const struct {
		size_t off;
		unsigned int width;
	} fields[] = {
		{ 0, 2 }, { 4, 4 }, { ZBOOT_OFF, 4 }, { ZBOOT_SIZE, 4 }, { ZBOOT_CODEC, 8 },
		{ ZBOOT_CODEC + 8, 8 }, { 0x38, 4 }, { 0x3c, 4 },
	};
	static const char *const names[] = { "gzip", "zstd", "zstd22", "lz4", "lzma", "lzo", "xz",
					     "xzkern", "bzip2", "lz4 frame", "lzop", "" };
	size_t i = random_number(ARRAY_SIZE(fields)), end;
	char name[16] = "";

	switch (random_number(6)) {
	case 0:
		strcpy(name, names[random_number(ARRAY_SIZE(names))]);
		if (range_fits(image->size, ZBOOT_CODEC, sizeof(name)))
			bytes_put(image, ZBOOT_CODEC, name, sizeof(name));
		break;
	case 1: /* the trailer, wherever it is, or what is close to it */
		if (image->size < 64)
			break;
		end = bytes_get(image, ZBOOT_OFF, 4) + bytes_get(image, ZBOOT_SIZE, 4);
		random_field(image, end - 4 * random_number(2), 4);
		break;
	case 2:
		random_field(image, random_number(64), 1);
		break;
	default:
		random_field(image, fields[i].off, fields[i].width);
	}
}

#define ELF_FIELDS 64

static void mutate_envelope(struct bytes *image)
{
	static const unsigned char header[] = { 0, 4, 5, 16, 40, 56, 58, 60, 62 };
	static const unsigned char section[] = { 0, 4, 24, 32 };
	unsigned int width = random_number(2) ? 8 : 2;

	switch (random_number(4)) {
	case 0:
		random_field(image, header[random_number(ARRAY_SIZE(header))], width);
		break;
	case 1:
		random_field(image, image->size - 1 - random_number(36), 1);
		break;
	default:
		random_field(image, ELF_FIELDS * (1 + random_number(4)) +
			     section[random_number(ARRAY_SIZE(section))], width == 8 ? 8 : 4);
	}
}

static void mutate(struct bytes *image, enum kind kind)
{
	for (unsigned int i = 1 + random_number(3); i > 0; i--) {
		if (random_number(8) == 0)
			random_field(image, random_number(image->size), 1);
		else if (random_number(8) == 0)
			image->size -= random_number(random_number(2) ? 80 : image->size) %
				       image->size;
		else if (kind < ENVELOPE)
			mutate_zboot(image);
		else
			mutate_envelope(image);
	}
}

struct count {
	unsigned int mutants, equal, refused, disagree;
};

/* Packed kernels have checksums: what is accepted is what was packed. */
static void check_unharmed(const struct cross_check *c, unsigned int number)
{
	const struct extent *e = &c->parsers.kernel.bytes;
	autofree unsigned char *have = NULL;

	assert_int_equal(extent_dup(e, 0, e->len, &have, NULL), 0);
	if (e->len != kernel.size || memcmp(have, kernel.data, e->len) != 0)
		fail_msg("mutant %u is accepted with another kernel", number);
}

/*
 * Kernels look at the section table of a PE image before they run a detached parser on
 * it. Our parser of zboot has no use for sections, and takes such an image.
 */
static bool is_unsound(const struct bytes *image)
{
	autoblob struct blob file = bytes_blob(image);
	const struct extent all = blob_whole(&file);

	return bpf_check_pe(&all, NULL) < 0;
}

static void judge(const struct bytes *image, enum kind kind, struct count *n)
{
	autocross struct cross_check c = { 0 };

	check(&c, image);
	if (c.verdict == CROSS_EQUAL) {
		n->equal++;
		if (kind < ENVELOPE)
			check_unharmed(&c, n->mutants);
	} else if (c.verdict == CROSS_BOTH_REFUSE || c.verdict == CROSS_UNKNOWN ||
		   (c.verdict == CROSS_ONLY_PARSERS && is_unsound(image))) {
		n->refused++;
	} else if (n->disagree++ < 20) {
		print_error("mutant %u of image %d: %s; parsers: '%s'; program: '%s'\n", n->mutants,
			    kind, cross_verdict_name(c.verdict), c.parsers_why.text,
			    c.program_why.text);
	}
}

static void test_mutants(void **state)
{
	unsigned long wanted = number_from_environment("KEXEC_TEST_MUTANTS", 6000);
	struct count n = { 0 };

	(void)state;
	NEEDS_PROGRAM();
	random_start(number_from_environment("KEXEC_TEST_SEED", 20261120));
	for (; n.mutants < wanted; n.mutants++) {
		autobytes struct bytes image = { 0 };
		enum kind kind = n.mutants % KINDS;

		if (!make_image(&image, kind))
			continue;
		mutate(&image, kind);
		judge(&image, kind, &n);
	}
	print_message("# %u mutants: %u equal, %u refused by both, %u disagreements\n", n.mutants,
		      n.equal, n.refused, n.disagree);
	assert_int_equal(n.disagree, 0);
	assert_true(n.equal >= n.mutants / 20 && n.refused >= n.mutants / 10);
}

static int start(void **state)
{
	(void)state;
	make_arm64_image(&kernel);
	if (!read_parser_program(&program, "bpf/progs/zboot.bpf"))
		print_message("# the parser program was not built: no clang\n");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	bytes_done(&kernel);
	bytes_done(&program);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_mutants),
	};

	return cmocka_run_group_tests_name("agree-zboot", tests, start, stop);
}
