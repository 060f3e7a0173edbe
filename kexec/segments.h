/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kexec_load(2) is given: ranges of bytes and where in physical memory they go.
 *
 * Building is pure: nothing is loaded, and bytes of files are not read before
 * somebody hashes or loads them. FORMATS.md section 6 has the kernel's own checks.
 */
#ifndef KEXEC_SEGMENTS_H
#define KEXEC_SEGMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "kexec/ram.h"
#include "lib/blob.h"

#define SEGMENTS_MAX 16 /* the kernel's KEXEC_SEGMENT_MAX */

struct segment {
	const char *name;    /* "kernel", "initrd": for the plan and messages; static */
	struct extent bytes; /* what is loaded; .blob NULL: nothing, all zeros */
	uint64_t mem, memsz; /* physical, bytes; multiples of the page size */
	bool unverified;     /* changes after the load (elfcorehdr with --hotplug; purgatory) */
};

struct segments {
	struct segment list[SEGMENTS_MAX];
	size_t nr;
	uint64_t entry; /* physical */

	struct blob *blobs[SEGMENTS_MAX]; /* owned: bytes that we made */
	size_t nr_blobs;
};

/* Where something may go. */
struct place {
	uint64_t min, max; /* bytes, physical; max is the first byte that it may not use */
	uint64_t align;    /* a power of two; at least the page size is used */
	bool high;         /* the highest place that fits, else the lowest */
};

/*
 * Finds @size bytes of usable memory in @ram that no segment has. -EADDRNOTAVAIL
 * with the words "Could not find a free area of memory".
 */
int segments_find(const struct segments *s, const struct ram_map *ram, const struct place *place,
		  uint64_t size, uint64_t *ret_mem, struct why *w);

/*
 * Adds a segment at @mem. @memsz is rounded up to pages. -E2BIG; -EADDRNOTAVAIL
 * if it overlaps another or @mem is not page aligned; -EINVAL if @bytes are more than @memsz.
 */
int segments_add(struct segments *s, const char *name, const struct extent *bytes, uint64_t mem,
		 uint64_t memsz, struct why *w);

/* Takes @b over, whether or not it succeeds; @ret_extent: all of it. -E2BIG, -ENOMEM. */
int segments_own(struct segments *s, struct blob *b, struct extent *ret_extent, struct why *w);

void segments_done(struct segments *s);
#define autosegments __attribute__((cleanup(segments_done)))

#endif
