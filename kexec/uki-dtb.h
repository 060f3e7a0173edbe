/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of its device trees a UKI, or an addon, has for this machine, as its stub
 * would choose: FORMATS.md section 2, "Devicetree".
 */
#ifndef KEXEC_UKI_DTB_H
#define KEXEC_UKI_DTB_H

#include "kexec/formats/uki-sections.h"
#include "kexec/sys.h"
#include "lib/why.h"

#define CHID_SIZE 16
#define CHIDS	  12

/* What tells machines apart: their device tree, or what their firmware says of them. */
struct machine_id {
	char compatible[128]; /* the first one of the running device tree; "": there is none */

	/* Computer hardware ids, as a GUID is stored; in the order in which they are tried. */
	unsigned char chids[CHIDS][CHID_SIZE];
	size_t nr_chids;
};

/* Never fails: what is not there does not match. */
void machine_id_read(struct machine_id *ret, const struct sys *sys);

/* The id of @nr fields, each of at most 255 characters. -EOPNOTSUPP without libcrypto; -EINVAL. */
int chid_make(unsigned char ret[CHID_SIZE], const char *const *fields, size_t nr);

/*
 * The section, NULL if none is for this machine: the first .dtbauto that is, else
 * .dtb. @id NULL: .dtb only. What is no device tree is for no machine. -ENOMEM,
 * -errno of reading.
 */
int uki_dtb_choose(const struct pe_section **ret, const struct uki_slice *slice,
		   const struct extent *image, const struct machine_id *id, struct why *w);

/* Into @img, for its outermost UKI, unless the user gave one. Errors as above. */
int uki_dtb_take(struct boot_image *img, const struct uki_choice *choice,
		 const struct machine_id *id, struct why *w);

#endif
