// SPDX-License-Identifier: GPL-2.0-or-later
/* gzip: RFC 1952. */
#include <stdlib.h>

#include "lib/cleanup.h"
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

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>

/* Returns what it used of @in and wrote to @out; false if anything is wrong with it. */
static bool inflate_whole(struct span in, unsigned char *out, size_t room, size_t *ret_in,
			  size_t *ret_out)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	bool good = d && libdeflate_gzip_decompress_ex(d, in.data, in.size, out, room, ret_in,
						       ret_out) == LIBDEFLATE_SUCCESS;

	libdeflate_free_decompressor(d);
	return good;
}

/*
 * The first member in one step, which is twice as fast: possible if nothing is
 * behind it, so that the last four bytes say how long it becomes. 1: done, 0: not
 * possible, or wrong in some way that the slow way will name.
 */
static int inflate_at_once(struct stream *s)
{
	autofree unsigned char *data = NULL;
	size_t used = 0, written = 0, len = s->rest.len;
	unsigned char *room = NULL;
	uint32_t size = 0;
	bool good;
	int r;

	if (s->start < s->end || s->memfd->size > 0 || len > LIMIT_AT_ONCE)
		return 0;
	r = extent_dup(&s->rest, 0, len, &data, s->why);
	if (r < 0)
		return r;
	if (!span_le32((struct span){ data, len }, len < sizeof(size) ? 0 : len - sizeof(size),
		       &size) || size == 0 || size > s->limit)
		return 0;
	r = blob_room(s->memfd, size, &room, s->why);
	if (r < 0)
		return r;
	good = inflate_whole((struct span){ data, len }, room, size, &used, &written);
	r = blob_room_done(s->memfd, room, size, good ? written : 0, s->why);
	if (r < 0 || !good)
		return r;
	extent_sub(&s->rest, &s->rest, used, len - used);
	return 1;
}
#else
static int inflate_at_once(struct stream *s)
{
	(void)s;
	return 0;
}
#endif

static int gzip_member(struct stream *s)
{
	z_stream z = { 0 };
	int r = inflate_at_once(s);

	if (r != 0)
		return r < 0 ? r : 0;
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
