// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/formats/pe.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/span.h"

/* Offsets: DOS header; from "PE\0\0"; from the optional header; in a section header. */
#define DOS_SIZE          64
#define DOS_LFANEW        0x3c
#define COFF_SIZE         24 /* with the signature */
#define COFF_MACHINE      4
#define COFF_NR_SECTIONS  6
#define COFF_OPT_SIZE     20
#define OPT_MAGIC         0
#define OPT_HEADERS_SIZE  60
#define OPT_CHECKSUM      64
#define OPT_SUBSYSTEM     68
#define OPT_NR_DIRS       108
#define OPT_DIRS          112
#define OPT32_NR_DIRS     92 /* both in PE32 */
#define OPT32_DIRS        96
#define OPT_MAGIC_PE32    0x10b
#define OPT_MAGIC_PE32P   0x20b
#define DIR_SIZE          8
#define DIR_CERTIFICATES  4
#define MAX_DIRS          16
#define SUBSYSTEM_EFI_APP 10
#define SECTION_SIZE      40
#define SECTION_VSIZE     8
#define SECTION_ADDRESS   12
#define SECTION_RAW_SIZE  16
#define SECTION_RAW_OFF   20

/* Where the headers are, proven to be inside the image. */
struct layout {
	unsigned char opt[OPT_DIRS + MAX_DIRS * DIR_SIZE];
	uint64_t pe_off;      /* "PE\0\0" */
	uint64_t opt_off;
	uint64_t table_off, table_end;
	uint32_t headers_size; /* SizeOfHeaders: sections start behind it */
	uint16_t nr_sections, opt_size;
};

static int find_headers(struct layout *ret, uint16_t *ret_machine, const struct extent *image,
			struct why *w)
{
	unsigned char dos[DOS_SIZE], coff[COFF_SIZE];
	struct span d = { dos, sizeof(dos) }, c = { coff, sizeof(coff) };
	struct layout l = { 0 };
	uint32_t lfanew = 0;
	int r;

	if (image->len < sizeof(dos))
		return -ENOEXEC;
	r = extent_read(image, 0, dos, sizeof(dos), w);
	if (r < 0)
		return r;
	if (!span_is(d, 0, "MZ", 2))
		return -ENOEXEC;

	span_le32(d, DOS_LFANEW, &lfanew);
	if (lfanew < DOS_SIZE || !range_fits(image->len, lfanew, sizeof(coff)))
		return why(w, -EBADMSG, "PE header at %#x is outside the file (%llu bytes)", lfanew,
			   (unsigned long long)image->len);
	r = extent_read(image, lfanew, coff, sizeof(coff), w);
	if (r < 0)
		return r;
	if (!span_is(c, 0, "PE\0\0", 4))
		return why(w, -EBADMSG, "starts with MZ, but has no PE header at %#x", lfanew);

	span_le16(c, COFF_MACHINE, ret_machine);
	span_le16(c, COFF_NR_SECTIONS, &l.nr_sections);
	span_le16(c, COFF_OPT_SIZE, &l.opt_size);
	l.pe_off = lfanew;
	l.opt_off = l.pe_off + COFF_SIZE;
	l.table_off = l.opt_off + l.opt_size;
	l.table_end = l.table_off + (uint64_t)l.nr_sections * SECTION_SIZE;
	*ret = l;
	return 0;
}

static int check_table(const struct layout *l, const struct extent *image, struct why *w)
{
	if (l->nr_sections > LIMIT_PE_SECTIONS)
		return why(w, -E2BIG, "PE header claims %u sections, at most %d make sense",
			   l->nr_sections, LIMIT_PE_SECTIONS);
	if (l->nr_sections == 0)
		return why(w, -EBADMSG, "PE file without sections");
	if (l->opt_size > sizeof(l->opt) || l->opt_size < OPT_DIRS)
		return why(w, -EBADMSG, "PE optional header of %u bytes", l->opt_size);
	if (l->table_end > image->len)
		return why(w, -EBADMSG, "PE section table runs past the end of the file");
	return 0;
}

/* The certificate table is the one directory whose address is a file offset. */
static int read_certificates(struct pe *pe, struct span opt, const struct layout *l,
			     const struct extent *image, struct why *w)
{
	uint64_t dir = OPT_DIRS + DIR_CERTIFICATES * DIR_SIZE;
	uint32_t nr_dirs = 0, off = 0, len = 0;

	/*
	 * Signers find the section table behind the directories, loaders behind the
	 * optional header: it must be one place, or two programs see two files.
	 */
	span_le32(opt, OPT_NR_DIRS, &nr_dirs);
	if (nr_dirs > MAX_DIRS || l->opt_size != OPT_DIRS + nr_dirs * DIR_SIZE)
		return why(w, -EBADMSG, "PE optional header of %u bytes with %u directories",
			   l->opt_size, nr_dirs);
	if (nr_dirs <= DIR_CERTIFICATES)
		return 0;
	pe->cert_dir_off = l->opt_off + dir;
	if (!span_le32(opt, dir, &off) || !span_le32(opt, dir + 4, &len))
		return why(w, -EBADMSG, "PE optional header ends inside its directories");
	if (len == 0)
		return 0;
	if (off < l->headers_size || !range_fits(image->len, off, len))
		return why(w, -EBADMSG,
			   "PE certificate table (%u bytes at %#x) is outside the file", len, off);
	pe->cert_off = off;
	pe->cert_len = len;
	return 0;
}

static int read_optional(struct pe *pe, struct layout *l, const struct extent *image,
			 struct why *w)
{
	struct span opt = { l->opt, l->opt_size };
	uint16_t magic = 0, subsystem = 0;
	int r;

	r = extent_read(image, l->opt_off, l->opt, l->opt_size, w);
	if (r < 0)
		return r;
	span_le16(opt, OPT_MAGIC, &magic);
	if (magic == OPT_MAGIC_PE32)
		return why(w, -EOPNOTSUPP, "32-bit PE file (PE32), expected PE32+");
	if (magic != OPT_MAGIC_PE32P)
		return why(w, -EBADMSG, "PE optional header has magic %#x, expected 0x20b", magic);
	span_le16(opt, OPT_SUBSYSTEM, &subsystem);
	if (subsystem != SUBSYSTEM_EFI_APP)
		return why(w, -EBADMSG, "PE subsystem is %u, expected 10 (EFI application)",
			   subsystem);
	span_le32(opt, OPT_HEADERS_SIZE, &l->headers_size);
	if (l->headers_size < l->table_end || l->headers_size > image->len)
		return why(w, -EBADMSG, "PE header size %#x does not fit the file",
			   l->headers_size);
	pe->headers_size = l->headers_size;
	pe->checksum_off = l->opt_off + OPT_CHECKSUM;
	return read_certificates(pe, opt, l, image, w);
}

static int read_section(struct pe_section *ret, struct span header, unsigned int i,
			const struct layout *l, const struct extent *image, struct why *w)
{
	struct pe_section s = { 0 };
	uint32_t raw_size = 0, raw_off = 0;

	span_name(s.name, header, 0, PE_NAME_SIZE);
	span_le32(header, SECTION_VSIZE, &s.virtual_size);
	span_le32(header, SECTION_RAW_SIZE, &raw_size);
	span_le32(header, SECTION_RAW_OFF, &raw_off);

	if (raw_size > 0 && !range_fits(image->len, raw_off, raw_size))
		return why(w, -EBADMSG,
			   "section %u (%s) runs past the end of the file: %u bytes at %#x of %llu",
			   i, s.name, raw_size, raw_off, (unsigned long long)image->len);
	if (raw_size > 0 && raw_off < l->headers_size)
		return why(w, -EBADMSG, "section %u (%s) at %#x overlaps the headers", i, s.name,
			   raw_off);

	span_le32(header, SECTION_ADDRESS, &s.address);
	s.raw_size = raw_size;
	s.file_off = raw_size ? raw_off : 0;
	s.file_len = raw_size < s.virtual_size ? raw_size : s.virtual_size;
	*ret = s;
	return 0;
}

static int read_sections(struct pe *pe, const struct layout *l, const struct extent *image,
			 struct why *w)
{
	size_t size = (size_t)l->nr_sections * SECTION_SIZE;
	autofree struct pe_section *sections = calloc(l->nr_sections, sizeof(*sections));
	autofree unsigned char *table = NULL;
	int r;

	if (!sections)
		return why(w, -ENOMEM, "out of memory");
	r = extent_dup(image, l->table_off, size, &table, w);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < l->nr_sections; i++) {
		struct span header;

		if (!span_sub(&header, (struct span){ table, size }, i * SECTION_SIZE,
			      SECTION_SIZE))
			return why(w, -EBADMSG, "section %u is outside the table", i);
		r = read_section(&sections[i], header, i, l, image, w);
		if (r < 0)
			return r;
	}
	pe->sections = take_ptr(sections);
	pe->nr_sections = l->nr_sections;
	return 0;
}

int pe_read(struct pe *ret, const struct extent *image, struct why *w)
{
	struct pe pe = { 0 };
	struct layout l = { 0 };
	int r;

	r = find_headers(&l, &pe.machine, image, w);
	if (r < 0)
		return r;
	r = check_table(&l, image, w);
	if (r == 0)
		r = read_optional(&pe, &l, image, w);
	if (r == 0)
		r = read_sections(&pe, &l, image, w);
	if (r < 0)
		return r;
	*ret = pe;
	return 0;
}

/* The offset of directory 4, the certificates; 0: no PE file, or none that has one. */
static int find_certificate_entry(uint64_t *ret, const struct extent *image, struct why *w)
{
	unsigned char head[COFF_SIZE + OPT_DIRS];
	struct span h = { head, sizeof(head) };
	uint64_t opt32 = COFF_SIZE + OPT32_NR_DIRS, opt64 = COFF_SIZE + OPT_NR_DIRS;
	uint32_t lfanew = 0, nr_dirs = 0;
	uint16_t magic = 0;
	int r;

	*ret = 0;
	if (image->len < DOS_SIZE)
		return 0;
	r = extent_read(image, 0, head, DOS_SIZE, w);
	if (r < 0 || !span_is(h, 0, "MZ", 2))
		return r;
	span_le32(h, DOS_LFANEW, &lfanew);
	if (!range_fits(image->len, lfanew, sizeof(head)))
		return 0;
	r = extent_read(image, lfanew, head, sizeof(head), w);
	if (r < 0 || !span_is(h, 0, "PE\0\0", 4))
		return r;
	span_le16(h, COFF_SIZE + OPT_MAGIC, &magic);
	if (magic != OPT_MAGIC_PE32 && magic != OPT_MAGIC_PE32P)
		return 0;
	span_le32(h, magic == OPT_MAGIC_PE32 ? opt32 : opt64, &nr_dirs);
	if (nr_dirs > DIR_CERTIFICATES)
		*ret = (uint64_t)lfanew + COFF_SIZE + DIR_CERTIFICATES * DIR_SIZE +
		       (magic == OPT_MAGIC_PE32 ? OPT32_DIRS : OPT_DIRS);
	return 0;
}

int pe_cut_at_certificates(struct extent *image, struct why *w)
{
	unsigned char entry[DIR_SIZE];
	struct span e = { entry, sizeof(entry) };
	uint32_t off = 0, len = 0;
	uint64_t at = 0;
	int r;

	r = find_certificate_entry(&at, image, w);
	if (r < 0 || at == 0)
		return r;
	r = extent_read(image, at, entry, sizeof(entry), w);
	if (r < 0)
		return r;
	span_le32(e, 0, &off);
	span_le32(e, 4, &len);
	if (off == 0 || len == 0)
		return 0;
	if (!extent_sub(image, image, 0, (uint64_t)off + len))
		return why(w, -EBADMSG,
			   "PE certificate table (%u bytes at %#x) ends behind the kernel", len, off);
	return 0;
}

const struct pe_section *pe_section(const struct pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->nr_sections; i++)
		if (strcmp(pe->sections[i].name, name) == 0)
			return &pe->sections[i];
	return NULL;
}

void pe_done(struct pe *pe)
{
	free(pe->sections);
	*pe = (struct pe){ 0 };
}

const char *pe_machine_name(uint16_t machine)
{
	switch (machine) {
	case PE_MACHINE_X86_64:
		return "x86_64";
	case PE_MACHINE_ARM64:
		return "arm64";
	case PE_MACHINE_RISCV64:
		return "riscv64";
	case PE_MACHINE_LOONGARCH64:
		return "loongarch64";
	default:
		return NULL;
	}
}
