/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adding a section: an image that is accepted becomes one that our own parser
 * accepts, with the new bytes where it says and every old section as it was.
 */
#include <string.h>

#include "kexec/pe-edit.h"
#include "kexec/pe-headers.h"
#include "lib/cleanup.h"
#include "tests/fuzz/fuzz.h"

static const unsigned char program[] = "\177ELF, or so";

/* The pieces in a row, without the patches: those belong into old sections. */
static int join(struct blob *ret, const struct pe_edit *e)
{
	autofree unsigned char *data = calloc(1, e->size);
	uint64_t at = 0;

	for (size_t i = 0; i < e->nr_pieces; i++) {
		const struct pe_piece *p = &e->piece[i];

		PROMISE(range_fits(e->size, at, p->len));
		if (p->bytes.blob)
			PROMISE(extent_read(&p->bytes, 0, data + at, p->len, NULL) == 0);
		at += p->len;
	}
	PROMISE(at == e->size);
	for (size_t i = 0; i < e->nr_patches; i++)
		PROMISE(range_fits(e->size, e->patch[i].off, 4));
	return blob_copy(ret, (struct span){ data, e->size }, "result", NULL);
}

static void check_row(const struct pe_row *old, struct span a, const struct pe_row *new,
		      struct span b)
{
	PROMISE(memcmp(old->name, new->name, sizeof(old->name)) == 0);
	PROMISE(old->va == new->va && old->virtual_size == new->virtual_size);
	PROMISE(new->raw_size >= old->raw_size);
	if (old->raw_size == 0)
		return;
	PROMISE(span_sub(&a, a, old->raw_off, old->raw_size));
	PROMISE(span_is(b, new->raw_off, a.data, a.size));
}

static void check(const struct blob *before, const struct blob *after)
{
	struct extent a = blob_whole(before), b = blob_whole(after);
	struct span old = { before->data, before->size }, new = { after->data, after->size };
	autoheaders struct pe_headers h = { 0 }, g = { 0 };
	bool found = false;
	size_t next = 0;

	PROMISE(pe_headers_read(&h, &a, NULL) == 0);
	PROMISE(pe_headers_read(&g, &b, NULL) == 0);
	PROMISE(g.cert_len == 0);
	for (size_t i = 0; i < g.nr_rows; i++) {
		if (pe_row_is(&g.rows[i], ".bpf")) {
			PROMISE(!found && g.rows[i].virtual_size == sizeof(program));
			PROMISE(span_is(new, g.rows[i].raw_off, program, sizeof(program)));
			found = true;
			continue;
		}
		while (next < h.nr_rows && pe_row_is(&h.rows[next], ".bpf"))
			next++;
		PROMISE(next < h.nr_rows);
		check_row(&h.rows[next++], old, &g.rows[i], new);
	}
	PROMISE(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoblob struct blob b = { 0 }, p = { 0 }, result = { 0 };
	struct pe_edit_request request = {
		.name = ".bpf", .replace = true, .strip_signature = true,
	};
	autoedit struct pe_edit e = { 0 };
	struct extent image;

	if (blob_copy(&b, (struct span){ data, size }, "input", NULL) < 0 ||
	    blob_copy(&p, (struct span){ program, sizeof(program) }, "program", NULL) < 0)
		return 0;
	image = blob_whole(&b);
	request.bytes = blob_whole(&p);
	if (pe_edit_add(&e, &image, &request, NULL) == 0 && join(&result, &e) == 0)
		check(&b, &result);
	return 0;
}
