// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/segments.h"
#include "lib/cleanup.h"

#define PAGE UINT64_C(4096)

/* False if there is no such multiple. @align is a power of two. */
static bool round_up(uint64_t *value, uint64_t align)
{
	if (*value > UINT64_MAX - (align - 1))
		return false;
	*value = (*value + align - 1) & ~(align - 1);
	return true;
}

static const struct segment *in_the_way(const struct segments *s, uint64_t mem, uint64_t size)
{
	for (size_t i = 0; i < s->nr; i++) {
		const struct segment *other = &s->list[i];

		if (mem < other->mem + other->memsz && other->mem < mem + size)
			return other;
	}
	return NULL;
}

/* Each turn goes past one segment, upwards. */
static bool find_low(const struct segments *s, struct range at, uint64_t align, uint64_t size,
		     uint64_t *ret)
{
	uint64_t mem = at.start;
	const struct segment *other;

	while (round_up(&mem, align) && range_fits(at.end, mem, size)) {
		other = in_the_way(s, mem, size);
		if (!other) {
			*ret = mem;
			return true;
		}
		mem = other->mem + other->memsz;
	}
	return false;
}

static bool find_high(const struct segments *s, struct range at, uint64_t align, uint64_t size,
		      uint64_t *ret)
{
	uint64_t end = at.end;
	const struct segment *other;

	while (end >= size && ((end - size) & ~(align - 1)) >= at.start) {
		uint64_t mem = (end - size) & ~(align - 1);

		other = in_the_way(s, mem, size);
		if (!other) {
			*ret = mem;
			return true;
		}
		end = other->mem;
	}
	return false;
}

static struct range clip(struct range r, uint64_t min, uint64_t max)
{
	return (struct range){ r.start > min ? r.start : min, r.end < max ? r.end : max };
}

int segments_find(const struct segments *s, const struct ram_map *ram, const struct place *place,
		  uint64_t size, uint64_t *ret_mem, struct why *w)
{
	uint64_t align = place->align > PAGE ? place->align : PAGE, memsz = size ? size : 1;
	bool fits = round_up(&memsz, PAGE);

	for (size_t i = 0; fits && i < ram->nr; i++) {
		const struct ram_range *r = &ram->ranges[place->high ? ram->nr - 1 - i : i];
		struct range at = clip(r->at, place->min, place->max);

		if (r->type != RAM_USABLE || at.start >= at.end)
			continue;
		if (place->high ? find_high(s, at, align, memsz, ret_mem)
				: find_low(s, at, align, memsz, ret_mem))
			return 0;
	}
	return why(w, -EADDRNOTAVAIL,
		   "Could not find a free area of memory of %#llx bytes between %#llx and %#llx",
		   (unsigned long long)size, (unsigned long long)place->min,
		   (unsigned long long)place->max);
}

int segments_add(struct segments *s, const char *name, const struct extent *bytes, uint64_t mem,
		 uint64_t memsz, struct why *w)
{
	const struct segment *other;
	uint64_t last;

	if (s->nr == SEGMENTS_MAX)
		return why(w, -E2BIG, "%s: kexec_load takes %d segments at most", name,
			   SEGMENTS_MAX);
	if (memsz == 0 || (bytes && bytes->len > memsz))
		return why(w, -EINVAL, "%s: %llu bytes for %llu bytes of memory", name,
			   (unsigned long long)(bytes ? bytes->len : 0),
			   (unsigned long long)memsz);
	if (mem % PAGE || !round_up(&memsz, PAGE) || mem > UINT64_MAX - memsz)
		return why(w, -EADDRNOTAVAIL, "%s: cannot be loaded to %#llx", name,
			   (unsigned long long)mem);
	last = mem + memsz - 1;
	other = in_the_way(s, mem, memsz);
	if (other)
		return why(w, -EADDRNOTAVAIL, "%s: %s is in its place, %#llx to %#llx", name,
			   other->name, (unsigned long long)mem, (unsigned long long)last);
	s->list[s->nr++] = (struct segment){
		.name = name,
		.bytes = bytes ? *bytes : (struct extent){ 0 },
		.mem = mem,
		.memsz = memsz,
	};
	return 0;
}

int segments_own(struct segments *s, struct blob *b, struct extent *ret_extent, struct why *w)
{
	struct blob *owned;

	if (s->nr_blobs == SEGMENTS_MAX) {
		blob_done(b);
		return why(w, -E2BIG, "more than %d parts", SEGMENTS_MAX);
	}
	owned = malloc(sizeof(*owned));
	if (!owned) {
		blob_done(b);
		return why(w, -ENOMEM, "out of memory");
	}
	*owned = *b;
	*b = (struct blob){ 0 };
	s->blobs[s->nr_blobs++] = owned;
	*ret_extent = blob_whole(owned);
	return 0;
}

void segments_done(struct segments *s)
{
	for (size_t i = 0; i < s->nr_blobs; i++) {
		blob_done(s->blobs[i]);
		free(s->blobs[i]);
	}
	*s = (struct segments){ 0 };
}
