// SPDX-License-Identifier: GPL-2.0-or-later
/* gzip: RFC 1952. */
#include "lib/codec.h"
#include "lib/limits.h"

#ifdef HAVE_ZLIB
#include <zlib.h>

/* Window of any size, gzip header and trailer (checked by zlib). */
#define GZIP_WINDOW (15 + 16)

static int inflate_member(struct stream *s, z_stream *z)
{
	int zr = Z_OK;

	while (zr != Z_STREAM_END) {
		int r = stream_fill(s);

		if (r < 0)
			return r;
		z->next_in = s->in + s->start;
		z->avail_in = s->end - s->start;
		z->next_out = s->out;
		z->avail_out = STREAM_OUT;
		zr = inflate(z, Z_NO_FLUSH);
		s->start = s->end - z->avail_in;
		if (zr == Z_BUF_ERROR)
			return stream_truncated(s);
		if (zr != Z_OK && zr != Z_STREAM_END)
			return zr == Z_MEM_ERROR ? why(s->why, -ENOMEM, "out of memory") :
						   stream_damaged(s);
		r = stream_emit(s, s->out, STREAM_OUT - z->avail_out);
		if (r < 0)
			return r;
	}
	return 0;
}

static int gzip_member(struct stream *s)
{
	z_stream z = { 0 };
	int r;

	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return why(s->why, -ENOMEM, "out of memory");
	r = inflate_member(s, &z);
	inflateEnd(&z);
	return r;
}
#else
#define gzip_member NULL
#endif

const struct codec codec_gzip = {
	.name = "gzip", .library = "zlib",
	.magic = { 0x1f, 0x8b, 0x08 }, .magic_len = 3,
	.member = gzip_member,
};
