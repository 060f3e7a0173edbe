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

#define INLINE static inline __attribute__((always_inline)) CE

/*
 * Memory without caches takes no vector that is not aligned to its size, and takes
 * its time for each access: the compiler must know what is aligned.
 */
INLINE uint32x4_t load(const void *p)
{
	return *(const uint32x4_t __attribute__((may_alias)) *)__builtin_assume_aligned(p, 16);
}

INLINE void one_block(uint32x4_t state[2], const uint8_t *data)
{
	uint32x4_t abcd = state[0], efgh = state[1], w[4], kw, before;

	for (int i = 0; i < 4; i++)
		w[i] = vreinterpretq_u32_u8(vrev32q_u8(vreinterpretq_u8_u32(load(data + 16 * i))));
#pragma GCC unroll 16
	for (unsigned int i = 0; i < 16; i++) {
		uint32x4_t *now = &w[i & 3];

		if (i >= 4)
			*now = vsha256su1q_u32(vsha256su0q_u32(*now, w[(i + 1) & 3]),
					       w[(i + 2) & 3], w[(i + 3) & 3]);
		kw = vaddq_u32(*now, load(sha256_k + 4 * i));
		before = abcd;
		abcd = vsha256hq_u32(abcd, efgh, kw);
		efgh = vsha256h2q_u32(efgh, before, kw);
	}
	state[0] = vaddq_u32(state[0], abcd);
	state[1] = vaddq_u32(state[1], efgh);
}

/*
 * A block put together out of aligned words, the first and last of which may have
 * bytes that are not the block's.
 */
__attribute__((noinline, no_sanitize("address"))) static void
align_block(uint64_t to[SHA256_BLOCK / 8], const uint8_t *from)
{
	unsigned int skew = (uintptr_t)from % 8;
	const uint64_t __attribute__((may_alias)) *words = __builtin_assume_aligned(from - skew, 8);

	for (unsigned int i = 0; i < SHA256_BLOCK / 8; i++)
		to[i] = skew ? words[i] >> 8 * skew | words[i + 1] << (64 - 8 * skew) : words[i];
}

CE void sha256_ce(uint32_t h[8], const uint8_t *data, uint64_t nr)
{
	uint64_t aligned[SHA256_BLOCK / 8] __attribute__((aligned(16)));
	uint32x4_t state[2] = { load(h), load(h + 4) };

	for (; nr; nr--, data += SHA256_BLOCK) {
		if ((uintptr_t)data % 16) {
			align_block(aligned, data);
			one_block(state, (const uint8_t *)aligned);
		} else {
			one_block(state, data);
		}
	}
	*(uint32x4_t __attribute__((may_alias)) *)(void *)h = state[0];
	*(uint32x4_t __attribute__((may_alias)) *)(void *)(h + 4) = state[1];
}
