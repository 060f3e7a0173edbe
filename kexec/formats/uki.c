// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unified kernel images: UAPI.5, FORMATS.md section 2.
 *
 * What opening one gives is the embedded image of DESIGN.md, unless the user
 * chose another profile than the first: the base sections, those in front of
 * the first .profile, each overridden by the section of the same name in the
 * profile. Everything else that a user may add is an overlay and not decided here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/formats/formats.h"
#include "kexec/formats/uki-sections.h"
#include "lib/cleanup.h"

/* An inner image's is checked as well, though an outer one has set it already. */
static int take_cmdline(struct boot_image *img, const struct extent *section, struct why *w)
{
	autofree char *text = NULL;
	int r = uki_section_text(&text, section, ".cmdline", w);

	if (r < 0 || !text || img->cmdline)
		return r;
	r = boot_image_set_cmdline(img, text, strlen(text), "section .cmdline", w);
	if (r == 0)
		img->cmdline_bytes = *section;
	return r;
}

/* Adds what the image has and no outer layer has set; the kernel last, since it is the input. */
static int take_parts(struct boot_image *img, const struct uki_slice *s, struct why *w)
{
	const struct extent image = img->kernel.bytes;
	bool wants_initrd = img->nr_initrd == 0;
	static const enum uki_section initrds[] = { UKI_UCODE, UKI_INITRD };
	int r;

	for (size_t i = 0; wants_initrd && i < ARRAY_SIZE(initrds); i++) {
		const struct pe_section *section = s->by_name[initrds[i]];
		struct extent bytes;

		if (!section)
			continue;
		bytes = uki_section_bytes(&image, section);
		r = boot_image_add_initrd(img, &bytes, initrds[i] == UKI_UCODE ?
					  "section .ucode" : "section .initrd", w);
		if (r < 0)
			return r;
	}
	if (s->by_name[UKI_CMDLINE]) {
		struct extent bytes = uki_section_bytes(&image, s->by_name[UKI_CMDLINE]);

		r = take_cmdline(img, &bytes, w);
		if (r < 0)
			return r;
	}
	img->kernel.bytes = uki_section_bytes(&image, s->by_name[UKI_LINUX]);
	strcpy(img->kernel.origin, "section .linux");
	/*
	 * Sections are padded to 512 bytes, and hashing the padding would break the
	 * inner kernel's own signature.
	 */
	return pe_cut_at_certificates(&img->kernel.bytes, w);
}

static int uki_open(struct boot_image *img, struct why *w)
{
	struct uki_slice slice;
	autope struct pe pe = { 0 };
	int r;

	r = pe_read(&pe, &img->kernel.bytes, w);
	if (r == 0)
		r = uki_read_sections(&slice, &pe, &img->kernel.bytes, img->choice, w);
	if (r < 0)
		return r;
	if (slice.by_name[UKI_LINUXH])
		return why(w, -EOPNOTSUPP,
			   "thin image: its kernel is a file of its own (section .linuxh)");
	if (!slice.by_name[UKI_LINUX])
		return why(w, -EBADMSG, "EFI program without a kernel (section .linux)");
	r = take_parts(img, &slice, w);
	if (r == 0)
		img->choice = NULL; /* was meant for the outermost */
	return r;
}

const struct file_type file_type_uki = {
	.name = "uki",
	.label = "unified kernel image",
	.shape = CONTAINER,
	.open = uki_open,
};
