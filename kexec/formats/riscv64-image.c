// SPDX-License-Identifier: GPL-2.0-or-later
/* riscv64 Image: Documentation/arch/riscv/boot-image-header.rst. */
#include <errno.h>

#include "kexec/formats/formats.h"
#include "lib/limits.h"
#include "lib/span.h"

#define HEAD_SIZE  64
#define IMAGE_SIZE 16
#define FLAGS	   24
#define MAGIC2	   0x38
#define FLAG_BE	   1

static int riscv64_image_open(struct boot_image *img, struct why *w)
{
	unsigned char head[HEAD_SIZE];
	struct span h = { head, 0 };
	uint64_t image_size = 0, flags = 0;
	int n = extent_head(&img->kernel.bytes, head, sizeof(head), w);

	if (n < 0)
		return n;
	h.size = n;
	if (!span_is(h, MAGIC2, "RSC\x05", 4))
		return -ENOEXEC;
	if (n < HEAD_SIZE)
		return why(w, -EBADMSG, "riscv64 Image ends inside its header");
	span_le64(h, IMAGE_SIZE, &image_size);
	span_le64(h, FLAGS, &flags);
	if (image_size < img->kernel.bytes.len || image_size > LIMIT_DECOMPRESSED)
		return why(w, -EBADMSG, "riscv64 Image of %llu bytes has image_size %llu",
			   (unsigned long long)img->kernel.bytes.len,
			   (unsigned long long)image_size);
	if (flags & FLAG_BE)
		return why(w, -EOPNOTSUPP, "riscv64 Image is big endian");
	return 0;
}

const struct file_type file_type_riscv64_image = {
	.name = "riscv64-Image",
	.label = "riscv64 Image",
	.shape = BARE_KERNEL,
	.machine = "riscv64",
	.open = riscv64_image_open,
};
