/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_INITRD_H
#define TESTS_UNIT_INITRD_H

#include "kexec/boot-image.h"

/* An initrd of any size, of which no byte takes memory; of 0 bytes: none. */
void add_initrd(struct boot_image *img, uint64_t size);

#endif
