// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kexec_load where Kexec HandOver is active and the kernel says how to hand on what it
 * preserves. Where it does not: test-load-classic.
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
#include "kexec/file-type.h"
#include "kexec/load-segments.h"
#include "lib/cleanup.h"
#include "tests/unit/machine.h"

static struct kexec_options classic(void)
{
	return (struct kexec_options){ .kernel = path_bzImage, .cmdline = "quiet",
				       .initrds = { path_initrd }, .nr_initrds = 1,
				       .syscall = SYSCALL_CLASSIC, .mem_max = UINT64_MAX };
}

/* Two areas; in between is what must stay. */
#define LOW_AREA  0x1000000, 0x1800000
#define HIGH_AREA 0x9000000, 0xa000000
#define TREE	  0x8765000

static void put_handover(void)
{
	put_text("/sys/kernel/debug/kho/out/scratch_phys", "0x1000000\n0x9000000\n");
	put_text("/sys/kernel/debug/kho/out/scratch_len", "0x800000\n0x1000000\n");
	put_text("/sys/kernel/debug/kho/out/fdt_phys", "0x0000000008765000\n");
	put_text("/sys/kernel/debug/kho/out/fdt_len", "0x0000000000001000\n");
}

static bool is_in(const struct kexec_segment_arg *s, uint64_t start, uint64_t end)
{
	return s->mem >= start && s->mem + s->memsz <= end;
}

static void assert_inside(const struct call *c)
{
	for (unsigned long i = 0; i < c->nr_segments; i++)
		if (!is_in(&c->segments[i], LOW_AREA) && !is_in(&c->segments[i], HIGH_AREA))
			fail_msg("segment %lu is at %#lx", i, (unsigned long)c->segments[i].mem);
}

/* The setup_data of a type, copied out of the setup segment; how many there are. */
static unsigned int find_setup_data(const struct segments_job *job, uint32_t type, void *ret,
				    size_t size)
{
	const struct segment *setup = &job->segments.list[job->segments.nr - 2];
	struct {
		uint64_t next;
		uint32_t type, len;
	} head;
	unsigned int found = 0;
	uint64_t at;

	assert_string_equal(setup->name, "setup");
	assert_int_equal(extent_read(&setup->bytes, 0x250, &at, sizeof(at), NULL), 0);
	for (; at; at = head.next) {
		at -= setup->mem;
		assert_int_equal(extent_read(&setup->bytes, at, &head, sizeof(head), NULL), 0);
		if (head.type != type)
			continue;
		found++;
		assert_int_equal(head.len, size);
		assert_int_equal(extent_read(&setup->bytes, at + sizeof(head), ret, size, NULL), 0);
	}
	return found;
}

/* A kernel that says where its tree is: kexec_load does what kexec_file_load would. */
static void test_hands_over(void **state)
{
	struct kexec_options o = classic();
	const struct call *c = &calls[0];
	static const uint64_t areas[] = { 0x1000000, 0x800000, 0x9000000, 0x1000000 };

	(void)state;
	put_handover();
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 1);
	assert_int_equal(c->nr_segments, 5);
	assert_inside(c);
	/* The list is the third; the kernel reads pairs of address and size. */
	assert_int_equal(c->segments[2].bufsz, sizeof(areas));
	assert_memory_equal(c->first[2], areas, 16);
	assert_int_equal((unsigned long)c->segments[2].mem % 0x10000, 0);
	/* -a goes on to it. */
	o.syscall = SYSCALL_AUTO;
	answers[1] = -ENOEXEC;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 3);
	assert_true(calls[2].classic);
	assert_inside(&calls[2]);
	o.syscall = SYSCALL_CLASSIC;
	o.discard_handover = true;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(calls[3].nr_segments, 4);
}

static void test_handover_setup_data(void **state)
{
	struct kexec_options o = classic();
	autoimage struct boot_image img = { 0 };
	struct segments_job job;
	struct blob file;
	uint64_t data[4];

	(void)state;
	put_handover();
	assert_int_equal(blob_open(&file, o.kernel, NULL), 0);
	assert_int_equal(file_type_open(&img, &file, NULL, NULL), 0);
	assert_int_equal(load_segments_prepare(&job, &img, &o, &arch_x86_64, &machine, NULL), 0);
	assert_int_equal(find_setup_data(&job, 10, data, sizeof(data)), 1);
	assert_int_equal(data[0], TREE);
	assert_int_equal(data[1], 0x1000);
	assert_string_equal(job.segments.list[1].name, "scratch areas");
	assert_int_equal(data[2], job.segments.list[1].mem);
	assert_int_equal(data[3], 32);
	segments_job_done(&job);
	o.discard_handover = true;
	assert_int_equal(load_segments_prepare(&job, &img, &o, &arch_x86_64, &machine, NULL), 0);
	assert_int_equal(find_setup_data(&job, 10, data, sizeof(data)), 0);
	segments_job_done(&job);
}

static void test_handover_no_room(void **state)
{
	struct kexec_options o = classic();

	(void)state;
	put_handover();
	put_text("/sys/kernel/debug/kho/out/scratch_len", "0x1000\n0x81000\n");
	assert_int_equal(load(&o), KEXEC_EXIT_FAILED);
	/* Areas that make no sense: no load that loses what is preserved. */
	put_text("/sys/kernel/debug/kho/out/scratch_len", "0x800000\n");
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	/* A tree in a scratch area would be written over. */
	put_handover();
	put_text("/sys/kernel/debug/kho/out/fdt_phys", "0x0000000009765000\n");
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
}

/* A new kernel and nothing that tells: as if it were active. */
static void test_handover_unknown(void **state)
{
	struct kexec_options o = classic();

	(void)state;
	put_text("/proc/sys/kernel/osrelease", "7.2.13\n");
	assert_int_equal(load(&o), KEXEC_EXIT_DIE);
	assert_int_equal(nr_calls, 0);
	o.discard_handover = true;
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	o.discard_handover = false;
	put_text("/proc/self/mounts", "debugfs /sys/kernel/debug debugfs rw 0 0\n");
	assert_int_equal(load(&o), KEXEC_EXIT_OK);
	assert_int_equal(nr_calls, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hands_over),
		TEST(test_handover_setup_data),
		TEST(test_handover_no_room),
		TEST(test_handover_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
