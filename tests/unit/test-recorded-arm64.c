// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes where on a recorded arm64 machine (tests/boot/arm64/run --record, its
 * device tree packed), for a reboot and for a crash.
 */
#define _GNU_SOURCE
#include <elf.h>
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

/* "NAME MEM+MEMSZ", hexadecimal, but without purgatory, which is as large as the compiler makes it.
 */
static char *places(const struct segments *s)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	for (size_t i = 0; i + 1 < s->nr; i++)
		fprintf(f, "%s%s %llx+%llx", i ? ", " : "", s->list[i].name,
			(unsigned long long)s->list[i].mem, (unsigned long long)s->list[i].memsz);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void prepare_recorded(struct segments_job *ret, const struct boot_image *img,
			     const struct kexec_options *o)
{
	const char *top = getenv("top_srcdir");
	struct sys sys = { 0 };
	struct why w = { 0 };
	char root[256];

	snprintf(root, sizeof(root), "%s/tests/sysroot/arm64-virt", top ? top : ".");
	sys.root = root;
	if (load_segments_prepare(ret, img, o, &arch_arm64, &sys, &w) < 0)
		fail_msg("%s", w.text);
	ret->sys = NULL; /* is gone */
}

/* An address and a size in /chosen of what is loaded as device tree. */
static void assert_chosen(const struct segments *s, const char *name, uint64_t address,
			  uint64_t size)
{
	const struct extent *bytes = &segment_named(s, "dtb")->bytes;
	autofree unsigned char *fdt = NULL;
	const fdt64_t *range;
	int len;

	assert_int_equal(extent_dup(bytes, 0, bytes->len, &fdt, NULL), 0);
	range = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), name, &len);
	assert_non_null(range);
	assert_int_equal(len, 16);
	assert_int_equal(fdt64_ld(range), address);
	assert_int_equal(fdt64_ld(range + 1), size);
}

/* Purgatory cannot verify itself; all else it does. */
static void assert_verified(const struct segments *s)
{
	for (size_t i = 0; i < s->nr; i++)
		assert_int_equal(s->list[i].unverified, strcmp(s->list[i].name, "purgatory") == 0);
}

static void test_recorded(void **state)
{
	autoimage struct boot_image img = { 0 };
	autojob struct segments_job job = { 0 };
	struct kexec_options o = arm64_options();
	autofree char *found = NULL;

	(void)state;
	o.serial = "ttyAMA0";
	make_arm64_load(&img, 16 * MiB, 0);
	prepare_recorded(&job, &img, &o);
	found = places(&job.segments);
	assert_string_equal(found,
			    "kernel 40e00000+1230000, initrd 71d00000+1000000, dtb 7fe20000+10000");
	assert_verified(&job.segments);
}

/* The numbers of an elfcorehdr as recorded: a note, vmcoreinfo, the kernel, memory around the
 * region. */
static void test_recorded_crash(void **state)
{
	autoimage struct boot_image img = { 0 };
	autojob struct segments_job job = { 0 };
	struct kexec_options o = arm64_options();
	autofree char *found = NULL;
	Elf64_Ehdr eh;
	Elf64_Phdr ph[5];
	const struct segment *core;

	(void)state;
	o.crash = true;
	make_arm64_load(&img, 16 * MiB, 0);
	prepare_recorded(&job, &img, &o);
	found = places(&job.segments);
	assert_string_equal(found, "kernel 72e00000+1230000, initrd 7de00000+1000000, "
				   "elfcorehdr 7ddf0000+10000, dtb 7dde0000+10000");
	core = segment_named(&job.segments, "elfcorehdr");
	assert_int_equal(extent_read(&core->bytes, 0, &eh, sizeof(eh), NULL), 0);
	assert_int_equal(extent_read(&core->bytes, sizeof(eh), ph, sizeof(ph), NULL), 0);
	assert_true(le16toh(eh.e_machine) == EM_AARCH64 && le16toh(eh.e_phnum) == 5);
	assert_true(le64toh(ph[2].p_vaddr) == 0xffff800080000000 &&
		    le64toh(ph[2].p_paddr) == 0x40200000);
	assert_true(le64toh(ph[3].p_vaddr) == 0xffff000000000000 &&
		    le64toh(ph[3].p_paddr) == 0x40000000);
	assert_true(le64toh(ph[3].p_memsz) == 0x32e00000);
	assert_true(le64toh(ph[4].p_vaddr) == 0xffff00003ee00000 &&
		    le64toh(ph[4].p_paddr) == 0x7ee00000);
	assert_string_equal(job.cmdline, "quiet");
	assert_chosen(&job.segments, "linux,elfcorehdr", core->mem, core->memsz);
	assert_chosen(&job.segments, "linux,usable-memory-range", 0x72e00000, 0xc000000);
	assert_verified(&job.segments);
}

#endif

int main(void)
{
#ifdef HAVE_FDT
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_recorded_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	puts("1..1\nok 1 - recorded machines # SKIP built without libfdt");
	return 0;
#endif
}
