// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SHA-256 by arm64's cryptographic extension. The only code in purgatory that uses
 * vector registers; arch_sha256_begin() has asked for them.
 */
#include <arm_neon.h>

#include "purgatory/sha256.h"

#ifdef __clang__
#define CE __attribute__((target("crypto")))
#else
#define CE __attribute__((target("+crypto")))
#endif

static inline __attribute__((always_inline)) CE void four_blocks_words(uint32x4_t w[4],
								       const uint8_t *data)
{
	for (int i = 0; i < 4; i++)
		w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)));
}

static inline __attribute__((always_inline)) CE void one_block(uint32x4_t state[2],
							       const uint8_t *data)
{
	uint32x4_t abcd = state[0], efgh = state[1], w[4], kw, before;

	four_blocks_words(w, data);
#pragma GCC unroll 16
	for (unsigned int i = 0; i < 16; i++) {
		uint32x4_t *now = &w[i & 3];

		if (i >= 4)
			*now = vsha256su1q_u32(vsha256su0q_u32(*now, w[(i + 1) & 3]),
					       w[(i + 2) & 3], w[(i + 3) & 3]);
		kw = vaddq_u32(*now, vld1q_u32(sha256_k + 4 * i));
		before = abcd;
		abcd = vsha256hq_u32(abcd, efgh, kw);
		efgh = vsha256h2q_u32(efgh, before, kw);
	}
	state[0] = vaddq_u32(state[0], abcd);
	state[1] = vaddq_u32(state[1], efgh);
}

/* Memory without caches takes no vector that is not aligned to its size: such go through words. */
static void align_block(uint8_t to[SHA256_BLOCK], const uint8_t *from)
{
	for (unsigned int i = 0; i < SHA256_BLOCK; i++)
		*(volatile uint8_t *)&to[i] = from[i];
}

CE void sha256_ce(uint32_t h[8], const uint8_t *data, uint64_t nr)
{
	uint8_t aligned[SHA256_BLOCK] __attribute__((aligned(16)));
	uint32x4_t state[2] = { vld1q_u32(h), vld1q_u32(h + 4) };

	for (; nr; nr--, data += SHA256_BLOCK) {
		if ((uintptr_t)data % 16) {
			align_block(aligned, data);
			one_block(state, aligned);
		} else {
			one_block(state, data);
		}
	}
	vst1q_u32(h, state[0]);
	vst1q_u32(h + 4, state[1]);
}
