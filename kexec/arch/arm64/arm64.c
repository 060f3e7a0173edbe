// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>

#include "kexec/arch/arch.h"
#include "kexec/arch/arm64/segments.h"
#include "kexec/boot-image.h"
#include "kexec/formats/formats.h"

/* COMMAND_LINE_SIZE of arm64; the kernel cuts what is longer, without a word. */
#define COMMAND_LINE_SIZE 2048

static uint64_t cmdline_max(const struct boot_image *img, bool crash)
{
	(void)img;
	(void)crash;
	return COMMAND_LINE_SIZE - 1;
}

static uint64_t memory_size(const struct boot_image *img)
{
	struct arm64_image_facts facts;

	return arm64_image_facts(&facts, &img->kernel.bytes, NULL) < 0 ? 0 : facts.image_size;
}

static const char *const file_load_types[] = { "Image", NULL };

const struct arch_ops arch_arm64 = {
	.name = "arm64",
	.uname = "aarch64",
	.file_load_types = file_load_types,
	.cmdline_max = cmdline_max,
	.cuts_cmdline = true,
	.memory_size = memory_size,
	.build_segments = arm64_build_segments,
	.kexec_arch = EM_AARCH64,
	.memory_by_iomem = true,
	.device_tree = true,
};
