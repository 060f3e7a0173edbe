/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel images made in memory, for tests: the smallest of each format that our
 * parsers accept, laid out at fixed places, so that a test can break one field.
 *
 * All of them are PE files with the PE header at PE_AT, as real ones are.
 * Whatever goes wrong in here ends the test.
 */
#ifndef TESTS_UNIT_IMAGES_H
#define TESTS_UNIT_IMAGES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/blob.h"
#include "lib/span.h"
#include "lib/why.h"

/* Bytes that grow; owned. */
struct bytes {
	unsigned char *data;
	size_t size;
};

void bytes_done(struct bytes *b);
#define autobytes __attribute__((cleanup(bytes_done)))

void bytes_add(struct bytes *b, const void *data, size_t size);
void bytes_fill(struct bytes *b, unsigned char c, size_t size);
void bytes_align(struct bytes *b, size_t align);

/* Overwrites @width bytes at @off, little endian. */
void bytes_set(struct bytes *b, size_t off, unsigned int width, uint64_t value);
void bytes_put(struct bytes *b, size_t off, const void *data, size_t size);

struct span bytes_span(const struct bytes *b);
/* A copy, as BLOB_MEMORY called "image". */
struct blob bytes_blob(const struct bytes *b);
/* A copy in an unlinked temporary file, as BLOB_FILE; it can still be written through /proc. */
struct blob bytes_file(const struct bytes *b);

/* Where things are in a PE file made here. */
#define PE_AT           0x40
#define PE_OPT_AT       (PE_AT + 24)
#define PE_OPT_SIZE     240
#define PE_TABLE_AT     (PE_OPT_AT + PE_OPT_SIZE)
#define PE_FIRST_AT     0x200 /* file bytes of the first section, if there are at most 4 */
#define PE_NR_SECTIONS  (PE_AT + 6)
#define PE_OPT_SIZE_AT  (PE_AT + 20)
#define PE_HEADERS_SIZE (PE_OPT_AT + 60)
#define PE_SUBSYSTEM    (PE_OPT_AT + 68)
#define PE_NR_DIRS      (PE_OPT_AT + 108)
#define PE_CERT_OFF     (PE_OPT_AT + 144)
#define PE_CERT_LEN     (PE_OPT_AT + 148)

/* A field of section header @i. */
#define PE_SECTION(i, field) (PE_TABLE_AT + (i) * 40 + (field))
#define SEC_NAME     0
#define SEC_VSIZE    8
#define SEC_RAW_SIZE 16
#define SEC_RAW_OFF  20

struct section {
	const char *name;
	struct span data;
};

#define TEXT(s)    ((struct span){ (const unsigned char *)(s), sizeof(s) - 1 })
#define NO_BYTES   ((struct span){ NULL, 0 })

/* VirtualSize is exact, SizeOfRawData rounded up to 512 and the file padded with zeros. */
void make_pe(struct bytes *ret, const struct section *sections, size_t nr);
#define MAKE_PE(ret, ...)                                                            \
	make_pe(ret, (const struct section[]){ __VA_ARGS__ },                        \
		sizeof((const struct section[]){ __VA_ARGS__ }) / sizeof(struct section))

/* Appends a certificate table of @len bytes, the last thing in the file. */
void pe_add_certificates(struct bytes *pe, uint32_t len);

#define BZIMAGE_CODE 512 /* bytes of kernel code that make_bzImage() writes */
#define BZIMAGE_SIZE (PE_FIRST_AT + 512 + BZIMAGE_CODE)
void make_bzImage(struct bytes *ret);
void make_arm64_image(struct bytes *ret);

/* An EFI zboot around @packed, a kernel of @unpacked bytes compressed by @codec. */
void make_zboot(struct bytes *ret, const char *codec, struct span packed, uint32_t unpacked);
#define ZBOOT_OFF     8
#define ZBOOT_SIZE    12
#define ZBOOT_CODEC   24
#define ZBOOT_PAYLOAD PE_FIRST_AT

/* One field of a good image made bad, or the image cut. */
struct defect {
	const char *name;
	size_t off;
	unsigned int width; /* 0: nothing is overwritten */
	uint64_t value;
	size_t cut;         /* 0: nothing is cut, otherwise the new size */
	int err;
	const char *phrase; /* of the reason; NULL: none is given */
};

#define BAD(name_, off_, width_, value_, err_, phrase_)                            \
	{ .name = name_, .off = off_, .width = width_, .value = value_, .err = err_, \
	  .phrase = phrase_ }
#define CUT(name_, size_, err_, phrase_) \
	{ .name = name_, .cut = size_, .err = err_, .phrase = phrase_ }

/* Opens @image in the way that is tested and frees what that gave. */
typedef int (*image_opener)(const struct bytes *image, struct why *w);

/* First @good is accepted, then each defect is refused as it says. */
void check_defects(const struct bytes *good, image_opener open, const struct defect *list,
		   size_t nr);

/* The result and the reason are these. */
void check_refused(const char *name, int r, const struct why *w, int err, const char *phrase);

#endif
