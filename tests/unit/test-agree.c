/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C parsers and the parser program, as clang built it, take every image for
 * the same: the same bytes, or both refuse. Good images, bad ones, and many
 * mutated ones:
 *	KEXEC_TEST_MUTANTS=N    how many (default 10000)
 *	KEXEC_TEST_SEED=N       other mutations
 *	KEXEC_TEST_STOP=1       stop at the first disagreement
 *	KEXEC_TEST_KEEP=DIR     where mutants go that they do not agree on; or, with
 *	KEXEC_TEST_KEEP_ALL=1   all of them: for a virtual machine with a patched kernel
 * "test-agree --write N FILE" writes good image number N.
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

#include "bpf/locate.h"
#include "kexec/cross-check.h"
#include "lib/cleanup.h"
#include "tests/unit/parser-program.h"
#include "tests/unit/uki-corpus.h"

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

static void test_without_program(void **state)
{
	autobytes struct bytes image = { 0 };

	(void)state;
	make_uki(&image, 0, NO_BYTES);
	expect("no .bpf", &image, CROSS_NO_PROGRAM);
	bytes_set(&image, 0, 1, 0);
	expect("no PE file", &image, CROSS_NO_PROGRAM);
}

/* A generator, so that mutants are the same everywhere: xorshift64*, Vigna 2016. */
static uint64_t random_state;

static uint64_t random_number(uint64_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1d >> 16) % below;
}

/* Numbers that are wrong in interesting ways. */
static uint32_t interesting(const struct bytes *image, uint32_t now)
{
	switch (random_number(10)) {
	case 0:
		return 0;
	case 1:
		return random_number(64);
	case 2:
		return 0xffffffff - random_number(600);
	case 3:
		return image->size + random_number(5) - 2;
	case 4:
		return image->size - now + random_number(5) - 2;
	case 5:
		return random_number(image->size);
	case 6:
		return now + random_number(9) - 4;
	case 7:
		return now ^ UINT32_C(1) << random_number(32);
	case 8:
		return now + 512;
	default:
		return random_number(UINT32_MAX);
	}
}

static uint32_t get(const struct bytes *image, size_t off, unsigned int width)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint32_t)image->data[off + i] << 8 * i;
	return value;
}

static void mutate_field(struct bytes *image, size_t off, unsigned int width)
{
	if (range_fits(image->size, off, width))
		bytes_set(image, off, width, interesting(image, get(image, off, width)));
}

/* Fields of the headers of the PE file that starts at @base. */
static void mutate_header(struct bytes *image, size_t base)
{
	static const struct {
		size_t off;
		unsigned int width;
	} fields[] = {
		{ 0, 2 }, { 0x3c, 4 }, { PE_AT, 4 }, { PE_NR_SECTIONS, 2 }, { PE_OPT_SIZE_AT, 2 },
		{ PE_OPT_AT, 2 }, { PE_HEADERS_SIZE, 4 }, { PE_SUBSYSTEM, 2 }, { PE_NR_DIRS, 4 },
		{ PE_CERT_OFF, 4 }, { PE_CERT_LEN, 4 },
	};
	size_t i = random_number(ARRAY_SIZE(fields) + 1);

	if (i < ARRAY_SIZE(fields))
		mutate_field(image, base + fields[i].off, fields[i].width);
	else
		mutate_field(image, base + random_number(PE_TABLE_AT), 1);
}

static void mutate_table(struct bytes *image, size_t base)
{
	static const char *const names[] = {
		".linux", ".initrd", ".cmdline", ".ucode", ".profile", ".osrel", ".linuxh", ".sbat",
		".bpf", ".dtbauto", ".hwids", ".junk",
	};
	static const size_t fields[] = { SEC_VSIZE, SEC_RAW_SIZE, SEC_RAW_OFF };
	size_t nr = get(image, PE_NR_SECTIONS, 2), at;
	char name[9] = "";

	at = base + PE_SECTION(random_number(nr && nr < 32 ? nr : 4), 0);
	if (!range_fits(image->size, at, 40))
		return;
	switch (random_number(4)) {
	case 0:
		strcpy(name, names[random_number(ARRAY_SIZE(names))]);
		bytes_put(image, at, name, 8);
		break;
	case 1:
		mutate_field(image, at + random_number(40), 1);
		break;
	default:
		mutate_field(image, at + fields[random_number(ARRAY_SIZE(fields))], 4);
		break;
	}
}

/* Where .linux of a good image is: the headers of what is inside. */
static size_t find_linux(const struct bytes *image)
{
	size_t nr = get(image, PE_NR_SECTIONS, 2);

	for (size_t i = 0; i < nr && range_fits(image->size, PE_SECTION(i, 0), 40); i++)
		if (memcmp(image->data + PE_SECTION(i, 0), ".linux\0", 8) == 0)
			return get(image, PE_SECTION(i, SEC_RAW_OFF), 4);
	return 0;
}

static void resize(struct bytes *image)
{
	if (random_number(4) == 0)
		bytes_fill(image, 0, random_number(1000));
	else
		image->size -= random_number(random_number(2) && image->size > 600 ? 600 :
									       image->size);
	if (image->size == 0)
		bytes_fill(image, 'M', 1);
}

struct count {
	unsigned int mutants, tables, equal, refused, no_program, damaged, disagree;
};

static void restore(struct bytes *image, const struct bytes *good, size_t at, size_t len)
{
	if (range_fits(image->size, at, len))
		bytes_put(image, at, good->data + at, len);
}

/*
 * The programs stay what they are, and the inner ones where they are: what
 * another program would do, or a kernel without one, is no question of agreement.
 */
static void restore_programs(struct bytes *image, const struct bytes *good)
{
	for (size_t at = 0; range_fits(good->size, at, program.size); at += 512) {
		size_t entry = at - PE_FIRST_AT + PE_SECTION(0, 0);

		if (memcmp(good->data + at, program.data, program.size) != 0)
			continue;
		restore(image, good, at, program.size);
		if (at > PE_FIRST_AT && memcmp(good->data + entry, ".bpf", 5) == 0)
			restore(image, good, entry, 40);
	}
}

static void mutate(struct bytes *image, struct count *n)
{
	size_t inner = find_linux(image);
	bool table = false;

	for (uint64_t times = 1 + random_number(3); times > 0; times--) {
		uint64_t what = random_number(10);

		table = table || what < 6;
		if (what < 2)
			mutate_header(image, 0);
		else if (what < 6)
			mutate_table(image, 0);
		else if (what < 7)
			mutate_header(image, inner);
		else if (what < 8)
			mutate_field(image, inner + random_number(0x300), 1);
		else if (what < 9)
			mutate_field(image, random_number(image->size), 1 + random_number(4));
		else
			resize(image);
	}
	n->tables += table;
}

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

static void keep(const struct bytes *image, unsigned int number)
{
	const char *dir = getenv("KEXEC_TEST_KEEP");
	char path[4096];

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/mutant-%u.efi", dir, number);
	assert_int_equal(write_file(path, image), 0);
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

static unsigned long number_from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static void test_mutants(void **state)
{
	unsigned long wanted = number_from_environment("KEXEC_TEST_MUTANTS", 10000);
	struct bytes good[UKI_CORPUS] = { 0 };
	struct count n = { 0 };

	(void)state;
	NEEDS_PROGRAM();
	random_state = number_from_environment("KEXEC_TEST_SEED", 20261120) | 1;
	for (unsigned int i = 0; i < UKI_CORPUS; i++)
		make_uki(&good[i], i, bytes_span(&program));
	for (; n.mutants < wanted; n.mutants++) {
		unsigned int from = random_number(UKI_CORPUS);
		autobytes struct bytes image = { 0 };

		bytes_add(&image, good[from].data, good[from].size);
		mutate(&image, &n);
		restore_programs(&image, &good[from]);
		if (getenv("KEXEC_TEST_KEEP_ALL"))
			keep(&image, n.mutants);
		judge(&image, n.mutants, from, &n);
	}
	for (unsigned int i = 0; i < UKI_CORPUS; i++)
		bytes_done(&good[i]);
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
static int write_image(const char *number, const char *path)
{
	autobytes struct bytes image = { 0 };
	int r;

	if (!read_parser_program(&program, UKI_BPF))
		return 1;
	make_uki(&image, strtoul(number, NULL, 0), bytes_span(&program));
	r = write_file(path, &image);
	bytes_done(&program);
	return r < 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_different),
		cmocka_unit_test(test_without_program),
		cmocka_unit_test(test_mutants),
	};

	if (argc == 4 && strcmp(argv[1], "--write") == 0)
		return write_image(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, read_program, free_program);
}
