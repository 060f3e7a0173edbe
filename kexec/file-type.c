// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "kexec/formats/pe.h"
#include "lib/cleanup.h"

/*
 * From most specific to least: a bzImage, an Image and a zboot are also PE
 * files. Compression comes first because parser programs, too, decide by the
 * first bytes whether a kernel must be unpacked.
 */
static const struct file_type *const file_types[] = {
	&file_type_compressed,
	&file_type_bzImage64,
	&file_type_arm64_image,
	&file_type_riscv64_image,
	&file_type_zboot,
	&file_type_loongarch64_image,
	&file_type_uki,
	&file_type_uimage,
	&file_type_envelope,
	&file_type_vmlinux_x86_64,
	&file_type_vmlinux_arm64,
};

/* What kexec-tools calls the same file under other names. */
static const struct {
	const char *alias;
	const struct file_type *type;
} aliases[] = {
	{ "bzImage", &file_type_bzImage64 },
};

const struct file_type *file_type_row(size_t i)
{
	return i < ARRAY_SIZE(file_types) ? file_types[i] : NULL;
}

const struct file_type *file_type_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (strcmp(aliases[i].alias, name) == 0)
			return aliases[i].type;
	for (size_t i = 0; i < ARRAY_SIZE(file_types); i++)
		if (strcmp(file_types[i]->name, name) == 0)
			return file_types[i];
	return NULL;
}

/* Opens the outermost layer of what is left. A forced type may still be compressed. */
static int open_layer(struct boot_image *img, const struct file_type *forced,
		      const struct file_type **ret, struct why *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_types); i++) {
		const struct file_type *ft = file_types[i];
		int r;

		if (forced && ft != forced && ft != &file_type_compressed)
			continue;
		r = ft->open(img, w);
		if (r == -ENOEXEC)
			continue;
		if (r == 0)
			*ret = ft;
		return r;
	}
	if (forced)
		return why(w, -ENOEXEC, "Wrong file type: this is no %s", forced->label);
	return why(w, -ENOEXEC, "no known kernel format");
}

/* Parser programs unpack a kernel once, and a file that is packed twice is no kernel's. */
static bool packed_twice(const struct boot_image *img)
{
	return img->nr_layers >= 2 && img->layers[img->nr_layers - 1] == &file_type_compressed &&
	       img->layers[img->nr_layers - 2] == &file_type_compressed;
}

/* Compression around an image is no image: parser programs unpack it on the way. */
static unsigned int nr_images(const struct boot_image *img)
{
	unsigned int n = 0;

	for (size_t i = 0; i < img->nr_layers; i++)
		n += img->layers[i]->shape == CONTAINER && img->layers[i] != &file_type_compressed;
	return n;
}

static int open_all_layers(struct boot_image *img, const struct file_type *forced, struct why *w)
{
	for (;;) {
		const struct file_type *ft = NULL;
		int r;

		if (img->nr_layers == ARRAY_SIZE(img->layers))
			return why(w, -E2BIG, "more than %d layers inside each other",
				   LIMIT_LAYERS);
		img->opened[img->nr_layers] = img->kernel;
		img->kernel.packed = (struct extent){ 0 };
		r = open_layer(img, forced, &ft, w);
		if (r < 0) {
			for (size_t i = img->nr_layers; i-- > 0;)
				why_prefix(w, "inside the %s: ", img->layers[i]->label);
			return r;
		}
		img->layers[img->nr_layers++] = ft;
		if (packed_twice(img))
			return why(w, -EOPNOTSUPP, "is compressed twice");
		if (nr_images(img) > LIMIT_NESTING)
			return why(w, -E2BIG, "more than %d images inside each other",
				   LIMIT_NESTING);
		if (ft->shape == BARE_KERNEL)
			return 0;
		if (ft == forced)
			forced = NULL;
	}
}

/*
 * A parser program may travel in any PE file. One that is no good PE file has
 * none: the formats have accepted it for what else it is.
 */
static void find_parser(struct boot_image *img)
{
	const struct extent file = blob_whole(img->blobs[0]);
	const struct pe_section *s;
	autope struct pe pe = { 0 };

	if (pe_read(&pe, &file, NULL) < 0)
		return;
	s = pe_section(&pe, ".bpf");
	if (s && s->file_len > 0)
		extent_sub(&img->parser, &file, s->file_off, s->file_len);
}

/* @ret is what was found up to a failure as well. */
static int open_file(struct boot_image *ret, struct blob *file, const struct file_type *forced,
		     const struct uki_choice *choice, struct why *w)
{
	struct boot_image img = { .choice = choice, .altered = choice };
	int r;

	strcpy(img.kernel.origin, "file");
	r = boot_image_own(&img, file, &img.kernel.bytes, w);
	if (r == 0)
		r = open_all_layers(&img, forced, w);
	if (r == 0 && img.choice)
		r = why(w, -EINVAL, "is no unified kernel image, and so has no profiles");
	if (img.nr_blobs > 0)
		find_parser(&img);
	*ret = img;
	return r;
}

int file_type_peel(struct boot_image *ret, struct blob *file, const struct file_type *forced,
		   struct why *w)
{
	return open_file(ret, file, forced, NULL, w);
}

int file_type_open_profile(struct boot_image *ret, struct blob *file,
			   const struct file_type *forced, const struct uki_choice *choice,
			   struct why *w)
{
	autoimage struct boot_image img = { 0 };
	int r = open_file(&img, file, forced, choice, w);

	if (r < 0)
		return r;
	*ret = img;
	img = (struct boot_image){ 0 };
	return 0;
}

int file_type_open(struct boot_image *ret, struct blob *file, const struct file_type *forced,
		   struct why *w)
{
	return file_type_open_profile(ret, file, forced, NULL, w);
}
