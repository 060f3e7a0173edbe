/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes cpio archives of the "newc" kind into a memfd, one behind the other:
 * Documentation/driver-api/early-userspace/buffer-format.rst. All entries belong
 * to root and have no time, so that the same input makes the same bytes.
 */
#ifndef KEXEC_CPIO_H
#define KEXEC_CPIO_H

#include "lib/blob.h"

struct cpio {
	struct blob *memfd; /* borrowed */
	uint32_t inode;	    /* of the entry last written; 0 at the start of an archive */
};

/* @path without a leading slash; @mode: permissions. -ENOMEM, -errno of writing. */
int cpio_folder(struct cpio *c, const char *path, unsigned int mode, struct why *w);

/* Also -E2BIG: a file must be smaller than 4 GiB. */
int cpio_file(struct cpio *c, const char *path, unsigned int mode, const struct extent *bytes,
	      struct why *w);

/* Ends an archive; the next entry begins another one. */
int cpio_end(struct cpio *c, struct why *w);

#endif
