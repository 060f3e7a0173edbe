// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/extract.h"
#include "kexec/file-type.h"
#include "kexec/formats/pe.h"
#include "lib/cleanup.h"

/* In front of a section's name, or the files would be hidden ones. */
#define PREFIX "section"

static const char *const part_names[EXTRACT_PARTS] = { "kernel", "initrd", "cmdline", "dtb" };

static void add_item(struct extract *x, const char *name, const struct extent *bytes,
		     uint64_t len)
{
	struct extract_item *item = &x->items[x->nr++];

	snprintf(item->name, sizeof(item->name), "%s", name);
	item->bytes = bytes ? *bytes : (struct extent){ 0 };
	item->len = len;
}

/* -ENODATA without a reason: the image has no such part. */
static int add_part(struct extract *x, const char *name)
{
	const struct boot_image *img = &x->img;

	if (strcmp(name, "kernel") == 0)
		add_item(x, name, &img->kernel.bytes, img->kernel.bytes.len);
	else if (strcmp(name, "initrd") == 0 && img->nr_initrd > 0)
		add_item(x, name, NULL, boot_image_initrd_size(img));
	else if (strcmp(name, "cmdline") == 0 && img->cmdline)
		add_item(x, name, NULL, strlen(img->cmdline));
	else if (strcmp(name, "dtb") == 0 && img->dtb.bytes.blob)
		add_item(x, name, &img->dtb.bytes, img->dtb.bytes.len);
	else
		return -ENODATA;
	return 0;
}

static int add_parts(struct extract *x, const char *wanted, struct why *w)
{
	bool known = false;

	for (size_t i = 0; i < EXTRACT_PARTS; i++) {
		if (wanted && strcmp(wanted, part_names[i]) != 0)
			continue;
		known = true;
		if (add_part(x, part_names[i]) < 0 && wanted)
			return why(w, -ENODATA, "has no %s", wanted);
	}
	return known ? 0 : why(w, -EINVAL, "there is no part '%s', but kernel, initrd, cmdline "
			       "and dtb", wanted);
}

/* A section's name with its profile, and its number if it is not the first of that name. */
struct label {
	char text[32];
};

static struct label label_of(const char *name, unsigned int slice, unsigned int nth)
{
	struct label l;
	int n;

	n = slice ? snprintf(l.text, sizeof(l.text), "%s@%u", name, slice - 1) :
		    snprintf(l.text, sizeof(l.text), "%s", name);
	if (nth > 1 && n > 0)
		snprintf(l.text + n, sizeof(l.text) - n, ".%u", nth);
	return l;
}

static struct label section_label(const struct pe *pe, size_t nr)
{
	const char *name = pe->sections[nr].name;
	unsigned int slice = 0, nth = 1;

	for (size_t i = 0; i <= nr; i++) {
		if (strcmp(pe->sections[i].name, ".profile") == 0) {
			slice++;
			nth = 1;
		} else if (i < nr && strcmp(pe->sections[i].name, name) == 0) {
			nth++;
		}
	}
	return label_of(name, slice, nth);
}

static int add_section(struct extract *x, const struct extent *image, const struct pe *pe,
		       size_t nr, struct why *w)
{
	const struct pe_section *s = &pe->sections[nr];
	struct label label = section_label(pe, nr);
	char name[sizeof(x->items[0].name)];
	struct extent bytes = { .blob = image->blob };

	/* pe.c writes '?' for what cannot be printed. */
	if (strpbrk(s->name, "/?") || !*s->name)
		return why(w, -EBADMSG, "section %zu is called '%s', which is no name for a file",
			   nr, s->name);
	snprintf(name, sizeof(name), "%s%s%s", PREFIX, *s->name == '.' ? "" : ".", label.text);
	for (size_t i = 0; i < x->nr; i++)
		if (strcmp(x->items[i].name, name) == 0)
			return why(w, -EBADMSG, "two sections would become the file %s", name);
	extent_sub(&bytes, image, s->file_off, s->file_len);
	add_item(x, name, &bytes, s->file_len);
	return 0;
}

static int add_sections(struct extract *x, const struct extent *image, const struct pe *pe,
			const char *wanted, struct why *w)
{
	size_t before = x->nr;
	int r = 0;

	for (size_t i = 0; r == 0 && i < pe->nr_sections; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (wanted && strcmp(wanted, s->name) != 0 &&
		    strcmp(wanted, section_label(pe, i).text) != 0)
			continue;
		if (wanted || s->file_len > 0)
			r = add_section(x, image, pe, i, w);
	}
	if (r == 0 && wanted && x->nr == before)
		r = why(w, -ENODATA, "has no section %s", wanted);
	return r;
}

/* The outermost layer that is a PE file; compression may be around it. */
static int find_pe(struct pe *ret, struct extent *ret_image, const struct boot_image *img)
{
	for (size_t i = 0; i < LIMIT_LAYERS && img->opened[i].bytes.blob; i++) {
		if (pe_read(ret, &img->opened[i].bytes, NULL) == 0) {
			*ret_image = img->opened[i].bytes;
			return 0;
		}
	}
	return -ENOEXEC;
}

static int plan(struct extract *x, const struct extract_request *request, const struct why *refused,
		struct why *w)
{
	bool all = !request->section && !request->part;
	autope struct pe pe = { 0 };
	struct extent image;
	int r = 0;

	if (refused->err && (request->part || all))
		return why(w, refused->err, "%s", refused->text);
	if (request->section || all)
		r = find_pe(&pe, &image, &x->img);
	if (r == 0 && pe.nr_sections > 0)
		r = add_sections(x, &image, &pe, request->section, w);
	else if (r < 0 && request->section)
		return why(w, r, "is no EFI program, which would have sections");
	else
		r = 0;
	if (r == 0 && (request->part || all))
		r = add_parts(x, request->part, w);
	return r;
}

int extract_plan(struct extract *ret, struct blob *file, const struct extract_request *request,
		 struct why *w)
{
	struct why refused = { 0 };
	autoextract struct extract x = { 0 };
	int r;

	file_type_peel(&x.img, file, NULL, &refused);
	r = plan(&x, request, &refused, w);
	if (r < 0)
		return r;
	*ret = x;
	x = (struct extract){ 0 };
	return 0;
}

void extract_done(struct extract *x)
{
	boot_image_done(&x->img);
}

void extract_write(struct out_file *o, const struct extract *x, size_t i)
{
	const struct extract_item *item = &x->items[i];
	const struct boot_image *img = &x->img;

	if (item->bytes.blob) {
		out_file_extent(o, &item->bytes);
		return;
	}
	if (strcmp(item->name, "cmdline") == 0) {
		out_file_bytes(o, (struct span){ (const unsigned char *)img->cmdline, item->len });
		return;
	}
	for (size_t k = 0; k < img->nr_initrd; k++) {
		out_file_extent(o, &img->initrd[k].bytes);
		out_file_zeros(o, boot_image_initrd_padding(img, k));
	}
}
