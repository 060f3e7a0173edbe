/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/images.h"

void bytes_done(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

static unsigned char *grow(struct bytes *b, size_t size)
{
	unsigned char *end;

	b->data = realloc(b->data, b->size + size + 1);
	assert_non_null(b->data);
	end = b->data + b->size;
	b->size += size;
	return end;
}

void bytes_add(struct bytes *b, const void *data, size_t size)
{
	unsigned char *to = grow(b, size);

	if (size)
		memcpy(to, data, size);
}

void bytes_fill(struct bytes *b, unsigned char c, size_t size)
{
	memset(grow(b, size), c, size);
}

void bytes_align(struct bytes *b, size_t align)
{
	bytes_fill(b, 0, -b->size & (align - 1));
}

void bytes_put(struct bytes *b, size_t off, const void *data, size_t size)
{
	assert_true(range_fits(b->size, off, size));
	memcpy(b->data + off, data, size);
}

void bytes_set(struct bytes *b, size_t off, unsigned int width, uint64_t value)
{
	uint64_t le = htole64(value);

	bytes_put(b, off, &le, width);
}

struct span bytes_span(const struct bytes *b)
{
	return (struct span){ b->data, b->size };
}

struct blob bytes_blob(const struct bytes *b)
{
	struct blob blob = { 0 };

	assert_int_equal(blob_copy(&blob, bytes_span(b), "image", NULL), 0);
	return blob;
}

struct blob bytes_file(const struct bytes *b)
{
	char path[] = "/tmp/kexec-test-XXXXXX";
	struct blob blob = { 0 };
	autoclose int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, b->data, b->size), b->size);
	assert_int_equal(blob_open(&blob, path, NULL), 0);
	unlink(path);
	return blob;
}

#define DOS_LFANEW        0x3c
#define COFF_MACHINE      (PE_AT + 4)
#define OPT_SUBSYSTEM_EFI 10
#define RAW_ALIGN         512
#define VIRTUAL_ALIGN     4096
#define SEC_VIRTUAL_ADDR  12

static void add_section(struct bytes *pe, size_t i, const struct section *s, uint32_t address)
{
	size_t at = PE_SECTION(i, 0);
	uint32_t raw_off = pe->size;

	bytes_put(pe, at + SEC_NAME, s->name, strnlen(s->name, 8));
	bytes_set(pe, at + SEC_VSIZE, 4, s->data.size);
	bytes_set(pe, at + SEC_VIRTUAL_ADDR, 4, address);
	bytes_add(pe, s->data.data, s->data.size);
	bytes_align(pe, RAW_ALIGN);
	bytes_set(pe, at + SEC_RAW_SIZE, 4, pe->size - raw_off);
	bytes_set(pe, at + SEC_RAW_OFF, 4, s->data.size ? raw_off : 0);
}

void make_pe(struct bytes *ret, const struct section *sections, size_t nr)
{
	uint32_t address = VIRTUAL_ALIGN;

	bytes_done(ret);
	bytes_fill(ret, 0, PE_TABLE_AT + nr * 40);
	bytes_align(ret, RAW_ALIGN);
	bytes_put(ret, 0, "MZ", 2);
	bytes_set(ret, DOS_LFANEW, 4, PE_AT);
	bytes_put(ret, PE_AT, "PE", 2);
	bytes_set(ret, COFF_MACHINE, 2, 0x8664);
	bytes_set(ret, PE_NR_SECTIONS, 2, nr);
	bytes_set(ret, PE_OPT_SIZE_AT, 2, PE_OPT_SIZE);
	bytes_set(ret, PE_OPT_AT, 2, 0x20b);
	bytes_set(ret, PE_HEADERS_SIZE, 4, ret->size);
	bytes_set(ret, PE_SUBSYSTEM, 2, OPT_SUBSYSTEM_EFI);
	bytes_set(ret, PE_NR_DIRS, 4, 16);
	for (size_t i = 0; i < nr; i++) {
		add_section(ret, i, &sections[i], address);
		address += (sections[i].data.size | (VIRTUAL_ALIGN - 1)) + 1;
	}
}

void pe_add_certificates(struct bytes *pe, uint32_t len)
{
	bytes_set(pe, PE_CERT_OFF, 4, pe->size);
	bytes_set(pe, PE_CERT_LEN, 4, len);
	bytes_fill(pe, 0xce, len);
}

/* Documentation/arch/x86/boot.rst. One sector of setup, so the code starts at 1024. */
void make_bzImage(struct bytes *ret)
{
	autobytes struct bytes text = { 0 };

	bytes_fill(&text, 0, 512);
	bytes_fill(&text, 0x90, BZIMAGE_CODE);
	MAKE_PE(ret, { ".text", bytes_span(&text) });
	bytes_set(ret, 0x1f1, 1, 1);                 /* setup_sects */
	bytes_set(ret, 0x1f4, 4, BZIMAGE_CODE / 16); /* syssize */
	bytes_set(ret, 0x1fe, 2, 0xaa55);
	bytes_set(ret, 0x200, 2, 0x6aeb);            /* jump over the header */
	bytes_put(ret, 0x202, "HdrS", 4);
	bytes_set(ret, 0x206, 2, 0x20f);             /* version */
	bytes_set(ret, 0x211, 1, 1);                 /* LOADED_HIGH */
	bytes_set(ret, 0x230, 4, 0x200000);          /* kernel_alignment */
	bytes_set(ret, 0x234, 1, 1);                 /* relocatable */
	bytes_set(ret, 0x235, 1, 21);                /* min_alignment */
	bytes_set(ret, 0x236, 2, 3);                 /* KERNEL_64, ABOVE_4G */
	bytes_set(ret, 0x238, 4, 2047);              /* cmdline_size */
	bytes_set(ret, 0x248, 4, 64);                /* payload_offset */
	bytes_set(ret, 0x24c, 4, BZIMAGE_CODE - 64); /* payload_length */
	bytes_set(ret, 0x258, 8, 0x1000000);         /* pref_address */
	bytes_set(ret, 0x260, 4, 0x100000);          /* init_size */
}

/* Documentation/arch/arm64/booting.rst */
void make_arm64_image(struct bytes *ret)
{
	autobytes struct bytes text = { 0 };

	bytes_fill(&text, 0x1f, 512);
	MAKE_PE(ret, { ".text", bytes_span(&text) });
	bytes_set(ret, COFF_MACHINE, 2, 0xaa64);
	bytes_set(ret, 8, 8, 0);         /* text_offset */
	bytes_set(ret, 16, 8, 0x100000); /* image_size */
	bytes_set(ret, 24, 8, 0xa);      /* flags: 4K pages, anywhere */
	bytes_put(ret, 0x38, "ARM\x64", 4);
}

void make_zboot(struct bytes *ret, const char *codec, struct span packed, uint32_t unpacked)
{
	autobytes struct bytes payload = { 0 };
	uint32_t le = htole32(unpacked);

	bytes_add(&payload, packed.data, packed.size);
	if (strcmp(codec, "gzip") != 0) /* ends in that number by itself */
		bytes_add(&payload, &le, sizeof(le));
	MAKE_PE(ret, { ".text", bytes_span(&payload) });
	bytes_set(ret, COFF_MACHINE, 2, 0xaa64);
	bytes_put(ret, 4, "zimg", 4);
	bytes_set(ret, ZBOOT_OFF, 4, ZBOOT_PAYLOAD);
	bytes_set(ret, ZBOOT_SIZE, 4, packed.size);
	bytes_put(ret, ZBOOT_CODEC, codec, strlen(codec));
	bytes_set(ret, 0x38, 4, 0x818223cd);
}

void check_refused(const char *name, int r, const struct why *w, int err, const char *phrase)
{
	if (r != err)
		fail_msg("%s: result %d, expected %d (reason: %s)", name, r, err, w->text);
	if (!phrase && w->err)
		fail_msg("%s: gives a reason, expected none: %s", name, w->text);
	if (phrase && w->err != err)
		fail_msg("%s: the reason is for %d, the result %d: %s", name, w->err, err, w->text);
	if (phrase && !strstr(w->text, phrase))
		fail_msg("%s: expected '%s' in the reason: %s", name, phrase, w->text);
}

void check_defects(const struct bytes *good, image_opener open, const struct defect *list,
		   size_t nr)
{
	struct why w = { 0 };

	if (open(good, &w) != 0)
		fail_msg("the good image is refused: %s", w.text);
	for (size_t i = 0; i < nr; i++) {
		const struct defect *d = &list[i];
		autobytes struct bytes bad = { 0 };

		bytes_add(&bad, good->data, good->size);
		bytes_set(&bad, d->off, d->width, d->value);
		if (d->cut)
			bad.size = d->cut;
		w = (struct why){ 0 };
		check_refused(d->name, open(&bad, &w), &w, d->err, d->phrase);
	}
}
