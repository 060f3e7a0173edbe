// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * zboot: an EFI program that is a small decompressor and a compressed kernel
 * (CONFIG_EFI_ZBOOT); FORMATS.md section 3.
 */
#include <errno.h>
#include <string.h>

#include "kexec/formats/formats.h"
#include "lib/decompress.h"
#include "lib/limits.h"

#define HEAD_SIZE    64
#define MAGIC        4 /* "zimg" behind "MZ\0\0" */
#define PAYLOAD_OFF  8
#define PAYLOAD_SIZE 12
#define CODEC_NAME   24
#define CODEC_LEN    32
#define TRAILER      4 /* size of the unpacked kernel, little endian */

struct zboot {
	const struct codec *codec;
	struct extent payload; /* without the trailer */
	uint32_t unpacked;     /* what the trailer says, bytes */
};

static int read_trailer(struct zboot *z, const struct extent *image, uint32_t off, uint32_t size,
			struct why *w)
{
	/* gzip ends in its own ISIZE, which then is the trailer: the size word counts it. */
	bool inside = strcmp(codec_name(z->codec), "gzip") == 0;
	uint64_t at = (uint64_t)off + size - (inside ? TRAILER : 0);
	unsigned char raw[TRAILER];
	int r;

	if (size <= TRAILER || !extent_sub(&z->payload, image, off, size))
		return why(w, -EBADMSG, "zboot payload (%u bytes at %#x) is outside the file", size,
			   off);
	r = extent_read(image, at, raw, sizeof(raw), w);
	if (r < 0)
		return r;
	span_le32((struct span){ raw, sizeof(raw) }, 0, &z->unpacked);
	if (z->unpacked == 0)
		return why(w, -EBADMSG, "zboot kernel claims to unpack to nothing");
	if (z->unpacked > LIMIT_DECOMPRESSED)
		return why(w, -E2BIG, "zboot kernel claims to unpack to %u bytes", z->unpacked);
	return 0;
}

static int read_header(struct zboot *ret, const struct extent *image, struct why *w)
{
	unsigned char head[HEAD_SIZE];
	struct span h = { head, sizeof(head) };
	char name[CODEC_LEN + 1] = "";
	struct zboot z = { 0 };
	uint32_t off = 0, size = 0;
	int r;

	if (image->len < sizeof(head))
		return -ENOEXEC;
	r = extent_read(image, 0, head, sizeof(head), w);
	if (r < 0)
		return r;
	if (!span_is(h, 0, "MZ", 2) || !span_is(h, MAGIC, "zimg", 4))
		return -ENOEXEC;
	span_le32(h, PAYLOAD_OFF, &off);
	span_le32(h, PAYLOAD_SIZE, &size);
	span_name(name, h, CODEC_NAME, CODEC_LEN);
	z.codec = codec_by_name(name);
	if (!z.codec)
		return why(w, -EOPNOTSUPP, "zboot kernel is compressed with '%s'", name);
	r = read_trailer(&z, image, off, size, w);
	if (r == 0)
		*ret = z;
	return r;
}

static int zboot_open(struct boot_image *img, struct why *w)
{
	autoblob struct blob kernel = { 0 };
	struct zboot z;
	int r = read_header(&z, &img->kernel.bytes, w);

	if (r == 0)
		r = decompress(z.codec, &z.payload, &kernel, "kernel", z.unpacked, w);
	if (r < 0)
		return r;
	if (kernel.size != z.unpacked)
		return why(w, -EBADMSG, "zboot kernel unpacks to %llu bytes, its trailer says %u",
			   (unsigned long long)kernel.size, z.unpacked);
	r = boot_image_own(img, &kernel, &img->kernel.bytes, w);
	if (r < 0)
		return r;
	strcpy(img->kernel.origin, "zboot payload");
	img->kernel.packed = z.payload;
	return 0;
}

const struct file_type file_type_zboot = {
	.name = "vmlinuz",
	.label = "zboot image",
	.shape = CONTAINER,
	.open = zboot_open,
};
