/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user gives meets what the image brings. Pure: opens nothing.
 */
#ifndef KEXEC_MERGE_H
#define KEXEC_MERGE_H

#include <stdbool.h>

#include "kexec/boot-image.h"

struct overlay {
	const char *cmdline; /* NULL or "": not given */
	struct blob initrds[LIMIT_INITRDS]; /* owned; in load order */
	size_t nr_initrds;
	bool enforced; /* the running kernel enforces signatures of whole images */
	bool crash;    /* a crash kernel may be given everything, always */
};

void overlay_done(struct overlay *o);
#define autooverlay __attribute__((cleanup(overlay_done)))

/*
 * Applies @o to the embedded image: a given command line replaces the embedded
 * one, given initrds replace all embedded ones. Under enforced signatures a part
 * that the image has can be replaced for a crash kernel only (DESIGN.md, "Merge
 * rules"). The initrds move to the image. -EPERM, -E2BIG, -ENOMEM.
 */
int merge_overlay(struct boot_image *img, struct overlay *o, struct why *w);

/*
 * The command line of the running kernel for use by the next one: @running
 * (/proc/cmdline) without BOOT_IMAGE= and, for a crash kernel, without every
 * parameter that starts with crashkernel; then @append after a space, if given.
 * Quoted values with spaces stay whole. malloc'ed; NULL: out of memory.
 */
char *merge_reuse_cmdline(const char *running, const char *append, bool crash);

#endif
