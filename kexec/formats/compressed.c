// SPDX-License-Identifier: GPL-2.0-or-later
/* A whole file, or a whole section, that is compressed: vmlinuz.gz, Image.zst. */
#include <errno.h>
#include <stdio.h>

#include "kexec/formats/formats.h"
#include "lib/decompress.h"
#include "lib/limits.h"

static int compressed_open(struct boot_image *img, struct why *w)
{
	unsigned char head[CODEC_HEAD];
	autoblob struct blob kernel = { 0 };
	const struct extent packed = img->kernel.bytes;
	const struct codec *codec;
	int r = extent_head(&img->kernel.bytes, head, sizeof(head), w);

	if (r < 0)
		return r;
	codec = codec_by_magic((struct span){ head, r });
	if (!codec)
		return -ENOEXEC;
	r = decompress(codec, &img->kernel.bytes, &kernel, "kernel", LIMIT_DECOMPRESSED, w);
	if (r == 0)
		r = boot_image_own(img, &kernel, &img->kernel.bytes, w);
	if (r < 0)
		return r;
	snprintf(img->kernel.origin, sizeof(img->kernel.origin), "%s data", codec_name(codec));
	img->kernel.packed = packed;
	return 0;
}

const struct file_type file_type_compressed = {
	.name = "compressed",
	.label = "compressed file",
	.shape = CONTAINER,
	.open = compressed_open,
};
