/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the bytes of an x86_64 vmlinux go. */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/arch/x86_64/boot-params.h"
#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "tests/unit/machine.h"
#include "tests/unit/pack.h"

#define MAP UINT64_C(0xffffffff80000000)

/* Where make_vmlinux() puts a field of program header @i. */
#define PH(i, field) (sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field))
#define EH(field)    offsetof(Elf64_Ehdr, field)

struct header {
	uint32_t type;
	uint64_t vaddr, paddr, memsz;
	struct span data;
};

/* The headers' bytes stand one after the other, each at a multiple of 16. */
static void make_vmlinux(struct bytes *ret, uint64_t entry, const struct header *list, size_t nr)
{
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = htole16(ET_EXEC),
		.e_machine = htole16(EM_X86_64),
		.e_entry = htole64(entry),
		.e_phoff = htole64(sizeof(eh)),
		.e_phentsize = htole16(sizeof(Elf64_Phdr)),
		.e_phnum = htole16(nr),
	};

	bytes_add(ret, &eh, sizeof(eh));
	bytes_fill(ret, 0, nr * sizeof(Elf64_Phdr));
	for (size_t i = 0; i < nr; i++) {
		Elf64_Phdr ph = {
			.p_type = htole32(list[i].type),
			.p_vaddr = htole64(list[i].vaddr),
			.p_paddr = htole64(list[i].paddr),
			.p_memsz = htole64(list[i].memsz),
			.p_filesz = htole64(list[i].data.size),
		};

		bytes_align(ret, 16);
		ph.p_offset = htole64(ret->size);
		bytes_add(ret, list[i].data.data, list[i].data.size);
		bytes_put(ret, PH(i, p_type), &ph, sizeof(ph));
	}
}

/* In shape a kernel of Linux 6.12: text, data, per-CPU data linked at 0, init with .bss, notes. */
#define NOTE "\6\0\0\0\4\0\0\0\1\1\0\0" \
	     "Linux\0\0\0" \
	     "\0\0\0\0"
static const struct header linux_headers[] = {
	{ PT_LOAD, MAP + 0x1000000, 0x1000000, 9, TEXT("text.text") },
	{ PT_LOAD, MAP + 0x1200000, 0x1200000, 0x2000, TEXT("data") },
	{ PT_LOAD, 0, 0x1202000, 6, TEXT("percpu") },
	{ PT_LOAD, MAP + 0x1203000, 0x1203000, 0x5001, TEXT("init") },
	{ PT_NOTE, MAP + 0x1000000, 0x1000000, sizeof(NOTE) - 1, TEXT(NOTE) },
};
#define NR_LINUX ARRAY_SIZE(linux_headers)

static int read_image(struct vmlinux *ret, struct blob *ret_blob, const struct bytes *image,
		      struct why *w)
{
	struct extent all;

	*ret_blob = bytes_blob(image);
	all = blob_whole(ret_blob);
	return vmlinux_segments(ret, &all, w);
}

static int open_vmlinux(const struct bytes *image, struct why *w)
{
	autovmlinux struct vmlinux v = { 0 };
	autoblob struct blob b = { 0 };

	return read_image(&v, &b, image, w);
}

static void expect_part(const struct vmlinux *v, size_t i, uint64_t paddr, uint64_t memsz,
			const void *bytes, size_t len)
{
	autofree unsigned char *have = NULL;

	assert_true(i < v->nr);
	assert_int_equal(v->parts[i].paddr, paddr);
	assert_int_equal(v->parts[i].memsz, memsz);
	assert_int_equal(v->parts[i].bytes.len, len);
	assert_int_equal(extent_dup(&v->parts[i].bytes, 0, len, &have, NULL), 0);
	assert_memory_equal(have, bytes, len);
}

static void test_linux(void **state)
{
	autobytes struct bytes image = { 0 };
	autovmlinux struct vmlinux v = { 0 };
	autoblob struct blob b = { 0 };

	(void)state;
	make_vmlinux(&image, 0x1000004, linux_headers, NR_LINUX);
	assert_int_equal(read_image(&v, &b, &image, NULL), 0);
	assert_int_equal(v.nr, 4);
	/* Each up to the next, so that nothing else is put between them. */
	expect_part(&v, 0, 0x1000000, 0x200000, "text.text", 9);
	expect_part(&v, 1, 0x1200000, 0x2000, "data", 4);
	expect_part(&v, 2, 0x1202000, 0x1000, "percpu", 6);
	expect_part(&v, 3, 0x1203000, 0x6000, "init", 4);
	assert_int_equal(v.entry, 0x1000004);
	assert_true(v.is_linux);
	assert_int_equal(v.made.kind, BLOB_NONE);
	assert_ptr_equal(v.parts[0].bytes.blob, &b);
}

static void test_entry(void **state)
{
	static const struct {
		uint64_t entry;
		int err;
		uint64_t physical;
	} cases[] = {
		{ 0x1000008, 0, 0x1000008 },
		{ 0x1000009, -EBADMSG, 0 }, /* behind the text */
		{ 0xffffff, -EBADMSG, 0 },
		{ MAP + 0x1000008, 0, 0x1000008 },
		{ MAP + 0x1000009, -EBADMSG, 0 },
		{ MAP + 0x1203000, 0, 0x1203000 },
		{ MAP + 0x1203004, -EBADMSG, 0 }, /* .bss */
		{ 0x1203004, -EBADMSG, 0 },
		{ 5, 0, 0x1202005 }, /* virtual, of the part that is linked at 0 */
		{ UINT64_MAX, -EBADMSG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autobytes struct bytes image = { 0 };
		autovmlinux struct vmlinux v = { 0 };
		autoblob struct blob b = { 0 };
		struct why w = { 0 };
		int r;

		make_vmlinux(&image, cases[i].entry, linux_headers, NR_LINUX);
		r = read_image(&v, &b, &image, &w);
		if (r != cases[i].err || v.entry != cases[i].physical)
			fail_msg("case %zu: %d, %#llx", i, r, (unsigned long long)v.entry);
		if (r < 0)
			assert_non_null(strstr(w.text, "where it has no code"));
	}
}

/* Headers that share pages, in any order, and that begin inside of one. */
static void test_joined(void **state)
{
	static const struct header list[] = {
		{ PT_LOAD, MAP + 0x1003000, 0x1003000, 0x100, NO_BYTES },
		{ PT_LOAD, MAP + 0x1000ff8, 0x1000ff8, 0x20, TEXT("0123456789") },
		{ PT_LOAD, 0, 0x1001ffe, 2, TEXT("ab") },
		{ PT_LOAD, 0, 0x5000000, 0, NO_BYTES }, /* nothing to load, wherever */
	};
	autobytes struct bytes image = { 0 };
	autovmlinux struct vmlinux v = { 0 };
	autoblob struct blob b = { 0 };
	unsigned char want[0x2000] = { 0 };

	(void)state;
	make_vmlinux(&image, 0x1000ff8, list, ARRAY_SIZE(list));
	assert_int_equal(read_image(&v, &b, &image, NULL), 0);
	assert_int_equal(v.nr, 1);
	memcpy(want + 0xff8, "0123456789", 10);
	memcpy(want + 0x1ffe, "ab", 2);
	expect_part(&v, 0, 0x1000000, 0x4000, want, sizeof(want));
	assert_int_equal(v.made.kind, BLOB_MEMORY);
	assert_int_equal(v.made.size, sizeof(want));
	assert_ptr_equal(v.parts[0].bytes.blob, &v.made);
	assert_true(v.is_linux); /* by where it is linked */
}

/* Nobody shares a page, but kexec_load takes whole ones only. */
static void test_inside_of_a_page(void **state)
{
	static const struct header list[] = {
		{ PT_LOAD, 0, 0x1000ffc, 8, TEXT("code") },
		{ PT_LOAD, 0, 0x1004000, 8, TEXT("data") },
	};
	autobytes struct bytes image = { 0 };
	autovmlinux struct vmlinux v = { 0 };
	autoblob struct blob b = { 0 };
	unsigned char want[0x4004] = { 0 };

	(void)state;
	make_vmlinux(&image, 0x1000ffc, list, ARRAY_SIZE(list));
	assert_int_equal(read_image(&v, &b, &image, NULL), 0);
	assert_int_equal(v.nr, 1);
	memcpy(want + 0xffc, "code", 4);
	memcpy(want + 0x4000, "data", 4);
	expect_part(&v, 0, 0x1000000, 0x5000, want, sizeof(want));
}

static void test_more_parts_than_fit(void **state)
{
	struct header list[VMLINUX_PARTS + 1];
	char text[VMLINUX_PARTS + 1];

	(void)state;
	for (size_t nr = VMLINUX_PARTS; nr <= VMLINUX_PARTS + 1; nr++) {
		autobytes struct bytes image = { 0 };
		autovmlinux struct vmlinux v = { 0 };
		autoblob struct blob b = { 0 };

		for (size_t i = 0; i < nr; i++) {
			text[i] = 'A' + (char)i;
			list[i] = (struct header){ PT_LOAD, 0, 0x200000 + i * 4096, 4096,
						   { (unsigned char *)&text[i], 1 } };
		}
		make_vmlinux(&image, 0x200000, list, nr);
		assert_int_equal(read_image(&v, &b, &image, NULL), 0);
		assert_int_equal(v.nr, nr == VMLINUX_PARTS ? nr : 1);
		assert_int_equal(v.parts[v.nr - 1].paddr + v.parts[v.nr - 1].memsz,
				 0x200000 + nr * 4096);
		assert_false(v.is_linux);
	}
}

static bool is_linux(const char *notes, size_t len, uint64_t vaddr)
{
	const struct header list[] = {
		{ PT_LOAD, vaddr, 0x1000000, 4, TEXT("text") },
		{ PT_NOTE, 0, 0, len, { (const unsigned char *)notes, len } },
	};
	autobytes struct bytes image = { 0 };
	autovmlinux struct vmlinux v = { 0 };
	autoblob struct blob b = { 0 };

	make_vmlinux(&image, 0x1000000, list, ARRAY_SIZE(list));
	assert_int_equal(read_image(&v, &b, &image, NULL), 0);
	return v.is_linux;
}

#define NOTES(text) text, sizeof(text) - 1
static void test_is_linux(void **state)
{
	static char many[64 * 1024 + 1];

	(void)state;
	assert_true(is_linux(NOTES(""), MAP + 0x1000000));
	assert_false(is_linux(NOTES(""), MAP));
	assert_false(is_linux(NOTES(""), 0x1000000));
	assert_true(is_linux(NOTES(NOTE), 0x1000000));
	assert_true(is_linux(NOTES("\4\0\0\0\5\0\0\0\3\0\0\0GNU\0id567..." NOTE), 0x1000000));
	/* Broken: an owner that ends in the wrong place, lengths that reach far. */
	assert_false(is_linux(NOTES("\5\0\0\0\0\0\0\0\1\1\0\0Linux..."), 0x1000000));
	assert_false(is_linux(NOTES("\6\0\0\0\0\0\0\0\1\1\0\0Linux"), 0x1000000));
	assert_false(is_linux(NOTES("\377\377\377\377\377\377\377\377\0\0\0\0" NOTE), 0x1000000));
	assert_false(is_linux(NOTES("\6\0\0\0"), 0x1000000));

	/* More of them than anybody should have to read. */
	memcpy(many, NOTE, sizeof(NOTE) - 1);
	assert_true(is_linux(many, sizeof(many) - 1, 0x1000000));
	assert_false(is_linux(many, sizeof(many), 0x1000000));
}

static const struct defect defects[] = {
	CUT("inside-header", sizeof(Elf64_Ehdr) - 1, -EBADMSG, "ends inside its header"),
	CUT("inside-program-headers", PH(NR_LINUX, p_type) - 1, -EBADMSG,
	    "program headers are outside the file"),
	CUT("inside-text", PH(NR_LINUX, p_type) + 16, -EBADMSG, "is cut"),
	BAD("arm64", EH(e_machine), 2, EM_AARCH64, -ENOEXEC, NULL),
	BAD("no-headers", EH(e_phnum), 2, 0, -EBADMSG, "nothing to load"),
	BAD("more-headers-than-bytes", EH(e_phnum), 2, 64, -EBADMSG, "outside the file"),
	BAD("too-many-headers", EH(e_phnum), 2, 65, -E2BIG, "65 program headers, 64 are the most"),
	BAD("pn-xnum", EH(e_phnum), 2, 0xffff, -E2BIG, "65535 program headers"),
	BAD("header-size", EH(e_phentsize), 2, 32, -EBADMSG, "program headers of 32 bytes"),
	BAD("headers-past-eof", EH(e_phoff), 8, 1 << 20, -EBADMSG, "outside the file"),
	BAD("headers-wrap", EH(e_phoff), 8, UINT64_MAX - 8, -EBADMSG, "outside the file"),
	BAD("filesz-over-memsz", PH(0, p_filesz), 8, 10, -EBADMSG, "0xa bytes for 0x9 bytes"),
	BAD("offset-past-eof", PH(0, p_offset), 8, 1 << 20, -EBADMSG, "are outside the file"),
	BAD("offset-wraps", PH(0, p_offset), 8, UINT64_MAX - 4, -EBADMSG, "are outside the file"),
	BAD("low-memory", PH(0, p_paddr), 8, 0xff000, -EOPNOTSUPP, "below 1 MiB"),
	BAD("address-wraps", PH(3, p_paddr), 8, UINT64_MAX - 0xfff, -EBADMSG, "no physical"),
	BAD("huge-memsz", PH(3, p_memsz), 8, (1 << 30) + 1, -E2BIG, "in one piece"),
	BAD("memsz-wraps", PH(3, p_memsz), 8, UINT64_MAX, -E2BIG, "in one piece"),
	BAD("far-apart", PH(3, p_paddr), 8, 0x41000000, -E2BIG, "too far apart"),
	BAD("overlap", PH(2, p_paddr), 8, 0x1201fff, -EBADMSG, "memory at 0x1201fff twice"),
	BAD("same-place", PH(2, p_paddr), 8, 0x1200000, -EBADMSG, "memory at 0x1200000 twice"),
};

static void test_defects(void **state)
{
	autobytes struct bytes image = { 0 };

	(void)state;
	make_vmlinux(&image, 0x1000000, linux_headers, NR_LINUX);
	check_defects(&image, open_vmlinux, defects, ARRAY_SIZE(defects));
}

/*
 * A string table and a symbol table that names it; @filler more bytes in front of the
 * @name.
 */
static void add_symbols(struct bytes *image, size_t filler, const char *name)
{
	size_t len = strlen(name) + 1;
	Elf64_Shdr sh[3] = {
		{ .sh_type = htole32(SHT_NULL) },
		{ .sh_type = htole32(SHT_STRTAB), .sh_offset = htole64(image->size),
		  .sh_size = htole64(filler + 1 + len) },
		{ .sh_type = htole32(SHT_SYMTAB), .sh_link = htole32(1) },
	};

	bytes_fill(image, 'x', filler);
	bytes_fill(image, 0, 1);
	bytes_add(image, name, len);
	bytes_set(image, EH(e_shoff), 8, image->size);
	bytes_set(image, EH(e_shentsize), 2, sizeof(sh[0]));
	bytes_set(image, EH(e_shnum), 2, ARRAY_SIZE(sh));
	bytes_add(image, sh, sizeof(sh));
}

static int has_symbol(const struct bytes *image, const char *name)
{
	autoblob struct blob b = bytes_blob(image);
	struct extent all = blob_whole(&b);

	return vmlinux_has_symbol(&all, name, NULL);
}

static void test_symbols(void **state)
{
	(void)state;
	/* Around the border of what is read at once. */
	for (size_t filler = 4080; filler < 4100; filler++) {
		autobytes struct bytes image = { 0 };

		make_vmlinux(&image, 0x1000000, linux_headers, NR_LINUX);
		assert_int_equal(has_symbol(&image, "wanted"), -ENODATA);
		add_symbols(&image, filler, "wanted");
		assert_int_equal(has_symbol(&image, "wanted"), 1);
		assert_int_equal(has_symbol(&image, "want"), 0);
		assert_int_equal(has_symbol(&image, "wanted too"), 0);
		/* As the last byte says that the name goes on. */
		bytes_set(&image, image.size - 3 * sizeof(Elf64_Shdr) - 1, 1, 'x');
		assert_int_equal(has_symbol(&image, "wanted"), 0);
	}
}

static void test_broken_symbols(void **state)
{
	static const struct { size_t section, field; unsigned int width; uint64_t value; } bad[] = {
		{ 1, offsetof(Elf64_Shdr, sh_type), 4, SHT_PROGBITS },
		{ 1, offsetof(Elf64_Shdr, sh_offset), 8, UINT64_MAX },
		{ 1, offsetof(Elf64_Shdr, sh_size), 8, UINT64_MAX },
		{ 2, offsetof(Elf64_Shdr, sh_link), 4, 3 },
		{ 2, offsetof(Elf64_Shdr, sh_link), 4, UINT32_MAX },
		{ 2, offsetof(Elf64_Shdr, sh_link), 4, 2 },
		{ 2, offsetof(Elf64_Shdr, sh_type), 4, SHT_DYNSYM },
	};
	autobytes struct bytes image = { 0 };
	size_t at;

	(void)state;
	make_vmlinux(&image, 0x1000000, linux_headers, NR_LINUX);
	add_symbols(&image, 0, "wanted");
	at = image.size - 3 * sizeof(Elf64_Shdr);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		autobytes struct bytes copy = { 0 };

		bytes_add(&copy, image.data, image.size);
		bytes_set(&copy, at + bad[i].section * sizeof(Elf64_Shdr) + bad[i].field,
			  bad[i].width, bad[i].value);
		assert_int_equal(has_symbol(&copy, "wanted"), -ENODATA);
	}
	bytes_set(&image, EH(e_shnum), 2, 4);
	assert_int_equal(has_symbol(&image, "wanted"), -ENODATA);
	bytes_set(&image, EH(e_shnum), 2, 3);
	bytes_set(&image, EH(e_shoff), 8, UINT64_MAX - 8);
	assert_int_equal(has_symbol(&image, "wanted"), -ENODATA);
	bytes_set(&image, EH(e_shoff), 8, at);
	bytes_set(&image, EH(e_shentsize), 2, 40);
	assert_int_equal(has_symbol(&image, "wanted"), -ENODATA);
}

/* Only a kernel that says that it cannot is refused, and only where it matters. */
static void test_five_levels(void **state)
{
	static const char *const names[] = { NULL, "level4_kernel_pgt", "level3_kernel_pgt" };
	static const struct x86_setup_options o = { 0 };

	(void)state;
	for (int la57 = 0; la57 < 2; la57++) {
		put_text("/proc/cpuinfo", la57 ? "processor\t: 0\nflags\t\t: fpu la57\n" : "");
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			autobytes struct bytes image = { 0 };
			autoblob struct blob b = { 0 };
			struct x86_facts *f = NULL;
			struct why w = { 0 };
			struct extent all;
			int r;

			make_vmlinux(&image, 0x1000000, linux_headers, NR_LINUX);
			if (names[i])
				add_symbols(&image, 100, names[i]);
			b = bytes_blob(&image);
			all = blob_whole(&b);
			r = x86_facts_read(&f, &all, &o, &machine, &w);
			assert_int_equal(r, la57 && i == 2 ? -EOPNOTSUPP : 0);
			if (r < 0)
				assert_non_null(strstr(w.text, "no5lvl"));
			x86_facts_free(f);
		}
	}
}

static void test_compressed(void **state)
{
	autobytes struct bytes image = { 0 }, packed = { 0 };
	autoimage struct boot_image img = { 0 };
	autovmlinux struct vmlinux v = { 0 };
	autoblob struct blob b = { 0 };

	(void)state;
	make_vmlinux(&image, 0x1000000, linux_headers, NR_LINUX);
	if (!pack(&packed, "gzip", bytes_span(&image)))
		skip();
	b = bytes_blob(&packed);
	assert_int_equal(file_type_open(&img, &b, NULL, NULL), 0);
	assert_ptr_equal(img.layers[1], &file_type_vmlinux_x86_64);
	assert_int_equal(vmlinux_segments(&v, &img.kernel.bytes, NULL), 0);
	expect_part(&v, 3, 0x1203000, 0x6000, "init", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_inside_of_a_page),
		cmocka_unit_test(test_more_parts_than_fit),
		cmocka_unit_test(test_is_linux),
		cmocka_unit_test(test_defects),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_broken_symbols),
		TEST(test_five_levels),
		cmocka_unit_test(test_compressed),
	};

	return cmocka_run_group_tests_name("vmlinux", tests, NULL, NULL);
}
