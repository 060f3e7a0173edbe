/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/pack.h"

#define ROOM (2 * 1024 * 1024) /* for what a test's data may become */

#ifdef HAVE_ZLIB
#include <zlib.h>

static size_t pack_gzip(unsigned char *out, struct span in)
{
	z_stream z = { .next_in = (unsigned char *)in.data, .avail_in = in.size, .next_out = out,
		       .avail_out = ROOM };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return ROOM - z.avail_out;
}
#else
#define pack_gzip NULL
#endif

#ifdef HAVE_LZMA
#include <lzma.h>

static size_t run_lzma(lzma_stream *z, unsigned char *out, struct span in)
{
	z->next_in = in.data;
	z->avail_in = in.size;
	z->next_out = out;
	z->avail_out = ROOM;
	assert_int_equal(lzma_code(z, LZMA_FINISH), LZMA_STREAM_END);
	lzma_end(z);
	return ROOM - z->avail_out;
}

/* With the filters and the check that the kernel's "xzkern" has; a kernel knows its own machine's. */
#if defined(__aarch64__) && defined(LZMA_FILTER_ARM64)
#define XZ_MACHINE LZMA_FILTER_ARM64
#else
#define XZ_MACHINE LZMA_FILTER_X86
#endif

static size_t pack_xz(unsigned char *out, struct span in)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_options_lzma o;
	lzma_filter filters[] = { { XZ_MACHINE, NULL }, { LZMA_FILTER_LZMA2, &o },
				  { LZMA_VLI_UNKNOWN, NULL } };

	assert_false(lzma_lzma_preset(&o, 6));
	assert_int_equal(lzma_stream_encoder(&z, filters, LZMA_CHECK_CRC32), LZMA_OK);
	return run_lzma(&z, out, in);
}

static size_t pack_lzma(unsigned char *out, struct span in)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_options_lzma o;

	assert_false(lzma_lzma_preset(&o, 6));
	assert_int_equal(lzma_alone_encoder(&z, &o), LZMA_OK);
	return run_lzma(&z, out, in);
}
#else
#define pack_xz NULL
#define pack_lzma NULL
#endif

#ifdef HAVE_ZSTD
#include <zstd.h>

/* From a stream, so that the frame does not know its content's size. */
static size_t pack_zstd(unsigned char *out, struct span in)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	ZSTD_inBuffer from = { in.data, in.size, 0 };
	ZSTD_outBuffer to = { out, ROOM, 0 };

	assert_non_null(z);
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	assert_false(ZSTD_isError(ZSTD_compressStream2(z, &to, &from, ZSTD_e_flush)));
	assert_int_equal(ZSTD_compressStream2(z, &to, &from, ZSTD_e_end), 0);
	ZSTD_freeCCtx(z);
	assert_int_equal(ZSTD_getFrameContentSize(out, to.pos), ZSTD_CONTENTSIZE_UNKNOWN);
	return to.pos;
}
#else
#define pack_zstd NULL
#endif

#ifdef HAVE_LZ4
#include <lz4.h>
#include <lz4frame.h>

static size_t pack_lz4_legacy(unsigned char *out, struct span in)
{
	int n = LZ4_compress_default((const char *)in.data, (char *)out + 8, in.size, ROOM - 8);
	uint32_t le = htole32(n);

	assert_true(n > 0);
	memcpy(out, "\x02\x21\x4c\x18", 4);
	memcpy(out + 4, &le, sizeof(le));
	return 8 + n;
}

static size_t pack_lz4_frame(unsigned char *out, struct span in)
{
	LZ4F_preferences_t p = { .frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled };
	size_t n = LZ4F_compressFrame(out, ROOM, in.data, in.size, &p);

	assert_false(LZ4F_isError(n));
	return n;
}
#else
#define pack_lz4_legacy NULL
#define pack_lz4_frame NULL
#endif

#ifdef HAVE_BZIP2
#include <bzlib.h>

static size_t pack_bzip2(unsigned char *out, struct span in)
{
	unsigned int size = ROOM;

	assert_int_equal(BZ2_bzBuffToBuffCompress((char *)out, &size,
						  in.data ? (char *)in.data : (char *)"", in.size, 9, 0, 0),
			 BZ_OK);
	return size;
}
#else
#define pack_bzip2 NULL
#endif

#ifdef HAVE_LZO
#include <lzo/lzo1x.h>

#define LZOP_BLOCK (256 * 1024)

static size_t put_be32(unsigned char *out, uint32_t value)
{
	uint32_t be = htobe32(value);

	memcpy(out, &be, sizeof(be));
	return sizeof(be);
}

static size_t pack_lzo_block(unsigned char *out, struct span in)
{
	autofree unsigned char *work = malloc(LZO1X_1_MEM_COMPRESS);
	autofree unsigned char *packed = malloc(2 * LZOP_BLOCK);
	lzo_uint len = 2 * LZOP_BLOCK;
	size_t n;

	assert_non_null(work);
	assert_non_null(packed);
	assert_int_equal(lzo1x_1_compress(in.data, in.size, packed, &len, work), LZO_E_OK);
	if (len >= in.size) {
		len = in.size;
		memcpy(packed, in.data, len);
	}
	n = put_be32(out, in.size);
	n += put_be32(out + n, len);
	n += put_be32(out + n, lzo_adler32(1, in.data, in.size));
	memcpy(out + n, packed, len);
	return n + len;
}

/* As lzop -9 writes it, which is what the kernel's build calls. */
static size_t pack_lzo(unsigned char *out, struct span in)
{
	static const unsigned char head[] = {
		0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n', /* magic */
		0x10, 0x40, 0x20, 0xa0, 0x09, 0x40, /* version, of the library, needed */
		3, 9, 0, 0, 0, 1, /* method, level, flags: adler32 of the plain bytes */
		0, 0, 0x81, 0xa4, 0, 0, 0, 0, 0, 0, 0, 0, /* mode, times */
		0, 1, 2, 3, 4, /* no name; the checksum, which nobody looks at */
	};
	size_t n = sizeof(head);

	assert_int_equal(lzo_init(), LZO_E_OK);
	memcpy(out, head, n);
	for (size_t at = 0; at < in.size; at += LZOP_BLOCK) {
		size_t left = in.size - at, len = left < LZOP_BLOCK ? left : LZOP_BLOCK;

		n += pack_lzo_block(out + n, (struct span){ in.data + at, len });
	}
	return n + put_be32(out + n, 0);
}
#else
#define pack_lzo NULL
#endif

static size_t (*const packers[])(unsigned char *out, struct span in) = {
	pack_gzip, pack_xz, pack_lzma, pack_zstd, pack_lz4_legacy, pack_lz4_frame, pack_bzip2,
	pack_lzo,
};

const char *const pack_codecs[] = {
	"gzip", "xz", "lzma", "zstd", "lz4", "lz4 frame", "bzip2", "lzo", NULL,
};

bool pack(struct bytes *ret, const char *codec, struct span in)
{
	autofree unsigned char *out = malloc(ROOM);
	size_t i = 0;

	assert_non_null(out);
	while (pack_codecs[i] && strcmp(pack_codecs[i], codec) != 0)
		i++;
	assert_non_null(pack_codecs[i]);
	if (!packers[i])
		return false;
	bytes_add(ret, out, packers[i](out, in));
	return true;
}
