/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an x86 kernel is told, byte by byte. Offsets are spelled out here a second
 * time on purpose: they are those of Documentation/arch/x86/zero-page.rst and boot.rst.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/arch/x86_64/boot-params.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/machine.h"

#define DATA "/sys/kernel/boot_params/data"

static const unsigned char seed[X86_RNG_SEED] = "0123456789abcdefghijklmnopqrstu";
static const struct x86_setup_options options = { .rng_seed = seed };
static const struct ram_range two[] = {
	{ { 0, 0x9fc00 }, RAM_USABLE },
	{ { 0x100000, 0x7ffdc000 }, RAM_USABLE },
};
static const struct ram_map small = { (struct ram_range *)two, 2 };

/* A setup header that says something in each byte, up to @end. */
static void make_kernel(struct bytes *ret, unsigned int end)
{
	make_bzImage(ret);
	for (size_t i = 0x26c; i < end; i++)
		bytes_set(ret, i, 1, 0xa0 + i);
	bytes_set(ret, 0x1fa, 2, 0xffff);      /* vid_mode */
	bytes_set(ret, 0x201, 1, end - 0x202); /* jump */
	bytes_set(ret, 0x218, 8, UINT64_MAX);  /* ramdisk: nonsense from the file */
	bytes_set(ret, 0x228, 4, UINT32_MAX);  /* cmd_line_ptr */
	bytes_set(ret, 0x230, 4, 0x200000);    /* kernel_alignment */
	bytes_set(ret, 0x236, 2, 0x3f);        /* xloadflags */
	bytes_set(ret, 0x23c, 4, 77);          /* subarch */
	bytes_set(ret, 0x250, 8, 0x666);       /* setup_data */
}

static int read_facts(struct x86_facts **ret, const struct bytes *kernel,
		      const struct x86_setup_options *o, struct why *w)
{
	autoblob struct blob b = bytes_blob(kernel);
	struct extent all = blob_whole(&b);

	return x86_facts_read(ret, &all, o, &machine, w);
}

/* Reads, builds and frees the facts; the size is what was promised. */
static int build(struct bytes *ret, const struct bytes *kernel, const struct x86_layout *at,
		 const struct ram_map *ram, const char *cmdline, struct why *w)
{
	autoblob struct blob b = { 0 };
	struct x86_facts *f = NULL;
	int r = read_facts(&f, kernel, &options, w);

	if (r < 0)
		return r;
	r = x86_setup_build(&b, f, at, ram, cmdline, w);
	if (r == 0) {
		assert_int_equal(b.kind, BLOB_MEMORY);
		assert_int_equal(b.size, x86_setup_size(f, ram->nr, strlen(cmdline)));
		bytes_add(ret, b.data, b.size);
	}
	x86_facts_free(f);
	return r;
}

static uint64_t le(const struct bytes *b, size_t off, unsigned int width)
{
	uint64_t value = 0;

	assert_true(off + width <= b->size);
	memcpy(&value, b->data + off, width);
	return le64toh(value);
}

/* The node of that type in the chain of setup_data; its data's place and length. */
static size_t find_node(const struct bytes *b, uint64_t phys, uint32_t type, uint32_t *ret_len)
{
	uint64_t next = le(b, 0x250, 8);

	for (int i = 0; next && i < 10; i++) {
		size_t at = next - phys;

		assert_true(next > phys);
		assert_int_equal(at % 16, 0);
		if (le(b, at + 8, 4) == type) {
			*ret_len = le(b, at + 12, 4);
			assert_true(at + 16 + *ret_len <= b->size);
			return at + 16;
		}
		next = le(b, at, 8);
	}
	return 0;
}

/* This kernel's own page: 0xee where nobody has any business to look. */
static void make_params(struct bytes *ret)
{
	bytes_fill(ret, 0xee, 4096);
	for (size_t i = 0; i < 64; i++)
		bytes_set(ret, i, 1, i + 1);           /* screen_info */
	bytes_set(ret, 0x070, 8, 0x123456789a);        /* RSDP */
	bytes_set(ret, 0x1e9, 2, 0x0302);              /* 2 disks, 3 signatures */
	bytes_set(ret, 0x23c, 4, 4);                   /* subarch */
	for (size_t i = 0; i < 64; i++)
		bytes_set(ret, 0x290 + i, 1, 0x40 + i);
	for (size_t i = 0; i < 6 * 82; i++)
		bytes_set(ret, 0xd00 + i, 1, i * 7);
}

/* The whole blob, byte for byte, with everything that a machine without EFI has. */
static void test_all_bytes(void **state)
{
	static const struct x86_layout at = {
		.setup = 0x123456000, .kernel = 0x1000000,
		.initrd = 0x2fedcb000, .initrd_size = 0x187654321,
	};
	autobytes struct bytes kernel = { 0 }, params = { 0 }, want = { 0 }, have = { 0 };

	(void)state;
	make_kernel(&kernel, 0x280);
	make_params(&params);
	put_bytes(DATA, params.data, params.size);
	assert_int_equal(build(&have, &kernel, &at, &small, "root=/dev/vda quiet", NULL), 0);

	bytes_fill(&want, 0, 4096);
	bytes_put(&want, 0, params.data, 64);
	bytes_set(&want, 0x002, 2, 0xfc00);            /* ext_mem_k: all it can say */
	bytes_set(&want, 0x070, 8, 0x123456789a);
	bytes_set(&want, 0x0c0, 4, 2);                 /* high halves */
	bytes_set(&want, 0x0c4, 4, 1);
	bytes_set(&want, 0x0c8, 4, 1);
	bytes_set(&want, 0x1e0, 4, (0x7ffdc000 - 0x100000) / 1024); /* alt_mem_k */
	bytes_set(&want, 0x1e8, 1, 2);                 /* e820 entries */
	bytes_set(&want, 0x1e9, 2, 0x0302);
	bytes_put(&want, 0x1f1, kernel.data + 0x1f1, 0x280 - 0x1f1);
	bytes_set(&want, 0x210, 1, 0xd0);              /* type_of_loader */
	bytes_set(&want, 0x211, 1, 0);                 /* loadflags */
	bytes_set(&want, 0x214, 4, 0x1000000);         /* code32_start */
	bytes_set(&want, 0x218, 4, 0xfedcb000);
	bytes_set(&want, 0x21c, 4, 0x87654321);
	bytes_set(&want, 0x228, 4, 0x23456000 + 4096 + 48);
	bytes_set(&want, 0x23c, 4, 4);
	bytes_set(&want, 0x250, 8, 0x123456000 + 4096);
	bytes_put(&want, 0x290, params.data + 0x290, 3 * 4);
	bytes_set(&want, 0x2d0 + 8, 8, 0x9fc00);
	bytes_set(&want, 0x2d0 + 16, 4, 1);
	bytes_set(&want, 0x2d0 + 20, 8, 0x100000);
	bytes_set(&want, 0x2d0 + 28, 8, 0x7fedc000);
	bytes_set(&want, 0x2d0 + 36, 4, 1);
	bytes_put(&want, 0xd00, params.data + 0xd00, 2 * 82);
	/* SETUP_RNG_SEED, the last of the chain, then the command line. */
	bytes_fill(&want, 0, 8);
	bytes_add(&want, "\x09\0\0\0\x20\0\0\0", 8);
	bytes_add(&want, seed, 32);
	bytes_add(&want, "root=/dev/vda quiet", 20);

	assert_int_equal(have.size, want.size);
	for (size_t i = 0; i < want.size; i++)
		if (have.data[i] != want.data[i])
			fail_msg("byte %#zx is %#x, not %#x", i, have.data[i], want.data[i]);
}

static void test_nothing_known(void **state)
{
	static const struct x86_layout at = { .setup = 0x5000, .kernel = 0x1234000000,
					      .initrd = 0x6000 }; /* of no bytes: none */
	static const struct ram_map none = { 0 };
	autobytes struct bytes kernel = { 0 }, have = { 0 };

	(void)state;
	make_kernel(&kernel, 0x26c);
	assert_int_equal(build(&have, &kernel, &at, &none, "", NULL), 0);
	for (size_t i = 0; i < 0x1f1; i++)
		assert_int_equal(have.data[i], 0);
	assert_int_equal(le(&have, 0x214, 4), 0); /* out of reach for 32 bits */
	assert_int_equal(le(&have, 0x218, 8), 0);
	assert_int_equal(le(&have, 0x23c, 4), 0);
	assert_int_equal(le(&have, 0x228, 4), 0x5000 + 4096 + 48);
	for (size_t i = 0x290; i < 4096; i++)
		assert_int_equal(have.data[i], 0);
	assert_int_equal(have.data[have.size - 1], 0);
}

/* 128 fit; the rest goes behind. */
static void test_large_maps(void **state)
{
	static const struct x86_layout at = { .setup = 0x100000000, .kernel = 0x1000000 };
	static const size_t sizes[] = { 0, 1, 127, 128, 129, 300, LIMIT_RAM_RANGES };
	autobytes struct bytes kernel = { 0 };
	autofree struct ram_range *list = calloc(LIMIT_RAM_RANGES + 1, sizeof(*list));

	(void)state;
	assert_non_null(list);
	make_kernel(&kernel, 0x26c);
	for (size_t i = 0; i <= LIMIT_RAM_RANGES; i++)
		list[i] = (struct ram_range){ { i << 20, (i << 20) + 0x1000 * (i % 200 + 1) },
					      i % 2 ? RAM_RESERVED : RAM_USABLE };
	for (size_t n = 0; n < ARRAY_SIZE(sizes); n++) {
		struct ram_map map = { list, sizes[n] };
		size_t outside = sizes[n] > 128 ? sizes[n] - 128 : 0, node;
		autobytes struct bytes have = { 0 };
		uint32_t len = 0;

		assert_int_equal(build(&have, &kernel, &at, &map, "", NULL), 0);
		assert_int_equal(le(&have, 0x1e8, 1), sizes[n] - outside);
		node = find_node(&have, at.setup, 1, &len);
		assert_int_equal(len, outside * 20);
		for (size_t i = 0; i < sizes[n]; i++) {
			size_t entry = i < 128 ? 0x2d0 + i * 20 : node + (i - 128) * 20;

			assert_int_equal(le(&have, entry, 8), i << 20);
			assert_int_equal(le(&have, entry + 8, 8), 0x1000 * (i % 200 + 1));
			assert_int_equal(le(&have, entry + 16, 4), i % 2 ? 2 : 1);
		}
		/* What comes behind is whole, too. */
		node = find_node(&have, at.setup, 9, &len);
		assert_int_equal(le(&have, node - 16, 8), 0);
		assert_memory_equal(have.data + node, seed, 32);
	}
}

static void test_too_large(void **state)
{
	struct ram_map map = { calloc(LIMIT_RAM_RANGES + 1, sizeof(struct ram_range)),
			       LIMIT_RAM_RANGES + 1 };
	static const struct x86_layout at = { .setup = 0x1000 };
	autobytes struct bytes kernel = { 0 }, have = { 0 };
	struct why w = { 0 };

	(void)state;
	make_kernel(&kernel, 0x26c);
	check_refused("map", build(&have, &kernel, &at, &map, "", &w), &w, -E2BIG,
		      "memory map of more than");
	free(map.ranges);
}

static void test_types(void **state)
{
	static const struct { enum ram_type type; uint32_t e820; } types[] = {
		{ RAM_USABLE, 1 }, { RAM_RESERVED, 2 }, { RAM_ACPI, 3 }, { RAM_ACPI_NVS, 4 },
		{ RAM_UNUSABLE, 5 }, { RAM_PMEM, 7 }, { RAM_PRAM, 12 },
		{ RAM_SOFT_RESERVED, 0xefffffff }, { (enum ram_type)0, 2 },
		{ (enum ram_type)6, 2 }, { (enum ram_type)128, 2 },
	};
	struct ram_range list[ARRAY_SIZE(types)];
	struct ram_map map = { list, ARRAY_SIZE(types) };
	static const struct x86_layout at = { .setup = 0x1000 };
	autobytes struct bytes kernel = { 0 }, have = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		list[i] = (struct ram_range){ { i << 12, (i + 1) << 12 }, types[i].type };
	make_kernel(&kernel, 0x26c);
	assert_int_equal(build(&have, &kernel, &at, &map, "", NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(le(&have, 0x2d0 + i * 20 + 16, 4), types[i].e820);
}

/* Memory behind 1 MiB, in KiB, as one number. */
static void test_mem_k(void **state)
{
	static const struct { struct ram_range r; uint64_t ext, alt; } cases[] = {
		{ { { 0, 0x100000 }, RAM_USABLE }, 0, 0 },
		{ { { 0, 0x100400 }, RAM_USABLE }, 1, 1 },
		{ { { 0x100000, 0x1100000 }, RAM_USABLE }, 0x4000, 0x4000 },
		{ { { 0x100000, 0x1100000 }, RAM_RESERVED }, 0, 0 },
		{ { { 0x101000, 0x1100000 }, RAM_USABLE }, 0, 0 },
		{ { { 0x100000, 0x4100000 }, RAM_USABLE }, 0xfc00, 0x10000 },
		{ { { 0x100000, UINT64_MAX }, RAM_USABLE }, 0xfc00, UINT32_MAX },
	};
	static const struct x86_layout at = { .setup = 0x1000 };
	autobytes struct bytes kernel = { 0 }, params = { 0 };

	(void)state;
	make_kernel(&kernel, 0x26c);
	make_params(&params);
	put_bytes(DATA, params.data, params.size);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ram_range r = cases[i].r;
		struct ram_map map = { &r, 1 };
		autobytes struct bytes have = { 0 };

		assert_int_equal(build(&have, &kernel, &at, &map, "", NULL), 0);
		assert_int_equal(le(&have, 0x002, 2), cases[i].ext);
		assert_int_equal(le(&have, 0x1e0, 4), cases[i].alt);
	}
}

static void test_cmdline_limit(void **state)
{
	static const struct x86_layout at = { .setup = 0x1000 };
	autobytes struct bytes kernel = { 0 }, vmlinux = { 0 };
	char text[2049];

	(void)state;
	make_kernel(&kernel, 0x26c);
	bytes_fill(&vmlinux, 0, 4096);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 2; i++) {
		const struct bytes *k = i ? &vmlinux : &kernel;
		autobytes struct bytes have = { 0 };
		struct why w = { 0 };

		text[2048] = '\0';
		check_refused("long", build(&have, k, &at, &small, text, &w), &w, -E2BIG,
			      "Kernel command line too long for kernel! It has 2048 bytes, 2047");
		text[2048] = 'x';
		text[2047] = '\0';
		assert_int_equal(build(&have, k, &at, &small, text, NULL), 0);
		assert_memory_equal(have.data + have.size - 2048, text, 2048);
		text[2047] = 'x';
	}
}

static void test_wrong_place(void **state)
{
	static const uint64_t bad[] = { 1, 0x1800, UINT64_MAX - 4095 };
	autobytes struct bytes kernel = { 0 }, have = { 0 };

	(void)state;
	make_kernel(&kernel, 0x26c);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct x86_layout at = { .setup = bad[i] };
		struct why w = { 0 };

		check_refused("place", build(&have, &kernel, &at, &small, "", &w), &w, -EINVAL,
			      "boot_params cannot be at");
	}
}

/* What a vmlinux is told that a bzImage brings along. */
static void test_vmlinux(void **state)
{
	static const struct x86_layout at = { .setup = 0x8000, .kernel = 0x1000000,
					      .initrd = 0x4000000, .initrd_size = 5 };
	autobytes struct bytes kernel = { 0 }, params = { 0 }, have = { 0 };

	(void)state;
	bytes_add(&kernel, "\177ELF", 4);
	make_params(&params);
	put_bytes(DATA, params.data, params.size);
	assert_int_equal(build(&have, &kernel, &at, &small, "quiet", NULL), 0);
	assert_int_equal(le(&have, 0x1f1, 1), 0);
	assert_int_equal(le(&have, 0x1f2, 2), 1);
	assert_int_equal(le(&have, 0x1fa, 2), 0xffff);
	assert_int_equal(le(&have, 0x1fe, 2), 0xaa55);
	assert_memory_equal(have.data + 0x202, "HdrS\x0c\x02", 6);
	assert_int_equal(le(&have, 0x210, 1), 0xd0);
	assert_int_equal(le(&have, 0x218, 4), 0x4000000);
	assert_int_equal(le(&have, 0x21c, 4), 5);
	assert_int_equal(le(&have, 0x238, 4), 2047);
	assert_int_equal(le(&have, 0x070, 8), 0x123456789a);
	assert_int_equal(le(&have, 0x1e8, 1), 2);
}

static const struct defect header_defects[] = {
	BAD("ends-early", 0x201, 1, 0x61, -EBADMSG, "setup header that ends at 0x263"),
	BAD("no-jump", 0x201, 1, 0, -EBADMSG, "setup header that ends at 0x202"),
	BAD("over-edd", 0x201, 1, 0x8f, -EBADMSG, "setup header that ends at 0x291"),
	BAD("as-long-as-can-be", 0x201, 1, 0xff, -EBADMSG, "setup header that ends at 0x301"),
	CUT("cut", 0x2ff, -EBADMSG, "ends inside its setup header"),
};

static int facts_of(const struct bytes *kernel, struct why *w)
{
	struct x86_facts *f = NULL;
	int r = read_facts(&f, kernel, &options, w);

	x86_facts_free(f);
	return r;
}

static void test_header_defects(void **state)
{
	autobytes struct bytes shortest = { 0 }, longest = { 0 };

	(void)state;
	make_kernel(&shortest, 0x264);
	check_defects(&shortest, facts_of, header_defects, ARRAY_SIZE(header_defects));
	make_kernel(&longest, 0x290);
	assert_int_equal(facts_of(&longest, NULL), 0);
}

static void test_five_levels(void **state)
{
	static const struct { const char *cpuinfo; int err; } cases[] = {
		{ "processor\t: 0\nflags\t\t: fpu la57 smep\n\nprocessor\t: 1\n", -EOPNOTSUPP },
		{ "processor\t: 0\nflags\t\t: fpu la57", -EOPNOTSUPP },
		{ "processor\t: 0\nflags\t\t: fpu la577 smep\n", 0 },
		{ "processor\t: 0\nflags\t\t: fpu\nbugs\t\t: la57 x\n", 0 },
		{ "", 0 },
	};
	autobytes struct bytes old = { 0 }, new = { 0 };

	(void)state;
	make_kernel(&old, 0x26c);
	make_kernel(&new, 0x26c);
	bytes_set(&old, 0x236, 2, 0x1f);
	assert_int_equal(facts_of(&old, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct why w = { 0 };

		put_text("/proc/cpuinfo", cases[i].cpuinfo);
		assert_int_equal(facts_of(&new, NULL), 0);
		assert_int_equal(facts_of(&old, &w), cases[i].err);
		if (cases[i].err)
			assert_non_null(strstr(w.text, "no5lvl"));
	}
}

/* Counts that are larger than their tables, and files of another size. */
static void test_hostile_params(void **state)
{
	static const struct x86_layout at = { .setup = 0x1000 };
	static const size_t sizes[] = { 1, 4095, 4097, 100000 };
	autobytes struct bytes kernel = { 0 }, params = { 0 }, have = { 0 };

	(void)state;
	make_kernel(&kernel, 0x26c);
	bytes_fill(&params, 0xff, 4096);
	put_bytes(DATA, params.data, params.size);
	assert_int_equal(build(&have, &kernel, &at, &small, "", NULL), 0);
	assert_int_equal(le(&have, 0x1e9, 1), 6);
	assert_int_equal(le(&have, 0x1ea, 1), 16);
	assert_int_equal(le(&have, 0x1ef, 1), 0); /* sentinel */
	assert_int_equal(le(&have, 0xd00 + 6 * 82 - 1, 1), 0xff);
	assert_int_equal(le(&have, 0xd00 + 6 * 82, 1), 0);
	bytes_fill(&params, 0xff, 100000 - 4096);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct why w = { 0 };

		put_bytes(DATA, params.data, sizes[i]);
		check_refused("size", facts_of(&kernel, &w), &w, -EBADMSG, "bytes, not 4096");
	}
}

static void test_real_seed(void **state)
{
	static const struct x86_layout at = { .setup = 0x1000 };
	static const struct x86_setup_options plain = { 0 };
	autobytes struct bytes kernel = { 0 };
	unsigned char seeds[2][32];

	(void)state;
	make_kernel(&kernel, 0x26c);
	for (int i = 0; i < 2; i++) {
		autobytes struct bytes have = { 0 };
		autoblob struct blob b = { 0 };
		struct x86_facts *f = NULL;
		uint32_t len = 0;
		size_t node;

		assert_int_equal(read_facts(&f, &kernel, &plain, NULL), 0);
		assert_int_equal(x86_setup_build(&b, f, &at, &small, "", NULL), 0);
		x86_facts_free(f);
		bytes_add(&have, b.data, b.size);
		node = find_node(&have, at.setup, 9, &len);
		assert_int_equal(len, 32);
		memcpy(seeds[i], have.data + node, 32);
	}
	assert_memory_not_equal(seeds[0], seeds[1], 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_bytes),
		TEST(test_nothing_known),
		TEST(test_large_maps),
		TEST(test_too_large),
		TEST(test_types),
		TEST(test_mem_k),
		TEST(test_cmdline_limit),
		TEST(test_wrong_place),
		TEST(test_vmlinux),
		TEST(test_header_defects),
		TEST(test_five_levels),
		TEST(test_hostile_params),
		TEST(test_real_seed),
	};

	return cmocka_run_group_tests_name("boot-params", tests, NULL, NULL);
}
