/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacking of single pages, as makedumpfile packs them: without a header of
 * their own. What decompress.h has is for whole files.
 */
#ifndef LIB_PAGE_CODEC_H
#define LIB_PAGE_CODEC_H

#include <stdint.h>

#include "lib/span.h"
#include "lib/why.h"

/* The numbers of makedumpfile's page flags. */
enum page_codec {
	PAGE_ZLIB = 0x01,
	PAGE_LZO = 0x02, /* LZO1X */
	PAGE_SNAPPY = 0x04,
	PAGE_ZSTD = 0x20,
};

/*
 * Unpacks all of @in to exactly @len bytes. -EBADMSG for bad data or another
 * length; -EOPNOTSUPP for a codec that is unknown or was not built in.
 */
int page_unpack(enum page_codec codec, struct span in, void *ret, size_t len, struct why *w);

#endif
