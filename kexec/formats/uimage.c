// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * uImage: U-Boot's legacy image, a header of 64 bytes (big endian) in front of a
 * kernel that may be compressed; "legacy image" in U-Boot's include/image.h.
 */
#include <errno.h>
#include <string.h>

#include "kexec/formats/formats.h"
#include "lib/crc32.h"
#include "lib/decompress.h"
#include "lib/limits.h"
#include "lib/span.h"

#define HEAD_SIZE   64
#define MAGIC	    "\x27\x05\x19\x56"
#define HEADER_CRC  4 /* of the header, with this field as 0 */
#define DATA_SIZE   12
#define DATA_CRC    24
#define OS	    28
#define TYPE	    30
#define COMPRESSION 31

#define OS_LINUX	   5
#define TYPE_KERNEL	   2
#define TYPE_KERNEL_NOLOAD 14

static const char *const codecs[] = { NULL, "gzip", "bzip2", "lzma", "lzo", "lz4", "zstd" };

struct uimage {
	struct extent data;
	uint32_t data_crc;
	uint8_t os, type, compression;
};

static int check_header_crc(const unsigned char *head, struct why *w)
{
	unsigned char copy[HEAD_SIZE];
	uint32_t crc = 0;

	memcpy(copy, head, sizeof(copy));
	span_be32((struct span){ copy, sizeof(copy) }, HEADER_CRC, &crc);
	memset(copy + HEADER_CRC, 0, sizeof(crc));
	if (crc32_update(0, copy, sizeof(copy)) == crc)
		return 0;
	return why(w, -EBADMSG, "uImage header is damaged: its checksum is wrong");
}

static int read_header(struct uimage *ret, const struct extent *image, struct why *w)
{
	unsigned char head[HEAD_SIZE];
	struct span h = { head, sizeof(head) };
	struct uimage u = { 0 };
	uint32_t size = 0;
	int r = extent_head(image, head, sizeof(head), w);

	if (r < 0)
		return r;
	if (!span_is((struct span){ head, r }, 0, MAGIC, 4))
		return -ENOEXEC;
	if (r < HEAD_SIZE)
		return why(w, -EBADMSG, "uImage ends inside its header");
	r = check_header_crc(head, w);
	if (r < 0)
		return r;
	span_be32(h, DATA_SIZE, &size);
	span_be32(h, DATA_CRC, &u.data_crc);
	span_get(&u.os, h, OS, 1);
	span_get(&u.type, h, TYPE, 1);
	span_get(&u.compression, h, COMPRESSION, 1);
	if (size == 0 || image->len - HEAD_SIZE != size)
		return why(w, -EBADMSG, "uImage says that it has %u bytes, the file has %llu", size,
			   (unsigned long long)(image->len - HEAD_SIZE));
	extent_sub(&u.data, image, HEAD_SIZE, size);
	*ret = u;
	return 0;
}

static int check_kind(const struct uimage *u, struct why *w)
{
	if (u->os != OS_LINUX)
		return why(w, -EOPNOTSUPP, "uImage is for another system than Linux (%u)", u->os);
	if (u->type != TYPE_KERNEL && u->type != TYPE_KERNEL_NOLOAD)
		return why(w, -EOPNOTSUPP, "uImage holds no kernel alone (type %u)", u->type);
	if (u->compression >= sizeof(codecs) / sizeof(codecs[0]))
		return why(w, -EOPNOTSUPP, "uImage is compressed in an unknown way (%u)",
			   u->compression);
	return 0;
}

static int check_data_crc(const struct uimage *u, struct why *w)
{
	unsigned char buf[16 * KiB];
	uint32_t crc = 0;

	for (uint64_t off = 0; off < u->data.len;) {
		uint64_t left = u->data.len - off;
		size_t n = left < sizeof(buf) ? left : sizeof(buf);
		int r = extent_read(&u->data, off, buf, n, w);

		if (r < 0)
			return r;
		crc = crc32_update(crc, buf, n);
		off += n;
	}
	return crc == u->data_crc ? 0 :
	       why(w, -EBADMSG, "uImage is damaged: the checksum of its kernel is wrong");
}

static int uimage_open(struct boot_image *img, struct why *w)
{
	autoblob struct blob kernel = { 0 };
	struct uimage u;
	int r = read_header(&u, &img->kernel.bytes, w);

	if (r == 0)
		r = check_kind(&u, w);
	if (r == 0)
		r = check_data_crc(&u, w);
	if (r < 0)
		return r;
	if (!codecs[u.compression]) {
		img->kernel.bytes = u.data;
	} else {
		r = decompress(codec_by_name(codecs[u.compression]), &u.data, &kernel, "kernel",
			       LIMIT_DECOMPRESSED, w);
		if (r == 0)
			r = boot_image_own(img, &kernel, &img->kernel.bytes, w);
		img->kernel.packed = u.data;
	}
	if (r == 0)
		strcpy(img->kernel.origin, "uImage data");
	return r;
}

const struct file_type file_type_uimage = {
	.name = "uImage",
	.label = "uImage",
	.shape = CONTAINER,
	.open = uimage_open,
};
