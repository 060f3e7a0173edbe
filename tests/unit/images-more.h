/* SPDX-License-Identifier: GPL-2.0-or-later */
/* More images for tests: formats that are no PE files, and other architectures. */
#ifndef TESTS_UNIT_IMAGES_MORE_H
#define TESTS_UNIT_IMAGES_MORE_H

#include "tests/unit/images.h"

/* U-Boot's legacy image around @data; compression as its header numbers it. */
void make_uimage(struct bytes *ret, unsigned char compression, struct span data);
#define UIMAGE_HEAD	   64
#define UIMAGE_CRC	   4
#define UIMAGE_SIZE	   12
#define UIMAGE_DATA_CRC	   24
#define UIMAGE_OS	   28
#define UIMAGE_TYPE	   30
#define UIMAGE_COMPRESSION 31

/* Makes the header's checksum right again. */
void uimage_update(struct bytes *image);

/* What kexec-image envelope writes. */
void make_envelope(struct bytes *ret, struct span kernel, struct span initrd, const char *cmdline);

void make_riscv64_image(struct bytes *ret);
void make_loongarch64_image(struct bytes *ret);

#endif
