/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initrds that systemd-stub makes up when firmware starts a unified kernel
 * image: what is in its sections and beside it, as cpio archives below /.extra.
 * systemd-stub(7); FORMATS.md section 2.
 */
#ifndef KEXEC_STUB_INITRD_H
#define KEXEC_STUB_INITRD_H

#include "kexec/boot-image.h"

/*
 * Adds one initrd part, which has all the archives in the stub's order:
 * credentials, system and configuration extensions of the image's own folder and of
 * its partition, TPM2 PCR signature and key, os-release, profile. Nothing is added if
 * there is nothing of that kind. @kernel: the path that the image was opened from.
 * The boot secret, which only firmware knows, is left out. -EINVAL if the file is
 * no UKI; -E2BIG, -ENOMEM, -errno of reading.
 */
int stub_initrd_add(struct boot_image *img, const char *kernel, const struct uki_choice *choice,
		    struct why *w);

#endif
