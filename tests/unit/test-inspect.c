/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What inspect says about each section, and that it survives what it is given. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/file-type.h"
#include "kexec/inspect.h"
#include "lib/cleanup.h"
#include "tests/unit/images-more.h"
#include "tests/unit/pack.h"
#include "tests/unit/uki-mutants.h"

static void look(struct inspect *ret, const struct bytes *image)
{
	struct blob b = bytes_blob(image);
	struct why w = { 0 };

	if (inspect_file(ret, &b, NULL, &w) < 0)
		fail_msg("%s", w.text);
}

/* Section number @nr of layer @layer: what it is for, or why it is not. */
static void check_section(const struct inspect *i, size_t layer, size_t nr, const char *use,
			  const char *note)
{
	const struct inspect_section *s = &i->layers[layer].sections[nr];

	assert_true(layer < i->nr_layers && i->layers[layer].is_pe);
	assert_true(nr < i->layers[layer].pe.nr_sections);
	if (use && (!s->use || strcmp(s->use, use) != 0))
		fail_msg("layer %zu, section %zu: use %s, expected %s (%s)", layer, nr, s->use, use,
			 s->note);
	if (note && (!s->note || !strstr(s->note, note)))
		fail_msg("layer %zu, section %zu: note %s, expected %s (%s)", layer, nr, s->note,
			 note, s->use);
	assert_true(!s->use != !s->note); /* one of them */
}

static void check_text(const struct inspect *i, size_t layer, size_t nr, const char *want)
{
	const struct inspect_section *s = &i->layers[layer].sections[nr];

	assert_non_null(s->text);
	assert_int_equal(s->text_len, strlen(want));
	assert_memory_equal(s->text, want, s->text_len);
}

static void test_uki(void **state)
{
	autobytes struct bytes kernel = { 0 }, image = { 0 };
	autoinspect struct inspect i = { 0 };

	(void)state;
	make_bzImage(&kernel);
	MAKE_PE(&image, { ".text", TEXT("code") }, { ".osrel", TEXT("ID=x\n") },
		{ ".ucode", TEXT("ucode") }, { ".initrd", TEXT("initrd") },
		{ ".cmdline", TEXT("quiet") }, { ".linux", bytes_span(&kernel) },
		{ ".uname", TEXT("6.12") }, { ".sbat", TEXT("sbat,1") }, { ".bpf", TEXT("\177ELF") },
		{ ".splash", TEXT("BM") }, { ".dtbauto", TEXT("dtb") }, { ".strange", TEXT("?") });
	look(&i, &image);
	assert_int_equal(i.why.err, 0);
	assert_int_equal(i.nr_layers, 2);
	assert_string_equal(i.layers[0].format->name, "uki");
	assert_string_equal(i.layers[1].format->name, "bzImage64");
	check_section(&i, 0, 0, NULL, "own code");
	check_section(&i, 0, 1, NULL, "describes the system");
	check_text(&i, 0, 1, "ID=x\n");
	check_section(&i, 0, 2, "initrd", NULL);
	check_section(&i, 0, 3, "initrd", NULL);
	check_section(&i, 0, 4, "cmdline", NULL);
	check_text(&i, 0, 4, "quiet");
	check_section(&i, 0, 5, "kernel", NULL);
	check_section(&i, 0, 6, NULL, "addons");
	check_section(&i, 0, 7, NULL, "revocation");
	check_section(&i, 0, 8, "parser", NULL);
	assert_string_equal(i.parser_kind, "other-elf");
	check_section(&i, 0, 9, NULL, "picture");
	check_section(&i, 0, 10, NULL, "not chosen");
	check_section(&i, 0, 11, NULL, "is not known");
	check_section(&i, 1, 0, "kernel", NULL);
	assert_int_equal(i.layers[0].nr_signatures, 0);
}

static void test_profiles(void **state)
{
	autobytes struct bytes kernel = { 0 }, image = { 0 };
	autoinspect struct inspect i = { 0 };

	(void)state;
	make_bzImage(&kernel);
	MAKE_PE(&image, { ".linux", bytes_span(&kernel) }, { ".cmdline", TEXT("base") },
		{ ".initrd", TEXT("initrd") }, { ".profile", TEXT("ID=zero") },
		{ ".cmdline", TEXT("zero") }, { ".initrd", NO_BYTES },
		{ ".profile", TEXT("ID=one") }, { ".cmdline", TEXT("one") });
	look(&i, &image);
	assert_int_equal(i.why.err, 0);
	check_section(&i, 0, 1, NULL, "profile @0 has its own");
	check_section(&i, 0, 2, NULL, "profile @0 has its own");
	check_section(&i, 0, 3, NULL, "starts profile @0");
	check_section(&i, 0, 4, "cmdline", NULL);
	check_section(&i, 0, 5, NULL, "is empty");
	check_section(&i, 0, 6, NULL, "starts a profile that is not taken");
	check_section(&i, 0, 7, NULL, "belongs to a profile that is not taken");
	assert_int_equal(i.layers[0].sections[7].slice, 2);
	check_text(&i, 0, 7, "one");
}

static void test_nested(void **state)
{
	autobytes struct bytes kernel = { 0 }, inner = { 0 }, image = { 0 };
	autoinspect struct inspect i = { 0 };

	(void)state;
	make_bzImage(&kernel);
	MAKE_PE(&inner, { ".linux", bytes_span(&kernel) }, { ".cmdline", TEXT("in") },
		{ ".initrd", TEXT("in") });
	MAKE_PE(&image, { ".linux", bytes_span(&inner) }, { ".cmdline", TEXT("out") },
		{ ".ucode", TEXT("out") });
	look(&i, &image);
	assert_int_equal(i.nr_layers, 3);
	check_section(&i, 0, 1, "cmdline", NULL);
	check_section(&i, 0, 2, "initrd", NULL);
	check_section(&i, 1, 0, "kernel", NULL);
	check_section(&i, 1, 1, NULL, "around this one has a command line");
	check_section(&i, 1, 2, NULL, "around this one has initrds");
}

static void test_zboot(void **state)
{
	autobytes struct bytes kernel = { 0 }, packed = { 0 }, image = { 0 };
	autoinspect struct inspect i = { 0 };

	(void)state;
	make_arm64_image(&kernel);
	if (!pack(&packed, "gzip", bytes_span(&kernel)))
		skip();
	make_zboot(&image, "gzip", bytes_span(&packed), kernel.size);
	look(&i, &image);
	assert_int_equal(i.nr_layers, 2);
	assert_string_equal(i.layers[0].format->name, "vmlinuz");
	check_section(&i, 0, 0, "kernel", NULL);
	assert_int_equal(i.layers[1].part.packed.len, packed.size);
	assert_int_equal(i.layers[1].part.packed.off, ZBOOT_PAYLOAD);
	assert_int_equal(i.layers[1].part.bytes.len, kernel.size);
}

/* Recognised, shown, and refused for loading. */
static void test_thin(void **state)
{
	autobytes struct bytes image = { 0 };
	autoinspect struct inspect i = { 0 };

	(void)state;
	MAKE_PE(&image, { ".linux", TEXT("\\EFI\\nixos\\k\x1b.efi") },
		{ ".linuxh", TEXT("0123456789abcdef0123456789abcdef") },
		{ ".initrd", TEXT("\\EFI\\nixos\\i.efi") }, { ".cmdline", TEXT("init=/x") });
	look(&i, &image);
	assert_int_equal(i.why.err, -EOPNOTSUPP);
	assert_non_null(strstr(i.why.text, "thin image"));
	assert_int_equal(i.nr_layers, 1);
	assert_null(i.layers[0].format);
	check_section(&i, 0, 0, NULL, "names a file");
	check_text(&i, 0, 0, "\\EFI\\nixos\\k\x1b.efi");
	check_section(&i, 0, 1, NULL, "thin image");
	check_text(&i, 0, 1, "3031323334353637383961626364656630313233343536373839616263646566");
	check_text(&i, 0, 2, "\\EFI\\nixos\\i.efi");
	check_section(&i, 0, 3, NULL, "refused");
}

static void test_long_text(void **state)
{
	autobytes struct bytes text = { 0 }, image = { 0 };
	autoinspect struct inspect i = { 0 };

	(void)state;
	bytes_fill(&text, 'x', LIMIT_SHOWN_TEXT + 1);
	MAKE_PE(&image, { ".osrel", bytes_span(&text) });
	look(&i, &image);
	assert_int_equal(i.layers[0].sections[0].text_len, LIMIT_SHOWN_TEXT);
	assert_true(i.layers[0].sections[0].text_cut);
}

/* 128 sections that are the whole file must not be hashed 128 times. */
static void test_overlap(void **state)
{
	autobytes struct bytes image = { 0 };
	autoinspect struct inspect i = { 0 };

	(void)state;
	MAKE_PE(&image, { ".a", TEXT("a") }, { ".b", TEXT("b") });
	for (unsigned int k = 0; k < 2; k++) {
		bytes_set(&image, PE_SECTION(k, SEC_RAW_OFF), 4, PE_FIRST_AT);
		bytes_set(&image, PE_SECTION(k, SEC_RAW_SIZE), 4, 1024);
		bytes_set(&image, PE_SECTION(k, SEC_VSIZE), 4, 1024);
	}
	look(&i, &image);
	assert_true(i.layers[0].overlap);
	assert_false(i.layers[0].sections[0].hashed);
	assert_false(i.layers[0].digested[DIGEST_SHA256]);
}

/* Nothing but printable ASCII and new lines, whatever the image holds. */
static void check_printed(void (*print)(FILE *f, const struct inspect *i, const char *name),
			  const struct inspect *i, const char *must_have)
{
	autofree char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	print(f, i, "na\"me\n\xff\x1b[31m");
	assert_int_equal(fclose(f), 0);
	for (size_t k = 0; k < size; k++)
		if (text[k] != '\n' && (text[k] < 0x20 || text[k] >= 0x7f))
			fail_msg("byte %#x at %zu is printed", (unsigned char)text[k], k);
	assert_int_equal(text[size - 1], '\n');
	assert_non_null(strstr(text, must_have));
}

static void check_envelope_section(const struct inspect *i, size_t nr, const char *name,
				   uint64_t size, const char *use, const char *note)
{
	const struct inspect_layer *l = &i->layers[0];

	assert_true(nr < l->nr_envelope);
	assert_string_equal(l->envelope[nr].name, name);
	assert_int_equal(l->envelope[nr].bytes.len, size);
	if (use)
		assert_string_equal(l->sections[nr].use, use);
	else
		assert_null(l->sections[nr].use);
	if (note)
		assert_non_null(strstr(l->sections[nr].note, note));
}

static void test_envelope(void **state)
{
	autobytes struct bytes kernel = { 0 }, image = { 0 };
	autoinspect struct inspect i = { 0 };

	(void)state;
	make_bzImage(&kernel);
	make_envelope(&image, bytes_span(&kernel), TEXT("initrd"), "quiet");
	look(&i, &image);
	assert_int_equal(i.why.err, 0);
	assert_int_equal(i.nr_layers, 2);
	assert_int_equal(i.layers[0].nr_envelope, 4);
	check_envelope_section(&i, 0, ".kernel", kernel.size, "kernel", NULL);
	check_envelope_section(&i, 1, ".initrd", 6, "initrd", NULL);
	check_envelope_section(&i, 2, ".cmdline", 6, "cmdline", NULL);
	check_envelope_section(&i, 3, ".shstrtab", 36, NULL, "names");
	check_text(&i, 0, 2, "quiet");
	assert_int_equal(i.layers[1].nr_envelope, 0);
	check_printed(inspect_text, &i, ".cmdline: 6 bytes at ");
	check_printed(inspect_json, &i, "\"name\": \".shstrtab\"");
	inspect_done(&i);
	/* A kernel that is none: what there is is shown in spite of that. */
	bytes_done(&image);
	make_envelope(&image, TEXT("no kernel"), TEXT("initrd"), "");
	look(&i, &image);
	assert_int_equal(i.why.err, -ENOEXEC);
	check_envelope_section(&i, 0, ".kernel", 9, "kernel", NULL);
	check_envelope_section(&i, 1, ".initrd", 6, NULL, "refused");
}

static void test_hostile_text(void **state)
{
	autobytes struct bytes kernel = { 0 }, image = { 0 };
	autoinspect struct inspect i = { 0 };

	(void)state;
	make_bzImage(&kernel);
	MAKE_PE(&image, { ".linux", bytes_span(&kernel) },
		{ ".cmdline", TEXT("a\x1b]0;owned\x07\xff'\"\\") },
		{ ".osrel", TEXT("NAME=\x1b[2J\nx\r\n") }, { ".o\x1b\n'\"", TEXT("x") });
	look(&i, &image);
	assert_int_equal(i.why.err, 0);
	check_printed(inspect_text, &i, "'a\\x1b]0;owned\\x07\\xff\\'\"\\\\'");
	check_printed(inspect_json, &i, "\"a\\u001b]0;owned\\u0007\\ufffd'\\\"\\\\\"");
}

/* The images of test-agree, broken: accepted here if and only if by file_type_open(). */
static void test_mutants(void **state)
{
	automutants struct mutants m = { 0 };
	unsigned int accepted = 0, nr = 1000;

	(void)state;
	mutants_start(&m, 17, TEXT("\177ELF, a program"));
	for (unsigned int n = 0; n < nr; n++) {
		autobytes struct bytes image = { 0 };
		autoinspect struct inspect i = { 0 };
		autoimage struct boot_image img = { 0 };
		struct blob b;
		bool table;

		mutants_next(&m, &image, &table);
		look(&i, &image);
		check_printed(inspect_text, &i, "\n");
		check_printed(inspect_json, &i, "\"schema\": 1");
		b = bytes_blob(&image);
		assert_int_equal(file_type_open(&img, &b, NULL, NULL), i.why.err);
		accepted += i.why.err == 0;
	}
	assert_true(accepted > nr / 10 && accepted < nr);
}

/* For a test of the program: @nr broken images out of a good one, as DIR/0, DIR/1, .. */
static int write_mutants(const char *path, const char *dir, unsigned long nr)
{
	autoblob struct blob file = { 0 };
	autofree unsigned char *data = NULL;
	struct extent all;

	if (blob_open(&file, path, NULL) < 0)
		return 1;
	all = blob_whole(&file);
	if (extent_dup(&all, 0, all.len, &data, NULL) < 0)
		return 1;
	for (unsigned long n = 0; n < nr; n++) {
		autobytes struct bytes image = { 0 };
		char name[512];
		FILE *f;

		bytes_add(&image, data, all.len);
		mutants_break(&image, n);
		snprintf(name, sizeof(name), "%s/%lu", dir, n);
		f = fopen(name, "w");
		if (!f || fwrite(image.data, image.size, 1, f) != 1 || fclose(f) != 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uki),	  cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_nested),	  cmocka_unit_test(test_zboot),
		cmocka_unit_test(test_thin),	  cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_overlap),	  cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_mutants),	  cmocka_unit_test(test_envelope),
	};

	if (argc == 5 && strcmp(argv[1], "--mutants") == 0)
		return write_mutants(argv[2], argv[3], strtoul(argv[4], NULL, 0));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
