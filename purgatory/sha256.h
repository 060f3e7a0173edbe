/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (FIPS 180-4) without a library: purgatory has none. */
#ifndef PURGATORY_SHA256_H
#define PURGATORY_SHA256_H

#include <stdint.h>

#pragma GCC visibility push(hidden)

#define SHA256_BLOCK 64 /* bytes */
#define SHA256_SIZE  32 /* bytes */

/* Takes @nr blocks at @data, of any alignment, into @h, which is aligned to 16 bytes. */
typedef void sha256_blocks(uint32_t h[8], const uint8_t *data, uint64_t nr);

sha256_blocks sha256_plain;
/* By the SHA instructions of x86 (SHA-NI) and arm64; whether there are any is arch_sha256()'s. */
sha256_blocks sha256_ni;
sha256_blocks sha256_ce;

extern const uint32_t sha256_k[64];

struct sha256 {
	uint32_t h[8] __attribute__((aligned(16)));
	uint64_t len; /* bytes so far */
	sha256_blocks *blocks;
	uint8_t rest[SHA256_BLOCK]; /* the first .len % SHA256_BLOCK bytes: of a block not yet full
				     */
};

void sha256_init(struct sha256 *s, sha256_blocks *blocks);
void sha256_add(struct sha256 *s, const uint8_t *data, uint64_t len);
void sha256_finish(struct sha256 *s, uint8_t ret[SHA256_SIZE]);

#pragma GCC visibility pop

#endif
