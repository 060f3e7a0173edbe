/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers of parser programs: what is one, which of its programs has the say, signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "bpf/appended.h"
#include "bpf/run.h"
#include "bpf/vm/container.h"
#include "kexec/container-build.h"
#include "lib/cleanup.h"
#include "tests/bpf/asm.h"
#include "tests/unit/images.h"
#include "tests/unit/parser-program.h"
#include "tests/unit/skeleton.h"

#define READ_PROGRAM(var, path)                \
	autobytes struct bytes var = { 0 };    \
	if (!read_parser_program(&(var), path)) \
		skip()

static void make_container(struct bytes *ret, const struct span *programs, size_t nr,
			   struct span nested)
{
	autofree unsigned char *bytes = NULL;
	struct why w = { 0 };
	size_t len;

	if (container_build(&bytes, &len, programs, nr, nested, &w) < 0)
		fail_msg("%s", w.text);
	bytes_done(ret);
	*ret = (struct bytes){ 0 };
	bytes_add(ret, bytes, len);
}

#define MAKE_CONTAINER(ret, nested, ...)                                  \
	make_container(ret, (const struct span[]){ __VA_ARGS__ },        \
		       sizeof((const struct span[]){ __VA_ARGS__ }) / sizeof(struct span), nested)

/* A program without relocations, which therefore says nothing: an object of type 2. */
static void make_idle(struct bytes *ret)
{
	static const struct vm_insn idle[] = { MOV64_K(R0, 0), EXIT };

	make_parser_skeleton(ret, idle, 2);
}

/* ---- what is a container ---- */

static int open_container(const struct bytes *image, struct why *w)
{
	struct container c;
	int r = container_open(&c, bytes_span(image), w);

	/* One that is none is a single program, which this is no test of. */
	return r == 0 ? -ENODATA : r < 0 ? r : 0;
}

/* Of the container below: three programs, one nested, names at 0x80. */
#define THREE_TABLE  0xb0
#define FIELD(i, name) (THREE_TABLE + (i) * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, name))
#define NAMES_AT     0x80

static void make_three(struct bytes *ret)
{
	MAKE_CONTAINER(ret, TEXT("what is nested"), TEXT("the first"), TEXT("the second program"),
		       TEXT("3rd"));
	assert_int_equal(ret->size, THREE_TABLE + 6 * sizeof(Elf64_Shdr));
	assert_memory_equal(ret->data + NAMES_AT + 1, ".bpf.1\0.bpf.2\0.bpf.3\0.bpf.nested", 33);
}

static void test_open_good(void **state)
{
	autobytes struct bytes three = { 0 };
	struct container c;

	(void)state;
	make_three(&three);
	assert_int_equal(container_open(&c, bytes_span(&three), NULL), 1);
	assert_int_equal(c.nr, 3);
	assert_int_equal(c.program[1].size, 18);
	assert_memory_equal(c.program[1].data, "the second program", 18);
	assert_int_equal(c.nested.size, 14);
	assert_memory_equal(c.nested.data, "what is nested", 14);

	/* Of whatever type and machine. */
	bytes_set(&three, offsetof(Elf64_Ehdr, e_type), 2, ET_EXEC);
	bytes_set(&three, offsetof(Elf64_Ehdr, e_machine), 2, EM_X86_64);
	assert_int_equal(container_open(&c, bytes_span(&three), NULL), 1);
	assert_true(container_is_parser(bytes_span(&three)));
}

/* Only the kernel decides whether kernel_fd is a parser: by this. */
static void test_is_parser(void **state)
{
	READ_PROGRAM(uki, UKI_BPF);
	autobytes struct bytes image = { 0 }, idle = { 0 };

	(void)state;
	make_idle(&idle);
	make_bzImage(&image);
	assert_true(container_is_parser(bytes_span(&uki)));
	assert_false(container_is_parser(bytes_span(&idle)));
	assert_false(container_is_parser(bytes_span(&image)));
	bytes_set(&uki, offsetof(Elf64_Ehdr, e_type), 2, ET_EXEC);
	assert_false(container_is_parser(bytes_span(&uki)));
}

static void test_open_bad(void **state)
{
	static const char other[] = "is neither .bpf.1 to .bpf.8 nor .bpf.nested";
	static const struct defect defects[] = {
		CUT("cut in the section table", FIELD(5, sh_entsize), -ENODATA, NULL),
		BAD("ELF of 32 bits", EI_CLASS, 1, ELFCLASS32, -ENODATA, NULL),
		BAD("no first program", NAMES_AT + 6, 1, '9', -ENODATA, NULL),
		BAD("section of another name", NAMES_AT + 8, 1, 'x', -ENOEXEC,
		    "container: section 2 is neither"),
		BAD(".bpf.0", NAMES_AT + 13, 1, '0', -ENOEXEC, other),
		BAD(".bpf.9", NAMES_AT + 20, 1, '9', -ENOEXEC, other),
		BAD("name goes on", FIELD(3, sh_name), 4, 23, -ENOEXEC, other),
		BAD("name outside of the names", FIELD(3, sh_name), 4, 0xffffffff, -ENOEXEC, other),
		BAD("a hole", NAMES_AT + 20, 1, '4', -ENOEXEC,
		    "it has a section .bpf.4, but no .bpf.3"),
		BAD("the first twice", NAMES_AT + 13, 1, '1', -ENOEXEC,
		    "it has two sections .bpf.1"),
		BAD("nested twice", FIELD(3, sh_name), 4, 22, -ENOEXEC,
		    "it has two sections .bpf.nested"),
		BAD("an empty program", FIELD(2, sh_size), 8, 0, -ENOEXEC,
		    "its section .bpf.2 is no program, or empty"),
		BAD("nothing nested", FIELD(4, sh_size), 8, 0, -ENOEXEC,
		    "its section .bpf.nested is no program, or empty"),
		BAD("a program without bytes", FIELD(2, sh_type), 4, SHT_NOBITS, -ENOEXEC,
		    "its section .bpf.2 is no program, or empty"),
		BAD("a program of notes", FIELD(2, sh_type), 4, SHT_NOTE, -ENOEXEC,
		    "its section .bpf.2 is no program, or empty"),
		BAD("names in another section", offsetof(Elf64_Ehdr, e_shstrndx), 2, 1, -ENODATA,
		    NULL),
		BAD("a second section of names", FIELD(2, sh_name), 4, 34, -ENOEXEC, other),
		BAD("names that are called otherwise", FIELD(5, sh_name), 4, 22, -ENOEXEC,
		    "it has two sections .bpf.nested"),
		BAD("names of another type", FIELD(5, sh_type), 4, SHT_PROGBITS, -ENODATA, NULL),
		BAD("a program behind the end", FIELD(1, sh_offset), 8, 0x10000, -ENODATA, NULL),
		BAD("a program of 2^64-1", FIELD(1, sh_size), 8, UINT64_MAX, -ENODATA, NULL),
		BAD("sections that are not there", offsetof(Elf64_Ehdr, e_shnum), 2, 7, -ENODATA,
		    NULL),
	};
	autobytes struct bytes three = { 0 };

	(void)state;
	make_three(&three);
	check_defects(&three, open_container, defects, ARRAY_SIZE(defects));
}

static void test_build_limits(void **state)
{
	const struct span one = TEXT("x");
	struct span nine[9] = { one, one, one, one, one, one, one, one, one };
	autobytes struct bytes large = { 0 };
	autofree unsigned char *bytes = NULL;
	struct why w = { 0 };
	size_t len;

	(void)state;
	assert_int_equal(container_build(&bytes, &len, nine, 8, one, &w), 0);
	check_refused("nine", container_build(&bytes, &len, nine, 9, NO_BYTES, &w), &w, -E2BIG,
		      "a container has room for 8");
	why_clear(&w);
	check_refused("none", container_build(&bytes, &len, nine, 0, one, &w), &w, -EINVAL,
		      "no program");
	why_clear(&w);
	bytes_fill(&large, 'x', LIMIT_PARSER - 8);
	nine[0] = bytes_span(&large);
	check_refused("large", container_build(&bytes, &len, nine, 1, NO_BYTES, &w), &w, -E2BIG,
		      "at most 1048576 are accepted");
}

/* ---- which program has the say ---- */

static int run(struct boot_image *ret, const struct bytes *image, const struct bytes *parser,
	       bool enforced, struct why *w)
{
	autoblob struct blob program = { 0 };
	struct blob file = bytes_blob(image);
	struct bpf_options o = { .enforced = enforced };

	if (parser) {
		program = bytes_blob(parser);
		o.parser = &program;
	}
	return bpf_run(ret, &file, &o, w);
}

static void expect_kernel(const struct bytes *image, const struct bytes *parser, bool enforced,
			  const struct bytes *want)
{
	autoimage struct boot_image img = { 0 };
	autofree unsigned char *got = NULL;
	struct why w = { 0 };

	if (run(&img, image, parser, enforced, &w) < 0)
		fail_msg("%s", w.text);
	assert_int_equal(img.kernel.bytes.len, want->size);
	assert_int_equal(extent_dup(&img.kernel.bytes, 0, want->size, &got, NULL), 0);
	assert_memory_equal(got, want->data, want->size);
}

static void expect_refused(const char *name, const struct bytes *image,
			   const struct bytes *parser, bool enforced, int err, const char *phrase)
{
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	check_refused(name, run(&img, image, parser, enforced, &w), &w, err, phrase);
}

static void test_alternatives(void **state)
{
	READ_PROGRAM(uki, UKI_BPF);
	READ_PROGRAM(zboot, "bpf/progs/zboot.bpf");
	READ_PROGRAM(not_mine, "tests/bpf/not-mine.bpf");
	READ_PROGRAM(refuses, "tests/bpf/refuses.bpf");
	autobytes struct bytes image = { 0 }, kernel = { 0 }, parser = { 0 }, idle = { 0 };

	(void)state;
	make_bzImage(&kernel);
	make_idle(&idle);
	MAKE_PE(&image, { ".linux", bytes_span(&kernel) });
	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&zboot), bytes_span(&not_mine),
		       bytes_span(&uki), TEXT("never looked at"));
	/* The second has named a kernel, too, which is gone with it. */
	expect_kernel(&image, &parser, false, &kernel);
	expect_refused("the second names headers", &image, &parser, true, -EBADMSG,
		       "parser program 2 of 4: command COPY kernel: 2048 bytes at 0 are not in one");

	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&zboot), bytes_span(&refuses),
		       bytes_span(&uki));
	expect_refused("the second refuses", &image, &parser, false, -EBADMSG,
		       "parser program 2 of 3: it refuses the image");
	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&zboot), bytes_span(&not_mine));
	expect_refused("nobody knows it", &image, &parser, false, -ENOEXEC,
		       "parser program 2 of 2: it does not recognise the image");
	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&zboot), TEXT("junk"), bytes_span(&uki));
	expect_refused("the second is none", &image, &parser, true, -EBADMSG,
		       "parser program 2 of 3: it is not a 64-bit");
	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&idle), bytes_span(&uki));
	expect_kernel(&image, &parser, false, &kernel);
	expect_refused("a skeleton, enforced", &image, &parser, true, -EBADMSG,
		       "parser program 1 of 2: it is a light skeleton");
}

/* What an alternative that is not the one has named is dropped, not only its kernel. */
static void test_dropped(void **state)
{
	READ_PROGRAM(uki, UKI_BPF);
	READ_PROGRAM(half, "tests/bpf/all-but-done.bpf");
	autobytes struct bytes image = { 0 }, kernel = { 0 }, parser = { 0 };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	(void)state;
	make_bzImage(&kernel);
	MAKE_PE(&image, { ".linux", bytes_span(&kernel) });
	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&half), bytes_span(&half), bytes_span(&uki));
	if (run(&img, &image, &parser, false, &w) < 0)
		fail_msg("%s", w.text);
	assert_int_equal(img.kernel.bytes.len, kernel.size);
	assert_int_equal(img.nr_initrd, 0);
	assert_null(img.cmdline);
}

static void test_in_pe(void **state)
{
	READ_PROGRAM(uki, UKI_BPF);
	READ_PROGRAM(zboot, "bpf/progs/zboot.bpf");
	READ_PROGRAM(refuses, "tests/bpf/refuses.bpf");
	autobytes struct bytes image = { 0 }, kernel = { 0 }, parser = { 0 }, inner = { 0 };

	(void)state;
	make_bzImage(&kernel);
	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&zboot), bytes_span(&uki));
	MAKE_PE(&image, { ".bpf", bytes_span(&parser) }, { ".linux", bytes_span(&kernel) });
	expect_kernel(&image, NULL, true, &kernel);

	/* The image inside carries none: then what is nested is for it. */
	MAKE_PE(&inner, { ".linux", bytes_span(&kernel) });
	MAKE_PE(&image, { ".bpf", bytes_span(&parser) }, { ".linux", bytes_span(&inner) });
	expect_kernel(&image, NULL, true, &inner);
	MAKE_CONTAINER(&parser, bytes_span(&uki), bytes_span(&zboot), bytes_span(&uki));
	MAKE_PE(&image, { ".bpf", bytes_span(&parser) }, { ".linux", bytes_span(&inner) });
	expect_kernel(&image, NULL, true, &kernel);
	/* There need not be one. */
	MAKE_PE(&image, { ".bpf", bytes_span(&parser) }, { ".linux", bytes_span(&kernel) });
	expect_kernel(&image, NULL, true, &kernel);

	/* If it is there and broken, that counts. */
	MAKE_CONTAINER(&parser, bytes_span(&refuses), bytes_span(&uki));
	MAKE_PE(&image, { ".bpf", bytes_span(&parser) }, { ".linux", bytes_span(&kernel) });
	expect_refused("nested refuses", &image, NULL, true, -EBADMSG,
		       "inside 1 other image: parser program: it refuses the image");

	/* Its own comes first, also if it is broken. */
	bytes_done(&inner);
	inner = (struct bytes){ 0 };
	MAKE_PE(&inner, { ".bpf", TEXT("junk") }, { ".linux", bytes_span(&kernel) });
	MAKE_PE(&image, { ".bpf", bytes_span(&parser) }, { ".linux", bytes_span(&inner) });
	expect_refused("own first", &image, NULL, true, -EBADMSG,
		       "inside 1 other image: parser program: it is not a 64-bit");
}

static void wrap(struct bytes *image)
{
	autobytes struct bytes inner = { 0 };

	bytes_add(&inner, image->data, image->size);
	MAKE_PE(image, { ".linux", bytes_span(&inner) });
}

static void nest(struct bytes *parser, const struct bytes *program)
{
	autobytes struct bytes inner = { 0 };

	bytes_add(&inner, parser->data, parser->size);
	MAKE_CONTAINER(parser, bytes_span(&inner), bytes_span(program));
}

static void test_nested(void **state)
{
	READ_PROGRAM(uki, UKI_BPF);
	autobytes struct bytes image = { 0 }, kernel = { 0 }, parser = { 0 };

	(void)state;
	make_bzImage(&kernel);
	make_bzImage(&image);
	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&uki));
	wrap(&image);
	for (int depth = 1; depth < 4; depth++) {
		expect_kernel(&image, &parser, true, &kernel);
		wrap(&image);
		nest(&parser, &uki);
	}
	expect_kernel(&image, &parser, true, &kernel);
	wrap(&image);
	nest(&parser, &uki);
	expect_refused("five", &image, &parser, true, -E2BIG,
		       "more than 4 images inside each other");
}

/* ---- signatures behind a parser, which nobody here can verify ---- */

static void sign(struct bytes *parser, const char *signature, uint32_t len)
{
	unsigned char block[APPENDED_BLOCK];

	appended_block(block, len);
	bytes_add(parser, signature, strlen(signature));
	bytes_add(parser, block, sizeof(block));
	bytes_add(parser, APPENDED_TEXT, strlen(APPENDED_TEXT));
}

static int split(const struct bytes *parser, struct why *w)
{
	struct appended a;
	int r = appended_split(&a, bytes_span(parser), w);

	return r == 0 && !a.signature.data ? -ENODATA : r;
}

static void test_appended(void **state)
{
	/* "program", "signature", the block at 16, the text at 28. */
	static const struct defect defects[] = {
		BAD("no such text", 28, 1, 'x', -ENODATA, NULL),
		BAD("text goes on", 55, 1, '!', -ENODATA, NULL),
		CUT("text is cut", 55, -ENODATA, NULL),
		BAD("an algorithm", 16, 1, 1, -EBADMSG, "not one in PKCS #7"),
		BAD("PGP", 18, 1, 0, -EBADMSG, "not one in PKCS #7"),
		BAD("padding", 23, 1, 1, -EBADMSG, "not one in PKCS #7"),
		BAD("length 0", 24, 4, 0, -EBADMSG, "signature of 0 bytes"),
		BAD("all is signature", 24, 4, 0x10000000, -EBADMSG, "signature of 16 bytes"),
		BAD("length 2^32-1", 24, 4, 0xffffffff, -EBADMSG, "is not all there"),
	};
	autobytes struct bytes file = { 0 }, bare = { 0 };
	struct why w = { 0 };
	struct appended a;

	(void)state;
	bytes_add(&file, "program", 7);
	sign(&file, "signature", 9);
	assert_int_equal(appended_split(&a, bytes_span(&file), NULL), 0);
	assert_int_equal(a.file.size, 7);
	assert_int_equal(a.signature.size, 9);
	assert_memory_equal(a.signature.data, "signature", 9);
	check_defects(&file, split, defects, ARRAY_SIZE(defects));
	bytes_add(&bare, file.data + 17, file.size - 17);
	check_refused("cut in the block", split(&bare, &w), &w, -EBADMSG, "is not all there");
}

static void test_signed_parser(void **state)
{
	READ_PROGRAM(uki, UKI_BPF);
	autobytes struct bytes image = { 0 }, kernel = { 0 }, parser = { 0 }, large = { 0 };

	(void)state;
	make_bzImage(&kernel);
	MAKE_PE(&image, { ".linux", bytes_span(&kernel) });
	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&uki));
	sign(&parser, "signature", 9);
	expect_kernel(&image, &parser, true, &kernel);
	sign(&parser, "x", 2000000000);
	expect_refused("broken", &image, &parser, true, -EBADMSG,
		       "parser program: its signature of 2000000000 bytes");
	bytes_fill(&large, 'x', LIMIT_PARSER + 1);
	sign(&large, "signature", 9);
	expect_refused("large", &image, &large, true, -E2BIG, "it has 1048577 bytes");
	bytes_fill(&large, 'x', LIMIT_PARSER + 1);
	expect_refused("enormous", &image, &large, true, -E2BIG, "at most 1048576 are accepted");
	/* No signature in an image but that around it. */
	MAKE_CONTAINER(&parser, NO_BYTES, bytes_span(&uki));
	bytes_fill(&parser, 'x', 100);
	expect_kernel(&image, &parser, true, &kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_good),
		cmocka_unit_test(test_open_bad),
		cmocka_unit_test(test_is_parser),
		cmocka_unit_test(test_build_limits),
		cmocka_unit_test(test_alternatives),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_in_pe),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_appended),
		cmocka_unit_test(test_signed_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
