/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of the bare kernels: bzImage, arm64 Image, ELF vmlinux. */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "tests/unit/images.h"

static int open_as(const struct file_type *type, const struct bytes *image, struct why *w)
{
	autoblob struct blob b = bytes_blob(image);
	struct boot_image img = { .kernel.bytes = blob_whole(&b) };
	int r = type->open(&img, w);

	assert_int_equal(type->shape, BARE_KERNEL);
	assert_true(extent_is_whole(&img.kernel.bytes)); /* a bare kernel stays what it is */
	assert_int_equal(img.nr_blobs, 0);
	return r;
}

static int open_bzImage(const struct bytes *image, struct why *w)
{
	return open_as(&file_type_bzImage64, image, w);
}

static int open_arm64(const struct bytes *image, struct why *w)
{
	return open_as(&file_type_arm64_image, image, w);
}

static int open_elf_x86_64(const struct bytes *image, struct why *w)
{
	return open_as(&file_type_vmlinux_x86_64, image, w);
}

static int open_elf_arm64(const struct bytes *image, struct why *w)
{
	return open_as(&file_type_vmlinux_arm64, image, w);
}

static const struct defect bzImage_defects[] = {
	BAD("no-hdrs", 0x202, 1, 'h', -ENOEXEC, NULL),
	BAD("no-boot-flag", 0x1fe, 2, 0x55aa, -ENOEXEC, NULL),
	CUT("before-magic-ends", 0x205, -ENOEXEC, NULL),
	CUT("inside-setup-header", 0x206, -EBADMSG, "ends inside its setup header"),
	CUT("setup-header-one-byte-short", 0x2ff, -EBADMSG, "ends inside its setup header"),
	BAD("protocol-2.11", 0x206, 2, 0x20b, -EOPNOTSUPP, "boot protocol 2.11, 2.12 is needed"),
	BAD("zimage", 0x211, 1, 0x80, -EOPNOTSUPP, "is a zImage"),
	BAD("32-bit", 0x236, 2, 2, -EOPNOTSUPP, "32-bit kernel"),
	BAD("below-4g-only", 0x236, 2, 1, -EOPNOTSUPP, "cannot be loaded above 4 GiB"),
	CUT("cut-in-setup-code", 1024, -EBADMSG, "is cut: 0 bytes of kernel code"),
	CUT("cut-before-setup-code-ends", 1000, -EBADMSG, "is cut: 0 bytes of kernel code"),
	CUT("cut-in-kernel-code", BZIMAGE_SIZE - 1, -EBADMSG, "is cut: 511 bytes"),
	BAD("setup-sects-255", 0x1f1, 1, 255, -EBADMSG, "is cut: 0 bytes"),
	BAD("setup-sects-0-means-4", 0x1f1, 1, 0, -EBADMSG, "is cut: 0 bytes"),
	BAD("syssize-one-paragraph-too-many", 0x1f4, 4, BZIMAGE_CODE / 16 + 1, -EBADMSG,
	    "its header says 528"),
	BAD("syssize-ffffffff", 0x1f4, 4, UINT32_MAX, -EBADMSG, "its header says 68719476720"),
	BAD("payload-past-eof", 0x248, 4, BZIMAGE_CODE + 1, -EBADMSG, "compressed kernel ends"),
	BAD("payload-too-long", 0x24c, 4, BZIMAGE_CODE - 63, -EBADMSG, "compressed kernel ends"),
	BAD("payload-wraps-around", 0x24c, 4, UINT32_MAX, -EBADMSG, "compressed kernel ends"),
	BAD("init-size-0", 0x260, 4, 0, -EBADMSG, "init_size 0"),
	BAD("init-size-over-1-gib", 0x260, 4, 0x40000001, -EBADMSG, "init_size 0x40000001"),
	BAD("init-size-ffffffff", 0x260, 4, UINT32_MAX, -EBADMSG, "init_size 0xffffffff"),
	BAD("init-size-less-than-code", 0x260, 4, BZIMAGE_CODE - 1, -EBADMSG,
	    "init_size 0x1ff for 512 bytes"),
};

static void test_bzImage(void **state)
{
	autobytes struct bytes good = { 0 };

	(void)state;
	make_bzImage(&good);
	check_defects(&good, open_bzImage, bzImage_defects, ARRAY_SIZE(bzImage_defects));
}

static void test_bzImage_at_its_limits(void **state)
{
	static const struct { size_t off; unsigned int width; uint64_t value; } fields[] = {
		{ 0x206, 2, 0x20c }, { 0x211, 1, 0xff }, { 0x236, 2, 0xffff },
		{ 0x260, 4, BZIMAGE_CODE }, { 0x260, 4, 0x40000000 },
		{ 0x24c, 4, 0 }, { 0x1f4, 4, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		autobytes struct bytes image = { 0 };

		make_bzImage(&image);
		bytes_set(&image, fields[i].off, fields[i].width, fields[i].value);
		assert_int_equal(open_bzImage(&image, NULL), 0);
	}
}

/* A header that claims no code at all, and none is there. */
static void test_bzImage_without_code(void **state)
{
	autobytes struct bytes image = { 0 };
	struct why w = { 0 };

	(void)state;
	make_bzImage(&image);
	bytes_set(&image, 0x1f4, 4, 0);
	bytes_set(&image, 0x248, 8, 0);
	image.size = 1025;
	assert_int_equal(open_bzImage(&image, NULL), 0);
	image.size = 1024;
	check_refused("without-code", open_bzImage(&image, &w), &w, -EBADMSG,
		      "is cut: 0 bytes of kernel code");
}

/* Bytes behind the kernel's code are certificates: no reason to refuse it. */
static void test_signed_bzImage(void **state)
{
	autobytes struct bytes image = { 0 };

	(void)state;
	make_bzImage(&image);
	pe_add_certificates(&image, 1000);
	assert_int_equal(open_bzImage(&image, NULL), 0);
}

static void test_bzImage_facts(void **state)
{
	autobytes struct bytes image = { 0 };
	autoblob struct blob b = { 0 };
	struct bzImage_facts facts = { .init_size = 77 };
	struct extent all;

	(void)state;
	make_bzImage(&image);
	bytes_set(&image, 0x201, 1, 0x6a);       /* jump across the header */
	bytes_set(&image, 0x230, 4, 0x200000);   /* kernel_alignment */
	bytes_set(&image, 0x234, 2, 0x1501);     /* relocatable, min_alignment */
	bytes_set(&image, 0x258, 8, 0x1000000);  /* pref_address */
	bytes_set(&image, 0x260, 4, 0x12345678); /* init_size */
	b = bytes_blob(&image);
	all = blob_whole(&b);
	assert_int_equal(bzImage_facts(&facts, &all, NULL), 0);
	assert_int_equal(facts.cmdline_size, 2047);
	assert_int_equal(facts.init_size, 0x12345678);
	assert_int_equal(facts.version, 0x20f);
	assert_int_equal(facts.xloadflags, BZIMAGE_KERNEL_64 | BZIMAGE_ABOVE_4G);
	assert_int_equal(facts.code_off, 1024);
	assert_int_equal(facts.code_len, BZIMAGE_CODE);
	assert_int_equal(facts.pref_address, 0x1000000);
	assert_int_equal(facts.kernel_alignment, 0x200000);
	assert_int_equal(facts.min_alignment, 21);
	assert_true(facts.relocatable);
	assert_int_equal(facts.header_off, 0x1f1);
	assert_int_equal(facts.header_end, 0x26c);
	all.len = 100;
	assert_int_equal(bzImage_facts(&facts, &all, NULL), -ENOEXEC);
	assert_int_equal(facts.init_size, 0x12345678); /* untouched */
}

static void test_bzImage_setup_sectors(void **state)
{
	static const struct { uint8_t sects; uint64_t off, len; } cases[] = {
		{ 1, 1024, BZIMAGE_CODE }, { 0, 2560, 0 }, { 255, 131072, 0 },
	};
	autobytes struct bytes image = { 0 };

	(void)state;
	make_bzImage(&image);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autoblob struct blob b = { 0 };
		struct bzImage_facts facts;
		struct extent all;

		bytes_set(&image, 0x1f1, 1, cases[i].sects);
		b = bytes_blob(&image);
		all = blob_whole(&b);
		assert_int_equal(bzImage_facts(&facts, &all, NULL), 0);
		assert_int_equal(facts.code_off, cases[i].off);
		assert_int_equal(facts.code_len, cases[i].len);
	}
}

static void test_bzImage_alignment(void **state)
{
	static const struct { uint32_t header; uint64_t align; } cases[] = {
		{ 0, 4096 }, { 1, 4096 }, { 0x1000, 4096 }, { 0x200000, 0x200000 },
		{ 0x80000000, 0x80000000 }, { 3, 0 }, { 0x300000, 0 }, { UINT32_MAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bzImage_facts facts = { .kernel_alignment = cases[i].header };

		assert_int_equal(bzImage_alignment(&facts), cases[i].align);
	}
}

static const struct defect arm64_defects[] = {
	BAD("no-magic", 0x38, 4, 0x644d5241 + 1, -ENOEXEC, NULL),
	CUT("shorter-than-magic", 0x3b, -ENOEXEC, NULL),
	BAD("image-size-0", 16, 8, 0, -EOPNOTSUPP, "from before Linux 3.17"),
	BAD("image-size-less-than-file", 16, 8, PE_FIRST_AT + 511, -EBADMSG,
	    "of 1024 bytes has image_size 1023"),
	BAD("image-size-over-limit", 16, 8, LIMIT_DECOMPRESSED + 1, -EBADMSG, "has image_size"),
	BAD("image-size-all-ones", 16, 8, UINT64_MAX, -EBADMSG, "has image_size"),
	BAD("big-endian", 24, 8, 0xb, -EOPNOTSUPP, "is big endian"),
};

static void test_arm64_image(void **state)
{
	autobytes struct bytes good = { 0 };

	(void)state;
	make_arm64_image(&good);
	check_defects(&good, open_arm64, arm64_defects, ARRAY_SIZE(arm64_defects));
	bytes_set(&good, 16, 8, good.size);
	assert_int_equal(open_arm64(&good, NULL), 0);
	bytes_set(&good, 16, 8, LIMIT_DECOMPRESSED);
	assert_int_equal(open_arm64(&good, NULL), 0);
}

static void test_arm64_facts(void **state)
{
	autobytes struct bytes image = { 0 };
	autoblob struct blob b = { 0 };
	struct arm64_image_facts facts = { 0 };
	struct extent all;

	(void)state;
	make_arm64_image(&image);
	bytes_set(&image, 8, 8, 0x80000);
	b = bytes_blob(&image);
	all = blob_whole(&b);
	assert_int_equal(arm64_image_facts(&facts, &all, NULL), 0);
	assert_true(facts.text_offset == 0x80000);
	assert_true(facts.image_size == 0x100000);
	all.len = 0x40; /* the header and nothing else */
	assert_int_equal(arm64_image_facts(&facts, &all, NULL), 0);
	all.len = 0x3f; /* has the magic */
	assert_int_equal(arm64_image_facts(&facts, &all, NULL), -EBADMSG);
}

/* The least that is one: a page of code that is to be at 16 MiB, where it starts. */
static void make_elf(struct bytes *ret, unsigned int machine)
{
	const Elf64_Phdr ph = {
		.p_type = htole32(PT_LOAD),
		.p_vaddr = htole64(16 * MiB),
		.p_paddr = htole64(16 * MiB),
		.p_offset = htole64(sizeof(Elf64_Ehdr) + sizeof(ph)),
		.p_filesz = htole64(4096),
		.p_memsz = htole64(4096),
	};

	bytes_done(ret);
	bytes_fill(ret, 0, sizeof(Elf64_Ehdr));
	bytes_put(ret, 0, ELFMAG "\x02\x01\x01", 7);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_type), 2, ET_EXEC);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_machine), 2, machine);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_entry), 8, 16 * MiB);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_phoff), 8, sizeof(Elf64_Ehdr));
	bytes_set(ret, offsetof(Elf64_Ehdr, e_phentsize), 2, sizeof(ph));
	bytes_set(ret, offsetof(Elf64_Ehdr, e_phnum), 2, 1);
	bytes_add(ret, &ph, sizeof(ph));
	bytes_fill(ret, 0x90, 4096);
}

static const struct defect elf_defects[] = {
	BAD("no-magic", 1, 1, 'e', -ENOEXEC, NULL),
	CUT("shorter-than-magic", 3, -ENOEXEC, NULL),
	CUT("inside-header", sizeof(Elf64_Ehdr) - 1, -EBADMSG, "ends inside its header"),
	BAD("32-bit", EI_CLASS, 1, ELFCLASS32, -EOPNOTSUPP, "is not 64-bit little endian"),
	BAD("big-endian", EI_DATA, 1, ELFDATA2MSB, -EOPNOTSUPP, "is not 64-bit little endian"),
	BAD("another-machine", offsetof(Elf64_Ehdr, e_machine), 2, EM_RISCV, -ENOEXEC, NULL),
	BAD("object-file", offsetof(Elf64_Ehdr, e_type), 2, ET_REL, -EBADMSG, "not executable"),
	BAD("core-file", offsetof(Elf64_Ehdr, e_type), 2, ET_CORE, -EBADMSG, "not executable"),
	BAD("no-code", offsetof(Elf64_Ehdr, e_phnum), 2, 0, -EBADMSG, "nothing to load"),
	BAD("starts-elsewhere", offsetof(Elf64_Ehdr, e_entry), 8, 0, -EBADMSG, "has no code"),
	CUT("code-is-cut", sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + 4095, -EBADMSG, "is cut"),
};

static void test_vmlinux(void **state)
{
	autobytes struct bytes x86_64 = { 0 }, arm64 = { 0 };

	(void)state;
	make_elf(&x86_64, EM_X86_64);
	make_elf(&arm64, EM_AARCH64);
	check_defects(&x86_64, open_elf_x86_64, elf_defects, ARRAY_SIZE(elf_defects));
	check_defects(&arm64, open_elf_arm64, elf_defects, ARRAY_SIZE(elf_defects));
	assert_int_equal(open_elf_x86_64(&arm64, NULL), -ENOEXEC);
	assert_int_equal(open_elf_arm64(&x86_64, NULL), -ENOEXEC);
	bytes_set(&x86_64, offsetof(Elf64_Ehdr, e_type), 2, ET_DYN);
	assert_int_equal(open_elf_x86_64(&x86_64, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bzImage),
		cmocka_unit_test(test_bzImage_at_its_limits),
		cmocka_unit_test(test_bzImage_without_code),
		cmocka_unit_test(test_signed_bzImage),
		cmocka_unit_test(test_bzImage_facts),
		cmocka_unit_test(test_bzImage_setup_sectors),
		cmocka_unit_test(test_bzImage_alignment),
		cmocka_unit_test(test_arm64_image),
		cmocka_unit_test(test_arm64_facts),
		cmocka_unit_test(test_vmlinux),
	};

	return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
