/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every field of every header, one after the other: 0, 1, the largest numbers, one more
 * and one less, edges of the file, what makes a sum with the field beside it wrap; and
 * every image cut at each of them. What is accepted is whole and inside of the file.
 *
 * test-mutants and the test-agree have the same and more at random; here nothing is left
 * to chance.
 */
#include <elf.h>
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "kexec/formats/vmlinux.h"
#include "lib/cleanup.h"
#include "tests/unit/images-more.h"
#include "tests/unit/pack.h"
#include "tests/unit/random.h"

struct field {
	uint16_t off;
	uint8_t width;
};

/* ---- the headers: FORMATS.md, and elf.h ---- */

#define O PE_OPT_AT
#define SECTION(i) \
	{ PE_SECTION(i, 0), 8 }, { PE_SECTION(i, 8), 4 }, { PE_SECTION(i, 12), 4 }, \
	{ PE_SECTION(i, 16), 4 }, { PE_SECTION(i, 20), 4 }, { PE_SECTION(i, 24), 4 }, \
	{ PE_SECTION(i, 28), 4 }, { PE_SECTION(i, 32), 4 }, { PE_SECTION(i, 36), 4 }
/* clang-format off */
#define PE_FIELDS \
	{ 0, 2 }, { 0x3c, 4 }, { PE_AT, 4 }, { PE_AT + 4, 2 }, { PE_AT + 6, 2 }, \
	{ PE_AT + 8, 4 }, { PE_AT + 12, 4 }, { PE_AT + 16, 4 }, { PE_AT + 20, 2 }, \
	{ PE_AT + 22, 2 }, { O, 2 }, { O + 16, 4 }, { O + 20, 4 }, { O + 24, 8 }, \
	{ O + 32, 4 }, { O + 36, 4 }, { O + 44, 2 }, { O + 46, 2 }, { O + 56, 4 }, { O + 60, 4 }, \
	{ O + 64, 4 }, { O + 68, 2 }, { O + 70, 2 }, { O + 108, 4 }, { O + 144, 4 }, { O + 148, 4 }
#define ELF_FIELDS \
	{ 0, 4 }, { 4, 1 }, { 5, 1 }, { 6, 1 }, { 7, 1 }, { 16, 2 }, { 18, 2 }, { 20, 4 }, \
	{ 24, 8 }, { 32, 8 }, { 40, 8 }, { 48, 4 }, { 52, 2 }, { 54, 2 }, { 56, 2 }, { 58, 2 }, \
	{ 60, 2 }, { 62, 2 }
#define ELF_SECTION(at) \
	{ (at), 4 }, { (at) + 4, 4 }, { (at) + 8, 8 }, { (at) + 16, 8 }, { (at) + 24, 8 }, \
	{ (at) + 32, 8 }, { (at) + 40, 4 }, { (at) + 44, 4 }, { (at) + 48, 8 }, { (at) + 56, 8 }
#define ELF_SEGMENT(at) \
	{ (at), 4 }, { (at) + 4, 4 }, { (at) + 8, 8 }, { (at) + 16, 8 }, { (at) + 24, 8 }, \
	{ (at) + 32, 8 }, { (at) + 40, 8 }, { (at) + 48, 8 }

static const struct field bzImage_fields[] = {
	PE_FIELDS, { 0x1f1, 1 }, { 0x1f4, 4 }, { 0x1fe, 2 }, { 0x200, 1 }, { 0x201, 1 },
	{ 0x202, 4 },
	{ 0x206, 2 }, { 0x20e, 2 }, { 0x210, 1 }, { 0x211, 1 }, { 0x214, 4 }, { 0x218, 4 },
	{ 0x21c, 4 }, { 0x224, 2 }, { 0x228, 4 }, { 0x22c, 4 }, { 0x230, 4 }, { 0x234, 1 },
	{ 0x235, 1 }, { 0x236, 2 }, { 0x238, 4 }, { 0x23c, 4 }, { 0x240, 8 }, { 0x248, 4 },
	{ 0x24c, 4 }, { 0x250, 8 }, { 0x258, 8 }, { 0x260, 4 }, { 0x264, 4 }, { 0x268, 4 },
};
static const struct field arm64_fields[] = {
	PE_FIELDS, { 4, 4 }, { 8, 8 }, { 16, 8 }, { 24, 8 }, { 32, 8 }, { 40, 8 }, { 48, 8 },
	{ 0x38, 4 }, SECTION(0),
};
static const struct field riscv64_fields[] = {
	PE_FIELDS, { 4, 4 }, { 8, 8 }, { 16, 8 }, { 24, 8 }, { 32, 4 }, { 0x30, 8 }, { 0x38, 4 },
	SECTION(0),
};
static const struct field zboot_fields[] = {
	PE_FIELDS, { 4, 4 }, { 8, 4 }, { 12, 4 }, { 16, 8 }, { 24, 8 }, { 32, 8 }, { 40, 8 },
	{ 48, 8 }, { 0x38, 4 }, SECTION(0),
};
static const struct field uki_fields[] = {
	PE_FIELDS, SECTION(0), SECTION(1), SECTION(2), SECTION(3),
};
static const struct field envelope_fields[] = {
	ELF_FIELDS, ELF_SECTION(64), ELF_SECTION(128), ELF_SECTION(192), ELF_SECTION(256),
	ELF_SECTION(320),
};
static const struct field vmlinux_fields[] = { ELF_FIELDS, ELF_SEGMENT(64), ELF_SEGMENT(120) };
static const struct field uimage_fields[] = {
	{ 0, 4 }, { 4, 4 }, { 8, 4 }, { 12, 4 }, { 16, 4 }, { 20, 4 }, { 24, 4 }, { 28, 1 },
	{ 29, 1 }, { 30, 1 }, { 31, 1 }, { 32, 8 },
};
/* clang-format on */

/* ---- the images ---- */

static struct bytes kernel; /* a bzImage */

static void make_uki(struct bytes *ret)
{
	MAKE_PE(ret, { ".linux", bytes_span(&kernel) }, { ".initrd", TEXT("an initrd") },
		{ ".cmdline", TEXT("root=/dev/vda") }, { ".ucode", TEXT("microcode") });
	bytes_set(ret, PE_SUBSYSTEM, 2, 10);
}

static void make_zboot_gzip(struct bytes *ret)
{
	autobytes struct bytes packed = { 0 }, inner = { 0 };

	make_arm64_image(&inner);
	if (pack(&packed, "gzip", bytes_span(&inner)))
		make_zboot(ret, "gzip", bytes_span(&packed), inner.size);
}

static void make_zboot_zstd(struct bytes *ret)
{
	autobytes struct bytes packed = { 0 }, inner = { 0 };

	make_arm64_image(&inner);
	if (pack(&packed, "zstd", bytes_span(&inner)))
		make_zboot(ret, "zstd22", bytes_span(&packed), inner.size);
}

static void make_the_envelope(struct bytes *ret)
{
	make_envelope(ret, bytes_span(&kernel), TEXT("an initrd"), "root=/dev/vda");
}

static void make_the_uimage(struct bytes *ret)
{
	make_uimage(ret, 0, bytes_span(&kernel));
}

static void make_vmlinux(struct bytes *ret)
{
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = htole16(ET_EXEC),
		.e_machine = htole16(EM_X86_64),
		.e_entry = htole64(0x1000000),
		.e_phoff = htole64(sizeof(eh)),
		.e_phentsize = htole16(sizeof(Elf64_Phdr)),
		.e_phnum = htole16(2),
	};

	bytes_add(ret, &eh, sizeof(eh));
	for (unsigned int i = 0; i < 2; i++) {
		Elf64_Phdr ph = {
			.p_type = htole32(PT_LOAD),
			.p_offset = htole64(256 + 64 * i),
			.p_vaddr = htole64(UINT64_C(0xffffffff81000000) + 4096 * i),
			.p_paddr = htole64(0x1000000 + 4096 * i),
			.p_filesz = htole64(64),
			.p_memsz = htole64(i ? 8192 : 4096),
		};

		bytes_add(ret, &ph, sizeof(ph));
	}
	bytes_fill(ret, 0x90, 256 + 128 - ret->size);
}

enum whole {
	UNHARMED, /* sums tell: the kernel inside is what it was */
	ALL,      /* a bare kernel: every byte of the file */
	INSIDE,   /* parts lie in the file; which ones, the fields say */
};

static const struct format {
	const char *name;
	void (*make)(struct bytes *ret);
	const struct field *fields;
	size_t nr;
	enum whole whole;
	bool big_endian;
} formats[] = {
#define FORMAT(name, make, fields, whole, big) \
	{ name, make, fields, ARRAY_SIZE(fields), whole, big }
	FORMAT("bzImage", make_bzImage, bzImage_fields, ALL, false),
	FORMAT("arm64 Image", make_arm64_image, arm64_fields, ALL, false),
	FORMAT("riscv64 Image", make_riscv64_image, riscv64_fields, ALL, false),
	FORMAT("loongarch64 Image", make_loongarch64_image, arm64_fields, ALL, false),
	FORMAT("vmlinux", make_vmlinux, vmlinux_fields, ALL, false),
	FORMAT("UKI", make_uki, uki_fields, INSIDE, false),
	FORMAT("ELF envelope", make_the_envelope, envelope_fields, INSIDE, false),
	FORMAT("zboot, gzip", make_zboot_gzip, zboot_fields, UNHARMED, false),
	FORMAT("zboot, zstd", make_zboot_zstd, zboot_fields, UNHARMED, false),
	FORMAT("uImage", make_the_uimage, uimage_fields, UNHARMED, true),
};

/* ---- the judge ---- */

struct count {
	unsigned int refused, accepted;
};

static void check_inside(const char *what, const struct extent *e)
{
	if (!range_fits(e->blob->size, e->off, e->len) || e->len == 0)
		fail_msg("%s: a part is outside of the file", what);
}

static bool same_bytes(const struct extent *e, const struct bytes *want)
{
	autofree unsigned char *have = NULL;

	return e->len == want->size && extent_dup(e, 0, e->len, &have, NULL) == 0 &&
	       memcmp(have, want->data, e->len) == 0;
}

/* What a consumer goes on to do with it. */
static void check_vmlinux(const char *what, const struct boot_image *img)
{
	autovmlinux struct vmlinux v = { 0 };

	if (img->layers[img->nr_layers - 1] != &file_type_vmlinux_x86_64 ||
	    vmlinux_segments(&v, &img->kernel.bytes, NULL) < 0)
		return;
	for (size_t i = 0; i < v.nr; i++) {
		if (v.parts[i].bytes.len) /* else all of it is zeros */
			check_inside(what, &v.parts[i].bytes);
		if (v.parts[i].memsz < v.parts[i].bytes.len ||
		    (i && v.parts[i].paddr < v.parts[i - 1].paddr + v.parts[i - 1].memsz))
			fail_msg("%s: segments overlap", what);
	}
}

/* What a bare kernel's header says of its size, read here once more. */
static bool keeps_promise(const struct boot_image *img, const struct bytes *image)
{
	const struct file_type *type = img->layers[img->nr_layers - 1];
	uint64_t setup;

	if (type == &file_type_bzImage64) {
		setup = bytes_get(image, 0x1f1, 1);
		return ((setup ? setup : 4) + 1) * 512 + 16 * bytes_get(image, 0x1f4, 4) <=
		       image->size;
	}
	if (type == &file_type_vmlinux_x86_64)
		return true;
	return bytes_get(image, 16, 8) >= image->size;
}

static void check_parts(const char *what, const struct format *f, const struct boot_image *img,
			const struct bytes *image, const struct bytes *good)
{
	check_inside(what, &img->kernel.bytes);
	for (size_t i = 0; i < img->nr_initrd; i++)
		check_inside(what, &img->initrd[i].bytes);
	check_vmlinux(what, img);
	if (f->whole == ALL && !same_bytes(&img->kernel.bytes, image))
		fail_msg("%s: not all of the kernel", what);
	if (f->whole == ALL && !keeps_promise(img, image))
		fail_msg("%s: not what its header promises", what);
	if (f->whole == UNHARMED && !same_bytes(&img->kernel.bytes, good))
		fail_msg("%s: another kernel", what);
}

/* @good: the kernel that is inside. */
static bool judge(const char *what, const struct format *f, const struct bytes *image,
		  const struct bytes *good, struct count *n)
{
	autoblob struct blob file = bytes_blob(image);
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };
	int r;

	alarm(10);
	r = file_type_open(&img, &file, NULL, &w);
	alarm(0);
	if (r < 0 && !w.text[0])
		fail_msg("%s: refused without a reason", what);
	if (r == 0)
		check_parts(what, f, &img, image, good);
	n->refused += r < 0;
	n->accepted += r == 0;
	return r == 0;
}

static void open_good(struct bytes *ret, const struct format *f, const struct bytes *image)
{
	autoblob struct blob file = bytes_blob(image);
	autoimage struct boot_image img = { 0 };
	autofree unsigned char *have = NULL;
	struct why w = { 0 };

	if (file_type_open(&img, &file, NULL, &w) < 0)
		fail_msg("%s: refused: %s", f->name, w.text);
	assert_int_equal(extent_dup(&img.kernel.bytes, 0, img.kernel.bytes.len, &have, NULL), 0);
	bytes_add(ret, have, img.kernel.bytes.len);
}

/* ---- the fields ---- */

static uint64_t swap(const struct format *f, unsigned int width, uint64_t v)
{
	return f->big_endian ? be64toh(v) >> (64 - 8 * width) : v;
}

static uint64_t get(const struct format *f, const struct bytes *b, const struct field *field)
{
	return swap(f, field->width, bytes_get(b, field->off, field->width));
}

static void set(const struct format *f, struct bytes *b, const struct field *field, uint64_t v)
{
	v = swap(f, field->width, v & (UINT64_MAX >> (64 - 8 * field->width)));
	bytes_set(b, field->off, field->width, v);
	if (f->fields == uimage_fields && field->off != UIMAGE_CRC)
		uimage_update(b);
}

static void try(const struct format *f, size_t nr, uint64_t value, const struct bytes *good,
		struct count *n)
{
	autobytes struct bytes image = { 0 };
	char what[128];

	f->make(&image);
	set(f, &image, &f->fields[nr], value);
	snprintf(what, sizeof(what), "%s: %#llx at %#x", f->name, (unsigned long long)value,
		 f->fields[nr].off);
	judge(what, f, &image, good, n);
}

static void try_field(const struct format *f, const struct bytes *image, size_t nr,
		      const struct bytes *good, struct count *n)
{
	const struct field *field = &f->fields[nr];
	uint64_t now = get(f, image, field), max = UINT64_MAX >> (64 - 8 * field->width);
	const uint64_t values[] = {
		0, 1, max, max - 1, now + 1, now - 1, max / 2, max / 2 + 1,
		image->size - 1, image->size, image->size + 1, image->size - now,
		image->size - now + 1,
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		try(f, nr, values[i], good, n);
	/* An offset and a length stand side by side, mostly: their sum becomes 0, or a little. */
	for (size_t other = nr ? nr - 1 : 0; other < f->nr && other <= nr + 1; other++) {
		try(f, nr, 0 - get(f, image, &f->fields[other]), good, n);
		try(f, nr, 1 - get(f, image, &f->fields[other]), good, n);
		try(f, nr, 512 - get(f, image, &f->fields[other]), good, n);
	}
}

static void test_fields(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(formats); k++) {
		const struct format *f = &formats[k];
		autobytes struct bytes image = { 0 }, good = { 0 };
		struct count n = { 0 };

		f->make(&image);
		if (image.size == 0)
			continue; /* its codec is not built in */
		open_good(&good, f, &image);
		for (size_t i = 0; i < f->nr; i++)
			try_field(f, &image, i, &good, &n);
		print_message("# %s: %u refused, %u whole\n", f->name, n.refused, n.accepted);
		assert_true(n.refused > f->nr && n.accepted > 0);
	}
}

/* ---- cut ---- */

static void try_cut(const struct format *f, const struct bytes *image, size_t size,
		    const struct bytes *good, struct count *n)
{
	struct bytes cut = { image->data, size };
	char what[64];

	if (size == 0 || size >= image->size)
		return;
	snprintf(what, sizeof(what), "%s: cut at %#zx", f->name, size);
	if (!judge(what, f, &cut, good, n) || f->whole == UNHARMED)
		return;
	/* Only a bare kernel cannot tell where it ends, behind its headers. */
	if (f->whole != ALL || size < PE_AT)
		fail_msg("%s: accepted", what);
}

/* At every field's begin and end, and inside it; and at the file's end. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(formats); k++) {
		const struct format *f = &formats[k];
		autobytes struct bytes image = { 0 }, good = { 0 };
		struct count n = { 0 };

		f->make(&image);
		if (image.size == 0)
			continue;
		open_good(&good, f, &image);
		for (size_t i = 0; i < f->nr; i++)
			for (unsigned int j = 0; j <= f->fields[i].width; j++)
				try_cut(f, &image, f->fields[i].off + j, &good, &n);
		try_cut(f, &image, image.size - 1, &good, &n);
		print_message("# %s: %u refused, %u whole\n", f->name, n.refused, n.accepted);
	}
}

/* ---- order ---- */

/* Sections in another order in the table are the same image; so are envelopes'. */
static void test_unordered(void **state)
{
	static const struct {
		const struct format *f;
		size_t table, row;
	} cases[] = { { &formats[5], PE_TABLE_AT, 40 }, { &formats[6], 64 + 64, 64 } };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		autobytes struct bytes image = { 0 }, good = { 0 }, now = { 0 };
		size_t size = cases[k].row;

		cases[k].f->make(&image);
		open_good(&good, cases[k].f, &image);
		for (size_t i = 0; i < 2; i++) {
			unsigned char *a = image.data + cases[k].table + i * size, keep[64];
			unsigned char *b = a + size;

			memcpy(keep, a, size);
			memcpy(a, b, size);
			memcpy(b, keep, size);
		}
		open_good(&now, cases[k].f, &image);
		assert_int_equal(now.size, good.size);
		assert_memory_equal(now.data, good.data, good.size);
	}
}

static int make_kernel(void **state)
{
	(void)state;
	make_bzImage(&kernel);
	return 0;
}

static int free_kernel(void **state)
{
	(void)state;
	bytes_done(&kernel);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_unordered),
	};

	return cmocka_run_group_tests_name("fields", tests, make_kernel, free_kernel);
}
