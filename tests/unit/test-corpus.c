/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seeds of tests/fuzz/corpus are what the image builder makes. Compressed
 * ones must only be there: their bytes depend on the library's version.
 *
 * "test-corpus --write DIR" writes them (run it in the build folder, with
 * DIR = ../tests/fuzz/corpus, after the builder has changed).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/images-more.h"
#include "tests/unit/pack.h"

static void make_uki(struct bytes *ret)
{
	autobytes struct bytes kernel = { 0 };

	make_bzImage(&kernel);
	pe_add_certificates(&kernel, 0x148);
	MAKE_PE(ret, { ".ucode", TEXT("ucode") }, { ".initrd", TEXT("initrd!") },
		{ ".cmdline", TEXT("root=/dev/vda quiet\n") }, { ".linux", bytes_span(&kernel) });
	bytes_set(ret, PE_SECTION(3, SEC_VSIZE), 4, 1 << 20);
}

static void make_uki_profiles(struct bytes *ret)
{
	autobytes struct bytes kernel = { 0 };

	make_bzImage(&kernel);
	MAKE_PE(ret, { ".linux", bytes_span(&kernel) }, { ".cmdline", TEXT("base") },
		{ ".initrd", TEXT("initrd") }, { ".profile", TEXT("ID=zero") },
		{ ".cmdline", TEXT("zero") }, { ".initrd", NO_BYTES },
		{ ".profile", TEXT("ID=one") }, { ".cmdline", TEXT("one") });
}

static void make_uki_in_uki(struct bytes *ret)
{
	autobytes struct bytes inner = { 0 };

	make_uki_profiles(&inner);
	MAKE_PE(ret, { ".linux", bytes_span(&inner) }, { ".ucode", TEXT("outer") });
}

static void make_signed_bzImage(struct bytes *ret)
{
	make_bzImage(ret);
	pe_add_certificates(ret, 0x148);
}

static void make_cut_bzImage(struct bytes *ret)
{
	make_bzImage(ret);
	ret->size = 0x300 - 1;
}

static void make_thin(struct bytes *ret)
{
	MAKE_PE(ret, { ".osrel", TEXT("ID=nixos\nNAME=\"\x1b[31mN\xc3\xa9\"\n") },
		{ ".cmdline", TEXT("init=/nix/store/init") }, { ".linux", TEXT("\\EFI\\k.efi") },
		{ ".linuxh", TEXT("0123456789abcdef0123456789abcdef") });
}

/* Entries of 40 bytes, of a type that is none, and of too many bytes. */
static void make_certificates(struct bytes *ret)
{
	size_t at;

	make_uki(ret);
	at = ret->size;
	pe_add_certificates(ret, 96);
	for (unsigned int i = 0; i < 3; i++) {
		bytes_set(ret, at + 40 * i, 4, i < 2 ? 40 : 4000);
		bytes_set(ret, at + 40 * i + 4, 4, i == 0 ? 0x20200 : 0x90200);
	}
}

static bool make_packed(struct bytes *ret, const char *codec)
{
	autobytes struct bytes kernel = { 0 };

	make_bzImage(&kernel);
	return pack(ret, codec, bytes_span(&kernel));
}

static bool make_packed_zboot(struct bytes *ret, const char *codec)
{
	autobytes struct bytes kernel = { 0 }, packed = { 0 };

	make_arm64_image(&kernel);
	if (!pack(&packed, codec, bytes_span(&kernel)))
		return false;
	make_zboot(ret, codec, bytes_span(&packed), kernel.size);
	return true;
}

static void make_plain_uimage(struct bytes *ret)
{
	autobytes struct bytes kernel = { 0 };

	make_arm64_image(&kernel);
	make_uimage(ret, 0, bytes_span(&kernel));
}

static void make_full_envelope(struct bytes *ret)
{
	autobytes struct bytes kernel = { 0 };

	make_bzImage(&kernel);
	make_envelope(ret, bytes_span(&kernel), TEXT("initrd"), "quiet");
}

static const struct seed {
	const char *path; /* below tests/fuzz/corpus */
	void (*make)(struct bytes *ret);
	bool (*make_packed)(struct bytes *ret, const char *codec);
	const char *codec;
} seeds[] = {
	{ .path = "pe/uki", .make = make_uki },
	{ .path = "pe/uki-profiles", .make = make_uki_profiles },
	{ .path = "pe/signed-bzimage", .make = make_signed_bzImage },
	{ .path = "bzImage/good", .make = make_bzImage },
	{ .path = "bzImage/signed", .make = make_signed_bzImage },
	{ .path = "bzImage/cut-in-setup-header", .make = make_cut_bzImage },
	{ .path = "image/bzimage", .make = make_bzImage },
	{ .path = "image/arm64-image", .make = make_arm64_image },
	{ .path = "image/uki", .make = make_uki },
	{ .path = "image/uki-profiles", .make = make_uki_profiles },
	{ .path = "image/uki-in-uki", .make = make_uki_in_uki },
	{ .path = "image/uimage", .make = make_plain_uimage },
	{ .path = "image/envelope", .make = make_full_envelope },
	{ .path = "image/riscv64-image", .make = make_riscv64_image },
	{ .path = "image/loongarch64-image", .make = make_loongarch64_image },
	{ .path = "image/bzimage.bz2", .make_packed = make_packed, .codec = "bzip2" },
	{ .path = "image/bzimage.lzo", .make_packed = make_packed, .codec = "lzo" },
	{ .path = "inspect/thin", .make = make_thin },
	{ .path = "inspect/certificates", .make = make_certificates },
	{ .path = "image/zboot-gzip", .make_packed = make_packed_zboot, .codec = "gzip" },
	{ .path = "image/zboot-zstd", .make_packed = make_packed_zboot, .codec = "zstd" },
	{ .path = "image/bzimage.gz", .make_packed = make_packed, .codec = "gzip" },
	{ .path = "image/bzimage.xz", .make_packed = make_packed, .codec = "xz" },
	{ .path = "image/bzimage.lzma", .make_packed = make_packed, .codec = "lzma" },
	{ .path = "image/bzimage.zst", .make_packed = make_packed, .codec = "zstd" },
	{ .path = "image/bzimage.lz4-legacy", .make_packed = make_packed, .codec = "lz4" },
	{ .path = "image/bzimage.lz4", .make_packed = make_packed, .codec = "lz4 frame" },
};

/* False: its codec is not built in. */
static bool make_seed(struct bytes *ret, const struct seed *seed)
{
	if (seed->make_packed)
		return seed->make_packed(ret, seed->codec);
	seed->make(ret);
	return true;
}

static void test_seeds(void **state)
{
	const char *top = getenv("top_srcdir");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
		autobytes struct bytes want = { 0 };
		autoblob struct blob file = { 0 };
		autofree unsigned char *have = NULL;
		struct why w = { 0 };
		struct extent all;
		char path[512];

		snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", top ? top : ".",
			 seeds[i].path);
		if (blob_open(&file, path, &w) < 0)
			fail_msg("%s: %s", path, w.text);
		all = blob_whole(&file);
		if (seeds[i].make_packed)
			continue;
		make_seed(&want, &seeds[i]);
		assert_int_equal(extent_dup(&all, 0, all.len, &have, NULL), 0);
		if (all.len != want.size || memcmp(have, want.data, want.size) != 0)
			fail_msg("%s is not what the builder makes: test-corpus --write", path);
	}
}

static int write_seed(const char *dir, const struct seed *seed)
{
	autobytes struct bytes bytes = { 0 };
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%.*s", dir, (int)strcspn(seed->path, "/"), seed->path);
	mkdir(path, 0777); /* it may be there */
	snprintf(path, sizeof(path), "%s/%s", dir, seed->path);
	if (!make_seed(&bytes, seed)) {
		fprintf(stderr, "%s: left out, %s is not built in\n", path, seed->codec);
		return 0;
	}
	f = fopen(path, "w");
	if (!f || fwrite(bytes.data, bytes.size, 1, f) != 1 || fclose(f) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
	};
	int failed = 0;

	if (argc != 3 || strcmp(argv[1], "--write") != 0)
		return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++)
		failed += write_seed(argv[2], &seeds[i]);
	return failed != 0;
}
