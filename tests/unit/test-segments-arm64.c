// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes where on an arm64 machine, what /proc/iomem says of its memory, and what
 * purgatory is told. By the rules on any memory map: test-places-arm64.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kexec/arch/arch.h"
#include "kexec/formats/formats.h"
#include "kexec/load-segments.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/arm64-load.h"

#ifdef HAVE_FDT
#include <libfdt.h>

static void put_tree(void)
{
	autofree void *fdt = calloc(1, 1024);

	assert_int_equal(fdt_create_empty_tree(fdt, 1024), 0);
	assert_int_equal(fdt_setprop_string(fdt, 0, "device_type", "memory"), 0);
	assert_int_equal(fdt_setprop_u32(fdt, 0, "#address-cells", 2), 0);
	assert_int_equal(fdt_setprop_u32(fdt, 0, "#size-cells", 2), 0);
	put_bytes("/sys/firmware/fdt", fdt, fdt_totalsize(fdt));
}

/* ---- one machine ---- */

static const char iomem[] = "09000000-09000fff : pl011@9000000\n"
			    "40000000-7fffffff : System RAM\n"
			    "  40210000-41deffff : Kernel code\n"
			    "  41df0000-4211ffff : reserved\n"
			    "  42120000-4263ffff : Kernel data\n"
			    "  48000000-4800ffff : reserved\n"
			    "  70000000-7fffffff : Crash kernel\n"
			    "80000000-80ffffff : reserved\n"
			    "100000000-13fffffff : System RAM\n"
			    "  13f000000-13fffffff : reserved\n";

static void check_places(uint64_t initrd_size, uint64_t text_offset, const struct kexec_options *o,
			 uint64_t kernel, uint64_t initrd)
{
	autoimage struct boot_image img = { 0 };
	autojob struct segments_job job = { 0 };
	struct why w = { 0 };

	put_text("/proc/iomem", iomem);
	put_tree();
	make_arm64_load(&img, initrd_size, text_offset);
	if (load_segments_prepare(&job, &img, o, &arch_arm64, &machine, &w) < 0)
		fail_msg("%s", w.text);
	assert_int_equal(segment_named(&job.segments, "kernel")->mem, kernel);
	assert_int_equal(segment_named(&job.segments, "kernel")->memsz, KERNEL_SIZE);
	if (initrd)
		assert_int_equal(segment_named(&job.segments, "initrd")->mem, initrd);
	assert_int_equal(job.flags >> 16, EM_AARCH64);
	assert_int_equal(job.segments.entry,
			 segment_named(&job.segments, "purgatory")->mem + PURGATORY_ENTRY);
}

static void test_places(void **state)
{
	struct kexec_options o = arm64_options();

	(void)state;
	check_places(MiB, 0, &o, 0x40000000, 0x13ef00000);
	/* What is reserved in between is nobody's, but the old kernel's code is. */
	check_places(0, 0x80000, &o, 0x40080000, 0);
	o.mem_min = 0x41000000;
	check_places(MiB, 0, &o, 0x42200000, 0x13ef00000);
	o.mem_max = 0x6fffffff;
	check_places(MiB, 0x80000, &o, 0x42280000, 0x6ff00000);
}

static void test_ram(void **state)
{
	static const struct ram_range want[] = {
		{ { 0x40000000, 0x41df0000 }, RAM_USABLE },
		{ { 0x42120000, 0x48000000 }, RAM_USABLE },
		{ { 0x48010000, 0x70000000 }, RAM_USABLE },
		{ { 0x100000000, 0x13f000000 }, RAM_USABLE },
	};
	autoiomem struct iomem m = { 0 };
	autoram struct ram_map all = { 0 }, loadable = { 0 };
	char *text = strdup(iomem);

	(void)state;
	assert_int_equal(iomem_parse(&m, text, NULL), 0);
	free(text);
	assert_int_equal(ram_of_iomem(&all, &loadable, &m, NULL), 0);
	assert_int_equal(all.nr, 3);
	assert_int_equal(loadable.nr, ARRAY_SIZE(want));
	for (size_t i = 0; i < loadable.nr; i++) {
		assert_int_equal(loadable.ranges[i].at.start, want[i].at.start);
		assert_int_equal(loadable.ranges[i].at.end, want[i].at.end);
	}
}

static void check_error(const struct boot_image *img, const struct kexec_options *o, int err,
			const char *phrase)
{
	struct segments_job job = { 0 };
	struct why w = { 0 };

	assert_int_equal(load_segments_prepare(&job, img, o, &arch_arm64, &machine, &w), err);
	if (!strstr(w.text, phrase))
		fail_msg("\"%s\" is not in: %s", phrase, w.text);
	assert_int_equal(job.segments.nr, 0);
}

static void test_refused(void **state)
{
	autoimage struct boot_image img = { 0 }, large = { 0 }, odd = { 0 };
	struct kexec_options o = arm64_options();
	char cmdline[2049];

	(void)state;
	put_text("/proc/iomem", iomem);
	make_arm64_load(&img, 0, 0);
	check_error(&img, &o, -EOPNOTSUPP, "no device tree");
	put_tree();
	make_arm64_load(&large, 2 * GiB, 0);
	check_error(&large, &o, -EADDRNOTAVAIL, "initrd: Could not find a free area of memory");
	o.mem_max = 0x400fffff;
	check_error(&img, &o, -EADDRNOTAVAIL, "kernel: Could not find a free area of memory");
	o = arm64_options();
	make_arm64_load(&odd, 0, 0x1000);
	check_error(&odd, &o, -EOPNOTSUPP, "text_offset 0x1000");
	o.serial = "ttyAMA0";
	check_error(&img, &o, -EINVAL, "--serial=ttyAMA0");
	o.serial = "../ttyAMA0";
	check_error(&img, &o, -EINVAL, "--serial=../ttyAMA0");
	o = arm64_options();
	memset(cmdline, 'x', 2048);
	assert_int_equal(boot_image_set_cmdline(&img, cmdline, 2048, "test", NULL), 0);
	check_error(&img, &o, -E2BIG, "2048 characters, the kernel takes 2047");
	img.layers[0] = &file_type_vmlinux_arm64;
	check_error(&img, &o, -EOPNOTSUPP, "does not take an");
}

/* ---- what purgatory is told ---- */

static void params_of(struct purgatory_params *ret, struct segments_job *job,
		      const struct boot_image *img, const struct kexec_options *o)
{
	struct why w = { 0 };

	if (load_segments_prepare(job, img, o, &arch_arm64, &machine, &w) < 0)
		fail_msg("%s", w.text);
	assert_int_equal(extent_read(&segment_named(&job->segments, "purgatory")->bytes, 0, ret,
				     sizeof(*ret), NULL),
			 0);
	assert_int_equal(ret->kernel_entry, segment_named(&job->segments, "kernel")->mem);
	assert_int_equal(ret->kernel_arg, segment_named(&job->segments, "dtb")->mem);
}

static void put_port(const char *type, const char *shift)
{
	put_text("/sys/class/tty/ttyS0/iomem_base", "0x9000000\n");
	put_text("/sys/class/tty/ttyS0/io_type", type);
	put_text("/sys/class/tty/ttyS0/iomem_reg_shift", shift);
}

static void test_purgatory(void **state)
{
	static const struct {
		const char *type, *shift;
		int uart; /* -1: refused */
	} ports[] = {
		{ "2\n", "0\n", PURGATORY_UART_8250 },
		{ "3\n", "2\n", PURGATORY_UART_8250_32 },
		{ "2\n", "2\n", -1 },
		{ "0\n", "0\n", -1 },
		{ "x\n", "0\n", -1 },
	};
	autoimage struct boot_image img = { 0 };
	struct kexec_options o = arm64_options();
	struct purgatory_params p;

	(void)state;
	put_text("/proc/iomem", iomem);
	put_tree();
	make_arm64_load(&img, MiB, 0);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		autojob struct segments_job job = { 0 };

		o.serial = "ttyS0";
		put_port(ports[i].type, ports[i].shift);
		if (ports[i].uart < 0) {
			check_error(&img, &o, -EINVAL, "--serial=ttyS0");
			continue;
		}
		params_of(&p, &job, &img, &o);
		assert_int_equal(p.serial, 0x9000000);
		assert_int_equal(p.serial_uart, ports[i].uart);
		assert_int_equal(p.flags, PURGATORY_SERIAL_MMIO);
	}
}

/* ---- Kexec HandOver ---- */

static const fdt64_t *kho_property(const void *fdt, const char *name)
{
	int len, chosen = fdt_path_offset(fdt, "/chosen");
	const fdt64_t *p = fdt_getprop(fdt, chosen, name, &len);

	assert_non_null(p);
	assert_int_equal(len, 16);
	return p;
}

/* Scratch areas lie in what /proc/iomem calls reserved, and are free all the same. */
static void test_handover(void **state)
{
	autoimage struct boot_image img = { 0 };
	autojob struct segments_job job = { 0 };
	struct kexec_options o = arm64_options();
	const struct segment *list;
	const void *fdt;
	struct why w = { 0 };

	(void)state;
	put_text("/proc/iomem", iomem);
	put_text("/sys/kernel/debug/kho/out/scratch_phys", "0x60000000\n0x13f000000\n");
	put_text("/sys/kernel/debug/kho/out/scratch_len", "0x800000\n0x1000000\n");
	put_text("/sys/kernel/debug/kho/out/fdt_phys", "0x0000000045678000\n");
	put_text("/sys/kernel/debug/kho/out/fdt_len", "0x0000000000001000\n");
	put_tree();
	make_arm64_load(&img, MiB, 0);
	check_error(&img, &o, -EADDRNOTAVAIL, "kernel: Could not find");
	put_text("/sys/kernel/debug/kho/out/scratch_len", "0x2000000\n0x1000000\n");
	if (load_segments_prepare(&job, &img, &o, &arch_arm64, &machine, &w) < 0)
		fail_msg("%s", w.text);
	assert_int_equal(segment_named(&job.segments, "kernel")->mem, 0x60000000);
	for (size_t i = 0; i < job.segments.nr; i++) {
		const struct segment *s = &job.segments.list[i];

		assert_true((s->mem >= 0x60000000 && s->mem + s->memsz <= 0x62000000) ||
			    (s->mem >= 0x13f000000 && s->mem + s->memsz <= 0x140000000));
	}
	list = segment_named(&job.segments, "scratch areas");
	assert_int_equal(list->bytes.len, 32);
	fdt = segment_named(&job.segments, "dtb")->bytes.blob->data;
	assert_int_equal(fdt64_ld(kho_property(fdt, "linux,kho-fdt")), 0x45678000);
	assert_int_equal(fdt64_ld(kho_property(fdt, "linux,kho-fdt") + 1), 0x1000);
	assert_int_equal(fdt64_ld(kho_property(fdt, "linux,kho-scratch")), list->mem);
	assert_int_equal(fdt64_ld(kho_property(fdt, "linux,kho-scratch") + 1), 32);
}

/* ---- --dtb, and an image's own ---- */

static enum kexec_exit load_arm64(enum kexec_syscall syscall, const char *kernel, const char *dtb)
{
	struct kexec_options o = arm64_options();

	o.load = true;
	o.syscall = syscall;
	o.kernel = kernel;
	o.dtb = dtb;
	nr_calls = 0;
	return load_kernel(&o, &arch_arm64, &machine);
}

static void test_dtb(void **state)
{
	autobytes struct bytes image = { 0 };
	char path[64], tree[64];

	(void)state;
	put_text("/proc/iomem", iomem);
	put_tree();
	make_arm64_image(&image);
	put_image(path, "/Image", &image);
	snprintf(tree, sizeof(tree), "%s/sys/firmware/fdt", machine.root);
	/* By the only call that takes one, or not at all. */
	assert_int_equal(load_arm64(SYSCALL_CLASSIC, path, tree), KEXEC_EXIT_OK);
	assert_true(nr_calls == 1 && calls[0].classic);
	assert_int_equal(load_arm64(SYSCALL_AUTO, path, tree), KEXEC_EXIT_OK);
	assert_true(nr_calls == 1 && calls[0].classic);
	assert_int_equal(load_arm64(SYSCALL_FILE, path, tree), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
	assert_int_equal(load_arm64(SYSCALL_AUTO, path, NULL), KEXEC_EXIT_OK);
	assert_true(nr_calls == 1 && !calls[0].classic);
	assert_int_equal(load_arm64(SYSCALL_CLASSIC, path, "/nowhere"), KEXEC_EXIT_DIE);
	assert_int_equal(load_arm64(SYSCALL_CLASSIC, path, path), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 0);
}
#endif

int main(void)
{
#ifdef HAVE_FDT
	const struct CMUnitTest tests[] = {
		TEST(test_places),    TEST(test_ram), TEST(test_refused),
		TEST(test_purgatory), TEST(test_dtb), TEST(test_handover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	puts("1..1\nok 1 - segments # SKIP built without libfdt");
	return 0;
#endif
}
