/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that lie beside a unified kernel image and belong to it: those in its
 * own folder, the image's path less boot counters ("+3-1") plus ".extra.d", and
 * those of the boot partition, if the image is in its EFI/Linux.
 */
#ifndef KEXEC_SIDECAR_H
#define KEXEC_SIDECAR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/limits.h"
#include "lib/why.h"

struct sidecars {
	char *path[LIMIT_SIDECARS]; /* owned; the order of bytes in their names */
	size_t nr;
};

struct sidecar_kind {
	const char *suffix;
	const char *but_not;	   /* names with this suffix are another kind; NULL: all are */
	const char *global_folder; /* on the boot partition: "loader/addons" */
};

/*
 * Files in the image's own folder, or @global ones. No such folder is no error.
 * Left out: names with a dot in front, or with other characters than ASCII.
 * -E2BIG, -ENOMEM, -errno of reading a folder.
 */
int sidecars_find(struct sidecars *ret, const char *kernel, const struct sidecar_kind *kind,
		  bool global, struct why *w);

void sidecars_done(struct sidecars *s);
#define autosidecars __attribute__((cleanup(sidecars_done)))

#endif
