// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "bpf/source.h"
#include "kexec/detached.h"
#include "kexec/envelope-build.h"
#include "kexec/file-type.h"
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

static int append_zeros(struct blob *memfd, unsigned int len, struct why *w)
{
	static const unsigned char zeros[8];

	return blob_append(memfd, (struct span){ zeros, len }, w);
}

static int append_all(struct blob *memfd, const struct envelope *e, const struct extent *file,
		      const struct boot_image *img, struct why *w)
{
	const struct span head = { (const unsigned char *)&e->head, sizeof(e->head) };
	int r = blob_append(memfd, head, w);

	if (r == 0)
		r = blob_append_extent(memfd, file, w);
	if (r == 0)
		r = boot_image_join_initrd(img, memfd, w);
	if (r == 0)
		r = append_zeros(memfd, e->gap[0], w);
	if (r == 0) /* the command line: a NUL */
		r = append_zeros(memfd, e->cmdline_size, w);
	if (r == 0)
		r = append_zeros(memfd, e->gap[1], w);
	if (r == 0)
		r = blob_append(memfd, envelope_names(), w);
	return r < 0 ? r : blob_seal(memfd, w);
}

int detached_wrap(struct detached *d, const struct boot_image *img, struct why *w)
{
	const struct extent file = blob_whole(img->blobs[0]);
	autoblob struct blob memfd = { 0 };
	struct envelope e;
	int r;

	if (strcmp(img->layers[0]->name, "envelope") == 0)
		return why(w, -EOPNOTSUPP, "is an ELF envelope, which has an initrd of its own: for "
			   "another one, make another with kexec-image envelope");
	r = envelope_build(&e, file.len, boot_image_initrd_size(img), 0, w);
	if (r == 0)
		r = blob_memfd(&memfd, "envelope", w);
	if (r == 0)
		r = append_all(&memfd, &e, &file, img, w);
	if (r < 0)
		return r;
	d->envelope = memfd;
	memfd = (struct blob){ 0 };
	return 0;
}
