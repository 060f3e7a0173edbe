// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/boot-image.h"
#include "kexec/file-type.h"
#include "lib/cleanup.h"
#include "lib/escape.h"

void boot_image_done(struct boot_image *img)
{
	for (size_t i = 0; i < img->nr_blobs; i++) {
		blob_done(img->blobs[i]);
		free(img->blobs[i]);
	}
	free(img->cmdline);
	*img = (struct boot_image){ 0 };
}

int boot_image_own(struct boot_image *img, struct blob *b, struct extent *ret_extent,
		   struct why *w)
{
	struct blob *kept;

	if (img->nr_blobs == BOOT_IMAGE_BLOBS) {
		blob_done(b);
		return why(w, -E2BIG, "consists of too many parts");
	}
	kept = malloc(sizeof(*kept));
	if (!kept) {
		blob_done(b);
		return why(w, -ENOMEM, "out of memory");
	}
	*kept = *b;
	*b = (struct blob){ 0 };
	img->blobs[img->nr_blobs++] = kept;
	*ret_extent = blob_whole(kept);
	return 0;
}

static void set_origin(char *to, size_t size, const char *origin)
{
	snprintf(to, size, "%s", origin);
}

int boot_image_add_initrd(struct boot_image *img, const struct extent *bytes, const char *origin,
			  struct why *w)
{
	struct boot_part *part;

	if (img->nr_initrd == LIMIT_INITRDS)
		return why(w, -E2BIG, "more than %d initrds", LIMIT_INITRDS);
	if (!range_fits(LIMIT_FILE_SIZE, boot_image_initrd_size(img), bytes->len))
		return why(w, -E2BIG, "initrds of more than 4 GiB together");
	part = &img->initrd[img->nr_initrd++];
	*part = (struct boot_part){ .bytes = *bytes };
	set_origin(part->origin, sizeof(part->origin), origin);
	return 0;
}

int boot_image_set_cmdline(struct boot_image *img, const char *text, size_t len,
			   const char *origin, struct why *w)
{
	char *copy = strndup(text, len);

	if (!copy)
		return why(w, -ENOMEM, "out of memory");
	free(img->cmdline);
	img->cmdline = copy;
	img->cmdline_given = false;
	img->cmdline_bytes = (struct extent){ 0 };
	set_origin(img->cmdline_origin, sizeof(img->cmdline_origin), origin);
	return 0;
}

/* As the kernel expects. */
unsigned int boot_image_initrd_padding(const struct boot_image *img, size_t i)
{
	return i + 1 < img->nr_initrd ? -img->initrd[i].bytes.len & 3 : 0;
}

uint64_t boot_image_initrd_size(const struct boot_image *img)
{
	uint64_t size = 0;

	for (size_t i = 0; i < img->nr_initrd; i++)
		size += img->initrd[i].bytes.len + boot_image_initrd_padding(img, i);
	return size;
}

int boot_image_join_initrd(const struct boot_image *img, struct blob *memfd, struct why *w)
{
	static const unsigned char zeros[4];

	for (size_t i = 0; i < img->nr_initrd; i++) {
		struct span padding = { zeros, boot_image_initrd_padding(img, i) };
		const struct extent *bytes = &img->initrd[i].bytes;
		int r = blob_append_extent(memfd, bytes, w);

		if (r == 0)
			r = blob_append(memfd, padding, w);
		if (r < 0) {
			why_prefix(w, "initrd %s: ", bytes->blob->name);
			return r;
		}
	}
	return 0;
}

/* File names and command lines may hold anything, also what looks like a line of ours. */
static void dump_text(FILE *f, const char *before, const char *text, char quote)
{
	fputs(before, f);
	escape_text(f, span_of(text), quote);
}

static void dump_part(FILE *f, const char *what, const struct boot_part *part)
{
	fprintf(f, "%s: %llu bytes at %#llx", what, (unsigned long long)part->bytes.len,
		(unsigned long long)part->bytes.off);
	dump_text(f, " of ", part->bytes.blob->name, 0);
	dump_text(f, ", from ", part->origin, 0);
	fputc('\n', f);
}

static void dump_parser(FILE *f, const struct extent *parser)
{
	fprintf(f, "parser: %llu bytes at %#llx", (unsigned long long)parser->len,
		(unsigned long long)parser->off);
	dump_text(f, " of ", parser->blob->name, 0);
	fputs(", section .bpf\n", f);
}

static void dump_cmdline(FILE *f, const struct boot_image *img)
{
	if (!img->cmdline) {
		fputs("cmdline: none\n", f);
		return;
	}
	dump_text(f, "cmdline: '", img->cmdline, '\'');
	dump_text(f, "', from ", img->cmdline_origin, 0);
	fputc('\n', f);
}

char *boot_image_dump(const struct boot_image *img)
{
	autofree char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs("format:", f);
	for (size_t i = 0; i < img->nr_layers; i++)
		fprintf(f, "%s %s", i ? " >" : "", img->layers[i]->name);
	fputc('\n', f);
	if (img->parser.blob)
		dump_parser(f, &img->parser);
	dump_part(f, "kernel", &img->kernel);
	for (size_t i = 0; i < img->nr_initrd; i++)
		dump_part(f, "initrd", &img->initrd[i]);
	if (img->dtb.bytes.blob)
		dump_part(f, "dtb", &img->dtb);
	dump_cmdline(f, img);
	if (fclose(f) != 0)
		return NULL;
	return take_ptr(text);
}
