// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/pe-work.h"
#include "lib/cleanup.h"
#include "lib/span.h"

#define ZBOOT_SIZE      64
#define ZBOOT_MAGIC     4
#define CERT_ALIGN      8
/* In pe_row.rest. */
#define ROW_RELOCATIONS 0
#define ROW_LINES       4
#define ROW_FLAGS       12

static bool is_zeros(const struct extent *image, uint64_t off, uint64_t len)
{
	static const unsigned char zeros[CERT_ALIGN];
	unsigned char raw[CERT_ALIGN];

	return len < sizeof(raw) && extent_read(image, off, raw, len, NULL) == 0 &&
	       memcmp(raw, zeros, len) == 0;
}

/* Certificates stand last; signing pads to 8 in front of them. */
static int find_file_end(struct pe_work *wk, struct why *w)
{
	const struct pe_headers *h = wk->h;
	uint64_t behind = (uint64_t)h->cert_off + h->cert_len;

	wk->file_end = wk->image->len;
	if (h->cert_len == 0)
		return 0;
	if (!wk->request->strip_signature)
		return why(w, -EEXIST, "is signed, and a new section breaks the signature: "
			   "remove it with --strip-signature and sign the result");
	if (h->cert_off < h->last_data)
		return why(w, -EBADMSG, "PE certificate table overlaps a section");
	if (!is_zeros(wk->image, behind, wk->image->len - behind))
		return why(w, -EOPNOTSUPP, "PE certificate table is not the last in the file");
	wk->file_end = h->cert_off;
	if (is_zeros(wk->image, h->last_data, h->cert_off - h->last_data))
		wk->file_end = h->last_data;
	return 0;
}

static int find_old(struct pe_work *wk, struct why *w)
{
	const struct pe_headers *h = wk->h;

	for (size_t i = 0; i < h->nr_rows; i++) {
		if (!pe_row_is(&h->rows[i], wk->request->name))
			continue;
		if (!wk->request->replace)
			return why(w, -EEXIST, "has a section %s already (--replace replaces it)",
				   wk->request->name);
		if (wk->old)
			return why(w, -EBADMSG, "has more than one section %s",
				   wk->request->name);
		wk->old = &h->rows[i];
	}
	return 0;
}

static bool overlaps(const struct pe_row *a, const struct pe_row *b)
{
	return a->raw_size && b->raw_size &&
	       (a->raw_off < b->raw_off ? b->raw_off - a->raw_off < a->raw_size :
					  a->raw_off - b->raw_off < b->raw_size);
}

/*
 * In front of the data of the section that follows in the table, so that both
 * have one order, which sbsign wants: hashing goes by the file's. At the end of
 * all sections if that cannot be or nothing may move.
 */
static uint64_t place_for_new(const struct pe_work *wk)
{
	const struct pe_headers *h = wk->h;
	uint64_t at = h->last_data;

	for (size_t i = wk->nr_rows; i-- > wk->index + 1;)
		if (wk->rows[i].raw_size)
			at = wk->rows[i].raw_off;
	for (size_t i = 0; i < wk->nr_rows; i++) {
		const struct pe_row *row = &wk->rows[i];

		if (row->raw_size && (i < wk->index ? row->raw_off >= at ||
							      at - row->raw_off < row->raw_size :
						      row->raw_off < at))
			return h->last_data;
	}
	if (wk->kind == PE_KIND_OTHER || at % h->file_align)
		return h->last_data;
	return at;
}

/* In the old one's place, or a new one. */
static int place_in_file(struct pe_work *wk, struct why *w)
{
	uint64_t len = wk->request->bytes.len, raw_size = pe_align(len, wk->h->file_align);
	const struct pe_headers *h = wk->h;
	const struct pe_row *old = wk->old;
	uint32_t mask = h->file_align - 1;

	wk->map.table_end = h->table_end;
	wk->map.first_data = h->first_data;
	wk->map.at = place_for_new(wk);
	if (old && old->raw_size) {
		uint64_t end = (uint64_t)old->raw_off + old->raw_size;

		for (size_t i = 0; i < h->nr_rows; i++)
			if (&h->rows[i] != old && overlaps(&h->rows[i], old))
				return why(w, -EBADMSG, "sections %.8s and %.8s overlap",
					   h->rows[i].name, old->name);
		if ((old->raw_off & mask) || ((old->raw_size & mask) && end != h->last_data))
			return why(w, -EOPNOTSUPP, "section %.8s is not aligned to %u bytes",
				   old->name, h->file_align);
		wk->map.at = old->raw_off;
		wk->map.cut = old->raw_size;
	}
	wk->pad = pe_align(wk->map.at, h->file_align) - wk->map.at;
	wk->map.insert = wk->pad + raw_size;
	wk->row.virtual_size = len;
	wk->row.raw_size = raw_size;
	return 0;
}

/*
 * Zeros that belong to no section are hashed by some signers and not by others:
 * they become a part of the section in front of them. Its payload stays the same
 * if it was the smaller, virtual size already.
 */
static int extend_last(struct pe_work *wk, struct why *w)
{
	for (size_t i = 0; wk->pad && i < wk->nr_rows; i++) {
		struct pe_row *row = &wk->rows[i];

		if (row->raw_size == 0 || (uint64_t)row->raw_off + row->raw_size != wk->map.at)
			continue;
		if (row->virtual_size > row->raw_size)
			return why(w, -EOPNOTSUPP, "section %.8s does not end at a multiple of %u",
				   row->name, wk->h->file_align);
		row->raw_size += wk->pad;
		break;
	}
	return 0;
}

/* The old one's address if there is room, or the next one behind all others. */
static int place_in_memory(struct pe_work *wk, struct why *w)
{
	uint64_t highest = 0, above = UINT64_MAX, end;
	const struct pe_row *old = wk->old;

	for (size_t i = 0; i < wk->h->nr_rows; i++) {
		const struct pe_row *row = &wk->h->rows[i];
		uint32_t size = row->virtual_size > row->raw_size ? row->virtual_size :
								    row->raw_size;

		if (row == old)
			continue;
		if ((uint64_t)row->va + size > highest)
			highest = (uint64_t)row->va + size;
		if (old && row->va >= old->va && row->va < above)
			above = row->va;
	}
	highest = pe_align(highest, wk->h->section_align);
	if (old && old->va % wk->h->section_align == 0 &&
	    wk->row.virtual_size <= above - old->va && (above != UINT64_MAX || old->va >= highest))
		highest = old->va;
	end = pe_align(highest + wk->row.virtual_size, wk->h->section_align);
	if (end > UINT32_MAX)
		return why(w, -E2BIG, "no address below 4 GiB is left for section %s",
			   wk->request->name);
	wk->row.va = highest;
	wk->image_size = end > wk->h->image_size ? end : wk->h->image_size;
	return 0;
}

/* The new table, without numbers for the new section yet. */
static int insert_row(struct pe_work *wk, struct why *w)
{
	const struct pe_headers *h = wk->h;
	bool inserted = false;
	size_t n = 0;

	if (h->nr_rows + !wk->old > LIMIT_PE_SECTIONS)
		return why(w, -E2BIG, "has %zu sections already", h->nr_rows);
	wk->rows = calloc(h->nr_rows + 1, sizeof(*wk->rows));
	if (!wk->rows)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; i <= h->nr_rows; i++) {
		if (!inserted && (i == h->nr_rows || pe_row_is(&h->rows[i], ".profile"))) {
			wk->index = n++;
			inserted = true;
		}
		if (i < h->nr_rows && &h->rows[i] != wk->old)
			wk->rows[n++] = h->rows[i];
	}
	wk->nr_rows = n;
	return 0;
}

/*
 * A bare kernel is loaded by offsets that its own header knows (setup_sects of
 * a bzImage), and who can tell what else is out there.
 */
static int check_moves(const struct pe_work *wk, struct why *w)
{
	if (!pe_map_moves_sections(&wk->map, wk->h->last_data))
		return 0;
	if (wk->kind == PE_KIND_OTHER)
		return why(w, -EOPNOTSUPP, "no room for section %s: sections would have to move, "
			   "and only those of a UKI or a zboot image may", wk->request->name);
	return 0;
}

int pe_work_moved(uint32_t *ret, const struct pe_work *wk, uint64_t off, const char *what,
		 struct why *w)
{
	if (!pe_map_offset(&wk->map, off, ret))
		return why(w, -E2BIG, "%s at %#llx has no place in the new file", what,
			   (unsigned long long)off);
	return 0;
}

/* A file offset of 0 in a section header means none. */
static int move_field(const struct pe_work *wk, unsigned char *field, const char *what,
		      struct why *w)
{
	uint32_t off = 0;
	int r = 0;

	span_le32((struct span){ field, sizeof(off) }, 0, &off);
	if (off)
		r = pe_work_moved(&off, wk, off, what, w);
	off = htole32(off);
	memcpy(field, &off, sizeof(off));
	return r;
}

static int move_rows(struct pe_work *wk, struct why *w)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < wk->nr_rows; i++) {
		struct pe_row *row = &wk->rows[i];

		if (i == wk->index)
			continue;
		if (row->raw_size)
			r = pe_work_moved(&row->raw_off, wk, row->raw_off, "a section", w);
		else if (!pe_map_offset(&wk->map, row->raw_off, &row->raw_off))
			row->raw_off = 0; /* it points at nothing anyway */
		if (r == 0)
			r = move_field(wk, &row->rest[ROW_RELOCATIONS], "relocations", w);
		if (r == 0)
			r = move_field(wk, &row->rest[ROW_LINES], "line numbers", w);
	}
	return r;
}

static int fill_row(struct pe_work *wk, struct why *w)
{
	uint32_t flags = htole32(PE_SCN_INITIALIZED_DATA | PE_SCN_MEM_READ);
	uint64_t end = wk->map.at + wk->map.delta + wk->map.insert;

	/* Not by the map: what stood at this offset may be cut out, or be moved behind it. */
	if (end > UINT32_MAX)
		return why(w, -E2BIG, "no file offset below 4 GiB is left for section %s",
			   wk->request->name);
	wk->row.raw_off = end - wk->row.raw_size;
	memcpy(&wk->row.rest[ROW_FLAGS], &flags, sizeof(flags));
	memcpy(wk->row.name, wk->request->name, strnlen(wk->request->name, sizeof(wk->row.name)));
	wk->rows[wk->index] = wk->row;
	return 0;
}

static void add_patch(struct pe_edit *e, uint64_t off, uint32_t value)
{
	e->patch[e->nr_patches++] = (struct pe_patch){ off, value };
}

/* Debug data has two addresses, and no loader needs either; debuggers do. */
static int move_debug(struct pe_edit *e, const struct pe_work *wk, struct why *w)
{
	const struct pe_debug *d = &wk->debug;

	if (d->lost && pe_map_moves_sections(&wk->map, wk->h->last_data))
		return why(w, -EBADMSG, "PE debug directory is outside the file");
	for (size_t i = 0; i < d->nr_entries; i++) {
		uint64_t from = d->off + i * PE_DEBUG_ENTRY;
		uint32_t at = 0, off = 0;
		int r = pe_work_moved(&at, wk, from, "the debug directory", w);

		if (r == 0 && d->entry[i].off)
			r = pe_work_moved(&off, wk, d->entry[i].off, "debug data", w);
		if (r < 0)
			return r;
		if (off != d->entry[i].off)
			add_patch(e, (uint64_t)at + PE_DEBUG_OFF, off);
		if (wk->map.shift && d->entry[i].va >= wk->h->table_end &&
		    d->entry[i].va < wk->h->headers_size)
			add_patch(e, (uint64_t)at + PE_DEBUG_VA, d->entry[i].va + wk->map.shift);
	}
	return 0;
}

/*
 * All of it
 */

static void add_piece(struct pe_edit *e, const struct extent *from, uint64_t len)
{
	struct pe_piece piece = { .len = len };

	if (from)
		piece.bytes = *from;
	if (len)
		e->piece[e->nr_pieces++] = piece;
	e->size += len;
}

static int add_part(struct pe_edit *e, const struct extent *image, uint64_t from, uint64_t to,
		    struct why *w)
{
	struct extent part;

	if (to < from || !extent_sub(&part, image, from, to - from))
		return why(w, -EBADMSG, "ends early");
	add_piece(e, &part, part.len);
	return 0;
}

static int list_pieces(struct pe_edit *e, const struct pe_work *wk, struct why *w)
{
	const struct extent *bytes = &wk->request->bytes;
	struct extent head = blob_whole(&e->head);
	const struct pe_map *m = &wk->map;
	int r;

	add_piece(e, &head, head.len);
	r = add_part(e, wk->image, m->first_data, m->at, w);
	add_piece(e, NULL, wk->pad);
	add_piece(e, bytes, bytes->len);
	add_piece(e, NULL, wk->row.raw_size - bytes->len);
	if (r == 0)
		r = add_part(e, wk->image, m->at + m->cut, wk->file_end, w);
	if (r < 0)
		return r;
	if (e->size > LIMIT_FILE_SIZE)
		return why(w, -E2BIG, "would become larger than 4 GiB");
	return 0;
}

static int plan(struct pe_edit *e, struct pe_work *wk, struct why *w)
{
	const struct pe_headers *h = wk->h;
	int r = find_file_end(wk, w);

	if (r == 0)
		r = find_old(wk, w);
	if (r == 0)
		r = insert_row(wk, w);
	if (r == 0)
		r = place_in_file(wk, w);
	if (r == 0)
		r = place_in_memory(wk, w);
	if (r == 0)
		r = extend_last(wk, w);
	if (r == 0)
		r = pe_debug_read(&wk->debug, h, wk->image, w);
	if (r == 0)
		r = pe_make_room(&wk->map, &wk->headers_size, h, &wk->debug,
				 (wk->nr_rows - h->nr_rows) * PE_ROW_SIZE, w);
	if (r == 0)
		r = check_moves(wk, w);
	if (r == 0)
		r = move_rows(wk, w);
	if (r == 0)
		r = fill_row(wk, w);
	if (r == 0)
		r = move_debug(e, wk, w);
	if (r == 0)
		r = pe_work_head(&e->head, wk, w);
	if (r == 0)
		r = list_pieces(e, wk, w);
	if (r == 0 && pe_work_le32(wk, h->opt + PE_OPT_CHECKSUM))
		e->checksum_off = h->opt + PE_OPT_CHECKSUM;
	return r;
}

int pe_edit_kind(enum pe_kind *ret, const struct extent *image, struct why *w)
{
	unsigned char raw[ZBOOT_SIZE];
	autope struct pe pe = { 0 };
	enum pe_kind kind = PE_KIND_OTHER;
	int r = pe_read(&pe, image, w);

	if (r == 0)
		r = extent_read(image, 0, raw, sizeof(raw), w);
	if (r < 0)
		return r;
	for (size_t i = 0; i < pe.nr_sections; i++)
		if (strcmp(pe.sections[i].name, ".linux") == 0)
			kind = PE_KIND_UKI;
	if (span_is((struct span){ raw, sizeof(raw) }, ZBOOT_MAGIC, "zimg", 4))
		kind = PE_KIND_ZBOOT;
	*ret = kind;
	return 0;
}

int pe_edit_add(struct pe_edit *ret, const struct extent *image,
		const struct pe_edit_request *request, struct why *w)
{
	struct pe_work wk = { .image = image, .request = request };
	autoheaders struct pe_headers h = { 0 };
	autoedit struct pe_edit e = { 0 };
	int r;

	if (request->bytes.len == 0)
		return why(w, -EBADMSG, "nothing to put into section %s", request->name);
	if (request->bytes.len > LIMIT_PARSER)
		return why(w, -E2BIG, "section %s would have %llu bytes, at most %llu make sense",
			   request->name, (unsigned long long)request->bytes.len,
			   (unsigned long long)LIMIT_PARSER);
	r = pe_edit_kind(&wk.kind, image, w);
	if (r == 0)
		r = pe_headers_read(&h, image, w);
	wk.h = &h;
	if (r == 0)
		r = plan(&e, &wk, w);
	free(wk.rows);
	if (r < 0)
		return r;
	*ret = e;
	ret->piece[0].bytes = blob_whole(&ret->head); /* which has moved */
	e = (struct pe_edit){ 0 };
	return 0;
}

void pe_edit_done(struct pe_edit *e)
{
	blob_done(&e->head);
	*e = (struct pe_edit){ 0 };
}
