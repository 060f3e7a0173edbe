// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The elfcorehdr. The judge is the kernel: kdump-high-low and kdump-4-levels hold
 * the one that Linux 6.12 made for kexec_file_load(2) at the time when the rest
 * of the machine was recorded.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/core-header.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"
#include "tests/unit/machine.h"

struct recorded {
	char root[512];
	struct sys sys;
};

static void find(struct recorded *ret, const char *name)
{
	const char *top = getenv("top_srcdir");

	snprintf(ret->root, sizeof(ret->root), "%s/tests/sysroot/%s", top ? top : ".", name);
	ret->sys = (struct sys){ .root = ret->root };
}

static int build(struct blob *ret, const struct sys *sys, enum core_headers class, struct why *w)
{
	autoiomem struct iomem m = { 0 };
	struct crash_regions c;
	int r = iomem_read(&m, sys, w);

	if (r == 0)
		r = crash_regions_read(&c, &m, sys, w);
	return r < 0 ? r : core_header_build(ret, &m, &c, class, &core_x86_64, sys, w);
}

static void check_golden(const char *name)
{
	autoblob struct blob ours = { 0 };
	autofree char *theirs = NULL;
	struct recorded rec;
	int size;

	find(&rec, name);
	assert_int_equal(build(&ours, &rec.sys, CORE_HEADERS_AUTO, NULL), 0);
	size = sysfile_read(rec.root, "/elfcorehdr", &theirs);
	/* Theirs is padded to a page. */
	assert_true(ours.size > sizeof(Elf64_Ehdr) && size >= (int)ours.size);
	assert_memory_equal(ours.data, theirs, ours.size);
	for (int i = ours.size; i < size; i++)
		assert_int_equal(theirs[i], 0);
}

static void test_golden(void **state)
{
	(void)state;
	check_golden("kdump-high-low"); /* 5-level page tables, two regions, 5 GiB */
	check_golden("kdump-4-levels");
}

/* What readelf makes of it: one line a program header. */
static void readelf(const struct blob *b, char *ret, size_t size)
{
	char path[] = "/tmp/kexec-test-core-XXXXXX", command[128];
	int fd = mkstemp(path);
	size_t n;
	FILE *f;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, b->data, b->size), b->size);
	close(fd);
	snprintf(command, sizeof(command), "readelf -lW %s 2>&1 | grep -E 'Warn|Err|NOTE|LOAD'",
		 path);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(ret, 1, size - 1, f);
	ret[n] = '\0';
	pclose(f);
	remove(path);
}

static void check_readelf(const struct sys *sys, enum core_headers class, const char *want)
{
	autoblob struct blob b = { 0 };
	char text[4096];

	assert_int_equal(build(&b, sys, class, NULL), 0);
	readelf(&b, text, sizeof(text));
	if (!*text)
		skip(); /* no readelf here */
	assert_string_equal(text, want);
}

/*
 * A machine with slots for four CPUs and two in them: by its files nobody can
 * tell more. The kernel's own header would have all four.
 */
static void test_readelf(void **state)
{
	struct recorded rec;

	(void)state;
	find(&rec, "kdump-empty-slots");
	check_readelf(
		&rec.sys, CORE_HEADERS_ELF64,
		"  NOTE           0x35e39400 0x0000000000000000 0x0000000035e39400 0x000170 0x000170     0\n"
		"  NOTE           0x35eb9400 0x0000000000000000 0x0000000035eb9400 0x000170 0x000170     0\n"
		"  NOTE           0x12ea000 0x0000000000000000 0x00000000012ea000 0x001024 0x001024     0\n"
		"  LOAD           0x12200000 0xffffffff9a000000 0x0000000012200000 0x2830000 0x2830000 RWE 0\n"
		"  LOAD           0x100000 0xffff8d5740100000 0x0000000000100000 0x36f00000 0x36f00000 RWE 0\n"
		"  LOAD           0x3f000000 0xffff8d577f000000 0x000000003f000000 0xfe0000 0xfe0000 RWE 0\n");
	check_readelf(
		&rec.sys, CORE_HEADERS_ELF32,
		"  NOTE           0x35e39400 0x00000000 0x35e39400 0x00170 0x00170     0\n"
		"  NOTE           0x35eb9400 0x00000000 0x35eb9400 0x00170 0x00170     0\n"
		"  NOTE           0x12ea000 0x00000000 0x012ea000 0x01024 0x01024     0\n"
		"  LOAD           0x12200000 0x9a000000 0x12200000 0x2830000 0x2830000 RWE 0\n"
		"  LOAD           0x100000 0x40100000 0x00100000 0x36f00000 0x36f00000 RWE 0\n"
		"  LOAD           0x3f000000 0x7f000000 0x3f000000 0xfe0000 0xfe0000 RWE 0\n");
}

/* ---- a machine made here ---- */

#define IOMEM                                           \
	"00001000-0009ffff : System RAM\n"              \
	"00100000-7fffffff : System RAM\n"              \
	"  01000000-01dfffff : Kernel code\n"           \
	"  02000000-0248ffff : Kernel rodata\n"         \
	"  03000000-033fffff : Kernel bss\n"            \
	"  10000000-1fffffff : Crash kernel\n"          \
	"100000000-13fffffff : Soft Reserved\n"         \
	"  100000000-13fffffff : dax0.0\n"              \
	"    100000000-13fffffff : System RAM (kmem)\n" \
	"200000000-2ffffffff : virtio0\n"               \
	"  200000000-20fffffff : System RAM (virtio_mem)\n"
#define TEXT_VA UINT64_C(0xffffffff9a000000)
#define RAM_VA	UINT64_C(0xffff8d5740000000)

static const struct kcore_part good_parts[] = {
	{ TEXT_VA, 0x1000000, 0x2400000, 0 },
	{ 0xffffd08880000000, KCORE_NO_PA, 0x1fffffffffff, 0 },
	{ 0xffffffffc0000000, KCORE_NO_PA, 0x3f000000, 0 },
	{ RAM_VA + 0x1000, 0x1000, 0x9f000, 0 },
	{ RAM_VA + 0x100000, 0x100000, 0x7ff00000, 0 },
};

/* @memory: what stands at 0x1000 of the file, NULL: nothing. */
static void put_kcore_with(const struct kcore_part *parts, size_t nr, const struct bytes *memory)
{
	autobytes struct bytes b = { 0 };
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(eh),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = nr + 1,
	};
	Elf64_Phdr ph = { .p_type = PT_NOTE };
	char path[64];

	bytes_add(&b, &eh, sizeof(eh));
	bytes_add(&b, &ph, sizeof(ph));
	for (size_t i = 0; i < nr; i++) {
		ph = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_vaddr = parts[i].va,
			.p_paddr = parts[i].pa,
			.p_memsz = parts[i].len,
			.p_offset = parts[i].off,
		};
		bytes_add(&b, &ph, sizeof(ph));
	}
	if (memory) {
		bytes_align(&b, 0x1000);
		bytes_add(&b, memory->data, memory->size);
	}
	put_image(path, "/proc/kcore", &b);
}

static void put_kcore(const struct kcore_part *parts, size_t nr)
{
	put_kcore_with(parts, nr, NULL);
}

static void put_cpu(unsigned int cpu, const char *notes)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/crash_notes", cpu);
	put_text(path, notes);
	strcat(path, "_size");
	put_text(path, "368\n");
}

static void put_good(void)
{
	put_text("/proc/iomem", IOMEM);
	put_text("/sys/devices/system/cpu/possible", "0,2-4\n");
	put_cpu(0, "7f000000\n");
	put_cpu(1, "7f000400\n"); /* not in the list */
	put_cpu(3, "7f000800\n");
	put_text("/sys/kernel/vmcoreinfo", "0x0000000005000000 1024\n");
	put_kcore(good_parts, ARRAY_SIZE(good_parts));
}

static void check_part(const struct blob *b, unsigned int i, uint32_t type, uint64_t va,
		       uint64_t pa, uint64_t len)
{
	struct span all = { b->data, b->size };
	Elf64_Phdr ph;

	assert_true(span_get(&ph, all, sizeof(Elf64_Ehdr) + i * sizeof(ph), sizeof(ph)));
	assert_int_equal(ph.p_type, type);
	assert_int_equal(ph.p_vaddr, va);
	assert_int_equal(ph.p_paddr, pa);
	assert_int_equal(ph.p_offset, pa);
	assert_int_equal(ph.p_filesz, len);
	assert_int_equal(ph.p_memsz, len);
}

static void test_parts(void **state)
{
	autoblob struct blob b = { 0 };

	(void)state;
	put_good();
	put_text("/sys/kernel/kexec/crash_cma_ranges", "40000000-4fffffff\n");
	assert_int_equal(build(&b, &machine, CORE_HEADERS_AUTO, NULL), 0);
	assert_int_equal(b.size, sizeof(Elf64_Ehdr) + 9 * sizeof(Elf64_Phdr));
	check_part(&b, 0, PT_NOTE, 0, 0x7f000000, 368);
	check_part(&b, 1, PT_NOTE, 0, 0x7f000800, 368);
	check_part(&b, 2, PT_NOTE, 0, 0x5000000, 0x1024);
	check_part(&b, 3, PT_LOAD, TEXT_VA, 0x1000000, 0x2400000);
	check_part(&b, 4, PT_LOAD, RAM_VA + 0x100000, 0x100000, 0xff00000);
	check_part(&b, 5, PT_LOAD, RAM_VA + 0x20000000, 0x20000000, 0x20000000);
	check_part(&b, 6, PT_LOAD, RAM_VA + 0x50000000, 0x50000000, 0x30000000);
	check_part(&b, 7, PT_LOAD, RAM_VA + 0x100000000, 0x100000000, 0x40000000);
	check_part(&b, 8, PT_LOAD, RAM_VA + 0x200000000, 0x200000000, 0x10000000);
}

/* CPUs 2 and 4 have no files; the kernel knows where their notes are. */
static void put_per_cpu(uint64_t notes_of_3)
{
	static const uint64_t notes[] = { 0x7f000000, 0, 0x7f000400, 0, 0x7f000c00 };
	struct kcore_part parts[ARRAY_SIZE(good_parts)];
	autobytes struct bytes memory = { 0 };

	memcpy(parts, good_parts, sizeof(parts));
	parts[0].off = 0x1000;
	bytes_fill(&memory, 0, 0x100);
	bytes_set(&memory, 0x18, 8, 0x1234);
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		bytes_set(&memory, 0x20 + 8 * i, 8,
			  RAM_VA + (i == 3 ? notes_of_3 : notes[i]) - 0x1234);
	put_kcore_with(parts, ARRAY_SIZE(parts), &memory);
	put_text("/proc/kallsyms", "0000000000000000 A crash_notes_not\n"
				   "ffffffff9a000018 b crash_notes\n"
				   "ffffffff9a000020 R __per_cpu_offset\n");
}

static void check_nr(uint64_t nr)
{
	autoblob struct blob b = { 0 };

	assert_int_equal(build(&b, &machine, CORE_HEADERS_AUTO, NULL), 0);
	assert_int_equal(b.size, sizeof(Elf64_Ehdr) + nr * sizeof(Elf64_Phdr));
}

static void test_absent_cpus(void **state)
{
	autoblob struct blob b = { 0 };

	(void)state;
	put_good();
	put_per_cpu(0x7f000800);
	assert_int_equal(build(&b, &machine, CORE_HEADERS_AUTO, NULL), 0);
	check_part(&b, 0, PT_NOTE, 0, 0x7f000000, 368);
	check_part(&b, 1, PT_NOTE, 0, 0x7f000400, 368);
	check_part(&b, 2, PT_NOTE, 0, 0x7f000800, 368);
	check_part(&b, 3, PT_NOTE, 0, 0x7f000c00, 368);
	check_part(&b, 4, PT_NOTE, 0, 0x5000000, 0x1024);
	check_nr(10);
	/* What contradicts a file is not believed for the others. */
	put_per_cpu(0x7f000808);
	check_nr(8);
	put_per_cpu(0x7f000800);
	put_text("/proc/kallsyms", "0000000000000000 b crash_notes\n"
				   "0000000000000000 R __per_cpu_offset\n");
	check_nr(8);
	put_text("/proc/kallsyms", "ffffffff9a000018 b crash_notes\n"
				   "ffffffff9a0000e0 R __per_cpu_offset\n");
	check_nr(8);
}

/* Builds where something was made wrong; nothing comes of it but a reason. */
static int refused(enum core_headers class, const char *reason)
{
	struct blob b = { .size = 77 };
	struct why w = { 0 };
	int r = build(&b, &machine, class, &w);

	if (r == 0 || !strstr(w.text, reason) || b.size != 77)
		fail_msg("%s: %d %s", reason, r, w.text);
	return r;
}

static void test_32_bit(void **state)
{
	(void)state;
	put_good();
	assert_int_equal(refused(CORE_HEADERS_ELF32, "--elf32-core-headers"), -E2BIG);
}

static void test_old_kernel(void **state)
{
	autoblob struct blob b = { 0 };

	(void)state;
	put_good();
	put_text("/proc/sys/kernel/osrelease", "5.4.0-150-generic\n");
	assert_int_equal(refused(CORE_HEADERS_AUTO, "Linux 5.4.0-150-generic"), -EOPNOTSUPP);
	put_text("/proc/sys/kernel/osrelease", "5.5.0\n");
	assert_int_equal(build(&b, &machine, CORE_HEADERS_AUTO, NULL), 0);
}

static void test_bad_cpus(void **state)
{
	static const char *const lists[] = { "",	"\n",	"0-3",	  "0-\n",  "3-0\n", "0,0\n",
					     "0-3,2\n", " 0\n", "0-3 \n", "0;3\n", "0,\n" };

	(void)state;
	put_good();
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		put_text("/sys/devices/system/cpu/possible", lists[i]);
		assert_int_equal(refused(CORE_HEADERS_AUTO, "no list of CPUs"), -EBADMSG);
	}
	put_text("/sys/devices/system/cpu/possible", "0-65536\n");
	assert_int_equal(refused(CORE_HEADERS_AUTO, "more than 65536 CPUs"), -E2BIG);
	put_text("/sys/devices/system/cpu/possible", "5-9\n");
	assert_int_equal(refused(CORE_HEADERS_AUTO, "CONFIG_CRASH_DUMP"), -EOPNOTSUPP);
}

static void test_bad_notes(void **state)
{
	static const char *const notes[] = { "",
					     "0\n",
					     "7fffff00\n",
					     "a0000\n",
					     "fffffffffffffff0\n",
					     "0x7f000000\n",
					     "7f000000 \n",
					     "17f000000\n" };
	static const char *const infos[] = { "",
					     "0x5000000\n",
					     "5000000 1024\n",
					     "0x5000000 0\n",
					     "0x5000000 0x1024\n",
					     "0x5000000 100001\n",
					     "0x140000000 1024\n",
					     "0x5000000 1024 x\n" };
	autoblob struct blob b = { 0 };

	(void)state;
	put_good();
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		put_cpu(3, notes[i]);
		assert_int_equal(refused(CORE_HEADERS_AUTO, "cpu3/crash_notes"), -EBADMSG);
	}
	put_cpu(3, "7f000800\n");
	for (size_t i = 0; i < ARRAY_SIZE(infos); i++) {
		put_text("/sys/kernel/vmcoreinfo", infos[i]);
		assert_int_equal(refused(CORE_HEADERS_AUTO, "/sys/kernel/vmcoreinfo"), -EBADMSG);
	}
	/* As of a kernel with pages of 64 KiB. */
	put_text("/sys/kernel/vmcoreinfo", "0x5000000 10024\n");
	assert_int_equal(build(&b, &machine, CORE_HEADERS_AUTO, NULL), 0);
}

/* One part changed to what no kernel says. */
static void test_bad_kcore(void **state)
{
	static const struct {
		unsigned int part;
		struct kcore_part value;
		const char *reason;
	} cases[] = {
		{ 0, { TEXT_VA, 0x1200000, 0x2400000, 0 }, "do not agree" },
		{ 0, { TEXT_VA, 0x1000000, 0x23fffff, 0 }, "do not agree" },
		{ 0, { TEXT_VA, 0x1000000, GiB + 1, 0 }, "do not agree" },
		{ 0, { UINT64_MAX - 0x2300000, 0x1000000, 0x2400000, 0 }, "do not agree" },
		{ 3, { RAM_VA + 0x2000, 0x1000, 0x9f000, 0 }, "no way that we know" },
		{ 4, { RAM_VA + 0x200000, 0x100000, 0x7ff00000, 0 }, "no way that we know" },
		{ 3, { 0x400000, 0x1000, 0x9f000, 0 }, "no way that we know" },
		{ 3, { KCORE_NO_PA - 1, KCORE_NO_PA - 1, 1, 0 }, NULL },
	};
	struct kcore_part parts[ARRAY_SIZE(good_parts)];

	(void)state;
	put_good();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(parts, good_parts, sizeof(parts));
		parts[cases[i].part] = cases[i].value;
		put_kcore(parts, ARRAY_SIZE(parts));
		if (cases[i].reason) {
			assert_int_equal(refused(CORE_HEADERS_AUTO, cases[i].reason), -EBADMSG);
		} else {
			autoblob struct blob b = { 0 };

			assert_int_equal(build(&b, &machine, CORE_HEADERS_AUTO, NULL), 0);
		}
	}
	put_kcore(good_parts, 3);
	assert_int_equal(refused(CORE_HEADERS_AUTO, "where memory is mapped"), -EBADMSG);
	put_text("/proc/kcore", "\177ELF");
	assert_int_equal(refused(CORE_HEADERS_AUTO, "no 64-bit core file"), -EBADMSG);
}

static void test_without_kcore(void **state)
{
	autoblob struct blob four = { 0 }, five = { 0 };
	char path[256];

	(void)state;
	put_good();
	snprintf(path, sizeof(path), "%s/proc/kcore", machine.root);
	assert_int_equal(remove(path), 0);
	assert_int_equal(refused(CORE_HEADERS_AUTO, "/proc/kcore"), -EOPNOTSUPP);
	put_text("/proc/kallsyms", "ffffffff9a000000 T startup_64\nffffffff9a000000 T _text\n");
	assert_int_equal(refused(CORE_HEADERS_AUTO, "/proc/kcore"), -EOPNOTSUPP);
	put_text("/proc/kallsyms", "0000000000000000 T startup_64\n0000000000000000 T _text\n");
	assert_int_equal(refused(CORE_HEADERS_AUTO, "/proc/kcore"), -EOPNOTSUPP);

	put_text("/proc/kallsyms", "ffffffff81000000 T startup_64\nffffffff81000000 T _text\n");
	put_text("/proc/cpuinfo", "flags\t\t: fpu la57x\n");
	assert_int_equal(build(&four, &machine, CORE_HEADERS_AUTO, NULL), 0);
	check_part(&four, 3, PT_LOAD, 0xffffffff81000000, 0x1000000, 0x2400000);
	check_part(&four, 4, PT_LOAD, 0xffff888000100000, 0x100000, 0xff00000);
	put_text("/proc/cpuinfo", "flags\t\t: fpu la57 rdpid\n");
	assert_int_equal(build(&five, &machine, CORE_HEADERS_AUTO, NULL), 0);
	check_part(&five, 4, PT_LOAD, 0xff11000000100000, 0x100000, 0xff00000);
}

/* The kernel itself, by iomem. */
static void test_bad_image(void **state)
{
	static const char *const lines[] = {
		"",
		"  01000000-01dfffff : Kernel code\n  02000000-0248ffff : Kernel code\n",
		"  01000000-01dfffff : Kernel data\n",
		"  02000000-02dfffff : Kernel code\n  01000000-01dfffff : Kernel data\n",
		"  01000000-01dfffff : Kernel code\n  50000000-50000fff : Kernel data\n",
	};
	char text[512];

	(void)state;
	put_good();
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(text, sizeof(text),
			 "0-7fffffff : System RAM\n%s  70000000-7effffff : "
			 "Crash kernel\n",
			 lines[i]);
		put_text("/proc/iomem", text);
		assert_int_equal(refused(CORE_HEADERS_AUTO, "/proc/iomem"), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_readelf),
		TEST(test_parts),
		TEST(test_absent_cpus),
		TEST(test_32_bit),
		TEST(test_old_kernel),
		TEST(test_bad_cpus),
		TEST(test_bad_notes),
		TEST(test_bad_kcore),
		TEST(test_without_kcore),
		TEST(test_bad_image),
	};

	return cmocka_run_group_tests_name("core-header", tests, NULL, NULL);
}
