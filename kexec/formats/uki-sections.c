// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/formats/uki-sections.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

static const char *const section_names[UKI_SECTIONS] = {
	[UKI_LINUX] = ".linux",	  [UKI_OSREL] = ".osrel",     [UKI_CMDLINE] = ".cmdline",
	[UKI_INITRD] = ".initrd", [UKI_UCODE] = ".ucode",     [UKI_SPLASH] = ".splash",
	[UKI_DTB] = ".dtb",	  [UKI_HWIDS] = ".hwids",     [UKI_UNAME] = ".uname",
	[UKI_SBAT] = ".sbat",	  [UKI_PCRSIG] = ".pcrsig",   [UKI_PCRPKEY] = ".pcrpkey",
	[UKI_LINUXH] = ".linuxh", [UKI_BPF] = ".bpf",	      [UKI_PROFILE] = ".profile",
};

static enum uki_section section_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < UKI_SECTIONS; i++)
		if (strcmp(section_names[i], name) == 0)
			break;
	return i;
}

struct extent uki_section_bytes(const struct extent *image, const struct pe_section *s)
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

/* Whatever the section holds behind the text may be of any size. */
static int text_len(size_t *ret, const struct extent *section, const char *name, struct why *w)
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
			return why(w, -E2BIG, "section %s has more than %llu characters", name,
				   (unsigned long long)LIMIT_CMDLINE);
		if (end < n)
			break;
	}
	*ret = len;
	return 0;
}

int uki_section_text(char **ret, const struct extent *section, const char *name, struct why *w)
{
	autofree unsigned char *raw = NULL;
	size_t len = 0;
	char *text;
	int r = text_len(&len, section, name, w);

	if (r == 0)
		r = extent_dup(section, 0, len, &raw, w);
	if (r < 0)
		return r;
	if (len == 0) {
		*ret = NULL;
		return 0;
	}
	text = strndup((char *)raw, len);
	if (!text)
		return why(w, -ENOMEM, "out of memory");
	*ret = text;
	return 0;
}

/*
 * Profiles
 */

/* The value behind "ID=" in the text of a .profile section, quoted or not; "": none. */
static void find_id(char *ret, size_t size, const char *text)
{
	const char *line = text, *value;
	size_t len;

	ret[0] = '\0';
	while (strncmp(line, "ID=", 3) != 0) {
		line = strchr(line, '\n');
		if (!line++)
			return;
	}
	value = line + 3;
	len = strcspn(value, "\r\n");
	if (len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0]) {
		value++;
		len -= 2;
	}
	snprintf(ret, size, "%.*s", (int)len, value);
}

#define ID_SIZE 64

static int read_id(char ret[ID_SIZE], const struct pe_section *s, const struct extent *image,
		   struct why *w)
{
	const struct extent bytes = uki_section_bytes(image, s);
	autofree char *text = NULL;
	int r = uki_section_text(&text, &bytes, ".profile", w);

	if (r == 0)
		find_id(ret, ID_SIZE, text ? text : "");
	return r;
}

/* The number of the profile that people call @id; all are listed if it is none. */
static int find_profile(unsigned int *ret, const struct pe *pe, const struct extent *image,
			const char *id, struct why *w)
{
	unsigned int nr = 0;
	char ids[WHY_SIZE / 2] = "";
	size_t used = 0;

	for (size_t i = 0; i < pe->nr_sections; i++) {
		char have[ID_SIZE];
		int r;

		if (strcmp(pe->sections[i].name, ".profile") != 0)
			continue;
		r = read_id(have, &pe->sections[i], image, w);
		if (r < 0)
			return r;
		if (have[0] && strcmp(have, id) == 0) {
			*ret = nr;
			return 0;
		}
		if (used < sizeof(ids))
			used += snprintf(ids + used, sizeof(ids) - used, "%s%u%s%s%s",
					 nr ? ", " : "", nr, have[0] ? " (" : "", have,
					 have[0] ? ")" : "");
		nr++;
	}
	return why(w, -EINVAL, "it has no profile called '%s', %s%s", id,
		   nr ? "only " : "and no profiles at all", ids);
}

/*
 * Slices
 */

/* Adds a section to its slice. The program is one for all of them. */
static int add_section(struct uki_slice *slice, const struct pe *pe, size_t i, bool in_profile,
		       unsigned int *nr_programs, struct why *w)
{
	const struct pe_section *s = &pe->sections[i];
	enum uki_section name = section_by_name(s->name);

	if (name == UKI_SECTIONS)
		return 0;
	if (slice->by_name[name])
		return why(w, -EBADMSG, "section %zu (%s) appears a second time%s", i, s->name,
			   in_profile ? " in its profile" : "");
	if (name == UKI_BPF && (*nr_programs)++ > 0)
		return why(w, -EBADMSG, "section %zu (.bpf) appears a second time", i);
	if (name == UKI_BPF && s->file_len == 0)
		return why(w, -EBADMSG, "section %zu (.bpf) is empty", i);
	slice->by_name[name] = s;
	return 0;
}

/* A section that is there in name only takes the base's away, as it does for the stub. */
static void override(struct uki_slice *base, const struct uki_slice *profile)
{
	for (unsigned int i = 0; i < UKI_SECTIONS; i++) {
		if (profile->by_name[i])
			base->by_name[i] = profile->by_name[i];
		if (base->by_name[i] && base->by_name[i]->file_len == 0)
			base->by_name[i] = NULL;
	}
}

int uki_read_sections(struct uki_slice *ret, const struct pe *pe, const struct extent *image,
		      const struct uki_choice *choice, struct why *w)
{
	struct uki_slice base = { 0 }, chosen = { 0 }, other = { 0 }, *slice = &base;
	unsigned int nr_profiles = 0, nr_programs = 0, wanted = choice ? choice->number : 0;
	int r = 0;

	if (choice && choice->id)
		r = find_profile(&wanted, pe, image, choice->id, w);
	for (size_t i = 0; r == 0 && i < pe->nr_sections; i++) {
		if (strcmp(pe->sections[i].name, section_names[UKI_PROFILE]) == 0) {
			other = (struct uki_slice){ 0 };
			slice = nr_profiles++ == wanted ? &chosen : &other;
		}
		r = add_section(slice, pe, i, slice != &base, &nr_programs, w);
	}
	if (r < 0)
		return r;
	/* Without profiles the base is what @0 means; any other number means something else. */
	if (wanted > 0 && wanted >= nr_profiles)
		return why(w, -EINVAL, "it has no profile %u: %u are there, counted from 0", wanted,
			   nr_profiles);
	override(&base, &chosen);
	*ret = base;
	return 0;
}
