/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256, by libcrypto. */
#ifndef LIB_DIGEST_H
#define LIB_DIGEST_H

#include "lib/span.h"
#include "lib/why.h"

#define DIGEST_SIZE 32
#define DIGEST_TEXT (2 * DIGEST_SIZE + 1)

struct digest;

/* -EOPNOTSUPP: built without libcrypto; -ENOMEM. */
int digest_new(struct digest **ret, struct why *w);
int digest_add(struct digest *d, struct span bytes, struct why *w);
int digest_finish(struct digest *d, unsigned char ret[DIGEST_SIZE], struct why *w);
/* Safe on NULL. */
void digest_free(struct digest *d);

/* Lower-case hexadecimal, NUL terminated. */
void digest_text(char ret[DIGEST_TEXT], const unsigned char digest[DIGEST_SIZE]);

#endif
