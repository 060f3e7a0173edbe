/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the programs for an image come from: BPF_ABI.md, "Where a program comes from".
 */
#ifndef BPF_SOURCE_H
#define BPF_SOURCE_H

#include "bpf/vm/container.h"
#include "lib/blob.h"
#include "lib/why.h"

/* What is known on the way from an image to the one inside. Zeroes to begin with. */
struct bpf_source {
	const struct blob *detached; /* set by the caller; NULL: images carry their own */
	struct container programs;   /* for the image at hand; one program is one of one */
	bool nested;                 /* they are for the image inside another, if it is there */
	bool bare;      /* a detached parser is for an envelope in ELF, which nobody signs */
	bool outermost; /* the signature that counts is that of the image at hand */
	unsigned char *bytes;        /* owned; what they are spans of */
};

/*
 * Finds the programs for @image, which @depth others are around: its own, or those
 * that came nested with the programs of the image around it. -ENOEXEC: there are none;
 * -EBADMSG: .bpf, container or signature are malformed; -E2BIG over LIMIT_PARSER or
 * LIMIT_NESTING; -ENOMEM, -errno of reading.
 */
int bpf_source_next(struct bpf_source *s, const struct extent *image, unsigned int depth,
		    struct why *w);

/*
 * The whole of a detached parser without its signature, if it has one, malloc'ed; errors
 * as above. @ret_signature, which may be NULL: how many bytes the signature has.
 */
int bpf_source_read(unsigned char **ret, size_t *ret_len, uint64_t *ret_signature,
		    const struct blob *parser, struct why *w);

/* Does the kernel take these bytes for a detached parser, rather than for a kernel? */
bool bpf_source_is_parser(struct span bytes);

void bpf_source_done(struct bpf_source *s);
#define autosource __attribute__((cleanup(bpf_source_done)))

#endif
