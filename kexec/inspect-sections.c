// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of each section of a PE file, and what those say that hold text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/file-type.h"
#include "kexec/inspect.h"
#include "lib/cleanup.h"

enum holds {
	HOLDS_BYTES,
	HOLDS_TEXT,
	HOLDS_DIGEST, /* of a file elsewhere, in a thin image */
	HOLDS_IMAGE,  /* text if the image is a thin one: the path of a file */
};

/* What a section is for, as far as it is not used. The names are UAPI.5's. */
static const struct known {
	const char *name, *note;
	enum holds holds;
} known[] = {
	{ ".linux", "no kernel that could be opened", HOLDS_IMAGE },
	{ ".initrd", "the image around this one has initrds already", HOLDS_IMAGE },
	{ ".ucode", "the image around this one has initrds already", HOLDS_BYTES },
	{ ".cmdline", "the image around this one has a command line already", HOLDS_TEXT },
	{ ".linuxh", "digest of the file that .linux names (thin image)", HOLDS_DIGEST },
	{ ".initrdh", "digest of the file that .initrd names (thin image)", HOLDS_DIGEST },
	{ ".bpf", "parser program", HOLDS_BYTES },
	{ ".profile", "starts a profile", HOLDS_TEXT },
	{ ".osrel", "describes the system, is not needed to boot it", HOLDS_TEXT },
	{ ".uname", "release of the kernel, which addons are matched with", HOLDS_TEXT },
	{ ".sbat", "for revocation by firmware, not evaluated here", HOLDS_TEXT },
	{ ".sdmagic", "version of the stub", HOLDS_TEXT },
	{ ".splash", "picture for the stub to show", HOLDS_BYTES },
	{ ".dtb", "the running system's device tree is passed on instead", HOLDS_BYTES },
	{ ".dtbauto", "device tree for a machine that matches, not chosen", HOLDS_BYTES },
	{ ".hwids", "machines that device trees are chosen by", HOLDS_BYTES },
	{ ".efifw", "firmware for the stub to install", HOLDS_BYTES },
	{ ".pcrsig", "for TPM policies; kexec does not extend PCR 11", HOLDS_TEXT },
	{ ".pcrpkey", "for TPM policies; kexec does not extend PCR 11", HOLDS_TEXT },
};

/* Sections that link editors make; "the EFI program's own". */
static const char *const programs[] = {
	".text", ".rodata", ".data", ".bss", ".reloc", ".setup", ".compat", ".dynamic", ".dynsym",
	".dynstr", ".rela", ".eh_frame", ".rdata", ".pad",
};

static const struct known *find_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return NULL;
}

static bool is_program(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (strcmp(programs[i], name) == 0)
			return true;
	return false;
}

/* Does @outer hold @inner, and is that anything at all? */
static bool holds(const struct extent *outer, const struct extent *inner)
{
	return inner->blob == outer->blob && inner->len > 0 && inner->off >= outer->off &&
	       range_fits(outer->len, inner->off - outer->off, inner->len);
}

/* What the section is used for, seen from what came out. */
static const char *find_use(const struct inspect *i, size_t nr, const struct extent *section)
{
	const struct file_type *format = i->layers[nr].format;
	const struct boot_image *img = &i->img;

	if (format && format->shape == BARE_KERNEL)
		return "kernel";
	if (nr + 1 < i->nr_layers) {
		const struct boot_part *inner = &i->layers[nr + 1].part;

		if (holds(section, &inner->bytes) || (inner->packed.blob &&
						      holds(section, &inner->packed)))
			return "kernel";
	}
	if (img->parser.blob && holds(section, &img->parser))
		return "parser";
	if (i->why.err) /* nothing came out */
		return NULL;
	for (size_t k = 0; k < img->nr_initrd; k++)
		if (holds(section, &img->initrd[k].bytes))
			return "initrd";
	if (img->cmdline_bytes.blob && holds(section, &img->cmdline_bytes))
		return "cmdline";
	if (img->dtb.bytes.blob && holds(section, &img->dtb.bytes))
		return "dtb";
	return NULL;
}

static bool is_overridden(const struct inspect_layer *l, size_t nr)
{
	const char *name = l->pe.sections[nr].name;

	for (size_t k = 0; l->sections[nr].slice == 0 && k < l->pe.nr_sections; k++)
		if (l->sections[k].slice == 1 && strcmp(l->pe.sections[k].name, name) == 0 &&
		    strcmp(name, ".profile") != 0)
			return true;
	return false;
}

static const char *find_note(const struct inspect *i, const struct inspect_layer *l, size_t nr)
{
	const struct pe_section *s = &l->pe.sections[nr];
	const struct known *k = find_known(s->name);

	if (strcmp(s->name, ".profile") == 0 && l->sections[nr].slice == 1)
		return "starts profile @0, which is taken unless another one is asked for";
	if (strcmp(s->name, ".profile") == 0)
		return "starts a profile that is not taken unless asked for";
	if (s->file_len == 0)
		return "is empty";
	if (l->sections[nr].slice > 1)
		return "belongs to a profile that is not taken unless asked for";
	if (is_overridden(l, nr))
		return "profile @0 has its own";
	if (is_program(s->name))
		return "the EFI program's own code and data";
	if (k && k->holds == HOLDS_IMAGE && pe_section(&l->pe, ".linuxh"))
		return "names a file elsewhere (thin image)";
	if (k && i->why.err && (k->holds == HOLDS_IMAGE || strcmp(s->name, ".cmdline") == 0))
		return "not taken: the image is refused";
	if (k && strcmp(s->name, ".cmdline") == 0 && !i->img.cmdline)
		return "holds nothing but blanks";
	return k ? k->note : "is not known";
}

/* The rest of the section, behind a NUL, is padding. */
static int read_text(struct inspect_section *is, const struct extent *section, struct why *w)
{
	size_t len = section->len < LIMIT_SHOWN_TEXT ? section->len : LIMIT_SHOWN_TEXT;
	int r = extent_dup(section, 0, len, &is->text, w);

	if (r < 0)
		return r;
	is->text_len = strnlen((char *)is->text, len);
	is->text_cut = is->text_len == len && len < section->len;
	return 0;
}

static int read_digest(struct inspect_section *is, const struct extent *section, struct why *w)
{
	unsigned char digest[DIGEST_SIZE];
	int r;

	if (section->len != sizeof(digest))
		return 0;
	r = extent_read(section, 0, digest, sizeof(digest), w);
	if (r < 0)
		return r;
	is->text = malloc(DIGEST_TEXT);
	if (!is->text)
		return why(w, -ENOMEM, "out of memory");
	digest_text((char *)is->text, digest);
	is->text_len = DIGEST_TEXT - 1;
	return 0;
}

static int read_content(struct inspect_section *is, const struct pe *pe, const char *name,
			const struct extent *section, struct why *w)
{
	const struct known *k = find_known(name);

	if (!k || section->len == 0)
		return 0;
	if (k->holds == HOLDS_TEXT || (k->holds == HOLDS_IMAGE && pe_section(pe, ".linuxh")))
		return read_text(is, section, w);
	return k->holds == HOLDS_DIGEST ? read_digest(is, section, w) : 0;
}

static int read_section(struct inspect *i, size_t nr, size_t k, struct why *w)
{
	struct inspect_layer *l = &i->layers[nr];
	const struct pe_section *s = &l->pe.sections[k];
	struct inspect_section *is = &l->sections[k];
	struct why ignored = { 0 };
	struct extent bytes = { 0 };
	int r = 0;

	extent_sub(&bytes, &l->part.bytes, s->file_off, s->file_len);
	is->use = find_use(i, nr, &bytes);
	is->note = is->use ? NULL : find_note(i, l, k);
	if (!l->overlap) {
		r = digest_extent(is->sha256, &bytes, &ignored);
		is->hashed = r == 0;
	}
	if (r < 0 && r != -EOPNOTSUPP)
		return why(w, r, "%s", ignored.text);
	return read_content(is, &l->pe, s->name, &bytes, w);
}

int inspect_sections(struct inspect *i, size_t nr, struct why *w)
{
	struct inspect_layer *l = &i->layers[nr];
	unsigned int slice = 0;
	uint64_t sum = 0;
	int r = 0;

	l->sections = calloc(l->pe.nr_sections, sizeof(*l->sections));
	if (!l->sections)
		return why(w, -ENOMEM, "out of memory");
	for (size_t k = 0; k < l->pe.nr_sections; k++) {
		slice += strcmp(l->pe.sections[k].name, ".profile") == 0;
		l->sections[k].slice = slice;
		sum += l->pe.sections[k].file_len;
	}
	/* A section may be the whole file, and all of them the same: too much to hash. */
	l->overlap = sum > l->part.bytes.len;
	for (size_t k = 0; r == 0 && k < l->pe.nr_sections; k++)
		r = read_section(i, nr, k, w);
	return r;
}

/* ---- ELF envelopes ---- */

static const char *envelope_note(const struct inspect *i, const struct envelope_section *s)
{
	if (strcmp(s->name, ".shstrtab") == 0)
		return "names of the sections";
	if (s->bytes.len == 0)
		return "is empty";
	if (i->why.err && find_known(s->name))
		return "not taken: the image is refused";
	return strcmp(s->name, ".initrd") == 0 || strcmp(s->name, ".cmdline") == 0 ?
		       find_known(s->name)->note :
		       "is not known";
}

static int read_envelope_section(struct inspect *i, size_t nr, size_t k, struct why *w)
{
	struct inspect_layer *l = &i->layers[nr];
	const struct envelope_section *s = &l->envelope[k];
	struct inspect_section *is = &l->sections[k];
	struct why ignored = { 0 };
	int r = 0;

	is->use = find_use(i, nr, &s->bytes);
	is->note = is->use ? NULL : envelope_note(i, s);
	if (!l->overlap && s->bytes.blob) {
		r = digest_extent(is->sha256, &s->bytes, &ignored);
		is->hashed = r == 0;
	}
	if (r < 0 && r != -EOPNOTSUPP)
		return why(w, r, "%s", ignored.text);
	return strcmp(s->name, ".cmdline") == 0 && s->bytes.len > 0 ? read_text(is, &s->bytes, w) : 0;
}

int inspect_envelope(struct inspect *i, size_t nr, struct why *w)
{
	struct inspect_layer *l = &i->layers[nr];
	struct why ignored = { 0 };
	uint64_t sum = 0;
	int r = 0;

	if (l->is_pe)
		return 0;
	r = envelope_sections(&l->envelope, &l->nr_envelope, &l->part.bytes, &ignored);
	if (r == -ENOEXEC || r == -EBADMSG || r == -E2BIG)
		return 0; /* why is told by who wanted to open it */
	if (r < 0)
		return why(w, r, "%s", ignored.text);
	l->sections = calloc(l->nr_envelope + 1, sizeof(*l->sections));
	if (!l->sections)
		return why(w, -ENOMEM, "out of memory");
	for (size_t k = 0; k < l->nr_envelope; k++)
		sum += l->envelope[k].bytes.len;
	l->overlap = sum > l->part.bytes.len;
	for (size_t k = 0; r == 0 && k < l->nr_envelope; k++)
		r = read_envelope_section(i, nr, k, w);
	return r;
}
