// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kexec/cpio.h"

#define TRAILER "TRAILER!!!"

/* Names and contents start at multiples of 4. */
static int pad(struct cpio *c, struct why *w)
{
	static const unsigned char zeros[4];

	return blob_append(c->memfd, (struct span){ zeros, -c->memfd->size & 3 }, w);
}

static int add_header(struct cpio *c, const char *path, uint32_t inode, unsigned int mode,
		      uint32_t size, struct why *w)
{
	char head[6 + 13 * 8 + 1];
	size_t name_size = strlen(path) + 1;
	int r;

	/* Magic, inode, mode, owner, group, links, time, size, device and what it is, name, sum. */
	snprintf(head, sizeof(head), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		 inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, (unsigned int)name_size, 0);
	r = blob_append(c->memfd, (struct span){ (unsigned char *)head, sizeof(head) - 1 }, w);
	if (r == 0)
		r = blob_append(c->memfd, (struct span){ (const unsigned char *)path, name_size },
				w);
	return r < 0 ? r : pad(c, w);
}

int cpio_folder(struct cpio *c, const char *path, unsigned int mode, struct why *w)
{
	return add_header(c, path, ++c->inode, S_IFDIR | mode, 0, w);
}

int cpio_file(struct cpio *c, const char *path, unsigned int mode, const struct extent *bytes,
	      struct why *w)
{
	int r;

	if (bytes->len > UINT32_MAX)
		return why(w, -E2BIG, "%s is too large for an initrd", path);
	r = add_header(c, path, ++c->inode, S_IFREG | mode, bytes->len, w);
	if (r == 0)
		r = blob_append_extent(c->memfd, bytes, w);
	return r < 0 ? r : pad(c, w);
}

int cpio_end(struct cpio *c, struct why *w)
{
	c->inode = 0;
	return add_header(c, TRAILER, 0, 0, 0, w);
}
