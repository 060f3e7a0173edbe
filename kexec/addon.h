/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addons: PE files without a kernel that add to the command line and the initrds
 * of a unified kernel image; UAPI.5, FORMATS.md section 2.
 */
#ifndef KEXEC_ADDON_H
#define KEXEC_ADDON_H

#include "kexec/boot-image.h"
#include "kexec/sidecar.h"

/* Of the partition first, then the image's own. */
extern const struct sidecar_kind addon_kind;

/* What an addon must fit. */
struct addon_target {
	uint16_t machine; /* PE header of the UKI */
	char *uname;	  /* its section .uname, owned; NULL: none */
};

/* -EINVAL if the outermost image in @img's file is no UKI; -errno of reading. */
int addon_target_read(struct addon_target *ret, const struct boot_image *img, struct why *w);

void addon_target_done(struct addon_target *t);
#define autotarget __attribute__((cleanup(addon_target_done)))

/*
 * Adds what is in @file (taken over in any case): .cmdline behind the command
 * line, .initrd behind the initrds, .ucode in front of them, so that of several
 * addons the last one's is the first; .dtb for the one there is. 0; 1 if it was
 * left out, as the stub does, and @w says why: it is for another machine or
 * another kernel, or has nothing to add. -EBADMSG, -E2BIG, -ENOMEM, -errno of reading.
 */
int addon_apply(struct boot_image *img, struct blob *file, const struct addon_target *target,
		struct why *w);

#endif
