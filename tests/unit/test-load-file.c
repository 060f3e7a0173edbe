/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arguments of kexec_file_load, and the plan that tells about them. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/file-type.h"
#include "kexec/merge.h"
#include "kexec/plan.h"
#include "kexec/sys.h"
#include "lib/cleanup.h"
#include "tests/unit/pack.h"

static struct bytes bzImage, uki; /* made once */

static int make_files(void **state)
{
	(void)state;
	make_bzImage(&bzImage);
	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) }, { ".initrd", TEXT("INITRD!") },
		{ ".ucode", TEXT("UCODE") }, { ".cmdline", TEXT("root=/dev/vda quiet\n") });
	return 0;
}

static int free_files(void **state)
{
	(void)state;
	bytes_done(&bzImage);
	bytes_done(&uki);
	return 0;
}

static void open_image(struct boot_image *ret, struct blob file)
{
	assert_int_equal(file_type_open(ret, &file, NULL, NULL), 0);
}

static void give_initrd(struct boot_image *img, struct blob initrd)
{
	autooverlay struct overlay o = { .initrds = { initrd }, .nr_initrds = 1 };

	assert_int_equal(merge_overlay(img, &o, NULL), 0);
}

/* A memfd with exactly these bytes, that nobody can change. */
static void check_sealed(const struct blob *b, int fd, const char *want, size_t len)
{
	struct extent all = blob_whole(b);
	autofree unsigned char *have = NULL;

	assert_int_equal(b->kind, BLOB_MEMFD);
	assert_int_equal(b->fd, fd);
	assert_int_equal(lseek(fd, 0, SEEK_END), len);
	assert_int_equal(extent_dup(&all, 0, len, &have, NULL), 0);
	assert_memory_equal(have, want, len);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(errno, EPERM);
}

/* What a zboot build puts behind a signed kernel is not passed on: the signature would not fit. */
static void test_padding_behind_signed_kernel(void **state)
{
	autobytes struct bytes kernel = { 0 }, padded = { 0 }, packed = { 0 }, zboot = { 0 };
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };
	autoimage struct boot_image img = { 0 };

	(void)state;
	make_arm64_image(&kernel);
	pe_add_certificates(&kernel, 0x148);
	bytes_add(&padded, kernel.data, kernel.size);
	bytes_fill(&padded, 0, 4096);
	if (!pack(&packed, "gzip", bytes_span(&padded)))
		skip();
	make_zboot(&zboot, "gzip", bytes_span(&packed), padded.size);
	open_image(&img, bytes_file(&zboot));
	assert_int_equal(img.kernel.bytes.len, padded.size);
	assert_int_equal(load_file_prepare(&req, &img, 0, NULL), 0);
	check_sealed(&req.kernel, req.kernel_fd, (char *)kernel.data, kernel.size);
}

static void test_whole_file_is_passed_itself(void **state)
{
	autoimage struct boot_image img = { 0 };
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };

	(void)state;
	open_image(&img, bytes_file(&bzImage));
	assert_int_equal(load_file_route(&img, &arch_x86_64), ROUTE_AS_IS);
	assert_int_equal(load_file_prepare(&req, &img, 0, NULL), 0);
	assert_int_equal(req.kernel_fd, img.blobs[0]->fd);
	assert_int_equal(req.kernel.kind, BLOB_NONE);
	assert_int_equal(req.initrd_fd, -1);
	assert_int_equal(req.initrd.kind, BLOB_NONE);
	assert_int_equal(req.flags, KEXEC_FILE_NO_INITRAMFS);
	assert_string_equal(req.cmdline, ""); /* never NULL */
}

static void test_single_initrd_is_passed_itself(void **state)
{
	autoimage struct boot_image img = { 0 };
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };

	(void)state;
	open_image(&img, bytes_file(&uki));
	give_initrd(&img, bytes_file(&bzImage)); /* any bytes */
	assert_int_equal(load_file_prepare(&req, &img, KEXEC_FILE_ON_CRASH, NULL), 0);
	assert_int_equal(req.initrd_fd, img.initrd[0].bytes.blob->fd);
	assert_int_equal(req.initrd.kind, BLOB_NONE);
	assert_int_equal(req.flags, KEXEC_FILE_ON_CRASH);
	assert_string_equal(req.cmdline, "root=/dev/vda quiet");
}

static void test_several_initrds_are_joined(void **state)
{
	autoimage struct boot_image img = { 0 };
	autooverlay struct overlay o = { .nr_initrds = 2 };
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };
	autobytes struct bytes text = { 0 };

	(void)state;
	bytes_add(&text, "first", 5);
	o.initrds[0] = bytes_file(&text);
	bytes_put(&text, 0, "again", 5);
	o.initrds[1] = bytes_file(&text);
	open_image(&img, bytes_file(&bzImage));
	assert_int_equal(merge_overlay(&img, &o, NULL), 0);
	assert_int_equal(load_file_prepare(&req, &img, 0, NULL), 0);
	assert_int_equal(req.kernel_fd, img.blobs[0]->fd);
	check_sealed(&req.initrd, req.initrd_fd, "first\0\0\0again", 13);
}

static void test_parts_become_sealed_memfds(void **state)
{
	autoimage struct boot_image img = { 0 };
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };

	(void)state;
	open_image(&img, bytes_file(&uki));
	assert_int_equal(load_file_route(&img, &arch_x86_64), ROUTE_UNPACKED);
	assert_int_equal(load_file_prepare(&req, &img, 0, NULL), 0);
	assert_int_equal(req.flags, 0);
	check_sealed(&req.kernel, req.kernel_fd, (char *)bzImage.data, bzImage.size);
	check_sealed(&req.initrd, req.initrd_fd, "UCODE\0\0\0INITRD!", 15);
	file_request_done(&req);
	assert_int_equal(req.kernel_fd, -1);
	assert_int_equal(req.initrd_fd, -1);
}

/* The user's file with its parser program; the kernel finds in it what was not given. */
static void test_whole(void **state)
{
	autoimage struct boot_image img = { 0 };
	autooverlay struct overlay o = { .nr_initrds = 1, .cmdline = "given" };
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };
	autobytes struct bytes file = { 0 };

	(void)state;
	MAKE_PE(&file, { ".linux", bytes_span(&bzImage) }, { ".initrd", TEXT("initrd") },
		{ ".cmdline", TEXT("embedded") }, { ".bpf", TEXT("program") });
	open_image(&img, bytes_file(&file));
	assert_true(load_file_has_parser(&img));
	assert_int_equal(img.parser.len, 7);
	assert_int_equal(load_file_prepare_whole(&req, &img, KEXEC_FILE_DEBUG, NULL), 0);
	assert_int_equal(req.kernel_fd, img.blobs[0]->fd);
	assert_int_equal(req.initrd_fd, -1);
	assert_int_equal(req.flags, KEXEC_FILE_DEBUG | KEXEC_FILE_NO_INITRAMFS);
	assert_string_equal(req.cmdline, "");
	file_request_done(&req);

	o.initrds[0] = bytes_file(&bzImage); /* any bytes */
	assert_int_equal(merge_overlay(&img, &o, NULL), 0);
	assert_int_equal(load_file_prepare_whole(&req, &img, 0, NULL), 0);
	assert_int_equal(req.kernel_fd, img.blobs[0]->fd);
	assert_int_equal(req.initrd_fd, img.blobs[1]->fd);
	assert_int_equal(req.flags, 0);
	assert_string_equal(req.cmdline, "given");
}

/* A bare kernel can carry one too, but a compressed file has none to show. */
static void test_where_a_parser_is_found(void **state)
{
	autoimage struct boot_image without = { 0 }, bare = { 0 }, packed_image = { 0 };
	autobytes struct bytes file = { 0 }, packed = { 0 };

	(void)state;
	open_image(&without, bytes_blob(&uki));
	assert_false(load_file_has_parser(&without));
	MAKE_PE(&file, { ".text", TEXT("code") }, { ".bpf", TEXT("program") });
	bytes_set(&file, 16, 8, 0x100000); /* makes an arm64 Image of it: image_size */
	bytes_put(&file, 0x38, "ARM\x64", 4);
	open_image(&bare, bytes_blob(&file));
	assert_int_equal(bare.nr_layers, 1);
	assert_true(load_file_has_parser(&bare));
	assert_int_equal(bare.parser.len, 7);
	if (!pack(&packed, "gzip", bytes_span(&file)))
		return;
	open_image(&packed_image, bytes_blob(&packed));
	assert_false(load_file_has_parser(&packed_image));
}

/* What was unpacked is a sealed memfd already: no second copy. */
static void test_unpacked_kernel_is_passed_itself(void **state)
{
	autoimage struct boot_image img = { 0 };
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };
	autobytes struct bytes packed = { 0 };

	(void)state;
	if (!pack(&packed, "gzip", bytes_span(&bzImage)))
		skip();
	open_image(&img, bytes_file(&packed));
	assert_int_equal(load_file_route(&img, &arch_x86_64), ROUTE_UNPACKED);
	assert_int_equal(load_file_prepare(&req, &img, 0, NULL), 0);
	assert_int_equal(req.kernel.kind, BLOB_NONE);
	assert_int_equal(req.kernel_fd, img.blobs[1]->fd);
	check_sealed(img.blobs[1], req.kernel_fd, (char *)bzImage.data, bzImage.size);
}

/* One initrd, but only a part of a file; memory has no descriptor to pass. */
static void test_single_initrd_that_is_no_file(void **state)
{
	autoimage struct boot_image part = { 0 }, memory = { 0 };
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };

	(void)state;
	open_image(&part, bytes_file(&uki));
	part.nr_initrd = 1;
	assert_int_equal(load_file_prepare(&req, &part, 0, NULL), 0);
	check_sealed(&req.initrd, req.initrd_fd, "UCODE", 5);
	file_request_done(&req);

	open_image(&memory, bytes_blob(&bzImage));
	give_initrd(&memory, bytes_blob(&bzImage));
	assert_int_equal(load_file_prepare(&req, &memory, 0, NULL), 0);
	check_sealed(&req.kernel, req.kernel_fd, (char *)bzImage.data, bzImage.size);
	check_sealed(&req.initrd, req.initrd_fd, (char *)bzImage.data, bzImage.size);
}

static unsigned int open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Somebody truncates the file under us: an error, and nothing is left open. */
static void test_file_that_shrinks(void **state)
{
	autoimage struct boot_image img = { 0 };
	struct file_request req = { .flags = 77 };
	unsigned int before;
	struct why w = { 0 };
	char path[64], says[128];

	(void)state;
	open_image(&img, bytes_file(&uki));
	snprintf(says, sizeof(says), "initrd %.60s: became shorter while it was read",
		 img.blobs[0]->name);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", img.blobs[0]->fd);
	assert_int_equal(truncate(path, PE_FIRST_AT + bzImage.size + 3), 0); /* in .initrd */
	before = open_descriptors();
	check_refused("shrinks", load_file_prepare(&req, &img, 0, &w), &w, -EIO, says);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(req.flags, 77);
}

static void test_routes(void **state)
{
	autoimage struct boot_image x86 = { 0 }, arm = { 0 };
	autobytes struct bytes image = { 0 };

	(void)state;
	open_image(&x86, bytes_blob(&bzImage));
	make_arm64_image(&image);
	open_image(&arm, bytes_blob(&image));
	assert_int_equal(load_file_route(&x86, &arch_x86_64), ROUTE_AS_IS);
	assert_int_equal(load_file_route(&x86, &arch_arm64), ROUTE_NONE);
	assert_int_equal(load_file_route(&arm, &arch_arm64), ROUTE_AS_IS);
	assert_int_equal(load_file_route(&arm, &arch_x86_64), ROUTE_NONE);
	assert_string_equal(route_name(ROUTE_WHOLE), "whole");
	assert_string_equal(route_name(ROUTE_AS_IS), "as-is");
	assert_string_equal(route_name(ROUTE_UNPACKED), "unpacked");
	assert_string_equal(route_name(ROUTE_NONE), "none");
}

static void check_plan(const struct plan *p, const char *want)
{
	autofree char *text = plan_text(p);

	assert_string_equal(text, want);
}

static void test_plan_of_uki(void **state)
{
	autoimage struct boot_image img = { 0 };
	struct plan plan = { .image = &img, .route = ROUTE_UNPACKED, .flags = KEXEC_FILE_DEBUG,
			     .cmdline_max = 2016, .memory_size = 0x100000 };

	(void)state;
	open_image(&img, bytes_blob(&uki));
	check_plan(&plan, "load: reboot kernel by kexec_file_load\n"
			  "format: uki > bzImage64\n"
			  "kernel: 1536 bytes at 0x200 of image, from section .linux\n"
			  "initrd: 5 bytes at 0xa00 of image, from section .ucode\n"
			  "initrd: 7 bytes at 0x800 of image, from section .initrd\n"
			  "cmdline: 'root=/dev/vda quiet', from section .cmdline\n"
			  "cmdline length: 19 of at most 2016\n"
			  "memory: 1024 KiB for the kernel, 0 KiB for the initrd\n"
			  "flags: 0x8 debug\n"
			  "passed to the kernel: its parts, as sealed memfds\n"
			  "route: unpacked\n");
}

/* The flags are those of the call: no initrd is passed, although the file has one. */
static void test_plan_of_whole(void **state)
{
	autoimage struct boot_image img = { 0 };
	struct plan plan = { .image = &img, .route = ROUTE_WHOLE };
	autobytes struct bytes file = { 0 };

	(void)state;
	MAKE_PE(&file, { ".linux", bytes_span(&bzImage) }, { ".initrd", TEXT("initrd") },
		{ ".bpf", TEXT("program") });
	open_image(&img, bytes_blob(&file));
	check_plan(&plan, "load: reboot kernel by kexec_file_load\n"
			  "format: uki > bzImage64\n"
			  "parser: 7 bytes at 0xa00 of image, section .bpf\n"
			  "kernel: 1536 bytes at 0x200 of image, from section .linux\n"
			  "initrd: 6 bytes at 0x800 of image, from section .initrd\n"
			  "cmdline: none\n"
			  "flags: 0x4 no-initramfs\n"
			  "passed to the kernel: the file itself, for the parser program inside it\n"
			  "route: whole\n");
	give_initrd(&img, bytes_blob(&bzImage));
	check_plan(&plan, "load: reboot kernel by kexec_file_load\n"
			  "format: uki > bzImage64\n"
			  "parser: 7 bytes at 0xa00 of image, section .bpf\n"
			  "kernel: 1536 bytes at 0x200 of image, from section .linux\n"
			  "initrd: 1536 bytes at 0 of image, from --initrd\n"
			  "cmdline: none\n"
			  "flags: 0\n"
			  "passed to the kernel: the file itself, for the parser program inside it\n"
			  "route: whole\n");
}

static void test_plan_of_bare_kernel(void **state)
{
	autoimage struct boot_image img = { 0 };
	struct plan plan = { .image = &img, .route = ROUTE_AS_IS, .crash = true,
			     .flags = KEXEC_FILE_ON_CRASH | KEXEC_FILE_NO_CMA |
				      KEXEC_FILE_FORCE_DTB };

	(void)state;
	open_image(&img, bytes_blob(&bzImage));
	check_plan(&plan, "load: crash kernel by kexec_file_load\n"
			  "format: bzImage64\n"
			  "kernel: 1536 bytes at 0 of image, from file\n"
			  "cmdline: none\n"
			  "flags: 0x36 on-crash no-initramfs no-cma force-dtb\n"
			  "passed to the kernel: the file itself\n"
			  "route: as-is\n");
	plan.route = ROUTE_NONE;
	plan.flags = 0;
	plan.crash = false;
	check_plan(&plan, "load: reboot kernel by kexec_file_load\n"
			  "format: bzImage64\n"
			  "kernel: 1536 bytes at 0 of image, from file\n"
			  "cmdline: none\n"
			  "flags: 0x4 no-initramfs\n"
			  "passed to the kernel: nothing: this kernel's kexec_file_load does not "
			  "take the format\n"
			  "route: none\n");
}

/* What the loaders of both architectures take; 0 where a header cannot tell. */
static void test_facts_for_the_plan(void **state)
{
	autoimage struct boot_image x86 = { 0 }, arm = { 0 };
	autobytes struct bytes image = { 0 };

	(void)state;
	open_image(&x86, bytes_blob(&bzImage));
	make_arm64_image(&image);
	open_image(&arm, bytes_blob(&image));
	assert_int_equal(arch_x86_64.cmdline_max(&x86, false), 2016);
	assert_int_equal(arch_x86_64.cmdline_max(&x86, true), 2016);
	assert_int_equal(arch_x86_64.memory_size(&x86), 0x100000);
	assert_int_equal(arch_arm64.cmdline_max(&arm, false), 2047);
	assert_int_equal(arch_arm64.memory_size(&arm), 0x100000);
	assert_int_equal(arch_x86_64.cmdline_max(&arm, false), 0);
	assert_int_equal(arch_arm64.memory_size(&x86), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padding_behind_signed_kernel),
		cmocka_unit_test(test_whole_file_is_passed_itself),
		cmocka_unit_test(test_single_initrd_is_passed_itself),
		cmocka_unit_test(test_several_initrds_are_joined),
		cmocka_unit_test(test_parts_become_sealed_memfds),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_where_a_parser_is_found),
		cmocka_unit_test(test_unpacked_kernel_is_passed_itself),
		cmocka_unit_test(test_single_initrd_that_is_no_file),
		cmocka_unit_test(test_file_that_shrinks),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_plan_of_uki),
		cmocka_unit_test(test_plan_of_whole),
		cmocka_unit_test(test_plan_of_bare_kernel),
		cmocka_unit_test(test_facts_for_the_plan),
	};

	return cmocka_run_group_tests_name("load-file", tests, make_files, free_files);
}
