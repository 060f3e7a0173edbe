// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * makedumpfile's own format: a header, two bitmaps of page frames (there; in the
 * file), and a descriptor for each page in the file. Offsets are of a 64-bit
 * machine; makedumpfile's IMPLEMENTATION file has the layout.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/vmcore.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/page-codec.h"

#define SIGNATURE "KDUMP   "
#define FLAT	  "makedumpfile"

/* Bytes from the start of the file. */
#define AT_VERSION 8
#define AT_MACHINE 272 /* of struct new_utsname */
#define AT_STATUS  424
#define AT_BLOCK   428
#define AT_SUB	   432 /* blocks of the second header */
#define AT_BITMAPS 436 /* blocks of both */
#define AT_MAX_PFN 440
/* Bytes from the start of the second header, which is the second block. */
#define SUB_PHYS_BASE  0
#define SUB_SPLIT      12 /* version 2 */
#define SUB_INFO_OFF   32 /* 3 */
#define SUB_INFO_LEN   40
#define SUB_MAX_PFN_64 96 /* 6 */
#define SUB_SIZE       104

#define STATUS_INCOMPLETE 0x8 /* makedumpfile ran out of space */

#define DESC_SIZE  24
#define CACHED	   16
#define CHUNK	   4096 /* bytes of bitmap that are counted together */
#define CHUNK_BITS (8 * CHUNK)

struct compressed {
	uint32_t block; /* page size, bytes */
	uint64_t max_pfn;
	/* Of the second bitmap, pages that are in the file; bytes in it. */
	uint64_t bitmap, bitmap_len;
	uint64_t descs;	  /* bytes from the start of the file */
	uint64_t *before; /* owned: set bits in front of each chunk */

	/* Pages unpacked before: a walk through page tables comes by the same ones. */
	unsigned char *pages, *packed; /* owned: CACHED blocks, one block */
	uint64_t cached[CACHED];       /* number of the page in each, plus 1; 0: none */
};

static bool compressed_probe(struct span head)
{
	return span_is(head, 0, SIGNATURE, strlen(SIGNATURE));
}

static int damaged(struct why *w, const char *what)
{
	return why(w, -EBADMSG, "has a bad header: %s", what);
}

/* ---- opening ---- */

static unsigned int machine_of(struct span head)
{
	char name[65];

	if (!span_name(name, head, AT_MACHINE, sizeof(name) - 1))
		return EM_NONE;
	if (strcmp(name, "x86_64") == 0)
		return EM_X86_64;
	return strcmp(name, "aarch64") == 0 ? EM_AARCH64 : EM_NONE;
}

static int read_sub_header(struct vmcore *v, struct compressed *c, uint32_t version,
			   const struct extent *all, struct why *w)
{
	unsigned char raw[SUB_SIZE] = { 0 };
	struct span sub = { raw, sizeof(raw) };
	autofree unsigned char *text = NULL;
	uint64_t off, len, max;
	uint32_t split;
	int r = extent_read(all, c->block, raw, sizeof(raw), w);

	if (r < 0)
		return r;
	v->has_phys_base = span_le64(sub, SUB_PHYS_BASE, &v->phys_base);
	if (version >= 2 && span_le32(sub, SUB_SPLIT, &split) && split)
		return why(w, -EOPNOTSUPP,
			   "is one part of a dump that makedumpfile has split: put it together by "
			   "makedumpfile --reassemble");
	if (version >= 6 && span_le64(sub, SUB_MAX_PFN_64, &max) && max)
		c->max_pfn = max;
	if (version < 3 || !span_le64(sub, SUB_INFO_OFF, &off) ||
	    !span_le64(sub, SUB_INFO_LEN, &len) || !len)
		return 0;
	if (len > LIMIT_VMCOREINFO || !range_fits(all->len, off, len))
		return damaged(w, "vmcoreinfo is outside of the file");
	r = extent_dup(all, off, len, &text, w);
	return r < 0 ? r : vmcoreinfo_set(&v->info, (struct span){ text, len }, w);
}

/* A dump that was cut off inside its bitmap has no page that could be found. */
static int place_tables(struct compressed *c, uint32_t sub_blocks, uint32_t bitmap_blocks,
			const struct extent *all, struct why *w)
{
	uint64_t start = (1 + (uint64_t)sub_blocks) * c->block;
	uint64_t half = (uint64_t)bitmap_blocks * c->block / 2;

	if (!half || !range_fits(all->len, start + half, half))
		return why(w, -EBADMSG, "ends inside its bitmap of pages");
	if (c->max_pfn > half * 8)
		c->max_pfn = half * 8;
	c->bitmap = start + half;
	c->bitmap_len = half;
	c->descs = start + 2 * half;
	return 0;
}

static uint64_t count_bits(const unsigned char *data, size_t len)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < len; i++)
		nr += __builtin_popcount(data[i]);
	return nr;
}

/* As large as the file at most; a terabyte has 32 MiB of bitmap, 8192 chunks. */
static int count_pages(struct compressed *c, const struct extent *all, struct why *w)
{
	uint64_t nr = (c->bitmap_len + CHUNK - 1) / CHUNK, total = 0;

	c->before = calloc(nr, sizeof(*c->before));
	if (!c->before)
		return why(w, -ENOMEM, "out of memory");
	for (uint64_t i = 0; i < nr; i++) {
		unsigned char chunk[CHUNK];
		uint64_t off = i * CHUNK, left = c->bitmap_len - off;
		size_t len = left < CHUNK ? left : CHUNK;
		int r = extent_read(all, c->bitmap + off, chunk, len, w);

		if (r < 0)
			return r;
		c->before[i] = total;
		total += count_bits(chunk, len);
	}
	return 0;
}

static int read_header(struct vmcore *v, struct compressed *c, const struct extent *all,
		       struct why *w)
{
	unsigned char raw[512] = { 0 };
	struct span head = { raw, sizeof(raw) };
	uint32_t version, sub_blocks, bitmap_blocks, max;
	int r = extent_read(all, 0, raw, sizeof(raw), w);

	if (r < 0)
		return r;
	if (!span_le32(head, AT_VERSION, &version) || !span_le32(head, AT_BLOCK, &c->block) ||
	    !span_le32(head, AT_SUB, &sub_blocks) || !span_le32(head, AT_BITMAPS, &bitmap_blocks) ||
	    !span_le32(head, AT_MAX_PFN, &max))
		return damaged(w, "too short");
	if (c->block < VMCORE_PAGE || c->block > LIMIT_DUMP_PAGE || (c->block & (c->block - 1)))
		return damaged(w, "page size");
	if (version < 1 || version > 64)
		return damaged(w, "version, or it is of a big-endian machine");
	v->machine = machine_of(head);
	c->max_pfn = max;
	r = read_sub_header(v, c, version, all, w);
	return r < 0 ? r : place_tables(c, sub_blocks, bitmap_blocks, all, w);
}

static int compressed_open(struct vmcore *v, struct why *w)
{
	struct compressed *c = calloc(1, sizeof(*c));
	struct extent all = blob_whole(&v->file);
	int r;

	if (!c)
		return why(w, -ENOMEM, "out of memory");
	v->priv = c;
	r = read_header(v, c, &all, w);
	if (r == 0)
		r = count_pages(c, &all, w);
	if (r < 0)
		return r;
	c->pages = calloc(CACHED, c->block);
	c->packed = malloc(c->block);
	return c->pages && c->packed ? 0 : why(w, -ENOMEM, "out of memory");
}

/* ---- reading ---- */

static int left_out(struct why *w, uint64_t pfn, uint32_t block)
{
	return why(w, -ENXIO, "the page at physical address 0x%llx is not in the dump",
		   (unsigned long long)pfn * block);
}

/* Where in the table the descriptor of a page is: as many as there are pages before it. */
static int find_index(const struct compressed *c, const struct extent *all, uint64_t pfn,
		      uint64_t *ret, struct why *w)
{
	unsigned char chunk[CHUNK];
	uint64_t off = pfn / CHUNK_BITS * CHUNK, byte = pfn / 8 - off;
	int r;

	if (pfn >= c->max_pfn)
		return left_out(w, pfn, c->block);
	r = extent_read(all, c->bitmap + off, chunk, byte + 1, w);
	if (r < 0)
		return r;
	if (!(chunk[byte] >> (pfn % 8) & 1))
		return left_out(w, pfn, c->block);
	chunk[byte] &= (1U << (pfn % 8)) - 1;
	*ret = c->before[pfn / CHUNK_BITS] + count_bits(chunk, byte + 1);
	return 0;
}

static int unpack(struct compressed *c, const struct extent *all, uint64_t index,
		  unsigned char *page, struct why *w)
{
	unsigned char raw[DESC_SIZE];
	struct span desc = { raw, sizeof(raw) };
	uint64_t at = c->descs + index * DESC_SIZE, off;
	uint32_t size, flags;
	int r;

	if (!range_fits(all->len, at, sizeof(raw)))
		return why(w, -ENXIO, "the dump ends before its page %llu",
			   (unsigned long long)index);
	r = extent_read(all, at, raw, sizeof(raw), w);
	if (r < 0)
		return r;
	if (!span_le64(desc, 0, &off) || !span_le32(desc, 8, &size) ||
	    !span_le32(desc, 12, &flags) || size > c->block)
		return why(w, -EBADMSG, "page %llu has a bad size", (unsigned long long)index);
	/* An incomplete dump has descriptors of pages that were never written. */
	if (size == 0 || !range_fits(all->len, off, size))
		return why(w, -ENXIO, "the dump ends before its page %llu",
			   (unsigned long long)index);
	r = extent_read(all, off, c->packed, size, w);
	if (r < 0)
		return r;
	if (flags)
		return page_unpack(flags, (struct span){ c->packed, size }, page, c->block, w);
	if (size != c->block)
		return why(w, -EBADMSG, "page %llu has a bad size", (unsigned long long)index);
	memcpy(page, c->packed, size);
	return 0;
}

static int compressed_read_phys(const struct vmcore *v, uint64_t pa, void *ret, size_t len,
				struct why *w)
{
	struct compressed *c = v->priv;
	struct extent all = blob_whole(&v->file);
	struct span pages = { c->pages, (size_t)CACHED * c->block };
	uint64_t pfn = pa / c->block, slot = pfn % CACHED, index;

	if (c->cached[slot] != pfn + 1) {
		int r = find_index(c, &all, pfn, &index, w);

		c->cached[slot] = 0;
		if (r == 0)
			r = unpack(c, &all, index, c->pages + slot * c->block, w);
		if (r < 0)
			return r;
		c->cached[slot] = pfn + 1;
	}
	/* A piece never crosses a page: the dump's pages are at least as large. */
	if (!span_get(ret, pages, slot * c->block + pa % c->block, len))
		return left_out(w, pfn, c->block);
	return 0;
}

static void compressed_done(struct vmcore *v)
{
	struct compressed *c = v->priv;

	if (c) {
		free(c->before);
		free(c->pages);
		free(c->packed);
	}
	free(c);
}

const struct dump_format dump_compressed = {
	.name = "compressed",
	.probe = compressed_probe,
	.open = compressed_open,
	.read_phys = compressed_read_phys,
	.done = compressed_done,
};

/* ---- a stream of pieces to be put in order first ---- */

static bool flattened_probe(struct span head)
{
	return span_is(head, 0, FLAT, strlen(FLAT));
}

static int flattened_open(struct vmcore *v, struct why *w)
{
	(void)v;
	return why(w, -EOPNOTSUPP,
		   "is flattened: \"makedumpfile -R DUMP < FILE\" makes a dump of it");
}

static void flattened_done(struct vmcore *v)
{
	(void)v;
}

const struct dump_format dump_flattened = {
	.name = "flattened",
	.probe = flattened_probe,
	.open = flattened_open,
	.done = flattened_done,
};
