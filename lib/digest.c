// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "lib/cleanup.h"
#include "lib/digest.h"
#include "lib/limits.h"

#define READ_BUFFER (128 * KiB)

static const struct {
	const char *name;
	size_t size;
} kinds[DIGEST_KINDS] = {
	[DIGEST_SHA256] = { "sha256", 32 },
	[DIGEST_SHA384] = { "sha384", 48 },
	[DIGEST_SHA512] = { "sha512", 64 },
};

const char *digest_name(enum digest_kind kind)
{
	return kinds[kind].name;
}

size_t digest_size(enum digest_kind kind)
{
	return kinds[kind].size;
}

#ifdef HAVE_CRYPTO
#include <openssl/evp.h>

struct digest {
	EVP_MD_CTX *ctx;
};

static int failed(struct why *w)
{
	return why(w, -ENOMEM, "libcrypto failed to compute a digest");
}

int digest_new_kind(struct digest **ret, enum digest_kind kind, struct why *w)
{
	struct digest *d = calloc(1, sizeof(*d));
	const EVP_MD *md = EVP_get_digestbyname(digest_name(kind));

	if (!d)
		return why(w, -ENOMEM, "out of memory");
	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx || !md || EVP_DigestInit_ex(d->ctx, md, NULL) != 1) {
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

int digest_finish(struct digest *d, unsigned char *ret, struct why *w)
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

int digest_new_kind(struct digest **ret, enum digest_kind kind, struct why *w)
{
	(void)ret;
	(void)kind;
	return missing(w);
}

int digest_add(struct digest *d, struct span bytes, struct why *w)
{
	(void)d;
	(void)bytes;
	return missing(w);
}

int digest_finish(struct digest *d, unsigned char *ret, struct why *w)
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

int digest_new(struct digest **ret, struct why *w)
{
	return digest_new_kind(ret, DIGEST_SHA256, w);
}

int digest_add_extent(struct digest *d, const struct extent *e, struct why *w)
{
	autofree unsigned char *buf = malloc(READ_BUFFER);
	int r = 0;

	if (!buf)
		return why(w, -ENOMEM, "out of memory");
	for (uint64_t at = 0; r == 0 && at < e->len; at += READ_BUFFER) {
		size_t n = e->len - at < READ_BUFFER ? e->len - at : READ_BUFFER;

		r = extent_read(e, at, buf, n, w);
		if (r == 0)
			r = digest_add(d, (struct span){ buf, n }, w);
	}
	return r;
}

int digest_extent(unsigned char ret[DIGEST_SIZE], const struct extent *e, struct why *w)
{
	struct digest *d = NULL;
	int r = digest_new(&d, w);

	if (r == 0)
		r = digest_add_extent(d, e, w);
	if (r == 0)
		r = digest_finish(d, ret, w);
	digest_free(d);
	return r;
}

void digest_hex(char *ret, const unsigned char *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = hex[bytes[i] >> 4];
		ret[2 * i + 1] = hex[bytes[i] & 15];
	}
	ret[2 * len] = '\0';
}

void digest_text(char ret[DIGEST_TEXT], const unsigned char digest[DIGEST_SIZE])
{
	digest_hex(ret, digest, DIGEST_SIZE);
}
