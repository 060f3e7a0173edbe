// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lzo, in the files that lzop writes: a header, then blocks that are compressed
 * one by one, all numbers big endian. Built in on request only.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/codec.h"
#include "lib/limits.h"
#include "lib/span.h"

#ifdef HAVE_LZO
#include <lzo/lzo1x.h>

#define MAGIC_SIZE 9
/* lzop writes blocks of 256 KiB; no version of it takes more than this. */
#define MAX_BLOCK  ((uint32_t)(64 * MiB))
/* From this version on the header has three fields more. */
#define VERSION_LONG_HEADER 0x0940

#define F_ADLER32_OUT 0x001
#define F_ADLER32_IN  0x002
#define F_EXTRA_FIELD 0x040
#define F_CRC32_OUT   0x100
#define F_CRC32_IN    0x200
#define F_MULTIPART   0x400
#define F_FILTER      0x800

static int take_be32(struct stream *s, uint32_t *ret)
{
	unsigned char raw[4];
	int r = stream_take(s, raw, sizeof(raw));

	if (r == 0)
		span_be32((struct span){ raw, sizeof(raw) }, 0, ret);
	return r;
}

static int take_be16(struct stream *s, uint16_t *ret)
{
	unsigned char raw[2];
	int r = stream_take(s, raw, sizeof(raw));

	if (r == 0)
		span_be16((struct span){ raw, sizeof(raw) }, 0, ret);
	return r;
}

static int skip(struct stream *s, uint32_t len)
{
	unsigned char scratch[256];
	int r = 0;

	while (r == 0 && len > 0) {
		size_t n = len < sizeof(scratch) ? len : sizeof(scratch);

		r = stream_take(s, scratch, n);
		len -= n;
	}
	return r;
}

/* From behind the flags to the header's checksum: times, a file name. */
static int skip_rest_of_header(struct stream *s, bool is_long, uint32_t flags)
{
	unsigned char name_len = 0;
	int r = skip(s, is_long ? 12 : 8);
	uint32_t len = 0;

	if (r == 0)
		r = stream_take(s, &name_len, 1);
	if (r == 0)
		r = skip(s, name_len + sizeof(uint32_t));
	if (r < 0 || !(flags & F_EXTRA_FIELD))
		return r;
	r = take_be32(s, &len);
	if (r == 0 && len > LIMIT_CMDLINE)
		return stream_damaged(s);
	return r < 0 ? r : skip(s, len + sizeof(uint32_t));
}

static int read_header(struct stream *s, uint32_t *ret_flags)
{
	unsigned char magic[MAGIC_SIZE], method_level[2] = { 0 };
	uint16_t version = 0;
	bool is_long;
	int r = stream_take(s, magic, sizeof(magic));

	if (r == 0)
		r = take_be16(s, &version);
	if (r < 0)
		return r;
	if (memcmp(magic, "\x89LZO\0\r\n\x1a\n", MAGIC_SIZE) != 0)
		return stream_damaged(s);
	is_long = version >= VERSION_LONG_HEADER;
	r = skip(s, is_long ? 4 : 2); /* version of the library, version needed */
	if (r == 0)
		r = stream_take(s, method_level, is_long ? 2 : 1);
	if (r == 0)
		r = take_be32(s, ret_flags);
	if (r < 0)
		return r;
	if (method_level[0] < 1 || method_level[0] > 3 || *ret_flags & (F_MULTIPART | F_FILTER))
		return why(s->why, -EOPNOTSUPP, "lzo data was made in a way that no kernel uses");
	return skip_rest_of_header(s, is_long, *ret_flags);
}

struct block {
	uint32_t plain_len, packed_len;
	uint32_t adler32, crc32; /* of the plain bytes, if the flags say so */
};

/* The next block's header; plain_len 0: there is none. */
static int read_block_header(struct stream *s, uint32_t flags, struct block *b)
{
	uint32_t unused;
	int r = take_be32(s, &b->plain_len);

	if (r < 0 || b->plain_len == 0)
		return r;
	r = take_be32(s, &b->packed_len);
	if (r < 0)
		return r;
	if (b->plain_len > MAX_BLOCK || b->packed_len == 0 || b->packed_len > b->plain_len)
		return stream_damaged(s);
	if (flags & F_ADLER32_OUT)
		r = take_be32(s, &b->adler32);
	if (r == 0 && flags & F_CRC32_OUT)
		r = take_be32(s, &b->crc32);
	if (b->packed_len == b->plain_len)
		return r; /* stored: one kind of checksum will do */
	if (r == 0 && flags & F_ADLER32_IN)
		r = take_be32(s, &unused);
	if (r == 0 && flags & F_CRC32_IN)
		r = take_be32(s, &unused);
	return r;
}

static int unpack_block(struct stream *s, uint32_t flags, const struct block *b)
{
	autofree unsigned char *packed = malloc(b->packed_len);
	autofree unsigned char *plain = malloc(b->plain_len);
	lzo_uint len = b->plain_len;
	int r;

	if (!packed || !plain)
		return why(s->why, -ENOMEM, "out of memory");
	r = stream_take(s, packed, b->packed_len);
	if (r < 0)
		return r;
	if (b->packed_len == b->plain_len)
		memcpy(plain, packed, len);
	else if (lzo1x_decompress_safe(packed, b->packed_len, plain, &len, NULL) != LZO_E_OK)
		return stream_damaged(s);
	if (len != b->plain_len ||
	    (flags & F_ADLER32_OUT && lzo_adler32(1, plain, len) != b->adler32) ||
	    (flags & F_CRC32_OUT && lzo_crc32(0, plain, len) != b->crc32))
		return stream_damaged(s);
	return stream_emit(s, plain, len);
}

static int lzo_member(struct stream *s)
{
	uint32_t flags = 0;
	int r;

	if (lzo_init() != LZO_E_OK)
		return why(s->why, -EOPNOTSUPP, "liblzo2 does not work here");
	for (r = read_header(s, &flags); r == 0;) {
		struct block b = { 0 };

		r = read_block_header(s, flags, &b);
		if (r < 0 || b.plain_len == 0)
			return r;
		r = unpack_block(s, flags, &b);
	}
	return r;
}
#else
#define lzo_member NULL
#endif

const struct codec codec_lzo = {
	.name = "lzo", .library = "liblzo2",
	.magic = { 0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a }, .magic_len = 8,
	.member = lzo_member,
};
