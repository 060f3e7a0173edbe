/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PE images in memory, for the tests of pe-edit.c and pe-room.c. Every result
 * is put together and must hold every old section, byte for byte and at its old
 * address, where the new headers say.
 */
#ifndef TESTS_PE_IMAGE_H
#define TESTS_PE_IMAGE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/pe-edit.h"
#include "kexec/pe-headers.h"
#include "lib/cleanup.h"

#define COFF      64
#define OPT       (COFF + 24)
#define OPT_SIZE  240
#define TABLE     (OPT + OPT_SIZE)
#define DIR(i)    (OPT + 112 + 8 * (i))
#define ALIGN     0x200
#define MAX_IMAGE 0x40000

struct image {
	unsigned char data[MAX_IMAGE];
	size_t size;
	unsigned int nr;
	struct blob blob;
	struct extent all;
};

static inline void put16(struct image *m, size_t off, uint16_t v)
{
	m->data[off] = v;
	m->data[off + 1] = v >> 8;
}

static inline void put32(struct image *m, size_t off, uint32_t v)
{
	put16(m, off, v);
	put16(m, off + 2, v >> 16);
}

static inline uint32_t get32(const struct image *m, size_t off)
{
	uint32_t v = 0;

	assert_true(span_le32((struct span){ m->data, m->size }, off, &v));
	return v;
}

static inline void start(struct image *m, uint32_t headers_size)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->data, "MZ", 2);
	put32(m, 0x3c, COFF);
	memcpy(m->data + COFF, "PE\0", 4);
	put16(m, COFF + 4, 0x8664);
	put16(m, COFF + 20, OPT_SIZE);
	put16(m, OPT, 0x20b);
	put32(m, OPT + 32, 0x1000);
	put32(m, OPT + 36, ALIGN);
	put32(m, OPT + 56, 0x1000);
	put32(m, OPT + 60, headers_size);
	put16(m, OPT + 68, 10);
	put32(m, OPT + 108, 16);
	m->size = headers_size;
}

/* At the end of the file, with bytes that occur nowhere else. */
static inline void section(struct image *m, const char *name, uint32_t vsize, uint32_t raw_size)
{
	size_t row = TABLE + 40 * m->nr++;

	assert_true(m->size + raw_size <= MAX_IMAGE);
	memset(m->data + row, 0, 40);
	memcpy(m->data + row, name, strlen(name));
	put32(m, row + 8, vsize);
	put32(m, row + 12, get32(m, OPT + 56));
	put32(m, row + 16, raw_size);
	put32(m, row + 20, raw_size ? m->size : 0);
	put32(m, row + 36, 0x40000040);
	put16(m, COFF + 6, m->nr);
	put32(m, OPT + 56, (get32(m, OPT + 56) + vsize + 0xfff) & ~0xfffU);
	for (uint32_t i = 0; i < raw_size; i++)
		m->data[m->size + i] = m->nr * 37 + i % 251;
	m->size += raw_size;
}

static inline void sections(struct image *m, unsigned int n, const char *prefix)
{
	for (unsigned int i = 0; i < n; i++) {
		char name[9];

		snprintf(name, sizeof(name), "%s%u", prefix, i % 1000);
		section(m, name, 0x20, ALIGN);
	}
}

static inline struct extent whole(struct image *m)
{
	m->blob = (struct blob){
		.kind = BLOB_MEMORY, .fd = -1, .data = m->data, .size = m->size,
		.name = (char *)"image",
	};
	return blob_whole(&m->blob);
}

/* The test's own: too large for the stack. */
static struct image in, out;

static unsigned char program[0x1000];

static inline int edit(struct image *ret, struct image *m, size_t len, bool replace, bool strip,
		struct why *w)
{
	struct blob b = { .kind = BLOB_MEMORY, .fd = -1, .data = program, .size = len };
	const struct pe_edit_request request = {
		.name = ".bpf", .bytes = blob_whole(&b), .replace = replace, .strip_signature = strip,
	};
	struct extent image = whole(m);
	autoedit struct pe_edit e = { 0 };
	struct why nobody = { 0 };
	int r;

	memset(program, 0xb9, sizeof(program));
	r = pe_edit_add(&e, &image, &request, w ? w : &nobody);
	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < e.nr_pieces; i++) {
		const struct pe_piece *p = &e.piece[i];

		assert_true(ret->size + p->len <= MAX_IMAGE);
		if (p->bytes.blob)
			assert_int_equal(extent_read(&p->bytes, 0, ret->data + ret->size, p->len,
						     NULL), 0);
		ret->size += p->len;
	}
	assert_int_equal(ret->size, e.size);
	for (size_t i = 0; i < e.nr_patches; i++)
		put32(ret, e.patch[i].off, e.patch[i].value);
	return 0;
}

static inline void refused(struct image *m, bool replace, bool strip, int err, const char *text)
{
	struct why w = { 0 };

	assert_int_equal(edit(&out, m, 100, replace, strip, &w), err);
	if (!strstr(w.text, text))
		fail_msg("'%s' says nothing of '%s'", w.text, text);
}

static inline const struct pe_row *row_at(const struct pe_headers *h, uint32_t va)
{
	for (size_t i = 0; i < h->nr_rows; i++)
		if (h->rows[i].va == va)
			return &h->rows[i];
	return NULL;
}

/* Old sections first, then the new one, whose index is the answer. */
static inline size_t check(struct image *new_image, struct image *old_image, size_t len)
{
	autoheaders struct pe_headers a = { 0 }, b = { 0 };
	struct extent old = whole(old_image), new = whole(new_image);
	size_t found = SIZE_MAX;
	struct why w = { 0 };

	assert_int_equal(pe_headers_read(&a, &old, NULL), 0);
	if (pe_headers_read(&b, &new, &w) < 0)
		fail_msg("result: %s", w.text);
	for (size_t i = 0; i < a.nr_rows; i++) {
		const struct pe_row *s = &a.rows[i], *t = row_at(&b, s->va);

		if (pe_row_is(s, ".bpf"))
			continue;
		assert_non_null(t);
		assert_memory_equal(s->name, t->name, 8);
		assert_memory_equal(s->rest, t->rest, sizeof(s->rest));
		assert_int_equal(s->virtual_size, t->virtual_size);
		assert_true(t->raw_size >= s->raw_size);
		assert_memory_equal(old_image->data + s->raw_off, new_image->data + t->raw_off,
				    s->raw_size);
	}
	for (size_t i = 0; i < b.nr_rows; i++) {
		const struct pe_row *s = &b.rows[i];

		assert_true(s->va >= b.headers_size && s->va + s->virtual_size <= b.image_size);
		assert_int_equal(s->raw_off % ALIGN, 0);
		if (!pe_row_is(s, ".bpf"))
			continue;
		assert_int_equal(found, SIZE_MAX);
		found = i;
		assert_int_equal(s->virtual_size, len);
		assert_int_equal(s->raw_size % ALIGN, 0);
		assert_memory_equal(new_image->data + s->raw_off, program, len);
		assert_memory_equal(s->rest + 12, "\x40\0\0\x40", 4);
		assert_int_equal(s->va % 0x1000, 0);
	}
	assert_int_not_equal(found, SIZE_MAX);
	assert_int_equal(b.image_size % 0x1000, 0);
	return found;
}

#endif
