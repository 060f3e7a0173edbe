/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A signature of a PE file from inside: PKCS #7 (RFC 2315) around
 * SpcIndirectDataContent of Microsoft's Authenticode specification. libcrypto
 * reads it; without libcrypto everything here is -EOPNOTSUPP and says so.
 *
 * Certificates are taken as firmware takes them: dates do not count, and whoever
 * is trusted need not be a root.
 */
#ifndef KEXEC_PKCS7_H
#define KEXEC_PKCS7_H

#include <stdbool.h>

#include "lib/blob.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/why.h"

struct certificate {
	char *subject, *issuer; /* owned; RFC 2253, escaped to ASCII */
	char *serial;           /* owned; hexadecimal */
	char not_before[32], not_after[32]; /* "2026-11-20T14:00:37Z", or "" */
	unsigned char sha256[DIGEST_SIZE];  /* of the certificate: its fingerprint */
};

struct signature {
	enum digest_kind kind;
	unsigned char digest[DIGEST_MAX]; /* the image's, as it was when it was signed */
	bool sound;   /* the signer did sign that digest */
	bool trusted; /* the signer is trusted, or was issued by who is, over others if need be */
	struct certificate chain[LIMIT_CHAIN]; /* the signer, its issuer, .., as far as known */
	size_t nr_chain;
};

/* A certificate that is trusted. */
struct trust;

/* PEM or DER. -EBADMSG: neither; -ENOMEM, -errno of reading. */
int trust_read(struct trust **ret, const struct extent *file, struct why *w);
/* Safe on NULL. */
void trust_free(struct trust *t);

/*
 * @trust may be NULL: nobody is. -EBADMSG: malformed; -EOPNOTSUPP: not what signs
 * PE files, another digest, several signers in one; -ENOMEM, -errno of reading.
 * A signature that is not sound is no error.
 */
int signature_read(struct signature *ret, const struct extent *der, const struct trust *trust,
		   struct why *w);
void signature_done(struct signature *s);

#endif
