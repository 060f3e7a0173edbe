// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/source.h"
#include "kexec/detached.h"
#include "kexec/envelope-build.h"
#include "kexec/formats/formats.h"
#include "lib/cleanup.h"

void detached_done(struct detached *d)
{
	blob_done(&d->parser);
	blob_done(&d->envelope);
	*d = (struct detached){ 0 };
}

static int check(struct detached *d, struct why *w)
{
	autofree unsigned char *bytes = NULL;
	size_t len = 0;
	int r = bpf_source_read(&bytes, &len, &d->signature, &d->parser, w);

	if (r == 0 && !bpf_source_is_parser((struct span){ bytes, len }))
		r = why(w, -EBADMSG, "is no parser program and no container of some: "
			"kexec-image parser-container makes one");
	return r;
}

int detached_open(struct detached *ret, const char *path, struct why *w)
{
	struct detached d = { 0 };
	int r = blob_open(&d.parser, path, w);

	if (r == 0)
		r = check(&d, w);
	if (r < 0) {
		detached_done(&d);
		return r;
	}
	*ret = d;
	return 0;
}

/* What goes into an envelope beside the initrds. */
struct content {
	struct extent kernel;
	unsigned char *cmdline; /* owned; without NUL */
	size_t cmdline_len;
};

static int take_cmdline(struct content *c, const struct extent *section, struct why *w)
{
	int r = extent_dup(section, 0, section->len, &c->cmdline, w);

	/* Not longer than may be: it has been opened. */
	if (r == 0)
		c->cmdline_len = strnlen((char *)c->cmdline, section->len);
	return r;
}

/* Out of an envelope that is there already: all but its initrd. */
static int open_envelope(struct content *c, const struct extent *file, struct why *w)
{
	autofree struct envelope_section *sections = NULL;
	size_t nr = 0;
	int r = envelope_sections(&sections, &nr, file, w);

	for (size_t i = 0; r == 0 && i < nr; i++) {
		if (strcmp(sections[i].name, ".kernel") == 0)
			c->kernel = sections[i].bytes;
		else if (strcmp(sections[i].name, ".cmdline") == 0 && sections[i].bytes.len > 0)
			r = take_cmdline(c, &sections[i].bytes, w);
	}
	return r;
}

static int append_zeros(struct blob *memfd, unsigned int len, struct why *w)
{
	static const unsigned char zeros[8];

	return blob_append(memfd, (struct span){ zeros, len }, w);
}

static int append_all(struct blob *memfd, const struct envelope *e, const struct content *c,
		      const struct boot_image *img, struct why *w)
{
	const struct span head = { (const unsigned char *)&e->head, sizeof(e->head) };
	int r = blob_append(memfd, head, w);

	if (r == 0)
		r = blob_append_extent(memfd, &c->kernel, w);
	if (r == 0)
		r = boot_image_join_initrd(img, memfd, w);
	if (r == 0)
		r = append_zeros(memfd, e->gap[0], w);
	if (r == 0)
		r = blob_append(memfd, (struct span){ c->cmdline, c->cmdline_len }, w);
	if (r == 0)
		r = append_zeros(memfd, 1 + e->gap[1], w);
	if (r == 0)
		r = blob_append(memfd, envelope_names(), w);
	return r < 0 ? r : blob_seal(memfd, w);
}

static int make_envelope(struct blob *ret, const struct content *c, const struct boot_image *img,
			 struct why *w)
{
	autoblob struct blob memfd = { 0 };
	struct envelope e;
	int r = envelope_build(&e, c->kernel.len, boot_image_initrd_size(img), c->cmdline_len, w);

	if (r == 0)
		r = blob_memfd(&memfd, "envelope", w);
	if (r == 0)
		r = append_all(&memfd, &e, c, img, w);
	if (r < 0)
		return r;
	*ret = memfd;
	memfd = (struct blob){ 0 };
	return 0;
}

int detached_wrap(struct detached *d, const struct boot_image *img, struct why *w)
{
	const struct extent file = blob_whole(img->blobs[0]);
	struct content c = { .kernel = file };
	int r = 0;

	if (img->layers[0] == &file_type_envelope)
		r = open_envelope(&c, &file, w);
	if (r == 0)
		r = make_envelope(&d->envelope, &c, img, w);
	free(c.cmdline);
	return r;
}
