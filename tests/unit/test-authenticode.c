/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which bytes a signature covers, and where signatures are. tests/cli asks the signing tools. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/authenticode.h"
#include "lib/cleanup.h"
#include "tests/unit/images.h"

#define CHECKSUM (PE_OPT_AT + 64)
#define CERTS    48

#ifdef HAVE_CRYPTO
#define NEEDS_CRYPTO() (void)state
#else
#define NEEDS_CRYPTO() \
	(void)state;   \
	skip()
#endif

static int digest_of(unsigned char *ret, enum digest_kind kind, const struct bytes *image,
		     struct why *w)
{
	autoblob struct blob b = bytes_blob(image);
	struct extent all = blob_whole(&b);
	autope struct pe pe = { 0 };
	int r = pe_read(&pe, &all, w);

	return r < 0 ? r : authenticode_digest(ret, kind, &all, &pe, w);
}

/* The same, if sections lie one behind the other: all but what is left out. */
static void plain_digest(unsigned char *ret, enum digest_kind kind, const struct bytes *image,
			 size_t certs)
{
	static const unsigned char zeros[8];
	struct span all = bytes_span(image), part;
	struct digest *d = NULL;

	assert_int_equal(digest_new_kind(&d, kind, NULL), 0);
	assert_true(span_sub(&part, all, 0, CHECKSUM));
	digest_add(d, part, NULL);
	assert_true(span_sub(&part, all, CHECKSUM + 4, PE_CERT_OFF - CHECKSUM - 4));
	digest_add(d, part, NULL);
	assert_true(span_sub(&part, all, PE_CERT_OFF + 8, all.size - certs - PE_CERT_OFF - 8));
	digest_add(d, part, NULL);
	if (certs == 0)
		digest_add(d, (struct span){ zeros, -all.size % 8 }, NULL);
	assert_int_equal(digest_finish(d, ret, NULL), 0);
	digest_free(d);
}

static void check_plain(const struct bytes *image, size_t certs)
{
	for (enum digest_kind k = 0; k < DIGEST_KINDS; k++) {
		unsigned char have[DIGEST_MAX], want[DIGEST_MAX];
		struct why w = { 0 };

		if (digest_of(have, k, image, &w) < 0)
			fail_msg("%s", w.text);
		plain_digest(want, k, image, certs);
		assert_memory_equal(have, want, digest_size(k));
	}
}

static void make_image(struct bytes *ret)
{
	MAKE_PE(ret, { ".linux", TEXT("kernel") }, { ".initrd", TEXT("initrd") },
		{ ".empty", NO_BYTES }, { ".cmdline", TEXT("quiet") });
}

static void test_sizes(void **state)
{
	autobytes struct bytes image = { 0 };

	NEEDS_CRYPTO();
	make_image(&image);
	for (unsigned int i = 0; i < 17; i++) {
		check_plain(&image, 0);
		bytes_fill(&image, 'x', 1);
	}
	bytes_align(&image, 8);
	pe_add_certificates(&image, CERTS);
	check_plain(&image, CERTS);
}

/* In the table the other way round than in the file. */
static void test_order(void **state)
{
	autobytes struct bytes image = { 0 };
	unsigned char first[40];

	NEEDS_CRYPTO();
	make_image(&image);
	memcpy(first, image.data + PE_SECTION(0, 0), sizeof(first));
	bytes_put(&image, PE_SECTION(0, 0), image.data + PE_SECTION(3, 0), sizeof(first));
	bytes_put(&image, PE_SECTION(3, 0), first, sizeof(first));
	check_plain(&image, 0);
}

static bool is_covered(size_t at, size_t size)
{
	return !(at >= CHECKSUM && at < CHECKSUM + 4) &&
	       !(at >= PE_CERT_OFF && at < PE_CERT_OFF + 8) && at < size - CERTS;
}

/* One bit of each byte. */
static void test_every_byte(void **state)
{
	autobytes struct bytes image = { 0 };
	unsigned char before[DIGEST_MAX], after[DIGEST_MAX];
	unsigned int covered = 0, excluded = 0;

	NEEDS_CRYPTO();
	make_image(&image);
	bytes_fill(&image, 'x', 16);
	pe_add_certificates(&image, CERTS);
	assert_int_equal(digest_of(before, DIGEST_SHA256, &image, NULL), 0);
	for (size_t at = 0; at < image.size; at++) {
		/* As many bytes as this says are left out at the end, so it does matter. */
		if (at >= PE_CERT_LEN && at < PE_CERT_LEN + 4)
			continue;
		image.data[at] ^= 0x10;
		if (digest_of(after, DIGEST_SHA256, &image, NULL) == 0) {
			bool changed = memcmp(before, after, DIGEST_SIZE) != 0;

			if (changed != is_covered(at, image.size))
				fail_msg("byte %#zx %s the digest", at,
					 changed ? "changes" : "does not change");
			covered += changed;
			excluded += !changed;
		}
		image.data[at] ^= 0x10;
	}
	/* Less only what breaks the headers. */
	assert_true(covered > image.size - CERTS - 100);
	assert_true(excluded >= CERTS + 4);
}

/* Between sections: the rest is counted from the sum of what was hashed. */
static void test_gap(void **state)
{
	autobytes struct bytes image = { 0 };
	unsigned char have[DIGEST_MAX], want[DIGEST_MAX];
	struct span part;
	struct digest *d = NULL;

	NEEDS_CRYPTO();
	make_image(&image);
	assert_int_equal(image.size, PE_FIRST_AT + 3 * 512);
	bytes_set(&image, PE_SECTION(1, SEC_RAW_SIZE), 4, 0);
	assert_int_equal(digest_of(have, DIGEST_SHA256, &image, NULL), 0);
	assert_int_equal(digest_new(&d, NULL), 0);
	digest_add(d, (struct span){ image.data, CHECKSUM }, NULL);
	assert_true(span_sub(&part, bytes_span(&image), CHECKSUM + 4, PE_CERT_OFF - CHECKSUM - 4));
	digest_add(d, part, NULL);
	assert_true(span_sub(&part, bytes_span(&image), PE_CERT_OFF + 8,
			     PE_FIRST_AT + 512 - PE_CERT_OFF - 8));
	digest_add(d, part, NULL);
	assert_true(span_sub(&part, bytes_span(&image), PE_FIRST_AT + 1024, 512));
	digest_add(d, part, NULL);
	/* That were 0x200 of headers and of each section: the rest is the last one again. */
	digest_add(d, part, NULL);
	assert_int_equal(digest_finish(d, want, NULL), 0);
	digest_free(d);
	assert_memory_equal(have, want, DIGEST_SIZE);
}

static void test_overlap(void **state)
{
	autobytes struct bytes image = { 0 };
	unsigned char have[DIGEST_MAX];
	struct why w = { 0 };
	int r;

	NEEDS_CRYPTO();
	make_image(&image);
	bytes_set(&image, PE_SECTION(0, SEC_RAW_SIZE), 4, 3 * 512);
	r = digest_of(have, DIGEST_SHA256, &image, &w);
	check_refused("overlap", r, &w, -EBADMSG, "sections overlap");
}

/* A table of entries of these lengths, 0 ends the list; each 8 bytes more than it says. */
static int read_table(const uint32_t *lengths, uint32_t table_len, size_t *ret_nr, struct why *w)
{
	struct authenticode_entry entries[LIMIT_SIGNATURES];
	autobytes struct bytes image = { 0 };
	autope struct pe pe = { 0 };
	struct blob b;
	struct extent all;
	size_t at;
	int r;

	make_image(&image);
	at = image.size;
	pe_add_certificates(&image, table_len);
	for (; *lengths; lengths++) {
		bytes_set(&image, at, 4, *lengths);
		bytes_set(&image, at + 4, 2, 0x200);
		bytes_set(&image, at + 6, 2, AUTHENTICODE_PKCS7);
		at += (*lengths + 7) / 8 * 8;
	}
	b = bytes_blob(&image);
	all = blob_whole(&b);
	assert_int_equal(pe_read(&pe, &all, NULL), 0);
	r = authenticode_entries(entries, ret_nr, &all, &pe, w);
	for (size_t i = 0; i < *ret_nr; i++) {
		assert_int_equal(entries[i].type, AUTHENTICODE_PKCS7);
		assert_int_equal(entries[i].revision, 0x200);
		assert_int_equal(entries[i].content.len, entries[i].len - 8);
		assert_int_equal(entries[i].content.off, entries[i].off + 8);
		assert_true(range_fits(image.size, entries[i].off, entries[i].len));
	}
	blob_done(&b);
	return r;
}

static void test_entries(void **state)
{
	static const struct {
		const char *name;
		uint32_t lengths[20];
		uint32_t table_len;
		size_t nr;
		int err;
		const char *phrase;
	} cases[] = {
		{ "none", { 0 }, 0, 0, 0, NULL },
		{ "one", { 40 }, 40, 1, 0, NULL },
		{ "one, padded", { 37 }, 40, 1, 0, NULL },
		{ "two", { 37, 16 }, 56, 2, 0, NULL },
		{ "too long", { 41 }, 40, 0, -EBADMSG, "certificate of 41 bytes" },
		{ "second too long", { 40, 17 }, 56, 1, -EBADMSG, "certificate of 17 bytes" },
		{ "header only", { 8 }, 40, 0, -EBADMSG, "certificate of 8 bytes" },
		{ "4 GiB", { UINT32_MAX }, 40, 0, -EBADMSG, "certificate of 4294967295" },
		{ "table ends in a header", { 40 }, 44, 1, -EBADMSG, "ends inside an entry" },
		{ "sixteen", { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 }, 256, 16, 0,
		  NULL },
		{ "seventeen", { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 }, 272, 16,
		  -E2BIG, "more than 16" },
		{ "too large", { 0 }, LIMIT_CERTIFICATES + 8, 0, -E2BIG, "certificate table of" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct why w = { 0 };
		size_t nr = 0;
		int r = read_table(cases[i].lengths, cases[i].table_len, &nr, &w);

		check_refused(cases[i].name, r, &w, cases[i].err, cases[i].phrase);
		assert_int_equal(nr, cases[i].nr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
