/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signing a file as Linux wants it of its modules (scripts/sign-file): a CMS (PKCS #7,
 * RFC 5652) message over the bytes, SHA-256, without the bytes themselves, certificates
 * or signed attributes. The kernel finds the certificate in its keyrings, by issuer and
 * serial number. Without libcrypto: -EOPNOTSUPP.
 */
#ifndef KEXEC_PKCS7_SIGN_H
#define KEXEC_PKCS7_SIGN_H

#include <stddef.h>

#include "lib/blob.h"
#include "lib/span.h"
#include "lib/why.h"

struct signer;

/*
 * @key: PEM, not encrypted; @cert: its certificate, PEM or DER. -EBADMSG: one of them is
 * not; -EINVAL: they do not belong together; -ENOMEM, -errno of reading.
 */
int signer_read(struct signer **ret, const struct blob *key, const struct blob *cert,
		struct why *w);
/* Safe on NULL. */
void signer_free(struct signer *s);

static inline void signer_release(struct signer **s)
{
	signer_free(*s);
}
#define autosigner __attribute__((cleanup(signer_release)))

/* The message, DER, malloc'ed; it has been verified. -EOPNOTSUPP: not with such a key; -ENOMEM. */
int signer_sign(unsigned char **ret, size_t *ret_len, struct span bytes, const struct signer *s,
		struct why *w);

#endif
