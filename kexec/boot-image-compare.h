/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Are two images the same bytes? What is compared is the embedded image of
 * DESIGN.md: kernel, initrd as it will be loaded (parts joined, with their
 * padding), command line. Who owns them, where they lie and what formats were
 * around them does not matter.
 */
#ifndef KEXEC_BOOT_IMAGE_COMPARE_H
#define KEXEC_BOOT_IMAGE_COMPARE_H

#include "kexec/boot-image.h"
#include "lib/digest.h"

enum boot_image_part {
	PART_KERNEL,
	PART_INITRD,
	PART_CMDLINE, /* without a NUL; absent is empty */
	BOOT_IMAGE_PARTS,
};

/* "kernel", "initrd", "command line" */
const char *boot_image_part_name(enum boot_image_part part);
uint64_t boot_image_part_size(const struct boot_image *img, enum boot_image_part part);

/* The first difference; [0] is of the one image, [1] of the other. */
struct boot_image_diff {
	enum boot_image_part part;
	uint64_t off;     /* bytes from the start of the part */
	int byte[2];      /* -1: it has ended */
	uint64_t size[2]; /* of the whole part */
};

/*
 * 0: equal; 1: not, and @ret says where. Reads with small buffers, and not at all
 * where both are the same range of the same file. -errno of reading, -ENOMEM.
 */
int boot_image_compare(struct boot_image_diff *ret, const struct boot_image *a,
		       const struct boot_image *b, struct why *w);

/* SHA-256 of a part. -EOPNOTSUPP: built without libcrypto; -errno of reading, -ENOMEM. */
int boot_image_digest(const struct boot_image *img, enum boot_image_part part,
		      unsigned char ret[DIGEST_SIZE], struct why *w);

#endif
