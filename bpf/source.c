// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/appended.h"
#include "bpf/locate.h"
#include "bpf/source.h"
#include "lib/cleanup.h"

void bpf_source_done(struct bpf_source *s)
{
	free(s->bytes);
	*s = (struct bpf_source){ 0 };
}

static int check_size(uint64_t size, struct why *w)
{
	if (size <= LIMIT_PARSER)
		return 0;
	return why(w, -E2BIG, "it has %llu bytes, at most %llu are accepted",
		   (unsigned long long)size, (unsigned long long)LIMIT_PARSER);
}

int bpf_source_read(unsigned char **ret, size_t *ret_len, uint64_t *ret_signature,
		    const struct blob *parser, struct why *w)
{
	const struct extent all = blob_whole(parser);
	autofree unsigned char *bytes = NULL;
	struct appended a = { 0 };
	int r = 0;

	if (all.len > LIMIT_PARSER + LIMIT_CERTIFICATES)
		r = check_size(all.len, w);
	if (r == 0)
		r = extent_dup(&all, 0, all.len, &bytes, w);
	if (r == 0)
		r = appended_split(&a, (struct span){ bytes, all.len }, w);
	if (r == 0)
		r = check_size(a.file.size, w);
	if (r < 0)
		return r;
	*ret = take_ptr(bytes);
	*ret_len = a.file.size;
	if (ret_signature)
		*ret_signature = a.signature.size;
	return 0;
}

bool bpf_source_is_parser(struct span bytes)
{
	return container_is_parser(bytes);
}

/* A single program is a container of one. */
static int open_programs(struct container *ret, struct span object, struct why *w)
{
	int r = container_open(ret, object, w);

	if (r == 0)
		*ret = (struct container){ .program = { object }, .nr = 1 };
	/* The container is bad; -ENOEXEC would say here that there is none. */
	return r == -ENOEXEC ? -EBADMSG : r < 0 ? r : 0;
}

static int read_own(unsigned char **ret, size_t *ret_len, const struct extent *object,
		    struct why *w)
{
	int r = check_size(object->len, w);

	*ret_len = object->len;
	return r < 0 ? r : extent_dup(object, 0, object->len, ret, w);
}

/* The next programs are in @bytes, which take the place of those that were there. */
static int take_over(struct bpf_source *s, unsigned char **bytes, size_t len, struct why *w)
{
	struct container c = { 0 };
	int r = open_programs(&c, (struct span){ *bytes, len }, w);

	if (r < 0)
		return r;
	free(s->bytes);
	s->bytes = take_ptr(*bytes);
	s->programs = c;
	return 0;
}

/* Those that come with the image, or with the parser that was given for it. */
static int take_new(struct bpf_source *s, const struct extent *own, struct why *w)
{
	autofree unsigned char *bytes = NULL;
	size_t len = 0;
	int r = s->detached ? bpf_source_read(&bytes, &len, NULL, s->detached, w) :
			      read_own(&bytes, &len, own, w);

	return r < 0 ? r : take_over(s, &bytes, len, w);
}

static int starts_elf(const struct extent *image, bool *ret, struct why *w)
{
	unsigned char head[SELFMAG];
	int r;

	if (image->len < sizeof(head))
		return 0;
	r = extent_read(image, 0, head, sizeof(head), w);
	*ret = r == 0 && memcmp(head, ELFMAG, SELFMAG) == 0;
	return r;
}

int bpf_source_next(struct bpf_source *s, const struct extent *image, unsigned int depth,
		    struct why *w)
{
	bool first = s->detached && depth == 0;
	struct extent own = { 0 };
	struct why none = { 0 };
	int r = first ? starts_elf(image, &s->bare, w) : 0;

	if (r < 0)
		return r;
	s->outermost = depth == (s->bare ? 1 : 0);
	/* A detached parser takes the place of whatever the images carry. */
	if (!s->detached)
		r = bpf_locate(&own, image, depth ? &none : w);
	else if (!first)
		r = -ENOEXEC;
	if (r < 0 && r != -ENOEXEC)
		return why(w, r, "%s", none.text);
	if (r < 0 && !s->programs.nested.data)
		return r;
	if (depth == LIMIT_NESTING)
		return why(w, -E2BIG, "more than %d images inside each other", LIMIT_NESTING);
	s->nested = r < 0;
	/* What carries its own has been looked at already. */
	if (s->detached && s->outermost) {
		r = bpf_check_pe(image, w);
		if (r < 0)
			return r;
	}
	r = s->nested ? open_programs(&s->programs, s->programs.nested, w) : take_new(s, &own, w);
	if (r < 0)
		why_prefix(w, "parser program: ");
	return r;
}
