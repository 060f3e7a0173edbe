/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "PE Format", Microsoft: MS-DOS stub, COFF file header, optional header, section table. */
#include <errno.h>
#include <string.h>

#include "bpf/locate.h"
#include "lib/limits.h"
#include "lib/span.h"

#define STUB_SIZE        64
#define STUB_PE_OFFSET   60
#define FILE_HEADER      24 /* "PE\0\0" and the COFF header */
#define NR_SECTIONS      6
#define OPTIONAL_LENGTH  20
#define OPTIONAL_HEADER  112 /* PE32+, without the directories */
#define HEADER_BYTES     60
#define SUBSYSTEM        68
#define NR_DIRECTORIES   108
#define DIRECTORY        8
#define MAX_DIRECTORIES  16
#define PE32_PLUS        0x20b
#define EFI_APPLICATION  10
#define ENTRY            40 /* of the section table */
#define ENTRY_MEMORY     8
#define ENTRY_DISK_SIZE  16
#define ENTRY_DISK_START 20
/* Entries read at a time. */
#define CHUNK 32

/* What an image without .bpf is not asked for, and one with it must be. */
struct facts {
	uint64_t table, nr; /* section table: where, how many entries */
	uint64_t hashed;    /* SizeOfHeaders: what the signature takes for headers */
	uint32_t nr_directories;
	uint16_t optional;  /* size of the optional header */
};

/* 0 and @ret; -ENOEXEC: no PE32+ EFI program. */
static int read_facts(struct facts *ret, const struct extent *image)
{
	unsigned char stub[STUB_SIZE], head[FILE_HEADER + OPTIONAL_HEADER];
	struct span h = { head, sizeof(head) }, opt;
	uint16_t nr = 0, magic = 0, subsystem = 0;
	uint32_t at = 0, hashed = 0;
	struct facts f = { 0 };
	int r;

	if (image->len < sizeof(stub))
		return -ENOEXEC;
	r = extent_read(image, 0, stub, sizeof(stub), NULL);
	if (r < 0)
		return r;
	span_le32((struct span){ stub, sizeof(stub) }, STUB_PE_OFFSET, &at);
	if (memcmp(stub, "MZ", 2) != 0 || at < sizeof(stub) ||
	    !range_fits(image->len, at, sizeof(head)))
		return -ENOEXEC;
	r = extent_read(image, at, head, sizeof(head), NULL);
	if (r < 0)
		return r;

	span_le16(h, NR_SECTIONS, &nr);
	span_le16(h, OPTIONAL_LENGTH, &f.optional);
	span_sub(&opt, h, FILE_HEADER, OPTIONAL_HEADER);
	span_le16(opt, 0, &magic);
	span_le16(opt, SUBSYSTEM, &subsystem);
	span_le32(opt, HEADER_BYTES, &hashed);
	span_le32(opt, NR_DIRECTORIES, &f.nr_directories);
	if (!span_is(h, 0, "PE\0\0", 4) || f.optional < OPTIONAL_HEADER ||
	    magic != PE32_PLUS || subsystem != EFI_APPLICATION)
		return -ENOEXEC;
	f.table = (uint64_t)at + FILE_HEADER + f.optional;
	f.nr = nr;
	f.hashed = hashed;
	*ret = f;
	return 0;
}

/* Bytes of the image that a program asks for: are they in one section? */
struct wanted {
	uint64_t off, len;
	bool covered;
};

/* What walking the section table found out. */
struct survey {
	struct wanted *wanted; /* NULL: no matter */
	unsigned int found;
	uint64_t off, len; /* of the last .bpf */
	bool cut;          /* the table is not all there */
	bool outside;      /* some section is not inside the image, behind the headers */
};

static void look_at(struct survey *s, struct span entry, const struct facts *f,
		    const struct extent *image)
{
	uint32_t memory = 0, disk = 0, start = 0;

	span_le32(entry, ENTRY_MEMORY, &memory);
	span_le32(entry, ENTRY_DISK_SIZE, &disk);
	span_le32(entry, ENTRY_DISK_START, &start);
	if (disk > 0 && (start < f->hashed || !range_fits(image->len, start, disk)))
		s->outside = true;
	if (s->wanted && s->wanted->off >= start &&
	    range_fits(disk, s->wanted->off - start, s->wanted->len))
		s->wanted->covered = true;
	if (!span_is(entry, 0, ".bpf\0\0\0\0", 8))
		return;
	s->found++;
	s->off = start;
	s->len = memory < disk ? memory : disk;
}

static int walk(struct survey *s, const struct facts *f, const struct extent *image)
{
	unsigned char chunk[CHUNK * ENTRY];

	for (uint64_t i = 0; i < f->nr && !s->cut; i += CHUNK) {
		uint64_t n = f->nr - i < CHUNK ? f->nr - i : CHUNK;
		uint64_t at = f->table + i * ENTRY;
		int r;

		/* As many as are there: a cut table may have named a .bpf before. */
		while (n > 0 && !range_fits(image->len, at, n * ENTRY)) {
			s->cut = true;
			n--;
		}
		r = extent_read(image, n ? at : 0, chunk, n * ENTRY, NULL);
		if (r < 0)
			return r;
		for (uint64_t k = 0; k < n; k++) {
			struct span entry;

			if (span_sub(&entry, (struct span){ chunk, n * ENTRY }, k * ENTRY, ENTRY))
				look_at(s, entry, f, image);
		}
	}
	return 0;
}

/* Authenticode looks for the table behind the directories: it must be the one we read. */
static bool headers_agree(const struct facts *f, const struct extent *image)
{
	return f->nr_directories <= MAX_DIRECTORIES &&
	       f->optional == OPTIONAL_HEADER + f->nr_directories * DIRECTORY &&
	       f->hashed <= image->len && f->table + f->nr * ENTRY <= f->hashed;
}

/* What must hold before anybody believes a signature around the image. */
static int check_sound(const struct survey *s, const struct facts *f, const struct extent *image,
		       struct why *w)
{
	if (f->nr > LIMIT_PE_SECTIONS)
		return why(w, -E2BIG,
			   "has %llu sections, for a parser program at most %d are accepted",
			   (unsigned long long)f->nr, LIMIT_PE_SECTIONS);
	if (s->found > 1)
		return why(w, -EBADMSG, "has %u sections .bpf", s->found);
	if (s->cut || !headers_agree(f, image))
		return why(w, -EBADMSG, "has a PE section table that is not inside its headers");
	if (s->outside)
		return why(w, -EBADMSG, "has a section that is outside the file");
	return 0;
}

int bpf_check_pe(const struct extent *image, struct why *w)
{
	struct survey s = { 0 };
	struct facts f;
	int r = read_facts(&f, image);

	if (r == -ENOEXEC)
		return 0;
	if (r == 0)
		r = walk(&s, &f, image);
	if (r < 0)
		return why(w, r, "cannot read: %s", strerror(-r));
	s.found = 0; /* whatever it is, it is not run */
	return check_sound(&s, &f, image, w);
}

int bpf_signature_covers(const struct extent *image, uint64_t off, uint64_t len, bool headers)
{
	struct wanted wanted = { .off = off, .len = len };
	struct survey s = { .wanted = &wanted };
	struct facts f;
	int r = read_facts(&f, image);

	if (r == 0 && headers && range_fits(f.hashed, off, len))
		return 1;
	if (r == 0)
		r = walk(&s, &f, image);
	return r == -ENOEXEC ? 0 : r < 0 ? r : wanted.covered;
}

int bpf_locate(struct extent *ret, const struct extent *image, struct why *w)
{
	struct survey s = { 0 };
	struct facts f;
	int r = read_facts(&f, image);

	if (r == 0)
		r = walk(&s, &f, image);
	if (r < 0 && r != -ENOEXEC)
		return why(w, r, "cannot read: %s", strerror(-r));
	if (r == -ENOEXEC || s.found == 0)
		return why(w, -ENOEXEC, "carries no parser program (section .bpf)");
	r = check_sound(&s, &f, image, w);
	if (r < 0)
		return r;
	if (s.len == 0)
		return why(w, -EBADMSG, "has an empty section .bpf");
	extent_sub(ret, image, s.off, s.len);
	return 0;
}
