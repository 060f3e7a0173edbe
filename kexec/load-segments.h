/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consumer of a boot_image: kexec_load(2).
 *
 * Preparing is pure but for reading facts of the machine; the architecture's
 * build_segments() says what goes where. Nothing of a file is read before
 * segments_digest() hashes it or the kernel copies it.
 */
#ifndef KEXEC_LOAD_SEGMENTS_H
#define KEXEC_LOAD_SEGMENTS_H

#include "kexec/arch/arch.h"
#include "kexec/boot-image.h"
#include "kexec/crash.h"
#include "kexec/kho.h"
#include "kexec/options.h"
#include "kexec/segments.h"
#include "kexec/sys.h"
#include "purgatory/params.h"

struct segments_job {
	/* Borrowed: what is to be loaded. */
	const struct boot_image *image;
	const struct kexec_options *o;
	const struct sys *sys;

	/* The machine. */
	struct iomem iomem;
	struct ram_map all;	     /* the firmware's map */
	struct ram_map loadable;     /* where segments may go: of a crash kernel only its region,
					with Kexec HandOver only its scratch areas */
	struct crash_regions crash;  /* of a crash kernel */
	struct kho kho; /* what is handed on: kho_passes() or nothing */

	/* What came out of it. */
	struct segments segments;
	char *cmdline;	    /* owned; as the kernel gets it, with what a crash kernel needs */
	const char *notice; /* static; what the user should know, NULL: nothing */
	bool verified;	    /* purgatory will compare digests */
	unsigned long flags;
};

/*
 * Reads the machine's memory map and builds the segments. -ENODATA: there is no
 * reservation for a crash kernel; -EOPNOTSUPP: this architecture has no
 * kexec_load here, or its cannot take this kernel; -EPERM, -EBADMSG, -E2BIG,
 * -EADDRNOTAVAIL, -ENOMEM, -errno of reading. A failed call needs no _done().
 */
int load_segments_prepare(struct segments_job *ret, const struct boot_image *img,
			  const struct kexec_options *o, const struct arch_ops *arch,
			  const struct sys *sys, struct why *w);

/* The system call. 0 or -errno: of the kernel if @w is left alone, else of mmap(2). */
int load_segments_call(const struct segments_job *job, struct why *w);

/* The arguments of the call as lines of text, for -d; malloc'ed, NULL if out of memory. */
char *load_segments_dump(const struct segments_job *job);

void segments_job_done(struct segments_job *job);
#define autojob __attribute__((cleanup(segments_job_done)))

/* ---- for build_segments() ---- */

/* @min to all that --mem-min, --mem-max and @max allow. */
struct place segments_place(const struct segments_job *job, uint64_t min, uint64_t max,
			    uint64_t align, bool high);

/* Finds a place and adds a segment there. Errors as of both. @ret_mem may be NULL. */
int segments_put(struct segments_job *job, const char *name, const struct extent *bytes,
		 uint64_t memsz, const struct place *place, uint64_t *ret_mem, struct why *w);

/*
 * Puts the list of scratch areas, if there is something to hand on; *@ret_at is where, or empty.
 */
int segments_kho(struct segments_job *job, struct range *ret_at, struct why *w);

/* The initrd's parts as one extent, a memfd if there are several; length 0: none. */
int segments_initrd(struct segments_job *job, struct extent *ret, struct why *w);

/*
 * Puts the ranges and digest of all segments that do not change any more into
 * @params, unless the user does not want that (-i) or there is no libcrypto.
 */
int segments_digest(struct segments_job *job, struct purgatory_params *params, struct why *w);

#endif
