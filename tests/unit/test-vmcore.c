// SPDX-License-Identifier: GPL-2.0-or-later
/* Dumps as files: ELF and compressed, cut off everywhere, and addresses in them. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/page-codec.h"
#include "tests/unit/dumps.h"

#define LOG "[    0.000001] one\n[    1.500001] two\n[    3.000001] three\n"

static void make(struct dump *d)
{
	struct ring_writer r;

	dump_make(d, 8);
	ring_make(&r, d);
	ring_add(&r, "one");
	ring_add(&r, "two");
	ring_add(&r, "three");
}

static void check_whole(const struct bytes *file)
{
	autofree char *text = NULL;
	struct log_sink sink;
	struct why w = { 0 };

	if (dump_log(file, false, &text, &sink, &w) != 0 || sink.lost)
		fail_msg("%s", w.text);
	assert_string_equal(text, LOG);
}

/* Nothing is refused without a reason, or lost without a word. */
static void check_part(const struct bytes *file)
{
	autofree char *text = NULL;
	struct log_sink sink = { 0 };
	struct why w = { 0 };
	int r = dump_log(file, false, &text, &sink, &w);

	if (r < 0 || sink.lost) {
		assert_true(w.err < 0 && w.text[0]);
		return;
	}
	assert_string_equal(text, LOG);
}

static int refused(const struct bytes *file, const char *reason)
{
	autofree char *text = NULL;
	struct log_sink sink;
	struct why w = { 0 };
	int r = dump_log(file, false, &text, &sink, &w);

	if (r == 0 || !strstr(w.text, reason))
		fail_msg("%d \"%s\", not \"%s\"", r, w.text, reason);
	return r;
}

static void cut_everywhere(struct bytes *file, size_t step)
{
	size_t size = file->size;

	for (file->size = 1; file->size < size; file->size += step)
		check_part(file);
	file->size = size;
}

static void test_elf(void **state)
{
	autobytes struct bytes file = { 0 }, guest = { 0 };
	autodump struct dump d;

	(void)state;
	make(&d);
	dump_as_elf(&file, &d);
	check_whole(&file);
	cut_everywhere(&file, 13);
	/* Without virtual addresses the kernel's own have to do. */
	dump_as_guest_elf(&guest, &d);
	check_whole(&guest);
	dump_forget(&d, "NUMBER(phys_base)");
	bytes_done(&guest);
	dump_as_guest_elf(&guest, &d);
	assert_int_equal(refused(&guest, "is not mapped"), -ENXIO);
}

static void test_elf_edges(void **state)
{
	autobytes struct bytes file = { 0 }, guest = { 0 };
	autofree char *text = NULL;
	autodump struct dump d;
	struct log_sink sink;
	struct why w = { 0 };

	(void)state;
	/* What stands behind a segment is not its memory. */
	make(&d);
	dump_forget(&d, "NUMBER(phys_base)");
	dump_as_elf(&file, &d);
	bytes_set(&file, 64 + 56 + 32, 8, 4096);
	assert_int_equal(dump_log(&file, false, &text, &sink, &w), 0);
	assert_string_equal(text, "");
	assert_int_equal(sink.lost, 3);
	/* No virtual address is not address 0. */
	dump_info(&d, "NUMBER(phys_base)=0");
	bytes_set(&d.mem, 0, 8, RING_AT);
	dump_as_guest_elf(&guest, &d);
	assert_int_equal(refused(&guest, "is not mapped"), -ENXIO);
}

static void test_elf_refused(void **state)
{
	static const struct {
		unsigned int at, width;
		uint64_t value;
		int err;
		const char *reason;
	} cases[] = {
		{ 0, 1, 'x', -ENOEXEC, "no dump" },
		{ EI_CLASS, 1, 7, -EBADMSG, "bad ELF header" },
		{ EI_DATA, 1, ELFDATA2MSB, -EOPNOTSUPP, "big-endian" },
		{ 16, 2, ET_EXEC, -ENOEXEC, "no core file" },
		{ 32, 8, UINT64_MAX, -EBADMSG, "program headers" },
		{ 54, 2, 55, -EBADMSG, "bad ELF header" },
		{ 56, 2, 60000, -EBADMSG, "program headers" },
		{ 56, 2, 0, -ENODATA, "no vmcoreinfo" },
		{ 56, 2, 1, -ENXIO, "" },
		{ 64 + 32, 8, 4, -ENODATA, "no vmcoreinfo" },	      /* notes end early */
		{ 64 + 8, 8, UINT64_MAX, -ENODATA, "no vmcoreinfo" }, /* or are elsewhere */
		{ 64 + 56 + 16, 8, 0x1000, -ENXIO, "" },	      /* other memory */
		{ 64 + 56 + 8, 8, UINT64_MAX - 10, -ENXIO, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autobytes struct bytes file = { 0 };
		autodump struct dump d;

		make(&d);
		dump_forget(&d, "NUMBER(phys_base)");
		dump_as_elf(&file, &d);
		bytes_set(&file, cases[i].at, cases[i].width, cases[i].value);
		assert_int_equal(refused(&file, cases[i].reason), cases[i].err);
	}
}

static void test_compressed(void **state)
{
	static const unsigned int codecs[] = {
		COMPRESSED_RAW,
#ifdef HAVE_ZLIB
		PAGE_ZLIB,
#endif
#ifdef HAVE_ZSTD
		PAGE_ZSTD,
#endif
#ifdef HAVE_LZO
		PAGE_LZO,
#endif
	};
	autodump struct dump d;

	(void)state;
	make(&d);
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++) {
		autobytes struct bytes file = { 0 };

		dump_as_compressed(&file, &d, codecs[i], -1);
		check_whole(&file);
		cut_everywhere(&file, 97);
		if (codecs[i] == COMPRESSED_RAW)
			continue;
		/* A damaged page is not silently another one. */
		bytes_set(&file, COMPRESSED_DESC(1) + 8, 4, 3);
		check_part(&file);
		bytes_set(&file, COMPRESSED_DESC(0) + 12, 4, 0x40);
		assert_int_equal(refused(&file, "unknown way"), -EOPNOTSUPP);
	}
}

static void test_compressed_missing(void **state)
{
	autobytes struct bytes first = { 0 }, second = { 0 };
	autofree char *text = NULL;
	autodump struct dump d;
	struct log_sink sink;
	struct why w = { 0 };

	(void)state;
	make(&d);
	dump_as_compressed(&first, &d, COMPRESSED_RAW, 0);
	assert_int_equal(refused(&first, "0x1200000 is not in the dump"), -ENXIO);
	/* Descriptors are there, texts are not. */
	dump_as_compressed(&second, &d, COMPRESSED_RAW, 1);
	assert_int_equal(dump_log(&second, false, &text, &sink, &w), 0);
	assert_string_equal(text, "");
	assert_int_equal(sink.lost, 3);
	assert_non_null(strstr(w.text, "0x1201000 is not in the dump"));
}

static void test_compressed_refused(void **state)
{
	static const struct {
		unsigned int at, width;
		uint64_t value;
		int err;
		const char *reason;
	} cases[] = {
		{ 8, 4, 0, -EBADMSG, "version" },
		{ 8, 4, 0x06000000, -EBADMSG, "big-endian" },
		{ 428, 4, 0, -EBADMSG, "page size" },
		{ 428, 4, 5000, -EBADMSG, "page size" },
		{ 428, 4, 131072, -EBADMSG, "page size" },
		{ 432, 4, UINT32_MAX, -EBADMSG, "bitmap" },
		{ 436, 4, UINT32_MAX, -EBADMSG, "bitmap" },
		{ 436, 4, 0, -EBADMSG, "bitmap" },
		{ 4096 + 12, 4, 1, -EOPNOTSUPP, "--reassemble" },
		{ 4096 + 32, 8, UINT64_MAX, -EBADMSG, "vmcoreinfo is outside" },
		{ 4096 + 40, 8, UINT64_MAX, -EBADMSG, "vmcoreinfo is outside" },
		{ 4096 + 40, 8, 0, -ENODATA, "no vmcoreinfo" },
		{ 4096 + 96, 8, 0x1200, -ENXIO, "not in the dump" },
		{ COMPRESSED_DESC(0) + 8, 4, 4097, -EBADMSG, "bad size" },
		{ COMPRESSED_DESC(0) + 8, 4, 4095, -EBADMSG, "bad size" },
		{ COMPRESSED_DESC(0) + 8, 4, 0, -ENXIO, "ends before" },
		{ COMPRESSED_DESC(0), 8, UINT64_MAX, -ENXIO, "ends before" },
	};
	autobytes struct bytes flat = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autobytes struct bytes file = { 0 };
		autodump struct dump d;

		make(&d);
		dump_as_compressed(&file, &d, COMPRESSED_RAW, -1);
		bytes_set(&file, cases[i].at, cases[i].width, cases[i].value);
		assert_int_equal(refused(&file, cases[i].reason), cases[i].err);
	}
	bytes_add(&flat, "makedumpfile\0\0\0\0", 16);
	bytes_fill(&flat, 0, 4096);
	assert_int_equal(refused(&flat, "makedumpfile -R"), -EOPNOTSUPP);
}

/* A page that could not be unpacked leaves nothing behind in the place of another. */
static void test_compressed_cache(void **state)
{
#ifdef HAVE_ZLIB
	autobytes struct bytes file = { 0 };
	autovmcore struct vmcore v = { 0 };
	autoblob struct blob b = { 0 };
	autodump struct dump d;
	unsigned char first[4096], again[4096];
	uint32_t size = 0;

	(void)state;
	dump_make(&d, 8);
	bytes_fill(&d.mem, 'x', 16 * 4096);
	for (size_t i = 0; i < d.mem.size; i += 8)
		bytes_set(&d.mem, i, 8, i * UINT64_C(0x9e3779b97f4a7c15) >> 20);
	dump_as_compressed(&file, &d, PAGE_ZLIB, -1);
	assert_true(span_le32(bytes_span(&file), COMPRESSED_DESC(16) + 8, &size) && size < 4096);
	bytes_set(&file, COMPRESSED_DESC(16) + 8, 4, size - 9);
	b = bytes_blob(&file);
	assert_int_equal(vmcore_open_blob(&v, &b, NULL), 0);
	assert_int_equal(vmcore_read_phys(&v, DUMP_PA, first, sizeof(first), NULL), 0);
	assert_memory_equal(first, d.mem.data, sizeof(first));
	assert_int_equal(vmcore_read_phys(&v, DUMP_PA + 16 * 4096, again, sizeof(again), NULL),
			 -EBADMSG);
	assert_int_equal(vmcore_read_phys(&v, DUMP_PA, again, sizeof(again), NULL), 0);
	assert_memory_equal(first, again, sizeof(first));
#else
	(void)state;
	skip();
#endif
}

/* A page has to be as long as it should. */
static void test_page_length(void **state)
{
	static const struct {
		enum page_codec codec;
		unsigned char packed[32];
		size_t len;
	} cases[] = {
#ifdef HAVE_ZLIB
		{ PAGE_ZLIB, "\x78\x9c\x4b\x4c\x84\x01\x00\x14\xe1\x03\xcb", 11 },
#endif
#ifdef HAVE_ZSTD
		{ PAGE_ZSTD,
		  "\x28\xb5\x2f\xfd\x20\x0a\x51\x00\x00"
		  "aaaaaaaaaa",
		  19 },
#endif
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span in = { cases[i].packed, cases[i].len };
		unsigned char out[32];

		assert_int_equal(page_unpack(cases[i].codec, in, out, 10, NULL), 0);
		assert_memory_equal(out, "aaaaaaaaaa", 10);
		assert_int_equal(page_unpack(cases[i].codec, in, out, 11, NULL), -EBADMSG);
		assert_int_equal(page_unpack(cases[i].codec, in, out, 9, NULL), -EBADMSG);
	}
}

/* ---- addresses ---- */

/* Opens a compressed dump of @d, whose addresses are physical. */
static void open_dump(struct vmcore *ret, const struct dump *d)
{
	autobytes struct bytes file = { 0 };
	autoblob struct blob b = { 0 };

	dump_as_compressed(&file, d, COMPRESSED_RAW, -1);
	b = bytes_blob(&file);
	assert_int_equal(vmcore_open_blob(ret, &b, NULL), 0);
}

static void check_address(const struct vmcore *v, uint64_t va, uint64_t want)
{
	struct why w = { 0 };
	uint64_t pa = 0;
	int r = vmcore_translate(v, va, &pa, &w);

	assert_int_equal(r, want ? 0 : -ENXIO);
	assert_int_equal(pa, want);
	assert_int_equal(w.err, r);
}

static void test_x86_tables(void **state)
{
	(void)state;
	/* The top table in the first page; a second one that all lower levels share. */
	for (unsigned int five = 0; five < 2; five++) {
		const uint64_t low = DUMP_PA + 0x1000, va = UINT64_C(0xff11000000000000);
		const uint64_t top = five ? va : UINT64_C(0xffff888000000000);
		unsigned int shift = five ? 48 : 39;
		autovmcore struct vmcore v = { 0 };
		autodump struct dump d;

		dump_make(&d, 8);
		dump_info(&d, "NUMBER(pgtable_l5_enabled)=%u", five);
		dump_info(&d, "NUMBER(sme_mask)=%llu", 1ULL << 47);
		dump_info(&d, "SYMBOL(init_top_pgt)=%llx", (unsigned long long)d.va);
		/* What says "large" further down says nothing here. */
		bytes_set(&d.mem, 8 * ((top >> shift) & 511), 8, low | 0xe7 | 1ULL << 47);
		bytes_set(&d.mem, 0x1000, 8, low | 0x67);
		bytes_set(&d.mem, 0x1000 + 8, 8, UINT64_C(0x8000000123400000) | 0x63);
		bytes_set(&d.mem, 0x1000 + 16, 8, UINT64_C(0x5400000000) | 0xe3); /* large */
		bytes_set(&d.mem, 0x1000 + 24, 8, UINT64_C(0x7700000) | 0x62);	  /* absent */
		open_dump(&v, &d);
		check_address(&v, top + 0x1abc, 0x123400abc);
		check_address(&v, top + 0x400000 + 0x12345, 0x5400000000 + 0x12345);
		check_address(&v, top + 0x80000000 + 0x1234567, 0x5400000000 + 0x1234567);
		check_address(&v, top + 0x3000, 0);
		check_address(&v, top + 0x4000, 0);
		check_address(&v, top + (1ULL << shift), 0);
		check_address(&v, 0xffffffff81234567, 0x1234567);
	}
}

static void test_arm64(void **state)
{
	autovmcore struct vmcore v = { 0 };
	autodump struct dump d;

	(void)state;
	dump_make(&d, 8);
	dump_info(&d, "NUMBER(VA_BITS)=48");
	dump_info(&d, "NUMBER(PHYS_OFFSET)=0x40000000");
	dump_info(&d, "NUMBER(kimage_voffset)=0xffff80003fe00000");
	open_dump(&v, &d);
	v.machine = EM_AARCH64;
	/* Before 5.4 the linear mapping was in the upper half. */
	check_address(&v, 0xffff800000001000, 0x40001000);
	check_address(&v, 0xffff000000001000, 0xffff000000001000 - 0xffff80003fe00000);
	dump_info(&d, "NUMBER(TCR_EL1_T1SZ)=0x10");
	vmcore_done(&v);
	open_dump(&v, &d);
	v.machine = EM_AARCH64;
	check_address(&v, 0xffff000000001000, 0x40001000);
	check_address(&v, 0xffff800080001000, 0x40201000);
	check_address(&v, 0x1000, 0);
	v.machine = EM_S390;
	check_address(&v, 0xffff000000001000, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_elf_edges),
		cmocka_unit_test(test_elf_refused),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_compressed_missing),
		cmocka_unit_test(test_compressed_refused),
		cmocka_unit_test(test_compressed_cache),
		cmocka_unit_test(test_page_length),
		cmocka_unit_test(test_x86_tables),
		cmocka_unit_test(test_arm64),
	};

	return cmocka_run_group_tests_name("vmcore", tests, NULL, NULL);
}
