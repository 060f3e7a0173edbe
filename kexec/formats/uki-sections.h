/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sections of a unified kernel image or of one of its addons, after a
 * profile has been chosen: UAPI.5, FORMATS.md section 2.
 */
#ifndef KEXEC_FORMATS_UKI_SECTIONS_H
#define KEXEC_FORMATS_UKI_SECTIONS_H

#include "kexec/boot-image.h"
#include "kexec/formats/pe.h"

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
	UKI_PROFILE,
	UKI_SECTIONS
};

/* What counts; NULL: absent, or empty. Points into the struct pe. */
struct uki_slice {
	const struct pe_section *by_name[UKI_SECTIONS];
};

/*
 * The base, those sections in front of the first .profile, overridden by the
 * ones of the chosen profile. @choice NULL: profile 0, if there is one.
 * -EBADMSG: a section twice in one slice, an empty .bpf or a second one;
 * -EINVAL: no such profile (the reason lists those that there are); -errno of reading.
 */
int uki_read_sections(struct uki_slice *ret, const struct pe *pe, const struct extent *image,
		      const struct uki_choice *choice, struct why *w);

/* The bytes of a section, which pe_read() proved to be inside. */
struct extent uki_section_bytes(const struct extent *image, const struct pe_section *s);

/*
 * Text of a section for people or for a command line: cut at the first NUL, then
 * behind the last character that is no blank or control character. malloc'ed;
 * NULL if nothing is left. -E2BIG over LIMIT_CMDLINE characters; -ENOMEM; -errno of reading.
 */
int uki_section_text(char **ret, const struct extent *section, const char *name, struct why *w);

#endif
