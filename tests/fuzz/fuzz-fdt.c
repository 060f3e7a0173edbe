// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A device tree that somebody gives, --dtb: it is refused, or what comes out is a
 * tree with this boot in /chosen.
 */
#include <string.h>

#include "kexec/arch/arm64/device-tree.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

#ifdef HAVE_FDT
#include <libfdt.h>

static void check(const struct blob *b)
{
	const char *args;
	int chosen;

	PROMISE(b->size <= LIMIT_DEVICE_TREE && fdt_check_full(b->data, b->size) == 0);
	chosen = fdt_subnode_offset(b->data, 0, "chosen");
	PROMISE(chosen >= 0);
	args = fdt_getprop(b->data, chosen, "bootargs", NULL);
	PROMISE(args && strcmp(args, "quiet") == 0);
	PROMISE(fdt_getprop(b->data, chosen, "linux,initrd-end", NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sys nowhere = { .root = "/nonexistent" };
	struct crash_regions crash = { .high = { 0x70000000, 0x80000000 } };
	const struct chosen chosen = {
		.cmdline = "quiet",
		.initrd = { 0x71000000, 0x71234567 },
		.elfcorehdr = { 0x7fff0000, 0x80000000 },
		.crash = size % 2 ? &crash : NULL,
	};
	autoblob struct blob file = { 0 }, tree = { 0 };
	struct extent all;

	if (blob_copy(&file, (struct span){ data, size }, "fuzz", NULL) < 0)
		return 0;
	all = blob_whole(&file);
	if (device_tree_build(&tree, &all, &chosen, &nowhere, NULL) == 0)
		check(&tree);
	return 0;
}
#else
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	return 0;
}
#endif
