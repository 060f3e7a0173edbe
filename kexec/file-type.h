/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of image formats, and opening a file until a bare kernel is left.
 */
#ifndef KEXEC_FILE_TYPE_H
#define KEXEC_FILE_TYPE_H

#include <stdbool.h>

#include "kexec/boot-image.h"
#include "lib/why.h"

/* The format's shape: does opening it lead to another image? */
enum file_type_shape {
	BARE_KERNEL, /* a kernel as its loader wants it */
	CONTAINER,   /* holds a kernel, maybe more: UKI, compressed file */
};

struct file_type {
	const char *name;  /* as --type takes it */
	const char *label; /* for people */
	enum file_type_shape shape;
	const char *machine; /* arch_ops name it runs on, NULL for any */

	/*
	 * Looks at img->kernel.bytes. -ENOEXEC: not this format, nothing changed.
	 * 0: it is; a container has replaced img->kernel and added the parts that
	 * the image does not have yet. Anything else: this format, but broken.
	 */
	int (*open)(struct boot_image *img, struct why *w);
};

/* The format that people call @name, for --type; NULL if there is none. */
const struct file_type *file_type_by_name(const char *name);

/* Row @i of the table, from most specific to least; NULL after the last. */
const struct file_type *file_type_row(size_t i);

/*
 * Opens @file (taken over, zeroed) and everything inside it. On success
 * @ret is the embedded image of DESIGN.md: a bare kernel and what came with it.
 * @forced: the outermost format must be this one (--type), NULL: find out.
 * -ENOEXEC: no format fits; -EBADMSG, -EOPNOTSUPP, -E2BIG, -ENOMEM, -errno of reading.
 */
int file_type_open(struct boot_image *ret, struct blob *file, const struct file_type *forced,
		   struct why *w);

/*
 * The same with another profile of a unified kernel image than the first: no
 * embedded image any more. -EINVAL if there is none in @file, or no such profile.
 */
int file_type_open_profile(struct boot_image *ret, struct blob *file,
			   const struct file_type *forced, const struct uki_choice *choice,
			   struct why *w);

/*
 * The same for who shows images rather than loads them: @ret is what was found up
 * to a failure as well, and to be freed in any case. opened[nr_layers] then is
 * what could not be opened (there is none over LIMIT_LAYERS, and none if nr_blobs
 * is 0); the parts are not to be relied on.
 */
int file_type_peel(struct boot_image *ret, struct blob *file, const struct file_type *forced,
		   struct why *w);

#endif
