// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/pe-headers.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/span.h"

#define DOS_LFANEW        0x3c
#define COFF_OPT_SIZE     20
#define COFF_SIZE         24
#define ROW_VSIZE         8
#define ROW_VA            12
#define ROW_RAW_SIZE      16
#define ROW_RAW_OFF       20
#define ROW_REST          24
#define CHECKSUM_BUFFER   (64 * KiB) /* even */
#define MAX_FILE_ALIGN    (64 * KiB) /* "PE Format": 512 to 64K; old kernels have 32 */

struct span pe_headers_span(const struct pe_headers *h)
{
	return (struct span){ h->head, h->first_data };
}

bool pe_headers_dir(const struct pe_headers *h, unsigned int i, uint32_t *ret_va,
		    uint32_t *ret_len)
{
	uint64_t at = h->opt + PE_OPT_DIRS + (uint64_t)i * PE_DIR_SIZE;
	uint32_t va = 0, len = 0;

	if (i >= h->nr_dirs || !span_le32(pe_headers_span(h), at, &va) ||
	    !span_le32(pe_headers_span(h), at + 4, &len) || len == 0)
		return false;
	*ret_va = va;
	*ret_len = len;
	return true;
}

bool pe_headers_locate(const struct pe_headers *h, uint64_t va, uint64_t len, uint64_t *ret_off)
{
	if (range_fits(h->headers_size, va, len)) {
		*ret_off = va; /* headers are loaded as they are */
		return true;
	}
	for (size_t i = 0; i < h->nr_rows; i++) {
		const struct pe_row *row = &h->rows[i];

		if (va < row->va || !range_fits(row->raw_size, va - row->va, len))
			continue;
		*ret_off = row->raw_off + (va - row->va);
		return true;
	}
	return false;
}

bool pe_row_is(const struct pe_row *row, const char *name)
{
	return strncmp(row->name, name, sizeof(row->name)) == 0;
}

static void put_le32(unsigned char *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof(value));
}

void pe_row_write(unsigned char ret[PE_ROW_SIZE], const struct pe_row *row)
{
	memcpy(ret, row->name, sizeof(row->name));
	put_le32(ret + ROW_VSIZE, row->virtual_size);
	put_le32(ret + ROW_VA, row->va);
	put_le32(ret + ROW_RAW_SIZE, row->raw_size);
	put_le32(ret + ROW_RAW_OFF, row->raw_off);
	memcpy(ret + ROW_REST, row->rest, sizeof(row->rest));
}

/* pe_read() has proven all that is read here to be inside the file and its headers. */
static int read_rows(struct pe_headers *h, const struct extent *image, struct why *w)
{
	size_t size = h->nr_rows * PE_ROW_SIZE;
	autofree unsigned char *table = NULL;
	struct span t = { NULL, size };
	int r = extent_dup(image, h->table, size, &table, w);

	if (r < 0)
		return r;
	h->rows = calloc(h->nr_rows, sizeof(*h->rows));
	if (!h->rows)
		return why(w, -ENOMEM, "out of memory");
	t.data = table;
	h->first_data = UINT64_MAX;
	for (size_t i = 0; i < h->nr_rows; i++) {
		struct pe_row *row = &h->rows[i];
		uint64_t at = i * PE_ROW_SIZE, end;

		span_get(row->name, t, at, sizeof(row->name));
		span_le32(t, at + ROW_VSIZE, &row->virtual_size);
		span_le32(t, at + ROW_VA, &row->va);
		span_le32(t, at + ROW_RAW_SIZE, &row->raw_size);
		span_le32(t, at + ROW_RAW_OFF, &row->raw_off);
		span_get(row->rest, t, at + ROW_REST, sizeof(row->rest));
		if (row->raw_size == 0)
			continue;
		end = (uint64_t)row->raw_off + row->raw_size;
		h->first_data = row->raw_off < h->first_data ? row->raw_off : h->first_data;
		h->last_data = end > h->last_data ? end : h->last_data;
	}
	if (h->last_data == 0)
		h->first_data = h->last_data = h->headers_size;
	return 0;
}

static bool is_power_of_two(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

static int read_optional(struct pe_headers *h, const struct extent *image, struct why *w)
{
	unsigned char raw[PE_OPT_DIRS];
	struct span o = { raw, sizeof(raw) };
	uint32_t room = (h->table - h->opt - PE_OPT_DIRS) / PE_DIR_SIZE;
	int r = extent_read(image, h->opt, raw, sizeof(raw), w);

	if (r < 0)
		return r;
	span_le32(o, PE_OPT_SECTION_ALIGN, &h->section_align);
	span_le32(o, PE_OPT_FILE_ALIGN, &h->file_align);
	span_le32(o, PE_OPT_IMAGE_SIZE, &h->image_size);
	span_le32(o, PE_OPT_HEADERS_SIZE, &h->headers_size);
	span_le32(o, PE_OPT_NR_DIRS, &h->nr_dirs);
	if (!is_power_of_two(h->file_align) || h->file_align > MAX_FILE_ALIGN)
		return why(w, -EBADMSG, "PE FileAlignment is %#x", h->file_align);
	if (!is_power_of_two(h->section_align) || h->section_align < h->file_align)
		return why(w, -EBADMSG, "PE SectionAlignment is %#x (FileAlignment %#x)",
			   h->section_align, h->file_align);
	h->nr_dirs = h->nr_dirs < room ? h->nr_dirs : room;
	return 0;
}

static int find_headers(struct pe_headers *h, const struct extent *image, struct why *w)
{
	unsigned char coff[COFF_SIZE], raw[4];
	uint32_t lfanew = 0;
	uint16_t opt_size = 0;
	int r = extent_read(image, DOS_LFANEW, raw, sizeof(raw), w);

	if (r < 0)
		return r;
	span_le32((struct span){ raw, sizeof(raw) }, 0, &lfanew);
	r = extent_read(image, lfanew, coff, sizeof(coff), w);
	if (r < 0)
		return r;
	span_le16((struct span){ coff, sizeof(coff) }, COFF_OPT_SIZE, &opt_size);
	/* Whoever changes the file meanwhile must not get past what pe_read() has checked. */
	if (opt_size < PE_OPT_DIRS)
		return why(w, -EBADMSG, "PE headers changed while they were read");
	h->coff = lfanew;
	h->opt = h->coff + COFF_SIZE;
	h->table = h->opt + opt_size;
	h->table_end = h->table + h->nr_rows * PE_ROW_SIZE;
	h->image_len = image->len;
	return 0;
}

int pe_headers_read(struct pe_headers *ret, const struct extent *image, struct why *w)
{
	autoheaders struct pe_headers h = { 0 };
	autope struct pe pe = { 0 };
	int r = pe_read(&pe, image, w);

	if (r < 0)
		return r;
	h.nr_rows = pe.nr_sections;
	h.cert_off = pe.cert_off;
	h.cert_len = pe.cert_len;
	r = find_headers(&h, image, w);
	if (r == 0)
		r = read_optional(&h, image, w);
	if (r == 0)
		r = read_rows(&h, image, w);
	if (r < 0)
		return r;
	if (h.table_end > h.first_data || h.last_data > image->len)
		return why(w, -EBADMSG, "PE headers changed while they were read");
	if (h.first_data > LIMIT_PE_HEADERS)
		return why(w, -E2BIG, "PE headers of %llu bytes, at most %llu make sense",
			   (unsigned long long)h.first_data,
			   (unsigned long long)LIMIT_PE_HEADERS);
	r = extent_dup(image, 0, h.first_data, &h.head, w);
	if (r < 0)
		return r;
	*ret = h;
	h = (struct pe_headers){ 0 };
	return 0;
}

void pe_headers_done(struct pe_headers *h)
{
	free(h->head);
	free(h->rows);
	*h = (struct pe_headers){ 0 };
}

/* Sixteen-bit words, carries added in at the low end. */
static uint32_t add_words(uint32_t sum, struct span s)
{
	uint16_t word = 0;
	uint8_t last = 0;

	for (uint64_t at = 0; at < s.size; at += 2) {
		if (!span_le16(s, at, &word)) {
			span_get(&last, s, at, 1);
			word = last;
		}
		sum += word;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

int pe_checksum(uint32_t *ret, const struct extent *image, uint64_t checksum_off, struct why *w)
{
	autofree unsigned char *buf = malloc(CHECKSUM_BUFFER);
	uint32_t sum = 0;

	if (!buf)
		return why(w, -ENOMEM, "out of memory");
	for (uint64_t at = 0; at < image->len; at += CHECKSUM_BUFFER) {
		uint64_t left = image->len - at;
		size_t n = left < CHECKSUM_BUFFER ? left : CHECKSUM_BUFFER;
		int r = extent_read(image, at, buf, n, w);

		if (r < 0)
			return r;
		/* The field itself counts as zero. */
		for (uint64_t i = checksum_off; i < checksum_off + sizeof(*ret); i++)
			if (i >= at && i - at < n)
				buf[i - at] = 0;
		sum = add_words(sum, (struct span){ buf, n });
	}
	*ret = sum + image->len;
	return 0;
}
