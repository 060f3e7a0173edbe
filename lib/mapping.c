// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/mapping.h"

int mapping_open(struct mapping *ret, const struct extent *e, struct why *w)
{
	uint64_t page = sysconf(_SC_PAGESIZE), slack;
	struct span whole, part;
	void *base;

	*ret = (struct mapping){ 0 };
	if (!e->blob || e->len == 0)
		return 0;
	if (e->blob->kind == BLOB_MEMORY) {
		whole = (struct span){ e->blob->data, e->blob->size };
		if (!span_sub(&part, whole, e->off, e->len))
			return why(w, -EBADMSG, "ends early");
		ret->bytes = part.data;
		return 0;
	}
	slack = e->off % page;
	if (e->len > SIZE_MAX - slack)
		return why(w, -E2BIG, "%s: too large for this process", e->blob->name);
	base = mmap(NULL, e->len + slack, PROT_READ, MAP_PRIVATE, e->blob->fd, e->off - slack);
	if (base == MAP_FAILED)
		return why(w, -errno, "cannot map %s: %s", e->blob->name, strerror(errno));
	*ret = (struct mapping){ (unsigned char *)base + slack, base, e->len + slack };
	return 0;
}

void mapping_done(struct mapping *m)
{
	if (m->base)
		munmap(m->base, m->size);
	*m = (struct mapping){ 0 };
}
