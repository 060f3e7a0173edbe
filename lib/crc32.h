/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRC-32 of IEEE 802.3, as zlib has it; here because a build may be without zlib. */
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what @crc is the checksum of, and @data behind it; of nothing it is 0. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t len);

#endif
