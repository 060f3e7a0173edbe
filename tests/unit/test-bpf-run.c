/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a program in an image, and what comes of running it: stages, parts, who owns them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "bpf/locate.h"
#include "bpf/run.h"
#include "bpf/vm/insn.h"
#include "bpf/vm/vm.h"
#include "lib/cleanup.h"
#include "tests/bpf/asm.h"
#include "tests/unit/images.h"
#include "tests/unit/pack.h"
#include "tests/unit/parser-program.h"
#include "tests/unit/skeleton.h"
#include "tests/unit/uki-corpus.h"

/* A program of this test, or the shipped one; skips the test if there was no clang. */
#define READ_PROGRAM(var, path)              \
	autobytes struct bytes var = { 0 };  \
	if (!read_parser_program(&(var), path)) \
		skip()

static int run(struct boot_image *ret, const struct bytes *image, const struct bpf_options *o,
	       struct why *w)
{
	struct blob file = bytes_blob(image);
	int r = bpf_run(ret, &file, o, w);

	/* Taken over, whatever came of it. */
	assert_int_equal(file.kind, BLOB_NONE);
	return r;
}

static int run_detached(struct boot_image *ret, const struct bytes *image,
			const struct bytes *program, bool enforced, struct why *w)
{
	autoblob struct blob parser = bytes_blob(program);
	const struct bpf_options o = { .parser = &parser, .enforced = enforced };

	return run(ret, image, &o, w);
}

static void expect_refused(const struct bytes *image, const struct bytes *program, bool enforced,
			   int err, const char *phrase)
{
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	check_refused(phrase, run_detached(&img, image, program, enforced, &w), &w, err, phrase);
}

static void expect_bytes(const struct extent *e, const void *want, size_t len)
{
	autofree unsigned char *got = NULL;

	assert_int_equal(e->len, len);
	assert_int_equal(extent_dup(e, 0, len, &got, NULL), 0);
	assert_memory_equal(got, want, len);
}

/* A UKI whose sections are .bpf and .linux, in this order. */
static void make_small(struct bytes *ret)
{
	MAKE_PE(ret, { ".bpf", TEXT("a program") }, { ".linux", TEXT("a kernel") });
}

static int locate(const struct bytes *image, struct why *w)
{
	autoblob struct blob file = bytes_blob(image);
	struct extent all = blob_whole(&file), found;

	return bpf_locate(&found, &all, w);
}

static void test_locate_bad(void **state)
{
	static const char none[] = "carries no parser program";
	static const struct defect defects[] = {
		CUT("cut in the DOS header", 63, -ENOEXEC, none),
		CUT("cut in the optional header", PE_OPT_AT + 111, -ENOEXEC, none),
		CUT("cut in the table", PE_SECTION(1, 39), -EBADMSG, "not inside its headers"),
		CUT("cut in the first entry", PE_SECTION(0, 39), -ENOEXEC, none),
		CUT("cut in a section", PE_FIRST_AT + 600, -EBADMSG, "outside the file"),
		BAD("no MZ", 0, 1, 'm', -ENOEXEC, none),
		BAD("PE header behind the end", 0x3c, 4, 0x10000, -ENOEXEC, none),
		BAD("PE header at 4 GiB", 0x3c, 4, 0xffffffff, -ENOEXEC, none),
		BAD("no PE", PE_AT, 1, 'p', -ENOEXEC, none),
		BAD("PE32", PE_OPT_AT, 2, 0x10b, -ENOEXEC, none),
		BAD("no EFI program", PE_SUBSYSTEM, 2, 3, -ENOEXEC, none),
		BAD("short optional header", PE_OPT_SIZE_AT, 2, 111, -ENOEXEC, none),
		BAD("table not behind the directories", PE_NR_DIRS, 4, 15, -EBADMSG,
		    "not inside its headers"),
		BAD("17 directories", PE_NR_DIRS, 4, 17, -EBADMSG, "not inside its headers"),
		BAD("2^29+16 directories", PE_NR_DIRS, 4, 0x20000010, -EBADMSG,
		    "not inside its headers"),
		BAD("headers end in the table", PE_HEADERS_SIZE, 4, PE_SECTION(2, 0) - 1, -EBADMSG,
		    "not inside its headers"),
		BAD("headers larger than the file", PE_HEADERS_SIZE, 4, 0x10000, -EBADMSG,
		    "not inside its headers"),
		BAD("no sections", PE_NR_SECTIONS, 2, 0, -ENOEXEC, none),
		BAD("more sections than are there", PE_NR_SECTIONS, 2, 100, -EBADMSG,
		    "not inside its headers"),
		BAD("129 sections", PE_NR_SECTIONS, 2, 129, -E2BIG, "has 129 sections"),
		BAD("65535 sections", PE_NR_SECTIONS, 2, 65535, -E2BIG, "has 65535 sections"),
		BAD("name goes on behind the NUL", PE_SECTION(0, 7), 1, 'x', -ENOEXEC, none),
		BAD("two programs", PE_SECTION(1, SEC_NAME), 8, 0x6670622e, -EBADMSG,
		    "has 2 sections .bpf"),
		BAD("empty in memory", PE_SECTION(0, SEC_VSIZE), 4, 0, -EBADMSG,
		    "empty section .bpf"),
		BAD("empty in the file", PE_SECTION(0, SEC_RAW_SIZE), 4, 0, -EBADMSG,
		    "empty section .bpf"),
		BAD("program behind the end", PE_SECTION(0, SEC_RAW_OFF), 4, 0x10000, -EBADMSG,
		    "outside the file"),
		BAD("program in the headers", PE_SECTION(0, SEC_RAW_OFF), 4, PE_FIRST_AT - 1,
		    -EBADMSG, "outside the file"),
		BAD("another section behind the end", PE_SECTION(1, SEC_RAW_SIZE), 4, 513, -EBADMSG,
		    "outside the file"),
		BAD("another at 4 GiB", PE_SECTION(1, SEC_RAW_OFF), 4, 0xffffff00, -EBADMSG,
		    "outside the file"),
	};
	autobytes struct bytes good = { 0 };

	(void)state;
	make_small(&good);
	check_defects(&good, locate, defects, ARRAY_SIZE(defects));
}

/* A section is the smaller of its sizes; position and neighbours do not matter. */
static void test_locate_good(void **state)
{
	autobytes struct bytes image = { 0 };
	autoblob struct blob file = { 0 };
	struct section many[100];
	struct extent all, found;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		many[i] = (struct section){ ".dtbauto", TEXT("tree") };
	many[70] = (struct section){ ".bpf", TEXT("the program") };
	make_pe(&image, many, 100);
	file = bytes_blob(&image);
	all = blob_whole(&file);
	assert_int_equal(bpf_locate(&found, &all, NULL), 0);
	expect_bytes(&found, "the program", 11);
}

static void test_parts_are_references(void **state)
{
	READ_PROGRAM(program, UKI_BPF);
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	(void)state;
	/* .bpf, .osrel, .dtbauto twice, .linux, .initrd, .cmdline */
	make_uki(&image, 1, bytes_span(&program));
	if (run(&img, &image, NULL, &w) < 0)
		fail_msg("%s", w.text);
	assert_int_equal(img.nr_blobs, 1);
	assert_ptr_equal(img.kernel.bytes.blob, img.blobs[0]);
	assert_ptr_equal(img.initrd[0].bytes.blob, img.blobs[0]);
	assert_int_equal(img.nr_initrd, 1);
	expect_bytes(&img.initrd[0].bytes, "initrd of 23 characters", 23);
	assert_null(img.cmdline);
}

static void test_bad_programs(void **state)
{
	autobytes struct bytes image = { 0 }, junk = { 0 };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	(void)state;
	make_small(&image);
	check_refused("junk in .bpf", run(&img, &image, NULL, &w), &w, -EBADMSG,
		      "parser program: it is not a 64-bit little-endian ELF object");
	why_clear(&w);
	make_uki(&image, 0, NO_BYTES);
	check_refused("no .bpf", run(&img, &image, NULL, &w), &w, -ENOEXEC,
		      "carries no parser program");
	bytes_fill(&junk, 'x', LIMIT_PARSER + 1);
	expect_refused(&image, &junk, false, -E2BIG, "it has 1048577 bytes");
}

static void test_endings(void **state)
{
	READ_PROGRAM(not_mine, "tests/bpf/not-mine.bpf");
	READ_PROGRAM(refuses, "tests/bpf/refuses.bpf");
	READ_PROGRAM(ignores, "tests/bpf/ignores-errors.bpf");
	autobytes struct bytes image = { 0 };

	(void)state;
	make_bzImage(&image);
	expect_refused(&image, &not_mine, false, -ENOEXEC,
		       "parser program: it does not recognise the image");
	expect_refused(&image, &refuses, false, -EBADMSG,
		       "parser program: it refuses the image and returns -74: Bad message");
	expect_refused(&image, &ignores, false, -EBADMSG,
		       "command COPY initrd: 1 bytes at 0x600 are not inside the image");
}

static void test_inline(void **state)
{
	READ_PROGRAM(program, "tests/bpf/inline.bpf");
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	(void)state;
	make_bzImage(&image);
	if (run_detached(&img, &image, &program, false, &w) < 0)
		fail_msg("%s", w.text);
	expect_bytes(&img.kernel.bytes, image.data, image.size);
	assert_string_equal(img.cmdline, "quiet");
	assert_int_equal(img.nr_initrd, 2);
	expect_bytes(&img.initrd[1].bytes, "initrd", 6);
	assert_int_equal(boot_image_initrd_size(&img), 8 + 6);
	expect_refused(&image, &program, true, -EBADMSG,
		       "command COPY kernel: 1536 bytes at 0 are not in one section");
	/* What nobody signs is not asked what a signature covers. */
	memcpy(image.data, "\177ELF", 4);
	expect_refused(&image, &program, true, -EBADMSG,
		       "command COPY command line: payload of its own, which enforced");
}

/* What bpf_parser_read() says of the byte at @off. */
static int read_byte(const struct bytes *image, uint64_t off, bool enforced, bool envelope)
{
	struct vm_insn code[] = {
		MOV64_K(R1, 7), CALL_KF(KF_GET), JMP_K(JMP_JEQ, R0, 0, 13),
		MOV64_X(R6, R0), MOV64_X(R1, R0), MOV64_K(R2, 0), LD_IMM64(R3, off),
		MOV64_X(R4, R10), ADD64_K(R4, -8), MOV64_K(R5, 1), CALL_KF(KF_READ),
		MOV64_X(R7, R0), MOV64_X(R1, R6), CALL_KF(KF_PUT), MOV64_X(R0, R7), EXIT,
	};
	const struct vm_program p = { .insns = code, .nr = ARRAY_SIZE(code) };
	autoblob struct blob file = bytes_blob(image);
	autostage struct vm_stage s = {
		.image = blob_whole(&file), .id = 7, .enforced = enforced, .envelope = envelope,
	};
	uint64_t r0 = 1;
	struct why w = { 0 };

	if (vm_run(&p, (struct span){ 0 }, &s, &r0, &w) < 0)
		fail_msg("%s", w.text);
	return (int)r0;
}

static void test_read_covered(void **state)
{
	autobytes struct bytes image = { 0 };
	size_t end;

	(void)state;
	make_small(&image);
	end = image.size;
	bytes_add(&image, "behind", 6);
	assert_int_equal(read_byte(&image, 0, true, true), 0);
	assert_int_equal(read_byte(&image, end - 1, true, true), 0);
	assert_int_equal(read_byte(&image, end, true, true), -EPERM);
	assert_int_equal(read_byte(&image, end, true, false), 0);
	assert_int_equal(read_byte(&image, end, false, true), 0);
	assert_int_equal(read_byte(&image, end + 6, true, true), -EBADMSG);
}

/* The kernel looks at an image before it takes it apart, wherever the program comes from. */
static void test_unsound(void **state)
{
	READ_PROGRAM(program, "tests/bpf/inline.bpf");
	autobytes struct bytes good = { 0 }, image = { 0 }, envelope = { 0 };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	(void)state;
	make_small(&good);
	if (run_detached(&img, &good, &program, false, &w) < 0)
		fail_msg("%s", w.text);
	bytes_add(&image, good.data, good.size - 1);
	expect_refused(&image, &program, false, -EBADMSG,
		       "has a section that is outside the file");
	bytes_add(&envelope, image.data, image.size);
	memcpy(envelope.data, "\177ELF", 4);
	boot_image_done(&img);
	if (run_detached(&img, &envelope, &program, false, &w) < 0)
		fail_msg("%s", w.text);
}

/* Type 2: a program that says nothing, but whose image is its own. */
static void test_skeleton(void **state)
{
	static const struct vm_insn idle[] = { MOV64_K(R0, 0), EXIT }, loops[] = { JA(-1) };
	autobytes struct bytes skeleton = { 0 }, image = { 0 };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	(void)state;
	make_parser_skeleton(&skeleton, idle, 2);
	MAKE_PE(&image, { ".bpf", bytes_span(&skeleton) }, { ".linux", TEXT("a kernel") });
	check_refused("own", run(&img, &image, NULL, &w), &w, -ENOEXEC,
		      "parser program: it does not recognise the image");
	expect_refused(&image, &skeleton, true, -EBADMSG,
		       "it is a light skeleton, which enforced signatures do not allow");
	make_parser_skeleton(&skeleton, loops, 1);
	expect_refused(&image, &skeleton, false, -E2BIG, "insn 0 (ja -1) is where 4000000");
	skeleton.size -= 1;
	expect_refused(&image, &skeleton, false, -EBADMSG, "its ELF section 1 runs past the end");
}

static void test_unpack(void **state)
{
	READ_PROGRAM(program, "tests/bpf/unpack.bpf");
	autobytes struct bytes kernel = { 0 }, image = { 0 };

	(void)state;
	make_bzImage(&kernel);
	for (size_t i = 0; pack_codecs[i]; i++) {
		bool kernel_has_it = !strchr("lb", pack_codecs[i][0]); /* gzip, xz, zstd */
		autoimage struct boot_image img = { 0 };
		struct why w = { 0 };
		int r;

		bytes_done(&image);
		if (!pack(&image, pack_codecs[i], bytes_span(&kernel)))
			continue;
		r = run_detached(&img, &image, &program, false, &w);
		if ((r == 0) != kernel_has_it)
			fail_msg("%s: %d, %s", pack_codecs[i], r, w.text);
		if (r == 0)
			expect_bytes(&img.kernel.bytes, kernel.data, kernel.size);
		else if (strcmp(pack_codecs[i], "lz4 frame") != 0)
			check_refused(pack_codecs[i], r, &w, -EOPNOTSUPP,
				      "which kernels do not unpack");
		image.size -= 9;
		if (kernel_has_it)
			expect_refused(&image, &program, false, -EBADMSG, "data");
	}
	expect_refused(&kernel, &program, false, -EBADMSG, "not compressed in a way that is known");
	bytes_put(&kernel, 0, "BZh9", 4);
	expect_refused(&kernel, &program, false, -EOPNOTSUPP, "compressed with bzip2");
}

/* Of @length characters 'x', then @blanks. */
static int run_cmdline(size_t length, size_t blanks, const struct bytes *program, size_t *ret,
		       struct why *w)
{
	autobytes struct bytes image = { 0 }, kernel = { 0 }, text = { 0 };
	autoimage struct boot_image img = { 0 };
	int r;

	make_bzImage(&kernel);
	bytes_fill(&text, 'x', length);
	bytes_fill(&text, ' ', blanks);
	MAKE_PE(&image, { ".linux", bytes_span(&kernel) }, { ".cmdline", bytes_span(&text) });
	r = run_detached(&img, &image, program, false, w);
	*ret = img.cmdline ? strlen(img.cmdline) : 0;
	return r;
}

/* The limit counts what is left after the cut; what was cut may be as long as it likes. */
static void test_cmdline_limit(void **state)
{
	READ_PROGRAM(program, UKI_BPF);
	struct why w = { 0 };
	size_t length;

	(void)state;
	assert_int_equal(run_cmdline(65536, 0, &program, &length, &w), 0);
	assert_int_equal(length, 65536);
	assert_int_equal(run_cmdline(65536, 70000, &program, &length, &w), 0);
	assert_int_equal(length, 65536);
	assert_int_equal(run_cmdline(0, 70000, &program, &length, &w), 0);
	assert_int_equal(length, 0);
	check_refused("too long", run_cmdline(65537, 0, &program, &length, &w), &w, -E2BIG,
		      "command line of more than 65536 bytes");
}

static void wrap(struct bytes *image, const struct bytes *program)
{
	autobytes struct bytes inner = { 0 };

	bytes_add(&inner, image->data, image->size);
	MAKE_PE(image, { ".bpf", bytes_span(program) }, { ".linux", bytes_span(&inner) });
}

static void test_depth(void **state)
{
	READ_PROGRAM(program, UKI_BPF);
	autobytes struct bytes image = { 0 }, kernel = { 0 };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	(void)state;
	make_bzImage(&kernel);
	bytes_add(&image, kernel.data, kernel.size);
	for (int depth = 0; depth < 4; depth++)
		wrap(&image, &program);
	if (run(&img, &image, NULL, &w) < 0)
		fail_msg("%s", w.text);
	expect_bytes(&img.kernel.bytes, kernel.data, kernel.size);
	boot_image_done(&img);
	wrap(&image, &program);
	check_refused("five", run(&img, &image, NULL, &w), &w, -E2BIG,
		      "more than 4 images inside each other");
}

/* A detached parser speaks for the outermost image only. */
static void test_detached(void **state)
{
	READ_PROGRAM(program, UKI_BPF);
	autobytes struct bytes image = { 0 }, inner = { 0 };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	(void)state;
	make_bzImage(&image);
	wrap(&image, &program);
	bytes_add(&inner, image.data, image.size);
	wrap(&image, &program);
	if (run_detached(&img, &image, &program, true, &w) < 0)
		fail_msg("%s", w.text);
	expect_bytes(&img.kernel.bytes, inner.data, inner.size);
}

static void count_line(void *arg, const char *text)
{
	size_t *counts = arg;

	counts[0] += strstr(text, "bpf_parser_read(buffer 0, offset 0x3c, 4 bytes): 0") != NULL;
	counts[1] += strstr(text, "command COPY kernel(30 bytes of payload): 0") != NULL;
	counts[2] += strstr(text, "command DONE ") != NULL;
	counts[3] += strstr(text, "program returned 0, after DONE") != NULL;
}

static void test_trace(void **state)
{
	READ_PROGRAM(program, UKI_BPF);
	size_t counts[4] = { 0 };
	const struct vm_trace trace = { .line = count_line, .arg = counts };
	const struct bpf_options o = { .trace = &trace };
	autobytes struct bytes image = { 0 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	make_uki(&image, 0, bytes_span(&program));
	assert_int_equal(run(&img, &image, &o, NULL), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(counts[i], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_locate_bad),
		cmocka_unit_test(test_locate_good),
		cmocka_unit_test(test_parts_are_references),
		cmocka_unit_test(test_bad_programs),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_inline),
		cmocka_unit_test(test_read_covered),
		cmocka_unit_test(test_unsound),
		cmocka_unit_test(test_skeleton),
		cmocka_unit_test(test_unpack),
		cmocka_unit_test(test_cmdline_limit),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_detached),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
