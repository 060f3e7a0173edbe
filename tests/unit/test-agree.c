/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C parsers and the parser program, as clang built it, take every image for
 * the same: the same bytes, or both refuse. Good images, bad ones, and many
 * mutated ones:
 *	KEXEC_TEST_MUTANTS=N    how many (default 10000)
 *	KEXEC_TEST_SEED=N       other mutations
 *	KEXEC_TEST_STOP=1       stop at the first disagreement
 *	KEXEC_TEST_KEEP=DIR     where mutants go that they do not agree on
 * "test-agree --write N FILE" writes good image number N, "test-agree --write-all
 * DIR N" all of them, as good-I.efi, and the first N mutants: mutant-I.efi, or
 * damaged-I.efi where the program in it is not what was put there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/locate.h"
#include "kexec/cross-check.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/pack.h"
#include "tests/unit/parser-program.h"
#include "tests/unit/random.h"
#include "tests/unit/uki-mutants.h"

static struct bytes program; /* empty: there is no clang */

#define NEEDS_PROGRAM()           \
	do {                      \
		if (!program.size) \
			skip();    \
	} while (0)

/* With the image's own program, or with the shipped one as a detached parser. */
static void check(struct cross_check *ret, const struct bytes *image, bool detached)
{
	autoblob struct blob file = bytes_blob(image), parser = bytes_blob(&program);
	const struct bpf_options o = { .parser = detached ? &parser : NULL };
	struct why w = { 0 };

	if (cross_check(ret, &file, &o, &w) < 0)
		fail_msg("%s", w.text);
}

static void expect(const char *name, const struct bytes *image, enum cross_verdict want)
{
	autocross struct cross_check c = { 0 };

	check(&c, image, false);
	if (c.verdict != want)
		fail_msg("%s: %s, expected %s (parsers: '%s', program: '%s')", name,
			 cross_verdict_name(c.verdict), cross_verdict_name(want),
			 c.parsers_why.text, c.program_why.text);
}

static void test_good(void **state)
{
	(void)state;
	NEEDS_PROGRAM();
	for (unsigned int i = 0; i < UKI_CORPUS; i++) {
		autobytes struct bytes image = { 0 };
		char name[32];

		snprintf(name, sizeof(name), "image %u", i);
		make_uki(&image, i, bytes_span(&program));
		expect(name, &image, CROSS_EQUAL);
	}
}

/* A program that names an initrd which is not there: what all this is for. */
static void test_different(void **state)
{
	autobytes struct bytes image = { 0 }, liar = { 0 };
	autoblob struct blob file = { 0 }, parser = { 0 };
	const struct bpf_options o = { .parser = &parser };
	autocross struct cross_check c = { 0 };
	struct why w = { 0 };

	(void)state;
	if (!read_parser_program(&liar, "tests/bpf/inline.bpf"))
		skip();
	make_bzImage(&image);
	file = bytes_blob(&image);
	parser = bytes_blob(&liar);
	assert_int_equal(cross_check(&c, &file, &o, &w), 0);
	assert_int_equal(c.verdict, CROSS_DIFFERENT);
	assert_int_equal(c.diff.part, PART_INITRD);
	assert_int_equal(c.diff.byte[0], -1);
	assert_int_equal(c.diff.byte[1], 'i');
}

static uint64_t image_field(const struct bytes *image, size_t off)
{
	uint32_t value = 0;

	assert_true(span_le32(bytes_span(image), off, &value));
	return value;
}

static void write_at(const struct blob *file, uint64_t at, const void *data, size_t size)
{
	assert_int_equal(pwrite(file->fd, data, size, at), size);
}

/*
 * A UKI whose initrd has @size bytes, most of which are a hole in a file; the last one
 * is not. The kernel stands in front of it, or behind.
 */
static void make_big(struct blob *ret, uint64_t size, bool kernel_last)
{
	autobytes struct bytes kernel = { 0 }, image = { 0 };
	int initrd = kernel_last ? 1 : 2, behind = kernel_last ? 2 : 1;
	uint64_t at;

	make_bzImage(&kernel);
	if (kernel_last)
		MAKE_PE(&image, { ".bpf", bytes_span(&program) }, { ".initrd", TEXT("start") },
			{ ".linux", bytes_span(&kernel) });
	else
		MAKE_PE(&image, { ".bpf", bytes_span(&program) }, { ".linux", bytes_span(&kernel) },
			{ ".initrd", TEXT("start") });
	at = image_field(&image, PE_SECTION(initrd, SEC_RAW_OFF));
	bytes_set(&image, PE_SECTION(initrd, SEC_VSIZE), 4, size);
	bytes_set(&image, PE_SECTION(initrd, SEC_RAW_SIZE), 4, size);
	if (kernel_last)
		bytes_set(&image, PE_SECTION(behind, SEC_RAW_OFF), 4, at + size);
	assert_int_equal(blob_memfd(ret, "big", NULL), 0);
	ret->size = at + size + (kernel_last ? BZIMAGE_SIZE : 0);
	assert_int_equal(ftruncate(ret->fd, ret->size), 0);
	write_at(ret, 0, image.data, at + 5);
	write_at(ret, at + size - 1, "x", 1);
	if (kernel_last)
		write_at(ret, at + size, kernel.data, kernel.size);
}

static void test_big(void **state)
{
	static const unsigned int sizes[] = { 8, 64, 128, 512, 3000 };

	(void)state;
	NEEDS_PROGRAM();
	for (size_t i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		uint64_t size = sizes[i / 2] * MiB - i % 2 * 511;
		autocross struct cross_check c = { 0 };
		autoblob struct blob file = { 0 };
		struct why w = { 0 };

		make_big(&file, size, i % 2);
		if (cross_check(&c, &file, NULL, &w) < 0)
			fail_msg("%s", w.text);
		if (c.verdict != CROSS_EQUAL)
			fail_msg("%u MiB: %s, %s, %s", sizes[i / 2], cross_verdict_name(c.verdict),
				 c.parsers_why.text, c.program_why.text);
		assert_int_equal(c.program.nr_initrd, 1);
		assert_int_equal(c.program.initrd[0].bytes.len, size);
		assert_int_equal(c.program.kernel.bytes.len, BZIMAGE_SIZE);
	}
}

/* What no kernel unpacks for a program: not for us to say what one would make of it. */
static void test_not_served(void **state)
{
	static const char *const codecs[] = { "lzma", "lz4" };
	autobytes struct bytes kernel = { 0 };

	(void)state;
	NEEDS_PROGRAM();
	make_bzImage(&kernel);
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++) {
		autobytes struct bytes image = { 0 }, packed = { 0 };

		if (!pack(&packed, codecs[i], bytes_span(&kernel)))
			continue;
		MAKE_PE(&image, { ".bpf", bytes_span(&program) },
			{ ".linux", bytes_span(&packed) });
		expect(codecs[i], &image, CROSS_UNKNOWN);
	}
}

static void test_without_program(void **state)
{
	autobytes struct bytes image = { 0 };

	(void)state;
	make_uki(&image, 0, NO_BYTES);
	expect("no .bpf", &image, CROSS_NO_PROGRAM);
	bytes_set(&image, 0, 1, 0);
	expect("no PE file", &image, CROSS_NO_PROGRAM);
}

struct count {
	unsigned int mutants, tables, equal, refused, no_program, damaged, disagree;
};

/* Does the kernel still find the program that the image was made with? */
static bool finds_program(const struct bytes *image)
{
	autoblob struct blob file = bytes_blob(image);
	struct extent all = blob_whole(&file), bytes;

	if (bpf_locate(&bytes, &all, NULL) < 0)
		return true; /* refused: that has to be agreed on */
	return bytes.len == program.size && range_fits(image->size, bytes.off, bytes.len) &&
	       memcmp(image->data + bytes.off, program.data, program.size) == 0;
}

static int write_file(const char *path, const struct bytes *image)
{
	FILE *f = fopen(path, "w");
	bool good = f && fwrite(image->data, 1, image->size, f) == image->size;

	if (!f || fclose(f) != 0 || !good) {
		perror(path);
		return -1;
	}
	return 0;
}

static int write_numbered(const char *dir, const char *name, unsigned int number,
			  const struct bytes *image)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s-%u.efi", dir, name, number);
	return write_file(path, image);
}

static void keep(const struct bytes *image, unsigned int number)
{
	const char *dir = getenv("KEXEC_TEST_KEEP");

	if (dir)
		assert_int_equal(write_numbered(dir, "mutant", number, image), 0);
}

static void judge(const struct bytes *image, unsigned int number, unsigned int from,
		  struct count *n)
{
	autocross struct cross_check c = { 0 };
	bool detached = false;

	check(&c, image, false);
	n->no_program += c.verdict == CROSS_NO_PROGRAM;
	/* Where it was not asked, what the program would have said still must be right. */
	if (c.verdict == CROSS_NO_PROGRAM && from >= UKI_PLAIN)
		return;
	if (from < UKI_PLAIN &&
	    (c.verdict == CROSS_NO_PROGRAM || c.verdict == CROSS_BOTH_REFUSE)) {
		cross_check_done(&c);
		check(&c, image, true);
		detached = true;
	}
	if (c.verdict == CROSS_EQUAL) {
		n->equal++;
	} else if (c.verdict == CROSS_BOTH_REFUSE ||
		   /* How often .bpf is there is for who looks for it, not for what is in it. */
		   (detached && strstr(c.parsers_why.text, "(.bpf)"))) {
		n->refused++;
	} else if (!finds_program(image)) {
		n->damaged++;
	} else {
		if (n->disagree++ < 20)
			print_error("mutant %u of image %u: %s; parsers: '%s'; program: '%s'\n",
				    number, from, cross_verdict_name(c.verdict),
				    c.parsers_why.text, c.program_why.text);
		keep(image, number);
		if (getenv("KEXEC_TEST_STOP"))
			fail();
	}
}

static void start_mutants(struct mutants *m)
{
	mutants_start(m, number_from_environment("KEXEC_TEST_SEED", 20261120),
		      bytes_span(&program));
}

static void test_mutants(void **state)
{
	unsigned long wanted = number_from_environment("KEXEC_TEST_MUTANTS", 10000);
	automutants struct mutants m = { 0 };
	struct count n = { 0 };

	(void)state;
	NEEDS_PROGRAM();
	start_mutants(&m);
	for (; n.mutants < wanted; n.mutants++) {
		autobytes struct bytes image = { 0 };
		bool table;
		unsigned int from = mutants_next(&m, &image, &table);

		n.tables += table;
		judge(&image, n.mutants, from, &n);
	}
	print_message("# %u mutants, %u of headers and tables: %u equal, %u refused by both, "
		      "%u lost their program, %u have another, %u disagreements\n",
		      n.mutants, n.tables, n.equal, n.refused, n.no_program, n.damaged,
		      n.disagree);
	assert_int_equal(n.disagree, 0);
	assert_true(n.tables >= n.mutants * 3 / 10);
	/* They are worth something only if both answers come often. */
	assert_true(n.equal >= n.mutants / 10 && n.refused >= n.mutants / 10);
}

static int read_program(void **state)
{
	(void)state;
	if (!read_parser_program(&program, UKI_BPF))
		print_message("# the parser program was not built: no clang\n");
	return 0;
}

static int free_program(void **state)
{
	(void)state;
	bytes_done(&program);
	return 0;
}

/* For tests that need a file: image @number, with its program. */
static int write_image(unsigned long number, const char *path)
{
	autobytes struct bytes image = { 0 };

	make_uki(&image, number, bytes_span(&program));
	return write_file(path, &image);
}

static int write_all(const char *dir, unsigned long wanted)
{
	automutants struct mutants m = { 0 };
	int r = 0;

	start_mutants(&m);
	for (unsigned int i = 0; r == 0 && i < UKI_CORPUS; i++)
		r = write_numbered(dir, "good", i, &m.good[i]);
	for (unsigned long i = 0; r == 0 && i < wanted; i++) {
		autobytes struct bytes image = { 0 };
		bool table;

		mutants_next(&m, &image, &table);
		r = write_numbered(dir, finds_program(&image) ? "mutant" : "damaged", i, &image);
	}
	return r;
}

static int write_files(char **argv)
{
	bool all = strcmp(argv[1], "--write-all") == 0;
	int r;

	if ((!all && strcmp(argv[1], "--write") != 0) || !read_parser_program(&program, UKI_BPF))
		return 1;
	r = all ? write_all(argv[2], strtoul(argv[3], NULL, 0)) :
		  write_image(strtoul(argv[2], NULL, 0), argv[3]);
	bytes_done(&program);
	return r < 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_different),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_not_served),
		cmocka_unit_test(test_without_program),
		cmocka_unit_test(test_mutants),
	};

	if (argc == 4)
		return write_files(argv);
	return cmocka_run_group_tests(tests, read_program, free_program);
}
