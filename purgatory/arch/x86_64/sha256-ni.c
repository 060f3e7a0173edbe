// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SHA-256 by the x86 SHA extensions. The only code in purgatory that uses vector
 * registers; arch_sha256() has asked for them.
 */
#include <immintrin.h>

#include "purgatory/sha256.h"

#define NI static inline __attribute__((always_inline, target("sha,sse4.1,ssse3")))

NI __m128i load(const void *p)
{
	return _mm_loadu_si128(p);
}

/* The instruction wants {a,b,e,f} and {c,d,g,h}, highest word first. */
NI void pack(const uint32_t h[8], __m128i *abef, __m128i *cdgh)
{
	__m128i badc = _mm_shuffle_epi32(load(h), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(load(h + 4), 0x1b);

	*abef = _mm_alignr_epi8(badc, hgfe, 8);
	*cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
}

NI void unpack(uint32_t h[8], __m128i abef, __m128i cdgh)
{
	__m128i feba = _mm_shuffle_epi32(abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);

	_mm_storeu_si128((void *)h, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((void *)(h + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* W[t..t+3] out of the sixteen words before them, four in each of @w; the oldest are replaced. */
NI void schedule(__m128i w[4], unsigned int i)
{
	__m128i last = w[(i + 3) & 3], x;

	x = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
	x = _mm_add_epi32(x, _mm_alignr_epi8(last, w[(i + 2) & 3], 4));
	w[i & 3] = _mm_sha256msg2_epu32(x, last);
}

__attribute__((target("sha,sse4.1,ssse3"))) void sha256_ni(uint32_t h[8], const uint8_t *data,
							   uint64_t nr)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i abef, cdgh, w[4], kw;

	pack(h, &abef, &cdgh);
	for (; nr; nr--, data += SHA256_BLOCK) {
		__m128i abef0 = abef, cdgh0 = cdgh;

#pragma GCC unroll 16
		for (unsigned int i = 0; i < 16; i++) {
			if (i < 4)
				w[i] = _mm_shuffle_epi8(load(data + 16 * i), swap);
			else
				schedule(w, i);
			kw = _mm_add_epi32(w[i & 3], load(sha256_k + 4 * i));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, kw);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(kw, 0x0e));
		}
		abef = _mm_add_epi32(abef, abef0);
		cdgh = _mm_add_epi32(cdgh, cdgh0);
	}
	unpack(h, abef, cdgh);
}
