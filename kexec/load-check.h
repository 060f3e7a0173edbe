/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --cross-check demands of a load: that the parser program in the image and
 * our own parsers find the same in it, and with "attest" that the kernel did too.
 */
#ifndef KEXEC_LOAD_CHECK_H
#define KEXEC_LOAD_CHECK_H

#include "kexec/attest.h"
#include "kexec/boot-image.h"
#include "kexec/options.h"
#include "kexec/sys.h"

struct load_check {
	enum cross_check_mode mode;
	bool crash, enforced;
	const struct blob *parser; /* a detached one; NULL: that in the image */
	bool attests; /* set by load_check_before(): .expected is to be verified */
	struct attest_expected expected;
};

/*
 * Compares, before anything is loaded and before any overlay. 0: they agree, or
 * there is nothing to compare. 1: it cannot be told, @w says why, and @c->mode
 * lets that pass. -EBADMSG: refused, @w says where they differ or who refuses;
 * other errors: -ENOMEM, -errno of reading.
 */
int load_check_before(struct load_check *c, struct boot_image *img, struct why *w);

/*
 * After a load by route whole: 0: the kernel found the same, or nobody asked.
 * 1: it did not, and the image is not loaded any more. -errno: what nobody
 * vouches for is still loaded. @w says what.
 */
int load_check_after(const struct load_check *c, const struct sys *sys, struct why *w);

#endif
