// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads by kexec_load: what the kernel is given, when -a goes on to it and when
 * never, and the exit codes. The machine is a temporary folder.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kexec/arch/arch.h"
#include "kexec/file-type.h"
#include "kexec/load-segments.h"
#include "lib/cleanup.h"
#include "tests/unit/machine.h"

#define ARCH_X86_64 (62ul << 16)

static struct kexec_options classic(void)
{
	return (struct kexec_options){ .kernel = path_bzImage, .cmdline = "quiet",
				       .initrds = { path_initrd }, .nr_initrds = 1,
				       .syscall = SYSCALL_CLASSIC, .mem_max = UINT64_MAX };
}

static struct kexec_options automatic(void)
{
	struct kexec_options o = classic();

	o.syscall = SYSCALL_AUTO;
	return o;
}

/* ---- what the kernel is given ---- */

static void test_bzImage(void **state)
{
	const struct kexec_options o = classic();
	const struct call *c = &calls[0];

	(void)state;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);
	assert_true(c->classic);
	assert_int_equal(c->flags, ARCH_X86_64);
	assert_int_equal(c->nr_segments, 4);
	/* The kernel without its setup code, where it likes to be, init_size for it. */
	assert_int_equal(c->segments[0].mem, 0x1000000);
	assert_int_equal(c->segments[0].memsz, 0x100000);
	assert_int_equal(c->first[0][0], 0x90);
	/* The initrd as high as it goes, and only its bytes. */
	assert_int_equal(c->segments[1].mem, 0xffff000);
	assert_int_equal(c->segments[1].bufsz, 5);
	assert_memory_equal(c->first[1], "GIVEN", 5);
	/* Purgatory is the last, and what is started. */
	assert_int_equal(c->entry, c->segments[3].mem + PURGATORY_ENTRY);
}

static void test_uki(void **state)
{
	struct kexec_options o = { .kernel = path_uki, .syscall = SYSCALL_CLASSIC,
				   .mem_max = UINT64_MAX };

	(void)state;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_memory_equal(calls[0].first[1], "EMBEDDED", 8);
	o.initrds[0] = o.initrds[1] = path_initrd;
	o.nr_initrds = 2;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_memory_equal(calls[1].first[1], "GIVEN\0\0\0GIVEN", 13);
	assert_int_equal(calls[1].segments[1].bufsz, 13);
}

static void test_no_initrd(void **state)
{
	struct kexec_options o = classic();

	(void)state;
	o.nr_initrds = 0;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(calls[0].nr_segments, 3);
}

static void test_mem_options(void **state)
{
	struct kexec_options o = classic();

	(void)state;
	o.mem_min = 0x3000000;
	o.mem_max = 0x3ffffff;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	for (unsigned long i = 0; i < calls[0].nr_segments; i++) {
		assert_true(calls[0].segments[i].mem >= 0x3000000);
		assert_true(calls[0].segments[i].mem + calls[0].segments[i].memsz <= 0x4000000);
	}
	o.mem_min = 0x3f00000; /* room for the kernel and nothing else */
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 1);
}

static struct purgatory_params read_params(const struct kexec_options *o)
{
	struct purgatory_params p;
	struct segments_job job;
	autoimage struct boot_image img = { 0 };
	struct extent initrd;
	struct blob file;
	const struct segment *last;

	assert_int_equal(blob_open(&file, o->kernel, NULL), 0);
	assert_int_equal(file_type_open(&img, &file, NULL, NULL), 0);
	assert_int_equal(blob_open(&file, path_initrd, NULL), 0);
	assert_int_equal(boot_image_own(&img, &file, &initrd, NULL), 0);
	assert_int_equal(boot_image_add_initrd(&img, &initrd, "test", NULL), 0);
	assert_int_equal(load_segments_prepare(&job, &img, o, &arch_x86_64, &machine, NULL), 0);
	last = &job.segments.list[job.segments.nr - 1];
	assert_int_equal(extent_read(&last->bytes, 0, &p, sizeof(p), NULL), 0);
	assert_int_equal(p.kernel_entry, job.segments.list[0].mem + 0x200);
	assert_int_equal(p.kernel_arg, job.segments.list[job.segments.nr - 2].mem);
	segments_job_done(&job);
	return p;
}

static void test_purgatory(void **state)
{
	struct kexec_options o = classic();
	struct purgatory_params p;

	(void)state;
	p = read_params(&o);
#ifdef HAVE_CRYPTO
	assert_int_equal(p.flags, PURGATORY_VERIFY);
	assert_int_equal(p.nr_ranges, 3); /* kernel, initrd, setup; never itself */
	assert_int_equal(p.piece, 4 << 20);
	assert_int_equal(p.ranges[0].start, 0x1000000);
	assert_int_equal(p.ranges[0].len, BZIMAGE_CODE); /* not the zeros behind */
#endif
	assert_int_equal(p.magic, PURGATORY_MAGIC);
	o.no_checks = o.reset_vga = o.console_vga = o.console_serial = true;
	o.serial = "ttyS1";
	o.serial_baud = "9600";
	p = read_params(&o);
	assert_int_equal(p.flags, PURGATORY_RESET_VGA | PURGATORY_CONSOLE_VGA |
					  PURGATORY_SERIAL_IO);
	assert_int_equal(p.nr_ranges, 0);
	assert_int_equal(p.serial, 0x2f8);
	assert_int_equal(p.serial_baud, 9600);
	o.serial = "0x3e8";
	o.serial_baud = NULL;
	p = read_params(&o);
	assert_int_equal(p.serial, 0x3e8);
	assert_int_equal(p.serial_baud, 0);
}

static void test_bad_serial(void **state)
{
	static const char *const ports[] = { "", "ttyS2", "ttyS", "ttyS01", "ttyUSB0", "0x", "0",
					     "-1", "0x10000", "0x3f8 ", " 0x3f8" };
	static const char *const bauds[] = { "", "0", "-9600", "115200n8", "7", "230400" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		struct kexec_options o = classic();

		o.serial = ports[i];
		assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bauds); i++) {
		struct kexec_options o = classic();

		o.serial_baud = bauds[i];
		assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	}
	assert_int_equal(nr_calls, 0);
}

static void test_long_cmdline(void **state)
{
	struct kexec_options o = classic();
	char text[2049];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[2048] = '\0';
	o.cmdline = text;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 0);
	text[2047] = '\0'; /* 31 more than by kexec_file_load */
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
}

static void test_dry_run(void **state)
{
	struct kexec_options o = classic();

	(void)state;
	o.dry_run = true;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 0);
	put_text("/proc/iomem", "00000000-00000000 : System RAM\n");
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
}

/* ---- -a ---- */

static void test_fallback(void **state)
{
	static const struct {
		int err;
		bool falls_back;
	} table[] = {
		{ ENOSYS, true },
		{ EINVAL, true },
		{ ENOEXEC, true },
		{ EOPNOTSUPP, true },
		{ EPERM, false },
		{ EACCES, false },
		{ EBUSY, false },
		{ EKEYREJECTED, false },
		{ ENOKEY, false },
		{ EBADMSG, false },
		{ ENODATA, false },
		{ ELIBBAD, false },
		{ ENOPKG, false },
		{ ENOMEM, false },
		{ EADDRNOTAVAIL, false },
		{ EFBIG, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct kexec_options o = automatic();

		nr_calls = 0;
		answers[0] = -table[i].err;
		assert_int_equal(load(&o),
				 table[i].falls_back ? KEXEC_EXIT_OK : KEXEC_EXIT_FAILED);
		assert_int_equal(nr_calls, table[i].falls_back ? 2 : 1);
		assert_false(calls[0].classic);
		if (table[i].falls_back)
			assert_true(calls[1].classic);
	}
}

static void test_fallback_forbidden(void **state)
{
	static const struct {
		const char *path, *text, *back;
	} table[] = {
		{ "/sys/kernel/kexec_decomposed", "enforced 1\narmed 0\n", "enforced 0\narmed 0\n" },
		{ "/sys/kernel/security/lockdown", "none [integrity] confidentiality\n",
		  "[none] integrity confidentiality\n" },
		{ "/sys/kernel/security/lockdown", "none integrity [confidentiality]\n",
		  "[none] integrity confidentiality\n" },
	};
	const struct kexec_options o = automatic();

	(void)state;
	answers[0] = -ENOEXEC;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		nr_calls = 0;
		put_text(table[i].path, table[i].text);
		assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
		assert_int_equal(nr_calls, 1);
		put_text(table[i].path, table[i].back);
	}
	nr_calls = 0;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 2);
	put_text("/sys/kernel/debug/kho/out/fdt", "");
	nr_calls = 0;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 1);
}

/* kexec_load would lose what is to be handed over; a crash kernel is handed nothing. */
static void test_handover(void **state)
{
	struct kexec_options o = automatic();

	(void)state;
	put_text("/sys/kernel/debug/kho/out/fdt", "");
	answers[0] = -ENOEXEC;
	o.discard_handover = true;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 2);
	nr_calls = 0;
	answers[0] = 0;
	o.syscall = SYSCALL_CLASSIC;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);
	o.discard_handover = false;
	nr_calls = 0;
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
	o.syscall = SYSCALL_FILE;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);
}

static void test_both_refuse(void **state)
{
	const struct kexec_options o = automatic();

	(void)state;
	answers[0] = -ENOSYS;
	answers[1] = -EPERM;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 2);
}

/* A file that cannot be opened: neither call. */
static void test_nothing_is_called(void **state)
{
	struct kexec_options o = automatic();
	char path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s/empty", machine.root);
	put_text("/empty", "");
	o.initrds[0] = path;
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
}

/* ---- vmlinux, which kexec_file_load never takes ---- */

static void put_vmlinux(char *ret_path, const char *name, uint64_t vaddr)
{
	const Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = htole16(ET_EXEC),
		.e_machine = htole16(EM_X86_64),
		.e_entry = htole64(0x1000000),
		.e_phoff = htole64(sizeof(eh)),
		.e_phentsize = htole16(sizeof(Elf64_Phdr)),
		.e_phnum = htole16(1),
	};
	const Elf64_Phdr ph = {
		.p_type = htole32(PT_LOAD),
		.p_offset = htole64(4096),
		.p_vaddr = htole64(vaddr),
		.p_paddr = htole64(0x1000000),
		.p_filesz = htole64(100),
		.p_memsz = htole64(0x3000),
	};
	autobytes struct bytes image = { 0 };

	bytes_add(&image, &eh, sizeof(eh));
	bytes_add(&image, &ph, sizeof(ph));
	bytes_align(&image, 4096);
	bytes_fill(&image, 'V', 100);
	put_image(ret_path, name, &image);
}

#define LINUX_VADDR UINT64_C(0xffffffff81000000)

static void test_vmlinux(void **state)
{
	struct kexec_options o = automatic();
	char path[64];

	(void)state;
	put_vmlinux(path, "/vmlinux", LINUX_VADDR);
	o.kernel = path;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1); /* at once: no errno has to tell */
	assert_true(calls[0].classic);
	assert_int_equal(calls[0].segments[0].mem, 0x1000000);
	assert_int_equal(calls[0].segments[0].memsz, 0x3000);
	assert_int_equal(calls[0].first[0][0], 'V');
	o.syscall = SYSCALL_FILE;
	assert_int_equal(load(&o), KEXEC_EXIT_FALLBACK);
	o.syscall = SYSCALL_AUTO;
	put_text("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 1);
}

static void test_vmlinux_place(void **state)
{
	struct kexec_options o = classic();
	char path[64];

	(void)state;
	put_vmlinux(path, "/vmlinux", LINUX_VADDR);
	o.kernel = path;
	o.mem_min = 0x1001000;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	o.mem_min = 0;
	o.mem_max = 0x1001fff;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	o.mem_max = UINT64_MAX;
	put_text("/proc/iomem", "00100000-01001fff : System RAM\n"
				"02000000-0fffffff : System RAM\n");
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	assert_int_equal(nr_calls, 0);
}

static void test_other_elf(void **state)
{
	struct kexec_options o = classic();
	char path[64];

	(void)state;
	put_vmlinux(path, "/other", 0x1000000);
	o.kernel = path;
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED); /* would want ELF boot notes */
	o.elf_args = ELF_ARGS_NONE;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(calls[0].nr_segments, 3); /* no setup */
	o.elf_args = ELF_ARGS_LINUX;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(calls[1].nr_segments, 4);
}

/* ---- crash kernels ---- */

static void test_no_reservation(void **state)
{
	struct kexec_options o = classic();

	(void)state;
	o.crash = true;
	put_text("/proc/iomem", "00100000-0fffffff : System RAM\n");
	assert_int_equal(load(&o), KEXEC_EXIT_NO_CRASH_KERNEL);
	o.syscall = SYSCALL_AUTO;
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bzImage),
		TEST(test_uki),
		TEST(test_no_initrd),
		TEST(test_mem_options),
		TEST(test_purgatory),
		TEST(test_bad_serial),
		TEST(test_long_cmdline),
		TEST(test_dry_run),
		TEST(test_fallback),
		TEST(test_fallback_forbidden),
		TEST(test_handover),
		TEST(test_both_refuse),
		TEST(test_nothing_is_called),
		TEST(test_vmlinux),
		TEST(test_vmlinux_place),
		TEST(test_other_elf),
		TEST(test_no_reservation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
