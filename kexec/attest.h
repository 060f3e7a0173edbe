/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says it found in an image that it took apart by itself:
 * /sys/kernel/kexec_decomposed (BPF_ABI.md, "Attestation").
 */
#ifndef KEXEC_ATTEST_H
#define KEXEC_ATTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "kexec/boot-image-compare.h"
#include "kexec/sys.h"

/* What the kernel should say: sizes and digests of the embedded image. */
struct attest_expected {
	uint64_t size[BOOT_IMAGE_PARTS];
	char sha256[BOOT_IMAGE_PARTS][DIGEST_TEXT];
};

/* Of @img before any overlay. -EOPNOTSUPP without libcrypto, -errno of reading. */
int attest_expect(struct attest_expected *ret, const struct boot_image *img, struct why *w);

/* Makes the kernel hash what it finds in later loads. -errno of writing. */
int attest_arm(const struct sys *sys, struct why *w);

/*
 * After a load: did the kernel find the same in what is loaded now? 0: yes.
 * 1: no, @w says what, and @ret_generation is that of the load. -EBADMSG: it
 * does not say, or not in words that we know; -errno of reading.
 */
int attest_verify(const struct attest_expected *e, const struct sys *sys, bool crash,
		  uint64_t *ret_generation, struct why *w);

/* Is what is loaded now still @generation? False also where that cannot be told. */
bool attest_is_generation(const struct sys *sys, bool crash, uint64_t generation);

#endif
