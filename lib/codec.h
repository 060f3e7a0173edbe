/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between decompress.c and the codecs, one file a library. A codec that was
 * configured out has no member function, so that callers carry no #ifdef.
 */
#ifndef LIB_CODEC_H
#define LIB_CODEC_H

#include <errno.h>

#include "lib/blob.h"
#include "lib/why.h"

struct stream {
	const struct codec *codec;
	struct extent rest; /* input not fetched yet */
	unsigned char *in;  /* fetched input: in[start, end) */
	size_t start, end;
	unsigned char *out; /* room for STREAM_OUT bytes */
	struct blob *memfd;
	uint64_t limit, total; /* bytes that may come out; of input */
	struct why *why;
};

#define STREAM_IN  ((size_t)(128 * KiB))
#define STREAM_OUT ((size_t)(256 * KiB))

/* Fetches more input if none is left. 0 also at the end of it: then start == end. */
int stream_fill(struct stream *s);

/* Copies exactly @len bytes of input out; -EBADMSG if there are fewer. */
int stream_take(struct stream *s, void *ret, size_t len);

/* Writes bytes of output, at most up to the limit. */
int stream_emit(struct stream *s, const unsigned char *data, size_t len);

/* "NAME data is damaged", "NAME data ends early": the two things that go wrong. */
int stream_damaged(struct stream *s);
int stream_truncated(struct stream *s);

struct codec {
	const char *name;
	const char *library;  /* what configure calls it */
	const char *aliases;  /* other names, space separated; NULL: none */
	unsigned char magic[8];
	unsigned char magic_len;
	/* Unpacks one member; leaves the input right behind it. NULL: not built in. */
	int (*member)(struct stream *s);
};

extern const struct codec codec_gzip, codec_xz, codec_lzma, codec_zstd, codec_lz4,
	codec_lz4_legacy, codec_bzip2, codec_lzo;

#endif
