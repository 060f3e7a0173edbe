/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between pe-edit.c, which decides where things go, and pe-head.c, which writes it down. */
#ifndef KEXEC_PE_WORK_H
#define KEXEC_PE_WORK_H

#include "kexec/pe-edit.h"
#include "kexec/pe-headers.h"
#include "kexec/pe-room.h"

/* What is known so far about the new file. */
struct pe_work {
	const struct pe_headers *h;
	const struct extent *image;
	const struct pe_edit_request *request;
	enum pe_kind kind;
	struct pe_debug debug;
	struct pe_map map;
	uint64_t file_end; /* of the old file, less its certificates */
	uint32_t pad;      /* zeros that make the last section a multiple of FileAlignment */
	uint32_t headers_size, image_size;
	struct pe_row *rows; /* owned: the new table */
	size_t nr_rows, index;
	struct pe_row row;        /* the new section, row @index of the table */
	const struct pe_row *old; /* the one it replaces, in h->rows; or NULL */
};

/* Where @off is in the new file; -E2BIG, naming @what, if there is no such place. */
int pe_work_moved(uint32_t *ret, const struct pe_work *wk, uint64_t off, const char *what,
		  struct why *w);

/* The headers of the new file, once all places are known. */
int pe_work_head(struct blob *ret, const struct pe_work *wk, struct why *w);

/* A number in the old headers. */
uint32_t pe_work_le32(const struct pe_work *wk, uint64_t off);

#endif
