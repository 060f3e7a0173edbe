/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An arm64 Image with an initrd, as load_segments_prepare() takes it, and its places. */
#ifndef TESTS_UNIT_ARM64_LOAD_H
#define TESTS_UNIT_ARM64_LOAD_H

#include "kexec/load-segments.h"
#include "tests/unit/machine.h"

#define KERNEL_SIZE 0x1230000 /* its image_size */

/* With the command line "quiet"; an initrd of 0 bytes is none. */
void make_arm64_load(struct boot_image *ret, uint64_t initrd_size, uint64_t text_offset);

/* Nothing is verified, any address will do. */
struct kexec_options arm64_options(void);

/* The test fails if there is none. */
const struct segment *segment_named(const struct segments *s, const char *name);

#endif
