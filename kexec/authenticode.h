/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a signature of a PE file covers, and where the signatures are:
 * "Windows Authenticode Portable Executable Signature Format", Microsoft;
 * FORMATS.md section 1. What is inside a signature is for pkcs7.h.
 */
#ifndef KEXEC_AUTHENTICODE_H
#define KEXEC_AUTHENTICODE_H

#include <stdint.h>

#include "kexec/formats/pe.h"
#include "lib/blob.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/why.h"

/*
 * The digest that a signature of @image would be made over; @pe was read from it.
 * Not covered are the header's checksum, the directory entry of the certificate
 * table, and as many bytes at the end of the file as that table has. An image
 * without certificates counts as padded with zeros to a multiple of 8, as signers
 * pad it. @ret has room for digest_size(). Reads each byte once, with a small
 * buffer. -EBADMSG: its sections overlap; -EOPNOTSUPP: built without libcrypto;
 * -ENOMEM, -errno of reading.
 */
int authenticode_digest(unsigned char *ret, enum digest_kind kind, const struct extent *image,
			const struct pe *pe, struct why *w);

/* One entry of the certificate table (WIN_CERTIFICATE). */
struct authenticode_entry {
	uint32_t off;   /* of its header, bytes from the start of the image */
	uint32_t len;   /* with its header */
	uint16_t revision, type;
	struct extent content; /* for a signature: PKCS #7, DER */
};

#define AUTHENTICODE_PKCS7 2 /* .type of a signature */

/*
 * The entries of the certificate table, none being no error. What was read
 * before something failed is in @ret, and @ret_nr says how many, in any case:
 * -EBADMSG: an entry is outside of the table; -E2BIG: over LIMIT_SIGNATURES or
 * LIMIT_CERTIFICATES; -errno of reading.
 */
int authenticode_entries(struct authenticode_entry ret[LIMIT_SIGNATURES], size_t *ret_nr,
			 const struct extent *image, const struct pe *pe, struct why *w);

#endif
