// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>

#include "kexec/arch/arch.h"
#include "kexec/arch/x86_64/segments.h"
#include "kexec/boot-image.h"
#include "kexec/formats/formats.h"

/* What the kernel sets aside for the elfcorehdr= that it adds, for reboot kernels too. */
#define ELFCOREHDR_ROOM 30

static uint64_t cmdline_max(const struct boot_image *img, bool crash)
{
	struct bzImage_facts facts;

	(void)crash; /* the kernel makes no difference */
	if (bzImage_facts(&facts, &img->kernel.bytes, NULL) < 0)
		return 0;
	return facts.cmdline_size > ELFCOREHDR_ROOM ? facts.cmdline_size - ELFCOREHDR_ROOM - 1 : 0;
}

static uint64_t memory_size(const struct boot_image *img)
{
	struct bzImage_facts facts;

	return bzImage_facts(&facts, &img->kernel.bytes, NULL) < 0 ? 0 : facts.init_size;
}

static const char *const file_load_types[] = { "bzImage64", NULL };

const struct arch_ops arch_x86_64 = {
	.name = "x86_64",
	.uname = "x86_64",
	.file_load_types = file_load_types,
	.cmdline_max = cmdline_max,
	.cmdline_of_keys = 31, /* for dmcryptkeys= */
	.memory_size = memory_size,
	.build_segments = x86_64_build_segments,
	.kexec_arch = EM_X86_64,
	.hotplug_flag = KEXEC_LOAD_UPDATE_ELFCOREHDR,
};
