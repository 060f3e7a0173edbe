// SPDX-License-Identifier: GPL-2.0-or-later
/* xz (with its BCJ filters) and the older .lzma ("alone") format. */
#include "lib/codec.h"
#include "lib/limits.h"

#ifdef HAVE_LZMA
#include <lzma.h>

/* The largest dictionary that xz -9 uses is 64 MiB; the kernel's xz takes no more than that. */
#define LZMA_MEMORY (256 * MiB)

static int lzma_error(struct stream *s, lzma_ret lr)
{
	switch (lr) {
	case LZMA_BUF_ERROR:
		return stream_truncated(s);
	case LZMA_MEM_ERROR:
		return why(s->why, -ENOMEM, "out of memory");
	case LZMA_MEMLIMIT_ERROR:
		return why(s->why, -E2BIG, "%s data needs more than %llu MiB to unpack",
			   s->codec->name, (unsigned long long)(LZMA_MEMORY / MiB));
	case LZMA_OPTIONS_ERROR:
		return why(s->why, -EOPNOTSUPP, "%s data uses options that liblzma does not know",
			   s->codec->name);
	default:
		return stream_damaged(s);
	}
}

static int code_member(struct stream *s, lzma_stream *z)
{
	lzma_ret lr = LZMA_OK;

	while (lr != LZMA_STREAM_END) {
		int r = stream_fill(s);

		if (r < 0)
			return r;
		z->next_in = s->in + s->start;
		z->avail_in = s->end - s->start;
		z->next_out = s->out;
		z->avail_out = STREAM_OUT;
		lr = lzma_code(z, s->start == s->end ? LZMA_FINISH : LZMA_RUN);
		s->start = s->end - z->avail_in;
		if (lr != LZMA_OK && lr != LZMA_STREAM_END)
			return lzma_error(s, lr);
		r = stream_emit(s, s->out, STREAM_OUT - z->avail_out);
		if (r < 0)
			return r;
	}
	return 0;
}

static int run(struct stream *s, lzma_stream *z, lzma_ret started)
{
	int r = started == LZMA_OK ? code_member(s, z) : lzma_error(s, started);

	lzma_end(z);
	return r;
}

static int xz_member(struct stream *s)
{
	lzma_stream z = LZMA_STREAM_INIT;

	return run(s, &z, lzma_stream_decoder(&z, LZMA_MEMORY, 0));
}

static int lzma_member(struct stream *s)
{
	lzma_stream z = LZMA_STREAM_INIT;

	return run(s, &z, lzma_alone_decoder(&z, LZMA_MEMORY));
}
#else
#define xz_member NULL
#define lzma_member NULL
#endif

const struct codec codec_xz = {
	.name = "xz", .library = "liblzma", .aliases = "xzkern",
	.magic = { 0xfd, '7', 'z', 'X', 'Z', 0 }, .magic_len = 6,
	.member = xz_member,
};

const struct codec codec_lzma = {
	.name = "lzma", .library = "liblzma",
	.magic = { 0x5d, 0, 0 }, .magic_len = 3,
	.member = lzma_member,
};
