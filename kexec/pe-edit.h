/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adding a section to a PE file, worked out on paper: nothing is opened or
 * written here. The result is a list of pieces that, put in a row, are the new
 * file, and of words to be stored over it.
 *
 * In the section table and in the file the new section stands behind all others,
 * but in front of the first .profile: sections behind that belong to a profile
 * (UAPI.5), and a parser program is for the whole image. Its address is behind
 * the highest one in any case, for addresses cannot change.
 * Where the section table has no room left, what is behind it moves, and every
 * file offset with it: section data, debug directory, symbol table, and the
 * payload offset of a zboot header.
 */
#ifndef KEXEC_PE_EDIT_H
#define KEXEC_PE_EDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/blob.h"
#include "lib/limits.h"
#include "lib/why.h"

#define PE_EDIT_PIECES  8
#define PE_EDIT_PATCHES (2 * LIMIT_PE_DEBUG)

struct pe_edit_request {
	const char *name;     /* of the section, at most 8 bytes */
	struct extent bytes;  /* what it holds; not empty */
	bool replace;         /* take the place of a section of that name, if there is one */
	bool strip_signature; /* leave the certificate table out, if there is one */
};

struct pe_piece {
	struct extent bytes; /* .blob is NULL: zeros */
	uint64_t len;
};

struct pe_patch {
	uint64_t off; /* in the new file */
	uint32_t value;
};

struct pe_edit {
	struct blob head; /* owned: the new headers */
	struct pe_piece piece[PE_EDIT_PIECES];
	size_t nr_pieces;
	struct pe_patch patch[PE_EDIT_PATCHES];
	size_t nr_patches;
	uint64_t size;         /* of the new file, bytes */
	uint64_t checksum_off; /* where the new file needs its checksum; 0: it goes without */
};

/* The images that get a parser program: the two that keep their offsets in headers we know. */
enum pe_kind {
	PE_KIND_OTHER,
	PE_KIND_UKI,   /* has a section .linux */
	PE_KIND_ZBOOT, /* "zimg" in its first bytes */
};

/* What @image is, once pe_read() accepts it. Returns that error otherwise. */
int pe_edit_kind(enum pe_kind *ret, const struct extent *image, struct why *w);

/*
 * -EEXIST: there is such a section, or a signature, and the request does not say
 * what to do about it. -EOPNOTSUPP: no room where nothing may move (a bzImage
 * knows its own offsets; code cannot change its address). -E2BIG: the result
 * would not fit into PE's 32 bits. -EBADMSG and others: as pe_headers_read().
 * @ret borrows from @image, from the request and from itself: it stays where it is.
 */
int pe_edit_add(struct pe_edit *ret, const struct extent *image,
		const struct pe_edit_request *request, struct why *w);

void pe_edit_done(struct pe_edit *e);
#define autoedit __attribute__((cleanup(pe_edit_done)))

#endif
