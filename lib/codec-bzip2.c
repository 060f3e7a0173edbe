// SPDX-License-Identifier: GPL-2.0-or-later
/* bzip2, for kernels of old; built in on request only. */
#include "lib/codec.h"
#include "lib/limits.h"

#ifdef HAVE_BZIP2
#include <bzlib.h>

static int unpack(struct stream *s, bz_stream *z)
{
	int zr = BZ_OK;

	while (zr != BZ_STREAM_END) {
		size_t in, out;
		int r = stream_fill(s);

		if (r < 0)
			return r;
		in = s->end - s->start;
		z->next_in = (char *)s->in + s->start;
		z->avail_in = in;
		z->next_out = (char *)s->out;
		z->avail_out = STREAM_OUT;
		zr = BZ2_bzDecompress(z);
		if (zr == BZ_MEM_ERROR)
			return why(s->why, -ENOMEM, "out of memory");
		if (zr != BZ_OK && zr != BZ_STREAM_END)
			return stream_damaged(s);
		s->start = s->end - z->avail_in;
		out = STREAM_OUT - z->avail_out;
		if (in == 0 && out == 0 && zr != BZ_STREAM_END)
			return stream_truncated(s);
		r = stream_emit(s, s->out, out);
		if (r < 0)
			return r;
	}
	return 0;
}

static int bzip2_member(struct stream *s)
{
	bz_stream z = { 0 };
	int r;

	if (BZ2_bzDecompressInit(&z, 0, 0) != BZ_OK)
		return why(s->why, -ENOMEM, "out of memory");
	r = unpack(s, &z);
	BZ2_bzDecompressEnd(&z);
	return r;
}
#else
#define bzip2_member NULL
#endif

const struct codec codec_bzip2 = {
	.name = "bzip2", .library = "libbz2",
	.magic = { 'B', 'Z', 'h' }, .magic_len = 3,
	.member = bzip2_member,
};
