/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 and its larger sisters, by libcrypto. */
#ifndef LIB_DIGEST_H
#define LIB_DIGEST_H

#include "lib/blob.h"
#include "lib/span.h"
#include "lib/why.h"

#define DIGEST_SIZE 32
#define DIGEST_TEXT (2 * DIGEST_SIZE + 1)

enum digest_kind {
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
	DIGEST_KINDS
};
#define DIGEST_MAX      64
#define DIGEST_MAX_TEXT (2 * DIGEST_MAX + 1)

/* "sha256"; bytes. */
const char *digest_name(enum digest_kind kind);
size_t digest_size(enum digest_kind kind);

struct digest;

/* -EOPNOTSUPP: built without libcrypto; -ENOMEM. */
int digest_new(struct digest **ret, struct why *w); /* SHA-256 */
int digest_new_kind(struct digest **ret, enum digest_kind kind, struct why *w);
int digest_add(struct digest *d, struct span bytes, struct why *w);
/* Reads with a small buffer; -errno of reading, -ENOMEM. */
int digest_add_extent(struct digest *d, const struct extent *e, struct why *w);
/* @ret has room for digest_size(). */
int digest_finish(struct digest *d, unsigned char *ret, struct why *w);
/* Safe on NULL. */
void digest_free(struct digest *d);

/* SHA-256 of @e: all of the above at once. */
int digest_extent(unsigned char ret[DIGEST_SIZE], const struct extent *e, struct why *w);

/* Lower-case hexadecimal, NUL terminated. */
void digest_text(char ret[DIGEST_TEXT], const unsigned char digest[DIGEST_SIZE]);
/* The same of any @len bytes; @ret has room for 2 * @len + 1. */
void digest_hex(char *ret, const unsigned char *bytes, size_t len);

#endif
