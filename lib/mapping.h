/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of an extent as memory, for a system call that copies from there.
 *
 * For the kernel only: a file that somebody else makes shorter has no bytes at
 * the end any more, which the kernel answers with EFAULT, but would end a process
 * that looks. Nobody here looks; readers use extent_read().
 */
#ifndef LIB_MAPPING_H
#define LIB_MAPPING_H

#include <stddef.h>

#include "lib/blob.h"

struct mapping {
	const void *bytes; /* NULL: none. Aligned to nothing */
	void *base;	   /* what was mapped; NULL: the memory is the blob's own */
	size_t size;
};

/* Reads nothing. An extent without a blob, or of no bytes, is mapped to NULL. -errno of mmap(2). */
int mapping_open(struct mapping *ret, const struct extent *e, struct why *w);
void mapping_done(struct mapping *m);

#endif
