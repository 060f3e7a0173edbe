// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "kexec/boot-image-compare.h"
#include "lib/cleanup.h"

#define BUFFER ((size_t)(64 * KiB))

const char *boot_image_part_name(enum boot_image_part part)
{
	static const char *const names[] = { "kernel", "initrd", "command line" };

	return part < ARRAY_SIZE(names) ? names[part] : "part";
}

uint64_t boot_image_part_size(const struct boot_image *img, enum boot_image_part part)
{
	switch (part) {
	case PART_KERNEL:
		return img->kernel.bytes.len;
	case PART_INITRD:
		return boot_image_initrd_size(img);
	default:
		return img->cmdline ? strlen(img->cmdline) : 0;
	}
}

/*
 * A part is a row of pieces: ranges of files, text, zeros. A cursor stands at the
 * beginning of what is left of it.
 */
struct cursor {
	const struct boot_image *img;
	enum boot_image_part part;
	size_t next;           /* index of the next piece */
	struct extent file;    /* what is left of the piece; at most one of the three .. */
	struct span text;
	uint64_t zeros;        /* .. is not empty */
	uint64_t off;          /* from the start of the part */
	unsigned char *buf;    /* BUFFER bytes, owned */
};

/* Initrds are two pieces each: the bytes, and zeros up to a multiple of 4 but for the last. */
static bool next_initrd(struct cursor *c)
{
	size_t i = c->next / 2;
	const struct extent *bytes;

	if (i >= c->img->nr_initrd)
		return false;
	bytes = &c->img->initrd[i].bytes;
	if (c->next++ % 2 == 0)
		c->file = *bytes;
	else if (i + 1 < c->img->nr_initrd)
		c->zeros = -bytes->len & 3;
	return true;
}

static bool next_piece(struct cursor *c)
{
	if (c->part == PART_INITRD)
		return next_initrd(c);
	if (c->next++ > 0)
		return false;
	if (c->part == PART_KERNEL && c->img->kernel.bytes.blob)
		c->file = c->img->kernel.bytes;
	if (c->part == PART_CMDLINE && c->img->cmdline)
		c->text = (struct span){ (const unsigned char *)c->img->cmdline,
					 strlen(c->img->cmdline) };
	return true;
}

static uint64_t left_in_piece(const struct cursor *c)
{
	return c->file.len + c->text.size + c->zeros;
}

/* Bytes that can be had in one go; 0: the part has ended. */
static uint64_t left(struct cursor *c)
{
	while (left_in_piece(c) == 0)
		if (!next_piece(c))
			return 0;
	return left_in_piece(c);
}

static void skip(struct cursor *c, uint64_t n)
{
	c->off += n;
	if (c->file.len)
		extent_sub(&c->file, &c->file, n, c->file.len - n);
	else if (c->text.size)
		span_sub(&c->text, c->text, n, c->text.size - n);
	else
		c->zeros -= n;
}

/* The next @n bytes, which are in one piece and fit the buffer. */
static int fetch(struct cursor *c, size_t n, struct why *w)
{
	if (c->file.len)
		return extent_read(&c->file, 0, c->buf, n, w);
	if (!span_get(c->buf, c->text, 0, c->text.size ? n : 0))
		return why(w, -EBADMSG, "ends early");
	if (c->text.size == 0)
		memset(c->buf, 0, n);
	return 0;
}

static int cursor_init(struct cursor *c, const struct boot_image *img, enum boot_image_part part,
		       unsigned char *buf, struct why *w)
{
	if (!buf)
		return why(w, -ENOMEM, "out of memory");
	*c = (struct cursor){ .img = img, .part = part, .buf = buf };
	return 0;
}

static uint64_t smallest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Are the next @n bytes the same range of the same file? */
static bool same_range(const struct cursor *a, const struct cursor *b, uint64_t n)
{
	struct extent ea, eb;

	return a->file.len && b->file.len && extent_sub(&ea, &a->file, 0, n) &&
	       extent_sub(&eb, &b->file, 0, n) && extent_is_same(&ea, &eb);
}

static int found(struct boot_image_diff *ret, const struct cursor *a, const struct cursor *b,
		 size_t i, bool a_ended, bool b_ended)
{
	*ret = (struct boot_image_diff){
		.part = a->part,
		.off = a->off + i,
		.byte = { a_ended ? -1 : a->buf[i], b_ended ? -1 : b->buf[i] },
		.size = { boot_image_part_size(a->img, a->part),
			  boot_image_part_size(b->img, b->part) },
	};
	return 1;
}

/* One of the two has ended, the other goes on. */
static int one_ended(struct boot_image_diff *ret, struct cursor *a, struct cursor *b,
		     struct why *w)
{
	bool a_ended = left(a) == 0;
	int r = fetch(a_ended ? b : a, 1, w);

	return r < 0 ? r : found(ret, a, b, 0, a_ended, !a_ended);
}

static int compare_buffers(struct boot_image_diff *ret, struct cursor *a, struct cursor *b,
			   size_t n, struct why *w)
{
	int r = fetch(a, n, w);

	if (r == 0)
		r = fetch(b, n, w);
	if (r < 0 || memcmp(a->buf, b->buf, n) == 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (a->buf[i] != b->buf[i])
			return found(ret, a, b, i, false, false);
	return 0;
}

static int compare_cursors(struct boot_image_diff *ret, struct cursor *a, struct cursor *b,
			   struct why *w)
{
	for (;;) {
		uint64_t na = left(a), nb = left(b), n = smallest(na, nb);
		int r;

		if (n == 0)
			return na == nb ? 0 : one_ended(ret, a, b, w);
		if (!same_range(a, b, n)) {
			n = smallest(n, BUFFER);
			r = compare_buffers(ret, a, b, n, w);
			if (r != 0)
				return r;
		}
		skip(a, n);
		skip(b, n);
	}
}

int boot_image_compare(struct boot_image_diff *ret, const struct boot_image *a,
		       const struct boot_image *b, struct why *w)
{
	autofree unsigned char *buf_a = malloc(BUFFER);
	autofree unsigned char *buf_b = malloc(BUFFER);

	for (enum boot_image_part part = 0; part < BOOT_IMAGE_PARTS; part++) {
		struct cursor ca, cb;
		int r = cursor_init(&ca, a, part, buf_a, w);

		if (r == 0)
			r = cursor_init(&cb, b, part, buf_b, w);
		if (r == 0)
			r = compare_cursors(ret, &ca, &cb, w);
		if (r != 0)
			return r;
	}
	return 0;
}

static int digest_cursor(struct digest *d, struct cursor *c, struct why *w)
{
	uint64_t n;

	while ((n = smallest(left(c), BUFFER)) > 0) {
		int r = fetch(c, n, w);

		if (r == 0)
			r = digest_add(d, (struct span){ c->buf, n }, w);
		if (r < 0)
			return r;
		skip(c, n);
	}
	return 0;
}

int boot_image_digest(const struct boot_image *img, enum boot_image_part part,
		      unsigned char ret[DIGEST_SIZE], struct why *w)
{
	autofree unsigned char *buf = malloc(BUFFER);
	struct digest *d = NULL;
	struct cursor c;
	int r = cursor_init(&c, img, part, buf, w);

	if (r == 0)
		r = digest_new(&d, w);
	if (r == 0)
		r = digest_cursor(d, &c, w);
	if (r == 0)
		r = digest_finish(d, ret, w);
	digest_free(d);
	return r;
}
