/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headers of a PE file with everything that a writer must carry over:
 * "PE Format", Microsoft; FORMATS.md section 1. Where formats/pe.h tells what
 * an image consists of, this tells where each number stands.
 *
 * A struct pe_headers exists only for an image that pe_read() accepts; it owns
 * a copy of everything in front of the first section's bytes.
 */
#ifndef KEXEC_PE_HEADERS_H
#define KEXEC_PE_HEADERS_H

#include <stdint.h>

#include "kexec/formats/pe.h"
#include "lib/blob.h"
#include "lib/why.h"

/* Offsets from "PE\0\0", from the optional header, and sizes; all in bytes. */
#define PE_COFF_NR_SECTIONS    6
#define PE_COFF_SYMBOLS        12 /* file offset of the symbol table, 0: none */
#define PE_OPT_INIT_DATA_SIZE  8
#define PE_OPT_SECTION_ALIGN   32
#define PE_OPT_FILE_ALIGN      36
#define PE_OPT_IMAGE_SIZE      56
#define PE_OPT_HEADERS_SIZE    60
#define PE_OPT_CHECKSUM        64
#define PE_OPT_NR_DIRS         108
#define PE_OPT_DIRS            112
#define PE_DIR_SIZE            8
#define PE_DIR_CERTIFICATES    4
#define PE_DIR_DEBUG           6
#define PE_ROW_SIZE            40
#define PE_ROW_REST            16

#define PE_SCN_INITIALIZED_DATA 0x00000040
#define PE_SCN_MEM_READ         0x40000000

/* One section header. */
struct pe_row {
	char name[PE_NAME_SIZE]; /* as in the file: not terminated */
	uint32_t virtual_size, va;
	uint32_t raw_size, raw_off;
	unsigned char rest[PE_ROW_REST]; /* relocations, line numbers, characteristics */
};

struct pe_headers {
	unsigned char *head; /* owned: the first first_data bytes of the image */
	uint64_t image_len;
	uint64_t coff, opt, table; /* offsets of the three headers */
	uint64_t table_end;
	uint64_t first_data, last_data; /* where the sections' bytes start and end */
	uint32_t nr_dirs;
	uint32_t file_align, section_align; /* powers of two */
	uint32_t headers_size, image_size;
	uint32_t cert_off, cert_len;
	struct pe_row *rows; /* owned */
	size_t nr_rows;
};

/* What pe_read() may return, and -E2BIG over LIMIT_PE_HEADERS. */
int pe_headers_read(struct pe_headers *ret, const struct extent *image, struct why *w);
void pe_headers_done(struct pe_headers *h);
#define autoheaders __attribute__((cleanup(pe_headers_done)))

/* The headers' bytes. */
struct span pe_headers_span(const struct pe_headers *h);

/* Reads data directory @i; false if the image has none of that number, or an empty one. */
bool pe_headers_dir(const struct pe_headers *h, unsigned int i, uint32_t *ret_va,
		    uint32_t *ret_len);

/* Where the file has the @len bytes loaded to @va; false if nowhere, or not in one piece. */
bool pe_headers_locate(const struct pe_headers *h, uint64_t va, uint64_t len, uint64_t *ret_off);

/* Is @row called @name? */
bool pe_row_is(const struct pe_row *row, const char *name);

/* The bytes of @row as they stand in a section table. */
void pe_row_write(unsigned char ret[PE_ROW_SIZE], const struct pe_row *row);

/*
 * The checksum of a PE file whose field for it is at @checksum_off. Firmware,
 * kernel and sbsign ignore it; an image that carries one should keep it right.
 */
int pe_checksum(uint32_t *ret, const struct extent *image, uint64_t checksum_off, struct why *w);

#endif
