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

/* With the filters and the check that the kernel's "xzkern" has. */
static size_t pack_xz(unsigned char *out, struct span in)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_options_lzma o;
	lzma_filter filters[] = { { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &o },
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

static size_t (*const packers[])(unsigned char *out, struct span in) = {
	pack_gzip, pack_xz, pack_lzma, pack_zstd, pack_lz4_legacy, pack_lz4_frame,
};

const char *const pack_codecs[] = { "gzip", "xz", "lzma", "zstd", "lz4", "lz4 frame", NULL };

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
