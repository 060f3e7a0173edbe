// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unified kernel images: UAPI.5, FORMATS.md section 2.
 *
 * What opening one gives is the embedded image of DESIGN.md: the base sections,
 * those in front of the first .profile, each overridden by the section of the
 * same name in profile @0. Everything that a user may choose beyond that is an
 * overlay and not decided here.
 */
#include <errno.h>
#include <string.h>

#include "kexec/formats/formats.h"
#include "kexec/formats/pe.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

/* The sections that may stand only once in a slice: the base, or one profile. */
enum uki_section {
	UKI_LINUX,
	UKI_OSREL,
	UKI_CMDLINE,
	UKI_INITRD,
	UKI_UCODE,
	UKI_SPLASH,
	UKI_DTB,
	UKI_HWIDS,
	UKI_UNAME,
	UKI_SBAT,
	UKI_PCRSIG,
	UKI_PCRPKEY,
	UKI_LINUXH, /* thin image: .linux is a path, this its digest */
	UKI_BPF,    /* parser program */
	UKI_SECTIONS
};

static const char *const section_names[UKI_SECTIONS] = {
	[UKI_LINUX] = ".linux",	  [UKI_OSREL] = ".osrel",     [UKI_CMDLINE] = ".cmdline",
	[UKI_INITRD] = ".initrd", [UKI_UCODE] = ".ucode",     [UKI_SPLASH] = ".splash",
	[UKI_DTB] = ".dtb",	  [UKI_HWIDS] = ".hwids",     [UKI_UNAME] = ".uname",
	[UKI_SBAT] = ".sbat",	  [UKI_PCRSIG] = ".pcrsig",   [UKI_PCRPKEY] = ".pcrpkey",
	[UKI_LINUXH] = ".linuxh", [UKI_BPF] = ".bpf",
};

struct slice {
	const struct pe_section *by_name[UKI_SECTIONS];
};

static enum uki_section section_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < UKI_SECTIONS; i++)
		if (strcmp(section_names[i], name) == 0)
			break;
	return i;
}

/* Sorts the sections into the base and profile @0; later profiles are only checked. */
static int read_slices(struct slice *base, struct slice *profile, const struct pe *pe,
		       struct why *w)
{
	struct slice later = { 0 }, *slice = base;
	unsigned int nr_profiles = 0, nr_programs = 0; /* of the latter one, wherever it stands */

	for (size_t i = 0; i < pe->nr_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		enum uki_section name;

		if (strcmp(s->name, ".profile") == 0) {
			later = (struct slice){ 0 };
			slice = nr_profiles++ == 0 ? profile : &later;
			continue;
		}
		name = section_by_name(s->name);
		if (name == UKI_SECTIONS)
			continue;
		if (slice->by_name[name])
			return why(w, -EBADMSG, "section %zu (%s) appears a second time%s", i,
				   s->name, nr_profiles ? " in its profile" : "");
		if (name == UKI_BPF && nr_programs++ > 0)
			return why(w, -EBADMSG, "section %zu (.bpf) appears a second time", i);
		if (name == UKI_BPF && s->file_len == 0)
			return why(w, -EBADMSG, "section %zu (.bpf) is empty", i);
		slice->by_name[name] = s;
	}
	return 0;
}

/* A section that is there in name only takes the base's away, as it does for the stub. */
static void override(struct slice *base, const struct slice *profile)
{
	for (unsigned int i = 0; i < UKI_SECTIONS; i++) {
		if (profile->by_name[i])
			base->by_name[i] = profile->by_name[i];
		if (base->by_name[i] && base->by_name[i]->file_len == 0)
			base->by_name[i] = NULL;
	}
}

/* pe_read() proved that the section is inside the image. */
static struct extent section_bytes(const struct extent *image, const struct pe_section *s)
{
	struct extent e = { .blob = image->blob };

	extent_sub(&e, image, s->file_off, s->file_len);
	return e;
}

static bool is_trailing_junk(unsigned char c)
{
	return c <= 0x20 || c == 0x7f;
}

#define STEP 4096

/*
 * The length of a command line: cut at the first NUL, then behind the last
 * character that is no blank or control character. Whatever the section holds
 * behind that may be of any size.
 */
static int cmdline_len(size_t *ret, const struct extent *section, struct why *w)
{
	size_t len = 0;

	for (uint64_t off = 0; off < section->len; off += STEP) {
		unsigned char text[STEP];
		size_t n = section->len - off < STEP ? section->len - off : STEP, end;
		int r = extent_read(section, off, text, n, w);

		if (r < 0)
			return r;
		end = strnlen((char *)text, n);
		for (size_t i = 0; i < end; i++)
			if (!is_trailing_junk(text[i]))
				len = off + i + 1;
		if (len > LIMIT_CMDLINE)
			return why(w, -E2BIG, "section .cmdline has more than %llu characters",
				   (unsigned long long)LIMIT_CMDLINE);
		if (end < n)
			break;
	}
	*ret = len;
	return 0;
}

/* An inner image's is checked as well, though an outer one has set it already. */
static int read_cmdline(struct boot_image *img, const struct extent *section, struct why *w)
{
	autofree unsigned char *text = NULL;
	size_t len = 0;
	int r = cmdline_len(&len, section, w);

	if (r < 0 || len == 0 || img->cmdline)
		return r;
	r = extent_dup(section, 0, len, &text, w);
	if (r < 0)
		return r;
	r = boot_image_set_cmdline(img, (char *)text, len, "section .cmdline", w);
	if (r == 0)
		img->cmdline_bytes = *section;
	return r;
}

/* Adds what the image has and no outer layer has set; the kernel last, since it is the input. */
static int take_parts(struct boot_image *img, const struct slice *s, struct why *w)
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
		bytes = section_bytes(&image, section);
		r = boot_image_add_initrd(img, &bytes, initrds[i] == UKI_UCODE ?
					  "section .ucode" : "section .initrd", w);
		if (r < 0)
			return r;
	}
	if (s->by_name[UKI_CMDLINE]) {
		struct extent bytes = section_bytes(&image, s->by_name[UKI_CMDLINE]);

		r = read_cmdline(img, &bytes, w);
		if (r < 0)
			return r;
	}
	img->kernel.bytes = section_bytes(&image, s->by_name[UKI_LINUX]);
	strcpy(img->kernel.origin, "section .linux");
	/*
	 * Sections are padded to 512 bytes, and hashing the padding would break the
	 * inner kernel's own signature.
	 */
	return pe_cut_at_certificates(&img->kernel.bytes, w);
}

static int uki_open(struct boot_image *img, struct why *w)
{
	struct slice base = { 0 }, profile = { 0 };
	autope struct pe pe = { 0 };
	int r;

	r = pe_read(&pe, &img->kernel.bytes, w);
	if (r == 0)
		r = read_slices(&base, &profile, &pe, w);
	if (r < 0)
		return r;
	override(&base, &profile);
	if (base.by_name[UKI_LINUXH])
		return why(w, -EOPNOTSUPP,
			   "thin image: its kernel is a file of its own (section .linuxh)");
	if (!base.by_name[UKI_LINUX])
		return why(w, -EBADMSG, "EFI program without a kernel (section .linux)");
	return take_parts(img, &base, w);
}

const struct file_type file_type_uki = {
	.name = "uki",
	.label = "unified kernel image",
	.shape = CONTAINER,
	.open = uki_open,
};
