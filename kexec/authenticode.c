// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "kexec/authenticode.h"
#include "lib/cleanup.h"
#include "lib/span.h"

#define CHECKSUM_SIZE  4
#define DIR_ENTRY_SIZE 8
#define FILE_UNIT      8 /* signers pad the file to this, entries start at multiples */
#define CERT_HEADER    8
#define CERT_REVISION  4
#define CERT_TYPE      6

/* In the order of their bytes in the file; ties do not matter, all but one are empty. */
static int by_offset(const void *a, const void *b)
{
	const struct pe_section *const *x = a, *const *y = b;

	if ((*x)->file_off != (*y)->file_off)
		return (*x)->file_off < (*y)->file_off ? -1 : 1;
	return 0;
}

/* A range that may be empty: @from to @to. */
static int add_range(struct digest *d, const struct extent *image, uint64_t from, uint64_t to,
		     struct why *w)
{
	struct extent e;

	if (from > to || !extent_sub(&e, image, from, to - from))
		return why(w, -EBADMSG, "PE headers overlap");
	return digest_add_extent(d, &e, w);
}

static int add_headers(struct digest *d, const struct extent *image, const struct pe *pe,
		       struct why *w)
{
	uint64_t at = pe->checksum_off + CHECKSUM_SIZE;
	int r = add_range(d, image, 0, pe->checksum_off, w);

	if (r == 0 && pe->cert_dir_off) {
		r = add_range(d, image, at, pe->cert_dir_off, w);
		at = pe->cert_dir_off + DIR_ENTRY_SIZE;
	}
	return r < 0 ? r : add_range(d, image, at, pe->headers_size, w);
}

/*
 * Behind the sections: the rest, less the size of the certificate table wherever
 * that is. It starts at the sum of what was hashed, as the specification has it,
 * which is where the last section ends unless there are gaps between them.
 */
static int add_rest(struct digest *d, const struct extent *image, const struct pe *pe,
		    uint64_t hashed, struct why *w)
{
	static const unsigned char zeros[FILE_UNIT];
	uint64_t end = image->len - pe->cert_len;
	int r = 0;

	if (hashed < end)
		r = add_range(d, image, hashed, end, w);
	if (r == 0 && pe->cert_len == 0)
		r = digest_add(d, (struct span){ zeros, -image->len % FILE_UNIT }, w);
	return r;
}

static int add_all(struct digest *d, const struct extent *image, const struct pe *pe,
		   const struct pe_section **sorted, struct why *w)
{
	uint64_t hashed = pe->headers_size;
	int r = add_headers(d, image, pe, w);

	for (size_t i = 0; r == 0 && i < pe->nr_sections; i++) {
		const struct pe_section *s = sorted[i];

		/* Otherwise 128 sections of 4 GiB each would have to be hashed. */
		if (!range_fits(image->len, hashed, s->raw_size))
			return why(w, -EBADMSG, "sections overlap");
		r = add_range(d, image, s->file_off, (uint64_t)s->file_off + s->raw_size, w);
		hashed += s->raw_size;
	}
	return r < 0 ? r : add_rest(d, image, pe, hashed, w);
}

int authenticode_digest(unsigned char *ret, enum digest_kind kind, const struct extent *image,
			const struct pe *pe, struct why *w)
{
	autofree const struct pe_section **sorted = calloc(pe->nr_sections, sizeof(*sorted));
	struct digest *d = NULL;
	int r;

	if (!sorted)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; i < pe->nr_sections; i++)
		sorted[i] = &pe->sections[i];
	qsort(sorted, pe->nr_sections, sizeof(*sorted), by_offset);
	r = digest_new_kind(&d, kind, w);
	if (r == 0)
		r = add_all(d, image, pe, sorted, w);
	if (r == 0)
		r = digest_finish(d, ret, w);
	digest_free(d);
	return r;
}

static int read_entry(struct authenticode_entry *ret, const struct extent *image, uint64_t off,
		      uint64_t end, struct why *w)
{
	unsigned char head[CERT_HEADER];
	struct span h = { head, sizeof(head) };
	struct authenticode_entry e = { .off = off };
	int r;

	if (end - off < sizeof(head))
		return why(w, -EBADMSG, "certificate table ends inside an entry");
	r = extent_read(image, off, head, sizeof(head), w);
	if (r < 0)
		return r;
	span_le32(h, 0, &e.len);
	span_le16(h, CERT_REVISION, &e.revision);
	span_le16(h, CERT_TYPE, &e.type);
	if (e.len <= sizeof(head) || e.len > end - off)
		return why(w, -EBADMSG, "certificate of %u bytes at %#llx, its table has %llu",
			   e.len, (unsigned long long)off, (unsigned long long)(end - off));
	extent_sub(&e.content, image, off + sizeof(head), e.len - sizeof(head));
	*ret = e;
	return 0;
}

int authenticode_entries(struct authenticode_entry ret[LIMIT_SIGNATURES], size_t *ret_nr,
			 const struct extent *image, const struct pe *pe, struct why *w)
{
	uint64_t off = pe->cert_off, end = off + pe->cert_len;

	*ret_nr = 0;
	if (pe->cert_len > LIMIT_CERTIFICATES)
		return why(w, -E2BIG, "certificate table of %u bytes, at most %llu make sense",
			   pe->cert_len, (unsigned long long)LIMIT_CERTIFICATES);
	while (off < end) {
		int r;

		if (*ret_nr == LIMIT_SIGNATURES)
			return why(w, -E2BIG, "more than %d signatures", LIMIT_SIGNATURES);
		r = read_entry(&ret[*ret_nr], image, off, end, w);
		if (r < 0)
			return r;
		off += ret[*ret_nr].len;
		off += -off % FILE_UNIT;
		(*ret_nr)++;
	}
	return 0;
}
