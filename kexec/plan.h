/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is about to be done, as text: the same for --dry-run and -d.
 */
#ifndef KEXEC_PLAN_H
#define KEXEC_PLAN_H

#include <stdbool.h>

#include "kexec/boot-image.h"
#include "kexec/load-file.h"
#include "kexec/load-segments.h"

struct plan {
	const struct boot_image *image;
	enum route route;
	unsigned long flags; /* of kexec_file_load */
	const struct segments_job *job; /* ROUTE_SEGMENTS: what goes where */
	bool crash;
	uint64_t cmdline_max; /* bytes that the kernel's loader takes, 0: not known */
	int handover;  /* Kexec HandOver: 1 active, -1 perhaps; 0 not, or it does not matter */
	bool discards; /* kexec_load may lose what it preserves */
	const struct kho *kho; /* what is known of it */
	uint64_t memory_size; /* bytes that the kernel will run in, 0: not known */
};

/* Lines of "word: value", malloc'ed; NULL if out of memory. */
char *plan_text(const struct plan *p);

#endif
