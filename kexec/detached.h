/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A parser that is a file of its own (BPF_ABI.md, "Detached parsers"): kernel_fd of
 * kexec_file_load(2), with the image as initrd_fd. That leaves no place for an initrd:
 * a given one goes around the image, in an ELF envelope.
 */
#ifndef KEXEC_DETACHED_H
#define KEXEC_DETACHED_H

#include <stdbool.h>

#include "kexec/boot-image.h"
#include "lib/blob.h"
#include "lib/why.h"

/* Zeroes: there is none. */
struct detached {
	struct blob parser;    /* owned; the user's own file */
	uint64_t signature;    /* bytes of the signature behind it; 0: not signed */
	bool runs;             /* set by the caller: the running kernel runs such parsers */
	struct blob envelope;  /* owned, a sealed memfd; BLOB_NONE: the image goes as it is */
};

/*
 * Opens the parser at @path and looks at what it is, not at what it does. -EBADMSG: no
 * parser; -E2BIG; errors of blob_open(); -ENOMEM, -errno of reading.
 */
int detached_open(struct detached *ret, const char *path, struct why *w);

/*
 * Makes the envelope: the file that @img was opened from, all its bytes, and the initrds
 * that @img has now; no command line, for which the system call has a place. A file that
 * is an envelope itself has its initrd replaced. Everything is copied once, inside the
 * system's kernel where it can be. -E2BIG; -ENOMEM, -errno of reading or writing.
 */
int detached_wrap(struct detached *d, const struct boot_image *img, struct why *w);

/* Safe on zeroes. */
void detached_done(struct detached *d);

#endif
