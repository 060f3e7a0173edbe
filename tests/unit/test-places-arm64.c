// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes where on arm64, by the rules of Documentation/arch/arm64/booting.rst: on any
 * memory map, and off all that /proc/iomem says is somebody's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/arch/arch.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/arm64-load.h"
#include "tests/unit/random.h"

#ifdef HAVE_FDT
#include <libfdt.h>

static void put_tree(int size)
{
	autofree void *fdt = calloc(1, size + 1024);
	void *value;

	assert_int_equal(fdt_create_empty_tree(fdt, size + 1024), 0);
	assert_int_equal(fdt_setprop_placeholder(fdt, 0, "large", size, &value), 0);
	assert_int_equal(fdt_setprop_string(fdt, 0, "device_type", "memory"), 0);
	assert_int_equal(fdt_setprop_u32(fdt, 0, "#address-cells", 2), 0);
	assert_int_equal(fdt_setprop_u32(fdt, 0, "#size-cells", 2), 0);
	put_bytes("/sys/firmware/fdt", fdt, fdt_totalsize(fdt));
}

/* ---- any map ---- */

static void random_job(struct segments_job *ret, const struct boot_image *img,
		       const struct kexec_options *o)
{
	*ret = (struct segments_job){ .image = img, .o = o, .sys = &machine };
	for (uint64_t nr = 1 + random_number(20); nr > 0; nr--) {
		uint64_t start = random_number(1 + random_number(256 * GiB)),
			 size = 1 + random_number(1 + random_number(4 * GiB));
		struct range at = { start, start + size };

		if (random_number(4))
			assert_int_equal(ram_set(&ret->loadable, at, RAM_USABLE, NULL), 0);
		else
			assert_int_equal(ram_remove(&ret->loadable, at, NULL), 0);
	}
}

static bool is_loadable(const struct ram_map *map, const struct segment *s)
{
	for (size_t i = 0; i < map->nr; i++)
		if (map->ranges[i].at.start <= s->mem && s->mem + s->memsz <= map->ranges[i].at.end)
			return true;
	return false;
}

static void check_rules(const struct segments_job *job, uint64_t text_offset, uint64_t initrd_size)
{
	const struct segments *s = &job->segments;
	const struct segment *kernel = segment_named(s, "kernel"), *tree = segment_named(s, "dtb");

	assert_int_equal(kernel->mem % 0x200000, text_offset);
	assert_true(kernel->memsz >= KERNEL_SIZE);
	assert_true(tree->mem % 8 == 0 && tree->bytes.len <= 0x200000);
	assert_int_equal(tree->mem / 0x200000, (tree->mem + tree->bytes.len - 1) / 0x200000);
	if (initrd_size) {
		const struct segment *initrd = segment_named(s, "initrd");
		uint64_t first = kernel->mem < initrd->mem ? kernel->mem : initrd->mem;
		uint64_t last = kernel->mem < initrd->mem ? initrd->mem + initrd_size
							  : kernel->mem + KERNEL_SIZE;

		assert_true(last - first / GiB * GiB <= 32 * GiB);
	}
	for (size_t i = 0; i < s->nr; i++) {
		const struct segment *a = &s->list[i];

		/* Whole pages, whatever size the running kernel's are. */
		assert_true(a->mem % 0x10000 == 0 && a->memsz % 0x10000 == 0 && a->memsz > 0);
		assert_true(a->bytes.len <= a->memsz && a->mem >= job->o->mem_min);
		assert_true(a->mem + a->memsz - 1 <= job->o->mem_max);
		assert_true(is_loadable(&job->loadable, a));
		for (size_t j = 0; j < i; j++)
			assert_true(s->list[j].mem + s->list[j].memsz <= a->mem ||
				    a->mem + a->memsz <= s->list[j].mem);
	}
}

static void test_property(void **state)
{
	unsigned int placed = 0, refused = 0, above = 0;

	(void)state;
	while (placed + refused < 1500) {
		autoimage struct boot_image img = { 0 };
		struct kexec_options o = arm64_options();
		autojob struct segments_job job = { 0 };
		uint64_t initrd = random_number(2) ? random_number(1 + random_number(3 * GiB))
						   : random_number(16 * MiB);
		uint64_t text_offset = random_number(2) ? 0x80000 : 0;
		int r;

		put_tree(random_number(2) ? 300000 : 0);
		if (random_number(2))
			o.mem_min = random_number(1 + random_number(64 * GiB));
		if (random_number(2))
			o.mem_max = o.mem_min + random_number(1 + random_number(128 * GiB));
		make_arm64_load(&img, initrd, text_offset);
		random_job(&job, &img, &o);
		r = arch_arm64.build_segments(&job, NULL);
		if (r == 0) {
			placed++;
			above += segment_named(&job.segments, "kernel")->mem >
				 job.loadable.ranges[0].at.end;
			check_rules(&job, text_offset, initrd);
		} else {
			refused++;
			assert_int_equal(r, -EADDRNOTAVAIL);
		}
	}
	/* Or else the above says nothing. */
	assert_true(placed > 400 && refused > 100 && above > 100);
}

/* Little memory far below the rest: the kernel goes where its initrd can follow. */
static void test_window(void **state)
{
	autoimage struct boot_image img = { 0 };
	const struct kexec_options o = arm64_options();
	autojob struct segments_job job = { .image = &img, .o = &o, .sys = &machine };

	(void)state;
	put_tree(0);
	make_arm64_load(&img, 256 * MiB, 0);
	assert_int_equal(ram_set(&job.loadable, (struct range){ 0, 64 * MiB }, RAM_USABLE, NULL),
			 0);
	assert_int_equal(
		ram_set(&job.loadable, (struct range){ 64 * GiB, 65 * GiB }, RAM_USABLE, NULL), 0);
	assert_int_equal(arch_arm64.build_segments(&job, NULL), 0);
	assert_int_equal(segment_named(&job.segments, "kernel")->mem, 64 * GiB);
	check_rules(&job, 0, 256 * MiB);
}

/* Memory beyond 48 bits of address is left alone: the next kernel may not reach it. */
static void test_far_memory(void **state)
{
	const struct range far = { UINT64_C(1) << 48, (UINT64_C(1) << 48) + GiB };
	const struct kexec_options o = arm64_options();
	autoimage struct boot_image img = { 0 };
	autojob struct segments_job job = { .image = &img, .o = &o, .sys = &machine };
	autojob struct segments_job none = { .image = &img, .o = &o, .sys = &machine };
	struct why w = { 0 };

	(void)state;
	put_tree(0);
	make_arm64_load(&img, MiB, 0);
	assert_int_equal(ram_set(&none.loadable, far, RAM_USABLE, NULL), 0);
	assert_int_equal(arch_arm64.build_segments(&none, &w), -EADDRNOTAVAIL);
	assert_non_null(strstr(w.text, "kernel: "));
	assert_int_equal(ram_set(&job.loadable, far, RAM_USABLE, NULL), 0);
	assert_int_equal(ram_set(&job.loadable, (struct range){ GiB, 2 * GiB }, RAM_USABLE, NULL),
			 0);
	assert_int_equal(arch_arm64.build_segments(&job, NULL), 0);
	for (size_t i = 0; i < job.segments.nr; i++)
		assert_true(job.segments.list[i].mem < 2 * GiB);
}

/* ---- what the running kernel and firmware keep ---- */

static const char *const kept[] = { "reserved",		 "ACPI Tables", "Crash kernel",
				    "Persistent Memory", "Kernel code", "Kernel data" };
#define NR_REPLACED 2 /* at the end of those: the next kernel may go over them */

/* Lines of /proc/iomem: memory with lines in it, and what is reserved beside it. */
static char *random_iomem(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	uint64_t at = GiB;

	assert_non_null(f);
	for (uint64_t nr = 1 + random_number(6); nr > 0; nr--) {
		uint64_t end = at + 64 * KiB + random_number(512 * MiB);

		fprintf(f, "%llx-%llx : %s\n", (unsigned long long)at, (unsigned long long)end - 1,
			random_number(5) ? "System RAM" : "reserved");
		for (at += random_number(32 * MiB); at < end; at += 1 + random_number(64 * MiB)) {
			uint64_t len = 1 + random_number(random_number(2) ? 16 * KiB : 32 * MiB);

			len = len < end - at ? len : end - at;
			fprintf(f, "  %llx-%llx : %s\n", (unsigned long long)at,
				(unsigned long long)(at + len - 1),
				kept[random_number(ARRAY_SIZE(kept))]);
			at += len;
		}
		at = end + MiB + random_number(GiB);
	}
	assert_int_equal(fclose(f), 0);
	return text;
}

static bool is_kept(const struct iomem_line *line)
{
	for (size_t i = ARRAY_SIZE(kept) - NR_REPLACED; i < ARRAY_SIZE(kept); i++)
		if (strcmp(line->name, kept[i]) == 0)
			return false;
	return strcmp(line->name, "System RAM") != 0;
}

/* A segment is within one piece of memory, off whatever lies in that and is kept. */
static void check_kept(const struct segment *s, const struct iomem *m)
{
	bool inside = false;

	for (size_t i = 0; i < m->nr; i++) {
		const struct iomem_line *line = &m->lines[i];

		if (is_kept(line))
			assert_true(s->mem + s->memsz <= line->start || line->end <= s->mem);
		else if (line->depth == 0)
			inside |= line->start <= s->mem && s->mem + s->memsz <= line->end;
	}
	assert_true(inside);
}

static void test_kept(void **state)
{
	unsigned int placed = 0;

	(void)state;
	put_tree(0);
	for (unsigned int turn = 0; turn < 400; turn++) {
		autoimage struct boot_image img = { 0 };
		const struct kexec_options o = arm64_options();
		autojob struct segments_job job = { 0 };
		autoiomem struct iomem m = { 0 };
		autofree char *text = random_iomem();
		int r;

		put_text("/proc/iomem", text);
		make_arm64_load(&img, random_number(32 * MiB), 0);
		r = load_segments_prepare(&job, &img, &o, &arch_arm64, &machine, NULL);
		assert_true(r == 0 || r == -EADDRNOTAVAIL);
		assert_int_equal(iomem_parse(&m, text, NULL), 0);
		for (size_t i = 0; i < job.segments.nr; i++)
			check_kept(&job.segments.list[i], &m);
		placed += r == 0;
	}
	assert_true(placed > 100);
}

/* ---- what a tree that is given keeps ---- */

#define CELLS(start, size)                                    \
	(const uint32_t[])                                    \
	{                                                     \
		0, cpu_to_fdt32(start), 0, cpu_to_fdt32(size) \
	}

static void add_node(void *fdt, int parent, const char *name, const char *status,
		     const uint32_t reg[4])
{
	int node = fdt_add_subnode(fdt, parent, name);

	assert_true(node > 0);
	if (status)
		assert_int_equal(fdt_setprop_string(fdt, node, "status", status), 0);
	if (reg)
		assert_int_equal(fdt_setprop(fdt, node, "reg", reg, 16), 0);
}

static void give_tree(struct boot_image *img)
{
	uint64_t fdt[256] = { 0 };
	struct blob b;
	int parent;

	assert_int_equal(fdt_create_empty_tree(fdt, sizeof(fdt)), 0);
	assert_int_equal(fdt_setprop_string(fdt, 0, "device_type", "memory"), 0);
	assert_int_equal(fdt_add_mem_rsv(fdt, 0x40000000, 0x1000), 0);
	assert_int_equal(fdt_add_mem_rsv(fdt, 0x50000000, 0x10000), 0); /* an old initrd */
	parent = fdt_add_subnode(fdt, 0, "chosen");
	assert_int_equal(fdt_setprop_u32(fdt, parent, "linux,initrd-start", 0x50000000), 0);
	assert_int_equal(fdt_setprop_u32(fdt, parent, "linux,initrd-end", 0x50010000), 0);
	parent = fdt_add_subnode(fdt, 0, "reserved-memory");
	assert_int_equal(fdt_setprop_u32(fdt, parent, "#address-cells", 2), 0);
	assert_int_equal(fdt_setprop_u32(fdt, parent, "#size-cells", 2), 0);
	add_node(fdt, parent, "nowhere", NULL, NULL);
	add_node(fdt, parent, "top", "okay", CELLS(0x7f000000, 0x1000000));
	add_node(fdt, parent, "off", "disabled", CELLS(0x41000000, 0x1000));
	add_node(fdt, parent, "odd", "okayish", CELLS(0x41100000, 0x1000));
	assert_int_equal(blob_copy(&b, (struct span){ (void *)fdt, sizeof(fdt) }, "dtb", NULL), 0);
	assert_int_equal(boot_image_own(img, &b, &img->dtb.bytes, NULL), 0);
	strcpy(img->dtb.origin, "--dtb");
}

static void test_given_tree(void **state)
{
	autoimage struct boot_image img = { 0 };
	const struct kexec_options o = arm64_options();
	autojob struct segments_job job = { .image = &img, .o = &o, .sys = &machine };
	const struct range all = { GiB, 2 * GiB };

	(void)state;
	put_tree(0);
	make_arm64_load(&img, MiB, 0);
	give_tree(&img);
	assert_int_equal(ram_set(&job.loadable, all, RAM_USABLE, NULL), 0);
	assert_int_equal(arch_arm64.build_segments(&job, NULL), 0);
	assert_int_equal(job.loadable.nr, 1);
	assert_int_equal(job.loadable.ranges[0].at.start, 0x40001000);
	assert_int_equal(job.loadable.ranges[0].at.end, 0x7f000000);
	check_rules(&job, 0, MiB);
}
#endif

int main(void)
{
#ifdef HAVE_FDT
	const struct CMUnitTest tests[] = {
		TEST(test_property), TEST(test_window),	    TEST(test_far_memory),
		TEST(test_kept),     TEST(test_given_tree),
	};

	random_start(88172645463325252);
	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	puts("1..1\nok 1 - places # SKIP built without libfdt");
	return 0;
#endif
}
