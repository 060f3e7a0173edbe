/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the next kernel would be told on each recorded machine of tests/sysroot that has
 * boot_params: the same as its own kernel was, where that is passed on.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/arch/x86_64/boot-params.h"
#include "kexec/iomem.h"
#include "kexec/ram.h"
#include "lib/cleanup.h"
#include "lib/sysfile.h"
#include "tests/unit/images.h"

#define SETUP UINT64_C(0x10000000)

static const unsigned char seed[X86_RNG_SEED];

static uint64_t le(const unsigned char *data, size_t off, unsigned int width)
{
	uint64_t value = 0;

	memcpy(&value, data + off, width);
	return le64toh(value);
}

/* The map of the runtime regions against the files that it was made of. */
static void check_runtime_map(const struct sys *sys, const unsigned char *mine,
			      const unsigned char *theirs, uint64_t size)
{
	static const struct { const char *name; size_t off; unsigned int width; } fields[] = {
		{ "type", 0, 4 }, { "phys_addr", 8, 8 }, { "virt_addr", 16, 8 },
		{ "num_pages", 24, 8 }, { "attribute", 32, 8 },
	};
	uint64_t step = le(theirs, 0x1c8, 4), len = le(mine, 0x1d4, 4), value;
	uint64_t at = (le(mine, 0x1dc, 4) << 32 | le(mine, 0x1d0, 4)) - SETUP;
	unsigned int nr = 0;
	char path[96];

	assert_memory_equal(mine + 0x1c0, "EL64", 4);
	assert_memory_equal(mine + 0x1c4, theirs + 0x1c4, 12);
	assert_memory_equal(mine + 0x1d8, theirs + 0x1d8, 4);
	assert_int_equal(le(mine, 0x1ec, 1), le(theirs, 0x1ec, 1));
	assert_true(at >= 4096 && len <= size && at <= size - len);
	for (; nr < len / step; nr++)
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
			snprintf(path, sizeof(path), "/sys/firmware/efi/runtime-map/%u/%s", nr,
				 fields[i].name);
			assert_int_equal(sysfile_u64(sys->root, path, &value), 0);
			assert_int_equal(le(mine + at, nr * step + fields[i].off,
					    fields[i].width), value);
		}
	assert_true(nr > 0);
	snprintf(path, sizeof(path), "/sys/firmware/efi/runtime-map/%u/type", nr);
	assert_true(sysfile_u64(sys->root, path, &value) < 0);
}

static void check_setup(const struct sys *sys, const struct blob *setup,
			const unsigned char *theirs, const struct ram_map *ram)
{
	const unsigned char *mine = setup->data;

	assert_int_equal(mine[0x210], 0xd0);
	assert_memory_equal(mine, theirs, 2);
	assert_memory_equal(mine + 4, theirs + 4, 60); /* screen_info less ext_mem_k */
	assert_int_equal(le(mine, 0x23c, 4), le(theirs, 0x23c, 4));
	assert_int_equal(le(mine, 0x1e9, 1), le(theirs, 0x1e9, 1));
	assert_int_equal(le(mine, 0x1e8, 1), ram->nr);
	for (size_t i = 0; i < ram->nr; i++) {
		assert_int_equal(le(mine, 0x2d0 + i * 20, 8), ram->ranges[i].at.start);
		assert_int_equal(le(mine, 0x2d0 + i * 20 + 16, 4), (uint32_t)ram->ranges[i].type);
	}
	/* QEMU and every firmware of this century have ACPI. */
	if (le(theirs, 0x1c0, 4)) {
		assert_true(le(mine, 0x070, 8) != 0);
		check_runtime_map(sys, mine, theirs, setup->size);
	} else {
		assert_int_equal(le(mine, 0x070, 8), le(theirs, 0x070, 8));
		assert_int_equal(le(mine, 0x1c0, 4), 0);
	}
}

/* False: this machine has no boot_params. */
static bool check_machine(const char *root)
{
	const struct x86_setup_options o = { .rng_seed = seed };
	const struct x86_layout at = { .setup = SETUP, .kernel = 0x1000000 };
	const struct sys sys = { .root = root };
	autobytes struct bytes kernel = { 0 };
	autoblob struct blob image = { 0 }, setup = { 0 };
	autoiomem struct iomem iomem = { 0 };
	autoram struct ram_map ram = { 0 };
	autofree char *data = NULL;
	struct x86_facts *f = NULL;
	struct why w = { 0 };
	struct extent all;

	if (sysfile_read(root, "/sys/kernel/boot_params/data", &data) != 4096)
		return false;
	make_bzImage(&kernel);
	bytes_set(&kernel, 0x201, 1, 0x6a);
	bytes_set(&kernel, 0x236, 2, 0x33);
	image = bytes_blob(&kernel);
	all = blob_whole(&image);
	if (iomem_read(&iomem, &sys, &w) < 0 || ram_read(&ram, &iomem, &sys, &w) < 0 ||
	    x86_facts_read(&f, &all, &o, &sys, &w) < 0 ||
	    x86_setup_build(&setup, f, &at, &ram, "", &w) < 0)
		fail_msg("%s: %s", root, w.text);
	x86_facts_free(f);
	check_setup(&sys, &setup, (unsigned char *)data, &ram);
	return true;
}

static void test_machines(void **state)
{
	const char *top = getenv("top_srcdir");
	struct dirent **entries;
	char folder[PATH_MAX / 2];
	int n, checked = 0;

	(void)state;
	snprintf(folder, sizeof(folder), "%s/tests/sysroot", top ? top : ".");
	n = scandir(folder, &entries, NULL, alphasort);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		char root[PATH_MAX];

		snprintf(root, sizeof(root), "%s/%s", folder, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && check_machine(root)) {
			print_message("# %s\n", entries[i]->d_name);
			checked++;
		}
		free(entries[i]);
	}
	free(entries);
	if (checked == 0)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
	};

	return cmocka_run_group_tests_name("recorded-x86", tests, NULL, NULL);
}
