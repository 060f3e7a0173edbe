/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Room in the headers of a PE file for a longer section table, and where
 * everything goes when something has to move. Used by pe-edit.c only.
 */
#ifndef KEXEC_PE_ROOM_H
#define KEXEC_PE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "kexec/pe-headers.h"
#include "lib/limits.h"
#include "lib/why.h"

/* Where each byte of the old file stands in the new one. */
struct pe_map {
	uint64_t table_end, first_data; /* of the old file */
	uint32_t shift;                 /* of what stands between these two */
	uint32_t delta;                 /* of the sections' bytes */
	uint64_t at, cut, insert;       /* at this offset so many bytes go, so many come */
};

/* False if the byte at @off is cut out, or is moved beyond 32 bits. */
bool pe_map_offset(const struct pe_map *m, uint64_t off, uint32_t *ret);

/* Does any section's byte change its place? */
bool pe_map_moves_sections(const struct pe_map *m, uint64_t last_data);

/* IMAGE_DEBUG_DIRECTORY: the one table whose file offsets stand in section data. */
struct pe_debug {
	uint64_t off; /* of the directory, in the file */
	size_t nr_entries;
	struct {
		uint32_t len, va, off;
	} entry[LIMIT_PE_DEBUG];
	bool lost; /* there is one, but not in the file */
};

#define PE_DEBUG_ENTRY 28
#define PE_DEBUG_VA    20
#define PE_DEBUG_OFF   24

/* -E2BIG over LIMIT_PE_DEBUG, -errno of reading. */
int pe_debug_read(struct pe_debug *ret, const struct pe_headers *h, const struct extent *image,
		  struct why *w);

/*
 * Finds room for @growth more bytes of section table: fills in shift and delta
 * of @m, and the new SizeOfHeaders. -EOPNOTSUPP if there is none to be made.
 */
int pe_make_room(struct pe_map *m, uint32_t *ret_headers_size, const struct pe_headers *h,
		 const struct pe_debug *debug, uint32_t growth, struct why *w);

static inline uint64_t pe_align(uint64_t n, uint32_t align)
{
	return (n + align - 1) & ~(uint64_t)(align - 1);
}

#endif
