/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the format table, one a format; each file here ends in its own.
 * What open() promises stands at struct file_type.
 */
#ifndef KEXEC_FORMATS_H
#define KEXEC_FORMATS_H

#include "kexec/file-type.h"

extern const struct file_type file_type_bzImage64, file_type_arm64_image, file_type_zboot,
	file_type_uki, file_type_uimage, file_type_envelope, file_type_vmlinux_x86_64,
	file_type_vmlinux_arm64, file_type_riscv64_image, file_type_loongarch64_image,
	file_type_compressed;

/* Facts of a bare kernel's own header that consumers need; 0 where the format has none. */
struct bzImage_facts {
	uint32_t cmdline_size; /* bytes without the NUL */
	uint32_t init_size;    /* bytes of memory it runs in */
};
int bzImage_facts(struct bzImage_facts *ret, const struct extent *kernel, struct why *w);

struct arm64_image_facts {
	uint64_t text_offset, image_size; /* bytes */
};
int arm64_image_facts(struct arm64_image_facts *ret, const struct extent *kernel, struct why *w);

#endif
