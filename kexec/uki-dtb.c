// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/formats/formats.h"
#include "kexec/uki-dtb.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#ifdef HAVE_FDT
#include <libfdt.h>

/* The first string of "compatible" at the root; "": there is none, or this is no device tree. */
static int first_compatible(char *ret, size_t size, const struct extent *tree, struct why *w)
{
	autofree unsigned char *data = NULL;
	const char *value;
	int len, r;

	ret[0] = '\0';
	if (tree->len > LIMIT_DEVICE_TREE || tree->len < sizeof(struct fdt_header))
		return 0;
	r = extent_dup(tree, 0, tree->len, &data, w);
	if (r < 0 || fdt_check_full(data, tree->len) != 0)
		return r;
	value = fdt_getprop(data, 0, "compatible", &len);
	if (value && len > 0 && strnlen(value, len) < (size_t)len && strlen(value) < size)
		strcpy(ret, value);
	return 0;
}
#else
static int first_compatible(char *ret, size_t size, const struct extent *tree, struct why *w)
{
	(void)size;
	(void)tree;
	(void)w;
	ret[0] = '\0';
	return 0;
}
#endif

/* ---- .hwids ---- */

#define ENTRY	     28
#define ENTRY_GUID   4
#define ENTRY_COMPAT 24
#define DESC_DTB     (UINT32_C(1) << 28 | ENTRY)

/* A string of the section; false if it is none, or too long for anything that we compare it with.
 */
static bool get_string(char *ret, size_t size, struct span hwids, uint32_t off)
{
	size_t n = 0;
	char c = 1;

	for (; n < size && c; n++) {
		if (!span_get(&c, hwids, (uint64_t)off + n, 1))
			return false;
		ret[n] = c;
	}
	return c == '\0';
}

static bool find_chid(char *ret, size_t size, struct span hwids, const unsigned char *chid)
{
	uint32_t desc, off;

	for (uint64_t at = 0; span_le32(hwids, at, &desc) && desc; at += desc & 0xfffffff) {
		if ((desc & 0xfffffff) < ENTRY)
			return false;
		if (desc == DESC_DTB && span_is(hwids, at + ENTRY_GUID, chid, CHID_SIZE) &&
		    span_le32(hwids, at + ENTRY_COMPAT, &off) && off)
			return get_string(ret, size, hwids, off);
	}
	return false;
}

/* What the table calls this machine; "": nothing. */
static int find_by_hwids(char *ret, size_t size, const struct extent *section,
			 const struct machine_id *id, struct why *w)
{
	autofree unsigned char *data = NULL;
	int r;

	ret[0] = '\0';
	if (section->len > LIMIT_HWIDS)
		return why(w, -E2BIG, "section .hwids of more than %llu KiB",
			   (unsigned long long)(LIMIT_HWIDS / KiB));
	r = extent_dup(section, 0, section->len, &data, w);
	for (size_t i = 0; r == 0 && i < id->nr_chids; i++)
		if (find_chid(ret, size, (struct span){ data, section->len }, id->chids[i]))
			return 0;
	ret[0] = '\0';
	return r;
}

/* ---- the choice ---- */

int uki_dtb_choose(const struct pe_section **ret, const struct uki_slice *slice,
		   const struct extent *image, const struct machine_id *id, struct why *w)
{
	char want[sizeof(id->compatible)] = "", have[sizeof(want)];
	const struct pe_section *found = NULL;
	int r = 0;

	if (id && id->compatible[0]) {
		strcpy(want, id->compatible);
	} else if (id && slice->by_name[UKI_HWIDS]) {
		const struct extent e = uki_section_bytes(image, slice->by_name[UKI_HWIDS]);

		r = find_by_hwids(want, sizeof(want), &e, id, w);
	}
	for (size_t i = 0; r == 0 && want[0] && !found && i < slice->nr_dtbauto; i++) {
		const struct extent e = uki_section_bytes(image, slice->dtbauto[i]);

		r = first_compatible(have, sizeof(have), &e, w);
		if (r == 0 && strcmp(have, want) == 0)
			found = slice->dtbauto[i];
	}
	if (r < 0)
		return r;
	*ret = found ? found : slice->by_name[UKI_DTB];
	return 0;
}

int uki_dtb_take(struct boot_image *img, const struct uki_choice *choice,
		 const struct machine_id *id, struct why *w)
{
	const struct pe_section *s = NULL;
	autope struct pe pe = { 0 };
	struct uki_slice slice;
	struct extent image;
	size_t i = 0;
	int r;

	while (i < img->nr_layers && img->layers[i] != &file_type_uki)
		i++;
	if (i == img->nr_layers || img->dtb.given)
		return 0;
	image = img->opened[i].bytes;
	r = pe_read(&pe, &image, w);
	if (r == 0)
		r = uki_read_sections(&slice, &pe, &image, choice, w);
	if (r == 0)
		r = uki_dtb_choose(&s, &slice, &image, id, w);
	if (r < 0 || !s)
		return r;
	img->dtb = (struct boot_part){ .bytes = uki_section_bytes(&image, s) };
	snprintf(img->dtb.origin, sizeof(img->dtb.origin), "section %s", s->name);
	return 0;
}
