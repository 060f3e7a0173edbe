// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ELF envelope that kexec-image envelope writes: a kernel image, an initrd
 * and a command line as sections of an ELF file; BPF_ABI.md, "The ELF envelope".
 *
 * ELF: "System V ABI", chapter 4. A file with program headers is something to be
 * executed, and none of ours.
 */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/span.h"

enum part {
	KERNEL,
	INITRD,
	CMDLINE,
	PARTS
};

static const char *const part_names[PARTS] = {
	[KERNEL] = ".kernel", [INITRD] = ".initrd", [CMDLINE] = ".cmdline",
};

struct envelope {
	struct extent part[PARTS]; /* .blob NULL: not there */
};

struct table {
	struct extent image;
	uint64_t off;
	unsigned int nr;
	unsigned char *names; /* the string table, NUL at its end */
	size_t names_len;
};

static bool is_envelope(const Elf64_Ehdr *eh)
{
	return memcmp(eh->e_ident, ELFMAG, SELFMAG) == 0 &&
	       eh->e_ident[EI_CLASS] == ELFCLASS64 && eh->e_ident[EI_DATA] == ELFDATA2LSB &&
	       le16toh(eh->e_type) == ET_EXEC && eh->e_phnum == 0 && eh->e_shnum != 0;
}

static int read_section(Elf64_Shdr *ret, const struct table *t, unsigned int i, struct why *w)
{
	return extent_read(&t->image, t->off + i * sizeof(*ret), ret, sizeof(*ret), w);
}

/* The names that section @index holds. Every one must end inside. */
static int read_names(struct table *t, unsigned int index, struct why *w)
{
	uint64_t size;
	Elf64_Shdr sh;
	int r;

	if (index >= t->nr)
		return why(w, -EBADMSG, "ELF envelope: names are in section %u of %u", index, t->nr);
	r = read_section(&sh, t, index, w);
	if (r < 0)
		return r;
	size = le64toh(sh.sh_size);
	if (le32toh(sh.sh_type) != SHT_STRTAB || size == 0 || size > LIMIT_ENVELOPE_NAMES)
		return why(w, -EBADMSG, "ELF envelope: section %u holds no names", index);
	r = extent_dup(&t->image, le64toh(sh.sh_offset), size, &t->names, w);
	if (r < 0)
		return r;
	if (t->names[size - 1] != '\0')
		return why(w, -EBADMSG, "ELF envelope: the last name does not end");
	t->names_len = size;
	return 0;
}

/* A section header and its name, which ends inside of the names. */
static int name_section(Elf64_Shdr *ret, const char **ret_name, const struct table *t,
			unsigned int i, struct why *w)
{
	int r = read_section(ret, t, i, w);

	if (r < 0)
		return r;
	if (le32toh(ret->sh_name) >= t->names_len)
		return why(w, -EBADMSG, "ELF envelope: the name of section %u is outside the names", i);
	*ret_name = (const char *)t->names + le32toh(ret->sh_name);
	return 0;
}

static int take_section(struct envelope *e, const struct table *t, unsigned int i, struct why *w)
{
	const char *name = NULL;
	Elf64_Shdr sh;
	int r = name_section(&sh, &name, t, i, w);

	for (unsigned int p = 0; r == 0 && p < PARTS; p++) {
		if (strcmp(name, part_names[p]) != 0)
			continue;
		if (le32toh(sh.sh_type) != SHT_PROGBITS)
			return why(w, -EBADMSG, "ELF envelope: section %u (%s) has no bytes", i, name);
		if (e->part[p].blob)
			return why(w, -EBADMSG, "ELF envelope: section %u (%s) appears a second time",
				   i, name);
		if (!extent_sub(&e->part[p], &t->image, le64toh(sh.sh_offset),
				le64toh(sh.sh_size)))
			return why(w, -EBADMSG, "ELF envelope: section %u (%s) is outside the file", i,
				   name);
	}
	return r;
}

/* @ret->names is malloc'ed. */
static int read_table(struct table *ret, const struct extent *image, struct why *w)
{
	struct table t = { .image = *image };
	Elf64_Ehdr eh;
	int r = extent_head(image, &eh, sizeof(eh), w);

	if (r < 0)
		return r;
	if ((size_t)r < sizeof(eh) || !is_envelope(&eh))
		return -ENOEXEC;
	t.off = le64toh(eh.e_shoff);
	t.nr = le16toh(eh.e_shnum);
	if (le16toh(eh.e_shentsize) != sizeof(Elf64_Shdr))
		return why(w, -EBADMSG, "ELF envelope: section headers of %u bytes",
			   le16toh(eh.e_shentsize));
	if (t.nr > LIMIT_BPF_ELF_SECTIONS)
		return why(w, -E2BIG, "ELF envelope has %u sections, more than %d", t.nr,
			   LIMIT_BPF_ELF_SECTIONS);
	if (!range_fits(image->len, t.off, t.nr * sizeof(Elf64_Shdr)))
		return why(w, -EBADMSG, "ELF envelope: section table is outside the file");
	r = read_names(&t, le16toh(eh.e_shstrndx), w);
	if (r == 0)
		*ret = t;
	else
		free(t.names);
	return r;
}

static int read_envelope(struct envelope *ret, const struct extent *image, struct why *w)
{
	autofree unsigned char *names = NULL;
	struct envelope e = { 0 };
	struct table t;
	int r = read_table(&t, image, w);

	if (r < 0)
		return r;
	names = t.names;
	for (unsigned int i = 1; r == 0 && i < t.nr; i++)
		r = take_section(&e, &t, i, w);
	if (r == 0)
		*ret = e;
	return r;
}

int envelope_sections(struct envelope_section **ret, size_t *ret_nr, const struct extent *image,
		      struct why *w)
{
	autofree struct envelope_section *list = NULL;
	autofree unsigned char *names = NULL;
	struct table t;
	int r = read_table(&t, image, w);

	if (r < 0)
		return r;
	names = t.names;
	list = calloc(t.nr, sizeof(*list));
	if (!list)
		return why(w, -ENOMEM, "out of memory");
	for (unsigned int i = 1; i < t.nr; i++) {
		const char *name = NULL;
		Elf64_Shdr sh;

		r = name_section(&sh, &name, &t, i, w);
		if (r < 0)
			return r;
		snprintf(list[i - 1].name, sizeof(list[i - 1].name), "%s", name);
		if (le32toh(sh.sh_type) != SHT_NOBITS)
			extent_sub(&list[i - 1].bytes, image, le64toh(sh.sh_offset),
				   le64toh(sh.sh_size));
	}
	*ret = take_ptr(list);
	*ret_nr = t.nr - 1;
	return 0;
}

/* The envelope's own writer ends it with a NUL; anything behind one is not meant. */
static int take_cmdline(struct boot_image *img, const struct extent *section, struct why *w)
{
	autofree unsigned char *text = NULL;
	size_t len;
	int r;

	if (section->len > LIMIT_CMDLINE + 1)
		return why(w, -E2BIG, "section .cmdline has more than %llu characters",
			   (unsigned long long)LIMIT_CMDLINE);
	r = extent_dup(section, 0, section->len, &text, w);
	if (r < 0)
		return r;
	len = strnlen((char *)text, section->len);
	while (len > 0 && (text[len - 1] <= 0x20 || text[len - 1] == 0x7f))
		len--;
	if (len == 0 || img->cmdline)
		return 0;
	r = boot_image_set_cmdline(img, (char *)text, len, "section .cmdline", w);
	if (r == 0)
		img->cmdline_bytes = *section;
	return r;
}

static int envelope_open(struct boot_image *img, struct why *w)
{
	struct envelope e;
	int r = read_envelope(&e, &img->kernel.bytes, w);

	if (r < 0)
		return r;
	if (!e.part[KERNEL].blob)
		return -ENOEXEC;
	if (e.part[KERNEL].len == 0)
		return why(w, -EBADMSG, "ELF envelope: its kernel is empty");
	if (e.part[INITRD].len > 0 && img->nr_initrd == 0)
		r = boot_image_add_initrd(img, &e.part[INITRD], "section .initrd", w);
	if (r == 0 && e.part[CMDLINE].len > 0)
		r = take_cmdline(img, &e.part[CMDLINE], w);
	if (r < 0)
		return r;
	img->kernel.bytes = e.part[KERNEL];
	strcpy(img->kernel.origin, "section .kernel");
	return 0;
}

const struct file_type file_type_envelope = {
	.name = "envelope",
	.label = "ELF envelope",
	.shape = CONTAINER,
	.open = envelope_open,
};
