// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the bytes of an x86_64 vmlinux go: "System V ABI", chapter 5, and the
 * linker script of the kernel, arch/x86/kernel/vmlinux.lds.S.
 */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/formats/formats.h"
#include "kexec/formats/vmlinux.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/span.h"

#define PAGE UINT64_C(4096)
/* The kernel's own text mapping: what is linked to run at this plus N is loaded at N. */
#define KERNEL_MAP UINT64_C(0xffffffff80000000)
/* Firmware, trampolines and the first kernel's own needs; the kernel's loader keeps off, too. */
#define LOWEST (1 * MiB)
/* A header says how far the notes go; real ones are some hundred bytes. */
#define NOTES_MAX (64 * KiB)

struct load { /* one PT_LOAD */
	struct extent bytes;
	uint64_t vaddr, paddr, memsz;
};

struct program {
	struct load loads[LIMIT_ELF_PHDRS]; /* by ascending paddr; none is empty */
	size_t nr;
	bool linux_note;
};

static uint64_t page_down(uint64_t n)
{
	return n & ~(PAGE - 1);
}

/* Only of addresses that add_load() has bounded. */
static uint64_t page_up(uint64_t n)
{
	return page_down(n + PAGE - 1);
}

static uint64_t load_end(const struct load *l)
{
	return l->paddr + l->memsz;
}

static int add_load(struct program *p, const Elf64_Phdr *ph, const struct extent *image,
		    struct why *w)
{
	struct load l = {
		.vaddr = le64toh(ph->p_vaddr),
		.paddr = le64toh(ph->p_paddr),
		.memsz = le64toh(ph->p_memsz),
	};
	uint64_t off = le64toh(ph->p_offset), filesz = le64toh(ph->p_filesz);
	size_t i;

	if (filesz > l.memsz)
		return why(w, -EBADMSG, "vmlinux has %#llx bytes for %#llx bytes of memory",
			   (unsigned long long)filesz, (unsigned long long)l.memsz);
	if (l.memsz == 0)
		return 0;
	if (!extent_sub(&l.bytes, image, off, filesz))
		return why(w, -EBADMSG, "vmlinux is cut: %#llx bytes at %#llx are outside the file",
			   (unsigned long long)filesz, (unsigned long long)off);
	if (l.memsz > LIMIT_INIT_SIZE)
		return why(w, -E2BIG, "vmlinux wants %#llx bytes of memory in one piece",
			   (unsigned long long)l.memsz);
	if (l.paddr > UINT64_MAX / 2)
		return why(w, -EBADMSG, "vmlinux wants to be at %#llx, which is no physical address",
			   (unsigned long long)l.paddr);
	if (l.paddr < LOWEST)
		return why(w, -EOPNOTSUPP,
			   "ELF file wants memory at %#llx, below 1 MiB: it is no kernel",
			   (unsigned long long)l.paddr);

	/* The table is sorted by virtual addresses, and not even that by everybody. */
	for (i = p->nr; i > 0 && p->loads[i - 1].paddr > l.paddr; i--)
		p->loads[i] = p->loads[i - 1];
	p->loads[i] = l;
	p->nr++;
	return 0;
}

/* "System V ABI", chapter 5, note section: owner's and description's lengths, type, both padded. */
static bool has_linux_note(struct span notes)
{
	uint32_t owner_len, desc_len;

	while (span_le32(notes, 0, &owner_len) && span_le32(notes, 4, &desc_len)) {
		uint64_t len = 12 + (((uint64_t)owner_len + 3) & ~UINT64_C(3)) +
			       (((uint64_t)desc_len + 3) & ~UINT64_C(3));

		if (owner_len == sizeof("Linux") && span_is(notes, 12, "Linux", owner_len))
			return true;
		if (!span_sub(&notes, notes, len, notes.size - len))
			return false;
	}
	return false;
}

/* Notes only tell whether this is Linux: broken ones say that they do not know. */
static int read_notes(struct program *p, const Elf64_Phdr *ph, const struct extent *image,
		      struct why *w)
{
	autofree unsigned char *data = NULL;
	uint64_t off = le64toh(ph->p_offset), len = le64toh(ph->p_filesz);
	int r;

	if (len > NOTES_MAX || !range_fits(image->len, off, len))
		return 0;
	r = extent_dup(image, off, len, &data, w);
	if (r == 0 && has_linux_note((struct span){ data, len }))
		p->linux_note = true;
	return r;
}

static int read_program(struct program *p, const Elf64_Ehdr *eh, const struct extent *image,
			struct why *w)
{
	uint64_t table = le64toh(eh->e_phoff);
	unsigned int nr = le16toh(eh->e_phnum);
	struct extent all;
	int r = 0;

	if (le16toh(eh->e_phentsize) != sizeof(Elf64_Phdr))
		return why(w, -EBADMSG, "vmlinux has program headers of %u bytes",
			   le16toh(eh->e_phentsize));
	if (nr > LIMIT_ELF_PHDRS)
		return why(w, -E2BIG, "vmlinux has %u program headers, %u are the most", nr,
			   LIMIT_ELF_PHDRS);
	if (!extent_sub(&all, image, table, nr * sizeof(Elf64_Phdr)))
		return why(w, -EBADMSG, "vmlinux is cut: its program headers are outside the file");
	for (unsigned int i = 0; i < nr && r == 0; i++) {
		Elf64_Phdr ph;

		r = extent_read(&all, i * sizeof(ph), &ph, sizeof(ph), w);
		if (r == 0 && le32toh(ph.p_type) == PT_LOAD)
			r = add_load(p, &ph, image, w);
		else if (r == 0 && le32toh(ph.p_type) == PT_NOTE)
			r = read_notes(p, &ph, image, w);
	}
	return r;
}

static int check_program(const struct program *p, struct why *w)
{
	if (p->nr == 0)
		return why(w, -EBADMSG, "vmlinux has nothing to load");
	for (size_t i = 1; i < p->nr; i++)
		if (p->loads[i].paddr < load_end(&p->loads[i - 1]))
			return why(w, -EBADMSG, "vmlinux wants memory at %#llx twice",
				   (unsigned long long)p->loads[i].paddr);
	if (load_end(&p->loads[p->nr - 1]) - p->loads[0].paddr > LIMIT_INIT_SIZE)
		return why(w, -E2BIG, "vmlinux wants to be at %#llx and at %#llx, too far apart",
			   (unsigned long long)p->loads[0].paddr,
			   (unsigned long long)p->loads[p->nr - 1].paddr);
	return 0;
}

/*
 * May each header be a part of its own? Not if one begins inside of a page; those that
 * all begin at pages and do not overlap share none either.
 */
static bool has_own_pages(const struct program *p)
{
	if (p->nr > VMLINUX_PARTS)
		return false;
	for (size_t i = 0; i < p->nr; i++)
		if (p->loads[i].paddr % PAGE)
			return false;
	return true;
}

/*
 * Each part reaches up to the next: Linux takes all from its first to its last byte
 * for its own, and once it runs hands the gaps to whoever asks for memory. An initrd
 * in there would not live to be unpacked.
 */
static void take_parts(struct vmlinux *v, const struct program *p)
{
	for (size_t i = 0; i < p->nr; i++) {
		const struct load *l = &p->loads[i];
		uint64_t end = i + 1 < p->nr ? p->loads[i + 1].paddr : page_up(load_end(l));

		v->parts[i] = (struct vmlinux_part){
			.bytes = l->bytes, .paddr = l->paddr, .memsz = end - l->paddr,
		};
	}
	v->nr = p->nr;
}

/* One part from the first page to the last. The bytes end where the last ones of the file do. */
static int join_parts(struct vmlinux *v, const struct program *p, struct why *w)
{
	uint64_t start = page_down(p->loads[0].paddr), end = 0, len = 0;
	autofree unsigned char *data = NULL;
	autofree char *name = NULL;

	for (size_t i = 0; i < p->nr; i++) {
		const struct load *l = &p->loads[i];

		if (l->bytes.len > 0)
			len = l->paddr - start + l->bytes.len;
		end = page_up(load_end(l));
	}
	data = calloc(1, len + 1);
	name = strdup("kernel");
	if (!data || !name)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; i < p->nr; i++) {
		const struct load *l = &p->loads[i];
		int r = extent_read(&l->bytes, 0, data + (l->paddr - start), l->bytes.len, w);

		if (r < 0)
			return r;
	}
	v->made = (struct blob){
		.kind = BLOB_MEMORY, .fd = -1, .data = take_ptr(data), .size = len,
		.name = take_ptr(name),
	};
	v->parts[0] = (struct vmlinux_part){ .paddr = start, .memsz = end - start };
	v->nr = 1;
	return 0;
}

/*
 * A physical address, as the kernel's linker script has it (phys_startup_64), or
 * else a virtual one. It has to point at code that came out of the file.
 */
static int find_entry(struct vmlinux *v, const struct program *p, uint64_t entry, struct why *w)
{
	const struct load *at = NULL;

	for (size_t i = 0; i < p->nr && !at; i++)
		if (entry >= p->loads[i].paddr && entry - p->loads[i].paddr < p->loads[i].bytes.len)
			at = &p->loads[i];
	if (at) {
		v->entry = entry;
	} else {
		for (size_t i = 0; i < p->nr && !at; i++)
			if (entry >= p->loads[i].vaddr &&
			    entry - p->loads[i].vaddr < p->loads[i].bytes.len)
				at = &p->loads[i];
		if (!at)
			return why(w, -EBADMSG, "vmlinux starts at %#llx, where it has no code",
				   (unsigned long long)entry);
		v->entry = at->paddr + (entry - at->vaddr);
	}
	/* Kernels before 4.20 have no note of their own, but run at the same place. */
	v->is_linux = p->linux_note || at->vaddr - at->paddr == KERNEL_MAP;
	return 0;
}

/* @v has the entry, no parts yet. */
static int read_all(struct vmlinux *v, struct program *p, const struct extent *kernel,
		    uint16_t machine, struct why *w)
{
	Elf64_Ehdr eh;
	int r = vmlinux_header(&eh, kernel, machine, w);

	if (r == 0)
		r = read_program(p, &eh, kernel, w);
	if (r == 0)
		r = check_program(p, w);
	return r < 0 ? r : find_entry(v, p, le64toh(eh.e_entry), w);
}

int vmlinux_check(const struct extent *image, uint16_t machine, struct why *w)
{
	struct program p = { 0 };
	struct vmlinux v = { 0 };

	return read_all(&v, &p, image, machine, w);
}

int vmlinux_segments(struct vmlinux *ret, const struct extent *kernel, struct why *w)
{
	struct program p = { 0 };
	struct vmlinux v = { 0 };
	int r = read_all(&v, &p, kernel, EM_X86_64, w);

	if (r < 0)
		return r;
	if (has_own_pages(&p)) {
		take_parts(&v, &p);
	} else {
		r = join_parts(&v, &p, w);
		if (r < 0)
			return r;
	}
	*ret = v;
	/* Not before: the extent points to where the blob stays. */
	if (ret->made.kind != BLOB_NONE)
		ret->parts[0].bytes = blob_whole(&ret->made);
	return 0;
}

void vmlinux_done(struct vmlinux *v)
{
	blob_done(&v->made);
	*v = (struct vmlinux){ 0 };
}
