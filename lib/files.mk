# SPDX-License-Identifier: GPL-2.0-or-later
lib_SRC += lib/amount.c lib/blob.c lib/crc32.c lib/decompress.c lib/digest.c lib/escape.c \
	   lib/json.c lib/log.c lib/mapping.c lib/page-codec.c lib/piece-digest.c lib/progress.c \
	   lib/sysfile.c lib/why.c
# A codec is one file and one row in decompress.c.
lib_SRC += lib/codec-bzip2.c lib/codec-lz4.c lib/codec-lzma.c lib/codec-lzo.c lib/codec-zlib.c \
	   lib/codec-zstd.c
