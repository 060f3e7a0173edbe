// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The elfcorehdr, laid out as the kernel does for kexec_file_load(2): notes of
 * the CPUs, vmcoreinfo, the kernel, then memory, with file offsets that are
 * physical addresses.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/core-header.h"
#include "kexec/host.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

struct part {
	uint32_t type, flags;
	uint64_t va;
	struct range at;
};

struct core {
	struct part *parts; /* owned */
	size_t nr;
};

static void core_done(struct core *c)
{
	free(c->parts);
}

/*
 * Memory that is dumped. Kernels since 5.5 keep nothing in the first megabyte,
 * which the crash kernel needs; theirs leave it out as well.
 */
static int find_ram(struct ram_map *ret, const struct iomem *iomem, const struct crash_regions *c,
		    struct why *w)
{
	autoram struct ram_map map = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < iomem->nr; i++) {
		const struct iomem_line *line = &iomem->lines[i];

		if (iomem_is_ram(line))
			r = ram_set(&map, (struct range){ line->start, line->end }, RAM_USABLE, w);
	}
	if (r == 0)
		r = ram_remove(&map, (struct range){ 0, 1 * MiB }, w);
	if (r == 0)
		r = ram_remove(&map, c->high, w);
	if (r == 0)
		r = ram_remove(&map, c->low, w);
	for (size_t i = 0; r == 0 && i < c->nr_cma; i++)
		r = ram_remove(&map, c->cma[i], w);
	if (r < 0)
		return r;
	if (map.nr == 0)
		return why(w, -EBADMSG, "/proc/iomem has no memory that could be dumped");
	*ret = map;
	map = (struct ram_map){ 0 };
	return 0;
}

static int collect(struct core *ret, const struct core_notes *notes, const struct kernel_map *map,
		   const struct ram_map *ram, struct why *w)
{
	const uint32_t all = PF_R | PF_W | PF_X;
	size_t nr = notes->nr + 1 + ram->nr;

	if (nr >= PN_XNUM)
		return why(w, -E2BIG,
			   "%zu CPUs and ranges of memory, an ELF header has room for %d", nr,
			   PN_XNUM - 1);
	ret->parts = calloc(nr, sizeof(*ret->parts));
	if (!ret->parts)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; i < notes->nr; i++)
		ret->parts[ret->nr++] = (struct part){ .type = PT_NOTE, .at = notes->list[i].at };
	ret->parts[ret->nr++] = (struct part){ PT_LOAD, all, map->text_va, map->text };
	for (size_t i = 0; i < ram->nr; i++) {
		struct range at = ram->ranges[i].at;

		if (at.start > UINT64_MAX - map->ram_va)
			return why(w, -EBADMSG, "memory at 0x%llx, which the kernel cannot map",
				   (unsigned long long)at.start);
		ret->parts[ret->nr++] = (struct part){ PT_LOAD, all, map->ram_va + at.start, at };
	}
	return 0;
}

/* ---- as bytes ---- */

/* The magic and what comes with it, the same in both classes. */
static void identify(unsigned char *ident, unsigned char class)
{
	memcpy(ident, ELFMAG, SELFMAG);
	ident[EI_CLASS] = class;
	ident[EI_DATA] = ELFDATA2LSB;
	ident[EI_VERSION] = EV_CURRENT;
}

static size_t emit_64(unsigned char *out, const struct core *c)
{
	Elf64_Ehdr eh = {
		.e_type = htole16(ET_CORE),
		.e_machine = htole16(EM_X86_64),
		.e_version = htole32(EV_CURRENT),
		.e_phoff = htole64(sizeof(eh)),
		.e_ehsize = htole16(sizeof(eh)),
		.e_phentsize = htole16(sizeof(Elf64_Phdr)),
		.e_phnum = htole16(c->nr),
	};

	identify(eh.e_ident, ELFCLASS64);
	memcpy(out, &eh, sizeof(eh));
	for (size_t i = 0; i < c->nr; i++) {
		const struct part *p = &c->parts[i];
		Elf64_Phdr ph = {
			.p_type = htole32(p->type),
			.p_flags = htole32(p->flags),
			.p_offset = htole64(p->at.start),
			.p_vaddr = htole64(p->va),
			.p_paddr = htole64(p->at.start),
			.p_filesz = htole64(p->at.end - p->at.start),
			.p_memsz = htole64(p->at.end - p->at.start),
		};

		memcpy(out + sizeof(eh) + i * sizeof(ph), &ph, sizeof(ph));
	}
	return sizeof(eh) + c->nr * sizeof(Elf64_Phdr);
}

/* Virtual addresses keep what fits: their low half. The crash kernel looks at none. */
static size_t emit_32(unsigned char *out, const struct core *c)
{
	Elf32_Ehdr eh = {
		.e_type = htole16(ET_CORE),
		.e_machine = htole16(EM_X86_64),
		.e_version = htole32(EV_CURRENT),
		.e_phoff = htole32(sizeof(eh)),
		.e_ehsize = htole16(sizeof(eh)),
		.e_phentsize = htole16(sizeof(Elf32_Phdr)),
		.e_phnum = htole16(c->nr),
	};

	identify(eh.e_ident, ELFCLASS32);
	memcpy(out, &eh, sizeof(eh));
	for (size_t i = 0; i < c->nr; i++) {
		const struct part *p = &c->parts[i];
		Elf32_Phdr ph = {
			.p_type = htole32(p->type),
			.p_flags = htole32(p->flags),
			.p_offset = htole32(p->at.start),
			.p_vaddr = htole32((uint32_t)p->va),
			.p_paddr = htole32(p->at.start),
			.p_filesz = htole32(p->at.end - p->at.start),
			.p_memsz = htole32(p->at.end - p->at.start),
		};

		memcpy(out + sizeof(eh) + i * sizeof(ph), &ph, sizeof(ph));
	}
	return sizeof(eh) + c->nr * sizeof(Elf32_Phdr);
}

static int emit(struct blob *ret, const struct core *c, enum core_headers class, struct why *w)
{
	autofree unsigned char *out = calloc(1, sizeof(Elf64_Ehdr) + c->nr * sizeof(Elf64_Phdr));
	size_t size;

	if (!out)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; class == CORE_HEADERS_ELF32 && i < c->nr; i++)
		if (c->parts[i].at.end > 4 * GiB)
			return why(w, -E2BIG,
				   "--elf32-core-headers: memory up to 0x%llx, 32-bit headers end "
				   "at 4 GiB",
				   (unsigned long long)c->parts[i].at.end);
	size = class == CORE_HEADERS_ELF32 ? emit_32(out, c) : emit_64(out, c);
	return blob_copy(ret, (struct span){ out, size }, "elfcorehdr", w);
}

/*
 * An older kernel keeps data in the first megabyte, which a crash kernel writes
 * to: somebody would have to save a copy on the way, and the kernel's own loader does.
 */
static int check_release(const struct sys *sys, struct why *w)
{
	struct host h;

	host_read(&h, sys);
	if (h.release[0] && !host_kernel_at_least(&h, 5, 5))
		return why(w, -EOPNOTSUPP,
			   "Linux %s has data in the first megabyte, of which -p -c saves no copy "
			   "(Linux 5.5 needs none): load with -s",
			   h.release);
	return 0;
}

int core_header_build(struct blob *ret, const struct iomem *iomem, const struct crash_regions *r,
		      enum core_headers class, const struct sys *sys, struct why *w)
{
	autonotes struct core_notes notes = { 0 };
	autoram struct ram_map ram = { 0 };
	__attribute__((cleanup(core_done))) struct core core = { 0 };
	struct kernel_map map;
	int err = check_release(sys, w);

	if (err == 0)
		err = core_notes_read(&notes, iomem, sys, w);
	if (err == 0)
		err = x86_kernel_map(&map, iomem, sys, w);
	if (err == 0)
		err = find_ram(&ram, iomem, r, w);
	if (err == 0)
		err = collect(&core, &notes, &map, &ram, w);
	return err < 0 ? err : emit(ret, &core, class, w);
}

int core_header_room(const struct sys *sys, uint64_t *ret, struct why *w)
{
	uint64_t room;
	int r = sysfile_u64(sys->root, "/sys/kernel/kexec/crash_elfcorehdr_size", &room);

	if (r == -ENOENT)
		r = sysfile_u64(sys->root, "/sys/kernel/crash_elfcorehdr_size", &room);
	if (r < 0)
		return why(w, r,
			   "--hotplug: the kernel does not say how large an elfcorehdr may become "
			   "(/sys/kernel/crash_elfcorehdr_size): %s",
			   strerror(-r));
	if (room == 0 || room > LIMIT_ELFCOREHDR)
		return why(w, -EBADMSG, "--hotplug: /sys/kernel/crash_elfcorehdr_size is %llu",
			   (unsigned long long)room);
	*ret = room;
	return 0;
}
