// SPDX-License-Identifier: GPL-2.0-or-later
#include "purgatory/sha256.h"

/* FIPS 180-4, section 4.2.2. Aligned for vector loads. */
const uint32_t sha256_k[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static inline uint32_t rotr(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

/* Two rotations by @a and @b, in the order that takes fewer instructions; so in round1(). */
static inline uint32_t small_sigma(uint32_t x, int a, int b, int shift)
{
	return rotr(rotr(x, b - a) ^ x, a) ^ x >> shift;
}

/*
 * One round. The eight variables stand still in @v and their names move on: in
 * round @t, "a" is v[-t mod 8]. With @t known when compiled, nothing is copied. @ab: a ^ b.
 */
static inline __attribute__((always_inline)) void round1(uint32_t v[8], uint32_t *ab,
							 unsigned int t, uint32_t kw)
{
	uint32_t a = v[(0 - t) & 7], b = v[(1 - t) & 7];
	uint32_t e = v[(4 - t) & 7], f = v[(5 - t) & 7], g = v[(6 - t) & 7];
	uint32_t t1 = v[(7 - t) & 7] + kw;

	t1 += rotr(rotr(rotr(e, 14) ^ e, 5) ^ e, 6);
	t1 += ((f ^ g) & e) ^ g;
	v[(3 - t) & 7] += t1;
	t1 += rotr(rotr(rotr(a, 9) ^ a, 11) ^ a, 2);
	/* The majority of a, b and c: *@ab is still that of the last round, b ^ c. */
	t1 += (*ab & (a ^ b)) ^ b;
	*ab = a ^ b;
	v[(7 - t) & 7] = t1;
}

/*
 * arm64 without caches takes only aligned words, each of which is slow: whole words
 * where they are aligned, else bytes, which compilers for other machines put together.
 */
#ifdef ALIGNMENT_MATTERS /* a test's */
#elif defined(__x86_64__) || defined(__ARM_FEATURE_UNALIGNED)
#define ALIGNMENT_MATTERS 0
#else
#define ALIGNMENT_MATTERS 1
#endif

static inline __attribute__((always_inline)) uint32_t word_be(const uint8_t *p, int aligned)
{
	if (aligned)
		return __builtin_bswap32(
			*(const uint32_t __attribute__((may_alias)) *)(const void *)p);
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline __attribute__((always_inline)) void block(uint32_t h[8], const uint8_t *data,
							int aligned)
{
	uint32_t v[8], w[16], ab;

	for (unsigned int i = 0; i < 8; i++)
		v[i] = h[i];
	ab = v[1] ^ v[2];
#pragma GCC unroll 16
	for (unsigned int i = 0; i < 16; i++) {
		w[i] = word_be(data + 4 * i, aligned);
		round1(v, &ab, i, sha256_k[i] + w[i]);
	}
	/* All 64 rounds: 4 KiB more code, a tenth fewer instructions, for t is known. */
#pragma GCC unroll 3
	for (unsigned int t = 16; t < 64; t += 16) {
#pragma GCC unroll 16
		for (unsigned int i = 0; i < 16; i++) {
			w[i] += small_sigma(w[(i + 1) & 15], 7, 18, 3) + w[(i + 9) & 15] +
				small_sigma(w[(i + 14) & 15], 17, 19, 10);
			round1(v, &ab, i, sha256_k[t + i] + w[i]);
		}
	}
	for (unsigned int i = 0; i < 8; i++)
		h[i] += v[i];
}

void sha256_plain(uint32_t h[8], const uint8_t *data, uint64_t nr)
{
	if (ALIGNMENT_MATTERS && (uintptr_t)data % sizeof(uint32_t) == 0)
		for (; nr; nr--, data += SHA256_BLOCK)
			block(h, data, 1);
	else
		for (; nr; nr--, data += SHA256_BLOCK)
			block(h, data, 0);
}

void sha256_init(struct sha256 *s, sha256_blocks *blocks)
{
	/* FIPS 180-4, section 5.3.3. */
	static const uint32_t h0[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	for (int i = 0; i < 8; i++)
		s->h[i] = h0[i];
	s->len = 0;
	s->blocks = blocks;
}

void sha256_add(struct sha256 *s, const uint8_t *data, uint64_t len)
{
	unsigned int used = s->len % SHA256_BLOCK;

	s->len += len;
	while (used && len) {
		s->rest[used++] = *data++;
		len--;
		if (used == SHA256_BLOCK) {
			s->blocks(s->h, s->rest, 1);
			used = 0;
		}
	}
	if (len >= SHA256_BLOCK) {
		s->blocks(s->h, data, len / SHA256_BLOCK);
		data += len / SHA256_BLOCK * SHA256_BLOCK;
		len %= SHA256_BLOCK;
	}
	while (len--)
		s->rest[used++] = *data++;
}

void sha256_finish(struct sha256 *s, uint8_t ret[SHA256_SIZE])
{
	static const uint8_t one = 0x80, zero;
	uint64_t bits = s->len * 8;
	uint8_t end[8];

	sha256_add(s, &one, 1);
	while (s->len % SHA256_BLOCK != SHA256_BLOCK - sizeof(end))
		sha256_add(s, &zero, 1);
	for (unsigned int i = 0; i < sizeof(end); i++)
		end[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_add(s, end, sizeof(end));
	for (unsigned int i = 0; i < SHA256_SIZE; i++)
		ret[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}
