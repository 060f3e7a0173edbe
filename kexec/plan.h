/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is about to be done, as text, the same for --dry-run and -d, and as JSON.
 */
#ifndef KEXEC_PLAN_H
#define KEXEC_PLAN_H

#include <stdbool.h>
#include <stdio.h>

#include "kexec/boot-image.h"
#include "kexec/load-file.h"
#include "kexec/load-segments.h"
#include "kexec/options.h"
#include "lib/json.h"

struct plan {
	const struct boot_image *image;
	enum route route;
	unsigned long flags; /* of kexec_file_load */
	const struct detached *detached; /* --parser=FILE; NULL: none */
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

/* Flags of the call by kexec_file_load, with what follows from the image. */
unsigned long plan_file_flags(const struct plan *p);

#define PLAN_SCHEMA 1 /* of both: kexec(8) says what changes it */
/* All that @o asks for, as one object. @p NULL: nothing is loaded. */
void plan_json(FILE *f, const struct kexec_options *o, const struct plan *p);
/* The answer to --status; the last two as for kho_json(). */
void status_json(FILE *f, bool reboot, bool loaded, int handover, const struct kho *kho);

#endif
