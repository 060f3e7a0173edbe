/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device tree that an arm64 kernel is started with: one that is there
 * already, with what this boot is like in /chosen. FORMATS.md section 5, the
 * Devicetree Specification 0.4, and Documentation/arch/arm64/booting.rst.
 *
 * Trees are hostile: libfdt checks all of one before anything else looks at it.
 */
#ifndef KEXEC_ARM64_DEVICE_TREE_H
#define KEXEC_ARM64_DEVICE_TREE_H

#include "kexec/crash.h"
#include "kexec/ram.h"
#include "kexec/sys.h"
#include "lib/blob.h"

/* What this boot is like. Addresses are physical; an empty range: there is none. */
struct chosen {
	const char *cmdline;
	struct range initrd;
	struct range elfcorehdr;
	const struct crash_regions *crash; /* NULL: no crash kernel */
	struct range kho_tree, kho_scratch; /* Kexec HandOver: its tree, the list of its areas */
};

/*
 * A tree of @base, which is somebody's file or a part of an image, or of the one
 * that the running kernel has if @base is NULL. What an earlier boot left in
 * /chosen goes; what EFI has there is the running kernel's. Seeds are fresh, if the
 * kernel has randomness already. @ret becomes memory of at most LIMIT_DEVICE_TREE
 * bytes. -EBADMSG: no such tree, or one that leaves the kernel without memory; -E2BIG;
 * -EOPNOTSUPP: built without libfdt, or the running kernel has no tree; -ENOMEM;
 * -errno of reading.
 */
int device_tree_build(struct blob *ret, const struct extent *base, const struct chosen *c,
		      const struct sys *sys, struct why *w);

/*
 * Takes out of @map what @base, which will be the next kernel's tree, wants left alone: a
 * running kernel that has another tree does not know. What an earlier boot left in it is
 * not meant. Errors as above.
 */
int device_tree_keep_off(struct ram_map *map, const struct extent *base, struct why *w);

/* For that: the same of a tree that has been checked. -E2BIG, -ENOMEM. */
int device_tree_take_reserved(struct ram_map *map, const void *fdt, struct why *w);

/*
 * For device_tree_build(): the folders of /proc/device-tree as a tree, into @size bytes of @fdt.
 * -ENOENT: there are none; -E2BIG, -ENOMEM, -errno of reading.
 */
int device_tree_flatten(void *fdt, int size, const struct sys *sys, struct why *w);

#endif
