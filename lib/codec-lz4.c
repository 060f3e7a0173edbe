// SPDX-License-Identifier: GPL-2.0-or-later
/* lz4: the frame format, and the "legacy" one that the kernel's build writes (lz4 -l). */
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/codec.h"
#include "lib/limits.h"
#include "lib/span.h"

#ifdef HAVE_LZ4
#include <lz4.h>
#include <lz4frame.h>

/* lz4_Frame_format.md, "Legacy frame": every block unpacks to 8 MiB, the last to less. */
#define LEGACY_BLOCK ((int)(8 * MiB))

static int decode_frame(struct stream *s, LZ4F_dctx *z)
{
	size_t left = 1;

	while (left != 0) {
		size_t in, out = STREAM_OUT;
		int r = stream_fill(s);

		if (r < 0)
			return r;
		in = s->end - s->start;
		left = LZ4F_decompress(z, s->out, &out, s->in + s->start, &in, NULL);
		if (LZ4F_isError(left))
			return stream_damaged(s);
		if (in == 0 && out == 0 && left != 0)
			return stream_truncated(s);
		s->start += in;
		r = stream_emit(s, s->out, out);
		if (r < 0)
			return r;
	}
	return 0;
}

static int lz4_member(struct stream *s)
{
	LZ4F_dctx *z;
	int r;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&z, LZ4F_VERSION)))
		return why(s->why, -ENOMEM, "out of memory");
	r = decode_frame(s, z);
	LZ4F_freeDecompressionContext(z);
	return r;
}

/* The next block's size; 0: the input ends here, or goes on with zeros. */
static int legacy_block_size(struct stream *s, uint32_t *ret)
{
	unsigned char raw[4];
	int r = stream_fill(s);

	if (r < 0)
		return r;
	*ret = 0;
	if (s->start == s->end)
		return 0;
	/* Less than a size left can only be padding, which the caller looks at. */
	if (s->end - s->start + s->rest.len < sizeof(raw))
		return 0;
	r = stream_take(s, raw, sizeof(raw));
	if (r < 0)
		return r;
	span_le32((struct span){ raw, sizeof(raw) }, 0, ret);
	return 0;
}

static int lz4_legacy_member(struct stream *s)
{
	int room = LZ4_compressBound(LEGACY_BLOCK);
	autofree unsigned char *packed = malloc(room);
	autofree unsigned char *plain = malloc(LEGACY_BLOCK);
	unsigned char magic[4];
	uint32_t len;
	int n, r;

	if (!packed || !plain)
		return why(s->why, -ENOMEM, "out of memory");
	for (r = stream_take(s, magic, sizeof(magic)); r == 0; r = stream_emit(s, plain, n)) {
		r = legacy_block_size(s, &len);
		if (r < 0 || len == 0)
			return r;
		if (len > (uint32_t)room)
			return stream_damaged(s);
		r = stream_take(s, packed, len);
		if (r < 0)
			return r;
		n = LZ4_decompress_safe((char *)packed, (char *)plain, len, LEGACY_BLOCK);
		if (n < 0)
			return stream_damaged(s);
	}
	return r;
}
#else
#define lz4_member NULL
#define lz4_legacy_member NULL
#endif

const struct codec codec_lz4 = {
	.name = "lz4 frame", .library = "liblz4",
	.magic = { 0x04, 0x22, 0x4d, 0x18 }, .magic_len = 4,
	.member = lz4_member,
};

const struct codec codec_lz4_legacy = {
	.name = "lz4", .library = "liblz4",
	.magic = { 0x02, 0x21, 0x4c, 0x18 }, .magic_len = 4,
	.member = lz4_legacy_member,
};
