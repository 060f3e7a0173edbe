/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every format that has no parser program to compare with, broken in many ways:
 * each is refused with a reason, or what comes out is what went in. How many:
 * KEXEC_TEST_MUTANTS (default 6000); KEXEC_TEST_SEED for others.
 *
 * Checksums tell for uImage and all compressed files. A bare kernel is handed on
 * as it is, so that of one that is accepted every byte must be there, and its
 * header must not promise more than that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "tests/unit/images-more.h"
#include "tests/unit/pack.h"
#include "tests/unit/random.h"

static struct bytes bzImage; /* made once */

static void make_packed_uimage(struct bytes *ret, const char *codec, unsigned char number)
{
	autobytes struct bytes packed = { 0 };

	if (pack(&packed, codec, bytes_span(&bzImage)))
		make_uimage(ret, number, bytes_span(&packed));
}

enum kind {
	GZIP, XZ, ZSTD, BZIP2, LZO, UIMAGE, UIMAGE_GZIP, /* with checksums */
	BZIMAGE, ARM64, RISCV64, LOONGARCH64, /* without */
	KINDS
};

/* Empty: its codec is not built in. */
static void make_image(struct bytes *ret, enum kind kind)
{
	static const char *const codecs[] = { "gzip", "xz", "zstd", "bzip2", "lzo" };
	static void (*const bare[])(struct bytes *) = {
		make_bzImage, make_arm64_image, make_riscv64_image, make_loongarch64_image,
	};

	if (kind < UIMAGE)
		pack(ret, codecs[kind], bytes_span(&bzImage));
	else if (kind == UIMAGE)
		make_uimage(ret, 0, bytes_span(&bzImage));
	else if (kind == UIMAGE_GZIP)
		make_packed_uimage(ret, "gzip", 1);
	else
		bare[kind - BZIMAGE](ret);
}

static void mutate(struct bytes *image)
{
	static const unsigned int widths[] = { 1, 2, 4, 8 };
	unsigned int width = widths[random_number(4)];

	if (image->size < 16)
		return;
	switch (random_number(6)) {
	case 0:
		image->size -= 1 + random_number(random_number(2) ? 40 : image->size) %
				       (image->size - 1);
		break;
	case 1:
		random_field(image, random_number(image->size), width);
		break;
	case 2: /* the setup header of a bzImage */
		random_field(image, 0x1f0 + random_number(0x90 / width) * width, width);
		break;
	default: /* headers are here, in all of them */
		random_field(image, random_number(128 / width) * width, width);
	}
}

static bool is_unharmed(const struct boot_image *img, const struct bytes *want)
{
	const struct extent *e = &img->kernel.bytes;
	autofree unsigned char *have = NULL;

	if (e->len != want->size || extent_dup(e, 0, e->len, &have, NULL) < 0)
		return false;
	return memcmp(have, want->data, e->len) == 0;
}

/* What the header says of a kernel that is handed on as it is. */
static bool keeps_promise(const struct boot_image *img)
{
	const struct file_type *type = img->layers[img->nr_layers - 1];
	const struct extent *e = &img->kernel.bytes;
	struct arm64_image_facts arm64;
	struct bzImage_facts x86;

	if (type == &file_type_bzImage64)
		return bzImage_facts(&x86, e, NULL) == 0 &&
		       range_fits(e->len, x86.code_off, x86.code_len);
	if (type == &file_type_arm64_image)
		return arm64_image_facts(&arm64, e, NULL) == 0 && arm64.image_size >= e->len;
	return true;
}

struct count {
	unsigned int mutants, accepted, refused;
};

static void judge(const struct bytes *image, enum kind kind, struct count *n)
{
	autoblob struct blob file = bytes_blob(image);
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };
	int r;

	alarm(10);
	r = file_type_open(&img, &file, NULL, &w);
	alarm(0);
	if (r < 0) {
		if (!w.text[0])
			fail_msg("mutant %u (kind %d) is refused without a reason", n->mutants, kind);
		n->refused++;
		return;
	}
	n->accepted++;
	/* A mutated header may make another format of it; that one has checks of its own. */
	if (kind < BZIMAGE && !is_unharmed(&img, &bzImage))
		fail_msg("mutant %u (kind %d) is accepted with another kernel", n->mutants, kind);
	if (kind >= BZIMAGE && (!is_unharmed(&img, image) || !keeps_promise(&img)))
		fail_msg("mutant %u (kind %d) is accepted, but not whole", n->mutants, kind);
}

static void test_mutants(void **state)
{
	unsigned long wanted = number_from_environment("KEXEC_TEST_MUTANTS", 6000);
	struct count n = { 0 };

	(void)state;
	random_start(number_from_environment("KEXEC_TEST_SEED", 20261120));
	for (; n.mutants < wanted; n.mutants++) {
		autobytes struct bytes image = { 0 };

		make_image(&image, n.mutants % KINDS);
		if (image.size == 0)
			continue;
		for (unsigned int i = random_number(3); i < 3; i++)
			mutate(&image);
		judge(&image, n.mutants % KINDS, &n);
	}
	print_message("# %u mutants: %u refused, %u unharmed\n", n.mutants, n.refused, n.accepted);
	assert_true(n.refused >= n.mutants / 10 && n.accepted >= n.mutants / 20);
}

/* Cut anywhere: what has a checksum or says how long it is cannot be taken for whole. */
static void test_truncated(void **state)
{
	(void)state;
	for (int kind = 0; kind <= BZIMAGE; kind++) {
		autobytes struct bytes image = { 0 };

		make_image(&image, kind);
		/* A bzImage may end in padding. */
		for (size_t cut = kind == BZIMAGE ? 16 : 1; cut < image.size; cut += 1 + cut / 8) {
			struct bytes part = { image.data, image.size - cut };
			autoblob struct blob file = bytes_blob(&part);
			autoimage struct boot_image img = { 0 };

			if (file_type_open(&img, &file, NULL, NULL) == 0)
				fail_msg("kind %d is accepted without its last %zu bytes", kind, cut);
		}
	}
}

static int make_kernel(void **state)
{
	(void)state;
	make_bzImage(&bzImage);
	return 0;
}

static int free_kernel(void **state)
{
	(void)state;
	bytes_done(&bzImage);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutants),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests_name("mutants", tests, make_kernel, free_kernel);
}
