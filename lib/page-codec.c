// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>

#include "lib/cleanup.h"
#include "lib/page-codec.h"

#ifdef HAVE_ZLIB
#include <zlib.h>

static bool unpack_zlib(struct span in, void *ret, size_t len)
{
	uLongf out = len;

	return uncompress(ret, &out, in.data, in.size) == Z_OK && out == len;
}
#else
#define unpack_zlib NULL
#endif

#ifdef HAVE_LZO
#include <lzo/lzo1x.h>

static bool unpack_lzo(struct span in, void *ret, size_t len)
{
	lzo_uint out = len;

	return lzo1x_decompress_safe(in.data, in.size, ret, &out, NULL) == LZO_E_OK && out == len;
}
#else
#define unpack_lzo NULL
#endif

#ifdef HAVE_SNAPPY
#include <snappy-c.h>

static bool unpack_snappy(struct span in, void *ret, size_t len)
{
	size_t out = len;

	return snappy_uncompress((const char *)in.data, in.size, ret, &out) == SNAPPY_OK &&
	       out == len;
}
#else
#define unpack_snappy NULL
#endif

#ifdef HAVE_ZSTD
#include <zstd.h>

static bool unpack_zstd(struct span in, void *ret, size_t len)
{
	return ZSTD_decompress(ret, len, in.data, in.size) == len;
}
#else
#define unpack_zstd NULL
#endif

int page_unpack(enum page_codec codec, struct span in, void *ret, size_t len, struct why *w)
{
	static const struct {
		enum page_codec codec;
		const char *name;
		bool (*unpack)(struct span in, void *ret, size_t len);
	} codecs[] = {
		{ PAGE_ZLIB, "zlib", unpack_zlib },
		{ PAGE_LZO, "lzo", unpack_lzo },
		{ PAGE_SNAPPY, "snappy", unpack_snappy },
		{ PAGE_ZSTD, "zstd", unpack_zstd },
	};

	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++) {
		if (codecs[i].codec != codec)
			continue;
		if (!codecs[i].unpack)
			return why(w, -EOPNOTSUPP, "built without %s, with which pages are packed",
				   codecs[i].name);
		if (!codecs[i].unpack(in, ret, len))
			return why(w, -EBADMSG, "a page packed with %s is damaged", codecs[i].name);
		return 0;
	}
	return why(w, -EOPNOTSUPP, "a page is packed in an unknown way (flags 0x%x)",
		   (unsigned int)codec);
}
