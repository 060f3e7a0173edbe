// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "lib/digest.h"

#ifdef HAVE_CRYPTO
#include <openssl/evp.h>

struct digest {
	EVP_MD_CTX *ctx;
};

static int failed(struct why *w)
{
	return why(w, -ENOMEM, "libcrypto failed to compute SHA-256");
}

int digest_new(struct digest **ret, struct why *w)
{
	struct digest *d = calloc(1, sizeof(*d));

	if (!d)
		return why(w, -ENOMEM, "out of memory");
	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx || EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL) != 1) {
		digest_free(d);
		return failed(w);
	}
	*ret = d;
	return 0;
}

int digest_add(struct digest *d, struct span bytes, struct why *w)
{
	return EVP_DigestUpdate(d->ctx, bytes.data, bytes.size) == 1 ? 0 : failed(w);
}

int digest_finish(struct digest *d, unsigned char ret[DIGEST_SIZE], struct why *w)
{
	return EVP_DigestFinal_ex(d->ctx, ret, NULL) == 1 ? 0 : failed(w);
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}
#else
static int missing(struct why *w)
{
	return why(w, -EOPNOTSUPP, "no digests: this program was built without libcrypto");
}

int digest_new(struct digest **ret, struct why *w)
{
	(void)ret;
	return missing(w);
}

int digest_add(struct digest *d, struct span bytes, struct why *w)
{
	(void)d;
	(void)bytes;
	return missing(w);
}

int digest_finish(struct digest *d, unsigned char ret[DIGEST_SIZE], struct why *w)
{
	(void)d;
	(void)ret;
	return missing(w);
}

void digest_free(struct digest *d)
{
	(void)d;
}
#endif

void digest_text(char ret[DIGEST_TEXT], const unsigned char digest[DIGEST_SIZE])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		ret[2 * i] = hex[digest[i] >> 4];
		ret[2 * i + 1] = hex[digest[i] & 15];
	}
	ret[2 * DIGEST_SIZE] = '\0';
}
