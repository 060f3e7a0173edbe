// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "bpf/appended.h"

#define LINE_SIZE   (sizeof(APPENDED_TEXT) - 1)
#define KIND_AT	    2
#define LENGTH_AT   8 /* big endian, as in no other file here */

void appended_block(unsigned char ret[APPENDED_BLOCK], uint32_t len)
{
	const uint32_t raw = htobe32(len);

	memset(ret, 0, APPENDED_BLOCK);
	ret[KIND_AT] = APPENDED_PKCS7;
	memcpy(ret + LENGTH_AT, &raw, sizeof(raw));
}

int appended_split(struct appended *ret, struct span bytes, struct why *w)
{
	unsigned char want[APPENDED_BLOCK];
	struct appended a = { .file = bytes };
	struct span rest, block;
	uint32_t len = 0;

	if (bytes.size < LINE_SIZE ||
	    !span_is(bytes, bytes.size - LINE_SIZE, APPENDED_TEXT, LINE_SIZE)) {
		*ret = a;
		return 0;
	}
	span_sub(&rest, bytes, 0, bytes.size - LINE_SIZE);
	if (rest.size < APPENDED_BLOCK ||
	    !span_sub(&block, rest, rest.size - APPENDED_BLOCK, APPENDED_BLOCK))
		return why(w, -EBADMSG, "its signature is not all there");
	span_be32(block, LENGTH_AT, &len);
	appended_block(want, len);
	if (!span_is(block, 0, want, sizeof(want)))
		return why(w, -EBADMSG, "its signature is not one in PKCS #7");
	/* Something must be signed, and by something. */
	if (len == 0 || len >= rest.size - APPENDED_BLOCK)
		return why(w, -EBADMSG, "its signature of %u bytes is not all there", len);
	span_sub(&a.file, rest, 0, rest.size - APPENDED_BLOCK - len);
	span_sub(&a.signature, rest, a.file.size, len);
	*ret = a;
	return 0;
}
