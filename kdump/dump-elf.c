// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF core files: /proc/vmcore, and what copies or filters it. */
#define _GNU_SOURCE
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/vmcore.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

/* A part of the file: of both classes, in the host's byte order. */
struct segment {
	uint32_t type;
	uint64_t off, va, pa, len;
};

struct elf_dump {
	struct segment *segments; /* owned */
	size_t nr;
};

static bool elf_probe(struct span head)
{
	return span_is(head, 0, ELFMAG, SELFMAG);
}

static struct segment segment_64(const Elf64_Phdr *ph)
{
	return (struct segment){
		.type = le32toh(ph->p_type),
		.off = le64toh(ph->p_offset),
		.va = le64toh(ph->p_vaddr),
		.pa = le64toh(ph->p_paddr),
		.len = le64toh(ph->p_filesz),
	};
}

static struct segment segment_32(const Elf32_Phdr *ph)
{
	return (struct segment){
		.type = le32toh(ph->p_type),
		.off = le32toh(ph->p_offset),
		.va = le32toh(ph->p_vaddr),
		.pa = le32toh(ph->p_paddr),
		.len = le32toh(ph->p_filesz),
	};
}

/* Where the table is, from either class of header. */
struct table {
	uint64_t off, nr;
	bool is_64;
};

/* A machine with very many ranges has their number in the first section header. */
static int read_large_nr(struct table *t, const struct extent *all, const Elf64_Ehdr *eh,
			 struct why *w)
{
	Elf64_Shdr sh;
	int r;

	if (t->nr != PN_XNUM || !t->is_64 || le64toh(eh->e_shoff) == 0)
		return 0;
	r = extent_read(all, le64toh(eh->e_shoff), &sh, sizeof(sh), w);
	if (r == 0)
		t->nr = le32toh(sh.sh_info);
	return r;
}

static int read_header(struct vmcore *v, const struct extent *all, struct table *ret, struct why *w)
{
	Elf64_Ehdr eh = { 0 };
	Elf32_Ehdr eh32;
	int n = extent_head(all, &eh, sizeof(eh), w);

	if (n < 0)
		return n;
	if (n < (int)sizeof(eh32))
		return why(w, -EBADMSG, "ends inside its ELF header");
	if (eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return why(w, -EOPNOTSUPP, "is of a big-endian machine");
	if (le16toh(eh.e_type) != ET_CORE)
		return why(w, -ENOEXEC, "is an ELF file, but no core file");
	v->machine = le16toh(eh.e_machine);
	if (eh.e_ident[EI_CLASS] == ELFCLASS64) {
		if (n < (int)sizeof(eh) || le16toh(eh.e_phentsize) != sizeof(Elf64_Phdr))
			return why(w, -EBADMSG, "has a bad ELF header");
		*ret = (struct table){ le64toh(eh.e_phoff), le16toh(eh.e_phnum), true };
		return read_large_nr(ret, all, &eh, w);
	}
	memcpy(&eh32, &eh, sizeof(eh32));
	if (eh.e_ident[EI_CLASS] != ELFCLASS32 || le16toh(eh32.e_phentsize) != sizeof(Elf32_Phdr))
		return why(w, -EBADMSG, "has a bad ELF header");
	*ret = (struct table){ le32toh(eh32.e_phoff), le16toh(eh32.e_phnum), false };
	return 0;
}

static int read_segments(struct elf_dump *d, const struct extent *all, const struct table *t,
			 struct why *w)
{
	size_t size = t->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (t->nr > LIMIT_DUMP_SEGMENTS)
		return why(w, -E2BIG, "has more than %d program headers", LIMIT_DUMP_SEGMENTS);
	if (!range_fits(all->len, t->off, t->nr * size))
		return why(w, -EBADMSG, "ends inside its program headers");
	d->segments = calloc(t->nr ? t->nr : 1, sizeof(*d->segments));
	if (!d->segments)
		return why(w, -ENOMEM, "out of memory");
	for (; d->nr < t->nr; d->nr++) {
		union {
			Elf64_Phdr ph64;
			Elf32_Phdr ph32;
		} ph;
		int r = extent_read(all, t->off + d->nr * size, &ph, size, w);

		if (r < 0)
			return r;
		d->segments[d->nr] = t->is_64 ? segment_64(&ph.ph64) : segment_32(&ph.ph32);
	}
	return 0;
}

/* Notes follow each other, names and contents padded to 4 bytes. */
static int find_vmcoreinfo(struct vmcoreinfo *ret, struct span notes, struct why *w)
{
	static const char want[] = "VMCOREINFO";
	uint64_t at = 0;
	Elf64_Nhdr nh; /* the same in both classes */

	while (span_get(&nh, notes, at, sizeof(nh))) {
		uint64_t name = at + sizeof(nh), name_len = le32toh(nh.n_namesz);
		uint64_t text = name + ((name_len + 3) & ~UINT64_C(3));
		uint64_t text_len = le32toh(nh.n_descsz);
		struct span found;

		if (name_len == sizeof(want) && span_is(notes, name, want, sizeof(want)) &&
		    span_sub(&found, notes, text, text_len))
			return vmcoreinfo_set(ret, found, w);
		at = text + ((text_len + 3) & ~UINT64_C(3));
	}
	return 0;
}

static int read_notes(struct vmcore *v, const struct extent *all, const struct elf_dump *d,
		      struct why *w)
{
	for (size_t i = 0; i < d->nr && !v->info.text; i++) {
		const struct segment *s = &d->segments[i];
		autofree unsigned char *notes = NULL;
		uint64_t len = s->len;
		int r;

		/* Of a file that was cut off, what there is. */
		if (s->type != PT_NOTE || s->off >= all->len)
			continue;
		if (len > all->len - s->off)
			len = all->len - s->off;
		if (len > LIMIT_DUMP_NOTES)
			return why(w, -E2BIG, "has %llu bytes of notes", (unsigned long long)len);
		r = extent_dup(all, s->off, len, &notes, w);
		if (r == 0)
			r = find_vmcoreinfo(&v->info, (struct span){ notes, len }, w);
		if (r < 0)
			return r;
	}
	return 0;
}

static int elf_open(struct vmcore *v, struct why *w)
{
	struct elf_dump *d = calloc(1, sizeof(*d));
	struct extent all = blob_whole(&v->file);
	struct table t = { 0 };
	int r;

	if (!d)
		return why(w, -ENOMEM, "out of memory");
	v->priv = d;
	r = read_header(v, &all, &t, w);
	if (r == 0)
		r = read_segments(d, &all, &t, w);
	return r < 0 ? r : read_notes(v, &all, d, w);
}

static int elf_read(const struct vmcore *v, uint64_t address, bool physical, void *ret, size_t len,
		    struct why *w)
{
	const struct elf_dump *d = v->priv;
	struct extent all = blob_whole(&v->file);
	bool cut = false;

	for (size_t i = 0; i < d->nr; i++) {
		const struct segment *s = &d->segments[i];
		uint64_t start = physical ? s->pa : s->va, off = address - start;

		if (s->type != PT_LOAD || address < start || !range_fits(s->len, off, len))
			continue;
		/* A dump of a virtual machine tells no virtual addresses: they are 0. */
		if (!physical && s->va == 0)
			continue;
		if (off <= UINT64_MAX - s->off && range_fits(all.len, s->off + off, len))
			return extent_read(&all, s->off + off, ret, len, w);
		cut = true;
	}
	return why(w, -ENXIO,
		   cut ? "the dump ends before %s address 0x%llx"
		       : "%s address 0x%llx is in no program header",
		   physical ? "physical" : "virtual", (unsigned long long)address);
}

static int elf_read_virt(const struct vmcore *v, uint64_t va, void *ret, size_t len, struct why *w)
{
	return elf_read(v, va, false, ret, len, w);
}

static int elf_read_phys(const struct vmcore *v, uint64_t pa, void *ret, size_t len, struct why *w)
{
	return elf_read(v, pa, true, ret, len, w);
}

static void elf_done(struct vmcore *v)
{
	struct elf_dump *d = v->priv;

	if (d)
		free(d->segments);
	free(d);
}

const struct dump_format dump_elf = {
	.name = "ELF",
	.probe = elf_probe,
	.open = elf_open,
	.read_virt = elf_read_virt,
	.read_phys = elf_read_phys,
	.done = elf_done,
};
