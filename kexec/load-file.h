/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consumer of a boot_image: kexec_file_load(2).
 */
#ifndef KEXEC_LOAD_FILE_H
#define KEXEC_LOAD_FILE_H

#include <stdbool.h>

#include "kexec/arch/arch.h"
#include "kexec/boot-image.h"
#include "kexec/detached.h"

enum route { /* DESIGN.md, "-s, -c, -a" */
	ROUTE_NONE,     /* kexec_file_load of this architecture does not take such a kernel */
	ROUTE_DETACHED, /* a parser that is a file of its own, and the file beside it */
	ROUTE_WHOLE,    /* the file with its parser program, which the kernel runs */
	ROUTE_AS_IS,    /* the user's own file: its IMA xattr and its signature count */
	ROUTE_UNPACKED, /* parts as sealed memfds */
	ROUTE_SEGMENTS, /* not by that call but by kexec_load: load-segments.h */
};

/* The word after "route: ". */
const char *route_name(enum route route);

/* How @img goes to a kernel that runs no parser programs. Follows from its format alone. */
enum route load_file_route(const struct boot_image *img, const struct arch_ops *arch);

/* Could a kernel that runs parser programs take the file whole? */
bool load_file_has_parser(const struct boot_image *img);

/* The arguments of the system call, and the memfds behind them. */
struct file_request {
	int kernel_fd;        /* borrowed */
	int initrd_fd;        /* borrowed; -1: none */
	const char *cmdline;  /* borrowed; never NULL */
	unsigned long flags;
	struct blob kernel, initrd; /* owned; BLOB_NONE where the image's own descriptor serves */
};

/*
 * Makes the request; reads nothing that the kernel will read by itself. A kernel
 * or a single initrd that is a whole file goes in as its own descriptor, anything
 * else is copied to a sealed memfd. Adds KEXEC_FILE_NO_INITRAMFS to @flags where
 * there is no initrd. -ENOMEM, -errno of reading or writing. @img must outlive it.
 */
int load_file_prepare(struct file_request *ret, const struct boot_image *img, unsigned long flags,
		      struct why *w);

/*
 * The same for ROUTE_WHOLE: the file goes in as it is, with those parts only
 * that the user gave; the kernel finds the others in the file.
 */
int load_file_prepare_whole(struct file_request *ret, const struct boot_image *img,
			    unsigned long flags, struct why *w);

/* For ROUTE_DETACHED: the parser, and the image's own file, or the envelope around it. */
void load_file_prepare_detached(struct file_request *ret, const struct boot_image *img,
				const struct detached *d, unsigned long flags);

void file_request_done(struct file_request *req);
#define autorequest __attribute__((cleanup(file_request_done)))

#endif
