// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/pe-work.h"
#include "lib/cleanup.h"
#include "lib/span.h"

/* zboot header: FORMATS.md section 3. */
#define ZBOOT_PAYLOAD_OFF  8
#define ZBOOT_PAYLOAD_SIZE 12
#define ZBOOT_CODEC        24
#define ZBOOT_TRAILER      4

struct head {
	unsigned char *data;
	size_t size;
};

/* Offsets that pe_headers_read() found in the old headers, which are not longer. */
static void put(struct head *head, uint64_t off, const void *from, size_t len)
{
	if (range_fits(head->size, off, len))
		memcpy(head->data + off, from, len);
}

static void put_le32(struct head *head, uint64_t off, uint32_t value)
{
	value = htole32(value);
	put(head, off, &value, sizeof(value));
}

uint32_t pe_work_le32(const struct pe_work *wk, uint64_t off)
{
	uint32_t value = 0;

	span_le32(pe_headers_span(wk->h), off, &value);
	return value;
}

static void put_rows(struct head *head, const struct pe_work *wk)
{
	uint16_t nr = htole16(wk->nr_rows);

	put(head, wk->h->coff + PE_COFF_NR_SECTIONS, &nr, sizeof(nr));
	for (size_t i = 0; i < wk->nr_rows; i++) {
		unsigned char raw[PE_ROW_SIZE];

		pe_row_write(raw, &wk->rows[i]);
		put(head, wk->h->table + i * sizeof(raw), raw, sizeof(raw));
	}
}

static void put_directories(struct head *head, const struct pe_work *wk)
{
	uint64_t dirs = wk->h->opt + PE_OPT_DIRS;
	uint32_t va = 0, len = 0;

	if (pe_headers_dir(wk->h, PE_DIR_CERTIFICATES, &va, &len)) {
		put_le32(head, dirs + PE_DIR_CERTIFICATES * PE_DIR_SIZE, 0);
		put_le32(head, dirs + PE_DIR_CERTIFICATES * PE_DIR_SIZE + 4, 0);
	}
	if (wk->map.shift && pe_headers_dir(wk->h, PE_DIR_DEBUG, &va, &len) &&
	    va >= wk->h->table_end && va < wk->h->headers_size)
		put_le32(head, dirs + PE_DIR_DEBUG * PE_DIR_SIZE, va + wk->map.shift);
}

/* The payload is a part of a section and goes where that goes. */
static int put_zboot_payload(struct head *head, const struct pe_work *wk, struct why *w)
{
	uint32_t off = pe_work_le32(wk, ZBOOT_PAYLOAD_OFF);
	uint32_t size = pe_work_le32(wk, ZBOOT_PAYLOAD_SIZE);
	bool gzip = span_is(pe_headers_span(wk->h), ZBOOT_CODEC, "gzip", sizeof("gzip"));
	uint64_t len = (uint64_t)size + (gzip ? 0 : ZBOOT_TRAILER);

	for (size_t i = 0; i < wk->h->nr_rows; i++) {
		const struct pe_row *row = &wk->h->rows[i];
		int r;

		if (row == wk->old || off < row->raw_off ||
		    !range_fits(row->raw_size, off - row->raw_off, len))
			continue;
		r = pe_work_moved(&off, wk, off, "the zboot payload", w);
		if (r == 0)
			put_le32(head, ZBOOT_PAYLOAD_OFF, off);
		return r;
	}
	return why(w, -EBADMSG, "zboot payload (%u bytes at %#x) is in no section", size, off);
}

static int put_symbols(struct head *head, const struct pe_work *wk, struct why *w)
{
	uint32_t off = pe_work_le32(wk, wk->h->coff + PE_COFF_SYMBOLS);
	int r;

	if (off == 0)
		return 0;
	r = pe_work_moved(&off, wk, off, "the symbol table", w);
	if (r == 0)
		put_le32(head, wk->h->coff + PE_COFF_SYMBOLS, off);
	return r;
}

int pe_work_head(struct blob *ret, const struct pe_work *wk, struct why *w)
{
	const struct pe_headers *h = wk->h;
	size_t size = h->first_data + wk->map.delta;
	autofree unsigned char *data = calloc(1, size);
	struct head head = { data, size };
	uint64_t rest = wk->map.shift ? size - h->table_end - wk->map.shift :
					h->first_data - h->table_end;
	struct span old;
	int r;

	if (!data)
		return why(w, -ENOMEM, "out of memory");
	/* With a shift, only zeros are lost at the end: pe_make_room() saw to that. */
	rest = rest < h->first_data - h->table_end ? rest : h->first_data - h->table_end;
	if (span_sub(&old, pe_headers_span(h), 0, h->table_end))
		put(&head, 0, old.data, old.size);
	if (span_sub(&old, pe_headers_span(h), h->table_end, rest))
		put(&head, h->table_end + wk->map.shift, old.data, old.size);
	put_rows(&head, wk);
	put_directories(&head, wk);
	put_le32(&head, h->opt + PE_OPT_INIT_DATA_SIZE,
		 pe_work_le32(wk, h->opt + PE_OPT_INIT_DATA_SIZE) + wk->row.raw_size -
			 (wk->old ? wk->old->raw_size : 0));
	put_le32(&head, h->opt + PE_OPT_IMAGE_SIZE, wk->image_size);
	put_le32(&head, h->opt + PE_OPT_HEADERS_SIZE, wk->headers_size);
	put_le32(&head, h->opt + PE_OPT_CHECKSUM, 0);
	r = put_symbols(&head, wk, w);
	if (r == 0 && wk->kind == PE_KIND_ZBOOT)
		r = put_zboot_payload(&head, wk, w);
	if (r < 0)
		return r;
	return blob_copy(ret, (struct span){ data, size }, "headers", w);
}
