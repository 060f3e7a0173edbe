// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/pkcs7-sign.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#ifdef HAVE_CRYPTO
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define FLAGS (CMS_NOCERTS | CMS_BINARY)

struct signer {
	EVP_PKEY *key;
	X509 *cert;
};

/* libcrypto's types, released when they go out of scope. */
static void release_bio(BIO **b)
{
	BIO_free(*b);
}

static void release_cms(CMS_ContentInfo **c)
{
	CMS_ContentInfo_free(*c);
}

static void release_certs(STACK_OF(X509) **certs)
{
	sk_X509_free(*certs); /* the list only */
}

#define autobio __attribute__((cleanup(release_bio)))

void signer_free(struct signer *s)
{
	if (!s)
		return;
	EVP_PKEY_free(s->key);
	X509_free(s->cert);
	free(s);
}

/* What is no key or certificate may be a file of any size. */
static int open_bio(BIO **ret, unsigned char **data, const struct blob *file, struct why *w)
{
	const struct extent all = blob_whole(file);
	int r;

	if (all.len > LIMIT_CERTIFICATES)
		return why(w, -E2BIG, "has %llu bytes, at most %llu make sense",
			   (unsigned long long)all.len, (unsigned long long)LIMIT_CERTIFICATES);
	r = extent_dup(&all, 0, all.len, data, w);
	if (r < 0)
		return r;
	*ret = BIO_new_mem_buf(*data, (int)all.len);
	return *ret ? 0 : why(w, -ENOMEM, "out of memory");
}

/* Nobody is asked: whoever signs in a build has no terminal. */
static int no_password(char *buf, int size, int writing, void *asked)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static int read_key(struct signer *s, const struct blob *file, struct why *w)
{
	autofree unsigned char *data = NULL;
	autobio BIO *bio = NULL;
	bool encrypted = false;
	int r = open_bio(&bio, &data, file, w);

	if (r < 0)
		return r;
	s->key = PEM_read_bio_PrivateKey(bio, NULL, no_password, &encrypted);
	OPENSSL_cleanse(data, file->size);
	if (s->key)
		return 0;
	return why(w, -EBADMSG, encrypted ? "is encrypted, which is not supported" :
					    "is no private key in PEM");
}

static int read_cert(struct signer *s, const struct blob *file, struct why *w)
{
	autofree unsigned char *data = NULL;
	autobio BIO *bio = NULL;
	int r = open_bio(&bio, &data, file, w);

	if (r < 0)
		return r;
	s->cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (!s->cert && BIO_reset(bio) == 1)
		s->cert = d2i_X509_bio(bio, NULL);
	return s->cert ? 0 : why(w, -EBADMSG, "is no certificate, neither PEM nor DER");
}

static int read_both(struct signer *s, const struct blob *key, const struct blob *cert,
		     struct why *w)
{
	int r = read_key(s, key, w);

	if (r < 0) {
		why_prefix(w, "%s: ", key->name);
		return r;
	}
	r = read_cert(s, cert, w);
	if (r == 0 && X509_check_private_key(s->cert, s->key) != 1)
		r = why(w, -EINVAL, "is not the certificate of the key in %s", key->name);
	if (r < 0)
		why_prefix(w, "%s: ", cert->name);
	return r;
}

int signer_read(struct signer **ret, const struct blob *key, const struct blob *cert,
		struct why *w)
{
	autosigner struct signer *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return why(w, -ENOMEM, "out of memory");
	r = read_both(s, key, cert, w);
	ERR_clear_error();
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}

static bool make_message(CMS_ContentInfo **ret, BIO *content, const struct signer *s)
{
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL,
					FLAGS | CMS_DETACHED | CMS_PARTIAL);

	*ret = cms;
	return cms &&
	       CMS_add1_signer(cms, s->cert, s->key, EVP_sha256(), FLAGS | CMS_NOATTR) &&
	       CMS_final(cms, content, NULL, FLAGS) == 1;
}

/* By who has signed, whoever else trusts that. */
static bool is_good(CMS_ContentInfo *cms, BIO *content, const struct signer *s)
{
	__attribute__((cleanup(release_certs))) STACK_OF(X509) *certs = sk_X509_new_null();

	return certs && sk_X509_push(certs, s->cert) > 0 && BIO_reset(content) == 1 &&
	       CMS_verify(cms, certs, NULL, content, NULL,
			  CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
}

static int sign(unsigned char **ret, size_t *ret_len, struct span bytes, const struct signer *s,
		struct why *w)
{
	__attribute__((cleanup(release_cms))) CMS_ContentInfo *cms = NULL;
	autobio BIO *content = BIO_new_mem_buf(bytes.data, (int)bytes.size);
	autobio BIO *out = BIO_new(BIO_s_mem());
	char *der = NULL;
	long len;

	if (!content || !out)
		return why(w, -ENOMEM, "out of memory");
	if (!make_message(&cms, content, s) || !is_good(cms, content, s))
		return why(w, -EOPNOTSUPP, "cannot sign with a key of this kind (%s)",
			   OBJ_nid2sn(EVP_PKEY_base_id(s->key)));
	if (i2d_CMS_bio(out, cms) != 1)
		return why(w, -ENOMEM, "out of memory");
	len = BIO_get_mem_data(out, &der);
	*ret = malloc(len);
	if (!*ret)
		return why(w, -ENOMEM, "out of memory");
	memcpy(*ret, der, len);
	*ret_len = len;
	return 0;
}

int signer_sign(unsigned char **ret, size_t *ret_len, struct span bytes, const struct signer *s,
		struct why *w)
{
	int r = sign(ret, ret_len, bytes, s, w);

	ERR_clear_error();
	return r;
}
#else
static int missing(struct why *w)
{
	return why(w, -EOPNOTSUPP, "built without libcrypto, which makes signatures");
}

int signer_read(struct signer **ret, const struct blob *key, const struct blob *cert,
		struct why *w)
{
	(void)ret;
	(void)key;
	(void)cert;
	return missing(w);
}

void signer_free(struct signer *s)
{
	(void)s;
}

int signer_sign(unsigned char **ret, size_t *ret_len, struct span bytes, const struct signer *s,
		struct why *w)
{
	(void)ret;
	(void)ret_len;
	(void)bytes;
	(void)s;
	return missing(w);
}
#endif
