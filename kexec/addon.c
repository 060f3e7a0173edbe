// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/addon.h"
#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "kexec/formats/uki-sections.h"
#include "lib/cleanup.h"

/* An addon that was opened. */
struct addon {
	struct extent image;
	struct uki_slice slice;
	const char *name; /* for the origin of its parts */
};

const struct sidecar_kind addon_kind = {
	.suffix = ".addon.efi", .global_folder = "loader/addons",
};

void addon_target_done(struct addon_target *t)
{
	free(t->uname);
	*t = (struct addon_target){ 0 };
}

static int section_text(char **ret, const struct extent *image, const struct uki_slice *slice,
			enum uki_section which, struct why *w)
{
	const struct pe_section *s = slice->by_name[which];
	struct extent bytes;

	*ret = NULL;
	if (!s)
		return 0;
	bytes = uki_section_bytes(image, s);
	return uki_section_text(ret, &bytes, s->name, w);
}

int addon_target_read(struct addon_target *ret, const struct boot_image *img, struct why *w)
{
	const struct extent file = blob_whole(img->blobs[0]);
	struct addon_target t = { 0 };
	struct uki_slice slice;
	autope struct pe pe = { 0 };
	int r;

	if (img->layers[0] != &file_type_uki)
		return why(w, -EINVAL, "is no unified kernel image, and so has no addons");
	r = pe_read(&pe, &file, w);
	if (r == 0)
		r = uki_read_sections(&slice, &pe, &file, NULL, w);
	if (r == 0)
		r = section_text(&t.uname, &file, &slice, UKI_UNAME, w);
	if (r < 0)
		return r;
	t.machine = pe.machine;
	*ret = t;
	return 0;
}

/* 1: as the stub sees it, this is not for that image. */
static int check_fit(const struct addon *a, uint16_t machine, const struct addon_target *target,
		     struct why *w)
{
	static const enum uki_section useful[] = { UKI_CMDLINE, UKI_INITRD, UKI_UCODE, UKI_DTB };
	autofree char *uname = NULL;
	bool is_useful = false;
	int r;

	if (machine != target->machine)
		return why(w, 1, "is for another machine");
	if (a->slice.by_name[UKI_LINUX])
		return why(w, 1, "is no addon: it has a kernel");
	for (size_t i = 0; i < ARRAY_SIZE(useful); i++)
		is_useful |= a->slice.by_name[useful[i]] != NULL;
	if (!is_useful)
		return why(w, 1, "has nothing to add");
	r = section_text(&uname, &a->image, &a->slice, UKI_UNAME, w);
	if (r < 0)
		return r;
	if (uname && target->uname && strcmp(uname, target->uname) != 0)
		return why(w, 1, "is for kernel '%s', this is '%s'", uname, target->uname);
	return 0;
}

/* As the stub joins pieces: what is no character becomes a space. */
static int append_cmdline(struct boot_image *img, const struct addon *a, struct why *w)
{
	autofree char *text = NULL, *joined = NULL;
	char origin[sizeof(img->cmdline_origin)];
	const char *start;
	bool given = img->cmdline_given;
	int r = section_text(&text, &a->image, &a->slice, UKI_CMDLINE, w);

	if (r < 0 || !text)
		return r;
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	start = text + strspn(text, " ");
	if (asprintf(&joined, "%s%s%s", img->cmdline ? img->cmdline : "", img->cmdline ? " " : "",
		     start) < 0) {
		joined = NULL;
		return why(w, -ENOMEM, "out of memory");
	}
	if (strlen(joined) > LIMIT_CMDLINE)
		return why(w, -E2BIG, "makes the command line longer than %llu characters",
			   (unsigned long long)LIMIT_CMDLINE);
	snprintf(origin, sizeof(origin), "%.24s%saddon %.24s",
		 img->cmdline ? img->cmdline_origin : "", img->cmdline ? ", " : "", a->name);
	r = boot_image_set_cmdline(img, joined, strlen(joined), origin, w);
	img->cmdline_given = given;
	return r;
}

static int add_initrd(struct boot_image *img, const struct addon *a, enum uki_section which,
		      bool first, struct why *w)
{
	const struct pe_section *s = a->slice.by_name[which];
	char origin[sizeof(img->initrd[0].origin)];
	struct extent bytes;
	struct boot_part part;
	int r;

	if (!s)
		return 0;
	bytes = uki_section_bytes(&a->image, s);
	snprintf(origin, sizeof(origin), "section %s of addon %s", s->name, a->name);
	r = boot_image_add_initrd(img, &bytes, origin, w);
	if (r < 0 || !first)
		return r;
	part = img->initrd[img->nr_initrd - 1];
	memmove(&img->initrd[1], &img->initrd[0], (img->nr_initrd - 1) * sizeof(part));
	img->initrd[0] = part;
	return 0;
}

static void set_dtb(struct boot_image *img, const struct addon *a)
{
	const struct pe_section *s = a->slice.by_name[UKI_DTB];

	if (!s || img->dtb.given)
		return;
	img->dtb = (struct boot_part){ .bytes = uki_section_bytes(&a->image, s) };
	snprintf(img->dtb.origin, sizeof(img->dtb.origin), "section .dtb of addon %s", a->name);
}

/* The last word of a path. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int addon_apply(struct boot_image *img, struct blob *file, const struct addon_target *target,
		struct why *w)
{
	struct addon a = { 0 };
	autope struct pe pe = { 0 };
	int r = boot_image_own(img, file, &a.image, w);

	if (r < 0)
		return r;
	a.name = base_name(a.image.blob->name);
	r = pe_read(&pe, &a.image, w);
	if (r == -ENOEXEC)
		return why(w, -EBADMSG, "is no PE file");
	if (r == 0)
		r = uki_read_sections(&a.slice, &pe, &a.image, NULL, w);
	if (r == 0)
		r = check_fit(&a, pe.machine, target, w);
	if (r != 0)
		return r;
	r = append_cmdline(img, &a, w);
	if (r == 0)
		r = add_initrd(img, &a, UKI_UCODE, true, w);
	if (r == 0)
		r = add_initrd(img, &a, UKI_INITRD, false, w);
	if (r < 0)
		return r;
	set_dtb(img, &a);
	img->altered = true;
	return 0;
}
