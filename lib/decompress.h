/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decompression into a sealed memfd, streaming and capped.
 *
 * A compressed file is one or more members of the same kind, each complete,
 * then nothing but zeros (the padding of a section). Anything else after it is
 * an error: the kernel's own decompressors would not have looked at it either,
 * but nobody signs or ships it on purpose.
 */
#ifndef LIB_DECOMPRESS_H
#define LIB_DECOMPRESS_H

#include "lib/blob.h"
#include "lib/span.h"
#include "lib/why.h"

struct codec;

/* How many bytes codec_by_magic() wants to see. */
#define CODEC_HEAD 16

/* The codec whose files start like @head, also one that was not built in; or NULL. */
const struct codec *codec_by_magic(struct span head);

/* The codec that zboot and people call @name: "gzip", "zstd22", "xzkern"; or NULL. */
const struct codec *codec_by_name(const char *name);

const char *codec_name(const struct codec *c);

/*
 * Unpacks all of @in into @ret, a sealed memfd called @what of at most @limit
 * bytes. Who listens to the progress of @in's blob is told, and of @ret's too.
 * -EOPNOTSUPP if the codec was not built in; -EBADMSG for bad or truncated data;
 * -E2BIG over the limit; -ENOMEM; -errno of reading, writing.
 */
int decompress(const struct codec *c, const struct extent *in, struct blob *ret, const char *what,
	       uint64_t limit, struct why *w);

#endif
