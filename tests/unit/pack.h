/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compressed data for tests, made by the libraries themselves. */
#ifndef TESTS_UNIT_PACK_H
#define TESTS_UNIT_PACK_H

#include <stdbool.h>

#include "tests/unit/images.h"

/* "gzip", "xz", "lzma", "zstd", "lz4" (legacy), "lz4 frame", "bzip2", "lzo"; NULL after the last. */
extern const char *const pack_codecs[];

/*
 * Appends @in, compressed to one member, to @ret. False, and nothing appended,
 * if @codec is not built in: the test is skipped then.
 */
bool pack(struct bytes *ret, const char *codec, struct span in);

#endif
