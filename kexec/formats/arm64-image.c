// SPDX-License-Identifier: GPL-2.0-or-later
/* arm64 Image: Documentation/arch/arm64/booting.rst, FORMATS.md section 5. */
#include <errno.h>

#include "kexec/formats/formats.h"
#include "lib/limits.h"
#include "lib/span.h"

#define HEAD_SIZE   64
#define TEXT_OFFSET 8
#define IMAGE_SIZE  16
#define FLAGS       24
#define MAGIC       0x38
#define FLAG_BE     1

int arm64_image_facts(struct arm64_image_facts *ret, const struct extent *kernel, struct why *w)
{
	unsigned char head[HEAD_SIZE];
	struct arm64_image_facts f = { 0 };
	int n = extent_head(kernel, head, sizeof(head), w);

	if (n < 0)
		return n;
	if (!span_is((struct span){ head, n }, MAGIC, "ARM\x64", 4))
		return -ENOEXEC;
	if (n < HEAD_SIZE)
		return why(w, -EBADMSG, "arm64 Image ends inside its header");
	span_le64((struct span){ head, n }, TEXT_OFFSET, &f.text_offset);
	span_le64((struct span){ head, n }, IMAGE_SIZE, &f.image_size);
	*ret = f;
	return 0;
}

static int arm64_image_open(struct boot_image *img, struct why *w)
{
	struct arm64_image_facts f;
	uint64_t flags = 0;
	unsigned char raw[8];
	int r = arm64_image_facts(&f, &img->kernel.bytes, w);

	if (r == 0)
		r = extent_read(&img->kernel.bytes, FLAGS, raw, sizeof(raw), w);
	if (r < 0)
		return r;
	span_le64((struct span){ raw, sizeof(raw) }, 0, &flags);
	if (f.image_size == 0)
		return why(w, -EOPNOTSUPP, "arm64 Image from before Linux 3.17 (image_size is 0)");
	if (f.image_size < img->kernel.bytes.len || f.image_size > LIMIT_DECOMPRESSED)
		return why(w, -EBADMSG, "arm64 Image of %llu bytes has image_size %llu",
			   (unsigned long long)img->kernel.bytes.len,
			   (unsigned long long)f.image_size);
	if (flags & FLAG_BE)
		return why(w, -EOPNOTSUPP, "arm64 Image is big endian");
	return 0;
}

const struct file_type file_type_arm64_image = {
	.name = "Image",
	.label = "arm64 Image",
	.shape = BARE_KERNEL,
	.machine = "arm64",
	.open = arm64_image_open,
};
