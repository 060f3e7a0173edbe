/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images of arm64 that bring their own parser programs: zboot, and UKIs with a zboot
 * inside. The C parsers and the programs, found as a kernel finds them, take every one
 * for the same, good or mutated. KEXEC_TEST_MUTANTS and KEXEC_TEST_SEED as in test-agree.
 *
 * "test-agree-arm64 --write-all DIR N" writes the good ones and N mutants, for a third
 * reading: tests/boot/arm64/agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "bpf/locate.h"
#include "kexec/cross-check.h"
#include "lib/cleanup.h"
#include "tests/unit/pack.h"
#include "tests/unit/parser-program.h"
#include "tests/unit/random.h"

/* Good ones: codec, and how many UKIs are around the zboot. */
static const struct {
	const char *codec, *name;
	unsigned int depth;
} kinds[] = {
	{ "gzip", "gzip", 0 }, { "zstd", "zstd22", 0 }, { "xz", "xzkern", 0 },
	{ "gzip", "gzip", 1 }, { "zstd", "zstd22", 1 }, { "gzip", "gzip", 2 },
};

static struct bytes zboot_program, uki_program; /* empty: there is no clang */
static struct bytes good[ARRAY_SIZE(kinds)];    /* empty: its codec is not built in */

#define NEEDS_PROGRAMS()                \
	do {                            \
		if (!uki_program.size)  \
			skip();         \
	} while (0)

/* The program comes first: where it is does not depend on the kernel. */
static void make_packed(struct bytes *ret, const char *codec, const char *name)
{
	autobytes struct bytes kernel = { 0 }, packed = { 0 };
	uint32_t size;

	make_arm64_image(&kernel);
	/* Something to lose, or to gain. */
	for (unsigned int i = 0; i < 3000; i++)
		bytes_fill(&kernel, (unsigned char)(i * i >> 3), 1);
	if (!pack(&packed, codec, bytes_span(&kernel)))
		return;
	size = packed.size;
	if (strcmp(codec, "gzip") != 0)
		for (unsigned int i = 0; i < 4; i++)
			bytes_fill(&packed, (unsigned char)(kernel.size >> 8 * i), 1);
	MAKE_PE(ret, { ".bpf", bytes_span(&zboot_program) }, { ".text", bytes_span(&packed) });
	bytes_put(ret, 4, "zimg", 4);
	bytes_set(ret, ZBOOT_OFF, 4, bytes_get(ret, PE_SECTION(1, SEC_RAW_OFF), 4));
	bytes_set(ret, ZBOOT_SIZE, 4, size);
	bytes_put(ret, ZBOOT_CODEC, name, strlen(name));
}

static void make_good(struct bytes *ret, size_t kind)
{
	make_packed(ret, kinds[kind].codec, kinds[kind].name);
	for (unsigned int d = 0; ret->size && d < kinds[kind].depth; d++) {
		autobytes struct bytes inner = *ret;

		*ret = (struct bytes){ 0 };
		MAKE_PE(ret, { ".bpf", bytes_span(&uki_program) }, { ".linux", bytes_span(&inner) },
			{ ".initrd", TEXT("an initrd") }, { ".cmdline", TEXT("quiet console=ttyAMA0") });
	}
}

/* Where the zboot begins, in images that are laid out as above. */
static size_t zboot_at(size_t kind)
{
	size_t at = 0;

	for (unsigned int d = kinds[kind].depth; d > 0; d--)
		at += bytes_get(&good[kind], at + PE_SECTION(1, SEC_RAW_OFF), 4);
	return at;
}

static void mutate_zboot(struct bytes *image, size_t base)
{
	static const struct {
		size_t off;
		unsigned int width;
	} fields[] = {
		{ 0, 2 }, { 4, 4 }, { ZBOOT_OFF, 4 }, { ZBOOT_SIZE, 4 }, { ZBOOT_SIZE, 4 },
		{ ZBOOT_CODEC, 8 }, { ZBOOT_CODEC + 8, 8 }, { 0x38, 4 }, { 0x3c, 4 },
	};
	static const char *const names[] = { "gzip", "zstd", "zstd22", "lz4", "lzma", "lzo", "xz",
					     "xzkern", "bzip2", "" };
	size_t i = random_number(ARRAY_SIZE(fields)), end;
	char name[16] = "";

	switch (random_number(5)) {
	case 0:
		strcpy(name, names[random_number(ARRAY_SIZE(names))]);
		if (range_fits(image->size, base + ZBOOT_CODEC, sizeof(name)))
			bytes_put(image, base + ZBOOT_CODEC, name, sizeof(name));
		break;
	case 1: /* the trailer, wherever it is, or what is close to it */
		if (!range_fits(image->size, base, 64))
			break;
		end = base + bytes_get(image, base + ZBOOT_OFF, 4) +
		      bytes_get(image, base + ZBOOT_SIZE, 4);
		random_field(image, end - 4 * random_number(2), 4);
		break;
	default:
		random_field(image, base + fields[i].off, fields[i].width);
	}
}

/* Headers and section table of the PE file that begins at @base. */
static void mutate_pe(struct bytes *image, size_t base)
{
	static const struct {
		size_t off;
		unsigned int width;
	} fields[] = {
		{ PE_AT, 4 }, { PE_NR_SECTIONS, 2 }, { PE_OPT_SIZE_AT, 2 }, { PE_OPT_AT, 2 },
		{ PE_HEADERS_SIZE, 4 }, { PE_NR_DIRS, 4 }, { PE_CERT_OFF, 4 }, { PE_CERT_LEN, 4 },
	};
	static const size_t row[] = { SEC_NAME, SEC_VSIZE, SEC_RAW_SIZE, SEC_RAW_OFF };
	size_t i = random_number(ARRAY_SIZE(fields));

	if (random_number(3) == 0)
		random_field(image, base + fields[i].off, fields[i].width);
	else
		random_field(image, base + PE_SECTION(random_number(4), row[random_number(4)]), 4);
}

static void resize(struct bytes *image)
{
	if (random_number(4) == 0)
		bytes_fill(image, 0, random_number(1000));
	else
		image->size -= random_number(random_number(2) && image->size > 600 ? 600 :
									       image->size);
}

static void restore(struct bytes *image, const struct bytes *from, size_t at, size_t len)
{
	if (range_fits(image->size, at, len))
		bytes_put(image, at, from->data + at, len);
}

/* Programs stay what and, but for the outermost's, where they are: test-agree says why. */
static void restore_programs(struct bytes *image, size_t kind)
{
	const struct bytes *from = &good[kind];
	size_t base = 0;

	for (unsigned int d = 0; d <= kinds[kind].depth; d++) {
		size_t at = base + bytes_get(from, base + PE_SECTION(0, SEC_RAW_OFF), 4);

		restore(image, from, at,
			d == kinds[kind].depth ? zboot_program.size : uki_program.size);
		if (d)
			restore(image, from, base + PE_SECTION(0, 0), 40);
		base += bytes_get(from, base + PE_SECTION(1, SEC_RAW_OFF), 4);
	}
}

static void mutate(struct bytes *image, size_t kind)
{
	size_t zboot = zboot_at(kind);

	bytes_add(image, good[kind].data, good[kind].size);
	for (uint64_t times = 1 + random_number(3); times > 0; times--) {
		uint64_t what = random_number(10);

		if (what < 4)
			mutate_zboot(image, zboot);
		else if (what < 7)
			mutate_pe(image, random_number(2) ? 0 : zboot);
		else if (what < 9)
			random_field(image, random_number(image->size), 1);
		else
			resize(image);
	}
	restore_programs(image, kind);
}

static void check(struct cross_check *ret, const struct bytes *image)
{
	autoblob struct blob file = bytes_blob(image);
	const struct bpf_options o = { 0 };
	struct why w = { 0 };

	if (cross_check(ret, &file, &o, &w) < 0)
		fail_msg("%s", w.text);
}

/* The bytes of section .linux of the UKI that is @e; all of @e if there is none. */
static struct extent linux_of(const struct bytes *image, struct extent e)
{
	for (size_t i = 0; i < bytes_get(image, e.off + PE_NR_SECTIONS, 2); i++) {
		size_t row = e.off + PE_SECTION(i, 0);
		uint64_t off, len;

		if (!range_fits(image->size, row, 40))
			break;
		if (memcmp(image->data + row, ".linux\0", 8) != 0)
			continue;
		off = bytes_get(image, row + SEC_RAW_OFF, 4);
		len = bytes_get(image, row + SEC_VSIZE, 4);
		if (len > bytes_get(image, row + SEC_RAW_SIZE, 4))
			len = bytes_get(image, row + SEC_RAW_SIZE, 4);
		if (range_fits(e.len, off, len))
			return (struct extent){ e.blob, e.off + off, len };
	}
	return e;
}

static bool has_program(const struct bytes *image, const struct extent *e,
			const struct bytes *program)
{
	struct extent found;

	return bpf_locate(&found, e, NULL) == 0 && found.len == program->size &&
	       memcmp(image->data + found.off, program->data, program->size) == 0;
}

/*
 * Are the programs found where they were? Our zboot parser does not look at the section
 * table, which a zboot has for firmware and for its program only.
 */
static bool finds_programs(const struct bytes *image, size_t kind)
{
	autoblob struct blob file = bytes_blob(image);
	struct extent e = blob_whole(&file), found;

	/* A UKI with a bad table is refused: that has to be agreed on. */
	if (kinds[kind].depth && bpf_locate(&found, &e, NULL) < 0)
		return true;
	for (unsigned int d = 0; d < kinds[kind].depth; d++) {
		if (!has_program(image, &e, &uki_program))
			return false;
		e = linux_of(image, e);
	}
	return has_program(image, &e, &zboot_program);
}

static void test_good(void **state)
{
	(void)state;
	NEEDS_PROGRAMS();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		autocross struct cross_check c = { 0 };

		if (!good[i].size)
			continue;
		check(&c, &good[i]);
		if (c.verdict != CROSS_EQUAL)
			fail_msg("image %zu: %s (parsers: '%s', program: '%s')", i,
				 cross_verdict_name(c.verdict), c.parsers_why.text,
				 c.program_why.text);
	}
}

struct count {
	unsigned int mutants, equal, refused, no_program, disagree;
};

static void judge(const struct bytes *image, size_t kind, struct count *n)
{
	autocross struct cross_check c = { 0 };

	check(&c, image);
	if (c.verdict == CROSS_EQUAL)
		n->equal++;
	else if (c.verdict == CROSS_BOTH_REFUSE || c.verdict == CROSS_UNKNOWN)
		n->refused++;
	else if (c.verdict == CROSS_NO_PROGRAM || !finds_programs(image, kind))
		n->no_program++;
	else if (n->disagree++ < 20)
		print_error("mutant %u of image %zu: %s; parsers: '%s'; program: '%s'\n", n->mutants,
			    kind, cross_verdict_name(c.verdict), c.parsers_why.text,
			    c.program_why.text);
}

static void test_mutants(void **state)
{
	unsigned long wanted = number_from_environment("KEXEC_TEST_MUTANTS", 5000);
	struct count n = { 0 };

	(void)state;
	NEEDS_PROGRAMS();
	random_start(number_from_environment("KEXEC_TEST_SEED", 20261120));
	for (; n.mutants < wanted; n.mutants++) {
		autobytes struct bytes image = { 0 };
		size_t kind = n.mutants % ARRAY_SIZE(kinds);

		if (!good[kind].size)
			continue;
		mutate(&image, kind);
		judge(&image, kind, &n);
	}
	print_message("# %u mutants: %u equal, %u refused by both, %u without their program, "
		      "%u disagreements\n", n.mutants, n.equal, n.refused, n.no_program,
		      n.disagree);
	assert_int_equal(n.disagree, 0);
	assert_true(n.equal >= n.mutants / 20 && n.refused >= n.mutants / 10);
}

static int write_numbered(const char *dir, const char *name, unsigned long number,
			  const struct bytes *image)
{
	char path[4096];
	bool whole;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%lu.efi", dir, name, number);
	f = fopen(path, "w");
	whole = f && fwrite(image->data, 1, image->size, f) == image->size;
	if (f && fclose(f) == 0 && whole)
		return 0;
	perror(path);
	return -1;
}

static int write_mutant(const char *dir, unsigned long number, size_t kind)
{
	autobytes struct bytes image = { 0 };

	mutate(&image, kind);
	return write_numbered(dir, finds_programs(&image, kind) ? "mutant" : "damaged", number,
			      &image);
}

static int write_all(const char *dir, unsigned long wanted)
{
	int r = 0;

	random_start(number_from_environment("KEXEC_TEST_SEED", 20261120));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++)
		if (good[i].size)
			r = write_numbered(dir, "good", i, &good[i]);
	for (unsigned long i = 0; r == 0 && i < wanted; i++)
		if (good[i % ARRAY_SIZE(kinds)].size)
			r = write_mutant(dir, i, i % ARRAY_SIZE(kinds));
	return r;
}

static int start(void **state)
{
	(void)state;
	if (!read_parser_program(&zboot_program, "bpf/progs/zboot.bpf") ||
	    !read_parser_program(&uki_program, UKI_BPF)) {
		print_message("# the parser programs were not built: no clang\n");
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		make_good(&good[i], i);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		bytes_done(&good[i]);
	bytes_done(&zboot_program);
	bytes_done(&uki_program);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_mutants),
	};
	int r;

	if (argc != 4)
		return cmocka_run_group_tests_name("agree-arm64", tests, start, stop);
	start(NULL);
	r = uki_program.size ? write_all(argv[2], strtoul(argv[3], NULL, 0)) : -1;
	stop(NULL);
	return r < 0;
}
