// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/codec.h"
#include "lib/decompress.h"
#include "lib/limits.h"
#include "lib/progress.h"

/* lzma last: its "magic" is only the most common first bytes. */
static const struct codec *const codecs[] = {
	&codec_gzip, &codec_xz, &codec_zstd, &codec_lz4, &codec_lz4_legacy,
	&codec_bzip2, &codec_lzo, &codec_lzma,
};

const struct codec *codec_by_magic(struct span head)
{
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++)
		if (span_is(head, 0, codecs[i]->magic, codecs[i]->magic_len))
			return codecs[i];
	return NULL;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *w = words; w && *w; w += strcspn(w, " "), w += *w == ' ')
		if (strcspn(w, " ") == len && memcmp(w, word, len) == 0)
			return true;
	return false;
}

const struct codec *codec_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++)
		if (strcmp(codecs[i]->name, name) == 0 || has_word(codecs[i]->aliases, name))
			return codecs[i];
	return NULL;
}

const char *codec_name(const struct codec *c)
{
	return c->name;
}

int stream_damaged(struct stream *s)
{
	return why(s->why, -EBADMSG, "%s data is damaged", s->codec->name);
}

int stream_truncated(struct stream *s)
{
	return why(s->why, -EBADMSG, "%s data ends early", s->codec->name);
}

static void tell(const struct stream *s, uint64_t done)
{
	struct progress *p = s->rest.blob->progress;

	if (p)
		p->report(p, s->memfd->name, done, s->total);
}

int stream_fill(struct stream *s)
{
	size_t len = s->rest.len < STREAM_IN ? s->rest.len : STREAM_IN;
	int r;

	if (s->start < s->end || len == 0)
		return 0;
	r = extent_read(&s->rest, 0, s->in, len, s->why);
	if (r < 0)
		return r;
	s->start = 0;
	s->end = len;
	extent_sub(&s->rest, &s->rest, len, s->rest.len - len);
	tell(s, s->total - s->rest.len);
	return 0;
}

int stream_take(struct stream *s, void *ret, size_t len)
{
	unsigned char *to = ret;

	while (len > 0) {
		size_t n;
		int r = stream_fill(s);

		if (r < 0)
			return r;
		if (s->start == s->end)
			return stream_truncated(s);
		n = s->end - s->start < len ? s->end - s->start : len;
		memcpy(to, s->in + s->start, n);
		s->start += n;
		to += n;
		len -= n;
	}
	return 0;
}

int stream_emit(struct stream *s, const unsigned char *data, size_t len)
{
	if (!range_fits(s->limit, s->memfd->size, len))
		return why(s->why, -E2BIG, "%s data unpacks to more than %llu bytes",
			   s->codec->name, (unsigned long long)s->limit);
	return blob_append(s->memfd, (struct span){ data, len }, s->why);
}

/* Skips zeros. 1: something else follows, 0: nothing does. */
static int skip_padding(struct stream *s)
{
	for (;;) {
		int r = stream_fill(s);

		if (r < 0 || s->start == s->end)
			return r;
		while (s->start < s->end && s->in[s->start] == 0)
			s->start++;
		if (s->start < s->end)
			return 1;
	}
}

/* A short member may straddle what was fetched: look at the input, not at the buffer. */
static bool member_follows(const struct stream *s)
{
	size_t left = s->end - s->start;
	struct extent here = s->rest;
	unsigned char head[CODEC_HEAD];
	int n;

	here.off -= left;
	here.len += left;
	n = extent_head(&here, head, sizeof(head), NULL);
	return n > 0 && span_is((struct span){ head, n }, 0, s->codec->magic, s->codec->magic_len);
}

static int all_members(struct stream *s)
{
	int r;

	for (;;) {
		r = s->codec->member(s);
		if (r < 0)
			return r;
		r = skip_padding(s);
		if (r <= 0)
			return r;
		if (!member_follows(s))
			return why(s->why, -EBADMSG, "something else follows the %s data",
				   s->codec->name);
	}
}

int decompress(const struct codec *c, const struct extent *in, struct blob *ret, const char *what,
	       uint64_t limit, struct why *w)
{
	autofree unsigned char *in_buf = malloc(STREAM_IN);
	autofree unsigned char *out_buf = malloc(STREAM_OUT);
	autoblob struct blob memfd = { 0 };
	struct stream s = { .codec = c, .rest = *in, .in = in_buf, .out = out_buf,
			    .memfd = &memfd, .limit = limit, .total = in->len, .why = w };
	int r;

	if (!c->member)
		return why(w, -EOPNOTSUPP, "is compressed with %s, but this program was built without %s",
			   c->name, c->library);
	if (!in_buf || !out_buf)
		return why(w, -ENOMEM, "out of memory");
	r = blob_memfd(&memfd, what, w);
	if (r == 0) {
		r = all_members(&s);
		tell(&s, s.total);
	}
	if (r == 0 && memfd.size == 0)
		r = why(w, -EBADMSG, "%s data unpacks to nothing", c->name);
	if (r == 0)
		r = blob_seal(&memfd, w);
	if (r < 0)
		return r;

	memfd.progress = in->blob->progress;
	*ret = memfd;
	memfd = (struct blob){ 0 };
	return 0;
}
