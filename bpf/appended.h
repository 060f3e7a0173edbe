/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A signature behind a file, in the form that Linux has for its modules
 * (include/linux/module_signature.h): the file, a PKCS #7 message that signs it, a
 * block that tells the message's length, a line of text.
 */
#ifndef BPF_APPENDED_H
#define BPF_APPENDED_H

#include <stdint.h>

#include "lib/span.h"
#include "lib/why.h"

#define APPENDED_TEXT "~Module signature appended~\n"
#define APPENDED_BLOCK 12 /* bytes */
#define APPENDED_PKCS7 2  /* at byte 2 of the block: what the signature is */

struct appended {
	struct span file;      /* what is, or would be, signed */
	struct span signature; /* DER; .data NULL: none */
};

/* Splits @bytes, without looking into either part. -EBADMSG: the line is there, the rest is not. */
int appended_split(struct appended *ret, struct span bytes, struct why *w);

/* What comes behind a signature of @len bytes: APPENDED_BLOCK bytes, then the text. */
void appended_block(unsigned char ret[APPENDED_BLOCK], uint32_t len);

#endif
