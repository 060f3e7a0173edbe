// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/pkcs7.h"
#include "lib/cleanup.h"

static void certificate_done(struct certificate *c)
{
	free(c->subject);
	free(c->issuer);
	free(c->serial);
}

void signature_done(struct signature *s)
{
	for (size_t i = 0; i < s->nr_chain; i++)
		certificate_done(&s->chain[i]);
	*s = (struct signature){ 0 };
}

#ifdef HAVE_CRYPTO
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* SPC_INDIRECT_DATA_OBJID of the specification. */
#define SPC_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"
#define OID_TEXT          80

struct trust {
	X509 *cert;
};

/* libcrypto's types, released when they go out of scope. */
static void release_pkcs7(PKCS7 **p)
{
	PKCS7_free(*p);
}

static void release_bio(BIO **b)
{
	BIO_free(*b);
}

static void release_sig(X509_SIG **s)
{
	X509_SIG_free(*s);
}

static void release_x509s(STACK_OF(X509) **certs)
{
	sk_X509_free(*certs); /* the list only: whoever made it owns what is in it */
}

static int read_all(unsigned char **ret, const struct extent *e, struct why *w)
{
	if (e->len > LIMIT_CERTIFICATES)
		return why(w, -E2BIG, "certificate of %llu bytes, at most %llu make sense",
			   (unsigned long long)e->len, (unsigned long long)LIMIT_CERTIFICATES);
	return extent_dup(e, 0, e->len, ret, w);
}

int trust_read(struct trust **ret, const struct extent *file, struct why *w)
{
	__attribute__((cleanup(release_bio))) BIO *bio = NULL;
	autofree unsigned char *data = NULL;
	autofree struct trust *t = calloc(1, sizeof(*t));
	const unsigned char *p;
	int r = read_all(&data, file, w);

	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(data, (int)file->len);
	if (!t || !bio)
		return why(w, -ENOMEM, "out of memory");
	t->cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	p = data;
	if (!t->cert)
		t->cert = d2i_X509(NULL, &p, (long)file->len);
	ERR_clear_error();
	if (!t->cert)
		return why(w, -EBADMSG, "is no certificate, neither PEM nor DER");
	*ret = take_ptr(t);
	return 0;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	X509_free(t->cert);
	free(t);
}

/* What was signed: the content of the PKCS #7 without its outermost tag and length. */
static int find_content(const unsigned char **ret, long *ret_len, PKCS7 *p7, struct why *w)
{
	char oid[OID_TEXT] = "";
	const ASN1_TYPE *any;
	const PKCS7 *inner;
	int tag, class, form;

	if (!PKCS7_type_is_signed(p7) || !p7->d.sign || !p7->d.sign->contents)
		return why(w, -EOPNOTSUPP, "is PKCS #7, but not signed data");
	inner = p7->d.sign->contents;
	OBJ_obj2txt(oid, sizeof(oid), inner->type, 1);
	if (strcmp(oid, SPC_INDIRECT_DATA) != 0)
		return why(w, -EOPNOTSUPP, "signs content of type %s, not a PE file", oid);
	any = inner->d.other;
	if (!any || any->type != V_ASN1_SEQUENCE)
		return why(w, -EBADMSG, "signature without content");
	*ret = ASN1_STRING_get0_data(any->value.sequence);
	form = ASN1_get_object(ret, ret_len, &tag, &class,
			       ASN1_STRING_length(any->value.sequence));
	if (form != V_ASN1_CONSTRUCTED) /* an error, or of no definite length */
		return why(w, -EBADMSG, "signature with malformed content");
	return 0;
}

static int digest_kind_of(enum digest_kind *ret, const X509_ALGOR *algorithm, struct why *w)
{
	const ASN1_OBJECT *oid = NULL;
	char name[OID_TEXT] = "";

	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	switch (OBJ_obj2nid(oid)) {
	case NID_sha256:
		*ret = DIGEST_SHA256;
		return 0;
	case NID_sha384:
		*ret = DIGEST_SHA384;
		return 0;
	case NID_sha512:
		*ret = DIGEST_SHA512;
		return 0;
	}
	OBJ_obj2txt(name, sizeof(name), oid, 0);
	return why(w, -EOPNOTSUPP, "signature uses digest %s", name);
}

/* SpcIndirectDataContent: an element that does not matter, then DigestInfo. */
static int read_digest(struct signature *s, const unsigned char *content, long len, struct why *w)
{
	__attribute__((cleanup(release_sig))) X509_SIG *info = NULL;
	const unsigned char *p = content;
	const X509_ALGOR *algorithm = NULL;
	const ASN1_OCTET_STRING *digest = NULL;
	long skip = 0;
	int tag, class, r;

	if (ASN1_get_object(&p, &skip, &tag, &class, len) != V_ASN1_CONSTRUCTED)
		return why(w, -EBADMSG, "signature with malformed content");
	p += skip; /* ASN1_get_object() has checked that it is there */
	info = d2i_X509_SIG(NULL, &p, content + len - p);
	if (!info)
		return why(w, -EBADMSG, "signature without a digest");
	X509_SIG_get0(info, &algorithm, &digest);
	r = digest_kind_of(&s->kind, algorithm, w);
	if (r < 0)
		return r;
	if ((size_t)ASN1_STRING_length(digest) != digest_size(s->kind))
		return why(w, -EBADMSG, "signature with a %s digest of %d bytes",
			   digest_name(s->kind), ASN1_STRING_length(digest));
	memcpy(s->digest, ASN1_STRING_get0_data(digest), digest_size(s->kind));
	return 0;
}

static char *name_text(const X509_NAME *name)
{
	__attribute__((cleanup(release_bio))) BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len;

	/* XN_FLAG_RFC2253 has ASN1_STRFLGS_ESC_CTRL and .._ESC_MSB. */
	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		return NULL;
	len = BIO_get_mem_data(bio, &data);
	return len > 0 ? strndup(data, len) : strdup("");
}

static void time_text(char *ret, size_t size, const ASN1_TIME *t)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1 || strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		*ret = '\0';
}

static char *serial_text(const X509 *cert)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	int len = serial ? ASN1_STRING_length(serial) : 0;
	char *text = malloc(2 * (size_t)len + 1);

	if (text)
		digest_hex(text, len ? ASN1_STRING_get0_data(serial) : NULL, len);
	return text;
}

static int add_certificate(struct signature *s, const X509 *cert, struct why *w)
{
	struct certificate *c = &s->chain[s->nr_chain++];

	c->subject = name_text(X509_get_subject_name(cert));
	c->issuer = name_text(X509_get_issuer_name(cert));
	c->serial = serial_text(cert);
	time_text(c->not_before, sizeof(c->not_before), X509_get0_notBefore(cert));
	time_text(c->not_after, sizeof(c->not_after), X509_get0_notAfter(cert));
	if (!c->subject || !c->issuer || !c->serial ||
	    X509_digest(cert, EVP_sha256(), c->sha256, NULL) != 1)
		return why(w, -ENOMEM, "out of memory");
	return 0;
}

static X509 *find_issuer(STACK_OF(X509) *certs, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *candidate = sk_X509_value(certs, i);

		if (candidate != cert && X509_check_issued(candidate, cert) == X509_V_OK)
			return candidate;
	}
	return NULL;
}

static bool is_self_issued(const X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
}

/* By name only, for people to read: what is proven is is_trusted(). */
static int read_chain(struct signature *s, X509 *signer, STACK_OF(X509) *certs, struct why *w)
{
	int r = 0;

	for (X509 *c = signer; r == 0 && c && s->nr_chain < LIMIT_CHAIN;
	     c = is_self_issued(c) ? NULL : find_issuer(certs, c))
		r = add_certificate(s, c, w);
	return r;
}

static bool is_trusted(X509 *signer, STACK_OF(X509) *certs, const struct trust *trust)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	bool yes = ctx && store && X509_STORE_add_cert(store, trust->cert) == 1 &&
		   X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN |
						       X509_V_FLAG_NO_CHECK_TIME) == 1 &&
		   X509_STORE_CTX_init(ctx, store, signer, certs) == 1 &&
		   X509_verify_cert(ctx) == 1;

	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return yes;
}

/* The one signer's certificate: in the signature, or the trusted one. */
static int find_signer(X509 **ret, PKCS7 *p7, STACK_OF(X509) *trusted, struct why *w)
{
	__attribute__((cleanup(release_x509s))) STACK_OF(X509) *signers = NULL;
	STACK_OF(PKCS7_SIGNER_INFO) *infos = PKCS7_get_signer_info(p7);
	int nr = infos ? sk_PKCS7_SIGNER_INFO_num(infos) : 0;

	if (nr != 1)
		return why(w, nr > 1 ? -EOPNOTSUPP : -EBADMSG, "signature with %d signers",
			   nr < 0 ? 0 : nr);
	signers = PKCS7_get0_signers(p7, trusted, 0);
	if (signers && sk_X509_num(signers) == 1)
		*ret = sk_X509_value(signers, 0);
	return 0;
}

/*
 * Did @signer sign the content? In the steps of PKCS7_verify(), which loses memory
 * with several of the malformed inputs that come here.
 */
static bool is_sound(PKCS7 *p7, const unsigned char *content, long len, X509 *signer)
{
	PKCS7_SIGNER_INFO *info = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(p7), 0);
	BIO *bio = BIO_new_mem_buf(content, (int)len), *chain = NULL;
	unsigned char read[1024];
	bool yes = false;

	if (bio)
		chain = PKCS7_dataInit(p7, bio); /* digests, and @bio behind them */
	if (chain) {
		while (BIO_read(chain, read, sizeof(read)) > 0)
			;
		yes = PKCS7_signatureVerify(chain, p7, info, signer) == 1;
	}
	BIO_free_all(chain ? chain : bio);
	return yes;
}

static int judge(struct signature *s, PKCS7 *p7, const unsigned char *content, long len,
		 const struct trust *trust, struct why *w)
{
	__attribute__((cleanup(release_x509s))) STACK_OF(X509) *trusted = sk_X509_new_null();
	STACK_OF(X509) *certs = p7->d.sign->cert;
	X509 *signer = NULL;
	int r;

	if (!trusted || (trust && sk_X509_push(trusted, trust->cert) <= 0))
		return why(w, -ENOMEM, "out of memory");
	r = find_signer(&signer, p7, trusted, w);
	if (r < 0 || !signer)
		return r;
	s->sound = is_sound(p7, content, len, signer);
	s->trusted = trust && is_trusted(signer, certs, trust);
	return read_chain(s, signer, certs, w);
}

static int read_signature(struct signature *s, const struct extent *der,
			  const struct trust *trust, struct why *w)
{
	__attribute__((cleanup(release_pkcs7))) PKCS7 *p7 = NULL;
	autofree unsigned char *data = NULL;
	const unsigned char *p, *content = NULL;
	long len = 0;
	int r = read_all(&data, der, w);

	if (r < 0)
		return r;
	p = data;
	p7 = d2i_PKCS7(NULL, &p, (long)der->len);
	if (!p7)
		return why(w, -EBADMSG, "is no PKCS #7");
	r = find_content(&content, &len, p7, w);
	if (r == 0)
		r = read_digest(s, content, len, w);
	if (r == 0)
		r = judge(s, p7, content, len, trust, w);
	return r;
}

int signature_read(struct signature *ret, const struct extent *der, const struct trust *trust,
		   struct why *w)
{
	struct signature s = { 0 };
	int r = read_signature(&s, der, trust, w);

	ERR_clear_error();
	if (r < 0) {
		signature_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}
#else
static int missing(struct why *w)
{
	return why(w, -EOPNOTSUPP, "built without libcrypto, which reads signatures");
}

int trust_read(struct trust **ret, const struct extent *file, struct why *w)
{
	(void)ret;
	(void)file;
	return missing(w);
}

void trust_free(struct trust *t)
{
	(void)t;
}

int signature_read(struct signature *ret, const struct extent *der, const struct trust *trust,
		   struct why *w)
{
	(void)ret;
	(void)der;
	(void)trust;
	return missing(w);
}
#endif
