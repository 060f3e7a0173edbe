// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "kexec/pe-room.h"
#include "lib/span.h"

#define DEBUG_LEN 16
#define MAX_DIRS  16

/* x86 boot sector: up to its sentinel, the kernel's linker script fills with ones. */
#define SETUP_SENTINEL 0x1ef
#define SETUP_MAGIC    0x202

/* Something that stands in the headers, behind the section table. */
struct used {
	uint64_t start, end;
	bool movable; /* everything that knows its place gets corrected */
};

struct tail {
	struct used used[MAX_DIRS + LIMIT_PE_DEBUG];
	size_t nr_used;
	uint64_t first, end; /* from the first byte in use to behind the last one */
};

bool pe_map_offset(const struct pe_map *m, uint64_t off, uint32_t *ret)
{
	if (off >= m->at && off - m->at < m->cut)
		return false;
	if (off >= m->at + m->cut)
		off = off - m->cut + m->insert + m->delta;
	else if (off >= m->first_data)
		off += m->delta;
	else if (off >= m->table_end)
		off += m->shift;
	if (off > UINT32_MAX)
		return false;
	*ret = off;
	return true;
}

bool pe_map_moves_sections(const struct pe_map *m, uint64_t last_data)
{
	return m->shift || m->delta || (m->cut != m->insert && m->at + m->cut < last_data);
}

int pe_debug_read(struct pe_debug *ret, const struct pe_headers *h, const struct extent *image,
		  struct why *w)
{
	struct pe_debug d = { 0 };
	uint32_t va = 0, len = 0;

	if (pe_headers_dir(h, PE_DIR_DEBUG, &va, &len)) {
		d.nr_entries = len / PE_DEBUG_ENTRY;
		d.lost = !pe_headers_locate(h, va, len, &d.off);
	}
	if (d.lost)
		d.nr_entries = 0;
	if (d.nr_entries > LIMIT_PE_DEBUG)
		return why(w, -E2BIG, "PE debug directory of %zu entries, at most %d make sense",
			   d.nr_entries, LIMIT_PE_DEBUG);
	for (size_t i = 0; i < d.nr_entries; i++) {
		unsigned char raw[PE_DEBUG_ENTRY];
		struct span s = { raw, sizeof(raw) };
		int r = extent_read(image, d.off + i * sizeof(raw), raw, sizeof(raw), w);

		if (r < 0)
			return r;
		span_le32(s, DEBUG_LEN, &d.entry[i].len);
		span_le32(s, PE_DEBUG_VA, &d.entry[i].va);
		span_le32(s, PE_DEBUG_OFF, &d.entry[i].off);
	}
	*ret = d;
	return 0;
}

static void add_used(struct tail *t, const struct pe_headers *h, uint64_t start, uint64_t len,
		     bool movable)
{
	if (start >= h->first_data || start + len <= h->table_end)
		return;
	t->used[t->nr_used++] = (struct used){ start, start + len, movable };
	t->first = start < t->first ? start : t->first;
	t->end = start + len > t->end ? start + len : t->end;
}

/* What the directories say, and every byte that is not zero. */
static void find_used(struct tail *t, const struct pe_headers *h, const struct pe_debug *debug)
{
	uint32_t va = 0, len = 0;
	bool bzImage = span_is(pe_headers_span(h), SETUP_MAGIC, "HdrS", 4);
	unsigned char byte = 0;

	*t = (struct tail){ .first = UINT64_MAX, .end = h->table_end };
	for (unsigned int i = 0; i < MAX_DIRS; i++)
		if (i != PE_DIR_CERTIFICATES && pe_headers_dir(h, i, &va, &len))
			add_used(t, h, va, len, i == PE_DIR_DEBUG);
	for (size_t i = 0; i < debug->nr_entries; i++)
		if (debug->entry[i].off)
			add_used(t, h, debug->entry[i].off, debug->entry[i].len, true);
	for (uint64_t at = h->table_end; at < h->first_data; at++) {
		if (!span_get(&byte, pe_headers_span(h), at, 1) || byte == 0)
			continue;
		if (bzImage && byte == 0xff && at < SETUP_SENTINEL)
			continue;
		t->first = at < t->first ? at : t->first;
		t->end = at + 1 > t->end ? at + 1 : t->end;
	}
}

static bool is_known(const struct tail *t, uint64_t at)
{
	for (size_t i = 0; i < t->nr_used; i++)
		if (at >= t->used[i].start && at < t->used[i].end)
			return true;
	return false;
}

/* A byte may be moved as a part of something that we can correct the way to. */
static int check_movable(const struct tail *t, const struct pe_headers *h, struct why *w)
{
	unsigned char byte = 0;

	for (size_t i = 0; i < t->nr_used; i++) {
		const struct used *u = &t->used[i];

		if (u->start < h->table_end || u->end > h->first_data)
			return why(w, -EBADMSG, "what is at %#llx overlaps the section table or a section",
				   (unsigned long long)u->start);
		if (!u->movable)
			return why(w, -EOPNOTSUPP,
				   "no room for another section header: a PE directory is at %#llx",
				   (unsigned long long)u->start);
	}
	for (uint64_t at = t->first; at < t->end; at++)
		if (span_get(&byte, pe_headers_span(h), at, 1) && byte && !is_known(t, at))
			return why(w, -EOPNOTSUPP, "no room for another section header: "
				   "the byte at %#llx is in use", (unsigned long long)at);
	return 0;
}

static int check_addresses(const struct pe_headers *h, uint64_t headers_size, struct why *w)
{
	for (size_t i = 0; i < h->nr_rows; i++)
		if (h->rows[i].va < headers_size)
			return why(w, -EOPNOTSUPP,
				   "no room for another section header: %.8s is loaded to %#x",
				   h->rows[i].name, h->rows[i].va);
	return 0;
}

int pe_make_room(struct pe_map *m, uint32_t *ret_headers_size, const struct pe_headers *h,
		 const struct pe_debug *debug, uint32_t growth, struct why *w)
{
	uint64_t need = h->table_end + growth, size = h->headers_size;
	uint32_t shift = 0, delta = 0;
	struct tail t;
	int r = 0;

	find_used(&t, h, debug);
	if (growth && need > t.first) {
		r = check_movable(&t, h, w);
		shift = growth;
		need = t.end + growth;
	}
	if (r == 0 && need > size) {
		size = pe_align(need, h->file_align);
		r = check_addresses(h, size, w);
	}
	if (r < 0)
		return r;
	if (size > h->first_data)
		delta = pe_align(size - h->first_data, h->file_align);
	m->shift = shift;
	m->delta = delta;
	*ret_headers_size = size;
	return 0;
}
