// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/cpio.h"
#include "kexec/formats/formats.h"
#include "kexec/formats/uki-sections.h"
#include "kexec/sidecar.h"
#include "kexec/stub-initrd.h"
#include "lib/cleanup.h"

/* Files beside the image, packed into one archive a kind. In the stub's order. */
static const struct pack {
	struct sidecar_kind kind;
	bool global;
	const char *folder; /* in the archive, below .extra */
	unsigned int folder_mode, file_mode;
} packs[] = {
	{ { ".cred", NULL, NULL }, false, "credentials", 0500, 0400 },
	{ { ".cred", NULL, "loader/credentials" }, true, "global_credentials", 0500, 0400 },
	{ { ".raw", ".confext.raw", NULL }, false, "sysext", 0555, 0444 },
	{ { ".raw", ".confext.raw", "loader/extensions" }, true, "global_sysext", 0555, 0444 },
	{ { ".confext.raw", NULL, NULL }, false, "confext", 0555, 0444 },
	{ { ".confext.raw", NULL, "loader/extensions" }, true, "global_confext", 0555, 0444 },
};

/* Sections that become a file. */
static const struct {
	enum uki_section section;
	const char *path;
} files[] = {
	{ UKI_PCRSIG, ".extra/tpm2-pcr-signature.json" },
	{ UKI_PCRPKEY, ".extra/tpm2-pcr-public-key.pem" },
	{ UKI_OSREL, ".extra/os-release" },
	{ UKI_PROFILE, ".extra/profile" },
};

static int add_sidecar(struct cpio *c, const char *folder, unsigned int mode, const char *file,
		       struct why *w)
{
	autoblob struct blob b = { 0 };
	autofree char *path = NULL;
	struct extent all;
	int r = blob_open(&b, file, w);

	if (r == -ENODATA) { /* an empty file is one, too */
		why_clear(w);
		r = 0;
	}
	if (r < 0) {
		why_prefix(w, "%s: ", file);
		return r;
	}
	all = blob_whole(&b);
	if (asprintf(&path, "%s/%s", folder, strrchr(file, '/') + 1) < 0) {
		path = NULL;
		return why(w, -ENOMEM, "out of memory");
	}
	return cpio_file(c, path, mode, &all, w);
}

static int add_pack(struct cpio *c, const struct pack *pack, const char *kernel, struct why *w)
{
	autosidecars struct sidecars found = { 0 };
	char folder[64];
	int r = sidecars_find(&found, kernel, &pack->kind, pack->global, w);

	if (r < 0 || found.nr == 0)
		return r;
	snprintf(folder, sizeof(folder), ".extra/%s", pack->folder);
	r = cpio_folder(c, ".extra", pack->folder_mode, w);
	if (r == 0)
		r = cpio_folder(c, folder, pack->folder_mode, w);
	for (size_t i = 0; r == 0 && i < found.nr; i++)
		r = add_sidecar(c, folder, pack->file_mode, found.path[i], w);
	return r < 0 ? r : cpio_end(c, w);
}

static int add_section(struct cpio *c, const char *path, const struct extent *bytes, struct why *w)
{
	int r = cpio_folder(c, ".extra", 0555, w);

	if (r == 0)
		r = cpio_file(c, path, 0444, bytes, w);
	return r < 0 ? r : cpio_end(c, w);
}

static int add_sections(struct cpio *c, const struct extent *image,
			const struct uki_choice *choice, struct why *w)
{
	struct uki_slice slice;
	autope struct pe pe = { 0 };
	int r = pe_read(&pe, image, w);

	if (r == 0)
		r = uki_read_sections(&slice, &pe, image, choice, w);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++) {
		const struct pe_section *s = slice.by_name[files[i].section];
		struct extent bytes;

		if (!s)
			continue;
		bytes = uki_section_bytes(image, s);
		r = add_section(c, files[i].path, &bytes, w);
	}
	return r;
}

int stub_initrd_add(struct boot_image *img, const char *kernel, const struct uki_choice *choice,
		    struct why *w)
{
	const struct extent image = blob_whole(img->blobs[0]);
	autoblob struct blob memfd = { 0 };
	struct cpio c = { .memfd = &memfd };
	struct extent all;
	int r;

	if (img->layers[0] != &file_type_uki)
		return why(w, -EINVAL, "is no unified kernel image: no stub would make initrds for it");
	r = blob_memfd(&memfd, "stub initrds", w);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(packs); i++)
		r = add_pack(&c, &packs[i], kernel, w);
	if (r == 0)
		r = add_sections(&c, &image, choice, w);
	if (r == 0)
		r = blob_seal(&memfd, w);
	if (r < 0 || memfd.size == 0)
		return r;
	r = boot_image_own(img, &memfd, &all, w);
	if (r == 0)
		r = boot_image_add_initrd(img, &all, "--stub-initrds", w);
	if (r == 0)
		img->altered = true;
	return r;
}
