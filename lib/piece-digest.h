/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 of large things by all processors: in pieces, each with a digest of its
 * own, and then the digest of these digests.
 */
#ifndef LIB_PIECE_DIGEST_H
#define LIB_PIECE_DIGEST_H

#include "lib/blob.h"
#include "lib/digest.h"

struct digest_part {
	struct extent bytes;
	const char *name; /* for messages; borrowed */
};

/*
 * SHA-256 of the digests of all pieces, in order: a piece has @size bytes of a part, the
 * last one of each part what is left; a part without bytes has none. @threads: how many
 * at most, 0: as this machine has processors, LIMIT_DIGEST_THREADS at most. What comes
 * out does not depend on it, errors do not either. Where no thread can be started, there
 * are fewer. -EOPNOTSUPP without libcrypto; -EINVAL: no @size; -ENOMEM; -errno of reading.
 */
int digest_pieces(unsigned char ret[DIGEST_SIZE], const struct digest_part *parts, size_t nr,
		  uint64_t size, unsigned int threads, struct why *w);

#endif
