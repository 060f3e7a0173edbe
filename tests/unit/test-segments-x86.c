// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes where on x86_64: on recorded machines by golden lines, and on any
 * memory map by the rules. Nothing here is hashed, so initrds may be large.
 */
#define _GNU_SOURCE
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
#include "kexec/plan.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/images.h"
#include "tests/unit/initrd.h"

#define CMDLINE "quiet"

/* ---- an image, its initrd of any size without any bytes ---- */

static const struct file_type *const bare = &file_type_bzImage64;

/* @init_size 0: what make_bzImage() says, 1 MiB at 16 MiB, aligned to 2 MiB. */
static void make_image(struct boot_image *ret, uint64_t initrd_size, uint32_t init_size,
		       uint64_t pref_address, bool relocatable)
{
	autobytes struct bytes bzImage = { 0 };
	struct blob b;

	make_bzImage(&bzImage);
	if (init_size) {
		bytes_set(&bzImage, 0x260, 4, init_size);
		bytes_set(&bzImage, 0x258, 8, pref_address);
		bytes_set(&bzImage, 0x234, 1, relocatable);
	}
	bytes_set(&bzImage, 0x236, 2, 0x33); /* and five-level page tables */
	b = bytes_blob(&bzImage);
	assert_int_equal(boot_image_own(ret, &b, &ret->kernel.bytes, NULL), 0);
	ret->layers[0] = bare;
	ret->nr_layers = 1;
	add_initrd(ret, initrd_size);
	assert_int_equal(boot_image_set_cmdline(ret, CMDLINE, strlen(CMDLINE), "test", NULL), 0);
}

static struct kexec_options options(void)
{
	return (struct kexec_options){ .mem_max = UINT64_MAX, .no_checks = true };
}

/* ---- recorded machines ---- */

/*
 * "NAME MEM+MEMSZ", hexadecimal, but without purgatory, which is as large as the
 * compiler makes it: it comes last and lies directly below all others.
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

static int prepare(struct segments_job *ret, const char *machine, const struct boot_image *img,
		   const struct kexec_options *o, struct why *w)
{
	const char *top = getenv("top_srcdir");
	struct sys sys = { 0 };
	char root[256];
	int r;

	snprintf(root, sizeof(root), "%s/tests/sysroot/%s", top ? top : ".", machine);
	sys.root = root;
	r = load_segments_prepare(ret, img, o, &arch_x86_64, &sys, w);
	ret->sys = NULL; /* is gone */
	return r;
}

static void check_golden(const char *machine, uint64_t initrd_size, const struct kexec_options *o,
			 const char *golden)
{
	autoimage struct boot_image img = { 0 };
	autojob struct segments_job job = { 0 };
	autofree char *found = NULL;
	struct why w = { 0 };

	make_image(&img, initrd_size, 0x3000000, 0x1000000, true);
	if (prepare(&job, machine, &img, o, &w) < 0)
		fail_msg("%s: %s", machine, w.text);
	found = places(&job.segments);
	assert_string_equal(found, golden);
	assert_string_equal(job.segments.list[job.segments.nr - 1].name, "purgatory");
	assert_int_equal(job.segments.entry,
			 job.segments.list[job.segments.nr - 1].mem + PURGATORY_ENTRY);
}

static void test_machines(void **state)
{
	const struct kexec_options o = options();

	(void)state;
	check_golden("bios-512m", 16 * MiB, &o,
		     "kernel 1000000+3000000, initrd 1efe0000+1000000, setup 1efde000+2000");
	check_golden("bios-8g", 16 * MiB, &o,
		     "kernel 1000000+3000000, initrd 27f000000+1000000, setup 27effe000+2000");
	check_golden("bios-8g", 3 * GiB, &o,
		     "kernel 1000000+3000000, initrd 1c0000000+c0000000, setup 1bfffe000+2000");
	check_golden("bios-8g", 0, &o, "kernel 1000000+3000000, setup 27fffe000+2000");
	check_golden("efi-1536m", 512 * MiB + 1, &o,
		     "kernel 1000000+3000000, initrd 3ea9f000+20001000, setup 5fef2000+2000");
}

static void test_options(void **state)
{
	struct kexec_options o = options();

	(void)state;
	o.mem_max = 0x3fffffff;
	check_golden("bios-8g", 16 * MiB, &o,
		     "kernel 1000000+3000000, initrd 3f000000+1000000, setup 3effe000+2000");
	o.mem_min = 0x20000800;
	check_golden("bios-8g", 16 * MiB, &o,
		     "kernel 20200000+3000000, initrd 3f000000+1000000, setup 3effe000+2000");
	o.mem_min = 4 * GiB;
	o.mem_max = UINT64_MAX;
	check_golden("bios-8g", 16 * MiB, &o,
		     "kernel 100000000+3000000, initrd 27f000000+1000000, setup 27effe000+2000");
}

static void test_crash(void **state)
{
	struct kexec_options o = options();

	(void)state;
	o.crash = true;
	check_golden(
		"crash-low", 16 * MiB, &o,
		"kernel 6b000000+3000000, initrd 7a000000+1000000, elfcorehdr 79fff000+1000, setup 79ffd000+2000");
	check_golden(
		"crash-high-low", 16 * MiB, &o,
		"kernel 26f000000+3000000, initrd 27e000000+1000000, elfcorehdr 27dfff000+1000, setup 27dffd000+2000");
	o.hotplug = true;
	check_golden(
		"crash-high-low", 16 * MiB, &o,
		"kernel 26f000000+3000000, initrd 27e000000+1000000, elfcorehdr 27df1f000+e1000, setup 27df1d000+2000");
}

static void test_crash_flags(void **state)
{
	autoimage struct boot_image img = { 0 };
	autojob struct segments_job job = { 0 };
	struct kexec_options o = options();
	unsigned int unverified = 0;

	(void)state;
	o.crash = o.hotplug = o.pass_memmap_cmdline = true;
	make_image(&img, MiB, 0, 0, true);
	assert_int_equal(prepare(&job, "crash-high-low", &img, &o, NULL), 0);
	assert_int_equal(job.flags, 62 << 16 | KEXEC_LOAD_ON_CRASH | KEXEC_LOAD_UPDATE_ELFCOREHDR);
	assert_true(strncmp(job.cmdline, "quiet memmap=exactmap memmap=", 29) == 0);
	assert_non_null(strstr(job.cmdline, " elfcorehdr="));
	for (size_t i = 0; i < job.segments.nr; i++)
		if (job.segments.list[i].unverified)
			unverified++;
	assert_int_equal(unverified, 2); /* elfcorehdr and purgatory */
}

/* Somebody truncates a file that is being digested: which one it was is said. */
static void test_initrd_that_shrinks(void **state)
{
	autoimage struct boot_image img = { 0 };
	autojob struct segments_job job = { 0 };
	struct kexec_options o = options();
	struct why w = { 0 };

	(void)state;
	o.no_checks = false;
	make_image(&img, 9 * MiB, 0x3000000, 0x1000000, true);
	img.blobs[1]->kind = BLOB_FILE;
	assert_int_equal(ftruncate(img.blobs[1]->fd, MiB), 0);
	free(img.blobs[1]->name);
	img.blobs[1]->name = strdup("/boot/initrd.img");
	assert_int_equal(prepare(&job, "bios-8g", &img, &o, &w), -EIO);
	assert_string_equal(w.text, "/boot/initrd.img: became shorter while it was read");
}

/* Purgatory's size is the compiler's, so the lines around it are looked at alone. */
static void check_text(const char *text, const char *head, const char *tail)
{
	size_t len = strlen(text);

	if (strncmp(text, head, strlen(head)) != 0 || len < strlen(tail) ||
	    strcmp(text + len - strlen(tail), tail) != 0)
		fail_msg("found:\n%swanted:\n%s...\n%s", text, head, tail);
}

static void test_texts(void **state)
{
	autoimage struct boot_image img = { 0 };
	autojob struct segments_job job = { 0 };
	struct kexec_options o = options();
	struct plan plan = { .image = &img, .route = ROUTE_SEGMENTS, .job = &job };
	autofree char *text = NULL, *dump = NULL;

	(void)state;
	o.mem_max = 0x3fffffff;
	make_image(&img, MiB, 0, 0, true);
	assert_int_equal(prepare(&job, "bios-8g", &img, &o, NULL), 0);
	text = plan_text(&plan);
	check_text(text,
		   "load: reboot kernel by kexec_load\n"
		   "format: bzImage64\n"
		   "kernel: 1536 bytes at 0 of image, from \n"
		   "initrd: 1048576 bytes at 0 of initrd, from test\n"
		   "cmdline: 'quiet', from test\n"
		   "segment: kernel, 0x1000000 to 0x10fffff, 512 bytes loaded\n"
		   "segment: initrd, 0x3ff00000 to 0x3fffffff, 1048576 bytes loaded\n"
		   "segment: setup, 0x3fefe000 to 0x3fefffff, ",
		   "route: segments\n");
	assert_non_null(strstr(text, "\nflags: 0x3e0000\nentry: 0x3fe"));
	dump = load_segments_dump(&job);
	assert_non_null(strstr(dump, "flags = 0x3e0000\nnr_segments = 4\n"
				     "segment[0].buf   = kernel\n"
				     "segment[0].bufsz = 0x200\n"
				     "segment[0].mem   = 0x1000000\n"
				     "segment[0].memsz = 0x100000\n"
				     "segment[1].buf   = initrd\n"));
	assert_true(strncmp(dump, "entry       = 0x3fe", 19) == 0);
}

static void check_error(const char *machine, uint64_t initrd_size, const struct kexec_options *o,
			int err, const char *phrase)
{
	autoimage struct boot_image img = { 0 };
	struct segments_job job = { 0 };
	struct why w = { 0 };

	make_image(&img, initrd_size, 0x3000000, 0x1000000, true);
	assert_int_equal(prepare(&job, machine, &img, o, &w), err);
	if (!strstr(w.text, phrase))
		fail_msg("\"%s\" is not in: %s", phrase, w.text);
	assert_int_equal(job.segments.nr, 0);
}

static void test_refused(void **state)
{
	struct kexec_options o = options();

	(void)state;
	check_error("bios-512m", 512 * MiB, &o, -EADDRNOTAVAIL,
		    "initrd: Could not find a free area of memory of 0x20000000 bytes");
	o.mem_max = 0xffffff;
	check_error("bios-8g", MiB, &o, -EADDRNOTAVAIL,
		    "kernel: Could not find a free area of memory");
	o = options();
	o.crash = true;
	check_error("bios-8g", MiB, &o, -ENODATA, "");
	check_error("crash-low", 256 * MiB, &o, -EADDRNOTAVAIL, "initrd: Could not find");
}

static void test_not_relocatable(void **state)
{
	static const struct {
		uint64_t pref;
		int err;
	} table[] = {
		{ 0x1000000, 0 },
		{ 0x2001000, 0 }, /* where it wants to be, not where it is aligned */
		{ 0x1800, -EADDRNOTAVAIL },
		{ 0x2000800, -EADDRNOTAVAIL },
		{ 0x7ff00000, -EADDRNOTAVAIL }, /* its end is reserved */
		{ UINT64_MAX - 0xfff, -EADDRNOTAVAIL },
	};
	const struct kexec_options o = options();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		autoimage struct boot_image img = { 0 };
		autojob struct segments_job job = { 0 };

		make_image(&img, MiB, 0x200000, table[i].pref, false);
		assert_int_equal(prepare(&job, "bios-8g", &img, &o, NULL), table[i].err);
		if (table[i].err == 0)
			assert_int_equal(job.segments.list[0].mem, table[i].pref);
	}
}

/* ---- any map ---- */

static uint64_t seed = 88172645463325252;

/* xorshift: the same numbers everywhere, so that a failure comes again. */
static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static void random_job(struct segments_job *ret, const struct boot_image *img,
		       const struct kexec_options *o, const struct sys *sys)
{
	static const enum ram_type types[] = { RAM_USABLE, RAM_USABLE, RAM_USABLE, RAM_RESERVED };

	*ret = (struct segments_job){ .image = img, .o = o, .sys = sys };
	for (uint64_t nr = 1 + rnd(200); nr > 0; nr--) {
		uint64_t start = rnd(1 + rnd(16 * GiB)), size = 1 + rnd(1 + rnd(2 * GiB));
		enum ram_type type = types[rnd(ARRAY_SIZE(types))];

		assert_int_equal(
			ram_set(&ret->all, (struct range){ start, start + size }, type, NULL), 0);
	}
	/* What the running kernel keeps off is left out. */
	for (size_t i = 0; i < ret->all.nr; i++)
		if (ret->all.ranges[i].type == RAM_USABLE && rnd(8))
			assert_int_equal(
				ram_set(&ret->loadable, ret->all.ranges[i].at, RAM_USABLE, NULL),
				0);
}

static bool is_loadable(const struct ram_map *map, const struct segment *s)
{
	for (size_t i = 0; i < map->nr; i++)
		if (map->ranges[i].at.start <= s->mem && s->mem + s->memsz <= map->ranges[i].at.end)
			return true;
	return false;
}

static void check_rules(const struct segments_job *job)
{
	const struct segments *s = &job->segments;
	const struct segment *kernel = &s->list[0];

	assert_true(kernel->mem >= 0x1000000 && kernel->mem % 0x200000 == 0);
	assert_true(kernel->memsz >= 0x100000);
	for (size_t i = 0; i < s->nr; i++) {
		const struct segment *a = &s->list[i];

		assert_true(a->mem % 4096 == 0 && a->memsz % 4096 == 0 && a->memsz > 0);
		assert_true(a->bytes.len <= a->memsz);
		assert_true(a->mem >= 0x3000 && a->mem >= job->o->mem_min);
		assert_true(a->mem + a->memsz - 1 <= job->o->mem_max);
		assert_true(is_loadable(&job->loadable, a));
		for (size_t j = 0; j < i; j++)
			assert_true(s->list[j].mem + s->list[j].memsz <= a->mem ||
				    a->mem + a->memsz <= s->list[j].mem);
	}
	assert_true(s->entry == s->list[s->nr - 1].mem + PURGATORY_ENTRY);
}

static void test_property(void **state)
{
	const struct sys nowhere = { .root = "/nonexistent" };
	unsigned int placed = 0, refused = 0;

	(void)state;
	while (placed + refused < 2000) {
		autoimage struct boot_image img = { 0 };
		struct kexec_options o = options();
		autojob struct segments_job job = { 0 };
		int r;

		if (rnd(2))
			o.mem_min = rnd(1 + rnd(8 * GiB));
		if (rnd(2))
			o.mem_max = o.mem_min + rnd(1 + rnd(16 * GiB));
		make_image(&img, rnd(2) ? rnd(1 + rnd(3 * GiB)) : rnd(16 * MiB), 0, 0, true);
		random_job(&job, &img, &o, &nowhere);
		r = arch_x86_64.build_segments(&job, NULL);
		if (r == 0) {
			placed++;
			check_rules(&job);
		} else {
			refused++;
			assert_int_equal(r, -EADDRNOTAVAIL);
		}
	}
	/* Or else the above says nothing. */
	assert_true(placed > 400 && refused > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_crash_flags),
		cmocka_unit_test(test_initrd_that_shrinks),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_relocatable),
		cmocka_unit_test(test_property),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
