// SPDX-License-Identifier: GPL-2.0-or-later
/* zstd: RFC 8878. Kernels are compressed from a pipe, so a frame has no content size. */
#include "lib/codec.h"
#include "lib/limits.h"

#ifdef HAVE_ZSTD
#include <zstd.h>

/* zstd --ultra -22 uses a window of 128 MiB, as kernels do. */
#define ZSTD_WINDOW_LOG 27

static int decode_frame(struct stream *s, ZSTD_DCtx *z)
{
	size_t left = 1; /* 0: the frame is complete and flushed */

	while (left != 0) {
		ZSTD_outBuffer out = { s->out, STREAM_OUT, 0 };
		ZSTD_inBuffer in;
		size_t fed;
		int r = stream_fill(s);

		if (r < 0)
			return r;
		in = (ZSTD_inBuffer){ s->in, s->end, s->start };
		fed = s->end - s->start;
		left = ZSTD_decompressStream(z, &out, &in);
		if (ZSTD_isError(left))
			return stream_damaged(s);
		s->start = in.pos;
		if (fed == 0 && out.pos == 0 && left != 0)
			return stream_truncated(s);
		r = stream_emit(s, s->out, out.pos);
		if (r < 0)
			return r;
	}
	return 0;
}

static int zstd_member(struct stream *s)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();
	int r;

	if (!z)
		return why(s->why, -ENOMEM, "out of memory");
	ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	r = decode_frame(s, z);
	ZSTD_freeDCtx(z);
	return r;
}
#else
#define zstd_member NULL
#endif

const struct codec codec_zstd = {
	.name = "zstd", .library = "libzstd", .aliases = "zstd22",
	.magic = { 0x28, 0xb5, 0x2f, 0xfd }, .magic_len = 4,
	.member = zstd_member,
};
